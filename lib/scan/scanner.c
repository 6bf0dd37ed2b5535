#include "scan/scanner.h"

#include "base/buf.h"
#include "base/glob.h"
#include "base/text.h"
#include "scan/ruleset_p.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <limits.h>
#include <pcre2.h>
#include <stdlib.h>

enum {
    OVECTOR_PAIRS = 64,
    JIT_STACK_BYTES = 8 * 1024 * 1024, /* reserved; what a window of 128 KiB may take */
    NEAR_CAPTURES = 4,
    NEAR_BYTES = 160,
    SUMMARY_BYTES = 400,
    VALUE_BYTES = 256,
    CLOSER_BYTES = INT_MAX, /* a block's at most */
};

struct hit { /* a pattern of the database ended a match here */
    uint32_t pattern;
    uint32_t end;
};

struct piece {         /* a line that is looked at closer */
    uint32_t from, to; /* in the block */
    uint32_t at;       /* in the text of such lines */
};

struct pattern_state {
    pcre2_code *code;       /* compiled when first needed; owned */
    uint64_t seen_line;     /* the last line that it was a candidate on */
    uint64_t limited_line;  /* the last line on which it passed its limits */
    uint32_t limited_count; /* such lines */
    uint32_t block;         /* the block that from and to are of */
    uint32_t from, to;      /* the line of its last hit, in that block */
    uint32_t near;          /* index into nears plus 1; 0: it is not remembered */
};

struct near_state { /* of a pattern whose last match is remembered */
    uint64_t line;  /* 0: not seen */
    size_t capture_count;
    struct {
        struct sv name; /* the compiled pattern's */
        char text[NEAR_BYTES];
        size_t len;
    } captures[NEAR_CAPTURES];
};

struct rule_state {
    uint64_t count, first_line, last_line;
    bool on;
};

struct scanner {
    const struct ruleset *set;
    hs_scratch_t *scratch;
    pcre2_match_data *match;
    pcre2_match_context *context;
    pcre2_jit_stack *jit_stack;
    struct hit *hits;
    size_t hit_count, hit_cap;
    size_t closer_from; /* hits from here on are of lines looked at closer; both parts are sorted */
    struct piece *pieces;
    size_t piece_count, piece_cap;
    struct buf closer; /* the text of the pieces */
    struct pattern_state
        *patterns; /* behind those of the set, one for the lines to look at closer */
    struct near_state *nears;
    size_t near_count;
    struct rule_state *rules;
    uint32_t *line_patterns; /* candidates on the present line */
    size_t line_count;
    struct scan_sink sink;
    struct arena arena;   /* of one line's findings */
    struct sv block_text; /* what is scanned now */
    uint32_t block;       /* its number */
    uint32_t edges;       /* PCRE2_NOTBOL, PCRE2_NOTEOL: the window is no whole line */
    uint64_t cut_line;    /* the line of the last window, 0: the last block was no window */
    uint64_t follow_to;   /* lines up to this one are wanted; 0: none */
    uint64_t limited;     /* lines */
    uint32_t limited_pattern;
    bool out_of_memory;
};

/* ---- life ---- */

static bool make_arrays(struct scanner *s, struct err *err)
{
    const size_t patterns = s->set->pattern_count + 1, rules = s->set->rule_count + 1;
    s->patterns = calloc(patterns, sizeof(*s->patterns));
    for (size_t i = 0; s->patterns != NULL && i < s->set->pattern_count; i++) {
        if (s->set->patterns[i].role == ROLE_NEAR)
            s->patterns[i].near = (uint32_t)++s->near_count;
    }
    s->line_patterns = calloc(patterns, sizeof(*s->line_patterns));
    s->nears = calloc(s->near_count + 1, sizeof(*s->nears));
    s->rules = calloc(rules, sizeof(*s->rules));
    s->match = pcre2_match_data_create(OVECTOR_PAIRS, NULL);
    s->context = pattern_context();
    s->jit_stack = pcre2_jit_stack_create(JIT_STACK_BYTES / 256, JIT_STACK_BYTES, NULL);
    if (s->patterns == NULL || s->line_patterns == NULL || s->nears == NULL || s->rules == NULL ||
        s->match == NULL || s->context == NULL)
        return err_why(err, ERR_NOMEM, "no memory for a scanner");
    if (s->jit_stack != NULL) /* NULL where there is no JIT */
        pcre2_jit_stack_assign(s->context, NULL, s->jit_stack);
    return true;
}

