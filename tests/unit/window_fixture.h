/*
 * window_fixture - windows made by hand from a compact notation, and by code, for the tests of what
 * is computed from them.
 *
 * Notation: a job is a table, a column a build, the oldest first, a row a test. Letters: P passed,
 *          F failed, E errored, ~ failed and passed, S skipped, U unfinished, blank not run.
 * Out:     the same window that the history would give: builds in order of time, results by test.
 * Owns:    fixture_done frees it all; a failure ends the program.
 */
#ifndef TESTS_UNIT_WINDOW_FIXTURE_H
#define TESTS_UNIT_WINDOW_FIXTURE_H

#include "tally/window.h"

enum { FIXTURE_TESTS = 8 };
#define FIXTURE_HOUR INT64_C(3600000)
#define FIXTURE_DAY (24 * FIXTURE_HOUR)
#define FIXTURE_START INT64_C(1772323200000) /* 2026-03-01 00:00 UTC */

struct fixture_row {
    const char *name; /* "suite/class.name", parts may be missing */
    const char *runs;
    const char *message; /* of its failures: signature and cluster too; NULL none */
};

struct fixture_table {
    const char *job, *repo;
    enum build_type type;
    int64_t start, step; /* ms after FIXTURE_START, and between builds; step 0: an hour */
    /* P F E(rror) A(borted) R(unning) I(nfra) L: failed, and the verdict says flake; NULL: from tests */
    const char *builds;
    const char *codes;  /* the same letter: the same code; NULL or ' ': of its own */
    const char *pulls;  /* a digit: the pull request's number; NULL or ' ': none */
    const char *causes; /* a letter: the signature of the build's failure; NULL or ' ': none */
    const char *profile;
    int64_t duration; /* ms; 0: ten minutes */
    struct fixture_row rows[FIXTURE_TESTS];
};

struct fixture;

struct fixture *fixture_new(int64_t from_ms, int64_t to_ms); /* after FIXTURE_START */
void fixture_done(struct fixture *f);
void fixture_table(struct fixture *f, const struct fixture_table *table);

/* By hand: a build, then its results. Texts must last. */
uint32_t fixture_job(struct fixture *f, const char *name);
uint32_t fixture_test(struct fixture *f, const char *name);
uint32_t fixture_signature(struct fixture *f, const char *normal);
void fixture_build(struct fixture *f, const struct window_build *build);
void fixture_result(struct fixture *f, uint32_t test, enum test_outcome outcome, uint32_t attempts,
                    uint32_t signature);
struct sv fixture_printf(struct fixture *f, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The window of what was added; nothing may be added after it. */
struct window *fixture_window(struct fixture *f);

/* What the history knows from before the window. */
void fixture_first_failed(struct fixture *f, const char *test, int64_t at_ms);

#endif
