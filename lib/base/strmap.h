/*
 * strmap - a hash map from byte strings to one word each.
 *
 * Owns:    copies of its keys, in its own arena.
 * Errors:  ERR_NOMEM; ERR_LIMIT past max_bytes of keys.
 * Order:   strmap_at walks in order of insertion, so results never depend on the hash.
 * Threads: one owner; readers may share it once nobody writes.
 */
#ifndef BASE_STRMAP_H
#define BASE_STRMAP_H

#include "base/arena.h"

struct strmap_entry {
    struct sv key;
    uint64_t value;
};

struct strmap {
    struct strmap_entry *entries; /* owned, in order of insertion */
    size_t count;
    size_t entries_cap;
    uint32_t *slots; /* owned; index into entries plus 1, 0 for empty */
    size_t slot_count;
    struct arena keys;
};

void strmap_init(struct strmap *m, size_t max_bytes);

/* The value's place, NULL when absent; it moves at the next strmap_put. */
uint64_t *strmap_find(const struct strmap *m, struct sv key);

/* The value's place, made with value 0 when absent; NULL on failure. *ret_new may be NULL. */
uint64_t *strmap_put(struct strmap *m, struct sv key, bool *ret_new, struct err *err) MUST_CHECK;

static inline const struct strmap_entry *strmap_at(const struct strmap *m, size_t i)
{
    return &m->entries[i];
}

void strmap_done(struct strmap *m);

#endif
