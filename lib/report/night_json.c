#include "base/timefmt.h"
#include "model/json.h"
#include "report/common.h"
#include "report/night_common.h"

/*
 * The whole night as one JSON document; its form is night.schema.json. Members that are not known,
 * empty texts among them, are left out. Long lists are written item by item, so that no tree of all
 * is in memory.
 */

enum { SCHEMA = 1, TEXT_BYTES = 64 * 1024, OBJECT_BYTES = 256 * 1024 * 1024 };

struct doc {
    struct buf text;
    const struct report_out *out;
    const struct night *night;
    struct err *err;
    bool ok, any;
};

/* ---- values ---- */

static void set_text(struct jsonw o, const char *name, struct sv text)
{
    if (text.len > 0)
        jsonw_set_text(o, name, sv_head(text, TEXT_BYTES));
}

static void set_time(struct jsonw o, const char *name, int64_t ms)
{
    char text[TIME_TEXT_BYTES];
    if (ms > 0)
        jsonw_set_text(o, name, sv_of(time_text_ms(ms, text)));
}

static void set_known(struct jsonw o, const char *name, int64_t value)
{
    if (value >= 0)
        jsonw_set_i64(o, name, value);
}

static void set_share(struct jsonw o, const char *name, const struct night_share *s)
{
    struct jsonw share = jsonw_object();
    jsonw_set_u64(share, "hits", s->hits);
    jsonw_set_u64(share, "of", s->of);
    jsonw_set_real(share, "low", s->low, 6);
    jsonw_set_real(share, "high", s->high, 6);
    jsonw_set_take(o, name, share);
}

static struct jsonw ref_of(const struct night_ref *r)
{
    struct jsonw o = jsonw_object();
    set_text(o, "job", r->job);
    set_text(o, "id", r->id);
    set_text(o, "url", r->url);
    set_text(o, "log", r->log);
    set_time(o, "started", r->started_ms);
    set_text(o, "excerpt", r->excerpt);
    if (r->line > 0)
        jsonw_set_u64(o, "line", r->line);
    return o;
}

static void set_refs(struct jsonw o, const struct night_ref *refs, size_t count)
{
    struct jsonw list = jsonw_array();
    for (size_t i = 0; i < count; i++)
        jsonw_add_take(list, ref_of(&refs[i]));
    jsonw_set_take(o, "examples", list);
}

static void set_counts(struct jsonw o, const char *name, const struct night_count *counts,
                       size_t count)
{
    struct jsonw list = jsonw_array();
    for (size_t i = 0; i < count; i++) {
        struct jsonw item = jsonw_object();
        jsonw_set_text(item, "name", counts[i].name);
        jsonw_set_u64(item, "hits", counts[i].hits);
        jsonw_set_u64(item, "of", counts[i].of);
        jsonw_add_take(list, item);
    }
    jsonw_set_take(o, name, list);
}

/* One object a day, the oldest first. */
static void set_days(struct jsonw o, const struct night *n, const struct night_day *days)
{
    struct jsonw list = jsonw_array();
    for (size_t i = 0; days != NULL && i < n->day_count; i++) {
        struct jsonw day = jsonw_object();
        jsonw_set_u64(day, "runs", days[i].runs);
        jsonw_set_u64(day, "failures", days[i].failures);
        set_known(day, "duration_ms", days[i].duration_ms);
        jsonw_add_take(list, day);
    }
    jsonw_set_take(o, "days", list);
}

static void set_change(struct jsonw o, const struct night_change *c)
{
    if (!c->found)
        return;
    struct jsonw change = jsonw_object();
    set_time(change, "at", c->at_ms);
    set_time(change, "from", c->from_ms);
    set_time(change, "to", c->to_ms);
    set_text(change, "good_sha", c->good_sha);
    set_text(change, "bad_sha", c->bad_sha);
    set_text(change, "first_bad", c->first_bad);
    jsonw_set_real(change, "before", c->before, 6);
    jsonw_set_real(change, "after", c->after, 6);
    jsonw_set_take(o, "change", change);
}

