/* Bytes as the chance that makes rules and a text: the scanner must tell what PCRE2 alone tells. */
#include "differential.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct chance c = {.data = data, .size = size};
    size_t hits = 0;
    if (differential(&c, &hits) == DIFF_OTHER)
        abort();
    return 0;
}
