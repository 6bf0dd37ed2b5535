/*
 * window - builds and test results of a stretch of time, in memory: what the history gives and what
 * flakes, outages, clusters and the nightly report are computed from.
 *
 * Shape:   arrays; things refer to each other by index. Builds are in order of (start, job, id), so
 *          that the same history gives the same window. The results of a build lie together, by test.
 * Units:   milliseconds since 1970 UTC, 0 not known; durations in ms, -1 not known.
 * Owns:    everything, until window_done.
 * Limits:  WINDOW_MAX_RESULTS; 6 bytes a result that passed.
 * Threads: immutable once filled.
 */
#ifndef TALLY_WINDOW_H
#define TALLY_WINDOW_H

#include "model/result.h"

enum { WINDOW_MAX_RESULTS = 100 * 1000 * 1000 };
#define WINDOW_NONE UINT32_MAX /* no index */

struct window_job {
    struct sv provider, name;
};

struct window_test {
    struct sv suite, class_name, name;
    int64_t first_seen_ms;   /* in the whole history */
    int64_t first_failed_ms; /* in the whole history, 0 never */
};

struct window_signature {
    struct sv hex;             /* of model/signature */
    struct sv normal;          /* normal form, cut */
    struct sv cluster;         /* id of tally/cluster */
    int64_t first_ms, last_ms; /* in the whole history */
};

struct window_build {
    uint32_t job;
    struct sv id, url, log_url; /* log_url: of the log that shows the cause; "" none */
    struct sv repo;             /* "org/repo" */
    struct sv code;             /* digest of job and commits: model/code_key; "" not known */
    struct sv base_sha, pulls;  /* "12:abc 15:def", sorted by number; "" none */
    struct sv cluster_profile;  /* platform */
    enum build_type type;
    enum outcome outcome;
    enum cause_kind kind;
    struct sv detail, summary, excerpt, help;
    enum cause_class class_;
    enum cause_advice advice;
    double confidence;
    uint32_t signature; /* index, WINDOW_NONE */
    uint64_t line;
    int64_t started_ms, finished_ms;
    bool infra, flake, retest, optional, incomplete;
    uint32_t first_result, result_count;
    uint32_t first_failure, failure_count;
};

struct window_failure { /* a test that did not simply pass; results with more to say */
    uint32_t build, test;
    enum test_outcome outcome;
    uint32_t attempts;
    uint32_t signature; /* WINDOW_NONE without a text */
    struct sv message;  /* cut */
    uint64_t line;
    bool informing;
};

struct window {
    struct arena arena;
    int64_t from_ms, to_ms;
    struct window_job *jobs;
    uint32_t job_count;
    struct window_test *tests; /* sorted by suite, class, name */
    uint32_t test_count;
    struct window_signature *signatures; /* sorted by hex */
    uint32_t signature_count;
    struct window_build *builds;
    uint32_t build_count;
    /* Results, column by column. */
    uint32_t *result_test;
    uint8_t *result_outcome;  /* enum test_outcome */
    uint8_t *result_duration; /* see window_duration_ms */
    size_t result_count;
    struct window_failure *failures; /* by build, then test */
    uint32_t failure_count;
};

void window_init(struct window *w);
void window_done(struct window *w);

/* Durations in a byte: eight steps to a doubling, exact to 5 % or a millisecond; 0 is not known. */
uint8_t window_duration_code(int64_t ms);
int64_t window_duration_ms(uint8_t code);

#endif
