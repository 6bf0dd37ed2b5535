#include "fetch/engine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum {
    EVENTS = 64,
    TICK_MS = 100,
    IDLE_WAIT_MS = 60 * 1000,
    ADAPT_MS = 500,
    ADAPT_STEP = 8,
    REQUEST_WORTH = 16 * 1024, /* bytes that a request's answer counts for, however short */
    STREAMS_MOST = 100,        /* of one HTTP/2 connection */
};

static int64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
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

static void bury(struct fetch *f, struct host *h, const char *why)
{
    (void)pthread_mutex_lock(&f->lock);
    (void)snprintf(h->reason, sizeof(h->reason), "%.250s", why);
    (void)pthread_mutex_unlock(&f->lock);
    log_warn(f->options.log, "%s is left alone: %s", h->name, h->reason);
}

/* Fewer at once, when a host says that it is too many. */
static void slow_down(struct fetch *f)
{
    if (f->options.parallel != 0)
        return;
    const unsigned less = f->limit * 7 / 10;
    f->limit = less > ENGINE_PARALLEL_LEAST ? less : ENGINE_PARALLEL_LEAST;
    f->best_rate = 0;
}

/* What a try's end says of its host. */
static void note_news(struct fetch *f, struct transfer *t, enum transfer_news news,
                      const struct err *err)
{
    struct host *h = t->host;
    const int64_t now = now_ms();
    char why[300];
    const bool probe = t->probe;
    t->probe = false;
    if (news == NEWS_SOUND) {
        host_succeeded(&h->state, now);
        return;
    }
    if (news == NEWS_NONE) {
        host_learnt_nothing(&h->state, probe);
        return;
    }
    if (t->status == 429 || t->status == 503)
        slow_down(f);
    bool died = news == NEWS_CONDEMNED ? host_condemned(&h->state, &f->retry, now)
                                       : host_failed(&h->state, &f->retry, probe, t->sent_ms, now,
                                                     retry_random(&f->random));
    if (died)
        (void)snprintf(why, sizeof(why), "%u failures in a row, the last: %.200s",
                       h->state.failures, err->why);
    if (!died && t->retry_after_ms > 0 &&
        host_asked_for_patience(&h->state, &f->retry, t->retry_after_ms, now)) {
        (void)snprintf(why, sizeof(why), "it asked for patience for %lld s: %.200s",
                       (long long)(t->retry_after_ms / 1000), err->why);
        died = true;
    }
    if (died)
        bury(f, h, why);
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
        .measured = t->measured,
        .reason = sv_of(t->reason),
    };
    (void)pthread_mutex_lock(&f->lock);
    f->totals.requests++;
    f->totals.retries += t->tries > 1 ? t->tries - 1 : 0;
    f->totals.wire_bytes += t->wire_bytes;
    f->totals.failures += final.code != ERR_NONE;
    f->totals.pauses = f->env.pauses;
    (void)pthread_mutex_unlock(&f->lock);
    f->worked += REQUEST_WORTH + t->wire_bytes;
    log_trace(f->options.log, LOG_FETCH, "url=%s status=%ld tries=%u bytes=%llu ms=%lld%s%s", shown,
              t->status, t->tries, (unsigned long long)t->wire_bytes, (long long)answer.took_ms,
              final.code != ERR_NONE ? " why=" : "", final.why);
    t->calls->done(t->user, &answer, &final);
    transfer_free(t);
}

/* The last of several tries: say so. */
static void fail(struct fetch *f, struct transfer *t, struct err *err)
{
    if (err->code == ERR_TRANSIENT && t->tries > 1) {
        char why[200];
        (void)snprintf(why, sizeof(why), "%.180s", err->why);
        (void)snprintf(err->why, sizeof(err->why), "%s (%u tries)", why, t->tries);
    }
    finish(f, t, err);
}

static void give_easy(struct fetch *f, struct transfer *t)
{
    CURL *easy = t->easy;
    (void)curl_multi_remove_handle(f->multi, easy);
    transfer_drop_try(t);
    if (f->idle_count < COUNT_OF(f->idle))
        f->idle[f->idle_count++] = easy;
    else
        curl_easy_cleanup(easy);
    f->active_count--;
    t->host->active--;
    struct transfer **at = &f->active;
    while (*at != NULL && *at != t)
        at = &(*at)->next;
    if (*at != NULL)
        *at = t->next;
    t->next = NULL;
}

