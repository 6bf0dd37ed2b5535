#include "run/gather_p.h"

#include <time.h>

enum { POLL_MS = 200 };

/* ---- waiting for the engine, with an eye on signals ---- */

struct batch {
    pthread_mutex_t lock;
    pthread_cond_t ended;
    const struct gathering *g;
    size_t open;
};

struct transfer {
    struct batch *batch;
    struct gather_file *file;
    struct buf stored;
};

bool gather_is_stopped(const struct gathering *g)
{
    return g->run->stop != NULL && atomic_load(g->run->stop) != 0;
}

bool gather_refuse(long status, struct err *err)
{
    return err_why(
        err, status < 500 && status != 429 && status != 408 ? ERR_REFUSED : ERR_TRANSIENT,
        "HTTP status %ld%s", status, status == 401 || status == 403 ? ", access is refused" : "");
}

void gather_wait(const struct gathering *g, pthread_cond_t *changed, pthread_mutex_t *lock)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += POLL_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    (void)pthread_cond_timedwait(changed, lock, &until);
    if (gather_is_stopped(g))
        fetch_stop(g->run->fetch);
}

static void wait_for_all(struct batch *b)
{
    (void)pthread_mutex_lock(&b->lock);
    while (b->open > 0)
        gather_wait(b->g, &b->ended, &b->lock);
    (void)pthread_mutex_unlock(&b->lock);
}

static bool on_body(void *user, struct sv chunk, struct err *err)
{
    struct transfer *t = user;
    fetch_release(t->batch->g->run->fetch, chunk.len);
    return buf_add(&t->stored, chunk, err);
}

static void on_restart(void *user)
{
    struct transfer *t = user;
    buf_reset(&t->stored);
}

static void on_done(void *user, const struct fetch_answer *answer, const struct err *err)
{
    struct transfer *t = user;
    (void)pthread_mutex_lock(&t->batch->lock);
    t->file->status = answer->status;
    t->file->err = *err;
    if (--t->batch->open == 0)
        (void)pthread_cond_signal(&t->batch->ended);
    (void)pthread_mutex_unlock(&t->batch->lock);
}

/* ---- stored bytes to text ---- */

static bool append_plain(struct sv plain, void *user, struct err *err)
{
    return buf_add(user, plain, err);
}

static bool inflate_text(const struct gathering *g, struct sv stored, struct buf *ret_text,
                         struct err *err)
{
    struct inflate_result result;
    struct inflate *z = inflate_new(g->run->inflate, append_plain, ret_text, err);
    const bool ok = z != NULL && inflate_feed(z, stored, err) && inflate_finish(z, &result, err);
    inflate_free(z);
    if (ok && (result.end == INFLATE_TRUNCATED || result.end == INFLATE_CORRUPT))
        return err_why(err, ERR_TRANSIENT, "the answer is a broken %s stream: %s", result.format,
                       result.why);
    return ok;
}

static void take_text(const struct gathering *g, struct transfer *t)
{
    struct gather_file *file = t->file;
    if (file->err.code == ERR_NONE && file->status >= 400)
        (void)gather_refuse(file->status, &file->err);
    if (file->err.code == ERR_NONE)
        (void)inflate_text(g, buf_sv(&t->stored), &file->text, &file->err);
    buf_done(&t->stored);
}

/* ---- the files ---- */

static bool submit_all(const struct gathering *g, struct transfer *transfers, size_t count,
                       struct err *err)
{
    static const struct fetch_calls calls = {
        .body = on_body, .restart = on_restart, .done = on_done};
    for (size_t i = 0; i < count; i++) {
        struct batch *batch = transfers[i].batch;
        const struct fetch_request request = {.url = transfers[i].file->url,
                                              .auth = transfers[i].file->auth,
                                              .max_body_bytes = GATHER_PAGE_BYTES,
                                              .calls = &calls,
                                              .user = &transfers[i]};
        buf_init(&transfers[i].stored, GATHER_PAGE_BYTES);
        (void)pthread_mutex_lock(&batch->lock);
        batch->open++;
        (void)pthread_mutex_unlock(&batch->lock);
        if (fetch_submit(g->run->fetch, &request, err))
            continue;
        (void)pthread_mutex_lock(&batch->lock);
        batch->open--;
        (void)pthread_mutex_unlock(&batch->lock);
        return false;
    }
    return true;
}

bool gather_files(const struct gathering *g, struct gather_file *files, size_t count,
                  struct err *err)
{
    struct batch batch = {.g = g};
    if (g->run->fetch == NULL)
        return err_why(err, ERR_REFUSED, "offline: only folders, files and --list can be read");
    struct transfer *transfers = arena_array(g->arena, count + 1, sizeof(*transfers), err);
    if (transfers == NULL)
        return false;
    (void)pthread_mutex_init(&batch.lock, NULL);
    (void)pthread_cond_init(&batch.ended, NULL);
    for (size_t i = 0; i < count; i++)
        transfers[i] = (struct transfer){.batch = &batch, .file = &files[i]};
    const bool ok = submit_all(g, transfers, count, err);
    wait_for_all(&batch);
    for (size_t i = 0; i < count; i++)
        take_text(g, &transfers[i]);
    (void)pthread_mutex_destroy(&batch.lock);
    (void)pthread_cond_destroy(&batch.ended);
    return ok;
}

bool gather_page(const struct gathering *g, struct sv url, enum fetch_auth auth,
                 struct buf *ret_text, struct err *err)
{
    struct gather_file file = {.url = url, .auth = auth, .text = *ret_text};
    const bool ok = gather_files(g, &file, 1, err);
    *ret_text = file.text;
    if (ok && file.err.code != ERR_NONE)
        *err = file.err;
    return ok && file.err.code == ERR_NONE;
}
