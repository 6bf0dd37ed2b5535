/*
 * gap - what the timestamps of a log tell: the first, the last, the longest silence.
 *
 * In:      lines in order, with what a harness put before the stamp left out; a line that has no stamp
 *          or only a part of one is none of its business.
 * Rule:    silence is time by which a stamp is later than all before it: a dump of an older log in
 *          the middle of a log is no silence, whichever way the time jumps. Shorter ones than
 *          GAP_LEAST_MS may go unseen.
 * Out:     the same for every way of cutting the log into blocks.
 * Owns:    nothing; views of lines are loans until gap_settle.
 * Threads: one owner.
 */
#ifndef DECODE_GAP_H
#define DECODE_GAP_H

#include "base/sv.h"

enum { GAP_LEAST_MS = 30 * 1000, GAP_HEAD_BYTES = 64 };

struct gap {
    int64_t first_ms, last_ms; /* 0: no stamp was seen */
    int64_t gap_ms;            /* the longest silence; 0 none */
    uint64_t gap_line;         /* the last line with a stamp before it */

    int64_t near_ms, newest_ms;
    uint64_t last_line;
    struct sv last; /* of the same ten seconds as head, not read yet */
    char head[GAP_HEAD_BYTES];
    size_t head_len;
};

/* near_ms: about when the log was written, 0 not known; see stamp.h. */
void gap_init(struct gap *g, int64_t near_ms);
void gap_line(struct gap *g, struct sv line, uint64_t number);
void gap_settle(struct gap *g); /* before the lines go, and at the end */

#endif
