/*
 * judge - from the findings of a build to one verdict.
 *
 * In:      a finished result (result_finish was called).
 * Out:     result->verdict, filled in; findings are not changed.
 * Rule:    the root cause is the finding that nothing else explains, of the most authoritative
 *          source, in the failing step, before roll-ups and teardown. lib/judge/README.md has the
 *          order in full.
 * Errors:  ERR_NOMEM.
 * Threads: no state.
 */
#ifndef JUDGE_JUDGE_H
#define JUDGE_JUDGE_H

#include "base/strmap.h"
#include "model/result.h"

struct judge_options {
    const struct strmap *normal; /* normal forms of lines that the last passing build also printed;
                                    NULL when none is known */
    int64_t now_ms; /* a build that began a day before and never ended is dead; 0: none is */
};

bool judge_build(struct result *r, const struct judge_options *options, struct err *err) MUST_CHECK;

#endif
