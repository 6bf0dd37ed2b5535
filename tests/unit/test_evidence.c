#include "check.h"
#include "torture.h"

#include "model/evidence.h"

#include <stdio.h>

struct fixture {
    struct arena arena;
    struct evidence e;
    struct err err;
};

static int set_up(void **state)
{
    static struct fixture f;
    f = (struct fixture){0};
    arena_init(&f.arena, 32 << 20);
    evidence_init(&f.e, &f.arena, NULL);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    arena_done(&f->arena);
    return 0;
}

static void findings_are_copied_and_cut(void **state)
{
    struct fixture *f = *state;
    char text[2000];
    memset(text, 'x', sizeof(text));
    const struct capture capture = {.name = SV("file"), .value = {.ptr = text, .len = 3}};
    const struct finding finding = {.id = SV("a.b"),
                                    .line = 7,
                                    .excerpt = {.ptr = text, .len = sizeof(text)},
                                    .captures = &capture,
                                    .capture_count = 1};
    assert_true(evidence_add_finding(&f->e, &finding, &f->err));
    memset(text, 'y', sizeof(text));
    const struct finding *kept = &f->e.findings[0];
    assert_int_equal(kept->excerpt.len, EXCERPT_MAX_BYTES);
    assert_int_equal(kept->excerpt.ptr[0], 'x');
    assert_true(sv_equal(kept->captures[0].value, SV("xxx")));
    assert_int_equal(kept->count, 1);
    assert_int_equal(kept->last_line, 7);
}

static void a_count_changes_the_finding_that_is_there(void **state)
{
    struct fixture *f = *state;
    assert_true(evidence_add_finding(&f->e, &(struct finding){.id = SV("r"), .line = 3}, &f->err));
    assert_true(evidence_add_finding(
        &f->e, &(struct finding){.id = SV("r"), .line = 3, .count = 900, .last_line = 5000},
        &f->err));
    assert_int_equal(f->e.finding_count, 1);
    assert_int_equal(f->e.findings[0].count, 900);
    assert_int_equal(f->e.findings[0].last_line, 5000);
    assert_true(evidence_add_finding(
        &f->e, &(struct finding){.id = SV("other"), .line = 3, .count = 2}, &f->err));
    assert_int_equal(f->e.finding_count, 1);
}

static void past_a_limit_things_are_counted_not_kept(void **state)
{
    struct fixture *f = *state;
    for (uint64_t i = 1; i <= EVIDENCE_MAX_FINDINGS + 10; i++)
        assert_true(
            evidence_add_finding(&f->e, &(struct finding){.id = SV("r"), .line = i}, &f->err));
    assert_int_equal(f->e.finding_count, EVIDENCE_MAX_FINDINGS);
    assert_int_equal(f->e.dropped_findings, 10);
    for (int i = 0; i < EVIDENCE_MAX_TESTS + 5; i++)
        assert_true(evidence_add_test(
            &f->e, &(struct test_result){.name = SV("t"), .outcome = TEST_FAILED}, &f->err));
    assert_int_equal(f->e.test_count, EVIDENCE_MAX_TESTS);
    assert_int_equal(f->e.dropped_tests, 5);
    assert_int_equal(f->e.counts.failed, EVIDENCE_MAX_TESTS + 5);
}

static void an_issue_is_kept_once_and_an_error_takes_the_last_place(void **state)
{
    struct fixture *f = *state;
    char text[2000];
    memset(text, 'x', sizeof(text));
    struct issue issue = {.severity = ISSUE_WARNING,
                          .file = {.ptr = text, .len = 5},
                          .source_line = 1,
                          .message = {.ptr = text, .len = sizeof(text)}};
    assert_true(evidence_add_issue(&f->e, &issue, &f->err));
    assert_true(evidence_add_issue(&f->e, &issue, &f->err));
    assert_int_equal(f->e.issue_count, 1);
    memset(text, 'y', sizeof(text));
    assert_true(sv_equal(f->e.issues[0].file, SV("xxxxx")));
    assert_int_equal(f->e.issues[0].message.len, 512);
    for (uint64_t i = 2; i <= EVIDENCE_MAX_ISSUES + 3; i++) {
        issue.source_line = i;
        assert_true(evidence_add_issue(&f->e, &issue, &f->err));
    }
    assert_int_equal(f->e.issue_count, EVIDENCE_MAX_ISSUES);
    assert_int_equal(f->e.dropped_issues, 3);
    issue.severity = ISSUE_ERROR;
    for (uint64_t i = 0; i < EVIDENCE_MAX_ISSUES + 2; i++) {
        issue.source_line = 10000 + i;
        assert_true(evidence_add_issue(&f->e, &issue, &f->err));
    }
    for (size_t i = 0; i < f->e.issue_count; i++)
        assert_int_equal(f->e.issues[i].severity, ISSUE_ERROR);
    assert_int_equal(f->e.dropped_issues, 3 + EVIDENCE_MAX_ISSUES + 2);
}

