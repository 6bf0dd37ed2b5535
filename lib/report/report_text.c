#include "base/text.h"
#include "report/common.h"
#include "report/spool.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Text for a person at a terminal: totals, the commonest causes, then each build that did not pass,
 * then what else could not be read. */

enum {
    INDENT = 4,
    DEFAULT_WIDTH = 100,
    BAR_COLUMNS = 12,
    CAUSE_COLUMNS = 36,
    LEAST_NAME = 12,
    FIXED_COLUMNS = 15 + 28, /* numbers and blanks, the longest class and advice */
    ROW_COLUMNS = CAUSE_COLUMNS + FIXED_COLUMNS + BAR_COLUMNS + 2,
    CAUSE_ROWS = 25,
    LONG_TEXT = 4096,
    SUMMARY_LINES = 2,
    EXCERPT_LINES = 3,
    REST_LINES = 8,
    MAX_PROBLEMS = 3,
    MAX_MORE = 3,
};

struct report {
    struct report_options options;
    struct report_out out;
    struct spool builds, unread;
    struct strmap causes, jobs;
    struct buf text;
};

static const struct sv ellipsis = SV_INIT("\xe2\x80\xa6");

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
    if (r->options.width == 0)
        r->options.width = DEFAULT_WIDTH;
    strmap_init(&r->causes, COMMON_TEXT_BYTES);
    strmap_init(&r->jobs, 8 * (size_t)COMMON_TEXT_BYTES);
    buf_init(&r->text, COMMON_TEXT_BYTES);
    return r;
}

static const char *style(const struct report *r, const char *code)
{
    return r->options.colour ? code : "";
}

/* ---- lines ---- */

/* The head of text that fits, broken at a blank where there is one in the second half. */
static struct sv fitting(struct sv text, size_t columns)
{
    const struct sv head = text_fit(text, columns);
    if (head.len == text.len || (head.len < text.len && text.ptr[head.len] == ' '))
        return head;
    const size_t blank = sv_find_last(head, ' ');
    return blank < head.len && blank > head.len / 2 ? sv_head(head, blank) : head;
}

/* The next line of rest, which is not empty: at least one character, even one wider than the room. */
static struct sv next_line(struct sv rest, size_t room, bool is_last, bool *ret_cut)
{
    struct sv part = fitting(rest, room);
    *ret_cut = is_last && part.len < rest.len;
    if (*ret_cut)
        part = text_fit(rest, room - 1);
    if (part.len > 0)
        return part;
    const size_t wide = text_utf8(rest, NULL);
    return sv_head(rest, wide > 0 ? wide : 1);
}

/* Safe text of one line, wrapped; lines after the first are indented deeper. */
static bool add_wrapped(struct report *r, size_t indent, size_t max_lines, struct sv text,
                        struct err *err)
{
    struct sv rest = text;
    for (size_t n = 0; rest.len > 0 && n < max_lines; n++) {
        const size_t left = indent + (n > 0 ? 2 : 0);
        const size_t room = r->options.width > left + 8 ? r->options.width - left : 8;
        bool cut;
        const struct sv part = next_line(rest, room, n + 1 == max_lines, &cut);
        if (!buf_addf(&r->text, err, "%*s%.*s%.*s\n", (int)left, "", SV_ARG(part),
                      SV_ARG(cut ? ellipsis : SV(""))))
            return false;
        rest = sv_trim(sv_tail(rest, part.len));
    }
    return true;
}

/* "label: text" of log text. */
static bool add_labelled(struct report *r, struct sv label, struct sv text, size_t max_lines,
                         struct err *err)
{
    struct buf line;
    buf_init(&line, COMMON_TEXT_BYTES);
    bool ok = common_one_line(label, LONG_TEXT, &line, err) &&
              (label.len == 0 || text.len == 0 || buf_add(&line, SV(": "), err)) &&
              common_one_line(text, LONG_TEXT, &line, err) &&
              add_wrapped(r, INDENT, max_lines, buf_sv(&line), err);
    buf_done(&line);
    return ok;
}

/* ---- a build ---- */

static bool add_title(struct report *r, const struct result *result, struct err *err)
{
    static const char *const words[OUTCOME_COUNT] = {[OUTCOME_UNKNOWN] = "  no sign of failure",
                                                     [OUTCOME_PASSED] = "  passed",
                                                     [OUTCOME_FAILED] = "",
                                                     [OUTCOME_ABORTED] = "  aborted",
                                                     [OUTCOME_ERROR] = "  not run",
                                                     [OUTCOME_RUNNING] = "  running"};
    if (!buf_addf(&r->text, err, "%s", style(r, "\x1b[1m")) ||
        !common_build_name(&result->build, &r->text, err) ||
        !buf_addf(&r->text, err, "%s  ", style(r, "\x1b[0m")))
        return false;
    const size_t repo = r->text.len;
    if (!common_repo(&result->build, &r->text, err))
        return false;
    if (r->text.len == repo)
        r->text.len -= 2;
    return buf_addf(&r->text, err, "%s\n", words[result->verdict.outcome]);
}

