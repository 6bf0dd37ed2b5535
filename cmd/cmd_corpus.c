#include "base/text.h"
#include "corpus_accepted.h"
#include "corpus_expect.h"
#include "corpus_run.h"
#include "corpus_tables.h"
#include "reading.h"
#include "run/without.h"

#include <inttypes.h>
#include <stdio.h>

enum { PATH_BYTES = 4096, SHOWN_BYTES = 160, WORDS_BYTES = 400, MAX_EXTENTS = 8 };

struct extent { /* scores of the logs that a label says are whole, or excerpts */
    struct sv name;
    struct score score;
};

struct checking {
    const struct settings *settings;
    struct corpus_cases cases;
    struct accepted accepted;
    char accepted_path[PATH_BYTES]; /* "": none */
    struct score score;
    struct extent extents[MAX_EXTENTS];
    size_t extent_count;
    const struct ruleset *rules;
    bool *held; /* with --without-each: by index, some case fails without the rule */
    uint64_t passed, failed, mistaken;
};

/* ---- what is expected and what came out, in words ---- */

static void print_line(const char *head, struct sv text)
{
    struct buf safe;
    struct err err = {0};
    buf_init(&safe, 64 * 1024);
    if (text_add_safe(&safe, sv_head(sv_trim(text), SHOWN_BYTES), &err))
        (void)printf("    %s%.*s\n", head, SV_ARG(buf_sv(&safe)));
    buf_done(&safe);
}

static void wanted_words(const struct corpus_case *one, char *text, size_t size)
{
    int len =
        snprintf(text, size, "%s%s%s%s%.*s", one->has_outcome ? outcome_name(one->outcome) : "",
                 one->has_outcome ? " " : "",
                 one->want == WANT_KIND       ? cause_kind_name(one->kind)
                 : one->want == WANT_NO_CAUSE ? "none"
                                              : "any cause",
                 one->detail.len > 0 ? "/" : "", SV_ARG(sv_head(one->detail, 80)));
    for (size_t i = 0; i < one->line_count && len >= 0 && (size_t)len < size; i++)
        len += snprintf(text + len, size - (size_t)len, "%s%" PRIu64, i == 0 ? " line " : ",",
                        one->lines[i]);
}

static void print_difference(const struct checking *c, const struct corpus_case *one,
                             const struct result *r, enum accepted_change change)
{
    static const char *const heads[ACCEPTED_CHANGES] = {[ACCEPTED_WORSE] = "worse: "};
    char wanted[WORDS_BYTES], got[WORDS_BYTES];
    const struct sv artifact = corpus_artifact(r, &r->verdict);
    const struct sv before = accepted_before(&c->accepted, one);
    wanted_words(one, wanted, sizeof(wanted));
    accepted_words(r, &r->verdict, got, sizeof(got));
    (void)printf("%s%.*s: wanted %s%s%.*s, got %s", heads[change] != NULL ? heads[change] : "",
                 SV_ARG(one->path), wanted, before.len > 0 ? ", before " : "", SV_ARG(before), got);
    if (artifact.len > 0)
        (void)printf(", of %.*s", SV_ARG(artifact));
    (void)printf("\n");
    if (r->verdict.excerpt.len > 0)
        print_line("", r->verdict.excerpt);
    for (size_t i = 0; i < r->problem_count; i++)
        print_line("problem: ", r->problems[i].text);
}

/* What was right and still is, or became so, is told in one line. */
static void print_change(const struct checking *c, const struct corpus_case *one,
                         const struct result *r, enum accepted_change change)
{
    char now[WORDS_BYTES];
    if (change != ACCEPTED_CHANGED && change != ACCEPTED_BETTER)
        return;
    accepted_words(r, &r->verdict, now, sizeof(now));
    (void)printf("%s: %.*s: before %.*s, now %s\n",
                 change == ACCEPTED_BETTER ? "better" : "changed", SV_ARG(one->path),
                 SV_ARG(accepted_before(&c->accepted, one)), now);
}

static void print_gone(struct sv path)
{
    (void)printf("gone: %.*s\n", SV_ARG(path));
}

/* ---- counting ---- */

static size_t hits_of(const struct result *r, struct score_hit *list)
{
    size_t count = 0;
    for (size_t i = 0; i < r->finding_count && count < SCORE_MAX_RULES; i++) {
        bool known = false;
        for (size_t k = 0; k < count && !known; k++)
            known = sv_equal(list[k].id, r->findings[i].id);
        if (!known)
            list[count++] =
                (struct score_hit){.id = r->findings[i].id, .kind = r->findings[i].kind};
    }
    return count;
}

