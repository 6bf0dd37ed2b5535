#include "check.h"

#include "fetch/fetch.h"
#include "serving.h"

#include <time.h>

/* ---- answers by path ---- */

enum { NUMBERS = 16 };

static _Atomic unsigned asked[NUMBERS]; /* requests for /fail/<number>, /cut/<number> */

/* False: the connection is to be closed. */
static bool send_body(int fd, size_t announced, size_t sent)
{
    char line[100], *body = malloc(sent + 1);
    (void)snprintf(line, sizeof(line), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", announced);
    for (size_t i = 0; i < sent; i++)
        body[i] = (char)('a' + i % 23);
    const bool ok = serving_send_text(fd, line) && serving_send(fd, body, sent);
    free(body);
    return ok && announced == sent;
}

static bool answer(int fd, const char *request)
{
    static const char failed[] = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";
    unsigned number = 0, times = 0;
    size_t size = 0;
    if (sscanf(request, "GET /body/%zu ", &size) == 1)
        return send_body(fd, size, size);
    if (sscanf(request, "GET /fail/%u/%u ", &number, &times) == 2) {
        if (atomic_fetch_add(&asked[number % NUMBERS], 1) < times)
            return serving_send_text(fd, failed);
        return send_body(fd, 4, 4);
    }
    if (sscanf(request, "GET /cut/%u/%zu ", &number, &size) == 2)
        return send_body(fd, size,
                         atomic_fetch_add(&asked[number % NUMBERS], 1) == 0 ? size / 2 : size);
    if (strncmp(request, "GET /hang ", 10) == 0)
        return serving_hang(fd);
    return serving_send_text(fd, "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
}

static int start_server(void **state)
{
    (void)state;
    for (size_t i = 0; i < NUMBERS; i++)
        atomic_store(&asked[i], 0);
    return serving_start(answer);
}

static int stop_server(void **state)
{
    (void)state;
    return serving_stop();
}

/* ---- a request and what came of it ---- */

struct got {
    struct fetch *fetch;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    char body[4096]; /* its head */
    uint64_t bytes;
    unsigned chunks, restarts, done;
    bool keep;            /* do not release what comes */
    uint64_t refuse_from; /* answer false from this byte on; 0 never */
    unsigned again;       /* requests to submit from within done */
    long status;
    unsigned tries;
    struct err err;
};

static void submit(struct got *g, const char *path);

static bool on_body(void *user, struct sv chunk, struct err *err)
{
    struct got *g = user;
    (void)pthread_mutex_lock(&g->lock);
    for (size_t i = 0; i < chunk.len && g->bytes + i < sizeof(g->body); i++)
        g->body[g->bytes + i] = chunk.ptr[i];
    g->bytes += chunk.len;
    g->chunks++;
    const bool refuse = g->refuse_from > 0 && g->bytes >= g->refuse_from, keep = g->keep;
    (void)pthread_cond_broadcast(&g->changed);
    (void)pthread_mutex_unlock(&g->lock);
    if (!keep)
        fetch_release(g->fetch, chunk.len);
    return !refuse || err_why(err, ERR_STOPPED, "enough");
}

static void on_restart(void *user)
{
    struct got *g = user;
    (void)pthread_mutex_lock(&g->lock);
    g->bytes = 0;
    g->restarts++;
    (void)pthread_mutex_unlock(&g->lock);
}

static void on_done(void *user, const struct fetch_answer *answer, const struct err *err)
{
    struct got *g = user;
    if (g->again > 0) {
        g->again--;
        submit(g, "/body/10");
    }
    (void)pthread_mutex_lock(&g->lock);
    g->status = answer->status;
    g->tries = answer->tries;
    g->err = *err;
    g->done++;
    (void)pthread_cond_broadcast(&g->changed);
    (void)pthread_mutex_unlock(&g->lock);
}

static const struct fetch_calls calls = {.body = on_body, .restart = on_restart, .done = on_done};
static const struct fetch_calls once = {.body = on_body, .done = on_done};

static void submit_with(struct got *g, const char *path, const struct fetch_calls *c)
{
    char url[100];
    struct err err = {0};
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d%s", server.port, path);
    const struct fetch_request r = {.url = sv_of(url), .calls = c, .user = g};
    if (!fetch_submit(g->fetch, &r, &err))
        fail_msg("%s: %s", url, err.why);
}

static void submit(struct got *g, const char *path)
{
    submit_with(g, path, &calls);
}

static void got_init(struct got *g, struct fetch *f)
{
    *g = (struct got){.fetch = f};
    (void)pthread_mutex_init(&g->lock, NULL);
    (void)pthread_cond_init(&g->changed, NULL);
}

static void wait_done(struct got *g, unsigned done)
{
    (void)pthread_mutex_lock(&g->lock);
    while (g->done < done)
        (void)pthread_cond_wait(&g->changed, &g->lock);
    (void)pthread_mutex_unlock(&g->lock);
}

static void wait_bytes(struct got *g, uint64_t more_than)
{
    (void)pthread_mutex_lock(&g->lock);
    while (g->bytes <= more_than)
        (void)pthread_cond_wait(&g->changed, &g->lock);
    (void)pthread_mutex_unlock(&g->lock);
}

static struct fetch *open_fetch(struct fetch_options o)
{
    static const struct log log = {.fd = -1, .quiet = true};
    struct err err = {0};
    o.backoff_first_ms = 5;
    o.log = &log;
    struct fetch *f = fetch_new(&o, &err);
    assert_non_null(f);
    return f;
}

static void sleep_ms(long ms)
{
    const struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    (void)nanosleep(&t, NULL);
}

/* ---- tests ---- */

static void a_body_comes_whole_and_its_end_once(void **state)
{
    struct fetch *f = open_fetch((struct fetch_options){0});
    struct got g;
    (void)state;
    got_init(&g, f);
    submit(&g, "/body/300000");
    wait_done(&g, 1);
    assert_int_equal(g.status, 200);
    assert_int_equal(g.err.code, ERR_NONE);
    assert_int_equal(g.bytes, 300000);
    assert_int_equal(g.tries, 1);
    assert_int_equal(g.restarts, 0);
    for (size_t i = 0; i < sizeof(g.body); i++)
        assert_int_equal(g.body[i], 'a' + i % 23);
    fetch_free(f);
    assert_int_equal(g.done, 1);
}

static void only_bodies_of_success_are_handed_out(void **state)
{
    struct fetch *f = open_fetch((struct fetch_options){0});
    struct got g;
    (void)state;
    got_init(&g, f);
    submit(&g, "/nothing");
    wait_done(&g, 1);
    assert_int_equal(g.status, 404);
    assert_int_equal(g.err.code, ERR_NONE);
    assert_int_equal(g.chunks, 0);
    fetch_free(f);
}

static void tries_are_made_until_one_succeeds_or_they_are_used_up(void **state)
{
    struct fetch *f = open_fetch((struct fetch_options){.tries = 4});
    struct got g;
    (void)state;
    got_init(&g, f);
    submit(&g, "/fail/1/3");
    wait_done(&g, 1);
    assert_int_equal(g.err.code, ERR_NONE);
    assert_int_equal(g.tries, 4);
    submit(&g, "/fail/2/4");
    wait_done(&g, 2);
    assert_int_equal(g.err.code, ERR_TRANSIENT);
    assert_string_equal(g.err.why, "HTTP status 503 (4 tries)");
    assert_non_null(strstr(g.err.where, "/fail/2/4"));
    assert_int_equal(g.status, 503);
    assert_int_equal(asked[2], 4);
    struct fetch_totals totals;
    fetch_totals(f, &totals);
    assert_int_equal(totals.requests, 2);
    assert_int_equal(totals.retries, 6);
    assert_int_equal(totals.failures, 1);
    fetch_free(f);
}

static void a_further_try_begins_the_body_anew(void **state)
{
    struct fetch *f = open_fetch((struct fetch_options){0});
    struct got g;
    (void)state;
    got_init(&g, f);
    submit(&g, "/cut/1/100000");
    wait_done(&g, 1);
    assert_int_equal(g.err.code, ERR_NONE);
    assert_int_equal(g.restarts, 1);
    assert_int_equal(g.bytes, 100000);
    fetch_free(f);
}

static void without_restart_a_begun_body_is_not_tried_again(void **state)
{
    struct fetch *f = open_fetch((struct fetch_options){0});
    struct got g;
    (void)state;
    got_init(&g, f);
    submit_with(&g, "/cut/1/100000", &once);
    wait_done(&g, 1);
    assert_int_equal(g.err.code, ERR_TRANSIENT);
    assert_int_equal(g.bytes, 50000);
    assert_int_equal(asked[1], 1);
    submit_with(&g, "/fail/2/1", &once); /* of this one nothing had come */
    wait_done(&g, 2);
    assert_int_equal(g.err.code, ERR_NONE);
    fetch_free(f);
}

static void a_taker_that_has_enough_ends_the_transfer(void **state)
{
    struct fetch *f = open_fetch((struct fetch_options){.max_in_flight_bytes = 100000});
    struct got g;
    (void)state;
    got_init(&g, f);
    g.refuse_from = 1000;
    for (int i = 0; i < 20; i++) {
        submit(&g, "/body/500000");
        wait_done(&g, (unsigned)i + 1);
        assert_int_equal(g.err.code, ERR_STOPPED);
        assert_int_equal(g.tries, 1);
    }
    g.refuse_from = 0;
    submit(&g, "/body/10"); /* nothing is in flight any more, and the host is sound */
    wait_done(&g, 21);
    assert_int_equal(g.err.code, ERR_NONE);
    fetch_free(f);
}

static void a_body_past_the_limit_is_an_error_at_once(void **state)
{
    struct fetch *f = open_fetch((struct fetch_options){.max_body_bytes = 1000});
    struct got g;
    (void)state;
    got_init(&g, f);
    submit(&g, "/body/1001");
    wait_done(&g, 1);
    assert_int_equal(g.err.code, ERR_LIMIT);
    submit(&g, "/body/1000");
    wait_done(&g, 2);
    assert_int_equal(g.err.code, ERR_NONE);
    fetch_free(f);
}

static void bytes_in_flight_have_a_limit(void **state)
{
    enum { MOST = 200000, REQUESTS = 8, SIZE = 1000000 };
    struct fetch *f =
        open_fetch((struct fetch_options){.max_in_flight_bytes = MOST, .parallel = 4});
    struct fetch_totals totals = {0};
    struct got g;
    (void)state;
    got_init(&g, f);
    g.keep = true;
    for (int i = 0; i < REQUESTS; i++)
        submit(&g, "/body/1000000");
    wait_bytes(&g, MOST);
    uint64_t released = 0;
    while (released < (uint64_t)REQUESTS * SIZE) {
        (void)pthread_mutex_lock(&g.lock);
        const uint64_t bytes = g.bytes;
        (void)pthread_mutex_unlock(&g.lock);
        assert_in_range(bytes - released, 0, MOST + 4 * 128 * 1024);
        if (bytes == released) {
            wait_bytes(&g, released);
            continue;
        }
        fetch_release(f, bytes - released);
        released = bytes;
    }
    wait_done(&g, REQUESTS);
    assert_int_equal(g.bytes, (uint64_t)REQUESTS * SIZE);
    fetch_totals(f, &totals);
    assert_true(totals.pauses > 0);
    fetch_free(f);
}

static void a_transfer_does_not_wait_for_ever_for_its_bytes_to_be_released(void **state)
{
    struct fetch *f =
        open_fetch((struct fetch_options){.max_in_flight_bytes = 100000, .low_speed_ms = 300});
    struct got g;
    (void)state;
    got_init(&g, f);
    g.keep = true;
    submit(&g, "/body/400000");
    wait_bytes(&g, 150000); /* a chunk in 300 ms, though nothing is released */
    (void)pthread_mutex_lock(&g.lock);
    const uint64_t bytes = g.bytes;
    g.keep = false;
    (void)pthread_mutex_unlock(&g.lock);
    fetch_release(f, bytes);
    fetch_free(f);
    assert_int_equal(g.done, 1);
}

static void a_stop_ends_what_is_there_and_what_comes(void **state)
{
    struct fetch *f = open_fetch((struct fetch_options){.parallel = 4});
    struct got g;
    (void)state;
    got_init(&g, f);
    for (int i = 0; i < 20; i++)
        submit(&g, "/hang");
    while (atomic_load(&server.busy) < 4)
        sleep_ms(5);
    fetch_stop(f);
    wait_done(&g, 20);
    assert_int_equal(g.err.code, ERR_STOPPED);
    submit(&g, "/body/10");
    wait_done(&g, 21);
    assert_int_equal(g.err.code, ERR_STOPPED);
    assert_int_equal(server.requests, 4);
    fetch_free(f);
}

static void freeing_ends_what_is_there(void **state)
{
    struct fetch *f = open_fetch((struct fetch_options){0});
    struct got g;
    (void)state;
    got_init(&g, f);
    for (int i = 0; i < 20; i++)
        submit(&g, i % 2 == 0 ? "/hang" : "/fail/3/100000");
    while (atomic_load(&server.busy) < 4)
        sleep_ms(5);
    fetch_free(f);
    assert_int_equal(g.done, 20);
    fetch_free(NULL);
}

static void a_callback_may_submit(void **state)
{
    struct fetch *f = open_fetch((struct fetch_options){0});
    struct got g;
    (void)state;
    got_init(&g, f);
    g.again = 50;
    submit(&g, "/body/10");
    wait_done(&g, 51);
    assert_int_equal(g.bytes, 510);
    fetch_free(f);
}

static void no_more_run_at_once_than_allowed(void **state)
{
    static const struct fetch_options cases[] = {{.parallel = 3}, {.parallel = 64, .per_host = 3}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fetch *f = open_fetch(cases[i]);
        struct fetch_totals totals;
        struct got g;
        got_init(&g, f);
        atomic_store(&server.most_busy, 0);
        for (int n = 0; n < 300; n++)
            submit(&g, "/body/20000");
        wait_done(&g, 300);
        assert_in_range(server.most_busy, 1, 3);
        fetch_totals(f, &totals);
        assert_int_equal(totals.parallel, cases[i].parallel);
        fetch_free(f);
    }
}

static void a_host_that_says_too_many_gets_fewer(void **state)
{
    struct fetch *f = open_fetch((struct fetch_options){0});
    struct fetch_totals totals;
    struct got g;
    (void)state;
    got_init(&g, f);
    submit(&g, "/fail/4/4");
    wait_done(&g, 1);
    fetch_totals(f, &totals);
    assert_int_equal(totals.parallel, 8);
    fetch_free(f);
}

/* ---- hosts ---- */

static void a_dead_host_takes_its_requests_along(void **state)
{
    struct fetch *f = open_fetch((struct fetch_options){.host_budget_ms = 200, .tries = 1000000});
    struct fetch_host_report reports[4];
    struct got g;
    (void)state;
    got_init(&g, f);
    const int fd = socket(AF_INET, SOCK_STREAM, 0); /* bound and not listening: it refuses */
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001)};
    socklen_t size = sizeof(address);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    const int port = server.port;
    server.port = ntohs(address.sin_port);
    for (int i = 0; i < 200; i++)
        submit(&g, "/body/10");
    wait_done(&g, 200);
    assert_int_equal(g.err.code, ERR_TRANSIENT);
    assert_int_equal(fetch_host_reports(f, reports, COUNT_OF(reports)), 1);
    char name[64];
    (void)snprintf(name, sizeof(name), "127.0.0.1:%d", server.port);
    assert_string_equal(reports[0].host, name);
    assert_non_null(strstr(reports[0].reason, "failures in a row, the last: Failed to connect"));
    assert_in_range(reports[0].refused, 100, 200);
    server.port = port;
    submit(&g, "/body/10"); /* another host is none of its business */
    wait_done(&g, 201);
    assert_int_equal(g.err.code, ERR_NONE);
    (void)close(fd);
    fetch_free(f);
}

