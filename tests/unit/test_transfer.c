#include "check.h"

#include "fetch/transfer.h"
#include "torture.h"

#include <stdio.h>

static const struct fetch_options options = {.max_redirects = 5, .max_body_bytes = 1000};
static const struct fetch_options open_options = {
    .max_redirects = 5, .max_body_bytes = 1000, .allow_private = true};
static struct transfer_env env = {.options = &options, .version = "test"};
static struct transfer_env open_env = {.options = &open_options, .version = "test"};

static struct transfer *make(const char *url, struct transfer_env *e)
{
    struct err err = {0};
    struct transfer *t = transfer_new(&(struct fetch_request){.url = sv_of(url)}, e, &err);
    if (t == NULL)
        fail_msg("%s: %s", url, err.why);
    return t;
}

static void only_urls_that_may_be_fetched_are_taken(void **state)
{
    static const struct {
        const char *url;
        enum err_code code;
    } cases[] = {
        {"http://a.example/x", ERR_NONE},
        {"HTTPS://A.example:8443/x?y=z", ERR_NONE},
        {"http://[::1]:80/", ERR_NONE},
        {"file:///etc/passwd", ERR_REFUSED},
        {"ftp://a.example/", ERR_REFUSED},
        {"gopher://a.example/", ERR_REFUSED},
        {"nothing", ERR_REFUSED},
        {"", ERR_REFUSED},
        {"http://", ERR_REFUSED},
        {"http://a b/", ERR_REFUSED},
        {"http://a.example:99999/", ERR_REFUSED},
        {"http://me@a.example/", ERR_USAGE},
        {"http://me:secret@a.example/", ERR_USAGE},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct err err = {0};
        struct transfer *t =
            transfer_new(&(struct fetch_request){.url = sv_of(cases[i].url)}, &env, &err);
        if (err.code != cases[i].code)
            fail_msg("%s: %s", cases[i].url, err.why);
        assert_true((t != NULL) == (cases[i].code == ERR_NONE));
        assert_null(strstr(err.why, "secret"));
        transfer_free(t);
    }
    static char text[20000] = "http://a.example/";
    struct err err = {0};
    memset(text + 17, 'x', sizeof(text) - 18);
    assert_null(transfer_new(&(struct fetch_request){.url = sv_of(text)}, &env, &err));
    assert_int_equal(err.code, ERR_LIMIT);
    assert_null(transfer_new(&(struct fetch_request){.url = SV("http://a\0b/")}, &env, &err));
}

static void a_url_is_shown_without_what_may_be_secret(void **state)
{
    static const struct {
        const char *url, *shown;
    } cases[] = {
        {"http://a.example/x?token=1#y", "http://a.example/x"},
        {"http://a.example?token=1", "http://a.example"},
        {"http://a.example/x#?", "http://a.example/x"},
        {"http://me:pw@a.example/x@y", "http://a.example/x@y"},
        {"http://me:p@w@a.example/x", "http://a.example/x"},
    };
    (void)state;
    struct transfer *t = make("http://a.example/", &env);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char shown[100];
        assert_true(transfer_set_url(t, cases[i].url));
        transfer_shown_url(t, shown, sizeof(shown));
        assert_string_equal(shown, cases[i].shown);
    }
    transfer_free(t);
}

static void a_host_is_its_name_and_port(void **state)
{
    static const struct {
        const char *url, *name;
    } cases[] = {
        {"http://A.Example/x", "a.example:80"},
        {"https://a.example/x", "a.example:443"},
        {"https://a.example:8443", "a.example:8443"},
        {"http://[::1]/x", "[::1]:80"},
    };
    char name[HOST_BYTES] = "untouched";
    (void)state;
    assert_false(transfer_host_name("nothing at all", name));
    assert_string_equal(name, "untouched");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_true(transfer_host_name(cases[i].url, name));
        assert_string_equal(name, cases[i].name);
    }
}

