#include "check.h"

#include "tally/flakes_facts.h"
#include "tally/stats.h"
#include "torture.h"
#include "window_fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of hourly builds: the window begins at the sixth, tonight at the eleventh. */
static const struct flakes_options span = {
    .from_ms = FIXTURE_START + 5 * FIXTURE_HOUR,
    .since_ms = FIXTURE_START + 10 * FIXTURE_HOUR,
    .until_ms = FIXTURE_START + 100 * FIXTURE_DAY,
};

#define GREEN30 "PPPPPPPPPPPPPPPPPPPPPPPPPPPPPP"
#define RED30 "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"

struct looked {
    struct fixture *f;
    struct series s;
    struct outages apart;
    struct facts_room *room;
    struct facts facts;
};

/* Facts of test "T". */
static void look(struct looked *l, struct fixture *f)
{
    struct err err = {0};
    *l = (struct looked){.f = f};
    const struct window *w = fixture_window(f);
    if (!outages_find(w, &l->apart, &err) || !series_make(w, &l->apart, &span, true, &l->s, &err) ||
        !facts_room_new(&l->s, &l->room, &err) ||
        !facts_find(l->room, series_of_test(&l->s, 0), 0, &l->facts, &err))
        fail_msg("%s", err.why);
}

static void done(struct looked *l)
{
    facts_room_free(l->room);
    series_done(&l->s);
    outages_done(&l->apart);
    fixture_done(l->f);
}

static struct fixture *one_job(enum build_type type, const char *runs, const char *codes,
                               const char *pulls, const char *builds)
{
    struct fixture *f = fixture_new(0, 100 * FIXTURE_DAY);
    fixture_table(f, &(struct fixture_table){.job = "ci",
                                             .type = type,
                                             .builds = builds,
                                             .codes = codes,
                                             .pulls = pulls,
                                             .rows = {{"T", runs, "text"}}});
    return f;
}

static void raw_and_adjusted_are_counted_apart(void **state)
{
    struct looked l;
    (void)state;
    /*                                        before window tonight */
    look(&l, one_job(TYPE_PERIODIC,
                     "PFFPP"
                     "PF~EP"
                     "FPF",
                     NULL, NULL,
                     "PFIPP"
                     "PFPIP"
                     "IPF"));
    const struct facts *f = &l.facts;
    assert_true(f->all_raw.hits == 7 && f->all_raw.runs == 13);
    assert_true(f->raw.hits == 5 && f->raw.runs == 8);
    assert_true(f->adjusted.hits == 3 && f->adjusted.runs == 6);
    assert_true(f->before.hits == 1 && f->before.runs == 4);
    assert_true(f->tonight.hits == 2 && f->tonight.runs == 3);
    assert_int_equal(f->hits_tonight, 1);
    assert_true(f->first_failed_ms == FIXTURE_START + FIXTURE_HOUR);
    assert_true(f->last_failed_ms == FIXTURE_START + 12 * FIXTURE_HOUR);
    assert_true(f->last_passed_ms == FIXTURE_START + 11 * FIXTURE_HOUR);
    done(&l);
}

struct evidence_case {
    const char *what;
    enum build_type type;
    const char *runs, *codes, *pulls, *builds;
    unsigned evidence;
    uint64_t by_retry, by_same_code, by_isolation;
};

