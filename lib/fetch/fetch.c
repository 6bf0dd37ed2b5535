#include "fetch/fetch.h"

#include "base/version.h"
#include "fetch/transfer.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum {
    EVENTS = 64,
    TICK_MS = 100,
    IDLE_HANDLES = 128,
    PARALLEL_LEAST = 8,
    PARALLEL_START = 16,
    PARALLEL_MOST = 128,
    ADAPT_MS = 500,
    HTTP_REDIRECTS = 5,
    RETRY_AFTER_CAP_MS = 120 * 1000,
    COOL_MS = 30 * 1000,
};

struct fetch {
    struct fetch_options options;
    struct retry_options retry;
    struct transfer_env env;
    pthread_t thread;
    bool thread_runs;
    CURLM *multi;
    int epoll_fd, wake_fd;
    pthread_mutex_t lock; /* guards arriving, totals and hosts */
    struct transfer *arriving, *arriving_last;
    _Atomic bool stop, quit, any_paused;
    _Atomic uint64_t in_flight;
    /* the engine's own */
    struct transfer *queued, *queued_last; /* in order of arrival; ready_ms says from when */
    struct transfer *active;
    unsigned active_count, limit;
    struct host *hosts;
    CURL *idle[IDLE_HANDLES];
    size_t idle_count;
    int64_t timer_ms; /* when curl wants to be called; -1 never */
    int64_t adapted_ms, last_tick_ms;
    uint64_t adapted_bytes, best_rate, random;
    struct fetch_totals totals;
};

static int64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

const char *fetch_library_version(void)
{
    return curl_version();
}

/* ---- hosts ---- */

static struct host *host_of(struct fetch *f, const char *url)
{
    char name[HOST_BYTES] = "?";
    (void)transfer_host_name(url, name);
    for (struct host *h = f->hosts; h != NULL; h = h->next) {
        if (strcmp(h->name, name) == 0)
            return h;
    }
    struct host *h = calloc(1, sizeof(*h));
    if (h == NULL)
        return NULL;
    (void)snprintf(h->name, sizeof(h->name), "%s", name);
    (void)pthread_mutex_lock(&f->lock);
    h->next = f->hosts;
    f->hosts = h;
    (void)pthread_mutex_unlock(&f->lock);
    return h;
}

/* ---- the end of a request ---- */

static void finish(struct fetch *f, struct transfer *t, const struct err *err)
{
    char shown[1024];
    struct err final = *err;
    transfer_shown_url(t, shown, sizeof(shown));
    if (final.code != ERR_NONE)
        (void)err_where(&final, "%s", shown);
    const struct fetch_answer answer = {
        .status = t->status,
        .wire_bytes = t->wire_bytes,
        .tries = t->tries,
        .took_ms = t->first_ms != 0 ? now_ms() - t->first_ms : 0,
        .url = sv_of(shown),
        .etag = sv_of(t->etag),
        .last_modified = sv_of(t->last_modified),
        .content_type = sv_of(t->content_type),
        .location = sv_of(t->location),
    };
    (void)pthread_mutex_lock(&f->lock);
    f->totals.requests++;
    f->totals.retries += t->tries > 1 ? t->tries - 1 : 0;
    f->totals.wire_bytes += t->wire_bytes;
    f->totals.failures += final.code != ERR_NONE;
    (void)pthread_mutex_unlock(&f->lock);
    log_trace(f->options.log, LOG_FETCH, "url=%s status=%ld tries=%u bytes=%llu ms=%lld%s%s", shown,
              t->status, t->tries, (unsigned long long)t->wire_bytes, (long long)answer.took_ms,
              final.code != ERR_NONE ? " why=" : "", final.why);
    t->calls->done(t->user, &answer, &final);
    transfer_free(t);
}

static void enqueue(struct fetch *f, struct transfer *t)
{
    t->next = NULL;
    if (f->queued_last != NULL)
        f->queued_last->next = t;
    else
        f->queued = t;
    f->queued_last = t;
}

static void give_easy(struct fetch *f, struct transfer *t)
{
    CURL *easy = t->easy;
    (void)curl_multi_remove_handle(f->multi, easy);
    transfer_drop_try(t);
    if (f->idle_count < IDLE_HANDLES)
        f->idle[f->idle_count++] = easy;
    else
        curl_easy_cleanup(easy);
    f->active_count--;
}