static void passing_tests_are_counted_only(void **state)
{
    struct fixture *f = *state;
    static const enum test_outcome outcomes[] = {TEST_PASSED,  TEST_SKIPPED, TEST_FAILED,
                                                 TEST_ERRORED, TEST_FLAKY,   TEST_UNFINISHED};
    for (size_t i = 0; i < COUNT_OF(outcomes); i++)
        assert_true(evidence_add_test(
            &f->e, &(struct test_result){.name = SV("t"), .outcome = outcomes[i]}, &f->err));
    assert_int_equal(f->e.test_count, 4);
    assert_int_equal(f->e.counts.total, 6);
    f->e.keep_passed = true;
    assert_true(evidence_add_test(&f->e, &(struct test_result){.name = SV("t")}, &f->err));
    assert_int_equal(f->e.test_count, 5);
    for (int i = 1; i < EVIDENCE_MAX_PASSED + 2; i++)
        assert_true(evidence_add_test(&f->e, &(struct test_result){.name = SV("t")}, &f->err));
    assert_int_equal(f->e.dropped_tests, 2);
    assert_true(evidence_add_test(/* which leaves the others their room */
                                  &f->e,
                                  &(struct test_result){.name = SV("t"), .outcome = TEST_FAILED},
                                  &f->err));
    assert_int_equal(f->e.test_count, EVIDENCE_MAX_PASSED + 5);
    assert_int_equal(f->e.dropped_tests, 2);
}

static void the_claim_of_higher_rank_decides_and_times_come_from_any(void **state)
{
    struct fixture *f = *state;
    evidence_claim(
        &f->e, &(struct outcome_claim){.outcome = OUTCOME_FAILED, .rank = 20, .finished_ms = 9});
    evidence_claim(&f->e,
                   &(struct outcome_claim){.outcome = OUTCOME_PASSED, .rank = 50, .started_ms = 4});
    evidence_claim(&f->e, &(struct outcome_claim){.outcome = OUTCOME_ABORTED, .rank = 50});
    evidence_claim(&f->e, &(struct outcome_claim){.outcome = OUTCOME_UNKNOWN, .rank = 99});
    assert_int_equal(f->e.claim.outcome, OUTCOME_PASSED);
    assert_int_equal(f->e.claim.started_ms, 4);
    assert_int_equal(f->e.claim.finished_ms, 9);
}

static void the_best_lines_are_kept_whatever_their_order(void **state)
{
    struct fixture *f = *state;
    for (unsigned i = 0; i < 500; i++) {
        const unsigned k = i * 277 % 500;
        char text[20];
        (void)snprintf(text, sizeof(text), "line %u", k);
        assert_true(evidence_add_line(
            &f->e,
            &(struct error_line){.line = k + 1, .score = (int)(k % 100), .text = sv_of(text)},
            &f->err));
    }
    evidence_sort_lines(&f->e);
    assert_int_equal(f->e.line_count, EVIDENCE_MAX_LINES);
    for (unsigned i = 0; i < EVIDENCE_MAX_LINES; i++) {
        assert_int_equal(f->e.lines[i].score, 99 - (int)(i / 5));
        assert_int_equal(f->e.lines[i].line, 100 * (i % 5) + 100 - i / 5);
    }
    assert_true(sv_equal(f->e.lines[0].text, SV("line 99")));
}

static void a_failed_allocation_is_an_error(void **state)
{
    (void)state;
    for (unsigned long n = 0; n < 12; n++) {
        struct fixture f = {0};
        arena_init(&f.arena, 32 << 20);
        evidence_init(&f.e, &f.arena, NULL);
        torture_arm(n);
        bool ok = true;
        for (uint64_t i = 1; ok && i < 300; i++)
            ok = evidence_add_finding(
                     &f.e, &(struct finding){.id = SV("r"), .line = i, .summary = SV("a summary")},
                     &f.err) &&
                 evidence_add_line(&f.e, &(struct error_line){.line = i, .text = SV("x")}, &f.err);
        torture_disarm();
        assert_true(ok != torture_fired());
        arena_done(&f.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(findings_are_copied_and_cut, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_count_changes_the_finding_that_is_there, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(past_a_limit_things_are_counted_not_kept, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_issue_is_kept_once_and_an_error_takes_the_last_place,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(passing_tests_are_counted_only, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_claim_of_higher_rank_decides_and_times_come_from_any,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_best_lines_are_kept_whatever_their_order, set_up,
                                        tear_down),
        cmocka_unit_test(a_failed_allocation_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
