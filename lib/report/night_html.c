#include "base/digest.h"
#include "base/timefmt.h"
#include "report/common.h"
#include "report/night_island.h"
#include "report/night_page.h"
#include "report/night_report.h"
#include "report/night_sections.h"

#include "night_assets.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

/*
 * The nightly report as one HTML file: nothing is loaded, no script or style of others can run.
 *
 * What one reads first is HTML made here and needs no script. The long tables and the heat map are
 * made by night.js from JSON (night_island.h). A section's buttons come from the script too, so that
 * without it none is there that does nothing.
 */

enum { NAME_BYTES = 300, TEXT_BYTES = 400, MAX_NAMED = 3 };

/* ---- head ---- */

static int from_hex(char c)
{
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

/* `'sha256-…'` of a script or style, as a policy names it. */
static void put_hash(struct page *p, struct sv text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char hex[DIGEST_TEXT_BYTES], base64[45] = "";
    p->ok = p->ok && digest_of(text, hex, p->err);
    for (size_t i = 0; p->ok && i < 11; i++) { /* 32 bytes are 10 groups of three, and two more */
        unsigned group = 0;
        for (size_t k = i * 6; k < i * 6 + 6; k++)
            group = group << 4 | (unsigned)(k < 64 ? from_hex(hex[k]) : 0);
        for (size_t k = 0; k < 4; k++)
            base64[i * 4 + k] = digits[group >> (18 - 6 * k) & 63];
    }
    base64[43] = '=';
    page_putf(p, "'sha256-%s'", base64);
}

static void put_head(struct page *p, const struct night *n)
{
    const struct night_headline *h = &n->headline;
    page_put(p,
             "<!doctype html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n"
             "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; style-src ");
    put_hash(p, asset_night_css);
    page_put(p, "; script-src ");
    put_hash(p, asset_night_js);
    page_put(p, "; img-src data:; base-uri 'none'; form-action 'none'\">\n"
                "<meta name=viewport content='width=device-width, initial-scale=1'>\n"
                "<meta name=color-scheme content='light dark'>\n"
                "<meta name=referrer content=no-referrer>\n"
                "<meta name=generator content=prowl>\n");
    page_putf(p, "<meta name=description content='%" PRIu64 " builds, %" PRIu64 " failed'>\n",
              h->builds, h->failed);
    page_put(p, "<link rel=icon href='data:,'>\n<title>prowl nightly");
    if (n->title.len > 0) {
        page_put(p, ": ");
        page_plain(p, n->title, NAME_BYTES);
    }
    page_put(p, "</title>\n<style>");
    page_bytes(p, asset_night_css);
    page_put(p, "</style>\n</head>\n");
}

/* ---- sections ---- */

static uint64_t worse_count(const struct night *n)
{
    return n->headline.counts[NIGHT_WORSE] + n->headline.counts[NIGHT_RETURNING];
}

static void put_nav(struct page *p, const struct night *n)
{
    const struct {
        const char *id, *name;
        uint64_t count;
        bool counted;
    } links[] = {
        {"headline", "Tonight", 0, false},
        {"broken", "Broken", n->headline.counts[NIGHT_BROKEN], true},
        {"new", "New", n->headline.counts[NIGHT_NEW], true},
        {"worse", "Worse", worse_count(n), true},
        {"flaky", "Flaky", n->headline.counts[NIGHT_FLAKY], true},
        {"causes", "Causes", n->cause_count, true},
        {"clusters", "Clusters", n->cluster_count + n->more_clusters, true},
        {"jobs", "Jobs", n->job_count, true},
        {"infra", "Infra", n->headline.infra, true},
        {"heat", "Heat map", 0, false},
        {"tests", "All tests", 0, false},
        {"self", "Self-check", 0, false},
    };
    page_put(p, "<nav aria-label=Sections><ul>");
    for (size_t i = 0; i < COUNT_OF(links); i++) {
        page_putf(p, "<li><a href='#%s'>%s", links[i].id, links[i].name);
        if (links[i].counted)
            page_putf(p, " <b class='%s'>%" PRIu64 "</b>", links[i].count > 0 ? "some" : "none",
                      links[i].count);
        page_put(p, "</a></li>");
    }
    page_put(p, "</ul></nav>\n");
}

static void put_header(struct page *p, const struct night *n)
{
    page_put(p, "<body>\n<a class=skip href='#main'>Skip to the report</a>\n<header>"
                "<div class=bar><div><p class=brand>prowl nightly</p><h1>");
    if (n->title.len > 0)
        page_text(p, n->title, NAME_BYTES);
    else
        page_put(p, "Nightly report");
    page_put(p, "</h1></div><p class=when>");
    page_time(p, n->since_ms);
    page_put(p, " to ");
    page_time(p, n->until_ms);
    page_put(p, " UTC<br>figures of the days since ");
    page_time(p, n->from_ms);
    page_put(p, "</p><div id=tools></div></div>\n");
    put_nav(p, n);
    page_put(p, "</header>\n<main id=main tabindex=-1>\n");
}

static void put_alarm(struct page *p, const struct night *n)
{
    if (!n->self.broken)
        return;
    page_put(p, "<section id=alarm class=alarm aria-labelledby=alarm-h><h2 id=alarm-h>This night "
                "cannot be trusted</h2><p>");
    page_text(p, n->self.why_broken, TEXT_BYTES);
    page_put(p, "</p><p>The figures below are of what could be read. See the "
                "<a href='#self'>self-check</a>.</p></section>\n");
}

/* ---- headline ---- */

static void put_verdict(struct page *p, const struct night *n)
{
    static const struct {
        enum night_class class_;
        const char *word;
    } words[] = {{NIGHT_BROKEN, "broken"},
                 {NIGHT_NEW, "new"},
                 {NIGHT_WORSE, "got worse"},
                 {NIGHT_RETURNING, "returning"}};
    const struct night_headline *h = &n->headline;
    bool any = false;
    page_put(p, "<p class=verdict>");
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (h->counts[words[i].class_] == 0)
            continue;
        page_putf(p, "%s<b class=c-%s>%" PRIu64 " %s</b>", any ? ", " : "",
                  night_class_name(words[i].class_), h->counts[words[i].class_], words[i].word);
        any = true;
    }
    if (h->builds == 0)
        page_put(p, "No build ran in this time.");
    else
        page_putf(p, "%s<span> %" PRIu64 " of %" PRIu64 " builds passed.</span>",
                  any ? "." : "<b class=c-fixed>Nothing new broke.</b>", h->passed, h->builds);
    page_put(p, "</p>");
}

