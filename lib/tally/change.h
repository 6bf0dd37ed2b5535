/*
 * change - where a series of passes and failures changed its rate: Bayesian segmentation.
 *
 * In:      counts in order of time, such as one build each.
 * Out:     change points, the oldest first, each with the 95 % credible range of its place and the
 *          rates on either side.
 * Rule:    a segment's evidence is Beta-binomial, ln B(x+a, n-x+b) - ln B(a, b); it is cut in two
 *          where that gains more than the prior odds against a change (1e-3 a place); and so on
 *          inside each part. Beta(0.5, 0.5).
 * Limits:  CHANGE_MAX points; O(n) a cut, and few logarithms: places where nothing changes are passed over.
 * Errors:  ERR_NOMEM.
 * Source:  the method of LUCI's changepoint analysis, whose odds are 1e-4: with 1e-3 a step is seen in
 *          half the runs, and in at most 2 of 1,000 series without one (scripts/validate-flakes).
 */
#ifndef TALLY_CHANGE_H
#define TALLY_CHANGE_H

#include "base/attr.h"
#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum { CHANGE_MAX = 16 };

struct change_point {
    size_t at;            /* index of the first after it */
    size_t low, high;     /* 95 %: between these, both included */
    double before, after; /* rates of the segments on either side */
};

struct change_list {
    struct change_point points[CHANGE_MAX];
    size_t count;
};

/* hits[i] of runs[i] failed. */
bool change_find(const uint32_t *hits, const uint32_t *runs, size_t count,
                 struct change_list *ret_list, struct err *err) MUST_CHECK;

#endif
