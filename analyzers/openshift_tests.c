/* openshift-tests: each test as it begins and ends, and the closing line. Source: origin's
 * pkg/test/ginkgo. */
#include "test_log.h"

enum { STARTED, ENDED, CLOSING };
static const struct trigger triggers[] = {
    [STARTED] = {"^started: \\([0-9]+/[0-9]+/[0-9]+\\) \"", true},
    [ENDED] = {"^(passed|failed|skipped|flaked): \\([0-9.hmsµ]+\\) \\S+ \"", true},
    [CLOSING] = {"^error: [0-9]+ (blocking )?fail, [0-9]+ pass, [0-9]+ skip", true},
    {NULL, false},
};

static const struct test_log_words words = {.id = "openshift-tests.failed",
                                            .unfinished_id = "openshift-tests.unfinished",
                                            .detail = SV_INIT("openshift-tests"),
                                            .severity = SEVERITY_CAUSE};

static bool on_line(void *state, const struct analysis *a, const struct line *line,
                    unsigned trigger, struct err *err)
{
    struct test_log *t = state;
    const struct sv rest = sv_tail(line->text, sv_find_char(line->text, '"') + 1);
    const struct sv name = sv_head(rest, sv_find_last(rest, '"'));
    switch (trigger) {
    case STARTED:
        return test_log_begins(t, a, SV(""), name, line, err);
    case ENDED:
        return test_log_ends(t, a, SV(""), name,
                             sv_starts(line->text, SV("passed"))    ? TEST_PASSED
                             : sv_starts(line->text, SV("failed"))  ? TEST_FAILED
                             : sv_starts(line->text, SV("skipped")) ? TEST_SKIPPED
                                                                    : TEST_FLAKY,
                             line, err);
    default:
        evidence_claim(a->evidence,
                       &(struct outcome_claim){.outcome = OUTCOME_FAILED,
                                               .rank = 11,
                                               .from = SV_INIT("openshift-tests' totals")});
        return true;
    }
}

static bool at_end(void *state, const struct analysis *a, const struct log_facts *facts,
                   struct err *err)
{
    struct test_log *t = state;
    (void)facts;
    return test_log_finish(t, a, &words, err);
}

extern const struct analyzer analyzer_openshift_tests;
const struct analyzer analyzer_openshift_tests = {
    .name = "openshift-tests",
    .summary = "failed, flaky and unfinished tests of openshift-tests",
    .kinds = LOG_KINDS,
    .state_size = sizeof(struct test_log),
    .triggers = triggers,
    .line = on_line,
    .end = at_end,
};
