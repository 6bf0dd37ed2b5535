/*
 * differential - random rules and texts, and what PCRE2 alone finds in them line by line, to hold the
 * scanner against. Header only; used by a unit test with seeds and by a fuzz target with bytes.
 */
#ifndef TESTS_UNIT_DIFFERENTIAL_H
#define TESTS_UNIT_DIFFERENTIAL_H

#include "base/buf.h"
#include "scan/pattern.h"
#include "scan/scanner.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <hs.h>
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>

enum { DIFF_LINES = 64, DIFF_PATTERNS = 128, DIFF_RULES = 8, DIFF_HITS = 4096 };

/* ---- chance ---- */

struct chance { /* from bytes, then from a seed; zeros when both are used up */
    const uint8_t *data;
    size_t size;
    uint64_t seed;
};

static unsigned pick(struct chance *c, unsigned n)
{
    if (c->size > 0) {
        c->size--;
        return *c->data++ % n;
    }
    if (c->seed == 0)
        return 0;
    c->seed ^= c->seed << 13;
    c->seed ^= c->seed >> 7;
    c->seed ^= c->seed << 17;
    return (unsigned)(c->seed >> 33) % n;
}

/* ---- random patterns, packs and texts ---- */

struct text { /* grows up to its array; what does not fit is left out */
    char data[16 * 1024];
    size_t len;
};

static void put(struct text *t, const char *s)
{
    for (; *s != '\0' && t->len < sizeof(t->data) - 1; s++)
        t->data[t->len++] = *s;
    t->data[t->len] = '\0';
}

static void put_pattern(struct chance *c, struct text *t, unsigned depth);

static void put_atom(struct chance *c, struct text *t, unsigned depth)
{
    static const char *const atoms[] = {
        "a",     "b",      "c",     " ",     ":",      "1",      "E",    "ab",  "abc",
        "err",   ".",      "[ab]",  "[^a]",  "[a-c1]", "\\d",    "\\w",  "\\s", "\\S",
        "\\b",   "\\B",    "^",     "$",     "\\.",    "\\t",    "[^:]", "\\W", "(?i)a",
        "\\x61", "[\\s1]", "(?=a)", "(?!b)", "(?<=a)", "(?<!:)", "\\D",  "\\h"};
    static const char *const opens[] = {"(", "(?:", "(?i:", "(?=", "(?!", "(?>"};
    if (depth > 0 && pick(c, 4) == 3) {
        put(t, opens[pick(c, sizeof(opens) / sizeof(opens[0]))]);
        put_pattern(c, t, depth - 1);
        put(t, ")");
    } else {
        put(t, atoms[pick(c, sizeof(atoms) / sizeof(atoms[0]))]);
    }
}

static void put_pattern(struct chance *c, struct text *t, unsigned depth)
{
    static const char *const times[] = {"", "", "", "", "*", "+", "?", "{1,3}", "+?", "*?", "{2}"};
    const unsigned count = 1 + pick(c, 5);
    for (unsigned i = 0; i < count; i++) {
        if (i > 0 && pick(c, 8) == 7)
            put(t, "|");
        put_atom(c, t, depth);
        put(t, times[pick(c, sizeof(times) / sizeof(times[0]))]);
    }
}

/* Only patterns that a pack may hold go in, so that one bad one does not spoil the rule. */
static bool is_fit(const char *pattern)
{
    struct err err = {0};
    hs_expr_info_t *info = NULL;
    hs_compile_error_t *error = NULL;
    pcre2_code *code = pattern_compile(sv_of(pattern), &err);
    bool fit = code != NULL && hs_expression_info(pattern, HS_FLAG_MULTILINE | HS_FLAG_PREFILTER,
                                                  &info, &error) == HS_SUCCESS;
    fit = fit && info->min_width > 0;
    free(info);
    (void)hs_free_compile_error(error);
    pcre2_code_free(code);
    return fit;
}

static void put_list(struct chance *c, struct text *t, const char *name, unsigned count)
{
    if (count == 0)
        return;
    put(t, "    ");
    put(t, name);
    put(t, ": [");
    for (unsigned i = 0; i < count; i++) {
        struct text pattern = {.len = 0};
        put_pattern(c, &pattern, 2);
        put(t, i > 0 ? ", '" : "'");
        put(t, is_fit(pattern.data) ? pattern.data : "ab");
        put(t, "'");
    }
    put(t, "]\n");
}

