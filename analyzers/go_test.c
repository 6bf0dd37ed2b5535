/* go-test: text output of go test and gotestsum. Source: cmd/test2json's description; gotestsum's
 * formats. */
#include "test_log.h"

enum {
    FAIL_TEST,
    PASS_TEST,
    SKIP_TEST,
    RUN_TEST,
    PACKAGE_OK,
    FAIL_PACKAGE,
    BUILD_FAILED,
    SETUP_FAILED,
    TEST_TIMEOUT,
    RUNNING,
    RACE,
    SUM_FAIL,
    SUM_PACKAGE,
    SUM_DONE,
};
static const struct trigger triggers[] = {
    /* A test that prints no newline leaves the verdict in mid-line. */
    [FAIL_TEST] = {"(^ *|[^ -])--- FAIL: \\S+( \\([0-9.]+ ?s|$)", true},
    [PASS_TEST] = {"--- PASS: \\S+ \\([0-9.]+ ?s", false},
    [SKIP_TEST] = {"--- SKIP: \\S+ \\([0-9.]+ ?s", false},
    [RUN_TEST] = {"^=== RUN +\\S", false},
    [PACKAGE_OK] = {"^ok[ \\t]+\\S+[ \\t]+([0-9.]+s|\\(cached\\))", true},
    [FAIL_PACKAGE] = {"^FAIL[ \\t]+\\S+[ \\t]+[0-9.]+s", true},
    [BUILD_FAILED] = {"^FAIL[ \\t]+\\S+ \\[build failed\\]", true},
    [SETUP_FAILED] = {"^FAIL[ \\t]+\\S+ \\[setup failed\\]", true},
    [TEST_TIMEOUT] = {"^panic: test timed out after ", true},
    [RUNNING] = {"^\\t\\tTest\\S+ \\([0-9.hms]+\\)$", true},
    [RACE] = {"^WARNING: DATA RACE$", true},
    [SUM_FAIL] = {"^=== FAIL: \\S+ \\S+.* \\([0-9.]+s\\)$", true},
    [SUM_PACKAGE] = {"^(FAIL|\xe2\x9c\x96)  \\S+ \\([0-9.]+m?s\\)$", true},
    [SUM_DONE] = {"^DONE ([0-9]+ runs, )?[0-9]+ tests.* in [0-9.]+s$", true},
    {NULL, false},
};

struct go_test {
    struct test_log log;
    bool race_told;
    bool in_summary; /* of gotestsum, which repeats the output of what failed */
    uint64_t timeout_line;
};

static const struct test_log_words words = {.id = "go-test.failed",
                                            .unfinished_id = "go-test.unfinished",
                                            .detail = SV_INIT("go-test"),
                                            .severity = SEVERITY_CAUSE};

