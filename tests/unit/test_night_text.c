#include "night_shown.h"

#include "base/text.h"

static void what_matters_comes_first(void **state)
{
    static const char *const order[] = {
        "Nightly report of acme/rocket, 2026-03-11 05:00 to 2026-03-12 05:00 UTC\n",
        "48 builds: 36 passed, 8 failed, 2 aborted, 2 running; 2 failed for infrastructure.",
        "Since the last report, of 2026-03-11 05:00: 1 test new, 1 got worse",
        "\nBroken now (1)\n",
        "20/140, 14 % [9, 21]",
        "\nNew tonight (1)\n",
        "\nGot worse (1)\n",
        "q = 0.004",
        "\nReturning (1)\n",
        "\nFlakiest tests (2)\n",
        "\nFixed (1)\n",
        "\nRecovering (1)\n",
        "\nTop causes, of builds (4)\n",
        "image-pull/rate-limit: retry or fix",
        "\nClusters of failures (9)\n",
        "a07e44d1c9b8 NEW 1 failure",
        "\nJobs (5)\n",
        "\nInfrastructure and outages\n",
        "outage: 7 builds of 3 jobs",
        "\nSelf-check\n",
        "trouble: storage.example: HTTP 503",
        "no build tonight: periodic-rocket-upgrade"};
    (void)state;
    const char *at = night_shown("text", NIGHT_USUAL);
    for (size_t i = 0; i < COUNT_OF(order); i++) {
        const char *found = strstr(at, order[i]);
        if (found == NULL)
            fail_msg("no \"%s\" in:\n%s", order[i], at);
        at = found;
    }
}

static void a_night_that_cannot_be_believed_says_so_before_all(void **state)
{
    (void)state;
    const char *text = night_shown("text", NIGHT_UNREAD);
    assert_memory_equal(text, "THIS NIGHT IS BROKEN: 40 of 62 builds", 37);
    assert_lacks(night_shown("text", NIGHT_USUAL), "BROKEN:");
}

static void a_night_without_builds_says_so(void **state)
{
    (void)state;
    const char *text = night_shown("text", NIGHT_EMPTY);
    assert_has(text, "No build ran in this time.\nThe first report; in it: nothing changed.\n");
    assert_lacks(text, "Jobs");
}

static void no_line_is_wider_than_the_terminal_but_addresses(void **state)
{
    struct sv line;
    (void)state;
    for (int kind = 0; kind < NIGHT_FIXTURE_COUNT; kind++) {
        const char *text = night_shown("text", (enum night_fixture_kind)kind);
        for (struct sv rest = sv_of(text); sv_cut(&rest, '\n', &line);) {
            if (text_columns(line) > 100 && !sv_starts(sv_trim(line), SV("http")))
                fail_msg("%.*s", SV_ARG(line));
        }
        assert_harmless(text);
    }
}

static void long_lists_say_what_they_leave_out(void **state)
{
    (void)state;
    const char *text = night_shown("text", NIGHT_LARGE);
    assert_has(text, "Broken now (556)\n");
    assert_has(text, "  and 546 more\n");
    assert_has(text, "  and 2065 more\n"); /* clusters */
    assert_true(strlen(text) < 64 * 1024);
}

static void colour_is_only_where_it_is_wanted(void **state)
{
    struct err err = {0};
    struct night *n = night_fixture(NIGHT_USUAL);
    struct night_shown s = {0};
    const struct report_out out = {.write = night_shown_write, .user = &s};
    struct report_options options = night_fixture_options;
    (void)state;
    options.colour = true;
    buf_init(&s.text, 1 << 20);
    assert_true(night_format_find(SV("text"))->write(n, &options, &out, &err));
    assert_has(s.text.data, "\x1b[1mBroken now (1)\x1b[0m\n");
    buf_done(&s.text);
    night_free(n);
    assert_lacks(night_shown("text", NIGHT_USUAL), "\x1b");
}

static void a_full_disk_is_told(void **state)
{
    (void)state;
    assert_full_disk_is_told("text");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_matters_comes_first),
        cmocka_unit_test(a_night_that_cannot_be_believed_says_so_before_all),
        cmocka_unit_test(a_night_without_builds_says_so),
        cmocka_unit_test(no_line_is_wider_than_the_terminal_but_addresses),
        cmocka_unit_test(long_lists_say_what_they_leave_out),
        cmocka_unit_test(colour_is_only_where_it_is_wanted),
        cmocka_unit_test(a_full_disk_is_told),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    buf_done(&shown.text);
    return failed;
}
