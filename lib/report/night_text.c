#include "base/text.h"
#include "base/timefmt.h"
#include "report/common.h"
#include "report/night_common.h"

#include <inttypes.h>
#include <stdio.h>

/* The night for a person at a terminal: what matters first, a few rows of everything. */

enum {
    WIDTH = 100,
    TEST_ROWS = 10,
    ROWS = 12,
    JOB_ROWS = 20,
    LINE_BYTES = 2000,
    DEEP = 6, /* of the lines below a finding */
    WRAPPED_LINES = 3,
};

struct page {
    struct night_text t;
    size_t width;
    bool colour;
};

/* What was written since `from` as lines that fit, each indented. */
static void wrap(struct page *p, size_t from, size_t indent, size_t max_lines)
{
    struct buf text;
    buf_init(&text, COMMON_TEXT_BYTES);
    p->t.ok = p->t.ok && buf_add(&text, sv_tail(buf_sv(&p->t.text), from), p->t.err);
    if (p->t.ok)
        p->t.text.len = from;
    struct sv rest = sv_trim(buf_sv(&text));
    for (size_t n = 0; p->t.ok && rest.len > 0 && n < max_lines; n++) {
        const size_t left = indent + (n > 0 ? 2 : 0);
        const size_t room = p->width > left + 20 ? p->width - left : 20;
        struct sv part = text_fit(rest, room);
        if (part.len < rest.len) {
            const bool last = n + 1 == max_lines;
            const size_t blank = sv_find_last(part, ' ');
            part = last ? text_fit(rest, room - 1)
                   : rest.ptr[part.len] != ' ' && blank < part.len && blank > part.len / 2
                       ? sv_head(part, blank)
                       : part;
            night_putf(&p->t, "%*s", (int)left, "");
            p->t.ok = p->t.ok && buf_add(&p->t.text, part, p->t.err);
            night_put(&p->t, last ? "\xe2\x80\xa6\n" : "\n");
        } else {
            night_putf(&p->t, "%*s", (int)left, "");
            p->t.ok = p->t.ok && buf_add(&p->t.text, part, p->t.err);
            night_put(&p->t, "\n");
        }
        rest = sv_trim(sv_tail(rest, part.len));
    }
    buf_done(&text);
}

static size_t here(const struct page *p)
{
    return p->t.text.len;
}

static void heading(struct page *p, const char *title, uint64_t count)
{
    night_putf(&p->t, "\n%s%s", p->colour ? "\x1b[1m" : "", title);
    if (count > 0)
        night_putf(&p->t, " (%" PRIu64 ")", count);
    night_put(&p->t, p->colour ? "\x1b[0m\n" : "\n");
}

static void more(struct page *p, uint64_t all, uint64_t told)
{
    if (all > told)
        night_putf(&p->t, "  and %" PRIu64 " more\n", all - told);
}

static void line_of(struct page *p, const char *label, struct sv text)
{
    const size_t from = here(p);
    if (sv_trim(text).len == 0)
        return;
    night_put(&p->t, label);
    night_put_line(&p->t, text, LINE_BYTES);
    wrap(p, from, DEEP, 2);
}

/* ---- tests ---- */

static void put_test(struct page *p, const struct night_test *t)
{
    char raw[NIGHT_SHARE_BYTES], before[NIGHT_SHARE_BYTES];
    size_t from = here(p);
    night_put_label(&p->t, t, LINE_BYTES);
    wrap(p, from, 2, 2);
    from = here(p);
    night_putf(&p->t, "failed %s", night_share_text(&t->raw, raw));
    if (t->adjusted.hits != t->raw.hits || t->adjusted.of != t->raw.of)
        night_putf(&p->t, "; adjusted %" PRIu64 "/%" PRIu64, t->adjusted.hits, t->adjusted.of);
    night_putf(&p->t, "; tonight %" PRIu64 "/%" PRIu64, t->tonight.hits, t->tonight.of);
    if (t->before.of > 0)
        night_putf(&p->t, "; before %s", night_share_text(&t->before, before));
    if (t->because.len > 0) {
        night_put(&p->t, ". ");
        night_put_line(&p->t, t->because, LINE_BYTES);
    }
    wrap(p, from, DEEP, WRAPPED_LINES);
    from = here(p);
    for (size_t i = 0; i < t->job_count; i++) {
        night_put(&p->t, i > 0 ? ", " : "in ");
        night_put_line(&p->t, t->jobs[i].name, LINE_BYTES);
    }
    if (t->more_jobs > 0)
        night_putf(&p->t, " and %zu more", t->more_jobs);
    if (t->change.found) {
        night_put(&p->t, "; since ");
        night_put_time(&p->t, t->change.at_ms);
        if (t->change.bad_sha.len > 0) {
            night_put(&p->t, ", commits ");
            night_put_line(&p->t, sv_head(t->change.good_sha, 12), LINE_BYTES);
            night_put(&p->t, "..");
            night_put_line(&p->t, sv_head(t->change.bad_sha, 12), LINE_BYTES);
        }
    }
    wrap(p, from, DEEP, 2);
    line_of(p, "", t->message);
    if (t->example_count > 0) { /* whole, even where it is wider: it is there to be opened */
        night_putf(&p->t, "%*s", DEEP, "");
        night_put_line(&p->t, t->examples[0].log.len > 0 ? t->examples[0].log : t->examples[0].url,
                       LINE_BYTES);
        night_put(&p->t, "\n");
    }
}

