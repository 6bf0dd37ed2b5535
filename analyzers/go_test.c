/* go-test: text output of go test. Source: cmd/test2json's description; prow.md 7.4. */
#include "common_tests.h"

enum { FAIL_TEST, FAIL_PACKAGE, BUILD_FAILED, SETUP_FAILED, TEST_TIMEOUT, RUNNING, RACE };
static const struct trigger triggers[] = {
    [FAIL_TEST] = {"^ *--- FAIL: \\S", true},
    [FAIL_PACKAGE] = {"^FAIL\\t\\S+\\t[0-9.]+s", true},
    [BUILD_FAILED] = {"^FAIL\\t\\S+ \\[build failed\\]", true},
    [SETUP_FAILED] = {"^FAIL\\t\\S+ \\[setup failed\\]", true},
    [TEST_TIMEOUT] = {"^panic: test timed out after ", true},
    [RUNNING] = {"^\\t\\tTest\\S+ \\([0-9.hms]+\\)$", true},
    [RACE] = {"^WARNING: DATA RACE$", true},
    {NULL, false},
};

struct go_test {
    bool race_told;
    uint64_t timeout_line;
};

static bool package_line(const struct analysis *a, const struct line *line, unsigned trigger,
                         struct err *err)
{
    struct sv summary;
    struct sv package = sv_tail(line->text, 5);
    package = sv_head(package, sv_find_char(package, trigger == FAIL_PACKAGE ? '\t' : ' '));
    if (!arena_printf(a->evidence->arena, &summary, err, "%s %.*s",
                      trigger == BUILD_FAILED   ? "Does not compile with its tests:"
                      : trigger == SETUP_FAILED ? "Could not be loaded: package"
                                                : "Tests failed in package",
                      SV_ARG(package)))
        return false;
    return add_of_kind(a, line,
                       trigger == BUILD_FAILED   ? "go-test.build-failed"
                       : trigger == SETUP_FAILED ? "go-test.setup-failed"
                                                 : "go-test.package",
                       trigger == FAIL_PACKAGE ? KIND_TEST : KIND_COMPILE,
                       trigger == BUILD_FAILED   ? "go-build-failed"
                       : trigger == SETUP_FAILED ? "go-setup-failed"
                                                 : "package",
                       trigger == FAIL_PACKAGE ? SEVERITY_ROLLUP : SEVERITY_SYMPTOM, summary, err);
}

static bool timed_out(const struct analysis *a, const struct line *line, struct err *err)
{
    struct sv summary;
    return arena_printf(a->evidence->arena, &summary, err, "Go tests ran past their limit of %.*s",
                        SV_ARG(behind(line->text, SV("timed out after "), '\0'))) &&
           add_of_kind(a, line, "go-test.timeout", KIND_TIMEOUT, "go-test", SEVERITY_DEFINITE,
                       summary, err);
}

static bool on_line(void *state, const struct analysis *a, const struct line *line,
                    unsigned trigger, struct err *err)
{
    struct go_test *g = state;
    switch (trigger) {
    case FAIL_TEST: {
        const struct sv name = behind(line->text, SV("--- FAIL: "), ' ');
        return add_failed_test(a, line, "go-test.failed", SV("go-test"), SEVERITY_CAUSE, name, err);
    }
    case TEST_TIMEOUT:
        g->timeout_line = line->number;
        return timed_out(a, line, err);
    case RUNNING: {
        const struct sv name = behind(line->text, SV("\t\t"), ' ');
        if (g->timeout_line == 0 || line->number - g->timeout_line > 200)
            return true;
        return evidence_add_test(a->evidence,
                                 &(struct test_result){.name = name,
                                                       .outcome = TEST_UNFINISHED,
                                                       .attempts = 1,
                                                       .duration_ms = -1,
                                                       .line = line->number},
                                 err);
    }
    case RACE:
        if (g->race_told)
            return true;
        g->race_told = true;
        return add_of_kind(a, line, "go-test.race", KIND_TEST, "data-race", SEVERITY_CAUSE,
                           SV("Go's race detector found a data race"), err);
    default:
        return package_line(a, line, trigger, err);
    }
}

extern const struct analyzer analyzer_go_test;
const struct analyzer analyzer_go_test = {
    .name = "go-test",
    .summary = "failed tests and packages of go test",
    .kinds = LOG_KINDS,
    .state_size = sizeof(struct go_test),
    .triggers = triggers,
    .line = on_line,
};