static void set_lines(struct jsonw o, const char *name, const struct sv *lines, size_t count)
{
    struct jsonw list = jsonw_array();
    for (size_t i = 0; i < count; i++)
        jsonw_add_text(list, sv_head(lines[i], TEXT_BYTES));
    jsonw_set_take(o, name, list);
}

/* ---- the document ---- */

static void flush(struct doc *d)
{
    d->ok = d->ok && d->out->write(d->out->user, buf_sv(&d->text), d->err);
    buf_reset(&d->text);
}

static void put(struct doc *d, const char *words)
{
    d->ok = d->ok && buf_add(&d->text, sv_of(words), d->err);
}

static void put_take(struct doc *d, struct jsonw value_take)
{
    d->ok = jsonw_write_take(value_take, false, &d->text, d->err) && d->ok;
    flush(d);
}

static void begin_list(struct doc *d, const char *name)
{
    d->ok = d->ok && buf_addf(&d->text, d->err, ",\n\"%s\":[", name);
    d->any = false;
}

static void put_item(struct doc *d, struct jsonw value_take)
{
    put(d, d->any ? ",\n" : "\n");
    d->any = true;
    put_take(d, value_take);
}

static void put_member(struct doc *d, const char *name, struct jsonw value_take)
{
    d->ok = d->ok && buf_addf(&d->text, d->err, ",\n\"%s\":", name);
    put_take(d, value_take);
}

static void put_number(struct doc *d, const char *name, uint64_t value)
{
    d->ok = d->ok && buf_addf(&d->text, d->err, ",\n\"%s\":%llu", name, (unsigned long long)value);
}

static struct jsonw headline_of(const struct night_headline *h)
{
    struct jsonw o = jsonw_object(), classes = jsonw_object();
    jsonw_set_u64(o, "builds", h->builds);
    jsonw_set_u64(o, "passed", h->passed);
    jsonw_set_u64(o, "failed", h->failed);
    jsonw_set_u64(o, "infra", h->infra);
    jsonw_set_u64(o, "aborted", h->aborted);
    jsonw_set_u64(o, "running", h->running);
    jsonw_set_u64(o, "other", h->other);
    set_share(o, "pass_raw", &h->pass_raw);
    set_share(o, "pass_adjusted", &h->pass_adjusted);
    set_share(o, "before_raw", &h->before_raw);
    set_share(o, "before_adjusted", &h->before_adjusted);
    jsonw_set_u64(o, "tests_run", h->tests_run);
    jsonw_set_u64(o, "tests_failed", h->tests_failed);
    jsonw_set_u64(o, "tests_flaky", h->tests_flaky);
    for (int c = 0; c < NIGHT_CLASS_COUNT; c++)
        jsonw_set_u64(classes, night_class_name((enum night_class)c), h->counts[c]);
    jsonw_set_take(o, "classes", classes);
    jsonw_set_u64(o, "retests", h->retests);
    jsonw_set_u64(o, "retries", h->retries);
    jsonw_set_u64(o, "rescued", h->rescued);
    jsonw_set_i64(o, "machine_ms", h->machine_ms);
    jsonw_set_i64(o, "wasted_ms", h->wasted_ms);
    jsonw_set_u64(o, "cured_by_retry", h->green_retry);
    return o;
}

/* What differs between two runs that say the same of the builds is told here. */
static struct jsonw self_of(const struct night *n)
{
    const struct night_self *s = &n->self;
    struct jsonw o = jsonw_object();
    jsonw_set_bool(o, "broken", s->broken);
    set_text(o, "why_broken", s->why_broken);
    set_time(o, "last_report", n->last_report_ms);
    jsonw_set_u64(o, "listed", s->listed);
    jsonw_set_u64(o, "read", s->read);
    jsonw_set_u64(o, "kept", s->kept);
    jsonw_set_u64(o, "rejudged", s->rejudged);
    jsonw_set_u64(o, "unreadable", s->unreadable);
    jsonw_set_u64(o, "problems", s->problems);
    set_share(o, "unknown", &s->unknown);
    set_lines(o, "troubles", s->troubles, s->trouble_count);
    set_lines(o, "missing_jobs", s->missing_jobs, s->missing_job_count);
    return o;
}

