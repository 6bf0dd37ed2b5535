#include "run/pipeline_p.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { DEFAULT_WINDOW = 256, PROGRESS_MS = 200, MAX_WORKERS = 256 };

void pipeline_queue_locked(struct pipeline *p, struct task *task)
{
    task->next = NULL;
    if (p->last != NULL)
        p->last->next = task;
    else
        p->first = task;
    p->last = task;
    (void)pthread_cond_signal(&p->ready);
}

void pipeline_queue(struct pipeline *p, struct task *task)
{
    (void)pthread_mutex_lock(&p->lock);
    pipeline_queue_locked(p, task);
    (void)pthread_mutex_unlock(&p->lock);
}

void pipeline_fail(struct pipeline *p, const struct err *err)
{
    (void)pthread_mutex_lock(&p->lock);
    if (p->err.code == ERR_NONE)
        p->err = *err;
    p->stopped = true;
    (void)pthread_cond_broadcast(&p->progress);
    (void)pthread_mutex_unlock(&p->lock);
    if (p->options->fetch != NULL)
        fetch_stop(p->options->fetch);
}

bool pipeline_is_stopped(struct pipeline *p)
{
    if (p->options->stop != NULL && atomic_load(p->options->stop) != 0)
        return true;
    (void)pthread_mutex_lock(&p->lock);
    const bool stopped = p->stopped;
    (void)pthread_mutex_unlock(&p->lock);
    return stopped;
}

struct ingest *pipeline_take_ingest(struct pipeline *p, struct err *err)
{
    struct ingest *in = NULL;
    (void)pthread_mutex_lock(&p->lock);
    if (p->pool_count > 0)
        in = p->pool[--p->pool_count];
    (void)pthread_mutex_unlock(&p->lock);
    const struct ingest_options options = {
        .rules = p->options->rules,
        .triggers = &p->triggers,
        .inflate = p->options->inflate,
        .keep_passed = p->options->keep_passed,
    };
    return in != NULL ? in : ingest_new(&options, err);
}

void pipeline_give_ingest(struct pipeline *p, struct ingest *in_take)
{
    if (in_take == NULL)
        return;
    (void)pthread_mutex_lock(&p->lock);
    if (p->pool_count < p->pool_cap) {
        p->pool[p->pool_count++] = in_take;
        in_take = NULL;
    }
    (void)pthread_mutex_unlock(&p->lock);
    ingest_free(in_take);
}

/* What the list did not say of a build is known now. */
static bool is_wanted(const struct pipeline *p, const struct result *r)
{
    const struct list_cut *cut = p->options->cut;
    bool open = false;
    return cut == NULL ||
           !list_cut_passes(cut, &p->list->builds[pipeline_place(p, p->written)], &open) || !open ||
           list_cut_takes(cut, &r->build, r->verdict.outcome);
}

static bool has_failed(struct pipeline *p)
{
    (void)pthread_mutex_lock(&p->lock);
    const bool failed = p->err.code != ERR_NONE;
    (void)pthread_mutex_unlock(&p->lock);
    return failed;
}

/* Hand on what is next in order; the ring holds what came too early. */
static void emit_in_order(struct pipeline *p)
{
    for (;;) {
        struct result **slot = &p->waiting[p->written % p->window];
        struct result *r = *slot;
        if (r == NULL)
            return;
        *slot = NULL;
        struct err err = {0};
        if (!is_wanted(p, r)) {
            p->totals->builds--;
        } else {
            report_count(p->totals, r);
            if (!has_failed(p) && !p->calls->emit(p->calls->user, r, &err))
                pipeline_fail(p, &err);
        }
        result_free(r);
        p->written++;
        (void)pthread_mutex_lock(&p->lock);
        p->in_flight--;
        (void)pthread_cond_broadcast(&p->progress);
        (void)pthread_mutex_unlock(&p->lock);
    }
}

void pipeline_write_take(struct pipeline *p, uint64_t order, struct result *result_take)
{
    (void)pthread_mutex_lock(&p->write_lock);
    p->waiting[order % p->window] = result_take;
    emit_in_order(p);
    (void)pthread_mutex_unlock(&p->write_lock);
}

static void *worker(void *user)
{
    struct pipeline *p = user;
    (void)pthread_mutex_lock(&p->lock);
    for (;;) {
        while (p->first == NULL && !p->quit)
            (void)pthread_cond_wait(&p->ready, &p->lock);
        struct task *task = p->first;
        if (task == NULL)
            break;
        p->first = task->next;
        if (p->first == NULL)
            p->last = NULL;
        (void)pthread_mutex_unlock(&p->lock);
        task->run(p, task);
        (void)pthread_mutex_lock(&p->lock);
    }
    (void)pthread_mutex_unlock(&p->lock);
    return NULL;
}

static int64_t clock_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Tell how far the run is, at most every PROGRESS_MS. Called without the lock. */
static void tell(struct pipeline *p)
{
    const int64_t now = clock_ms();
    if (p->calls->progress == NULL || now - p->told_ms < PROGRESS_MS)
        return;
    p->told_ms = now;
    (void)pthread_mutex_lock(&p->write_lock);
    const struct report_totals totals = *p->totals;
    const uint64_t done = p->written;
    (void)pthread_mutex_unlock(&p->write_lock);
    p->calls->progress(p->calls->user, &totals, done);
}

/* Wait for progress, or for a while. Called with the lock held. */
static void wait_a_little(struct pipeline *p)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += PROGRESS_MS * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_nsec -= 1000000000L;
        until.tv_sec++;
    }
    (void)pthread_cond_timedwait(&p->progress, &p->lock, &until);
    const bool stop = p->options->stop != NULL && atomic_load(p->options->stop) != 0;
    (void)pthread_mutex_unlock(&p->lock);
    if (stop && p->options->fetch != NULL)
        fetch_stop(p->options->fetch);
    tell(p);
    (void)pthread_mutex_lock(&p->lock);
}

