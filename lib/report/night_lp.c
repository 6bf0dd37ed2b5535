#include "report/line_protocol.h"
#include "report/night_common.h"

/*
 * InfluxDB line protocol. Tags are of bounded sets only: job and class; a test's name is a field.
 *
 *   ci_night                        one point: the headline and the self-check
 *   ci_job_night,class=…,job=…      one a job
 *   ci_flaky_test,class=…,job=…     one a test that is not quiet, with the job where it failed most
 *
 * The time is the end of the night. Jobs and tests may share their tags: they lie a nanosecond apart, in the
 * order of the night, so that the same night written again replaces itself.
 */

enum { NS_OF_MS = 1000000, MAX_TESTS = 2000 };

static bool put_share(struct lp_line *l, const char *hits, const char *of, const char *low,
                      const char *high, const struct night_share *s, struct err *err)
{
    return lp_int(l, hits, (int64_t)s->hits, err) && lp_int(l, of, (int64_t)s->of, err) &&
           lp_real(l, low, s->low, err) && lp_real(l, high, s->high, err);
}

static bool put_night(struct night_text *t, const struct night *n, int64_t at, struct err *err)
{
    struct lp_line l;
    const struct night_headline *h = &n->headline;
    const struct night_self *s = &n->self;
    return lp_begin(&l, &t->text, "ci_night", err) &&
           lp_int(&l, "aborted", (int64_t)h->aborted, err) &&
           lp_bool(&l, "broken", s->broken, err) && lp_int(&l, "builds", (int64_t)h->builds, err) &&
           lp_int(&l, "clusters", (int64_t)(n->cluster_count + n->more_clusters), err) &&
           lp_int(&l, "failed", (int64_t)h->failed, err) &&
           lp_int(&l, "infra", (int64_t)h->infra, err) &&
           lp_int(&l, "machine_ms", h->machine_ms, err) &&
           lp_int(&l, "outages", (int64_t)n->outage_count, err) &&
           put_share(&l, "pass_adjusted", "pass_adjusted_of", "pass_adjusted_low",
                     "pass_adjusted_high", &h->pass_adjusted, err) &&
           put_share(&l, "pass_raw", "pass_raw_of", "pass_raw_low", "pass_raw_high", &h->pass_raw,
                     err) &&
           lp_int(&l, "passed", (int64_t)h->passed, err) &&
           lp_int(&l, "problems", (int64_t)s->problems, err) &&
           lp_int(&l, "retests", (int64_t)h->retests, err) &&
           lp_int(&l, "tests_broken", (int64_t)h->counts[NIGHT_BROKEN], err) &&
           lp_int(&l, "tests_failed", (int64_t)h->tests_failed, err) &&
           lp_int(&l, "tests_fixed", (int64_t)h->counts[NIGHT_FIXED], err) &&
           lp_int(&l, "tests_flaky", (int64_t)h->counts[NIGHT_FLAKY], err) &&
           lp_int(&l, "tests_new", (int64_t)h->counts[NIGHT_NEW], err) &&
           lp_int(&l, "tests_returning", (int64_t)h->counts[NIGHT_RETURNING], err) &&
           lp_int(&l, "tests_run", (int64_t)h->tests_run, err) &&
           lp_int(&l, "tests_worse", (int64_t)h->counts[NIGHT_WORSE], err) &&
           lp_int(&l, "unknown", (int64_t)s->unknown.hits, err) &&
           lp_int(&l, "unreadable", (int64_t)s->unreadable, err) &&
           lp_int(&l, "wasted_ms", h->wasted_ms, err) && lp_end(&l, at, err);
}

static bool put_job(struct night_text *t, const struct night_job *j, int64_t at, struct err *err)
{
    struct lp_line l;
    return lp_begin(&l, &t->text, "ci_job_night", err) &&
           lp_tag(&l, "class", sv_of(night_class_name(j->class_)), err) &&
           lp_tag(&l, "job", j->name, err) &&
           put_share(&l, "adjusted", "adjusted_of", "adjusted_low", "adjusted_high", &j->adjusted,
                     err) &&
           lp_int(&l, "bad", (int64_t)j->bad, err) &&
           lp_int(&l, "builds", (int64_t)j->builds, err) &&
           (j->duration_ms < 0 || lp_int(&l, "duration_ms", j->duration_ms, err)) &&
           lp_int(&l, "infra", (int64_t)j->infra, err) && lp_bool(&l, "missing", j->missing, err) &&
           lp_int(&l, "outage", (int64_t)j->outage, err) &&
           put_share(&l, "passed", "passed_of", "passed_low", "passed_high", &j->passed, err) &&
           lp_int(&l, "red_streak", (int64_t)j->red_streak, err) &&
           lp_int(&l, "retests", (int64_t)j->retests, err) &&
           lp_int(&l, "tonight", (int64_t)j->tonight, err) &&
           lp_int(&l, "wasted_ms", j->wasted_ms, err) && lp_end(&l, at, err);
}

static bool put_test(struct night_text *t, const struct night_test *test, int64_t at,
                     struct err *err)
{
    struct lp_line l;
    struct buf label;
    buf_init(&label, 64 * 1024);
    const bool ok =
        night_test_label(test, &label, err) && lp_begin(&l, &t->text, "ci_flaky_test", err) &&
        lp_tag(&l, "class", sv_of(night_class_name(test->class_)), err) &&
        lp_tag(&l, "job", test->job_count > 0 ? test->jobs[0].name : SV(""), err) &&
        put_share(&l, "adjusted", "adjusted_of", "adjusted_low", "adjusted_high", &test->adjusted,
                  err) &&
        lp_int(&l, "blocked", (int64_t)test->blocked, err) &&
        lp_text(&l, "cluster", test->cluster, err) &&
        lp_text(&l, "evidence", sv_of(night_evidence_name(test->evidence)), err) &&
        put_share(&l, "failures", "failures_of", "failures_low", "failures_high", &test->raw,
                  err) &&
        lp_int(&l, "lost_ms", test->lost_ms, err) && lp_real(&l, "q_worse", test->q_worse, err) &&
        lp_real(&l, "score", test->score, err) && lp_text(&l, "test", buf_sv(&label), err) &&
        lp_int(&l, "tonight", (int64_t)test->tonight.hits, err) &&
        lp_int(&l, "tonight_of", (int64_t)test->tonight.of, err) && lp_end(&l, at, err);
    buf_done(&label);
    return ok;
}

static bool write_lp(const struct night *n, const struct report_options *options,
                     const struct report_out *out, struct err *err)
{
    struct night_text t;
    (void)options;
    if (!lp_has_time(n->until_ms))
        return true;
    const int64_t at = n->until_ms * NS_OF_MS;
    night_text_init(&t, err);
    t.ok = put_night(&t, n, at, err);
    for (size_t i = 0; t.ok && i < n->job_count; i++)
        t.ok = put_job(&t, &n->jobs[i], at + (int64_t)i, err);
    size_t told = 0;
    for (size_t i = 0; t.ok && i < n->test_count && told < MAX_TESTS; i++) {
        if (n->tests[i].class_ != NIGHT_QUIET)
            t.ok = put_test(&t, &n->tests[i], at + (int64_t)told++, err);
    }
    const bool ok = night_text_write(&t, out);
    night_text_done(&t);
    return ok;
}

extern const struct night_format night_lp;
const struct night_format night_lp = {.name = "lp",
                                      .summary =
                                          "InfluxDB line protocol: the night, its jobs and tests",
                                      .write = write_lp};
