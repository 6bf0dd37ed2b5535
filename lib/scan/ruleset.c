#include "scan/ruleset_p.h"

#include "base/buf.h"
#include "base/glob.h"
#include "scan/pack.h"
#include "scan/scanner.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>

enum { MAX_RULES = 5000, MAX_ALL_BYTES = 64 * 1024 * 1024, ARENA_BYTES = 256 * 1024 * 1024 };
#define RULE_FORMAT "prowl rules 1"

/* ---- reading ---- */

static bool add_rule(void *user, const struct rule *rule, struct err *err)
{
    struct ruleset *set = user;
    for (size_t i = 0; i < set->rule_count; i++) {
        if (!sv_equal(set->rules[i].id, rule->id))
            continue;
        if (sv_equal(set->rules[i].pack, rule->pack)) {
            (void)err_where(err, "%.*s:%u", SV_ARG(rule->pack), rule->line);
            return err_why(err, ERR_USAGE, "rule %.*s is given twice, first in line %u",
                           SV_ARG(rule->id), set->rules[i].line);
        }
        set->rules[i] = *rule; /* a later pack replaces it */
        return true;
    }
    if (set->rule_count == MAX_RULES)
        return err_why(err, ERR_USAGE, "more than %d rules", MAX_RULES);
    if (set->rule_count == set->rule_cap) {
        const size_t cap = set->rule_cap > 0 ? set->rule_cap * 2 : 256;
        struct rule *rules = reallocarray(set->rules, cap, sizeof(*rules));
        if (rules == NULL)
            return err_why(err, ERR_NOMEM, "no memory for %zu rules", cap);
        set->rules = rules;
        set->rule_cap = cap;
    }
    set->rules[set->rule_count++] = *rule;
    return true;
}

static bool add_disabled(void *user, struct sv id, struct err *err)
{
    struct ruleset *set = user;
    struct sv copy;
    if (set->disabled_count == set->disabled_cap) {
        const size_t cap = set->disabled_cap > 0 ? set->disabled_cap * 2 : 16;
        struct sv *disabled = reallocarray(set->disabled, cap, sizeof(*disabled));
        if (disabled == NULL)
            return err_why(err, ERR_NOMEM, "no memory for %zu rules", cap);
        set->disabled = disabled;
        set->disabled_cap = cap;
    }
    if (!arena_copy(&set->arena, id, &copy, err))
        return false;
    set->disabled[set->disabled_count++] = copy;
    return true;
}

static bool read_packs(struct ruleset *set, const struct ruleset_options *o, struct err *err)
{
    const struct pack_sink sink = {.rule = add_rule, .disable = add_disabled, .user = set};
    size_t bytes = 0;
    for (size_t i = 0; i < o->disabled_count; i++) {
        if (!add_disabled(set, o->disabled[i], err))
            return false;
    }
    for (size_t i = 0; i < o->pack_count; i++) {
        bytes += o->packs[i].text.len;
        if (bytes > MAX_ALL_BYTES)
            return err_why(err, ERR_USAGE, "packs of more than %d bytes in all", MAX_ALL_BYTES);
        if (!pack_read(&o->packs[i], &set->arena, &sink, err))
            return err_what(err, "load rules");
    }
    return true;
}

