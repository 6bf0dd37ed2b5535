#include "base/timefmt.h"
#include "report/common.h"
#include "report/line_protocol.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * InfluxDB line protocol: a ci_build a finished build, a ci_failure one that did not pass, a ci_test
 * a failed or flaky test, and of a scrape a ci_run at the end. Tags are bounded sets; what is
 * unbounded is a field. --schema legacy writes go_scrape_prow's measurement `build`, a point a
 * build, running ones too, its tags and fields of one name as its dashboards ask for.
 */

enum { TEXT_BYTES = 64 * 1024 * 1024, MAX_TESTS = 200, NS_OF_MS = 1000000, MS_OF_DAY = 86400000 };

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
           lp_tag(l, "target", b->target, err) &&
           lp_tag(l, "type", sv_of(build_type_name(b->type)), err);
}

/* Links and the pull request, of those that are known. */
static bool add_links(struct report *r, struct lp_line *l, const struct build *b, struct err *err)
{
    struct buf pull, yaml, artifacts;
    buf_init(&pull, COMMON_TEXT_BYTES);
    buf_init(&yaml, COMMON_TEXT_BYTES);
    buf_init(&artifacts, COMMON_TEXT_BYTES);
    const bool ok = common_pull_link(b, &pull, err) && common_yaml_link(b, &yaml, err) &&
                    common_artifacts_link(&r->options, b, &artifacts, err) &&
                    lp_text(l, "log_artifacts", buf_sv(&artifacts), err) &&
                    lp_text(l, "log_url", b->url, err) &&
                    lp_text(l, "log_yaml", buf_sv(&yaml), err) &&
                    (b->refs.pull_count == 0 ||
                     lp_int(l, "pull", (int64_t)(b->refs.pulls[0].number & INT64_MAX), err)) &&
                    lp_text(l, "pull_request", buf_sv(&pull), err);
    buf_done(&pull);
    buf_done(&yaml);
    buf_done(&artifacts);
    return ok;
}

/* Every field of a build's point is written always, but for a duration and a pull that there is
 * none of: a second run then overwrites the first one's. */
static bool add_build(struct report *r, const struct result *result, int64_t at, struct err *err)
{
    struct lp_line l;
    const struct build *b = &result->build;
    const struct test_counts *c = &result->counts;
    const struct verdict *v = &result->verdict;
    const int64_t finished = common_finished(result), started = common_started(result);
    const bool failed = v->basis != BASIS_NONE;
    return lp_begin(&l, &r->text, "ci_build", err) &&
           (!failed || lp_tag(&l, "class", sv_of(cause_class_name(v->class_)), err)) &&
           common_tags(&l, result, err) && lp_text(&l, "build_id", b->id, err) &&
           (finished <= started ||
            lp_real(&l, "duration_s", (double)(finished - started) / 1000, err)) &&
           lp_int(&l, "failed", (int64_t)(c->failed + c->errored), err) &&
           lp_bool(&l, "flake", v->flake || common_flake(result) != FLAKE_NO, err) &&
           lp_int(&l, "flaky", (int64_t)c->flaky, err) && lp_bool(&l, "infra", v->infra, err) &&
           add_links(r, &l, b, err) && lp_text(&l, "state", common_state(result), err) &&
           lp_int(&l, "state_int", common_state_int(result), err) &&
           lp_int(&l, "tests", (int64_t)c->total, err) && lp_end(&l, at, err);
}

static bool add_failure(struct report *r, const struct result *result, int64_t at, struct err *err)
{
    struct lp_line l;
    struct buf cause;
    const struct verdict *v = &result->verdict;
    const struct build *b = &result->build;
    const bool by_rule = v->basis == BASIS_RULE && v->cause_count > 0;
    const struct sv path =
        v->artifact < result->artifact_count ? result->artifacts[v->artifact].path : SV("");
    buf_init(&cause, COMMON_TEXT_BYTES);
    const bool ok = common_cause(v, &cause, err) && lp_begin(&l, &r->text, "ci_failure", err) &&
                    lp_tag(&l, "advice", sv_of(cause_advice_name(v->advice)), err) &&
                    lp_tag(&l, "class", sv_of(cause_class_name(v->class_)), err) &&
                    lp_tag(&l, "job", b->job, err) &&
                    lp_tag(&l, "kind", sv_of(cause_kind_name(v->kind)), err) &&
                    lp_tag(&l, "provider", b->provider, err) &&
                    lp_tag(&l, "rule", by_rule ? result->findings[v->causes[0]].id : SV(""), err) &&
                    lp_text(&l, "artifact", path, err) && lp_text(&l, "build_id", b->id, err) &&
                    lp_text(&l, "cause", buf_sv(&cause), err) &&
                    lp_real(&l, "confidence", v->confidence, err) &&
                    lp_int(&l, "line", (int64_t)v->line, err) &&
                    lp_text(&l, "signature", sv_of(v->signature), err) &&
                    lp_text(&l, "summary", v->summary, err) && lp_end(&l, at, err);
    buf_done(&cause);
    return ok;
}

