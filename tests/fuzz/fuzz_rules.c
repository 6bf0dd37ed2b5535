/* Bytes as a rule pack: YAML, the schema, patterns, examples. Nothing but an error may come of it. */
#include "scan/lint.h"
#include "scan/pack.h"

#include <stdlib.h>

enum { MAX_RULES = 16, MAX_PATTERN = 96 };

struct weight { /* is it small enough to be compiled in a moment? */
    size_t rules;
    bool heavy;
};

static void weigh(struct weight *w, const struct rule_pattern *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        w->heavy = w->heavy || list[i].text.len > MAX_PATTERN ||
                   sv_find_char(list[i].text, '{') < list[i].text.len;
}

static bool on_rule(void *user, const struct rule *r, struct err *err)
{
    struct weight *w = user;
    (void)err;
    w->heavy = w->heavy || ++w->rules > MAX_RULES || r->any_count == 0;
    weigh(w, r->any, r->any_count);
    weigh(w, r->all, r->all_count);
    weigh(w, r->none, r->none_count);
    weigh(w, r->after, r->after_count);
    return true;
}

static bool on_disable(void *user, const struct pack_disable *disable, struct err *err)
{
    (void)user;
    (void)disable;
    (void)err;
    return true;
}

static void ignore(const char *text, void *user)
{
    (void)text;
    (void)user;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct weight w = {0};
    struct arena a;
    struct err err = {0};
    struct ruleset *set = NULL;
    uint64_t doubts;
    const struct pack_text pack = {.name = SV_INIT("fuzz.yaml"),
                                   .text = {.ptr = (const char *)data, .len = size}};
    const struct pack_sink sink = {.rule = on_rule, .disable = on_disable, .user = &w};
    arena_init(&a, 16 << 20);
    const bool ok = pack_read(&pack, &a, &sink, &err);
    arena_done(&a);
    if (!ok && err.code == ERR_NONE)
        abort(); /* every failure has its words */
    if (!ok || w.heavy)
        return 0;
    if (ruleset_load(&(struct ruleset_options){.packs = &pack, .pack_count = 1}, &set, &err)) {
        if (!lint_rules(set, &(struct lint_options){0}, ignore, NULL, &doubts, &err))
            abort();
        ruleset_free(set);
    } else if (err.code == ERR_NONE || err.where[0] == '\0') {
        if (err.why[0] == '\0')
            abort();
    }
    return 0;
}
