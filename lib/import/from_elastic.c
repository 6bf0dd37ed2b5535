/* Of elastic-recheck: a file a bug, named after it, with `query`; or a list of such maps with `bug`. A
 * query's messages become patterns of one line, tags and file names the artifacts, build names the jobs. */
#include "import/doctree.h"
#include "import/import.h"
#include "import/lucene.h"

#include <inttypes.h>

enum { MAX_WHERE = 16, ARENA_BYTES = 16 * 1024 * 1024, EXAMPLE_BYTES = 4096 };

struct reading {
    struct drafts *drafts;
    struct arena *arena;
    struct sv bug;
    unsigned line;
};

struct parts { /* of one alternative of a query */
    struct draft_pattern must[LUCENE_TERMS], must_not[LUCENE_TERMS];
    size_t must_count, must_not_count;
    struct sv artifacts[MAX_WHERE], jobs[MAX_WHERE];
    size_t artifact_count, job_count;
};

static bool is_one_of(struct sv word, const char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++) {
        if (sv_equal(word, sv_of(words[i])))
            return true;
    }
    return false;
}

static bool add_unless_there(struct sv *list, size_t *count, struct sv text)
{
    for (size_t i = 0; i < *count; i++) {
        if (sv_equal(list[i], text))
            return true;
    }
    if (*count == MAX_WHERE)
        return false;
    list[(*count)++] = text;
    return true;
}

/* A word's * and ? as a regex of Java. */
static bool word_pattern(struct arena *a, struct sv word, struct sv *ret_regex, struct err *err)
{
    struct buf out;
    buf_init(&out, word.len * 5 + 1);
    bool ok = true;
    for (size_t i = 0; ok && i < word.len; i++) {
        const char c = word.ptr[i];
        const bool special = c != '\0' && strchr("\\^$.|+()[]{}", c) != NULL;
        ok = c == '*'   ? buf_add(&out, SV("\\S*"), err)
             : c == '?' ? buf_add(&out, SV("\\S"), err)
                        : (!special || buf_add_char(&out, '\\', err)) && buf_add_char(&out, c, err);
    }
    ok = ok && arena_copy(a, buf_sv(&out), ret_regex, err);
    buf_done(&out);
    return ok;
}

static bool take_message(const struct reading *r, const struct lucene_term *t, bool denied,
                         struct parts *p, struct err *err)
{
    struct draft_pattern pattern = {.text = t->value, .dialect = REGEX_PHRASE};
    const bool wild = t->type == LUCENE_WORD && (sv_find_char(t->value, '*') < t->value.len ||
                                                 sv_find_char(t->value, '?') < t->value.len);
    if (t->type == LUCENE_REGEX || wild)
        pattern.dialect = REGEX_JAVA;
    if (wild && !word_pattern(r->arena, t->value, &pattern.text, err))
        return false;
    if (denied)
        p->must_not[p->must_not_count++] = pattern;
    else
        p->must[p->must_count++] = pattern;
    return true;
}

/* The main log, or a file below the build's artifacts, compressed or not. */
static bool take_file(const struct reading *r, struct sv value, struct parts *p, bool *ret_known,
                      struct err *err)
{
    static const char *const main_logs[] = {"console",        "console.html", "consoleText",
                                            "job-output.txt", "job-output",   NULL};
    struct sv glob;
    for (size_t i = 0; i < value.len; i++) {
        const char c = value.ptr[i];
        *ret_known = *ret_known && c > 0x20 && c < 0x7f && strchr("[]{}\\", c) == NULL;
    }
    if (!*ret_known || value.len == 0)
        return true;
    if (is_one_of(value, main_logs)) {
        *ret_known = add_unless_there(p->artifacts, &p->artifact_count, SV("build-log")) &&
                     add_unless_there(p->artifacts, &p->artifact_count, SV("step-log"));
        return true;
    }
    if (!arena_printf(r->arena, &glob, err, "**/%.*s*", SV_ARG(value)))
        return false;
    *ret_known = add_unless_there(p->artifacts, &p->artifact_count, glob);
    return true;
}

