#include "keeping.h"

static void one_test_in_two_reports_was_retried_in_one_folder_and_run_twice_in_two(void **state)
{
    static const struct {
        const char *first, *second;
        enum test_outcome a, b, joined;
    } cases[] = {
        {"x/junit_1.xml", "x/junit_2.xml", TEST_FAILED, TEST_PASSED, TEST_FLAKY},
        {"x/junit_1.xml", "x/junit_2.xml", TEST_PASSED, TEST_FAILED, TEST_FLAKY},
        {"x/junit_1.xml", "x/junit_2.xml", TEST_FAILED, TEST_FAILED, TEST_FAILED},
        {"x/junit_1.xml", "y/junit_1.xml", TEST_FAILED, TEST_PASSED, TEST_FAILED},
        {"x/junit_1.xml", "y/junit_1.xml", TEST_SKIPPED, TEST_PASSED, TEST_PASSED},
        {"junit_1.xml", "junit_2.xml", TEST_FLAKY, TEST_PASSED, TEST_FLAKY},
        {"junit_1.xml", "junit_2.xml", TEST_SKIPPED, TEST_SKIPPED, TEST_SKIPPED},
    };
    struct keeping k;
    struct window w;
    (void)state;
    keeping_start(&k);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint32_t index;
        struct result *r = keeping_result("j", "1", 0, OUTCOME_FAILED);
        keeping_report(r, cases[i].first, &index);
        keeping_test(r, "t", cases[i].a)->artifact = index;
        keeping_report(r, cases[i].second, &index);
        keeping_test(r, "t", cases[i].b)->artifact = index;
        keeping_test(r, "step", TEST_FAILED)->is_step = true;
        (void)keeping_put(k.h, r, "r1");
        keeping_window(k.h, &w);
        assert_int_equal(w.result_count, 1); /* a step is no test */
        if (w.result_outcome[0] != cases[i].joined)
            fail_msg("case %zu: %s", i, test_outcome_name((enum test_outcome)w.result_outcome[0]));
        if (w.failure_count > 0)
            assert_int_equal(w.failures[0].attempts, 2);
        window_done(&w);
    }
    keeping_assert_sound(k.h);
    keeping_end(&k);
}

static void the_word_of_a_report_goes_before_that_of_a_log_and_steps_are_no_tests(void **state)
{
    struct err err = {0};
    struct keeping k;
    struct window w;
    uint32_t report, log;
    const struct artifact text = {.kind = ARTIFACT_BUILD_LOG, .path = SV("build-log.txt")};
    (void)state;
    keeping_start(&k);
    for (int with_report = 0; with_report < 2; with_report++) {
        struct result *r = keeping_result("j", "1", 0, OUTCOME_FAILED);
        assert_true(result_add_artifact(r, &text, &log, &err));
        keeping_test(r, "of the log", TEST_FAILED)->artifact = log;
        keeping_test(r, "step", TEST_FAILED)->suite = SV("step graph");
        if (with_report == 1) {
            keeping_report(r, "junit.xml", &report);
            keeping_test(r, "of the report", TEST_FAILED)->artifact = report;
        }
        (void)keeping_put(k.h, r, "r1");
        keeping_window(k.h, &w);
        assert_int_equal(w.result_count, 1);
        assert_text(w.tests[0].name, with_report == 1 ? "of the report" : "of the log");
        window_done(&w);
    }
    keeping_end(&k);
}

static void a_message_of_one_word_gives_way_to_the_first_line_that_says_more(void **state)
{
    struct keeping k;
    struct window w;
    (void)state;
    keeping_start(&k);
    struct result *r = keeping_result("j", "1", 0, OUTCOME_FAILED);
    struct test_result *t = keeping_test(r, "t", TEST_FAILED);
    t->message = SV("Failed");
    t->text = SV("\n   \n    x_test.go:12: want 3, got 4\nmore");
    t = keeping_test(r, "u", TEST_FAILED);
    t->message = SV("Failed");
    t->text = SV("");
    (void)keeping_put(k.h, r, "r1");
    keeping_window(k.h, &w);
    assert_text(w.failures[0].message, "x_test.go:12: want 3, got 4");
    assert_text(w.failures[1].message, "Failed");
    window_done(&w);
    keeping_end(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_test_in_two_reports_was_retried_in_one_folder_and_run_twice_in_two),
        cmocka_unit_test(the_word_of_a_report_goes_before_that_of_a_log_and_steps_are_no_tests),
        cmocka_unit_test(a_message_of_one_word_gives_way_to_the_first_line_that_says_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
