#include "check.h"

#include "decode/gap.h"

#include <stdio.h>

#define MARCH INT64_C(1709287200000) /* 2024-03-01T10:00:00Z */
enum { MINUTE_MS = 60000 };

/* Lines of text, cut after every n-th of them into parts whose bytes go before the next one comes. */
static struct gap read_lines(const char *text, int64_t near_ms, uint64_t n)
{
    struct gap g;
    uint64_t number = 0;
    struct sv line;
    char part[4096];
    gap_init(&g, near_ms);
    size_t used = 0;
    for (struct sv rest = sv_of(text); sv_cut(&rest, '\n', &line);) {
        memcpy(part + used, line.ptr, line.len);
        gap_line(&g, (struct sv){.ptr = part + used, .len = line.len}, ++number);
        used += line.len;
        if (number % n == 0) {
            gap_settle(&g);
            memset(part, 'x', sizeof(part));
            used = 0;
        }
    }
    gap_settle(&g);
    return g;
}

static void the_longest_silence_is_found_however_the_log_is_cut(void **state)
{
    static const struct {
        const char *text;
        int64_t near_ms, first_ms, last_ms, gap_ms;
        uint64_t gap_line;
    } cases[] = {
        {"no stamp\nat all", 0, 0, 0, 0, 0},
        {"2024-03-01T10:00:00Z a\n2024-03-01T10:00:20Z b", 0, MARCH, MARCH + 20000, 0, 0},
        {"2024-03-01T10:00:00Z a\n2024-03-01T10:00:01Z b\nc\n2024-03-01T10:05:01Z d\n"
         "2024-03-01T10:06:01Z e",
         0, MARCH, MARCH + 361000, 5 * MINUTE_MS, 2},
        /* the second of two in the same ten seconds counts */
        {"2024-03-01T10:00:00Z a\n2024-03-01T10:00:09Z b\n2024-03-01T10:01:00Z c", 0, MARCH,
         MARCH + 60000, 51000, 2},
        /* an older log inside of this one */
        {"2024-03-01T10:00:00Z a\n2024-03-01T08:00:00Z old\n2024-03-01T08:50:00Z old\n"
         "2024-03-01T10:01:00Z b",
         0, MARCH, MARCH + 60000, 60000, 3},
        {"E0301 10:00:00.000000 1 x.go:1] a\nI0301 10:30:00.000000 1 x.go:1] b", MARCH, MARCH,
         MARCH + 30 * MINUTE_MS, 30 * MINUTE_MS, 1},
        {"I1231 23:59:00.000000 1 x.go:1] a\nI0101 00:01:00.000000 1 x.go:1] b",
         INT64_C(1704067200000), INT64_C(1704067140000), INT64_C(1704067260000), 2 * MINUTE_MS, 1},
        /* the year of the second kind is that of the first */
        {"2024-03-01T10:00:00Z a\nI0301 10:10:00.000000 1 x.go:1] b", 0, MARCH,
         MARCH + 10 * MINUTE_MS, 10 * MINUTE_MS, 1},
        /* begins like a stamp, and is none */
        {"2024-03-01T10:00:00Z a\n2024-03-01T10:00:0xZ b\n2024-03-01T10:02:00Z c", 0, MARCH,
         MARCH + 2 * MINUTE_MS, 2 * MINUTE_MS, 2},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (uint64_t n = 1; n < 7; n++) {
            const struct gap g = read_lines(cases[i].text, cases[i].near_ms, n);
            if (g.gap_ms != cases[i].gap_ms || g.gap_line != cases[i].gap_line ||
                g.first_ms != cases[i].first_ms || g.last_ms != cases[i].last_ms)
                fail_msg("case %zu, cut at %u: %lld at %u", i, (unsigned)n, (long long)g.gap_ms,
                         (unsigned)g.gap_line);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_longest_silence_is_found_however_the_log_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
