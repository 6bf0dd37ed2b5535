#include "base/timefmt.h"
#include "report/line_protocol.h"
#include "report/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * InfluxDB line protocol: a ci_build a finished build, a ci_failure a failed one, a ci_test a
 * failed or flaky test. Tags are bounded sets; what is unbounded is a field. --schema legacy writes
 * the predecessor's measurement `build` (prow.md section 8), its tags and fields of one name,
 * escaped.
 */

enum { TEXT_BYTES = 64 * 1024 * 1024, MAX_TESTS = 200 };

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
    buf_init(&r->text, TEXT_BYTES);
    return r;
}

static int64_t started_of(const struct result *result)
{
    const struct build *b = &result->build;
    return b->started_ms != 0              ? b->started_ms
           : result->claim.started_ms != 0 ? result->claim.started_ms
                                           : build_id_time(b->id);
}

static int64_t finished_of(const struct result *result)
{
    return result->build.finished_ms != 0 ? result->build.finished_ms : result->claim.finished_ms;
}

static struct sv result_name(enum outcome outcome)
{
    return outcome == OUTCOME_PASSED    ? SV("success")
           : outcome == OUTCOME_FAILED  ? SV("failure")
           : outcome == OUTCOME_ABORTED ? SV("aborted")
                                        : SV("error");
}

static bool common_tags(struct lp_line *l, const struct result *result, struct err *err)
{
    const struct build *b = &result->build;
    const struct refs *refs = build_main_refs(b);
    return lp_tag(l, "cluster", b->cluster, err) && lp_tag(l, "job", b->job, err) &&
           lp_tag(l, "org", refs->org, err) && lp_tag(l, "profile", b->profile, err) &&
           lp_tag(l, "provider", b->provider, err) && lp_tag(l, "repo", refs->repo, err) &&
           lp_tag(l, "result", result_name(result->verdict.outcome), err) &&
           lp_tag(l, "type", sv_of(build_type_name(b->type)), err);
}

static bool add_build(struct report *r, const struct result *result, int64_t at, struct err *err)
{
    struct lp_line l;
    const struct build *b = &result->build;
    const struct test_counts *c = &result->counts;
    const int64_t finished = finished_of(result), started = started_of(result);
    const bool failed = result->verdict.basis != BASIS_NONE;
    return lp_begin(&l, &r->text, SV("ci_build"), err) &&
           (!failed || lp_tag(&l, "class", sv_of(cause_class_name(result->verdict.class_)), err)) &&
           common_tags(&l, result, err) && lp_text(&l, "build_id", b->id, err) &&
           (finished <= started ||
            lp_real(&l, "duration_s", (double)(finished - started) / 1000, err)) &&
           lp_int(&l, "failed", (int64_t)(c->failed + c->errored), err) &&
           lp_bool(&l, "flake", result->verdict.flake, err) &&
           lp_int(&l, "flaky", (int64_t)c->flaky, err) &&
           lp_bool(&l, "infra", result->verdict.infra, err) &&
           (b->refs.pull_count == 0 || lp_int(&l, "pull", (int64_t)b->refs.pulls[0].number, err)) &&
           lp_int(&l, "tests", (int64_t)c->total, err) && lp_text(&l, "url", b->url, err) &&
           lp_end(&l, at, err);
}

static bool add_failure(struct report *r, const struct result *result, int64_t at, struct err *err)
{
    struct lp_line l;
    const struct verdict *v = &result->verdict;
    const struct build *b = &result->build;
    const struct sv rule = v->cause_count > 0 ? result->findings[v->causes[0]].id : SV("");
    return lp_begin(&l, &r->text, SV("ci_failure"), err) &&
           lp_tag(&l, "advice", sv_of(cause_advice_name(v->advice)), err) &&
           lp_tag(&l, "class", sv_of(cause_class_name(v->class_)), err) &&
           lp_tag(&l, "job", b->job, err) &&
           lp_tag(&l, "kind", sv_of(cause_kind_name(v->kind)), err) &&
           lp_tag(&l, "provider", b->provider, err) && lp_tag(&l, "rule", rule, err) &&
           lp_text(&l, "build_id", b->id, err) && lp_real(&l, "confidence", v->confidence, err) &&
           lp_text(&l, "detail", v->detail, err) && lp_int(&l, "line", (int64_t)v->line, err) &&
           lp_text(&l, "signature", sv_of(v->signature), err) &&
           lp_text(&l, "summary", v->summary, err) && lp_end(&l, at, err);
}

static bool add_tests(struct report *r, const struct result *result, int64_t at, struct err *err)
{
    const struct build *b = &result->build;
    size_t told = 0;
    for (size_t i = 0; i < result->test_count && told < MAX_TESTS; i++) {
        struct lp_line l;
        const struct test_result *t = &result->tests[i];
        if (t->outcome == TEST_PASSED || t->outcome == TEST_SKIPPED)
            continue;
        /* Several tests of a build share its tags: a nanosecond apart, they stay apart. */
        if (!lp_begin(&l, &r->text, SV("ci_test"), err) || !lp_tag(&l, "job", b->job, err) ||
            !lp_tag(&l, "outcome", sv_of(test_outcome_name(t->outcome)), err) ||
            !lp_tag(&l, "provider", b->provider, err) || !lp_text(&l, "build_id", b->id, err) ||
            (t->duration_ms >= 0 && !lp_int(&l, "duration_ms", t->duration_ms, err)) ||
            !lp_text(&l, "suite", t->suite, err) || !lp_text(&l, "test", t->name, err) ||
            !lp_end(&l, at + (int64_t)told, err))
            return false;
        told++;
    }
    return true;
}

