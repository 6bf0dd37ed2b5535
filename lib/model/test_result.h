/*
 * test_result - one test of one report or log.
 * Owns:    nothing; evidence_add_test copies.
 */
#ifndef MODEL_TEST_RESULT_H
#define MODEL_TEST_RESULT_H

#include "base/sv.h"

enum test_outcome {
    TEST_PASSED,
    TEST_FAILED,
    TEST_ERRORED,
    TEST_SKIPPED,
    TEST_FLAKY,      /* failed and passed in this build */
    TEST_UNFINISHED, /* started, never ended */
    TEST_OUTCOME_COUNT
};

struct test_result {
    struct sv suite; /* nested suites joined by '/' */
    struct sv class_name;
    struct sv name;
    enum test_outcome outcome;
    unsigned attempts;    /* results seen under this name in this artifact, at least 1 */
    int64_t duration_ms;  /* -1 not known */
    struct sv message;    /* first line or attribute; cut */
    struct sv text;       /* body of the failure; head and tail, cut */
    struct sv file;       /* source file, when the report says */
    uint64_t source_line; /* 0 not known */
    uint32_t artifact;    /* set when merged */
    uint64_t line;        /* line in the artifact, 0 not known */
    uint64_t offset;      /* bytes; with line */
    bool is_step;         /* a step or phase of the job, no test: not counted */
    bool informing;       /* its failure does not fail the job */
};

const char *test_outcome_name(enum test_outcome outcome); /* "failed" */

#endif