static double rate(const struct night_share *s)
{
    return s->of > 0 ? 100 * (double)s->hits / (double)s->of : -1;
}

static void put_tile_share(struct page *p, const char *name, const struct night_share *now,
                           const struct night_share *before)
{
    page_putf(p, "<div class=tile><dt>%s</dt><dd><strong>", name);
    page_percent(p, now);
    page_put(p, "</strong> ");
    if (now->of > 0) {
        page_put(p, "<small>95&nbsp;%: ");
        page_interval(p, now);
        page_put(p, "</small>");
        page_whisker(p, now, 1);
    }
    if (now->of > 0 && before->of > 0) {
        const double change = rate(now) - rate(before);
        page_putf(p, "<small class=%s>%s %.1f points against the window before</small>",
                  change < -0.05  ? "down"
                  : change > 0.05 ? "up"
                                  : "same",
                  change < -0.05  ? "▼"
                  : change > 0.05 ? "▲"
                                  : "=",
                  fabs(change));
    }
    page_put(p, "</dd></div>");
}

static void put_stack(struct page *p, const struct night_headline *h)
{
    const uint64_t code = h->failed > h->infra ? h->failed - h->infra : 0;
    const struct {
        const char *name, *css;
        uint64_t count;
    } parts[] = {{"passed", "ok", h->passed},
                 {"failed", "bad", code},
                 {"infrastructure", "inf", h->infra},
                 {"aborted", "ab", h->aborted},
                 {"running or other", "ot", h->running + h->other}};
    double x = 0;
    page_put(p, "<svg class=stack aria-hidden=true viewBox='0 0 100 6' preserveAspectRatio=none>");
    for (size_t i = 0; h->builds > 0 && i < COUNT_OF(parts); i++) {
        const double width = 100 * (double)parts[i].count / (double)h->builds;
        page_putf(p, "<rect class=%s x=%.2f width=%.2f height=6 />", parts[i].css, x, width);
        x += width;
    }
    page_put(p, "</svg><small>");
    bool any = false;
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        if (parts[i].count == 0)
            continue;
        page_putf(p, "%s<span class='k %s'>%" PRIu64 " %s</span>", any ? " " : "", parts[i].css,
                  parts[i].count, parts[i].name);
        any = true;
    }
    page_put(p, "</small>");
}