static bool is_off(const struct ruleset *set, const struct rule *rule, int64_t now_ms)
{
    if (rule->expires_ms != 0 && now_ms >= rule->expires_ms)
        return true;
    for (size_t i = 0; i < set->disabled_count; i++) {
        if (glob_job(set->disabled[i], rule->id))
            return true;
    }
    return false;
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
        if (!is_off(set, &set->rules[i], now_ms))
            set->rules[kept++] = set->rules[i];
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
        const struct pattern p = {.text = list[i].text, .role = role, .owner = rule, .exact = true};
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

/* ---- checks that a warm cache vouches for ---- */

static bool has_group(const pcre2_code *code, struct sv name)
{
    char text[128];
    if (name.len >= sizeof(text))
        return false;
    memcpy(text, name.ptr, name.len);
    text[name.len] = '\0';
    return pcre2_substring_number_from_name(code, (PCRE2_SPTR)text) >= 0;
}

/* Captures that the summary names must be groups of some pattern of the rule. */
static bool is_known_capture(const struct rule *r, struct sv name)
{
    const struct rule_pattern *const lists[] = {r->any, r->all, r->after};
    const size_t counts[] = {r->any_count, r->all_count, r->after_count};
    for (size_t l = 0; l < COUNT_OF(lists); l++) {
        for (size_t i = 0; i < counts[l]; i++) {
            struct err err = {0};
            pcre2_code *code = pattern_compile(lists[l][i].text, &err);
            const bool found = code != NULL && has_group(code, name);
            pcre2_code_free(code);
            if (found)
                return true;
        }
    }
    return false;
}

static bool check_summary(const struct rule *r, struct err *err)
{
    for (struct sv rest = r->summary; rest.len > 0;) {
        rest = sv_tail(rest, sv_find_char(rest, '{') + 1);
        const size_t end = sv_find_char(rest, '}');
        if (end == rest.len)
            return true;
        if (!is_known_capture(r, sv_head(rest, end))) {
            (void)err_where(err, "%.*s:%u", SV_ARG(r->pack), r->line);
            return err_why(err, ERR_USAGE,
                           "rule %.*s: the summary names {%.*s}, which no pattern "
                           "captures",
                           SV_ARG(r->id), SV_ARG(sv_head(rest, end)));
        }
        rest = sv_tail(rest, end);
    }
    return true;
}

static bool check_patterns(const struct ruleset *set, struct err *err)
{
    for (size_t i = 0; i < set->pattern_count; i++) {
        const struct pattern *p = &set->patterns[i];
        pcre2_code *code = pattern_compile(p->text, err);
        if (code == NULL && p->role != ROLE_TRIGGER)
            return err_where(err, "%.*s:%u: %.*s", SV_ARG(set->rules[p->owner].pack),
                             set->rules[p->owner].line, SV_ARG(p->text));
        if (code == NULL)
            return err_where(err, "trigger %.*s", SV_ARG(p->text));
        pcre2_code_free(code);
    }
    for (size_t i = 0; i < set->rule_count; i++) {
        if (!check_summary(&set->rules[i], err))
            return false;
    }
    return true;
}

struct first_complaint {
    struct err *err;
    bool any;
};

static void keep_first(const char *text, void *user)
{
    struct first_complaint *first = user;
    if (!first->any)
        (void)err_why(first->err, ERR_USAGE, "%s", text);
    first->any = true;
}

static bool check_examples(const struct ruleset *set, struct err *err)
{
    uint64_t run = 0, failed = 0;
    struct first_complaint first = {.err = err};
    return ruleset_run_examples(set, keep_first, &first, &run, &failed, err) && !first.any;
}

/* ---- the set ---- */

static bool make_digest(struct ruleset *set, const struct ruleset_options *o, struct err *err)
{
    const size_t room = 2 + 2 * o->pack_count + set->pattern_count;
    struct sv *parts = calloc(room, sizeof(*parts));
    size_t count = 0;
    if (parts == NULL)
        return err_why(err, ERR_NOMEM, "no memory for a digest");
    parts[count++] = SV(RULE_FORMAT);
    parts[count++] = sv_of(hs_version());
    for (size_t i = 0; i < o->pack_count; i++) {
        parts[count++] = o->packs[i].name;
        parts[count++] = o->packs[i].text;
    }
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
    if (!gather_patterns(set, o, err) || !make_digest(set, o, err) ||
        !database_open(set, o->cache_dir, err))
        return err_what(err, "load rules");
    if (set->cached)
        return true;
    if (!check_patterns(set, err) || (!o->skip_examples && !check_examples(set, err)))
        return err_what(err, "load rules");
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
        return false;
    }
    *ret_set = set;
    return true;
}

