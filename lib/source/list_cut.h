/*
 * list_cut - which builds of a list are wanted: --since, --until, --last, --limit, --job, --state,
 *            --type, --result.
 *
 * Rule:    what a list does not say of a build (a bucket knows no states, a folder no types) is no
 *          reason to drop it: such a build stays, and is decided once it was read. A build whose
 *          times are known to nobody passes --since and --until.
 * Order:   the single builds first, then last, then limit; what is left keeps its order.
 * Errors:  ERR_USAGE for a word that is no state, type or result; ERR_NOMEM.
 * Threads: no state.
 */
#ifndef SOURCE_LIST_CUT_H
#define SOURCE_LIST_CUT_H

#include "model/evidence.h"
#include "source/build_list.h"

struct list_cut {          /* zeroed: nothing is cut */
    int64_t since_ms;      /* started at or after */
    int64_t until_ms;      /* started before */
    uint64_t last;         /* the newest N of each job */
    uint64_t limit;        /* N in all */
    const struct sv *jobs; /* globs of glob_job; any may match */
    size_t job_count;
    const struct sv *states, *types, *results; /* names; results are those of outcome_name */
    size_t state_count, type_count, result_count;
};

bool list_cut_check(const struct list_cut *cut, struct err *err) MUST_CHECK;

/* One build by what the list says, last and limit aside. *ret_open: it passes only because the list
 * does not say; may be NULL. */
bool list_cut_passes(const struct list_cut *cut, const struct build *listed, bool *ret_open);

/* The same by what was read of it. */
bool list_cut_takes(const struct list_cut *cut, const struct build *read, enum outcome outcome);

bool list_cut_apply(const struct list_cut *cut, struct build_list *l, struct err *err) MUST_CHECK;

#endif
