/* A text's shape is short, its own shape, and the same for the text and for its normal form's normal form; ids follow shapes. */
#include "model/signature.h"
#include "tally/cluster.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROOM = 1 << 20, LONGEST_SHAPE = 41 * 122 };

static void insist(bool truth)
{
    if (!truth)
        abort();
}

static void shape_twice(struct sv text)
{
    struct buf one, two;
    struct err err = {0};
    char id[CLUSTER_ID_BYTES], again[CLUSTER_ID_BYTES];
    buf_init(&one, ROOM);
    buf_init(&two, ROOM);
    insist(cluster_shape(text, &one, &err) && cluster_shape(buf_sv(&one), &two, &err));
    insist(sv_equal(buf_sv(&one), buf_sv(&two)) && one.len <= LONGEST_SHAPE);
    insist(cluster_id(text, id, &err) && cluster_id(buf_sv(&one), again, &err));
    insist(strcmp(id, again) == 0);
    buf_done(&one);
    buf_done(&two);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct sv text = {.ptr = (const char *)data, .len = size};
    struct buf normal;
    struct err err = {0};
    buf_init(&normal, ROOM);
    shape_twice(text);
    insist(signature_normal(text, &normal, &err));
    shape_twice(buf_sv(&normal));
    buf_done(&normal);
    return 0;
}
