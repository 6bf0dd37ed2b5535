#include "base/strmap.h"

#include <stdlib.h>

enum { FIRST_SLOTS = 64 };

void strmap_init(struct strmap *m, size_t max_bytes)
{
    *m = (struct strmap){0};
    arena_init(&m->keys, max_bytes);
}

static uint64_t hash(struct sv key)
{
    uint64_t h = 0xcbf29ce484222325U; /* FNV-1a, then mixed so that low bits are good */
    for (size_t i = 0; i < key.len; i++)
        h = (h ^ (unsigned char)key.ptr[i]) * 0x100000001b3U;
    h ^= h >> 32;
    return h * 0x9e3779b97f4a7c15U;
}

/* The slot that holds key, or the empty one where it belongs. */
static size_t slot_of(const struct strmap *m, struct sv key)
{
    size_t mask = m->slot_count - 1;
    size_t slot = (size_t)(hash(key) >> 20) & mask;
    while (m->slots[slot] != 0 && !sv_equal(m->entries[m->slots[slot] - 1].key, key))
        slot = (slot + 1) & mask;
    return slot;
}

uint64_t *strmap_find(const struct strmap *m, struct sv key)
{
    if (m->slot_count == 0)
        return NULL;
    uint32_t index = m->slots[slot_of(m, key)];
    return index != 0 ? &m->entries[index - 1].value : NULL;
}

static bool grow_slots(struct strmap *m, struct err *err)
{
    size_t count = m->slot_count > 0 ? m->slot_count * 2 : FIRST_SLOTS;
    uint32_t *slots = calloc(count, sizeof(*slots));
    if (slots == NULL)
        return err_why(err, ERR_NOMEM, "no memory for a map of %zu", count);
    free(m->slots);
    m->slots = slots;
    m->slot_count = count;
    for (size_t i = 0; i < m->count && m->entries != NULL; i++)
        m->slots[slot_of(m, m->entries[i].key)] = (uint32_t)(i + 1);
    return true;
}

static bool grow_entries(struct strmap *m, struct err *err)
{
    size_t cap = m->entries_cap > 0 ? m->entries_cap * 2 : FIRST_SLOTS / 2;
    if (cap > UINT32_MAX)
        return err_why(err, ERR_LIMIT, "a map of more than %u entries", UINT32_MAX);
    struct strmap_entry *entries = reallocarray(m->entries, cap, sizeof(*entries));
    if (entries == NULL)
        return err_why(err, ERR_NOMEM, "no memory for a map of %zu", cap);
    m->entries = entries;
    m->entries_cap = cap;
    return true;
}

uint64_t *strmap_put(struct strmap *m, struct sv key, bool *ret_new, struct err *err)
{
    uint64_t *found = strmap_find(m, key);
    if (ret_new != NULL)
        *ret_new = found == NULL;
    if (found != NULL)
        return found;
    struct sv copy;
    if (m->count * 2 >= m->slot_count && !grow_slots(m, err))
        return NULL;
    if (m->count == m->entries_cap && !grow_entries(m, err))
        return NULL;
    if (!arena_copy(&m->keys, key, &copy, err))
        return NULL;
    size_t slot = slot_of(m, key);
    m->entries[m->count] = (struct strmap_entry){.key = copy};
    m->slots[slot] = (uint32_t)++m->count;
    return &m->entries[m->count - 1].value;
}

void strmap_done(struct strmap *m)
{
    free(m->entries);
    free(m->slots);
    arena_done(&m->keys);
    *m = (struct strmap){0};
}