/* Wait for another try, unless the tries or the time of the request are used up, or its host is
 * left alone from now on. */
static void try_again(struct fetch *f, struct transfer *t, struct err *err)
{
    const int64_t now = now_ms();
    const int64_t wait =
        retry_wait_ms(&f->retry, t->tries, t->retry_after_ms, retry_random(&f->random));
    if (err->code != ERR_TRANSIENT || t->tries >= f->options.tries || t->host->state.dead ||
        now + wait >= t->deadline_ms || (t->handed_out && t->calls->restart == NULL)) {
        fail(f, t, err);
        return;
    }
    if (t->handed_out)
        t->calls->restart(t->user);
    (void)snprintf(t->last_why, sizeof(t->last_why), "%.159s", err->why);
    t->handed_out = t->from_public = false;
    t->redirects = 0;
    t->ready_ms = now + wait;
    if (!transfer_set_url(t, t->first_url)) {
        err->code = ERR_NOMEM;
        finish(f, t, err);
        return;
    }
    transfer_queue_add(&f->delayed, t);
}

static void to_its_host(struct fetch *f, struct transfer *t, bool first)
{
    struct err err = {0};
    t->host = host_of(f, t->url);
    if (t->host == NULL) {
        (void)err_why(&err, ERR_NOMEM, "no memory for a host");
        finish(f, t, &err);
    } else if (first) {
        transfer_queue_push(&t->host->ready, t);
    } else {
        transfer_queue_add(&t->host->ready, t);
    }
}

static void completed(struct fetch *f, struct transfer *t, CURLcode code)
{
    struct err err = {0};
    long version = 0;
    (void)curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &t->status);
    (void)curl_easy_getinfo(t->easy, CURLINFO_HTTP_VERSION, &version);
    t->host->multiplexes = t->host->multiplexes || version == CURL_HTTP_VERSION_2_0;
    t->measured = t->measured || version == CURL_HTTP_VERSION_2_0;
    give_easy(f, t);
    const enum transfer_news news = transfer_judge(t, code, &err);
    note_news(f, t, news, &err);
    if (err.code != ERR_NONE) {
        try_again(f, t, &err);
    } else if (!transfer_is_redirect(t)) {
        finish(f, t, &err);
    } else if (!transfer_follow(t, &err)) {
        finish(f, t, &err);
    } else {
        t->tries--; /* starting it counts again */
        to_its_host(f, t, true);
    }
}

/* ---- starting ---- */

static void refuse(struct fetch *f, struct transfer *t)
{
    struct err err = {0};
    (void)pthread_mutex_lock(&f->lock);
    t->host->refused++;
    (void)pthread_mutex_unlock(&f->lock);
    (void)err_why(&err, ERR_TRANSIENT, "%.100s is left alone: %.200s", t->host->name,
                  t->host->reason);
    finish(f, t, &err);
}

static void start(struct fetch *f, struct transfer *t, bool probe)
{
    struct err err = {0};
    CURL *easy = f->idle_count > 0 ? f->idle[--f->idle_count] : curl_easy_init();
    const int64_t now = now_ms();
    t->sent_ms = now;
    if (t->first_ms == 0) {
        t->first_ms = now;
        t->deadline_ms = now + f->options.deadline_ms;
    }
    if (easy != NULL && transfer_prepare(t, easy, &err) &&
        curl_multi_add_handle(f->multi, easy) == CURLM_OK) {
        t->tries++;
        t->probe = probe;
        t->next = f->active;
        f->active = t;
        f->active_count++;
        t->host->active++;
        return;
    }
    transfer_drop_try(t);
    curl_easy_cleanup(easy);
    host_learnt_nothing(&t->host->state, probe);
    if (err.code == ERR_NONE)
        (void)err_why(&err, ERR_NOMEM, "a transfer cannot be started");
    finish(f, t, &err);
}

static bool has_room(const struct fetch *f, const struct host *h)
{
    return f->active_count < f->limit && (h->multiplexes || h->active < f->per_host);
}

static void start_for(struct fetch *f, struct host *h)
{
    const int64_t now = now_ms();
    while (h->ready.first != NULL) {
        if (!has_room(f, h) && !h->state.dead)
            return;
        const enum host_verdict verdict = host_ask(&h->state, &f->retry, now);
        if (verdict == HOST_WAIT)
            return;
        struct transfer *t = transfer_queue_take(&h->ready);
        if (verdict == HOST_REFUSE)
            refuse(f, t);
        else
            start(f, t, verdict == HOST_PROBE);
    }
}

