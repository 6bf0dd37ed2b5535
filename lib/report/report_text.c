#include "base/text.h"
#include "report/common.h"
#include "report/spool.h"

#include <inttypes.h>
#include <stdlib.h>

/* Text for a person at a terminal: totals, the commonest causes, then each failed build. */

enum { INDENT = 4, DEFAULT_WIDTH = 100, BAR_COLUMNS = 24, MAX_PROBLEMS = 3 };

struct report {
    struct report_options options;
    struct report_out out;
    struct spool spool;
    struct strmap causes;
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
    if (r->options.width == 0)
        r->options.width = DEFAULT_WIDTH;
    strmap_init(&r->causes, COMMON_TEXT_BYTES);
    buf_init(&r->text, COMMON_TEXT_BYTES);
    return r;
}

static const char *style(const struct report *r, const char *code)
{
    return r->options.colour ? code : "";
}

/* A line of text, cut to the width with an ellipsis. */
static bool add_line(struct report *r, size_t indent, struct sv text, struct err *err)
{
    struct buf safe;
    buf_init(&safe, COMMON_TEXT_BYTES);
    bool ok = text_add_safe(&safe, sv_trim(sv_head(text, 4096)), err);
    const struct sv shown = buf_sv(&safe);
    const size_t room = r->options.width > indent ? r->options.width - indent : 1;
    const bool fits = text_columns(shown) <= room;
    const struct sv part = fits ? shown : text_fit(shown, room - 1);
    ok = ok && buf_addf(&r->text, err, "%*s%.*s%s\n", (int)indent, "", SV_ARG(part),
                        fits ? "" : "\xe2\x80\xa6");
    buf_done(&safe);
    return ok;
}

static bool add_title(struct report *r, const struct result *result, struct err *err)
{
    static const char *const colours[CLASS_COUNT] = {
        [CLASS_UNKNOWN] = "\x1b[35m", [CLASS_INFRA] = "\x1b[33m", [CLASS_TEST] = "\x1b[31m",
        [CLASS_BUILD] = "\x1b[31m",   [CLASS_LINT] = "\x1b[36m",  [CLASS_CONFIG] = "\x1b[33m",
        [CLASS_PRODUCT] = "\x1b[31m"};
    const struct verdict *v = &result->verdict;
    if (v->basis == BASIS_NONE)
        return common_build_name(&result->build, &r->text, err) &&
               buf_addf(&r->text, err, "  %s\n", outcome_name(v->outcome));
    if (!buf_addf(&r->text, err, "%s", style(r, "\x1b[1m")) ||
        !common_build_name(&result->build, &r->text, err) ||
        !buf_addf(&r->text, err, "%s  %s", style(r, "\x1b[0m"), style(r, colours[v->class_])) ||
        !common_cause(v, &r->text, err))
        return false;
    if (v->basis == BASIS_RULE &&
        !buf_addf(&r->text, err, "%s  [%s, %s, %.0f %%]", style(r, "\x1b[0m"),
                  cause_class_name(v->class_), cause_advice_name(v->advice), v->confidence * 100))
        return false;
    return buf_addf(&r->text, err, "%s%s\n", style(r, "\x1b[0m"), v->flake ? "  flaky" : "");
}

static bool add_place(struct report *r, const struct result *result, struct err *err)
{
    const struct verdict *v = &result->verdict;
    struct buf line;
    if (v->artifact >= result->artifact_count || v->excerpt.len == 0)
        return v->excerpt.len == 0 || add_line(r, INDENT, v->excerpt, err);
    const struct sv path = result->artifacts[v->artifact].path;
    buf_init(&line, COMMON_TEXT_BYTES);
    bool ok = v->line > 0 ? buf_addf(&line, err, "%.*s:%" PRIu64 ": ", SV_ARG(path), v->line)
                          : buf_addf(&line, err, "%.*s: ", SV_ARG(path));
    ok = ok && buf_add(&line, sv_trim(v->excerpt), err) && add_line(r, INDENT, buf_sv(&line), err);
    buf_done(&line);
    return ok;
}

static bool add_more(struct report *r, const struct result *result, struct err *err)
{
    const struct verdict *v = &result->verdict;
    for (size_t i = 1; i < v->cause_count && i < 4; i++) {
        const struct finding *f = &result->findings[v->causes[i]];
        struct buf line;
        buf_init(&line, COMMON_TEXT_BYTES);
        const bool ok = buf_addf(&line, err, "also %s: ", cause_kind_name(f->kind)) &&
                        buf_add(&line, f->summary, err) && add_line(r, INDENT, buf_sv(&line), err);
        buf_done(&line);
        if (!ok)
            return false;
    }
    return true;
}

