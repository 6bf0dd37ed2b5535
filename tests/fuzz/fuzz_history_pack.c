/* A packed list of tests is refused, or packing what was read gives the same bytes. */
#include "tally/history_pack.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void insist(bool truth)
{
    if (!truth)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct sv value = {.ptr = (const char *)data, .len = size};
    struct packed_test *tests = calloc(size + 1, sizeof(*tests)), test;
    struct history_unpack u;
    struct err err = {0};
    struct buf again;
    size_t count = 0, passed = 0;
    bool more = true;
    insist(tests != NULL);
    buf_init(&again, size * 4 + 64);
    bool ok = history_unpack_begin(value, &u, &err);
    while (ok && (ok = history_unpack_next(&u, &test, &more, &err)) && more) {
        const size_t first = u.skipped ? passed : 0; /* of its list */
        insist(count < size && test.id > 0 && test.id <= HISTORY_PACK_MAX_ID);
        insist(count == first || test.id > tests[count - 1].id);
        tests[count++] = test;
        passed += !u.skipped;
    }
    insist(ok || err.code == ERR_FORMAT);
    if (ok && size > 0) {
        insist(history_pack(tests, passed, tests + passed, count - passed, &again, &err));
        insist(sv_equal(buf_sv(&again), value));
    }
    buf_done(&again);
    free(tests);
    return 0;
}
