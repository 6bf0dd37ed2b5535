#include "base/fs.h"
#include "reading.h"
#include "run/pipeline.h"
#include "scan/yaml.h"
#include "source/folder.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * A case is a folder with expected.yaml and either loose logs or the files of one build.
 * expected.yaml: outcome: failed      kind: compile      detail: undefined     artifact: x.log
 * line: 12 Members that are missing are not compared; `line` may be 2 off.
 */

enum { MAX_CASES = 100000, NEAR_LINES = 2, EXPECTED_BYTES = 64 * 1024 };

struct expected {
    struct sv folder;
    char outcome[16], kind[32], detail[64];
    uint64_t line;
};

struct kind_score {
    uint64_t wanted, got, right;
};

struct corpus_run {
    const char *root;
    struct arena arena;
    struct expected *cases;
    size_t count, cap;
    struct kind_score kinds[KIND_COUNT];
    uint64_t passed, failed, loose;
    bool accept;
    struct err err;
};

static void take(struct ynode map, const char *name, char *target, size_t size)
{
    (void)snprintf(target, size, "%.*s", SV_ARG(yaml_text(yaml_member(map, name))));
}

static bool read_expected(struct corpus_run *c, const char *path, struct expected *e,
                          struct err *err)
{
    struct buf text;
    buf_init(&text, EXPECTED_BYTES);
    struct yaml *yaml = fs_read(path, EXPECTED_BYTES, &text, err)
                            ? yaml_load(sv_of(path), buf_sv(&text), err)
                            : NULL;
    buf_done(&text);
    if (yaml == NULL)
        return false;
    (void)c;
    const struct ynode root = yaml_root(yaml);
    take(root, "outcome", e->outcome, sizeof(e->outcome));
    take(root, "kind", e->kind, sizeof(e->kind));
    take(root, "detail", e->detail, sizeof(e->detail));
    (void)sv_u64(yaml_text(yaml_member(root, "line")), &e->line);
    yaml_done(yaml);
    return true;
}

static bool see_file(struct sv rel, uint64_t size, void *user, struct err *err)
{
    static const struct sv name = SV_INIT("expected.yaml");
    struct corpus_run *c = user;
    char path[4096];
    (void)size;
    if (!sv_ends(rel, name) || (rel.len > name.len && rel.ptr[rel.len - name.len - 1] != '/'))
        return true;
    if (c->count == c->cap) {
        const size_t cap = c->cap > 0 ? c->cap * 2 : 64;
        struct expected *cases = reallocarray(c->cases, cap, sizeof(*cases));
        if (cases == NULL || cap > MAX_CASES)
            return err_why(err, ERR_NOMEM, "no memory for %zu cases", cap);
        c->cases = cases;
        c->cap = cap;
    }
    struct expected *e = &c->cases[c->count];
    *e = (struct expected){0};
    const size_t head = rel.len > name.len ? rel.len - name.len - 1 : 0;
    (void)snprintf(path, sizeof(path), "%s/%.*s", c->root, SV_ARG(rel));
    if (!arena_printf(&c->arena, &e->folder, err, "%s/%.*s", c->root, SV_ARG(sv_head(rel, head))) ||
        !read_expected(c, path, e, err))
        return false;
    c->count++;
    return true;
}

static const struct expected *case_of(const struct corpus_run *c, struct sv key)
{
    for (size_t i = 0; i < c->count; i++) {
        if (sv_starts(key, c->cases[i].folder) &&
            (key.len == c->cases[i].folder.len || key.ptr[c->cases[i].folder.len] == '/'))
            return &c->cases[i];
    }
    return NULL;
}

static bool accept(const struct expected *e, const struct result *r, struct err *err)
{
    char path[4096];
    struct buf text;
    struct fs_writer w = {.fd = -1};
    const struct verdict *v = &r->verdict;
    (void)snprintf(path, sizeof(path), "%.*s/expected.yaml", SV_ARG(e->folder));
    buf_init(&text, EXPECTED_BYTES);
    bool ok = buf_addf(&text, err, "outcome: %s\n", outcome_name(v->outcome));
    if (ok && v->basis != BASIS_NONE)
        ok = buf_addf(&text, err, "kind: %s\ndetail: %.*s\nline: %" PRIu64 "\n",
                      cause_kind_name(v->kind), SV_ARG(v->detail.len > 0 ? v->detail : SV("''")),
                      v->line);
    ok = ok && fs_writer_open(&w, path, err) && fs_writer_add(&w, buf_sv(&text), err) &&
         fs_writer_commit(&w, err);
    fs_writer_done(&w);
    buf_done(&text);
    return ok;
}