static struct score *extent_of(struct checking *c, struct sv name)
{
    for (size_t i = 0; i < c->extent_count; i++) {
        if (sv_equal(c->extents[i].name, name))
            return &c->extents[i].score;
    }
    if (name.len == 0 || c->extent_count == MAX_EXTENTS)
        return NULL;
    struct extent *e = &c->extents[c->extent_count++];
    e->name = name;
    score_init(&e->score);
    return &e->score;
}

static bool count(struct checking *c, const struct corpus_case *one, const struct result *r,
                  struct err *err)
{
    const struct verdict *v = &r->verdict;
    struct score_hit hits[SCORE_MAX_RULES];
    struct score *extent = extent_of(c, one->extent);
    if (one->want == WANT_ANYTHING)
        return true;
    const struct score_case scored = {
        .wanted = one->want == WANT_KIND ? (unsigned)one->kind : SCORE_NONE,
        .got = v->basis == BASIS_NONE ? SCORE_NONE : (unsigned)v->kind,
        .right = corpus_kind_right(one, v),
        .lined = one->line_count > 0,
        .line_right = corpus_line_right(one, v->line),
        .by_rule = v->basis == BASIS_RULE,
        .confidence = v->confidence,
        .root =
            v->basis == BASIS_RULE && v->cause_count > 0 ? r->findings[v->causes[0]].id : SV(""),
        .hits = hits,
        .hit_count = hits_of(r, hits),
    };
    return score_add(&c->score, &scored, err) &&
           (extent == NULL || score_add(extent, &scored, err));
}

/* Which rules does this case fail without? */
static bool find_held(struct checking *c, const struct corpus_case *one, const struct result *r,
                      struct err *err)
{
    struct score_hit hits[SCORE_MAX_RULES];
    const size_t hit_count = hits_of(r, hits);
    bool ok = true;
    for (size_t i = 0; ok && i < ruleset_count(c->rules); i++) {
        const struct sv id = ruleset_at(c->rules, i)->id;
        bool hit = false;
        for (size_t k = 0; k < hit_count && !hit; k++)
            hit = sv_equal(hits[k].id, id);
        if (!hit || c->held[i])
            continue;
        struct without w;
        ok = without_rule(&w, r, id, c->settings->now_ms, err);
        c->held[i] = ok && !corpus_right(one, &w.own, &w.own.verdict);
        without_done(&w);
    }
    return ok;
}

/* ---- running ---- */

static bool emit(void *user, const struct corpus_case *one, const struct result *r, struct err *err)
{
    struct checking *c = user;
    bool right = corpus_right(one, r, &r->verdict);
    enum accepted_change change = ACCEPTED_NEW;
    const bool accept = c->settings->accept;
    if (accept && !one->is_label) {
        if ((!right || one->is_new) && !corpus_expect(one, r, err))
            return false;
        right = true;
    }
    if (!count(c, one, r, err) || !accepted_add(&c->accepted, one, r, right, &change, err) ||
        (right && c->held != NULL && !find_held(c, one, r, err)))
        return false;
    const bool known = change == ACCEPTED_WRONG;
    c->passed += right || known;
    c->failed += !right && !known;
    if (accept || (c->settings->scores && change != ACCEPTED_WORSE))
        return true;
    if (right)
        print_change(c, one, r, change);
    else
        print_difference(c, one, r, change);
    return true;
}

static void tell_mistake(void *user, const struct corpus_case *one, const char *why)
{
    struct checking *c = user;
    (void)printf("%.*s: %s\n", SV_ARG(one->path), why);
    c->mistaken++;
}

static void print_accepted(struct checking *c)
{
    const uint64_t *n = c->accepted.changes;
    if (!c->accepted.known)
        return;
    accepted_gone(&c->accepted, &c->cases, print_gone);
    (void)printf("against %s: %" PRIu64 " worse, %" PRIu64 " better, %" PRIu64 " changed, %" PRIu64
                 " wrong as before, %" PRIu64 " new, %" PRIu64 " gone\n",
                 c->accepted_path, n[ACCEPTED_WORSE], n[ACCEPTED_BETTER], n[ACCEPTED_CHANGED],
                 n[ACCEPTED_WRONG], n[ACCEPTED_NEW], c->accepted.gone);
}

static void print_not_held(const struct checking *c)
{
    size_t held = 0;
    const size_t rules = ruleset_count(c->rules);
    for (size_t i = 0; i < rules; i++)
        held += c->held[i];
    (void)printf("%zu of %zu rules: a case fails when they are switched off; none does without:\n",
                 held, rules);
    for (size_t i = 0; i < rules; i++) {
        if (!c->held[i])
            (void)printf("  %.*s\n", SV_ARG(ruleset_at(c->rules, i)->id));
    }
}

