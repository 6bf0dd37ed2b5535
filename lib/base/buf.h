/*
 * buf - bytes that grow up to a cap.
 *
 * Owns:    data; always ends in a NUL that len does not count, once anything was added.
 * Errors:  ERR_NOMEM; ERR_LIMIT when an addition would pass max_bytes (nothing is added then).
 * Limits:  max_bytes, from buf_init. A zeroed buf is empty and takes nothing until buf_init.
 * Threads: one owner.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/attr.h"
#include "base/err.h"
#include "base/sv.h"

#include <stdarg.h>

struct buf {
    char *data;
    size_t len;
    size_t cap;
    size_t max_bytes;
};

void buf_init(struct buf *b, size_t max_bytes);
bool buf_add(struct buf *b, struct sv bytes, struct err *err) MUST_CHECK;
bool buf_add_char(struct buf *b, char c, struct err *err) MUST_CHECK;
bool buf_addf(struct buf *b, struct err *err, const char *fmt, ...) PRINTF_LIKE(3, 4) MUST_CHECK;

/* Make room for n more bytes, to be written at data + len by the caller, who then raises len. */
bool buf_reserve(struct buf *b, size_t n, struct err *err) MUST_CHECK;

/* Drop the first n bytes. */
void buf_consume(struct buf *b, size_t n);
void buf_reset(struct buf *b); /* empty, memory kept */
void buf_done(struct buf *b);

/* The contents; valid until the next change. */
static inline struct sv buf_sv(const struct buf *b)
{
    return (struct sv){.ptr = b->data, .len = b->len};
}

/* The contents as a heap string owned by the caller; the buf is left empty. NULL when nothing was
 * ever added. */
char *buf_take(struct buf *b);

#endif
