#include "check.h"

#include "fetch/post.h"

static void an_address_is_https_or_this_machine(void **state)
{
    static const struct {
        const char *url, *host; /* NULL: refused */
    } cases[] = {
        {"https://hooks.chat.example/services/T0/B0/x", "hooks.chat.example"},
        {"http://127.0.0.1:8080/hook", "127.0.0.1"},
        {"http://localhost/hook", "localhost"},
        {"http://hooks.chat.example/hook", NULL},
        {"ftp://127.0.0.1/hook", NULL},
        {"https://name:secret@hooks.chat.example/", NULL},
        {"hooks.chat.example/hook", NULL},
        {"", NULL},
        {"https://", NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct err err = {0};
        char host[64] = "";
        const bool ok = post_host(cases[i].url, host, sizeof(host), &err);
        assert_int_equal(ok, cases[i].host != NULL);
        assert_string_equal(host, cases[i].host != NULL ? cases[i].host : "");
        assert_int_equal(err.code, ok ? ERR_NONE : ERR_USAGE);
    }
}

static void a_host_that_is_too_long_is_refused(void **state)
{
    char host[8];
    struct err err = {0};
    (void)state;
    assert_false(post_host("https://hooks.chat.example/", host, sizeof(host), &err));
}

static void an_error_names_the_host_and_not_the_address(void **state)
{
    struct err err = {0};
    const struct post_options options = {0};
    (void)state;
    /* Port 1 of loopback: nobody listens there. */
    assert_false(post_json("http://127.0.0.1:1/services/secret", SV("{}"), &options, &err));
    assert_int_equal(err.code, ERR_TRANSIENT);
    assert_non_null(strstr(err.why, "127.0.0.1"));
    assert_null(strstr(err.why, "secret"));
}

static void too_much_is_not_sent(void **state)
{
    struct err err = {0};
    const struct post_options options = {0};
    (void)state;
    const struct sv much = {.ptr = "x", .len = POST_BODY_BYTES + 1};
    assert_false(post_json("http://127.0.0.1:1/", much, &options, &err));
    assert_int_equal(err.code, ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_is_https_or_this_machine),
        cmocka_unit_test(a_host_that_is_too_long_is_refused),
        cmocka_unit_test(an_error_names_the_host_and_not_the_address),
        cmocka_unit_test(too_much_is_not_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
