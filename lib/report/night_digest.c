#include "base/timefmt.h"
#include "model/json.h"
#include "report/common.h"
#include "report/night_common.h"

#include <inttypes.h>

/*
 * For a bot that keeps issues of a tracker: JSON lines, one a finding.
 *
 *   {"schema":1,"key":"prowl/test/…","state":"open","class":"flaky","title":…,"body":…}
 *
 * key     names the test, job, cluster or night, whatever is said of it: what was new yesterday and flaky
 *         today is one issue. It is in the body too, in a comment, to search for.
 * state   "open": make the issue or update it. "close": it is over; close it if it is there.
 * body    Markdown; text of logs in code spans.
 *
 * Tests that fail for infrastructure alone are no finding: their outage is. A finding that is not in
 * the list keeps its issue as it is.
 */

enum { TITLE_BYTES = 180, TEXT_BYTES = 500, MAX_FINDINGS = 2000, NAME_BYTES = 200 };

struct digest {
    struct night_text t, title;
    const struct report_out *out;
    uint64_t told;
};

static void begin(struct digest *d)
{
    buf_reset(&d->t.text);
    buf_reset(&d->title.text);
}

static void finding(struct digest *d, const char *subject, struct sv name, const char *class_,
                    bool open)
{
    struct buf key, line;
    struct jsonw o = jsonw_object();
    buf_init(&key, COMMON_TEXT_BYTES);
    buf_init(&line, COMMON_TEXT_BYTES * 2UL);
    d->t.ok = d->t.ok && buf_addf(&key, d->t.err, "prowl/%s/%.*s", subject, SV_ARG(name));
    night_putf(&d->t, "\n<!-- %.*s -->\n", SV_ARG(buf_sv(&key)));
    jsonw_set_i64(o, "schema", 1);
    jsonw_set_text(o, "key", buf_sv(&key));
    jsonw_set_text(o, "state", open ? SV("open") : SV("close"));
    jsonw_set_text(o, "subject", sv_of(subject));
    jsonw_set_text(o, "class", sv_of(class_));
    jsonw_set_text(o, "title", buf_sv(&d->title.text));
    jsonw_set_text(o, "body", buf_sv(&d->t.text));
    const bool written = jsonw_write_take(o, false, &line, d->t.err);
    d->t.ok = d->t.ok && d->title.ok && written && buf_add_char(&line, '\n', d->t.err) &&
              d->out->write(d->out->user, buf_sv(&line), d->t.err);
    d->told++;
    buf_done(&key);
    buf_done(&line);
}

static void put_examples(struct digest *d, const struct night_ref *refs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        night_put(&d->t, "- ");
        night_put_link(&d->t, refs[i].job, refs[i].log.len > 0 ? refs[i].log : refs[i].url,
                       NAME_BYTES, false);
        night_put(&d->t, " ");
        night_put_code(&d->t, refs[i].id, NAME_BYTES, false);
        night_put(&d->t, ", ");
        night_put_time(&d->t, refs[i].started_ms);
        night_put(&d->t, "\n");
    }
}

static void put_code_line(struct digest *d, const char *label, struct sv text)
{
    if (text.len == 0)
        return;
    night_put(&d->t, label);
    night_put_code(&d->t, text, TEXT_BYTES, false);
    night_put(&d->t, "\n\n");
}

static void put_change(struct digest *d, const struct night_change *c)
{
    if (!c->found)
        return;
    night_put(&d->t, "Changed at ");
    night_put_time(&d->t, c->at_ms);
    night_put(&d->t, " (between ");
    night_put_time(&d->t, c->from_ms);
    night_put(&d->t, " and ");
    night_put_time(&d->t, c->to_ms);
    night_put(&d->t, ")");
    if (c->bad_sha.len > 0) {
        night_put(&d->t, ", commits ");
        night_put_code(&d->t, c->good_sha, NAME_BYTES, false);
        night_put(&d->t, " to ");
        night_put_code(&d->t, c->bad_sha, NAME_BYTES, false);
    }
    night_putf(&d->t, ": from %.1f %% to %.1f %% failures.\n\n", 100 * c->before, 100 * c->after);
}

static bool test_state(enum night_class c, bool *ret_open)
{
    *ret_open = c != NIGHT_FIXED;
    return c != NIGHT_QUIET && c != NIGHT_INFRA;
}

