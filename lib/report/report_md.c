#include "base/text.h"
#include "report/common.h"
#include "report/spool.h"

#include <inttypes.h>
#include <stdlib.h>

/*
 * GitHub-flavoured Markdown: totals, a table of causes, then a list item a build that did not pass.
 * All text that comes from a log or a job list stands in code spans: nothing in one is a link, a
 * mention, a reference, HTML or emphasis. A backslash would not do: mentions are looked for after it
 * is gone.
 */

enum { SUMMARY_BYTES = 300, EXCERPT_BYTES = 400, NAME_BYTES = 300, MAX_PROBLEMS = 3 };

struct report {
    struct report_options options;
    struct report_out out;
    struct spool builds, unread;
    struct strmap causes, jobs;
    struct buf text;
};

static struct report *begin(const struct report_options *options, const struct report_out *out,
                            struct err *err)
{
    struct report *r = calloc(1, sizeof(*r));
    if (r == NULL) {
        (void)err_why(err, ERR_NOMEM, "no memory for a report");
        return NULL;
    }
    r->options = *options;
    r->out = *out;
    strmap_init(&r->causes, COMMON_TEXT_BYTES);
    strmap_init(&r->jobs, 8 * (size_t)COMMON_TEXT_BYTES);
    buf_init(&r->text, COMMON_TEXT_BYTES);
    return r;
}

