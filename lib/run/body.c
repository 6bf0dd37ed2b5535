#include "run/pipeline_p.h"

#include "source/listing.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PATH_BYTES = 4096,
    READ_BYTES = 128 * 1024,
    POLL_MS = 200,
    HTTP_NOT_MODIFIED = 304,
    HTTP_UNAUTHORIZED = 401,
    HTTP_FORBIDDEN = 403,
    HTTP_GONE = 410,
};

static void body_open(struct pipeline *p, struct task *task);
static void body_work(struct pipeline *p, struct task *task);

/* ---- on the network's thread ---- */

static bool on_body(void *user, struct sv bytes, struct err *err)
{
    struct body *b = user;
    struct pipeline *p = b->p;
    struct chunk *chunk = malloc(sizeof(*chunk) + bytes.len);
    if (chunk == NULL) {
        fetch_release(p->options->fetch, bytes.len);
        return err_why(err, ERR_NOMEM, "no %zu bytes for a body", bytes.len);
    }
    chunk->next = NULL;
    chunk->len = bytes.len;
    memcpy(chunk->bytes, bytes.ptr, bytes.len);
    (void)pthread_mutex_lock(&p->lock);
    const bool unwanted = b->unwanted;
    if (b->tail != NULL)
        b->tail->next = chunk;
    else
        b->head = chunk;
    b->tail = chunk;
    b->buffered += bytes.len;
    if (b->buffered >= fetch_piece_bytes(p->options->fetch) && !b->queued && !b->busy) {
        b->queued = true;
        pipeline_queue_locked(p, &b->task);
    }
    (void)pthread_mutex_unlock(&p->lock);
    return !unwanted || err_why(err, ERR_STOPPED, "no more is wanted");
}

static void free_chunks(struct pipeline *p, struct chunk *chunk)
{
    uint64_t bytes = 0;
    while (chunk != NULL) {
        struct chunk *next = chunk->next;
        bytes += chunk->len;
        free(chunk);
        chunk = next;
    }
    if (bytes > 0 && p->options->fetch != NULL)
        fetch_release(p->options->fetch, bytes);
}

static void on_restart(void *user)
{
    struct body *b = user;
    (void)pthread_mutex_lock(&b->p->lock);
    struct chunk *stale = b->head;
    b->head = b->tail = NULL;
    b->buffered = 0;
    b->restarted = true;
    (void)pthread_mutex_unlock(&b->p->lock);
    free_chunks(b->p, stale);
}

static void on_done(void *user, const struct fetch_answer *answer, const struct err *err)
{
    struct body *b = user;
    static const struct sv html = SV_INIT("text/html");
    (void)pthread_mutex_lock(&b->p->lock);
    b->status = answer->status;
    b->err = *err;
    b->measured = answer->measured;
    b->html = sv_equal_nocase(sv_head(answer->content_type, html.len), html);
    (void)snprintf(b->etag, sizeof(b->etag), "%.*s", SV_ARG(answer->etag));
    (void)snprintf(b->last_modified, sizeof(b->last_modified), "%.*s",
                   SV_ARG(answer->last_modified));
    (void)snprintf(b->reason, sizeof(b->reason), "%.*s", SV_ARG(answer->reason));
    b->ended = true;
    if (!b->queued && !b->busy) {
        b->queued = true;
        pipeline_queue_locked(b->p, &b->task);
    }
    (void)pthread_mutex_unlock(&b->p->lock);
}

static const struct fetch_calls calls = {.body = on_body, .restart = on_restart, .done = on_done};

/* ---- where the bytes come from ---- */

