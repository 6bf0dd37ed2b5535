#include "check.h"
#include "torture.h"

#include "model/result.h"

/* Merge the same evidence in both orders; nothing may tell them apart afterwards. */
static struct result *merged(bool backwards, struct err *err)
{
    static const char *const paths[] = {"build-log.txt", "artifacts/junit.xml", "a.log"};
    static const enum artifact_kind kinds[] = {ARTIFACT_BUILD_LOG, ARTIFACT_JUNIT, ARTIFACT_OTHER};
    const struct build build = {.id = SV("1"), .job = SV("j")};
    struct result *r = result_new(&build, 0, err);
    struct arena a;
    if (r == NULL)
        return NULL;
    bool ok = true;
    arena_init(&a, 1 << 20);
    for (size_t k = 0; ok && k < COUNT_OF(paths); k++) {
        const size_t i = backwards ? COUNT_OF(paths) - 1 - k : k;
        struct evidence e;
        uint32_t index = 0;
        struct artifact artifact = {.path = sv_of(paths[i]), .kind = kinds[i]};
        evidence_init(&e, &a, NULL);
        e.facts.bytes = 100 * (i + 1);
        const struct capture capture = {.name = SV("n"), .value = SV("v")};
        ok = result_add_artifact(r, &artifact, &index, err) &&
             evidence_add_finding(
                 &e,
                 &(struct finding){
                     .id = SV("b"), .line = 9, .captures = &capture, .capture_count = 1},
                 err) &&
             evidence_add_finding(&e, &(struct finding){.id = SV("a"), .line = 9}, err) &&
             evidence_add_finding(&e, &(struct finding){.id = SV("z"), .line = 2}, err) &&
             (kinds[i] != ARTIFACT_JUNIT ||
              evidence_add_test(&e, &(struct test_result){.outcome = TEST_ERRORED}, err)) &&
             evidence_add_test(
                 &e, &(struct test_result){.name = sv_of(paths[2 - i]), .outcome = TEST_FAILED},
                 err) &&
             evidence_add_line(&e, &(struct error_line){.line = 4, .score = 10, .text = SV("t")},
                               err) &&
             result_merge(r, index, &e, err) &&
             result_add_problem(r, sv_of(paths[i]), SV("cut"), false, err);
    }
    arena_done(&a);
    if (ok && result_finish(r, err))
        return r;
    result_free(r);
    return NULL;
}

static void the_order_of_arrival_leaves_no_trace(void **state)
{
    struct err err = {0};
    struct result *one = merged(false, &err), *two = merged(true, &err);
    (void)state;
    assert_non_null(one);
    assert_non_null(two);
    assert_int_equal(one->artifact_count, 3);
    assert_int_equal(one->finding_count, 9);
    for (size_t i = 0; i < 3; i++) {
        assert_true(sv_equal(one->artifacts[i].path, two->artifacts[i].path));
        assert_true(sv_equal(one->problems[i].where, two->problems[i].where));
        assert_true(sv_equal(one->tests[i].name, two->tests[i].name));
        assert_int_equal(one->lines[i].artifact, two->lines[i].artifact);
    }
    assert_true(sv_equal(one->artifacts[0].path, SV("a.log")));
    for (size_t i = 0; i < 9; i++) {
        assert_true(sv_equal(one->findings[i].id, two->findings[i].id));
        assert_int_equal(one->findings[i].artifact, two->findings[i].artifact);
        assert_int_equal(one->findings[i].line, two->findings[i].line);
    }
    assert_true(sv_equal(one->findings[0].id, SV("z")));
    assert_true(sv_equal(one->findings[1].id, SV("a")));
    assert_true(sv_equal(one->findings[2].captures[0].value, SV("v")));
    assert_int_equal(one->counts.total, 2); /* what the report says; the logs repeat it */
    assert_int_equal(two->counts.total, 2);
    assert_int_equal(one->facts.bytes, 100);
    result_free(one);
    result_free(two);
    result_free(NULL);
}

