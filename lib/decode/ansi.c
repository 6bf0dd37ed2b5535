#include "decode/ansi.h"

/* Where the run of bytes between low and high that starts at i ends. */
static size_t run_of(struct sv s, size_t i, unsigned char low, unsigned char high)
{
    while (i < s.len && (unsigned char)s.ptr[i] >= low && (unsigned char)s.ptr[i] <= high)
        i++;
    return i;
}

static bool is_between(struct sv s, size_t i, unsigned char low, unsigned char high)
{
    return i < s.len && (unsigned char)s.ptr[i] >= low && (unsigned char)s.ptr[i] <= high;
}

/* OSC and its like: up to BEL or ESC \. */
static size_t text_sequence(struct sv s)
{
    for (size_t i = 2; i < s.len; i++) {
        if (s.ptr[i] == '\a')
            return i + 1;
        if (s.ptr[i] == '\x1b')
            return is_between(s, i + 1, '\\', '\\') ? i + 2 : i;
    }
    return 1; /* never ended: only the ESC goes, the text stays */
}

/* Jenkins hides what it knows of a line in the line: ESC [8m, "ha:", base64, ESC [0m. */
static size_t hidden_note(struct sv s)
{
    static const struct sv start = SV_INIT("\x1b[8mha:"), end = SV_INIT("\x1b[0m");
    if (!sv_starts(s, start))
        return 0;
    const size_t at = start.len + sv_find_char(sv_tail(s, start.len), '\x1b');
    return sv_starts(sv_tail(s, at), end) ? at + end.len : 0;
}

static size_t control_sequence(struct sv s)
{
    const size_t note = hidden_note(s);
    if (note > 0)
        return note;
    const size_t end = run_of(s, 2, 0x20, 0x3f);
    return is_between(s, end, 0x40, 0x7e) ? end + 1 : end;
}

/* ESC [G and ESC [1G: to the first column, as a CR does. */
static bool is_return(struct sv sequence)
{
    return sv_equal(sequence, SV("\x1b[G")) || sv_equal(sequence, SV("\x1b[1G"));
}

/* The length of the sequence that starts with the ESC at s.ptr[0]. */
static size_t sequence(struct sv s)
{
    if (s.len < 2)
        return 1;
    if (s.ptr[1] == '[')
        return control_sequence(s);
    if (strchr("]P_^X", s.ptr[1]) != NULL && s.ptr[1] != '\0')
        return text_sequence(s);
    const size_t end = run_of(s, 1, 0x20, 0x2f);
    return is_between(s, end, 0x30, 0x7e) ? end + 1 : 1;
}

/* GitLab's "section_start:1700000000:name[collapsed=true]": drawn over at once. */
static bool is_section_mark(struct sv s)
{
    static const struct sv start = SV_INIT("section_start:"), end = SV_INIT("section_end:");
    const size_t head = sv_starts(s, start) ? start.len : sv_starts(s, end) ? end.len : 0;
    if (head == 0)
        return false;
    const size_t colon = run_of(s, head, '0', '9');
    return colon > head && is_between(s, colon, ':', ':') && sv_find_char(s, ' ') == s.len;
}

/* Nothing that a person would have had the time to see. */
static bool is_nothing(struct sv s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] != ' ' && s.ptr[i] != '\t')
            return is_section_mark(s);
    }
    return true;
}

struct drawing {
    char *out;
    size_t len;   /* of out */
    size_t state; /* where the present state of the line begins in out; one before it is the best */
};

/* The present state is over: it is the best so far, unless there is nothing in it. */
static void end_state(struct drawing *d)
{
    const size_t len = d->len - d->state;
    if (is_nothing((struct sv){.ptr = d->out + d->state, .len = len})) {
        d->len = d->state;
        return;
    }
    memmove(d->out, d->out + d->state, len);
    d->len = d->state = len;
}

/* How many bytes there are before the first control, eight at a time. */
static size_t plain_run(struct sv s)
{
    const uint64_t blanks = 0x2020202020202020u, tops = 0x8080808080808080u;
    size_t i = 0;
    for (uint64_t word; i + sizeof(word) <= s.len; i += sizeof(word)) {
        memcpy(&word, s.ptr + i, sizeof(word));
        if (((word - blanks) & ~word & tops) != 0)
            break;
    }
    while (i < s.len && (unsigned char)s.ptr[i] >= ' ')
        i++;
    return i;
}

size_t ansi_clean(struct sv in, char *out)
{
    struct drawing d = {.out = out};
    bool redrawn = false;
    for (size_t i = 0; i < in.len;) {
        const size_t run = plain_run(sv_tail(in, i));
        memmove(out + d.len, in.ptr + i, run); /* out may be in */
        d.len += run;
        i += run;
        if (i == in.len)
            break;
        const char c = in.ptr[i];
        const size_t len = c == '\x1b' ? sequence(sv_tail(in, i)) : 1;
        if (c == '\r' || is_return(sv_head(sv_tail(in, i), len))) {
            end_state(&d);
            redrawn = true;
        } else if (c != '\x1b') {
            out[d.len++] = c == '\0' ? ' ' : c;
        }
        i += len;
    }
    if (redrawn)
        end_state(&d);
    return d.len;
}
