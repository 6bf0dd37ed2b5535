#include "check.h"

#include "tally/night_make.h"
#include "torture.h"
#include "window_fixture.h"

#include <string.h>

static const struct flakes_options span = {
    .from_ms = FIXTURE_START + 2 * FIXTURE_DAY,
    .since_ms = FIXTURE_START + 3 * FIXTURE_DAY,
    .until_ms = FIXTURE_START + 4 * FIXTURE_DAY,
};

static struct night_make_options options_with(const struct history_run *run)
{
    return (struct night_make_options){.span = span,
                                       .now_ms = span.until_ms + 5,
                                       .last_report_ms = span.since_ms,
                                       .title = SV("acme"),
                                       .version = SV("1.2"),
                                       .rules_digest = SV("d1"),
                                       .run = run};
}

static struct night *make(struct fixture *f, const struct history_run *run)
{
    struct err err = {0};
    struct night *n = NULL;
    const struct night_make_options options = options_with(run);
    if (!night_make(fixture_window(f), &options, &n, &err))
        fail_msg("%s", err.why);
    fixture_done(f); /* a night stands without its window */
    return n;
}

static struct fixture *sample(void)
{
    struct fixture *f = fixture_new(0, 4 * FIXTURE_DAY);
    fixture_table(f, &(struct fixture_table){.job = "a",
                                             .type = TYPE_POSTSUBMIT,
                                             .step = 4 * FIXTURE_HOUR,
                                             .builds = "PPFPPP"
                                                       "PPPPPP"
                                                       "PPPPPI"
                                                       "PFPIAR",
                                             .codes = "                  ccdefg",
                                             .causes = "  q   "
                                                       "      "
                                                       "     q"
                                                       " q q  ",
                                             .rows = {{"T",
                                                       "PPFPPP"
                                                       "PPPPPP"
                                                       "PPPPP "
                                                       "FFP   ",
                                                       "text"},
                                                      {"U",
                                                       "PPPPPP"
                                                       "PPPPPP"
                                                       "PPPPP "
                                                       "P~P   ",
                                                       NULL},
                                                      {"V",
                                                       "PPPPPP"
                                                       "PPPPPP"
                                                       "PPPPP "
                                                       "PPPS  ",
                                                       NULL}}});
    return f;
}

static void the_headline_is_of_tonight(void **state)
{
    struct night *n = make(sample(), NULL);
    const struct night_headline *h = &n->headline;
    (void)state;
    assert_true(h->builds == 6 && h->passed == 2 && h->failed == 2 && h->infra == 1);
    assert_true(h->aborted == 1 && h->running == 1 && h->other == 0);
    assert_true(h->pass_raw.hits == 2 && h->pass_raw.of == 4);
    assert_true(h->pass_adjusted.hits == 2 && h->pass_adjusted.of == 3);
    assert_true(h->before_raw.hits == 11 && h->before_raw.of == 12);
    assert_true(h->tests_run == 3 && h->tests_failed == 1 && h->tests_flaky == 1);
    assert_true(h->retries == 1 && h->rescued == 1 && h->retests == 1);
    assert_int_equal(h->machine_ms, 5 * 600000);
    assert_int_equal(h->wasted_ms, 600000); /* the one of infrastructure */
    assert_int_equal(h->counts[NIGHT_QUIET], n->quiet_tests);
    assert_true(sv_equal(n->title, SV("acme")) && sv_equal(n->version, SV("1.2")));
    assert_true(n->since_ms == span.since_ms && n->from_ms == span.from_ms);
    assert_true(n->last_report_ms == span.since_ms && n->day_count == 2);
    night_free(n);
}

