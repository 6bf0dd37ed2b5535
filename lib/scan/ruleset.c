#include "scan/ruleset_p.h"

#include "base/glob.h"
#include "base/near.h"
#include "scan/pack.h"
#include "scan/yaml.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

enum { MAX_RULES = 5000, MAX_ALL_BYTES = 64 * 1024 * 1024, ARENA_BYTES = 256 * 1024 * 1024 };
#define RULE_FORMAT "prowl rules 2"

struct loading {
    struct ruleset *set;
    const struct log *log;
    unsigned pack_number;
};

/* ---- reading ---- */

static bool add_rule(void *user, const struct rule *rule, struct err *err)
{
    struct loading *l = user;
    struct ruleset *set = l->set;
    struct rule own = *rule;
    own.pack_number = l->pack_number;
    for (size_t i = 0; i < set->rule_count; i++) {
        if (!sv_equal(set->rules[i].id, rule->id))
            continue;
        if (set->rules[i].pack_number == l->pack_number) {
            (void)err_where(err, "%.*s:%u:%u", SV_ARG(rule->pack), rule->line, rule->column);
            return err_why(err, ERR_USAGE, "rule %.*s is given twice, first in line %u",
                           SV_ARG(rule->id), set->rules[i].line);
        }
        set->rules[i] = own;
        return true;
    }
    if (set->rule_count == MAX_RULES) {
        (void)err_where(err, "%.*s:%u:%u", SV_ARG(rule->pack), rule->line, rule->column);
        return err_why(err, ERR_USAGE, "more than %d rules", MAX_RULES);
    }
    if (set->rule_count == set->rule_cap) {
        const size_t cap = set->rule_cap > 0 ? set->rule_cap * 2 : 256;
        struct rule *rules = reallocarray(set->rules, cap, sizeof(*rules));
        if (rules == NULL)
            return err_why(err, ERR_NOMEM, "no memory for %zu rules", cap);
        set->rules = rules;
        set->rule_cap = cap;
    }
    set->rules[set->rule_count++] = own;
    return true;
}

/* False when the word names no rule. */
static bool turn_off(struct ruleset *set, struct sv word)
{
    bool any = false;
    for (size_t i = 0; i < set->rule_count; i++) {
        if (!glob_job(word, set->rules[i].id))
            continue;
        set->rules[i].off = true;
        any = true;
    }
    return any;
}

static void warn_of_no_rule(const struct loading *l, const char *where, struct sv word)
{
    const char *hint = ruleset_near(l->set, word);
    if (l->log != NULL)
        log_warn(l->log, "%s: there is no rule \"%.*s\" to disable%s%s%s", where,
                 SV_ARG(sv_head(word, 80)), hint != NULL ? "; did you mean \"" : "",
                 hint != NULL ? hint : "", hint != NULL ? "\"?" : "");
}

static bool disable(void *user, const struct pack_disable *d, struct err *err)
{
    const struct loading *l = user;
    char where[320];
    (void)err;
    (void)snprintf(where, sizeof(where), "%.*s:%u:%u", SV_ARG(d->pack), d->line, d->column);
    if (!turn_off(l->set, d->id))
        warn_of_no_rule(l, where, d->id);
    return true;
}

static bool read_packs(struct ruleset *set, const struct ruleset_options *o, struct err *err)
{
    struct loading l = {.set = set, .log = o->log};
    const struct pack_sink sink = {.rule = add_rule, .disable = disable, .user = &l};
    size_t bytes = 0;
    for (size_t i = 0; i < o->pack_count; i++) {
        struct pack_text pack = o->packs[i];
        if (o->lean && pack.lean.len > 0)
            pack.text = pack.lean;
        bytes += pack.text.len;
        if (bytes > MAX_ALL_BYTES)
            return err_why(err, ERR_USAGE, "packs of more than %d bytes in all", MAX_ALL_BYTES);
        if (!pack_read(&pack, &set->arena, &sink, err))
            return false;
        l.pack_number++;
    }
    for (size_t i = 0; i < o->disabled_count; i++) {
        if (!turn_off(set, o->disabled[i]))
            warn_of_no_rule(&l, "--disable", o->disabled[i]);
    }
    return true;
}

static int by_id(const void *a, const void *b)
{
    const struct rule *x = a, *y = b;
    return sv_compare(x->id, y->id);
}

static void drop_and_sort(struct ruleset *set, int64_t now_ms)
{
    size_t kept = 0;
    for (size_t i = 0; i < set->rule_count; i++) {
        const struct rule *r = &set->rules[i];
        const bool expired = now_ms != 0 && r->expires_ms != 0 && now_ms >= r->expires_ms;
        if (!r->off && !expired)
            set->rules[kept++] = *r;
    }
    set->rule_count = kept;
    if (kept > 1)
        qsort(set->rules, kept, sizeof(*set->rules), by_id);
}

/* ---- patterns ---- */

static bool add_pattern(struct ruleset *set, const struct pattern *p, struct err *err)
{
    if (set->pattern_count == set->pattern_cap) {
        const size_t cap = set->pattern_cap > 0 ? set->pattern_cap * 2 : 512;
        struct pattern *patterns = reallocarray(set->patterns, cap, sizeof(*patterns));
        if (patterns == NULL)
            return err_why(err, ERR_NOMEM, "no memory for %zu patterns", cap);
        set->patterns = patterns;
        set->pattern_cap = cap;
    }
    set->patterns[set->pattern_count++] = *p;
    return true;
}