static bool add_cause_line(struct report *r, const struct verdict *v, struct err *err)
{
    static const char *const colours[CLASS_COUNT] = {
        [CLASS_UNKNOWN] = "\x1b[35m", [CLASS_INFRA] = "\x1b[33m", [CLASS_TEST] = "\x1b[31m",
        [CLASS_BUILD] = "\x1b[31m",   [CLASS_LINT] = "\x1b[36m",  [CLASS_CONFIG] = "\x1b[33m",
        [CLASS_PRODUCT] = "\x1b[31m"};
    if (!buf_addf(&r->text, err, "%*s%s", INDENT, "", style(r, colours[v->class_])) ||
        !common_cause(v, &r->text, err) || !buf_addf(&r->text, err, "%s", style(r, "\x1b[0m")))
        return false;
    if (v->kind == KIND_UNKNOWN)
        return buf_addf(&r->text, err, ": %s\n", common_advice(v->advice));
    return buf_addf(&r->text, err, ": %s (%s", common_advice(v->advice), common_class(v->class_)) &&
           (v->confidence <= 0 || buf_addf(&r->text, err, ", %.0f %% sure", v->confidence * 100)) &&
           buf_add(&r->text, SV(")\n"), err);
}

static bool add_place(struct report *r, const struct result *result, struct err *err)
{
    const struct verdict *v = &result->verdict;
    struct buf label;
    if (v->excerpt.len == 0)
        return true;
    buf_init(&label, COMMON_TEXT_BYTES);
    bool ok = true;
    if (v->artifact < result->artifact_count)
        ok = buf_add(&label, result->artifacts[v->artifact].path, err) &&
             (v->line == 0 || buf_addf(&label, err, ":%" PRIu64, v->line));
    ok = ok && add_labelled(r, buf_sv(&label), v->excerpt, EXCERPT_LINES, err);
    buf_done(&label);
    return ok;
}

/* Causes beside the root that nothing explains either. */
static bool add_more(struct report *r, const struct result *result, struct err *err)
{
    const struct verdict *v = &result->verdict;
    for (size_t i = 1; v->basis == BASIS_RULE && i < v->cause_count && i <= MAX_MORE; i++) {
        const struct finding *f = &result->findings[v->causes[i]];
        char label[64];
        (void)snprintf(label, sizeof(label), "also %s", cause_kind_name(f->kind));
        if (!add_labelled(r, sv_of(label), f->summary, 1, err))
            return false;
    }
    return true;
}

static bool add_flake(struct report *r, const struct result *result, struct err *err)
{
    if (!result->verdict.flake)
        return true;
    if (result->passed_id.len > 0)
        return buf_addf(&r->text, err, "%*sflaky: the job passed on the same code, as ", INDENT,
                        "") &&
               text_add_safe(&r->text, result->passed_id, err) && buf_add_char(&r->text, '\n', err);
    if (result->counts.flaky == 0)
        return buf_addf(&r->text, err, "%*sflaky\n", INDENT, "");
    return buf_addf(&r->text, err, "%*sflaky: %" PRIu64 " test%s failed and passed\n", INDENT, "",
                    result->counts.flaky, result->counts.flaky == 1 ? "" : "s");
}

static bool add_problems(struct report *r, const struct result *result, struct err *err)
{
    for (size_t i = 0; i < result->problem_count && i < MAX_PROBLEMS; i++) {
        struct buf label;
        buf_init(&label, COMMON_TEXT_BYTES);
        const bool ok =
            buf_add(&label, SV("not read: "), err) &&
            buf_add(&label, result->problems[i].where, err) &&
            add_labelled(r, buf_sv(&label), result->problems[i].text, SUMMARY_LINES, err);
        buf_done(&label);
        if (!ok)
            return false;
    }
    return result->problem_count <= MAX_PROBLEMS ||
           buf_addf(&r->text, err, "%*snot read: %zu more\n", INDENT, "",
                    result->problem_count - MAX_PROBLEMS);
}

