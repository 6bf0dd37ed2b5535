#include "check.h"

#include "tally/flakes_series.h"
#include "torture.h"
#include "window_fixture.h"

#define WEEK (7 * FIXTURE_DAY)

static const struct flakes_options span = {
    .from_ms = FIXTURE_START + 2 * FIXTURE_DAY,
    .since_ms = FIXTURE_START + 3 * FIXTURE_DAY,
    .until_ms = FIXTURE_START + 4 * FIXTURE_DAY,
};

static struct fixture *sample(void)
{
    struct fixture *f = fixture_new(0, WEEK);
    fixture_table(f, &(struct fixture_table){.job = "post",
                                             .type = TYPE_POSTSUBMIT,
                                             .step = 12 * FIXTURE_HOUR,
                                             .builds = "PFAPRPPP",
                                             .codes = "aabcdeff",
                                             .rows = {{"a", "PFU~ SEP", NULL},
                                                      {"b", "PP PPPPP", NULL},
                                                      {"c", "PPPP    ", NULL},
                                                      {"d", "SSSSSSSS", NULL}}});
    fixture_table(f, &(struct fixture_table){.job = "pull",
                                             .type = TYPE_PRESUBMIT,
                                             .start = 60000,
                                             .step = 12 * FIXTURE_HOUR,
                                             .pulls = "11223   ",
                                             .rows = {{"a", "PPPPPPPP", NULL}}});
    return f;
}

static void made(struct fixture *f, struct series *ret_series)
{
    struct err err = {0};
    static const struct outages none;
    if (!series_make(fixture_window(f), &none, &span, true, ret_series, &err))
        fail_msg("%s", err.why);
}

static void letters_are(const struct series *s, struct series_view v, const char *wanted)
{
    char got[64] = "";
    for (size_t i = 0; i < v.count; i++) {
        got[i] = "PFES~U"[v.runs[i].outcome];
        assert_true(i == 0 || v.runs[i - 1].build < v.runs[i].build);
        assert_in_range(v.runs[i].build, 0, s->w->build_count - 1);
    }
    assert_string_equal(got, wanted);
}

static void runs_are_in_order_without_skips_and_stops(void **state)
{
    struct fixture *f = sample();
    struct series s;
    (void)state;
    made(f, &s);
    /* Of post P F . ~ E P (U in an aborted build is none), of pull eight P between them. */
    letters_are(&s, series_of_test(&s, 0), "PPFPP~PPPEPPP");
    letters_are(&s, series_of_test(&s, 1), ""); /* always passed */
    letters_are(&s, series_of_job(&s, 0), "PFPPPP");
    letters_are(&s, series_of_job(&s, 1), "PPPPPPPP");
    assert_int_equal(s.always_passed, 1); /* b; c did not run in the window, d never ran */
    assert_int_equal(s.tests_tonight, 2);
    series_done(&s);
    fixture_done(f);
}

static void builds_share_code_and_pull_requests(void **state)
{
    struct fixture *f = sample();
    struct series s;
    uint32_t post[8], pull[8], posts = 0, pulls = 0;
    (void)state;
    made(f, &s);
    for (uint32_t i = 0; i < s.w->build_count; i++) {
        if (s.w->builds[i].job == 0)
            post[posts++] = i;
        else
            pull[pulls++] = i;
    }
    assert_int_equal(posts, 8);
    assert_true(s.code[post[0]] != 0 && s.code[post[0]] == s.code[post[1]]);
    assert_true(s.code[post[6]] != 0 && s.code[post[6]] == s.code[post[7]]);
    assert_int_not_equal(s.code[post[0]], s.code[post[6]]);
    assert_int_equal(s.code[post[2]], 0); /* ran once */
    assert_int_equal(s.pulls[post[0]], 0);
    assert_true(s.pulls[pull[0]] != 0 && s.pulls[pull[0]] == s.pulls[pull[1]]); /* other heads */
    assert_int_not_equal(s.pulls[pull[1]], s.pulls[pull[2]]);
    assert_int_equal(s.pulls[pull[5]], 0);
    assert_int_equal(s.failing_tests[post[1]], 1);
    assert_int_equal(s.failing_tests[post[3]], 0); /* rescued */
    series_done(&s);
    fixture_done(f);
}

static void days_end_with_the_span(void **state)
{
    static const struct {
        int64_t at;
        bool in;
        size_t day;
    } cases[] = {
        {-1, false, 0},
        {0, true, 0},
        {23 * FIXTURE_HOUR, true, 0},
        {24 * FIXTURE_HOUR, true, 1},
        {48 * FIXTURE_HOUR - 1, true, 1},
        {48 * FIXTURE_HOUR, false, 0},
    };
    struct flakes_options o = span;
    (void)state;
    assert_int_equal(series_day_count(&o), 2);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        size_t day = 99;
        assert_int_equal(series_day_of(&o, 2, span.from_ms + cases[i].at, &day), cases[i].in);
        if (cases[i].in)
            assert_int_equal(day, cases[i].day);
    }
    o.until_ms = o.from_ms + 1;
    assert_int_equal(series_day_count(&o), 1);
    o.until_ms = o.from_ms + 400 * FIXTURE_DAY;
    assert_int_equal(series_day_count(&o), NIGHT_MAX_DAYS);
    size_t day = 0;
    assert_false(series_day_of(&o, NIGHT_MAX_DAYS, o.from_ms, &day)); /* before the newest 90 */
}

static void a_failure_is_found_by_build_and_test(void **state)
{
    struct fixture *f = sample();
    struct series s;
    (void)state;
    made(f, &s);
    size_t found = 0;
    for (uint32_t i = 0; i < s.w->build_count; i++) {
        for (uint32_t t = 0; t < s.w->test_count; t++) {
            const struct window_failure *w = series_failure(s.w, i, t);
            if (w == NULL)
                continue;
            assert_true(w->build == i && w->test == t);
            found++;
        }
    }
    assert_int_equal(found, s.w->failure_count);
    assert_int_equal(found, 4);
    series_done(&s);
    fixture_done(f);
}

static void a_failed_allocation_is_told(void **state)
{
    bool through = false;
    struct fixture *f = sample();
    const struct window *w = fixture_window(f);
    static const struct outages none;
    (void)state;
    for (unsigned long nth = 0; nth < 200 && !through; nth++) {
        struct err err = {0};
        struct series s;
        torture_arm(nth);
        const bool ok = series_make(w, &none, &span, true, &s, &err);
        torture_disarm();
        through = !torture_fired();
        assert_int_equal(ok, through);
        assert_int_equal(err.code, ok ? ERR_NONE : ERR_NOMEM);
        if (ok)
            series_done(&s);
    }
    assert_true(through);
    fixture_done(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_are_in_order_without_skips_and_stops),
        cmocka_unit_test(builds_share_code_and_pull_requests),
        cmocka_unit_test(days_end_with_the_span),
        cmocka_unit_test(a_failure_is_found_by_build_and_test),
        cmocka_unit_test(a_failed_allocation_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
