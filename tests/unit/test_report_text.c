#include "check.h"

#include "base/text.h"
#include "reported.h"

static struct reported r;

static const char *text_of(struct report_options options, struct result *const *results,
                           size_t count)
{
    return reported_text(&r, "text", &options, results, count);
}

static void a_failed_build_is_told_with_cause_place_and_link(void **state)
{
    struct result *results[] = {reported_failure("ci-unit", "17", SV("  main.c:3:1: error: no\n"))};
    (void)state;
    assert_string_equal(text_of(reported_options, results, 1),
                        "1 build of 1 job: 1 failed\n"
                        "\nBuilds that did not pass\n\n"
                        "ci-unit 17  acme/rocket#7\n"
                        "    compile/c: fix the code (build, 95 % sure)\n"
                        "    The compiler refused the source\n"
                        "    build-log.txt:3: main.c:3:1: error: no\n"
                        "    https://prow.example/view/gs/bkt/logs/j/1#1:build-log.txt%3A3\n");
    reported_done(&r);
    result_free(results[0]);
}

static void nothing_of_a_log_reaches_the_terminal_but_text(void **state)
{
    struct result *results[] = {reported_evil(), reported_failure("j", "2", SV("x"))};
    (void)state;
    assert_plain(text_of(reported_options, results, 2), "\n");
    reported_done(&r);
    result_free(results[0]);
    result_free(results[1]);
}

static void no_line_of_words_is_wider_than_asked(void **state)
{
    static const unsigned widths[] = {40, 60, 100, 200};
    struct err err = {0};
    struct result *results[] = {
        reported_failure(
            "j", "1",
            SV("a long line of many words that goes on and on, with wide \xe6\xbc\xa2"
               "\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97 letters "
               "and awordthatislongerthananylinecanholdandsomustbecutsomewhereinthemiddle"
               "awordthatislongerthananylinecanholdandsomustbecutsomewhereinthemiddle "
               "and then still more words than three lines of it could ever hold, and "
               "then some, and then some more until the end of the world has come")),
        reported_failure("j", "2", SV("short"))};
    (void)state;
    assert_true(result_add_problem(results[0], SV("artifacts/some/long/path/of/a/file.txt"),
                                   SV("gzip: the stream breaks off: it ends at byte 1402 of the "
                                      "file, and that is not where it should end"),
                                   false, &err));
    for (size_t i = 0; i < COUNT_OF(widths); i++) {
        struct report_options options = reported_options;
        struct sv line;
        options.width = widths[i];
        for (struct sv rest = sv_of(text_of(options, results, 2)); sv_cut(&rest, '\n', &line);) {
            const bool is_link = sv_find(line, SV("https://")) < line.len;
            const bool is_row = widths[i] == 40 && (sv_find(line, SV(" %  ")) < line.len ||
                                                    sv_ends(line, SV("sure)")));
            if (!is_link && !is_row && text_columns(line) > widths[i])
                fail_msg("width %u: %.*s", widths[i], SV_ARG(line));
        }
        reported_done(&r);
    }
    result_free(results[0]);
    result_free(results[1]);
}

static void a_cut_is_shown(void **state)
{
    char words[2001];
    struct result *results[1];
    (void)state;
    for (size_t i = 0; i < sizeof(words) - 1; i++)
        words[i] = i % 7 == 6 ? ' ' : 'w';
    words[sizeof(words) - 1] = '\0';
    results[0] = reported_failure("j", "1", sv_of(words));
    assert_non_null(strstr(text_of(reported_options, results, 1), "w\xe2\x80\xa6\n"));
    reported_done(&r);
    result_free(results[0]);
}

static void colour_is_there_only_when_asked_for(void **state)
{
    struct result *results[] = {reported_failure("j", "1", SV("x"))};
    struct report_options options = reported_options;
    (void)state;
    assert_null(strchr(text_of(options, results, 1), '\x1b'));
    reported_done(&r);
    options.colour = true;
    const char *text = text_of(options, results, 1);
    assert_non_null(strstr(text, "\x1b[1mj 1\x1b[0m"));
    assert_non_null(strstr(text, "\x1b[31mcompile/c\x1b[0m"));
    reported_done(&r);
    result_free(results[0]);
}

static void passing_builds_are_listed_when_asked_for(void **state)
{
    struct result *results[] = {reported_result("j", "1", OUTCOME_PASSED),
                                reported_result("j", "2", OUTCOME_RUNNING)};
    struct report_options options = reported_options;
    (void)state;
    assert_string_equal(text_of(options, results, 2),
                        "2 builds of 1 job: 1 passed, 1 running\n"
                        "Pass rate 100 %: 1 of 1 that came to an end.\n");
    reported_done(&r);
    options.all_builds = true;
    const char *text = text_of(options, results, 2);
    assert_non_null(
        strstr(text, "\nBuilds\n\nj 1  acme/rocket#7  passed\n\nj 2  acme/rocket#7  running\n"));
    reported_done(&r);
    result_free(results[0]);
    result_free(results[1]);
}

