#include "check.h"
#include "torture.h"

#include "model/build_json.h"

struct fixture {
    struct arena arena;
    struct err err;
};

static int set_up(void **state)
{
    static struct fixture f;
    f = (struct fixture){0};
    arena_init(&f.arena, 4 << 20);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    arena_done(&((struct fixture *)*state)->arena);
    return 0;
}

static bool prowjob(struct fixture *f, const char *text, struct build *b)
{
    struct json_doc doc = {0};
    assert_true(json_parse(sv_of(text), 1 << 20, &doc, &f->err));
    const bool ok = build_from_prowjob(json_root(&doc), &f->arena, b, &f->err);
    json_doc_done(&doc);
    return ok;
}

static const char full[] =
    "{\"metadata\":{\"name\":\"0b0e-uuid\",\"creationTimestamp\":\"2024-03-01T10:00:00Z\","
    "\"labels\":{"
    "\"ci-operator.openshift.io/cloud-cluster-profile\":\"aws-2\",\"prow.k8s.io/"
    "retest\":\"true\"}},"
    "\"spec\":{\"type\":\"presubmit\",\"job\":\"pull-x\",\"cluster\":\"build03\",\"context\":\"ci/"
    "x\","
    "\"refs\":{\"org\":\"acme\",\"repo\":\"rocket\",\"base_ref\":\"main\",\"base_sha\":\"aa\","
    "\"pulls\":[{\"number\":7,\"author\":\"zo\xc3\xab\",\"sha\":\"bb\",\"title\":\"t\"}]},"
    "\"extra_refs\":[{\"org\":\"acme\",\"repo\":\"tools\"}],"
    "\"pod_spec\":{\"containers\":[{\"args\":[\"--target=e2e-aws\",\"--variant=v1\",\"--target="
    "no\"]}]}},"
    "\"status\":{\"state\":\"failure\",\"startTime\":\"2024-03-01T10:00:01Z\","
    "\"completionTime\":\"2024-03-01T11:00:00Z\",\"description\":\"Job failed.\","
    "\"url\":\"https://deck.example/view/gs/b/pr-logs/pull/acme_rocket/7/pull-x/"
    "1763500000000000000\","
    "\"build_id\":\"1763500000000000000\"}}";

static void a_prowjob_fills_in_a_build(void **state)
{
    struct fixture *f = *state;
    struct build b = {0};
    assert_true(prowjob(f, full, &b));
    assert_true(sv_equal(b.job, SV("pull-x")));
    assert_true(sv_equal(b.id, SV("1763500000000000000")));
    assert_int_equal(b.type, TYPE_PRESUBMIT);
    assert_int_equal(b.state, STATE_FAILURE);
    assert_int_equal(b.finished_ms - b.started_ms, 3599000);
    assert_true(sv_equal(b.profile, SV("aws-2")));
    assert_true(sv_equal(b.target, SV("e2e-aws")));
    assert_true(sv_equal(b.variant, SV("v1")));
    assert_true(sv_equal(b.author, SV("zo\xc3\xab")));
    assert_int_equal(b.refs.pulls[0].number, 7);
    assert_true(sv_equal(b.extra_refs[0].repo, SV("tools")));
    assert_true(b.retest);
    assert_int_equal(b.store, STORE_GS);
    assert_true(sv_equal(b.bucket, SV("b")));
    assert_true(sv_equal(b.key, SV("pr-logs/pull/acme_rocket/7/pull-x/1763500000000000000")));
}

static void what_a_prowjob_does_not_say_stays(void **state)
{
    struct fixture *f = *state;
    struct build b = {
        .id = SV("5"), .state = STATE_PENDING, .started_ms = 77, .target = SV("kept")};
    assert_true(prowjob(f,
                        "{\"metadata\":{\"creationTimestamp\":null},\"spec\":{\"job\":\"j\"},"
                        "\"status\":{\"startTime\":null,\"url\":\"\"}}",
                        &b));
    assert_true(sv_equal(b.id, SV("5")));
    assert_int_equal(b.state, STATE_PENDING);
    assert_int_equal(b.started_ms, 77);
    assert_true(sv_equal(b.target, SV("kept")));
}

static void an_unknown_state_is_kept_as_its_text(void **state)
{
    struct fixture *f = *state;
    struct build b = {0};
    assert_true(prowjob(f, "{\"spec\":{\"job\":\"j\"},\"status\":{\"state\":\"paused\"}}", &b));
    assert_int_equal(b.state, STATE_UNKNOWN);
    assert_true(sv_equal(b.state_text, SV("paused")));
}

