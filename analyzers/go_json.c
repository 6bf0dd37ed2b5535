/* go-json: go test -json, one event a line. Source: go doc test2json. */
#include "test_log.h"

#include "model/json.h"

enum { RESULT, RUN, BUILD_FAIL, PANIC, RACE };
static const struct trigger triggers[] = {
    [RESULT] = {"^\\{.*\"Action\":\"(fail|pass|skip)\"", false},
    [RUN] = {"^\\{.*\"Action\":\"run\"", false},
    [BUILD_FAIL] = {"^\\{.*\"Action\":\"build-fail\"", false},
    [PANIC] = {"^\\{.*\"Output\":\"panic: ", false},
    [RACE] = {"^\\{.*\"Output\":\"WARNING: DATA RACE", false},
    {NULL, false},
};

enum { MAX_EVENT_BYTES = 64 * 1024 };

struct go_json {
    struct test_log log;
    bool race_told, panic_told;
};

static const struct test_log_words words = {.id = "go-test.failed",
                                            .unfinished_id = "go-test.unfinished",
                                            .detail = SV_INIT("go-test"),
                                            .severity = SEVERITY_CAUSE};

static bool package_failed(const struct analysis *a, const struct line *line, struct sv package,
                           bool built, struct err *err)
{
    struct sv summary;
    evidence_claim(
        a->evidence,
        &(struct outcome_claim){.outcome = OUTCOME_FAILED, .rank = 8, .from = SV_INIT("go test")});
    return arena_printf(a->evidence->arena, &summary, err, "%s %.*s",
                        built ? "Tests failed in package" : "Does not compile with its tests:",
                        SV_ARG(package)) &&
           add_of_kind(a, line, built ? "go-test.package" : "go-test.build-failed",
                       built ? KIND_TEST : KIND_COMPILE, built ? "package" : "go-build-failed",
                       built ? SEVERITY_ROLLUP : SEVERITY_SYMPTOM, summary, err);
}

static bool result(struct go_json *g, const struct analysis *a, const struct line *line,
                   struct json root, struct err *err)
{
    const struct sv test = json_text(json_member(root, "Test"));
    const struct sv package = json_text(json_member(root, "Package"));
    const struct sv action = json_text(json_member(root, "Action"));
    const bool failed = sv_equal(action, SV("fail"));
    const bool passed = sv_equal(action, SV("pass"));
    if (package.len == 0 || (!failed && !passed && !sv_equal(action, SV("skip"))))
        return true;
    if (test.len > 0)
        return test_log_ends(&g->log, a, package, test,
                             failed   ? TEST_FAILED
                             : passed ? TEST_PASSED
                                      : TEST_SKIPPED,
                             line, err);
    const bool built = json_text(json_member(root, "FailedBuild")).len == 0;
    return !failed || package_failed(a, line, package, built, err);
}

static bool panicked(struct go_json *g, const struct analysis *a, const struct line *line,
                     struct json root, struct err *err)
{
    const struct sv output = sv_trim(json_text(json_member(root, "Output")));
    const bool timeout = sv_starts(output, SV("panic: test timed out after "));
    if (g->panic_told || !sv_starts(output, SV("panic: ")))
        return true;
    g->panic_told = true;
    return add_of_kind(a, line, timeout ? "go-test.timeout" : "go-test.panic",
                       timeout ? KIND_TIMEOUT : KIND_PANIC, timeout ? "go-test" : "go",
                       timeout ? SEVERITY_DEFINITE : SEVERITY_CAUSE, output, err);
}

static bool event(struct go_json *g, const struct analysis *a, const struct line *line,
                  unsigned trigger, struct json root, struct err *err)
{
    switch (trigger) {
    case RESULT:
        return result(g, a, line, root, err);
    case RUN:
        return !sv_equal(json_text(json_member(root, "Action")), SV("run")) ||
               test_log_begins(&g->log, a, json_text(json_member(root, "Package")),
                               json_text(json_member(root, "Test")), line, err);
    case BUILD_FAIL:
        return package_failed(a, line, json_text(json_member(root, "ImportPath")), false, err);
    case PANIC:
        return panicked(g, a, line, root, err);
    default:
        if (g->race_told)
            return true;
        g->race_told = true;
        return add_of_kind(a, line, "go-test.race", KIND_TEST, "data-race", SEVERITY_CAUSE,
                           SV("Go's race detector found a data race"), err);
    }
}

static bool on_line(void *state, const struct analysis *a, const struct line *line,
                    unsigned trigger, struct err *err)
{
    struct json_doc doc = {0};
    struct err own = {0};
    if (!json_parse(line->text, MAX_EVENT_BYTES, &doc, &own)) {
        if (own.code == ERR_NOMEM)
            *err = own;
        return own.code != ERR_NOMEM; /* a line that only looks like an event */
    }
    const bool ok = event(state, a, line, trigger, json_root(&doc), err);
    json_doc_done(&doc);
    return ok;
}

static bool at_end(void *state, const struct analysis *a, const struct log_facts *facts,
                   struct err *err)
{
    struct go_json *g = state;
    (void)facts;
    return test_log_finish(&g->log, a, &words, err);
}

extern const struct analyzer analyzer_go_json;
const struct analyzer analyzer_go_json = {
    .name = "go-json",
    .summary = "failed, flaky and unfinished tests of go test -json",
    .kinds = LOG_KINDS,
    .state_size = sizeof(struct go_json),
    .triggers = triggers,
    .line = on_line,
    .end = at_end,
};
