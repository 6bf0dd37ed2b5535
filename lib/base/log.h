/*
 * log - diagnostics for a person, on stderr, never the report. Handed down from cmd; no globals.
 *
 * Shape:   one line a call, "prowl: text", or "time component: key=value …" for --trace.
 * Rule:    never a token, a header value or the query string of a URL. Control characters and
 *          invalid UTF-8 are replaced before they reach the terminal.
 * Threads: any; a line is written by one write(2).
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/attr.h"
#include "base/err.h"
#include "base/sv.h"

enum log_part { /* components of --trace, bits */
                LOG_SOURCE = 1 << 0,
                LOG_FETCH = 1 << 1,
                LOG_CACHE = 1 << 2,
                LOG_DECODE = 1 << 3,
                LOG_SCAN = 1 << 4,
                LOG_JUDGE = 1 << 5,
                LOG_RUN = 1 << 6,
};

struct log {
    int fd;          /* 2; borrowed */
    unsigned traced; /* enum log_part bits */
    bool quiet;      /* warnings are left out, errors are not */
    bool erases;     /* a line of progress may stand there: erase it first */
};

/* Parse "fetch,scan" or "all"; ERR_USAGE names the word that is none. */
bool log_parts(struct sv text, unsigned *ret_bits, struct err *err) MUST_CHECK;

void log_trace(const struct log *log, enum log_part part, const char *fmt, ...) PRINTF_LIKE(3, 4);
void log_warn(const struct log *log, const char *fmt, ...) PRINTF_LIKE(2, 3);
void log_error(const struct log *log, const struct err *err);

#endif
