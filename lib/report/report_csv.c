#include "base/timefmt.h"
#include "report/common.h"

#include <inttypes.h>
#include <stdlib.h>

/* RFC 4180: CRLF line ends, every text in quotes, a row a build, new columns before the last. A text
 * that a spreadsheet would take for a formula gets an apostrophe in front. */

struct report {
    struct report_out out;
    struct buf text;
};

/* A spreadsheet looks past blanks, and takes the wide forms of these for the same. */
static bool is_formula(struct sv text)
{
    static const struct sv signs[] = {SV_INIT("="),
                                      SV_INIT("+"),
                                      SV_INIT("-"),
                                      SV_INIT("@"),
                                      SV_INIT("\xef\xbc\x9d"),
                                      SV_INIT("\xef\xbc\x8b"),
                                      SV_INIT("\xef\xbc\x8d"),
                                      SV_INIT("\xef\xbc\xa0")};
    const struct sv rest = sv_trim(text);
    for (size_t i = 0; i < COUNT_OF(signs); i++) {
        if (sv_starts(rest, signs[i]))
            return true;
    }
    return false;
}

static bool add_cell(struct report *r, struct sv value, struct err *err)
{
    enum { CELL_BYTES = 32000 }; /* a spreadsheet's cell ends at 32,767 characters */
    struct buf safe;
    buf_init(&safe, COMMON_TEXT_BYTES);
    bool ok = common_one_line(value, CELL_BYTES, &safe, err) && buf_add_char(&r->text, '"', err);
    if (ok && is_formula(buf_sv(&safe)))
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
        "job",        "build",    "type",  "result",   "kind",     "detail", "class",   "advice",
        "confidence", "infra",    "flake", "summary",  "artifact", "line",   "excerpt", "signature",
        "started",    "finished", "tests", "failed",   "flaky",    "repo",   "pull",    "cluster",
        "profile",    "target",   "step",  "problems", "problem",  "url"};
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

/* What there is nothing to say about is an empty cell. */
static bool add_number(struct report *r, bool known, uint64_t value, struct err *err)
{
    return known ? buf_addf(&r->text, err, "%" PRIu64 ",", value)
                 : buf_add_char(&r->text, ',', err);
}

static bool add_verdict(struct report *r, const struct result *result, struct err *err)
{
    const struct verdict *v = &result->verdict;
    const bool told = v->basis != BASIS_NONE;
    const struct sv path =
        v->artifact < result->artifact_count ? result->artifacts[v->artifact].path : SV("");
    return add_cell(r, sv_of(outcome_name(v->outcome)), err) &&
           add_cell(r, told ? sv_of(cause_kind_name(v->kind)) : SV(""), err) &&
           add_cell(r, v->detail, err) &&
           add_cell(r, told ? sv_of(cause_class_name(v->class_)) : SV(""), err) &&
           add_cell(r, told ? sv_of(cause_advice_name(v->advice)) : SV(""), err) &&
           (told ? buf_addf(&r->text, err, "%.2f,%d,%d,", v->confidence, v->infra, v->flake)
                 : buf_addf(&r->text, err, ",0,%d,", v->flake)) &&
           add_cell(r, v->summary, err) && add_cell(r, path, err) &&
           add_number(r, v->line > 0, v->line, err) && add_cell(r, v->excerpt, err) &&
           add_cell(r, sv_of(v->signature), err);
}

static bool add_origin(struct report *r, const struct build *b, struct sv step, struct err *err)
{
    struct buf repo;
    const struct refs *refs = build_main_refs(b);
    buf_init(&repo, COMMON_TEXT_BYTES);
    const bool ok = (refs->org.len == 0 ||
                     buf_addf(&repo, err, "%.*s/%.*s", SV_ARG(refs->org), SV_ARG(refs->repo))) &&
                    add_cell(r, buf_sv(&repo), err) &&
                    add_number(r, b->refs.pull_count > 0,
                               b->refs.pull_count > 0 ? b->refs.pulls[0].number : 0, err) &&
                    add_cell(r, b->cluster, err) && add_cell(r, b->profile, err) &&
                    add_cell(r, b->target, err) && add_cell(r, step, err);
    buf_done(&repo);
    return ok;
}

static bool add_problem(struct report *r, const struct result *result, struct err *err)
{
    struct buf text;
    buf_init(&text, COMMON_TEXT_BYTES);
    const bool ok = (result->problem_count == 0 ||
                     buf_addf(&text, err, "%.*s: %.*s", SV_ARG(result->problems[0].where),
                              SV_ARG(result->problems[0].text))) &&
                    add_number(r, true, result->problem_count, err) &&
                    add_cell(r, buf_sv(&text), err);
    buf_done(&text);
    return ok;
}

static bool build(struct report *r, const struct result *result, struct err *err)
{
    char started[TIME_TEXT_BYTES], finished[TIME_TEXT_BYTES];
    const struct build *b = &result->build;
    const struct test_counts *c = &result->counts;
    (void)time_text(common_started(result), started);
    (void)time_text(common_finished(result), finished);
    return add_cell(r, b->job, err) && add_cell(r, b->id, err) &&
           add_cell(r, sv_of(build_type_name(b->type)), err) && add_verdict(r, result, err) &&
           add_cell(r, sv_of(started), err) && add_cell(r, sv_of(finished), err) &&
           add_number(r, true, c->total, err) && add_number(r, true, c->failed + c->errored, err) &&
           add_number(r, true, c->flaky, err) && add_origin(r, b, result->verdict.step, err) &&
           add_problem(r, result, err) && add_cell(r, b->url, err) && end_row(r, err);
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