static bool is_regular(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

/* A file that its build lists and that is not there was not copied with it. */
static void not_here(struct body *b)
{
    const bool expected = b->job->mirror >= MIRROR_LISTED && b->use != BODY_BASELINE &&
                          job_lists(b->job, b->artifact.path);
    if (expected)
        (void)err_why(&b->err, ERR_IO, "it is not in the mirror; fetch the build again");
    else
        b->status = HTTP_NOT_FOUND;
}

/* What a person names may be a pipe; what lies in a build's folder must be a file. */
static void open_local(struct body *b)
{
    char path[PATH_BYTES];
    const bool named = b->of->store == STORE_FILE;
    if (b->of->store == STORE_STDIN) {
        b->fd = dup(STDIN_FILENO);
    } else if (b->url.len >= sizeof(path)) {
        (void)err_why(&b->err, ERR_LIMIT, "a path of more than %zu bytes", sizeof(path) - 1);
        return;
    } else {
        (void)snprintf(path, sizeof(path), "%.*s", SV_ARG(b->url));
        b->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    }
    if (b->fd < 0 && (errno == ENOENT || errno == ENOTDIR)) {
        not_here(b);
    } else if (b->fd < 0) {
        (void)err_why(&b->err, ERR_IO, "%s", strerror(errno));
    } else if (b->of->store != STORE_STDIN && !named && !is_regular(b->fd)) {
        (void)close(b->fd);
        b->fd = -1;
        (void)err_why(&b->err, ERR_IO, "it is no regular file");
    } else {
        b->status = 200;
    }
}

/* The mirror of an earlier run: for a build that nothing is added to any more, and for the log of one
 * that passed. True: the body needs no network. */
static bool open_mirrored(struct body *b)
{
    char path[PATH_BYTES];
    const char *dir = b->p->options->mirror_dir;
    const bool settled = b->job->mirror == MIRROR_SETTLED && b->use != BODY_BASELINE;
    if (dir == NULL || b->use == BODY_LISTING || (!settled && b->use != BODY_BASELINE) ||
        !mirror_path(dir, b->of, b->artifact.path, path, sizeof(path)))
        return false;
    b->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    b->from_mirror = b->fd >= 0;
    if (b->from_mirror)
        b->status = 200;
    else if (settled && !job_lists(b->job, b->artifact.path))
        b->status = HTTP_NOT_FOUND;
    return b->status != 0;
}

/* What the cache has. True: the body needs no network. */
static bool open_cached(struct body *b)
{
    struct cache_hit hit;
    const struct run_options *o = b->p->options;
    if (o->cache == NULL || !cache_find(o->cache, b->url, &hit))
        return false;
    if (b->settled || o->offline) {
        b->fd = hit.fd;
        b->status = hit.status;
        return true;
    }
    b->outdated = hit.fd >= 0;
    if (hit.fd >= 0)
        (void)close(hit.fd); /* opened again when the server says that it is still right */
    b->revalidated = hit.fd >= 0 && (hit.etag[0] != '\0' || hit.last_modified[0] != '\0');
    if (b->revalidated) {
        (void)snprintf(b->etag, sizeof(b->etag), "%s", hit.etag);
        (void)snprintf(b->last_modified, sizeof(b->last_modified), "%s", hit.last_modified);
    }
    return false;
}

/* False: the copy that the server vouches for was evicted meanwhile. */
static bool open_revalidated(struct body *b)
{
    struct cache_hit hit;
    if (!cache_find(b->p->options->cache, b->url, &hit) || hit.fd < 0)
        return false;
    b->fd = hit.fd;
    b->status = hit.status;
    b->outdated = false;
    return true;
}

static bool send_request(struct body *b, struct err *err)
{
    const struct fetch_request request = {
        .url = b->url,
        .auth = b->of->store == STORE_S3 ? FETCH_AUTH_S3 : FETCH_AUTH_BEARER,
        .if_none_match = b->revalidated ? sv_of(b->etag) : SV(""),
        .if_modified_since = b->revalidated ? sv_of(b->last_modified) : SV(""),
        .calls = &calls,
        .user = b,
    };
    return fetch_submit(b->p->options->fetch, &request, err);
}

static struct body *body_new(struct job *job, const struct body_request *request,
                             const struct artifact *artifact, struct err *err)
{
    struct body *b = calloc(1, sizeof(*b));
    if (b == NULL) {
        (void)err_why(err, ERR_NOMEM, "no memory for a body");
        return NULL;
    }
    *b = (struct body){
        .task.run = body_work,
        .p = job->p,
        .job = job,
        .use = request->use,
        .index = request->index,
        .artifact = *artifact,
        .of = request->of != NULL ? request->of : &job->result->build,
        .url = request->url,
        .local = request->local,
        .settled = request->settled,
        .fd = -1,
        .mirror.fd = -1,
    };
    return b;
}

bool body_submit(struct job *job, const struct body_request *request,
                 const struct artifact *artifact, struct err *err)
{
    struct pipeline *p = job->p;
    struct body *b = body_new(job, request, artifact, err);
    if (b == NULL)
        return false;
    (void)pthread_mutex_lock(&p->lock);
    job->outstanding++;
    (void)pthread_mutex_unlock(&p->lock);
    b->task.run = body_open;
    pipeline_queue(p, &b->task);
    return true;
}

/* ---- on a worker ---- */

/* Files are opened here and not before, so that no more are open than there are workers. */
static void body_open(struct pipeline *p, struct task *task)
{
    struct body *b = (struct body *)task;
    b->task.run = body_work;
    b->here = true;
    if (b->local)
        open_local(b);
    else if (!open_mirrored(b) && !open_cached(b))
        b->here = false;
    if (!b->here && (p->options->offline || p->options->fetch == NULL)) {
        (void)err_why(&b->err, ERR_REFUSED, "not in the cache, and offline");
        b->here = true;
    }
    if (!b->here) {
        struct err err = {0};
        if (send_request(b, &err))
            return; /* the body belongs to the network now */
        b->err = err;
    }
    b->ended = true;
    body_work(p, task);
}

static bool begin(struct body *b, struct err *err)
{
    b->begun = true;
    body_copies_begin(b);
    if (b->ingest == NULL)
        b->ingest = pipeline_take_ingest(b->p, err);
    return b->ingest != NULL && ingest_begin(b->ingest, b->of, &b->artifact, err);
}

static void feed(struct body *b, struct sv bytes)
{
    if (bytes.len > 0 && b->bytes == 0)
        b->first = bytes.ptr[0];
    /* The copies are opened by begin, and must get the first bytes too. */
    b->deaf = b->deaf || (!b->begun && !begin(b, &b->feed_err));
    b->bytes += bytes.len;
    body_copies_add(b, bytes);
    b->deaf = b->deaf || !ingest_feed(b->ingest, bytes, &b->feed_err);
    if (!b->deaf || body_has_copies(b))
        return;
    (void)pthread_mutex_lock(&b->p->lock);
    b->unwanted = true;
    (void)pthread_mutex_unlock(&b->p->lock);
}

/* A pipe may be silent for ever: false when the run is stopped meanwhile. A file never waits. */
static bool wait_for_bytes(const struct body *b)
{
    struct pollfd p = {.fd = b->fd, .events = POLLIN};
    while (!pipeline_is_stopped(b->p)) {
        const int n = poll(&p, 1, POLL_MS);
        if (n > 0 || (n < 0 && errno != EINTR))
            return true; /* read() says what is wrong */
    }
    return false;
}

/* All of a file; the artifact's bytes as stored. */
static void feed_file(struct body *b)
{
    char *buffer = malloc(READ_BYTES);
    if (buffer == NULL) {
        (void)err_why(&b->err, ERR_NOMEM, "no memory to read a file");
        return;
    }
    while (!b->deaf || body_has_copies(b)) {
        if (!wait_for_bytes(b)) {
            (void)err_why(&b->err, ERR_STOPPED, "stopped");
            break;
        }
        const ssize_t n = read(b->fd, buffer, READ_BYTES);
        if (n == 0)
            break;
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (n < 0) {
            (void)err_why(&b->err, ERR_IO, "%s", strerror(errno));
            break;
        }
        feed(b, (struct sv){.ptr = buffer, .len = (size_t)n});
    }
    free(buffer);
}

static void start_again(struct body *b)
{
    body_copies_end(b, false, false);
    b->begun = b->deaf = false;
    b->bytes = 0;
    b->feed_err = (struct err){0};
    (void)pthread_mutex_lock(&b->p->lock);
    b->unwanted = false;
    (void)pthread_mutex_unlock(&b->p->lock);
}

static void body_free(struct body *b)
{
    body_copies_end(b, false, false);
    free_chunks(b->p, b->head);
    if (b->fd >= 0)
        (void)close(b->fd);
    pipeline_give_ingest(b->p, b->ingest);
    free(b);
}

static void remember_absent(struct body *b)
{
    struct job *job = b->job;
    if (b->use == BODY_BASELINE)
        return;
    (void)pthread_mutex_lock(&b->p->lock);
    if (job->absent_count == job->absent_cap) {
        const size_t cap = job->absent_cap > 0 ? job->absent_cap * 2 : 8;
        struct sv *absent = reallocarray(job->absent, cap, sizeof(*absent));
        if (absent != NULL) {
            job->absent = absent;
            job->absent_cap = cap;
        }
    }
    if (job->absent_count < job->absent_cap)
        job->absent[job->absent_count++] = b->url;
    (void)pthread_mutex_unlock(&b->p->lock);
}

struct ending { /* what became of a body */
    bool absent, whole, cut, denied;
    bool damaged; /* whole, and yet a broken stream */
    char problem[512];
};

/* The answer in words, when it is no file. */
static void judge_answer(struct body *b, struct ending *e)
{
    if (b->status == HTTP_NOT_FOUND || b->status == HTTP_GONE) {
        e->absent = true;
        if (!b->here)
            remember_absent(b);
    } else if (b->err.code != ERR_NONE && !(b->deaf && b->err.code == ERR_STOPPED)) {
        (void)err_text(&b->err, e->problem, sizeof(e->problem));
        e->cut = b->begun && b->bytes > 0;
    } else if (b->status >= 300) {
        e->denied = b->status == HTTP_UNAUTHORIZED || b->status == HTTP_FORBIDDEN;
        (void)snprintf(e->problem, sizeof(e->problem), "HTTP status %ld%s%s%s", b->status,
                       b->reason[0] != '\0' ? " (" : "", b->reason,
                       b->reason[0] != '\0' ? ")" : "");
    } else {
        e->whole = true;
    }
}

static void end_of_bytes(struct body *b, struct ending *e)
{
    struct ingest_end end = {0};
    struct err err = {0};
    b->deaf = b->deaf || (!b->begun && !begin(b, &b->feed_err)) ||
              !ingest_finish(b->ingest, &end, &b->feed_err);
    if (b->feed_err.code != ERR_NONE) {
        (void)err_text(&b->feed_err, e->problem, sizeof(e->problem));
        e->cut = b->bytes > 0;
        /* Past a limit what was learnt so far is still worth having. */
        if (b->ingest != NULL && b->begun && !ingest_finish(b->ingest, &end, &err))
            e->cut = false;
        return;
    }
    if (end.not_junit && b->job->result->build.store == STORE_FILE)
        (void)snprintf(e->problem, sizeof(e->problem), "it holds no JUnit report");
    else if (end.not_junit)
        e->absent = true;
    e->damaged = end.stored.end == INFLATE_TRUNCATED || end.stored.end == INFLATE_CORRUPT;
    if (end.problem[0] != '\0' && e->problem[0] == '\0') {
        (void)snprintf(e->problem, sizeof(e->problem), "%s", end.problem);
        e->cut = e->damaged;
    }
}

/* A page in place of a file: of gcsweb for what is not there, of a proxy that wants a name first. */
static bool is_page(const struct body *b)
{
    const struct sv path = b->artifact.path;
    const bool may_be = sv_ends(path, SV(".html")) || sv_ends(path, SV(".htm"));
    if (b->use == BODY_DOCUMENT)
        return listing_is_html(ingest_text(b->ingest));
    if (b->use == BODY_LISTING)
        return !b->p->options->endpoints->prefer_gcsweb && listing_is_html(ingest_text(b->ingest));
    return b->html && !may_be && (b->first == '<' || b->first == '\x1f');
}

static void judge_page(struct body *b, struct ending *e)
{
    if (!e->whole || b->ingest == NULL || !b->begun || !is_page(b))
        return;
    e->whole = e->cut = false;
    e->absent = b->use == BODY_DOCUMENT && b->p->options->endpoints->prefer_gcsweb;
    (void)snprintf(e->problem, sizeof(e->problem),
                   "an HTML page in place of the file; is a login needed?");
}

/* True: whether this is a problem is seen at the end of the build. Called with the job's lock. */
static bool is_put_off(struct job *job, uint32_t artifact, const struct ending *e)
{
    if (!e->denied || job->denied_count == JOB_MAX_DENIED)
        return false;
    job->denied[job->denied_count++] = artifact;
    return true;
}

static bool note_artifact(struct body *b, const struct ending *e, struct err *err)
{
    struct result *r = b->job->result;
    struct artifact *a = &r->artifacts[b->index];
    const bool failed = e->problem[0] != '\0';
    a->state = e->absent  ? ARTIFACT_ABSENT
               : !failed  ? ARTIFACT_READ
               : e->cut   ? ARTIFACT_TRUNCATED
               : e->whole ? ARTIFACT_READ
                          : ARTIFACT_FAILED;
    if (e->absent)
        return true;
    a->cut_off = a->state == ARTIFACT_TRUNCATED && !e->whole;
    r->wire_bytes += b->bytes;
    a->size = b->bytes;
    if (failed && !arena_copy(&r->arena, sv_of(e->problem), &a->err, err))
        return false;
    return !failed || is_put_off(b->job, b->index, e) ||
           result_add_problem(r, a->path, sv_of(e->problem), false, err);
}

static void take_artifact(struct body *b, const struct ending *e)
{
    struct err err = {0};
    struct job *job = b->job;
    const bool usable = b->ingest != NULL && b->begun && (e->whole || e->cut) && !e->absent;
    (void)pthread_mutex_lock(&job->lock);
    if (usable) {
        struct evidence *evidence = ingest_evidence(b->ingest);
        struct artifact *artifact = &job->result->artifacts[b->index];
        artifact->plain_bytes = evidence->facts.bytes;
        artifact->lines = evidence->facts.lines;
        artifact->cut_lines = evidence->facts.cut_lines;
        job->result->plain_bytes += evidence->facts.bytes;
        if (!result_merge(job->result, b->index, evidence, &err))
            pipeline_fail(b->p, &err);
    }
    if (!note_artifact(b, e, &err))
        pipeline_fail(b->p, &err);
    (void)pthread_mutex_unlock(&job->lock);
}

static void take_document(struct body *b, const struct ending *e)
{
    struct job *job = b->job;
    struct document *d = &job->documents[b->index];
    struct err err = {0};
    const struct sv text = b->ingest != NULL ? ingest_text(b->ingest) : SV("");
    struct ending own = *e;
    if (own.whole && own.problem[0] == '\0' && text.len == 0)
        (void)snprintf(own.problem, sizeof(own.problem), "the file is empty");
    if (!own.absent && own.whole && text.len > 0) {
        d->text = malloc(text.len);
        if (d->text == NULL) {
            (void)err_why(&err, ERR_NOMEM, "no memory for a document");
            pipeline_fail(b->p, &err);
            return;
        }
        memcpy(d->text, text.ptr, text.len);
        d->len = text.len;
    }
    b->index = d->artifact;
    (void)pthread_mutex_lock(&job->lock);
    job->result->artifacts[d->artifact].plain_bytes = text.len;
    if (!note_artifact(b, &own, &err))
        pipeline_fail(b->p, &err);
    (void)pthread_mutex_unlock(&job->lock);
}

static void take_listing(struct body *b, const struct ending *e)
{
    struct err err = {0};
    if (e->absent || e->problem[0] != '\0') {
        job_listing_failed(b->job);
        job_problem(b->job, SV("listing"),
                    e->absent ? "there is none: HTTP status 404" : e->problem, false);
        return;
    }
    if (!job_list_page(b->job, b->artifact.path, b->artifact.step, ingest_text(b->ingest), &err)) {
        char text[512];
        job_listing_failed(b->job);
        job_problem(b->job, SV("listing"), err_text(&err, text, sizeof(text)), false);
    }
}

static bool is_remirrored(const struct body *b)
{
    return b->p->options->mirror_dir != NULL && b->job->mirror == MIRROR_LISTED && !b->from_mirror;
}

/* An older copy stays in the cache or in the mirror, and nothing says that it is still right. */
static void keep_asking(struct job *job)
{
    (void)pthread_mutex_lock(&job->lock);
    job->unsure = true;
    (void)pthread_mutex_unlock(&job->lock);
}

static void finish(struct body *b)
{
    struct ending e = {0};
    if (b->fd >= 0)
        feed_file(b);
    judge_answer(b, &e);
    if (!e.absent && (e.whole || e.cut))
        end_of_bytes(b, &e);
    judge_page(b, &e);
    const bool keep = e.whole && b->err.code == ERR_NONE && b->status == 200;
    /* A stream that breaks off at an end that nobody marked may be longer the next time. */
    const bool keep_in_cache = keep && (b->measured || !e.damaged);
    body_copies_end(b, keep, keep_in_cache);
    if (!e.absent && ((b->outdated && !keep_in_cache) || (is_remirrored(b) && !keep)))
        keep_asking(b->job);
    switch (b->use) {
    case BODY_ARTIFACT:
        take_artifact(b, &e);
        break;
    case BODY_DOCUMENT:
        take_document(b, &e);
        break;
    case BODY_LISTING:
        take_listing(b, &e);
        break;
    case BODY_BASELINE:
        baseline_body_done(b);
        break;
    }
}

/* Ask once more, and for the whole of it. True: the body belongs to the network again. */
static bool ask_for_whole(struct body *b)
{
    b->revalidated = false;
    (void)pthread_mutex_lock(&b->p->lock);
    b->ended = b->busy = false;
    b->status = 0;
    b->err = (struct err){0};
    (void)pthread_mutex_unlock(&b->p->lock);
    struct err err = {0};
    if (send_request(b, &err))
        return true;
    b->err = err;
    return false;
}

static void body_work(struct pipeline *p, struct task *task)
{
    struct body *b = (struct body *)task;
    (void)pthread_mutex_lock(&p->lock);
    struct chunk *chunks = b->head;
    const bool restarted = b->restarted, ended = b->ended;
    b->head = b->tail = NULL;
    b->buffered = 0;
    b->restarted = false;
    b->queued = false;
    b->busy = true;
    (void)pthread_mutex_unlock(&p->lock);

    if (restarted)
        start_again(b);
    for (const struct chunk *c = chunks; c != NULL; c = c->next)
        feed(b, (struct sv){.ptr = c->bytes, .len = c->len});
    free_chunks(p, chunks);
    const bool unchanged = ended && b->revalidated && b->status == HTTP_NOT_MODIFIED;
    if (unchanged && !open_revalidated(b) && ask_for_whole(b))
        return;
    if (ended) {
        struct job *job = b->job;
        finish(b);
        body_free(b);
        job_release(job);
        return;
    }
    (void)pthread_mutex_lock(&p->lock);
    b->busy = false;
    if (b->ended || b->restarted ||
        (b->head != NULL && b->buffered >= fetch_piece_bytes(p->options->fetch))) {
        b->queued = true;
        pipeline_queue_locked(p, &b->task);
    }
    (void)pthread_mutex_unlock(&p->lock);
}