static void start_ready(struct fetch *f)
{
    if (atomic_load(&f->env.in_flight) > f->options.max_in_flight_bytes)
        return;
    for (struct host *h = f->hosts; h != NULL; h = h->next)
        start_for(f, h);
}

static void take_arriving(struct fetch *f)
{
    (void)pthread_mutex_lock(&f->lock);
    struct transfer_queue arriving = f->arriving;
    f->arriving = (struct transfer_queue){0};
    (void)pthread_mutex_unlock(&f->lock);
    for (struct transfer *t; (t = transfer_queue_take(&arriving)) != NULL;)
        to_its_host(f, t, false);
}

/* Those that have waited long enough go in front: they are older than what is in line. */
static void take_delayed(struct fetch *f)
{
    const int64_t now = now_ms();
    struct transfer_queue delayed = f->delayed;
    f->delayed = (struct transfer_queue){0};
    for (struct transfer *t; (t = transfer_queue_take(&delayed)) != NULL;) {
        if (t->ready_ms > now)
            transfer_queue_add(&f->delayed, t);
        else
            to_its_host(f, t, true);
    }
}

/* ---- backpressure ---- */

static void resume(struct fetch *f, struct transfer *t)
{
    t->paused = false;
    t->waited_ms = 0;
    const CURLcode code = curl_easy_pause(t->easy, CURLPAUSE_CONT);
    if (code != CURLE_OK) /* what it had kept back was not wanted: nobody else tells */
        completed(f, t, code);
}

static void resume_paused(struct fetch *f)
{
    if (!atomic_load(&f->env.any_paused) ||
        atomic_load(&f->env.in_flight) > f->options.max_in_flight_bytes / 4 * 3)
        return;
    atomic_store(&f->env.any_paused, false);
    for (struct transfer *t = f->active, *next; t != NULL; t = next) {
        next = t->next;
        if (t->paused)
            resume(f, t);
    }
}

/* ---- time ---- */

static void expire(struct fetch *f, struct transfer *t)
{
    struct err err = {0};
    (void)err_why(&err, ERR_TRANSIENT, "no end after %.1f s%s%s",
                  (double)f->options.deadline_ms / 1000, t->last_why[0] != '\0' ? ", before: " : "",
                  t->last_why);
    if (t->easy != NULL)
        give_easy(f, t);
    note_news(f, t, NEWS_NONE, &err);
    fail(f, t, &err);
}

static void expire_waiting(struct fetch *f, struct transfer_queue *q, int64_t now)
{
    struct transfer_queue old = *q;
    *q = (struct transfer_queue){0};
    for (struct transfer *t; (t = transfer_queue_take(&old)) != NULL;) {
        if (t->deadline_ms != 0 && now > t->deadline_ms)
            expire(f, t);
        else
            transfer_queue_add(q, t);
    }
}

/* Deadlines are ours: curl's would count the time in its own queue and that we keep a transfer
 * waiting. A paused one escapes curl's low-speed limit too: let it show that it is alive. */
static void tick(struct fetch *f)
{
    const int64_t now = now_ms(), passed = now - f->ticked_ms;
    if (passed < TICK_MS)
        return;
    f->ticked_ms = now;
    for (struct transfer *t = f->active, *next; t != NULL; t = next) {
        next = t->next;
        if (t->paused) {
            t->waited_ms += passed;
            t->deadline_ms += passed;
            t->let_through = t->waited_ms >= f->options.low_speed_ms;
            if (t->let_through)
                resume(f, t);
        } else if (now > t->deadline_ms) {
            expire(f, t);
        }
    }
    expire_waiting(f, &f->delayed, now);
    for (struct host *h = f->hosts; h != NULL; h = h->next)
        expire_waiting(f, &h->ready, now);
}