void ruleset_free(struct ruleset *set)
{
    if (set == NULL)
        return;
    (void)hs_free_database(set->database);
    free(set->rules);
    free(set->patterns);
    free(set->disabled);
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

const char *ruleset_engine_versions(void)
{
    return hs_version();
}

/* ---- examples ---- */

struct trial { /* one example in the scanner */
    const struct rule *rule;
    const struct example *example;
    bool hit;
    struct sv wrong; /* the first capture that differs */
};

static bool on_hit(void *user, const struct finding *f, struct err *err)
{
    struct trial *t = user;
    (void)err;
    if (!sv_equal(f->id, t->rule->id) || f->count > 1 || t->hit)
        return true;
    t->hit = true;
    for (size_t i = 0; i < t->example->capture_count; i++) {
        const struct capture *want = &t->example->captures[i];
        bool same = false;
        for (size_t c = 0; c < f->capture_count; c++)
            same = same || (sv_equal(f->captures[c].name, want->name) &&
                            sv_equal(f->captures[c].value, want->value));
        if (!same && t->wrong.len == 0)
            t->wrong = want->name;
    }
    return true;
}

static bool try_example(struct scanner *s, struct trial *t, struct err *err)
{
    static const struct artifact log = {.kind = ARTIFACT_BUILD_LOG,
                                        .path = SV_INIT("build-log.txt")};
    static const struct build build = {.job = SV_INIT("example")};
    const struct scan_sink sink = {.finding = on_hit, .user = t};
    struct buf text;
    buf_init(&text, t->example->text.len + 2);
    bool ok = buf_add(&text, t->example->text, err) &&
              (sv_ends(t->example->text, SV("\n")) || buf_add_char(&text, '\n', err));
    const struct block block = {.text = buf_sv(&text), .raw = buf_sv(&text), .first_line = 1};
    ok = ok && scanner_begin(s, &build, &log, &sink, err) && scanner_block(s, &block, err) &&
         scanner_end(s, err);
    buf_done(&text);
    return ok;
}

struct examples_run {
    struct scanner *scanner;
    ruleset_complain_fn *fn;
    void *user;
    uint64_t run, failed;
};

static bool run_list(struct examples_run *run, const struct rule *r, const struct example *list,
                     size_t count, bool want, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        struct trial t = {.rule = r, .example = &list[i]};
        char text[512];
        if (!try_example(run->scanner, &t, err))
            return false;
        run->run++;
        if (t.hit == want && t.wrong.len == 0)
            continue;
        run->failed++;
        (void)snprintf(text, sizeof(text), "%.*s:%u: rule %.*s %s%.*s: %.*s", SV_ARG(r->pack),
                       list[i].line, SV_ARG(r->id),
                       t.wrong.len > 0 ? "captures another "
                       : want          ? "does not match its example"
                                       : "matches what it must not",
                       SV_ARG(t.wrong), SV_ARG(sv_head(list[i].text, 160)));
        run->fn(text, run->user);
    }
    return true;
}

/* Examples are written for the rule alone: where it may look does not matter to them. */
static bool unbound(const struct ruleset *set, struct ruleset *ret_copy, struct err *err)
{
    *ret_copy = *set;
    ret_copy->rules = calloc(set->rule_count + 1, sizeof(*ret_copy->rules));
    if (ret_copy->rules == NULL)
        return err_why(err, ERR_NOMEM, "no memory for rules");
    for (size_t i = 0; i < set->rule_count; i++) {
        ret_copy->rules[i] = set->rules[i];
        ret_copy->rules[i].where_kinds = 0;
        ret_copy->rules[i].where_path_count = ret_copy->rules[i].where_job_count = 0;
        ret_copy->rules[i].where_step_count = 0;
    }
    return true;
}

bool ruleset_run_examples(const struct ruleset *set, ruleset_complain_fn *fn, void *user,
                          uint64_t *ret_run, uint64_t *ret_failed, struct err *err)
{
    struct ruleset copy;
    struct examples_run run = {.fn = fn, .user = user};
    if (!unbound(set, &copy, err))
        return false;
    run.scanner = scanner_new(&copy, err);
    bool ok = run.scanner != NULL;
    for (size_t i = 0; ok && i < copy.rule_count; i++) {
        const struct rule *r = &copy.rules[i];
        ok = run_list(&run, r, r->match, r->match_count, true, err) &&
             run_list(&run, r, r->no_match, r->no_match_count, false, err);
    }
    scanner_free(run.scanner);
    free(copy.rules);
    *ret_run = run.run;
    *ret_failed = run.failed;
    return ok;
}
