#include "corpus_case.h"

#include "base/fs.h"
#include "base/near.h"
#include "scan/yaml.h"
#include "source/folder.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    MAX_CASES = 100000,
    EXPECTED_BYTES = 64 * 1024,
    LABELS_BYTES = 64 * 1024 * 1024,
    PATH_BYTES = 4096,
    NEAR_LINES = 2,
};

void corpus_cases_init(struct corpus_cases *c)
{
    *c = (struct corpus_cases){0};
    arena_init(&c->arena, 256 * 1024 * 1024);
}

void corpus_cases_done(struct corpus_cases *c)
{
    free(c->list);
    arena_done(&c->arena);
    *c = (struct corpus_cases){0};
}

static struct corpus_case *add_case(struct corpus_cases *c, const char *root, struct sv rel,
                                    struct err *err)
{
    if (c->count == MAX_CASES) {
        (void)err_why(err, ERR_LIMIT, "more than %d cases", MAX_CASES);
        return NULL;
    }
    if (c->count == c->cap) {
        const size_t cap = c->cap > 0 ? c->cap * 2 : 64;
        struct corpus_case *list = reallocarray(c->list, cap, sizeof(*list));
        if (list == NULL) {
            (void)err_why(err, ERR_NOMEM, "no memory for %zu cases", cap);
            return NULL;
        }
        c->list = list;
        c->cap = cap;
    }
    struct corpus_case *one = &c->list[c->count];
    *one = (struct corpus_case){0};
    size_t len = strlen(root);
    while (len > 1 && root[len - 1] == '/')
        len--;
    if (!arena_printf(&c->arena, &one->path, err, "%.*s%s%.*s", (int)len, root,
                      rel.len > 0 ? "/" : "", SV_ARG(rel)))
        return NULL;
    c->count++;
    return one;
}

/* ---- expected.yaml ---- */

static const char *const members[] = {"outcome",  "kind", "detail", "line",
                                      "artifact", "note", NULL};

static bool check_members(struct ynode root, struct err *err)
{
    if (yaml_kind(root) != YAML_MAP)
        return yaml_fail(root, err, "an expectation must be a mapping");
    for (size_t i = 0; i < yaml_count(root); i++) {
        const struct ynode key = yaml_key(root, i), value = yaml_value(root, i);
        bool known = false;
        for (size_t k = 0; members[k] != NULL; k++)
            known = known || sv_equal(yaml_text(key), sv_of(members[k]));
        const char *hint = near_name(yaml_text(key), members);
        if (!known)
            return yaml_fail(key, err, "an expectation has no member \"%.*s\"%s%s%s",
                             SV_ARG(sv_head(yaml_text(key), 80)),
                             hint != NULL ? "; did you mean \"" : "", hint != NULL ? hint : "",
                             hint != NULL ? "\"?" : "");
        if (yaml_kind(value) != YAML_TEXT)
            return yaml_fail(value, err, "%.*s must be a text", SV_ARG(yaml_text(key)));
    }
    return true;
}

static bool parse_outcome(struct sv name, enum outcome *ret_outcome)
{
    for (int i = 0; i < OUTCOME_COUNT; i++) {
        if (sv_equal(name, sv_of(outcome_name((enum outcome)i)))) {
            *ret_outcome = (enum outcome)i;
            return true;
        }
    }
    return false;
}

static bool parse_kind(struct sv name, struct corpus_case *one)
{
    one->want = sv_equal(name, SV("none")) ? WANT_NO_CAUSE : WANT_KIND;
    one->kind = KIND_UNKNOWN;
    return one->want == WANT_NO_CAUSE || sv_equal(name, SV("unknown")) ||
           cause_kind_parse(name, &one->kind);
}

