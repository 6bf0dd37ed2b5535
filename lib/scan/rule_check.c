#include "scan/ruleset_p.h"

#include "base/buf.h"
#include "scan/scanner.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>

enum { NAME_BYTES = 64, COMPLAINT_BYTES = 700, SHOWN_BYTES = 160 };

/* ---- patterns, and the names that rules use of them ---- */

static bool has_group(const pcre2_code *code, struct sv name)
{
    char text[NAME_BYTES];
    if (name.len >= sizeof(text))
        return false;
    memcpy(text, name.len > 0 ? name.ptr : "", name.len);
    text[name.len] = '\0';
    return pcre2_substring_number_from_name(code, (PCRE2_SPTR)text) >= 0;
}

struct rule_codes { /* the patterns of one rule that capture */
    pcre2_code **list;
    size_t count;
};

static bool is_captured(const struct rule_codes *codes, struct sv name)
{
    for (size_t i = 0; i < codes->count; i++) {
        if (has_group(codes->list[i], name))
            return true;
    }
    return false;
}

static bool check_summary(const struct rule *r, const struct rule_codes *codes, struct err *err)
{
    for (struct sv rest = r->summary; rest.len > 0;) {
        const size_t open = sv_find_char(rest, '{');
        if (open == rest.len)
            return true;
        rest = sv_tail(rest, open + 1);
        const size_t end = sv_find_char(rest, '}');
        if (end == rest.len)
            return err_why(err, ERR_USAGE, "rule %.*s: the summary has a { without its }",
                           SV_ARG(r->id));
        const struct sv name = sv_head(rest, end);
        if (!is_captured(codes, name))
            return err_why(err, ERR_USAGE,
                           "rule %.*s: the summary names {%.*s}, which no pattern captures",
                           SV_ARG(r->id), SV_ARG(name));
        rest = sv_tail(rest, end + 1);
    }
    return true;
}

static bool check_extract(const struct rule *r, const struct rule_codes *codes, struct err *err)
{
    for (size_t i = 0; i < r->extract_count; i++) {
        if (!is_captured(codes, r->extract[i]))
            return err_why(err, ERR_USAGE, "rule %.*s extracts \"%.*s\", which no pattern captures",
                           SV_ARG(r->id), SV_ARG(r->extract[i]));
    }
    return true;
}

static bool compile_all(const struct ruleset *set, const struct rule_pattern *list, size_t count,
                        struct rule_codes *codes, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        const struct pattern *p = &set->patterns[list[i].index];
        pcre2_code *code = pattern_compile(p->text, err);
        if (code == NULL)
            return pattern_fail(set, p, err);
        codes->list[codes->count++] = code;
    }
    return true;
}

static bool check_rule(const struct ruleset *set, const struct rule *r, struct err *err)
{
    const size_t room = r->any_count + r->all_count + r->after_count + r->none_count + 1;
    struct rule_codes codes = {.list = calloc(room, sizeof(struct pcre2_real_code_8 *))};
    if (codes.list == NULL)
        return err_why(err, ERR_NOMEM, "no memory to check rules");
    bool ok = compile_all(set, r->any, r->any_count, &codes, err) &&
              compile_all(set, r->all, r->all_count, &codes, err) &&
              compile_all(set, r->after, r->after_count, &codes, err) &&
              ((check_summary(r, &codes, err) && check_extract(r, &codes, err)) ||
               err_where(err, "%.*s:%u:%u", SV_ARG(r->pack), r->line, r->column)) &&
              compile_all(set, r->none, r->none_count, &codes, err);
    for (size_t i = 0; i < codes.count; i++)
        pcre2_code_free(codes.list[i]);
    free(codes.list);
    return ok;
}

bool rule_check_patterns(const struct ruleset *set, struct err *err)
{
    for (size_t i = 0; i < set->rule_count; i++) {
        if (!check_rule(set, &set->rules[i], err))
            return false;
    }
    for (size_t i = 0; i < set->pattern_count; i++) {
        const struct pattern *p = &set->patterns[i];
        if (p->role != ROLE_TRIGGER)
            continue;
        pcre2_code *code = pattern_compile(p->text, err);
        if (code == NULL)
            return pattern_fail(set, p, err);
        pcre2_code_free(code);
    }
    return true;
}

/* ---- examples ---- */

struct trial { /* one example in the scanner */
    const struct rule *rule;
    const struct example *example;
    bool hit, limited;
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
    t->limited = ok && scanner_limited(s, NULL) > 0;
    buf_done(&text);
    return ok;
}

struct examples_run {
    struct scanner *scanner;
    ruleset_complain_fn *fn;
    void *user;
    uint64_t run, failed;
};

/* The head of an example on one line, without what a terminal would act on. */
static void shown(struct sv example, char *ret_text)
{
    size_t len = 0;
    for (size_t i = 0; i < example.len && len < SHOWN_BYTES; i++) {
        const unsigned char c = (unsigned char)example.ptr[i];
        if (c == '\n')
            ret_text[len++] = '\\';
        ret_text[len++] = c == '\n' ? 'n' : c < 0x20 || c == 0x7f ? '?' : (char)c;
    }
    ret_text[len] = '\0';
}

static void complain(struct examples_run *run, const struct trial *t, bool want)
{
    char text[COMPLAINT_BYTES], example[SHOWN_BYTES + 2];
    const struct rule *r = t->rule;
    shown(t->example->text, example);
    (void)snprintf(text, sizeof(text), "%.*s:%u:%u: rule %.*s %s%.*s: %s", SV_ARG(r->pack),
                   t->example->line, t->example->column, SV_ARG(r->id),
                   t->wrong.len > 0 ? "captures another "
                   : t->limited     ? "has a pattern that passes its match limit on its example"
                   : want           ? "does not match its example"
                                    : "matches what it must not",
                   SV_ARG(t->wrong), example);
    run->failed++;
    run->fn(text, run->user);
}

static bool run_list(struct examples_run *run, const struct rule *r, const struct example *list,
                     size_t count, bool want, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        struct trial t = {.rule = r, .example = &list[i]};
        if (!try_example(run->scanner, &t, err))
            return false;
        run->run++;
        if (t.hit != want || t.wrong.len > 0)
            complain(run, &t, want);
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

bool ruleset_run_examples(const struct ruleset *set, unsigned first_pack, ruleset_complain_fn *fn,
                          void *user, uint64_t *ret_run, uint64_t *ret_failed, struct err *err)
{
    struct ruleset copy;
    struct examples_run run = {.fn = fn, .user = user};
    if (!unbound(set, &copy, err))
        return false;
    run.scanner = scanner_new(&copy, err);
    bool ok = run.scanner != NULL;
    for (size_t i = 0; ok && i < copy.rule_count; i++) {
        const struct rule *r = &copy.rules[i];
        if (r->pack_number < first_pack)
            continue;
        ok = run_list(&run, r, r->match, r->match_count, true, err) &&
             run_list(&run, r, r->no_match, r->no_match_count, false, err);
    }
    scanner_free(run.scanner);
    free(copy.rules);
    *ret_run = run.run;
    *ret_failed = run.failed;
    return ok;
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

bool rule_check_examples(const struct ruleset *set, struct err *err)
{
    uint64_t run = 0, failed = 0;
    struct first_complaint first = {.err = err};
    return ruleset_run_examples(set, 0, keep_first, &first, &run, &failed, err) && !first.any;
}