static void put_tiles(struct page *p, const struct night *n)
{
    const struct night_headline *h = &n->headline;
    const struct night_share infra = night_share_of(h->infra, h->failed);
    page_putf(p,
              "<dl class=tiles><div class='tile wide'><dt>Builds</dt><dd><strong>%" PRIu64
              "</strong> ",
              h->builds);
    put_stack(p, h);
    page_put(p, "</dd></div>");
    put_tile_share(p, "Pass rate, raw", &h->pass_raw, &h->before_raw);
    put_tile_share(p, "Pass rate, adjusted", &h->pass_adjusted, &h->before_adjusted);
    page_put(p, "<div class=tile><dt>Infrastructure</dt><dd><strong>");
    page_percent(p, &infra);
    page_putf(p,
              "</strong> <small>%" PRIu64 " of %" PRIu64 " failed builds</small><small>a retry "
              "would cure %" PRIu64 "</small></dd></div>",
              h->infra, h->failed, h->green_retry);
    page_putf(p,
              "<div class=tile><dt>Tests failed</dt><dd><strong>%" PRIu64 "</strong> <small>of "
              "%" PRIu64 " run</small><small>%" PRIu64 " more were flaky</small></dd></div>",
              h->tests_failed, h->tests_run, h->tests_flaky);
    page_put(p, "<div class=tile><dt>Machine time wasted</dt><dd><strong>");
    page_duration(p, h->wasted_ms);
    page_put(p, "</strong> <small>of ");
    page_duration(p, h->machine_ms);
    page_putf(p,
              "</small><small>%" PRIu64 " retests; %" PRIu64 " of %" PRIu64
              " retries helped</small></dd></div></dl>",
              h->retests, h->rescued, h->retries);
}

struct daily {
    double passed[NIGHT_MAX_DAYS], minutes[NIGHT_MAX_DAYS];
    double longest;
    size_t count;
};

static void count_days(const struct night *n, struct daily *ret)
{
    *ret = (struct daily){.count = n->day_count < NIGHT_MAX_DAYS ? n->day_count : NIGHT_MAX_DAYS};
    for (size_t i = 0; i < ret->count; i++) {
        uint64_t runs = 0, failures = 0, timed = 0;
        double ms = 0;
        for (size_t k = 0; k < n->job_count; k++) {
            const struct night_day *d = n->jobs[k].days == NULL ? NULL : &n->jobs[k].days[i];
            if (d == NULL || d->runs == 0)
                continue;
            runs += d->runs;
            failures += d->failures;
            timed += d->duration_ms >= 0 ? d->runs : 0;
            ms += d->duration_ms >= 0 ? (double)d->duration_ms * (double)d->runs : 0;
        }
        ret->passed[i] = runs > 0 ? 100 - 100 * (double)failures / (double)runs : -1;
        ret->minutes[i] = timed > 0 ? ms / (double)timed / 60000 : -1;
        ret->longest = fmax(ret->longest, ret->minutes[i]);
    }
}

static void put_plots(struct page *p, const struct night *n)
{
    struct daily days;
    count_days(n, &days);
    const double top = days.longest > 0 ? ceil(days.longest * 1.1) : 1;
    char most[32];
    (void)snprintf(most, sizeof(most), "%.0f min", top);
    const struct page_plot passed = {.title = "Passed, all jobs",
                                     .unit = "%",
                                     .values = days.passed,
                                     .count = days.count,
                                     .high = 100,
                                     .from_ms = n->from_ms,
                                     .texts = {"0 %", "100 %"}};
    const struct page_plot minutes = {.title = "Mean duration",
                                      .unit = "min",
                                      .values = days.minutes,
                                      .count = days.count,
                                      .high = top,
                                      .from_ms = n->from_ms,
                                      .texts = {"0", most}};
    if (days.longest <= 0)
        return;
    page_put(p, "<div class=plots>");
    page_plot(p, &passed);
    page_plot(p, &minutes);
    page_put(p, "</div>");
}

