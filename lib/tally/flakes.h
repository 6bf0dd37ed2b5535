/*
 * flakes - of each test in a window: how often it failed, on what evidence it is a flake, what became
 * of it.
 *
 * In:      a window that holds the window before it too; the marks of builds set apart.
 * Out:     struct night_test of model/night.h for each test that did not simply pass, by class and then
 *          score; a job's figures likewise.
 * Rules:   as README.md of this folder tells them; each class says by which (`because`).
 * Owns:    nothing of its own: what comes out lies in the night's arena.
 * Errors:  ERR_NOMEM. Threads: no state.
 */
#ifndef TALLY_FLAKES_H
#define TALLY_FLAKES_H

#include "model/night.h"
#include "tally/outage.h"

struct flakes_options {
    int64_t from_ms;  /* of the window; what lies before is the window before */
    int64_t since_ms; /* tonight */
    int64_t until_ms;
    double alpha; /* of the false discovery rate, 0: 0.05 */
};

/* Fills night->tests, test_count, more_tests, quiet_tests, headline.counts and tests_*. */
bool flakes_of_tests(const struct window *w, const struct outages *apart,
                     const struct flakes_options *options, struct night *night,
                     struct err *err) MUST_CHECK;
/* Fills night->jobs and job_count. */
bool flakes_of_jobs(const struct window *w, const struct outages *apart,
                    const struct flakes_options *options, struct night *night,
                    struct err *err) MUST_CHECK;

#endif
