#include "check.h"

#include "run/test_step.h"

#include <string.h>

static const struct {
    const char *target; /* "": not known */
    const char *files;  /* parted by blanks */
    const char *row;    /* a failed row of ci-operator's report, "" none */
    enum test_step step;
} cases[] = {
    /* Without a listing and without rows nothing is said. */
    {"", "", "", TEST_STEP_UNKNOWN},
    {"e2e", "", "", TEST_STEP_UNKNOWN},
    /* ci-operator's own rows come first. */
    {"e2e", "artifacts/e2e/oadp-e2e/build-log.txt", "Run multi-stage test pre phase",
     TEST_STEP_NOT_RUN},
    {"e2e", "", "Run multi-stage test test phase", TEST_STEP_RAN},
    {"e2e", "", "Run multi-stage test post phase", TEST_STEP_RAN},
    {"e2e", "build-log.txt artifacts/ci-operator.log",
     "Run multi-stage test e2e - e2e-x container test", TEST_STEP_NOT_RUN},
    /* Then the logs of the target's steps. */
    {"e2e",
     "build-log.txt artifacts/e2e/ipi-install-install/build-log.txt "
     "artifacts/e2e/gather-must-gather/build-log.txt",
     "", TEST_STEP_NOT_RUN},
    {"e2e", "artifacts/e2e/ipi-install-install/build-log.txt artifacts/e2e/oadp-e2e/build-log.txt",
     "", TEST_STEP_RAN},
    {"unit", "artifacts/unit/build-log.txt build-log.txt", "", TEST_STEP_RAN},
    {"unit", "artifacts/unit/finished.json build-log.txt", "", TEST_STEP_NOT_RUN},
    {"unit", "artifacts/unit-other/build-log.txt", "", TEST_STEP_NOT_RUN},
    {"unit", "build-log.txt", "", TEST_STEP_UNKNOWN}, /* ci-operator left nothing: who knows */
    /* A job without ci-operator runs its test as soon as it has a log. */
    {"", "build-log.txt finished.json", "", TEST_STEP_RAN},
    {"", "test-build-log.txt", "", TEST_STEP_RAN},
    {"", "finished.json podinfo.json clone-records.json", "", TEST_STEP_NOT_RUN},
    {"", "build-log.txt artifacts/ci-operator-step-graph.json", "", TEST_STEP_UNKNOWN},
};

static enum test_step ask(size_t i)
{
    struct plan_file files[16];
    struct sv part;
    size_t count = 0;
    struct test_result row = {
        .suite = SV("step graph"), .name = sv_of(cases[i].row), .outcome = TEST_FAILED};
    const struct result r = {.build = {.target = sv_of(cases[i].target)},
                             .tests = &row,
                             .test_count = cases[i].row[0] != '\0'};
    for (struct sv rest = sv_of(cases[i].files); rest.len > 0 && sv_cut(&rest, ' ', &part);) {
        if (part.len > 0)
            files[count++] = (struct plan_file){.path = part};
    }
    return test_step_of(&r, files, count);
}

static void the_files_and_rows_say_whether_the_test_ran(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (ask(i) != cases[i].step)
            fail_msg("case %zu: %s", i, test_step_name(ask(i)));
    }
}

static void a_test_of_a_like_name_is_no_row_of_ci_operator(void **state)
{
    struct test_result row = {.suite = SV("mine"), .name = SV("Run multi-stage test pre phase")};
    const struct result r = {.tests = &row, .test_count = 1};
    (void)state;
    assert_int_equal(test_step_of(&r, NULL, 0), TEST_STEP_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_files_and_rows_say_whether_the_test_ran),
        cmocka_unit_test(a_test_of_a_like_name_is_no_row_of_ci_operator),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
