#include "decode/gap.h"

#include "decode/stamp.h"

void gap_init(struct gap *g, int64_t near_ms)
{
    *g = (struct gap){.near_ms = near_ms};
}

static int64_t near_of(const struct gap *g)
{
    return g->near_ms != 0 ? g->near_ms : g->first_ms;
}

static void note(struct gap *g, int64_t ms)
{
    g->last_ms = ms;
    g->newest_ms = ms > g->newest_ms ? ms : g->newest_ms;
}

void gap_settle(struct gap *g)
{
    struct stamp stamp;
    if (g->last.len > 0 && stamp_read(g->last, near_of(g), &stamp))
        note(g, stamp.ms);
    g->last = (struct sv){0};
}

void gap_line(struct gap *g, struct sv line, uint64_t number)
{
    struct stamp stamp;
    /* Most lines are of the same ten seconds as the one before: nothing to read then. */
    if (g->head_len > 0 && line.len >= g->head_len && memcmp(line.ptr, g->head, g->head_len) == 0) {
        g->last = line;
        g->last_line = number;
        return;
    }
    if (!stamp_read(line, near_of(g), &stamp))
        return;
    gap_settle(g);
    if (g->first_ms == 0)
        g->first_ms = stamp.ms;
    const int64_t silence = g->newest_ms != 0 ? stamp.ms - g->newest_ms : 0;
    if (silence >= GAP_LEAST_MS && silence > g->gap_ms) {
        g->gap_ms = silence;
        g->gap_line = g->last_line;
    }
    note(g, stamp.ms);
    g->last_line = number;
    g->head_len = stamp.same < sizeof(g->head) ? stamp.same : 0;
    memcpy(g->head, line.ptr, g->head_len);
}