static void a_host_that_comes_back_loses_no_request(void **state)
{
    struct fetch *f = open_fetch((struct fetch_options){.host_budget_ms = 60000, .parallel = 16});
    struct fetch_totals totals;
    struct got g;
    (void)state;
    got_init(&g, f);
    for (unsigned i = 0; i < 100; i++) { /* the first of them fail a few times */
        char path[40];
        (void)snprintf(path, sizeof(path), "/fail/%u/%u", i % NUMBERS, 2U);
        submit(&g, path);
    }
    wait_done(&g, 100);
    fetch_totals(f, &totals);
    assert_int_equal(totals.failures, 0);
    assert_in_range(totals.retries, 2 * NUMBERS, 2 * NUMBERS);
    fetch_free(f);
}

/* ---- threads ---- */

static void *submit_many(void *user)
{
    for (int i = 0; i < 100; i++)
        submit(user, i % 10 == 0 ? "/nothing" : "/body/3000");
    return NULL;
}

static void any_thread_may_submit(void **state)
{
    enum { THREADS = 4 };
    struct fetch *f = open_fetch((struct fetch_options){.max_in_flight_bytes = 20000});
    pthread_t threads[THREADS];
    struct fetch_totals totals;
    struct got g;
    (void)state;
    got_init(&g, f);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, submit_many, &g), 0);
    for (int i = 0; i < 50; i++) {
        struct fetch_host_report report;
        fetch_totals(f, &totals);
        (void)fetch_host_reports(f, &report, 1);
    }
    for (int i = 0; i < THREADS; i++)
        (void)pthread_join(threads[i], NULL);
    wait_done(&g, THREADS * 100);
    assert_int_equal(g.bytes, THREADS * 90 * 3000);
    fetch_free(f);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, start_server, stop_server)
    const struct CMUnitTest tests[] = {
        CASE(a_body_comes_whole_and_its_end_once),
        CASE(only_bodies_of_success_are_handed_out),
        CASE(tries_are_made_until_one_succeeds_or_they_are_used_up),
        CASE(a_further_try_begins_the_body_anew),
        CASE(without_restart_a_begun_body_is_not_tried_again),
        CASE(a_taker_that_has_enough_ends_the_transfer),
        CASE(a_body_past_the_limit_is_an_error_at_once),
        CASE(bytes_in_flight_have_a_limit),
        CASE(a_transfer_does_not_wait_for_ever_for_its_bytes_to_be_released),
        CASE(a_stop_ends_what_is_there_and_what_comes),
        CASE(freeing_ends_what_is_there),
        CASE(a_callback_may_submit),
        CASE(no_more_run_at_once_than_allowed),
        CASE(a_host_that_says_too_many_gets_fewer),
        CASE(a_dead_host_takes_its_requests_along),
        CASE(a_host_that_comes_back_loses_no_request),
        CASE(any_thread_may_submit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
