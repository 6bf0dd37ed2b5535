/* The list beside a mirrored build: no name in it leads out of the build's folder. */
#include "run/mirror.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool see(struct sv path, uint64_t size, void *user, struct err *err)
{
    (void)size;
    (void)user;
    (void)err;
    if (path.len == 0 || path.ptr[0] == '/' || sv_find(path, SV("//")) < path.len ||
        sv_starts(path, SV("../")) || sv_ends(path, SV("/..")) ||
        sv_find(path, SV("/../")) < path.len || memchr(path.ptr, '\0', path.len) != NULL)
        abort();
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    enum mirror_state state = MIRROR_NONE;
    const struct sv text = {.ptr = (const char *)data, .len = size};
    const bool ok = mirror_parse(text, see, NULL, &state, &err);
    if (ok != (err.code == ERR_NONE) || ok != (state != MIRROR_NONE))
        abort();
    return 0;
}
