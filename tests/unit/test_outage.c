#include "check.h"

#include "tally/outage.h"
#include "torture.h"
#include "window_fixture.h"

#include <string.h>

#define WEEK (7 * FIXTURE_DAY)

static struct outages found(struct fixture *f)
{
    struct outages o;
    struct err err = {0};
    if (!outages_find(fixture_window(f), &o, &err))
        fail_msg("%s", err.why);
    return o;
}

static void done(struct fixture *f, struct outages *o)
{
    outages_done(o);
    fixture_done(f);
}

/* A letter a build, in order of time: . I O B */
static void marks_are(const struct outages *o, const char *wanted)
{
    for (size_t i = 0; i < strlen(wanted); i++) {
        if (".IOB"[o->marks[i]] != wanted[i])
            fail_msg("build %zu is %c and not %c", i, ".IOB"[o->marks[i]], wanted[i]);
    }
}

static void add_job(struct fixture *f, const char *job, const char *repo, int64_t start,
                    const char *builds, const char *causes)
{
    fixture_table(f, &(struct fixture_table){.job = job,
                                             .repo = repo,
                                             .type = TYPE_PERIODIC,
                                             .start = start,
                                             .step = FIXTURE_HOUR * 2,
                                             .builds = builds,
                                             .causes = causes});
}

static void infra_is_what_the_verdict_calls_so(void **state)
{
    struct fixture *f = fixture_new(0, WEEK);
    (void)state;
    add_job(f, "a", "x/a", 0, "PIFPI", NULL);
    struct outages o = found(f);
    marks_are(&o, ".I..I");
    assert_int_equal(o.count, 0);
    done(f, &o);
}

static void one_failure_in_three_unrelated_jobs_is_an_outage(void **state)
{
    struct fixture *f = fixture_new(0, WEEK);
    (void)state;
    add_job(f, "a", "x/a", 0, "PFP", " q ");
    add_job(f, "b", "x/b", 1, "PFP", " q ");
    add_job(f, "c", "x/c", 2, "PIF", " qz"); /* one that is infra already; z is something else */
    struct outages o = found(f);
    marks_are(&o, "...OOI...");
    assert_int_equal(o.count, 1);
    assert_true(sv_equal(o.list[0].cluster, SV("c-q")));
    assert_int_equal(o.list[0].builds, 3);
    assert_int_equal(o.list[0].jobs, 3);
    assert_int_equal(o.list[0].from_ms, FIXTURE_START + 2 * FIXTURE_HOUR);
    assert_int_equal(o.list[0].to_ms, FIXTURE_START + 2 * FIXTURE_HOUR + 2);
    /* Three events in 168 hours, six hours looked at: 3 * 6 / 168. */
    assert_true(o.list[0].expected > 0.107 && o.list[0].expected < 0.1072);
    assert_true(o.list[0].p < OUTAGE_ALPHA);
    done(f, &o);
}

static void what_else_could_break_them_is_none(void **state)
{
    static const struct {
        const char *what, *repos[3];
        int64_t starts[3];
        const char *runs, *causes;
    } cases[] = {
        {"jobs of one repository", {"x/a", "x/a", "x/a"}, {0, 1, 2}, "PFP", " q "},
        {"two repositories", {"x/a", "x/a", "x/b"}, {0, 1, 2}, "PFP", " q "},
        {"far apart", {"x/a", "x/b", "x/c"}, {0, 4 * FIXTURE_HOUR, 8 * FIXTURE_HOUR}, "PFP", " q "},
        {"happens all the time",
         {"x/a", "x/b", "x/c"},
         {0, 1, 2},
         "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
         "qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq"},
        {"no text", {"x/a", "x/b", "x/c"}, {0, 1, 2}, "PFP", NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        static const char *const jobs[] = {"a", "b", "c"};
        struct fixture *f = fixture_new(0, WEEK);
        for (size_t k = 0; k < COUNT_OF(jobs); k++)
            add_job(f, jobs[k], cases[i].repos[k], cases[i].starts[k], cases[i].runs,
                    cases[i].causes);
        struct outages o = found(f);
        if (o.count > 0)
            fail_msg("%s", cases[i].what);
        done(f, &o);
    }
}

static void jobs_without_a_repository_are_unrelated(void **state)
{
    struct fixture *f = fixture_new(0, WEEK);
    (void)state;
    add_job(f, "a", "", 0, "PFP", " q ");
    add_job(f, "b", "", 1, "PFP", " q ");
    add_job(f, "c", "", 2, "PFP", " q ");
    struct outages o = found(f);
    assert_int_equal(o.count, 1);
    done(f, &o);
}

/* What a test says counts as what the build says does. */
static void tests_show_an_outage_too(void **state)
{
    static const char *const jobs[] = {"a", "b", "c"}, *const repos[] = {"x/a", "x/b", "x/c"};
    struct fixture *f = fixture_new(0, WEEK);
    (void)state;
    for (size_t k = 0; k < COUNT_OF(jobs); k++)
        fixture_table(f, &(struct fixture_table){.job = jobs[k],
                                                 .repo = repos[k],
                                                 .start = (int64_t)k,
                                                 .rows = {{"T", "PFP", "registry is gone"}}});
    struct outages o = found(f);
    marks_are(&o, "...OOO...");
    done(f, &o);
}

static void add_suite(struct fixture *f, const char *last)
{
    static const char *const names[] = {"1", "2", "3", "4", "5", "6", "7"};
    struct fixture_table t = {.job = "a", .type = TYPE_POSTSUBMIT};
    static char runs[COUNT_OF(names)][64];
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        (void)strcpy(runs[i], "PPPPPPPPPP");
        (void)strcat(runs[i], last);
        t.rows[i] = (struct fixture_row){names[i], runs[i], NULL};
    }
    runs[0][3] = 'F'; /* one failing test is nothing unusual */
    fixture_table(f, &t);
}

