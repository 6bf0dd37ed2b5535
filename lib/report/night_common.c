#include "report/night_common.h"

#include "base/digest.h"
#include "base/text.h"
#include "base/timefmt.h"
#include "report/common.h"

#include <inttypes.h>
#include <stdio.h>

enum { NAME_BYTES = 160, LABEL_BYTES = 64 * 1024 };

void night_text_init(struct night_text *t, struct err *err)
{
    *t = (struct night_text){.err = err, .ok = true};
    buf_init(&t->text, COMMON_TEXT_BYTES * 8UL);
    buf_init(&t->scratch, COMMON_TEXT_BYTES);
}

void night_text_done(struct night_text *t)
{
    buf_done(&t->text);
    buf_done(&t->scratch);
}

bool night_text_write(struct night_text *t, const struct report_out *out)
{
    t->ok = t->ok && (t->text.len == 0 || out->write(out->user, buf_sv(&t->text), t->err));
    buf_reset(&t->text);
    return t->ok;
}

void night_put(struct night_text *t, const char *words)
{
    t->ok = t->ok && buf_add(&t->text, sv_of(words), t->err);
}

void night_putf(struct night_text *t, const char *fmt, ...)
{
    char line[1024];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(line, sizeof(line), fmt, args);
    va_end(args);
    night_put(t, line);
}

void night_put_line(struct night_text *t, struct sv text, size_t max)
{
    t->ok = t->ok && common_one_line(text, max, &t->text, t->err);
}

void night_put_label(struct night_text *t, const struct night_test *test, size_t max)
{
    struct buf label;
    buf_init(&label, LABEL_BYTES);
    t->ok = t->ok && night_test_label(test, &label, t->err);
    night_put_line(t, buf_sv(&label), max);
    buf_done(&label);
}

void night_put_time(struct night_text *t, int64_t ms)
{
    char text[TIME_TEXT_BYTES];
    if (ms <= 0)
        night_put(t, "never");
    else
        night_putf(t, "%.10s %.5s", time_text(ms, text), text + 11);
}

/* ---- Markdown ---- */

