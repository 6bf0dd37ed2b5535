#include "base/fs.h"
#include "base/text.h"
#include "corpus_run.h"
#include "reading.h"

#include <inttypes.h>
#include <stdio.h>

enum { PATH_BYTES = 4096, EXPECTED_BYTES = 64 * 1024, SHOWN_BYTES = 160, WORDS_BYTES = 200 };

struct kind_score {
    uint64_t wanted, got, right;
};

struct checking {
    struct corpus_cases cases;
    struct kind_score kinds[KIND_COUNT]; /* KIND_UNKNOWN: failed, and nothing names why */
    struct kind_score none;              /* no cause */
    uint64_t passed, failed, mistaken, accepted;
    bool accept;
    struct err err;
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
                 one->detail.len > 0 ? "/" : "", SV_ARG(one->detail));
    for (size_t i = 0; i < one->line_count && len >= 0 && (size_t)len < size; i++)
        len += snprintf(text + len, size - (size_t)len, "%s%" PRIu64, i == 0 ? " line " : ",",
                        one->lines[i]);
}

static struct sv artifact_of(const struct result *r)
{
    return r->verdict.artifact < r->artifact_count ? r->artifacts[r->verdict.artifact].path
                                                   : SV("");
}

static void print_difference(const struct corpus_case *one, const struct result *r)
{
    char wanted[WORDS_BYTES];
    const struct verdict *v = &r->verdict;
    const struct sv artifact = artifact_of(r);
    wanted_words(one, wanted, sizeof(wanted));
    (void)printf("%.*s: wanted %s, got %s %s%s%.*s", SV_ARG(one->path), wanted,
                 outcome_name(v->outcome),
                 v->basis == BASIS_NONE ? "none" : cause_kind_name(v->kind),
                 v->detail.len > 0 ? "/" : "", SV_ARG(v->detail));
    if (v->line > 0)
        (void)printf(" line %" PRIu64, v->line);
    if (artifact.len > 0)
        (void)printf(" of %.*s", SV_ARG(artifact));
    (void)printf("\n");
    if (v->excerpt.len > 0)
        print_line("", v->excerpt);
    for (size_t i = 0; i < r->problem_count; i++)
        print_line("problem: ", r->problems[i].text);
}

/* ---- comparing ---- */

static bool is_kind_right(const struct corpus_case *one, const struct verdict *v)
{
    if (one->want == WANT_ANYTHING)
        return true;
    if (one->want == WANT_NO_CAUSE)
        return v->basis == BASIS_NONE || (one->is_label && v->kind == KIND_UNKNOWN);
    return v->basis != BASIS_NONE &&
           (v->kind == one->kind ||
            (v->kind != KIND_UNKNOWN && (one->accepted & 1u << v->kind) != 0));
}

static bool is_line_right(const struct corpus_case *one, uint64_t line)
{
    for (size_t i = 0; i < one->line_count; i++) {
        const uint64_t want = one->lines[i];
        if ((line > want ? line - want : want - line) <= one->near_lines)
            return true;
    }
    return one->line_count == 0;
}

static void count(struct checking *c, const struct corpus_case *one, const struct verdict *v,
                  bool right)
{
    /* What else is accepted counts as the kind that came out. */
    const enum cause_kind kind = right && one->want == WANT_KIND ? v->kind : one->kind;
    if (one->want == WANT_ANYTHING)
        return;
    struct kind_score *wanted = one->want == WANT_KIND ? &c->kinds[kind] : &c->none;
    struct kind_score *got = v->basis == BASIS_NONE ? &c->none : &c->kinds[v->kind];
    wanted->wanted++;
    got->got++;
    got->right += right && got == wanted;
}

static bool compare(struct checking *c, const struct corpus_case *one, const struct result *r)
{
    const struct verdict *v = &r->verdict;
    const bool right = is_kind_right(one, v);
    bool unread = false;
    for (size_t i = 0; i < r->problem_count; i++)
        unread = unread || r->problems[i].fatal;
    count(c, one, v, right);
    const bool same = right && !unread && (!one->has_outcome || one->outcome == v->outcome) &&
                      (one->detail.len == 0 || sv_equal(one->detail, v->detail)) &&
                      (one->artifact.len == 0 || sv_equal(one->artifact, artifact_of(r))) &&
                      is_line_right(one, v->line);
    if (!same)
        print_difference(one, r);
    return same;
}

/* ---- accepting ---- */

static bool add_texts(struct buf *text, const char *name, struct sv value, struct err *err)
{
    struct sv line;
    if (value.len == 0)
        return true;
    if (sv_find_char(value, '\n') == value.len) {
        bool ok = buf_addf(text, err, "%s: '", name);
        for (size_t i = 0; ok && i < value.len; i++)
            ok = (value.ptr[i] != '\'' || buf_add_char(text, '\'', err)) &&
                 buf_add_char(text, value.ptr[i], err);
        return ok && buf_add(text, SV("'\n"), err);
    }
    bool ok = buf_addf(text, err, "%s: |\n", name);
    while (ok && value.len > 0 && sv_cut(&value, '\n', &line))
        ok = buf_addf(text, err, "  %.*s\n", SV_ARG(line));
    return ok;
}

