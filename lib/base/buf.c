#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>

void buf_init(struct buf *b, size_t max_bytes)
{
    *b = (struct buf){.max_bytes = max_bytes};
}

bool buf_reserve(struct buf *b, size_t n, struct err *err)
{
    size_t need = 0;
    if (__builtin_add_overflow(b->len, n, &need) || need > b->max_bytes)
        return err_why(err, ERR_LIMIT, "more than %zu bytes", b->max_bytes);
    if (b->data != NULL && need < b->cap)
        return true;
    size_t cap = b->cap < 64 ? 64 : b->cap;
    while (cap <= need)
        cap = cap > SIZE_MAX / 2 ? need + 1 : cap * 2;
    char *data = realloc(b->data, cap);
    if (data == NULL)
        return err_why(err, ERR_NOMEM, "no %zu bytes for a buffer", cap);
    b->data = data;
    b->cap = cap;
    b->data[b->len] = '\0';
    return true;
}

bool buf_add(struct buf *b, struct sv bytes, struct err *err)
{
    if (!buf_reserve(b, bytes.len, err))
        return false;
    if (bytes.len > 0)
        memcpy(b->data + b->len, bytes.ptr, bytes.len);
    b->len += bytes.len;
    b->data[b->len] = '\0';
    return true;
}

bool buf_add_char(struct buf *b, char c, struct err *err)
{
    return buf_add(b, (struct sv){.ptr = &c, .len = 1}, err);
}

bool buf_addf(struct buf *b, struct err *err, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int need = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (need < 0)
        return err_why(err, ERR_FORMAT, "text cannot be formatted");
    if (!buf_reserve(b, (size_t)need, err))
        return false;
    va_start(args, fmt);
    (void)vsnprintf(b->data + b->len, (size_t)need + 1, fmt, args);
    va_end(args);
    b->len += (size_t)need;
    return true;
}

void buf_consume(struct buf *b, size_t n)
{
    size_t gone = n < b->len ? n : b->len;
    if (gone == 0)
        return;
    memmove(b->data, b->data + gone, b->len - gone + 1);
    b->len -= gone;
}

void buf_reset(struct buf *b)
{
    b->len = 0;
    if (b->data != NULL)
        b->data[0] = '\0';
}

void buf_done(struct buf *b)
{
    free(b->data);
    *b = (struct buf){.max_bytes = b->max_bytes};
}

char *buf_take(struct buf *b)
{
    char *data = b->data;
    *b = (struct buf){.max_bytes = b->max_bytes};
    return data;
}
