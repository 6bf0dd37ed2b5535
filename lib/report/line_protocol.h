/*
 * line_protocol - lines of InfluxDB's line protocol, by the grammar that InfluxDB 1, 2, 3 and
 * Telegraf agree on.
 *
 * Rule:    tag values escape ',', '=' and blank; controls and line ends in them become a blank, a
 *          backslash becomes '/', because no two parsers agree on what it does before a character
 *          that is escaped and a line may not end in one; a tag that is empty is left out. Strings
 *          escape '"' and '\' and nothing else; controls in them become a blank. Integers get an i.
 *          LF ends a line. Measurement and keys are the program's own: plain names.
 * Limits:  a tag's value is cut at LP_TAG_BYTES, so that a series' key stays far below 64 KiB; a
 *          string at LP_TEXT_BYTES.
 * Errors:  those of buf.
 * Source:  InfluxDB's line protocol reference, and the parsers of InfluxDB and Telegraf.
 */
#ifndef REPORT_LINE_PROTOCOL_H
#define REPORT_LINE_PROTOCOL_H

#include "base/buf.h"

enum { LP_TAG_BYTES = 1024, LP_TEXT_BYTES = 60000 };

struct lp_line { /* one line being written; tags first, then fields, then the end */
    struct buf *out;
    bool fields;
};

bool lp_begin(struct lp_line *l, struct buf *out, const char *measurement,
              struct err *err) MUST_CHECK;
bool lp_tag(struct lp_line *l, const char *key, struct sv value, struct err *err) MUST_CHECK;
bool lp_text(struct lp_line *l, const char *key, struct sv value, struct err *err) MUST_CHECK;
bool lp_int(struct lp_line *l, const char *key, int64_t value, struct err *err) MUST_CHECK;
bool lp_real(struct lp_line *l, const char *key, double value, struct err *err) MUST_CHECK;
bool lp_bool(struct lp_line *l, const char *key, bool value, struct err *err) MUST_CHECK;
bool lp_end(struct lp_line *l, int64_t time_ns, struct err *err) MUST_CHECK;

/* The time can be said in nanoseconds: it is known and lies between 1677 and 2262. */
bool lp_has_time(int64_t ms);

/* Nanoseconds of a build's point: its start, plus an offset below a millisecond made of what it is,
 * so that two builds of one second stay two points, today and tomorrow. Needs lp_has_time. */
int64_t lp_time(int64_t started_ms, struct sv provider, struct sv job, struct sv id);

#endif
