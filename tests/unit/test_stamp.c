#include "check.h"

#include "base/timefmt.h"
#include "decode/stamp.h"

#define MARCH INT64_C(1709287200000) /* 2024-03-01T10:00:00Z */

static const struct {
    const char *line;
    int64_t ms;
    size_t len, same;
} forms[] = {
    {"2024-03-01T10:00:00.1234567Z ##[group]Run make", MARCH + 123, 28, 18},
    {"2024-03-01T10:00:00Z text", MARCH, 20, 18},
    {"2024-03-01T12:00:00+02:00 text", MARCH, 25, 18},
    {"2024-03-01T12:00:00.5+0200 text", MARCH + 500, 26, 18},
    {"2024-03-01T08:30:00.05-01:30 text", MARCH + 50, 28, 18},
    {"2024-03-01 10:00:00,250 INFO text", MARCH + 250, 23, 18},
    {"2024/03/01 10:00:00 the log package of Go", MARCH, 19, 18},
    {"[2024-03-01T10:00:00.000Z] text", MARCH, 26, 19},
    {"[task 2024-03-01T10:00:00.000Z] text", MARCH, 31, 24},
    {"\x1b_bk;t=1709287200000\atext", MARCH, 21, 16},
    {"time=\"2024-03-01T10:00:00Z\" level=info", MARCH, 27, 24},
    {"INFO[2024-03-01T10:00:00Z] Resolved", MARCH, 26, 23},
    {"ERRO[2024-03-01T10:00:00Z] Failed", MARCH, 26, 23},
    {"\x1b[36mINFO\x1b[0m[2024-03-01T10:00:00Z] Resolved", MARCH, 35, 32},
    {"\x1b[0;31mERRO\x1b[0m[2024-03-01T10:00:00Z] Failed", MARCH, 37, 34},
    {"section_start:1709287200:step_script\r\x1b[0K", MARCH, 25, 23},
    {"section_end:1709287200:step_script\r\x1b[0K", MARCH, 23, 21},
    {"\x1b[0Ksection_start:1709287200:a\r", MARCH, 29, 27},
};

static void every_harness_writes_its_own_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        struct stamp stamp = {0};
        if (!stamp_read(sv_of(forms[i].line), 0, &stamp))
            fail_msg("%s", forms[i].line);
        assert_int_equal(stamp.ms, forms[i].ms);
        assert_int_equal(stamp.len, forms[i].len);
        assert_int_equal(stamp.same, forms[i].same);
    }
}

static void what_is_no_stamp_is_left_alone(void **state)
{
    static const char *const lines[] = {
        "",
        "2024-03-01",
        "plain text that is long enough",
        "2024-13-01T10:00:00Z text",
        "2024-03-00T10:00:00Z text",
        "2024-03-01T24:00:00Z text",
        "2024-03-01T10:60:00Z text",
        "2024-03-01T10:00:61Z text",
        "1969-03-01T10:00:00Z text",
        "2024-03/01T10:00:00Z text",
        "2024-03-01_10:00:00Z text",
        "2024-03-01T10:00:0xZ text",
        "2024-0:-01T10:00:00Z text",
        "2024-\xb3\xb1-01T10:00:00Z text",
        "[not a stamp at all, really]",
        "[2024-03-01T10:00:00.000Z text",
        "[2024-03-01 10:00:00,000] text",
        "\x1b_bk;t=soon\ahello and more of it",
        "\x1b_bk;t=99999999999999999999\atext",
        "\x1b[36mInfo\x1b[0m[2024-03-01T10:00:00Z] x",
        "section_start:1709287200 no mark",
        "section_middle:1709287200:x",
        "E0301 10:00:00.500000   12 x.go:1] m",
        "Mar  1 10:00:00 host daemon: m",
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct stamp stamp = {.ms = 5};
        if (stamp_read(sv_of(lines[i]), 0, &stamp))
            fail_msg("%s", lines[i]);
    }
}

