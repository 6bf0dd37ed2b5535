/* junit: findings of a parsed JUnit report. Source: prow.md 6.2 (what is a test and what is not).
 */
#include "common.h"

enum { MAX_NAMED = 20 };

/* Rows that tell of phases and steps, not of tests. */
static bool is_step_row(const struct test_result *t)
{
    static const struct sv suites[] = {SV_INIT("step graph"), SV_INIT("job"),
                                       SV_INIT("prowjob-junit")};
    static const struct sv names[] = {SV_INIT("Overall"), SV_INIT("initialize")};
    static const struct sv starts[] = {SV_INIT("Run multi-stage test"),
                                       SV_INIT("operator.Run template"),
                                       SV_INIT("Monitor cluster while tests execute")};
    for (size_t i = 0; i < COUNT_OF(suites); i++) {
        if (sv_equal(t->suite, suites[i]))
            return true;
    }
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (sv_equal(t->name, names[i]))
            return true;
    }
    for (size_t i = 0; i < COUNT_OF(starts); i++) {
        if (sv_starts(t->name, starts[i]))
            return true;
    }
    return false;
}

static bool tell_test(const struct analysis *a, const struct test_result *t, struct err *err)
{
    struct sv summary;
    const bool timeout = sv_find(t->message, SV("timed out")) < t->message.len;
    const struct capture capture = {.name = SV("test"), .value = t->name};
    if (!arena_printf(a->evidence->arena, &summary, err, "Test %.*s failed%s%.*s",
                      SV_ARG(sv_head(t->name, 160)), t->message.len > 0 ? ": " : "",
                      SV_ARG(sv_head(sv_head(t->message, sv_find_char(t->message, '\n')), 160))))
        return false;
    return add_finding(a, NULL,
                       (struct finding){.id = SV("junit.failed"),
                                        .kind = KIND_TEST,
                                        .detail = timeout ? SV("timeout") : SV("failed"),
                                        .severity = SEVERITY_CAUSE,
                                        .authority = AUTHORITY_TESTS,
                                        .phase = PHASE_TEST,
                                        .summary = summary,
                                        .line = t->line,
                                        .excerpt = t->message.len > 0 ? t->message : t->name,
                                        .captures = &capture,
                                        .capture_count = 1,
                                        .explains = test_explains,
                                        .explains_count = COUNT_OF(test_explains)},
                       err);
}

static bool on_tests(void *state, const struct analysis *a, struct err *err)
{
    const struct evidence *e = a->evidence;
    size_t named = 0;
    (void)state;
    for (size_t i = 0; i < e->test_count && named < MAX_NAMED; i++) {
        const struct test_result *t = &e->tests[i];
        if ((t->outcome != TEST_FAILED && t->outcome != TEST_ERRORED) || is_step_row(t))
            continue;
        named++;
        if (!tell_test(a, t, err))
            return false;
    }
    const bool failed = e->counts.failed + e->counts.errored > 0;
    if (e->counts.total > 0)
        evidence_claim(a->evidence,
                       &(struct outcome_claim){.outcome = failed ? OUTCOME_FAILED : OUTCOME_PASSED,
                                               .rank = failed ? 10 : 2,
                                               .from = SV_INIT("a test report")});
    return true;
}

extern const struct analyzer analyzer_junit;
const struct analyzer analyzer_junit = {
    .name = "junit",
    .summary = "failed tests of JUnit reports",
    .kinds = 1u << ARTIFACT_JUNIT,
    .tests = on_tests,
};
