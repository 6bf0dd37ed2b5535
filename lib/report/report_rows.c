#include "base/text.h"
#include "base/timefmt.h"
#include "report/common.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* go_scrape_prow's rows for people, one block a build in its order, with every value filled in. */

struct report {
    struct report_options options;
    struct report_out out;
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
    buf_init(&r->text, COMMON_TEXT_BYTES);
    return r;
}

static bool row(struct report *r, const char *name, struct sv value, struct err *err)
{
    enum { VALUE_BYTES = 8192 };
    return buf_addf(&r->text, err, "%-14s ", name) &&
           common_one_line(value.len > 0 ? value : SV("-"), VALUE_BYTES, &r->text, err) &&
           buf_add_char(&r->text, '\n', err);
}

static bool add_links(struct report *r, const struct build *b, struct err *err)
{
    struct buf yaml, artifacts;
    buf_init(&yaml, COMMON_TEXT_BYTES);
    buf_init(&artifacts, COMMON_TEXT_BYTES);
    const bool ok = common_yaml_link(b, &yaml, err) &&
                    common_artifacts_link(&r->options, b, &artifacts, err) &&
                    row(r, "log_url", b->url, err) && row(r, "log_yaml", buf_sv(&yaml), err) &&
                    row(r, "log_artifacts", buf_sv(&artifacts), err);
    buf_done(&yaml);
    buf_done(&artifacts);
    return ok;
}

static bool add_times(struct report *r, int64_t started, int64_t finished, struct err *err)
{
    char text[TIME_TEXT_BYTES];
    return row(r, "start_time", sv_of(time_text(started, text)), err) &&
           row(r, "end_time", sv_of(time_text(finished, text)), err);
}

static bool add_duration(struct report *r, int64_t started, int64_t finished, struct err *err)
{
    char text[TIME_TEXT_BYTES];
    const bool both = started != 0 && finished > started;
    return row(r, "duration", both ? sv_of(time_duration_text(finished - started, text)) : SV(""),
               err);
}

/* The address of the first pull, and the numbers of a batch's others. */
static bool add_pull(struct report *r, const struct build *b, struct err *err)
{
    struct buf text;
    buf_init(&text, COMMON_TEXT_BYTES);
    bool ok = common_pull_link(b, &text, err);
    for (size_t i = 1; ok && i < b->refs.pull_count; i++)
        ok = buf_addf(&text, err, " %" PRIu64, b->refs.pulls[i].number);
    ok = ok && row(r, "pull_request", buf_sv(&text), err);
    buf_done(&text);
    return ok;
}

static bool add_repo(struct report *r, const struct build *b, struct err *err)
{
    struct buf text;
    const struct refs *refs = build_main_refs(b);
    buf_init(&text, COMMON_TEXT_BYTES);
    bool ok = refs->org.len == 0 ||
              buf_addf(&text, err, "%.*s/%.*s", SV_ARG(refs->org), SV_ARG(refs->repo));
    ok = ok && row(r, "repo", buf_sv(&text), err);
    buf_done(&text);
    return ok;
}

static bool add_cause(struct report *r, const struct verdict *v, struct err *err)
{
    struct buf text;
    buf_init(&text, COMMON_TEXT_BYTES);
    bool ok = v->basis == BASIS_NONE ||
              (common_cause(v, &text, err) && buf_addf(&text, err, ": %.*s", SV_ARG(v->summary)));
    ok = ok && row(r, "cause", buf_sv(&text), err);
    buf_done(&text);
    return ok;
}

static bool add_flake(struct report *r, const struct result *result, struct err *err)
{
    char text[128] = "";
    const enum flake flake = common_flake(result);
    if (result->verdict.outcome == OUTCOME_FAILED)
        (void)snprintf(text, sizeof(text), "%s%s", flake == FLAKE_NO ? "" : "yes, ",
                       common_flake_text(flake));
    return row(r, "flake", sv_of(text), err);
}

static bool build(struct report *r, const struct result *result, struct err *err)
{
    const struct build *b = &result->build;
    const int64_t started = common_started(result), finished = common_finished(result);
    buf_reset(&r->text);
    return row(r, "id", b->id, err) && row(r, "state", common_state(result), err) &&
           buf_addf(&r->text, err, "%-14s %d\n", "state_int", common_state_int(result)) &&
           add_links(r, b, err) && add_times(r, started, finished, err) &&
           row(r, "name", b->job, err) && add_pull(r, b, err) &&
           add_duration(r, started, finished, err) && add_repo(r, b, err) &&
           row(r, "target", b->target, err) && row(r, "profile", b->profile, err) &&
           add_flake(r, result, err) && add_cause(r, &result->verdict, err) &&
           buf_add_char(&r->text, '\n', err) && r->out.write(r->out.user, buf_sv(&r->text), err);
}

static bool end(struct report *r, const struct report_totals *t, struct err *err)
{
    buf_reset(&r->text);
    if (t->list_problem.len > 0 &&
        (!buf_add(&r->text, SV("The list of builds is not whole: "), err) ||
         !common_one_line(t->list_problem, 4096, &r->text, err) ||
         !buf_add_char(&r->text, '\n', err)))
        return false;
    if (t->incomplete &&
        !buf_addf(&r->text, err, "INCOMPLETE: stopped after %" PRIu64 " of %" PRIu64 " builds.\n",
                  t->reported, t->builds))
        return false;
    return common_headline(t, 0, &r->text, err) && buf_add_char(&r->text, '\n', err) &&
           r->out.write(r->out.user, buf_sv(&r->text), err);
}

static void release(struct report *r)
{
    if (r == NULL)
        return;
    buf_done(&r->text);
    free(r);
}

extern const struct report_format report_rows;
const struct report_format report_rows = {
    .name = "rows",
    .summary = "a block of rows a build, as go_scrape_prow printed for people",
    .suffix = ".txt",
    .begin = begin,
    .build = build,
    .end = end,
    .free = release,
};
