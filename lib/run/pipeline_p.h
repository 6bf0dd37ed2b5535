/*
 * pipeline_p - what pipeline.c, job.c and body.c share. Nobody else includes it.
 *
 * Locks:   pipeline.lock guards the ready queue, bodies' chunk lists and flags, jobs' outstanding
 *          counts and files, the ingest pool; job.lock guards its result. Never both at once.
 */
#ifndef RUN_PIPELINE_P_H
#define RUN_PIPELINE_P_H

#include "base/fs.h"
#include "run/ingest.h"
#include "run/pipeline.h"

#include <pthread.h>

struct pipeline;
struct job;

struct task { /* something for a worker to do; embedded in what it is about */
    struct task *next;
    void (*run)(struct pipeline *p, struct task *task);
};

struct chunk {
    struct chunk *next;
    size_t len;
    char bytes[];
};

enum body_use { BODY_ARTIFACT, BODY_DOCUMENT, BODY_LISTING, BODY_BASELINE };

struct body {         /* one file or page on its way in */
    struct task task; /* first */
    struct pipeline *p;
    struct job *job;
    enum body_use use;
    const struct build *of;   /* whose file it is: the job's build, or a passing one */
    uint32_t index;           /* of the artifact, or of the document */
    struct artifact artifact; /* what the analyzers see; views outlive the body */
    struct sv url;
    /* guarded by pipeline.lock */
    struct chunk *head, *tail;
    size_t buffered;
    bool queued, busy, ended, restarted;
    /* owned by whoever works on it */
    bool begun, dead; /* dead: more bytes are not wanted */
    bool local;       /* url is a path */
    bool here;        /* needs no network */
    bool from_mirror; /* and is in the mirror already */
    int fd;           /* -1, or a file to read in place of the network */
    bool revalidated; /* the cache has it, if the server says 304 */
    uint64_t bytes;
    long status;
    char etag[128];
    struct err err;
    struct err feed_err;
    struct ingest *ingest;
    struct cache_entry *entry;
    struct fs_writer mirror;
    bool mirrored;
};

enum job_stage { JOB_DOCUMENTS, JOB_LISTING, JOB_FILES, JOB_BASELINE };
enum { JOB_MAX_DOCUMENTS = 8, JOB_MAX_FILES = 200000, JOB_MAX_PAGES = 500 };

struct document {
    struct plan_item item;
    char *text; /* owned */
    size_t len;
    uint32_t artifact;
};

struct job {          /* one build on its way */
    struct task task; /* first */
    struct pipeline *p;
    uint64_t order;
    pthread_mutex_t lock;
    struct result *result;
    struct arena arena; /* names, URLs, plan; by pipeline.lock while tasks are outstanding */
    enum job_stage stage;
    unsigned outstanding;
    bool cached_final; /* finished.json is in the cache: all of it may come from there */
    bool mirrored_final;
    bool listing_failed;
    bool prowjob_read;
    bool gone; /* the store itself could not be reached */
    struct document documents[JOB_MAX_DOCUMENTS];
    size_t document_count;
    struct plan_file *files;
    size_t file_count, file_cap;
    unsigned pages;
    struct sv *absent; /* URLs that answered 404 */
    size_t absent_count, absent_cap;
    struct baseline *baseline;
    struct job *next_waiting;
};

struct pipeline {
    const struct run_options *options;
    const struct build_list *list;
    const struct pipeline_calls *calls;
    struct report_totals *totals;
    struct triggers triggers;
    pthread_mutex_t lock;
    pthread_cond_t ready;    /* a task is queued, or quit */
    pthread_cond_t progress; /* a build was written, or a failure */
    struct task *first, *last;
    bool quit, stopped;
    struct ingest **pool; /* free ones */
    size_t pool_count, pool_cap;
    int64_t told_ms;    /* of the last progress; the caller's thread only */
    uint64_t in_flight; /* builds admitted and not written */
    uint64_t window;
    pthread_mutex_t write_lock;
    struct result **waiting; /* ring of window results, by order */
    uint64_t written;
    struct err err; /* first failure that ends the run; by pipeline.lock */
    pthread_mutex_t baseline_lock;
    struct baseline *baselines;
};

/* pipeline.c */
void pipeline_queue(struct pipeline *p, struct task *task);
void pipeline_queue_locked(struct pipeline *p, struct task *task);
void pipeline_fail(struct pipeline *p, const struct err *err);
bool pipeline_is_stopped(struct pipeline *p);
struct ingest *pipeline_take_ingest(struct pipeline *p, struct err *err);
void pipeline_give_ingest(struct pipeline *p, struct ingest *in_take);
void pipeline_write_take(struct pipeline *p, uint64_t order, struct result *result_take);

/* job.c */
bool job_start(struct pipeline *p, const struct build *build, uint64_t order, struct err *err);
void job_release(struct job *job); /* one outstanding task is over; may move the job on */
bool job_add_file(struct job *job, struct sv path, uint64_t size, struct err *err);
void job_problem(struct job *job, struct sv where, const char *text, bool fatal);
void job_finish(struct job *job);

/* body.c */
struct body_request {
    enum body_use use;
    const struct build *of; /* NULL: the job's own */
    uint32_t index;
    struct sv url; /* to fetch, or a path when local */
    bool local;
};
bool body_submit(struct job *job, const struct body_request *request,
                 const struct artifact *artifact, struct err *err);

/* listing_pages.c */
bool job_list_start(struct job *job, struct err *err);
/* asked and token: the prefix and the token that the page was asked for with. */
bool job_list_page(struct job *job, struct sv asked, struct sv token, struct sv page,
                   struct err *err);

/* baseline.c */
bool baseline_ask(struct job *job); /* true: the job waits; job_finish comes later */
void baseline_body_done(struct body *body);
const struct strmap *baseline_normal(const struct job *job);
void baselines_free(struct pipeline *p);

#endif
