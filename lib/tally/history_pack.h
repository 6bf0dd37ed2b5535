/*
 * history_pack - the tests of a build that simply passed, or were skipped, as one value of the history.
 *
 * In:      ids of tests in ascending order, each once, with a duration code (tally/window.h).
 * Shape:   a byte of version, 1; then two lists, passed and skipped: their length, then for each the
 *          distance from the id before it (from 0) and the duration code. Numbers are 7 bits a byte,
 *          the low ones first, the high bit of a byte says that there are more. Two or three bytes a test.
 * Errors:  ERR_FORMAT when a value is not of this form: cut, too long, an id out of order or too large.
 * Limits:  HISTORY_PACK_MAX_ID; numbers are written in the fewest bytes, and read only so.
 * Threads: no state.
 */
#ifndef TALLY_HISTORY_PACK_H
#define TALLY_HISTORY_PACK_H

#include "base/buf.h"

enum { HISTORY_PACK_VERSION = 1, HISTORY_PACK_MAX_ID = (1 << 26) - 1 };

struct packed_test {
    uint32_t id; /* from 1 */
    uint8_t duration;
};

/* Replaces the contents of ret_value. */
bool history_pack(const struct packed_test *passed, size_t passed_count,
                  const struct packed_test *skipped, size_t skipped_count, struct buf *ret_value,
                  struct err *err) MUST_CHECK;

/* Reading: begin, then next until it gives no test. An empty value holds no tests. */
struct history_unpack {
    struct sv rest; /* borrowed from the value */
    uint64_t left;  /* of this list */
    uint32_t id;
    bool skipped; /* this is the second list */
};
bool history_unpack_begin(struct sv value, struct history_unpack *ret_unpack,
                          struct err *err) MUST_CHECK;
/* *ret_more false at the end. unpack->skipped tells which list the test is of. */
bool history_unpack_next(struct history_unpack *unpack, struct packed_test *ret_test,
                         bool *ret_more, struct err *err) MUST_CHECK;

#endif