static bool take_words(struct ynode root, struct corpus_case *one, struct err *err)
{
    const char *kinds[KIND_COUNT + 2] = {"none", "unknown"};
    const struct ynode outcome = yaml_member(root, "outcome"), kind = yaml_member(root, "kind");
    for (int i = 1; i < KIND_COUNT; i++)
        kinds[i + 1] = cause_kind_name((enum cause_kind)i);
    if (yaml_kind(outcome) != YAML_NONE) {
        one->has_outcome = true;
        if (!parse_outcome(yaml_text(outcome), &one->outcome))
            return yaml_fail(outcome, err,
                             "\"%.*s\" is no outcome: passed, failed, aborted, error, running or "
                             "unknown",
                             SV_ARG(sv_head(yaml_text(outcome), 80)));
    }
    if (yaml_kind(kind) != YAML_NONE && !parse_kind(yaml_text(kind), one)) {
        const char *hint = near_name(yaml_text(kind), kinds);
        return yaml_fail(kind, err, "\"%.*s\" is no kind of cause%s%s%s",
                         SV_ARG(sv_head(yaml_text(kind), 80)),
                         hint != NULL ? "; did you mean \"" : "", hint != NULL ? hint : "",
                         hint != NULL ? "\"?" : "");
    }
    return yaml_kind(outcome) != YAML_NONE || yaml_kind(kind) != YAML_NONE ||
           yaml_fail(root, err, "an expectation needs an outcome or a kind");
}

static bool take_expected(struct corpus_cases *c, struct ynode root, struct corpus_case *one,
                          struct err *err)
{
    const struct ynode line = yaml_member(root, "line");
    if (!check_members(root, err) || !take_words(root, one, err))
        return false;
    if (yaml_kind(line) != YAML_NONE) {
        if (!sv_u64(yaml_text(line), &one->lines[0]) || one->lines[0] == 0)
            return yaml_fail(line, err, "line must be a number, from 1");
        one->line_count = 1;
    }
    return arena_copy(&c->arena, yaml_text(yaml_member(root, "detail")), &one->detail, err) &&
           arena_copy(&c->arena, yaml_text(yaml_member(root, "artifact")), &one->artifact, err) &&
           arena_copy(&c->arena, yaml_text(yaml_member(root, "note")), &one->note, err);
}

/* A mistake of one case is told when all were read. */
static bool keep_mistake(struct corpus_cases *c, struct corpus_case *one, const struct err *own,
                         struct err *err)
{
    char text[700];
    if (own->code == ERR_NOMEM) {
        *err = *own;
        return false;
    }
    return arena_copy(&c->arena, sv_of(err_text(own, text, sizeof(text))), &one->mistake, err);
}

static bool read_expected(struct corpus_cases *c, struct corpus_case *one, struct err *err)
{
    struct buf text;
    struct err own = {0};
    char path[PATH_BYTES];
    (void)snprintf(path, sizeof(path), "%.*s/expected.yaml", SV_ARG(one->path));
    buf_init(&text, EXPECTED_BYTES);
    struct yaml *yaml = fs_read(path, EXPECTED_BYTES, &text, &own)
                            ? yaml_load(sv_of(path), buf_sv(&text), &own)
                            : NULL;
    const bool ok = yaml != NULL && take_expected(c, yaml_root(yaml), one, &own);
    yaml_done(yaml);
    buf_done(&text);
    return ok || keep_mistake(c, one, &own, err);
}

/* ---- folders ---- */

struct finding_cases {
    struct corpus_cases *cases;
    const char *root;
};

/* A part of the path begins with '_': it holds no cases. */
static bool is_left_out(struct sv rel)
{
    bool start = true;
    for (size_t i = 0; i < rel.len; i++) {
        if (start && rel.ptr[i] == '_')
            return true;
        start = rel.ptr[i] == '/';
    }
    return false;
}

static bool see_expected(struct sv rel, uint64_t size, void *user, struct err *err)
{
    static const struct sv name = SV_INIT("expected.yaml");
    struct finding_cases *f = user;
    (void)size;
    const size_t slash = sv_find_last(rel, '/');
    const struct sv base = slash < rel.len ? sv_tail(rel, slash + 1) : rel;
    if (is_left_out(rel) || !sv_equal(base, name))
        return true;
    struct corpus_case *one =
        add_case(f->cases, f->root, sv_head(rel, slash < rel.len ? slash : 0), err);
    return one != NULL && read_expected(f->cases, one, err);
}

