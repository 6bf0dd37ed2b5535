#include "check.h"

#include "tally/stats.h"
#include "torture.h"

#include <math.h>
#include <string.h>

/* Exact values were computed with fractions of whole numbers and with 60 digits, then rounded. */
static void must_be(double got, double wanted, const char *what, size_t row)
{
    const double tolerance = 1e-9 * fmin(1, fabs(wanted)); /* small tails have as many digits */
    if (!(fabs(got - wanted) <= tolerance))
        fail_msg("%s, row %zu: %.17g instead of %.17g", what, row, got, wanted);
}

/* The five at the top are in Newcombe, Statistics in Medicine 17 (1998), table I, method 3. */
static void wilson_is_exact(void **state)
{
    static const struct {
        uint64_t hits, of;
        double low, high;
    } known[] = {
        {81, 263, 0.25528851987827422, 0.36620957698280004},
        {15, 148, 0.062386399530736276, 0.16048724172330803},
        {0, 20, 0, 0.16112515805281938},
        {1, 29, 0.0061132142927626601, 0.17175521879320288},
        {29, 29, 0.88303020150025924, 1},
        {0, 0, 0, 1},
        {5, 10, 0.23659309051256397, 0.76340690948743606},
        {1, 1, 0.20654931437723739, 1},
        {3, 10000000, 1.0202707796246512e-07, 8.8211842605150471e-07},
        {9999997, 10000000, 0.99999911788157392, 0.99999989797292199},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        const struct stats_interval w = stats_wilson(known[i].hits, known[i].of);
        must_be(w.low, known[i].low, "low", i);
        must_be(w.high, known[i].high, "high", i);
    }
}

/* The second is Fisher's lady tasting tea: three of four cups right. */
static void fisher_is_exact(void **state)
{
    static const struct {
        uint64_t hits, of, all_hits, all;
        double p;
    } known[] = {
        {3, 8, 3, 14, 0.15384615384615385},
        {3, 4, 4, 8, 0.24285714285714285},
        {8, 8, 9, 16, 0.0006993006993006993},
        {1, 6, 3, 20, 0.68070175438596492},
        {18, 120, 20, 240, 0.00011595181956080213},
        {5, 10, 5, 20, 0.016253869969040248},
        {30, 200, 31, 2200, 2.0267754365229688e-31},
        {60, 1000, 70, 11000, 1.0396661474170169e-52},
        {200, 1000, 380, 2000, 0.13940339176284894},
        {7, 20, 900, 1000, 0.99999999990177724},
        {1200, 20000, 2100, 40000, 9.4932322470777543e-12},
        {0, 10, 5, 20, 1},
        {2, 2, 2, 2, 1},
        {0, 0, 0, 0, 1},
        {3, 2, 3, 10, 1}, /* more hits than draws: nothing is claimed */
        {3, 20, 2, 10, 1},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(known); i++)
        must_be(stats_fisher(known[i].hits, known[i].of, known[i].all_hits, known[i].all),
                known[i].p, "p", i);
}

/* At ten million: P(X >= k) + P(X <= k - 1) is 1, and the other tail is that of the other colour. */
static void fisher_holds_together_at_ten_million(void **state)
{
    const uint64_t all = 10000000, hits = 123456, of = 4000000;
    (void)state;
    for (uint64_t k = 48900; k <= 49900; k += 100) {
        const double above = stats_fisher(k, of, hits, all);
        const double below = stats_fisher(of - (k - 1), of, all - hits, all);
        if (fabs(above + below - 1) > 1e-9)
            fail_msg("%d: %.17g and %.17g", (int)k, above, below);
    }
}

