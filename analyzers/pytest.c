/* pytest: the short summary and the closing line. Source: pytest's terminal reporter. */
#include "common_tests.h"

enum { FAILED_TEST, ERROR_TEST, CLOSING_FAILED, CLOSING_PASSED, COLLECT };
static const struct trigger triggers[] = {
    [FAILED_TEST] = {"^FAILED \\S+\\.py(::\\S+)?", true},
    [ERROR_TEST] = {"^ERROR \\S+\\.py(::\\S+)?", true},
    [CLOSING_FAILED] = {"^=+ .*[0-9]+ (failed|error).* in [0-9.]+s", true},
    [CLOSING_PASSED] = {"^=+ [0-9]+ passed.* in [0-9.]+s", true},
    [COLLECT] = {"^!+ Interrupted: [0-9]+ errors? during collection", true},
    {NULL, false},
};

static bool on_line(void *state, const struct analysis *a, const struct line *line,
                    unsigned trigger, struct err *err)
{
    (void)state;
    switch (trigger) {
    case FAILED_TEST:
        return add_failed_test(a, line, "pytest.failed", SV("pytest"), SEVERITY_CAUSE,
                               behind(line->text, SV("FAILED "), ' '), err);
    case ERROR_TEST:
        return add_failed_test(a, line, "pytest.error", SV("pytest-error"), SEVERITY_CAUSE,
                               behind(line->text, SV("ERROR "), ' '), err);
    case COLLECT:
        return add_of_kind(a, line, "pytest.collection", KIND_TEST, "pytest-collection",
                           SEVERITY_SYMPTOM, SV("pytest could not collect all tests"), err);
    default:
        evidence_claim(a->evidence,
                       &(struct outcome_claim){
                           .outcome = trigger == CLOSING_FAILED ? OUTCOME_FAILED : OUTCOME_PASSED,
                           .rank = trigger == CLOSING_FAILED ? 11 : 6,
                           .from = SV_INIT("pytest's totals")});
        return true;
    }
}

extern const struct analyzer analyzer_pytest;
const struct analyzer analyzer_pytest = {
    .name = "pytest",
    .summary = "failed tests of pytest",
    .kinds = LOG_KINDS,
    .triggers = triggers,
    .line = on_line,
};