/* "fixed: a, b, c and 4 more" */
static void put_changed_tests(struct page *p, const struct night *n, enum night_class class_,
                              const char *word)
{
    const uint64_t count = n->headline.counts[class_];
    size_t named = 0;
    if (count == 0)
        return;
    page_putf(p, "<li><span class='tag c-%s'>%s</span> ", night_class_name(class_), word);
    for (size_t i = 0; i < n->test_count && named < MAX_NAMED; i++) {
        if (n->tests[i].class_ != class_)
            continue;
        page_put(p, named > 0 ? ", " : "");
        page_label(p, &n->tests[i]);
        named++;
    }
    if (count > named)
        page_putf(p, " and %" PRIu64 " more", count - named);
    page_put(p, "</li>");
}

static void put_changed_causes(struct page *p, const struct night *n)
{
    const bool comparable = n->headline.before_raw.of > 0;
    size_t named = 0, fresh = 0;
    for (size_t i = 0; comparable && i < n->cause_count && named < MAX_NAMED; i++) {
        const struct night_cause *c = &n->causes[i];
        if (c->builds < 3 || c->builds < 2 * c->before)
            continue;
        page_put(p, "<li><span class='tag c-got-worse'>more</span> ");
        page_cause(p, c->kind, c->detail);
        page_putf(p, ": %" PRIu64 " builds, %" PRIu64 " in the window before</li>", c->builds,
                  c->before);
        named++;
    }
    for (size_t i = 0; i < n->cluster_count; i++)
        fresh += n->clusters[i].is_new;
    if (fresh > 0)
        page_putf(p,
                  "<li><span class='tag c-new'>new</span> <a href='#clusters'>%zu cluster%s</a> "
                  "of failures never seen before</li>",
                  fresh, fresh == 1 ? "" : "s");
    for (size_t i = 0; i < n->self.missing_job_count && i < MAX_NAMED; i++) {
        page_put(p, "<li><span class='tag c-quiet'>missing</span> job ");
        page_text(p, n->self.missing_jobs[i], NAME_BYTES);
        page_put(p, " had no build</li>");
    }
}

static void put_changes(struct page *p, const struct night *n)
{
    page_put(p, "<div class=changes><h3>");
    if (n->last_report_ms > 0) {
        page_put(p, "What changed since the report of ");
        page_time(p, n->last_report_ms);
    } else {
        page_put(p, "The first report: there is none before to compare with");
    }
    page_put(p, "</h3><ul>");
    put_changed_tests(p, n, NIGHT_NEW, "new");
    put_changed_tests(p, n, NIGHT_RETURNING, "returning");
    put_changed_tests(p, n, NIGHT_WORSE, "got worse");
    put_changed_tests(p, n, NIGHT_FIXED, "fixed");
    put_changed_tests(p, n, NIGHT_RECOVERING, "recovering");
    put_changed_causes(p, n);
    page_put(p, "</ul></div>");
}

static void put_headline(struct page *p, const struct night *n)
{
    page_open_section(p, "headline", "Tonight", NULL);
    put_verdict(p, n);
    put_tiles(p, n);
    page_put(p, "<div class=two>");
    put_changes(p, n);
    put_plots(p, n);
    page_put(p, "</div>");
    page_close_section(p);
}

/* ---- the page ---- */

static void put_page(struct page *p, const struct night *n)
{
    put_head(p, n);
    put_header(p, n);
    put_alarm(p, n);
    put_headline(p, n);
    night_sections(p, n);
    page_put(p, "</main>\n<footer><p>Made by prowl ");
    page_text(p, n->version, NAME_BYTES);
    page_put(p, " at ");
    page_time(p, n->now_ms);
    page_put(p,
             " UTC. Times are UTC; intervals hold in 95&nbsp;% of cases. In a trend each bar is a "
             "day, the oldest first; its height is the share of runs that failed.</p></footer>\n"
             "<p id=said class=away role=status></p>\n"
             "<script type=application/json id=night>");
    night_island(p, n);
    page_put(p, "</script>\n<script>");
    page_bytes(p, asset_night_js);
    page_put(p, "</script>\n</body>\n</html>\n");
}

static bool write_html(const struct night *n, const struct report_options *options,
                       const struct report_out *out, struct err *err)
{
    struct page p;
    (void)options;
    page_init(&p, out, err);
    put_page(&p, n);
    const bool ok = page_end(&p);
    page_done(&p);
    return ok;
}

const struct night_format night_html = {
    .name = "html",
    .summary = "one page to look at, for a browser",
    .write = write_html,
};
