/*
 * evidence - what was learnt from one artifact, before it is merged into its build.
 *
 * Owns:    nothing but through `arena`, which is the worker's or the result's.
 * Limits:  EVIDENCE_MAX_FINDINGS, EVIDENCE_MAX_ISSUES, EVIDENCE_MAX_TESTS kept in full; passing and skipped
 *          tests are only counted, unless keep_passed, and then EVIDENCE_MAX_PASSED; the counters go on
 *          counting past a limit and `dropped` says how many were left out.
 * Errors:  ERR_NOMEM; reaching a limit is not an error.
 * Threads: one owner.
 */
#ifndef MODEL_EVIDENCE_H
#define MODEL_EVIDENCE_H

#include "base/arena.h"
#include "model/artifact.h"
#include "model/build.h"
#include "model/finding.h"
#include "model/issue.h"
#include "model/test_result.h"

enum {
    EVIDENCE_MAX_FINDINGS = 512,
    EVIDENCE_MAX_TESTS = 2000,
    EVIDENCE_MAX_PASSED = 20000,
    EVIDENCE_MAX_LINES = 64,
    EVIDENCE_MAX_ISSUES = 500
};

/* What a document says of the build's outcome; the one of highest authority decides. */
enum outcome {
    OUTCOME_UNKNOWN,
    OUTCOME_PASSED,
    OUTCOME_FAILED,
    OUTCOME_ABORTED,
    OUTCOME_ERROR, /* the CI system failed before or beside the job */
    OUTCOME_RUNNING,
    OUTCOME_COUNT
};
const char *outcome_name(enum outcome outcome);

struct outcome_claim {
    enum outcome outcome;
    int rank; /* higher decides: finished.json 50, prowjob 40, list 30, harness line 20, tests 10 */
    struct sv from;     /* static: "finished.json" */
    int64_t started_ms; /* 0 when it says nothing */
    int64_t finished_ms;
};

/* A line that looks like an error although no rule named it. */
struct error_line {
    uint64_t line;
    uint64_t offset;
    int score; /* higher is likelier the cause */
    uint32_t artifact;
    struct sv text;
};

struct test_counts {
    uint64_t total, passed, failed, errored, skipped, flaky, unfinished;
};

/* Facts about a log as a whole. */
struct log_facts {
    uint64_t bytes, lines, cut_lines;
    int64_t first_ms, last_ms; /* timestamps, 0 none */
    int64_t gap_ms;            /* longest silence between two timestamps */
    uint64_t gap_line;         /* the line before it */
    bool truncated;            /* the stream broke off */
    bool no_final_newline;
    bool binary;        /* NUL bytes in the first block */
    uint64_t last_line; /* number, offset and text of the last line that is not blank */
    uint64_t last_offset;
    struct sv last_text;
};

struct evidence {
    struct arena *arena; /* borrowed */
    bool keep_passed;
    struct finding *findings;
    size_t finding_count, finding_cap;
    struct test_result *tests;
    size_t test_count, test_cap;
    size_t passed_count; /* of these, passed or skipped */
    struct test_counts counts;
    struct issue *issues;
    size_t issue_count, issue_cap;
    struct error_line *lines; /* best first after evidence_sort_lines */
    size_t line_count;
    struct outcome_claim claim; /* the best so far */
    struct log_facts facts;
    struct line_range failing[FAILING_MAX]; /* steps of the log that failed; first 0: no more */
    struct build *build; /* fields that documents fill in (profile, target, times…); borrowed */
    uint64_t dropped_findings, dropped_tests, dropped_issues;
};

void evidence_init(struct evidence *e, struct arena *arena, struct build *build);
/* A count above 1 adds nothing: it sets count and last_line of the finding of that id and line. */
bool evidence_add_finding(struct evidence *e, const struct finding *finding,
                          struct err *err) MUST_CHECK;

/* Counts the test; keeps it when it is not a pass or keep_passed is set. */
bool evidence_add_test(struct evidence *e, const struct test_result *test,
                       struct err *err) MUST_CHECK;

/* One place and message is kept once. When it is full, an error takes the place of what is none. */
bool evidence_add_issue(struct evidence *e, const struct issue *issue, struct err *err) MUST_CHECK;

/* Keep the claim if its rank is higher than, or equal to and earlier than, what is there; times are
 * taken from any claim that has them. */
void evidence_claim(struct evidence *e, const struct outcome_claim *claim);

/* Keep the EVIDENCE_MAX_LINES best by (score, then earlier line). */
bool evidence_add_line(struct evidence *e, const struct error_line *line,
                       struct err *err) MUST_CHECK;

/* Best first: higher score, then earlier line. */
void evidence_sort_lines(struct evidence *e);

#endif
