/*
 * arena - memory that is given back all at once.
 *
 * Out:     aligned, zeroed blocks; they move never and live until arena_reset or arena_done.
 * Errors:  NULL, or a view with ptr NULL and err set, when memory or max_bytes is used up.
 * Limits:  max_bytes in all, from arena_init.
 * Threads: one owner at a time.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/attr.h"
#include "base/err.h"
#include "base/sv.h"

struct arena_block;

struct arena {
    struct arena_block *head; /* owned */
    size_t used;              /* bytes handed out, of all blocks */
    size_t max_bytes;
};

void arena_init(struct arena *a, size_t max_bytes);
void *arena_alloc(struct arena *a, size_t size, struct err *err) MUST_CHECK;
void *arena_array(struct arena *a, size_t count, size_t size, struct err *err) MUST_CHECK;

/* A copy of the bytes with a NUL behind them. */
bool arena_copy(struct arena *a, struct sv bytes, struct sv *ret_copy, struct err *err) MUST_CHECK;
bool arena_printf(struct arena *a, struct sv *ret_text, struct err *err, const char *fmt, ...)
    PRINTF_LIKE(4, 5) MUST_CHECK;

/* Forget everything; the newest block is kept for reuse. */
void arena_reset(struct arena *a);
void arena_done(struct arena *a);

#endif
