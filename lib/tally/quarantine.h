/*
 * quarantine - the flaky tests of a night as a list that a test runner takes, to leave them out.
 *
 * In:      a finished night.
 * Out:     text of one format. Lines that begin with '#' are comments: how the file is used, and of each
 *          test what shows that it flakes and until when it is left out. The rest is for the runner:
 *          go: one line for -skip (Go 1.20); pytest: a --deselect a line; ginkgo: one line for --skip
 *          (version 2); junit: an XML report in which each test is skipped, with the same in its message.
 * Rule:    a test is listed that is flaky, not broken, new or worse, and failed and passed by a retry,
 *          on the same code or alone between greens: a rate alone is no reason to stop looking. It is
 *          left out until QUARANTINE_DAYS after its last failure. Of Go, a test whose subtest is listed
 *          is not. Names are matched whole, and as text.
 * Limits:  QUARANTINE_MAX_BYTES for a runner, what an argument may hold; names that are no UTF-8, or
 *          hold control characters that the format cannot write, are not listed. What was left out is
 *          counted in a comment.
 * Errors:  ERR_NOMEM. Threads: no state.
 * Source:  go help testflag; pytest's how-to on deselection; Ginkgo's internal/focus.go.
 */
#ifndef TALLY_QUARANTINE_H
#define TALLY_QUARANTINE_H

#include "model/night.h"

enum { QUARANTINE_DAYS = 14, QUARANTINE_MAX_BYTES = 100 * 1000 };

enum quarantine_format {
    QUARANTINE_GO,
    QUARANTINE_PYTEST,
    QUARANTINE_GINKGO,
    QUARANTINE_JUNIT,
    QUARANTINE_FORMAT_COUNT
};

const char *quarantine_name(enum quarantine_format format); /* "go" */
bool quarantine_parse(struct sv name, enum quarantine_format *ret_format);

/* Replaces the contents of ret_text. */
bool quarantine_write(const struct night *n, enum quarantine_format format, struct buf *ret_text,
                      struct err *err) MUST_CHECK;

#endif
