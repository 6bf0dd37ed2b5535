/*
 * result - everything known of one build: what was read, what was seen, the verdict.
 *
 * Owns:    its arena, in which everything that it points to lies (rule texts aside, which belong to
 *          the rule set).
 * Order:   result_finish sorts artifacts by path, findings by (artifact, line, id), issues by
 *          (artifact, line), tests by (artifact, suite, class, name), so that the order of arrival leaves no trace.
 * Limits:  RESULT_ARENA_BYTES and EVIDENCE_MAX_ISSUES a build.
 * Threads: one owner at a time; the pipeline locks around result_merge.
 */
#ifndef MODEL_RESULT_H
#define MODEL_RESULT_H

#include "model/evidence.h"

enum {
    RESULT_ARENA_BYTES = 64 * 1024 * 1024,
    VERDICT_MAX_CAUSES = 8,
    VERDICT_MAX_SYMPTOMS = 32,
    SIGNATURE_TEXT_BYTES = 17
};

enum verdict_basis {
    BASIS_NONE,        /* passed, or not finished: there is nothing to explain */
    BASIS_RULE,        /* a finding named the cause */
    BASIS_ERROR_LINES, /* no finding; the best error line is shown */
    BASIS_NO_EVIDENCE, /* failed, and nothing could be read that says why */
};
const char *verdict_basis_name(enum verdict_basis basis);

/* Whether a build that failed came as far as running its tests. */
enum test_step { TEST_STEP_UNKNOWN, TEST_STEP_RAN, TEST_STEP_NOT_RUN };
const char *test_step_name(enum test_step step); /* "ran", "not-run", "unknown" */

struct verdict {
    enum outcome outcome;
    struct sv outcome_from; /* which document or line said so; static */
    enum verdict_basis basis;
    enum cause_kind kind; /* KIND_UNKNOWN without a cause */
    struct sv detail;
    enum cause_class class_;
    enum cause_advice advice;
    double confidence; /* 0..1 */
    bool infra;        /* failed before or beside the code under test */
    bool flake;        /* the evidence says so: the same test failed and passed on this code, or the
                          same job failed here and passed there */
    struct sv summary; /* one sentence */
    struct sv excerpt; /* the line that shows it */
    struct sv step;
    uint32_t artifact; /* UINT32_MAX without one */
    uint64_t line;     /* 0 without one */
    uint64_t offset;
    uint32_t causes[VERDICT_MAX_CAUSES]; /* findings, root cause first, then independent ones */
    size_t cause_count;
    uint32_t symptoms[VERDICT_MAX_SYMPTOMS]; /* findings that the causes explain, nearest first */
    size_t symptom_count;
    char signature[SIGNATURE_TEXT_BYTES]; /* 16 hex digits of the normal form; "" without a text */
};

struct problem {     /* something of this build that could not be read, or was cut */
    struct sv where; /* artifact's path or a URL without query */
    struct sv text;  /* one line */
    bool fatal;      /* the build could not be read at all */
};

struct result {
    struct arena arena;
    uint64_t order; /* place in the list of builds, from 0 */
    struct build build;
    struct artifact *artifacts;
    size_t artifact_count, artifact_cap;
    struct finding *findings;
    size_t finding_count, finding_cap;
    struct test_result *tests;
    size_t test_count, test_cap;
    struct issue *issues;
    size_t issue_count, issue_cap;
    struct test_counts counts;     /* of JUnit reports; without one, of the log that knows most */
    struct test_counts log_counts; /* of that log; until result_finish */
    struct error_line *lines;
    size_t line_count, line_cap;
    struct outcome_claim claim;
    struct log_facts facts; /* of the main log: the largest */
    uint32_t facts_artifact;
    struct problem *problems;
    size_t problem_count, problem_cap;
    uint64_t wire_bytes, plain_bytes;
    uint64_t dropped_findings, dropped_tests, dropped_issues;
    enum test_step test_step;
    struct sv
        passed_id; /* another build of this job that passed on the same code; "" without one */
    struct verdict verdict;
    bool incomplete; /* stopped before all was read */
};

struct result *result_new(const struct build *build, uint64_t order, struct err *err) MUST_CHECK;
void result_free(struct result *r);

/* The index of a new artifact; its views are copied. */
bool result_add_artifact(struct result *r, const struct artifact *artifact, uint32_t *ret_index,
                         struct err *err) MUST_CHECK;

/* Copy what the evidence of one artifact holds into the result. */
bool result_merge(struct result *r, uint32_t artifact, const struct evidence *e,
                  struct err *err) MUST_CHECK;
bool result_add_problem(struct result *r, struct sv where, struct sv text, bool fatal,
                        struct err *err) MUST_CHECK;

/* Sort and renumber; call once, before judging. */
bool result_finish(struct result *r, struct err *err) MUST_CHECK;

#endif