static void a_finding_has_the_step_of_its_artifact(void **state)
{
    struct err err = {0};
    struct arena a;
    struct evidence e;
    uint32_t index;
    const struct build build = {.job = SV("j")};
    struct result *r = result_new(&build, 3, &err);
    (void)state;
    arena_init(&a, 1 << 16);
    evidence_init(&e, &a, NULL);
    assert_true(result_add_artifact(r, &(struct artifact){.path = SV("p"), .step = SV("t/s")},
                                    &index, &err));
    assert_true(evidence_add_finding(&e, &(struct finding){.id = SV("a")}, &err));
    assert_true(
        evidence_add_finding(&e, &(struct finding){.id = SV("b"), .step = SV("own")}, &err));
    assert_true(result_merge(r, index, &e, &err));
    assert_true(sv_equal(r->findings[0].step, SV("t/s")));
    assert_true(sv_equal(r->findings[1].step, SV("own")));
    arena_done(&a);
    result_free(r);
}

static void issues_of_all_artifacts_are_in_order_and_errors_outlast_a_cut(void **state)
{
    struct err err = {0};
    const struct build build = {.job = SV("j")};
    static const char *const paths[] = {"b.log", "a.log"};
    struct result *r = result_new(&build, 0, &err);
    (void)state;
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        struct arena a;
        struct evidence e;
        uint32_t index;
        arena_init(&a, 1 << 20);
        evidence_init(&e, &a, NULL);
        assert_true(
            result_add_artifact(r, &(struct artifact){.path = sv_of(paths[i])}, &index, &err));
        for (uint64_t line = EVIDENCE_MAX_ISSUES - 100; line > 0; line--) {
            const struct issue issue = {.severity =
                                            i == 0 && line == 7 ? ISSUE_ERROR : ISSUE_WARNING,
                                        .file = SV("a.c"),
                                        .source_line = line,
                                        .message = SV("m"),
                                        .line = line};
            assert_true(evidence_add_issue(&e, &issue, &err));
        }
        assert_true(result_merge(r, index, &e, &err));
        arena_done(&a);
    }
    assert_true(result_finish(r, &err));
    assert_int_equal(r->issue_count, EVIDENCE_MAX_ISSUES);
    assert_int_equal(r->dropped_issues, EVIDENCE_MAX_ISSUES - 200);
    assert_int_equal(r->issues[0].line, 1);
    assert_int_equal(r->issues[0].artifact, 0); /* a.log, which came last */
    assert_int_equal(r->issues[EVIDENCE_MAX_ISSUES - 1].artifact, 1);
    for (size_t i = 1; i < r->issue_count; i++)
        assert_true(r->issues[i - 1].artifact < r->issues[i].artifact ||
                    r->issues[i - 1].line < r->issues[i].line);
    /* Warnings up to line 100 of b.log are left beside the error, which is the first of all. */
    assert_int_equal(r->issues[EVIDENCE_MAX_ISSUES - 1].line, 100);
    assert_int_equal(r->issues[EVIDENCE_MAX_ISSUES - 100 + 6].severity, ISSUE_ERROR);
    result_free(r);
}

static void a_failed_allocation_is_an_error(void **state)
{
    (void)state;
    for (unsigned long n = 0; n < 40; n++) {
        struct err err = {0};
        torture_arm(n);
        struct result *r = merged(false, &err);
        torture_disarm();
        assert_true((r != NULL) != torture_fired());
        if (r == NULL)
            assert_int_equal(err.code, ERR_NOMEM);
        result_free(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_order_of_arrival_leaves_no_trace),
        cmocka_unit_test(a_finding_has_the_step_of_its_artifact),
        cmocka_unit_test(issues_of_all_artifacts_are_in_order_and_errors_outlast_a_cut),
        cmocka_unit_test(a_failed_allocation_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