static void put_class(struct page *p, const struct night *n, enum night_class c)
{
    const uint64_t all = n->headline.counts[c];
    uint64_t told = 0;
    if (all == 0)
        return;
    heading(p, night_class_title(c), all);
    for (size_t i = 0; i < n->test_count && told < TEST_ROWS; i++) {
        if (n->tests[i].class_ != c)
            continue;
        put_test(p, &n->tests[i]);
        told++;
    }
    more(p, all, told);
}

/* Of what is over a line each. */
static void put_names(struct page *p, const struct night *n, enum night_class c)
{
    const uint64_t all = n->headline.counts[c];
    uint64_t told = 0;
    if (all == 0)
        return;
    heading(p, night_class_title(c), all);
    for (size_t i = 0; i < n->test_count && told < TEST_ROWS; i++) {
        if (n->tests[i].class_ != c)
            continue;
        const size_t from = here(p);
        night_put_label(&p->t, &n->tests[i], LINE_BYTES);
        night_put(&p->t, ": ");
        night_put_line(&p->t, n->tests[i].because, LINE_BYTES);
        wrap(p, from, 2, 2);
        told++;
    }
    more(p, all, told);
}

/* ---- builds, causes, clusters ---- */

static void put_causes(struct page *p, const struct night *n)
{
    if (n->cause_count == 0)
        return;
    heading(p, "Top causes, of builds", n->cause_count);
    for (size_t i = 0; i < n->cause_count && i < ROWS; i++) {
        const struct night_cause *c = &n->causes[i];
        size_t from = here(p);
        night_putf(&p->t, "%4" PRIu64 " ", c->builds);
        night_put_cause(&p->t, c->kind, c->detail);
        night_putf(&p->t, ": %s (%s); before %" PRIu64 "; in %" PRIu64 " job%s",
                   common_advice(c->advice), common_class(c->class_), c->before, c->jobs,
                   c->jobs == 1 ? "" : "s");
        wrap(p, from, 2, 2);
        line_of(p, "", c->help);
    }
    more(p, n->cause_count, ROWS);
}

static void put_clusters(struct page *p, const struct night *n)
{
    const uint64_t all = n->cluster_count + n->more_clusters;
    if (all == 0)
        return;
    heading(p, "Clusters of failures", all);
    for (size_t i = 0; i < n->cluster_count && i < ROWS; i++) {
        const struct night_cluster *c = &n->clusters[i];
        const size_t from = here(p);
        night_put_line(&p->t, c->id, LINE_BYTES);
        night_putf(&p->t,
                   "%s %" PRIu64 " failure%s, tonight %" PRIu64 ", before %" PRIu64 "; %" PRIu64
                   " test%s, %" PRIu64 " job%s; since ",
                   c->is_new   ? " NEW"
                   : c->outage ? " OUTAGE"
                               : "",
                   c->failures, c->failures == 1 ? "" : "s", c->tonight, c->before, c->tests,
                   c->tests == 1 ? "" : "s", c->jobs, c->jobs == 1 ? "" : "s");
        night_put_time(&p->t, c->first_ms);
        wrap(p, from, 2, 2);
        line_of(p, "", c->text);
    }
    more(p, all, ROWS);
}

static void put_job(struct page *p, const struct night_job *j)
{
    char rate[NIGHT_SHARE_BYTES], adjusted[NIGHT_SHARE_BYTES];
    size_t from = here(p);
    night_put_line(&p->t, j->name, LINE_BYTES);
    night_putf(&p->t, "  %s", night_class_name(j->class_));
    if (j->because.len > 0) {
        night_put(&p->t, ": ");
        night_put_line(&p->t, j->because, LINE_BYTES);
    }
    wrap(p, from, 2, 2);
    from = here(p);
    night_putf(&p->t, "passed %s; adjusted %s", night_share_text(&j->passed, rate),
               night_share_text(&j->adjusted, adjusted));
    if (j->infra + j->outage + j->bad > 0)
        night_putf(&p->t, "; %" PRIu64 " infra, %" PRIu64 " outage, %" PRIu64 " bad build%s",
                   j->infra, j->outage, j->bad, j->bad == 1 ? "" : "s");
    if (j->recent.len > 0) {
        night_put(&p->t, "; newest first ");
        night_put_line(&p->t, j->recent, 40);
    }
    wrap(p, from, DEEP, 2);
}

static void put_jobs(struct page *p, const struct night *n)
{
    if (n->job_count == 0)
        return;
    heading(p, "Jobs", n->job_count);
    for (size_t i = 0; i < n->job_count && i < JOB_ROWS; i++)
        put_job(p, &n->jobs[i]);
    more(p, n->job_count, JOB_ROWS);
}