static bool add_problems(struct report *r, const struct result *result, struct err *err)
{
    for (size_t i = 0; i < result->problem_count && i < MAX_PROBLEMS; i++) {
        struct buf line;
        buf_init(&line, COMMON_TEXT_BYTES);
        const bool ok =
            buf_addf(&line, err, "not read: %.*s: %.*s", SV_ARG(result->problems[i].where),
                     SV_ARG(result->problems[i].text)) &&
            add_line(r, INDENT, buf_sv(&line), err);
        buf_done(&line);
        if (!ok)
            return false;
    }
    return result->problem_count <= MAX_PROBLEMS ||
           buf_addf(&r->text, err, "%*s%zu more problems\n", INDENT, "",
                    result->problem_count - MAX_PROBLEMS);
}

static bool build(struct report *r, const struct result *result, struct err *err)
{
    const struct verdict *v = &result->verdict;
    struct buf link;
    if (v->basis != BASIS_NONE && !common_count_cause(&r->causes, v, err))
        return false;
    if (!common_is_listed(&r->options, result))
        return true;
    buf_reset(&r->text);
    if (!add_title(r, result, err))
        return false;
    if (v->basis != BASIS_NONE) {
        buf_init(&link, COMMON_TEXT_BYTES);
        bool ok = add_line(r, INDENT, v->summary, err) && add_place(r, result, err) &&
                  add_more(r, result, err) && common_link(result, &link, err) &&
                  (link.len == 0 ||
                   buf_addf(&r->text, err, "%*s%.*s\n", INDENT, "", SV_ARG(buf_sv(&link))));
        buf_done(&link);
        if (!ok)
            return false;
    }
    return add_problems(r, result, err) && buf_add_char(&r->text, '\n', err) &&
           spool_add(&r->spool, buf_sv(&r->text), err);
}

static bool add_causes(struct report *r, struct err *err)
{
    size_t *order = calloc(r->causes.count + 1, sizeof(*order));
    if (order == NULL)
        return err_why(err, ERR_NOMEM, "no memory for a report");
    common_sort_causes(&r->causes, order);
    bool ok = r->causes.count == 0 || buf_add(&r->text, SV("\nCauses\n"), err);
    const uint64_t most = r->causes.count > 0 ? strmap_at(&r->causes, order[0])->value : 1;
    for (size_t i = 0; ok && i < r->causes.count; i++) {
        const struct strmap_entry *e = strmap_at(&r->causes, order[i]);
        const size_t bar = (size_t)(e->value * BAR_COLUMNS / most);
        ok = buf_addf(&r->text, err, "%6" PRIu64 "  %-40.*s ", e->value, SV_ARG(e->key));
        for (size_t k = 0; ok && k < (bar > 0 ? bar : 1); k++)
            ok = buf_add(&r->text, SV("\xe2\x96\x88"), err);
        ok = ok && buf_add_char(&r->text, '\n', err);
    }
    free(order);
    return ok;
}

static bool add_run(struct report *r, const struct report_totals *t, struct err *err)
{
    if (t->unreadable > 0 &&
        !buf_addf(&r->text, err, "%" PRIu64 " builds could not be read\n", t->unreadable))
        return false;
    if (t->list_problem.len > 0 && !add_line(r, 0, t->list_problem, err))
        return false;
    if (t->incomplete &&
        !buf_addf(&r->text, err, "Incomplete: stopped after %" PRIu64 " of %" PRIu64 " builds\n",
                  t->reported, t->builds))
        return false;
    for (size_t i = 0; i < t->host_count; i++) {
        if (!buf_addf(&r->text, err, "Left alone: %.*s: %.*s\n", SV_ARG(t->hosts[i].host),
                      SV_ARG(t->hosts[i].reason)))
            return false;
    }
    return true;
}

static bool end(struct report *r, const struct report_totals *t, struct err *err)
{
    buf_reset(&r->text);
    if (!common_headline(t, &r->text, err) || !buf_add_char(&r->text, '\n', err) ||
        !add_run(r, t, err) || !add_causes(r, err) || !buf_add_char(&r->text, '\n', err))
        return false;
    return r->out.write(r->out.user, buf_sv(&r->text), err) && spool_copy(&r->spool, &r->out, err);
}

static void release(struct report *r)
{
    if (r == NULL)
        return;
    spool_done(&r->spool);
    strmap_done(&r->causes);
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
