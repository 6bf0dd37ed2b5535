#include "tally/window.h"

enum {
    ARENA_BYTES = 2000 * 1000 * 1000,
    STEPS = 8, /* to a doubling */
    LAST_CODE = 255,
};

/* Codes: 0 not known, 1 no time at all, from 2 on 2^(n/8) ms. */
enum { CODE_ZERO = 1, CODE_ONE_MS = 2 };

/* 2^(n/8) in units of 1/65536. */
static const uint32_t eighths[STEPS] = {65536, 71468, 77936, 84990, 92682, 101070, 110218, 120194};

void window_init(struct window *w)
{
    *w = (struct window){0};
    arena_init(&w->arena, ARENA_BYTES);
}

void window_done(struct window *w)
{
    arena_done(&w->arena);
    *w = (struct window){0};
}

int64_t window_duration_ms(uint8_t code)
{
    if (code <= CODE_ZERO)
        return (int64_t)code - CODE_ZERO;
    const unsigned n = code - CODE_ONE_MS;
    return (int64_t)((((uint64_t)eighths[n % STEPS] << n / STEPS) + 32768) >> 16);
}

uint8_t window_duration_code(int64_t ms)
{
    unsigned low = CODE_ONE_MS, high = LAST_CODE;
    if (ms <= 0)
        return ms == 0 ? CODE_ZERO : 0;
    while (low < high) { /* the last whose time is not above */
        const unsigned middle = (low + high + 1) / 2;
        if (window_duration_ms((uint8_t)middle) <= ms)
            low = middle;
        else
            high = middle - 1;
    }
    const int64_t below = ms - window_duration_ms((uint8_t)low);
    const bool nearer = low < LAST_CODE && window_duration_ms((uint8_t)(low + 1)) - ms < below;
    return (uint8_t)(low + nearer);
}