static bool add_verdict(struct report *r, const struct result *result, struct err *err)
{
    const struct verdict *v = &result->verdict;
    if (v->basis == BASIS_NONE)
        return true;
    if (!add_cause_line(r, v, err) || !add_labelled(r, SV(""), v->summary, SUMMARY_LINES, err) ||
        !add_place(r, result, err) || !add_more(r, result, err))
        return false;
    return true;
}

static bool add_link(struct report *r, const struct result *result, struct err *err)
{
    const size_t before = r->text.len;
    if (!buf_addf(&r->text, err, "%*s", INDENT, ""))
        return false;
    const size_t begun = r->text.len;
    if (!common_link(result, &r->text, err))
        return false;
    if (r->text.len > begun)
        return buf_add_char(&r->text, '\n', err);
    r->text.len = before;
    return true;
}

static bool count(struct report *r, const struct result *result, struct err *err)
{
    const bool failed = result->verdict.basis != BASIS_NONE;
    return (result->build.job.len == 0 ||
            strmap_put(&r->jobs, result->build.job, NULL, err) != NULL) &&
           (!failed || common_count_cause(&r->causes, &result->verdict, err));
}

static bool build(struct report *r, const struct result *result, struct err *err)
{
    if (!count(r, result, err))
        return false;
    if (!common_is_listed(&r->options, result))
        return true;
    buf_reset(&r->text);
    const bool failed = result->verdict.basis != BASIS_NONE;
    struct spool *spool = failed || r->options.all_builds ? &r->builds : &r->unread;
    return buf_add_char(&r->text, '\n', err) && add_title(r, result, err) &&
           add_verdict(r, result, err) && add_flake(r, result, err) &&
           (!failed || add_link(r, result, err)) && add_problems(r, result, err) &&
           spool_add(spool, buf_sv(&r->text), err);
}

/* ---- the end ---- */

/* A narrow terminal gets no bar, and then shorter names. */
static bool add_cause(struct report *r, const struct strmap_entry *e, uint64_t all, uint64_t most,
                      struct err *err)
{
    const struct cause_count c = common_cause_count(e);
    const size_t width = r->options.width, bar = (size_t)(c.builds * BAR_COLUMNS / most);
    const size_t names = width >= ROW_COLUMNS                    ? CAUSE_COLUMNS
                         : width > CAUSE_COLUMNS + FIXED_COLUMNS ? CAUSE_COLUMNS
                         : width > LEAST_NAME + FIXED_COLUMNS    ? width - FIXED_COLUMNS
                                                                 : LEAST_NAME;
    const bool fits = text_columns(e->key) <= names;
    const struct sv name = fits ? e->key : text_fit(e->key, names - 1);
    const size_t columns = text_columns(name) + !fits;
    if (!buf_addf(&r->text, err, "%6" PRIu64 " %4.0f %%  %.*s%.*s%*s  ", c.builds,
                  (double)c.builds * 100 / (double)all, SV_ARG(name),
                  SV_ARG(fits ? SV("") : ellipsis), (int)(names - columns), ""))
        return false;
    for (size_t k = 0; width >= ROW_COLUMNS && k < BAR_COLUMNS + 2; k++) {
        if (!buf_add(&r->text, k < (bar > 0 ? bar : 1) ? SV("\xe2\x96\x88") : SV(" "), err))
            return false;
    }
    return buf_addf(&r->text, err, "%s: %s\n", common_class(c.class_), common_advice(c.advice));
}

/* "and 30 more: clone/missing-ref 2, clone/unreachable, …" */
static bool add_rest(struct report *r, const size_t *order, size_t from, struct err *err)
{
    struct buf line;
    buf_init(&line, COMMON_TEXT_BYTES);
    bool ok = buf_addf(&line, err, "and %zu more:", r->causes.count - from);
    for (size_t i = from; ok && i < r->causes.count; i++) {
        const struct strmap_entry *e = strmap_at(&r->causes, order[i]);
        const uint64_t builds = common_cause_count(e).builds;
        ok = buf_addf(&line, err, "%s%.*s", i > from ? ", " : " ", SV_ARG(e->key)) &&
             (builds == 1 || buf_addf(&line, err, " %" PRIu64, builds));
    }
    ok = ok && add_wrapped(r, 15, REST_LINES, buf_sv(&line), err);
    buf_done(&line);
    return ok;
}

