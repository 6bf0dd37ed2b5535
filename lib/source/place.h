/*
 * place - what an argument of the command line names, and the URLs that follow from it.
 *
 * In:      a URL (Deck's front page, /prowjobs.js, /data.js, /job-history/…, /view/…,
 *          /prowjob?prowjob=…; gcsweb; an object of GCS or S3 in any of their forms; a GitHub status
 *          target, which is one of these, possibly within a redirect parameter), gs:// or s3://
 *          paths, a file, a folder, "-".
 * Out:     struct place, views in the given arena; and URLs to fetch, percent-encoded.
 * Rule:    Prow's pkg/pod-utils/gcs (keys, pointers), its Spyglass URLs and bucket aliases; the
 *          addresses of GCS, S3 and gcsweb.
 * Errors:  ERR_USAGE with the list of shapes that are understood.
 * Threads: no state.
 */
#ifndef SOURCE_PLACE_H
#define SOURCE_PLACE_H

#include "model/build.h"

enum place_kind {
    PLACE_DECK_LIST,    /* url: the front page with its query, or the list itself */
    PLACE_DECK_HISTORY, /* url; build.store, bucket and key of the job's folder */
    PLACE_DECK_PROWJOB, /* url: /prowjob?prowjob=NAME */
    PLACE_DECK_VIEW,    /* url: a Spyglass page that names a build by job and id */
    PLACE_BUILD,        /* build: store, bucket, key, id, job, url set */
    PLACE_POINTER,      /* build.key: "pr-logs/directory/<job>/<id>.txt", which names the build */
    PLACE_JOB,          /* a job's folder of builds: build.store, bucket, key ("logs/<job>") */
    PLACE_PR,           /* "pr-logs/pull/<org_repo>/<pr>": folders of jobs below */
    PLACE_FOLDER,       /* path */
    PLACE_FILE,         /* path */
    PLACE_STDIN,
};

struct place {
    enum place_kind kind;
    struct sv url;   /* as given, without fragment */
    struct sv query; /* of url, without '?' */
    struct sv path;  /* of a file or folder */
    struct build build;
    struct sv base; /* "https://host[:port]" of url */
};

struct bucket_alias {
    struct sv from, to;
};

struct endpoints {     /* where objects are read; all URLs without a final slash */
    struct sv gcs;     /* "https://storage.googleapis.com" */
    struct sv gcs_api; /* "https://storage.googleapis.com/storage/v1"; "": list by XML instead */
    struct sv s3;      /* "https://s3.us-east-1.amazonaws.com" or a custom endpoint, path style;
                          "{bucket}" in it is replaced: virtual-host style */
    struct sv gcsweb;  /* "https://gcsweb.example/gcs"; used when prefer_gcsweb */
    bool prefer_gcsweb;
    struct sv spyglass; /* "https://prow.example/view": for links; "": none */
    const struct bucket_alias *aliases;
    size_t alias_count;
};

/* is_dir and exists answer for local paths; place_parse does no I/O itself. */
struct place_disk {
    bool (*is_dir)(const char *path);
    bool (*exists)(const char *path);
};

bool place_parse(struct sv argument, const struct endpoints *e, const struct place_disk *disk,
                 struct arena *a, struct place *ret_place, struct err *err) MUST_CHECK;

/* The bucket's name of today. */
struct sv place_unalias(const struct endpoints *e, struct sv bucket);

/* Fill in job, id, type, org, repo and pull of a build from its key, by any path strategy. False,
 * with the build untouched, when the key has no build's shape. */
bool place_fill_from_key(struct build *build, struct arena *a, struct err *err);

/* URLs. rel is relative to the build ("build-log.txt"); of a folder's build a plain path. */
bool place_object_url(const struct endpoints *e, const struct build *build, struct sv rel,
                      struct arena *a, struct sv *ret_url, struct err *err) MUST_CHECK;
/* For a person: the Spyglass page with "#artifact", or the object's URL. */
bool place_person_url(const struct endpoints *e, const struct build *build, struct sv rel,
                      struct arena *a, struct sv *ret_url, struct err *err) MUST_CHECK;

struct list_request { /* one page of a listing */
    enum store store;
    struct sv bucket;
    struct sv prefix; /* with final '/' */
    bool flat;        /* everything below; else one level */
    struct sv token;  /* of the page before; "" first */
    bool is_marker;   /* what token is, as the page before told */
};
bool place_list_url(const struct endpoints *e, const struct list_request *request, struct arena *a,
                    struct sv *ret_url, struct err *err) MUST_CHECK;

#endif