static void put_test(struct digest *d, const struct night_test *t)
{
    char key[NIGHT_KEY_BYTES], raw[NIGHT_SHARE_BYTES], adjusted[NIGHT_SHARE_BYTES];
    bool open;
    const struct sv parts[] = {t->suite, t->class_name, t->name};
    if (!test_state(t->class_, &open))
        return;
    begin(d);
    night_putf(&d->title, "%s: ", night_class_name(t->class_));
    night_put_label(&d->title, t, TITLE_BYTES);
    night_putf(&d->t,
               "Failed %s; without infrastructure, outages and bad builds %s; tonight %" PRIu64
               "/%" PRIu64 ".\n\n",
               night_share_text(&t->raw, raw), night_share_text(&t->adjusted, adjusted),
               t->tonight.hits, t->tonight.of);
    put_code_line(d, "Why: ", t->because);
    put_change(d, &t->change);
    put_code_line(d, "Last message: ", t->message);
    put_code_line(d, "Cluster: ", t->cluster);
    put_examples(d, t->examples, t->example_count);
    d->t.ok = d->t.ok && night_key(parts, COUNT_OF(parts), key, d->t.err);
    if (d->t.ok)
        finding(d, "test", sv_of(key), night_class_name(t->class_), open);
}

static void put_job(struct digest *d, const struct night_job *j)
{
    char key[NIGHT_KEY_BYTES], passed[NIGHT_SHARE_BYTES], adjusted[NIGHT_SHARE_BYTES];
    bool open;
    const struct sv parts[] = {j->name};
    if (!test_state(j->class_, &open) && !j->missing)
        return;
    const char *class_ = j->missing ? "missing" : night_class_name(j->class_);
    begin(d);
    night_putf(&d->title, "%s job: ", class_);
    night_put_line(&d->title, j->name, TITLE_BYTES);
    night_putf(&d->t,
               "Passed %s; without infrastructure, outages and bad builds %s; %" PRIu64
               " builds tonight, the newest %" PRIu64 " failed in a row.\n\n",
               night_share_text(&j->passed, passed), night_share_text(&j->adjusted, adjusted),
               j->tonight, j->red_streak);
    put_code_line(d, "Why: ", j->because);
    put_change(d, &j->change);
    put_code_line(d, "Last excerpt: ", j->latest.excerpt);
    put_examples(d, &j->latest, j->latest.id.len > 0 ? 1 : 0);
    d->t.ok = d->t.ok && night_key(parts, COUNT_OF(parts), key, d->t.err);
    if (d->t.ok)
        finding(d, "job", sv_of(key), class_, open || j->missing);
}

/* One that came tonight is open, one that did not is over. */
static void put_cluster(struct digest *d, const struct night_cluster *c)
{
    begin(d);
    night_put(&d->title, c->is_new ? "new failure: " : c->outage ? "outage: " : "failure: ");
    night_put_line(&d->title, c->text, TITLE_BYTES);
    night_putf(&d->t,
               "%" PRIu64 " failures of %" PRIu64 " tests in %" PRIu64 " builds of %" PRIu64
               " jobs, tonight %" PRIu64 ", before %" PRIu64 "; first ",
               c->failures, c->tests, c->builds, c->jobs, c->tonight, c->before);
    night_put_time(&d->t, c->first_ms);
    night_put(&d->t, ", last ");
    night_put_time(&d->t, c->last_ms);
    night_put(&d->t, ".\n\n");
    put_code_line(d, "", c->text);
    for (size_t i = 0; i < c->top_test_count; i++) {
        night_putf(&d->t, "- %" PRIu64 " of ", c->top_tests[i].hits);
        night_put_code(&d->t, c->top_tests[i].name, NAME_BYTES, false);
        night_put(&d->t, "\n");
    }
    put_examples(d, c->examples, c->example_count);
    if (d->t.ok)
        finding(d, "cluster", c->id,
                c->outage   ? "outage"
                : c->is_new ? "new"
                            : "known",
                c->tonight > 0);
}

/* Whether the night can be believed: an issue of its own, so that a bot that reads nothing else is told. */
static void put_night(struct digest *d, const struct night *n)
{
    begin(d);
    night_put(&d->title, n->self.broken ? "broken night" : "night");
    if (n->self.broken)
        put_code_line(d, "", n->self.why_broken);
    night_put_headline(&d->t, n);
    finding(d, "night", SV("read"), n->self.broken ? "broken" : "read", n->self.broken);
}

static bool write_digest(const struct night *n, const struct report_options *options,
                         const struct report_out *out, struct err *err)
{
    struct digest d = {.out = out};
    (void)options;
    night_text_init(&d.t, err);
    night_text_init(&d.title, err);
    put_night(&d, n);
    /* Of a night that could not be read nothing else is known. */
    for (size_t i = 0; d.t.ok && !n->self.broken && i < n->test_count && d.told < MAX_FINDINGS; i++)
        put_test(&d, &n->tests[i]);
    for (size_t i = 0; d.t.ok && !n->self.broken && i < n->job_count; i++)
        put_job(&d, &n->jobs[i]);
    for (size_t i = 0; d.t.ok && !n->self.broken && i < n->cluster_count; i++)
        put_cluster(&d, &n->clusters[i]);
    const bool ok = d.t.ok && d.title.ok;
    night_text_done(&d.t);
    night_text_done(&d.title);
    return ok;
}

extern const struct night_format night_digest;
const struct night_format night_digest = {.name = "digest",
                                          .summary =
                                              "findings as JSON lines, for a bot that keeps issues",
                                          .write = write_digest};
