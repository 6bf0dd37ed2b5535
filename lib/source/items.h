/*
 * items - cut a JSON array into its values, at any chunk size, without reading them.
 *
 * In:      the bytes behind the array's opening bracket.
 * Out:     the bytes of each value, in pieces as they come; whoever wants them whole joins them.
 * Rule:    nothing is skipped but blanks and commas: a null or a number is a value too, and so is
 *          rubbish up to the next comma, so that it can be counted.
 * Threads: one owner.
 */
#ifndef SOURCE_ITEMS_H
#define SOURCE_ITEMS_H

#include "base/sv.h"

enum items_event {
    ITEMS_MORE,  /* the chunk is used up; *ret_part is of a value that goes on, or empty */
    ITEMS_VALUE, /* *ret_part ends a value */
    ITEMS_END,   /* the array is closed */
};

struct items { /* zeroed: at the start */
    enum { ITEMS_BETWEEN, ITEMS_NESTED, ITEMS_SCALAR } in;
    bool quoted, escaped;
    uint64_t depth;
};

/* Takes from *chunk what it used. Call until ITEMS_MORE or ITEMS_END. */
enum items_event items_next(struct items *it, struct sv *chunk, struct sv *ret_part);

/* A value is open. */
static inline bool items_inside(const struct items *it)
{
    return it->in != ITEMS_BETWEEN;
}

#endif