static bool is_inside(struct sv path, struct sv folder)
{
    return sv_starts(path, folder) && (path.len == folder.len || path.ptr[folder.len] == '/');
}

/* Below root/kind/case, and in no case yet: a new one. */
static bool see_new(struct sv rel, uint64_t size, void *user, struct err *err)
{
    struct finding_cases *f = user;
    char path[PATH_BYTES];
    (void)size;
    const size_t first = sv_find_char(rel, '/');
    const size_t second =
        first < rel.len ? first + 1 + sv_find_char(sv_tail(rel, first + 1), '/') : rel.len;
    if (is_left_out(rel) || second >= rel.len)
        return true;
    size_t len = strlen(f->root);
    while (len > 1 && f->root[len - 1] == '/')
        len--;
    const int n = snprintf(path, sizeof(path), "%.*s/%.*s", (int)len, f->root, SV_ARG(rel));
    if (n < 0 || (size_t)n >= sizeof(path))
        return true;
    for (size_t i = 0; i < f->cases->count; i++) {
        if (is_inside(sv_of(path), f->cases->list[i].path))
            return true;
    }
    struct corpus_case *one = add_case(f->cases, f->root, sv_head(rel, second), err);
    if (one == NULL)
        return false;
    one->is_new = true;
    one->mistake = SV("there is no expected.yaml; --accept writes one");
    return true;
}

static int by_path(const void *a, const void *b)
{
    const struct corpus_case *x = a, *y = b;
    return sv_compare(x->path, y->path);
}

bool corpus_cases_find(struct corpus_cases *c, const char *root, struct err *err)
{
    struct finding_cases f = {.cases = c, .root = root};
    if (!folder_files(root, see_expected, &f, err) || !folder_files(root, see_new, &f, err))
        return false;
    if (c->count > 1)
        qsort(c->list, c->count, sizeof(*c->list), by_path);
    for (size_t i = 1; i < c->count; i++) {
        if (is_inside(c->list[i].path, c->list[i - 1].path) &&
            !arena_printf(&c->arena, &c->list[i].mistake, err, "a case inside the case %.*s",
                          SV_ARG(c->list[i - 1].path)))
            return false;
    }
    return true;
}

/* ---- labels ---- */

struct columns { /* their numbers; SIZE_MAX: absent */
    size_t path, label, accept, lines, tier, extent;
};

static struct sv field(struct sv row, size_t number)
{
    struct sv part = SV("");
    if (number == SIZE_MAX || row.len == 0)
        return SV("");
    for (size_t i = 0; i <= number; i++) {
        if (!sv_cut(&row, '\t', &part))
            return SV("");
    }
    return sv_trim(part);
}

static bool read_header(struct sv row, struct columns *ret_columns, struct err *err)
{
    struct columns c = {SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX};
    const struct {
        struct sv name;
        size_t *number;
    } names[] = {{SV("path"), &c.path},   {SV("label"), &c.label}, {SV("accept"), &c.accept},
                 {SV("lines"), &c.lines}, {SV("tier"), &c.tier},   {SV("extent"), &c.extent}};
    struct sv part;
    for (size_t number = 0; row.len > 0 && sv_cut(&row, '\t', &part); number++) {
        for (size_t i = 0; i < COUNT_OF(names); i++) {
            if (sv_equal(sv_trim(part), names[i].name))
                *names[i].number = number;
        }
    }
    if (c.path == SIZE_MAX || c.label == SIZE_MAX)
        return err_why(err, ERR_USAGE,
                       "the first line must name the columns, at least path and label");
    *ret_columns = c;
    return true;
}

static bool take_accepted(struct sv list, struct corpus_case *one, struct err *err)
{
    struct sv part;
    while (list.len > 0 && sv_cut(&list, ',', &part)) {
        enum cause_kind kind;
        if (!cause_kind_parse(sv_trim(part), &kind))
            return err_why(err, ERR_USAGE, "\"%.*s\" is no kind of cause",
                           SV_ARG(sv_head(sv_trim(part), 80)));
        one->accepted |= 1u << kind;
    }
    return true;
}

