#include "check.h"

#include "report/line_protocol.h"
#include "reported.h"

static struct reported r;

static const char *lines_of(struct report_options options, struct result *result)
{
    return reported_text(&r, "lp", &options, &result, 1);
}

static void a_finished_build_is_a_point_and_its_failure_another(void **state)
{
    char wanted[4096];
    struct report_options options = reported_options;
    struct result *failed = reported_failure("ci-unit", "17", SV("boom"));
    const long long at = lp_time(1709280000000, SV("prow"), SV("ci-unit"), SV("17"));
    (void)state;
    options.artifacts_url = SV("https://gcsweb.example/gcs");
    (void)snprintf(
        wanted, sizeof(wanted),
        "ci_build,class=build,cluster=build01,job=ci-unit,org=acme,profile=aws,provider=prow,"
        "repo=rocket,result=failure,target=e2e,type=presubmit build_id=\"17\",duration_s=600,"
        "failed=0i,flake=false,flaky=0i,infra=false,"
        "log_artifacts=\"https://gcsweb.example/gcs/bkt/logs/j/1/\","
        "log_url=\"https://prow.example/view/gs/bkt/logs/j/1\","
        "log_yaml=\"https://prow.example/prowjob?prowjob=uuid\",pull=7i,"
        "pull_request=\"https://github.com/acme/rocket/pull/7\",state=\"failure\",state_int=2i,"
        "tests=0i %lld\n"
        "ci_failure,advice=fix-code,class=build,job=ci-unit,kind=compile,provider=prow "
        "artifact=\"build-log.txt\",build_id=\"17\",cause=\"compile/c\",confidence=0.95,line=3i,"
        "signature=\"0123456789abcdef\",summary=\"The compiler refused the source\" %lld\n",
        at, at);
    assert_string_equal(lines_of(options, failed), wanted);
    reported_done(&r);
    result_free(failed);
}

static void nor_is_one_that_was_not_read_to_its_end(void **state)
{
    struct report_options legacy = reported_options;
    struct result *failed = reported_failure("j", "1", SV("boom"));
    (void)state;
    legacy.schema = "legacy";
    failed->incomplete = true;
    assert_string_equal(lines_of(reported_options, failed), "");
    reported_done(&r);
    assert_string_equal(lines_of(legacy, failed), "");
    reported_done(&r);
    result_free(failed);
}

static void a_running_build_is_no_point_yet(void **state)
{
    struct result *running = reported_result("j", "1", OUTCOME_RUNNING);
    struct result *unknown = reported_result("j", "1", OUTCOME_UNKNOWN);
    (void)state;
    assert_string_equal(lines_of(reported_options, running), "");
    reported_done(&r);
    assert_string_equal(lines_of(reported_options, unknown), "");
    reported_done(&r);
    result_free(running);
    result_free(unknown);
}

static void only_a_scrape_tells_of_the_run(void **state)
{
    struct report_options options = reported_options;
    struct result *running = reported_result("j", "1", OUTCOME_RUNNING);
    (void)state;
    options.tells_run = true;
    assert_string_equal(
        lines_of(options, running),
        "ci_run builds=1i,explained=0i,incomplete=false,list_whole=true,problems=0i,"
        "read_bytes=0i,running=1i,unknown=0i,unreadable=0i 1709290000000000000\n");
    reported_done(&r);
    options.schema = "legacy";
    assert_null(strstr(lines_of(options, running), "ci_run"));
    reported_done(&r);
    result_free(running);
}

static void tests_that_failed_are_points_a_nanosecond_apart(void **state)
{
    struct result *failed = reported_failure("j", "1", SV("boom"));
    struct test_result tests[] = {
        {.suite = SV("s"), .name = SV("t 1"), .outcome = TEST_FAILED, .duration_ms = 12},
        {.suite = SV("s"), .name = SV("t 2"), .outcome = TEST_PASSED, .duration_ms = 1},
        {.suite = SV("step graph"), .name = SV("Run step"), .outcome = TEST_FAILED},
        {.suite = SV("s"), .name = SV("t \"3\""), .outcome = TEST_FLAKY, .duration_ms = -1},
        {.suite = SV("s"), .name = SV("t 4"), .outcome = TEST_SKIPPED, .duration_ms = -1},
    };
    char wanted[1024];
    const long long at = lp_time(1709280000000, SV("prow"), SV("j"), SV("1"));
    (void)state;
    failed->tests = tests;
    failed->test_count = COUNT_OF(tests);
    (void)snprintf(wanted, sizeof(wanted),
                   "ci_test,job=j,outcome=failed,provider=prow build_id=\"1\",duration_ms=12i,"
                   "suite=\"s\",test=\"t 1\" %lld\n"
                   "ci_test,job=j,outcome=flaky,provider=prow build_id=\"1\",suite=\"s\","
                   "test=\"t \\\"3\\\"\" %lld\n",
                   at, at + 1);
    assert_string_equal(strstr(lines_of(reported_options, failed), "ci_test"), wanted);
    reported_done(&r);
    failed->tests = NULL;
    failed->test_count = 0;
    result_free(failed);
}

