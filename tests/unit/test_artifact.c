#include "check.h"

#include "model/artifact.h"

static void paths_tell_what_a_file_is(void **state)
{
    static const struct {
        const char *path;
        enum artifact_kind kind;
        const char *step;
    } cases[] = {
        {"build-log.txt", ARTIFACT_BUILD_LOG, ""},
        {"test-build-log.txt", ARTIFACT_BUILD_LOG, ""},
        {"started.json", ARTIFACT_STARTED, ""},
        {"finished.json", ARTIFACT_FINISHED, ""},
        {"prowjob.json", ARTIFACT_PROWJOB, ""},
        {"podinfo.json", ARTIFACT_PODINFO, ""},
        {"clone-records.json", ARTIFACT_CLONE_RECORDS, ""},
        {"clone-log.txt", ARTIFACT_CLONE_LOG, ""},
        {"artifacts/ci-operator-step-graph.json", ARTIFACT_STEP_GRAPH, ""},
        {"artifacts/e2e-aws/ipi-install/build-log.txt", ARTIFACT_STEP_LOG, "e2e-aws/ipi-install"},
        {"artifacts/e2e-aws/ipi-install/finished.json", ARTIFACT_STEP_FINISHED,
         "e2e-aws/ipi-install"},
        {"artifacts/unit/build-log.txt", ARTIFACT_STEP_LOG, "unit"},
        {"artifacts/e2e-aws/x/artifacts/finished.json", ARTIFACT_OTHER, ""},
        {"artifacts/e2e/gather-extra/artifacts/pods/a/build-log.txt", ARTIFACT_OTHER, ""},
        {"artifacts/junit_operator.xml", ARTIFACT_JUNIT, ""},
        {"artifacts/a/b/e2e_junit.xml", ARTIFACT_JUNIT, ""},
        {"target/surefire-reports/TEST-org.acme.FooTest.xml", ARTIFACT_JUNIT, ""},
        {"artifacts/test-risk-analysis.html", ARTIFACT_OTHER, ""},
        {"artifacts/coverage.xml", ARTIFACT_OTHER, ""},
        {"", ARTIFACT_OTHER, ""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct sv step;
        if (artifact_classify(sv_of(cases[i].path), &step) != cases[i].kind)
            fail_msg("%s", cases[i].path);
        assert_true(sv_equal(step, sv_of(cases[i].step)));
    }
}

static void every_kind_has_a_name_that_reads_back(void **state)
{
    (void)state;
    for (int k = 0; k < ARTIFACT_KIND_COUNT; k++) {
        enum artifact_kind back = ARTIFACT_KIND_COUNT;
        assert_true(artifact_kind_parse(sv_of(artifact_kind_name((enum artifact_kind)k)), &back));
        assert_int_equal(back, k);
        const unsigned roles =
            artifact_kind_is_log(back) + artifact_kind_is_document(back) + (back == ARTIFACT_JUNIT);
        assert_int_equal(roles, 1);
    }
    assert_false(artifact_kind_parse(SV("nothing"), &(enum artifact_kind){0}));
    assert_string_equal(artifact_state_name(ARTIFACT_TRUNCATED), "truncated");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_tell_what_a_file_is),
        cmocka_unit_test(every_kind_has_a_name_that_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
