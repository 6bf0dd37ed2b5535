#include "torture.h"

#include <stdlib.h>

static struct {
    bool armed, fired;
    unsigned long left;
} state;

void torture_arm(unsigned long nth)
{
    state.armed = true;
    state.fired = false;
    state.left = nth;
}

void torture_disarm(void)
{
    state.armed = false;
}

bool torture_fired(void)
{
    return state.fired;
}

#ifdef TORTURE /* the linker wraps; under sanitizers it does not */
static bool fail_now(void)
{
    if (!state.armed || state.left-- > 0)
        return false;
    state.armed = false;
    state.fired = true;
    return true;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_reallocarray(void *old, size_t count, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size);

void *__wrap_malloc(size_t size)
{
    return fail_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fail_now() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fail_now() ? NULL : __real_realloc(old, size);
}

void *__wrap_reallocarray(void *old, size_t count, size_t size)
{
    return fail_now() ? NULL : __real_reallocarray(old, count, size);
}
#endif
