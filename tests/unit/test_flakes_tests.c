#include "check.h"

#include "tally/flakes.h"
#include "torture.h"
#include "window_fixture.h"

#include <math.h>

/* Two weeks of builds: the window before, the window, of which the last day is tonight. */
static const struct flakes_options span = {
    .from_ms = FIXTURE_START + 7 * FIXTURE_DAY,
    .since_ms = FIXTURE_START + 13 * FIXTURE_DAY,
    .until_ms = FIXTURE_START + 14 * FIXTURE_DAY,
};

struct judged {
    struct fixture *f;
    struct outages apart;
    struct night *night;
};

static struct judged judge(struct fixture *f)
{
    struct judged j = {.f = f};
    struct err err = {0};
    const struct window *w = fixture_window(f);
    j.night = night_new(&err);
    assert_non_null(j.night);
    if (!outages_find(w, &j.apart, &err) || !flakes_of_tests(w, &j.apart, &span, j.night, &err))
        fail_msg("%s", err.why);
    return j;
}

static void done(struct judged *j)
{
    night_free(j->night);
    outages_done(&j->apart);
    fixture_done(j->f);
}

static struct fixture *two_weeks(void)
{
    return fixture_new(0, 14 * FIXTURE_DAY);
}

static const struct night_test *test_named(const struct night *n, const char *name)
{
    for (size_t i = 0; i < n->test_count; i++) {
        if (sv_equal(n->tests[i].name, sv_of(name)))
            return &n->tests[i];
    }
    return NULL;
}

/* 8 builds a day: 56 letters a week. */
#define P8 "PPPPPPPP"
#define WEEK P8 P8 P8 P8 P8 P8 P8

struct class_case {
    const char *what, *runs;
    enum build_type type;
    const char *pulls, *codes;
    enum night_class class_;
    unsigned evidence;
};

static const struct class_case classes[] = {
    {"red since this morning", WEEK P8 P8 P8 P8 P8 P8 "PPPPPFFF", TYPE_POSTSUBMIT, NULL, NULL,
     NIGHT_BROKEN, 0},
    {"red for days",
     WEEK P8 P8 P8 "PPFFFFFF"
                   "FFFFFFFF"
                   "FFFFFFFF"
                   "FFFFFFFF",
     TYPE_PERIODIC, NULL, NULL, NIGHT_BROKEN, 0},
    {"red once, never before", WEEK P8 P8 P8 P8 P8 P8 "PPPPPPPF", TYPE_POSTSUBMIT, NULL, NULL,
     NIGHT_NEW, 0},
    {"red in a pull request alone", WEEK P8 P8 P8 P8 P8 P8 "PFFFPPPP", TYPE_PRESUBMIT,
     WEEK P8 P8 P8 P8 P8 P8 "12223456", NULL, NIGHT_QUIET, 0},
    {"red in three pull requests", WEEK P8 P8 P8 P8 P8 P8 "PFPFPFPP", TYPE_PRESUBMIT,
     WEEK P8 P8 P8 P8 P8 P8 "12345678", NULL, NIGHT_NEW, EVIDENCE_RATE},
    {"three of 56 before, then twenty",
     "FPPPPPPP" P8 "PPPFPPPP" P8 P8 "PPPPPFPP" P8 "PFPPFPPF"
     "PFPPFPPF"
     "PFPPFPPF"
     "PFPPFPPF"
     "PFPPFPPF"
     "PFPPFPPF"
     "PFPPFPPP",
     TYPE_POSTSUBMIT, NULL, NULL, NIGHT_WORSE, EVIDENCE_ISOLATED | EVIDENCE_RATE},
    {"fixed, then red again", "FPPFPFPP" P8 P8 P8 P8 P8 P8 P8 P8 P8 P8 P8 P8 "PPPFPPPP",
     TYPE_POSTSUBMIT, NULL, NULL, NIGHT_RETURNING, EVIDENCE_ISOLATED | EVIDENCE_RATE},
    {"now and then alone",
     P8 "PPFPPPPP" P8 "PPPPPPFP" P8 P8 P8 P8 "PPFPPPPP" P8 P8 "PPPPFPPP" P8 "PPPPFPPP",
     TYPE_PERIODIC, NULL, NULL, NIGHT_FLAKY, EVIDENCE_ISOLATED | EVIDENCE_RATE},
    {"saved by retries", "~PPPPPPP" WEEK P8 P8 "P~PPPPPP" P8 "PPP~PPPP", TYPE_PERIODIC, NULL, NULL,
     NIGHT_FLAKY, EVIDENCE_RETRY | EVIDENCE_RATE},
    {"passed on the same code", WEEK P8 P8 "PPPPFPPP" P8 P8 P8 "PPPPPPPP", TYPE_PRESUBMIT,
     WEEK P8 P8 "1234444P", WEEK P8 P8 "    xx  ", NIGHT_FLAKY, EVIDENCE_SAME_CODE},
    {"repaired long ago", "PFPFFPPP" P8 P8 P8 P8 P8 P8 WEEK, TYPE_POSTSUBMIT, NULL, NULL,
     NIGHT_FIXED, EVIDENCE_ISOLATED | EVIDENCE_RATE},
    {"was red, green for hours",
     WEEK P8 P8 P8 P8 P8 "PPPFFFFF"
                         "PPPP    ",
     TYPE_POSTSUBMIT, NULL, NULL, NIGHT_RECOVERING, 0},
};

