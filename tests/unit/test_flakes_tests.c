#include "check.h"

#include "tally/flakes.h"
#include "torture.h"
#include "window_fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

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
        if (getenv("SHOW") != NULL)
            printf("%s: %s: %.*s\n", c->what, night_class_name(t->class_), SV_ARG(t->because));
        assert_int_equal(j.night->headline.counts[c->class_], c->class_ == NIGHT_QUIET ? 2 : 1);
        assert_int_equal(j.night->quiet_tests, 1);
        done(&j);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_class_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
