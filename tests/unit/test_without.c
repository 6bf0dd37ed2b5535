#include "check.h"

#include "judge/judge.h"
#include "run/without.h"
#include "torture.h"

static struct result *judged(void)
{
    struct err err = {0};
    struct arena arena;
    struct evidence e;
    uint32_t index = 0;
    const struct build build = {.job = SV_INIT("j")};
    const struct artifact log = {.kind = ARTIFACT_BUILD_LOG, .path = SV_INIT("build-log.txt")};
    struct result *r = result_new(&build, 0, &err);
    assert_non_null(r);
    arena_init(&arena, 1 << 20);
    evidence_init(&e, &arena, NULL);
    const struct finding list[] = {
        {.id = SV_INIT("a"),
         .kind = KIND_COMPILE,
         .severity = SEVERITY_DEFINITE,
         .line = 3,
         .count = 1,
         .authority = AUTHORITY_LINE},
        {.id = SV_INIT("b"),
         .kind = KIND_LINT,
         .severity = SEVERITY_CAUSE,
         .line = 5,
         .count = 1,
         .authority = AUTHORITY_LINE},
        {.id = SV_INIT("a"),
         .kind = KIND_COMPILE,
         .severity = SEVERITY_DEFINITE,
         .line = 9,
         .count = 1,
         .authority = AUTHORITY_LINE},
    };
    for (size_t i = 0; i < COUNT_OF(list); i++)
        assert_true(evidence_add_finding(&e, &list[i], &err));
    evidence_claim(&e, &(struct outcome_claim){.outcome = OUTCOME_FAILED, .rank = 50});
    assert_true(result_add_artifact(r, &log, &index, &err) && result_merge(r, index, &e, &err));
    assert_true(result_finish(r, &err) && judge_build(r, NULL, &err));
    arena_done(&arena);
    assert_int_equal(r->verdict.kind, KIND_COMPILE);
    return r;
}

static void the_next_best_is_the_verdict_and_the_result_is_as_before(void **state)
{
    static const struct {
        const char *id;
        enum cause_kind kind;
        uint64_t line;
        size_t findings;
    } rules[] = {{"a", KIND_LINT, 5, 1}, {"b", KIND_COMPILE, 3, 2}, {"c", KIND_COMPILE, 3, 3}};
    struct result *r = judged();
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        struct without w;
        struct err err = {0};
        assert_true(without_rule(&w, r, sv_of(rules[i].id), 0, &err));
        assert_int_equal(w.own.verdict.kind, rules[i].kind);
        assert_int_equal(w.own.verdict.line, rules[i].line);
        assert_int_equal(w.own.finding_count, rules[i].findings);
        without_done(&w);
        assert_true(r->finding_count == 3 && r->verdict.kind == KIND_COMPILE);
    }
    result_free(r);
}

static void a_failed_allocation_is_told(void **state)
{
    struct result *r = judged();
    bool through = false;
    (void)state;
    for (unsigned long n = 0; n < 100 && !through; n++) {
        struct without w;
        struct err err = {0};
        torture_arm(n);
        const bool ok = without_rule(&w, r, SV("a"), 0, &err);
        torture_disarm();
        through = !torture_fired();
        assert_int_equal(ok, through);
        without_done(&w);
    }
    assert_true(through);
    result_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_next_best_is_the_verdict_and_the_result_is_as_before),
        cmocka_unit_test(a_failed_allocation_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
