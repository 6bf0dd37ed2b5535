#include "check.h"

#include "reported.h"
#include "torture.h"

static void every_format_is_found_by_its_name(void **state)
{
    static const char *const names[] = {"text", "md", "json", "ndjson", "csv", "lp", "rows"};
    size_t count = 0;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const struct report_format *f = report_format_find(sv_of(names[i]));
        assert_non_null(f);
        assert_string_equal(f->name, names[i]);
        assert_true(strlen(f->summary) > 0);
        assert_int_equal(f->suffix[0], '.');
    }
    while (report_formats[count] != NULL)
        count++;
    assert_int_equal(count, COUNT_OF(names));
    assert_null(report_format_find(SV("tex")));
    assert_null(report_format_find(SV("texts")));
    assert_null(report_format_find(SV("")));
}

static void totals_count_each_build_once(void **state)
{
    struct err err = {0};
    struct report_totals t = {0};
    struct result *passed = reported_result("j", "1", OUTCOME_PASSED);
    struct result *failed = reported_failure("j", "2", SV("x"));
    (void)state;
    passed->verdict.flake = true;
    failed->wire_bytes = 5;
    failed->plain_bytes = 50;
    assert_true(result_add_problem(failed, SV("a"), SV("b"), false, &err));
    report_count(&t, passed);
    report_count(&t, failed);
    assert_int_equal(t.unreadable, 0);
    assert_true(result_add_problem(failed, SV("c"), SV("d"), true, &err));
    report_count(&t, failed);
    assert_int_equal(t.reported, 3);
    assert_int_equal(t.outcomes[OUTCOME_PASSED], 1);
    assert_int_equal(t.outcomes[OUTCOME_FAILED], 2);
    assert_int_equal(t.explained, 2);
    assert_int_equal(t.kinds[KIND_COMPILE], 2);
    assert_int_equal(t.classes[CLASS_BUILD], 2);
    assert_int_equal(t.advices[ADVICE_FIX_CODE], 2);
    assert_int_equal(t.flaky_builds, 1);
    assert_int_equal(t.problems, 3);
    assert_int_equal(t.unreadable, 1);
    assert_int_equal(t.wire_bytes, 10);
    assert_int_equal(t.plain_bytes, 100);
    result_free(passed);
    result_free(failed);
}

/* Two runs of each format, over harmless and hostile results, give the same bytes. */
static void the_same_results_give_the_same_bytes(void **state)
{
    struct result *results[] = {reported_failure("j", "1", SV("boom")), reported_evil(),
                                reported_result("j", "3", OUTCOME_PASSED),
                                reported_result("j", "4", OUTCOME_RUNNING)};
    (void)state;
    for (size_t i = 0; report_formats[i] != NULL; i++) {
        struct reported a, b;
        const char *first = reported_text(&a, report_formats[i]->name, &reported_options, results,
                                          COUNT_OF(results));
        const char *second = reported_text(&b, report_formats[i]->name, &reported_options, results,
                                           COUNT_OF(results));
        assert_string_equal(first, second);
        assert_true(strlen(first) > 0);
        reported_done(&a);
        reported_done(&b);
    }
    for (size_t i = 0; i < COUNT_OF(results); i++)
        result_free(results[i]);
}

static void no_build_at_all_is_a_report_too(void **state)
{
    (void)state;
    for (size_t i = 0; report_formats[i] != NULL; i++) {
        struct reported r;
        (void)reported_text(&r, report_formats[i]->name, &reported_options, NULL, 0);
        reported_done(&r);
    }
}

static void an_output_that_fails_is_told_unchanged(void **state)
{
    struct result *results[] = {reported_failure("j", "1", SV("boom")), reported_evil()};
    (void)state;
    for (size_t i = 0; report_formats[i] != NULL; i++) {
        for (size_t at = 1; at < 2000; at += 97) {
            struct err err = {0};
            struct reported r = {.fail_at = at};
            struct report_totals t = {.builds = 2};
            if (reported_run(&r, report_formats[i]->name, &reported_options, results, 2, &t, &err))
                assert_true(r.text.len < at);
            else
                assert_string_equal(err.why, "No space left on device");
            reported_done(&r);
        }
    }
    result_free(results[0]);
    result_free(results[1]);
}

static void missing_memory_is_told(void **state)
{
    struct result *results[] = {reported_failure("j", "1", SV("boom")), reported_evil()};
    (void)state;
    for (size_t i = 0; report_formats[i] != NULL; i++) {
        for (unsigned long n = 0;; n++) {
            struct err err = {0};
            struct reported r = {0};
            struct report_totals t = {.builds = 2};
            buf_init(&r.text, 64 << 20);
            assert_true(buf_reserve(&r.text, 1 << 20, &err));
            torture_arm(n);
            const bool ok =
                reported_run(&r, report_formats[i]->name, &reported_options, results, 2, &t, &err);
            torture_disarm();
            reported_done(&r);
            if (!torture_fired()) {
                assert_true(ok);
                break;
            }
            if (ok)
                fail_msg("%s: allocation %lu", report_formats[i]->name, n);
            assert_int_equal(err.code, ERR_NOMEM);
        }
    }
    result_free(results[0]);
    result_free(results[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_format_is_found_by_its_name),
        cmocka_unit_test(totals_count_each_build_once),
        cmocka_unit_test(the_same_results_give_the_same_bytes),
        cmocka_unit_test(no_build_at_all_is_a_report_too),
        cmocka_unit_test(an_output_that_fails_is_told_unchanged),
        cmocka_unit_test(missing_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
