#include "import/draft.h"

#include "base/text.h"
#include "import/guess.h"
#include "scan/ruleset.h"
#include "scan/yaml.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

enum {
    MAX_RULES = 5000,
    MAX_PACK = 1024 * 1024 - 8192, /* its head beside it */
    MAX_PATTERNS = 32,
    MAX_PATTERN = 4096,
    MAX_SLUG = 48,
    MAX_NAME = 96,    /* in a summary, which has room for three captures beside it */
    MAX_CAPTURE = 20, /* of a capture in a summary */
    MAX_ABOUT = 900,
    MAX_EXAMPLE = 2000,
    RULE_BYTES = 512 * 1024,
    ARENA_BYTES = 4 * 1024 * 1024,
    DAY_BYTES = 10
};

void drafts_init(struct drafts *d, struct sv kind, draft_left_fn *left, void *user)
{
    *d = (struct drafts){.kind = kind, .left = left, .user = user};
    buf_init(&d->rules, MAX_PACK);
    strmap_init(&d->ids, ARENA_BYTES);
    arena_init(&d->arena, ARENA_BYTES);
}

void drafts_done(struct drafts *d)
{
    buf_done(&d->rules);
    strmap_done(&d->ids);
    arena_done(&d->arena);
}

void drafts_leave(struct drafts *d, unsigned line, struct sv name, const char *fmt, ...)
{
    char text[DRAFT_LEFT_BYTES], why[DRAFT_LEFT_BYTES / 2];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(why, sizeof(why), fmt, args);
    va_end(args);
    name = sv_head(name, 100);
    (void)snprintf(text, sizeof(text), "%.*s:%u: %s%.*s%s%s", SV_ARG(sv_head(d->file, 200)), line,
                   name.len > 0 ? "rule " : "", SV_ARG(name), name.len > 0 ? ": " : "", why);
    if (strcmp(text, d->last) == 0)
        return;
    memcpy(d->last, text, sizeof(text));
    d->left_count++;
    d->left(text, d->user);
}

/* ---- texts ---- */

bool draft_slug(struct arena *a, struct sv text, size_t max, struct sv *ret_slug, struct err *err)
{
    struct sv copy;
    size_t len = 0;
    if (!arena_copy(a, text, &copy, err))
        return false;
    char *to = arena_array(a, max + 2, 1, err);
    if (to == NULL)
        return false;
    for (size_t i = 0; i < text.len && len < max; i++) {
        char c = text.ptr[i];
        c = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
        const bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (word)
            to[len++] = c;
        else if (len > 0 && to[len - 1] != '-')
            to[len++] = '-';
    }
    while (len > 0 && to[len - 1] == '-')
        len--;
    *ret_slug = (struct sv){.ptr = to, .len = len};
    return true;
}

/* On one line, safe, without blanks at the ends. */
static bool one_line(struct arena *a, struct sv text, size_t max, struct sv *ret_text,
                     struct err *err)
{
    struct sv copy;
    text = sv_head(sv_trim(text), max * 2);
    if (!arena_copy(a, text, &copy, err))
        return false;
    char *bytes = arena_array(a, text.len + 1, 1, err);
    size_t len = 0;
    if (bytes == NULL)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        const bool blank = strchr(" \t\r\n", text.ptr[i]) != NULL && text.ptr[i] != '\0';
        if (!blank || (len > 0 && bytes[len - 1] != ' '))
            bytes[len++] = blank ? ' ' : text.ptr[i];
    }
    return text_safe(a, (struct sv){.ptr = bytes, .len = len}, max, ret_text, err);
}

static bool add_member(struct buf *out, const char *name, struct sv text, struct err *err)
{
    return text.len == 0 || (buf_addf(out, err, "    %s: ", name) && yaml_quote(out, text, err) &&
                             buf_add_char(out, '\n', err));
}

static bool add_list(struct buf *out, const char *name, const struct sv *list, size_t count,
                     struct err *err)
{
    if (count == 0)
        return true;
    bool ok = buf_addf(out, err, "    %s:\n", name);
    for (size_t i = 0; ok && i < count; i++)
        ok = buf_add(out, SV("      - "), err) && yaml_quote(out, list[i], err) &&
             buf_add_char(out, '\n', err);
    return ok;
}

/* ---- patterns ---- */

struct rewritten { /* one list of patterns in our dialect */
    struct sv list[MAX_PATTERNS];
    size_t count;
    struct rewrite_names names; /* those that every pattern captures */
};

struct writing { /* one rule */
    struct drafts *drafts;
    const struct draft *draft;
    struct rewritten any, all, none, after;
    size_t lost; /* patterns that were not carried over */
    struct guess guess;
    struct sv id, detail, summary;
};

