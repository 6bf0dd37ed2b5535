#include "paged.h"

#include "report/night_sections.h"

static const char *sections_of(struct night *n, struct paged *paged)
{
    paged_begin(paged);
    night_sections(&paged->page, n);
    return paged_end(paged);
}

static void sections_stand_in_their_order(void **state)
{
    static const char *const ids[] = {"broken", "new",   "worse", "flaky", "causes", "clusters",
                                      "jobs",   "infra", "heat",  "tests", "self"};
    struct night *n = night_fixture(NIGHT_USUAL);
    struct paged paged;
    (void)state;
    const char *at = sections_of(n, &paged);
    assert_int_equal(paged_count(at, "<section "), COUNT_OF(ids));
    assert_int_equal(paged_count(at, "</section>"), COUNT_OF(ids));
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        char want[64];
        (void)snprintf(want, sizeof(want), "<section id=%s aria-labelledby=%s-h", ids[i], ids[i]);
        at = strstr(at, want);
        if (at == NULL)
            fail_msg("%s is missing, or too early", ids[i]);
    }
    night_free(n);
    paged_done(&paged);
}

static void tests_are_told_with_the_line_that_shows_it(void **state)
{
    struct night *n = night_fixture(NIGHT_USUAL);
    struct paged paged;
    (void)state;
    const char *text = sections_of(n, &paged);
    assert_int_equal(paged_count(text, "<li class='item c-broken'"), 1);
    assert_int_equal(paged_count(text, "<li class='item c-new'"), 1);
    assert_int_equal(paged_count(text, "<li class='item c-got-worse'"), 1);
    assert_int_equal(paged_count(text, "<li class='item c-returning'"), 1);
    assert_int_equal(paged_count(text, "<li class='item"), 4);
    assert_non_null(
        strstr(text, "/1700000000#1:build-log.txt%3A900'><span class=line>L900</span></a>"));
    assert_non_null(strstr(text, "<b>20/140</b> <small>14.3&nbsp;% (9.4–21.0&nbsp;%)</small>"));
    assert_non_null(strstr(text, "retry&nbsp;<b>5</b>, same&nbsp;code&nbsp;<b>1</b>"));
    assert_non_null(strstr(text, "2&nbsp;% → 100&nbsp;% fail, commits"));
    assert_non_null(strstr(text, "Pull through a mirror, or log in to the registry."));
    assert_non_null(strstr(text, "Yes, as far as it can tell."));
    night_free(n);
    paged_done(&paged);
}

static void a_long_list_says_what_it_left_out(void **state)
{
    struct night *n = night_fixture(NIGHT_LARGE);
    struct paged paged;
    char want[80];
    (void)state;
    const char *text = sections_of(n, &paged);
    const uint64_t broken = n->headline.counts[NIGHT_BROKEN];
    assert_true(broken > 100);
    assert_int_equal(paged_count(text, "<li class='item c-broken'"), 25);
    (void)snprintf(want, sizeof(want), ">%d more are in <a href='#tests'>", (int)broken - 25);
    assert_non_null(strstr(text, want));
    assert_in_range(strlen(text), 1000, 200000);
    night_free(n);
    paged_done(&paged);
}

static void further_examples_are_links_alone(void **state)
{
    struct night *n = night_fixture(NIGHT_USUAL);
    struct paged paged;
    (void)state;
    n->tests[0].examples[1] = n->tests[0].examples[2] = n->tests[1].examples[0];
    n->tests[0].examples[2].line = 0;
    n->tests[0].example_count = 3;
    const char *text = sections_of(n, &paged);
    const char *also = strstr(text, "<p class=where>also <a ");
    assert_non_null(also);
    const char *end = strstr(also, "</p>");
    assert_non_null(end);
    assert_non_null(strstr(also, "<span class=line>L901</span></a>, <a "));
    assert_true(strstr(also, "<code>") > end);
    night_free(n);
    paged_done(&paged);
}

static void without_a_window_before_nothing_is_compared(void **state)
{
    struct night *n = night_fixture(NIGHT_USUAL);
    struct paged paged;
    (void)state;
    assert_int_equal(paged_count(sections_of(n, &paged), "<small class=down>▲</small>"), 3);
    paged_done(&paged);
    n->headline.before_raw = night_share_of(0, 0);
    assert_int_equal(paged_count(sections_of(n, &paged), "▲"), 0);
    night_free(n);
    paged_done(&paged);
}

static void empty_lists_say_so(void **state)
{
    struct night *n = night_fixture(NIGHT_EMPTY);
    struct paged paged;
    (void)state;
    const char *text = sections_of(n, &paged);
    assert_int_equal(paged_count(text, "<table"), 0);
    assert_int_equal(paged_count(text, "<ol"), 0);
    assert_non_null(strstr(text, "Nothing is broken."));
    assert_non_null(strstr(text, "No build failed."));
    assert_non_null(strstr(text, "No outage"));
    night_free(n);
    paged_done(&paged);
}

static void a_broken_night_is_not_believed(void **state)
{
    struct night *n = night_fixture(NIGHT_UNREAD);
    struct paged paged;
    (void)state;
    assert_non_null(
        strstr(sections_of(n, &paged), "<p class='bad'>No: this run looks broken.</p>"));
    night_free(n);
    paged_done(&paged);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sections_stand_in_their_order),
        cmocka_unit_test(tests_are_told_with_the_line_that_shows_it),
        cmocka_unit_test(a_long_list_says_what_it_left_out),
        cmocka_unit_test(further_examples_are_links_alone),
        cmocka_unit_test(without_a_window_before_nothing_is_compared),
        cmocka_unit_test(empty_lists_say_so),
        cmocka_unit_test(a_broken_night_is_not_believed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
