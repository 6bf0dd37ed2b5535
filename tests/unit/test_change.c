#include "check.h"

#include "tally/change.h"
#include "tally/stats.h"
#include "torture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 512 };

static uint32_t hits[MOST], runs[MOST];

/* 'P' and 'F', a run each; a digit d: so many failures of ten runs. */
static struct change_list found_in(const char *series)
{
    struct change_list list;
    struct err err = {0};
    const size_t count = strlen(series);
    assert_in_range(count, 0, MOST);
    for (size_t i = 0; i < count; i++) {
        const bool digit = series[i] >= '0' && series[i] <= '9';
        hits[i] = digit ? (uint32_t)(series[i] - '0') : series[i] == 'F';
        runs[i] = digit ? 10 : 1;
    }
    assert_true(change_find(hits, runs, count, &list, &err));
    return list;
}

#define P20 "PPPPPPPPPPPPPPPPPPPP"
#define F20 "FFFFFFFFFFFFFFFFFFFF"
#define M20 "PFPFPPFPFPPFPFPPFPFP"

static void a_step_is_found_where_it_is(void **state)
{
    static const struct {
        const char *series;
        size_t count, at;
        double before, after;
    } cases[] = {
        {P20 P20 F20, 1, 40, 0, 1},
        {F20 P20, 1, 20, 1, 0},
        {P20 P20 M20 M20, 1, 41, 0, 16.0 / 39},
        {"0000000099999", 1, 8, 0, 0.9},
        {"1111111117777777", 1, 9, 0.1, 0.7},
        {"", 0, 0, 0, 0},
        {"F", 0, 0, 0, 0},
        {P20 P20 P20, 0, 0, 0, 0},
        {F20, 0, 0, 0, 0},
        {M20 M20 M20 M20, 0, 0, 0, 0}, /* a flake, and no change */
        {P20 "F" P20, 0, 0, 0, 0},
        {P20 P20 "F", 0, 0, 0, 0}, /* once is no change */
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct change_list list = found_in(cases[i].series);
        if (list.count != cases[i].count)
            fail_msg("case %zu: %zu changes", i, list.count);
        if (list.count == 0)
            continue;
        const struct change_point *c = &list.points[0];
        if (c->at != cases[i].at || fabs(c->before - cases[i].before) > 1e-12 ||
            fabs(c->after - cases[i].after) > 1e-12)
            fail_msg("case %zu: at %zu from %f to %f", i, c->at, c->before, c->after);
        assert_true(c->low <= c->at && c->at <= c->high);
    }
}

static void several_changes_come_oldest_first(void **state)
{
    const struct change_list list = found_in(P20 F20 P20 P20 F20);
    static const size_t places[] = {20, 40, 80};
    (void)state;
    assert_int_equal(list.count, COUNT_OF(places));
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        assert_int_equal(list.points[i].at, places[i]);
        assert_true(list.points[i].after == (i % 2 == 0 ? 1 : 0));
        assert_true(list.points[i].before == (i % 2 == 0 ? 0 : 1));
    }
}

static void a_sharp_step_has_a_narrow_range_and_a_dull_one_a_wide(void **state)
{
    const struct change_list sharp = found_in(P20 P20 F20 F20);
    const struct change_list dull = found_in(P20 P20 P20 "PPPPPFPPPPPFPPPPPPFP" M20 M20);
    (void)state;
    assert_int_equal(sharp.count, 1);
    assert_int_equal(dull.count, 1);
    assert_true(sharp.points[0].high - sharp.points[0].low <= 1);
    assert_true(dull.points[0].high - dull.points[0].low >= 5);
}

/* Every cut is tried here, in the plain way; the shortcut over equal neighbours must lose none. */
static bool best_plainly(size_t count, size_t *ret_at)
{
    double best = 0;
    bool found = false;
    uint64_t all_hits = 0, all_runs = 0, left_hits = 0, left_runs = 0;
    for (size_t i = 0; i < count; i++) {
        all_hits += hits[i];
        all_runs += runs[i];
    }
    for (size_t at = 1; at < count; at++) {
        left_hits += hits[at - 1];
        left_runs += runs[at - 1];
        const double h = (double)left_hits, r = (double)left_runs,
                     gain =
                         stats_log_beta(h + .5, r - h + .5) +
                         stats_log_beta((double)all_hits - h + .5, (double)(all_runs - left_runs) -
                                                                       ((double)all_hits - h) +
                                                                       .5) -
                         stats_log_beta((double)all_hits + .5, (double)(all_runs - all_hits) + .5) -
                         stats_log_beta(.5, .5) - log(1000);
        if (gain > best + 1e-9) {
            best = gain;
            *ret_at = at;
            found = true;
        }
    }
    return found;
}