static void what_could_not_be_read_is_counted_and_named(void **state)
{
    struct err err = {0};
    struct result *results[] = {reported_failure("j", "1", SV("x")),
                                reported_result("j", "2", OUTCOME_PASSED)};
    (void)state;
    for (int i = 0; i < 5; i++)
        assert_true(result_add_problem(results[0], SV("a.log"), SV("broken"), false, &err));
    assert_true(result_add_problem(results[1], SV("build"), SV("gone"), true, &err));
    const char *text = text_of(reported_options, results, 2);
    assert_non_null(strstr(text, "Not read at all: 1 build, named below.\n"));
    assert_non_null(strstr(text, "Not read whole: 5 files, named below (\"not read\").\n"));
    assert_non_null(strstr(text, "    not read: a.log: broken\n    not read: 2 more\n"));
    assert_non_null(strstr(text, "\nBuilds that did not fail, and could not be read whole\n\n"
                                 "j 2  acme/rocket#7  passed\n    not read: build: gone\n"));
    reported_done(&r);
    result_free(results[0]);
    result_free(results[1]);
}

static void an_incomplete_run_says_so_at_the_top(void **state)
{
    struct err err = {0};
    struct report_totals t = {.builds = 9,
                              .incomplete = true,
                              .list_problem = SV("the list\nbreaks off"),
                              .host_count = 1,
                              .hosts = {{SV("h.example"), SV("connection refused"), 12}}};
    struct result *results[] = {reported_failure("j", "1", SV("x")),
                                reported_failure("j", "2", SV("x"))};
    (void)state;
    r = (struct reported){0};
    assert_true(reported_run(&r, "text", &reported_options, results, 2, &t, &err));
    assert_non_null(strstr(r.text.data, "INCOMPLETE: stopped after 2 of 9 builds.\n"
                                        "The list of builds is not whole: the list breaks off\n"
                                        "Left alone after 12 refused requests: h.example: "
                                        "connection refused\n"));
    assert_true(strstr(r.text.data, "INCOMPLETE") < strstr(r.text.data, "Causes"));
    reported_done(&r);
    result_free(results[0]);
    result_free(results[1]);
}

static void causes_come_by_number_and_the_rest_in_short(void **state)
{
    enum { COUNT = 60 };
    static char details[COUNT][8];
    struct result *results[COUNT + 1];
    (void)state;
    for (int i = 0; i < COUNT; i++) {
        (void)snprintf(details[i], sizeof(details[i]), "d%02u", (unsigned)i % 100);
        results[i] = reported_failure("j", "1", SV("x"));
        results[i]->verdict.detail = sv_of(details[i]);
    }
    results[COUNT] = reported_failure("j", "1", SV("x"));
    results[COUNT]->verdict.detail = SV("d59");
    const char *text = text_of(reported_options, results, COUNT + 1);
    const char *causes = strstr(text, "\nCauses\n");
    assert_non_null(causes);
    assert_memory_equal(causes + 8, "     2    3 %  compile/d59 ", 26);
    assert_non_null(strstr(causes, "and 35 more: compile/d24, compile/d25,"));
    assert_null(strstr(causes, "compile/d24  "));
    reported_done(&r);
    for (int i = 0; i <= COUNT; i++)
        result_free(results[i]);
}

static void a_flake_says_why(void **state)
{
    struct result *results[] = {reported_failure("j", "1", SV("x")),
                                reported_failure("j", "2", SV("x")),
                                reported_failure("j", "3", SV("x"))};
    (void)state;
    for (size_t i = 0; i < 3; i++)
        results[i]->verdict.flake = true;
    results[0]->passed_id = SV("99");
    results[1]->counts.flaky = 2;
    const char *text = text_of(reported_options, results, 3);
    assert_non_null(strstr(text, "    flaky: the job passed on the same code, as 99\n"));
    assert_non_null(strstr(text, "    flaky: 2 tests failed and passed\n"));
    assert_non_null(strstr(text, "    flaky\n"));
    assert_non_null(strstr(text, "Flaky: 3 builds, where"));
    reported_done(&r);
    for (size_t i = 0; i < 3; i++)
        result_free(results[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failed_build_is_told_with_cause_place_and_link),
        cmocka_unit_test(nothing_of_a_log_reaches_the_terminal_but_text),
        cmocka_unit_test(no_line_of_words_is_wider_than_asked),
        cmocka_unit_test(a_cut_is_shown),
        cmocka_unit_test(colour_is_there_only_when_asked_for),
        cmocka_unit_test(passing_builds_are_listed_when_asked_for),
        cmocka_unit_test(what_could_not_be_read_is_counted_and_named),
        cmocka_unit_test(an_incomplete_run_says_so_at_the_top),
        cmocka_unit_test(causes_come_by_number_and_the_rest_in_short),
        cmocka_unit_test(a_flake_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
