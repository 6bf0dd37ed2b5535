/*
 * flakes_series - the runs of each test, and of each job, in order of time; and what builds share.
 *
 * In:      a window, marks, the span. They must outlive the series.
 * Out:     series_of_test, series_of_job: views into one array. Skipped tests are no runs, nor tests
 *          that an aborted build left unfinished, nor builds that were aborted or have not finished. For every build: builds of one code have one number, and
 *          builds of the same pull requests, at whatever commit, have one too.
 * Rule:    only tests that did not always pass have a series; series_passing counts the others' runs.
 * Owns:    its arrays, until series_done.
 * Errors:  ERR_NOMEM. Threads: immutable once made.
 */
#ifndef TALLY_FLAKES_SERIES_H
#define TALLY_FLAKES_SERIES_H

#include "tally/flakes.h"

enum { SERIES_DAY_MS = 24 * 3600 * 1000 };

struct series_run {
    uint32_t build;
    uint8_t outcome; /* enum test_outcome; of a job: TEST_PASSED or TEST_FAILED */
    uint8_t duration;
};

struct series_view {
    const struct series_run *runs;
    size_t count;
};

struct series {
    const struct window *w;
    const struct outages *apart;
    struct flakes_options o;
    uint32_t *code; /* by build; 0: of no code that ran twice */
    uint32_t code_count;
    uint32_t *pulls; /* by build; 0: of no pull request */
    uint32_t pulls_count;
    uint32_t *failing_tests; /* by build: that fail it */
    size_t *test_ends;       /* test t: from test_ends[t] to test_ends[t + 1] */
    struct series_run *test_runs;
    size_t *job_ends;
    struct series_run *job_runs;
    size_t longest;
    uint32_t always_passed; /* tests that ran in the window, and passed whenever they ran */
    uint32_t tests_tonight; /* tests that ran since the last report */
};

/* Without tests, those of jobs alone. */
bool series_make(const struct window *w, const struct outages *apart,
                 const struct flakes_options *options, bool with_tests, struct series *ret_series,
                 struct err *err) MUST_CHECK;
void series_done(struct series *s);

struct series_view series_of_test(const struct series *s, uint32_t test);
struct series_view series_of_job(const struct series *s, uint32_t job);

static inline bool series_is_red(enum test_outcome o)
{
    return o == TEST_FAILED || o == TEST_ERRORED || o == TEST_UNFINISHED;
}

/* Of the trend: the newest day ends with the span. */
size_t series_day_count(const struct flakes_options *o);
/* False when it lies in none of them. */
bool series_day_of(const struct flakes_options *o, size_t days, int64_t at_ms, size_t *ret_day);

/* What failed in a build, NULL when the test did not. */
const struct window_failure *series_failure(const struct window *w, uint32_t build, uint32_t test);

#endif
