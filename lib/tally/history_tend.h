/*
 * history_tend - keeping a history in shape: figures, pruning, vacuum, check.
 *
 * Errors:  those of history.
 * Crashes: pruning takes one job's day at a time, totals and removal in one transaction; one that was
 *          interrupted is taken up by the next. Totals are kept forever.
 * Threads: one owner at a time.
 */
#ifndef TALLY_HISTORY_TEND_H
#define TALLY_HISTORY_TEND_H

#include "tally/history.h"

struct history_figures {
    uint64_t jobs, builds, failed, tests, results, causes, signatures, clusters, runs, days;
    int64_t first_ms, last_ms; /* starts of builds; 0 none */
    int64_t pruned_before_ms;  /* 0 never */
    uint64_t bytes, free_bytes;
    int version;
};
bool history_figures(struct history *h, struct history_figures *ret_figures,
                     struct err *err) MUST_CHECK;

/* Builds that started before give way to totals by job, test and day. Those that never ended are not
 * counted; those of unknown time stay. */
bool history_prune(struct history *h, int64_t before_ms, uint64_t *ret_builds,
                   struct err *err) MUST_CHECK;

/* Rewrites the file without holes. Needs as much room again while it works. */
bool history_vacuum(struct history *h, struct err *err) MUST_CHECK;

/* Whether the file is whole, each index agrees with its table, each reference leads somewhere, and each
 * build is as it was put. A line for each fault, HISTORY_MAX_FAULTS at most. */
enum { HISTORY_MAX_FAULTS = 100 };
typedef bool history_fault_fn(void *user, struct sv line, struct err *err);
bool history_check(struct history *h, history_fault_fn *fault, void *user, uint64_t *ret_faults,
                   struct err *err) MUST_CHECK;

#endif
