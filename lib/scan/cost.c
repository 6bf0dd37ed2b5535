#include "scan/cost.h"

#include "scan/scanner.h"

#include <stdio.h>
#include <stdlib.h>

struct group { /* rules first to end of the set with all */
    size_t first, end;
    double ns; /* less without it */
};

static bool no_finding(void *user, const struct finding *f, struct err *err)
{
    (void)user, (void)f, (void)err;
    return true;
}

static bool no_trigger(void *user, unsigned trigger, const struct line *line, struct err *err)
{
    (void)user, (void)trigger, (void)line, (void)err;
    return true;
}

static bool scan(struct scanner *s, const struct cost_options *o, struct err *err)
{
    static const struct build build = {.job = SV_INIT("sample")};
    static const struct artifact log = {.kind = ARTIFACT_BUILD_LOG,
                                        .path = SV_INIT("build-log.txt")};
    const struct scan_sink sink = {.finding = no_finding, .trigger = no_trigger};
    uint64_t line = 1;
    if (!scanner_begin(s, &build, &log, &sink, err))
        return false;
    for (size_t i = 0; i < o->block_count; i++) {
        struct block block = {.text = o->blocks[i], .raw = o->blocks[i], .first_line = line};
        for (size_t k = 0; k < block.text.len; k++)
            block.line_count += block.text.ptr[k] == '\n';
        line += block.line_count;
        if (!scanner_block(s, &block, err))
            return false;
    }
    return scanner_end(s, err);
}

/* The least of some rounds; before them one that compiles what is compiled on its first use. */
static bool time_set(const struct cost_options *o, const struct ruleset *set, double *ret_ns,
                     struct err *err)
{
    struct scanner *s = scanner_new(set, err);
    bool ok = s != NULL && scan(s, o, err);
    for (int i = 0; ok && i < COST_ROUNDS; i++) {
        const int64_t start = o->clock_ns(o->user);
        ok = scan(s, o, err);
        const double ns = (double)(o->clock_ns(o->user) - start);
        if (i == 0 || ns < *ret_ns)
            *ret_ns = ns;
    }
    scanner_free(s);
    return ok;
}

static bool time_without(const struct cost_options *o, const struct ruleset *all, size_t first,
                         size_t end, double *ret_ns, struct err *err)
{
    struct sv ids[COST_GROUP_RULES];
    struct ruleset_options load = o->load;
    struct ruleset *set = NULL;
    for (size_t i = first; i < end; i++)
        ids[i - first] = ruleset_at(all, i)->id;
    load.disabled = ids;
    load.disabled_count = end - first;
    load.skip_examples = true;
    const bool ok = ruleset_load(&load, &set, err) && time_set(o, set, ret_ns, err);
    ruleset_free(set);
    return ok;
}

static int costly_group_first(const void *a, const void *b)
{
    const struct group *x = a, *y = b;
    return x->ns != y->ns ? (x->ns > y->ns ? -1 : 1) : x->first < y->first ? -1 : 1;
}

static int costly_first(const void *a, const void *b)
{
    const struct cost_rule *x = a, *y = b;
    return x->percent != y->percent ? (x->percent > y->percent ? -1 : 1) : strcmp(x->id, y->id);
}

static bool time_groups(const struct cost_options *o, const struct ruleset *all, double base,
                        struct group *groups, size_t count, struct err *err)
{
    const size_t rules = ruleset_count(all);
    for (size_t i = 0; i < count; i++) {
        struct group *g = &groups[i];
        double ns = 0;
        g->first = i * COST_GROUP_RULES;
        g->end = g->first + COST_GROUP_RULES < rules ? g->first + COST_GROUP_RULES : rules;
        if (!time_without(o, all, g->first, g->end, &ns, err))
            return false;
        g->ns = base - ns;
    }
    qsort(groups, count, sizeof(*groups), costly_group_first);
    return true;
}

static bool time_rules(const struct cost_options *o, const struct ruleset *all, double base,
                       const struct group *g, struct costs *c, struct err *err)
{
    for (size_t i = g->first; i < g->end; i++) {
        struct cost_rule *rule = &c->rules[c->count++];
        double ns = 0;
        if (!time_without(o, all, i, i + 1, &ns, err))
            return false;
        (void)snprintf(rule->id, sizeof(rule->id), "%.*s", SV_ARG(ruleset_at(all, i)->id));
        rule->percent = base > ns && base > 0 ? 100 * (base - ns) / base : 0;
    }
    return true;
}

static bool measure(const struct cost_options *o, const struct ruleset *all, struct costs *c,
                    struct err *err)
{
    const size_t count = (ruleset_count(all) + COST_GROUP_RULES - 1) / COST_GROUP_RULES;
    struct group *groups = calloc(count + 1, sizeof(*groups));
    double base = 0, again = 0;
    if (groups == NULL)
        return err_why(err, ERR_NOMEM, "no memory to measure rules");
    bool ok = time_set(o, all, &base, err) && time_groups(o, all, base, groups, count, err) &&
              time_set(o, all, &again, err);
    base = again < base ? again : base; /* the machine may have been busy */
    for (size_t i = 0; ok && i < count && i < COST_GROUPS; i++)
        ok = time_rules(o, all, base, &groups[i], c, err);
    free(groups);
    if (c->count > 1)
        qsort(c->rules, c->count, sizeof(c->rules[0]), costly_first);
    c->seconds = base / 1e9;
    return ok;
}

bool cost_measure(const struct cost_options *options, struct costs *ret_costs, struct err *err)
{
    struct ruleset_options load = options->load;
    struct ruleset *all = NULL;
    *ret_costs = (struct costs){0};
    for (size_t i = 0; i < options->block_count; i++)
        ret_costs->bytes += options->blocks[i].len;
    load.skip_examples = true;
    const bool ok = ruleset_load(&load, &all, err) && measure(options, all, ret_costs, err);
    ruleset_free(all);
    return ok;
}
