#include "scan/lint.h"

#include "base/glob.h"
#include "scan/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { LITERAL_BYTES = 4, PROBE_BYTES = 8192, COMPLAINT_BYTES = 700, MAX_DEPTH = 64 };

struct linting {
    const struct ruleset *set;
    const struct lint_options *options;
    ruleset_complain_fn *fn;
    void *user;
    uint64_t doubts;
    pcre2_match_data *match;
    pcre2_match_context *context;
    char *probe; /* PROBE_BYTES */
};

static void PRINTF_LIKE(5, 6) doubt(struct linting *l, const struct rule *r, unsigned line,
                                    unsigned column, const char *fmt, ...)
{
    char text[COMPLAINT_BYTES], why[COMPLAINT_BYTES / 2];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(why, sizeof(why), fmt, args);
    va_end(args);
    (void)snprintf(text, sizeof(text), "%.*s:%u:%u: warning: rule %.*s: %s", SV_ARG(r->pack), line,
                   column, SV_ARG(r->id), why);
    l->doubts++;
    l->fn(text, l->user);
}

/* ---- the literal in a pattern ---- */

struct walk { /* over a pattern that PCRE2 takes */
    struct sv rest;
    unsigned depth;
};

struct literal {       /* what every match of a part holds, in bytes */
    size_t best;       /* the longest run anywhere in it */
    size_t head, tail; /* the runs at its two ends */
    bool whole;        /* it is one run: head == tail == best */
};

enum times { TIMES_MAYBE, TIMES_ONCE, TIMES_MORE };

static const struct literal nothing = {.whole = true};
static const struct literal unknown = {0};
static const struct literal one_byte = {1, 1, 1, true};

static size_t max(size_t a, size_t b)
{
    return a > b ? a : b;
}

static size_t min(size_t a, size_t b)
{
    return a < b ? a : b;
}

static struct literal joined(struct literal a, struct literal b, enum times times)
{
    if (times == TIMES_MAYBE)
        return (struct literal){.best = a.best, .head = a.head};
    return (struct literal){
        .best = max(max(a.best, b.best), a.tail + b.head),
        .head = a.whole ? a.head + b.head : a.head,
        .tail = b.whole && times == TIMES_ONCE ? a.tail + b.tail : b.tail,
        .whole = a.whole && b.whole && times == TIMES_ONCE,
    };
}

static struct literal either(struct literal a, struct literal b)
{
    return (struct literal){
        .best = min(a.best, b.best),
        .head = min(a.head, b.head),
        .tail = min(a.tail, b.tail),
        .whole = a.whole && b.whole,
    };
}

static bool at(const struct walk *w, const char *head)
{
    return sv_starts(w->rest, sv_of(head));
}

static void skip(struct walk *w, size_t n)
{
    w->rest = sv_tail(w->rest, n);
}

static struct literal class_(struct walk *w)
{
    skip(w, at(w, "[^") ? 2 : 1);
    if (at(w, "]"))
        skip(w, 1);
    while (w->rest.len > 0 && !at(w, "]")) {
        if (at(w, "[:")) {
            const size_t end = sv_find(w->rest, SV(":]"));
            skip(w, end < w->rest.len ? end + 2 : 1);
        } else {
            skip(w, at(w, "\\") ? 2 : 1);
        }
    }
    skip(w, 1);
    return unknown;
}

static struct literal escape(struct walk *w)
{
    const char c = w->rest.len > 1 ? w->rest.ptr[1] : '\0';
    skip(w, 2);
    if (c == 'b' || c == 'B' || c == 'K')
        return nothing;
    if (c == 'x' && at(w, "{"))
        skip(w, sv_find_char(w->rest, '}') + 1);
    else if (c == 'x')
        skip(w, 2);
    if (c == '\0' || strchr("dDwWsShHvVNRXpPkg0123456789", c) != NULL)
        return unknown;
    return one_byte;
}

static struct literal alternatives(struct walk *w);

