#include "check.h"

#include "reported.h"

static struct reported r;

static void every_value_of_a_build_is_a_row(void **state)
{
    struct report_options options = reported_options;
    struct result *results[] = {reported_failure("ci-unit", "17", SV("boom"))};
    (void)state;
    options.artifacts_url = SV("https://gcsweb.example/gcs");
    assert_string_equal(reported_text(&r, "rows", &options, results, 1),
                        "id             17\n"
                        "state          failure\n"
                        "state_int      2\n"
                        "log_url        https://prow.example/view/gs/bkt/logs/j/1\n"
                        "log_yaml       https://prow.example/prowjob?prowjob=uuid\n"
                        "log_artifacts  https://gcsweb.example/gcs/bkt/logs/j/1/\n"
                        "start_time     2024-03-01T08:00:00Z\n"
                        "end_time       2024-03-01T08:10:00Z\n"
                        "name           ci-unit\n"
                        "pull_request   https://github.com/acme/rocket/pull/7\n"
                        "duration       10m00s\n"
                        "repo           acme/rocket\n"
                        "target         e2e\n"
                        "profile        aws\n"
                        "flake          no\n"
                        "cause          compile/c: The compiler refused the source\n"
                        "\n1 build: 1 failed\n");
    reported_done(&r);
    result_free(results[0]);
}

static void what_is_not_known_is_a_dash(void **state)
{
    struct result *results[] = {reported_result("j", "", OUTCOME_RUNNING)};
    (void)state;
    results[0]->build.deck = results[0]->build.url = results[0]->build.key = SV("");
    const char *text = reported_text(&r, "rows", &reported_options, results, 1);
    assert_non_null(strstr(text, "id             -\n"));
    assert_non_null(strstr(text, "log_url        -\nlog_yaml       -\nlog_artifacts  -\n"));
    assert_non_null(strstr(text, "end_time       -\n"));
    assert_non_null(strstr(text, "duration       -\n"));
    assert_non_null(strstr(text, "flake          -\ncause          -\n"));
    reported_done(&r);
    result_free(results[0]);
}

static void a_flake_has_its_own_state_and_says_why(void **state)
{
    struct result *results[] = {reported_failure("j", "1", SV("x"))};
    (void)state;
    results[0]->test_step = TEST_STEP_NOT_RUN;
    results[0]->verdict.class_ = CLASS_INFRA;
    const char *text = reported_text(&r, "rows", &reported_options, results, 1);
    assert_non_null(strstr(text, "state          flake\nstate_int      4\n"));
    assert_non_null(strstr(text, "flake          yes, the test step did not run\n"));
    reported_done(&r);
    result_free(results[0]);
}

static void a_hostile_value_stays_in_its_row(void **state)
{
    struct result *results[] = {reported_evil()};
    size_t lines = 0;
    (void)state;
    const char *text = reported_text(&r, "rows", &reported_options, results, 1);
    assert_plain(text, "\n");
    for (const char *c = text; *c != '\0'; c++)
        lines += *c == '\n';
    assert_int_equal(lines, 18);
    reported_done(&r);
    result_free(results[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_of_a_build_is_a_row),
        cmocka_unit_test(what_is_not_known_is_a_dash),
        cmocka_unit_test(a_flake_has_its_own_state_and_says_why),
        cmocka_unit_test(a_hostile_value_stays_in_its_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