static void poisson_is_exact(void **state)
{
    static const struct {
        uint64_t count;
        double mean, p;
    } known[] = {
        {3, 0.050000000000000003, 2.0067493624397941e-05},
        {3, 0.5, 0.014387677966970687},
        {1, 0.001, 0.00099950016662500823},
        {5, 2, 0.05265301734371116},
        {10, 3.7000000000000002, 0.0048483373891543748},
        {30, 20, 0.02181821752555739},
        {100, 120, 0.97213626010947929},
        {3, 0.75, 0.040505439744813874},
        {50, 1, 1.2337508979097351e-65},
        {1100, 1000, 0.00096263040586655718},
        {0, 5, 1},
        {1, 0, 0},
        {0, 0, 1},
        {2, -1, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(known); i++)
        must_be(stats_poisson_tail(known[i].count, known[i].mean), known[i].p, "p", i);
    must_be(stats_poisson_tail(3, NAN), 1, "not a number", 0);
}

/* The fifteen of Benjamini and Hochberg's paper (1995), section 3.2, shuffled: four are kept at 5 %. */
static void false_discoveries_are_held_down(void **state)
{
    static const double p[] = {0.0459, 0.0001, 0.3240, 0.0004, 0.4262, 0.0019, 0.5719, 0.0095,
                               0.6528, 0.0201, 0.7590, 0.0278, 1.0000, 0.0298, 0.0344};
    double q[COUNT_OF(p)];
    struct err err = {0};
    int kept = 0;
    (void)state;
    memcpy(q, p, sizeof(q));
    assert_true(stats_benjamini_hochberg(q, COUNT_OF(q), &err));
    for (size_t i = 0; i < COUNT_OF(q); i++) {
        kept += q[i] <= 0.05;
        assert_int_equal(q[i] <= 0.05, p[i] <= 0.0095);
    }
    assert_int_equal(kept, 4);
    must_be(q[1], 0.0015, "0.0001 of 15", 1);
    must_be(q[3], 0.003, "0.0004 is second", 3);
    must_be(q[7], 0.035625, "0.0095 is fourth", 7);
    must_be(q[12], 1, "the last", 12);
}

static void equal_probabilities_have_equal_q(void **state)
{
    double q[] = {0.02, 0.02, 0.5, NAN, -1};
    struct err err = {0};
    (void)state;
    assert_true(stats_benjamini_hochberg(q, COUNT_OF(q), &err));
    must_be(q[0], 0.05, "first", 0);
    must_be(q[1], 0.05, "second", 1);
    must_be(q[3], 1, "not a number", 3);
    must_be(q[4], 1, "no probability", 4);
    assert_true(stats_benjamini_hochberg(NULL, 0, &err));
}

static void entropy_is_in_bits(void **state)
{
    (void)state;
    must_be(stats_entropy(1, 2), 1, "half", 0);
    must_be(stats_entropy(1, 4), 0.81127812445913283, "a quarter", 1);
    must_be(stats_entropy(0, 5), 0, "none", 2);
    must_be(stats_entropy(5, 5), 0, "all", 3);
    must_be(stats_entropy(0, 0), 0, "nothing", 4);
}

/* f(1 - f) = rescued / tries. */
static void a_flake_rate_follows_from_retries(void **state)
{
    (void)state;
    must_be(stats_retry_rate(9, 100), 0.1, "10 %", 0);
    must_be(stats_retry_rate(25, 100), 0.5, "half", 1);
    must_be(stats_retry_rate(1, 10000000), 1.0000001000000200e-07, "a small one", 2);
    must_be(stats_retry_rate(0, 50), 0, "none", 3);
    must_be(stats_retry_rate(26, 100), -1, "more than flakes alone can give", 4);
    must_be(stats_retry_rate(0, 0), -1, "nothing", 5);
}

static void greens_wanted_are_as_tabled(void **state)
{
    static const struct {
        double rate, alpha;
        uint64_t greens;
    } known[] = {
        {0.05, 0.05, 59},    {0.01, 0.05, 299}, {0.5, 0.25, 2},        {0.5, 0.05, 5},
        {0.001, 0.05, 2995}, {1, 0.05, 1},      {0, 0.05, UINT64_MAX}, {NAN, 0.05, UINT64_MAX},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(known); i++)
        assert_int_equal(stats_greens_wanted(known[i].rate, known[i].alpha), known[i].greens);
}

/* Enough greens, and no fewer: the probability of them is at most alpha, of one less above it. */
static void greens_wanted_are_the_fewest(void **state)
{
    (void)state;
    for (double rate = 0.002; rate < 0.99; rate += 0.0137) {
        const double n = (double)stats_greens_wanted(rate, 0.05);
        assert_true(pow(1 - rate, n) <= 0.05 * (1 + 1e-9));
        assert_true(pow(1 - rate, n - 1) > 0.05 * (1 - 1e-9));
    }
}

static void median_and_spread_are_of_the_middle(void **state)
{
    static const struct {
        double values[9];
        size_t count;
        double median, spread;
    } known[] = {
        {{0}, 0, 0, 0},
        {{7}, 1, 7, 0},
        {{9, 1}, 2, 5, 4 * 1.4826},
        {{1, 1, 2, 2, 4, 6, 9}, 7, 2, 1.4826},
        {{4, 100, 1, 2, 3, 0}, 6, 2.5, 1.5 * 1.4826},
        {{0, 0, 0, 0, 0, 0, 0, 0, 50}, 9, 0, 0},
        {{10, 20, 30, 40}, 4, 25, 10 * 1.4826},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        double values[9];
        memcpy(values, known[i].values, sizeof(values));
        const double median = stats_median(values, known[i].count);
        must_be(median, known[i].median, "median", i);
        must_be(stats_spread(values, known[i].count, median), known[i].spread, "spread", i);
    }
}

static void log_beta_is_exact(void **state)
{
    static const struct {
        double a, b, log_beta;
    } known[] = {
        {0.5, 0.5, 1.1447298858494002}, /* ln pi */
        {1.5, 0.5, 0.45158270528945488},     {3.5, 7.5, -6.3690747339697085},
        {100.5, 900.5, -327.61845879159432}, {1000.5, 4000.5, -2505.3518445034401},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(known); i++)
        must_be(stats_log_beta(known[i].a, known[i].b), known[i].log_beta, "ln B", i);
}

static void a_failed_allocation_is_told(void **state)
{
    double q[] = {0.5, 0.1};
    struct err err = {0};
    (void)state;
    torture_arm(0);
    const bool ok = stats_benjamini_hochberg(q, COUNT_OF(q), &err);
    torture_disarm();
    assert_int_equal(ok, !torture_fired());
    if (!ok) {
        assert_int_equal(err.code, ERR_NOMEM);
        assert_true(q[0] == 0.5 && q[1] == 0.1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wilson_is_exact),
        cmocka_unit_test(fisher_is_exact),
        cmocka_unit_test(fisher_holds_together_at_ten_million),
        cmocka_unit_test(poisson_is_exact),
        cmocka_unit_test(false_discoveries_are_held_down),
        cmocka_unit_test(equal_probabilities_have_equal_q),
        cmocka_unit_test(entropy_is_in_bits),
        cmocka_unit_test(a_flake_rate_follows_from_retries),
        cmocka_unit_test(greens_wanted_are_as_tabled),
        cmocka_unit_test(greens_wanted_are_the_fewest),
        cmocka_unit_test(median_and_spread_are_of_the_middle),
        cmocka_unit_test(log_beta_is_exact),
        cmocka_unit_test(a_failed_allocation_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