static void a_build_with_far_more_failing_tests_is_bad(void **state)
{
    static const struct {
        const char *last, *marks;
    } cases[] = {
        {"FPP", "..........B.."},
        {"PFF", "...........BB"},
        {"FFF", "............."}, /* the job is broken: this does not pass by */
        {"FPFFF", "..........B...."},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fixture *f = fixture_new(0, WEEK);
        add_suite(f, cases[i].last);
        struct outages o = found(f);
        marks_are(&o, cases[i].marks);
        done(f, &o);
    }
}

static void the_newest_outage_is_first(void **state)
{
    struct fixture *f = fixture_new(0, WEEK);
    static const char *const jobs[] = {"a", "b", "c"}, *const repos[] = {"x/a", "x/b", "x/c"};
    (void)state;
    for (size_t k = 0; k < COUNT_OF(jobs); k++)
        add_job(f, jobs[k], repos[k], (int64_t)k, "FPPPPPPPPPPPPPPPPPPPF", "q                   z");
    struct outages o = found(f);
    assert_int_equal(o.count, 2);
    assert_true(sv_equal(o.list[0].cluster, SV("c-z")));
    assert_true(sv_equal(o.list[1].cluster, SV("c-q")));
    done(f, &o);
}

static void a_failed_allocation_is_told(void **state)
{
    bool through = false;
    struct fixture *f = fixture_new(0, WEEK);
    (void)state;
    add_suite(f, "FPP");
    add_job(f, "b", "x/b", 1, "PFP", " q ");
    const struct window *w = fixture_window(f);
    for (unsigned long nth = 0; nth < 200 && !through; nth++) {
        struct err err = {0};
        struct outages o;
        torture_arm(nth);
        const bool ok = outages_find(w, &o, &err);
        torture_disarm();
        through = !torture_fired();
        assert_int_equal(ok, through);
        assert_int_equal(err.code, ok ? ERR_NONE : ERR_NOMEM);
        if (ok)
            outages_done(&o);
    }
    assert_true(through);
    fixture_done(f);
}

static void what_says_next_to_nothing_is_no_outage(void **state)
{
    static const struct {
        const char *normal;
        size_t outages;
    } cases[] = {
        {"failed", 0},         {"<unspecified failure of everything>", 0},
        {"exit code <n>", 0},  {"<n>: <host> <path>", 0},
        {"no answer from", 1}, {"служба не отвечает", 1},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fixture *f = fixture_new(0, WEEK);
        add_job(f, "a", "x/a", 0, "FPPP", "q");
        add_job(f, "b", "x/b", 1, "FPPP", "q");
        add_job(f, "c", "x/c", 2, "FPPP", "q");
        struct window *w = fixture_window(f);
        w->signatures[0].normal = sv_of(cases[i].normal);
        struct outages o;
        struct err err = {0};
        assert_true(outages_find(w, &o, &err));
        if (o.count != cases[i].outages)
            fail_msg("\"%s\": %zu outages", cases[i].normal, o.count);
        done(f, &o);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(infra_is_what_the_verdict_calls_so),
        cmocka_unit_test(what_says_next_to_nothing_is_no_outage),
        cmocka_unit_test(one_failure_in_three_unrelated_jobs_is_an_outage),
        cmocka_unit_test(what_else_could_break_them_is_none),
        cmocka_unit_test(jobs_without_a_repository_are_unrelated),
        cmocka_unit_test(tests_show_an_outage_too),
        cmocka_unit_test(a_build_with_far_more_failing_tests_is_bad),
        cmocka_unit_test(the_newest_outage_is_first),
        cmocka_unit_test(a_failed_allocation_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
