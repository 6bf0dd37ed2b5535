#include "report/night_page.h"

#include "base/timefmt.h"
#include "report/common.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

enum { PIECE_BYTES = 32 * 1024, TEXT_BYTES = 8 * 1024 * 1024, URL_BYTES = 2048 };
enum { EXCERPT_BYTES = 400, NAME_BYTES = 300, DAY_MS = 24 * 3600 * 1000 };

void page_init(struct page *p, const struct report_out *out, struct err *err)
{
    *p = (struct page){.out = *out, .err = err, .ok = true};
    buf_init(&p->text, TEXT_BYTES);
    buf_init(&p->scratch, TEXT_BYTES);
}

static void flush(struct page *p)
{
    p->ok = p->ok && (p->text.len == 0 || p->out.write(p->out.user, buf_sv(&p->text), p->err));
    buf_reset(&p->text);
}

bool page_end(struct page *p)
{
    flush(p);
    return p->ok;
}

void page_done(struct page *p)
{
    buf_done(&p->text);
    buf_done(&p->scratch);
}

void page_bytes(struct page *p, struct sv bytes)
{
    p->ok = p->ok && buf_add(&p->text, bytes, p->err);
    if (p->text.len >= PIECE_BYTES)
        flush(p);
}

void page_put(struct page *p, const char *markup)
{
    page_bytes(p, sv_of(markup));
}

void page_putf(struct page *p, const char *fmt, ...)
{
    char line[1024];
    va_list args;
    va_start(args, fmt);
    const int n = vsnprintf(line, sizeof(line), fmt, args);
    va_end(args);
    if (n >= 0)
        page_bytes(p, sv_head(sv_of(line), (size_t)n));
}

void page_plain(struct page *p, struct sv text, size_t max)
{
    buf_reset(&p->scratch);
    p->ok = p->ok && common_one_line(text, max, &p->scratch, p->err);
    for (size_t i = 0, from = 0; p->ok && i <= p->scratch.len; i++) {
        const char c = i < p->scratch.len ? p->scratch.data[i] : '<';
        if (c != '<' && c != '>' && c != '&')
            continue;
        page_bytes(p, (struct sv){.ptr = p->scratch.data + from, .len = i - from});
        if (i < p->scratch.len)
            page_put(p, c == '<' ? "\xef\xb9\xa4" : c == '>' ? "\xef\xb9\xa5" : "\xef\xb9\xa0");
        from = i + 1;
    }
}

void page_text(struct page *p, struct sv text, size_t max)
{
    page_put(p, "<span class=u>");
    page_plain(p, text, max);
    page_put(p, "</span>");
}

/* ---- links ---- */

static bool stands_in_url(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("-._~:/?#[]@!$&()*+,;=%", c) != NULL);
}

bool page_url(struct sv url, uint64_t line, struct buf *ret_url, struct err *err)
{
    buf_reset(ret_url);
    const size_t scheme = sv_find(url, SV("://"));
    if (url.len > URL_BYTES || (!sv_equal_nocase(sv_head(url, scheme), SV("http")) &&
                                !sv_equal_nocase(sv_head(url, scheme), SV("https"))))
        return true;
    for (size_t i = 0; i < url.len; i++) {
        const char c = url.ptr[i];
        if (!(stands_in_url(c) ? buf_add_char(ret_url, c, err)
                               : buf_addf(ret_url, err, "%%%02X", (unsigned)(unsigned char)c)))
            return false;
    }
    return line == 0 || sv_find_char(url, '#') < url.len ||
           buf_addf(ret_url, err, "#L%" PRIu64, line);
}

bool page_open_link(struct page *p, struct sv url, uint64_t line)
{
    p->ok = p->ok && page_url(url, line, &p->scratch, p->err);
    if (!p->ok || p->scratch.len == 0)
        return false;
    page_put(p, "<a target=_blank rel='noopener noreferrer' href='");
    for (struct sv rest = buf_sv(&p->scratch); rest.len > 0;) {
        const size_t n = sv_find_char(rest, '&');
        page_bytes(p, sv_head(rest, n));
        if (n < rest.len)
            page_put(p, "&amp;");
        rest = sv_tail(rest, n + 1);
    }
    page_put(p, "'>");
    return true;
}

