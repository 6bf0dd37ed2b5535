#include "night_shown.h"

#include "model/json.h"

static struct json_doc doc;

static struct json parsed(enum night_fixture_kind kind)
{
    struct err err = {0};
    json_doc_done(&doc);
    const char *text = night_shown("json", kind);
    if (!json_parse(sv_of(text), (size_t)1 << 30, &doc, &err))
        fail_msg("%s", err.why);
    return json_root(&doc);
}

static void figures_are_those_of_the_night(void **state)
{
    int64_t number = 0;
    double real = 0;
    bool yes = false;
    (void)state;
    const struct json j = parsed(NIGHT_USUAL);
    assert_true(json_i64(json_get(j, "schema"), &number) && number == 1);
    assert_true(sv_equal(json_text(json_get(j, "until")), SV("2026-03-12T05:00:00Z")) ||
                sv_equal(json_text(json_get(j, "until")), SV("2026-03-12T05:00:00.000Z")));
    assert_true(json_i64(json_get(j, "headline.failed"), &number) && number == 8);
    assert_true(json_i64(json_get(j, "headline.classes.got-worse"), &number) && number == 1);
    assert_true(json_double(json_get(j, "headline.pass_raw.low"), &real) && real > 0.68 &&
                real < 0.69);
    assert_int_equal(json_count(json_get(j, "tests")), 9);
    assert_true(sv_equal(json_text(json_get(j, "tests.0.class")), SV("broken")));
    assert_int_equal(json_count(json_get(j, "tests.0.days")), 14);
    assert_true(sv_equal(json_text(json_get(j, "tests.4.evidence.1")), SV("same-code")));
    assert_true(sv_equal(json_text(json_get(j, "clusters.0.id")), SV("a07e44d1c9b8")));
    assert_true(json_bool(json_get(j, "jobs.3.missing"), &yes) && yes);
    assert_true(json_bool(json_get(j, "self.broken"), &yes) && !yes);
    assert_true(sv_equal(json_text(json_get(j, "grid.rows.2.cells")), SV("PF~PFPPFPPPP")));
}

static void what_is_not_known_is_absent(void **state)
{
    (void)state;
    const struct json j = parsed(NIGHT_USUAL);
    assert_null(json_get(j, "tests.0.retry_rate").node); /* it was -1 */
    assert_null(json_get(j, "tests.1.change").node);
    assert_null(json_get(j, "jobs.3.latest").node);
    assert_null(json_get(j, "builds.7.line").node);
    assert_null(json_get(j, "self.why_broken").node);
    assert_non_null(json_get(j, "tests.0.change.at").node);
}

static void a_large_night_is_whole_and_hostile_text_is_text(void **state)
{
    (void)state;
    assert_int_equal(json_count(json_get(parsed(NIGHT_LARGE), "tests")), NIGHT_MAX_TESTS);
    assert_int_equal(json_count(json_get(json_root(&doc), "clusters")), NIGHT_MAX_CLUSTERS);
    assert_int_equal(json_count(json_get(json_root(&doc), "grid.rows")), NIGHT_GRID_TESTS);
    (void)parsed(NIGHT_EVIL);
    assert_harmless(shown.text.data);
}

static void a_full_disk_is_told(void **state)
{
    (void)state;
    assert_full_disk_is_told("json");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_are_those_of_the_night),
        cmocka_unit_test(what_is_not_known_is_absent),
        cmocka_unit_test(a_large_night_is_whole_and_hostile_text_is_text),
        cmocka_unit_test(a_full_disk_is_told),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    json_doc_done(&doc);
    buf_done(&shown.text);
    return failed;
}