static bool take_lines(struct sv list, struct corpus_case *one, struct err *err)
{
    struct sv part;
    one->near_lines = NEAR_LINES;
    while (list.len > 0 && sv_cut(&list, ',', &part) && one->line_count < CASE_MAX_LINES) {
        if (!sv_u64(sv_trim(part), &one->lines[one->line_count++]))
            return err_why(err, ERR_USAGE, "\"%.*s\" is no line",
                           SV_ARG(sv_head(sv_trim(part), 80)));
    }
    return true;
}

static bool take_row(struct corpus_cases *c, const char *root, const struct columns *columns,
                     struct sv row, const char *labels, uint64_t number, struct err *err)
{
    struct err own = {0};
    const struct sv path = field(row, columns->path), label = field(row, columns->label);
    if (path.len == 0 || label.len == 0 || sv_equal(label, SV("other")) ||
        sv_equal(field(row, columns->tier), SV("D")))
        return true; /* not labelled, with no kind of ours, or composed: not to be scored */
    struct corpus_case *one = add_case(c, root, path, err);
    if (one == NULL)
        return false;
    one->is_label = true;
    if (!arena_copy(&c->arena, field(row, columns->extent), &one->extent, err))
        return false;
    if ((parse_kind(label, one) ||
         err_why(&own, ERR_USAGE, "\"%.*s\" is no kind of cause", SV_ARG(sv_head(label, 80)))) &&
        take_accepted(field(row, columns->accept), one, &own) &&
        take_lines(field(row, columns->lines), one, &own))
        return true;
    (void)err_where(&own, "%s:%llu", labels, (unsigned long long)number);
    return keep_mistake(c, one, &own, err);
}

bool corpus_cases_labels(struct corpus_cases *c, const char *root, const char *labels,
                         struct err *err)
{
    struct buf text;
    struct columns columns = {0};
    buf_init(&text, LABELS_BYTES);
    bool ok = fs_read(labels, LABELS_BYTES, &text, err);
    struct sv row = SV(""), rest = buf_sv(&text);
    if (!ok)
        err->code = err->code == ERR_NOMEM ? ERR_NOMEM : ERR_USAGE;
    ok = ok && ((rest.len > 0 && sv_cut(&rest, '\n', &row) && read_header(row, &columns, err)) ||
                err_why(err, ERR_USAGE, "no labels") || err_where(err, "%s:1", labels));
    for (uint64_t number = 2; ok && rest.len > 0 && sv_cut(&rest, '\n', &row); number++)
        ok = take_row(c, root, &columns, row, labels, number, err);
    buf_done(&text);
    return ok;
}

/* ---- against what came out ---- */

struct sv corpus_artifact(const struct result *r, const struct verdict *v)
{
    return v->artifact < r->artifact_count ? r->artifacts[v->artifact].path : SV("");
}

bool corpus_kind_right(const struct corpus_case *one, const struct verdict *v)
{
    if (one->want == WANT_ANYTHING)
        return true;
    if (one->want == WANT_NO_CAUSE)
        return v->basis == BASIS_NONE || (one->is_label && v->kind == KIND_UNKNOWN);
    return v->basis != BASIS_NONE &&
           (v->kind == one->kind ||
            (v->kind != KIND_UNKNOWN && (one->accepted & 1u << v->kind) != 0));
}

bool corpus_line_right(const struct corpus_case *one, uint64_t line)
{
    for (size_t i = 0; i < one->line_count; i++) {
        const uint64_t want = one->lines[i];
        if ((line > want ? line - want : want - line) <= one->near_lines)
            return true;
    }
    return one->line_count == 0;
}

bool corpus_right(const struct corpus_case *one, const struct result *r, const struct verdict *v)
{
    bool unread = false;
    for (size_t i = 0; i < r->problem_count; i++)
        unread = unread || r->problems[i].fatal;
    return corpus_kind_right(one, v) && !unread &&
           (!one->has_outcome || one->outcome == v->outcome) &&
           (one->detail.len == 0 || sv_equal(one->detail, v->detail)) &&
           (one->artifact.len == 0 || sv_equal(one->artifact, corpus_artifact(r, v))) &&
           corpus_line_right(one, v->line);
}
