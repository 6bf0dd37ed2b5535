#include "check.h"

#include "tally/flakes_class.h"
#include "torture.h"
#include "window_fixture.h"

#include <string.h>

#define END (FIXTURE_START + 14 * FIXTURE_DAY)

static struct window_job jobs[] = {{SV_INIT("prow"), SV_INIT("ci-rocket")}};
static struct window_build builds[] = {
    {.id = SV_INIT("old"),
     .started_ms = FIXTURE_START + FIXTURE_DAY,
     .pulls = SV_INIT("12:abc 15:def"),
     .base_sha = SV_INIT("good")},
    {.id = SV_INIT("new"), .started_ms = END - 2 * FIXTURE_DAY, .base_sha = SV_INIT("bad")},
};
static const struct window window = {.from_ms = FIXTURE_START,
                                     .to_ms = END,
                                     .jobs = jobs,
                                     .job_count = 1,
                                     .builds = builds,
                                     .build_count = 2};
static const struct series series = {.w = &window,
                                     .o = {.from_ms = END - 7 * FIXTURE_DAY,
                                           .since_ms = END - FIXTURE_DAY,
                                           .until_ms = END,
                                           .alpha = 0.05}};

struct class_case {
    const char *what;
    struct facts f;
    double q;
    int64_t first_failed_ms;
    enum night_class class_;
    const char *because;
};

#pragma GCC diagnostic ignored "-Woverride-init" /* a case says what is unusual in it */

/* What most have in common: 4 of 100 runs failed in the window, 3 of 100 before. */
#define USUAL                                                                                      \
    .all = {7, 200}, .all_raw = {7, 200}, .adjusted = {4, 100}, .before = {3, 100},                \
    .own_build = WINDOW_NONE, .greens = 3, .greens_wanted = 59, .job_count = 1,                    \
    .worse_before = {3, 100}, .worse_now = {4, 100}, .is_tested = true, .p_worse = 0.4

