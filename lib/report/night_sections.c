#include "report/night_sections.h"

#include "report/common.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

enum { NAME_BYTES = 300, TEXT_BYTES = 400, SHA_BYTES = 12 };
enum { MAX_ITEMS = 25, MAX_FLAKY = 25, MAX_CAUSES = 40, MAX_OUTAGES = 20, MAX_LINES = 30 };

static void put_count(struct page *p, uint64_t count, const char *one)
{
    page_putf(p, "%" PRIu64 " %s%s", count, one, count == 1 ? "" : "s");
}

static void put_share(struct page *p, const struct night_share *s)
{
    page_putf(p, "<b>%" PRIu64 "/%" PRIu64 "</b> ", s->hits, s->of);
    if (s->of == 0)
        return;
    page_put(p, "<small>");
    page_percent(p, s);
    page_put(p, " (");
    page_interval(p, s);
    page_put(p, ")</small>");
}

/* ---- tests, one by one ---- */

static void put_change(struct page *p, const struct night_change *c)
{
    if (!c->found)
        return;
    page_put(p, "<li>changed ");
    page_time(p, c->at_ms);
    page_put(p, " <small>(between ");
    page_time(p, c->from_ms);
    page_put(p, " and ");
    page_time(p, c->to_ms);
    page_putf(p, ")</small>: %.0f&nbsp;%% → %.0f&nbsp;%% fail", 100 * c->before, 100 * c->after);
    if (c->good_sha.len > 0 || c->bad_sha.len > 0) {
        page_put(p, ", commits <code>");
        page_text(p, sv_head(c->good_sha, SHA_BYTES), NAME_BYTES);
        page_put(p, "</code>…<code>");
        page_text(p, sv_head(c->bad_sha, SHA_BYTES), NAME_BYTES);
        page_put(p, "</code>");
    }
    page_put(p, "</li>");
}

/* The first in full; of the others where to find them: they say much the same. */
static void put_examples(struct page *p, const struct night_ref *refs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        page_put(p, i == 0   ? "<div class=example><p class=where>"
                    : i == 1 ? "<p class=where>also "
                             : ", ");
        page_build(p, &refs[i]);
        page_put(p, i == 0 || refs[i].line > 0 ? " " : "");
        if (i == 0) {
            page_time(p, refs[i].started_ms);
            page_put(p, "</p>");
            if (refs[i].excerpt.len > 0)
                page_excerpt(p, &refs[i]);
            page_put(p, "</div>");
        } else if (refs[i].line > 0 && page_open_link(p, refs[i].log, refs[i].line)) {
            page_putf(p, "<span class=line>L%" PRIu64 "</span></a>", refs[i].line);
        }
    }
    page_put(p, count > 1 ? "</p>" : "");
}

static void put_test_facts(struct page *p, const struct night_test *t)
{
    page_put(p, "<ul class=facts>");
    for (size_t i = 0; i < t->job_count && i < NIGHT_EXAMPLES; i++) {
        page_put(p, "<li>");
        page_text(p, t->jobs[i].name, NAME_BYTES);
        page_putf(p, " %" PRIu64 "/%" PRIu64 "</li>", t->jobs[i].hits, t->jobs[i].of);
    }
    if (t->job_count > NIGHT_EXAMPLES || t->more_jobs > 0)
        page_putf(p, "<li>%" PRIu64 " more jobs</li>",
                  (t->job_count > NIGHT_EXAMPLES ? t->job_count - NIGHT_EXAMPLES : 0) +
                      t->more_jobs);
    page_put(p, "<li>last passed ");
    page_time(p, t->last_passed_ms);
    page_put(p, "</li>");
    if (t->blocked > 0) {
        page_put(p, "<li>alone failed ");
        put_count(p, t->blocked, "build");
        page_put(p, "</li>");
    }
    if (t->lost_ms > 0) {
        page_put(p, "<li>lost ");
        page_duration(p, t->lost_ms);
        page_put(p, "</li>");
    }
    put_change(p, &t->change);
    page_put(p, "</ul>");
}