static void failed_builds_of_tonight_are_told_newest_first(void **state)
{
    struct night *n = make(sample(), NULL);
    (void)state;
    assert_int_equal(n->build_count, 2);
    assert_true(n->builds[0].infra && !n->builds[1].infra);
    assert_int_equal(n->builds[1].kind, KIND_TEST);
    assert_int_equal(n->builds[1].failed_tests, 1);
    assert_int_equal(n->builds[1].duration_ms, 600000);
    assert_int_equal(n->more_builds, 0);
    assert_true(sv_equal(n->builds[0].cluster, SV("c-q")));
    night_free(n);
}

static void a_build_that_fails_as_the_one_before_says_so(void **state)
{
    static const struct {
        const char *builds, *causes;
        bool same;
    } cases[] = {{"FF", "qq", true},   {"FF", "qz", false}, {"FPF", "q q", false},
                 {"FAF", "q q", true}, {"IF", "  ", false}, {"FF", "  ", true}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fixture *f = fixture_new(0, 4 * FIXTURE_DAY);
        fixture_table(f, &(struct fixture_table){.job = "a",
                                                 .start = 3 * FIXTURE_DAY,
                                                 .builds = cases[i].builds,
                                                 .causes = cases[i].causes});
        struct night *n = make(f, NULL);
        if (n->builds[0].same_before != cases[i].same)
            fail_msg("case %zu", i);
        night_free(n);
    }
}

static void the_heat_map_has_a_letter_a_run(void **state)
{
    struct night *n = make(sample(), NULL);
    (void)state;
    assert_int_equal(n->grid.test_count, 2); /* V always passed */
    /* The newest build in which one of them ran is the third of tonight. */
    assert_int_equal(n->grid.build_count, 3 + 5);
    assert_int_equal(strlen(n->grid.rows[0]), n->grid.build_count);
    assert_true(n->grid.builds[0].started_ms == span.since_ms + 8 * FIXTURE_HOUR);
    for (size_t i = 0; i < n->grid.test_count; i++) {
        const bool is_t = sv_equal(n->tests[n->grid.tests[i]].name, SV("T"));
        assert_string_equal(n->grid.rows[i], is_t ? "PFFPPPPP" : "P~PPPPPP");
    }
    night_free(n);
}

static void the_heat_map_holds_the_newest_hundred(void **state)
{
    struct fixture *f = fixture_new(0, 4 * FIXTURE_DAY);
    char runs[131];
    (void)state;
    memset(runs, 'P', 130);
    runs[130] = '\0';
    runs[0] = runs[40] = runs[129] = 'F';
    fixture_table(f, &(struct fixture_table){.job = "a",
                                             .start = 2 * FIXTURE_DAY,
                                             .step = FIXTURE_HOUR / 4,
                                             .rows = {{"T", runs, NULL}}});
    struct night *n = make(f, NULL);
    assert_int_equal(n->grid.build_count, NIGHT_GRID_BUILDS);
    assert_int_equal(n->grid.more_builds, 30);
    assert_int_equal(strlen(n->grid.rows[0]), NIGHT_GRID_BUILDS);
    assert_true(n->grid.rows[0][0] == 'F' && n->grid.rows[0][89] == 'F' &&
                n->grid.rows[0][1] == 'P');
    night_free(n);
}

static void what_the_run_did_is_told(void **state)
{
    static const struct sv troubles[] = {SV_INIT("host: HTTP 503")};
    const struct history_run run = {.listed = 9,
                                    .read = 6,
                                    .kept = 3,
                                    .rejudged = 2,
                                    .unreadable = 1,
                                    .problems = 4,
                                    .troubles = troubles,
                                    .trouble_count = 1};
    struct night *n = make(sample(), &run);
    (void)state;
    assert_true(n->self.listed == 9 && n->self.read == 6 && n->self.kept == 3);
    assert_true(n->self.rejudged == 2 && n->self.unreadable == 1 && n->self.problems == 4);
    assert_true(n->self.trouble_count == 1 && sv_equal(n->self.troubles[0], troubles[0]));
    assert_true(n->self.unknown.hits == 0 && n->self.unknown.of == 2);
    assert_false(n->self.broken);
    night_free(n);
}