static bool number_patterns(struct ruleset *set, unsigned rule, const struct rule_pattern *list,
                            size_t count, enum pattern_role role,
                            const struct rule_pattern **ret_list, struct err *err)
{
    struct rule_pattern *numbered = arena_array(&set->arena, count + 1, sizeof(*numbered), err);
    if (numbered == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        numbered[i] = list[i];
        numbered[i].index = (unsigned)set->pattern_count;
        const struct pattern p = {.text = list[i].text,
                                  .role = role,
                                  .owner = rule,
                                  .line = list[i].line,
                                  .column = list[i].column,
                                  .exact = true};
        if (!add_pattern(set, &p, err))
            return false;
    }
    *ret_list = numbered;
    return true;
}

static bool gather_patterns(struct ruleset *set, const struct ruleset_options *o, struct err *err)
{
    for (unsigned i = 0; i < set->rule_count; i++) {
        struct rule *r = &set->rules[i];
        const enum pattern_role beside = r->within > 0 ? ROLE_NEAR : ROLE_SAME;
        if (!number_patterns(set, i, r->any, r->any_count, ROLE_ANY, &r->any, err) ||
            !number_patterns(set, i, r->all, r->all_count, beside, &r->all, err) ||
            !number_patterns(set, i, r->none, r->none_count, beside, &r->none, err) ||
            !number_patterns(set, i, r->after, r->after_count, ROLE_NEAR, &r->after, err))
            return false;
    }
    for (unsigned i = 0; i < o->trigger_count; i++) {
        const struct pattern p = {
            .text = sv_of(o->triggers[i].pattern),
            .role = ROLE_TRIGGER,
            .owner = i,
            .exact = o->triggers[i].exact,
        };
        if (!add_pattern(set, &p, err))
            return false;
    }
    return true;
}

bool pattern_fail(const struct ruleset *set, const struct pattern *p, struct err *err)
{
    if (p->role == ROLE_TRIGGER)
        return err_where(err, "trigger %.*s", SV_ARG(sv_head(p->text, 200)));
    return err_where(err, "%.*s:%u:%u", SV_ARG(set->rules[p->owner].pack), p->line, p->column);
}

/* ---- the set ---- */

static bool make_digest(struct ruleset *set, const struct ruleset_options *o, struct err *err)
{
    const size_t room = 2 + o->pack_count + set->rule_count + set->pattern_count;
    struct sv *parts = calloc(room, sizeof(*parts));
    size_t count = 0;
    if (parts == NULL)
        return err_why(err, ERR_NOMEM, "no memory for a digest");
    parts[count++] = SV(RULE_FORMAT);
    parts[count++] = sv_of(hs_version());
    for (size_t i = 0; i < o->pack_count; i++)
        parts[count++] = o->packs[i].lean.len > 0 ? o->packs[i].lean : o->packs[i].text;
    for (size_t i = 0; i < set->rule_count; i++)
        parts[count++] = set->rules[i].id;
    for (size_t i = 0; i < set->pattern_count; i++)
        parts[count++] = set->patterns[i].text;
    const bool ok = digest_of_parts(parts, count, set->digest, err);
    free(parts);
    return ok;
}

static bool load(struct ruleset *set, const struct ruleset_options *o, struct err *err)
{
    if (!read_packs(set, o, err))
        return false;
    drop_and_sort(set, o->now_ms);
    if (!gather_patterns(set, o, err) || !make_digest(set, o, err))
        return false;
    set->cached = o->cache_dir != NULL && database_from_cache(set, o->cache_dir, o->log);
    if (set->cached)
        return true; /* it was kept after all checks had passed */
    if (!rule_check_patterns(set, err) || !database_compile(set, err) ||
        (!o->skip_examples && !rule_check_examples(set, err)))
        return false;
    if (o->cache_dir != NULL && !o->skip_examples)
        database_keep(set, o->cache_dir, o->log);
    return true;
}

bool ruleset_load(const struct ruleset_options *options, struct ruleset **ret_set, struct err *err)
{
    struct ruleset *set = calloc(1, sizeof(*set));
    if (set == NULL)
        return err_why(err, ERR_NOMEM, "no memory for rules");
    arena_init(&set->arena, ARENA_BYTES);
    if (!load(set, options, err)) {
        ruleset_free(set);
        return err_what(err, "load rules");
    }
    *ret_set = set;
    return true;
}

void ruleset_free(struct ruleset *set)
{
    if (set == NULL)
        return;
    (void)hs_free_database(set->database);
    (void)hs_free_database(set->closer);
    free(set->rules);
    free(set->patterns);
    arena_done(&set->arena);
    free(set);
}

size_t ruleset_count(const struct ruleset *set)
{
    return set->rule_count;
}

const struct rule *ruleset_at(const struct ruleset *set, size_t i)
{
    return &set->rules[i];
}

const struct rule *ruleset_find(const struct ruleset *set, struct sv id)
{
    const struct rule key = {.id = id};
    return set->rule_count == 0 ? NULL
                                : bsearch(&key, set->rules, set->rule_count, sizeof(key), by_id);
}

const char *ruleset_digest(const struct ruleset *set)
{
    return set->digest;
}

bool ruleset_was_cached(const struct ruleset *set)
{
    return set->cached;
}

const char *ruleset_near(const struct ruleset *set, struct sv word)
{
    const char **names = calloc(set->rule_count + 1, sizeof(*names));
    for (size_t i = 0; names != NULL && i < set->rule_count; i++)
        names[i] = set->rules[i].id.ptr;
    const char *near = names != NULL ? near_name(word, names) : NULL;
    free(names);
    return near;
}

void ruleset_engine_versions(char *ret_text, size_t size)
{
    char pcre2[64] = "";
    (void)pcre2_config(PCRE2_CONFIG_VERSION, pcre2);
    (void)snprintf(ret_text, size, "Hyperscan or Vectorscan %s\nPCRE2 %s\nlibyaml %s", hs_version(),
                   pcre2, yaml_get_version_string());
}
