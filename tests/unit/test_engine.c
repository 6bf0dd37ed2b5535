#include "check.h"

#include "fetch/engine.h"
#include "serving.h"

/* The loop from within: most tests run it in their own thread, which ends it when all is done.
 * test_fetch.c has the engine as others see it. */

enum { MOST = 32 };

struct got { /* what came of all requests of a test, in order of their ends */
    struct fetch *fetch;
    unsigned wanted, done;
    struct {
        char url[100];
        long status;
        unsigned tries;
        struct err err;
    } ends[MOST];
    uint64_t bytes;
};

static bool on_body(void *user, struct sv chunk, struct err *err)
{
    struct got *g = user;
    (void)err;
    g->bytes += chunk.len;
    fetch_release(g->fetch, chunk.len);
    return true;
}

static void on_restart(void *user)
{
    struct got *g = user;
    g->bytes = 0;
}

static void on_done(void *user, const struct fetch_answer *answer, const struct err *err)
{
    struct got *g = user;
    assert_true(g->done < MOST);
    (void)snprintf(g->ends[g->done].url, sizeof(g->ends[0].url), "%.*s", SV_ARG(answer->url));
    g->ends[g->done].status = answer->status;
    g->ends[g->done].tries = answer->tries;
    g->ends[g->done++].err = *err;
    if (g->done == g->wanted) {
        atomic_store(&g->fetch->quit, true);
        engine_wake(g->fetch);
    }
}

static const struct fetch_calls calls = {.body = on_body, .restart = on_restart, .done = on_done};

/* An engine without a thread: fetch_new's, taken over. */
static void open_engine(struct got *g, struct fetch_options o)
{
    static const struct log log = {.fd = -1, .quiet = true};
    struct err err = {0};
    o.backoff_first_ms = o.backoff_first_ms > 0 ? o.backoff_first_ms : 2;
    o.log = &log;
    *g = (struct got){.fetch = fetch_new(&o, &err)};
    assert_non_null(g->fetch);
    atomic_store(&g->fetch->quit, true);
    engine_wake(g->fetch);
    (void)pthread_join(g->fetch->thread, NULL);
    g->fetch->thread_runs = false;
    atomic_store(&g->fetch->quit, false);
}

static void submit(struct got *g, const char *path)
{
    char url[100];
    struct err err = {0};
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d%s", server.port, path);
    const struct fetch_request r = {.url = sv_of(url), .calls = &calls, .user = g};
    assert_true(fetch_submit(g->fetch, &r, &err));
    g->wanted++;
}

static void run(struct got *g)
{
    assert_null(engine_run(g->fetch));
    assert_int_equal(g->done, g->wanted);
    assert_int_equal(g->fetch->active_count, 0);
    assert_int_equal(atomic_load(&g->fetch->env.in_flight), 0);
}

static int start_server(void **state)
{
    (void)state;
    return serving_start(NULL);
}

static int stop_server(void **state)
{
    (void)state;
    return serving_stop();
}

#define PAGES(...)                                                                                 \
    static const struct served pages[] = {__VA_ARGS__};                                            \
    serving_pages(pages, COUNT_OF(pages))

/* ---- tests ---- */

static void requests_of_a_host_go_first_come_first_served(void **state)
{
    struct got g;
    (void)state;
    PAGES({.path = "/a"}, {.path = "/b"}, {.path = "/c"}, {.path = "/d"});
    open_engine(&g, (struct fetch_options){.parallel = 1});
    submit(&g, "/c");
    submit(&g, "/a");
    submit(&g, "/d");
    submit(&g, "/b");
    run(&g);
    assert_string_equal(serving_log(), "/c\n/a\n/d\n/b\n");
    fetch_free(g.fetch);
}

static void one_connection_and_one_handle_serve_one_request_after_the_other(void **state)
{
    struct got g;
    (void)state;
    PAGES({.path = "/a", .body = SV_INIT("x")});
    open_engine(&g, (struct fetch_options){.parallel = 1});
    for (int i = 0; i < 10; i++)
        submit(&g, "/a");
    run(&g);
    assert_int_equal(g.bytes, 10);
    assert_int_equal(server.count, 1);
    assert_int_equal(g.fetch->idle_count, 1);
    assert_non_null(g.fetch->hosts);
    assert_null(g.fetch->hosts->next);
    assert_int_equal(g.fetch->hosts->active, 0);
    fetch_free(g.fetch);
}

