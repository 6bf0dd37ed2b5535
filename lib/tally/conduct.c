#include "tally/conduct.h"

#include <stdlib.h>

enum { BYTES = 64 * 1024 * 1024 };

void conduct_init(struct conduct *c)
{
    *c = (struct conduct){0};
    arena_init(&c->arena, BYTES);
    strmap_init(&c->by_id, BYTES);
}

void conduct_done(struct conduct *c)
{
    strmap_done(&c->by_id);
    arena_done(&c->arena);
    free(c->rules);
    *c = (struct conduct){0};
}

static bool place_of(struct conduct *c, struct sv id, size_t *ret_place, struct err *err)
{
    bool is_new = false;
    uint64_t *place = strmap_put(&c->by_id, id, &is_new, err);
    if (place == NULL)
        return false;
    if (is_new) {
        if (c->count == c->cap) {
            const size_t cap = c->cap > 0 ? c->cap * 2 : 256;
            struct conduct_rule *rules = reallocarray(c->rules, cap, sizeof(*rules));
            if (rules == NULL)
                return err_why(err, ERR_NOMEM, "no memory for %zu rules", cap);
            c->rules = rules;
            c->cap = cap;
        }
        c->rules[c->count] = (struct conduct_rule){0};
        *place = c->count++;
    }
    *ret_place = (size_t)*place;
    return true;
}

const struct conduct_rule *conduct_of(const struct conduct *c, struct sv id)
{
    const uint64_t *place = strmap_find(&c->by_id, id);
    return place != NULL ? &c->rules[*place] : NULL;
}

static bool is_cause(const struct result *r, struct sv id)
{
    for (size_t i = 0; i < r->verdict.cause_count; i++) {
        if (sv_equal(r->findings[r->verdict.causes[i]].id, id))
            return true;
    }
    return false;
}

static bool is_among(const struct sv *list, size_t count, struct sv id)
{
    for (size_t i = 0; i < count; i++) {
        if (sv_equal(list[i], id))
            return true;
    }
    return false;
}

static bool narrow(struct conduct *c, struct conduct_rule *rule, const struct result *r,
                   struct err *err)
{
    size_t kept = 0;
    if (rule->beaten++ > 0) {
        for (size_t i = 0; i < rule->rival_count; i++) {
            if (is_cause(r, rule->rivals[i]))
                rule->rivals[kept++] = rule->rivals[i];
        }
        rule->rival_count = kept;
        return true;
    }
    for (size_t i = 0; i < r->verdict.cause_count; i++) {
        const struct sv id = r->findings[r->verdict.causes[i]].id;
        if (is_among(rule->rivals, kept, id))
            continue;
        if (!arena_copy(&c->arena, id, &rule->rivals[kept], err))
            return false;
        kept++;
    }
    rule->rival_count = kept;
    return true;
}

static bool add_rule(struct conduct *c, struct sv name, enum conduct_of_log of,
                     const struct result *r, const struct finding *f, uint64_t hits,
                     struct err *err)
{
    size_t place = 0;
    if (!place_of(c, f->id, &place, err))
        return false;
    struct conduct_rule *rule = &c->rules[place];
    const uint64_t lines = r->facts.lines > 0 ? r->facts.lines : 1;
    rule->examples += of == CONDUCT_EXAMPLE;
    rule->logs += of != CONDUCT_EXAMPLE;
    rule->alarms += of == CONDUCT_PASSING && r->verdict.basis == BASIS_RULE && is_cause(r, f->id);
    if (of == CONDUCT_PASSING && rule->passing++ == 0) {
        rule->passing_line = f->line;
        if (!arena_copy(&c->arena, name, &rule->passing_log, err))
            return false;
    }
    if (of != CONDUCT_EXAMPLE && hits >= CONDUCT_MANY &&
        (rule->most_lines == 0 || hits * rule->most_lines > rule->most_hits * lines)) {
        rule->most_hits = hits;
        rule->most_lines = lines;
        if (!arena_copy(&c->arena, name, &rule->most_log, err))
            return false;
    }
    if (r->verdict.basis == BASIS_NONE)
        return true;
    if (is_cause(r, f->id)) {
        rule->decided++;
        return true;
    }
    return r->verdict.cause_count == 0 || narrow(c, rule, r, err);
}

/* How often the rule hit: the scanner counts on in one finding after it stopped to hand them out. */
static uint64_t hits_of(const struct result *r, struct sv id, bool *ret_first, size_t at)
{
    uint64_t hits = 0, findings = 0;
    *ret_first = true;
    for (size_t i = 0; i < r->finding_count; i++) {
        if (!sv_equal(r->findings[i].id, id))
            continue;
        *ret_first = *ret_first && i >= at;
        findings++;
        if (r->findings[i].count > hits)
            hits = r->findings[i].count;
    }
    return hits > findings ? hits : findings;
}

bool conduct_add(struct conduct *c, struct sv name, enum conduct_of_log of, const struct result *r,
                 struct err *err)
{
    c->logs += of != CONDUCT_EXAMPLE;
    for (size_t i = 0; i < r->finding_count; i++) {
        bool first;
        const uint64_t hits = hits_of(r, r->findings[i].id, &first, i);
        if (first && !add_rule(c, name, of, r, &r->findings[i], hits, err))
            return false;
    }
    return true;
}

bool conduct_is_shadowed(const struct conduct_rule *r)
{
    return r->decided == 0 && r->beaten >= CONDUCT_LEAST && r->rival_count > 0;
}