static void put_pack(struct chance *c, struct text *t)
{
    const unsigned rules = 1 + pick(c, DIFF_RULES);
    put(t, "pack: random\nrules:\n");
    for (unsigned i = 0; i < rules; i++) {
        char head[128];
        const unsigned all = pick(c, 4) / 2, none = pick(c, 4) / 2, after = pick(c, 4) / 2;
        (void)snprintf(head, sizeof(head), "  - id: r%u\n    cause: other/x\n    summary: s\n", i);
        put(t, head);
        put_list(c, t, "any", 1 + pick(c, 3));
        put_list(c, t, "all", all);
        put_list(c, t, "none", none);
        put_list(c, t, "after", after);
        if (after > 0 || ((all > 0 || none > 0) && pick(c, 2) == 1)) {
            (void)snprintf(head, sizeof(head), "    within: %u\n", 1 + pick(c, 6));
            put(t, head);
        }
    }
}

static void put_lines(struct chance *c, struct text *t)
{
    static const char *const words[] = {"a", "b",   "c",   " ",        ":",    "1",
                                        "E", "err", "abc", "\t",       "aaaa", "\r",
                                        ".", "A",   "B",   "\xc3\xa9", "x",    "ab: 11"};
    const unsigned lines = 1 + pick(c, DIFF_LINES - 1);
    for (unsigned i = 0; i < lines; i++) {
        const unsigned count = pick(c, 9);
        for (unsigned k = 0; k < count; k++)
            put(t, words[pick(c, sizeof(words) / sizeof(words[0]))]);
        put(t, "\n");
    }
}

/* ---- what PCRE2 alone says ---- */

struct oracle {
    bool matches[DIFF_PATTERNS][DIFF_LINES + 1]; /* by pattern and line, from 1 */
    uint64_t lines;
    bool unsure; /* a match passed PCRE2's own limits */
};

/* With and without JIT: some releases of PCRE2 differ from themselves in atomic groups. */
static bool match_line(pcre2_code *code, struct sv line, bool *ret_unsure)
{
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    const PCRE2_SPTR text = (PCRE2_SPTR)(line.len > 0 ? line.ptr : "");
    const int n = pcre2_match(code, text, line.len, 0, PCRE2_NO_JIT, data, NULL);
    const int jit = pcre2_match(code, text, line.len, 0, 0, data, NULL);
    pcre2_match_data_free(data);
    *ret_unsure = *ret_unsure || (n < 0 && n != PCRE2_ERROR_NOMATCH) || (n >= 0) != (jit >= 0);
    return n >= 0;
}

static void ask_pattern(struct oracle *o, const struct rule_pattern *p, struct sv text)
{
    int code = 0;
    PCRE2_SIZE at = 0;
    pcre2_code *compiled =
        pcre2_compile((PCRE2_SPTR)p->text.ptr, p->text.len, PCRE2_DOLLAR_ENDONLY, &code, &at, NULL);
    if (compiled == NULL || p->index >= DIFF_PATTERNS)
        abort();
    (void)pcre2_jit_compile(compiled, PCRE2_JIT_COMPLETE);
    struct sv line;
    uint64_t number = 0;
    for (struct sv rest = text; rest.len > 0 && sv_cut(&rest, '\n', &line);)
        o->matches[p->index][++number] = match_line(compiled, line, &o->unsure);
    pcre2_code_free(compiled);
    o->lines = number;
}

static void ask_list(struct oracle *o, const struct rule_pattern *list, size_t count,
                     struct sv text)
{
    for (size_t i = 0; i < count; i++)
        ask_pattern(o, &list[i], text);
}

/* One of the lines from..to matches. */
static bool matched(const struct oracle *o, const struct rule_pattern *p, uint64_t from,
                    uint64_t to)
{
    for (uint64_t n = from > 0 ? from : 1; n <= to; n++) {
        if (o->matches[p->index][n])
            return true;
    }
    return false;
}

static bool rule_holds(const struct oracle *o, const struct rule *r, uint64_t line)
{
    const uint64_t from = line > r->within ? line - r->within : 1;
    bool any = false, after = r->after_count == 0;
    for (size_t i = 0; i < r->any_count; i++)
        any = any || matched(o, &r->any[i], line, line);
    for (size_t i = 0; i < r->after_count; i++)
        after = after || matched(o, &r->after[i], from, line - 1);
    for (size_t i = 0; i < r->all_count; i++)
        any = any && matched(o, &r->all[i], from, line);
    for (size_t i = 0; i < r->none_count; i++)
        any = any && !matched(o, &r->none[i], from, line);
    return any && after;
}

/* ---- what the scanner says ---- */

struct told { /* "r3 12" for a hit of r3 on line 12, "r3 x5" for its count at the end */
    struct text text;
};

static bool on_told(void *user, const struct finding *f, struct err *err)
{
    struct told *t = user;
    char line[128];
    (void)err;
    (void)snprintf(line, sizeof(line), "%.*s %s%llu\n", SV_ARG(f->id), f->count > 1 ? "x" : "",
                   (unsigned long long)(f->count > 1 ? f->count : f->line));
    put(&t->text, line);
    return true;
}