static bool add_tests(struct report *r, const struct result *result, int64_t at, struct err *err)
{
    const struct build *b = &result->build;
    size_t told = 0;
    for (size_t i = 0; i < result->test_count && told < MAX_TESTS; i++) {
        struct lp_line l;
        const struct test_result *t = &result->tests[i];
        if (t->outcome == TEST_PASSED || t->outcome == TEST_SKIPPED || common_is_step_row(t))
            continue;
        /* Several tests of a build share its tags: a nanosecond apart, they stay apart. */
        if (!lp_begin(&l, &r->text, "ci_test", err) || !lp_tag(&l, "job", b->job, err) ||
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

/* It called every state that it did not know so. */
static struct sv legacy_state(const struct result *result)
{
    return common_state_int(result) < 5 ? common_state(result) : SV("unknown");
}

/* The same eight names as tags and as fields. */
static bool legacy_pairs(struct lp_line *l, const struct result *result, struct sv pull, bool tags,
                         struct err *err)
{
    char start[TIME_TEXT_BYTES], stop[TIME_TEXT_BYTES], number[32], state[4];
    const struct build *b = &result->build;
    const int64_t started = common_started(result), finished = common_finished(result);
    const int64_t seconds = finished > started ? (finished - started) / 1000 : 0;
    bool (*text)(struct lp_line *, const char *, struct sv, struct err *) = tags ? lp_tag : lp_text;
    (void)snprintf(number, sizeof(number), "%" PRId64, seconds);
    (void)snprintf(state, sizeof(state), "%d", common_state_int(result));
    if (!text(l, "job_name", b->job, err) || !text(l, "build_id", b->id, err) ||
        !text(l, "pull_request", pull, err) ||
        !text(l, "start_time", sv_of(time_text(started, start)), err) ||
        !text(l, "end_time", sv_of(time_text(finished, stop)), err))
        return false;
    if (tags)
        return lp_tag(l, "duration", sv_of(number), err) &&
               lp_tag(l, "state_int", sv_of(state), err) &&
               lp_tag(l, "state", legacy_state(result), err);
    return lp_real(l, "duration", (double)seconds, err) &&
           lp_real(l, "state_int", common_state_int(result), err) &&
           lp_text(l, "state", legacy_state(result), err) && lp_text(l, "log", b->url, err);
}

static bool add_legacy(struct report *r, const struct result *result, int64_t at, struct err *err)
{
    struct lp_line l;
    struct buf text;
    buf_init(&text, COMMON_TEXT_BYTES);
    bool ok = common_pull_link(&result->build, &text, err);
    const struct sv pull = text.len > 0 ? buf_sv(&text) : SV("not_found");
    ok = ok && lp_begin(&l, &r->text, "build", err) && legacy_pairs(&l, result, pull, true, err) &&
         legacy_pairs(&l, result, pull, false, err) && lp_end(&l, at, err);
    buf_done(&text);
    return ok;
}

static bool is_legacy(const struct report *r)
{
    return r->options.schema != NULL && strcmp(r->options.schema, "legacy") == 0;
}

static bool build(struct report *r, const struct result *result, struct err *err)
{
    const struct verdict *v = &result->verdict;
    const struct build *b = &result->build;
    const int64_t finished = common_finished(result), now = r->options.now_ms;
    int64_t at = common_started(result);
    buf_reset(&r->text);
    if (!lp_has_time(at))
        /* No row is lost for want of a time, and none is written anew by each run of a day. */
        at = lp_has_time(finished) ? finished : now - now % MS_OF_DAY;
    if (!lp_has_time(at) || result->incomplete) /* what is not known yet would stay for ever */
        return true;
    /* One that never ran has no id, and tags may become equal when they are made safe. */
    at = lp_time(at, b->provider, b->job, b->id.len > 0 ? b->id : b->name);
    if (is_legacy(r))
        return add_legacy(r, result, at, err) && r->out.write(r->out.user, buf_sv(&r->text), err);
    if (v->outcome == OUTCOME_RUNNING || v->outcome == OUTCOME_UNKNOWN)
        return true;
    return add_build(r, result, at, err) &&
           (v->basis == BASIS_NONE || add_failure(r, result, at, err)) &&
           add_tests(r, result, at, err) && r->out.write(r->out.user, buf_sv(&r->text), err);
}

static bool end(struct report *r, const struct report_totals *t, struct err *err)
{
    struct lp_line l;
    if (is_legacy(r) || !r->options.tells_run || !lp_has_time(r->options.now_ms))
        return true;
    buf_reset(&r->text);
    return lp_begin(&l, &r->text, "ci_run", err) &&
           lp_int(&l, "builds", (int64_t)t->reported, err) &&
           lp_int(&l, "explained", (int64_t)t->explained, err) &&
           lp_bool(&l, "incomplete", t->incomplete, err) &&
           lp_bool(&l, "list_whole", t->list_problem.len == 0, err) &&
           lp_int(&l, "problems", (int64_t)t->problems, err) &&
           lp_int(&l, "read_bytes", (int64_t)t->wire_bytes, err) &&
           lp_int(&l, "running", (int64_t)t->outcomes[OUTCOME_RUNNING], err) &&
           lp_int(&l, "unknown", (int64_t)t->kinds[KIND_UNKNOWN], err) &&
           lp_int(&l, "unreadable", (int64_t)t->unreadable, err) &&
           lp_end(&l, r->options.now_ms * NS_OF_MS, err) &&
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
