#include "tally/change.h"

#include "tally/stats.h"

#include <math.h>
#include <stdlib.h>

/* Beta(0.5, 0.5) claims nothing of a rate. */
static const double PRIOR = 0.5;
static const double LOG_ODDS = 6.907755278982137; /* ln 1e3: against a change at any one place */

struct series {
    const uint32_t *hits, *runs;
    uint64_t *hits_to, *runs_to; /* sums before each place, and of all */
};

struct part {
    size_t from, to;
};

static double evidence(const struct series *s, size_t from, size_t to)
{
    const double hits = (double)(s->hits_to[to] - s->hits_to[from]);
    const double runs = (double)(s->runs_to[to] - s->runs_to[from]);
    return stats_log_beta(hits + PRIOR, runs - hits + PRIOR) - stats_log_beta(PRIOR, PRIOR);
}

static double rate(const struct series *s, size_t from, size_t to)
{
    const uint64_t runs = s->runs_to[to] - s->runs_to[from];
    return runs > 0 ? (double)(s->hits_to[to] - s->hits_to[from]) / (double)runs : 0;
}

static double cut_evidence(const struct series *s, const struct part *p, size_t at)
{
    return evidence(s, p->from, at) + evidence(s, at, p->to);
}

/* Between two that both passed, or both failed, a cut is never better than at either end of them: ln B
 * is convex in each count. */
static bool is_inside(const struct series *s, size_t at)
{
    const uint32_t x = s->hits[at], n = s->runs[at], x1 = s->hits[at - 1], n1 = s->runs[at - 1];
    return (x == 0 && x1 == 0) || (x == n && x1 == n1);
}

static bool best_cut(const struct series *s, const struct part *p, size_t *ret_at)
{
    double best = evidence(s, p->from, p->to) + LOG_ODDS;
    bool found = false;
    for (size_t at = p->from + 1; at < p->to; at++) {
        if (is_inside(s, at))
            continue;
        const double e = cut_evidence(s, p, at);
        if (e > best) {
            best = e;
            *ret_at = at;
            found = true;
        }
    }
    return found;
}

/* The places about the best one that hold 95 % of the probability of all. */
static void place_range(const struct series *s, const struct part *p, struct change_point *c)
{
    const double top = cut_evidence(s, p, c->at);
    double total = 0;
    for (size_t at = p->from + 1; at < p->to; at++)
        total += exp(cut_evidence(s, p, at) - top);
    double below = 0, above = 0;
    c->low = p->from + 1;
    c->high = p->to - 1;
    while (c->low < c->at && (below += exp(cut_evidence(s, p, c->low) - top)) <= 0.025 * total)
        c->low++;
    while (c->high > c->at && (above += exp(cut_evidence(s, p, c->high) - top)) <= 0.025 * total)
        c->high--;
}

static int by_place(const void *a, const void *b)
{
    const struct change_point *x = a, *y = b;
    return (x->at > y->at) - (x->at < y->at);
}

static void set_rates(const struct series *s, size_t count, struct change_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        struct change_point *c = &list->points[i];
        c->before = rate(s, i > 0 ? c[-1].at : 0, c->at);
        c->after = rate(s, c->at, i + 1 < list->count ? c[1].at : count);
    }
}

static void cut_all(const struct series *s, size_t count, struct change_list *list)
{
    struct part todo[CHANGE_MAX + 1] = {{0, count}};
    size_t waiting = 1;
    while (waiting > 0 && list->count < CHANGE_MAX) {
        const struct part p = todo[--waiting];
        size_t at = 0;
        if (!best_cut(s, &p, &at))
            continue;
        struct change_point *c = &list->points[list->count++];
        c->at = at;
        place_range(s, &p, c);
        todo[waiting++] = (struct part){p.from, at};
        todo[waiting++] = (struct part){at, p.to}; /* the newest first: it matters most */
    }
    if (list->count > 1)
        qsort(list->points, list->count, sizeof(*list->points), by_place);
    set_rates(s, count, list);
}

bool change_find(const uint32_t *hits, const uint32_t *runs, size_t count,
                 struct change_list *ret_list, struct err *err)
{
    struct change_list list = {0};
    struct series s = {.hits = hits, .runs = runs};
    if (count < 2) {
        *ret_list = list;
        return true;
    }
    s.hits_to = calloc((count + 1) * 2, sizeof(*s.hits_to));
    if (s.hits_to == NULL)
        return err_why(err, ERR_NOMEM, "no memory for a series of %zu", count);
    s.runs_to = s.hits_to + count + 1;
    for (size_t i = 0; i < count; i++) {
        s.hits_to[i + 1] = s.hits_to[i] + hits[i];
        s.runs_to[i + 1] = s.runs_to[i] + runs[i];
    }
    if (s.hits_to[count] > 0 && s.hits_to[count] < s.runs_to[count])
        cut_all(&s, count, &list);
    free(s.hits_to);
    *ret_list = list;
    return true;
}
