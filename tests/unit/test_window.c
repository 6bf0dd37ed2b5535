#include "check.h"

#include "tally/window.h"

#include <stdlib.h>

static void durations_are_exact_to_five_percent_or_a_millisecond(void **state)
{
    (void)state;
    for (int64_t ms = 1; ms < INT64_C(3000000000); ms += ms / 37 + 1) {
        const int64_t back = window_duration_ms(window_duration_code(ms));
        if (llabs(back - ms) > 1 && (back * 100 < ms * 95 || back * 100 > ms * 105))
            fail_msg("%lld became %lld", (long long)ms, (long long)back);
    }
}

static void codes_rise_with_durations_and_keep_what_they_stand_for(void **state)
{
    (void)state;
    assert_int_equal(window_duration_code(-1), 0);
    assert_int_equal(window_duration_ms(0), -1);
    assert_int_equal(window_duration_ms(window_duration_code(0)), 0);
    assert_int_equal(window_duration_code(INT64_MAX), 255);
    assert_int_equal(window_duration_code(INT64_MIN), 0);
    for (int code = 1; code < 256; code++) {
        const int64_t ms = window_duration_ms((uint8_t)code);
        assert_true(code == 1 || ms >= window_duration_ms((uint8_t)(code - 1)));
        assert_int_equal(window_duration_ms(window_duration_code(ms)), ms);
    }
}

static void an_empty_window_can_be_given_up(void **state)
{
    struct window w;
    (void)state;
    window_init(&w);
    assert_int_equal(w.build_count + w.result_count + w.test_count, 0);
    window_done(&w);
    window_done(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_are_exact_to_five_percent_or_a_millisecond),
        cmocka_unit_test(codes_rise_with_durations_and_keep_what_they_stand_for),
        cmocka_unit_test(an_empty_window_can_be_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
