/* ginkgo: Ginkgo v1 and v2, and openshift-tests. Source: prow.md 7.4. */
#include "common_tests.h"

enum {
    SUMMARY_V2,
    SUMMARY_V1,
    TOTALS,
    BEFORE_SUITE,
    OT_FAILED,
    OT_FLAKED,
    FLAKEY,
    TIMEDOUT,
    PANICKED
};
static const struct trigger triggers[] = {
    [SUMMARY_V2] = {"^ *\\[(FAIL|PANICKED!|TIMEDOUT|INTERRUPTED)\\] ", true},
    [SUMMARY_V1] = {"^\\[Fail\\] ", true},
    [TOTALS] = {"^(FAIL|SUCCESS)! -- [0-9]+ Passed \\| [0-9]+ Failed", true},
    [BEFORE_SUITE] = {"A BeforeSuite node failed so all tests were skipped", false},
    [OT_FAILED] = {"^failed: \\([0-9.hms]+\\) \\S+ \"", true},
    [OT_FLAKED] = {"^flaked: \\([0-9.hms]+\\) \\S+ \"", true},
    [FLAKEY] = {"\\[FLAKEY TEST - TOOK [0-9]+ ATTEMPTS TO PASS\\]", false},
    [TIMEDOUT] = {"\\[TIMEDOUT\\] A suite timeout occurred|Ginkgo timed out waiting for all",
                  false},
    [PANICKED] = {"^ *\\[PANICKED\\] Test Panicked", true},
    {NULL, false},
};

static bool totals(const struct analysis *a, const struct line *line)
{
    const bool failed = sv_starts(line->text, SV("FAIL!"));
    evidence_claim(a->evidence,
                   &(struct outcome_claim){.outcome = failed ? OUTCOME_FAILED : OUTCOME_PASSED,
                                           .rank = failed ? 11 : 6,
                                           .from = SV_INIT("Ginkgo's totals")});
    return true;
}

static bool quoted(const struct analysis *a, const struct line *line, bool flaked, struct err *err)
{
    const struct sv rest = sv_tail(line->text, sv_find_char(line->text, '"') + 1);
    const struct sv name = sv_head(rest, sv_find_last(rest, '"'));
    if (!flaked)
        return add_failed_test(a, line, "ginkgo.failed", SV("openshift-tests"), SEVERITY_CAUSE,
                               name, err);
    return evidence_add_test(a->evidence,
                             &(struct test_result){.name = name,
                                                   .outcome = TEST_FLAKY,
                                                   .attempts = 2,
                                                   .duration_ms = -1,
                                                   .line = line->number},
                             err);
}

static bool on_line(void *state, const struct analysis *a, const struct line *line,
                    unsigned trigger, struct err *err)
{
    (void)state;
    switch (trigger) {
    case SUMMARY_V2:
    case SUMMARY_V1:
        return add_failed_test(a, line, "ginkgo.failed", SV("ginkgo"), SEVERITY_CAUSE,
                               behind(line->text, SV("] "), '\0'), err);
    case TOTALS:
        return totals(a, line);
    case BEFORE_SUITE:
        return add_of_kind(a, line, "ginkgo.before-suite", KIND_TEST, "before-suite",
                           SEVERITY_SYMPTOM,
                           SV("The suite's setup failed, so no test of it was run"), err);
    case OT_FAILED:
    case OT_FLAKED:
        return quoted(a, line, trigger == OT_FLAKED, err);
    case FLAKEY:
        return evidence_add_test(a->evidence,
                                 &(struct test_result){.name = sv_trim(line->text),
                                                       .outcome = TEST_FLAKY,
                                                       .attempts = 2,
                                                       .duration_ms = -1,
                                                       .line = line->number},
                                 err);
    case TIMEDOUT:
        return add_of_kind(a, line, "ginkgo.timeout", KIND_TIMEOUT, "ginkgo", SEVERITY_DEFINITE,
                           SV("The Ginkgo suite ran past its limit"), err);
    default:
        return add_of_kind(a, line, "ginkgo.panicked", KIND_PANIC, "ginkgo", SEVERITY_CAUSE,
                           SV("A test panicked"), err);
    }
}

extern const struct analyzer analyzer_ginkgo;
const struct analyzer analyzer_ginkgo = {
    .name = "ginkgo",
    .summary = "failed and flaky specs of Ginkgo and openshift-tests",
    .kinds = LOG_KINDS,
    .triggers = triggers,
    .line = on_line,
};