/* The text in blocks that are cut at random lines. */
static bool scan_blocks(struct scanner *s, struct chance *c, struct sv text, struct told *told,
                        struct err *err)
{
    static const struct build build = {.job = SV_INIT("job")};
    static const struct artifact log = {.kind = ARTIFACT_BUILD_LOG,
                                        .path = SV_INIT("build-log.txt")};
    const struct scan_sink sink = {.finding = on_told, .user = told};
    uint64_t number = 1;
    bool ok = scanner_begin(s, &build, &log, &sink, err);
    while (ok && text.len > 0) {
        struct sv part = SV(""), line;
        uint64_t count = 0;
        part.ptr = text.ptr;
        do {
            (void)sv_cut(&text, '\n', &line);
            part.len = (size_t)(line.ptr + line.len + 1 - part.ptr);
            count++;
        } while (text.len > 0 && pick(c, 10) != 9);
        const struct block block = {
            .text = part, .raw = part, .first_line = number, .line_count = count};
        ok = scanner_block(s, &block, err);
        number += count;
    }
    return ok && scanner_end(s, err);
}

/* Lines are told in order, and in a line rules in order; counts come last. */
static void tell_expected(const struct oracle *o, const struct ruleset *set, struct told *told)
{
    uint64_t counts[DIFF_RULES + 1] = {0};
    char text[128];
    for (uint64_t line = 1; line <= o->lines; line++) {
        for (size_t i = 0; i < ruleset_count(set); i++) {
            const struct rule *r = ruleset_at(set, i);
            if (!rule_holds(o, r, line) || counts[i]++ >= SCANNER_HITS_KEPT)
                continue;
            (void)snprintf(text, sizeof(text), "%.*s %llu\n", SV_ARG(r->id),
                           (unsigned long long)line);
            put(&told->text, text);
        }
    }
    for (size_t i = 0; i < ruleset_count(set); i++) {
        (void)snprintf(text, sizeof(text), "%.*s x%llu\n", SV_ARG(ruleset_at(set, i)->id),
                       (unsigned long long)counts[i]);
        put(&told->text, counts[i] > 1 ? text : "");
    }
}

static void ask_all(struct oracle *o, const struct ruleset *set, struct sv text)
{
    for (size_t i = 0; i < ruleset_count(set); i++) {
        const struct rule *r = ruleset_at(set, i);
        ask_list(o, r->any, r->any_count, text);
        ask_list(o, r->all, r->all_count, text);
        ask_list(o, r->none, r->none_count, text);
        ask_list(o, r->after, r->after_count, text);
    }
}

enum verdict_of_run { DIFF_SAME, DIFF_SKIPPED, DIFF_OTHER };

/* One round; on a difference everything is printed. */
static enum verdict_of_run differential(struct chance *c, size_t *ret_hits)
{
    struct text *pack = calloc(1, sizeof(*pack)), *lines = calloc(1, sizeof(*lines));
    struct told *want = calloc(1, sizeof(*want)), *got = calloc(1, sizeof(*got));
    struct oracle *o = calloc(1, sizeof(*o));
    struct ruleset *set = NULL;
    struct scanner *s = NULL;
    struct err err = {0};
    enum verdict_of_run run = DIFF_SKIPPED;
    if (pack == NULL || lines == NULL || want == NULL || got == NULL || o == NULL)
        abort();
    put_pack(c, pack);
    put_lines(c, lines);
    const struct sv text = {.ptr = lines->data, .len = lines->len};
    const struct pack_text one = {.name = SV_INIT("random"),
                                  .text = {.ptr = pack->data, .len = pack->len}};
    if (ruleset_load(&(struct ruleset_options){.packs = &one, .pack_count = 1}, &set, &err) &&
        (s = scanner_new(set, &err)) != NULL && scan_blocks(s, c, text, got, &err)) {
        ask_all(o, set, text);
        tell_expected(o, set, want);
        const bool sure = !o->unsure && scanner_limited(s, NULL) == 0;
        run = !sure                                          ? DIFF_SKIPPED
              : strcmp(want->text.data, got->text.data) == 0 ? DIFF_SAME
                                                             : DIFF_OTHER;
    }
    if (run == DIFF_OTHER)
        (void)fprintf(stderr, "%s\n---- text\n%s---- PCRE2 alone\n%s---- the scanner\n%s",
                      pack->data, lines->data, want->text.data, got->text.data);
    for (const char *p = want->text.data; run == DIFF_SAME && (p = strchr(p, '\n')) != NULL; p++)
        ++*ret_hits;
    scanner_free(s);
    ruleset_free(set);
    free(pack);
    free(lines);
    free(want);
    free(got);
    free(o);
    return run;
}

#endif