static void every_host_and_port_has_a_line_of_its_own(void **state)
{
    struct got g;
    char first[64];
    (void)state;
    PAGES({.path = "/a"});
    open_engine(&g, (struct fetch_options){.tries = 1});
    submit(&g, "/a");
    (void)snprintf(first, sizeof(first), "127.0.0.1:%d", server.port);
    const int port = server.port;
    server.port = 1; /* nobody is there */
    submit(&g, "/a");
    server.port = port;
    submit(&g, "/a");
    run(&g);
    assert_string_equal(g.fetch->hosts->name, "127.0.0.1:1"); /* newest first */
    assert_string_equal(g.fetch->hosts->next->name, first);
    assert_null(g.fetch->hosts->next->next);
    assert_int_equal(g.fetch->hosts->state.failures, 1);
    assert_int_equal(g.fetch->hosts->next->state.failures, 0);
    fetch_free(g.fetch);
}

static void a_redirect_is_no_try_of_its_own(void **state)
{
    struct got g;
    (void)state;
    PAGES({.path = "/a", .status = 302, .headers = "Location: /b\r\n"},
          {.path = "/b", .status = 301, .headers = "Location: /c\r\n"},
          {.path = "/c", .body = SV_INIT("there"), .fails = 1});
    open_engine(&g, (struct fetch_options){.max_redirects = 3, .tries = 2});
    submit(&g, "/a");
    run(&g);
    assert_int_equal(g.ends[0].err.code, ERR_NONE);
    assert_int_equal(g.ends[0].tries, 2);
    assert_non_null(strstr(g.ends[0].url, "/c"));
    assert_int_equal(g.bytes, 5);
    /* Another try begins where the first one did. */
    assert_string_equal(serving_log(), "/a\n/b\n/c\n/a\n/b\n/c\n");
    fetch_free(g.fetch);
}

static void redirects_have_a_limit_that_each_try_has_anew(void **state)
{
    struct got g;
    (void)state;
    PAGES({.path = "/a", .status = 302, .headers = "Location: /a\r\n"});
    open_engine(&g, (struct fetch_options){.max_redirects = 3});
    submit(&g, "/a");
    run(&g);
    assert_int_equal(g.ends[0].err.code, ERR_REFUSED);
    assert_int_equal(serving_asked(0), 4);
    fetch_free(g.fetch);
}

static void a_host_that_says_too_many_gets_fewer_at_once(void **state)
{
    static const unsigned limits[] = {11, 8, 8}; /* of 16: seven tenths, eight at least */
    (void)state;
    for (unsigned fails = 1; fails <= COUNT_OF(limits); fails++) {
        const struct served page = {.path = "/a", .fails = fails};
        struct got g;
        serving_pages(&page, 1);
        open_engine(&g, (struct fetch_options){0});
        submit(&g, "/a");
        run(&g);
        assert_int_equal(g.ends[0].err.code, ERR_NONE);
        assert_int_equal(g.fetch->limit, limits[fails - 1]);
        fetch_free(g.fetch);
        open_engine(&g, (struct fetch_options){.parallel = 16}); /* that one is fixed */
        submit(&g, "/a");
        run(&g);
        assert_int_equal(g.fetch->limit, 16);
        fetch_free(g.fetch);
        serving_pages(NULL, 0);
    }
}

static void a_host_that_asks_for_too_much_patience_is_left_alone(void **state)
{
    struct got g;
    struct fetch_host_report report;
    (void)state;
    PAGES({.path = "/a", .status = 503, .headers = "Retry-After: 3600\r\n"}, {.path = "/b"});
    open_engine(&g, (struct fetch_options){.parallel = 1, .deadline_ms = 1000 * 1000 * 1000});
    submit(&g, "/a");
    submit(&g, "/b");
    run(&g);
    assert_int_equal(g.ends[0].err.code, ERR_TRANSIENT);
    assert_int_equal(g.ends[1].err.code, ERR_TRANSIENT);
    assert_non_null(strstr(g.ends[1].err.why, "is left alone: it asked for patience for 3600 s"));
    assert_int_equal(serving_asked(1), 0);
    assert_int_equal(fetch_host_reports(g.fetch, &report, 1), 1);
    assert_int_equal(report.refused, 1);
    fetch_free(g.fetch);
}

/* ---- time ---- */

