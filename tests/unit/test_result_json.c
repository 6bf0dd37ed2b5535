#include "check.h"
#include "torture.h"

#include "model/build_json.h"

static struct result *sample(struct err *err)
{
    const struct build build = {.id = SV("5"), .job = SV("j\xff"), .state = STATE_FAILURE};
    struct result *r = result_new(&build, 0, err);
    struct arena a;
    struct evidence e;
    uint32_t index = 0;
    if (r == NULL)
        return NULL;
    arena_init(&a, 1 << 16);
    evidence_init(&e, &a, NULL);
    const struct capture capture = {.name = SV("file"), .value = SV("main.c")};
    const bool ok =
        result_add_artifact(r,
                            &(struct artifact){.path = SV("build-log.txt"),
                                               .kind = ARTIFACT_BUILD_LOG,
                                               .state = ARTIFACT_READ,
                                               .size = 10},
                            &index, err) &&
        evidence_add_finding(&e,
                             &(struct finding){.id = SV("c.compile"),
                                               .kind = KIND_COMPILE,
                                               .class_ = CLASS_BUILD,
                                               .advice = ADVICE_FIX_CODE,
                                               .severity = SEVERITY_DEFINITE,
                                               .line = 3,
                                               .offset = 40,
                                               .excerpt = SV("x\x1b"),
                                               .captures = &capture,
                                               .capture_count = 1},
                             err) &&
        evidence_add_test(
            &e, &(struct test_result){.name = SV("t"), .outcome = TEST_FAILED, .duration_ms = -1},
            err) &&
        evidence_add_issue(&e,
                           &(struct issue){.severity = ISSUE_WARNING,
                                           .file = SV("main.c"),
                                           .source_line = 12,
                                           .message = SV("m\xff"),
                                           .code = SV("-Wx"),
                                           .line = 4,
                                           .offset = 50},
                           err) &&
        result_merge(r, index, &e, err) && result_add_problem(r, SV("w"), SV("cut"), true, err) &&
        result_finish(r, err);
    arena_done(&a);
    r->verdict = (struct verdict){.outcome = OUTCOME_FAILED,
                                  .basis = BASIS_RULE,
                                  .kind = KIND_COMPILE,
                                  .confidence = 0.955,
                                  .line = 3,
                                  .cause_count = 1};
    if (ok)
        return r;
    result_free(r);
    return NULL;
}

static void the_object_says_all_that_is_known(void **state)
{
    struct err err = {0};
    struct buf text;
    struct json_doc doc = {0};
    struct result *r = sample(&err);
    double confidence = 0;
    int64_t n = 0;
    (void)state;
    buf_init(&text, 1 << 20);
    assert_non_null(r);
    assert_true(jsonw_write_take(result_to_json(r), true, &text, &err));
    assert_true(json_parse(buf_sv(&text), 1 << 20, &doc, &err));
    const struct json j = json_root(&doc);
    assert_true(sv_equal(json_text(json_get(j, "build.job")), SV("j\xef\xbf\xbd")));
    assert_true(sv_equal(json_text(json_get(j, "verdict.kind")), SV("compile")));
    assert_true(sv_equal(json_text(json_get(j, "verdict.artifact")), SV("build-log.txt")));
    assert_true(json_double(json_get(j, "verdict.confidence"), &confidence));
    assert_true(confidence > 0.94 && confidence < 0.97);
    assert_true(sv_equal(json_text(json_get(j, "verdict.causes.0.id")), SV("c.compile")));
    assert_true(sv_equal(json_text(json_get(j, "findings.0.captures.file")), SV("main.c")));
    assert_true(sv_equal(json_text(json_get(j, "tests.0.outcome")), SV("failed")));
    assert_null(json_get(j, "tests.0.duration_ms").node);
    assert_true(sv_equal(json_text(json_get(j, "issues.0.file")), SV("main.c")));
    assert_true(sv_equal(json_text(json_get(j, "issues.0.severity")), SV("warning")));
    assert_true(sv_equal(json_text(json_get(j, "issues.0.message")), SV("m\xef\xbf\xbd")));
    assert_true(sv_equal(json_text(json_get(j, "issues.0.artifact")), SV("build-log.txt")));
    assert_true(json_i64(json_get(j, "issues.0.source_line"), &n) && n == 12);
    assert_true(json_i64(json_get(j, "issues.0.line"), &n) && n == 4);
    assert_null(json_get(j, "issues.0.source_column").node);
    assert_null(json_get(j, "issues.0.tool").node);
    assert_true(sv_equal(json_text(json_get(j, "problems.0.text")), SV("cut")));
    json_doc_done(&doc);
    buf_done(&text);
    result_free(r);
}

static void a_passed_build_has_an_outcome_and_no_cause(void **state)
{
    struct err err = {0};
    struct buf text;
    struct json_doc doc = {0};
    const struct build build = {.job = SV("j")};
    struct result *r = result_new(&build, 0, &err);
    (void)state;
    buf_init(&text, 1 << 20);
    r->verdict.outcome = OUTCOME_PASSED;
    assert_true(jsonw_write_take(result_to_json(r), false, &text, &err));
    assert_true(json_parse(buf_sv(&text), 1 << 20, &doc, &err));
    assert_true(sv_equal(json_text(json_get(json_root(&doc), "verdict.outcome")), SV("passed")));
    assert_null(json_get(json_root(&doc), "verdict.kind").node);
    assert_null(json_get(json_root(&doc), "issues").node);
    json_doc_done(&doc);
    buf_done(&text);
    result_free(r);
}

static void a_failed_allocation_is_an_error(void **state)
{
    struct err none = {0};
    struct result *r = sample(&none);
    (void)state;
    for (unsigned long n = 0; n < 200; n += 3) {
        struct err err = {0};
        struct buf text;
        buf_init(&text, 1 << 20);
        torture_arm(n);
        const bool ok = jsonw_write_take(result_to_json(r), false, &text, &err);
        torture_disarm();
        assert_true(ok || torture_fired());
        if (!ok)
            assert_int_equal(err.code, ERR_NOMEM);
        buf_done(&text);
    }
    result_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_object_says_all_that_is_known),
        cmocka_unit_test(a_passed_build_has_an_outcome_and_no_cause),
        cmocka_unit_test(a_failed_allocation_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
