#include "tally/stats.h"

#include <math.h>
#include <stdlib.h>

static const double Z95 = 1.959963984540054; /* the normal quantile of 0.975 */
static const double LOST = 1e-17;            /* of a sum: what is smaller adds nothing */

struct stats_interval stats_wilson(uint64_t hits, uint64_t of)
{
    if (of == 0)
        return (struct stats_interval){0, 1};
    const double n = (double)of, p = (double)(hits < of ? hits : of) / n, zz = Z95 * Z95;
    const double middle = p + zz / (2 * n), d = 1 + zz / n;
    const double half = Z95 * sqrt(p * (1 - p) / n + zz / (4 * n * n));
    return (struct stats_interval){hits == 0 ? 0 : (middle - half) / d,
                                   hits >= of ? 1 : (middle + half) / d};
}

/* The weights of a distribution with one peak, from the peak on either way, each from its neighbour:
 * no large factorials, so nothing is lost in differences of logarithms. */
struct peak {
    double (*up)(const void *of, double at); /* weight of at + 1 over that of at */
    const void *of;
    double low, mode, high; /* where weights are */
};

static double tail_share(const struct peak *k, double from)
{
    double total = 0, tail = 0, w = 1, i = k->mode;
    while (true) {
        total += w;
        if (i >= from)
            tail += w;
        if (i >= k->high || w <= 0 || (i >= from && w < LOST * tail))
            break;
        w *= k->up(k->of, i++);
    }
    w = 1;
    i = k->mode;
    while (i > k->low && w >= LOST * total) {
        w /= k->up(k->of, --i);
        total += w;
        if (i >= from)
            tail += w;
    }
    return tail >= total ? 1 : tail / total;
}

struct urn {
    double all, hits, drawn;
};

static double urn_up(const void *of, double i)
{
    const struct urn *u = of;
    return (u->hits - i) * (u->drawn - i) / ((i + 1) * (u->all - u->hits - u->drawn + i + 1));
}

double stats_fisher(uint64_t hits, uint64_t of, uint64_t all_hits, uint64_t all)
{
    if (of > all || all_hits > all || hits > of || hits > all_hits)
        return 1;
    const struct urn urn = {(double)all, (double)all_hits, (double)of};
    struct peak k = {.up = urn_up, .of = &urn};
    k.low = fmax(0, urn.drawn + urn.hits - urn.all);
    k.high = fmin(urn.drawn, urn.hits);
    k.mode = fmin(fmax(floor((urn.drawn + 1) * (urn.hits + 1) / (urn.all + 2)), k.low), k.high);
    return (double)hits <= k.low ? 1 : tail_share(&k, (double)hits);
}

static double poisson_up(const void *of, double i)
{
    return *(const double *)of / (i + 1);
}

double stats_poisson_tail(uint64_t count, double mean)
{
    if (count == 0 || isnan(mean))
        return 1;
    if (mean <= 0)
        return 0;
    const struct peak k = {.up = poisson_up, .of = &mean, .mode = floor(mean), .high = INFINITY};
    return tail_share(&k, (double)count);
}

struct ranked {
    double p;
    size_t at;
};

static int by_p(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->p != y->p)
        return x->p < y->p ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

bool stats_benjamini_hochberg(double *p, size_t count, struct err *err)
{
    if (count == 0)
        return true;
    struct ranked *ranked = calloc(count, sizeof(*ranked));
    if (ranked == NULL)
        return err_why(err, ERR_NOMEM, "no memory for %zu probabilities", count);
    for (size_t i = 0; i < count; i++)
        ranked[i] = (struct ranked){.p = p[i] >= 0 && p[i] <= 1 ? p[i] : 1, .at = i};
    qsort(ranked, count, sizeof(*ranked), by_p);
    double least = 1;
    for (size_t i = count; i-- > 0;) {
        least = fmin(least, ranked[i].p * (double)count / (double)(i + 1));
        p[ranked[i].at] = least;
    }
    free(ranked);
    return true;
}

double stats_entropy(uint64_t hits, uint64_t of)
{
    if (hits == 0 || hits >= of)
        return 0;
    const double p = (double)hits / (double)of;
    return -p * log2(p) - (1 - p) * log2(1 - p);
}

double stats_retry_rate(uint64_t rescued, uint64_t first_tries)
{
    if (first_tries == 0 || (double)rescued * 4 > (double)first_tries)
        return -1;
    /* (1 - sqrt(1 - 4r)) / 2, written so that a small r loses no digits. */
    const double r = (double)rescued / (double)first_tries;
    return 2 * r / (1 + sqrt(1 - 4 * r));
}

uint64_t stats_greens_wanted(double rate, double alpha)
{
    if (!(rate > 0) || !(alpha > 0))
        return UINT64_MAX;
    if (rate >= 1)
        return 1;
    const double n = log(alpha) / log1p(-rate);
    if (!(n < 9e18))
        return UINT64_MAX;
    const double whole = ceil(n - 1e-9 * (1 + n)); /* ln(0.25)/ln(0.5) is 2, not 3 */
    return whole < 1 ? 1 : (uint64_t)whole;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double stats_median(double *values, size_t count)
{
    if (count == 0)
        return 0;
    qsort(values, count, sizeof(*values), by_value);
    return count % 2 == 1 ? values[count / 2]
                          : values[count / 2 - 1] + (values[count / 2] - values[count / 2 - 1]) / 2;
}

/* values are sorted: the distances fall and then rise, so both ends walk to the middle one. */
double stats_spread(const double *values, size_t count, double median)
{
    if (count == 0)
        return 0;
    size_t low = 0, high = count;
    double last = 0, before = 0; /* the distances in falling order */
    for (size_t taken = 0; taken < count - (count - 1) / 2; taken++) {
        before = last;
        const double below = median - values[low], above = values[high - 1] - median;
        last = below >= above ? below : above;
        if (below >= above)
            low++;
        else
            high--;
    }
    return 1.4826 * (count % 2 == 1 ? last : (last + before) / 2);
}

static double log_gamma(double x)
{
    int sign = 0; /* lgamma() would write it to a global */
    return lgamma_r(x, &sign);
}

double stats_log_beta(double a, double b)
{
    return log_gamma(a) + log_gamma(b) - log_gamma(a + b);
}
