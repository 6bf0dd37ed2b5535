#include "check.h"

#include "tally/flakes.h"
#include "torture.h"
#include "window_fixture.h"

static const struct flakes_options span = {
    .from_ms = FIXTURE_START + 4 * FIXTURE_DAY,
    .since_ms = FIXTURE_START + 7 * FIXTURE_DAY,
    .until_ms = FIXTURE_START + 8 * FIXTURE_DAY,
};

struct judged {
    struct fixture *f;
    struct outages apart;
    struct night *night;
};

static struct fixture *eight_days(void)
{
    return fixture_new(0, 8 * FIXTURE_DAY);
}

static struct judged judge(struct fixture *f)
{
    struct judged j = {.f = f};
    struct err err = {0};
    const struct window *w = fixture_window(f);
    j.night = night_new(&err);
    assert_non_null(j.night);
    if (!outages_find(w, &j.apart, &err) || !flakes_of_jobs(w, &j.apart, &span, j.night, &err))
        fail_msg("%s", err.why);
    return j;
}

static void done(struct judged *j)
{
    night_free(j->night);
    outages_done(&j->apart);
    fixture_done(j->f);
}

/* Six builds a day; four days, then the window's three, then tonight. */
static void add(struct fixture *f, const char *name, const char *builds, const char *codes)
{
    fixture_table(f, &(struct fixture_table){.job = name,
                                             .type = TYPE_POSTSUBMIT,
                                             .step = 4 * FIXTURE_HOUR,
                                             .builds = builds,
                                             .codes = codes});
}

#define P6 "PPPPPP"
#define BEFORE P6 P6 P6 P6

static void passes_are_told_raw_and_adjusted(void **state)
{
    struct fixture *f = eight_days();
    (void)state;
    add(f, "ci",
        "PPFPPP" P6 P6 P6 "PIPAPF"
        "PPRPFP" P6 "PPIEFF",
        NULL);
    struct judged j = judge(f);
    assert_int_equal(j.night->job_count, 1);
    const struct night_job *o = &j.night->jobs[0];
    assert_true(sv_equal(o->name, SV("ci")) && sv_equal(o->repo, SV("acme/rocket")));
    assert_true(o->builds == 24 && o->tonight == 6);
    assert_true(o->passed.hits == 15 && o->passed.of == 22); /* aborted and running aside */
    assert_true(o->adjusted.hits == 15 && o->adjusted.of == 20);
    assert_true(o->before.hits == 23 && o->before.of == 24);
    assert_true(o->infra == 2 && o->outage == 0 && o->bad == 0);
    assert_int_equal(o->red_streak, 4);
    assert_true(sv_equal(o->recent, SV("FFFIPP"
                                       "PPPPPP"
                                       "PFP?PP"
                                       "FPAPIP")));
    assert_int_equal(o->duration_ms, 600000);
    assert_int_equal(o->wasted_ms, 2 * 600000);
    assert_int_equal(j.night->day_count, 4);
    assert_true(o->days[3].runs == 6 && o->days[3].failures == 4 &&
                o->days[3].duration_ms == 600000);
    assert_true(o->days[0].runs == 5 && o->days[0].failures == 2);
    done(&j);
}

static void red_is_green_again_after_a_while(void **state)
{
    struct fixture *f = eight_days();
    (void)state;
    /* Four hours, and twelve; and ten minutes until the green build ends. */
    add(f, "ci", BEFORE "PFPPPP" P6 "PFFFPP" P6, NULL);
    struct judged j = judge(f);
    assert_int_equal(j.night->jobs[0].green_ms, 8 * FIXTURE_HOUR + 600000);
    done(&j);
    f = eight_days();
    add(f, "ci", BEFORE P6 P6 P6 "PPPPPF", NULL);
    j = judge(f);
    assert_int_equal(j.night->jobs[0].green_ms, -1);
    done(&j);
}

/* Another pull request's green is no repair. */
static void each_pull_request_has_its_own_repair(void **state)
{
    struct fixture *f = eight_days();
    (void)state;
    fixture_table(f, &(struct fixture_table){.job = "pull",
                                             .type = TYPE_PRESUBMIT,
                                             .step = 4 * FIXTURE_HOUR,
                                             .builds = BEFORE "FPPP",
                                             .pulls = "                        1221"});
    struct judged j = judge(f);
    assert_int_equal(j.night->jobs[0].green_ms, 12 * FIXTURE_HOUR + 600000);
    done(&j);
}