static void each_class_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(classes); i++) {
        const struct class_case *c = &classes[i];
        struct fixture *f = two_weeks();
        fixture_table(
            f, &(struct fixture_table){.job = "ci-rocket",
                                       .type = c->type,
                                       .step = 3 * FIXTURE_HOUR,
                                       .pulls = c->pulls,
                                       .codes = c->codes,
                                       .rows = {{"T", c->runs, NULL}, {"Q", WEEK WEEK, NULL}}});
        struct judged j = judge(f);
        const struct night_test *t = test_named(j.night, "T");
        assert_non_null(t);
        if (t->class_ != c->class_ || t->evidence != c->evidence)
            fail_msg("%s: %s with evidence %u: %.*s", c->what, night_class_name(t->class_),
                     t->evidence, SV_ARG(t->because));
        assert_int_equal(j.night->headline.counts[c->class_], c->class_ == NIGHT_QUIET ? 2 : 1);
        assert_int_equal(j.night->quiet_tests, 1);
        done(&j);
    }
}

#define DAILY(runs) P8 P8 P8 P8 P8 P8 P8 P8 P8 P8 P8 P8 P8 runs

static void figures_are_told_with_the_test(void **state)
{
    struct fixture *f = two_weeks();
    (void)state;
    fixture_table(
        f, &(struct fixture_table){.job = "ci-rocket",
                                   .type = TYPE_PERIODIC,
                                   .step = 3 * FIXTURE_HOUR,
                                   .profile = "gcp",
                                   .rows = {{"unit/fuel.T", DAILY("PFPP~PPP"), "no <n> left"},
                                            {"unit/fuel.U", DAILY("PFPPPPPP"), NULL}}});
    fixture_table(
        f, &(struct fixture_table){.job = "ci-other",
                                   .type = TYPE_PERIODIC,
                                   .start = 60000,
                                   .step = 3 * FIXTURE_HOUR,
                                   .profile = "aws",
                                   .duration = FIXTURE_HOUR,
                                   .rows = {{"unit/fuel.T", DAILY("PPPPPFPP"), "no <n> left"}}});
    struct judged j = judge(f);
    const struct night_test *t = test_named(j.night, "T");
    assert_non_null(t);
    assert_true(sv_equal(t->suite, SV("unit")) && sv_equal(t->class_name, SV("fuel")));
    assert_true(t->raw.hits == 3 && t->raw.of == 112);
    assert_true(t->tonight.hits == 3 && t->tonight.of == 16);
    assert_true(t->before.hits == 0 && t->before.of == 112);
    assert_int_equal(t->by_retry, 1);
    assert_int_equal(t->by_isolation, 2);
    assert_int_equal(t->job_count, 2);
    assert_true(sv_equal(t->jobs[0].name, SV("ci-rocket")));
    assert_true(t->jobs[0].hits == 2 && t->jobs[0].of == 56);
    assert_true(t->jobs[1].hits == 1);
    assert_int_equal(t->platform_count, 2);
    assert_true(sv_equal(t->platforms[0].name, SV("gcp")) && t->platforms[1].hits == 1);
    /* Its first failure shared a build of ten minutes with U; the last had one of an hour alone. */
    assert_int_equal(t->blocked, 1);
    assert_int_equal(t->lost_ms, 300000 + FIXTURE_HOUR);
    assert_true(fabs(t->score - t->adjusted.low * 2) < 1e-12);
    assert_int_equal(t->example_count, 3);
    assert_int_equal(t->examples[0].started_ms,
                     FIXTURE_START + 13 * FIXTURE_DAY + 15 * FIXTURE_HOUR + 60000);
    assert_true(sv_equal(t->message, SV("no <n> left")) &&
                sv_equal(t->cluster, SV("c-no <n> left")));
    assert_int_equal(j.night->day_count, 7);
    assert_true(t->days[6].runs == 16 && t->days[6].failures == 3);
    assert_true(t->days[5].runs == 16 && t->days[5].failures == 0 && t->days[5].duration_ms > 900);
    assert_int_equal(j.night->headline.tests_run, 2);
    assert_int_equal(j.night->headline.tests_failed, 2);
    assert_int_equal(j.night->headline.tests_flaky, 2);
    done(&j);
}