static void keep_common(struct rewrite_names *all, const struct rewrite_names *of_one, bool first)
{
    size_t kept = 0;
    if (first) {
        *all = *of_one;
        return;
    }
    for (size_t i = 0; i < all->count; i++) {
        bool found = false;
        for (size_t k = 0; k < of_one->count; k++)
            found = found || strcmp(all->list[i], of_one->list[k]) == 0;
        if (found)
            memmove(all->list[kept++], all->list[i], REWRITE_NAME_BYTES);
    }
    all->count = kept;
}

static bool is_fatal(const struct err *err)
{
    return err->code == ERR_NOMEM;
}

/* What is not carried over is told. */
static bool rewrite_one(struct writing *w, const struct draft_pattern *p, struct sv text,
                        struct rewritten *ret, struct err *err)
{
    struct drafts *d = w->drafts;
    const struct rewrite_options options = {.dialect = p->dialect,
                                            .whole = p->whole,
                                            .nameless = ret != &w->any && ret != &w->after,
                                            .names = p->names,
                                            .name_count = p->name_count,
                                            .guarded = p->guarded,
                                            .guard = p->guard};
    struct rewrite_names names;
    struct buf out;
    struct err own = {0};
    struct sv copy = {0};
    buf_init(&out, MAX_PATTERN);
    bool ok = rewrite_regex(text, &options, &out, &names, &own);
    if (ok && out.len == 0)
        ok = err_why(&own, ERR_FORMAT, "a pattern that matches every line");
    if (ok && ret->count == MAX_PATTERNS)
        ok = err_why(&own, ERR_FORMAT, "more than %d patterns", MAX_PATTERNS);
    if (ok)
        ok = arena_copy(&d->arena, buf_sv(&out), &copy, &own);
    buf_done(&out);
    if (ok) {
        keep_common(&ret->names, &names, ret->count == 0);
        ret->list[ret->count++] = copy;
        return true;
    }
    if (is_fatal(&own)) {
        *err = own;
        return false;
    }
    w->lost++;
    drafts_leave(d, w->draft->line, w->draft->name, "%s: %.*s",
                 own.code == ERR_LIMIT ? "a pattern of more than 4096 bytes" : own.why,
                 SV_ARG(sv_head(text, 120)));
    return true;
}

static bool rewrite_pattern(struct writing *w, const struct draft_pattern *p, struct rewritten *ret,
                            struct err *err)
{
    struct sv flags, branches[RETOKEN_BRANCHES], text;
    size_t count = 0;
    struct err own = {0};
    if (!p->whole)
        return rewrite_one(w, p, p->text, ret, err);
    if (!retoken_split(p->text, p->dialect, &flags, branches, &count, &own)) {
        w->lost++;
        drafts_leave(w->drafts, w->draft->line, w->draft->name, "%s: %.*s", own.why,
                     SV_ARG(sv_head(p->text, 120)));
        return true;
    }
    for (size_t i = 0; i < count; i++) {
        if (!arena_printf(&w->drafts->arena, &text, err, "%.*s%.*s", SV_ARG(flags),
                          SV_ARG(branches[i])) ||
            !rewrite_one(w, p, text, ret, err))
            return false;
    }
    return true;
}

/* *ret_whole: all of them were carried over. */
static bool rewrite_list(struct writing *w, const struct draft_patterns *from,
                         struct rewritten *ret, bool *ret_whole, struct err *err)
{
    const size_t lost = w->lost;
    for (size_t i = 0; i < from->count; i++) {
        if (!rewrite_pattern(w, &from->list[i], ret, err))
            return false;
    }
    *ret_whole = w->lost == lost;
    return true;
}

/* ---- names ---- */

static bool name_rule(struct writing *w, struct err *err)
{
    struct drafts *d = w->drafts;
    const struct draft *r = w->draft;
    struct sv slug, base, id;
    bool fresh = false;
    if (!draft_slug(&d->arena, r->id.len > 0 ? r->id : r->name, MAX_SLUG, &slug, err) ||
        !draft_slug(&d->arena, r->name, MAX_SLUG, &w->detail, err))
        return false;
    if (slug.len == 0)
        slug = SV("rule");
    if (w->detail.len == 0)
        w->detail = slug;
    if (!arena_printf(&d->arena, &base, err, "%.*s.%.*s", SV_ARG(d->kind), SV_ARG(slug)))
        return false;
    for (id = base;;) {
        if (strmap_put(&d->ids, id, &fresh, err) == NULL)
            return false;
        if (fresh)
            break;
        const uint64_t n = ++*strmap_find(&d->ids, base); /* how often it was taken */
        if (!arena_printf(&d->arena, &id, err, "%.*s-%" PRIu64, SV_ARG(base), n + 1))
            return false;
    }
    w->id = id;
    return true;
}