static void a_redirect_is_followed_where_it_may_lead(void **state)
{
    static const struct {
        const char *from, *location;
        bool from_public;
        const char *to; /* NULL: it is not followed */
    } cases[] = {
        {"http://a.example/x/y?z", "w", false, "http://a.example/x/w"},
        {"http://a.example/x/y", "/w?v#u", false, "http://a.example/w?v#u"},
        {"http://a.example/x", "//b.example/w", false, "http://b.example/w"},
        {"http://a.example/x", "https://a.example/x", true, "https://a.example/x"},
        {"https://a.example/x", "http://a.example/x", false, NULL},
        {"https://a.example/x", "file:///etc/passwd", false, NULL},
        {"http://a.example/x", "file:///etc/passwd", false, NULL},
        {"http://a.example/x", "ftp://a.example/x", false, NULL},
        {"http://a.example/x", "data:text/plain,x", false, NULL},
        {"http://a.example/x", "", false, NULL},
        {"http://a.example/x", "http://", false, NULL},
        {"http://a.example/x", "http://b.example:99999/", false, NULL},
        {"http://a.example/x", "http://u:p@b.example/w", false, "http://b.example/w"},
        {"http://a.example/x", "http://127.0.0.1/w", false, "http://127.0.0.1/w"},
        {"http://a.example/x", "http://127.0.0.1/w", true, NULL},
        {"http://a.example/x", "http://localhost:99/w", true, NULL},
        {"http://a.example/x", "http://[::1]/w", true, NULL},
        {"http://a.example/x", "http://[::ffff:10.1.1.1]/w", true, NULL},
        {"http://a.example/x", "http://169.254.169.254/latest/meta-data", true, NULL},
        {"http://a.example/x", "http://2852039166/", true, NULL},
        {"http://a.example/x", "http://8.8.8.8/w", true, "http://8.8.8.8/w"},
        {"http://a.example/x", "http://b.example/w", true, "http://b.example/w"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct err err = {0};
        struct transfer *t = make(cases[i].from, &env);
        t->from_public = cases[i].from_public;
        (void)snprintf(t->location, sizeof(t->location), "%s", cases[i].location);
        const bool followed = transfer_follow(t, &err);
        if (followed != (cases[i].to != NULL))
            fail_msg("%s to %s: %s", cases[i].from, cases[i].location, err.why);
        assert_int_equal(err.code, followed ? ERR_NONE : ERR_REFUSED);
        assert_string_equal(t->url, followed ? cases[i].to : cases[i].from);
        assert_int_equal(t->redirects, followed);
        transfer_free(t);
    }
    struct err err = {0};
    struct transfer *t = make("http://a.example/x", &open_env);
    t->from_public = true;
    (void)strcpy(t->location, "http://127.0.0.1/w");
    for (int i = 0; i < 5; i++)
        assert_true(transfer_follow(t, &err));
    assert_false(transfer_follow(t, &err));
    assert_string_equal(err.why, "more than 5 redirects");
    transfer_free(t);
}

static void what_a_try_came_to_is_judged(void **state)
{
    static const struct {
        long status;
        bool headers_done;
        CURLcode code;
        enum err_code err;
        enum transfer_news news;
    } cases[] = {
        {200, true, CURLE_OK, ERR_NONE, NEWS_SOUND},
        {404, true, CURLE_OK, ERR_NONE, NEWS_SOUND},
        {404, true, CURLE_RECV_ERROR, ERR_NONE, NEWS_SOUND}, /* the answer is there */
        {404, true, CURLE_FILESIZE_EXCEEDED, ERR_NONE, NEWS_SOUND},
        {404, false, CURLE_RECV_ERROR, ERR_TRANSIENT, NEWS_FAILED},
        {302, true, CURLE_WRITE_ERROR, ERR_NONE, NEWS_SOUND},
        {503, true, CURLE_OK, ERR_TRANSIENT, NEWS_FAILED},
        {429, true, CURLE_PARTIAL_FILE, ERR_TRANSIENT, NEWS_FAILED},
        {200, true, CURLE_PARTIAL_FILE, ERR_TRANSIENT, NEWS_FAILED},
        {200, true, CURLE_OPERATION_TIMEDOUT, ERR_TRANSIENT, NEWS_FAILED},
        {200, true, CURLE_FILESIZE_EXCEEDED, ERR_LIMIT, NEWS_SOUND},
        {200, false, CURLE_OUT_OF_MEMORY, ERR_LIMIT, NEWS_SOUND},
        {0, false, CURLE_OUT_OF_MEMORY, ERR_NOMEM, NEWS_NONE},
        {0, false, CURLE_COULDNT_CONNECT, ERR_TRANSIENT, NEWS_FAILED},
        {0, false, CURLE_COULDNT_RESOLVE_HOST, ERR_TRANSIENT, NEWS_FAILED},
        {0, false, CURLE_GOT_NOTHING, ERR_TRANSIENT, NEWS_FAILED},
        {0, false, CURLE_UNSUPPORTED_PROTOCOL, ERR_TRANSIENT, NEWS_FAILED},
        {0, false, CURLE_PEER_FAILED_VERIFICATION, ERR_REFUSED, NEWS_CONDEMNED},
        {0, false, CURLE_SSL_CACERT_BADFILE, ERR_REFUSED, NEWS_CONDEMNED},
        {0, false, CURLE_TOO_MANY_REDIRECTS, ERR_REFUSED, NEWS_FAILED},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct err err = {0};
        struct transfer *t = make("http://a.example/x", &env);
        t->status = cases[i].status;
        t->headers_done = cases[i].headers_done;
        const enum transfer_news news = transfer_judge(t, cases[i].code, &err);
        if (news != cases[i].news || err.code != cases[i].err)
            fail_msg("%ld, %d: %d, %s", cases[i].status, (int)cases[i].code, (int)news, err.why);
        transfer_free(t);
    }
}

static void the_word_of_a_store_is_found_in_an_errors_body(void **state)
{
    static const struct {
        const char *body, *reason;
    } cases[] = {
        {"<?xml version='1.0'?><Error><Code>SlowDown</Code></Error>", "SlowDown"},
        {"{\"error\":{\"errors\":[{\"reason\": \"rateLimitExceeded\"}]}}", "rateLimitExceeded"},
        {"{\"reason\":\"notFound\"}", "notFound"},
        {"<Code></Code>", ""},
        {"<Code>Two words</Code>", ""},
        {"<Code>Evil\x1b[31m</Code>", ""},
        {"<Code>CutOff", ""},
        {"nothing", ""},
        {"", ""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct err err = {0};
        struct transfer *t = make("http://a.example/x", &env);
        t->status = 503;
        t->headers_done = true;
        t->snippet_len = strlen(cases[i].body);
        memcpy(t->snippet, cases[i].body, t->snippet_len);
        (void)transfer_judge(t, CURLE_OK, &err);
        assert_string_equal(t->reason, cases[i].reason);
        transfer_free(t);
    }
}

static void a_stored_length_is_compared_where_it_says_something(void **state)
{
    static const struct {
        const char *length, *stored, *encoding;
        bool is_short;
    } cases[] = {
        {"100", "identity", "", true}, {"100", "gzip", "gzip", true},
        {"100", "gzip", "", false},    {"100", "identity", "gzip", false},
        {"50", "identity", "", false}, {"10", "identity", "", false},
        {"", "identity", "", false},   {"-1", "identity", "", false},
        {"100", "", "", true},         {"x", "gzip", "gzip", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct err err = {0};
        struct transfer *t = make("http://a.example/x", &env);
        t->status = 200;
        t->headers_done = true;
        t->body_bytes = 50;
        (void)snprintf(t->stored_length, sizeof(t->stored_length), "%s", cases[i].length);
        (void)snprintf(t->stored_encoding, sizeof(t->stored_encoding), "%s", cases[i].stored);
        (void)snprintf(t->encoding, sizeof(t->encoding), "%s", cases[i].encoding);
        (void)transfer_judge(t, CURLE_OK, &err);
        assert_int_equal(err.code, cases[i].is_short ? ERR_TRANSIENT : ERR_NONE);
        transfer_free(t);
    }
}

static void a_line_of_transfers_is_first_come_first_served(void **state)
{
    struct transfer a = {0}, b = {0}, c = {0};
    struct transfer_queue q = {0};
    (void)state;
    assert_null(transfer_queue_take(&q));
    transfer_queue_add(&q, &a);
    transfer_queue_add(&q, &b);
    transfer_queue_push(&q, &c);
    assert_ptr_equal(transfer_queue_take(&q), &c);
    assert_ptr_equal(transfer_queue_take(&q), &a);
    transfer_queue_add(&q, &a);
    assert_ptr_equal(transfer_queue_take(&q), &b);
    assert_ptr_equal(transfer_queue_take(&q), &a);
    assert_null(transfer_queue_take(&q));
    transfer_queue_push(&q, &a);
    transfer_queue_add(&q, &b);
    assert_ptr_equal(transfer_queue_take(&q), &a);
    assert_ptr_equal(transfer_queue_take(&q), &b);
}

static void a_failed_allocation_is_an_error(void **state)
{
    const struct fetch_request request = {.url = SV_INIT("http://a.example/x?y"),
                                          .accept = SV_INIT("text/plain"),
                                          .if_none_match = SV_INIT("\"x\"")};
    bool fired = true;
    (void)state;
    for (unsigned long n = 0; fired; n++) {
        struct err err = {0};
        torture_arm(n);
        struct transfer *t = transfer_new(&request, &env, &err);
        torture_disarm();
        fired = torture_fired();
        assert_true(t != NULL || err.code == ERR_NOMEM);
        transfer_free(t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_urls_that_may_be_fetched_are_taken),
        cmocka_unit_test(a_url_is_shown_without_what_may_be_secret),
        cmocka_unit_test(a_host_is_its_name_and_port),
        cmocka_unit_test(a_redirect_is_followed_where_it_may_lead),
        cmocka_unit_test(what_a_try_came_to_is_judged),
        cmocka_unit_test(the_word_of_a_store_is_found_in_an_errors_body),
        cmocka_unit_test(a_stored_length_is_compared_where_it_says_something),
        cmocka_unit_test(a_line_of_transfers_is_first_come_first_served),
        cmocka_unit_test(a_failed_allocation_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
