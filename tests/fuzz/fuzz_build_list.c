/* A frozen list: what can be thawed can be frozen again, and comes back the same. */
#include "source/build_list.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool to_buf(void *user, struct sv bytes, struct err *err)
{
    return buf_add(user, bytes, err);
}

/* Load, and save what was loaded. */
static bool round_trip(struct sv text, struct buf *out)
{
    struct build_list l;
    uint64_t bad = 0;
    struct err err = {0};
    build_list_init(&l, 256 << 20);
    const bool ok = build_list_load(&l, text, &bad, &err);
    if (ok && (l.problem.len == 0) != (bad == 0))
        abort();
    if (ok && !build_list_save(&l, to_buf, out, &err))
        abort();
    build_list_done(&l);
    return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct sv text = {.ptr = (const char *)data, .len = size};
    struct buf first, second;
    buf_init(&first, 256 << 20);
    buf_init(&second, 256 << 20);
    if (round_trip(text, &first) &&
        (!round_trip(buf_sv(&first), &second) || !sv_equal(buf_sv(&first), buf_sv(&second))))
        abort();
    buf_done(&first);
    buf_done(&second);
    return 0;
}