static bool has_name(const struct rewrite_names *n, const char *name)
{
    for (size_t i = 0; i < n->count; i++) {
        if (strcmp(n->list[i], name) == 0)
            return true;
    }
    return false;
}

/* What a person would ask for first, of what the patterns capture. */
static bool add_captures(const struct writing *w, struct buf *text, struct err *err)
{
    const struct rewrite_names *n = &w->any.names;
    const bool place = has_name(n, "file") || has_name(&w->after.names, "file");
    size_t used = 0;
    if (has_name(n, "message"))
        return buf_addf(text, err, "%s%s: {message}", place ? ": {file}" : "",
                        place && has_name(n, "line") ? ":{line}" : "");
    for (size_t i = 0; i < n->count && used < 3; i++) {
        if (strlen(n->list[i]) > MAX_CAPTURE)
            continue;
        if (!buf_addf(text, err, "%s{%s}", used++ == 0 ? ": " : ", ", n->list[i]))
            return false;
    }
    return true;
}

static bool summarise(struct writing *w, struct err *err)
{
    struct drafts *d = w->drafts;
    struct sv name;
    struct buf text;
    char own[MAX_NAME];
    if (!one_line(&d->arena, w->draft->name, MAX_NAME - 3, &name, err))
        return false;
    name = sv_head(name, sizeof(own));
    for (size_t i = 0; i < name.len; i++)
        own[i] = name.ptr[i] == '{' ? '(' : name.ptr[i] == '}' ? ')' : name.ptr[i];
    buf_init(&text, 512);
    const bool ok =
        buf_add(&text, name.len > 0 ? (struct sv){.ptr = own, .len = name.len} : w->id, err) &&
        add_captures(w, &text, err) && arena_copy(&d->arena, buf_sv(&text), &w->summary, err);
    buf_done(&text);
    return ok;
}

/* ---- the rule as YAML ---- */

static bool write_where(const struct draft *r, struct buf *out, struct err *err)
{
    if (r->artifact_count + r->job_count == 0)
        return true;
    bool ok = buf_add(out, SV("    where:\n"), err);
    for (int which = 0; ok && which < 2; which++) {
        const struct sv *list = which == 0 ? r->artifacts : r->jobs;
        const size_t count = which == 0 ? r->artifact_count : r->job_count;
        for (size_t i = 0; ok && i < count; i++)
            ok = (i > 0 || buf_addf(out, err, "      %s: [", which == 0 ? "artifact" : "job")) &&
                 yaml_quote(out, list[i], err) &&
                 buf_add(out, i + 1 < count ? SV(", ") : SV("]\n"), err);
    }
    return ok;
}

static bool write_example(struct sv example, struct buf *out, struct err *err)
{
    return example.len == 0 || (buf_add(out, SV("    examples:\n      match:\n        - "), err) &&
                                yaml_quote(out, example, err) && buf_add_char(out, '\n', err));
}

static bool write_date(struct sv day, const char *name, struct buf *out, struct err *err)
{
    day = sv_head(day, DAY_BYTES);
    for (size_t i = 0; i < day.len; i++) {
        if (strchr("0123456789-", day.ptr[i]) == NULL || day.ptr[i] == '\0')
            return true;
    }
    return day.len < DAY_BYTES || buf_addf(out, err, "    %s: %.*s\n", name, SV_ARG(day));
}

static bool write_head(const struct writing *w, struct buf *out, struct err *err)
{
    struct sv file;
    const struct guess *g = &w->guess;
    return one_line(&w->drafts->arena, w->drafts->file, 300, &file, err) &&
           buf_addf(out, err, "  # from %.*s:%u\n  - id: '%.*s'\n", SV_ARG(file), w->draft->line,
                    SV_ARG(w->id)) &&
           buf_addf(out, err, "    cause: %s/%.*s\n", cause_kind_name(g->kind),
                    SV_ARG(w->detail)) &&
           (g->class_ == CLASS_UNKNOWN ||
            buf_addf(out, err, "    class: %s\n", cause_class_name(g->class_))) &&
           (!(g->weak || w->draft->weak) || buf_add(out, SV("    severity: symptom\n"), err));
}

