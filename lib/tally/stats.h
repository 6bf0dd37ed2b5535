/*
 * stats - the statistics behind flakes: pure functions, no state.
 *
 * Out:     probabilities 0..1; NaN never. What cannot be computed gives the value that claims least,
 *          as each line says.
 * Exact:   to 1e-9 of the textbook value for n up to 10 million; small tails to as many digits.
 * Errors:  ERR_NOMEM, of Benjamini-Hochberg alone.
 * Source:  Wilson 1927; Fisher 1922; Benjamini and Hochberg 1995; Adams and MacKay 2007 for the
 *          segment evidence (tally/change.h).
 */
#ifndef TALLY_STATS_H
#define TALLY_STATS_H

#include "base/attr.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stats_interval {
    double low, high;
};

struct stats_interval stats_wilson(uint64_t hits, uint64_t of); /* 95 %; [0,1] of nothing */

/* P(at least `hits` of `of`), when `all_hits` of `all` (both together) were drawn by chance; 1 of
 * nothing. */
double stats_fisher(uint64_t hits, uint64_t of, uint64_t all_hits, uint64_t all);

/* P(N >= count) of a Poisson variable with this mean. */
double stats_poisson_tail(uint64_t count, double mean);

/* q-values in the places of p: the least false discovery rate at which each is kept. */
bool stats_benjamini_hochberg(double *p, size_t count, struct err *err) MUST_CHECK;

double stats_entropy(uint64_t hits, uint64_t of); /* bits, 0..1 */

/* The flake rate f, when each first failure is tried once more and `rescued` of `first_tries` failed
 * and then passed: f(1 - f) = rescued / first_tries. -1 when it cannot be. */
double stats_retry_rate(uint64_t rescued, uint64_t first_tries);

/* Greens in a row that a test of this flake rate shows with a probability of at most alpha; UINT64_MAX
 * when no number does. */
uint64_t stats_greens_wanted(double rate, double alpha);

double stats_median(double *values, size_t count); /* sorts; 0 of nothing */
/* 1.4826 times the median distance from the median, of sorted values. */
double stats_spread(const double *values, size_t count, double median);

double stats_log_beta(double a, double b);

#endif
