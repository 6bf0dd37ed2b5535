#include "check.h"

#include "base/timefmt.h"

#define DAY INT64_C(86400000)
#define MARCH INT64_C(1709287200000) /* 2024-03-01T10:00:00Z */

static void rfc3339_takes_whole_valid_texts_only(void **state)
{
    static const struct {
        const char *text;
        bool ok;
        int64_t ms;
    } cases[] = {
        {"2024-03-01T10:00:00Z", true, MARCH},
        {"2024-03-01T10:00:00.123Z", true, MARCH + 123},
        {"2024-03-01T10:00:00.123456789Z", true, MARCH + 123},
        {"2024-03-01T12:00:00+02:00", true, MARCH},
        {"2024-03-01T04:30:00-05:30", true, MARCH},
        {"2024-03-01t10:00:00z", true, MARCH},
        {"1970-01-01T00:00:01Z", true, 1000},
        {"1969-12-31T23:59:59Z", true, -1000},
        {"0001-01-01T00:00:00Z", true, 0},
        {"2024-02-29T00:00:00Z", true, MARCH - DAY - 10 * 3600000},
        {"2023-02-29T00:00:00Z", false, 0},
        {"2024-13-01T00:00:00Z", false, 0},
        {"2024-00-01T00:00:00Z", false, 0},
        {"2024-03-32T00:00:00Z", false, 0},
        {"2024-03-01T24:00:00Z", false, 0},
        {"2024-03-01T10:60:00Z", false, 0},
        {"2024-03-01T10:00:00", false, 0},
        {"2024-03-01T10:00:00Zx", false, 0},
        {" 2024-03-01T10:00:00Z", false, 0},
        {"2024-03-01", false, 0},
        {"", false, 0},
        {"1900-02-29T00:00:00Z", false, 0},
        {"2000-02-29T00:00:00Z", true, INT64_C(951782400000)},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t ms = 77;
        if (time_parse_rfc3339(sv_of(cases[i].text), &ms) != cases[i].ok)
            fail_msg("%s", cases[i].text);
        assert_int_equal(ms, cases[i].ok ? cases[i].ms : 77);
    }
}

static void every_day_of_four_centuries_comes_back(void **state)
{
    char text[TIME_TEXT_BYTES];
    (void)state;
    for (int64_t day = -50000; day < 100000; day += 13) {
        const int64_t ms = day * DAY + 12345000;
        int64_t back = 0;
        assert_true(time_parse_rfc3339(sv_of(time_text(ms, text)), &back));
        assert_int_equal(back, ms);
    }
    assert_string_equal(time_text(0, text), "");
    assert_string_equal(time_text_ms(MARCH + 7, text), "2024-03-01T10:00:00.007Z");
    assert_string_equal(time_text(INT64_MAX, text), "");
    assert_string_equal(time_text(INT64_MIN, text), "");
}

static void http_dates_come_in_three_forms(void **state)
{
    static const char *const same[] = {"Sun, 06 Nov 1994 08:49:37 GMT",
                                       "Sunday, 06-Nov-94 08:49:37 GMT",
                                       "Sun Nov  6 08:49:37 1994"};
    static const char *const none[] = {"", "120", "Sun, 06 Nov 1994 08:49:37 CET",
                                       "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(same); i++) {
        int64_t ms = 0;
        assert_true(time_parse_http(sv_of(same[i]), &ms));
        assert_int_equal(ms, INT64_C(784111777000));
    }
    for (size_t i = 0; i < COUNT_OF(none); i++)
        assert_false(time_parse_http(sv_of(none[i]), &(int64_t){0}));
}

static void durations_as_go_and_people_write_them(void **state)
{
    static const struct {
        const char *text;
        bool ok;
        int64_t ms;
    } cases[] = {
        {"4h0m0s", true, 14400000},
        {"1.5s", true, 1500},
        {"250ms", true, 250},
        {"90d", true, 90 * DAY},
        {"1w", true, 7 * DAY},
        {"0", true, 0},
        {"1m0.5s", true, 60500},
        {"100us", true, 0},
        {"1500us", true, 2},
        {"", false, 0},
        {"5", false, 0},
        {"h", false, 0},
        {"1.2.3s", false, 0},
        {"-1s", false, 0},
        {"1x", false, 0},
        {"99999999999999999999h", false, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t ms = -5;
        if (time_parse_duration(sv_of(cases[i].text), &ms) != cases[i].ok)
            fail_msg("%s", cases[i].text);
        assert_int_equal(ms, cases[i].ok ? cases[i].ms : -5);
    }
}

static void a_duration_of_too_many_digits_is_none(void **state)
{
    char text[902]; /* more than the largest double, divided by as much */
    int64_t ms = -5;
    (void)state;
    memset(text, '9', sizeof(text));
    text[450] = '.';
    text[901] = 's';
    assert_false(time_parse_duration((struct sv){.ptr = text, .len = sizeof(text)}, &ms));
    assert_int_equal(ms, -5);
}

static void durations_are_shown_in_two_units_at_most(void **state)
{
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {
        {0, "0ms"},          {250, "250ms"},     {3200, "3.2s"},      {45000, "45s"},
        {2712000, "45m12s"}, {4920000, "1h22m"}, {90000000, "1d01h"}, {-1500, "-1.5s"},
    };
    char text[TIME_TEXT_BYTES];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_string_equal(time_duration_text(cases[i].ms, text), cases[i].text);
}

static void when_counts_back_from_now_or_names_a_day(void **state)
{
    static const struct {
        const char *text;
        bool ok;
        int64_t ms;
    } cases[] = {
        {"12h", true, MARCH - 12 * 3600000},
        {"7d", true, MARCH - 7 * DAY},
        {"today", true, MARCH - 10 * 3600000},
        {"yesterday", true, MARCH - 10 * 3600000 - DAY},
        {"2024-02-01", true, INT64_C(1706745600000)},
        {"2024-03-01T10:00:00Z", true, MARCH},
        {"soon", false, 0},
        {"2024-02-31", false, 0},
        {"", false, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t ms = 0;
        if (time_parse_when(sv_of(cases[i].text), MARCH, &ms) != cases[i].ok)
            fail_msg("%s", cases[i].text);
        assert_int_equal(ms, cases[i].ms);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc3339_takes_whole_valid_texts_only),
        cmocka_unit_test(every_day_of_four_centuries_comes_back),
        cmocka_unit_test(http_dates_come_in_three_forms),
        cmocka_unit_test(durations_as_go_and_people_write_them),
        cmocka_unit_test(a_duration_of_too_many_digits_is_none),
        cmocka_unit_test(durations_are_shown_in_two_units_at_most),
        cmocka_unit_test(when_counts_back_from_now_or_names_a_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