static bool write_rule(const struct writing *w, struct sv example, struct buf *out, struct err *err)
{
    const struct draft *r = w->draft;
    struct sv about;
    return one_line(&w->drafts->arena, r->about, MAX_ABOUT, &about, err) &&
           write_head(w, out, err) && write_where(r, out, err) &&
           add_list(out, "any", w->any.list, w->any.count, err) &&
           add_list(out, "all", w->all.list, w->all.count, err) &&
           add_list(out, "none", w->none.list, w->none.count, err) &&
           add_list(out, "after", w->after.list, w->after.count, err) &&
           (r->within == 0 || buf_addf(out, err, "    within: %" PRIu64 "\n", r->within)) &&
           add_member(out, "summary", w->summary, err) && add_member(out, "help", about, err) &&
           add_member(out, "link", sv_starts(r->link, SV("https://")) ? r->link : SV(""), err) &&
           write_date(r->since, "since", out, err) && write_date(r->expires, "expires", out, err) &&
           write_example(example, out, err);
}

/* ---- trying it ---- */

static bool loads(struct sv rule, struct err *err)
{
    struct ruleset *set = NULL;
    struct buf text;
    buf_init(&text, RULE_BYTES + 64);
    bool ok = buf_addf(&text, err, "pack: x\nrules:\n%.*s", SV_ARG(rule));
    const struct pack_text pack = {.name = SV_INIT("x"), .text = buf_sv(&text)};
    ok = ok && ruleset_load(&(struct ruleset_options){.packs = &pack, .pack_count = 1}, &set, err);
    ruleset_free(set);
    buf_done(&text);
    return ok;
}

/* *ret_why is empty when the rule loads. An example that is wrong does not cost the rule. */
static bool write_checked(const struct writing *w, struct buf *out, struct err *ret_why,
                          struct err *err)
{
    struct sv example;
    if (!text_safe(&w->drafts->arena, w->draft->example, MAX_EXAMPLE, &example, err))
        return false;
    for (int with = example.len > 0 ? 1 : 0; with >= 0; with--) {
        *ret_why = (struct err){0};
        buf_reset(out);
        if (!write_rule(w, with == 1 ? example : SV(""), out, err))
            return false;
        if (w->drafts->unchecked || loads(buf_sv(out), ret_why))
            return true;
    }
    if (!is_fatal(ret_why))
        return true;
    *err = *ret_why;
    return false;
}

static bool keep(struct drafts *d, const struct writing *w, struct err *err)
{
    struct err why = {0};
    struct buf text;
    buf_init(&text, RULE_BYTES);
    bool ok = write_checked(w, &text, &why, err);
    if (ok && why.code != ERR_NONE) {
        drafts_leave(d, w->draft->line, w->draft->name, "%s", why.why);
    } else if (ok && (d->count == MAX_RULES || d->rules.len + text.len > MAX_PACK)) {
        drafts_leave(d, w->draft->line, w->draft->name, "the pack has no room for it");
    } else if (ok) {
        ok = buf_add(&d->rules, buf_sv(&text), err);
        d->count += ok;
    }
    buf_done(&text);
    return ok;
}

bool drafts_add(struct drafts *d, const struct draft *draft, struct err *err)
{
    struct writing w = {.drafts = d, .draft = draft};
    bool any = false, all = false, none = false, after = false;
    arena_reset(&d->arena);
    if (!rewrite_list(&w, &draft->any, &w.any, &any, err) ||
        !rewrite_list(&w, &draft->all, &w.all, &all, err) ||
        !rewrite_list(&w, &draft->none, &w.none, &none, err) ||
        !rewrite_list(&w, &draft->after, &w.after, &after, err))
        return false;
    if (w.any.count == 0 && any)
        drafts_leave(d, draft->line, draft->name, "it has no pattern");
    if (w.any.count == 0 || !all || !none || !after)
        return true; /* a rule without its conditions would say too much */
    const struct sv texts[] = {draft->name, draft->words, draft->about, w.any.list[0]};
    return guess_of(texts, COUNT_OF(texts), &w.guess, err) && name_rule(&w, err) &&
           summarise(&w, err) && keep(d, &w, err);
}

bool drafts_write(const struct drafts *d, struct sv pack, struct sv sources, struct buf *out,
                  struct err *err)
{
    struct arena a;
    struct sv slug, from, about;
    arena_init(&a, ARENA_BYTES);
    const bool ok =
        draft_slug(&a, pack, MAX_SLUG, &slug, err) && one_line(&a, sources, 300, &from, err) &&
        arena_printf(&a, &about, err, "Imported by prowl rules import --from %.*s from %.*s",
                     SV_ARG(d->kind), SV_ARG(from)) &&
        buf_addf(out, err, "pack: '%.*s'\nabout: ", SV_ARG(slug.len > 0 ? slug : d->kind)) &&
        yaml_quote(out, about, err) &&
        buf_add(out, d->count > 0 ? SV("\nrules:\n") : SV("\nrules: []\n"), err) &&
        buf_add(out, buf_sv(&d->rules), err);
    arena_done(&a);
    return ok;
}
