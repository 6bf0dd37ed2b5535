#include "report/common.h"
#include "report/night_common.h"

#include <inttypes.h>

/*
 * GitHub-flavoured Markdown, within what a comment may hold. Text of logs and lists stands in code
 * spans: nothing in one is a link, a mention, HTML or emphasis. What matters most comes first, so
 * that what does not fit is the least of it; the last line says what that was.
 */

enum {
    COMMENT_BYTES = 65536, /* GitHub counts characters, which are no more than bytes */
    LEFT_OUT_BYTES = 600,  /* kept for the last line */
    NAME_BYTES = 200,
    TEXT_BYTES = 300,
    MANY = 40, /* rows of a section */
    NAMES = 20,
    OTHER_SECTIONS = 5, /* beside those of tests */
};

struct page {
    struct night_text t;
    size_t item;          /* where the item begins that is being written */
    size_t limit;         /* of the section */
    size_t sections_left; /* that share what room there is */
    bool full;            /* an item did not fit into the section */
    struct night_text left_out;
};

/* Takes the item back when it does not fit, with the heading that would stand above nothing; then no
 * other is begun. 1 when it fits. */
static uint64_t end_item(struct page *p)
{
    p->full = p->full || p->t.text.len > p->limit;
    if (p->full && p->t.ok)
        p->t.text.len = p->item;
    p->item = p->t.text.len;
    return !p->full;
}

static void say_left_out(struct page *p, uint64_t count, const char *what)
{
    if (count > 0)
        night_putf(&p->left_out, "%s%" PRIu64 " %s", p->left_out.text.len > 0 ? ", " : "", count,
                   what);
}

/* What a section does not use is left to those behind it. */
static void begin_section(struct page *p)
{
    const size_t used = p->t.text.len, all = COMMENT_BYTES - LEFT_OUT_BYTES;
    p->limit = used + (used < all ? (all - used) / p->sections_left : 0);
    p->sections_left--;
    p->item = used;
    p->full = false;
}

static void heading(struct page *p, const char *title, uint64_t count)
{
    night_putf(&p->t, "\n### %s", title);
    if (count > 0)
        night_putf(&p->t, " (%" PRIu64 ")", count);
    night_put(&p->t, "\n\n");
}

/* ---- tests ---- */

static void put_label(struct page *p, const struct night_test *t)
{
    struct buf label;
    buf_init(&label, COMMON_TEXT_BYTES);
    p->t.ok = p->t.ok && night_test_label(t, &label, p->t.err);
    const struct sv url = t->example_count == 0        ? SV("")
                          : t->examples[0].log.len > 0 ? t->examples[0].log
                                                       : t->examples[0].url;
    night_put_link(&p->t, buf_sv(&label), url, NAME_BYTES, false);
    buf_done(&label);
}

static void put_code_line(struct page *p, const char *label, struct sv text)
{
    if (text.len == 0)
        return;
    night_putf(&p->t, "  \n  %s", label);
    night_put_code(&p->t, text, TEXT_BYTES, false);
}

static void put_test(struct page *p, const struct night_test *t)
{
    char raw[NIGHT_SHARE_BYTES], before[NIGHT_SHARE_BYTES];
    night_put(&p->t, "- ");
    put_label(p, t);
    night_putf(&p->t, "  \n  failed **%s**", night_share_text(&t->raw, raw));
    if (t->adjusted.hits != t->raw.hits || t->adjusted.of != t->raw.of)
        night_putf(&p->t, ", adjusted %" PRIu64 "/%" PRIu64, t->adjusted.hits, t->adjusted.of);
    night_putf(&p->t, ", tonight %" PRIu64 "/%" PRIu64, t->tonight.hits, t->tonight.of);
    if (t->before.of > 0)
        night_putf(&p->t, ", before %s", night_share_text(&t->before, before));
    if (t->job_count > 0) {
        night_put(&p->t, "; in ");
        night_put_code(&p->t, t->jobs[0].name, NAME_BYTES, false);
        if (t->job_count - 1 + t->more_jobs > 0)
            night_putf(&p->t, " and %zu more", t->job_count - 1 + t->more_jobs);
    }
    if (t->change.found) {
        night_put(&p->t, "; since ");
        night_put_time(&p->t, t->change.at_ms);
        if (t->change.bad_sha.len > 0) {
            night_put(&p->t, ", ");
            night_put_code(&p->t, sv_head(t->change.good_sha, 12), NAME_BYTES, false);
            night_put(&p->t, " to ");
            night_put_code(&p->t, sv_head(t->change.bad_sha, 12), NAME_BYTES, false);
        }
    }
    put_code_line(p, "", t->because);
    put_code_line(p, "", t->message);
    night_put(&p->t, "\n");
}

