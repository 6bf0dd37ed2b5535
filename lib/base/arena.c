#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { FIRST_BLOCK_BYTES = 2048, LAST_BLOCK_BYTES = 256 * 1024 };

struct arena_block {
    struct arena_block *next;
    size_t size; /* bytes behind this header */
    size_t used;
    alignas(max_align_t) char data[];
};

void arena_init(struct arena *a, size_t max_bytes)
{
    *a = (struct arena){.max_bytes = max_bytes};
}

static struct arena_block *block_new(struct arena *a, size_t least, struct err *err)
{
    size_t size = a->head != NULL ? a->head->size * 2 : FIRST_BLOCK_BYTES;
    if (size > LAST_BLOCK_BYTES)
        size = LAST_BLOCK_BYTES;
    if (size < least)
        size = least;
    struct arena_block *block = malloc(sizeof(*block) + size);
    if (block == NULL) {
        (void)err_why(err, ERR_NOMEM, "no %zu bytes for an arena", size);
        return NULL;
    }
    *block = (struct arena_block){.next = a->head, .size = size};
    a->head = block;
    return block;
}

void *arena_alloc(struct arena *a, size_t size, struct err *err)
{
    const size_t align = alignof(max_align_t);
    size_t rounded = 0;
    if (__builtin_add_overflow(size, align - 1, &rounded) ||
        (rounded &= ~(align - 1)) >
            a->max_bytes - (a->used < a->max_bytes ? a->used : a->max_bytes)) {
        (void)err_why(err, ERR_LIMIT, "more than %zu bytes for one arena", a->max_bytes);
        return NULL;
    }
    struct arena_block *block = a->head;
    if (block == NULL || block->size - block->used < rounded) {
        block = block_new(a, rounded, err);
        if (block == NULL)
            return NULL;
    }
    void *memory = block->data + block->used;
    block->used += rounded;
    a->used += rounded;
    return memset(memory, 0, rounded);
}

void *arena_array(struct arena *a, size_t count, size_t size, struct err *err)
{
    size_t bytes = 0;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        (void)err_why(err, ERR_LIMIT, "more than %zu bytes for one arena", a->max_bytes);
        return NULL;
    }
    return arena_alloc(a, bytes, err);
}

bool arena_copy(struct arena *a, struct sv bytes, struct sv *ret_copy, struct err *err)
{
    char *copy = arena_alloc(a, bytes.len + 1, err);
    if (copy == NULL)
        return false;
    if (bytes.len > 0)
        memcpy(copy, bytes.ptr, bytes.len);
    *ret_copy = (struct sv){.ptr = copy, .len = bytes.len};
    return true;
}

bool arena_printf(struct arena *a, struct sv *ret_text, struct err *err, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int need = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (need < 0)
        return err_why(err, ERR_FORMAT, "text cannot be formatted");
    char *text = arena_alloc(a, (size_t)need + 1, err);
    if (text == NULL)
        return false;
    va_start(args, fmt);
    (void)vsnprintf(text, (size_t)need + 1, fmt, args);
    va_end(args);
    *ret_text = (struct sv){.ptr = text, .len = (size_t)need};
    return true;
}

static void free_blocks(struct arena_block *block)
{
    while (block != NULL) {
        struct arena_block *next = block->next;
        free(block);
        block = next;
    }
}

void arena_reset(struct arena *a)
{
    a->used = 0;
    if (a->head == NULL)
        return;
    free_blocks(a->head->next);
    a->head->next = NULL;
    a->head->used = 0;
}

void arena_done(struct arena *a)
{
    free_blocks(a->head);
    a->head = NULL;
    a->used = 0;
}
