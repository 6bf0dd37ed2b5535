#include "check.h"

#include "model/json.h"
#include "reported.h"

static struct reported r;

static struct json_doc parse(struct sv text)
{
    struct json_doc doc = {0};
    struct err err = {0};
    if (!json_parse(text, 64 << 20, &doc, &err))
        fail_msg("%s: %s", err.where, err.why);
    return doc;
}

static void assert_text(struct json j, const char *path, const char *wanted)
{
    const struct sv text = json_text(json_get(j, path));
    if (!sv_equal(text, sv_of(wanted)))
        fail_msg("%s is %.*s", path, SV_ARG(text));
}

static void one_document_holds_builds_and_totals(void **state)
{
    int64_t n = 0;
    struct result *results[] = {reported_failure("j", "18446744073709551615", SV("x")),
                                reported_result("j", "2", OUTCOME_PASSED)};
    (void)state;
    (void)reported_text(&r, "json", &reported_options, results, 2);
    struct json_doc doc = parse(buf_sv(&r.text));
    const struct json j = json_root(&doc);
    assert_true(json_i64(json_get(j, "schema"), &n) && n == 1);
    assert_text(j, "prowl", "1.2.3");
    assert_text(j, "rules", "d1");
    assert_int_equal(json_count(json_get(j, "builds")), 2);
    assert_text(j, "builds.0.build.id", "18446744073709551615");
    assert_text(j, "builds.0.verdict.kind", "compile");
    assert_text(j, "builds.0.verdict.artifact", "build-log.txt");
    assert_true(json_i64(json_get(j, "builds.0.verdict.line"), &n) && n == 3);
    assert_text(j, "builds.1.verdict.basis", "none");
    assert_null(json_get(j, "builds.1.verdict.kind").node);
    assert_true(json_i64(json_get(j, "totals.reported"), &n) && n == 2);
    assert_true(json_i64(json_get(j, "totals.outcomes.passed"), &n) && n == 1);
    assert_true(json_i64(json_get(j, "totals.advices.fix-code"), &n) && n == 1);
    json_doc_done(&doc);
    reported_done(&r);
    result_free(results[0]);
    result_free(results[1]);
}

static void lines_are_documents_and_the_last_has_the_totals(void **state)
{
    struct result *results[] = {reported_evil(), reported_result("j", "2", OUTCOME_PASSED)};
    struct sv line;
    size_t count = 0;
    (void)state;
    const char *text = reported_text(&r, "ndjson", &reported_options, results, 2);
    assert_int_equal(text[strlen(text) - 1], '\n');
    for (struct sv rest = sv_of(text); sv_cut(&rest, '\n', &line) && line.len > 0; count++) {
        struct json_doc doc = parse(line);
        const struct json j = json_root(&doc);
        assert_true(json_is_object(json_get(j, count < 2 ? "build" : "totals")));
        assert_true(count < 2 || json_get(j, "schema").node != NULL);
        json_doc_done(&doc);
    }
    assert_int_equal(count, 3);
    reported_done(&r);
    result_free(results[0]);
    result_free(results[1]);
}

static void hostile_bytes_come_back_as_text(void **state)
{
    static const struct {
        struct sv bytes;
        struct sv text;
    } cases[] = {
        {SV_INIT("a\xff\xfe z"), SV_INIT("a\xef\xbf\xbd\xef\xbf\xbd z")},
        {SV_INIT("\x1b[31m\"\\/\n"), SV_INIT("\x1b[31m\"\\/\n")},
        {SV_INIT("a\0b"), SV_INIT("a\0b")},
        {SV_INIT("\xed\xa0\x80"), SV_INIT("\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd")},
        {SV_INIT("</script>\xe2\x80\xa8"), SV_INIT("</script>\xe2\x80\xa8")},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct result *results[] = {reported_failure("j", "1", cases[i].bytes)};
        (void)reported_text(&r, "json", &reported_options, results, 1);
        assert_plain(r.text.data, "\n");
        struct json_doc doc = parse(buf_sv(&r.text));
        const struct sv got = json_text(json_get(json_root(&doc), "builds.0.verdict.excerpt"));
        assert_true(sv_equal(got, cases[i].text));
        json_doc_done(&doc);
        reported_done(&r);
        result_free(results[0]);
    }
}

static void what_the_run_missed_is_in_the_totals(void **state)
{
    bool yes = false;
    struct err err = {0};
    struct report_totals t = {.builds = 5,
                              .duplicates = 2,
                              .list_problem = SV("cut"),
                              .incomplete = true,
                              .host_count = 1,
                              .hosts = {{SV("h"), SV("refused"), 3}}};
    (void)state;
    r = (struct reported){0};
    assert_true(reported_run(&r, "json", &reported_options, NULL, 0, &t, &err));
    struct json_doc doc = parse(buf_sv(&r.text));
    const struct json j = json_get(json_root(&doc), "totals");
    assert_text(j, "list_problem", "cut");
    assert_text(j, "hosts.0.reason", "refused");
    assert_true(json_bool(json_get(j, "incomplete"), &yes) && yes);
    json_doc_done(&doc);
    reported_done(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_document_holds_builds_and_totals),
        cmocka_unit_test(lines_are_documents_and_the_last_has_the_totals),
        cmocka_unit_test(hostile_bytes_come_back_as_text),
        cmocka_unit_test(what_the_run_missed_is_in_the_totals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
