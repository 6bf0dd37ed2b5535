#include "check.h"

#include "tally/conduct.h"
#include "torture.h"

enum { MAX_FINDINGS = 4 };

struct log { /* findings by id, the first `causes` of them are the verdict's */
    const char *ids[MAX_FINDINGS];
    uint64_t counts[MAX_FINDINGS];
    size_t causes;
};

static bool add(struct conduct *c, const char *name, enum conduct_of_log of, const struct log *log,
                struct err *err)
{
    struct finding findings[MAX_FINDINGS] = {0};
    struct result r = {.findings = findings, .facts = {.lines = 100}};
    while (r.finding_count < MAX_FINDINGS && log->ids[r.finding_count] != NULL) {
        findings[r.finding_count] = (struct finding){.id = sv_of(log->ids[r.finding_count]),
                                                     .line = 7 + r.finding_count,
                                                     .count = log->counts[r.finding_count]};
        r.finding_count++;
    }
    for (uint32_t i = 0; i < log->causes; i++)
        r.verdict.causes[r.verdict.cause_count++] = i;
    r.verdict.basis = log->causes > 0 ? BASIS_RULE : BASIS_NONE;
    return conduct_add(c, sv_of(name), of, &r, err);
}

static void must_add(struct conduct *c, const char *name, enum conduct_of_log of, struct log log)
{
    struct err err = {0};
    assert_true(add(c, name, of, &log, &err));
}

static void logs_and_examples_are_counted_apart(void **state)
{
    struct conduct c;
    (void)state;
    conduct_init(&c);
    must_add(&c, "x", CONDUCT_EXAMPLE, (struct log){.ids = {"a"}, .causes = 1});
    must_add(&c, "one", CONDUCT_FAILING, (struct log){.ids = {"a", "b", "a"}, .causes = 1});
    must_add(&c, "two", CONDUCT_PASSING, (struct log){.ids = {"b"}});
    must_add(&c, "three", CONDUCT_FAILING, (struct log){0});
    const struct conduct_rule *a = conduct_of(&c, SV("a")), *b = conduct_of(&c, SV("b"));
    assert_int_equal(c.logs, 3);
    assert_true(a->logs == 1 && a->examples == 1 && a->decided == 2 && a->passing == 0);
    assert_true(b->logs == 2 && b->examples == 0 && b->decided == 0 && b->passing == 1);
    assert_true(b->alarms == 0 && sv_equal(b->passing_log, SV("two")) && b->passing_line == 7);
    assert_null(conduct_of(&c, SV("c")));
    conduct_done(&c);
}

static void a_rule_named_in_a_passing_log_is_an_alarm(void **state)
{
    struct conduct c;
    (void)state;
    conduct_init(&c);
    must_add(&c, "one", CONDUCT_PASSING, (struct log){.ids = {"a", "b"}, .causes = 1});
    assert_int_equal(conduct_of(&c, SV("a"))->alarms, 1);
    assert_int_equal(conduct_of(&c, SV("b"))->alarms, 0);
    conduct_done(&c);
}

static void the_log_with_the_largest_share_of_hits_is_kept(void **state)
{
    struct conduct c;
    (void)state;
    conduct_init(&c);
    must_add(&c, "one", CONDUCT_FAILING, (struct log){.ids = {"a"}, .counts = {49}});
    must_add(&c, "two", CONDUCT_FAILING, (struct log){.ids = {"a", "a"}, .counts = {60, 1}});
    must_add(&c, "four", CONDUCT_FAILING, (struct log){.ids = {"a"}, .counts = {50}});
    must_add(&c, "three", CONDUCT_FAILING, (struct log){.ids = {"a", "a"}, .counts = {1, 1}});
    const struct conduct_rule *a = conduct_of(&c, SV("a"));
    assert_true(a->most_hits == 60 && a->most_lines == 100);
    assert_true(sv_equal(a->most_log, SV("two")));
    conduct_done(&c);
}

static const struct {
    const char *why;
    struct log logs[3];
    bool shadowed;
} shadows[] = {
    {"one other wins each time", {{{"x", "a"}, {0}, 1}, {{"x", "y", "a"}, {0}, 2}}, true},
    {"once is a chance", {{{"x", "a"}, {0}, 1}}, false},
    {"others win in turn", {{{"x", "a"}, {0}, 1}, {{"y", "a"}, {0}, 1}}, false},
    {"it wins once", {{{"x", "a"}, {0}, 1}, {{"x", "a"}, {0}, 1}, {{"a"}, {0}, 1}}, false},
    {"it is an independent cause", {{{"x", "a"}, {0}, 2}, {{"x", "a"}, {0}, 1}}, false},
    {"nothing is named", {{{"a"}, {0}, 0}, {{"a"}, {0}, 0}}, false},
};

static void a_rule_is_shadowed_by_one_other_that_always_wins(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(shadows); i++) {
        struct conduct c;
        conduct_init(&c);
        for (size_t k = 0; k < 3; k++)
            must_add(&c, "log", k == 1 ? CONDUCT_EXAMPLE : CONDUCT_FAILING, shadows[i].logs[k]);
        const struct conduct_rule *a = conduct_of(&c, SV("a"));
        if (conduct_is_shadowed(a) != shadows[i].shadowed)
            fail_msg("%s", shadows[i].why);
        if (shadows[i].shadowed)
            assert_true(a->rival_count == 1 && sv_equal(a->rivals[0], SV("x")));
        conduct_done(&c);
    }
}

static void a_failed_allocation_is_told(void **state)
{
    bool through = false;
    (void)state;
    for (unsigned long n = 0; n < 200 && !through; n++) {
        struct conduct c;
        struct err err = {0};
        const struct log log = {.ids = {"x", "a"}, .causes = 1};
        conduct_init(&c);
        torture_arm(n);
        const bool ok = add(&c, "log", CONDUCT_PASSING, &log, &err);
        torture_disarm();
        through = !torture_fired();
        assert_int_equal(ok, through);
        if (!ok)
            assert_int_equal(err.code, ERR_NOMEM);
        conduct_done(&c);
    }
    assert_true(through);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logs_and_examples_are_counted_apart),
        cmocka_unit_test(a_rule_named_in_a_passing_log_is_an_alarm),
        cmocka_unit_test(the_log_with_the_largest_share_of_hits_is_kept),
        cmocka_unit_test(a_rule_is_shadowed_by_one_other_that_always_wins),
        cmocka_unit_test(a_failed_allocation_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
