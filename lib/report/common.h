/*
 * common - what the formats for people share: causes counted, numbers and names in words.
 */
#ifndef REPORT_COMMON_H
#define REPORT_COMMON_H

#include "base/strmap.h"
#include "report/report.h"

enum { COMMON_TEXT_BYTES = 8 * 1024 * 1024 };

/* Count a failed build under "kind/detail"; the value is the number. */
bool common_count_cause(struct strmap *causes, const struct verdict *v, struct err *err) MUST_CHECK;

/* The causes by number, most first, then by name; ret_order has room for causes->count. */
void common_sort_causes(const struct strmap *causes, size_t *ret_order);

/* "image-pull/rate-limit", "unknown". */
bool common_cause(const struct verdict *v, struct buf *out, struct err *err) MUST_CHECK;

/* "12 builds: 5 failed, 6 passed, 1 running" and so on. */
bool common_headline(const struct report_totals *t, struct buf *out, struct err *err) MUST_CHECK;

/* "job 123", or the file's name for a loose log; safe text. */
bool common_build_name(const struct build *b, struct buf *out, struct err *err) MUST_CHECK;

/* Where a person can open the evidence: the artifact's URL with the line, else the build's. */
bool common_link(const struct result *r, struct buf *out, struct err *err) MUST_CHECK;

bool common_is_listed(const struct report_options *o, const struct result *r);

#endif
