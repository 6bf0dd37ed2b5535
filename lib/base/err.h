/*
 * err - the one error type: what we were doing, where in the input, why it failed.
 *
 * Shape:  a caller-owned struct, zero-initialised, passed last; NULL is not allowed.
 * Rule:   each layer fills only the part it knows and the first writer of a part wins:
 *         the leaf says why, the reader of the input says where, the stage says what.
 * Return: every setter returns false, so that failing is one statement: return err_why(...).
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/attr.h"

#include <stdbool.h>
#include <stddef.h>

enum err_code {
    ERR_NONE = 0,
    ERR_NOMEM,
    ERR_IO,        /* errno kind */
    ERR_TRANSIENT, /* network or HTTP failure worth a retry */
    ERR_REFUSED,   /* network or HTTP failure that a retry cannot mend */
    ERR_FORMAT,    /* the input is not what it claims to be */
    ERR_LIMIT,     /* a configured bound was reached */
    ERR_USAGE,     /* options, configuration or rules */
    ERR_STOPPED,   /* asked to stop: a signal, or the consumer of a stream had enough */
};

struct err {
    enum err_code code;
    const char *site; /* "file.c:line" of the code that failed; static storage */
    char what[96];    /* "inflate build-log.txt" */
    char where[320];  /* "https://host/path:120:4", or "rules/net.yaml:7:3" */
    char why[320];    /* the cause, in the words of the library that failed */
};

#define ERR_LINE_(n) #n
#define ERR_LINE(n) ERR_LINE_(n)
#define ERR_SITE __FILE__ ":" ERR_LINE(__LINE__)

/* Always false, which compilers and analyzers can see. */
#define err_why(err, code, ...) (err_why_at((err), (code), ERR_SITE, __VA_ARGS__), false)

void err_why_at(struct err *err, enum err_code code, const char *site, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
bool err_where(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);
bool err_what(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Write "what: where: why" into text, parts that are empty left out, control characters made '?'.
 * Returns text. */
const char *err_text(const struct err *err, char *text, size_t size);

#endif
