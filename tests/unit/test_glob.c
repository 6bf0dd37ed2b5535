#include "check.h"

#include "base/glob.h"

struct glob_case {
    const char *pattern, *text;
    bool matches;
};

static void job_globs_know_the_star_and_nothing_else(void **state)
{
    static const struct glob_case cases[] = {
        {"*oadp*", "periodic-ci-oadp-e2e", true},
        {"*oadp*", "oadp", true},
        {"*OADP*", "oadp", false},
        {"a*c", "abc", true},
        {"a*c", "abcd", false},
        {"a?c", "abc", false},
        {"a.c", "abc", false},
        {"[ab]", "a", false},
        {"**", "", true},
        {"", "", true},
        {"", "a", false},
        {"a*b*c", "a-b-b-c", true},
        {"*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(glob_job(sv_of(cases[i].pattern), sv_of(cases[i].text)), cases[i].matches);
}

static void path_globs_stop_at_slashes_unless_doubled(void **state)
{
    static const struct glob_case cases[] = {
        {"*.log", "a.log", true},
        {"*.log", "d/a.log", false},
        {"**/*.log", "a.log", true},
        {"**/*.log", "d/e/a.log", true},
        {"**.log", "d/e/a.log", true},
        {"artifacts/**/junit*.xml", "artifacts/junit.xml", true},
        {"artifacts/**/junit*.xml", "artifacts/a/b/junit_1.xml", true},
        {"artifacts/**/junit*.xml", "artifacts/a/b/not.xml", false},
        {"a?c", "abc", true},
        {"a?c", "a/c", false},
        {"[a-c]x", "bx", true},
        {"[!a-c]x", "bx", false},
        {"[!a-c]x", "dx", true},
        {"[!a]", "/", false},
        {"[", "[", true},
        {"**/x*y/z", "x1y/q/x2y/z", true},
        {"a*/b*c", "a1/b2c", true},
        {"a*/b*c", "a1/q/b2c", false},
        {"**", "a/b", true},
        {"a/**", "a/b/c", true},
        {"a/**", "b/a/c", false},
        {"**/**/**/*a*a*a*b", "aaaaaaaaaaaaaaaa/aaaaaaaaaaaaaaaaaa/aaaaaaaaaaaaaaaaaaaa", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (glob_path(sv_of(cases[i].pattern), sv_of(cases[i].text)) != cases[i].matches)
            fail_msg("%s on %s", cases[i].pattern, cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(job_globs_know_the_star_and_nothing_else),
        cmocka_unit_test(path_globs_stop_at_slashes_unless_doubled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
