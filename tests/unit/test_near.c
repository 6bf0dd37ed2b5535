#include "check.h"

#include "base/near.h"

static const char *const names[] = {"parallel", "per-host", "offline", "out",
                                    "only-x",   "job",      "jobs",    NULL};

static const struct {
    const char *word, *near; /* NULL: none */
} cases[] = {
    {"paralel", "parallel"},
    {"parallell", "parallel"},
    {"prallel", "parallel"},
    {"paralell", "parallel"},
    {"aprallel", "parallel"}, /* a swap is one edit */
    {"para", "parallel"},     /* begun */
    {"offlne", "offline"},
    {"ofline", "offline"},
    {"jb", "job"},
    {"jbo", "job"},
    {"job", "job"},
    {"jobz", "job"}, /* of equally near ones the first */
    {"o", NULL},
    {"x", NULL},
    {"", NULL},
    {"verbose", NULL},
    {"a-word-that-is-longer-than-any-name-could-ever-be", NULL},
};

static void a_slip_is_understood_and_another_word_is_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *near = near_name(sv_of(cases[i].word), names);
        if (near == NULL || cases[i].near == NULL)
            assert_ptr_equal(near, cases[i].near);
        else
            assert_string_equal(near, cases[i].near);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slip_is_understood_and_another_word_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
