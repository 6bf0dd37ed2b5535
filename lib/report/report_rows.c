#include "base/text.h"
#include "base/timefmt.h"
#include "report/common.h"

#include <inttypes.h>
#include <stdlib.h>

/* The predecessor's rows for people, one block a build, with every value filled in. */

struct report {
    struct report_out out;
    struct buf text;
};

static struct report *begin(const struct report_options *options, const struct report_out *out,
                            struct err *err)
{
    struct report *r = calloc(1, sizeof(*r));
    (void)options;
    if (r == NULL) {
        (void)err_why(err, ERR_NOMEM, "no memory for a report");
        return NULL;
    }
    r->out = *out;
    buf_init(&r->text, COMMON_TEXT_BYTES);
    return r;
}

static bool row(struct report *r, const char *name, struct sv value, struct err *err)
{
    return buf_addf(&r->text, err, "%-14s ", name) &&
           text_add_safe(&r->text, value.len > 0 ? value : SV("-"), err) &&
           buf_add_char(&r->text, '\n', err);
}

static int state_int(const struct verdict *v)
{
    switch (v->outcome) {
    case OUTCOME_PASSED:
        return 0;
    case OUTCOME_RUNNING:
        return 1;
    case OUTCOME_FAILED:
        return v->flake || v->infra ? 4 : 2;
    case OUTCOME_ABORTED:
        return 3;
    default:
        return 10;
    }
}

static bool add_links(struct report *r, const struct build *b, struct err *err)
{
    struct buf text;
    buf_init(&text, COMMON_TEXT_BYTES);
    bool ok = b->deck.len == 0 || b->name.len == 0 ||
              buf_addf(&text, err, "%.*s/prowjob?prowjob=%.*s", SV_ARG(b->deck), SV_ARG(b->name));
    ok = ok && row(r, "log_url", b->url, err) && row(r, "log_yaml", buf_sv(&text), err);
    buf_reset(&text);
    ok = ok &&
         (b->key.len == 0 ||
          (b->store != STORE_GS && b->store != STORE_S3
               ? buf_add(&text, b->key, err)
               : buf_addf(&text, err, "%s://%.*s/%.*s", build_store_name(b->store),
                          SV_ARG(b->bucket), SV_ARG(b->key)))) &&
         row(r, "log_artifacts", buf_sv(&text), err);
    buf_done(&text);
    return ok;
}

static bool add_times(struct report *r, const struct build *b, struct err *err)
{
    char text[TIME_TEXT_BYTES];
    const bool both = b->started_ms != 0 && b->finished_ms > b->started_ms;
    return row(r, "start_time", sv_of(time_text(b->started_ms, text)), err) &&
           row(r, "end_time", sv_of(time_text(b->finished_ms, text)), err) &&
           row(r, "duration",
               both ? sv_of(time_duration_text(b->finished_ms - b->started_ms, text)) : SV(""),
               err);
}

static bool add_repo(struct report *r, const struct build *b, struct err *err)
{
    struct buf text;
    const struct refs *refs = build_main_refs(b);
    buf_init(&text, COMMON_TEXT_BYTES);
    bool ok = refs->org.len == 0 ||
              buf_addf(&text, err, "%.*s/%.*s", SV_ARG(refs->org), SV_ARG(refs->repo));
    ok = ok && row(r, "repo", buf_sv(&text), err);
    buf_reset(&text);
    for (size_t i = 0; ok && i < b->refs.pull_count; i++)
        ok = buf_addf(&text, err, "%s%" PRIu64, i > 0 ? " " : "", b->refs.pulls[i].number);
    ok = ok && row(r, "pull_request", buf_sv(&text), err);
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

static bool build(struct report *r, const struct result *result, struct err *err)
{
    const struct build *b = &result->build;
    const struct verdict *v = &result->verdict;
    const struct sv state = b->state_text.len > 0       ? b->state_text
                            : b->state != STATE_UNKNOWN ? sv_of(build_state_name(b->state))
                                                        : sv_of(outcome_name(v->outcome));
    buf_reset(&r->text);
    return row(r, "id", b->id, err) && row(r, "name", b->job, err) && row(r, "state", state, err) &&
           buf_addf(&r->text, err, "%-14s %d\n", "state_int", state_int(v)) &&
           add_links(r, b, err) && add_times(r, b, err) && add_repo(r, b, err) &&
           row(r, "target", b->target, err) && row(r, "profile", b->profile, err) &&
           row(r, "flake", v->flake ? SV("yes") : SV("no"), err) &&
           row(r, "infra", v->infra ? SV("yes") : SV("no"), err) && add_cause(r, v, err) &&
           buf_add_char(&r->text, '\n', err) && r->out.write(r->out.user, buf_sv(&r->text), err);
}

static bool end(struct report *r, const struct report_totals *t, struct err *err)
{
    buf_reset(&r->text);
    return common_headline(t, &r->text, err) && buf_add_char(&r->text, '\n', err) &&
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
    .summary = "a block of rows a build, as the predecessor printed for people",
    .suffix = ".txt",
    .begin = begin,
    .build = build,
    .end = end,
    .free = release,
};