/* Pass what stands between "(" and the contents of a group. False: there are none, as in (?i). */
static bool open_group(struct walk *w)
{
    const char third = w->rest.len > 2 ? w->rest.ptr[2] : '\0';
    const char fourth = w->rest.len > 3 ? w->rest.ptr[3] : '\0';
    const bool around = third == '<' && (fourth == '=' || fourth == '!');
    if (!at(w, "(?")) {
        skip(w, 1);
        return true;
    }
    if (third == '#') {
        skip(w, sv_find_char(w->rest, ')') + 1);
        return false;
    }
    if (third == '\'' || third == 'P' || (third == '<' && !around)) { /* named */
        skip(w, 3 + sv_find_char(sv_tail(w->rest, 3), third == '\'' ? '\'' : '>') + 1);
        return true;
    }
    skip(w, around ? 4 : strchr(":=!>|", third) != NULL && third != '\0' ? 3 : 2);
    if (around || (third != '\0' && strchr(":=!>|", third) != NULL))
        return true;
    while (w->rest.len > 0 && !at(w, ":") && !at(w, ")"))
        skip(w, 1);
    const bool contents = at(w, ":");
    skip(w, 1);
    return contents;
}

static struct literal group(struct walk *w, bool *ret_widthless)
{
    const bool negative = at(w, "(?!") || at(w, "(?<!");
    const bool ahead = at(w, "(?=") || at(w, "(?<=");
    *ret_widthless = true;
    if (!open_group(w))
        return nothing;
    const struct literal inner = alternatives(w);
    skip(w, 1);
    *ret_widthless = negative || ahead;
    return negative ? nothing : ahead ? (struct literal){.best = inner.best, .whole = true} : inner;
}

static enum times quantifier(struct walk *w)
{
    enum times times = TIMES_ONCE;
    if (at(w, "*") || at(w, "?")) {
        times = TIMES_MAYBE;
        skip(w, 1);
    } else if (at(w, "+")) {
        times = TIMES_MORE;
        skip(w, 1);
    } else if (at(w, "{") && w->rest.len > 1 && strchr("0123456789,", w->rest.ptr[1]) != NULL) {
        times = w->rest.ptr[1] == '0' || w->rest.ptr[1] == ',' ? TIMES_MAYBE : TIMES_MORE;
        skip(w, sv_find_char(w->rest, '}') + 1);
    } else {
        return times;
    }
    if (at(w, "?") || at(w, "+"))
        skip(w, 1);
    return times;
}

static struct literal branch(struct walk *w)
{
    struct literal all = nothing;
    while (w->rest.len > 0 && !at(w, "|") && !at(w, ")")) {
        struct literal part = one_byte;
        bool widthless = false;
        if (at(w, "\\")) {
            part = escape(w);
        } else if (at(w, "[")) {
            part = class_(w);
        } else if (at(w, "(")) {
            part = group(w, &widthless);
        } else {
            part = at(w, ".") ? unknown : at(w, "^") || at(w, "$") ? nothing : part;
            skip(w, 1);
        }
        all = joined(all, part, widthless ? TIMES_ONCE : quantifier(w));
    }
    return all;
}

static struct literal alternatives(struct walk *w)
{
    if (++w->depth > MAX_DEPTH) {
        w->rest = sv_tail(w->rest, w->rest.len);
        return unknown;
    }
    struct literal all = branch(w);
    while (at(w, "|")) {
        skip(w, 1);
        all = either(all, branch(w));
    }
    w->depth--;
    return all;
}

size_t lint_literal(struct sv pattern)
{
    struct walk w = {.rest = pattern};
    return alternatives(&w).best;
}