static void unlink_active(struct fetch *f, struct transfer *t)
{
    struct transfer **at = &f->active;
    while (*at != t)
        at = &(*at)->next;
    *at = t->next;
}

/* ---- what a try came to ---- */

static bool is_transient(CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_PARTIAL_FILE:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_AGAIN:
        return true;
    default:
        return false;
    }
}

static void slow_down(struct fetch *f)
{
    if (f->options.parallel != 0)
        return;
    f->limit = f->limit * 7 / 10;
    if (f->limit < PARALLEL_LEAST)
        f->limit = PARALLEL_LEAST;
    f->best_rate = 0;
}

static void note_failure(struct fetch *f, struct transfer *t, const struct err *err)
{
    struct host *h = t->host;
    if (t->status == 429 || t->status == 503)
        slow_down(f);
    if (!host_failed(&h->state, &f->retry, now_ms()))
        return;
    (void)pthread_mutex_lock(&f->lock);
    (void)snprintf(h->reason, sizeof(h->reason), "%u failures in a row, the last: %.180s",
                   h->state.failures, err->why);
    (void)pthread_mutex_unlock(&f->lock);
    log_warn(f->options.log, "%s is left alone for %d s: %s", h->name, COOL_MS / 1000, h->reason);
}

/* Another try, or the end. err holds what went wrong. */
static void fail_try(struct fetch *f, struct transfer *t, struct err *err)
{
    const bool again = err->code == ERR_TRANSIENT && t->tries < f->options.tries &&
                       (!t->handed_out || t->calls->restart != NULL);
    if (err->code == ERR_TRANSIENT)
        note_failure(f, t, err);
    if (!again) {
        if (err->code == ERR_TRANSIENT && t->tries > 1) {
            char why[200];
            (void)snprintf(why, sizeof(why), "%.180s", err->why);
            (void)snprintf(err->why, sizeof(err->why), "%s (%u tries)", why, t->tries);
        }
        finish(f, t, err);
        return;
    }
    if (t->handed_out)
        t->calls->restart(t->user);
    t->handed_out = false;
    const int64_t wait =
        retry_wait_ms(&f->retry, t->tries, t->retry_after_ms, retry_random(&f->random));
    t->ready_ms = now_ms() + wait;
    if (t->retry_after_ms > 0 && t->host->not_before_ms < t->ready_ms)
        t->host->not_before_ms = t->ready_ms;
    t->redirects = 0;
    if (!transfer_set_url(t, t->first_url)) {
        (void)err_why(err, ERR_NOMEM, "no memory");
        finish(f, t, err);
        return;
    }
    enqueue(f, t);
}

static void explain(struct fetch *f, const struct transfer *t, CURLcode code, struct err *err)
{
    const char *words = t->error[0] != '\0' ? t->error : curl_easy_strerror(code);
    (void)f;
    if (t->limit.code != ERR_NONE)
        *err = t->limit;
    else if (t->refused_private)
        (void)err_why(err, ERR_REFUSED,
                      "a redirect from a public to a private address is not "
                      "followed (--allow-private-redirects)");
    else if (code == CURLE_FILESIZE_EXCEEDED)
        (void)err_why(err, ERR_LIMIT, "the body is larger than allowed");
    else if (code != CURLE_OK)
        (void)err_why(err, is_transient(code) ? ERR_TRANSIENT : ERR_REFUSED, "%s", words);
    else if (retry_status(t->status))
        (void)err_why(err, ERR_TRANSIENT, "HTTP status %ld", t->status);
}

static bool is_redirect(long status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static void completed(struct fetch *f, struct transfer *t, CURLcode code)
{
    struct err err = {0};
    (void)curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &t->status);
    unlink_active(f, t);
    give_easy(f, t);
    explain(f, t, code, &err);
    if (err.code == ERR_NONE && is_redirect(t->status)) {
        if (!transfer_redirect(t, &f->options, &err)) {
            finish(f, t, &err);
            return;
        }
        t->host = host_of(f, t->url);
        t->tries--;
        enqueue(f, t);
        return;
    }
    if (err.code == ERR_NONE || err.code == ERR_LIMIT) {
        host_succeeded(&t->host->state);
        finish(f, t, &err);
        return;
    }
    fail_try(f, t, &err);
}

/* ---- starting ---- */