static void put_test(struct page *p, const struct night *n, const struct night_test *t)
{
    const char *name = night_class_name(t->class_);
    page_putf(p, "<li class='item c-%s'><div class=top><h3><span class='tag c-%s'>%s</span> ", name,
              name, name);
    page_label(p, t);
    page_put(p, "</h3><p class=fig>");
    page_spark(p, t->days, n->day_count);
    page_put(p, "<span>");
    put_share(p, &t->raw);
    page_put(p, "</span></p></div><p class=because>");
    page_text(p, t->because, TEXT_BYTES);
    page_put(p, "</p>");
    put_examples(p, t->examples, t->example_count);
    if (t->example_count == 0 && t->message.len > 0) {
        page_put(p, "<p class=log><code>");
        page_text(p, t->message, TEXT_BYTES);
        page_put(p, "</code></p>");
    }
    put_test_facts(p, t);
    page_put(p, "</li>");
}

static void put_tests(struct page *p, const struct night *n, unsigned classes, const char *none)
{
    uint64_t count = 0, shown = 0;
    for (size_t c = 0; c < NIGHT_CLASS_COUNT; c++)
        count += (classes >> c & 1) != 0 ? n->headline.counts[c] : 0;
    for (size_t i = 0; i < n->test_count && shown < MAX_ITEMS; i++) {
        if ((classes >> n->tests[i].class_ & 1) == 0)
            continue;
        page_put(p, shown == 0 ? "<ol class=items>" : "");
        put_test(p, n, &n->tests[i]);
        shown++;
    }
    page_put(p, shown > 0 ? "</ol>" : "");
    if (shown == 0)
        page_putf(p, "<p class=none>%s</p>", none);
    if (count > shown && shown > 0)
        page_putf(p, "<p class=rest>%" PRIu64 " more are in <a href='#tests'>all tests</a>.</p>",
                  count - shown);
}

/* ---- tables ---- */

struct heading {
    const char *text, *css; /* css: "n" for figures */
};

/* Headings are plain; the script makes buttons of them that sort. */
static void open_table(struct page *p, const char *key, const char *caption,
                       const struct heading *headings, size_t count)
{
    page_putf(p, "<div class=scroll><table data-key=%s><caption>%s</caption><thead><tr>", key,
              caption);
    for (size_t i = 0; i < count; i++)
        page_putf(p, "<th scope=col class='%s'>%s</th>", headings[i].css, headings[i].text);
    page_put(p, "</tr></thead><tbody>");
}

static void close_table(struct page *p)
{
    page_put(p, "</tbody></table></div>");
}

static void put_number(struct page *p, uint64_t number)
{
    page_putf(p, "<td class=n data-v=%" PRIu64 ">%" PRIu64 "</td>", number, number);
}

static void put_time_cell(struct page *p, int64_t ms)
{
    page_putf(p, "<td class=n data-v=%" PRId64 ">", ms);
    page_duration(p, ms);
    page_put(p, "</td>");
}

static double flake_rate(const struct night_test *t)
{
    return t->adjusted.of > 0 ? (double)t->adjusted.hits / (double)t->adjusted.of : 0;
}

static void put_evidence(struct page *p, const struct night_test *t)
{
    const struct {
        const char *name;
        uint64_t count;
    } kinds[] = {
        {"retry", t->by_retry}, {"same&nbsp;code", t->by_same_code}, {"isolated", t->by_isolation}};
    bool any = false;
    page_putf(p, "<td data-v=%" PRIu64 ">",
              t->by_retry * 1000000 + t->by_same_code * 1000 + t->by_isolation);
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (kinds[i].count == 0)
            continue;
        page_putf(p, "%s%s&nbsp;<b>%" PRIu64 "</b>", any ? ", " : "", kinds[i].name,
                  kinds[i].count);
        any = true;
    }
    page_put(p, any ? "</td>" : "rate</td>");
}