void page_build(struct page *p, const struct night_ref *ref)
{
    const bool linked = page_open_link(p, ref->url, 0);
    page_text(p, ref->job, NAME_BYTES);
    if (ref->id.len > 0) {
        page_put(p, " <span class=id>#");
        page_text(p, ref->id, NAME_BYTES);
        page_put(p, "</span>");
    }
    page_put(p, linked ? "</a>" : "");
}

void page_excerpt(struct page *p, const struct night_ref *ref)
{
    page_put(p, "<p class=log>");
    const bool linked = page_open_link(p, ref->log.len > 0 ? ref->log : ref->url, ref->line);
    if (ref->line > 0)
        page_putf(p, "<span class=line>L%" PRIu64 "</span>", ref->line);
    else
        page_put(p, "<span class=line>log</span>");
    page_put(p, linked ? "</a> <code>" : " <code>");
    page_text(p, ref->excerpt, EXCERPT_BYTES);
    page_put(p, "</code></p>");
}

void page_label(struct page *p, const struct night_test *t)
{
    page_put(p, "<span class=test>");
    if (t->suite.len > 0 || t->class_name.len > 0) {
        page_put(p, "<span class=suite>");
        if (t->suite.len > 0) {
            page_text(p, t->suite, NAME_BYTES);
            page_put(p, "/");
        }
        if (t->class_name.len > 0) {
            page_text(p, t->class_name, NAME_BYTES);
            page_put(p, ".");
        }
        page_put(p, "<wbr></span>");
    }
    page_text(p, t->name, NAME_BYTES);
    page_put(p, "</span>");
}

void page_cause(struct page *p, enum cause_kind kind, struct sv detail)
{
    page_putf(p, "<span class=cause>%s", cause_kind_name(kind));
    if (detail.len > 0) {
        page_put(p, "/");
        page_text(p, detail, NAME_BYTES);
    }
    page_put(p, "</span>");
}

void page_open_section(struct page *p, const char *id, const char *title, const char *lead)
{
    page_putf(p,
              "<section id=%s aria-labelledby=%s-h tabindex=-1><div class=sh><h2 id=%s-h>%s</h2>",
              id, id, id, title);
    page_put(p, "</div>");
    if (lead != NULL)
        page_putf(p, "<p class=lead>%s</p>", lead);
}

void page_close_section(struct page *p)
{
    page_put(p, "</section>\n");
}

/* ---- figures ---- */

void page_time(struct page *p, int64_t ms)
{
    char text[TIME_TEXT_BYTES];
    (void)time_text(ms, text);
    if (ms == 0)
        page_put(p, "–");
    else
        page_putf(p, "<time datetime='%s'>%.10s %.5s</time>", text, text, text + 11);
}

void page_duration(struct page *p, int64_t ms)
{
    char text[TIME_TEXT_BYTES];
    page_put(p, ms <= 0 ? "–" : time_duration_text(ms, text));
}

void page_percent(struct page *p, const struct night_share *s)
{
    if (s->of == 0)
        page_put(p, "–");
    else
        page_putf(p, "%.1f&nbsp;%%", 100 * (double)s->hits / (double)s->of);
}

void page_interval(struct page *p, const struct night_share *s)
{
    page_putf(p, "%.1f–%.1f&nbsp;%%", 100 * s->low, 100 * s->high);
}

/* ---- pictures ---- */

const char *page_spark_text(const struct night_day *days, size_t count, char ret[PAGE_SPARK_BYTES])
{
    const size_t n = days == NULL ? 0 : count < NIGHT_MAX_DAYS ? count : NIGHT_MAX_DAYS;
    for (size_t i = 0; i < n; i++) {
        const struct night_day *d = &days[i];
        const uint64_t failed = d->failures < d->runs ? d->failures : d->runs;
        ret[i] = '.';
        if (d->runs > 0) /* a single failure must show */
            ret[i] = (char)('0' + (int)ceil(9 * (double)failed / (double)d->runs));
    }
    ret[n] = '\0';
    return ret;
}

