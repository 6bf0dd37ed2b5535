/*
 * flake_trials WHAT - measures how far the flake statistics can be believed, for scripts/validate-flakes.
 *
 * intervals    how often the 95 % intervals hold the true rate, over many rates and numbers of runs
 * changes      delay until a step in the rate is seen, and steps seen where there is none
 * classes      simulated nights: what is said of tests whose truth is known; got-worse in error
 * reruns       stdin "flaky failures passes" of tests run again on one code: how many are found, by reruns
 * segments     stdin "verdict h;h r;r": failures by order of tests, against a chi-square test's verdict
 * days         stdin "day test pulls": tests of each day that failed on several pull requests
 * speed        5,000 tests in 2,000 builds
 *
 * Chance comes from fixed seeds: the same build prints the same figures.
 */
#include "tally/change.h"
#include "tally/flakes.h"
#include "tally/stats.h"
#include "window_fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t seed = 20260302;

static double luck(void) /* splitmix64, in [0, 1) */
{
    uint64_t z = (seed += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (double)((z ^ (z >> 31)) >> 11) / 9007199254740992.0;
}

static void need(bool ok, const struct err *err)
{
    if (ok)
        return;
    (void)fprintf(stderr, "flake_trials: %s\n", err->why);
    exit(1);
}

/* ---- intervals: exact coverage, no simulation: the sum over all outcomes ---- */

static double coverage(double rate, uint64_t runs)
{
    double covered = 0, log_p = (double)runs * log1p(-rate);
    for (uint64_t x = 0; x <= runs; x++) {
        const struct stats_interval w = stats_wilson(x, runs);
        if (w.low <= rate && rate <= w.high)
            covered += exp(log_p);
        log_p += log((double)(runs - x) / (double)(x + 1)) + log(rate) - log1p(-rate);
    }
    return covered;
}

static int intervals(void)
{
    static const uint64_t runs[] = {10, 20, 50, 100, 200, 500, 1000};
    double all = 0, outside = 0, count = 0;
    printf("Wilson intervals of 95 %%, rates 0.005 to 0.995 in steps of 0.005, exact\n");
    printf("%8s %10s %10s %10s\n", "runs", "mean", "least", "greatest");
    for (size_t i = 0; i < COUNT_OF(runs); i++) {
        double sum = 0, least = 1, greatest = 0, rates = 0;
        for (int step = 1; step < 200; step++) {
            const double c = coverage(step * 0.005, runs[i]);
            sum += c;
            rates++;
            least = fmin(least, c);
            greatest = fmax(greatest, c);
            outside += c < 0.93 || c > 0.97;
        }
        printf("%8llu %9.2f%% %9.2f%% %9.2f%%\n", (unsigned long long)runs[i], 100 * sum / rates,
               100 * least, 100 * greatest);
        all += sum;
        count += rates;
    }
    printf("all: mean %.2f %%; %.0f of %.0f pairs lie outside 93-97 %%\n", 100 * all / count,
           outside, count);
    return 0;
}

/* ---- changes ---- */

enum { TRIALS = 400, BEFORE = 100, AFTER = 200 };

static uint32_t ones[BEFORE + AFTER], hits[BEFORE + AFTER];

/* Runs after the step until it is found, and whether its range holds the truth; 0 not found. */
static size_t delay(double before, double after, bool *ret_holds)
{
    struct err err = {0};
    for (size_t i = 0; i < BEFORE + AFTER; i++) {
        ones[i] = 1;
        hits[i] = luck() < (i < BEFORE ? before : after);
    }
    for (size_t n = BEFORE + 1; n <= BEFORE + AFTER; n++) {
        struct change_list list;
        need(change_find(hits, ones, n, &list, &err), &err);
        for (size_t k = 0; k < list.count; k++) {
            const struct change_point *c = &list.points[k];
            if (c->after <= c->before || c->high < BEFORE - 20)
                continue;
            *ret_holds = c->low <= BEFORE && BEFORE <= c->high;
            return n - BEFORE;
        }
    }
    return 0;
}

static int by_size(const void *a, const void *b)
{
    const size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

static void step(double before, double after)
{
    size_t delays[TRIALS], found = 0, held = 0;
    for (size_t i = 0; i < TRIALS; i++) {
        bool holds = false;
        const size_t d = delay(before, after, &holds);
        if (d == 0)
            continue;
        delays[found++] = d;
        held += holds;
    }
    qsort(delays, found, sizeof(*delays), by_size);
    printf("%6.1f%% to %5.1f%% %8.1f%% %8zu %8zu %10.1f%%\n", 100 * before, 100 * after,
           100.0 * (double)found / TRIALS, found > 0 ? delays[found / 2] : 0,
           found > 0 ? delays[found * 9 / 10] : 0,
           found > 0 ? 100.0 * (double)held / (double)found : 0);
}

static void false_steps(double rate, size_t length)
{
    struct err err = {0};
    uint32_t *series = calloc(length * 2, sizeof(*series));
    size_t wrong = 0;
    need(series != NULL, &err);
    for (size_t i = 0; i < 1000; i++) {
        struct change_list list;
        for (size_t k = 0; k < length; k++) {
            series[k] = luck() < rate;
            series[length + k] = 1;
        }
        need(change_find(series, series + length, length, &list, &err), &err);
        wrong += list.count > 0;
    }
    printf("%6.1f%% in %5zu runs: %zu of 1,000 series\n", 100 * rate, length, wrong);
    free(series);
}

static int changes(void)
{
    static const double steps[][2] = {{0, 1},      {0, 0.5},    {0, 0.2},   {0.01, 0.1},
                                      {0.01, 0.3}, {0.05, 0.3}, {0.1, 0.5}, {0.05, 0.1}};
    printf("A step after %d runs, looked for after each of the %d runs behind it; %d trials\n",
           BEFORE, AFTER, TRIALS);
    printf("%17s %9s %8s %8s %11s\n", "rate", "found", "median", "90 %", "in range");
    for (size_t i = 0; i < COUNT_OF(steps); i++)
        step(steps[i][0], steps[i][1]);
    printf("Steps seen in series without one\n");
    false_steps(0.01, 200);
    false_steps(0.1, 200);
    false_steps(0.3, 200);
    false_steps(0.01, 2000);
    false_steps(0.1, 2000);
    false_steps(0.3, 2000);
    return 0;
}

/* ---- classes: nights of one job, tests whose truth is known ---- */

enum { KIND_TESTS = 400, ROUNDS = 5, DAYS = 28, RUNS_A_DAY = 8 }; /* a night tells 5,000 tests */

struct kind {
    const char *name;
    double from, then;             /* failure rate before the change, and after it */
    double change;                 /* in days before the end of the window; 0: none */
    double rescued;                /* share of failures that a retry saves */
    bool found[NIGHT_CLASS_COUNT]; /* classes that are right */
};

static const struct kind kinds[] = {
    {"always passes", 0, 0, 0, 0, {[NIGHT_QUIET] = true}},
    {"flaky 1 %", 0.01, 0.01, 0, 0, {[NIGHT_FLAKY] = true}},
    {"flaky 5 %", 0.05, 0.05, 0, 0, {[NIGHT_FLAKY] = true}},
    {"flaky 10 %, half rescued", 0.1, 0.1, 0, 0.5, {[NIGHT_FLAKY] = true}},
    {"flaky 30 %", 0.3, 0.3, 0, 0, {[NIGHT_FLAKY] = true}},
    {"1 % to 15 %, 7 days ago", 0.01, 0.15, 7, 0, {[NIGHT_WORSE] = true}},
    {"5 % to 30 %, 3 days ago", 0.05, 0.3, 3, 0, {[NIGHT_WORSE] = true}},
    {"broken since a day", 0, 1, 1, 0, {[NIGHT_BROKEN] = true}},
    {"broken since a week", 0.02, 1, 7, 0, {[NIGHT_BROKEN] = true}},
    {"flaky 20 %, fixed 7 days ago", 0.2, 0, 7, 0, {[NIGHT_FIXED] = true}},
    {"broken, fixed 3 days ago", 1, 0, 3, 0, {[NIGHT_FIXED] = true}},
};

static bool fails(const struct kind *k, double days_to_end, bool still)
{
    return luck() < (k->change > 0 && days_to_end <= k->change && !still ? k->then : k->from);
}

static void add_kind_builds(struct fixture *f, uint32_t job, bool still)
{
    for (int i = 0; i < DAYS * RUNS_A_DAY; i++) {
        const double to_end = (double)(DAYS * RUNS_A_DAY - i) / RUNS_A_DAY;
        const int64_t start = FIXTURE_START + i * FIXTURE_DAY / RUNS_A_DAY;
        const struct window_build b = {.job = job,
                                       .id = fixture_printf(f, "%d", 1000 + i),
                                       .base_sha = fixture_printf(f, "sha%d", i),
                                       .repo = SV("acme/rocket"),
                                       .type = TYPE_POSTSUBMIT,
                                       .outcome = OUTCOME_FAILED,
                                       .signature = WINDOW_NONE,
                                       .started_ms = start,
                                       .finished_ms = start + FIXTURE_HOUR};
        fixture_build(f, &b);
        for (uint32_t t = 0; t < COUNT_OF(kinds) * KIND_TESTS; t++) {
            const struct kind *k = &kinds[t / KIND_TESTS];
            const bool red = fails(k, to_end, still), rescued = red && luck() < k->rescued;
            fixture_result(f, t,
                           rescued ? TEST_FLAKY
                           : red   ? TEST_FAILED
                                   : TEST_PASSED,
                           rescued ? 2 : 1, WINDOW_NONE);
        }
    }
}

/* No build is bad here: that so many tests fail is the trial's doing. */
static struct night *night_of(const struct window *w, const struct flakes_options *span)
{
    struct err err = {0};
    struct outages apart = {.marks = calloc((size_t)w->build_count + 1, 1)};
    struct night *n = night_new(&err);
    need(n != NULL && apart.marks != NULL, &err);
    need(flakes_of_tests(w, &apart, span, n, &err), &err);
    outages_done(&apart);
    return n;
}

static uint64_t number_in(struct sv name)
{
    uint64_t n = 0;
    (void)sv_u64(name, &n);
    return n;
}

struct told {
    uint64_t by_class[NIGHT_CLASS_COUNT];
    uint64_t listed, held; /* of those that failed, whose interval holds the rate */
};

static void add_told(const struct night *n, struct told *told)
{
    for (size_t i = 0; i < n->test_count; i++) {
        const struct night_test *t = &n->tests[i];
        const size_t kind = number_in(t->name) / KIND_TESTS;
        const double rate = kinds[kind].from;
        told[kind].by_class[t->class_]++;
        told[kind].listed++;
        told[kind].held += t->adjusted.low <= rate && rate <= t->adjusted.high;
    }
}

static void print_told(const struct kind *k, struct told *t)
{
    uint64_t right = 0;
    t->by_class[NIGHT_QUIET] += KIND_TESTS * ROUNDS - t->listed;
    for (int c = 0; c < NIGHT_CLASS_COUNT; c++)
        right += k->found[c] ? t->by_class[c] : 0;
    printf("%-30s %5.1f%% ", k->name, 100.0 * (double)right / (KIND_TESTS * ROUNDS));
    for (int c = 0; c < NIGHT_CLASS_COUNT; c++) {
        if (t->by_class[c] > 0)
            printf(" %s %llu", night_class_name((enum night_class)c),
                   (unsigned long long)t->by_class[c]);
    }
    if (k->change == 0 && k->from > 0)
        printf("; in the interval %.1f%% of those that failed",
               100.0 * (double)t->held / (double)(t->listed > 0 ? t->listed : 1));
    printf("\n");
}

/* still: nothing changes in these nights. */
static void make_nights(struct told *told, bool still)
{
    for (int round = 0; round < ROUNDS; round++) {
        struct fixture *f = fixture_new(0, DAYS * FIXTURE_DAY);
        for (size_t i = 0; i < COUNT_OF(kinds) * KIND_TESTS; i++)
            (void)fixture_test(f, fixture_printf(f, "%05zu", i).ptr);
        add_kind_builds(f, fixture_job(f, "ci"), still);
        const int64_t end = FIXTURE_START + DAYS * FIXTURE_DAY;
        const struct flakes_options span = {end - DAYS / 2 * FIXTURE_DAY, end - FIXTURE_DAY, end,
                                            0};
        struct night *n = night_of(fixture_window(f), &span);
        add_told(n, told);
        night_free(n);
        fixture_done(f);
    }
}

static int classes(void)
{
    struct told told[COUNT_OF(kinds)] = {0}, still[COUNT_OF(kinds)] = {0};
    uint64_t wrong = 0, wrong_still = 0, steady = 0;
    make_nights(told, false);
    make_nights(still, true);
    printf("%d tests of each kind, %d builds a day for %d days; the window is the newer half\n",
           KIND_TESTS * ROUNDS, RUNS_A_DAY, DAYS);
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        print_told(&kinds[i], &told[i]);
        steady += kinds[i].change == 0 ? KIND_TESTS * ROUNDS : 0;
        wrong += kinds[i].change == 0 ? told[i].by_class[NIGHT_WORSE] : 0;
        wrong_still += still[i].by_class[NIGHT_WORSE];
    }
    printf(
        "called got-worse in error: %.2f of 1,000 steady tests beside those that change, %.2f of "
        "1,000 when none does\n",
        1000.0 * (double)wrong / (double)steady,
        1000.0 * (double)wrong_still / (double)(COUNT_OF(kinds) * KIND_TESTS * ROUNDS));
    return 0;
}

/* ---- figures of others, from stdin ---- */

enum { RERUN_TESTS = 50000, RERUN_TIMES = 10000 };

/* How the runs of a test that failed x of n times came out, drawn one after the other. */
struct urn {
    uint32_t failures, runs;
};

static void rerun(const struct urn *tests, size_t count, int times, const bool *truth)
{
    struct fixture *f = fixture_new(0, times * FIXTURE_HOUR);
    struct urn *left = calloc(count, sizeof(*left));
    uint64_t flaky = 0, called = 0, right = 0;
    for (size_t t = 0; t < count; t++) {
        left[t] = tests[t];
        flaky += truth[t];
        (void)fixture_test(f, fixture_printf(f, "%05zu", t).ptr);
    }
    for (int i = 0; i < times; i++) {
        const struct window_build b = {.job = fixture_job(f, "rerun"),
                                       .id = fixture_printf(f, "%d", 1000 + i),
                                       .code = SV("one"),
                                       .type = TYPE_PERIODIC,
                                       .outcome = OUTCOME_FAILED,
                                       .signature = WINDOW_NONE,
                                       .started_ms = FIXTURE_START + i * FIXTURE_HOUR};
        fixture_build(f, &b);
        for (uint32_t t = 0; t < count; t++) {
            const bool red = luck() * left[t].runs < left[t].failures;
            left[t].runs--;
            left[t].failures -= red;
            fixture_result(f, t, red ? TEST_FAILED : TEST_PASSED, 1, WINDOW_NONE);
        }
    }
    const int64_t end = FIXTURE_START + times * FIXTURE_HOUR;
    const struct flakes_options span = {FIXTURE_START, end - FIXTURE_DAY, end, 0};
    struct night *n = night_of(fixture_window(f), &span);
    for (size_t i = 0; i < n->test_count; i++) {
        const bool is = (n->tests[i].evidence & EVIDENCE_SAME_CODE) != 0;
        called += is;
        right += is && truth[number_in(n->tests[i].name)];
    }
    printf("%5d reruns: %llu of %llu flaky tests found, %llu called flaky that are not\n", times,
           (unsigned long long)right, (unsigned long long)flaky,
           (unsigned long long)(called - right));
    free(left);
    night_free(n);
    fixture_done(f);
}

static int reruns(void)
{
    static struct urn tests[RERUN_TESTS];
    static bool truth[RERUN_TESTS];
    size_t count = 0;
    unsigned failures, passes, is_flaky;
    while (count < RERUN_TESTS && scanf("%u %u %u", &is_flaky, &failures, &passes) == 3) {
        if (failures + passes < RERUN_TIMES / 2)
            continue;
        tests[count] = (struct urn){failures, failures + passes};
        truth[count++] = is_flaky != 0;
    }
    for (int times = 10; times <= 300; times = times == 10 ? 30 : times * 10 / 3)
        rerun(tests, count, times, truth);
    return 0;
}

/* Lines "verdict h;h;h r;r;r": failures and runs of one test, in one order of tests after the other; verdict
 * 1 when the order matters by a chi-square test. */
static size_t numbers(char *text, uint32_t *list, size_t most)
{
    size_t count = 0;
    for (char *at = text, *end; count < most; at = end + 1) {
        list[count] = (uint32_t)strtoul(at, &end, 10);
        count += end != at;
        if (*end != ';')
            break;
    }
    return count;
}

static int segments(void)
{
    static char line[65536];
    unsigned agree[2][2] = {0};
    while (fgets(line, sizeof(line), stdin) != NULL) {
        uint32_t failed[256], ran[256];
        struct change_list list;
        struct err err = {0};
        char *hits_text = strchr(line, ' ');
        char *runs_text = hits_text != NULL ? strchr(hits_text + 1, ' ') : NULL;
        if (runs_text == NULL)
            continue;
        const size_t count = numbers(hits_text + 1, failed, COUNT_OF(failed));
        if (numbers(runs_text + 1, ran, COUNT_OF(ran)) != count)
            continue;
        need(change_find(failed, ran, count, &list, &err), &err);
        agree[line[0] == '1'][list.count > 0]++;
    }
    printf("order matters (their chi-square, p < 0.05): %u with change points, %u without\n",
           agree[1][1], agree[1][0]);
    printf("it does not: %u with change points, %u without\n", agree[0][1], agree[0][0]);
    return 0;
}

enum { DAY_BUILDS = 60, DAY_TESTS = 4096, DAY_LINES = 20000, SPAN_DAYS = 14, DAY_STEP = 15 };

struct day_line {
    int day;
    uint32_t test, pulls;
};

struct day_lines {
    struct day_line list[DAY_LINES];
    size_t count;
    int last;
    uint32_t tests;
};

/* The test fails in so many builds of the day, each of another pull request. And a test that is not in
 * the data fails in three builds of one pull request: it must not be called flaky. */
static void add_day(struct fixture *f, const struct day_lines *d, int day, int first, uint32_t own)
{
    for (int i = 0; i < DAY_BUILDS; i++) {
        const int64_t start =
            FIXTURE_START + (day - first) * FIXTURE_DAY + i * (FIXTURE_DAY / DAY_BUILDS);
        const int pull = i >= DAY_BUILDS - 3 ? DAY_BUILDS - 3 : i; /* the last three are one */
        const struct window_build b = {.job = fixture_job(f, "node-test"),
                                       .id = fixture_printf(f, "%d", day * 100 + i),
                                       .type = TYPE_PRESUBMIT,
                                       .pulls = fixture_printf(f, "%d:%d", day * 100 + pull, i),
                                       .repo = SV("acme/node"),
                                       .outcome = OUTCOME_FAILED,
                                       .signature = WINDOW_NONE,
                                       .started_ms = start};
        bool red[DAY_TESTS] = {false};
        for (size_t k = 0; k < d->count; k++) {
            const struct day_line *l = &d->list[k];
            if (l->day == day) /* spread over the day */
                red[l->test] |=
                    i < DAY_BUILDS - 3 && (uint64_t)(i + 1) * l->pulls / (DAY_BUILDS - 3) >
                                              (uint64_t)i * l->pulls / (DAY_BUILDS - 3);
        }
        fixture_build(f, &b);
        for (uint32_t t = 0; t < d->tests; t++)
            fixture_result(f, t, red[t] ? TEST_FAILED : TEST_PASSED, 1, WINDOW_NONE);
        fixture_result(f, own, i >= DAY_BUILDS - 3 ? TEST_FAILED : TEST_PASSED, 1, WINDOW_NONE);
    }
}

static bool is_listed(const struct day_lines *d, int day, uint64_t test)
{
    for (size_t k = 0; k < d->count; k++) {
        if (d->list[k].day == day && d->list[k].test == test)
            return true;
    }
    return false;
}

static void one_day(const struct day_lines *d, int day, uint64_t sums[4])
{
    const int first = day - SPAN_DAYS + 1;
    struct fixture *f = fixture_new(0, SPAN_DAYS * FIXTURE_DAY);
    for (uint32_t t = 0; t < d->tests; t++)
        (void)fixture_test(f, fixture_printf(f, "%05u", t).ptr);
    for (int i = first; i <= day; i++)
        add_day(f, d, i, first, fixture_test(f, fixture_printf(f, "own-%d", i).ptr));
    const int64_t end = FIXTURE_START + SPAN_DAYS * FIXTURE_DAY;
    const struct flakes_options span = {end - SPAN_DAYS / 2 * FIXTURE_DAY, end - FIXTURE_DAY, end,
                                        0};
    struct night *n = night_of(fixture_window(f), &span);
    for (size_t i = 0; i < n->test_count; i++) {
        const struct night_test *t = &n->tests[i];
        const bool own = sv_starts(t->name, SV("own-"));
        const bool called = t->tonight.hits > 0 && t->evidence != 0;
        sums[0] += called && !own && is_listed(d, day, number_in(t->name));
        sums[1] += called && (own || !is_listed(d, day, number_in(t->name)));
        sums[3] += own;
    }
    for (size_t k = 0; k < d->count; k++)
        sums[2] += d->list[k].day == day;
    night_free(n);
    fixture_done(f);
}

/* Lines "day test pulls", numbers; days ascending. */
static int days(void)
{
    static struct day_lines d;
    uint64_t sums[4] = {0};
    struct day_line l;
    while (d.count < DAY_LINES && scanf("%d %u %u", &l.day, &l.test, &l.pulls) == 3) {
        if (l.test >= DAY_TESTS)
            continue;
        d.tests = l.test + 1 > d.tests ? l.test + 1 : d.tests;
        d.last = l.day;
        d.list[d.count++] = l;
    }
    int judged_days = 0;
    for (int day = SPAN_DAYS; day <= d.last; day += DAY_STEP, judged_days++)
        one_day(&d, day, sums);
    printf("%d days: of %llu tests that failed on several pull requests %llu are called flaky; of "
           "%llu "
           "that failed on one alone, and of others, %llu\n",
           judged_days, (unsigned long long)sums[2], (unsigned long long)sums[0],
           (unsigned long long)sums[3], (unsigned long long)sums[1]);
    return 0;
}

static double seconds(void) /* of this process: others run beside it */
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

enum { SPEED_TESTS = 5000, SPEED_BUILDS = 2000 };

static void fill_speed(struct fixture *f, double rate)
{
    uint32_t jobs[10];
    for (size_t j = 0; j < COUNT_OF(jobs); j++)
        jobs[j] = fixture_job(f, fixture_printf(f, "job-%zu", j).ptr);
    for (size_t t = 0; t < SPEED_TESTS; t++)
        (void)fixture_test(f, fixture_printf(f, "test-%05zu", t).ptr);
    for (int i = 0; i < SPEED_BUILDS; i++) {
        const int64_t start = FIXTURE_START + i * (DAYS * FIXTURE_DAY / SPEED_BUILDS);
        const struct window_build b = {.job = jobs[i % 10],
                                       .id = fixture_printf(f, "%d", 1000 + i),
                                       .base_sha = fixture_printf(f, "sha%d", i / 10),
                                       .code = fixture_printf(f, "code%d-%d", i % 10, i / 20),
                                       .repo = SV("acme/rocket"),
                                       .type = TYPE_PERIODIC,
                                       .outcome = OUTCOME_FAILED,
                                       .signature = WINDOW_NONE,
                                       .started_ms = start,
                                       .finished_ms = start + FIXTURE_HOUR};
        fixture_build(f, &b);
        for (uint32_t t = 0; t < SPEED_TESTS; t++)
            fixture_result(f, t, luck() < rate ? TEST_FAILED : TEST_PASSED, 1, WINDOW_NONE);
    }
}

static int speed(void)
{
    static const double rates[] = {0, 0.001, 0.01, 0.1};
    printf("%d tests in %d builds of 10 jobs: %d results\n", SPEED_TESTS, SPEED_BUILDS,
           SPEED_TESTS * SPEED_BUILDS);
    for (size_t i = 0; i < COUNT_OF(rates); i++) {
        struct err err = {0};
        struct outages apart;
        struct fixture *f = fixture_new(0, DAYS * FIXTURE_DAY);
        fill_speed(f, rates[i]);
        const struct window *w = fixture_window(f);
        const int64_t end = FIXTURE_START + DAYS * FIXTURE_DAY;
        const struct flakes_options span = {end - 14 * FIXTURE_DAY, end - FIXTURE_DAY, end, 0};
        struct night *n = night_new(&err);
        need(n != NULL, &err);
        const double start = seconds();
        need(outages_find(w, &apart, &err), &err);
        const double apart_s = seconds();
        need(flakes_of_tests(w, &apart, &span, n, &err), &err);
        const double tests_s = seconds();
        need(flakes_of_jobs(w, &apart, &span, n, &err), &err);
        printf("failing %5.1f %%: set apart %.2f s, tests %.2f s, jobs %.2f s of CPU; %zu tests "
               "told\n",
               100 * rates[i], apart_s - start, tests_s - apart_s, seconds() - tests_s,
               n->test_count);
        night_free(n);
        outages_done(&apart);
        fixture_done(f);
    }
    return 0;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(void);
    } trials[] = {
        {"intervals", intervals}, {"changes", changes}, {"classes", classes}, {"reruns", reruns},
        {"segments", segments},   {"days", days},       {"speed", speed},
    };
    for (size_t i = 0; argc == 2 && i < COUNT_OF(trials); i++) {
        if (strcmp(argv[1], trials[i].name) == 0)
            return trials[i].run();
    }
    (void)fputs("usage: flake_trials intervals|changes|classes|reruns|segments|days|speed\n",
                stderr);
    return 2;
}
