/*
 * test_log - which tests a log says began, passed and failed. For analyzers of test output.
 *
 * Shape:   zeroed to start with (an analyzer's state is); everything lies in the evidence's arena.
 * Out:     test_log_finish adds to the evidence: a failed test is a test and a finding; one that
 *          also passed is TEST_FLAKY; one that began and never ended is TEST_UNFINISHED, and a
 *          finding that is a symptom; passed and skipped ones are counted.
 * Names:   a test is known by scope (a package, "" where a log has none) and name.
 * Limits:  TEST_LOG_FAILED tests that failed and TEST_LOG_RUNNING at once are followed; past them
 *          tests are counted only.
 * Errors:  ERR_NOMEM, ERR_LIMIT of the arena.
 */
#ifndef ANALYZERS_TEST_LOG_H
#define ANALYZERS_TEST_LOG_H

#include "common_tests.h"

enum { TEST_LOG_FAILED = 2000, TEST_LOG_RUNNING = 4096, TEST_LOG_NAME = 240 };

struct test_log_failed {
    uint64_t hash; /* of scope and name */
    struct sv scope, name;
    struct line line; /* that said so first; its text is a copy */
    const char *id;   /* of the finding; NULL: the log's own */
    unsigned failures, passes;
    bool flaky;
};

struct test_log_running {
    uint64_t hash, line, offset;
    size_t scope_len, name_len;
    char text[TEST_LOG_NAME]; /* scope, then name; cut */
};

struct test_log {
    struct test_log_failed *failed;
    size_t failed_count, failed_cap;
    struct test_log_running *running; /* in the order of their beginning */
    size_t running_count, running_cap;
    struct test_log_running *lost; /* never ended */
    size_t lost_count, lost_cap;
    struct test_counts counts; /* of tests that are not in failed */
    struct test_counts totals; /* as closing lines count */
};

struct test_log_words { /* how one tool's findings are called; id: "pytest.failed" */
    const char *id;
    const char *unfinished_id;
    struct sv detail;
    enum severity severity;
};

bool test_log_begins(struct test_log *t, const struct analysis *a, struct sv scope, struct sv name,
                     const struct line *line, struct err *err) MUST_CHECK;

/* outcome: TEST_PASSED, TEST_FAILED, TEST_SKIPPED, or TEST_FLAKY where the tool itself says so. */
bool test_log_ends(struct test_log *t, const struct analysis *a, struct sv scope, struct sv name,
                   enum test_outcome outcome, const struct line *line, struct err *err) MUST_CHECK;

/* Tests without a scope so far belong to this one, whose run is over: what still runs never ended,
 * unless it passed; what failed in an earlier run of it and passed now is flaky. */
bool test_log_scope_ends(struct test_log *t, const struct analysis *a, struct sv scope, bool passed,
                         struct err *err) MUST_CHECK;

/* Counts of a closing line; several add up. */
void test_log_add_totals(struct test_log *t, const struct test_counts *totals);

bool test_log_finish(struct test_log *t, const struct analysis *a,
                     const struct test_log_words *words, struct err *err) MUST_CHECK;

#endif