struct scanner *scanner_new(const struct ruleset *set, struct err *err)
{
    struct scanner *s = calloc(1, sizeof(*s));
    if (s == NULL) {
        (void)err_why(err, ERR_NOMEM, "no memory for a scanner");
        return NULL;
    }
    s->set = set;
    arena_init(&s->arena, 16 * 1024 * 1024);
    buf_init(&s->closer, CLOSER_BYTES);
    bool ok = make_arrays(s, err);
    if (ok &&
        ((set->database != NULL && hs_alloc_scratch(set->database, &s->scratch) != HS_SUCCESS) ||
         (set->closer != NULL && hs_alloc_scratch(set->closer, &s->scratch) != HS_SUCCESS)))
        ok = err_why(err, ERR_NOMEM, "no memory for a scanner");
    if (ok)
        return s;
    scanner_free(s);
    return NULL;
}

void scanner_free(struct scanner *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; s->patterns != NULL && i < s->set->pattern_count; i++)
        pcre2_code_free(s->patterns[i].code);
    (void)hs_free_scratch(s->scratch);
    pcre2_match_data_free(s->match);
    pcre2_match_context_free(s->context);
    pcre2_jit_stack_free(s->jit_stack);
    free(s->patterns);
    free(s->line_patterns);
    free(s->nears);
    free(s->rules);
    free(s->hits);
    free(s->pieces);
    buf_done(&s->closer);
    arena_done(&s->arena);
    free(s);
}

static bool any_glob(const struct sv *globs, size_t count, struct sv text,
                     bool (*match)(struct sv, struct sv))
{
    for (size_t i = 0; i < count; i++) {
        if (match(globs[i], text))
            return true;
    }
    return false;
}

static bool applies(const struct rule *r, const struct build *build, const struct artifact *a)
{
    const bool anywhere = r->where_kinds == 0 && r->where_path_count == 0;
    return (anywhere || (r->where_kinds & (1u << a->kind)) != 0 ||
            any_glob(r->where_paths, r->where_path_count, a->path, glob_path)) &&
           (r->where_job_count == 0 ||
            any_glob(r->where_jobs, r->where_job_count, build->job, glob_job)) &&
           (r->where_step_count == 0 ||
            any_glob(r->where_steps, r->where_step_count, a->step, glob_path));
}

bool scanner_begin(struct scanner *s, const struct build *build, const struct artifact *artifact,
                   const struct scan_sink *sink, struct err *err)
{
    (void)err;
    s->sink = *sink;
    s->limited = 0;
    s->follow_to = 0;
    s->block = 0;
    s->cut_line = 0;
    s->out_of_memory = false;
    memset(s->nears, 0, s->near_count * sizeof(*s->nears));
    for (size_t i = 0; i <= s->set->pattern_count; i++) {
        struct pattern_state *p = &s->patterns[i];
        *p = (struct pattern_state){.code = p->code, .near = p->near};
    }
    for (size_t i = 0; i < s->set->rule_count; i++)
        s->rules[i] = (struct rule_state){.on = applies(&s->set->rules[i], build, artifact)};
    return true;
}

void scanner_follow(struct scanner *s, uint64_t until_line)
{
    s->follow_to = until_line > s->follow_to ? until_line : s->follow_to;
}

uint64_t scanner_limited(const struct scanner *s, struct sv *ret_rule)
{
    if (ret_rule != NULL && s->limited > 0) {
        const struct pattern *p = &s->set->patterns[s->limited_pattern];
        *ret_rule = p->role == ROLE_TRIGGER ? SV("") : s->set->rules[p->owner].id;
    }
    return s->limited;
}

/* ---- one pattern on one line ---- */

static pcre2_code *code_of(struct scanner *s, uint32_t pattern)
{
    struct err err = {0};
    struct pattern_state *p = &s->patterns[pattern];
    if (p->code == NULL) {
        p->code = pattern_compile(s->set->patterns[pattern].text, &err);
        if (p->code != NULL)
            pattern_jit(p->code);
        else
            s->out_of_memory = true;
    }
    return p->code;
}

static void note_limit(struct scanner *s, uint32_t pattern, const struct line *line)
{
    struct pattern_state *p = &s->patterns[pattern];
    if (p->limited_line == line->number)
        return;
    if (s->limited++ == 0)
        s->limited_pattern = pattern;
    p->limited_line = line->number;
    p->limited_count++;
}