static void admit_all(struct pipeline *p)
{
    for (uint64_t i = 0; i < p->count && !pipeline_is_stopped(p); i++) {
        (void)pthread_mutex_lock(&p->lock);
        while (p->in_flight == p->window && !p->stopped)
            wait_a_little(p);
        const bool stopped = p->stopped;
        p->in_flight += stopped ? 0 : 1;
        (void)pthread_mutex_unlock(&p->lock);
        struct err err = {0};
        if (stopped)
            break;
        if (!job_start(p, &p->list->builds[pipeline_place(p, i)], i, &err)) {
            (void)pthread_mutex_lock(&p->lock);
            p->in_flight--;
            (void)pthread_mutex_unlock(&p->lock);
            pipeline_fail(p, &err);
        }
    }
    (void)pthread_mutex_lock(&p->lock);
    while (p->in_flight > 0)
        wait_a_little(p);
    p->quit = true;
    (void)pthread_cond_broadcast(&p->ready);
    (void)pthread_mutex_unlock(&p->lock);
}

static unsigned start_workers(struct pipeline *p, pthread_t *threads, struct err *err)
{
    long wanted =
        p->options->workers > 0 ? (long)p->options->workers : sysconf(_SC_NPROCESSORS_ONLN);
    if (wanted < 1)
        wanted = 1;
    if (wanted > MAX_WORKERS)
        wanted = MAX_WORKERS;
    unsigned count = 0;
    while (count < (unsigned)wanted && pthread_create(&threads[count], NULL, worker, p) == 0)
        count++;
    if (count == 0)
        (void)err_why(err, ERR_NOMEM, "no thread could be started");
    return count;
}

/* The places in the list of those that are read. */
static bool choose_builds(struct pipeline *p, struct err *err)
{
    const bool *wanted = p->options->wanted;
    p->count = p->list->count;
    if (wanted == NULL || p->count == 0)
        return true;
    p->places = calloc(p->count, sizeof(*p->places));
    if (p->places == NULL)
        return err_why(err, ERR_NOMEM, "no memory for %zu builds", p->list->count);
    p->count = 0;
    for (uint64_t i = 0; i < p->list->count; i++) {
        if (wanted[i])
            p->places[p->count++] = i;
    }
    p->totals->builds = p->count;
    return true;
}

uint64_t pipeline_place(const struct pipeline *p, uint64_t order)
{
    return p->places != NULL ? p->places[order] : order;
}

static bool prepare(struct pipeline *p, struct err *err)
{
    p->window = p->options->window > 0 ? p->options->window : DEFAULT_WINDOW;
    p->pool_cap = 64;
    p->pool = calloc(p->pool_cap, sizeof(struct ingest *));
    p->waiting = calloc(p->window, sizeof(struct result *));
    if (p->pool == NULL || p->waiting == NULL)
        return err_why(err, ERR_NOMEM, "no memory for %llu builds at once",
                       (unsigned long long)p->window);
    return choose_builds(p, err) && baselines_init(p, err) &&
           same_code_init(&p->same_code, p->list, err) && triggers_init(&p->triggers, err);
}

static void destroy(struct pipeline *p)
{
    for (size_t i = 0; i < p->pool_count; i++)
        ingest_free(p->pool[i]);
    for (uint64_t i = 0; p->waiting != NULL && i < p->window; i++)
        result_free(p->waiting[i]);
    free(p->pool);
    free(p->waiting);
    free(p->places);
    baselines_free(p);
    same_code_done(&p->same_code);
    (void)pthread_mutex_destroy(&p->lock);
    (void)pthread_mutex_destroy(&p->write_lock);
    (void)pthread_mutex_destroy(&p->baseline_lock);
    (void)pthread_cond_destroy(&p->ready);
    (void)pthread_cond_destroy(&p->progress);
}

static void init_locks(struct pipeline *p)
{
    (void)pthread_mutex_init(&p->lock, NULL);
    (void)pthread_mutex_init(&p->write_lock, NULL);
    (void)pthread_mutex_init(&p->baseline_lock, NULL);
    (void)pthread_cond_init(&p->ready, NULL);
    (void)pthread_cond_init(&p->progress, NULL);
}

bool pipeline_run(const struct run_options *options, const struct build_list *list,
                  const struct pipeline_calls *calls, struct report_totals *ret_totals,
                  struct err *err)
{
    static const size_t thread_room = MAX_WORKERS;
    struct report_totals totals = {
        .builds = list->count, .duplicates = list->duplicates, .list_problem = list->problem};
    struct pipeline p = {.options = options, .list = list, .calls = calls, .totals = &totals};
    pthread_t *threads = calloc(thread_room, sizeof(*threads));
    if (threads == NULL)
        return err_why(err, ERR_NOMEM, "no memory for threads");
    init_locks(&p);
    unsigned workers = prepare(&p, err) ? start_workers(&p, threads, err) : 0;
    if (workers > 0)
        admit_all(&p);
    for (unsigned i = 0; i < workers; i++)
        (void)pthread_join(threads[i], NULL);
    free(threads);
    totals.incomplete = pipeline_is_stopped(&p) || p.written < p.count;
    const struct err failure = p.err;
    destroy(&p);
    if (workers == 0)
        return false;
    *ret_totals = totals;
    if (failure.code == ERR_NONE)
        return true;
    *err = failure;
    return false;
}