static void put_flaky_row(struct page *p, const struct night *n, const struct night_test *t,
                          size_t rank, double most)
{
    page_putf(p, "<tr><td class=n data-v=%zu>%zu</td><th scope=row>", rank, rank);
    page_label(p, t);
    page_put(p, "<p class=log><code>");
    page_text(p, t->message, TEXT_BYTES / 2);
    page_putf(p, "</code></p></th><td data-v=%.6f>", flake_rate(t));
    page_whisker(p, &t->adjusted, most);
    page_put(p, "<br>");
    put_share(p, &t->adjusted);
    page_put(p, "</td><td>");
    page_spark(p, t->days, n->day_count);
    page_put(p, "</td>");
    put_evidence(p, t);
    put_number(p, t->blocked);
    put_time_cell(p, t->lost_ms);
    page_put(p, "<td>");
    for (size_t i = 0; i < t->job_count && i < NIGHT_EXAMPLES; i++) {
        page_put(p, i > 0 ? "<br>" : "");
        page_text(p, t->jobs[i].name, NAME_BYTES);
        page_putf(p, " <small>%" PRIu64 "/%" PRIu64 "</small>", t->jobs[i].hits, t->jobs[i].of);
    }
    page_put(p, "</td></tr>");
}

static void put_flaky(struct page *p, const struct night *n)
{
    static const struct heading headings[] = {
        {"Rank", "n"},    {"Test", ""},     {"Fails, adjusted", ""}, {"Trend", "x"},
        {"Evidence", ""}, {"Blocked", "n"}, {"Lost", "n"},           {"Jobs", ""}};
    double most = 0;
    size_t shown = 0;
    page_open_section(p, "flaky", "Flakiest tests",
                      "They failed and passed without a reason in the code. Ordered by the lower "
                      "bound of the rate times what they cost.");
    for (size_t i = 0, seen = 0; i < n->test_count && seen < MAX_FLAKY; i++) {
        if (n->tests[i].class_ != NIGHT_FLAKY)
            continue;
        most = fmax(most, n->tests[i].adjusted.high);
        seen++;
    }
    for (size_t i = 0; i < n->test_count && shown < MAX_FLAKY; i++) {
        if (n->tests[i].class_ != NIGHT_FLAKY)
            continue;
        if (shown == 0)
            open_table(p, "flaky", "Flakiest tests", headings, COUNT_OF(headings));
        put_flaky_row(p, n, &n->tests[i], ++shown, most);
    }
    if (shown > 0)
        close_table(p);
    else
        page_put(p, "<p class=none>No test is known to flake.</p>");
    if (n->headline.counts[NIGHT_FLAKY] > shown && shown > 0)
        page_putf(p, "<p class=rest>%" PRIu64 " more are in <a href='#tests'>all tests</a>.</p>",
                  n->headline.counts[NIGHT_FLAKY] - shown);
    page_close_section(p);
}

/* Without a window before there is nothing to compare with. */
static void put_before(struct page *p, const struct night_cause *c, bool comparable)
{
    const bool more = c->builds > c->before, fewer = c->builds < c->before;
    if (comparable)
        page_putf(p, "<td class=n data-v=%" PRIu64 ">%" PRIu64 " <small class=%s>%s</small></td>",
                  c->before, c->before,
                  more    ? "down"
                  : fewer ? "up"
                          : "same",
                  more    ? "▲"
                  : fewer ? "▼"
                          : "=");
    else
        page_put(p, "<td class=n data-v=0>–</td>");
}

static void put_cause_row(struct page *p, const struct night_cause *c, bool comparable)
{
    page_put(p, "<tr><th scope=row>");
    page_cause(p, c->kind, c->detail);
    page_putf(p, "<small class=class>%s</small></th>", common_class(c->class_));
    put_number(p, c->builds);
    put_before(p, c, comparable);
    put_number(p, c->jobs);
    page_putf(p, "<td><b class='advice a-%s'>%s</b> ", cause_advice_name(c->advice),
              common_advice(c->advice));
    page_text(p, c->help, TEXT_BYTES);
    page_put(p, "</td><td>");
    put_examples(p, c->examples, c->example_count);
    page_put(p, "</td></tr>");
}