static void the_best_of_all_cuts_is_taken(void **state)
{
    uint32_t luck = 1;
    unsigned with = 0;
    (void)state;
    for (int trial = 0; trial < 300; trial++) {
        const size_t count = 30 + (size_t)trial % 40;
        struct change_list list;
        struct err err = {0};
        size_t at = 0;
        for (size_t i = 0; i < count; i++) {
            luck = luck * 1103515245 + 12345;
            runs[i] = 1 + (trial % 3 == 0 ? luck >> 28 : 0);
            luck = luck * 1103515245 + 12345;
            hits[i] =
                (luck >> 16) % 100 < (i < count / 2 ? 5U : 45U) ? 1 + (luck >> 24) % runs[i] : 0;
        }
        assert_true(change_find(hits, runs, count, &list, &err));
        if (!best_plainly(count, &at)) {
            assert_int_equal(list.count, 0);
            continue;
        }
        bool is_in = false;
        for (size_t k = 0; k < list.count; k++)
            is_in |= list.points[k].at == at;
        assert_true(is_in);
        with++;
    }
    assert_in_range(with, 50, 299); /* both happened */
}

/* As many failures in fewer runs are a change, though the counts of failures are equal. */
static void rates_change_and_not_counts(void **state)
{
    struct change_list list;
    struct err err = {0};
    (void)state;
    for (size_t i = 0; i < 20; i++) {
        hits[i] = 3;
        runs[i] = i < 10 ? 30 : 4;
    }
    assert_true(change_find(hits, runs, 20, &list, &err));
    assert_int_equal(list.count, 1);
    assert_int_equal(list.points[0].at, 10);
}

static double gain_at(size_t at, size_t count)
{
    double sums[2][2] = {{0}};
    for (size_t i = 0; i < count; i++) {
        sums[i >= at][0] += hits[i];
        sums[i >= at][1] += runs[i];
    }
    return stats_log_beta(sums[0][0] + .5, sums[0][1] - sums[0][0] + .5) +
           stats_log_beta(sums[1][0] + .5, sums[1][1] - sums[1][0] + .5);
}

/* At most 2.5 % lies beyond either end, and with one place less more would. */
static void the_range_holds_95_percent(void **state)
{
    static const char series[] = P20 P20 P20 "PPPPPFPPPPPFPPPPPPFP" M20 M20;
    const size_t count = sizeof(series) - 1;
    const struct change_list list = found_in(series);
    double total = 0, below = 0, above = 0;
    (void)state;
    assert_int_equal(list.count, 1);
    const struct change_point *c = &list.points[0];
    const double top = gain_at(c->at, count);
    for (size_t at = 1; at < count; at++) {
        const double p = exp(gain_at(at, count) - top);
        total += p;
        below += at < c->low ? p : 0;
        above += at > c->high ? p : 0;
    }
    assert_true(below <= 0.025 * total && above <= 0.025 * total);
    assert_true(below + exp(gain_at(c->low, count) - top) > 0.025 * total);
    assert_true(above + exp(gain_at(c->high, count) - top) > 0.025 * total);
}

static void a_failed_allocation_is_told(void **state)
{
    struct change_list list = {.count = 7};
    struct err err = {0};
    (void)state;
    torture_arm(0);
    const bool ok = change_find(hits, runs, 20, &list, &err);
    torture_disarm();
    assert_int_equal(ok, !torture_fired());
    if (!ok) {
        assert_int_equal(err.code, ERR_NOMEM);
        assert_int_equal(list.count, 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_is_found_where_it_is),
        cmocka_unit_test(several_changes_come_oldest_first),
        cmocka_unit_test(a_sharp_step_has_a_narrow_range_and_a_dull_one_a_wide),
        cmocka_unit_test(the_best_of_all_cuts_is_taken),
        cmocka_unit_test(rates_change_and_not_counts),
        cmocka_unit_test(the_range_holds_95_percent),
        cmocka_unit_test(a_failed_allocation_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