static void refuse(struct fetch *f, struct transfer *t)
{
    struct err err = {0};
    (void)pthread_mutex_lock(&f->lock);
    t->host->refused++;
    (void)pthread_mutex_unlock(&f->lock);
    (void)err_why(&err, ERR_TRANSIENT, "%s is left alone: %.200s", t->host->name, t->host->reason);
    finish(f, t, &err);
}

static void start(struct fetch *f, struct transfer *t)
{
    struct err err = {0};
    CURL *easy = f->idle_count > 0 ? f->idle[--f->idle_count] : curl_easy_init();
    if (easy == NULL) {
        (void)err_why(&err, ERR_NOMEM, "no memory for a transfer");
        finish(f, t, &err);
        return;
    }
    t->started_ms = now_ms();
    if (t->first_ms == 0)
        t->first_ms = t->started_ms;
    t->tries++;
    if (!transfer_prepare(t, easy, &f->env, &err) ||
        curl_multi_add_handle(f->multi, easy) != CURLM_OK) {
        transfer_drop_try(t);
        curl_easy_cleanup(easy);
        if (err.code == ERR_NONE)
            (void)err_why(&err, ERR_NOMEM, "a transfer cannot be started");
        finish(f, t, &err);
        return;
    }
    t->next = f->active;
    f->active = t;
    f->active_count++;
}

/* Start what is ready, in order; hosts that asked for patience, and waits before a retry, are
 * passed over. */
static void start_ready(struct fetch *f)
{
    const int64_t now = now_ms();
    struct transfer **at = &f->queued, *last = NULL;
    unsigned looked = 0;
    while (*at != NULL && f->active_count < f->limit && looked++ < 4096) {
        struct transfer *t = *at;
        if (t->ready_ms > now || t->host->not_before_ms > now) {
            last = t;
            at = &t->next;
            continue;
        }
        *at = t->next;
        if (f->queued_last == t)
            f->queued_last = last;
        if (host_ask(&t->host->state, now) == HOST_REFUSE)
            refuse(f, t);
        else
            start(f, t);
    }
}

static void take_arriving(struct fetch *f)
{
    (void)pthread_mutex_lock(&f->lock);
    struct transfer *t = f->arriving;
    f->arriving = f->arriving_last = NULL;
    (void)pthread_mutex_unlock(&f->lock);
    while (t != NULL) {
        struct transfer *next = t->next;
        struct err err = {0};
        t->host = host_of(f, t->url);
        if (t->host != NULL) {
            enqueue(f, t);
        } else {
            (void)err_why(&err, ERR_NOMEM, "no memory for a host");
            finish(f, t, &err);
        }
        t = next;
    }
}

/* ---- the loop ---- */

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *known)
{
    struct fetch *f = user;
    struct epoll_event event = {.data.fd = fd};
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        (void)epoll_ctl(f->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
        return 0;
    }
    event.events =
        ((what & CURL_POLL_IN) != 0 ? EPOLLIN : 0u) | ((what & CURL_POLL_OUT) != 0 ? EPOLLOUT : 0u);
    if (known == NULL) {
        (void)epoll_ctl(f->epoll_fd, EPOLL_CTL_ADD, fd, &event);
        (void)curl_multi_assign(f->multi, fd, f);
    } else {
        (void)epoll_ctl(f->epoll_fd, EPOLL_CTL_MOD, fd, &event);
    }
    return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *user)
{
    struct fetch *f = user;
    (void)multi;
    f->timer_ms = timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
    return 0;
}

static struct transfer *active_of(struct fetch *f, const CURL *easy)
{
    for (struct transfer *t = f->active; t != NULL; t = t->next) {
        if (t->easy == easy)
            return t;
    }
    return NULL;
}