/* True with the groups in s->match. */
static bool confirm(struct scanner *s, uint32_t pattern, const struct line *line)
{
    pcre2_code *code = code_of(s, pattern);
    if (code == NULL)
        return false;
    if (s->patterns[pattern].limited_count >= SCANNER_LIMIT_LINES) {
        note_limit(s, pattern, line);
        return false;
    }
    const int n = pcre2_match(code, (PCRE2_SPTR)(line->text.len > 0 ? line->text.ptr : ""),
                              line->text.len, 0, s->edges, s->match, s->context);
    if (n < 0 && n != PCRE2_ERROR_NOMATCH)
        note_limit(s, pattern, line);
    return n >= 0;
}

/* The named groups of the last match, in the order of the pattern's name table. */
static size_t named_groups(struct scanner *s, uint32_t pattern, struct sv text,
                           struct capture *ret_captures, size_t room)
{
    uint32_t names = 0, size = 0;
    PCRE2_SPTR table = NULL;
    const pcre2_code *code = s->patterns[pattern].code;
    const PCRE2_SIZE *ovector = pcre2_get_ovector_pointer(s->match);
    const uint32_t pairs = pcre2_get_ovector_count(s->match);
    size_t count = 0;
    (void)pcre2_pattern_info(code, PCRE2_INFO_NAMECOUNT, &names);
    (void)pcre2_pattern_info(code, PCRE2_INFO_NAMEENTRYSIZE, &size);
    (void)pcre2_pattern_info(code, PCRE2_INFO_NAMETABLE, &table);
    for (uint32_t i = 0; i < names && count < room; i++) {
        const PCRE2_SPTR entry = table + (size_t)i * size;
        const uint32_t group = (uint32_t)entry[0] << 8 | entry[1];
        if (group >= pairs || ovector[2 * group] == PCRE2_UNSET)
            continue;
        const PCRE2_SIZE from = ovector[2 * group], to = ovector[2 * group + 1];
        ret_captures[count++] =
            (struct capture){.name = sv_of((const char *)entry + 2),
                             .value = {.ptr = text.ptr + from, .len = to > from ? to - from : 0}};
    }
    return count;
}

static void remember(struct scanner *s, uint32_t pattern, const struct line *line)
{
    struct near_state *near = &s->nears[s->patterns[pattern].near - 1];
    struct capture captures[NEAR_CAPTURES];
    if (!confirm(s, pattern, line))
        return;
    near->line = line->number;
    near->capture_count = named_groups(s, pattern, line->text, captures, NEAR_CAPTURES);
    for (size_t i = 0; i < near->capture_count; i++) {
        const struct sv value = sv_head(captures[i].value, NEAR_BYTES);
        near->captures[i].name = captures[i].name;
        near->captures[i].len = value.len;
        if (value.ptr != NULL)
            memcpy(near->captures[i].text, value.ptr, value.len);
    }
}

/* ---- one rule on one line ---- */

static const struct near_state *near_of(const struct scanner *s, const struct rule_pattern *p)
{
    return &s->nears[s->patterns[p->index].near - 1];
}

static bool was_near(const struct scanner *s, const struct rule *r, const struct rule_pattern *p,
                     uint64_t line)
{
    const struct near_state *near = near_of(s, p);
    return near->line != 0 && line - near->line <= r->within;
}

static bool holds_here(struct scanner *s, const struct rule *r, const struct rule_pattern *p,
                       const struct line *line)
{
    if (r->within > 0 && was_near(s, r, p, line->number))
        return true;
    return confirm(s, p->index, line);
}

static bool conditions_hold(struct scanner *s, const struct rule *r, const struct line *line)
{
    for (size_t i = 0; i < r->all_count; i++) {
        if (!holds_here(s, r, &r->all[i], line))
            return false;
    }
    for (size_t i = 0; i < r->none_count; i++) {
        if (holds_here(s, r, &r->none[i], line))
            return false;
    }
    bool after = r->after_count == 0;
    for (size_t i = 0; i < r->after_count && !after; i++)
        after = was_near(s, r, &r->after[i], line->number);
    return after;
}

static bool is_extracted(const struct rule *r, struct sv name)
{
    for (size_t i = 0; i < r->extract_count; i++) {
        if (sv_equal(r->extract[i], name))
            return true;
    }
    return r->extract_count == 0;
}