static bool tell_package(const struct analysis *a, const struct line *line, unsigned trigger,
                         struct sv package, struct err *err)
{
    struct sv summary;
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

static bool package_ends(struct go_test *g, const struct analysis *a, const struct line *line,
                         unsigned trigger, struct err *err)
{
    struct sv package = sv_trim(sv_tail(line->text, trigger == PACKAGE_OK ? 2 : 4));
    package = sv_head(package, sv_find_char(package, '\t'));
    package = sv_head(package, sv_find_char(package, ' '));
    return test_log_scope_ends(&g->log, a, package, trigger == PACKAGE_OK, err) &&
           (trigger == PACKAGE_OK || tell_package(a, line, trigger, package, err));
}

static bool timed_out(const struct analysis *a, const struct line *line, struct err *err)
{
    struct sv summary;
    return arena_printf(a->evidence->arena, &summary, err, "Go tests ran past their limit of %.*s",
                        SV_ARG(behind(line->text, SV("timed out after "), '\0'))) &&
           add_finding(
               a, line,
               (struct finding){.id = SV("go-test.timeout"),
                                .kind = KIND_TIMEOUT,
                                .detail = SV("go-test"),
                                .severity = SEVERITY_DEFINITE,
                                .authority = AUTHORITY_TESTS,
                                .phase = PHASE_TEST,
                                .summary = summary,
                                EXPLAINS(SV("rollup.*"), SV("step-graph.*"), SV("step-finished.*"),
                                         SV("ci-operator.step-*"), SV("go-test.package"),
                                         SV("go-test.unfinished"), SV("silence.*"))},
               err);
}

/* A test that the time-out's own list names as running. */
static bool still_running(struct go_test *g, const struct analysis *a, const struct line *line,
                          struct err *err)
{
    enum { LIST_LINES = 200 };
    const struct sv name = behind(line->text, SV("\t\t"), ' ');
    if (g->timeout_line == 0 || line->number - g->timeout_line > LIST_LINES)
        return true;
    for (size_t i = 0; i < g->log.running_count; i++) {
        const struct test_log_running *r = &g->log.running[i];
        if (sv_equal((struct sv){.ptr = r->text + r->scope_len, .len = r->name_len}, name))
            return true;
    }
    return test_log_begins(&g->log, a, SV(""), name, line, err);
}

/* gotestsum shortens packages; without a package so far a test may be of any. */
static bool is_path_end(struct sv path, struct sv end)
{
    return path.len == 0 ||
           (path.len > end.len && sv_ends(path, end) && path.ptr[path.len - end.len - 1] == '/');
}

/* gotestsum: "=== FAIL: ./pkg TestX (re-run 1) (0.01s)" */
static bool sum_fail(struct go_test *g, const struct analysis *a, const struct line *line,
                     struct err *err)
{
    struct sv rest = sv_tail(line->text, sizeof("=== FAIL: ") - 1);
    const struct sv package = sv_head(rest, sv_find_char(rest, ' '));
    rest = sv_tail(rest, package.len + 1);
    const struct sv name = sv_head(rest, sv_find_char(rest, ' '));
    g->in_summary = true;
    for (size_t i = 0; i < g->log.failed_count; i++) {
        const struct test_log_failed *f = &g->log.failed[i];
        if (sv_equal(f->name, name) && !sv_equal(f->scope, package) &&
            is_path_end(f->scope, package))
            return true; /* the verbose lines above said so */
    }
    return test_log_ends(&g->log, a, package, name, TEST_FAILED, line, err);
}

/* "DONE 2 runs, 12 tests, 1 skipped, 1 failure, 2 errors in 0.7s"; nothing failed: it passed. */
static void sum_done(struct go_test *g, const struct analysis *a, const struct line *line)
{
    struct test_counts totals = {.failed = number_before(line->text, SV(" failure")),
                                 .skipped = number_before(line->text, SV(" skipped"))};
    const uint64_t tests = number_before(line->text, SV(" test"));
    const bool failed = totals.failed > 0 || number_before(line->text, SV(" error")) > 0;
    const bool once = sv_find(line->text, SV(" runs, ")) == line->text.len;
    g->in_summary = false;
    if (once && tests >= totals.failed + totals.skipped) {
        totals.passed = tests - totals.failed - totals.skipped;
        test_log_add_totals(&g->log, &totals);
    }
    evidence_claim(a->evidence,
                   &(struct outcome_claim){.outcome = failed ? OUTCOME_FAILED : OUTCOME_PASSED,
                                           .rank = failed ? 11 : 6,
                                           .from = SV_INIT("gotestsum's totals")});
}

static bool on_line(void *state, const struct analysis *a, const struct line *line,
                    unsigned trigger, struct err *err)
{
    struct go_test *g = state;
    if (sv_starts(line->text, SV("{\"")))
        return true; /* go test -json repeats these lines: go-json reads them */
    switch (trigger) {
    case FAIL_TEST:
        return g->in_summary ||
               test_log_ends(&g->log, a, SV(""), behind(line->text, SV("--- FAIL: "), ' '),
                             TEST_FAILED, line, err);
    case PASS_TEST:
        return test_log_ends(&g->log, a, SV(""), behind(line->text, SV("--- PASS: "), ' '),
                             TEST_PASSED, line, err);
    case SKIP_TEST:
        return test_log_ends(&g->log, a, SV(""), behind(line->text, SV("--- SKIP: "), ' '),
                             TEST_SKIPPED, line, err);
    case RUN_TEST:
        return test_log_begins(&g->log, a, SV(""), behind(line->text, SV("=== RUN "), '\0'), line,
                               err);
    case TEST_TIMEOUT:
        g->timeout_line = line->number;
        return timed_out(a, line, err);
    case RUNNING:
        return still_running(g, a, line, err);
    case SUM_FAIL:
        return sum_fail(g, a, line, err);
    case SUM_PACKAGE:
        evidence_claim(a->evidence, &(struct outcome_claim){.outcome = OUTCOME_FAILED,
                                                            .rank = 8,
                                                            .from = SV_INIT("go test")});
        return add_of_kind(a, line, "go-test.package", KIND_TEST, "package", SEVERITY_SYMPTOM,
                           SV("Tests failed in a package"), err);
    case SUM_DONE:
        sum_done(g, a, line);
        return true;
    case RACE:
        if (g->race_told)
            return true;
        g->race_told = true;
        return add_of_kind(a, line, "go-test.race", KIND_TEST, "data-race", SEVERITY_CAUSE,
                           SV("Go's race detector found a data race"), err);
    default:
        return package_ends(g, a, line, trigger, err);
    }
}

static bool at_end(void *state, const struct analysis *a, const struct log_facts *facts,
                   struct err *err)
{
    struct go_test *g = state;
    (void)facts;
    return test_log_finish(&g->log, a, &words, err);
}

extern const struct analyzer analyzer_go_test;
const struct analyzer analyzer_go_test = {
    .name = "go-test",
    .summary = "failed, flaky and unfinished tests and packages of go test",
    .kinds = LOG_KINDS,
    .state_size = sizeof(struct go_test),
    .triggers = triggers,
    .line = on_line,
    .end = at_end,
};
