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
#include "run/mirror.h"
#include "run/pipeline.h"
#include "run/same_code.h"

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

enum { HTTP_NOT_FOUND = 404 };
enum body_use { BODY_ARTIFACT, BODY_DOCUMENT, BODY_LISTING, BODY_BASELINE };

struct body {         /* one file or page on its way in */
    struct task task; /* first */
    struct pipeline *p;
    struct job *job;
    enum body_use use;
    uint32_t index;           /* of the artifact, or of the document */
    struct artifact artifact; /* what the analyzers see; views outlive the body */
    const struct build *of;   /* whose file it is: the job's build, or a passing one */
    struct sv url;
    /* guarded by pipeline.lock */
    struct chunk *head, *tail;
    size_t buffered;
    bool queued, busy, ended, restarted;
    bool unwanted; /* the rest need not come */
    /* owned by whoever works on it */
    bool begun;
    bool deaf;        /* its ingest takes no more: past a limit, or without memory */
    bool local;       /* url is a path */
    bool settled;     /* what cache or mirror has of it needs no asking */
    bool here;        /* it needs no network */
    bool from_mirror; /* and is in the mirror already */
    bool outdated;    /* the cache has an older copy */
    bool revalidated; /* which is right, if the server says 304 */
    int fd;           /* -1, or a file to read in place of the network */
    char first;       /* byte */
    uint64_t bytes;   /* as stored */
    struct ingest *ingest;
    struct err feed_err;
    struct cache_entry *entry; /* copies that are being written */
    struct fs_writer mirror;
    bool mirrored;
    /* the answer; set before ended */
    long status;
    bool html;     /* it says that it is a page */
    bool measured; /* and where its body ends */
    char etag[CACHE_VALIDATOR_BYTES], last_modified[CACHE_VALIDATOR_BYTES];
    char reason[64];
    struct err err;
};

enum job_stage { JOB_DOCUMENTS, JOB_LISTING, JOB_STEPS, JOB_FILES, JOB_BASELINE };
enum { JOB_MAX_DOCUMENTS = 8, JOB_MAX_FILES = 200000, JOB_MAX_PAGES = 500, JOB_MAX_DENIED = 16 };

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
    bool documents_settled;   /* what the cache has of the documents needs no asking any more, */
    bool settled;             /* nor what it has of all files and listings */
    enum mirror_state mirror; /* of the list beside its files, here or in the mirror */
    bool listed;              /* files are all that there are */
    bool listing_failed;      /* by job.lock */
    bool more_pages;          /* than are asked for; by job.lock */
    bool more_files;          /* than files holds */
    bool unsure;              /* the cache has what may be outdated; by job.lock */
    bool prowjob_read;
    struct strmap failed_steps;      /* by their finished.json, once those were read */
    uint32_t denied[JOB_MAX_DENIED]; /* artifacts that answered 401 or 403, by job.lock */
    size_t denied_count;
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
    uint64_t *places; /* in the list, of the builds that are read; NULL: all, in order */
    uint64_t count;   /* of builds that are read */
    const struct pipeline_calls *calls;
    struct report_totals *totals;
    struct triggers triggers;
    struct same_code same_code;
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
    uint64_t *passing; /* of each build: the nearest passing one of its job, list->count for none */
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
/* Of the n-th build that is read, in the list. */
uint64_t pipeline_place(const struct pipeline *p, uint64_t order);
bool job_lists(const struct job *job, struct sv path); /* is it among the files? */
void job_listing_failed(struct job *job);

/* body.c */
struct body_request {
    enum body_use use;
    uint32_t index;
    struct sv url; /* to fetch, or a path when local */
    bool local;
    bool settled;           /* what cache or mirror has needs no asking */
    const struct build *of; /* whose file it is; NULL: the job's build */
};
bool body_submit(struct job *job, const struct body_request *request,
                 const struct artifact *artifact, struct err *err);

/* body_copies.c: what passes by goes into the cache and the mirror. */
void body_copies_begin(struct body *b);
void body_copies_add(struct body *b, struct sv bytes);
void body_copies_end(struct body *b, bool keep, bool keep_in_cache);
static inline bool body_has_copies(const struct body *b)
{
    return b->entry != NULL || b->mirrored;
}

/* listing_pages.c */
bool job_list_start(struct job *job, struct err *err);
/* asked and token: the prefix and the token that the page was asked for with. */
bool job_list_page(struct job *job, struct sv asked, struct sv token, struct sv page,
                   struct err *err);

/* baseline.c */
bool baselines_init(struct pipeline *p, struct err *err);
bool baseline_ask(struct job *job); /* true: the job waits; job_finish comes later */
void baseline_body_done(struct body *body);
const struct strmap *baseline_normal(const struct job *job);
void baselines_free(struct pipeline *p);

#endif
