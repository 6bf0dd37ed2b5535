/*
 * line_protocol - lines of InfluxDB's line protocol, by the grammar that InfluxDB 1, 2, 3 and
 * Telegraf agree on.
 *
 * Rule:    names, tag keys and tag values escape ',', '=' and blank; a tag that is empty is left
 * out; line ends and controls become blanks, a trailing backslash goes, since it could not be
 *          written; strings escape '"' and '\' and nothing else. Integers get an i. LF ends a line.
 * Errors:  those of buf.
 * Source:  ../shared/formats/outputs.md section 1, restated in lib/report/README.md.
 */
#ifndef REPORT_LINE_PROTOCOL_H
#define REPORT_LINE_PROTOCOL_H

#include "base/buf.h"

struct lp_line { /* one line being written; tags first, then fields, then the end */
    struct buf *out;
    bool fields;
};

bool lp_begin(struct lp_line *l, struct buf *out, struct sv measurement,
              struct err *err) MUST_CHECK;
bool lp_tag(struct lp_line *l, const char *key, struct sv value, struct err *err) MUST_CHECK;
bool lp_text(struct lp_line *l, const char *key, struct sv value, struct err *err) MUST_CHECK;
bool lp_int(struct lp_line *l, const char *key, int64_t value, struct err *err) MUST_CHECK;
bool lp_real(struct lp_line *l, const char *key, double value, struct err *err) MUST_CHECK;
bool lp_bool(struct lp_line *l, const char *key, bool value, struct err *err) MUST_CHECK;
bool lp_end(struct lp_line *l, int64_t time_ns, struct err *err) MUST_CHECK;

/* Nanoseconds of a build's point: its start, plus an offset below a millisecond made of what it is,
 * so that two builds of one second stay two points, today and tomorrow. */
int64_t lp_time(int64_t started_ms, struct sv provider, struct sv job, struct sv id);

#endif