static bool take_term(const struct reading *r, const struct lucene_term *t, bool denied,
                      struct parts *p, struct err *err)
{
    bool known = !denied && t->type != LUCENE_REGEX;
    if (sv_equal(t->field, SV("message")))
        return take_message(r, t, denied, p, err);
    if (known && (sv_equal(t->field, SV("tags")) || sv_equal(t->field, SV("filename")))) {
        if (!take_file(r, t->value, p, &known, err))
            return false;
    } else if (known && sv_equal(t->field, SV("build_name"))) {
        known = add_unless_there(p->jobs, &p->job_count, t->value);
    } else {
        known = false;
    }
    if (!known)
        drafts_leave(r->drafts, r->line, r->bug, "without the condition %s%.*s:\"%.*s\"",
                     denied ? "NOT " : "", SV_ARG(sv_head(t->field, 60)),
                     SV_ARG(sv_head(t->value, 100)));
    return true;
}

/* The same patterns, however they were come by. */
static bool same_patterns(const struct draft_pattern *a, size_t a_count,
                          const struct draft_pattern *b, size_t b_count)
{
    bool same = a_count == b_count;
    for (size_t i = 0; same && i < a_count; i++)
        same = sv_equal(a[i].text, b[i].text) && a[i].dialect == b[i].dialect;
    return same;
}

/* An alternative that only looks elsewhere for the same. False: it looks for something else. */
static bool merge(struct parts *into, const struct parts *p)
{
    if (!same_patterns(into->must, into->must_count, p->must, p->must_count) ||
        !same_patterns(into->must_not, into->must_not_count, p->must_not, p->must_not_count))
        return false;
    bool fits = true;
    const bool anywhere = into->artifact_count == 0 || p->artifact_count == 0;
    const bool any_job = into->job_count == 0 || p->job_count == 0;
    for (size_t i = 0; i < p->artifact_count && fits && !anywhere; i++)
        fits = add_unless_there(into->artifacts, &into->artifact_count, p->artifacts[i]);
    for (size_t i = 0; i < p->job_count && fits && !any_job; i++)
        fits = add_unless_there(into->jobs, &into->job_count, p->jobs[i]);
    into->artifact_count = anywhere ? 0 : into->artifact_count;
    into->job_count = any_job ? 0 : into->job_count;
    return fits;
}

/* A line that the phrases would match, one behind the other. */
static bool example_of(const struct reading *r, const struct parts *p, struct sv *ret_example,
                       struct err *err)
{
    struct buf text;
    bool ok = true, literal = true;
    buf_init(&text, EXAMPLE_BYTES);
    for (size_t i = 0; ok && i < p->must_count; i++) {
        literal = literal && p->must[i].dialect == REGEX_PHRASE && p->must[i].text.len < 200;
        ok = !literal || ((i == 0 || buf_add_char(&text, ' ', err)) &&
                          buf_add(&text, sv_trim(p->must[i].text), err));
    }
    ok = ok && arena_copy(r->arena, literal ? buf_sv(&text) : SV(""), ret_example, err);
    buf_done(&text);
    return ok;
}

static bool add_rule(const struct reading *r, const struct parts *p, struct sv example,
                     struct err *err)
{
    struct sv name, id, link = SV("");
    uint64_t number = 0;
    const struct sv first = p->must_count > 0 ? sv_head(p->must[0].text, 120) : SV("");
    if (!arena_printf(r->arena, &name, err, "%.*s", SV_ARG(first)) ||
        !arena_printf(r->arena, &id, err, "bug-%.*s", SV_ARG(r->bug)))
        return false;
    if (sv_u64(r->bug, &number) &&
        !arena_printf(r->arena, &link, err, "https://bugs.launchpad.net/bugs/%.*s", SV_ARG(r->bug)))
        return false;
    if (p->must_count == 0) {
        drafts_leave(r->drafts, r->line, r->bug, "it asks for no message");
        return true;
    }
    const struct draft draft = {.name = name,
                                .id = r->bug.len > 0 ? id : name,
                                .link = link,
                                .example = example,
                                .line = r->line,
                                .any = {p->must, 1},
                                .all = {p->must + 1, p->must_count - 1},
                                .none = {p->must_not, p->must_not_count},
                                .artifacts = p->artifacts,
                                .artifact_count = p->artifact_count,
                                .jobs = p->jobs,
                                .job_count = p->job_count};
    return drafts_add(r->drafts, &draft, err);
}

