#include "tally/score.h"

#include "tally/stats.h"

#include <stdlib.h>

enum { IDS_BYTES = 16 * 1024 * 1024 };

void score_init(struct score *s)
{
    static const double edges[SCORE_BINS + 1] = {0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1};
    *s = (struct score){0};
    for (size_t i = 0; i < SCORE_BINS; i++) {
        s->bins[i].from = edges[i];
        s->bins[i].to = edges[i + 1];
    }
    strmap_init(&s->rules_by_id, IDS_BYTES);
}

void score_done(struct score *s)
{
    strmap_done(&s->rules_by_id);
    free(s->rules);
    *s = (struct score){0};
}

static struct score_rule *rule_of(struct score *s, struct sv id, struct err *err)
{
    bool is_new = false;
    uint64_t *place = strmap_put(&s->rules_by_id, id, &is_new, err);
    if (place == NULL)
        return NULL;
    if (!is_new)
        return &s->rules[*place];
    if (s->rule_count == s->rule_cap) {
        const size_t cap = s->rule_cap > 0 ? s->rule_cap * 2 : 128;
        struct score_rule *rules = reallocarray(s->rules, cap, sizeof(*rules));
        if (rules == NULL) {
            (void)err_why(err, ERR_NOMEM, "no memory for %zu rules", cap);
            return NULL;
        }
        s->rules = rules;
        s->rule_cap = cap;
    }
    *place = s->rule_count;
    s->rules[s->rule_count] =
        (struct score_rule){.id = strmap_at(&s->rules_by_id, s->rules_by_id.count - 1)->key};
    return &s->rules[s->rule_count++];
}

static void add_bin(struct score *s, const struct score_case *one)
{
    size_t i = 0;
    while (i + 1 < SCORE_BINS && one->confidence >= s->bins[i].to)
        i++;
    s->bins[i].stated += one->confidence;
    s->bins[i].right.of++;
    s->bins[i].right.hits += one->right;
}

static void add_shares(struct score *s, const struct score_case *one)
{
    const bool names = one->got != SCORE_NONE && one->got != KIND_UNKNOWN;
    if (one->wanted == SCORE_NONE) {
        s->quiet.of++;
        s->quiet.hits += !names;
        return;
    }
    s->named.of++;
    s->named.hits += names;
    s->right.of += names;
    s->right.hits += names && one->right;
    s->lines.of += names && one->lined;
    s->lines.hits += names && one->lined && one->line_right;
}

bool score_add(struct score *s, const struct score_case *one, struct err *err)
{
    /* What else is accepted counts as the kind that came out. */
    const unsigned wanted = one->right && one->wanted != SCORE_NONE ? one->got : one->wanted;
    for (size_t i = 0; i < one->hit_count; i++) {
        struct score_rule *r = rule_of(s, one->hits[i].id, err);
        if (r == NULL)
            return false;
        const bool is_root = sv_equal(one->root, one->hits[i].id);
        r->hits++;
        r->named += is_root;
        r->right += is_root && one->right;
        r->wanted += (is_root && one->right) || wanted == (unsigned)one->hits[i].kind;
    }
    s->kinds[wanted].wanted++;
    s->kinds[one->got].got++;
    s->kinds[wanted].right += one->right && wanted == one->got;
    s->confusion[wanted][one->got]++;
    if (one->by_rule)
        add_bin(s, one);
    add_shares(s, one);
    return true;
}

static int by_id(const void *a, const void *b)
{
    const struct score_rule *x = a, *y = b;
    return sv_compare(x->id, y->id);
}

void score_sort(struct score *s)
{
    if (s->rule_count > 1)
        qsort(s->rules, s->rule_count, sizeof(*s->rules), by_id);
}

struct score_interval score_wilson(struct score_share share)
{
    const struct stats_interval w = stats_wilson(share.hits, share.of);
    return (struct score_interval){w.low, w.high};
}

const char *score_kind_name(unsigned kind)
{
    return kind >= SCORE_NONE ? "none" : cause_kind_name((enum cause_kind)kind);
}