static void set_evidence(struct jsonw o, const struct night_test *t)
{
    static const unsigned bits[] = {EVIDENCE_RETRY, EVIDENCE_SAME_CODE, EVIDENCE_ISOLATED,
                                    EVIDENCE_RATE};
    struct jsonw list = jsonw_array();
    for (size_t i = 0; i < COUNT_OF(bits); i++) {
        if ((t->evidence & bits[i]) != 0)
            jsonw_add_text(list, sv_of(night_evidence_name(bits[i])));
    }
    jsonw_set_take(o, "evidence", list);
    jsonw_set_u64(o, "by_retry", t->by_retry);
    jsonw_set_u64(o, "by_same_code", t->by_same_code);
    jsonw_set_u64(o, "by_isolation", t->by_isolation);
}

static void set_rate(struct jsonw o, const char *name, double rate)
{
    if (rate >= 0)
        jsonw_set_real(o, name, rate, 6);
}

static struct jsonw test_of(const struct night *n, const struct night_test *t)
{
    struct jsonw o = jsonw_object();
    set_text(o, "suite", t->suite);
    set_text(o, "class_name", t->class_name);
    jsonw_set_text(o, "name", t->name);
    jsonw_set_text(o, "class", sv_of(night_class_name(t->class_)));
    set_text(o, "because", t->because);
    set_share(o, "raw", &t->raw);
    set_share(o, "adjusted", &t->adjusted);
    set_share(o, "before", &t->before);
    set_share(o, "tonight", &t->tonight);
    set_evidence(o, t);
    set_rate(o, "flip_rate", t->flip_rate);
    set_rate(o, "entropy", t->entropy);
    set_rate(o, "retry_rate", t->retry_rate);
    jsonw_set_real(o, "p_worse", t->p_worse, 9);
    jsonw_set_real(o, "q_worse", t->q_worse, 9);
    jsonw_set_real(o, "score", t->score, 6);
    set_change(o, &t->change);
    set_time(o, "first_failed", t->first_failed_ms);
    set_time(o, "last_failed", t->last_failed_ms);
    set_time(o, "last_passed", t->last_passed_ms);
    jsonw_set_u64(o, "greens", t->greens);
    jsonw_set_u64(o, "greens_wanted", t->greens_wanted);
    set_counts(o, "jobs", t->jobs, t->job_count);
    jsonw_set_u64(o, "more_jobs", t->more_jobs);
    jsonw_set_u64(o, "blocked", t->blocked);
    set_known(o, "lost_ms", t->lost_ms);
    set_days(o, n, t->days);
    set_refs(o, t->examples, t->example_count);
    set_text(o, "message", t->message);
    set_text(o, "cluster", t->cluster);
    return o;
}