/* ---- the predecessor's ---- */

static int state_int(const struct result *result)
{
    switch (result->verdict.outcome) {
    case OUTCOME_PASSED:
        return 0;
    case OUTCOME_RUNNING:
        return 1;
    case OUTCOME_FAILED:
        return result->verdict.flake || result->verdict.infra ? 4 : 2;
    case OUTCOME_ABORTED:
        return 3;
    default:
        return 10;
    }
}

static struct sv state_text(const struct result *result)
{
    static const struct sv names[] = {SV_INIT("success"), SV_INIT("pending"), SV_INIT("failure"),
                                      SV_INIT("aborted"), SV_INIT("flake")};
    const int state = state_int(result);
    return state < 5 ? names[state] : sv_of(build_state_name(result->build.state));
}

static bool legacy_pairs(struct lp_line *l, const struct result *result, bool tags, struct err *err)
{
    char start[TIME_TEXT_BYTES], stop[TIME_TEXT_BYTES], pull[32] = "not_found", number[32];
    const struct build *b = &result->build;
    const int64_t started = started_of(result), finished = finished_of(result);
    const int64_t seconds = finished > started ? (finished - started) / 1000 : 0;
    if (b->refs.pull_count > 0)
        (void)snprintf(pull, sizeof(pull), "%" PRIu64, b->refs.pulls[0].number);
    (void)snprintf(number, sizeof(number), "%" PRId64, seconds);
    bool (*text)(struct lp_line *, const char *, struct sv, struct err *) = tags ? lp_tag : lp_text;
    char state[4];
    (void)snprintf(state, sizeof(state), "%d", state_int(result));
    if (!text(l, "job_name", b->job, err) || !text(l, "build_id", b->id, err) ||
        !text(l, "pull_request", sv_of(pull), err) ||
        !text(l, "start_time", sv_of(time_text(started, start)), err) ||
        !text(l, "end_time", sv_of(time_text(finished, stop)), err))
        return false;
    if (tags)
        return lp_tag(l, "duration", sv_of(number), err) &&
               lp_tag(l, "state_int", sv_of(state), err) &&
               lp_tag(l, "state", state_text(result), err);
    return lp_real(l, "duration", (double)seconds, err) &&
           lp_real(l, "state_int", state_int(result), err) &&
           lp_text(l, "state", state_text(result), err) && lp_text(l, "log", b->url, err);
}

static bool add_legacy(struct report *r, const struct result *result, struct err *err)
{
    struct lp_line l;
    return lp_begin(&l, &r->text, SV("build"), err) && legacy_pairs(&l, result, true, err) &&
           legacy_pairs(&l, result, false, err) && lp_end(&l, started_of(result) * 1000000, err);
}

static bool build(struct report *r, const struct result *result, struct err *err)
{
    const struct verdict *v = &result->verdict;
    const struct build *b = &result->build;
    const bool legacy = r->options.schema != NULL && strcmp(r->options.schema, "legacy") == 0;
    const int64_t started = started_of(result);
    if (started == 0)
        return true; /* a point needs a time, and this build has none */
    buf_reset(&r->text);
    if (legacy) {
        if (!add_legacy(r, result, err))
            return false;
    } else {
        const bool finished = v->outcome != OUTCOME_RUNNING && v->outcome != OUTCOME_UNKNOWN;
        const int64_t at = lp_time(started, b->provider, b->job, b->id);
        if (!finished)
            return true;
        if (!add_build(r, result, at, err) ||
            (v->basis != BASIS_NONE && !add_failure(r, result, at, err)) ||
            !add_tests(r, result, at, err))
            return false;
    }
    return r->out.write(r->out.user, buf_sv(&r->text), err);
}

static bool end(struct report *r, const struct report_totals *t, struct err *err)
{
    struct lp_line l;
    const bool legacy = r->options.schema != NULL && strcmp(r->options.schema, "legacy") == 0;
    if (legacy || r->options.now_ms == 0)
        return true;
    buf_reset(&r->text);
    return lp_begin(&l, &r->text, SV("ci_run"), err) &&
           lp_int(&l, "builds", (int64_t)t->reported, err) &&
           lp_int(&l, "explained", (int64_t)t->explained, err) &&
           lp_bool(&l, "incomplete", t->incomplete, err) &&
           lp_int(&l, "problems", (int64_t)t->problems, err) &&
           lp_int(&l, "unknown", (int64_t)t->kinds[KIND_UNKNOWN], err) &&
           lp_int(&l, "unreadable", (int64_t)t->unreadable, err) &&
           lp_end(&l, r->options.now_ms * 1000000, err) &&
           r->out.write(r->out.user, buf_sv(&r->text), err);
}

static void release(struct report *r)
{
    if (r == NULL)
        return;
    buf_done(&r->text);
    free(r);
}

extern const struct report_format report_lp;
const struct report_format report_lp = {
    .name = "lp",
    .summary = "InfluxDB line protocol, finished builds only",
    .suffix = ".lp",
    .begin = begin,
    .build = build,
    .end = end,
    .free = release,
};
