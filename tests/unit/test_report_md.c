#include "check.h"

#include "reported.h"

static struct reported r;

/* The text without its code spans: what Markdown reads something into. */
static char *without_code(const char *text)
{
    char *out = calloc(1, strlen(text) + 1);
    size_t n = 0;
    assert_non_null(out);
    for (const char *c = text; *c != '\0';) {
        size_t ticks = 0;
        while (c[ticks] == '`')
            ticks++;
        if (ticks == 0) {
            out[n++] = *c++;
            continue;
        }
        const char *end = c + ticks;
        for (size_t run = 0; *end != '\0'; end++) {
            run = *end == '`' ? run + 1 : 0;
            if (run == ticks && end[1] != '`')
                break;
        }
        if (*end == '\0')
            fail_msg("a code span does not end: %.60s", c);
        assert_null(memchr(c, '\n', (size_t)(end - c))); /* none goes over a line end */
        c = end + 1;
        out[n++] = '$';
    }
    return out;
}

static void a_failed_build_is_an_item(void **state)
{
    struct result *results[] = {reported_failure("ci-unit", "17", SV("main.c:3:1: error: `x`\n"))};
    (void)state;
    assert_string_equal(
        reported_text(&r, "md", &reported_options, results, 1),
        "## CI report\n\n1 build of 1 job: 1 failed.\n"
        "\n### Builds that did not pass\n\n"
        "- [`ci-unit 17`](https://prow.example/view/gs/bkt/logs/j/1#1:build-log.txt%3A3), "
        "`acme/rocket#7`: `compile/c`, fix the code (build)  \n"
        "  `The compiler refused the source`  \n"
        "  `` build-log.txt:3: main.c:3:1: error: `x` ``\n");
    reported_done(&r);
    result_free(results[0]);
}

static void no_text_of_a_log_stands_outside_of_code(void **state)
{
    static const char *const bad[] = {"<",  "@",   "octocat", "#1 ",  "evil.example", "**",
                                      "![", "red", "calc",    "CALC", "script"};
    struct result *results[] = {reported_evil(), reported_failure("j", "2", SV("x"))};
    (void)state;
    const char *text = reported_text(&r, "md", &reported_options, results, 2);
    assert_plain(text, "\n");
    char *plain = without_code(text);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        if (strstr(plain, bad[i]) != NULL)
            fail_msg("\"%s\" in %s", bad[i], plain);
    }
    free(plain);
    reported_done(&r);
    result_free(results[0]);
    result_free(results[1]);
}

static void every_row_of_the_table_has_its_cells(void **state)
{
    struct result *results[] = {reported_evil(), reported_failure("j", "2", SV("x"))};
    struct sv line;
    size_t rows = 0;
    (void)state;
    results[0]->verdict.detail = SV("a|b\\|c`d");
    const char *text = reported_text(&r, "md", &reported_options, results, 2);
    for (struct sv rest = sv_of(text); sv_cut(&rest, '\n', &line);) {
        size_t bars = 0;
        if (!sv_starts(line, SV("|")))
            continue;
        for (size_t i = 0; i < line.len; i++)
            bars += line.ptr[i] == '|';
        assert_int_equal(bars, 6);
        rows++;
    }
    assert_int_equal(rows, 4); /* head, rule, two causes */
    reported_done(&r);
    result_free(results[0]);
    result_free(results[1]);
}

static void a_link_leads_to_the_web_only(void **state)
{
    static const struct {
        const char *url, *wanted;
    } cases[] = {
        {"https://x.example/a b(c)<d>\"e\"\\", "](https://x.example/a%20b%28c%29%3Cd%3E%22e%22%5C"},
        {"javascript:alert(1)", NULL},
        {"/tmp/logs/build-log.txt", NULL},
        {"httpx://x", NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct result *results[] = {reported_failure("j", "1", SV("x"))};
        results[0]->artifacts[0].url = sv_of(cases[i].url);
        const char *text = reported_text(&r, "md", &reported_options, results, 1);
        if (cases[i].wanted != NULL)
            assert_non_null(strstr(text, cases[i].wanted));
        else
            assert_null(strstr(text, "]("));
        reported_done(&r);
        result_free(results[0]);
    }
}

static void fences_are_longer_than_any_in_the_text(void **state)
{
    char many[100];
    struct result *results[1];
    (void)state;
    memset(many, '`', sizeof(many) - 1);
    many[sizeof(many) - 1] = '\0';
    results[0] = reported_failure("j", "1", SV("a ``` b"));
    results[0]->verdict.summary = sv_of(many);
    const char *text = reported_text(&r, "md", &reported_options, results, 1);
    assert_non_null(strstr(text, "\n  ```` build-log.txt:3: a ``` b ````\n"));
    free(without_code(text));
    reported_done(&r);
    result_free(results[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failed_build_is_an_item),
        cmocka_unit_test(no_text_of_a_log_stands_outside_of_code),
        cmocka_unit_test(every_row_of_the_table_has_its_cells),
        cmocka_unit_test(a_link_leads_to_the_web_only),
        cmocka_unit_test(fences_are_longer_than_any_in_the_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