static void read_messages(struct fetch *f)
{
    int left = 0;
    CURLMsg *message;
    while ((message = curl_multi_info_read(f->multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE)
            continue;
        struct transfer *t = active_of(f, message->easy_handle);
        if (t != NULL)
            completed(f, t, message->data.result);
    }
}

static void resume_paused(struct fetch *f)
{
    if (!atomic_load(&f->any_paused) ||
        atomic_load(&f->in_flight) > f->options.max_in_flight_bytes / 4 * 3)
        return;
    atomic_store(&f->any_paused, false);
    for (bool found = true; found;) {
        found = false;
        for (struct transfer *t = f->active; t != NULL && !found; t = t->next) {
            if (!t->paused)
                continue;
            t->paused = false;
            found = true; /* unpausing calls back, and the list may change under us */
            (void)curl_easy_pause(t->easy, CURLPAUSE_CONT);
        }
        if (atomic_load(&f->any_paused))
            return;
    }
}

/* Ours, because curl's would count the time that we keep a transfer waiting. */
static void check_deadlines(struct fetch *f)
{
    const int64_t now = now_ms(), passed = now - f->last_tick_ms;
    if (passed < TICK_MS)
        return;
    f->last_tick_ms = now;
    for (struct transfer *t = f->active, *next; t != NULL; t = next) {
        next = t->next;
        if (t->paused)
            t->started_ms += passed;
        if (now - t->started_ms <= f->options.deadline_ms)
            continue;
        struct err err = {0};
        (void)err_why(&err, ERR_TRANSIENT, "no end after %lld s",
                      (long long)(f->options.deadline_ms / 1000));
        unlink_active(f, t);
        give_easy(f, t);
        fail_try(f, t, &err);
    }
}

/* More transfers at once as long as that brings more bytes. */
static void adapt(struct fetch *f)
{
    const int64_t now = now_ms();
    if (f->options.parallel != 0 || now - f->adapted_ms < ADAPT_MS)
        return;
    uint64_t bytes = f->totals.wire_bytes;
    for (const struct transfer *t = f->active; t != NULL; t = t->next)
        bytes += t->wire_bytes;
    const uint64_t rate = (bytes - f->adapted_bytes) * 1000 / (uint64_t)(now - f->adapted_ms);
    f->adapted_ms = now;
    f->adapted_bytes = bytes;
    if (f->active_count < f->limit || f->queued == NULL || rate <= f->best_rate + f->best_rate / 20)
        return;
    f->best_rate = rate;
    f->limit = f->limit + 8 > PARALLEL_MOST ? PARALLEL_MOST : f->limit + 8;
}

static void stop_all(struct fetch *f)
{
    struct err err = {0};
    (void)err_why(&err, ERR_STOPPED, "stopped");
    while (f->active != NULL) {
        struct transfer *t = f->active;
        f->active = t->next;
        give_easy(f, t);
        finish(f, t, &err);
    }
    while (f->queued != NULL) {
        struct transfer *t = f->queued;
        f->queued = t->next;
        finish(f, t, &err);
    }
    f->queued_last = NULL;
}

static int wait_ms(const struct fetch *f)
{
    int64_t wait = f->active_count > 0 || f->queued != NULL ? TICK_MS : 60 * 1000;
    const int64_t now = now_ms();
    if (f->timer_ms >= 0 && f->timer_ms - now < wait)
        wait = f->timer_ms - now;
    for (const struct transfer *t = f->queued; t != NULL && f->active_count < f->limit && wait > 0;
         t = t->next) {
        const int64_t ready =
            t->ready_ms > t->host->not_before_ms ? t->ready_ms : t->host->not_before_ms;
        wait = ready - now < wait ? ready - now : wait;
    }
    return wait < 0 ? 0 : (int)wait;
}

static void serve_events(struct fetch *f, const struct epoll_event *events, int count)
{
    int running = 0;
    for (int i = 0; i < count; i++) {
        uint64_t woken;
        if (events[i].data.fd == f->wake_fd) {
            if (read(f->wake_fd, &woken, sizeof(woken)) < 0 && errno != EAGAIN)
                log_trace(f->options.log, LOG_FETCH, "wake: %s", strerror(errno));
            continue;
        }
        const int flags = ((events[i].events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) |
                          ((events[i].events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
                          ((events[i].events & (EPOLLERR | EPOLLHUP)) != 0 ? CURL_CSELECT_ERR : 0);
        (void)curl_multi_socket_action(f->multi, events[i].data.fd, flags, &running);
    }
    if (f->timer_ms >= 0 && now_ms() >= f->timer_ms) {
        f->timer_ms = -1;
        (void)curl_multi_socket_action(f->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
}

static void *engine(void *user)
{
    struct fetch *f = user;
    struct epoll_event events[EVENTS];
    while (!atomic_load(&f->quit)) {
        take_arriving(f);
        if (atomic_load(&f->stop))
            stop_all(f);
        resume_paused(f);
        start_ready(f);
        const int count = epoll_wait(f->epoll_fd, events, EVENTS, wait_ms(f));
        serve_events(f, events, count);
        read_messages(f);
        check_deadlines(f);
        adapt(f);
    }
    take_arriving(f);
    stop_all(f);
    return NULL;
}

static void wake(struct fetch *f)
{
    const uint64_t one = 1;
    const ssize_t written = write(f->wake_fd, &one, sizeof(one));
    (void)written; /* a full counter wakes too */
}

/* ---- the outside ---- */

static void fill_defaults(struct fetch_options *o)
{
    o->tries = o->tries > 0 ? o->tries : 5;
    o->backoff_first_ms = o->backoff_first_ms > 0 ? o->backoff_first_ms : 500;
    o->backoff_max_ms = o->backoff_max_ms > 0 ? o->backoff_max_ms : 30000;
    o->connect_timeout_ms = o->connect_timeout_ms > 0 ? o->connect_timeout_ms : 10000;
    o->low_speed_ms = o->low_speed_ms > 0 ? o->low_speed_ms : 30000;
    o->deadline_ms = o->deadline_ms > 0 ? o->deadline_ms : 600000;
    o->host_budget_ms = o->host_budget_ms > 0 ? o->host_budget_ms : 20000;
    o->host_budget_failures = o->host_budget_failures > 0 ? o->host_budget_failures : 8;
    o->max_body_bytes = o->max_body_bytes > 0 ? o->max_body_bytes : 4ULL << 30;
    o->max_in_flight_bytes = o->max_in_flight_bytes > 0 ? o->max_in_flight_bytes : 64 << 20;
    o->max_redirects = o->max_redirects > 0 ? o->max_redirects : HTTP_REDIRECTS;
}

static bool open_engine(struct fetch *f, struct err *err)
{
    const unsigned most = f->options.parallel > 0 ? f->options.parallel : PARALLEL_MOST;
    const unsigned per_host = f->options.per_host > 0 ? f->options.per_host : most < 32 ? most : 32;
    f->multi = curl_multi_init();
    f->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    f->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = f->wake_fd};
    if (f->multi == NULL || f->epoll_fd < 0 || f->wake_fd < 0 ||
        epoll_ctl(f->epoll_fd, EPOLL_CTL_ADD, f->wake_fd, &event) != 0)
        return err_why(err, ERR_NOMEM, "the network cannot be set up: %s", strerror(errno));
    (void)curl_multi_setopt(f->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    (void)curl_multi_setopt(f->multi, CURLMOPT_SOCKETDATA, f);
    (void)curl_multi_setopt(f->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    (void)curl_multi_setopt(f->multi, CURLMOPT_TIMERDATA, f);
    (void)curl_multi_setopt(f->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
    (void)curl_multi_setopt(f->multi, CURLMOPT_MAX_CONCURRENT_STREAMS, 100L);
    (void)curl_multi_setopt(f->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)per_host);
    (void)curl_multi_setopt(f->multi, CURLMOPT_MAXCONNECTS, (long)most + 16);
    if (pthread_create(&f->thread, NULL, engine, f) != 0)
        return err_why(err, ERR_NOMEM, "the network's thread cannot be started");
    f->thread_runs = true;
    return true;
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
    fill_defaults(&f->options);
    f->retry = (struct retry_options){
        .first_ms = f->options.backoff_first_ms,
        .max_ms = f->options.backoff_max_ms,
        .after_cap_ms = RETRY_AFTER_CAP_MS,
        .budget_ms = f->options.host_budget_ms,
        .cool_ms = COOL_MS,
        .failures = f->options.host_budget_failures,
    };
    f->env = (struct transfer_env){.options = &f->options,
                                   .version = "prowl/" PROWL_VERSION,
                                   .in_flight = &f->in_flight,
                                   .any_paused = &f->any_paused};
    f->random = options->random_seed;
    f->limit = options->parallel > 0 ? options->parallel : PARALLEL_START;
    f->timer_ms = -1;
    f->adapted_ms = f->last_tick_ms = now_ms();
    f->epoll_fd = f->wake_fd = -1;
    (void)pthread_mutex_init(&f->lock, NULL);
    if (open_engine(f, err))
        return f;
    fetch_free(f);
    return NULL;
}

bool fetch_submit(struct fetch *f, const struct fetch_request *request, struct err *err)
{
    struct transfer *t = transfer_new(request, err);
    if (t == NULL)
        return false;
    t->fetch = f;
    (void)pthread_mutex_lock(&f->lock);
    if (f->arriving_last != NULL)
        f->arriving_last->next = t;
    else
        f->arriving = t;
    f->arriving_last = t;
    (void)pthread_mutex_unlock(&f->lock);
    wake(f);
    return true;
}

void fetch_release(struct fetch *f, uint64_t bytes)
{
    const uint64_t left = atomic_fetch_sub(&f->in_flight, bytes) - bytes;
    if (atomic_load(&f->any_paused) && left <= f->options.max_in_flight_bytes / 4 * 3)
        wake(f);
}

void fetch_stop(struct fetch *f)
{
    atomic_store(&f->stop, true);
    wake(f);
}

void fetch_free(struct fetch *f)
{
    if (f == NULL)
        return;
    atomic_store(&f->quit, true);
    if (f->wake_fd >= 0)
        wake(f);
    if (f->thread_runs)
        (void)pthread_join(f->thread, NULL);
    for (size_t i = 0; i < f->idle_count; i++)
        curl_easy_cleanup(f->idle[i]);
    (void)curl_multi_cleanup(f->multi);
    while (f->hosts != NULL) {
        struct host *next = f->hosts->next;
        free(f->hosts);
        f->hosts = next;
    }
    if (f->epoll_fd >= 0)
        (void)close(f->epoll_fd);
    if (f->wake_fd >= 0)
        (void)close(f->wake_fd);
    (void)pthread_mutex_destroy(&f->lock);
    free(f);
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
    return count;
}

void fetch_totals(struct fetch *f, struct fetch_totals *ret_totals)
{
    (void)pthread_mutex_lock(&f->lock);
    *ret_totals = f->totals;
    ret_totals->parallel = f->limit;
    (void)pthread_mutex_unlock(&f->lock);
}

/* ---- a blocking request ---- */

struct waiting {
    pthread_mutex_t lock;
    pthread_cond_t ended;
    struct fetch *fetch;
    struct buf *body;
    struct fetch_reply *reply;
    struct err err, body_err;
    bool done;
};

static bool on_get_body(void *user, struct sv chunk, struct err *err)
{
    struct waiting *w = user;
    fetch_release(w->fetch, chunk.len);
    if (buf_add(w->body, chunk, &w->body_err))
        return true;
    *err = w->body_err;
    return false;
}

static void on_get_restart(void *user)
{
    struct waiting *w = user;
    buf_reset(w->body);
}

static void on_get_done(void *user, const struct fetch_answer *answer, const struct err *err)
{
    struct waiting *w = user;
    (void)pthread_mutex_lock(&w->lock);
    w->reply->status = answer->status;
    (void)snprintf(w->reply->etag, sizeof(w->reply->etag), "%.*s", SV_ARG(answer->etag));
    (void)snprintf(w->reply->content_type, sizeof(w->reply->content_type), "%.*s",
                   SV_ARG(answer->content_type));
    (void)snprintf(w->reply->url, sizeof(w->reply->url), "%.*s", SV_ARG(answer->url));
    w->err = *err;
    w->done = true;
    (void)pthread_cond_signal(&w->ended);
    (void)pthread_mutex_unlock(&w->lock);
}

bool fetch_get(struct fetch *f, const struct fetch_request *request, struct buf *ret_body,
               struct fetch_reply *ret_reply, struct err *err)
{
    static const struct fetch_calls calls = {
        .body = on_get_body, .restart = on_get_restart, .done = on_get_done};
    struct waiting w = {.fetch = f, .body = ret_body, .reply = ret_reply};
    struct fetch_request r = *request;
    r.calls = &calls;
    r.user = &w;
    (void)pthread_mutex_init(&w.lock, NULL);
    (void)pthread_cond_init(&w.ended, NULL);
    bool ok = fetch_submit(f, &r, err);
    if (ok) {
        (void)pthread_mutex_lock(&w.lock);
        while (!w.done)
            (void)pthread_cond_wait(&w.ended, &w.lock);
        (void)pthread_mutex_unlock(&w.lock);
        ok = w.err.code == ERR_NONE;
        if (!ok)
            *err = w.err;
    }
    (void)pthread_mutex_destroy(&w.lock);
    (void)pthread_cond_destroy(&w.ended);
    return ok;
}