static void add_capture(const struct rule *r, struct capture *list, size_t *count,
                        struct capture capture)
{
    for (size_t i = 0; i < *count; i++) {
        if (sv_equal(list[i].name, capture.name))
            return;
    }
    if (*count < FINDING_MAX_CAPTURES && is_extracted(r, capture.name))
        list[(*count)++] = capture;
}

static void add_near_captures(const struct scanner *s, const struct rule *r,
                              const struct rule_pattern *p, const struct line *line,
                              struct capture *list, size_t *count)
{
    const struct near_state *near = near_of(s, p);
    for (size_t i = 0; was_near(s, r, p, line->number) && i < near->capture_count; i++)
        add_capture(r, list, count,
                    (struct capture){
                        .name = near->captures[i].name,
                        .value = {.ptr = near->captures[i].text, .len = near->captures[i].len}});
}

static void add_own_captures(struct scanner *s, const struct rule *r, uint32_t pattern,
                             const struct line *line, struct capture *list, size_t *count)
{
    struct capture own[FINDING_MAX_CAPTURES];
    if (!confirm(s, pattern, line))
        return;
    const size_t own_count = named_groups(s, pattern, line->text, own, FINDING_MAX_CAPTURES);
    for (size_t i = 0; i < own_count; i++)
        add_capture(r, list, count, own[i]);
}

/* Groups of the hit first, then those of its line, then those of the lines before it. The hit's
 * place is left in *ret_from. */
static size_t take_captures(struct scanner *s, const struct rule *r, uint32_t pattern,
                            const struct line *line, struct capture *list, size_t *ret_from)
{
    size_t count = 0;
    add_own_captures(s, r, pattern, line, list, &count);
    *ret_from = pcre2_get_ovector_pointer(s->match)[0];
    for (size_t i = 0; i < r->all_count; i++) {
        add_own_captures(s, r, r->all[i].index, line, list, &count);
        if (r->within > 0)
            add_near_captures(s, r, &r->all[i], line, list, &count);
    }
    for (size_t i = 0; i < r->after_count; i++)
        add_near_captures(s, r, &r->after[i], line, list, &count);
    return count;
}

static struct sv value_of(const struct capture *list, size_t count, struct sv name)
{
    for (size_t i = 0; i < count; i++) {
        if (sv_equal(list[i].name, name))
            return sv_head(list[i].value, VALUE_BYTES);
    }
    return SV("");
}

static struct sv without_end(struct sv text)
{
    while (text.len > 0 && strchr(" :,", text.ptr[text.len - 1]) != NULL)
        text = sv_head(text, text.len - 1);
    return text;
}

/* Nor the end of a string that the text was quoted in: waiting for the condition",  boom\n"}  */
static struct sv without_quote(struct sv text)
{
    size_t quotes = 0;
    for (size_t i = 0; i < text.len; i++)
        quotes += text.ptr[i] == '"';
    const struct sv quoted = sv_ends(text, SV("\"}")) ? sv_head(text, text.len - 1) : text;
    if (quotes % 2 == 0 || !sv_ends(quoted, SV("\"")))
        return text;
    text = sv_head(quoted, quoted.len - 1);
    return without_end(sv_ends(text, SV("\\n")) ? sv_head(text, text.len - 2) : text);
}

/* What was not captured takes the mark before it along: "The disk is full: {where}" has no colon
 * when nothing says where. */
static bool fill_summary(struct scanner *s, const struct rule *r, const struct capture *list,
                         size_t count, struct sv *ret_summary, struct err *err)
{
    struct buf text;
    buf_init(&text, 16 * 1024);
    bool ok = true;
    for (struct sv rest = r->summary; ok && rest.len > 0;) {
        const size_t open = sv_find_char(rest, '{');
        const size_t close = open + sv_find_char(sv_tail(rest, open), '}');
        ok = buf_add(&text, sv_head(rest, open), err);
        if (close < rest.len) {
            const struct sv name = {.ptr = rest.ptr + open + 1, .len = close - open - 1};
            const struct sv value = sv_trim(value_of(list, count, name));
            if (value.len == 0)
                text.len = without_end(buf_sv(&text)).len;
            ok = ok && text_add_safe(&text, value, err);
        } else {
            ok = ok && buf_add(&text, sv_tail(rest, open), err);
        }
        rest = sv_tail(rest, close + 1);
    }
    const struct sv filled = without_quote(without_end(buf_sv(&text)));
    ok = ok &&
         text_safe(&s->arena, filled.len > 0 ? filled : r->id, SUMMARY_BYTES, ret_summary, err);
    buf_done(&text);
    return ok;
}