static void put_class(struct page *p, const struct night *n, enum night_class c, uint64_t rows)
{
    const uint64_t all = n->headline.counts[c];
    uint64_t told = 0;
    begin_section(p);
    if (all == 0)
        return;
    heading(p, night_class_title(c), all);
    for (size_t i = 0; !p->full && i < n->test_count && told < rows; i++) {
        if (n->tests[i].class_ != c)
            continue;
        put_test(p, &n->tests[i]);
        told += end_item(p);
    }
    if (all > told) {
        night_putf(&p->left_out, "%s%" PRIu64 " of \"%s\"", p->left_out.text.len > 0 ? ", " : "",
                   all - told, night_class_title(c));
    }
}

/* ---- tables ---- */

static void put_cause_row(struct page *p, const struct night_cause *c)
{
    struct buf name;
    buf_init(&name, COMMON_TEXT_BYTES);
    p->t.ok = p->t.ok && buf_add(&name, sv_of(cause_kind_name(c->kind)), p->t.err) &&
              (c->detail.len == 0 ||
               (buf_add_char(&name, '/', p->t.err) && buf_add(&name, c->detail, p->t.err)));
    night_putf(&p->t, "| %" PRIu64 " | %" PRIu64 " | ", c->builds, c->before);
    night_put_code(&p->t, buf_sv(&name), NAME_BYTES, true);
    night_putf(&p->t, " | %s | %s | ", common_class(c->class_), common_advice(c->advice));
    night_put_code(&p->t, c->help, TEXT_BYTES, true);
    night_put(&p->t, " |\n");
    buf_done(&name);
}

static void put_cluster_row(struct page *p, const struct night_cluster *c)
{
    night_putf(&p->t, "| ");
    night_put_code(&p->t, c->id, NAME_BYTES, true);
    night_putf(&p->t, "%s | %" PRIu64 " | %" PRIu64 " | %" PRIu64 " | %" PRIu64 " | %" PRIu64 " | ",
               c->is_new   ? " new"
               : c->outage ? " outage"
                           : "",
               c->tonight, c->failures, c->before, c->tests, c->jobs);
    night_put_link(&p->t, c->text, c->example_count > 0 ? c->examples[0].log : SV(""), TEXT_BYTES,
                   true);
    night_put(&p->t, " |\n");
}

static void put_job_row(struct page *p, const struct night_job *j)
{
    char passed[NIGHT_SHARE_BYTES], adjusted[NIGHT_SHARE_BYTES];
    night_put(&p->t, "| ");
    night_put_link(&p->t, j->name, j->latest.url, NAME_BYTES, true);
    night_putf(&p->t, " | %s | %s | %s | ", night_class_name(j->class_),
               night_share_text(&j->passed, passed), night_share_text(&j->adjusted, adjusted));
    night_put_code(&p->t, sv_head(j->recent, NAMES), NAME_BYTES, true);
    night_put(&p->t, " | ");
    night_put_code(&p->t, j->because, TEXT_BYTES, true);
    night_put(&p->t, " |\n");
}

static void put_causes(struct page *p, const struct night *n)
{
    uint64_t told = 0;
    begin_section(p);
    if (n->cause_count == 0)
        return;
    heading(p, "Top causes", n->cause_count);
    night_put(&p->t,
              "| Builds | Before | Cause | Class | What to do | |\n|--:|--:|---|---|---|---|\n");
    for (size_t i = 0; !p->full && i < n->cause_count; i++) {
        put_cause_row(p, &n->causes[i]);
        told += end_item(p);
    }
    say_left_out(p, n->cause_count - told, "causes");
}

static void put_clusters(struct page *p, const struct night *n)
{
    uint64_t told = 0;
    begin_section(p);
    if (n->cluster_count == 0)
        return;
    heading(p, "Clusters of failures", n->cluster_count + n->more_clusters);
    night_put(&p->t, "| Id | Tonight | Failures | Before | Tests | Jobs | |\n"
                     "|---|--:|--:|--:|--:|--:|---|\n");
    for (size_t i = 0; !p->full && i < n->cluster_count && i < MANY; i++) {
        put_cluster_row(p, &n->clusters[i]);
        told += end_item(p);
    }
    say_left_out(p, n->cluster_count + n->more_clusters - told, "clusters");
}

static void put_jobs(struct page *p, const struct night *n)
{
    uint64_t told = 0;
    begin_section(p);
    if (n->job_count == 0)
        return;
    heading(p, "Jobs", n->job_count);
    night_put(&p->t, "| Job | | Passed | Adjusted | Newest first | |\n|---|---|---|---|---|---|\n");
    for (size_t i = 0; !p->full && i < n->job_count && i < MANY; i++) {
        put_job_row(p, &n->jobs[i]);
        told += end_item(p);
    }
    say_left_out(p, n->job_count - told, "jobs");
}

/* ---- the rest ---- */