static bool compare(struct corpus_run *c, const struct expected *e, const struct result *r)
{
    const struct verdict *v = &r->verdict;
    const char *kind = v->basis == BASIS_NONE ? "" : cause_kind_name(v->kind);
    const uint64_t off = v->line > e->line ? v->line - e->line : e->line - v->line;
    enum cause_kind wanted = KIND_UNKNOWN;
    (void)cause_kind_parse(sv_of(e->kind), &wanted);
    const bool right = strcmp(kind, e->kind) == 0;
    if (e->kind[0] != '\0')
        c->kinds[wanted].wanted++;
    if (v->basis != BASIS_NONE) {
        c->kinds[v->kind].got++;
        c->kinds[v->kind].right += right;
    }
    const bool same =
        (e->outcome[0] == '\0' || strcmp(e->outcome, outcome_name(v->outcome)) == 0) && right &&
        (e->detail[0] == '\0' || sv_equal(sv_of(e->detail), v->detail)) &&
        (e->line == 0 || off <= NEAR_LINES);
    if (!same)
        (void)printf("%.*s: wanted %s %s/%s line %" PRIu64 ", got %s %s/%.*s line %" PRIu64 "\n",
                     SV_ARG(r->build.key), e->outcome, e->kind, e->detail, e->line,
                     outcome_name(v->outcome), kind, SV_ARG(v->detail), v->line);
    return same;
}

static bool emit(void *user, const struct result *r, struct err *err)
{
    struct corpus_run *c = user;
    const struct expected *e = case_of(c, r->build.key);
    if (e == NULL) {
        c->loose++;
        return true;
    }
    if (c->accept)
        return accept(e, r, err);
    if (compare(c, e, r))
        c->passed++;
    else
        c->failed++;
    return true;
}

static void print_scores(const struct corpus_run *c)
{
    (void)printf("%-22s %8s %8s %8s %10s %8s\n", "kind", "wanted", "got", "right", "precision",
                 "recall");
    for (int i = 0; i < KIND_COUNT; i++) {
        const struct kind_score *k = &c->kinds[i];
        if (k->wanted + k->got == 0)
            continue;
        (void)printf("%-22s %8" PRIu64 " %8" PRIu64 " %8" PRIu64 " %9.1f%% %7.1f%%\n",
                     cause_kind_name((enum cause_kind)i), k->wanted, k->got, k->right,
                     k->got > 0 ? 100.0 * (double)k->right / (double)k->got : 0,
                     k->wanted > 0 ? 100.0 * (double)k->right / (double)k->wanted : 0);
    }
    (void)printf("%" PRIu64 " passed, %" PRIu64 " failed\n", c->passed, c->failed);
}

static bool run_cases(struct session *s, struct corpus_run *c, struct err *err)
{
    struct build_list list;
    struct report_totals totals = {0};
    const struct pipeline_calls calls = {.emit = emit, .user = c};
    bool ok = true;
    build_list_init(&list, 0);
    for (size_t i = 0; ok && i < c->count; i++)
        ok = folder_builds(c->cases[i].folder.ptr, &list, err);
    ok = ok && pipeline_run(&s->run, &list, &calls, &totals, err);
    build_list_done(&list);
    return ok;
}

int cmd_corpus(const struct invocation *in, struct err *err)
{
    struct session s;
    struct corpus_run c = {.accept = in->settings->accept};
    if (in->argument_count != 1) {
        (void)err_where(err, "corpus");
        (void)err_why(err, ERR_USAGE, "name one folder of cases");
        return STATUS_USAGE;
    }
    c.root = in->arguments[0];
    arena_init(&c.arena, 64 * 1024 * 1024);
    const bool ok = session_open(&s, in->settings, SESSION_RULES, err) &&
                    folder_files(c.root, see_file, &c, err) && run_cases(&s, &c, err);
    if (ok && !c.accept)
        print_scores(&c);
    session_done(&s);
    free(c.cases);
    arena_done(&c.arena);
    return !ok ? status_of(err) : c.failed > 0 ? STATUS_FINDINGS : STATUS_DONE;
}