void page_spark(struct page *p, const struct night_day *days, size_t count)
{
    char text[PAGE_SPARK_BYTES] = "";
    const size_t n = strlen(page_spark_text(days, count, text));
    const unsigned step = n <= 21 ? 5 : n <= 45 ? 3 : 2;
    size_t bad = 0, ran = 0;
    for (const char *day = text; *day != '\0'; day++) {
        ran += *day != '.';
        bad += *day > '0';
    }
    page_putf(p,
              "<svg class=spark role=img width=%zu height=18 viewBox='0 0 %zu 18' stroke-width=%u "
              "aria-label='Failed on %zu of %zu days with runs'><path class=ok d='",
              n * step, n * step, step - 1, bad, ran);
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '0')
            page_putf(p, "M%.1f 18v-2", ((double)i + 0.5) * step);
    }
    page_put(p, "'/><path class=bad d='");
    for (size_t i = 0; i < n; i++) {
        if (text[i] > '0')
            page_putf(p, "M%.1f 18v-%.1f", ((double)i + 0.5) * step,
                      2 + 16 * (double)(text[i] - '0') / 9);
    }
    page_put(p, "'/></svg>");
}

void page_whisker(struct page *p, const struct night_share *s, double most)
{
    const double scale = most > 0 ? 80 / most : 80;
    const double rate = s->of > 0 ? (double)s->hits / (double)s->of : 0;
    page_putf(p,
              "<svg class=whisker aria-hidden=true width=88 height=12 viewBox='-4 0 88 12'>"
              "<path class=axis d='M0 6h80'/><path class=range d='M%.1f 6H%.1f'/>"
              "<circle cx=%.1f cy=6 r=3 /></svg>",
              fmin(80, s->low * scale), fmin(80, s->high * scale), fmin(80, rate * scale));
}

static void plot_line(struct page *p, const struct page_plot *plot, double width, double height)
{
    const double step = plot->count > 1 ? width / (double)(plot->count - 1) : 0;
    const double span = plot->high > plot->low ? plot->high - plot->low : 1;
    double x = 0, y = 0;
    bool pen = false, any = false;
    page_put(p, "<path class=line d='");
    for (size_t i = 0; i < plot->count; i++) {
        const bool known = plot->values[i] >= 0;
        if (known) {
            any = true;
            x = (double)i * step;
            y = height * (1 - fmax(0, fmin(1, (plot->values[i] - plot->low) / span)));
            page_putf(p, "%c%.1f %.1f", pen ? 'L' : 'M', x, y);
        }
        pen = known;
    }
    page_put(p, "'/>");
    if (any)
        page_putf(p, "<circle cx=%.1f cy=%.1f r=3.5 />", x, y);
}

void page_plot(struct page *p, const struct page_plot *plot)
{
    enum { WIDTH = 460, HEIGHT = 66 };
    char from[TIME_TEXT_BYTES], to[TIME_TEXT_BYTES];
    double first = -1, last = -1;
    for (size_t i = 0; i < plot->count; i++) {
        if (plot->values[i] >= 0) {
            first = first < 0 ? plot->values[i] : first;
            last = plot->values[i];
        }
    }
    if (first < 0)
        return;
    (void)time_text(plot->from_ms, from);
    (void)time_text(plot->from_ms + ((int64_t)plot->count - 1) * DAY_MS, to);
    page_putf(p,
              "<figure class=plot><figcaption>%s <b>%.1f&nbsp;%s</b> on the last "
              "day</figcaption><svg role=img "
              "viewBox='-6 -8 522 98' aria-label='%s by day: %.1f %s on %.10s, %.1f %s on %.10s'>"
              "<path class=axis d='M0 0H%d M0 %dH%d M0 %dH%d'/>",
              plot->title, last, plot->unit, plot->title, first, plot->unit, from, last, plot->unit,
              to, WIDTH, HEIGHT / 2, WIDTH, HEIGHT, WIDTH);
    page_putf(p,
              "<text x=466 y=4>%s</text><text x=466 y=%d>%s</text><text x=0 y=86>%.10s</text>"
              "<text x=460 y=86 text-anchor=end>%.10s</text>",
              plot->texts[1], HEIGHT + 4, plot->texts[0], from, to);
    plot_line(p, plot, WIDTH, HEIGHT);
    page_put(p, "</svg></figure>");
}