static void a_request_without_an_end_is_given_up_at_its_deadline(void **state)
{
    struct got g;
    (void)state;
    PAGES({.path = "/hang", .hangs = true});
    open_engine(&g, (struct fetch_options){.deadline_ms = 100});
    submit(&g, "/hang");
    run(&g);
    assert_int_equal(g.ends[0].err.code, ERR_TRANSIENT);
    assert_string_equal(g.ends[0].err.why, "no end after 0.1 s");
    assert_int_equal(g.ends[0].tries, 1);
    fetch_free(g.fetch);
}

static void no_wait_is_begun_that_would_end_past_the_deadline(void **state)
{
    struct got g;
    (void)state;
    PAGES({.path = "/busy", .status = 429, .headers = "Retry-After: 60\r\n"});
    open_engine(&g, (struct fetch_options){.deadline_ms = 50 * 1000});
    submit(&g, "/busy"); /* the test would take a minute otherwise */
    run(&g);
    assert_int_equal(g.ends[0].err.code, ERR_TRANSIENT);
    assert_string_equal(g.ends[0].err.why, "HTTP status 429");
    assert_int_equal(serving_asked(0), 1);
    fetch_free(g.fetch);
}

static void a_deadline_begins_with_the_first_try(void **state)
{
    struct got g;
    (void)state;
    PAGES({.path = "/hang", .hangs = true}, {.path = "/a", .body = SV_INIT("x")});
    open_engine(&g, (struct fetch_options){.deadline_ms = 300, .parallel = 1, .tries = 1});
    submit(&g, "/hang");
    submit(&g, "/a"); /* has waited for a whole deadline by then */
    run(&g);
    assert_int_equal(g.ends[0].err.code, ERR_TRANSIENT);
    assert_int_equal(g.ends[1].err.code, ERR_NONE);
    assert_int_equal(g.bytes, 1);
    fetch_free(g.fetch);
}

/* ---- ends ---- */

static void what_has_not_begun_at_a_stop_is_never_asked_for(void **state)
{
    struct got g;
    (void)state;
    PAGES({.path = "/a"});
    for (int quit = 0; quit < 2; quit++) {
        open_engine(&g, (struct fetch_options){0});
        submit(&g, "/a");
        submit(&g, "/a");
        atomic_store(quit ? &g.fetch->quit : &g.fetch->stop, true);
        run(&g);
        for (unsigned i = 0; i < 2; i++) {
            assert_int_equal(g.ends[i].err.code, ERR_STOPPED);
            assert_int_equal(g.ends[i].tries, 0);
        }
        assert_int_equal(serving_asked(0), 0);
        fetch_free(g.fetch);
    }
}

static void *stop_when_busy(void *user)
{
    while (atomic_load(&server.busy) < 3)
        (void)usleep(1000);
    fetch_stop(user);
    return NULL;
}

static void a_stop_ends_all_that_is_on_its_way_or_waits(void **state)
{
    struct got g;
    pthread_t thread;
    (void)state;
    PAGES({.path = "/hang", .hangs = true},
          {.path = "/busy", .status = 429, .headers = "Retry-After: 30\r\n"});
    open_engine(&g, (struct fetch_options){.parallel = 4});
    submit(&g, "/busy"); /* waits for another try */
    for (int i = 0; i < 5; i++)
        submit(&g, "/hang");
    assert_int_equal(pthread_create(&thread, NULL, stop_when_busy, g.fetch), 0);
    run(&g);
    (void)pthread_join(thread, NULL);
    for (unsigned i = 0; i < g.done; i++)
        assert_int_equal(g.ends[i].err.code, ERR_STOPPED);
    assert_null(g.fetch->delayed.first);
    assert_null(g.fetch->hosts->ready.first);
    fetch_free(g.fetch);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, start_server, stop_server)
    const struct CMUnitTest tests[] = {
        CASE(requests_of_a_host_go_first_come_first_served),
        CASE(one_connection_and_one_handle_serve_one_request_after_the_other),
        CASE(every_host_and_port_has_a_line_of_its_own),
        CASE(a_redirect_is_no_try_of_its_own),
        CASE(redirects_have_a_limit_that_each_try_has_anew),
        CASE(a_host_that_says_too_many_gets_fewer_at_once),
        CASE(a_host_that_asks_for_too_much_patience_is_left_alone),
        CASE(a_request_without_an_end_is_given_up_at_its_deadline),
        CASE(no_wait_is_begun_that_would_end_past_the_deadline),
        CASE(a_deadline_begins_with_the_first_try),
        CASE(what_has_not_begun_at_a_stop_is_never_asked_for),
        CASE(a_stop_ends_all_that_is_on_its_way_or_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