static void odd_types_are_no_crash(void **state)
{
    struct fixture *f = *state;
    struct build b = {0};
    assert_false(prowjob(f, "{\"spec\":{}}", &b));
    assert_int_equal(f->err.code, ERR_FORMAT);
    f->err = (struct err){0};
    assert_false(prowjob(f, "[]", &b));
    f->err = (struct err){0};
    assert_true(prowjob(
        f,
        "{\"spec\":{\"job\":\"j\",\"refs\":[],\"extra_refs\":{},\"pod_spec\":3},\"status\":\"x\"}",
        &b));
    assert_true(prowjob(f,
                        "{\"spec\":{\"job\":\"j\",\"refs\":{\"pulls\":[1,null,{}]},\"pod_spec\":{"
                        "\"containers\":[null,{}]}}}",
                        &b));
    assert_int_equal(b.refs.pull_count, 3);
}

static void a_line_reads_back_to_the_same_line(void **state)
{
    struct fixture *f = *state;
    struct build b = {0}, back;
    struct buf line, again;
    buf_init(&line, 1 << 16);
    buf_init(&again, 1 << 16);
    assert_true(prowjob(f, full, &b));
    assert_true(build_to_line(&b, &line, &f->err));
    assert_true(sv_ends(buf_sv(&line), SV("}\n")));
    assert_true(build_from_line(buf_sv(&line), &f->arena, &back, &f->err));
    assert_true(build_to_line(&back, &again, &f->err));
    assert_string_equal(line.data, again.data);
    buf_done(&line);
    buf_done(&again);
}

static void a_line_that_is_wrong_says_which_member(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *line, *word;
    } cases[] = {
        {"{}", "job"},
        {"[]", "object"},
        {"{\"job\":\"j\",\"started\":\"soon\"}", "started"},
        {"{\"job\":\"j\",\"type\":\"x\"}", "type"},
        {"{\"job\":\"j\",\"state\":\"x\"}", "state"},
        {"{\"job\":\"j\",\"store\":\"tape\"}", "store"},
        {"not json", "line 1"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct build b;
        f->err = (struct err){0};
        assert_false(build_from_line(sv_of(cases[i].line), &f->arena, &b, &f->err));
        assert_int_equal(f->err.code, ERR_FORMAT);
        if (strstr(f->err.why, cases[i].word) == NULL)
            fail_msg("%s: %s", cases[i].line, f->err.why);
    }
}

static void spyglass_links_name_a_place(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *url, *bucket, *key;
        enum store store;
    } cases[] = {
        {"https://d/view/gs/b/logs/j/1", "b", "logs/j/1", STORE_GS},
        {"https://d/view/gcs/b/logs/j/1/", "b", "logs/j/1", STORE_GS},
        {"https://d/view/s3/b/logs/j/1?x=y#z", "b", "logs/j/1", STORE_S3},
        {"https://d/view/b/logs/j/1", "b", "logs/j/1", STORE_GS},
        {"https://d/build/gcs/b/logs/j/1", "b", "logs/j/1", STORE_GS},
    };
    static const char *const none[] = {"", "https://d/", "https://d/view/", "https://d/view/gs/b",
                                       "https://d/view/gs/b/"};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct build b = {0};
        assert_true(build_place_from_url(sv_of(cases[i].url), &f->arena, &b, &f->err));
        assert_true(sv_equal(b.bucket, sv_of(cases[i].bucket)));
        assert_true(sv_equal(b.key, sv_of(cases[i].key)));
        assert_int_equal(b.store, cases[i].store);
    }
    for (size_t i = 0; i < COUNT_OF(none); i++) {
        struct build b = {0};
        assert_false(build_place_from_url(sv_of(none[i]), &f->arena, &b, &f->err));
    }
}

static void a_failed_allocation_is_an_error(void **state)
{
    (void)state;
    struct json_doc doc = {0};
    struct err err = {0};
    assert_true(json_parse(sv_of(full), 1 << 20, &doc, &err));
    for (unsigned long n = 0; n < 6; n++) {
        struct arena a;
        struct build b = {0};
        err = (struct err){0};
        arena_init(&a, 1 << 20);
        torture_arm(n);
        const bool ok = build_from_prowjob(json_root(&doc), &a, &b, &err);
        torture_disarm();
        assert_true(ok != torture_fired());
        arena_done(&a);
    }
    json_doc_done(&doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_prowjob_fills_in_a_build, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_a_prowjob_does_not_say_stays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_unknown_state_is_kept_as_its_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(odd_types_are_no_crash, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_line_reads_back_to_the_same_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_line_that_is_wrong_says_which_member, set_up, tear_down),
        cmocka_unit_test_setup_teardown(spyglass_links_name_a_place, set_up, tear_down),
        cmocka_unit_test(a_failed_allocation_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
