#include "run/pipeline_p.h"

#include "model/signature.h"

#include <stdlib.h>

/*
 * What the last passing build of a job also printed is no news. A build that no rule explains waits
 * here for the error-looking lines of its job's nearest passing build, read once for all that ask.
 */

enum {
    NORMAL_BYTES = 16 * 1024 * 1024,
    NORMAL_TEXT_BYTES = 16 * 1024,
    JOB_NAME_BYTES = 256 * 1024 * 1024,
};

struct baseline {
    struct baseline *next;
    const struct build *build; /* the passing one, in the list */
    struct strmap normal;
    bool ready;
    struct job *waiting;
};

static bool is_passing(const struct build *b)
{
    return b->state == STATE_SUCCESS && b->store != STORE_NONE;
}

/* One walk over the list, from its end or from its start: whoever has none yet takes the passing
 * build of its job that was met last. */
static bool note_passing(struct pipeline *p, bool from_end, struct err *err)
{
    struct strmap last;
    const uint64_t count = p->list->count;
    strmap_init(&last, JOB_NAME_BYTES);
    bool ok = true;
    for (uint64_t k = 0; k < count && ok; k++) {
        const uint64_t i = from_end ? count - 1 - k : k;
        const struct build *b = &p->list->builds[i];
        const uint64_t *met = strmap_find(&last, b->job);
        if (p->passing[i] == count && met != NULL)
            p->passing[i] = *met;
        uint64_t *place = is_passing(b) ? strmap_put(&last, b->job, NULL, err) : NULL;
        ok = place != NULL || !is_passing(b);
        if (place != NULL)
            *place = i;
    }
    strmap_done(&last);
    return ok;
}

bool baselines_init(struct pipeline *p, struct err *err)
{
    if (p->options->no_baseline || p->list->count == 0)
        return true;
    p->passing = calloc(p->list->count, sizeof(*p->passing));
    if (p->passing == NULL)
        return err_why(err, ERR_NOMEM, "no memory for %zu builds", p->list->count);
    for (size_t i = 0; i < p->list->count; i++)
        p->passing[i] = p->list->count;
    /* Older builds first: lists run from new to old. */
    return note_passing(p, true, err) && note_passing(p, false, err);
}

/* The nearest passing build of the same job. */
static const struct build *find_passing(const struct pipeline *p, const struct job *job)
{
    const uint64_t i =
        p->passing != NULL ? p->passing[pipeline_place(p, job->order)] : p->list->count;
    return i < p->list->count ? &p->list->builds[i] : NULL;
}

static bool fetch_log(struct job *job, const struct build *passing, struct err *err)
{
    const struct endpoints *e = job->p->options->endpoints;
    const struct artifact artifact = {.kind = ARTIFACT_BUILD_LOG, .path = SV_INIT("build-log.txt")};
    struct body_request request = {
        .use = BODY_BASELINE, .of = passing, .local = passing->local.len > 0};
    struct sv all;
    bool ok =
        request.local || passing->store == STORE_FOLDER
            ? arena_printf(&job->arena, &request.url, err, "%.*s/build-log.txt",
                           SV_ARG(passing->local.len > 0 ? passing->local : passing->key))
            : place_object_url(e, passing, SV("build-log.txt"), &job->arena, &request.url, err);
    request.local = request.local || passing->store == STORE_FOLDER;
    if (ok && !request.local && job->p->options->cache != NULL) {
        ok = place_object_url(e, passing, SV(""), &job->arena, &all, err);
        request.settled = ok && cache_is_settled(job->p->options->cache, all);
    }
    return ok && body_submit(job, &request, &artifact, err);
}

/* The one for this passing build; *ret_new when it was made now. Called with the lock. */
static struct baseline *find_or_make(struct pipeline *p, const struct build *passing, bool *ret_new)
{
    for (struct baseline *b = p->baselines; b != NULL; b = b->next) {
        if (b->build == passing)
            return b;
    }
    struct baseline *b = calloc(1, sizeof(*b));
    if (b == NULL)
        return NULL;
    b->build = passing;
    strmap_init(&b->normal, NORMAL_BYTES);
    b->next = p->baselines;
    p->baselines = b;
    *ret_new = true;
    return b;
}

/* Wake whoever waits for it. */
static void set_ready(struct pipeline *p, struct baseline *b)
{
    (void)pthread_mutex_lock(&p->baseline_lock);
    b->ready = true;
    struct job *waiting = b->waiting;
    b->waiting = NULL;
    (void)pthread_mutex_unlock(&p->baseline_lock);
    while (waiting != NULL) {
        struct job *next = waiting->next_waiting;
        pipeline_queue(p, &waiting->task);
        waiting = next;
    }
}

bool baseline_ask(struct job *job)
{
    struct pipeline *p = job->p;
    bool made = false;
    const struct build *passing = pipeline_is_stopped(p) ? NULL : find_passing(p, job);
    if (passing == NULL || job->result->build.store == STORE_FILE)
        return false;
    (void)pthread_mutex_lock(&p->baseline_lock);
    struct baseline *b = find_or_make(p, passing, &made);
    job->baseline = b;
    job->stage = JOB_BASELINE;
    const bool ready = b == NULL || b->ready;
    if (!ready && !made) {
        job->next_waiting = b->waiting;
        b->waiting = job;
    }
    (void)pthread_mutex_unlock(&p->baseline_lock);
    if (b == NULL) {
        job->stage = JOB_FILES;
        return false;
    }
    struct err err = {0};
    if (made && !fetch_log(job, passing, &err))
        set_ready(p, b);
    else if (!ready)
        return true;
    job_finish(job);
    return true;
}

static void add_normal(struct baseline *b, const struct evidence *e)
{
    struct buf normal;
    struct err err = {0};
    buf_init(&normal, NORMAL_TEXT_BYTES);
    for (size_t i = 0; i < e->line_count; i++) {
        if (!signature_normal(e->lines[i].text, &normal, &err) ||
            strmap_put(&b->normal, buf_sv(&normal), NULL, &err) == NULL)
            err = (struct err){0};
    }
    buf_done(&normal);
}

void baseline_body_done(struct body *body)
{
    struct job *job = body->job;
    struct pipeline *p = job->p;
    struct baseline *b = job->baseline;
    if (body->begun && body->feed_err.code == ERR_NONE)
        add_normal(b, ingest_evidence(body->ingest));
    set_ready(p, b);
}

const struct strmap *baseline_normal(const struct job *job)
{
    return job->baseline != NULL ? &job->baseline->normal : NULL;
}

void baselines_free(struct pipeline *p)
{
    free(p->passing);
    while (p->baselines != NULL) {
        struct baseline *next = p->baselines->next;
        strmap_done(&p->baselines->normal);
        free(p->baselines);
        p->baselines = next;
    }
}