static void a_night_that_cannot_be_believed_says_why(void **state)
{
    static const struct sv troubles[] = {SV_INIT("host: HTTP 503")};
    static const struct {
        struct history_run run;
        const char *why;
    } cases[] = {
        {{.listed = 9, .read = 6, .unreadable = 2}, NULL},
        {{.listed = 9, .read = 6, .unreadable = 3, .troubles = troubles, .trouble_count = 1},
         "3 of 6 builds could not be read: host: HTTP 503"},
        {{.listed = 9, .read = 6, .incomplete = true},
         "the run was stopped before everything was read"},
        {{.listed = 0}, "the list of builds is empty, and the history is not"},
        {{.listed = 9, .read = 0, .kept = 9}, NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct night *n = make(sample(), &cases[i].run);
        assert_int_equal(n->self.broken, cases[i].why != NULL);
        if (cases[i].why != NULL && !sv_equal(n->self.why_broken, sv_of(cases[i].why)))
            fail_msg("case %zu: %.*s", i, SV_ARG(n->self.why_broken));
        night_free(n);
    }
}

static void a_night_in_which_half_the_jobs_are_missing_is_broken(void **state)
{
    static const char *const jobs[] = {"a", "b", "c", "d"};
    (void)state;
    for (size_t missing = 1; missing < 4; missing++) {
        struct fixture *f = fixture_new(0, 4 * FIXTURE_DAY);
        for (size_t k = 0; k < COUNT_OF(jobs); k++)
            fixture_table(f,
                          &(struct fixture_table){.job = jobs[k],
                                                  .step = 12 * FIXTURE_HOUR,
                                                  .builds = k < missing ? "PPPPPP" : "PPPPPPPP"});
        struct night *n = make(f, NULL);
        assert_int_equal(n->self.missing_job_count, missing);
        assert_int_equal(n->self.broken, missing >= 2);
        if (missing == 2)
            assert_true(
                sv_equal(n->self.why_broken, SV("2 of 4 jobs that run on most days had no build")));
        night_free(n);
    }
}

static void an_empty_window_makes_an_empty_night(void **state)
{
    struct night *n = make(fixture_new(0, 4 * FIXTURE_DAY), NULL);
    (void)state;
    assert_true(n->test_count == 0 && n->job_count == 0 && n->build_count == 0);
    assert_true(n->cluster_count == 0 && n->grid.build_count == 0 && !n->self.broken);
    night_free(n);
}

static void a_failed_allocation_is_told(void **state)
{
    bool through = false;
    struct fixture *f = sample();
    const struct window *w = fixture_window(f);
    const struct night_make_options options = options_with(NULL);
    (void)state;
    for (unsigned long nth = 0; nth < 1000 && !through; nth++) {
        struct err err = {0};
        struct night *n = NULL;
        torture_arm(nth);
        const bool ok = night_make(w, &options, &n, &err);
        torture_disarm();
        through = !torture_fired();
        assert_int_equal(ok, through);
        assert_int_equal(err.code, ok ? ERR_NONE : ERR_NOMEM);
        night_free(n);
    }
    assert_true(through);
    fixture_done(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_headline_is_of_tonight),
        cmocka_unit_test(failed_builds_of_tonight_are_told_newest_first),
        cmocka_unit_test(a_build_that_fails_as_the_one_before_says_so),
        cmocka_unit_test(the_heat_map_has_a_letter_a_run),
        cmocka_unit_test(the_heat_map_holds_the_newest_hundred),
        cmocka_unit_test(what_the_run_did_is_told),
        cmocka_unit_test(a_night_that_cannot_be_believed_says_why),
        cmocka_unit_test(a_night_in_which_half_the_jobs_are_missing_is_broken),
        cmocka_unit_test(an_empty_window_makes_an_empty_night),
        cmocka_unit_test(a_failed_allocation_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