static void a_stamp_without_a_year_gets_the_nearest(void **state)
{
    static const struct {
        const char *line;
        const char *near, *time; /* NULL: no stamp */
        size_t len, same;
    } cases[] = {
        {"E0301 10:00:00.500000   12 x.go:1] m", "2024-03-01T10:00:00Z", "2024-03-01T10:00:00.500Z",
         21, 13},
        {"I1231 23:59:59.000000    1 a.go:2] m", "2024-01-01T00:00:59Z", "2023-12-31T23:59:59.000Z",
         21, 13},
        {"W0101 00:00:01.001999    1 a.go:2] m", "2023-12-31T00:00:00Z", "2024-01-01T00:00:01.001Z",
         21, 13},
        {"I1331 23:59:59.000000    1 a.go:2] m", "2024-01-01T00:00:59Z", NULL, 0, 0},
        {"I0301 10:00:00.50000x    1 a.go:2] m", "2024-01-01T00:00:59Z", NULL, 0, 0},
        {"X0301 10:00:00.500000    1 a.go:2] m", "2024-01-01T00:00:59Z", NULL, 0, 0},
        {"Mar  1 10:00:00 host daemon: m", "2024-05-01T00:00:00Z", "2024-03-01T10:00:00.000Z", 15,
         14},
        {"Dec 31 10:00:00.123: INFO: m", "2024-01-02T00:00:00Z", "2023-12-31T10:00:00.123Z", 19,
         14},
        {"Mai  1 10:00:00 host daemon: m", "2024-05-01T00:00:00Z", NULL, 0, 0},
        {"Mar xx 10:00:00 host daemon: m", "2024-05-01T00:00:00Z", NULL, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[TIME_TEXT_BYTES];
        struct stamp stamp = {0};
        int64_t near = 0;
        assert_true(time_parse_rfc3339(sv_of(cases[i].near), &near));
        if (stamp_read(sv_of(cases[i].line), near, &stamp) != (cases[i].time != NULL))
            fail_msg("%s", cases[i].line);
        if (cases[i].time == NULL)
            continue;
        assert_string_equal(time_text_ms(stamp.ms, text), cases[i].time);
        assert_int_equal(stamp.len, cases[i].len);
        assert_int_equal(stamp.same, cases[i].same);
    }
    assert_false(stamp_read(SV("\x00"
                               "0301 10:00:00.500000   12 x.go:1] m"),
                            MARCH, &(struct stamp){0}));
}

/* Whatever follows the bytes that are the same, the time is less than ten seconds away. */
static void lines_with_the_same_head_are_of_the_same_ten_seconds(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        struct stamp stamp = {0}, other = {0};
        char line[100];
        (void)strcpy(line, forms[i].line);
        assert_true(stamp_read(sv_of(line), 0, &stamp));
        assert_true(stamp.same < stamp.len);
        line[stamp.same] = '9';
        assert_true(stamp_read(sv_of(line), 0, &other));
        assert_in_range(other.ms - stamp.ms, 1, 9999);
        line[stamp.same - 1] += 1;
        assert_true(stamp_read(sv_of(line), 0, &other));
        assert_in_range(other.ms - stamp.ms, 10000, 19999);
    }
}

static void rfc3339_is_measured_without_being_read(void **state)
{
    (void)state;
    assert_int_equal(stamp_rfc3339(SV("2024-03-01T10:00:00Z text")), 20);
    assert_int_equal(stamp_rfc3339(SV("2024-03-01T10:00:00.123456789+02:00")), 35);
    assert_int_equal(stamp_rfc3339(SV("2024-03-01T10:00:00 text")), 0);
    assert_int_equal(stamp_rfc3339(SV("2024-03-01 10:00:00Z text")), 0);
    assert_int_equal(stamp_rfc3339(SV("2024/03/01T10:00:00Z text")), 0);
    assert_int_equal(stamp_rfc3339(SV("")), 0);
}

static void no_head_of_a_stamp_reads_past_its_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        for (size_t n = 0; n <= strlen(forms[i].line); n++) {
            struct stamp stamp;
            char *exact = test_malloc(n + 1); /* and the byte behind it is never that of a string */
            memcpy(exact, forms[i].line, n);
            exact[n] = '7';
            if (stamp_read((struct sv){.ptr = exact, .len = n}, MARCH, &stamp))
                assert_true(stamp.len <= n && stamp.same <= n);
            test_free(exact);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_harness_writes_its_own_form),
        cmocka_unit_test(what_is_no_stamp_is_left_alone),
        cmocka_unit_test(a_stamp_without_a_year_gets_the_nearest),
        cmocka_unit_test(lines_with_the_same_head_are_of_the_same_ten_seconds),
        cmocka_unit_test(rfc3339_is_measured_without_being_read),
        cmocka_unit_test(no_head_of_a_stamp_reads_past_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