static const struct evidence_case evidence[] = {
    {"a retry", TYPE_PRESUBMIT,
     "PPPPP"
     "PP~PP",
     NULL, NULL, NULL, EVIDENCE_RETRY, 1, 0, 0},
    {"the same code", TYPE_PRESUBMIT,
     "PPPPP"
     "PFPP",
     "abcdefggi", NULL, NULL, EVIDENCE_SAME_CODE, 0, 1, 0},
    {"the same code, passed first", TYPE_PRESUBMIT,
     "PPPPP"
     "PPFP",
     "abcdefggi", NULL, NULL, EVIDENCE_SAME_CODE, 0, 1, 0},
    {"other code", TYPE_PRESUBMIT,
     "PPPPP"
     "PFPP",
     NULL, NULL, NULL, 0, 0, 0, 0},
    {"the same code in infrastructure", TYPE_PRESUBMIT,
     "PPPPP"
     "PFPP",
     "abcdefggi", NULL, "PPPPPPIPP", 0, 0, 0, 0},
    {"a rescued run of the same code", TYPE_PRESUBMIT,
     "PPPPP"
     "PF~P",
     "abcdefggi", NULL, NULL, EVIDENCE_RETRY | EVIDENCE_SAME_CODE, 1, 1, 0},
    {"alone between greens", TYPE_POSTSUBMIT,
     "PPPPP"
     "PFPP",
     NULL, NULL, NULL, EVIDENCE_ISOLATED, 0, 0, 1},
    {"alone, and the same code", TYPE_POSTSUBMIT,
     "PPPPP"
     "PFPP",
     "abcdefggi", NULL, NULL, EVIDENCE_SAME_CODE | EVIDENCE_ISOLATED, 0, 1, 0},
    {"two reds are not alone", TYPE_POSTSUBMIT,
     "PPPPP"
     "PFFP",
     NULL, NULL, NULL, 0, 0, 0, 0},
    {"red at the end is not alone", TYPE_POSTSUBMIT,
     "PPPPP"
     "PPPF",
     NULL, NULL, NULL, 0, 0, 0, 0},
    {"red at the start is not alone", TYPE_POSTSUBMIT,
     "FPPPP"
     "PPPP",
     NULL, NULL, NULL, 0, 0, 0, 0},
    {"a pull request is not trunk", TYPE_PRESUBMIT,
     "PPPPP"
     "PFPP",
     NULL, "123456789", NULL, 0, 0, 0, 0},
    {"red again", TYPE_PRESUBMIT,
     "PPPPP"
     "FFPFF",
     NULL, NULL, NULL, EVIDENCE_RATE, 0, 0, 0},
    {"red in several pull requests", TYPE_PRESUBMIT,
     "PPPPP"
     "FPFPP",
     NULL, "1234567899", NULL, EVIDENCE_RATE, 0, 0, 0},
    {"one pull request over and over", TYPE_PRESUBMIT,
     "PPPPP"
     "FPFPFP",
     NULL, "12345676869", NULL, 0, 0, 0, 0},
};

static void evidence_is_found_and_told_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(evidence); i++) {
        const struct evidence_case *c = &evidence[i];
        struct looked l;
        look(&l, one_job(c->type, c->runs, c->codes, c->pulls, c->builds));
        const struct facts *f = &l.facts;
        if (f->evidence != c->evidence || f->by_retry != c->by_retry ||
            f->by_same_code != c->by_same_code || f->by_isolation != c->by_isolation)
            fail_msg("%s: evidence %u, %d %d %d", c->what, f->evidence, (int)f->by_retry,
                     (int)f->by_same_code, (int)f->by_isolation);
        done(&l);
    }
}

static void a_pull_request_that_fails_again_counts_once(void **state)
{
    struct looked l;
    (void)state;
    look(&l, one_job(TYPE_PRESUBMIT,
                     "PPPPPP"
                     "PFFFPFP",
                     NULL, "1234567777888", NULL));
    assert_int_equal(l.facts.adjusted.hits, 4);
    assert_int_equal(l.facts.worse_now.hits, 2); /* 8 passed before it failed */
    done(&l);
    look(&l, one_job(TYPE_PRESUBMIT,
                     "PPPPPP"
                     "PFFFPPP",
                     NULL, "1234567777888", NULL));
    assert_int_equal(l.facts.worse_now.hits, 1);
    assert_true(l.facts.own_build != WINDOW_NONE);
    assert_true(sv_starts(l.s.w->builds[l.facts.own_build].pulls, SV("7:")));
    done(&l);
    look(&l, one_job(TYPE_PRESUBMIT,
                     "PPPPPP"
                     "PFFFPFP",
                     NULL, "1234567777888", NULL));
    assert_true(l.facts.own_build == WINDOW_NONE); /* two of them */
    done(&l);
}

static void flips_are_of_neighbours_in_a_job(void **state)
{
    struct looked l;
    struct fixture *f = fixture_new(0, 100 * FIXTURE_DAY);
    (void)state;
    /* Mixed, they would flip at every step. */
    fixture_table(f, &(struct fixture_table){.job = "a", .rows = {{"T", "PPPPPP", NULL}}});
    fixture_table(f,
                  &(struct fixture_table){.job = "b", .start = 1, .rows = {{"T", "FFFFPP", NULL}}});
    look(&l, f);
    assert_true(fabs(l.facts.flip_rate - 0.1) < 1e-12); /* one of ten pairs */
    assert_int_equal(l.facts.job_count, 2);
    assert_true(fabs(l.facts.entropy - stats_entropy(0, 2)) < 1e-12);
    done(&l);
}