static size_t longest_fence(struct sv text)
{
    size_t longest = 0, run = 0;
    for (size_t i = 0; i < text.len; i++) {
        run = text.ptr[i] == '`' ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    return longest;
}

/* The fence is longer than any in the text, and a blank keeps the text from touching it. */
void night_put_code(struct night_text *t, struct sv text, size_t max, bool in_table)
{
    static const char fence[] = "````````````````";
    buf_reset(&t->scratch);
    t->ok = t->ok && common_one_line(text, max, &t->scratch, t->err);
    struct buf *line = &t->scratch;
    if (!t->ok || line->len == 0)
        return;
    for (size_t i = 0; in_table && i < line->len; i++) { /* a backslash could hide an escape */
        if (line->data[i] == '|' || line->data[i] == '\\' || line->data[i] == '`')
            line->data[i] = '/';
    }
    const size_t n = longest_fence(buf_sv(line)) + 1;
    for (size_t i = 0; n >= sizeof(fence) && i < line->len; i++) { /* nobody means that */
        if (line->data[i] == '`')
            line->data[i] = '\'';
    }
    const int ticks = n < sizeof(fence) ? (int)n : 1;
    const char *pad = ticks > 1 || line->data[0] == ' ' ? " " : "";
    t->ok = buf_addf(&t->text, t->err, "%.*s%s%.*s%s%.*s", ticks, fence, pad, SV_ARG(buf_sv(line)),
                     pad, ticks, fence);
}

bool night_is_web(struct sv url)
{
    return sv_starts(url, SV("https://")) || sv_starts(url, SV("http://"));
}

void night_put_link(struct night_text *t, struct sv text, struct sv url, size_t max, bool in_table)
{
    const bool web = night_is_web(url);
    if (web)
        night_put(t, "[");
    night_put_code(t, text, max, in_table);
    if (!web)
        return;
    night_put(t, "](");
    for (size_t i = 0; t->ok && i < url.len; i++) { /* what would end it is written as %XX */
        const unsigned char c = (unsigned char)url.ptr[i];
        if (c > 0x20 && c < 0x7f && strchr("()<>\\`\"'|", (char)c) == NULL)
            t->ok = buf_add_char(&t->text, (char)c, t->err);
        else
            night_putf(t, "%%%02X", c);
    }
    night_put(t, ")");
}

/* ---- figures ---- */

const char *night_share_text(const struct night_share *s, char text[NIGHT_SHARE_BYTES])
{
    if (s->of == 0)
        (void)snprintf(text, NIGHT_SHARE_BYTES, "0/0");
    else
        (void)snprintf(text, NIGHT_SHARE_BYTES, "%" PRIu64 "/%" PRIu64 ", %.0f %% [%.0f, %.0f]",
                       s->hits, s->of, 100 * (double)s->hits / (double)s->of, 100 * s->low,
                       100 * s->high);
    return text;
}

void night_put_cause(struct night_text *t, enum cause_kind kind, struct sv detail)
{
    night_put(t, cause_kind_name(kind));
    if (detail.len == 0)
        return;
    night_put(t, "/");
    night_put_line(t, detail, NAME_BYTES);
}

const char *night_class_title(enum night_class c)
{
    static const char *const titles[NIGHT_CLASS_COUNT] = {
        [NIGHT_BROKEN] = "Broken now",    [NIGHT_NEW] = "New tonight",
        [NIGHT_WORSE] = "Got worse",      [NIGHT_RETURNING] = "Returning",
        [NIGHT_FLAKY] = "Flakiest tests", [NIGHT_INFRA] = "Failed for infrastructure alone",
        [NIGHT_FIXED] = "Fixed",          [NIGHT_RECOVERING] = "Recovering",
        [NIGHT_QUIET] = "Quiet",
    };
    return titles[c];
}

bool night_key(const struct sv *parts, size_t count, char ret_key[NIGHT_KEY_BYTES], struct err *err)
{
    char hex[DIGEST_TEXT_BYTES];
    if (!digest_of_parts(parts, count, hex, err))
        return false;
    memcpy(ret_key, hex, NIGHT_KEY_BYTES - 1);
    ret_key[NIGHT_KEY_BYTES - 1] = '\0';
    return true;
}

/* ---- headline ---- */

struct listed {
    const char *word;
    uint64_t count;
};

/* "36 passed, 8 failed"; what is 0 is left out. How many there were. */
static size_t put_counts(struct night_text *t, const struct listed *list, size_t count)
{
    size_t told = 0;
    for (size_t i = 0; i < count; i++) {
        if (list[i].count == 0)
            continue;
        night_putf(t, "%s%" PRIu64 " %s", told > 0 ? ", " : "", list[i].count, list[i].word);
        told++;
    }
    return told;
}

static void put_builds(struct night_text *t, const struct night_headline *h)
{
    const struct listed outcomes[] = {{"passed", h->passed},
                                      {"failed", h->failed},
                                      {"aborted", h->aborted},
                                      {"running", h->running},
                                      {"other", h->other}};
    if (h->builds == 0) {
        night_put(t, "No build ran in this time.\n");
        return;
    }
    night_putf(t, "%" PRIu64 " build%s: ", h->builds, h->builds == 1 ? "" : "s");
    (void)put_counts(t, outcomes, COUNT_OF(outcomes));
    if (h->infra > 0)
        night_putf(t, "; %" PRIu64 " failed for infrastructure", h->infra);
    night_put(t, ".\n");
}

static void put_rates(struct night_text *t, const struct night_headline *h)
{
    char raw[NIGHT_SHARE_BYTES], adjusted[NIGHT_SHARE_BYTES], before[NIGHT_SHARE_BYTES];
    if (h->pass_raw.of == 0)
        return;
    night_putf(t, "Pass rate %s; without infrastructure, outages and bad builds %s",
               night_share_text(&h->pass_raw, raw), night_share_text(&h->pass_adjusted, adjusted));
    if (h->before_adjusted.of > 0)
        night_putf(t, "; before %s", night_share_text(&h->before_adjusted, before));
    night_put(t, ".\n");
}

static void put_changes(struct night_text *t, const struct night *n)
{
    uint64_t clusters = 0, outages = 0, missing = n->self.missing_job_count;
    for (size_t i = 0; i < n->cluster_count; i++)
        clusters += n->clusters[i].is_new;
    for (size_t i = 0; i < n->outage_count; i++)
        outages += n->outages[i].to_ms >= n->since_ms;
    const struct listed changed[] = {{n->headline.counts[NIGHT_NEW] == 1 ? "test new" : "tests new",
                                      n->headline.counts[NIGHT_NEW]},
                                     {"got worse", n->headline.counts[NIGHT_WORSE]},
                                     {"returning", n->headline.counts[NIGHT_RETURNING]},
                                     {"fixed", n->headline.counts[NIGHT_FIXED]},
                                     {clusters == 1 ? "new cluster" : "new clusters", clusters},
                                     {outages == 1 ? "outage" : "outages", outages},
                                     {missing == 1 ? "job missing" : "jobs missing", missing}};
    if (n->last_report_ms > 0) {
        night_put(t, "Since the last report, of ");
        night_put_time(t, n->last_report_ms);
        night_put(t, ": ");
    } else {
        night_put(t, "The first report; in it: ");
    }
    if (put_counts(t, changed, COUNT_OF(changed)) == 0)
        night_put(t, "nothing changed");
    night_put(t, ".\n");
}

static void put_tests(struct night_text *t, const struct night_headline *h)
{
    const struct listed classes[] = {{"broken", h->counts[NIGHT_BROKEN]},
                                     {"flaky", h->counts[NIGHT_FLAKY]},
                                     {"recovering", h->counts[NIGHT_RECOVERING]},
                                     {"failed for infrastructure alone", h->counts[NIGHT_INFRA]}};
    if (h->tests_run == 0)
        return;
    night_putf(t,
               "%" PRIu64 " runs of tests tonight, %" PRIu64 " failed, %" PRIu64
               " failed and passed in one build. Tests: ",
               h->tests_run, h->tests_failed, h->tests_flaky);
    if (put_counts(t, classes, COUNT_OF(classes)) == 0)
        night_put(t, "none broken or flaky");
    night_put(t, ".\n");
}

static void put_costs(struct night_text *t, const struct night_headline *h)
{
    char machine[TIME_TEXT_BYTES], wasted[TIME_TEXT_BYTES];
    if (h->machine_ms > 0)
        night_putf(
            t, "%s of machine time, %s of it for builds that failed for no fault of the code.",
            time_duration_text(h->machine_ms, machine), time_duration_text(h->wasted_ms, wasted));
    if (h->failed > 0)
        night_putf(t,
                   "%sA retry would have cured %" PRIu64 " of %" PRIu64 " failed builds; %" PRIu64
                   " retest%s, %" PRIu64 " of %" PRIu64 " retries of tests helped.",
                   h->machine_ms > 0 ? " " : "", h->green_retry, h->failed, h->retests,
                   h->retests == 1 ? "" : "s", h->rescued, h->retries);
    if (h->machine_ms > 0 || h->failed > 0)
        night_put(t, "\n");
}

void night_put_headline(struct night_text *t, const struct night *n)
{
    put_builds(t, &n->headline);
    put_rates(t, &n->headline);
    put_changes(t, n);
    put_tests(t, &n->headline);
    put_costs(t, &n->headline);
}