static void put_causes(struct page *p, const struct night *n)
{
    static const struct heading headings[] = {{"Cause", ""}, {"Builds", "n"},    {"Before", "n"},
                                              {"Jobs", "n"}, {"What to do", ""}, {"Seen in", "x"}};
    page_open_section(p, "causes", "Top causes",
                      "Why builds failed in the window, and what to do.");
    if (n->cause_count == 0)
        page_put(p, "<p class=none>No build failed.</p>");
    else
        open_table(p, "causes", "Causes of failed builds", headings, COUNT_OF(headings));
    for (size_t i = 0; i < n->cause_count && i < MAX_CAUSES; i++)
        put_cause_row(p, &n->causes[i], n->headline.before_raw.of > 0);
    if (n->cause_count > 0)
        close_table(p);
    if (n->cause_count > MAX_CAUSES)
        page_putf(p,
                  "<p class=rest>%zu rarer causes are left out here; the JSON report has them.</p>",
                  n->cause_count - MAX_CAUSES);
    page_close_section(p);
}

/* ---- infrastructure ---- */

static void put_outages(struct page *p, const struct night *n)
{
    static const struct heading headings[] = {
        {"When", ""}, {"Builds", "n"}, {"Jobs", "n"}, {"By chance", "n"}, {"What they said", ""}};
    if (n->outage_count == 0) {
        page_put(p, "<p class=none>No outage: nothing failed alike in many unrelated jobs.</p>");
        return;
    }
    open_table(p, "outages", "Outages: one failure in many unrelated jobs at a time", headings,
               COUNT_OF(headings));
    for (size_t i = 0; i < n->outage_count && i < MAX_OUTAGES; i++) {
        const struct night_outage *o = &n->outages[i];
        page_putf(p, "<tr><th scope=row data-v=%" PRId64 ">", o->from_ms);
        page_time(p, o->from_ms);
        page_put(p, " to ");
        page_time(p, o->to_ms);
        page_put(p, "</th>");
        put_number(p, o->builds);
        put_number(p, o->jobs);
        page_putf(p, "<td class=n data-v=%.9f>%.2g jobs <small>p&nbsp;=&nbsp;%.1g</small></td>",
                  o->expected, o->expected, o->p);
        page_put(p, "<td><code>");
        page_text(p, o->text, TEXT_BYTES);
        page_put(p, "</code></td></tr>");
    }
    close_table(p);
    if (n->outage_count > MAX_OUTAGES)
        page_putf(p, "<p class=rest>%zu more are left out.</p>", n->outage_count - MAX_OUTAGES);
}

static void put_set_apart(struct page *p, const struct night *n)
{
    static const struct heading headings[] = {{"Job", ""},
                                              {"Infrastructure", "n"},
                                              {"Outages", "n"},
                                              {"Bad builds", "n"},
                                              {"Wasted", "n"}};
    size_t shown = 0, count = 0;
    for (size_t i = 0; i < n->job_count; i++)
        count += n->jobs[i].infra + n->jobs[i].outage + n->jobs[i].bad > 0;
    if (count == 0)
        return;
    open_table(p, "apart", "Builds set apart from the rates of tests, by job", headings,
               COUNT_OF(headings));
    for (size_t i = 0; i < n->job_count && shown < MAX_OUTAGES; i++) {
        const struct night_job *j = &n->jobs[i];
        if (j->infra + j->outage + j->bad == 0)
            continue;
        page_put(p, "<tr><th scope=row>");
        page_text(p, j->name, NAME_BYTES);
        page_put(p, "</th>");
        put_number(p, j->infra);
        put_number(p, j->outage);
        put_number(p, j->bad);
        put_time_cell(p, j->wasted_ms);
        page_put(p, "</tr>");
        shown++;
    }
    close_table(p);
    if (count > shown)
        page_putf(p, "<p class=rest>%zu more are in <a href='#jobs'>jobs</a>.</p>", count - shown);
}

static void put_infra(struct page *p, const struct night *n)
{
    page_open_section(p, "infra", "Infrastructure and outages",
                      "Failures before or beside the code under test. They are counted in the raw "
                      "figures, and not in the adjusted ones.");
    put_outages(p, n);
    put_set_apart(p, n);
    page_close_section(p);
}

/* ---- self-check ---- */

static void put_fact(struct page *p, const char *name, uint64_t count, const char *more)
{
    page_putf(p, "<div><dt>%s</dt><dd><b>%" PRIu64 "</b> %s</dd></div>", name, count, more);
}

