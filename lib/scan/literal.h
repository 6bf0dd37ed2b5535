/*
 * literal - the bytes of which a line must hold some, for a pattern to match on it.
 *
 * In:      a pattern that PCRE2 takes with our options (scan/pattern.h).
 * Out:     a few literals: whatever line the pattern matches on has one of them. Of several such
 *          sets, the one that the fewest lines of a log will have, by what logs in general are full of;
 *          none when each would be on too many, or when the pattern has what is not understood here.
 * Owns:    nothing; the set is the caller's.
 * Limits:  LITERALS_MAX in a set, LITERAL_BYTES each, groups LITERAL_DEPTH deep: past them, shorter
 *          ones or none.
 */
#ifndef SCAN_LITERAL_H
#define SCAN_LITERAL_H

#include "base/buf.h"

enum { LITERALS_MAX = 48, LITERAL_BYTES = 48, LITERAL_DEPTH = 24 };

struct literal {
    unsigned char len;
    bool any_case; /* its letters stand for both cases */
    bool at_start; /* of the line */
    char bytes[LITERAL_BYTES];
};

struct literals {
    size_t count;
    struct literal list[LITERALS_MAX];
};

/* False: there is none. */
bool literals_of(struct sv pattern, struct literals *ret_set);

/* How rarely lines hold one of the set, in bits: 10 is one place in a thousand. */
double literals_bits(const struct literals *set);

/* Where the one is, the other is too. */
bool literal_holds(const struct literal *literal, const struct literal *part);

/* One of them as an expression for libhs. */
bool literal_write(const struct literal *literal, struct buf *out, struct err *err) MUST_CHECK;

#endif