static bool add_expected(struct buf *text, const struct corpus_case *one, const struct result *r,
                         struct err *err)
{
    const struct verdict *v = &r->verdict;
    const char *kind = v->basis == BASIS_NONE ? "none" : cause_kind_name(v->kind);
    if (!add_texts(text, "note", one->note, err) ||
        !buf_addf(text, err, "outcome: %s\nkind: %s\n", outcome_name(v->outcome), kind))
        return false;
    if (v->basis == BASIS_NONE)
        return true;
    return (v->detail.len == 0 || buf_addf(text, err, "detail: %.*s\n", SV_ARG(v->detail))) &&
           (v->line == 0 || buf_addf(text, err, "line: %" PRIu64 "\n", v->line)) &&
           (r->build.store != STORE_FOLDER || add_texts(text, "artifact", artifact_of(r), err));
}

static bool accept(const struct corpus_case *one, const struct result *r, struct err *err)
{
    char path[PATH_BYTES];
    struct buf text;
    struct fs_writer w = {.fd = -1};
    (void)snprintf(path, sizeof(path), "%.*s/expected.yaml", SV_ARG(one->path));
    buf_init(&text, EXPECTED_BYTES);
    const bool ok = add_expected(&text, one, r, err) && fs_writer_open(&w, path, err) &&
                    fs_writer_add(&w, buf_sv(&text), err) && fs_writer_commit(&w, err);
    fs_writer_done(&w);
    buf_done(&text);
    return ok;
}

/* ---- running ---- */

static bool emit(void *user, const struct corpus_case *one, const struct result *r, struct err *err)
{
    struct checking *c = user;
    if (c->accept) {
        c->accepted++;
        return accept(one, r, err);
    }
    if (compare(c, one, r))
        c->passed++;
    else
        c->failed++;
    return true;
}

static void tell_mistake(void *user, const struct corpus_case *one, const char *why)
{
    struct checking *c = user;
    (void)printf("%.*s: %s\n", SV_ARG(one->path), why);
    c->mistaken++;
}

static void print_score(const char *name, const struct kind_score *k)
{
    char precision[16] = "-", recall[16] = "-";
    if (k->wanted + k->got == 0)
        return;
    if (k->got > 0)
        (void)snprintf(precision, sizeof(precision), "%.1f%%",
                       100.0 * (double)k->right / (double)k->got);
    if (k->wanted > 0)
        (void)snprintf(recall, sizeof(recall), "%.1f%%",
                       100.0 * (double)k->right / (double)k->wanted);
    (void)printf("%-22s %8" PRIu64 " %8" PRIu64 " %8" PRIu64 " %10s %8s\n", name, k->wanted, k->got,
                 k->right, precision, recall);
}

static void print_scores(const struct checking *c)
{
    (void)printf("%-22s %8s %8s %8s %10s %8s\n", "kind", "wanted", "got", "right", "precision",
                 "recall");
    print_score("none", &c->none);
    for (int i = 0; i < KIND_COUNT; i++)
        print_score(cause_kind_name((enum cause_kind)i), &c->kinds[i]);
    (void)printf("%" PRIu64 " passed, %" PRIu64 " failed\n", c->passed, c->failed + c->mistaken);
}

static int run(const struct invocation *in, struct checking *c, struct err *err)
{
    struct session s;
    bool ok = session_open(&s, in->settings, SESSION_RULES, err);
    struct corpus_run cases = {.cases = &c->cases,
                               .take_new = c->accept,
                               .emit = emit,
                               .mistake = tell_mistake,
                               .user = c};
    ok = ok && corpus_find(&c->cases, in->arguments[0], in->settings->corpus_labels, err) &&
         corpus_run(&s, &cases, err);
    session_done(&s);
    if (!ok)
        return status_of(err);
    if (session_signal != 0)
        return STATUS_SIGNAL + session_signal;
    if (c->accept)
        (void)printf("%" PRIu64 " accepted, %" PRIu64 " failed\n", c->accepted, c->mistaken);
    else
        print_scores(c);
    return c->mistaken > 0 ? STATUS_USAGE : c->failed > 0 ? STATUS_FINDINGS : STATUS_DONE;
}

int cmd_corpus(const struct invocation *in, struct err *err)
{
    struct checking c = {.accept = in->settings->accept};
    (void)err_where(err, "corpus");
    if (in->argument_count != 1)
        (void)err_why(err, ERR_USAGE, "name one folder of cases");
    else if (c.accept && in->settings->corpus_labels != NULL)
        (void)err_why(err, ERR_USAGE, "--accept rewrites expected.yaml files, not --labels");
    if (err->code != ERR_NONE)
        return STATUS_USAGE;
    *err = (struct err){0};
    corpus_cases_init(&c.cases);
    const int status = run(in, &c, err);
    corpus_cases_done(&c.cases);
    return status;
}