static void put_lines(struct page *p, const char *title, const struct sv *lines, size_t count)
{
    if (count == 0)
        return;
    page_putf(p, "<h3>%s</h3><ul class=lines>", title);
    for (size_t i = 0; i < count && i < MAX_LINES; i++) {
        page_put(p, "<li>");
        page_text(p, lines[i], TEXT_BYTES);
        page_put(p, "</li>");
    }
    if (count > MAX_LINES)
        page_putf(p, "<li>and %zu more</li>", count - MAX_LINES);
    page_put(p, "</ul>");
}

static void put_self(struct page *p, const struct night *n)
{
    const struct night_self *s = &n->self;
    page_open_section(p, "self", "Self-check", "Can this report be believed?");
    page_putf(p, "<p class='%s'>%s</p><dl class=checks>", s->broken ? "bad" : "good",
              s->broken ? "No: this run looks broken." : "Yes, as far as it can tell.");
    put_fact(p, "Builds listed", s->listed, "");
    put_fact(p, "read now", s->read, "");
    put_fact(p, "known before", s->kept, "");
    put_fact(p, "judged again", s->rejudged, "because rules changed");
    put_fact(p, "unreadable", s->unreadable, s->unreadable == 1 ? "build" : "builds");
    put_fact(p, "problems", s->problems, "of files and builds");
    page_put(p, "<div><dt>Without a named cause</dt><dd>");
    put_share(p, &s->unknown);
    page_put(p, "</dd></div><div><dt>Rules</dt><dd><code>");
    page_text(p, sv_head(n->rules_digest, SHA_BYTES), NAME_BYTES);
    page_put(p, "</code></dd></div></dl>");
    put_lines(p, "Could not be read", s->troubles, s->trouble_count);
    put_lines(p, "Jobs without a build tonight", s->missing_jobs, s->missing_job_count);
    page_close_section(p);
}

/* ---- all ---- */

static void put_place(struct page *p, const char *key, const char *what)
{
    page_putf(p, "<div class=place id=%s-place><p class=none>%s needs JavaScript.</p></div>", key,
              what);
}

static void put_filled(struct page *p, const char *id, const char *title, const char *lead,
                       const char *what)
{
    page_open_section(p, id, title, lead);
    put_place(p, id, what);
    page_close_section(p);
}

static void put_all_tests(struct page *p, const struct night *n)
{
    char lead[128];
    (void)snprintf(lead, sizeof(lead),
                   "Every test that failed in the window; %" PRIu64 " quiet ones are left out.",
                   n->quiet_tests);
    put_filled(p, "tests", "All tests", lead, "The table of tests");
}

void night_sections(struct page *p, const struct night *n)
{
    page_open_section(p, "broken", "Broken now",
                      "They fail again and again: no flake, and no retry will help.");
    put_tests(p, n, 1U << NIGHT_BROKEN, "Nothing is broken.");
    page_close_section(p);
    page_open_section(p, "new", "New tonight", "Failed tonight, and never before in the history.");
    put_tests(p, n, 1U << NIGHT_NEW, "No new failure.");
    page_close_section(p);
    page_open_section(p, "worse", "Got worse, or returning",
                      "Fail more often than before and not by chance, or were fixed once.");
    put_tests(p, n, 1U << NIGHT_WORSE | 1U << NIGHT_RETURNING, "Nothing got worse or came back.");
    page_close_section(p);
    put_flaky(p, n);
    put_causes(p, n);
    put_filled(p, "clusters", "Clusters",
               "Failures that say the same, whatever test or job they hit.",
               "The table of clusters");
    page_open_section(p, "jobs", "Jobs", NULL);
    put_place(p, "jobs", "The table of jobs");
    page_put(p, "<h3>Builds that failed tonight</h3>");
    put_place(p, "builds", "The table of builds");
    page_close_section(p);
    put_infra(p, n);
    put_filled(p, "heat", "Heat map",
               "The tests that matter most by the newest builds, newest left.", "The heat map");
    put_all_tests(p, n);
    put_self(p, n);
}
