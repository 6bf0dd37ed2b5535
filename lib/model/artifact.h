/*
 * artifact - one file that a build left. Views are in the result's arena.
 */
#ifndef MODEL_ARTIFACT_H
#define MODEL_ARTIFACT_H

#include "base/err.h"
#include "base/sv.h"

enum artifact_kind {
    ARTIFACT_OTHER, /* fetched because of --artifacts; scanned as a log */
    ARTIFACT_BUILD_LOG,
    ARTIFACT_STEP_LOG, /* artifacts/<target>/<step>/build-log.txt */
    ARTIFACT_CLONE_LOG,
    ARTIFACT_PROWJOB,
    ARTIFACT_STARTED,
    ARTIFACT_FINISHED,
    ARTIFACT_STEP_FINISHED,
    ARTIFACT_PODINFO,
    ARTIFACT_CLONE_RECORDS,
    ARTIFACT_STEP_GRAPH, /* ci-operator-step-graph.json */
    ARTIFACT_JUNIT,
    ARTIFACT_KIND_COUNT
};

enum artifact_state {
    ARTIFACT_WANTED,
    ARTIFACT_READ,
    ARTIFACT_ABSENT,    /* 404: an answer */
    ARTIFACT_FAILED,    /* could not be read; err says why */
    ARTIFACT_TRUNCATED, /* read up to where it broke off; err says how */
};

enum { FAILING_MAX = 4 };

struct line_range { /* both ends are part of it */
    uint64_t first, last;
};

struct artifact {
    enum artifact_kind kind;
    enum artifact_state state;
    struct sv path;       /* relative to the build: "build-log.txt" */
    struct sv url;        /* where a person can open it; may be empty */
    struct sv step;       /* "<target>/<step>" of a step's file */
    uint64_t size;        /* bytes as stored, 0 not known */
    uint64_t plain_bytes; /* after decompression, once read */
    uint64_t lines;
    uint64_t cut_lines;                     /* of these, too long to be looked at as a whole */
    struct line_range failing[FAILING_MAX]; /* steps of a log that failed; first 0: no more */
    struct sv err;                          /* one line, for FAILED and TRUNCATED */
    bool cut_off; /* TRUNCATED on its way here: where it lies it is longer */
};

const char *artifact_kind_name(enum artifact_kind kind); /* "build-log" */
bool artifact_kind_parse(struct sv name, enum artifact_kind *ret_kind);
const char *artifact_state_name(enum artifact_state state);

/* Documents are parsed whole; logs are scanned line by line; JUnit is streamed. */
bool artifact_kind_is_log(enum artifact_kind kind);
bool artifact_kind_is_document(enum artifact_kind kind);

/* What a path relative to a build names, by the layout of Prow's pod utilities and ci-operator, and
 * the usual names of JUnit files; *ret_step is the "<target>/<step>" of a step's file, else empty. */
enum artifact_kind artifact_classify(struct sv path, struct sv *ret_step);

#endif
