#include "night_shown.h"

static size_t lines_of(const char *text, const char *measurement)
{
    size_t count = 0;
    struct sv line;
    for (struct sv rest = sv_of(text); sv_cut(&rest, '\n', &line);)
        count += line.len > 0 && sv_starts(line, sv_of(measurement));
    return count;
}

static void a_point_tells_the_night(void **state)
{
    (void)state;
    const char *text = night_shown("lp", NIGHT_USUAL);
    assert_memory_equal(text, "ci_night aborted=2i,broken=false,builds=48i,", 44);
    assert_has(text, ",pass_raw=36i,pass_raw_of=44i,");
    assert_has(text, ",wasted_ms=18000000i 1773291600000000000\n");
    assert_int_equal(lines_of(text, "ci_night "), 1);
    assert_int_equal(lines_of(text, "ci_job_night,"), 5);
    assert_int_equal(lines_of(text, "ci_flaky_test,"), 9);
}

static void names_of_tests_are_fields(void **state)
{
    (void)state;
    const char *text = night_shown("lp", NIGHT_USUAL);
    assert_has(text, "ci_flaky_test,class=flaky,job=periodic-rocket-e2e adjusted=21i,");
    assert_has(text, ",test=\"e2e/network.Dns.resolves a service at once\",");
    assert_has(text, ",evidence=\"retry\",");
}

static void points_of_equal_tags_have_times_of_their_own(void **state)
{
    (void)state;
    const char *text = night_shown("lp", NIGHT_LARGE);
    assert_int_equal(lines_of(text, "ci_flaky_test,"), 2000);
    assert_has(text, " 1773291600000000000\n");
    assert_has(text, " 1773291600000001999\n");
}

static void hostile_text_ends_no_line(void **state)
{
    (void)state;
    const char *text = night_shown("lp", NIGHT_EVIL);
    assert_harmless(text);
    assert_int_equal(lines_of(text, ""), 15);
}

static void a_night_of_no_known_time_has_no_points(void **state)
{
    struct night *n = night_fixture(NIGHT_USUAL);
    (void)state;
    n->until_ms = 0;
    assert_string_equal(night_shown_of("lp", n), "");
    night_free(n);
}

static void a_full_disk_is_told(void **state)
{
    (void)state;
    assert_full_disk_is_told("lp");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_point_tells_the_night),
        cmocka_unit_test(names_of_tests_are_fields),
        cmocka_unit_test(points_of_equal_tags_have_times_of_their_own),
        cmocka_unit_test(hostile_text_ends_no_line),
        cmocka_unit_test(a_night_of_no_known_time_has_no_points),
        cmocka_unit_test(a_full_disk_is_told),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    buf_done(&shown.text);
    return failed;
}