static struct jsonw job_of(const struct night *n, const struct night_job *j)
{
    struct jsonw o = jsonw_object();
    jsonw_set_text(o, "name", j->name);
    set_text(o, "repo", j->repo);
    jsonw_set_text(o, "class", sv_of(night_class_name(j->class_)));
    set_text(o, "because", j->because);
    jsonw_set_u64(o, "builds", j->builds);
    jsonw_set_u64(o, "tonight", j->tonight);
    set_share(o, "passed", &j->passed);
    set_share(o, "adjusted", &j->adjusted);
    set_share(o, "before", &j->before);
    jsonw_set_u64(o, "infra", j->infra);
    jsonw_set_u64(o, "outage", j->outage);
    jsonw_set_u64(o, "bad", j->bad);
    set_share(o, "cured", &j->cured);
    jsonw_set_u64(o, "retests", j->retests);
    set_known(o, "green_ms", j->green_ms);
    set_known(o, "wasted_ms", j->wasted_ms);
    set_known(o, "duration_ms", j->duration_ms);
    jsonw_set_real(o, "q_worse", j->q_worse, 9);
    set_change(o, &j->change);
    jsonw_set_u64(o, "red_streak", j->red_streak);
    set_text(o, "recent", j->recent);
    set_days(o, n, j->days);
    if (j->latest.id.len > 0)
        jsonw_set_take(o, "latest", ref_of(&j->latest));
    jsonw_set_bool(o, "missing", j->missing);
    return o;
}

static void set_cause(struct jsonw o, enum cause_kind kind, struct sv detail,
                      enum cause_class class_, enum cause_advice advice)
{
    jsonw_set_text(o, "kind", sv_of(cause_kind_name(kind)));
    set_text(o, "detail", detail);
    jsonw_set_text(o, "class", sv_of(cause_class_name(class_)));
    jsonw_set_text(o, "advice", sv_of(cause_advice_name(advice)));
}

static struct jsonw cause_of(const struct night_cause *c)
{
    struct jsonw o = jsonw_object();
    set_cause(o, c->kind, c->detail, c->class_, c->advice);
    set_text(o, "help", c->help);
    jsonw_set_u64(o, "builds", c->builds);
    jsonw_set_u64(o, "before", c->before);
    jsonw_set_u64(o, "jobs", c->jobs);
    set_refs(o, c->examples, c->example_count);
    return o;
}

static struct jsonw cluster_of(const struct night *n, const struct night_cluster *c)
{
    struct jsonw o = jsonw_object();
    jsonw_set_text(o, "id", c->id);
    set_text(o, "text", c->text);
    jsonw_set_text(o, "kind", sv_of(cause_kind_name(c->kind)));
    jsonw_set_u64(o, "failures", c->failures);
    jsonw_set_u64(o, "builds", c->builds);
    jsonw_set_u64(o, "tests", c->tests);
    jsonw_set_u64(o, "jobs", c->jobs);
    jsonw_set_u64(o, "tonight", c->tonight);
    jsonw_set_u64(o, "before", c->before);
    set_time(o, "first", c->first_ms);
    set_time(o, "last", c->last_ms);
    jsonw_set_bool(o, "new", c->is_new);
    jsonw_set_bool(o, "outage", c->outage);
    set_counts(o, "top_tests", c->top_tests, c->top_test_count);
    set_refs(o, c->examples, c->example_count);
    set_days(o, n, c->days);
    return o;
}

static struct jsonw outage_of(const struct night_outage *x)
{
    struct jsonw o = jsonw_object();
    jsonw_set_text(o, "cluster", x->cluster);
    set_text(o, "text", x->text);
    set_time(o, "from", x->from_ms);
    set_time(o, "to", x->to_ms);
    jsonw_set_u64(o, "builds", x->builds);
    jsonw_set_u64(o, "jobs", x->jobs);
    jsonw_set_real(o, "expected", x->expected, 6);
    jsonw_set_real(o, "p", x->p, 12);
    return o;
}

static struct jsonw build_of(const struct night_build *b)
{
    struct jsonw o = ref_of(&b->ref);
    jsonw_set_text(o, "outcome", sv_of(outcome_name(b->outcome)));
    set_cause(o, b->kind, b->detail, b->class_, b->advice);
    set_text(o, "summary", b->summary);
    jsonw_set_real(o, "confidence", b->confidence, 3);
    set_known(o, "duration_ms", b->duration_ms);
    set_text(o, "cluster", b->cluster);
    jsonw_set_bool(o, "infra", b->infra);
    jsonw_set_bool(o, "flake", b->flake);
    jsonw_set_bool(o, "outage", b->outage);
    jsonw_set_bool(o, "bad", b->bad);
    jsonw_set_bool(o, "same_before", b->same_before);
    jsonw_set_u64(o, "failed_tests", b->failed_tests);
    return o;
}

