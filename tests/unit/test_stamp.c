#include "check.h"

#include "base/timefmt.h"
#include "decode/stamp.h"

#define MARCH INT64_C(1709287200000) /* 2024-03-01T10:00:00Z */

static void every_harness_writes_its_own_form(void **state)
{
    static const struct {
        const char *line;
        int64_t ms;
        size_t len;
    } cases[] = {
        {"2024-03-01T10:00:00.1234567Z ##[group]Run make", MARCH + 123, 28},
        {"2024-03-01T10:00:00Z text", MARCH, 20},
        {"2024-03-01T12:00:00+02:00 text", MARCH, 25},
        {"2024-03-01T12:00:00.5+0200 text", MARCH + 500, 26},
        {"2024-03-01 10:00:00,250 INFO text", MARCH + 250, 23},
        {"[2024-03-01T10:00:00.000Z] text", MARCH, 26},
        {"[task 2024-03-01T10:00:00.000Z] text", MARCH, 31},
        {"\x1b_bk;t=1709287200000\atext", MARCH, 21},
        {"time=\"2024-03-01T10:00:00Z\" level=info", MARCH, 27},
        {"INFO[2024-03-01T10:00:00Z] Resolved", MARCH, 26},
        {"ERRO[2024-03-01T10:00:00Z] Failed", MARCH, 26},
        {"plain text that is long enough", 0, 0},
        {"2024-13-01T10:00:00Z text", 0, 0},
        {"2024-03-01", 0, 0},
        {"", 0, 0},
        {"[not a stamp at all, really]", 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        size_t len = 99;
        const int64_t ms = stamp_parse(sv_of(cases[i].line), 0, &len);
        if (ms != cases[i].ms || len != cases[i].len)
            fail_msg("%s: %lld, %zu", cases[i].line, (long long)ms, len);
    }
}

static void klog_gets_the_year_that_is_nearest(void **state)
{
    int64_t ms = 0;
    (void)state;
    assert_int_equal(stamp_parse(SV("E0301 10:00:00.500000   12 x.go:1] m"), MARCH, NULL),
                     MARCH + 500);
    assert_int_equal(stamp_parse(SV("E0301 10:00:00.500000   12 x.go:1] m"), 0, NULL), 0);
    assert_true(time_parse_rfc3339(SV("2023-12-31T23:59:59Z"), &ms));
    assert_int_equal(stamp_parse(SV("I1231 23:59:59.000000    1 a.go:2] m"), ms + 60000, NULL), ms);
    assert_int_equal(stamp_parse(SV("I1331 23:59:59.000000    1 a.go:2] m"), ms, NULL), 0);
}

static void no_head_of_a_stamp_reads_past_its_end(void **state)
{
    static const char full[] = "[task 2024-03-01T10:00:00.123+02:00] x";
    (void)state;
    for (size_t n = 0; n < sizeof(full); n++) {
        char *exact = test_malloc(n + 1);
        memcpy(exact, full, n);
        (void)stamp_parse((struct sv){.ptr = exact, .len = n}, MARCH, NULL);
        test_free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_harness_writes_its_own_form),
        cmocka_unit_test(klog_gets_the_year_that_is_nearest),
        cmocka_unit_test(no_head_of_a_stamp_reads_past_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