bool lint_crosses_lines(struct sv pattern)
{
    static const struct sv escapes[] = {SV_INIT("n"),    SV_INIT("r"),   SV_INIT("R"),
                                        SV_INIT("v"),    SV_INIT("f"),   SV_INIT("x0a"),
                                        SV_INIT("x0A"),  SV_INIT("x0d"), SV_INIT("x0D"),
                                        SV_INIT("x{a}"), SV_INIT("cJ"),  SV_INIT("cM")};
    struct walk w = {.rest = pattern};
    while (w.rest.len > 0) {
        const struct sv behind = sv_tail(w.rest, 1);
        bool ends = false;
        if (at(&w, "[")) {
            (void)class_(&w);
            continue;
        }
        for (size_t i = 0; at(&w, "\\") && i < COUNT_OF(escapes); i++)
            ends = ends || sv_starts(behind, escapes[i]);
        if (ends || at(&w, "\n") || at(&w, "\r"))
            return true;
        skip(&w, at(&w, "\\") ? 2 : 1);
    }
    return false;
}

/* ---- one pattern ---- */

static bool matches(struct linting *l, const pcre2_code *code, struct sv line, bool *ret_limited)
{
    const int n = pcre2_match(code, (PCRE2_SPTR)(line.len > 0 ? line.ptr : ""), line.len, 0, 0,
                              l->match, l->context);
    *ret_limited = n < 0 && n != PCRE2_ERROR_NOMATCH;
    return n >= 0;
}

static bool is_tried(struct linting *l, const struct rule *r, const pcre2_code *code)
{
    bool limited;
    for (size_t i = 0; i < r->match_count; i++) {
        struct sv line, rest = r->match[i].text;
        while (rest.len > 0 && sv_cut(&rest, '\n', &line)) {
            if (matches(l, code, line, &limited))
                return true;
        }
    }
    return false;
}

/* Does the pattern go wild on a text that is the seed over and over? */
static bool is_wild_on(struct linting *l, const pcre2_code *code, struct sv seed)
{
    bool limited = false;
    if (seed.len == 0)
        return false;
    for (size_t i = 0; i < PROBE_BYTES; i++)
        l->probe[i] = seed.ptr[i % seed.len];
    l->probe[PROBE_BYTES - 1] = '\x01'; /* so that what wants the end of the line fails late */
    (void)matches(l, code, (struct sv){.ptr = l->probe, .len = PROBE_BYTES}, &limited);
    return limited;
}

static bool is_wild(struct linting *l, const struct rule *r, const pcre2_code *code)
{
    static const struct sv seeds[] = {SV_INIT("a"), SV_INIT("A"),  SV_INIT(" "),
                                      SV_INIT("0"), SV_INIT("/a"), SV_INIT("a.")};
    bool wild = false;
    for (size_t i = 0; !wild && i < COUNT_OF(seeds); i++)
        wild = is_wild_on(l, code, seeds[i]);
    for (size_t i = 0; !wild && i < r->match_count; i++) {
        struct sv line, rest = r->match[i].text;
        while (!wild && rest.len > 0 && sv_cut(&rest, '\n', &line))
            wild = is_wild_on(l, code, line);
    }
    return wild;
}

/* prefilter: libhs looks for it in every block, so its literal and its ends matter. */
static bool lint_pattern(struct linting *l, const struct rule *r, const struct rule_pattern *p,
                         bool prefilter, bool tried, struct err *err)
{
    pcre2_code *code = pattern_compile(p->text, err);
    if (code == NULL)
        return false;
    pattern_jit(code);
    if (prefilter && (sv_starts(p->text, SV(".*")) || sv_starts(p->text, SV(".+")) ||
                      sv_ends(p->text, SV(".*"))))
        doubt(l, r, p->line, p->column, "a pattern begins or ends in .*, which only costs time");
    else if (prefilter && lint_literal(p->text) < LITERAL_BYTES)
        doubt(l, r, p->line, p->column, "a branch of the pattern has no literal of %d bytes: %.*s",
              LITERAL_BYTES, SV_ARG(sv_head(p->text, 160)));
    if (lint_crosses_lines(p->text))
        doubt(l, r, p->line, p->column, "the pattern wants a line end, and it sees one line: %.*s",
              SV_ARG(sv_head(p->text, 160)));
    if (tried && r->match_count > 0 && !is_tried(l, r, code))
        doubt(l, r, p->line, p->column, "no example tries the pattern %.*s",
              SV_ARG(sv_head(p->text, 160)));
    if (is_wild(l, r, code))
        doubt(l, r, p->line, p->column, "the pattern can pass its match limit on long lines: %.*s",
              SV_ARG(sv_head(p->text, 160)));
    pcre2_code_free(code);
    return true;
}