static bool add_causes(struct report *r, const struct report_totals *t, struct err *err)
{
    const size_t count = r->causes.count;
    if (count == 0 || t->reported <= 1)
        return true;
    size_t *order = calloc(count, sizeof(*order));
    if (order == NULL)
        return err_why(err, ERR_NOMEM, "no memory for a report");
    const size_t rows = count <= CAUSE_ROWS + 2 ? count : CAUSE_ROWS;
    bool ok = common_sort_causes(&r->causes, order, err) &&
              buf_addf(&r->text, err, "\n%sCauses%s\n", style(r, "\x1b[1m"), style(r, "\x1b[0m"));
    const uint64_t most = ok ? common_cause_count(strmap_at(&r->causes, order[0])).builds : 1;
    for (size_t i = 0; ok && i < rows; i++)
        ok = add_cause(r, strmap_at(&r->causes, order[i]), t->explained, most, err);
    ok = ok && (rows == count || add_rest(r, order, rows, err));
    free(order);
    return ok;
}

static bool add_sentence(struct report *r, struct err *err, const char *fmt, ...) PRINTF_LIKE(3, 4);
static bool add_sentence(struct report *r, struct err *err, const char *fmt, ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    return add_wrapped(r, 0, SUMMARY_LINES, sv_of(text), err);
}

static bool add_summary(struct report *r, const struct report_totals *t, struct err *err)
{
    struct buf lines;
    struct sv line;
    buf_init(&lines, COMMON_TEXT_BYTES);
    bool ok = common_summary(t, &lines, err);
    for (struct sv rest = buf_sv(&lines); ok && rest.len > 0 && sv_cut(&rest, '\n', &line);)
        ok = add_wrapped(r, 0, REST_LINES, line, err);
    buf_done(&lines);
    return ok;
}

/* What is missing from the report, before anything that might be taken for the whole. */
static bool add_missing(struct report *r, const struct report_totals *t, struct err *err)
{
    if (t->incomplete &&
        !add_sentence(r, err, "INCOMPLETE: stopped after %" PRIu64 " of %" PRIu64 " builds.",
                      t->reported, t->builds))
        return false;
    if (t->list_problem.len > 0) {
        struct buf line;
        buf_init(&line, COMMON_TEXT_BYTES);
        const bool ok = buf_add(&line, SV("The list of builds is not whole: "), err) &&
                        common_one_line(t->list_problem, LONG_TEXT, &line, err) &&
                        add_wrapped(r, 0, REST_LINES, buf_sv(&line), err);
        buf_done(&line);
        if (!ok)
            return false;
    }
    if (t->unreadable > 0 &&
        !add_sentence(r, err, "Not read at all: %" PRIu64 " build%s, named below.", t->unreadable,
                      t->unreadable == 1 ? "" : "s"))
        return false;
    if (t->problems > t->unreadable &&
        !add_sentence(r, err, "Not read whole: %" PRIu64 " file%s, named below (\"not read\").",
                      t->problems - t->unreadable, t->problems - t->unreadable == 1 ? "" : "s"))
        return false;
    for (size_t i = 0; i < t->host_count; i++) {
        struct buf label;
        buf_init(&label, COMMON_TEXT_BYTES);
        const bool ok =
            buf_addf(&label, err,
                     "Left alone after %" PRIu64 " refused requests: ", t->hosts[i].refused) &&
            common_one_line(t->hosts[i].host, LONG_TEXT, &label, err) &&
            buf_add(&label, SV(": "), err) &&
            common_one_line(t->hosts[i].reason, LONG_TEXT, &label, err) &&
            add_wrapped(r, 0, SUMMARY_LINES, buf_sv(&label), err);
        buf_done(&label);
        if (!ok)
            return false;
    }
    return true;
}

static bool add_section(struct report *r, const char *title, struct spool *spool, struct err *err)
{
    buf_reset(&r->text);
    return spool->file == NULL ||
           (buf_addf(&r->text, err, "\n%s%s%s\n", style(r, "\x1b[1m"), title,
                     style(r, "\x1b[0m")) &&
            r->out.write(r->out.user, buf_sv(&r->text), err) && spool_copy(spool, &r->out, err));
}

static bool end(struct report *r, const struct report_totals *t, struct err *err)
{
    struct buf headline;
    buf_reset(&r->text);
    buf_init(&headline, COMMON_TEXT_BYTES);
    bool ok = common_headline(t, r->jobs.count, &headline, err) &&
              buf_addf(&r->text, err, "%s", style(r, "\x1b[1m")) &&
              add_wrapped(r, 0, REST_LINES, buf_sv(&headline), err) &&
              buf_addf(&r->text, err, "%s", style(r, "\x1b[0m"));
    buf_done(&headline);
    return ok && add_summary(r, t, err) && add_missing(r, t, err) && add_causes(r, t, err) &&
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

extern const struct report_format report_text;
const struct report_format report_text = {
    .name = "text",
    .summary = "for a person at a terminal",
    .suffix = ".txt",
    .begin = begin,
    .build = build,
    .end = end,
    .free = release,
};