static const struct class_case cases[] = {
    {"flaky",
     {USUAL, .evidence = EVIDENCE_ISOLATED, .by_isolation = 4},
     0.5,
     1,
     NIGHT_FLAKY,
     "4 of 100 runs failed (4.0 %): 0 passed on a retry, 0 on the same code, 4 stood alone between "
     "greens"},
    {"flaky by its rate alone",
     {USUAL, .evidence = EVIDENCE_RATE},
     0.5,
     1,
     NIGHT_FLAKY,
     "4 of 100 runs failed (4.0 %), now and then, without other evidence"},
    {"fixed at the 59th green",
     {USUAL, .evidence = EVIDENCE_RETRY, .greens = 59, .red_hits = 5, .red_runs = 100},
     0.5,
     1,
     NIGHT_FIXED,
     "59 greens since the last failure, 59 wanted at a rate of 5 %"},
    {"not fixed at the 58th",
     {USUAL, .evidence = EVIDENCE_RETRY, .greens = 58},
     0.5,
     1,
     NIGHT_FLAKY,
     NULL},
    {"half way, by its rate alone",
     {USUAL, .evidence = EVIDENCE_RATE, .greens = 30, .red_hits = 5, .red_runs = 100},
     0.5,
     1,
     NIGHT_RECOVERING,
     "30 greens since the last failure, 59 wanted at a rate of 5 %"},
    {"a third of the way, by its rate alone",
     {USUAL, .evidence = EVIDENCE_RATE, .greens = 25},
     0.5,
     1,
     NIGHT_FLAKY,
     NULL},
    {"broken before everything",
     {USUAL, .evidence = EVIDENCE_RETRY, .is_broken = true, .broken = {3, 3}, .hits_tonight = 3},
     0.001,
     1,
     NIGHT_BROKEN,
     "failed in all of its last 3 runs, and in 4 of 197 runs before"},
    {"mostly broken",
     {USUAL, .is_broken = true, .broken = {7, 10}, .job_count = 2},
     1,
     1,
     NIGHT_BROKEN,
     "failed in 7 of its last 10 runs in ci-rocket, and in 0 of 190 runs elsewhere and before"},
    {"new",
     {.all = {2, 60},
      .all_raw = {2, 60},
      .tonight = {2, 9},
      .hits_tonight = 2,
      .own_build = WINDOW_NONE,
      .greens_wanted = 59,
      .greens = 1},
     1,
     END - FIXTURE_DAY + 1,
     NIGHT_NEW,
     "failed tonight for the first time in 14 days of history, in 2 of 9 runs"},
    {"not new: it failed before the window",
     {.all = {2, 60},
      .all_raw = {2, 60},
      .tonight = {2, 9},
      .hits_tonight = 2,
      .own_build = WINDOW_NONE,
      .greens_wanted = 59},
     1,
     FIXTURE_START - 1,
     NIGHT_RETURNING,
     "had not failed for 13 days, and failed tonight in 2 of 9 runs"},
    {"new in one pull request alone",
     {.all = {2, 60},
      .all_raw = {2, 60},
      .tonight = {2, 9},
      .hits_tonight = 2,
      .own_build = 0,
      .greens_wanted = 59},
     1,
     END - 1,
     NIGHT_QUIET,
     "2 of 60 runs failed, all of pull request 12: likely its own doing"},
    {"new in one pull request, and rescued there",
     {.all = {2, 60},
      .all_raw = {2, 60},
      .tonight = {2, 9},
      .hits_tonight = 2,
      .own_build = 0,
      .evidence = EVIDENCE_RETRY,
      .greens_wanted = 59},
     1,
     END - 1,
     NIGHT_NEW,
     NULL},
    {"worse",
     {USUAL, .evidence = EVIDENCE_RATE, .worse_now = {20, 100}, .p_worse = 0.00012},
     0.004,
     1,
     NIGHT_WORSE,
     "extreme: 20 of 100 runs failed (20.0 %), 3 of 100 runs in the window before (3.0 %); p = "
     "0.00012, q = 0.004"},
    {"worse, and not extreme",
     {USUAL, .evidence = EVIDENCE_RATE, .worse_now = {18, 100}},
     0.004,
     1,
     NIGHT_WORSE,
     "18 of 100 runs failed (18.0 %), 3 of 100 runs in the window before (3.0 %); p = 0.4, q = "
     "0.004"},
    {"worse by less than five points",
     {USUAL, .evidence = EVIDENCE_RATE, .worse_now = {79, 1000}},
     0.004,
     1,
     NIGHT_FLAKY,
     NULL},
    {"worse with two failures",
     {USUAL, .evidence = EVIDENCE_RATE, .worse_before = {1, 100}, .worse_now = {2, 10}},
     0.004,
     1,
     NIGHT_FLAKY,
     NULL},
    {"worse in five runs",
     {USUAL, .evidence = EVIDENCE_RATE, .worse_now = {4, 5}},
     0.004,
     1,
     NIGHT_FLAKY,
     NULL},
    {"worse by chance",
     {USUAL, .evidence = EVIDENCE_RATE, .worse_now = {20, 100}},
     0.051,
     1,
     NIGHT_FLAKY,
     NULL},
    {"worse since a change",
     {USUAL, .evidence = EVIDENCE_RATE, .has_change = true,
      .change = {.at = 60, .before = 0.02, .after = 0.4}, .change_build = 1,
      .since_change = {8, 20}},
     1,
     1,
     NIGHT_WORSE,
     "extreme: 8 of 20 runs failed since its rate changed, from 2.0 % to 40.0 %"},
    {"changed before the window",
     {USUAL, .evidence = EVIDENCE_RATE, .has_change = true,
      .change = {.at = 60, .before = 0.02, .after = 0.4}, .change_build = 0,
      .since_change = {8, 20}},
     1,
     1,
     NIGHT_FLAKY,
     NULL},
    {"changed for the better",
     {USUAL, .evidence = EVIDENCE_RATE, .has_change = true,
      .change = {.at = 60, .before = 0.4, .after = 0.02}, .change_build = 1,
      .since_change = {3, 20}},
     1,
     1,
     NIGHT_FLAKY,
     NULL},
    {"worse, but it was a break that is over",
     {USUAL, .worse_now = {20, 100}},
     0.004,
     1,
     NIGHT_RECOVERING,
     NULL},
    {"returning",
     {USUAL, .evidence = EVIDENCE_RATE, .has_returned = true, .returned_after = 130,
      .hits_tonight = 1, .tonight = {1, 8}, .worse_now = {20, 100}},
     0.004,
     1,
     NIGHT_RETURNING,
     "was fixed, with 130 greens in a row, and failed tonight in 1 of 8 runs"},
    {"set apart",
     {.all = {0, 40}, .all_raw = {5, 45}, .own_build = WINDOW_NONE},
     1,
     1,
     NIGHT_INFRA,
     "all of its 5 failures are of infrastructure, outages or bad builds"},
    {"passes",
     {.all = {0, 40}, .all_raw = {0, 40}, .own_build = WINDOW_NONE},
     1,
     0,
     NIGHT_QUIET,
     "passed in all of its 40 runs"},
    {"red at the end, once",
     {.all = {1, 40}, .all_raw = {1, 40}, .own_build = WINDOW_NONE, .greens_wanted = 59},
     1,
     1,
     NIGHT_QUIET,
     "1 of 40 runs failed, too few to say why"},
    {"failed in the window before",
     {USUAL, .adjusted = {0, 40}, .before = {3, 100}, .evidence = EVIDENCE_SAME_CODE, .greens = 40},
     1,
     1,
     NIGHT_FLAKY,
     "3 of 100 runs failed in the window before, none since; 40 greens of the 59 that would prove "
     "a "
     "repair"},
};

static void each_class_has_its_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct class_case *c = &cases[i];
        const struct class_input in = {.facts = &c->f,
                                       .series = &series,
                                       .q_worse = c->q,
                                       .first_failed_ms = c->first_failed_ms};
        struct arena a;
        struct sv because;
        struct err err = {0};
        arena_init(&a, 1 << 20);
        const enum night_class got = class_find(&in);
        assert_true(class_because(&in, got, &a, &because, &err));
        if (got != c->class_)
            fail_msg("%s: %s, %s", c->what, night_class_name(got), because.ptr);
        if (c->because != NULL && !sv_equal(because, sv_of(c->because)))
            fail_msg("%s: %s", c->what, because.ptr);
        arena_done(&a);
    }
}

static void a_change_is_told_with_its_commits(void **state)
{
    struct facts f = {.has_change = true,
                      .change = {.before = 0.1, .after = 0.6},
                      .change_build = 1,
                      .change_low = 0,
                      .change_high = 1,
                      .good_build = 0,
                      .bad_build = 1,
                      .first_bad = WINDOW_NONE};
    struct night_change c;
    struct arena a;
    struct err err = {0};
    (void)state;
    arena_init(&a, 1 << 20);
    assert_true(class_change(&f, &window, &a, &c, &err));
    assert_true(c.found && c.at_ms == builds[1].started_ms && c.from_ms == builds[0].started_ms);
    assert_true(sv_equal(c.good_sha, SV("good")) && sv_equal(c.bad_sha, SV("bad")));
    assert_true(c.first_bad.len == 0 && c.before == 0.1 && c.after == 0.6);
    f.has_change = false;
    assert_true(class_change(&f, &window, &a, &c, &err));
    assert_false(c.found);
    arena_done(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_class_has_its_reason),
        cmocka_unit_test(a_change_is_told_with_its_commits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