static bool lint_list(struct linting *l, const struct rule *r, const struct rule_pattern *list,
                      size_t count, bool prefilter, bool tried, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!lint_pattern(l, r, &list[i], prefilter, tried, err))
            return false;
    }
    return true;
}

/* ---- one rule ---- */

/* Kinds, details and classes were checked when the pack was read. */
static bool names_something(const struct linting *l, struct sv word)
{
    enum cause_kind kind;
    if (sv_find_char(word, '/') < word.len || sv_starts(word, SV("class:")) ||
        cause_kind_parse(word, &kind))
        return true;
    for (size_t i = 0; i < ruleset_count(l->set); i++) {
        if (glob_job(word, ruleset_at(l->set, i)->id))
            return true;
    }
    for (size_t i = 0; i < l->options->other_count; i++) {
        if (sv_starts(word, l->options->others[i]))
            return true;
    }
    return false;
}

static void lint_examples(struct linting *l, const struct rule *r)
{
    const struct {
        size_t count;
        const char *what, *name;
    } lists[] = {{r->match_count, "matches", "match"},
                 {r->no_match_count, "must not match", "no_match"}};
    const size_t least = l->options->least_examples;
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        if (lists[i].count == 0)
            doubt(l, r, r->line, r->column, "has no example that %s", lists[i].what);
        else if (lists[i].count < least)
            doubt(l, r, r->line, r->column, "has %zu %s example, and %zu are wanted",
                  lists[i].count, lists[i].name, least);
    }
}

static bool lint_rule(struct linting *l, const struct rule *r, struct err *err)
{
    lint_examples(l, r);
    if (r->expires_ms != 0 && l->options->now_ms >= r->expires_ms)
        doubt(l, r, r->line, r->column, "has expired: it is not loaded any more");
    for (size_t i = 0; i < r->explains_count; i++) {
        if (!names_something(l, r->explains[i]))
            doubt(l, r, r->line, r->column, "explains \"%.*s\", which no kind, rule or analyzer is",
                  SV_ARG(r->explains[i]));
    }
    const bool beside = r->within > 0; /* then they are looked for in every block too */
    return lint_list(l, r, r->any, r->any_count, true, true, err) &&
           lint_list(l, r, r->all, r->all_count, beside, false, err) &&
           lint_list(l, r, r->none, r->none_count, beside, false, err) &&
           lint_list(l, r, r->after, r->after_count, true, false, err);
}

bool lint_rules(const struct ruleset *set, const struct lint_options *options,
                ruleset_complain_fn *fn, void *user, uint64_t *ret_doubts, struct err *err)
{
    struct linting l = {.set = set, .options = options, .fn = fn, .user = user};
    l.match = pcre2_match_data_create(1, NULL);
    l.context = pattern_context();
    l.probe = malloc(PROBE_BYTES);
    bool ok = (l.match != NULL && l.context != NULL && l.probe != NULL) ||
              err_why(err, ERR_NOMEM, "no memory to look at rules");
    for (size_t i = 0; ok && i < ruleset_count(set); i++) {
        if (ruleset_at(set, i)->pack_number >= options->first_pack)
            ok = lint_rule(&l, ruleset_at(set, i), err);
    }
    pcre2_match_data_free(l.match);
    pcre2_match_context_free(l.context);
    free(l.probe);
    *ret_doubts = l.doubts;
    return ok;
}