/* The longest phrase finds a line; the others are asked of it. */
static void put_longest_first(struct parts *p)
{
    size_t best = 0;
    for (size_t i = 1; i < p->must_count; i++)
        best = p->must[i].text.len > p->must[best].text.len ? i : best;
    const struct draft_pattern first = p->must[0];
    p->must[0] = p->must[best];
    p->must[best] = first;
}

static bool add_query(const struct reading *r, struct sv text, struct err *err)
{
    struct lucene query;
    struct err own = {0};
    if (!lucene_parse(text, r->arena, &query, &own)) {
        if (own.code != ERR_FORMAT) {
            *err = own;
            return false;
        }
        drafts_leave(r->drafts, r->line, r->bug, "%s", own.why);
        return true;
    }
    struct parts *parts = arena_array(r->arena, query.count, sizeof(*parts), err);
    size_t count = 0;
    if (parts == NULL)
        return false;
    for (size_t i = 0; i < query.count; i++) {
        const struct lucene_alternative *a = &query.alternatives[i];
        struct parts *p = &parts[count];
        *p = (struct parts){0};
        for (size_t k = 0; k < a->count; k++) {
            if (!take_term(r, a->terms[k].term, a->terms[k].denied, p, err))
                return false;
        }
        bool merged = false;
        for (size_t k = 0; k < count && !merged; k++)
            merged = merge(&parts[k], p);
        count += !merged;
    }
    for (size_t i = 0; i < count; i++) {
        struct sv example;
        if (!example_of(r, &parts[i], &example, err))
            return false;
        put_longest_first(&parts[i]);
        if (!add_rule(r, &parts[i], example, err))
            return false;
    }
    return true;
}

/* Of a list: its `bug`, a text or a number. */
static bool bug_of(struct doctree_node n, struct arena *a, struct sv file, struct sv *ret_bug,
                   struct err *err)
{
    const struct doctree_node bug = doctree_member(n, "bug");
    uint64_t number = 0;
    *ret_bug = sv_head(doctree_text(bug).len > 0 ? doctree_text(bug) : file, 60);
    return !doctree_number(bug, &number) || arena_printf(a, ret_bug, err, "%" PRIu64, number);
}

static bool read_entry(struct drafts *drafts, struct doctree_node n, struct sv file,
                       struct err *err)
{
    struct arena arena;
    const struct doctree_node query = doctree_member(n, "query");
    const bool asks = doctree_kind(query) == YAML_TEXT;
    struct reading r = {.drafts = drafts, .arena = &arena, .line = doctree_line(asks ? query : n)};
    arena_init(&arena, ARENA_BYTES);
    const bool ok =
        bug_of(n, &arena, file, &r.bug, err) && (!asks || add_query(&r, doctree_text(query), err));
    if (ok && !asks)
        drafts_leave(drafts, r.line, r.bug, "it has no query");
    arena_done(&arena);
    return ok;
}

bool from_elastic(const struct import_file *file, struct drafts *drafts, struct err *err)
{
    struct doctree t;
    if (!doctree_load(&t, file->name, file->text, err))
        return false;
    const struct doctree_node root = doctree_root(&t);
    bool ok = true;
    if (doctree_kind(root) == YAML_LIST) {
        for (struct doctree_walk w = doctree_first(root); ok && doctree_is_there(&w);
             doctree_next(&w))
            ok = read_entry(drafts, w.node, SV(""), err);
    } else {
        ok = read_entry(drafts, root, import_base(file->name), err);
    }
    doctree_done(&t);
    return ok;
}
