/* A page of a listing in any form, and a pointer. */
#include "source/listing.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool on_entry(const struct listing_entry *e, void *user, struct err *err)
{
    (void)user;
    (void)err;
    if (e->name.len == 0 || (!e->is_folder && sv_ends(e->name, SV("/"))))
        abort();
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct sv text = {.ptr = (const char *)data, .len = size};
    struct arena a;
    struct listing_next next;
    struct build place = {0};
    struct err err = {0};
    arena_init(&a, 256 << 20);
    if (listing_parse(text, SV("logs/j/"), on_entry, NULL, &a, &next, &err) !=
        (err.code == ERR_NONE))
        abort();
    if (pointer_parse(text, &a, &place, &err) && (place.bucket.len == 0 || place.key.len == 0))
        abort();
    arena_done(&a);
    return 0;
}