static void the_retry_estimate_wants_every_failure_retried(void **state)
{
    struct looked l;
    (void)state;
    look(&l, one_job(TYPE_PERIODIC,
                     "PPPPP"
                     "P~PPPPPPPPP~PPPPPPPPPPPPP",
                     NULL, NULL, NULL));
    assert_true(fabs(l.facts.retry_rate - stats_retry_rate(2, 25)) < 1e-12);
    done(&l);
    look(&l, one_job(TYPE_PERIODIC,
                     "PPPPP"
                     "P~PPPPPPPPPFPPPPPPPPPPPPP",
                     NULL, NULL, NULL));
    assert_true(l.facts.retry_rate == -1); /* F was not tried again */
    done(&l);
}

struct broken_case {
    const char *runs;
    bool is_broken;
    uint64_t hits, of;
};

/* Those that run for the first time, and those with a past. */
static const struct broken_case broken[] = {
    {"      FF", true, 2, 2},
    {"      F", false, 0, 0},
    {"      FFP", false, 0, 0}, /* green now */
    {"      FPFFF", true, 4, 5},
    {"      FPPFF", false, 0, 0},
    {"      FFPFPFFF", true, 6, 8},
    {"      FFPFPPFF", false, 0, 0},
    {"PPPPPPPPPPPPPPPPPPPPFFF", true, 3, 3},
    {"PPPPPPPPPPPPPPPPPPPPFF", false, 0, 0},
    {"PFPFPFPFPFPFPFPFPFPFPFFF", false, 0, 0}, /* a bad streak of a bad flake */
    {"PPPPPPPPPPPPPPPPPPPPPPPPFPFFFPFFFF", true, 8, 10},
    {"FFFFFFFFFFFFFFFFFFFFFFFF", true, 24, 24},
    {"P~P~P~P~P~PPPPPPPPPP~~~", false, 0, 0}, /* rescued runs are no reds */
};

static void broken_is_what_fails_again_and_again(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(broken); i++) {
        struct looked l;
        look(&l, one_job(TYPE_PERIODIC, broken[i].runs, NULL, NULL, NULL));
        const struct facts *f = &l.facts;
        if (f->is_broken != broken[i].is_broken || f->broken.hits != broken[i].hits ||
            f->broken.runs != broken[i].of)
            fail_msg("%s: broken %d, %d of %d", broken[i].runs, f->is_broken, (int)f->broken.hits,
                     (int)f->broken.runs);
        done(&l);
    }
}

static void broken_in_one_job_is_broken(void **state)
{
    struct looked l;
    struct fixture *f = fixture_new(0, 100 * FIXTURE_DAY);
    (void)state;
    fixture_table(f,
                  &(struct fixture_table){.job = "a", .rows = {{"T", "PPPPPPPPPPPPPPPPPP", NULL}}});
    fixture_table(f, &(struct fixture_table){
                         .job = "b", .start = 1, .rows = {{"T", "PPPPPPPPPPPPPPPFFF", NULL}}});
    look(&l, f);
    assert_true(l.facts.is_broken);
    assert_int_equal(l.facts.broken_job, 1);
    /* Greens of the job in which it never failed are none. */
    assert_int_equal(l.facts.greens, 0);
    assert_int_equal(l.facts.red_hits, 3);
    done(&l);
}

/* One failure in the first ten: as one in FACTS_SURE_RUNS. */
static void greens_are_counted_since_the_last_failure(void **state)
{
    struct looked l;
    (void)state;
    look(&l, one_job(TYPE_PERIODIC, "PPPPPPPPPFPPPPP", NULL, NULL, NULL));
    assert_int_equal(l.facts.greens, 5);
    assert_int_equal(l.facts.greens_wanted, stats_greens_wanted(1.0 / FACTS_SURE_RUNS, 0.05));
    done(&l);
    look(&l, one_job(TYPE_PERIODIC, "FFFPFFFFFPFFPFFFFFFFFPPPPPP", NULL, NULL, NULL));
    assert_int_equal(l.facts.greens, 6);
    assert_int_equal(l.facts.greens_wanted, stats_greens_wanted(18.0 / FACTS_SURE_RUNS, 0.05));
    done(&l);
}

static void greens_elsewhere_prove_nothing(void **state)
{
    struct looked l;
    struct fixture *f = fixture_new(0, 100 * FIXTURE_DAY);
    (void)state;
    fixture_table(f,
                  &(struct fixture_table){.job = "a", .rows = {{"T", "PPPPPPPPPPPPPPPPPP", NULL}}});
    fixture_table(f,
                  &(struct fixture_table){.job = "b", .start = 1, .rows = {{"T", "PPPFPP", NULL}}});
    look(&l, f);
    assert_int_equal(l.facts.greens, 2);
    done(&l);
}