static void what_is_set_apart_is_counted_raw_alone(void **state)
{
    struct fixture *f = two_weeks();
    (void)state;
    fixture_table(f, &(struct fixture_table){.job = "ci-rocket",
                                             .type = TYPE_PERIODIC,
                                             .step = 3 * FIXTURE_HOUR,
                                             .builds = DAILY("PIPPIPPP"),
                                             .rows = {{"T", DAILY("PFPPFPPP"), NULL}}});
    struct judged j = judge(f);
    const struct night_test *t = test_named(j.night, "T");
    assert_non_null(t);
    assert_int_equal(t->class_, NIGHT_INFRA);
    assert_true(t->raw.hits == 2 && t->raw.of == 56 && t->adjusted.hits == 0 &&
                t->adjusted.of == 54);
    assert_int_equal(t->evidence, 0);
    assert_int_equal(t->example_count, 2); /* there are no others */
    assert_true(t->blocked == 0 && t->lost_ms == 0);
    done(&j);
}

/* A flake in every build outranks a rarer one, and one that failed once and is all of its runs does not
 * outrank both. */
static void tests_come_by_class_and_then_by_what_they_cost(void **state)
{
    struct fixture *f = two_weeks();
    (void)state;
    fixture_table(f,
                  &(struct fixture_table){.job = "ci-rocket",
                                          .type = TYPE_PERIODIC,
                                          .step = 3 * FIXTURE_HOUR,
                                          .rows = {{"rare", P8 "PPFPPPPP" DAILY("PPFPPPPP"), NULL},
                                                   {"often",
                                                    P8 P8 P8 P8 P8 P8 P8 "FPFPFPFP"
                                                                         "PFPFPFPF" P8 "PFPFPPPP"
                                                                         "FPPFPPFP" P8 "PFPPFPFP",
                                                    NULL},
                                                   {"broken", DAILY("PPPPFFFF"), NULL},
                                                   {"quiet", DAILY(P8), NULL}}});
    struct judged j = judge(f);
    assert_int_equal(j.night->test_count, 3);
    assert_true(sv_equal(j.night->tests[0].name, SV("broken")));
    assert_true(sv_equal(j.night->tests[1].name, SV("often")));
    assert_true(j.night->tests[1].score > j.night->tests[2].score ||
                j.night->tests[1].class_ < j.night->tests[2].class_);
    done(&j);
}

static void the_history_knows_of_older_failures(void **state)
{
    (void)state;
    for (int older = 0; older < 2; older++) {
        struct err err = {0};
        struct outages apart;
        struct fixture *f = two_weeks();
        fixture_table(f, &(struct fixture_table){.job = "ci-rocket",
                                                 .type = TYPE_POSTSUBMIT,
                                                 .step = 3 * FIXTURE_HOUR,
                                                 .rows = {{"T", DAILY("PPPPPPPF"), NULL}}});
        const struct window *w = fixture_window(f);
        if (older != 0)
            fixture_first_failed(f, "T", -90 * FIXTURE_DAY);
        struct night *n = night_new(&err);
        assert_non_null(n);
        assert_true(outages_find(w, &apart, &err) && flakes_of_tests(w, &apart, &span, n, &err));
        assert_int_equal(n->tests[0].class_, older != 0 ? NIGHT_RETURNING : NIGHT_NEW);
        outages_done(&apart);
        night_free(n);
        fixture_done(f);
    }
}

static void a_failed_allocation_is_told(void **state)
{
    bool through = false;
    struct err first = {0};
    struct outages apart;
    struct fixture *f = two_weeks();
    (void)state;
    fixture_table(f, &(struct fixture_table){.job = "ci-rocket",
                                             .type = TYPE_PERIODIC,
                                             .profile = "gcp",
                                             .pulls = "12",
                                             .codes = "aab",
                                             .step = 3 * FIXTURE_HOUR,
                                             .rows = {{"T", DAILY("PF~PPFPP"), "x"}}});
    const struct window *w = fixture_window(f);
    assert_true(outages_find(w, &apart, &first));
    for (unsigned long nth = 0; nth < 500 && !through; nth++) {
        struct err err = {0};
        struct night *n = night_new(&err);
        assert_non_null(n);
        torture_arm(nth);
        const bool ok = flakes_of_tests(w, &apart, &span, n, &err);
        torture_disarm();
        through = !torture_fired();
        assert_int_equal(ok, through);
        assert_int_equal(err.code, ok ? ERR_NONE : ERR_NOMEM);
        night_free(n);
    }
    assert_true(through);
    outages_done(&apart);
    fixture_done(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_class_is_found),
        cmocka_unit_test(figures_are_told_with_the_test),
        cmocka_unit_test(what_is_set_apart_is_counted_raw_alone),
        cmocka_unit_test(tests_come_by_class_and_then_by_what_they_cost),
        cmocka_unit_test(the_history_knows_of_older_failures),
        cmocka_unit_test(a_failed_allocation_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