static struct finding finding_of(const struct rule *r)
{
    return (struct finding){
        .id = r->id,
        .kind = r->kind,
        .detail = r->detail,
        .class_ = r->class_,
        .advice = r->advice,
        .severity = r->severity,
        .authority = AUTHORITY_LINE,
        .phase = r->phase,
        .help = r->help,
        .link = r->link,
        .owner = r->owner,
        .explains = r->explains,
        .explains_count = r->explains_count,
    };
}

/* A long line is shown around its match. */
static struct sv excerpt_of(const struct line *line, size_t from)
{
    if (line->text.len <= EXCERPT_MAX_BYTES || from < EXCERPT_MAX_BYTES / 2)
        return sv_head(line->text, EXCERPT_MAX_BYTES);
    return sv_head(sv_tail(line->text, from - EXCERPT_MAX_BYTES / 4), EXCERPT_MAX_BYTES);
}

static bool report_hit(struct scanner *s, unsigned rule, uint32_t pattern, const struct line *line,
                       struct err *err)
{
    const struct rule *r = &s->set->rules[rule];
    struct rule_state *state = &s->rules[rule];
    struct capture captures[FINDING_MAX_CAPTURES];
    size_t from = 0;
    if (state->last_line == line->number) /* in an earlier window of the line */
        return true;
    if (state->count++ == 0)
        state->first_line = line->number;
    state->last_line = line->number;
    if (state->count > SCANNER_HITS_KEPT)
        return true;
    struct finding f = finding_of(r);
    f.capture_count = take_captures(s, r, pattern, line, captures, &from);
    f.captures = captures;
    f.line = f.last_line = line->number;
    f.offset = line->offset;
    f.count = 1;
    f.excerpt = excerpt_of(line, from);
    arena_reset(&s->arena);
    return fill_summary(s, r, captures, f.capture_count, &f.summary, err) &&
           s->sink.finding(s->sink.user, &f, err);
}

/* ---- one line ---- */

static int by_number(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* All patterns that matched on the line are known: let rules and triggers have it. Patterns are
 * numbered in the order of their rules, so sorting them gives the order of the findings. */
static bool finish_line(struct scanner *s, const struct line *line, struct err *err)
{
    unsigned done_rule = UINT32_MAX;
    if (s->line_count > 1)
        qsort(s->line_patterns, s->line_count, sizeof(*s->line_patterns), by_number);
    for (size_t i = 0; i < s->line_count; i++) {
        const uint32_t index = s->line_patterns[i];
        const struct pattern *p = &s->set->patterns[index];
        if (p->role == ROLE_TRIGGER && s->sink.trigger != NULL &&
            (!p->exact || confirm(s, index, line)) &&
            !s->sink.trigger(s->sink.user, p->owner, line, err))
            return false;
        if (p->role != ROLE_ANY || p->owner == done_rule || !s->rules[p->owner].on ||
            !confirm(s, index, line) || !conditions_hold(s, &s->set->rules[p->owner], line))
            continue;
        done_rule = p->owner;
        if (!report_hit(s, p->owner, index, line, err))
            return false;
    }
    for (size_t i = 0; i < s->line_count; i++) {
        if (s->set->patterns[s->line_patterns[i]].role == ROLE_NEAR)
            remember(s, s->line_patterns[i], line);
    }
    s->line_count = 0;
    if (line->number <= s->follow_to && s->sink.follow != NULL &&
        !s->sink.follow(s->sink.user, line, err))
        return false;
    return !s->out_of_memory || err_why(err, ERR_NOMEM, "no memory to compile a pattern");
}

/* ---- blocks ---- */

static bool add_hit(struct scanner *s, uint32_t pattern, uint32_t end)
{
    if (s->hit_count == s->hit_cap) {
        const size_t cap = s->hit_cap > 0 ? s->hit_cap * 2 : 1024;
        struct hit *hits = reallocarray(s->hits, cap, sizeof(*hits));
        if (hits == NULL)
            return false;
        s->hits = hits;
        s->hit_cap = cap;
    }
    s->hits[s->hit_count++] = (struct hit){.pattern = pattern, .end = end};
    return true;
}

static bool add_piece(struct scanner *s, uint32_t from, uint32_t to)
{
    if (s->piece_count == s->piece_cap) {
        const size_t cap = s->piece_cap > 0 ? s->piece_cap * 2 : 1024;
        struct piece *pieces = reallocarray(s->pieces, cap, sizeof(*pieces));
        if (pieces == NULL)
            return false;
        s->pieces = pieces;
        s->piece_cap = cap;
    }
    s->pieces[s->piece_count++] = (struct piece){.from = from, .to = to};
    return true;
}

/* libhs tells every end of a match: of one pattern, one a line is kept. */
static int on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                    void *user)
{
    struct scanner *s = user;
    const size_t end = to > 0 ? (size_t)to - 1 : 0;
    (void)from;
    (void)flags;
    if (id > s->set->pattern_count || end >= s->block_text.len)
        return 0;
    struct pattern_state *p = &s->patterns[id];
    if (p->block == s->block && end >= p->from && end <= p->to)
        return 0;
    const char *text = s->block_text.ptr;
    const char *before = end > 0 ? memrchr(text, '\n', end) : NULL;
    const char *after = memchr(text + end, '\n', s->block_text.len - end);
    p->block = s->block;
    p->from = before != NULL ? (uint32_t)(before - text) + 1 : 0;
    p->to = after != NULL ? (uint32_t)(after - text) : (uint32_t)s->block_text.len;
    if (id == look_closer(s->set->pattern_count) ? add_piece(s, p->from, p->to)
                                                 : add_hit(s, id, (uint32_t)end))
        return 0;
    s->out_of_memory = true;
    return 1;
}