/* More transfers at once as long as that brings more. */
static void adapt(struct fetch *f)
{
    const int64_t now = now_ms();
    if (f->options.parallel != 0 || now - f->adapted_ms < ADAPT_MS)
        return;
    uint64_t work = f->worked;
    for (const struct transfer *t = f->active; t != NULL; t = t->next)
        work += t->wire_bytes;
    const uint64_t done = work > f->adapted_work ? work - f->adapted_work : 0;
    const uint64_t rate = done * 1000 / (uint64_t)(now - f->adapted_ms);
    f->adapted_ms = now;
    f->adapted_work = work;
    f->best_rate -= f->best_rate / 16; /* what was best once need not be so now */
    if (f->active_count < f->limit || rate <= f->best_rate + f->best_rate / 20)
        return;
    f->best_rate = rate;
    f->limit =
        f->limit + ADAPT_STEP > FETCH_PARALLEL_MOST ? FETCH_PARALLEL_MOST : f->limit + ADAPT_STEP;
}

static int64_t earlier(int64_t wait, int64_t when, int64_t now)
{
    const int64_t left = when > now ? when - now : 0;
    return left < wait ? left : wait;
}

static int wait_ms(const struct fetch *f)
{
    const int64_t now = now_ms();
    bool idle = f->active_count == 0 && f->delayed.first == NULL;
    int64_t wait = IDLE_WAIT_MS;
    for (const struct transfer *t = f->delayed.first; t != NULL; t = t->next)
        wait = earlier(wait, t->ready_ms, now);
    for (const struct host *h = f->hosts; h != NULL; h = h->next) {
        idle = idle && h->ready.first == NULL;
        if (h->ready.first != NULL && h->state.not_before_ms > now)
            wait = earlier(wait, h->state.not_before_ms, now);
    }
    if (!idle)
        wait = earlier(wait, f->ticked_ms + TICK_MS, now);
    if (f->timer_ms >= 0)
        wait = earlier(wait, f->timer_ms, now);
    return (int)wait;
}

/* ---- curl's events ---- */

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
        (void)curl_multi_assign(f->multi, fd, f);
        if (epoll_ctl(f->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0 || errno != EEXIST)
            return 0;
    }
    (void)epoll_ctl(f->epoll_fd, EPOLL_CTL_MOD, fd, &event);
    return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *user)
{
    struct fetch *f = user;
    (void)multi;
    f->timer_ms = timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
    return 0;
}

static void read_messages(struct fetch *f)
{
    int left = 0;
    CURLMsg *message;
    while ((message = curl_multi_info_read(f->multi, &left)) != NULL) {
        struct transfer *t = NULL;
        if (message->msg == CURLMSG_DONE &&
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &t) == CURLE_OK && t != NULL)
            completed(f, t, message->data.result);
    }
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

/* ---- the loop ---- */

static void stop_all(struct fetch *f)
{
    struct err err = {0};
    (void)err_why(&err, ERR_STOPPED, "stopped");
    while (f->active != NULL) {
        struct transfer *t = f->active;
        give_easy(f, t);
        finish(f, t, &err);
    }
    for (struct transfer *t; (t = transfer_queue_take(&f->delayed)) != NULL;)
        finish(f, t, &err);
    for (struct host *h = f->hosts; h != NULL; h = h->next) {
        for (struct transfer *t; (t = transfer_queue_take(&h->ready)) != NULL;)
            finish(f, t, &err);
    }
}

void *engine_run(void *fetch)
{
    struct fetch *f = fetch;
    struct epoll_event events[EVENTS];
    f->adapted_ms = f->ticked_ms = now_ms();
    while (!atomic_load(&f->quit)) {
        take_arriving(f);
        if (atomic_load(&f->stop))
            stop_all(f);
        resume_paused(f);
        take_delayed(f);
        start_ready(f);
        const int count = epoll_wait(f->epoll_fd, events, EVENTS, wait_ms(f));
        serve_events(f, events, count);
        read_messages(f);
        tick(f);
        adapt(f);
    }
    take_arriving(f);
    stop_all(f);
    return NULL;
}

void engine_wake(struct fetch *f)
{
    const uint64_t one = 1;
    const ssize_t written = write(f->wake_fd, &one, sizeof(one));
    (void)written; /* a full counter wakes too */
}

bool engine_open(struct fetch *f, struct err *err)
{
    f->timer_ms = -1;
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
    (void)curl_multi_setopt(f->multi, CURLMOPT_MAX_CONCURRENT_STREAMS, (long)STREAMS_MOST);
    (void)curl_multi_setopt(f->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)f->per_host);
    (void)curl_multi_setopt(f->multi, CURLMOPT_MAXCONNECTS, (long)FETCH_PARALLEL_MOST + 16);
    return true;
}

void engine_close(struct fetch *f)
{
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
}
