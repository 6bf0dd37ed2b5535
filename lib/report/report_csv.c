#include "base/text.h"
#include "base/timefmt.h"
#include "report/common.h"

#include <inttypes.h>
#include <stdlib.h>

/* RFC 4180: CRLF line ends, every text in quotes. A text that a spreadsheet would take for a
 * formula gets an apostrophe in front. */

struct report {
    struct report_out out;
    struct buf text;
};

static bool add_cell(struct report *r, struct sv value, struct err *err)
{
    struct buf safe;
    buf_init(&safe, COMMON_TEXT_BYTES);
    bool ok = text_add_safe(&safe, sv_head(value, 32000), err) && buf_add(&r->text, SV("\""), err);
    if (ok && safe.len > 0 && strchr("=+-@", safe.data[0]) != NULL)
        ok = buf_add_char(&r->text, '\'', err);
    for (size_t i = 0; ok && i < safe.len; i++)
        ok = (safe.data[i] != '"' || buf_add_char(&r->text, '"', err)) &&
             buf_add_char(&r->text, safe.data[i], err);
    ok = ok && buf_add(&r->text, SV("\","), err);
    buf_done(&safe);
    return ok;
}

static bool end_row(struct report *r, struct err *err)
{
    r->text.len--; /* the last comma */
    const bool ok =
        buf_add(&r->text, SV("\r\n"), err) && r->out.write(r->out.user, buf_sv(&r->text), err);
    buf_reset(&r->text);
    return ok;
}

static struct report *begin(const struct report_options *options, const struct report_out *out,
                            struct err *err)
{
    static const char *const columns[] = {
        "job",        "build",    "type",  "result",  "kind",     "detail", "class",   "advice",
        "confidence", "infra",    "flake", "summary", "artifact", "line",   "excerpt", "signature",
        "started",    "finished", "tests", "failed",  "flaky",    "url"};
    struct report *r = calloc(1, sizeof(*r));
    (void)options;
    if (r == NULL) {
        (void)err_why(err, ERR_NOMEM, "no memory for a report");
        return NULL;
    }
    r->out = *out;
    buf_init(&r->text, COMMON_TEXT_BYTES);
    bool ok = true;
    for (size_t i = 0; ok && i < COUNT_OF(columns); i++)
        ok = buf_addf(&r->text, err, "%s,", columns[i]);
    if (ok && end_row(r, err))
        return r;
    buf_done(&r->text);
    free(r);
    return NULL;
}

static bool build(struct report *r, const struct result *result, struct err *err)
{
    char started[TIME_TEXT_BYTES], finished[TIME_TEXT_BYTES];
    const struct verdict *v = &result->verdict;
    const struct build *b = &result->build;
    const bool told = v->basis != BASIS_NONE;
    const struct sv path =
        v->artifact < result->artifact_count ? result->artifacts[v->artifact].path : SV("");
    (void)time_text(b->started_ms, started);
    (void)time_text(b->finished_ms, finished);
    return add_cell(r, b->job, err) && add_cell(r, b->id, err) &&
           add_cell(r, sv_of(build_type_name(b->type)), err) &&
           add_cell(r, sv_of(outcome_name(v->outcome)), err) &&
           add_cell(r, told ? sv_of(cause_kind_name(v->kind)) : SV(""), err) &&
           add_cell(r, v->detail, err) &&
           add_cell(r, told ? sv_of(cause_class_name(v->class_)) : SV(""), err) &&
           add_cell(r, told ? sv_of(cause_advice_name(v->advice)) : SV(""), err) &&
           buf_addf(&r->text, err, "%.2f,%d,%d,", v->confidence, v->infra, v->flake) &&
           add_cell(r, v->summary, err) && add_cell(r, path, err) &&
           buf_addf(&r->text, err, "%" PRIu64 ",", v->line) && add_cell(r, v->excerpt, err) &&
           add_cell(r, sv_of(v->signature), err) && add_cell(r, sv_of(started), err) &&
           add_cell(r, sv_of(finished), err) &&
           buf_addf(&r->text, err, "%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",", result->counts.total,
                    result->counts.failed + result->counts.errored, result->counts.flaky) &&
           add_cell(r, b->url, err) && end_row(r, err);
}

static bool end(struct report *r, const struct report_totals *t, struct err *err)
{
    (void)r;
    (void)t;
    (void)err;
    return true;
}

static void release(struct report *r)
{
    if (r == NULL)
        return;
    buf_done(&r->text);
    free(r);
}

extern const struct report_format report_csv;
const struct report_format report_csv = {
    .name = "csv",
    .summary = "a table, one row a build",
    .suffix = ".csv",
    .begin = begin,
    .build = build,
    .end = end,
    .free = release,
};