static int by_end(const void *a, const void *b)
{
    const struct hit *x = a, *y = b;
    if (x->end != y->end)
        return x->end < y->end ? -1 : 1;
    return x->pattern < y->pattern ? -1 : x->pattern > y->pattern;
}

static void sort_hits(struct hit *hits, size_t count)
{
    bool sorted = true;
    for (size_t i = 1; i < count && sorted; i++)
        sorted = by_end(&hits[i - 1], &hits[i]) <= 0;
    if (!sorted)
        qsort(hits, count, sizeof(*hits), by_end);
}

/* In a window of a long line, ^ and $ hold at the ends of the line only. */
static void find_edges(struct scanner *s, const struct block *block)
{
    s->edges = 0;
    if (block->cut && s->cut_line == block->first_line)
        s->edges |= PCRE2_NOTBOL;
    if (block->cut && !sv_ends(block->raw, SV("\n")))
        s->edges |= PCRE2_NOTEOL;
    s->cut_line = block->cut ? block->first_line : 0;
}

/* Lines from text byte `from` on that are wanted although nothing hit them, up to the one that holds
 * the byte `before`. */
static bool follow(struct scanner *s, const struct block *block, struct block_cursor *cursor,
                   size_t from, size_t before, struct err *err)
{
    struct line line = {0};
    while (s->follow_to > 0 && s->sink.follow != NULL && !block->cut && from < block->text.len) {
        const size_t end = from + sv_find_char(sv_tail(block->text, from), '\n');
        if (before <= end)
            return true;
        block_locate(block, cursor, from, &line);
        if (line.number > s->follow_to) {
            s->follow_to = 0;
            return true;
        }
        if (!s->sink.follow(s->sink.user, &line, err))
            return false;
        from = end + 1;
    }
    return true;
}

/* Of two sorted parts the hit that ends first. */
static const struct hit *next_hit(const struct scanner *s, size_t *every, size_t *closer)
{
    const struct hit *a = *every < s->closer_from ? &s->hits[*every] : NULL;
    const struct hit *b = *closer < s->hit_count ? &s->hits[*closer] : NULL;
    if (a == NULL || (b != NULL && b->end < a->end)) {
        (*closer)++;
        return b;
    }
    (*every)++;
    return a;
}

