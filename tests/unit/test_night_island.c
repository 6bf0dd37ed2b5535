#include "paged.h"

#include "model/json.h"
#include "report/night_island.h"

static const char *island_of(enum night_fixture_kind kind, struct paged *paged)
{
    struct night *n = night_fixture(kind);
    paged_begin(paged);
    night_island(&paged->page, n);
    const char *text = paged_end(paged);
    night_free(n);
    return text;
}

static void parse(const char *text, struct json_doc *ret_doc)
{
    struct err err = {0};
    assert_true(json_parse(sv_of(text), 8 << 20, ret_doc, &err));
}

static void rows_hold_what_the_night_holds(void **state)
{
    struct paged paged;
    struct json_doc doc;
    (void)state;
    parse(island_of(NIGHT_USUAL, &paged), &doc);
    const struct json root = json_root(&doc);
    assert_int_equal(json_count(json_get(root, "tests.rows")), 9);
    assert_int_equal(json_count(json_get(root, "clusters.rows")), 9);
    assert_int_equal(json_count(json_get(root, "jobs.rows")), 5);
    assert_int_equal(json_count(json_get(root, "builds.rows")), 8);
    assert_int_equal(json_count(json_get(root, "columns.rows")), 12);
    assert_int_equal(json_count(json_get(root, "grid.rows")), 9);
    static const struct {
        const char *path, *want;
    } cases[] = {
        {"tests.rows.0.c", "broken"},
        {"tests.rows.0.q", "e2e/storage.Volume."},
        {"tests.rows.0.n", "attaches a second disk"},
        {"tests.rows.0.x", "20 140 9.4 21.0"},
        {"tests.rows.0.y", "00000000000677"},
        {"tests.rows.0.r.0.x", "volume vol-7: attach: expected phase Bound, got Pending"},
        {"tests.rows.0.r.0.g", "https://prow.example/view/gs/ci/logs/periodic-rocket-e2e/"
                               "1700000000#1:build-log.txt%3A900"},
        {"tests.rows.0.h.b", "0870a1b2c3d4"},
        {"grid.rows.0.g", "FFFFFFFFFPPP"},
        {"jobs.rows.0.e", "FFFFFFFFFPIOPPPP"},
        {"builds.rows.0.k", "test/ginkgo"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct sv got = json_text(json_get(root, cases[i].path));
        if (!sv_equal(got, sv_of(cases[i].want)))
            fail_msg("%s: %.*s", cases[i].path, SV_ARG(got));
    }
    json_doc_done(&doc);
    paged_done(&paged);
}

static void nothing_in_it_is_markup(void **state)
{
    struct paged paged;
    struct json_doc doc;
    (void)state;
    const char *text = island_of(NIGHT_EVIL, &paged);
    assert_null(strpbrk(text, "<>&\x1b\x07\r\t"));
    assert_null(strstr(text, "\xe2\x80\xae")); /* nor turned round, nor ended */
    assert_null(strstr(text, "\xe2\x80\xa8"));
    assert_null(strstr(text, "javascript:"));
    parse(text, &doc);
    const struct json root = json_root(&doc);
    assert_true(sv_starts(json_text(json_get(root, "tests.rows.0.n")),
                          SV("</script><img src=x onerror=alert(1)>")));
    assert_true(sv_starts(json_text(json_get(root, "tests.rows.0.r.0.g")),
                          SV("https://prow.example/a%22%3E%3Cscript%3E")));
    assert_int_equal(json_text(json_get(root, "tests.rows.0.r.0.u")).len, 0);
    json_doc_done(&doc);
    paged_done(&paged);
}

static size_t rows_and_left(struct json root, const char *name)
{
    int64_t left = 0;
    const struct json list = json_get(root, name);
    assert_true(json_i64(json_get(list, "left"), &left));
    return json_count(json_get(list, "rows")) + (size_t)left;
}

static void what_does_not_fit_is_counted(void **state)
{
    struct paged paged;
    struct json_doc doc;
    (void)state;
    const char *text = island_of(NIGHT_LARGE, &paged);
    assert_in_range(strlen(text), 1000000, 1800000);
    parse(text, &doc);
    const struct json root = json_root(&doc);
    assert_int_equal(rows_and_left(root, "tests"), NIGHT_MAX_TESTS + 123);
    assert_int_equal(rows_and_left(root, "clusters"), NIGHT_MAX_CLUSTERS + 77);
    assert_int_equal(rows_and_left(root, "builds"), NIGHT_MAX_BUILDS + 55);
    assert_int_equal(rows_and_left(root, "jobs"), 400);
    assert_int_equal(json_count(json_get(root, "grid.rows")), NIGHT_GRID_TESTS);
    assert_int_equal(json_count(json_get(root, "columns.rows")), NIGHT_GRID_BUILDS);
    assert_in_range(json_count(json_get(root, "tests.rows")), 500, NIGHT_MAX_TESTS - 1);
    json_doc_done(&doc);
    paged_done(&paged);
}

static void text_of_markup_alone_keeps_to_the_limit(void **state)
{
    struct paged paged;
    struct night *n = night_fixture(NIGHT_LARGE);
    char angles[301];
    (void)state;
    memset(angles, '<', sizeof(angles) - 1);
    angles[300] = '\0';
    for (size_t i = 0; i < n->test_count; i++)
        n->tests[i].name = n->tests[i].message = sv_of(angles);
    paged_begin(&paged);
    night_island(&paged.page, n);
    assert_in_range(strlen(paged_end(&paged)), 1000000, 1800000);
    night_free(n);
    paged_done(&paged);
}

static void an_empty_night_has_empty_lists(void **state)
{
    struct paged paged;
    (void)state;
    assert_string_equal(
        island_of(NIGHT_EMPTY, &paged),
        "{\"columns\":{\"rows\":[],\"left\":0},\n\"grid\":{\"rows\":[],\"left\":0},\n"
        "\"tests\":{\"rows\":[],\"left\":0},\n\"clusters\":{\"rows\":[],\"left\":0},\n"
        "\"jobs\":{\"rows\":[],\"left\":0},\n\"builds\":{\"rows\":[],\"left\":0},\n"
        "\"version\":1}");
    paged_done(&paged);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_hold_what_the_night_holds),
        cmocka_unit_test(nothing_in_it_is_markup),
        cmocka_unit_test(what_does_not_fit_is_counted),
        cmocka_unit_test(text_of_markup_alone_keeps_to_the_limit),
        cmocka_unit_test(an_empty_night_has_empty_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