/* Thirty reds of the fifty runs that are the least, not of the hundred and twenty. */
static void a_break_is_no_rate_over_the_time_before_it(void **state)
{
    struct looked l;
    (void)state;
    look(&l, one_job(TYPE_PERIODIC, GREEN30 GREEN30 GREEN30 RED30 "PPP", NULL, NULL, NULL));
    assert_int_equal(l.facts.greens, 3);
    assert_int_equal(l.facts.greens_wanted, stats_greens_wanted(30.0 / FACTS_SURE_RUNS, 0.05));
    done(&l);
}

/* Four greens prove a repair here; eight and a failure are a return. */
static void a_return_wants_twice_the_greens(void **state)
{
    struct looked l;
    (void)state;
    look(&l, one_job(TYPE_PERIODIC,
                     RED30 "PPPPPPP"
                           "F",
                     NULL, NULL, NULL));
    assert_false(l.facts.has_returned);
    done(&l);
    look(&l, one_job(TYPE_PERIODIC,
                     RED30 "PPPPPPPP"
                           "F",
                     NULL, NULL, NULL));
    assert_true(l.facts.has_returned);
    assert_int_equal(l.facts.returned_after, 8);
    done(&l);
}

static void a_change_has_its_commits(void **state)
{
    struct looked l;
    (void)state;
    look(&l, one_job(TYPE_POSTSUBMIT, GREEN30 RED30, NULL, NULL, NULL));
    const struct facts *f = &l.facts;
    const struct window_build *builds = l.s.w->builds;
    assert_true(f->has_change);
    assert_int_equal(f->change_build, 30);
    assert_int_equal(f->first_bad, 30);
    assert_true(sv_equal(builds[f->good_build].base_sha, SV("sha29")));
    assert_true(sv_equal(builds[f->bad_build].base_sha, SV("sha30")));
    assert_true(f->since_change.hits == 30 && f->since_change.runs == 30);
    done(&l);
    look(&l, one_job(TYPE_POSTSUBMIT, RED30 GREEN30, NULL, NULL, NULL));
    assert_true(l.facts.has_change && l.facts.change.after < l.facts.change.before);
    assert_int_equal(l.facts.first_bad, WINDOW_NONE);
    assert_true(sv_equal(l.s.w->builds[l.facts.good_build].base_sha, SV("sha30")));
    assert_true(sv_equal(l.s.w->builds[l.facts.bad_build].base_sha, SV("sha29")));
    done(&l);
}

static void two_times_are_compared_when_there_is_enough(void **state)
{
    static const struct {
        const char *runs;
        bool is_tested;
    } cases[] = {
        {"PPPPP"
         "FFFFFFFF",
         false}, /* five before */
        {"PPPPP"
         "PPPPPFF",
         false}, /* two failures */
        {"PPPPP"
         "FPFPFPF",
         false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct looked l;
        look(&l, one_job(TYPE_PERIODIC, cases[i].runs, NULL, NULL, NULL));
        assert_int_equal(l.facts.is_tested, cases[i].is_tested);
        assert_true(l.facts.p_worse == 1);
        done(&l);
    }
    struct fixture *f = fixture_new(0, 100 * FIXTURE_DAY);
    fixture_table(f, &(struct fixture_table){.job = "a",
                                             .type = TYPE_PERIODIC,
                                             .step = FIXTURE_HOUR / 2,
                                             .rows = {{"T",
                                                       "PFPPPPPPPP"
                                                       "PFPFFPPF",
                                                       NULL}}});
    struct looked l;
    look(&l, f);
    assert_true(l.facts.is_tested);
    assert_true(fabs(l.facts.p_worse - stats_fisher(4, 8, 5, 18)) < 1e-12);
    done(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(raw_and_adjusted_are_counted_apart),
        cmocka_unit_test(evidence_is_found_and_told_apart),
        cmocka_unit_test(a_pull_request_that_fails_again_counts_once),
        cmocka_unit_test(flips_are_of_neighbours_in_a_job),
        cmocka_unit_test(the_retry_estimate_wants_every_failure_retried),
        cmocka_unit_test(broken_is_what_fails_again_and_again),
        cmocka_unit_test(broken_in_one_job_is_broken),
        cmocka_unit_test(greens_are_counted_since_the_last_failure),
        cmocka_unit_test(greens_elsewhere_prove_nothing),
        cmocka_unit_test(a_break_is_no_rate_over_the_time_before_it),
        cmocka_unit_test(a_return_wants_twice_the_greens),
        cmocka_unit_test(a_change_has_its_commits),
        cmocka_unit_test(two_times_are_compared_when_there_is_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
