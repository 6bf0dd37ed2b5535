#include "check.h"

#include "model/evidence.h"
#include "model/result.h"

static void every_word_reads_back(void **state)
{
    (void)state;
    for (int i = KIND_TEST; i < KIND_COUNT; i++) {
        enum cause_kind kind = KIND_UNKNOWN;
        assert_true(cause_kind_parse(sv_of(cause_kind_name((enum cause_kind)i)), &kind));
        assert_int_equal(kind, i);
        assert_int_not_equal(cause_kind_advice(kind), ADVICE_UNKNOWN);
    }
    for (int i = CLASS_INFRA; i < CLASS_COUNT; i++) {
        enum cause_class class_ = CLASS_UNKNOWN;
        assert_true(cause_class_parse(sv_of(cause_class_name((enum cause_class)i)), &class_));
        assert_int_equal(class_, i);
    }
    for (int i = ADVICE_RETRY; i < ADVICE_COUNT; i++) {
        enum cause_advice advice = ADVICE_UNKNOWN;
        assert_true(cause_advice_parse(sv_of(cause_advice_name((enum cause_advice)i)), &advice));
        assert_int_equal(advice, i);
    }
    for (int i = PHASE_SETUP; i < PHASE_COUNT; i++) {
        enum phase phase = PHASE_UNKNOWN;
        assert_true(phase_parse(sv_of(phase_name((enum phase)i)), &phase));
        assert_int_equal(phase, i);
    }
    for (int i = SEVERITY_ROLLUP; i <= SEVERITY_DEFINITE; i++) {
        enum severity severity = SEVERITY_ROLLUP;
        assert_true(severity_parse(sv_of(severity_name((enum severity)i)), &severity));
        assert_int_equal(severity, i);
    }
}

static void a_rule_may_not_name_the_unknown(void **state)
{
    (void)state;
    assert_false(cause_kind_parse(SV("unknown"), &(enum cause_kind){0}));
    assert_false(cause_kind_parse(SV(""), &(enum cause_kind){0}));
    assert_false(cause_kind_parse(SV("Test"), &(enum cause_kind){0}));
}

static void kinds_have_the_class_and_advice_of_the_design(void **state)
{
    (void)state;
    assert_int_equal(cause_kind_class(KIND_DNS), CLASS_INFRA);
    assert_int_equal(cause_kind_advice(KIND_DNS), ADVICE_RETRY);
    assert_int_equal(cause_kind_class(KIND_COMPILE), CLASS_BUILD);
    assert_int_equal(cause_kind_advice(KIND_COMPILE), ADVICE_FIX_CODE);
    assert_int_equal(cause_kind_class(KIND_CONFIG), CLASS_CONFIG);
}

static void outcomes_and_bases_have_names(void **state)
{
    (void)state;
    assert_string_equal(outcome_name(OUTCOME_RUNNING), "running");
    assert_string_equal(verdict_basis_name(BASIS_NO_EVIDENCE), "no-evidence");
    assert_string_equal(test_outcome_name(TEST_UNFINISHED), "unfinished");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_word_reads_back),
        cmocka_unit_test(a_rule_may_not_name_the_unknown),
        cmocka_unit_test(kinds_have_the_class_and_advice_of_the_design),
        cmocka_unit_test(outcomes_and_bases_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
