#include "check.h"

#include "night_fixture.h"
#include "report/night_common.h"

static struct night_text t;
static struct err err;

static const char *written(void)
{
    assert_true(t.ok);
    return t.text.data;
}

static void start(void)
{
    night_text_done(&t);
    err = (struct err){0};
    night_text_init(&t, &err);
}

static void shares_read_well(void **state)
{
    char text[NIGHT_SHARE_BYTES];
    const struct night_share some = night_share_of(20, 140), none = night_share_of(0, 0);
    (void)state;
    assert_string_equal(night_share_text(&some, text), "20/140, 14 % [9, 21]");
    assert_string_equal(night_share_text(&none, text), "0/0");
}

static void code_ends_where_it_should(void **state)
{
    static const struct {
        const char *text, *want;
        bool in_table;
    } cases[] = {
        {"plain", "`plain`", false},
        {"a`b", "`` a`b ``", false},
        {"a|b`\\", "`a/b//`", true},
        {"two\nlines", "`two lines`", false},
        {"", "", false},
        {"<b>", "`<b>`", true},
        {"0123456789", "`01234567\xe2\x80\xa6`", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        start();
        night_put(&t, "");
        night_put_code(&t, sv_of(cases[i].text), cases[i].text[0] == '0' ? 8 : 100,
                       cases[i].in_table);
        assert_string_equal(written(), cases[i].want);
    }
}

static void only_addresses_of_the_web_are_links(void **state)
{
    (void)state;
    start();
    night_put_link(&t, SV("x"), SV("https://h/a b)\xff"), 100, false);
    night_put_link(&t, SV("y"), SV("javascript:x"), 100, false);
    assert_string_equal(written(), "[`x`](https://h/a%20b%29%FF)`y`");
}

static void times_are_short(void **state)
{
    (void)state;
    start();
    night_put_time(&t, NIGHT_FIXTURE_NOW);
    night_put(&t, ", ");
    night_put_time(&t, 0);
    assert_string_equal(written(), "2026-03-12 05:00, never");
}

static void keys_tell_parts_apart(void **state)
{
    const struct sv a[] = {SV_INIT("ab"), SV_INIT("c")}, b[] = {SV_INIT("a"), SV_INIT("bc")};
    char x[NIGHT_KEY_BYTES], y[NIGHT_KEY_BYTES], again[NIGHT_KEY_BYTES];
    (void)state;
    assert_true(night_key(a, 2, x, &err) && night_key(b, 2, y, &err) &&
                night_key(a, 2, again, &err));
    assert_string_not_equal(x, y);
    assert_string_equal(x, again);
    assert_int_equal(strlen(x), NIGHT_KEY_BYTES - 1);
}

static void the_headline_counts_in_words(void **state)
{
    struct night *n = night_fixture(NIGHT_EMPTY);
    (void)state;
    start();
    night_put_headline(&t, n);
    assert_string_equal(written(),
                        "No build ran in this time.\nThe first report; in it: nothing changed.\n");
    n->headline.builds = n->headline.failed = 1;
    n->headline.pass_raw = n->headline.pass_adjusted = night_share_of(0, 1);
    n->headline.retests = 1;
    n->headline.counts[NIGHT_NEW] = 2;
    n->last_report_ms = NIGHT_FIXTURE_NOW;
    start();
    night_put_headline(&t, n);
    assert_string_equal(written(), "1 build: 1 failed.\n"
                                   "Pass rate 0/1, 0 % [0, 79]; without infrastructure, outages "
                                   "and bad builds 0/1, 0 % [0, 79].\n"
                                   "Since the last report, of 2026-03-12 05:00: 2 tests new.\n"
                                   "A retry would have cured 0 of 1 failed builds; 1 retest, 0 of "
                                   "0 retries of tests helped.\n");
    night_free(n);
}

static bool refuse(void *user, struct sv bytes, struct err *why)
{
    (void)user, (void)bytes;
    return err_why(why, ERR_IO, "no");
}

static void the_first_failure_sticks(void **state)
{
    const struct report_out out = {.write = refuse};
    (void)state;
    start();
    night_put(&t, "x");
    assert_false(night_text_write(&t, &out));
    night_put(&t, "y");
    assert_int_equal(t.text.len, 0);
    assert_string_equal(err.why, "no");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_read_well),
        cmocka_unit_test(code_ends_where_it_should),
        cmocka_unit_test(only_addresses_of_the_web_are_links),
        cmocka_unit_test(times_are_short),
        cmocka_unit_test(keys_tell_parts_apart),
        cmocka_unit_test(the_headline_counts_in_words),
        cmocka_unit_test(the_first_failure_sticks),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    night_text_done(&t);
    return failed;
}