static void put_infra(struct page *p, const struct night *n)
{
    char share[NIGHT_SHARE_BYTES];
    const struct night_share infra = night_share_of(n->headline.infra, n->headline.failed);
    if (n->outage_count == 0 && n->headline.infra == 0)
        return;
    heading(p, "Infrastructure and outages", 0);
    night_putf(&p->t, "  of the failed builds for infrastructure: %s\n",
               night_share_text(&infra, share));
    for (size_t i = 0; i < n->outage_count && i < ROWS; i++) {
        const struct night_outage *o = &n->outages[i];
        const size_t from = here(p);
        night_putf(&p->t, "outage: %" PRIu64 " builds of %" PRIu64 " jobs from ", o->builds,
                   o->jobs);
        night_put_time(&p->t, o->from_ms);
        night_put(&p->t, " to ");
        night_put_time(&p->t, o->to_ms);
        night_putf(&p->t, ", %.2f jobs expected by chance (p = %.1e)", o->expected, o->p);
        wrap(p, from, 2, 2);
        line_of(p, "", o->text);
    }
    more(p, n->outage_count, ROWS);
}

static void put_lines(struct page *p, const char *label, const struct sv *lines, size_t count)
{
    for (size_t i = 0; i < count && i < ROWS; i++) {
        const size_t from = here(p);
        night_put(&p->t, label);
        night_put_line(&p->t, lines[i], LINE_BYTES);
        wrap(p, from, 2, 2);
    }
    more(p, count, ROWS);
}

static void put_self(struct page *p, const struct night *n)
{
    const struct night_self *s = &n->self;
    char unknown[NIGHT_SHARE_BYTES];
    heading(p, "Self-check", 0);
    const size_t from = here(p);
    night_putf(&p->t,
               "%" PRIu64 " builds listed, %" PRIu64 " read now, %" PRIu64 " known before, %" PRIu64
               " judged anew; %" PRIu64 " could not be read, %" PRIu64
               " problems; no known cause: %s",
               s->listed, s->read, s->kept, s->rejudged, s->unreadable, s->problems,
               night_share_text(&s->unknown, unknown));
    wrap(p, from, 2, WRAPPED_LINES);
    put_lines(p, "trouble: ", s->troubles, s->trouble_count);
    put_lines(p, "no build tonight: ", s->missing_jobs, s->missing_job_count);
}

static void put_head(struct page *p, const struct night *n)
{
    if (n->self.broken) {
        const size_t from = here(p);
        night_put(&p->t, "THIS NIGHT IS BROKEN: ");
        night_put_line(&p->t, n->self.why_broken, LINE_BYTES);
        wrap(p, from, 0, WRAPPED_LINES);
        night_put(&p->t, "\n");
    }
    const size_t from = here(p);
    night_put(&p->t, "Nightly report");
    if (n->title.len > 0) {
        night_put(&p->t, " of ");
        night_put_line(&p->t, n->title, 200);
    }
    night_put(&p->t, ", ");
    night_put_time(&p->t, n->since_ms);
    night_put(&p->t, " to ");
    night_put_time(&p->t, n->until_ms);
    night_put(&p->t, " UTC");
    wrap(p, from, 0, 2);
}

/* Each sentence of the headline wrapped by itself. */
static void put_headline(struct page *p, const struct night *n)
{
    struct buf copy;
    struct sv line;
    const size_t from = here(p);
    night_put_headline(&p->t, n);
    buf_init(&copy, COMMON_TEXT_BYTES);
    p->t.ok = p->t.ok && buf_add(&copy, sv_tail(buf_sv(&p->t.text), from), p->t.err);
    if (p->t.ok)
        p->t.text.len = from;
    for (struct sv rest = buf_sv(&copy); p->t.ok && rest.len > 0 && sv_cut(&rest, '\n', &line);) {
        const size_t start = here(p);
        p->t.ok = buf_add(&p->t.text, line, p->t.err);
        wrap(p, start, 0, 4);
    }
    buf_done(&copy);
}

static bool write_text(const struct night *n, const struct report_options *options,
                       const struct report_out *out, struct err *err)
{
    struct page p = {.width = options->width > 0 ? options->width : WIDTH,
                     .colour = options->colour};
    static const enum night_class first[] = {NIGHT_BROKEN, NIGHT_NEW, NIGHT_WORSE, NIGHT_RETURNING,
                                             NIGHT_FLAKY};
    night_text_init(&p.t, err);
    put_head(&p, n);
    put_headline(&p, n);
    for (size_t i = 0; i < COUNT_OF(first); i++)
        put_class(&p, n, first[i]);
    put_names(&p, n, NIGHT_FIXED);
    put_names(&p, n, NIGHT_RECOVERING);
    put_causes(&p, n);
    put_clusters(&p, n);
    put_jobs(&p, n);
    put_infra(&p, n);
    put_self(&p, n);
    const bool ok = night_text_write(&p.t, out);
    night_text_done(&p.t);
    return ok;
}

extern const struct night_format night_text;
const struct night_format night_text = {
    .name = "text", .summary = "for a person at a terminal", .write = write_text};
