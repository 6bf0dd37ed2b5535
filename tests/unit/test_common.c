#include "check.h"

#include "report/common.h"
#include "reported.h"
#include "torture.h"

static const struct {
    struct sv text;
    size_t max;
    const char *line;
} lines[] = {
    {SV_INIT("one two"), 100, "one two"},
    {SV_INIT("  one \t two \n"), 100, "one two"},
    {SV_INIT("one\n\n  two\r\nthree"), 100, "one two three"},
    {SV_INIT("a\x1b[31mb"), 100, "a\xef\xbf\xbd[31mb"},
    {SV_INIT("a\0b"), 100, "a b"},
    {SV_INIT(""), 100, ""},
    {SV_INIT(" \n "), 100, ""},
    {SV_INIT("abcdef"), 3, "abc\xe2\x80\xa6"},
    {SV_INIT("ab cdef"), 4, "ab c\xe2\x80\xa6"},
    {SV_INIT("abc def"), 3, "abc \xe2\x80\xa6"},
    {SV_INIT("a\xc3\xb6\xc3\xb6"), 2, "a\xe2\x80\xa6"},
    {SV_INIT("\xff\xff\xff x"), 3, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd \xe2\x80\xa6"},
    {SV_INIT("abc"), 0, "\xe2\x80\xa6"},
};

static void text_becomes_one_safe_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct buf out;
        struct err err = {0};
        buf_init(&out, 1000);
        assert_true(buf_add(&out, SV("before "), &err));
        assert_true(common_one_line(lines[i].text, lines[i].max, &out, &err));
        assert_string_equal(out.data + 7, lines[i].line);
        buf_done(&out);
    }
}

