#include "check.h"

#include "scan/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

static const struct {
    const char *pattern, *why; /* why "": it is taken */
} patterns[] = {
    {"a+b", ""},
    {"(?i)error: (?<what>.+)", ""},
    {"\\\\A", ""},             /* a backslash and an A */
    {"\\QA \\Z \\G\\E b", ""}, /* quoted */
    {"a(?m)b", ""},
    {"(?i-s:a)", ""},
    {"(*) is a star", "near byte 1 of the pattern: quantifier does not follow a repeatable item"},
    {"\\(*[?]", ""},
    {"\\Aerror", "write ^ and $ in place of \\A, \\Z, \\z and \\G"},
    {"error\\z", "write ^ and $ in place of \\A, \\Z, \\z and \\G"},
    {"error\\Z", "write ^ and $ in place of \\A, \\Z, \\z and \\G"},
    {"a|\\Gb", "write ^ and $ in place of \\A, \\Z, \\z and \\G"},
    {"\\Qa\\E\\z", "write ^ and $ in place of \\A, \\Z, \\z and \\G"},
    {"(?-m)^a", "(?^…) and (?-m) are not allowed: ^ and $ are the line's"},
    {"(?i-sm:^a)", "(?^…) and (?-m) are not allowed: ^ and $ are the line's"},
    {"(?^:^a)", "(?^…) and (?-m) are not allowed: ^ and $ are the line's"},
    {"(*UTF)a", "verbs, as (*UTF), are not allowed"},
    {"(*CRLF)a", "verbs, as (*UTF), are not allowed"},
    {"(*LIMIT_MATCH=9)a", "verbs, as (*UTF), are not allowed"},
    {"a(*SKIP)b", "verbs, as (*UTF), are not allowed"},
    {"a(b", "near byte 3 of the pattern: missing closing parenthesis"},
    {"[a", "near byte 2 of the pattern: missing terminating ] for character class"},
    {"a**+b{2,1}", "near byte 2 of the pattern: quantifier does not follow a repeatable item"},
    {"(?<a>x)(?<a>y)", "near byte 12 of the pattern: two named subpatterns have the same name "
                       "(PCRE2_DUPNAMES not set)"},
    {"\\Cx", "near byte 2 of the pattern: using \\C is disabled by the application"},
    {"(?:(?:a{1,60000}){1,60000}){1,60000}",
     "near byte 36 of the pattern: regular expression is too large"},
};

static void a_pattern_is_taken_or_refused_with_its_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(patterns); i++) {
        struct err err = {0};
        pcre2_code *code = pattern_compile(sv_of(patterns[i].pattern), &err);
        assert_string_equal(err.why, patterns[i].why);
        assert_int_equal(code != NULL, patterns[i].why[0] == '\0');
        if (code == NULL)
            assert_int_equal(err.code, ERR_USAGE);
        pcre2_code_free(code);
    }
}

static int match(const char *pattern, const char *text)
{
    struct err err = {0};
    pcre2_code *code = pattern_compile(sv_of(pattern), &err);
    pcre2_match_context *context = pattern_context();
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    assert_non_null(code);
    assert_non_null(context);
    const int n = pcre2_match(code, (PCRE2_SPTR)text, strlen(text), 0, PCRE2_NO_JIT, data, context);
    pcre2_match_data_free(data);
    pcre2_match_context_free(context);
    pcre2_code_free(code);
    return n;
}

static void dollar_is_the_end_of_the_line_alone(void **state)
{
    (void)state;
    assert_true(match("a$", "a") > 0);
    assert_int_equal(match("a$", "a\n"), PCRE2_ERROR_NOMATCH);
    assert_true(match("a.b", "a\rb") > 0);
    assert_true(match("caf..$", "caf\xc3\xa9") > 0); /* bytes, not characters */
}

static void a_pattern_that_cannot_be_bounded_runs_into_a_limit(void **state)
{
    static const char *const wild[] = {"(a+)+$", "(a|aa)+$", "(?:a?){40}a{40}[bc]", "(.*a){20}$"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(wild); i++)
        assert_int_equal(
            match(wild[i], "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"),
            PCRE2_ERROR_MATCHLIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pattern_is_taken_or_refused_with_its_reason),
        cmocka_unit_test(dollar_is_the_end_of_the_line_alone),
        cmocka_unit_test(a_pattern_that_cannot_be_bounded_runs_into_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
