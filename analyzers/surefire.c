/* surefire: Maven's and Gradle's tests. Source: maven-surefire's console reporter, Gradle's logger.
 */
#include "common_tests.h"

enum { CASE_FAILED, OLD_FAILED, TOTALS_FAILED, FLAKES, GRADLE };
static const struct trigger triggers[] = {
    [CASE_FAILED] = {"^\\[ERROR\\] +\\S+.* Time elapsed: [0-9.]+ s(ec)? +<<< (FAILURE|ERROR)!",
                     true},
    [OLD_FAILED] = {"^\\S+\\(\\S+\\) +Time elapsed: [0-9.]+ sec +<<< (FAILURE|ERROR)!", true},
    [TOTALS_FAILED] =
        {"^(\\[ERROR\\] )?Tests run: [0-9]+, Failures: ([1-9][0-9]*, Errors: [0-9]+|0, "
         "Errors: [1-9][0-9]*), Skipped: [0-9]+ *$",
         true},
    [FLAKES] = {"^(\\[WARNING\\] )?Tests run: [0-9]+, .*Flakes: [1-9]", true},
    [GRADLE] = {"^\\S+ > .+ FAILED$", true},
    {NULL, false},
};

static struct sv case_name(struct sv text)
{
    if (sv_starts(text, SV("[ERROR]")))
        text = sv_trim(sv_tail(text, 7));
    const size_t dashes = sv_find(text, SV(" -- "));
    const size_t elapsed = sv_find(text, SV("Time elapsed"));
    return sv_trim(sv_head(text, dashes < elapsed ? dashes : elapsed));
}

static bool on_line(void *state, const struct analysis *a, const struct line *line,
                    unsigned trigger, struct err *err)
{
    (void)state;
    switch (trigger) {
    case CASE_FAILED:
    case OLD_FAILED: {
        const struct sv name = case_name(line->text);
        if (sv_starts(name, SV("Tests run:")))
            return true; /* the class's totals */
        return add_failed_test(a, line, "surefire.failed", SV("surefire"), SEVERITY_CAUSE, name,
                               err);
    }
    case GRADLE:
        return add_failed_test(a, line, "gradle.test-failed", SV("gradle"), SEVERITY_CAUSE,
                               sv_head(line->text, line->text.len - 7), err);
    case TOTALS_FAILED:
        evidence_claim(a->evidence, &(struct outcome_claim){.outcome = OUTCOME_FAILED,
                                                            .rank = 11,
                                                            .from = SV_INIT("Surefire's totals")});
        return add_of_kind(a, line, "surefire.totals", KIND_TEST, "surefire", SEVERITY_SYMPTOM,
                           SV("Tests run by Maven failed"), err);
    default:
        return evidence_add_test(a->evidence,
                                 &(struct test_result){.name = sv_trim(line->text),
                                                       .outcome = TEST_FLAKY,
                                                       .attempts = 2,
                                                       .duration_ms = -1,
                                                       .line = line->number},
                                 err);
    }
}

extern const struct analyzer analyzer_surefire;
const struct analyzer analyzer_surefire = {
    .name = "surefire",
    .summary = "failed tests of Maven and Gradle",
    .kinds = LOG_KINDS,
    .triggers = triggers,
    .line = on_line,
};