static size_t longest_fence(struct sv text)
{
    size_t longest = 0, run = 0;
    for (size_t i = 0; i < text.len; i++) {
        run = text.ptr[i] == '`' ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    return longest;
}

/* A code span of one line. Its fence is longer than any in the text, and a blank keeps the text from
 * touching it. */
static bool add_code(struct report *r, struct sv text, size_t max, struct err *err)
{
    static const char fence[] = "````````````````````````````````";
    struct buf line;
    buf_init(&line, COMMON_TEXT_BYTES);
    bool ok = common_one_line(text, max, &line, err);
    const size_t n = ok ? longest_fence(buf_sv(&line)) + 1 : 1;
    if (n >= sizeof(fence)) { /* nobody writes that in earnest */
        for (size_t i = 0; i < line.len; i++)
            line.data[i] = line.data[i] == '`' ? '\'' : line.data[i];
    }
    const int ticks = n < sizeof(fence) ? (int)n : 1;
    const char *pad = ticks > 1 ? " " : "";
    ok = ok && (line.len == 0 || buf_addf(&r->text, err, "%.*s%s%.*s%s%.*s", ticks, fence, pad,
                                          SV_ARG(buf_sv(&line)), pad, ticks, fence));
    buf_done(&line);
    return ok;
}

/* In a cell a bar would begin the next one, code or not, and a backslash could hide its escape. */
static bool add_cell_code(struct report *r, struct sv text, struct err *err)
{
    struct buf cell;
    buf_init(&cell, COMMON_TEXT_BYTES);
    bool ok = buf_add(&cell, text, err);
    for (size_t i = 0; ok && i < cell.len; i++) {
        if (strchr("|\\`", cell.data[i]) != NULL)
            cell.data[i] = '/';
    }
    ok = ok && add_code(r, buf_sv(&cell), NAME_BYTES, err);
    buf_done(&cell);
    return ok;
}

/* The target of a link: what would end it is written as %XX. */
static bool add_target(struct report *r, struct sv url, struct err *err)
{
    for (size_t i = 0; i < url.len; i++) {
        const unsigned char c = (unsigned char)url.ptr[i];
        const bool plain = c > 0x20 && c != 0x7f && strchr("()<>\\`\"'", (char)c) == NULL;
        if (!(plain ? buf_add_char(&r->text, (char)c, err) : buf_addf(&r->text, err, "%%%02X", c)))
            return false;
    }
    return true;
}

/* [`job 123`](link), or the name alone where there is no web page. */
static bool add_linked_name(struct report *r, const struct result *result, struct err *err)
{
    struct buf link, name;
    buf_init(&link, COMMON_TEXT_BYTES);
    buf_init(&name, COMMON_TEXT_BYTES);
    bool ok = common_link(result, &link, err) && common_build_name(&result->build, &name, err);
    const bool web =
        ok && (sv_starts(buf_sv(&link), SV("https://")) || sv_starts(buf_sv(&link), SV("http://")));
    ok = ok && (!web || buf_add_char(&r->text, '[', err)) &&
         add_code(r, buf_sv(&name), NAME_BYTES, err) &&
         (!web || (buf_add(&r->text, SV("]("), err) && add_target(r, buf_sv(&link), err) &&
                   buf_add_char(&r->text, ')', err)));
    buf_done(&link);
    buf_done(&name);
    return ok;
}

/* A line of the item, behind a hard line end. */
static bool add_item_line(struct report *r, const char *label, struct sv text, size_t max,
                          struct err *err)
{
    return sv_trim(text).len == 0 ||
           (buf_addf(&r->text, err, "  \n  %s", label) && add_code(r, text, max, err));
}

static bool add_repo(struct report *r, const struct build *b, struct err *err)
{
    struct buf repo;
    buf_init(&repo, COMMON_TEXT_BYTES);
    bool ok = common_repo(b, &repo, err);
    ok = ok && (repo.len == 0 ||
                (buf_add(&r->text, SV(", "), err) && add_code(r, buf_sv(&repo), NAME_BYTES, err)));
    buf_done(&repo);
    return ok;
}

static bool add_evidence(struct report *r, const struct result *result, struct err *err)
{
    const struct verdict *v = &result->verdict;
    struct buf line;
    buf_init(&line, COMMON_TEXT_BYTES);
    bool ok = true;
    if (v->excerpt.len > 0 && v->artifact < result->artifact_count) {
        ok = buf_add(&line, result->artifacts[v->artifact].path, err) &&
             (v->line == 0 || buf_addf(&line, err, ":%" PRIu64, v->line)) &&
             buf_add(&line, SV(": "), err);
    }
    ok = ok && buf_add(&line, v->excerpt, err) &&
         add_item_line(r, "", buf_sv(&line), EXCERPT_BYTES, err);
    buf_done(&line);
    return ok;
}

static bool add_verdict(struct report *r, const struct result *result, struct err *err)
{
    const struct verdict *v = &result->verdict;
    struct buf cause;
    if (v->basis == BASIS_NONE)
        return buf_addf(&r->text, err, ": %s", outcome_name(v->outcome));
    buf_init(&cause, COMMON_TEXT_BYTES);
    bool ok = common_cause(v, &cause, err) && buf_add(&r->text, SV(": "), err) &&
              add_code(r, buf_sv(&cause), NAME_BYTES, err) &&
              buf_addf(&r->text, err, ", %s (%s%s)", common_advice(v->advice),
                       common_class(v->class_), v->flake ? ", flaky" : "") &&
              add_item_line(r, "", v->summary, SUMMARY_BYTES, err) && add_evidence(r, result, err);
    buf_done(&cause);
    return ok;
}

static bool add_problems(struct report *r, const struct result *result, struct err *err)
{
    for (size_t i = 0; i < result->problem_count && i < MAX_PROBLEMS; i++) {
        struct buf line;
        buf_init(&line, COMMON_TEXT_BYTES);
        const bool ok = buf_addf(&line, err, "%.*s: %.*s", SV_ARG(result->problems[i].where),
                                 SV_ARG(result->problems[i].text)) &&
                        add_item_line(r, "not read: ", buf_sv(&line), EXCERPT_BYTES, err);
        buf_done(&line);
        if (!ok)
            return false;
    }
    return result->problem_count <= MAX_PROBLEMS ||
           buf_addf(&r->text, err, "  \n  not read: %zu more",
                    result->problem_count - MAX_PROBLEMS);
}

static bool count(struct report *r, const struct result *result, struct err *err)
{
    return (result->build.job.len == 0 ||
            strmap_put(&r->jobs, result->build.job, NULL, err) != NULL) &&
           (result->verdict.basis == BASIS_NONE ||
            common_count_cause(&r->causes, &result->verdict, err));
}

static bool build(struct report *r, const struct result *result, struct err *err)
{
    if (!count(r, result, err))
        return false;
    if (!common_is_listed(&r->options, result))
        return true;
    buf_reset(&r->text);
    const bool main = result->verdict.basis != BASIS_NONE || r->options.all_builds;
    return buf_add(&r->text, SV("- "), err) && add_linked_name(r, result, err) &&
           add_repo(r, &result->build, err) && add_verdict(r, result, err) &&
           add_problems(r, result, err) && buf_add_char(&r->text, '\n', err) &&
           spool_add(main ? &r->builds : &r->unread, buf_sv(&r->text), err);
}

static bool add_causes(struct report *r, const struct report_totals *t, struct err *err)
{
    if (r->causes.count == 0 || t->reported <= 1)
        return true;
    size_t *order = calloc(r->causes.count, sizeof(*order));
    if (order == NULL)
        return err_why(err, ERR_NOMEM, "no memory for a report");
    bool ok =
        common_sort_causes(&r->causes, order, err) &&
        buf_add(&r->text,
                SV("\n| Builds | Share | Cause | Class | What to do |\n|--:|--:|---|---|---|\n"),
                err);
    for (size_t i = 0; ok && i < r->causes.count; i++) {
        const struct strmap_entry *e = strmap_at(&r->causes, order[i]);
        const struct cause_count c = common_cause_count(e);
        ok = buf_addf(&r->text, err, "| %" PRIu64 " | %.0f %% | ", c.builds,
                      (double)c.builds * 100 / (double)t->explained) &&
             add_cell_code(r, e->key, err) &&
             buf_addf(&r->text, err, " | %s | %s |\n", common_class(c.class_),
                      common_advice(c.advice));
    }
    free(order);
    return ok;
}

/* A line end in Markdown's text would be a blank: each sentence is a paragraph of its own. */
static bool add_summary(struct report *r, const struct report_totals *t, struct err *err)
{
    struct buf lines;
    struct sv line;
    buf_init(&lines, COMMON_TEXT_BYTES);
    bool ok = common_summary(t, &lines, err);
    for (struct sv rest = buf_sv(&lines); ok && rest.len > 0 && sv_cut(&rest, '\n', &line);)
        ok = line.len == 0 || buf_addf(&r->text, err, "\n%.*s\n", SV_ARG(line));
    buf_done(&lines);
    return ok;
}

static bool add_missing(struct report *r, const struct report_totals *t, struct err *err)
{
    if (t->incomplete &&
        !buf_addf(&r->text, err,
                  "\n**Incomplete**: stopped after %" PRIu64 " of %" PRIu64 " builds.\n",
                  t->reported, t->builds))
        return false;
    if (t->list_problem.len > 0 &&
        (!buf_add(&r->text, SV("\n**The list of builds is not whole**: "), err) ||
         !add_code(r, t->list_problem, EXCERPT_BYTES, err) || !buf_add_char(&r->text, '\n', err)))
        return false;
    if (t->unreadable > 0 && !buf_addf(&r->text, err, "\nNot read at all: %" PRIu64 " build%s.\n",
                                       t->unreadable, t->unreadable == 1 ? "" : "s"))
        return false;
    if (t->problems > t->unreadable &&
        !buf_addf(&r->text, err, "\nNot read whole: %" PRIu64 " file%s.\n",
                  t->problems - t->unreadable, t->problems - t->unreadable == 1 ? "" : "s"))
        return false;
    for (size_t i = 0; i < t->host_count; i++) {
        if (!buf_add(&r->text, SV("\nLeft alone: "), err) ||
            !add_code(r, t->hosts[i].host, NAME_BYTES, err) || !buf_add(&r->text, SV(", "), err) ||
            !add_code(r, t->hosts[i].reason, SUMMARY_BYTES, err) ||
            !buf_add_char(&r->text, '\n', err))
            return false;
    }
    return true;
}

static bool add_section(struct report *r, const char *title, struct spool *spool, struct err *err)
{
    buf_reset(&r->text);
    return spool->file == NULL ||
           (buf_addf(&r->text, err, "\n### %s\n\n", title) &&
            r->out.write(r->out.user, buf_sv(&r->text), err) && spool_copy(spool, &r->out, err));
}

static bool end(struct report *r, const struct report_totals *t, struct err *err)
{
    buf_reset(&r->text);
    return buf_add(&r->text, SV("## CI report\n\n"), err) &&
           common_headline(t, r->jobs.count, &r->text, err) && buf_add(&r->text, SV(".\n"), err) &&
           add_summary(r, t, err) && add_missing(r, t, err) && add_causes(r, t, err) &&
           r->out.write(r->out.user, buf_sv(&r->text), err) &&
           add_section(r, r->options.all_builds ? "Builds" : "Builds that did not pass", &r->builds,
                       err) &&
           add_section(r, "Builds that did not fail, and could not be read whole", &r->unread, err);
}

static void release(struct report *r)
{
    if (r == NULL)
        return;
    spool_done(&r->builds);
    spool_done(&r->unread);
    strmap_done(&r->causes);
    strmap_done(&r->jobs);
    buf_done(&r->text);
    free(r);
}

extern const struct report_format report_md;
const struct report_format report_md = {
    .name = "md",
    .summary = "Markdown, for a pull request or an issue",
    .suffix = ".md",
    .begin = begin,
    .build = build,
    .end = end,
    .free = release,
};
