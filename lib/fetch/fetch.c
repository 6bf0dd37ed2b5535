#include "fetch/fetch.h"

#include "base/version.h"
#include "fetch/engine.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    DEFAULT_TRIES = 5,
    DEFAULT_FIRST_MS = 500,
    DEFAULT_MAX_MS = 30 * 1000,
    DEFAULT_CONNECT_MS = 10 * 1000,
    DEFAULT_LOW_SPEED_MS = 30 * 1000,
    DEFAULT_DEADLINE_MS = 600 * 1000,
    DEFAULT_BUDGET_MS = 20 * 1000,
    DEFAULT_IN_FLIGHT = 64 << 20,
    DEFAULT_PER_HOST = 32,
    PATIENCE_MS = 120 * 1000,
    COOL_MS = 30 * 1000,
    SUSPECT_AFTER = 8,
};
static const uint64_t default_body = 4ULL << 30;

const char *fetch_library_version(void)
{
    return curl_version();
}

static int64_t or_default(int64_t value, int64_t otherwise)
{
    return value > 0 ? value : otherwise;
}

static void fill_defaults(struct fetch *f)
{
    struct fetch_options *o = &f->options;
    o->tries = o->tries > 0 ? o->tries : DEFAULT_TRIES;
    o->connect_timeout_ms = or_default(o->connect_timeout_ms, DEFAULT_CONNECT_MS);
    o->low_speed_ms = or_default(o->low_speed_ms, DEFAULT_LOW_SPEED_MS);
    o->deadline_ms = or_default(o->deadline_ms, DEFAULT_DEADLINE_MS);
    o->max_body_bytes = o->max_body_bytes > 0 ? o->max_body_bytes : default_body;
    o->max_in_flight_bytes =
        o->max_in_flight_bytes > 0 ? o->max_in_flight_bytes : DEFAULT_IN_FLIGHT;
    if (o->parallel > FETCH_PARALLEL_MOST)
        o->parallel = FETCH_PARALLEL_MOST;
    const unsigned most = o->parallel > 0 ? o->parallel : FETCH_PARALLEL_MOST;
    f->per_host = o->per_host > 0 ? o->per_host : most < DEFAULT_PER_HOST ? most : DEFAULT_PER_HOST;
    f->limit = o->parallel > 0 ? o->parallel : ENGINE_PARALLEL_START;
    f->random = o->random_seed;
    f->retry = (struct retry_options){
        .first_ms = or_default(o->backoff_first_ms, DEFAULT_FIRST_MS),
        .max_ms = or_default(o->backoff_max_ms, DEFAULT_MAX_MS),
        .budget_ms = or_default(o->host_budget_ms, DEFAULT_BUDGET_MS),
        .patience_ms = PATIENCE_MS,
        .cool_ms = COOL_MS,
        .suspect_after = SUSPECT_AFTER,
    };
    f->env.options = o;
    f->env.version = "prowl/" PROWL_VERSION;
}

struct fetch *fetch_new(const struct fetch_options *options, struct err *err)
{
    struct fetch *f = calloc(1, sizeof(*f));
    if (f == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(f);
        (void)err_why(err, ERR_NOMEM, "the network cannot be set up");
        return NULL;
    }
    f->options = *options;
    fill_defaults(f);
    f->epoll_fd = f->wake_fd = -1;
    (void)pthread_mutex_init(&f->lock, NULL);
    if (engine_open(f, err)) {
        f->thread_runs = pthread_create(&f->thread, NULL, engine_run, f) == 0;
        if (f->thread_runs)
            return f;
        (void)err_why(err, ERR_NOMEM, "the network's thread cannot be started");
    }
    fetch_free(f);
    return NULL;
}

bool fetch_submit(struct fetch *f, const struct fetch_request *request, struct err *err)
{
    struct transfer *t = transfer_new(request, &f->env, err);
    if (t == NULL)
        return false;
    (void)pthread_mutex_lock(&f->lock);
    transfer_queue_add(&f->arriving, t);
    (void)pthread_mutex_unlock(&f->lock);
    engine_wake(f);
    return true;
}

void fetch_release(struct fetch *f, uint64_t bytes)
{
    const uint64_t most = f->options.max_in_flight_bytes;
    const uint64_t before = atomic_fetch_sub(&f->env.in_flight, bytes), left = before - bytes;
    if ((atomic_load(&f->env.any_paused) && left <= most / 4 * 3) ||
        (before > most && left <= most))
        engine_wake(f);
}

uint64_t fetch_piece_bytes(const struct fetch *f)
{
    return f->options.max_in_flight_bytes / (2 * FETCH_PARALLEL_MOST);
}

void fetch_stop(struct fetch *f)
{
    atomic_store(&f->stop, true);
    engine_wake(f);
}

void fetch_free(struct fetch *f)
{
    if (f == NULL)
        return;
    atomic_store(&f->quit, true);
    if (f->thread_runs) {
        engine_wake(f);
        (void)pthread_join(f->thread, NULL);
        log_trace(f->options.log, LOG_FETCH,
                  "requests=%llu retries=%llu failures=%llu bytes=%llu pauses=%llu parallel=%u",
                  (unsigned long long)f->totals.requests, (unsigned long long)f->totals.retries,
                  (unsigned long long)f->totals.failures, (unsigned long long)f->totals.wire_bytes,
                  (unsigned long long)f->totals.pauses, (unsigned)f->limit);
    }
    engine_close(f);
    (void)pthread_mutex_destroy(&f->lock);
    free(f);
}

static int by_host(const void *a, const void *b)
{
    const struct fetch_host_report *x = a, *y = b;
    return strcmp(x->host, y->host);
}

size_t fetch_host_reports(struct fetch *f, struct fetch_host_report *ret_reports, size_t room)
{
    size_t count = 0;
    (void)pthread_mutex_lock(&f->lock);
    for (const struct host *h = f->hosts; h != NULL && count < room; h = h->next) {
        if (h->reason[0] == '\0')
            continue;
        struct fetch_host_report *r = &ret_reports[count++];
        (void)snprintf(r->host, sizeof(r->host), "%s", h->name);
        (void)snprintf(r->reason, sizeof(r->reason), "%s", h->reason);
        r->refused = h->refused;
    }
    (void)pthread_mutex_unlock(&f->lock);
    if (count > 1)
        qsort(ret_reports, count, sizeof(*ret_reports), by_host);
    return count;
}

void fetch_totals(struct fetch *f, struct fetch_totals *ret_totals)
{
    (void)pthread_mutex_lock(&f->lock);
    *ret_totals = f->totals;
    (void)pthread_mutex_unlock(&f->lock);
    ret_totals->parallel = f->limit;
}
