#include "check.h"

#include "run/example_run.h"

static const char pack_text[] =
    "pack: p\nrules:\n"
    "  - {id: a.teapot, cause: other/teapot, severity: definite, any: ['I am a teapot'], summary: "
    "s}\n"
    "  - {id: a.job, cause: test/x, where: {job: ['other-*']}, any: ['I am a'], summary: s}\n";

struct world {
    struct triggers triggers;
    struct ruleset *rules;
    struct example_run *run;
};

static void open_world(struct world *w)
{
    struct err err = {0};
    const struct pack_text pack = {.name = SV_INIT("p"), .text = sv_of(pack_text)};
    assert_true(triggers_init(&w->triggers, &err));
    assert_true(ruleset_load(&(struct ruleset_options){.packs = &pack,
                                                       .pack_count = 1,
                                                       .triggers = w->triggers.patterns,
                                                       .trigger_count = w->triggers.count},
                             &w->rules, &err));
    w->run = example_run_new(w->rules, &w->triggers, &err);
    assert_non_null(w->run);
}

static void a_text_is_judged_as_the_log_of_a_failed_build(void **state)
{
    struct world w = {0};
    struct err err = {0};
    (void)state;
    open_world(&w);
    for (int i = 0; i < 2; i++) { /* and the first leaves nothing to the second */
        struct result *r = example_run_judge(w.run, SV("all\nI am a teapot"), &err);
        assert_non_null(r);
        assert_int_equal(r->verdict.outcome, OUTCOME_FAILED);
        assert_int_equal(r->verdict.basis, BASIS_RULE);
        assert_int_equal(r->verdict.line, 2);
        assert_int_equal(r->finding_count, 1);
        assert_true(sv_equal(r->findings[0].id, SV("a.teapot")));
        assert_int_equal(r->facts.lines, 2);
        result_free(r);
    }
    struct result *r = example_run_judge(w.run, SV(""), &err);
    assert_non_null(r);
    assert_int_equal(r->finding_count, 0);
    assert_int_not_equal(r->verdict.basis, BASIS_RULE);
    result_free(r);
    example_run_free(w.run);
    ruleset_free(w.rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_is_judged_as_the_log_of_a_failed_build),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