static void states_have_the_numbers_of_go_scrape_prow(void **state)
{
    static const struct {
        enum outcome outcome;
        enum build_state list;
        const char *list_text;
        int number;
        const char *name;
    } cases[] = {
        {OUTCOME_PASSED, STATE_SUCCESS, "", 0, "success"},
        {OUTCOME_RUNNING, STATE_PENDING, "", 1, "pending"},
        {OUTCOME_RUNNING, STATE_UNKNOWN, "", 1, "pending"},
        {OUTCOME_FAILED, STATE_FAILURE, "", 2, "failure"},
        {OUTCOME_ABORTED, STATE_ABORTED, "", 3, "aborted"},
        {OUTCOME_ERROR, STATE_ERROR, "", 10, "error"},
        {OUTCOME_ERROR, STATE_FAILURE, "", 10, "error"},
        {OUTCOME_RUNNING, STATE_TRIGGERED, "", 10, "triggered"},
        {OUTCOME_RUNNING, STATE_SCHEDULING, "", 10, "scheduling"},
        {OUTCOME_UNKNOWN, STATE_UNKNOWN, "Paused", 10, "Paused"},
        {OUTCOME_UNKNOWN, STATE_UNKNOWN, "", 10, "unknown"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct result r = {
            .build = {.state = cases[i].list, .state_text = sv_of(cases[i].list_text)},
            .verdict = {.outcome = cases[i].outcome}};
        assert_int_equal(common_state_int(&r), cases[i].number);
        assert_true(sv_equal(common_state(&r), sv_of(cases[i].name)));
    }
}

static void a_flake_needs_evidence(void **state)
{
    static const struct {
        enum outcome outcome;
        bool flake;
        const char *passed_id;
        enum test_step step;
        enum cause_class class_;
        enum flake answer;
    } cases[] = {
        {OUTCOME_FAILED, false, "", TEST_STEP_RAN, CLASS_TEST, FLAKE_NO},
        {OUTCOME_FAILED, false, "", TEST_STEP_RAN, CLASS_INFRA, FLAKE_NO},
        {OUTCOME_FAILED, false, "", TEST_STEP_NOT_RUN, CLASS_INFRA, FLAKE_NOT_RUN},
        {OUTCOME_FAILED, false, "", TEST_STEP_NOT_RUN, CLASS_UNKNOWN, FLAKE_NOT_RUN},
        {OUTCOME_FAILED, false, "", TEST_STEP_NOT_RUN, CLASS_CONFIG, FLAKE_NOT_RUN},
        /* The source did not compile, so that no test ran: that is no flake. */
        {OUTCOME_FAILED, false, "", TEST_STEP_NOT_RUN, CLASS_BUILD, FLAKE_NO},
        {OUTCOME_FAILED, false, "", TEST_STEP_NOT_RUN, CLASS_LINT, FLAKE_NO},
        {OUTCOME_FAILED, false, "", TEST_STEP_UNKNOWN, CLASS_INFRA, FLAKE_INFRA},
        {OUTCOME_FAILED, false, "", TEST_STEP_UNKNOWN, CLASS_TEST, FLAKE_NO},
        {OUTCOME_FAILED, true, "", TEST_STEP_RAN, CLASS_TEST, FLAKE_TESTS},
        {OUTCOME_FAILED, true, "5", TEST_STEP_RAN, CLASS_TEST, FLAKE_SAME_CODE},
        {OUTCOME_PASSED, true, "", TEST_STEP_UNKNOWN, CLASS_UNKNOWN, FLAKE_NO},
        {OUTCOME_ABORTED, false, "", TEST_STEP_NOT_RUN, CLASS_INFRA, FLAKE_NO},
        {OUTCOME_ERROR, false, "", TEST_STEP_UNKNOWN, CLASS_INFRA, FLAKE_NO},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct result r = {.verdict = {.outcome = cases[i].outcome,
                                             .flake = cases[i].flake,
                                             .class_ = cases[i].class_,
                                             .infra = cases[i].class_ == CLASS_INFRA},
                                 .passed_id = sv_of(cases[i].passed_id),
                                 .test_step = cases[i].step};
        if (common_flake(&r) != cases[i].answer)
            fail_msg("case %zu: %s", i, common_flake_text(common_flake(&r)));
        if (cases[i].outcome == OUTCOME_FAILED)
            assert_int_equal(common_state_int(&r), cases[i].answer == FLAKE_NO ? 2 : 4);
    }
}

typedef bool link_fn(const struct build *b, struct buf *out, struct err *err);

static const char *written(link_fn *fn, const struct build *b)
{
    static char text[4096];
    struct buf out;
    struct err err = {0};
    buf_init(&out, sizeof(text) - 1);
    assert_true(fn(b, &out, &err));
    (void)snprintf(text, sizeof(text), "%.*s", SV_ARG(buf_sv(&out)));
    buf_done(&out);
    return text;
}

static void links_are_made_of_what_is_known(void **state)
{
    struct build b = {.refs = {.org = SV("acme"), .repo = SV("rocket")}};
    static const struct pull pulls[] = {{.number = 7}, {.number = 9}};
    (void)state;
    assert_string_equal(written(common_pull_link, &b), "");
    assert_string_equal(written(common_repo, &b), "acme/rocket");
    b.refs.pulls = pulls;
    b.refs.pull_count = 2;
    assert_string_equal(written(common_pull_link, &b), "https://github.com/acme/rocket/pull/7");
    assert_string_equal(written(common_repo, &b), "acme/rocket#7,9");
    b.refs.org = SV("https://gerrit.example");
    assert_string_equal(written(common_pull_link, &b), "7");
    assert_string_equal(written(common_yaml_link, &b), "");
    b.deck = SV("https://prow.example");
    assert_string_equal(written(common_yaml_link, &b), "");
    b.name = SV("0b0e");
    assert_string_equal(written(common_yaml_link, &b), "https://prow.example/prowjob?prowjob=0b0e");
}

static void artifacts_are_shown_where_a_person_can_look(void **state)
{
    static const struct {
        enum store store;
        const char *web, *link;
    } cases[] = {
        {STORE_GS, "https://gcsweb.example/gcs", "https://gcsweb.example/gcs/bkt/logs/j/1/"},
        {STORE_GS, "", "gs://bkt/logs/j/1/"},
        {STORE_S3, "https://gcsweb.example/gcs", "s3://bkt/logs/j/1/"},
        {STORE_FOLDER, "https://gcsweb.example/gcs", "logs/j/1"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf out;
        struct err err = {0};
        const struct build b = {
            .store = cases[i].store, .bucket = SV("bkt"), .key = SV("logs/j/1")};
        const struct report_options o = {.artifacts_url = sv_of(cases[i].web)};
        buf_init(&out, 1000);
        assert_true(common_artifacts_link(&o, &b, &out, &err));
        assert_string_equal(out.data, cases[i].link);
        buf_done(&out);
    }
}

static void the_link_of_a_verdict_leads_to_its_line(void **state)
{
    struct err err = {0};
    struct buf out;
    struct result *r = reported_failure("j", "1", SV("boom"));
    (void)state;
    buf_init(&out, 1000);
    assert_true(common_link(r, &out, &err));
    assert_string_equal(out.data, "https://prow.example/view/gs/bkt/logs/j/1#1:build-log.txt%3A3");
    buf_reset(&out);
    r->artifacts[0].path = SV("artifacts/junit.xml");
    r->artifacts[0].url = SV("https://store.example/junit.xml");
    assert_true(common_link(r, &out, &err));
    assert_string_equal(out.data, "https://store.example/junit.xml");
    buf_reset(&out);
    r->artifacts[0].url = SV("logs/build-log.txt");
    assert_true(common_link(r, &out, &err));
    assert_string_equal(out.data, "logs/build-log.txt:3");
    buf_reset(&out);
    r->artifacts[0].url = SV(""); /* then the build's page, without the line of another file */
    assert_true(common_link(r, &out, &err));
    assert_string_equal(out.data, "https://prow.example/view/gs/bkt/logs/j/1");
    buf_done(&out);
    result_free(r);
}

static void causes_are_sorted_by_number_and_name(void **state)
{
    struct err err = {0};
    struct strmap causes;
    size_t order[3];
    const struct verdict b = {.kind = KIND_DNS, .class_ = CLASS_INFRA, .advice = ADVICE_RETRY};
    const struct verdict a = {.kind = KIND_COMPILE, .detail = SV("c"), .class_ = CLASS_BUILD};
    const struct verdict c = {.kind = KIND_TEST, .class_ = CLASS_TEST};
    (void)state;
    strmap_init(&causes, 1 << 20);
    assert_true(common_count_cause(&causes, &c, &err) && common_count_cause(&causes, &b, &err) &&
                common_count_cause(&causes, &a, &err) && common_count_cause(&causes, &b, &err));
    assert_true(common_sort_causes(&causes, order, &err));
    assert_int_equal(causes.count, 3);
    assert_true(sv_equal(strmap_at(&causes, order[0])->key, SV("dns")));
    assert_true(sv_equal(strmap_at(&causes, order[1])->key, SV("compile/c")));
    assert_true(sv_equal(strmap_at(&causes, order[2])->key, SV("test")));
    const struct cause_count n = common_cause_count(strmap_at(&causes, order[0]));
    assert_int_equal(n.builds, 2);
    assert_int_equal(n.class_, CLASS_INFRA);
    assert_int_equal(n.advice, ADVICE_RETRY);
    strmap_done(&causes);
}

static void the_summary_says_how_it_went_and_what_to_do(void **state)
{
    struct err err = {0};
    struct buf out;
    struct report_totals t = {.reported = 10, .explained = 6, .flaky_builds = 1};
    (void)state;
    t.outcomes[OUTCOME_PASSED] = 3;
    t.outcomes[OUTCOME_FAILED] = 4;
    t.outcomes[OUTCOME_ERROR] = 1;
    t.outcomes[OUTCOME_ABORTED] = 1;
    t.outcomes[OUTCOME_RUNNING] = 1;
    t.classes[CLASS_INFRA] = 2;
    t.kinds[KIND_UNKNOWN] = 1;
    t.advices[ADVICE_RETRY] = 2;
    t.advices[ADVICE_FIX_CODE] = 3;
    t.advices[ADVICE_UNKNOWN] = 1;
    buf_init(&out, 10000);
    assert_true(common_headline(&t, 2, &out, &err) && buf_add_char(&out, '\n', &err) &&
                common_summary(&t, &out, &err));
    assert_string_equal(
        out.data,
        "10 builds of 2 jobs: 3 passed, 4 failed, 1 not run by the CI system, 1 aborted, 1 "
        "running\n"
        "Pass rate 38 %: 3 of 8 that came to an end.\n"
        "Of the 6 that did not pass, 2 (33 %) failed for infrastructure, 1 (17 %) for no known "
        "cause.\n"
        "What to do: fix the code 3, retry 2, look at it 1.\n"
        "Flaky: 1 build, where tests or the whole job failed and passed on the same code.\n");
    buf_reset(&out);
    t = (struct report_totals){.reported = 1, .explained = 1};
    t.outcomes[OUTCOME_FAILED] = 1;
    assert_true(common_headline(&t, 0, &out, &err) && common_summary(&t, &out, &err));
    assert_string_equal(out.data, "1 build: 1 failed");
    buf_reset(&out);
    t = (struct report_totals){0};
    assert_true(common_headline(&t, 0, &out, &err) && common_summary(&t, &out, &err));
    assert_string_equal(out.data, "0 builds");
    buf_done(&out);
}

static void a_loose_log_has_its_files_name(void **state)
{
    static const struct {
        struct build build;
        const char *name;
    } cases[] = {
        {{.job = SV_INIT("j"), .id = SV_INIT("1"), .store = STORE_GS}, "j 1"},
        {{.job = SV_INIT("j"), .store = STORE_NONE}, "j"},
        {{.job = SV_INIT("d"), .id = SV_INIT("a.log"), .store = STORE_FILE}, "a.log"},
        {{.id = SV_INIT("-"), .store = STORE_STDIN}, "standard input"},
        {{.id = SV_INIT("a\x1b.log"), .store = STORE_FILE}, "a\xef\xbf\xbd.log"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_string_equal(written(common_build_name, &cases[i].build), cases[i].name);
}

static void times_come_from_whoever_knows(void **state)
{
    struct result r = {.build = {.id = SV("1763500000000000000"), .created_ms = 3},
                       .claim = {.started_ms = 2, .finished_ms = 8}};
    (void)state;
    assert_int_equal(common_started(&r), 2);
    assert_int_equal(common_finished(&r), 8);
    r.build.started_ms = 1;
    r.build.finished_ms = 9;
    assert_int_equal(common_started(&r), 1);
    assert_int_equal(common_finished(&r), 9);
    r.build.started_ms = r.claim.started_ms = 0;
    assert_int_equal(common_started(&r), 3);
    r.build.created_ms = 0;
    assert_true(common_started(&r) > 1600000000000); /* in the id */
    r.build.id = SV("17");
    assert_int_equal(common_started(&r), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_becomes_one_safe_line),
        cmocka_unit_test(states_have_the_numbers_of_go_scrape_prow),
        cmocka_unit_test(a_flake_needs_evidence),
        cmocka_unit_test(links_are_made_of_what_is_known),
        cmocka_unit_test(artifacts_are_shown_where_a_person_can_look),
        cmocka_unit_test(the_link_of_a_verdict_leads_to_its_line),
        cmocka_unit_test(causes_are_sorted_by_number_and_name),
        cmocka_unit_test(the_summary_says_how_it_went_and_what_to_do),
        cmocka_unit_test(a_loose_log_has_its_files_name),
        cmocka_unit_test(times_come_from_whoever_knows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