static struct jsonw grid_of(const struct night_grid *g)
{
    struct jsonw o = jsonw_object(), builds = jsonw_array(), rows = jsonw_array();
    for (size_t i = 0; i < g->build_count; i++)
        jsonw_add_take(builds, ref_of(&g->builds[i]));
    for (size_t i = 0; i < g->test_count; i++) {
        struct jsonw row = jsonw_object();
        jsonw_set_u64(row, "test", g->tests[i]);
        jsonw_set_text(row, "cells", sv_of(g->rows[i]));
        jsonw_add_take(rows, row);
    }
    jsonw_set_take(o, "builds", builds);
    jsonw_set_take(o, "rows", rows);
    jsonw_set_u64(o, "more_tests", g->more_tests);
    jsonw_set_u64(o, "more_builds", g->more_builds);
    return o;
}

static struct jsonw head_of(const struct night *n)
{
    struct jsonw o = jsonw_object();
    jsonw_set_i64(o, "schema", SCHEMA);
    jsonw_set_text(o, "prowl", n->version);
    set_text(o, "rules", n->rules_digest);
    set_text(o, "title", n->title);
    set_time(o, "now", n->now_ms);
    set_time(o, "from", n->from_ms);
    set_time(o, "since", n->since_ms);
    set_time(o, "until", n->until_ms);
    jsonw_set_u64(o, "days", n->day_count);
    return o;
}

static void put_lists(struct doc *d)
{
    const struct night *n = d->night;
    begin_list(d, "tests");
    for (size_t i = 0; d->ok && i < n->test_count; i++)
        put_item(d, test_of(n, &n->tests[i]));
    put(d, "]");
    put_number(d, "more_tests", n->more_tests);
    put_number(d, "quiet_tests", n->quiet_tests);
    begin_list(d, "jobs");
    for (size_t i = 0; d->ok && i < n->job_count; i++)
        put_item(d, job_of(n, &n->jobs[i]));
    put(d, "]");
    begin_list(d, "causes");
    for (size_t i = 0; d->ok && i < n->cause_count; i++)
        put_item(d, cause_of(&n->causes[i]));
    put(d, "]");
    begin_list(d, "clusters");
    for (size_t i = 0; d->ok && i < n->cluster_count; i++)
        put_item(d, cluster_of(n, &n->clusters[i]));
    put(d, "]");
    put_number(d, "more_clusters", n->more_clusters);
    begin_list(d, "outages");
    for (size_t i = 0; d->ok && i < n->outage_count; i++)
        put_item(d, outage_of(&n->outages[i]));
    put(d, "]");
    begin_list(d, "builds");
    for (size_t i = 0; d->ok && i < n->build_count; i++)
        put_item(d, build_of(&n->builds[i]));
    put(d, "]");
    put_number(d, "more_builds", n->more_builds);
}

static bool write_json(const struct night *n, const struct report_options *options,
                       const struct report_out *out, struct err *err)
{
    struct doc d = {.out = out, .night = n, .err = err, .ok = true};
    (void)options;
    buf_init(&d.text, OBJECT_BYTES);
    d.ok = jsonw_write_take(head_of(n), false, &d.text, err);
    if (d.ok)
        d.text.len--; /* its brace: the document goes on */
    put_member(&d, "headline", headline_of(&n->headline));
    put_member(&d, "self", self_of(n));
    put_lists(&d);
    put_member(&d, "grid", grid_of(&n->grid));
    put(&d, "}\n");
    flush(&d);
    buf_done(&d.text);
    return d.ok;
}

extern const struct night_format night_json;
const struct night_format night_json = {
    .name = "json", .summary = "all of it; the form is night.schema.json", .write = write_json};