static void no_more_than_some_tests_of_a_build_are_points(void **state)
{
    enum { COUNT = 1000 };
    struct result *failed = reported_failure("j", "1", SV("boom"));
    struct test_result *tests = calloc(COUNT, sizeof(*tests));
    size_t points = 0;
    (void)state;
    assert_non_null(tests);
    for (size_t i = 0; i < COUNT; i++)
        tests[i] = (struct test_result){.name = SV("t"), .outcome = TEST_FAILED};
    failed->tests = tests;
    failed->test_count = COUNT;
    for (const char *c = lines_of(reported_options, failed); (c = strstr(c, "ci_test")) != NULL;
         c++)
        points++;
    assert_int_equal(points, 200);
    reported_done(&r);
    failed->tests = NULL;
    failed->test_count = 0;
    free(tests);
    result_free(failed);
}

static void the_legacy_schema_has_tags_and_fields_of_one_name(void **state)
{
    struct report_options options = reported_options;
    struct result *failed = reported_failure("ci unit", "17", SV("boom"));
    (void)state;
    options.schema = "legacy";
    assert_string_equal(
        lines_of(options, failed),
        "build,job_name=ci\\ unit,build_id=17,pull_request=https://github.com/acme/rocket/pull/7,"
        "start_time=2024-03-01T08:00:00Z,end_time=2024-03-01T08:10:00Z,duration=600,state_int=2,"
        "state=failure job_name=\"ci unit\",build_id=\"17\","
        "pull_request=\"https://github.com/acme/rocket/pull/"
        "7\",start_time=\"2024-03-01T08:00:00Z\","
        "end_time=\"2024-03-01T08:10:00Z\",duration=600,state_int=2,state=\"failure\","
        "log=\"https://prow.example/view/gs/bkt/logs/j/1\" 1709280000000316258\n");
    reported_done(&r);
    result_free(failed);
}

static void the_legacy_schema_loses_no_row(void **state)
{
    struct report_options options = reported_options;
    struct result *running = reported_result("j", "1", OUTCOME_RUNNING);
    (void)state;
    options.schema = "legacy";
    running->build.refs = (struct refs){0};
    assert_string_equal(
        lines_of(options, running),
        "build,job_name=j,build_id=1,pull_request=not_found,start_time=2024-03-01T08:00:00Z,"
        "duration=0,state_int=1,state=pending job_name=\"j\",build_id=\"1\","
        "pull_request=\"not_found\",start_time=\"2024-03-01T08:00:00Z\",end_time=\"\",duration=0,"
        "state_int=1,state=\"pending\",log=\"https://prow.example/view/gs/bkt/logs/j/1\" "
        "1709280000000484445\n");
    reported_done(&r);
    /* Nothing says when: then it is today, for every run of the day. */
    running->build.started_ms = 0;
    running->build.state = STATE_TRIGGERED;
    const char *line = lines_of(options, running);
    assert_non_null(strstr(line, "state_int=10,state=unknown job_name"));
    assert_non_null(strstr(line, " 1709251200000484445\n"));
    reported_done(&r);
    result_free(running);
}

static void builds_that_never_ran_stay_apart_by_their_name(void **state)
{
    static const char *const schemas[] = {NULL, "legacy"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(schemas); i++) {
        struct report_options options = reported_options;
        struct result *failed = reported_failure("j", "", SV("boom"));
        char first[4096];
        options.schema = schemas[i];
        failed->build.name = SV("pj-1");
        (void)snprintf(first, sizeof(first), "%s", lines_of(options, failed));
        reported_done(&r);
        failed->build.name = SV("pj-2");
        assert_string_not_equal(lines_of(options, failed), first);
        reported_done(&r);
        result_free(failed);
    }
}

static void a_time_out_of_range_is_no_time(void **state)
{
    struct result *failed = reported_failure("j", "1", SV("boom"));
    (void)state;
    failed->build.started_ms = 253402300799000; /* the year 9999 */
    const char *line = lines_of(reported_options, failed);
    assert_non_null(strstr(line, " 17092806")); /* its end */
    reported_done(&r);
    failed->build.finished_ms = 253402300799000;
    line = lines_of(reported_options, failed);
    assert_non_null(strstr(line, " 17092512")); /* now */
    reported_done(&r);
    result_free(failed);
}

static void hostile_text_stays_within_its_line(void **state)
{
    struct report_options options = reported_options;
    struct result *results[] = {reported_evil()};
    static const char *const schemas[] = {"default", "legacy"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(schemas); i++) {
        size_t lines = 0;
        options.schema = schemas[i];
        const char *text = reported_text(&r, "lp", &options, results, 1);
        assert_plain(text, "\n");
        for (const char *c = text; *c != '\0'; c++)
            lines += *c == '\n';
        assert_int_equal(lines, i == 0 ? 2 : 1);
        reported_done(&r);
    }
    result_free(results[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_finished_build_is_a_point_and_its_failure_another),
        cmocka_unit_test(a_running_build_is_no_point_yet),
        cmocka_unit_test(nor_is_one_that_was_not_read_to_its_end),
        cmocka_unit_test(only_a_scrape_tells_of_the_run),
        cmocka_unit_test(tests_that_failed_are_points_a_nanosecond_apart),
        cmocka_unit_test(no_more_than_some_tests_of_a_build_are_points),
        cmocka_unit_test(the_legacy_schema_has_tags_and_fields_of_one_name),
        cmocka_unit_test(the_legacy_schema_loses_no_row),
        cmocka_unit_test(builds_that_never_ran_stay_apart_by_their_name),
        cmocka_unit_test(a_time_out_of_range_is_no_time),
        cmocka_unit_test(hostile_text_stays_within_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
