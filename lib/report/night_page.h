/*
 * night_page - the pieces that the HTML page of a night is made of: text, links, figures, small
 * pictures.
 *
 * Out:     HTML through `out`, in pieces. Attributes stand in single quotes and hold no text of a log.
 * Errors:  the first one stays in `err`; everything after it does nothing, so that callers need no
 *          check in between: page_end tells.
 * Rule:    text of logs, lists and names comes out of page_text alone. `<`, `>` and `&` become
 *          look-alikes there, and no entities: Deck shows an artifact inside an attribute, which
 *          decodes entities once more and would make a tag of `&lt;`. The page's script puts the
 *          true characters back, as text.
 * Owns:    page_done frees. Threads: one owner.
 * Source:  kubernetes-sigs/prow pkg/spyglass/lenses/html (quotes alone are escaped for srcdoc).
 */
#ifndef REPORT_NIGHT_PAGE_H
#define REPORT_NIGHT_PAGE_H

#include "model/night.h"
#include "report/report.h"

struct page {
    struct report_out out;
    struct buf text;    /* not written yet */
    struct buf scratch; /* of one text or address */
    struct err *err;
    bool ok;
};

void page_init(struct page *p, const struct report_out *out, struct err *err);
bool page_end(struct page *p); /* write what is left; false when anything failed */
void page_done(struct page *p);

/* Markup and figures of ours. */
void page_put(struct page *p, const char *markup);
void page_putf(struct page *p, const char *fmt, ...) PRINTF_LIKE(2, 3);
void page_bytes(struct page *p, struct sv bytes);

/* Text of others, one line of at most max bytes. */
void page_text(struct page *p, struct sv text, size_t max);
/* The same, inside an element whose content is taken as it is (`title`). */
void page_plain(struct page *p, struct sv text, size_t max);

/* An address that may stand in a link: http or https, everything else than its own characters
 * percent-encoded, quotes and angle brackets too; with `#L120` behind it when line is known and the
 * address names no place yet. ret_url is empty when it may not. */
bool page_url(struct sv url, uint64_t line, struct buf *ret_url, struct err *err) MUST_CHECK;
/* `<a href=…>`, which page_put(p, "</a>") closes; false, and nothing written, when it may not. */
bool page_open_link(struct page *p, struct sv url, uint64_t line);

/* A section with its heading; lead, a sentence below it, may be NULL. */
void page_open_section(struct page *p, const char *id, const char *title, const char *lead);
void page_close_section(struct page *p);

void page_label(struct page *p, const struct night_test *t);             /* of a test */
void page_cause(struct page *p, enum cause_kind kind, struct sv detail); /* "oom/container" */
void page_build(struct page *p, const struct night_ref *ref);            /* "job #id", linked */
void page_excerpt(struct page *p, const struct night_ref *ref); /* "L120  the line", linked */
void page_time(struct page *p, int64_t ms);     /* "2026-03-12 05:00", "–" for 0 */
void page_duration(struct page *p, int64_t ms); /* "1h22m", "–" for none */
void page_percent(struct page *p, const struct night_share *s);  /* "14.3 %", "–" of nothing */
void page_interval(struct page *p, const struct night_share *s); /* "9.4–21.1 %" */

/* A letter a day, the oldest first: '.' no runs, '0' none failed, '1' to '9' the share that did. */
enum { PAGE_SPARK_BYTES = NIGHT_MAX_DAYS + 1 };
const char *page_spark_text(const struct night_day *days, size_t count, char ret[PAGE_SPARK_BYTES]);
void page_spark(struct page *p, const struct night_day *days, size_t count);

/* A bar from low to high with a point at the rate, on a scale that ends at `most`. */
void page_whisker(struct page *p, const struct night_share *s, double most);

struct page_plot {
    const char *title, *unit; /* "Pass rate", "%" */
    const double *values;     /* one a day, the oldest first; negative: none */
    size_t count;
    double low, high;     /* of the scale */
    int64_t from_ms;      /* the first day */
    const char *texts[2]; /* of the two ends of the scale, the lower first */
};
void page_plot(struct page *p, const struct page_plot *plot);

#endif