static void another_job_s_green_is_no_repair(void **state)
{
    struct fixture *f = eight_days();
    (void)state;
    add(f, "a", BEFORE "F", NULL);
    fixture_table(f,
                  &(struct fixture_table){
                      .job = "b", .type = TYPE_POSTSUBMIT, .start = 6 * FIXTURE_DAY, .builds = P6});
    struct judged j = judge(f);
    assert_true(j.night->jobs[0].green_ms == -1 && j.night->jobs[1].green_ms == -1);
    done(&j);
}

static void a_failure_that_the_same_code_survived_was_cured(void **state)
{
    struct fixture *f = eight_days();
    (void)state;
    /* a: red, then green. b: red twice. c: green, then red. d: red alone. */
    add(f, "ci",
        BEFORE "FPFFPF"
               "F",
        "                        aabbccd");
    struct judged j = judge(f);
    const struct night_job *o = &j.night->jobs[0];
    assert_true(o->cured.hits == 1 && o->cured.of == 2);
    assert_int_equal(o->retests, 3);
    assert_int_equal(o->wasted_ms, 600000);
    done(&j);
}

static void jobs_in_trouble_come_first(void **state)
{
    struct fixture *f = eight_days();
    static const struct {
        const char *name;
        enum night_class class_;
    } wanted[] = {{"red", NIGHT_BROKEN}, {"new", NIGHT_NEW},     {"flaky", NIGHT_FLAKY},
                  {"gone", NIGHT_QUIET}, {"infra", NIGHT_INFRA}, {"good", NIGHT_QUIET}};
    (void)state;
    add(f, "good", BEFORE BEFORE, NULL);
    add(f, "gone", BEFORE P6 P6 P6, NULL);
    add(f, "infra", BEFORE P6 P6 P6 "PPIPPP", NULL);
    add(f, "flaky", BEFORE P6 "PPFPPP" P6 "PPPFPP", NULL);
    add(f, "new", BEFORE P6 P6 P6 "PPPPPF", NULL);
    add(f, "red", BEFORE P6 P6 P6 "PPFFFF", NULL);
    struct judged j = judge(f);
    assert_int_equal(j.night->job_count, COUNT_OF(wanted));
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        const struct night_job *o = &j.night->jobs[i];
        if (!sv_equal(o->name, sv_of(wanted[i].name)) || o->class_ != wanted[i].class_)
            fail_msg("place %zu: %.*s, %s", i, SV_ARG(o->name), night_class_name(o->class_));
        assert_int_equal(o->missing, sv_equal(o->name, SV("gone")));
        assert_true(o->because.len > 0);
    }
    assert_true(j.night->jobs[0].latest.id.len > 0);
    assert_int_equal(j.night->jobs[5].latest.id.len, 0);
    done(&j);
}

static void a_job_that_runs_seldom_is_not_missing(void **state)
{
    struct fixture *f = eight_days();
    (void)state;
    fixture_table(
        f, &(struct fixture_table){.job = "weekly", .step = 5 * FIXTURE_DAY, .builds = "PP"});
    struct judged j = judge(f);
    assert_false(j.night->jobs[0].missing);
    done(&j);
}

static void a_failed_allocation_is_told(void **state)
{
    bool through = false;
    struct err first = {0};
    struct outages apart;
    struct fixture *f = eight_days();
    (void)state;
    add(f, "ci",
        BEFORE "FPFFPF"
               "F",
        "                        aabbccd");
    const struct window *w = fixture_window(f);
    assert_true(outages_find(w, &apart, &first));
    for (unsigned long nth = 0; nth < 500 && !through; nth++) {
        struct err err = {0};
        struct night *n = night_new(&err);
        assert_non_null(n);
        torture_arm(nth);
        const bool ok = flakes_of_jobs(w, &apart, &span, n, &err);
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
        cmocka_unit_test(passes_are_told_raw_and_adjusted),
        cmocka_unit_test(red_is_green_again_after_a_while),
        cmocka_unit_test(each_pull_request_has_its_own_repair),
        cmocka_unit_test(another_job_s_green_is_no_repair),
        cmocka_unit_test(a_failure_that_the_same_code_survived_was_cured),
        cmocka_unit_test(jobs_in_trouble_come_first),
        cmocka_unit_test(a_job_that_runs_seldom_is_not_missing),
        cmocka_unit_test(a_failed_allocation_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
