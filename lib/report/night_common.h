/*
 * night_common - what formats of the nightly report share: text being written, figures in words.
 *
 * Rule:    the first failure sticks: after it nothing is written, and *err says why.
 * Out:     text of logs and lists is one safe line, cut with "…".
 * Owns:    a night_text its bytes, until night_text_done.
 */
#ifndef REPORT_NIGHT_COMMON_H
#define REPORT_NIGHT_COMMON_H

#include "report/night_report.h"

struct night_text {
    struct buf text, scratch;
    struct err *err;
    bool ok;
};

enum { NIGHT_SHARE_BYTES = 96, NIGHT_KEY_BYTES = 17 };

void night_text_init(struct night_text *t, struct err *err);
void night_text_done(struct night_text *t);
bool night_text_write(struct night_text *t, const struct report_out *out); /* and start anew */

void night_put(struct night_text *t, const char *words);
void night_putf(struct night_text *t, const char *fmt, ...) PRINTF_LIKE(2, 3);
void night_put_line(struct night_text *t, struct sv text, size_t max);
void night_put_label(struct night_text *t, const struct night_test *test, size_t max);

/* "2026-03-12 05:00"; "never" for 0. */
void night_put_time(struct night_text *t, int64_t ms);

/* Markdown: a code span, nothing in which is read as anything else; in_table: no bar ends a cell. */
void night_put_code(struct night_text *t, struct sv text, size_t max, bool in_table);
/* [code](url), or the code alone when the address is not one of the web. */
void night_put_link(struct night_text *t, struct sv text, struct sv url, size_t max, bool in_table);

/* "20/140, 14 % [9, 21]"; "0/0" without any. Returns text. */
const char *night_share_text(const struct night_share *s, char text[NIGHT_SHARE_BYTES]);

/* The sentences that a report begins with, a line each: builds, pass rates, tests, what changed since
 * the last report, what it cost. */
void night_put_headline(struct night_text *t, const struct night *n);
/* "kind/detail", "unknown" */
void night_put_cause(struct night_text *t, enum cause_kind kind, struct sv detail);
/* "broken for 9 builds", "got worse": what a class is called in a heading. */
const char *night_class_title(enum night_class c);

/* 16 hex digits of a digest of the parts: names a finding tomorrow as today. */
bool night_key(const struct sv *parts, size_t count, char ret_key[NIGHT_KEY_BYTES],
               struct err *err) MUST_CHECK;

bool night_is_web(struct sv url);

#endif