static bool walk_hits(struct scanner *s, const struct block *block, struct err *err)
{
    struct block_cursor cursor = {0};
    struct line line = {0};
    size_t line_end = 0; /* of the present line in the text */
    size_t next = 0;     /* where the line behind it begins */
    size_t every = 0, closer = s->closer_from;
    for (size_t i = 0; i < s->hit_count; i++) {
        const struct hit *h = next_hit(s, &every, &closer);
        if (i == 0 || h->end > line_end) {
            if (s->line_count > 0 && !finish_line(s, &line, err))
                return false;
            if (!follow(s, block, &cursor, next, h->end, err))
                return false;
            block_locate(block, &cursor, h->end, &line);
            line_end = (size_t)(line.text.ptr - block->text.ptr) + line.text.len;
            next = line_end + 1;
        }
        struct pattern_state *p = &s->patterns[h->pattern];
        if (p->seen_line == line.number && !block->cut)
            continue;
        p->seen_line = line.number;
        s->line_patterns[s->line_count++] = h->pattern;
    }
    return (s->line_count == 0 || finish_line(s, &line, err)) &&
           follow(s, block, &cursor, next, block->text.len, err);
}

static int by_place(const void *a, const void *b)
{
    const struct piece *x = a, *y = b;
    return x->from < y->from ? -1 : x->from > y->from;
}

/* In the order of the block, each once. */
static void order_pieces(struct scanner *s)
{
    bool ordered = true;
    size_t kept = 0;
    for (size_t i = 1; i < s->piece_count; i++)
        ordered = ordered && s->pieces[i - 1].from < s->pieces[i].from;
    if (ordered)
        return;
    qsort(s->pieces, s->piece_count, sizeof(*s->pieces), by_place);
    for (size_t i = 0; i < s->piece_count; i++) {
        if (kept == 0 || s->pieces[kept - 1].from != s->pieces[i].from)
            s->pieces[kept++] = s->pieces[i];
    }
    s->piece_count = kept;
}

/* Hits in the text of the pieces, told as hits in the block. */
static void place_hits(struct scanner *s)
{
    for (size_t i = s->closer_from; i < s->hit_count; i++) {
        size_t low = 0, high = s->piece_count;
        while (high - low > 1) {
            const size_t middle = (low + high) / 2;
            if (s->pieces[middle].at <= s->hits[i].end)
                low = middle;
            else
                high = middle;
        }
        s->hits[i].end = s->hits[i].end - s->pieces[low].at + s->pieces[low].from;
    }
}

static bool scan(struct scanner *s, const hs_database_t *database, struct sv text, struct err *err)
{
    s->block_text = text;
    s->block++;
    const hs_error_t code =
        hs_scan(database, text.ptr, (unsigned)text.len, 0, s->scratch, on_match, s);
    if (s->out_of_memory || (code != HS_SUCCESS && code != HS_SCAN_TERMINATED))
        return err_why(err, ERR_NOMEM, "the scan failed with code %d", code);
    return true;
}

static bool look_at_pieces(struct scanner *s, const struct block *block, struct err *err)
{
    order_pieces(s);
    buf_reset(&s->closer);
    for (size_t i = 0; i < s->piece_count; i++) {
        struct piece *p = &s->pieces[i];
        const struct sv line = sv_head(sv_tail(block->text, p->from), p->to - p->from + 1);
        p->at = (uint32_t)s->closer.len;
        if (!buf_add(&s->closer, line, err))
            return false;
    }
    if (!scan(s, s->set->closer, buf_sv(&s->closer), err))
        return false;
    place_hits(s);
    sort_hits(s->hits + s->closer_from, s->hit_count - s->closer_from);
    return true;
}

bool scanner_block(struct scanner *s, const struct block *block, struct err *err)
{
    s->hit_count = 0;
    s->line_count = 0;
    s->piece_count = 0;
    find_edges(s, block);
    if (s->set->database == NULL || block->text.len == 0)
        return true;
    if (!scan(s, s->set->database, block->text, err))
        return false;
    sort_hits(s->hits, s->hit_count);
    s->closer_from = s->hit_count;
    if (s->piece_count > 0 && !look_at_pieces(s, block, err))
        return false;
    return walk_hits(s, block, err);
}

bool scanner_end(struct scanner *s, struct err *err)
{
    for (size_t i = 0; i < s->set->rule_count; i++) {
        const struct rule_state *state = &s->rules[i];
        if (state->count < 2)
            continue;
        struct finding f = finding_of(&s->set->rules[i]);
        f.line = state->first_line;
        f.count = state->count;
        f.last_line = state->last_line;
        if (!s->sink.finding(s->sink.user, &f, err))
            return false;
    }
    return true;
}