static void print_scores(struct checking *c)
{
    score_sort(&c->score);
    corpus_print_kinds(&c->score);
    corpus_print_rules(&c->score, c->settings->by_rule);
    corpus_print_confusion(&c->score);
    if (c->settings->calibration)
        corpus_print_calibration(&c->score);
    if (c->settings->corpus_labels != NULL)
        corpus_print_shares_head();
    for (size_t i = 0; i < c->extent_count; i++) {
        char name[32];
        (void)snprintf(name, sizeof(name), "%.*s", SV_ARG(c->extents[i].name));
        corpus_print_shares(name, &c->extents[i].score);
    }
    if (c->settings->corpus_labels != NULL)
        corpus_print_shares("all", &c->score);
    if (c->held != NULL)
        print_not_held(c);
    print_accepted(c);
    (void)printf("%" PRIu64 " passed, %" PRIu64 " failed\n", c->passed, c->failed + c->mistaken);
}

/* Beside the cases; of labels, only where it is named. */
static void choose_accepted(struct checking *c, const char *root)
{
    const char *given = c->settings->accepted_file;
    size_t len = strlen(root);
    while (len > 1 && root[len - 1] == '/')
        len--;
    if (given != NULL)
        (void)snprintf(c->accepted_path, sizeof(c->accepted_path), "%s", given);
    else if (c->settings->corpus_labels == NULL)
        (void)snprintf(c->accepted_path, sizeof(c->accepted_path), "%.*s/ACCEPTED.json", (int)len,
                       root);
}

static bool check(struct session *s, struct checking *c, const char *root, struct err *err)
{
    const struct settings *o = c->settings;
    struct corpus_run cases = {.cases = &c->cases,
                               .take_new = o->accept,
                               .emit = emit,
                               .mistake = tell_mistake,
                               .user = c};
    c->rules = s->rules;
    if (o->without_each) {
        c->held = arena_array(&s->arena, ruleset_count(s->rules) + 1, sizeof(*c->held), err);
        if (c->held == NULL)
            return false;
    }
    return (o->accept || c->accepted_path[0] == '\0' ||
            accepted_read(&c->accepted, c->accepted_path, o->accepted_file != NULL, err)) &&
           corpus_find(&c->cases, root, o->corpus_labels, err) && corpus_run(s, &cases, err) &&
           (!o->accept || accepted_write(&c->accepted, c->accepted_path, err));
}

static int run(const struct invocation *in, struct checking *c, struct err *err)
{
    struct session s;
    const bool ok =
        session_open(&s, in->settings, SESSION_RULES, err) && check(&s, c, in->arguments[0], err);
    if (ok && session_signal == 0 && c->settings->accept)
        (void)printf("%" PRIu64 " accepted, %" PRIu64 " failed\n", c->passed + c->failed,
                     c->mistaken);
    else if (ok && session_signal == 0)
        print_scores(c);
    session_done(&s);
    if (!ok)
        return status_of(err);
    if (session_signal != 0)
        return STATUS_SIGNAL + session_signal;
    return c->mistaken > 0                         ? STATUS_USAGE
           : c->failed > 0 && !c->settings->accept ? STATUS_FINDINGS
                                                   : STATUS_DONE;
}

int cmd_corpus(const struct invocation *in, struct err *err)
{
    struct checking c = {.settings = in->settings};
    const struct settings *o = in->settings;
    (void)err_where(err, "corpus");
    if (in->argument_count != 1)
        (void)err_why(err, ERR_USAGE, "name one folder of cases");
    else if (o->accept && o->corpus_labels != NULL && o->accepted_file == NULL)
        (void)err_why(err, ERR_USAGE,
                      "--accept rewrites expected.yaml files, not --labels; name a file with "
                      "--accepted to keep what came out");
    if (err->code != ERR_NONE)
        return STATUS_USAGE;
    *err = (struct err){0};
    corpus_cases_init(&c.cases);
    score_init(&c.score);
    accepted_init(&c.accepted, in->arguments[0]);
    choose_accepted(&c, in->arguments[0]);
    const int status = run(in, &c, err);
    for (size_t i = 0; i < c.extent_count; i++)
        score_done(&c.extents[i].score);
    accepted_done(&c.accepted);
    score_done(&c.score);
    corpus_cases_done(&c.cases);
    return status;
}
