/*
 * build - one run of a job, as a source found it.
 *
 * Owns:    nothing; every view is in the arena of whoever made the build (a build list, a result).
 *          Views are valid UTF-8 or raw bytes of the source; writers make them safe. Empty =
 *          absent.
 * Units:   milliseconds since 1970 UTC, 0 not known.
 * Source:  Prow's pkg/apis/prowjobs/v1 and pkg/pod-utils/gcs.
 */
#ifndef MODEL_BUILD_H
#define MODEL_BUILD_H

#include "base/arena.h"

enum build_state { /* what the CI system says; ProwJob status.state */
                   STATE_UNKNOWN,
                   STATE_SCHEDULING,
                   STATE_TRIGGERED,
                   STATE_PENDING,
                   STATE_SUCCESS,
                   STATE_FAILURE,
                   STATE_ABORTED,
                   STATE_ERROR,
                   STATE_COUNT
};

enum build_type {
    TYPE_UNKNOWN,
    TYPE_PRESUBMIT,
    TYPE_POSTSUBMIT,
    TYPE_PERIODIC,
    TYPE_BATCH,
    TYPE_COUNT
};

/* Where a build's files lie. */
enum store {
    STORE_NONE,
    STORE_GS,     /* bucket and key */
    STORE_S3,     /* bucket and key */
    STORE_FOLDER, /* key is a folder's path, bucket empty */
    STORE_FILE,   /* key is one file's path: a loose log */
    STORE_STDIN,
    STORE_COUNT
};

struct pull {
    uint64_t number;
    struct sv sha;
    struct sv author;
    struct sv title;
};

struct refs { /* one repository and what was merged into it */
    struct sv org;
    struct sv repo;
    struct sv base_ref;
    struct sv base_sha;
    const struct pull *pulls;
    size_t pull_count;
};

struct build {
    struct sv id;         /* decimal, up to 20 digits; the file's name for a loose log */
    struct sv job;        /* full name */
    struct sv provider;   /* "prow", "folder" */
    struct sv name;       /* metadata.name of the ProwJob, a UUID */
    struct sv state_text; /* as the source spelled it, when state is STATE_UNKNOWN */
    struct sv description;
    struct sv url;  /* for people: the Spyglass page or the path */
    struct sv deck; /* "https://prow.example", the front-end it was listed by */
    struct sv context;
    struct sv cluster;
    struct sv profile; /* cloud cluster profile */
    struct sv target;  /* ci-operator --target= */
    struct sv variant;
    struct sv pod_name;
    struct sv author; /* of the first pull */
    struct refs refs; /* org empty when the job has none */
    const struct refs *extra_refs;
    size_t extra_ref_count;
    int64_t created_ms;
    int64_t started_ms;
    int64_t pending_ms;
    int64_t finished_ms;
    enum build_type type;
    enum build_state state;
    enum store store;
    bool retest; /* made by a /retest */
    bool optional;
    struct sv bucket;
    struct sv key;   /* "logs/job/id", no slash at either end */
    struct sv local; /* a folder that holds a copy of its files: they are read from there */
};

const char *build_state_name(enum build_state state); /* "failure"; "unknown" */
const char *build_type_name(enum build_type type);
const char *build_store_name(enum store store); /* "gs", "s3", "folder", "file", "stdin", "" */
bool build_state_parse(struct sv name, enum build_state *ret_state);
bool build_type_parse(struct sv name, enum build_type *ret_type);
bool build_store_parse(struct sv name, enum store *ret_store); /* "gcs" too */

/* The state will not change any more. */
bool build_state_is_final(enum build_state state);

/* The repository a build belongs to: refs, else the first of extra_refs that is there. */
const struct refs *build_main_refs(const struct build *b);

/* The time in a build id of the snowflake library, 0 for short ids. */
int64_t build_id_time(struct sv id);

/* Order of ids: numeric when both are numbers, else by bytes. */
int build_id_compare(struct sv a, struct sv b);

/* A bucket and key that are what they look like in a URL and below a folder: the bucket is made of
 * letters, digits, '-', '_' and '.', and no part of the key is empty, "." or ".." or holds a control
 * character. */
bool build_place_is_safe(struct sv bucket, struct sv key);

/* A deep copy into an arena. */
bool build_copy(struct arena *a, const struct build *from, struct build *ret_copy,
                struct err *err) MUST_CHECK;

#endif
