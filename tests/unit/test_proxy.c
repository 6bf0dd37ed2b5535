#include "check.h"

#include "fetch/proxy.h"

static void a_scheme_has_its_own_proxy_or_the_one_for_all(void **state)
{
    const struct proxy_options both = {.http = "http://p1:1", .https = "http://p2:2", .all = "p3"};
    const struct proxy_options all = {.http = "", .all = "socks5://p3"};
    (void)state;
    assert_string_equal(proxy_of(&both, SV("http"), SV("a.example")), "http://p1:1");
    assert_string_equal(proxy_of(&both, SV("HTTPS"), SV("a.example")), "http://p2:2");
    assert_string_equal(proxy_of(&all, SV("http"), SV("a.example")), "socks5://p3");
    assert_string_equal(proxy_of(&all, SV("https"), SV("a.example")), "socks5://p3");
    assert_string_equal(proxy_of(&(struct proxy_options){0}, SV("http"), SV("a.example")), "");
}

static void no_proxy_names_hosts_domains_and_addresses(void **state)
{
    static const struct {
        const char *none, *host;
        bool proxied;
    } cases[] = {
        {"", "a.example", true},
        {"*", "a.example", false},
        {"a.example", "a.example", false},
        {"A.Example", "a.eXample", false},
        {"example", "a.example", false},
        {".example", "a.example", false},
        {".example", "example", false},
        {"ample", "a.example", true},
        {"b.example", "a.example", true},
        {"a.b.example", "b.example", true},
        {"b.example, a.example", "a.example", false},
        {"b.example a.example", "a.example", false},
        {",, ,", "a.example", true},
        {"a.example.", "a.example", false},
        {"a.example", "a.example.", false},
        {"127.0.0.1", "127.0.0.1", false},
        {"127.0.0.1", "227.0.0.1", true},
        {"::1", "[::1]", false},
        {"[::1]", "[::1]", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct proxy_options o = {.http = "p:1", .none = cases[i].none};
        const char *proxy = proxy_of(&o, SV("http"), sv_of(cases[i].host));
        if ((proxy[0] != '\0') != cases[i].proxied)
            fail_msg("%s by no_proxy=%s: %s", cases[i].host, cases[i].none, proxy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_scheme_has_its_own_proxy_or_the_one_for_all),
        cmocka_unit_test(no_proxy_names_hosts_domains_and_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
