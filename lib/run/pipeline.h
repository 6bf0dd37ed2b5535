/*
 * pipeline - a list of builds in, a result for each out, in the order of the list.
 *
 * In:      builds; sources, cache, rules and limits by struct run_options.
 * Out:     every result, judged, to `emit`, one at a time and in order; then it is freed. A build
 *          that cannot be read is a result too, with a fatal problem.
 * How:     the caller's thread admits builds, a window of them at a time; fetch's thread brings
 *          bytes; workers do everything else. A build goes documents -> listing -> files ->
 *          verdict; whoever takes its last outstanding task moves it on.
 * Errors:  ERR_NOMEM, and what emit returns. A stop (options->stop, pipeline_stop) is no error:
 *          builds on their way end as they are, marked incomplete, and totals.incomplete is set.
 * Limits:  options->window builds on their way; bytes in flight by fetch; results waiting for their
 *          turn by the window too, so memory does not grow with the number of builds.
 * Threads: pipeline_run blocks; emit runs on a worker, never two at once.
 */
#ifndef RUN_PIPELINE_H
#define RUN_PIPELINE_H

#include "report/report.h"
#include "run/options.h"

struct pipeline_calls {
    bool (*emit)(void *user, const struct result *r, struct err *err);
    /* About five times a second, on the caller's thread; may be NULL. */
    void (*progress)(void *user, const struct report_totals *totals, uint64_t done);
    void *user;
};

bool pipeline_run(const struct run_options *options, const struct build_list *list,
                  const struct pipeline_calls *calls, struct report_totals *ret_totals,
                  struct err *err) MUST_CHECK;

#endif
