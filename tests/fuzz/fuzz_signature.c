/* The normal form of a text is short and its own normal form. */
#include "model/signature.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void insist(bool truth)
{
    if (!truth)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf one, two;
    struct err err = {0};
    char hex[SIGNATURE_TEXT_BYTES];
    const struct sv text = {.ptr = (const char *)data, .len = size < 1000 ? size : 1000};
    buf_init(&one, 1 << 20);
    buf_init(&two, 1 << 20);
    insist(signature_normal(text, &one, &err) && one.len <= 4 * text.len);
    insist(signature_normal(buf_sv(&one), &two, &err));
    insist(sv_equal(buf_sv(&one), buf_sv(&two)));
    insist(signature_of((struct sv){.ptr = (const char *)data, .len = size}, hex, &err));
    buf_done(&one);
    buf_done(&two);
    return 0;
}