static void put_outages(struct page *p, const struct night *n)
{
    char share[NIGHT_SHARE_BYTES];
    const struct night_share infra = night_share_of(n->headline.infra, n->headline.failed);
    uint64_t told = 0;
    begin_section(p);
    if (n->outage_count == 0 && n->headline.infra == 0)
        return;
    heading(p, "Infrastructure and outages", 0);
    night_putf(&p->t, "Of the failed builds for infrastructure: %s.\n\n",
               night_share_text(&infra, share));
    (void)end_item(p);
    for (size_t i = 0; !p->full && i < n->outage_count; i++) {
        const struct night_outage *o = &n->outages[i];
        night_putf(&p->t, "- %" PRIu64 " builds of %" PRIu64 " jobs, ", o->builds, o->jobs);
        night_put_time(&p->t, o->from_ms);
        night_put(&p->t, " to ");
        night_put_time(&p->t, o->to_ms);
        night_putf(&p->t, "; %.2f jobs expected by chance (p = %.1e)", o->expected, o->p);
        put_code_line(p, "", o->text);
        night_put(&p->t, "\n");
        told += end_item(p);
    }
    say_left_out(p, n->outage_count - told, "outages");
}

static void put_lines(struct page *p, const char *label, const char *what, const struct sv *lines,
                      size_t count)
{
    uint64_t told = 0;
    for (size_t i = 0; !p->full && i < count; i++) {
        night_putf(&p->t, "- %s: ", label);
        night_put_code(&p->t, lines[i], TEXT_BYTES, false);
        night_put(&p->t, "\n");
        told += end_item(p);
    }
    say_left_out(p, count - told, what);
}

static void put_self(struct page *p, const struct night *n)
{
    const struct night_self *s = &n->self;
    char unknown[NIGHT_SHARE_BYTES];
    begin_section(p);
    heading(p, "Self-check", 0);
    night_putf(&p->t,
               "- %" PRIu64 " builds listed, %" PRIu64 " read now, %" PRIu64
               " known before, %" PRIu64 " judged anew\n- %" PRIu64 " could not be read, %" PRIu64
               " problems\n- no known cause: %s\n",
               s->listed, s->read, s->kept, s->rejudged, s->unreadable, s->problems,
               night_share_text(&s->unknown, unknown));
    (void)end_item(p);
    put_lines(p, "not read", "troubles", s->troubles, s->trouble_count);
    put_lines(p, "no build tonight", "missing jobs", s->missing_jobs, s->missing_job_count);
}

static void put_head(struct page *p, const struct night *n)
{
    struct sv line;
    struct night_text words;
    if (n->self.broken) {
        night_put(&p->t, "> **This night is broken**: ");
        night_put_code(&p->t, n->self.why_broken, TEXT_BYTES, false);
        night_put(&p->t, "\n\n");
    }
    night_put(&p->t, "## Nightly report");
    if (n->title.len > 0) {
        night_put(&p->t, " of ");
        night_put_code(&p->t, n->title, NAME_BYTES, false);
    }
    night_put(&p->t, "\n\n");
    night_put_time(&p->t, n->since_ms);
    night_put(&p->t, " to ");
    night_put_time(&p->t, n->until_ms);
    night_put(&p->t, " UTC\n\n");
    night_text_init(&words, p->t.err);
    night_put_headline(&words, n);
    p->t.ok = p->t.ok && words.ok;
    for (struct sv rest = buf_sv(&words.text);
         p->t.ok && rest.len > 0 && sv_cut(&rest, '\n', &line);) {
        night_put(&p->t, "- ");
        p->t.ok = p->t.ok && buf_add(&p->t.text, line, p->t.err);
        night_put(&p->t, "\n");
    }
    night_text_done(&words);
}

static bool write_md(const struct night *n, const struct report_options *options,
                     const struct report_out *out, struct err *err)
{
    static const struct {
        enum night_class class_;
        uint64_t rows;
    } classes[] = {{NIGHT_BROKEN, MANY},     {NIGHT_NEW, MANY},    {NIGHT_WORSE, MANY},
                   {NIGHT_RETURNING, MANY},  {NIGHT_FLAKY, NAMES}, {NIGHT_FIXED, NAMES},
                   {NIGHT_RECOVERING, NAMES}};
    struct page p = {.sections_left = COUNT_OF(classes) + OTHER_SECTIONS};
    (void)options;
    night_text_init(&p.t, err);
    night_text_init(&p.left_out, err);
    put_head(&p, n);
    for (size_t i = 0; i < COUNT_OF(classes); i++)
        put_class(&p, n, classes[i].class_, classes[i].rows);
    put_causes(&p, n);
    put_clusters(&p, n);
    put_jobs(&p, n);
    put_outages(&p, n);
    put_self(&p, n);
    p.t.ok = p.t.ok && p.left_out.ok;
    if (p.left_out.text.len > 0) {
        night_put(&p.t, "\nLeft out: ");
        p.t.ok = p.t.ok && buf_add(&p.t.text, buf_sv(&p.left_out.text), err);
        night_put(&p.t, ".\n");
    }
    const bool ok = night_text_write(&p.t, out);
    night_text_done(&p.t);
    night_text_done(&p.left_out);
    return ok;
}

extern const struct night_format night_md;
const struct night_format night_md = {
    .name = "md", .summary = "Markdown that fits a comment on GitHub", .write = write_md};
