/* test-tools: one line a failed test of tools that print no more: cargo, GoogleTest, CTest, Jest,
 * Mocha, RSpec, unittest, PHPUnit, Bazel, nextest. Source: each tool's own reporter. */
#include "common_tests.h"

struct tool {
    const char *detail;
    struct sv mark; /* the name follows it */
    char stop;
    const char *cut; /* the name ends before this, where it is there */
};

enum {
    CARGO,
    GTEST,
    CTEST,
    JEST_FILE,
    JEST_CASE,
    MOCHA,
    RSPEC,
    UNITTEST,
    BAZEL,
    NEXTEST,
    AUTOMAKE
};
static const struct trigger triggers[] = {
    [CARGO] = {"^test \\S+.* \\.\\.\\. FAILED$", true},
    [GTEST] = {"^\\[  FAILED  \\] \\S+\\.\\S+ \\([0-9]+ ms\\)", true},
    [CTEST] = {"Test +#[0-9]+: .*\\*\\*\\*(Failed|Timeout|Exception|Not Run)", true},
    [JEST_FILE] = {"^ ?FAIL +\\S+\\.([cm]?[jt]sx?)( |$)", true},
    [JEST_CASE] = {"^ +\xe2\x97\x8f .+ \xe2\x80\xba ", true},
    [MOCHA] = {"^ +[0-9]+\\) .+:$", true},
    [RSPEC] = {"^rspec \\S+_spec\\.rb:[0-9]+ # ", true},
    [UNITTEST] = {"^(FAIL|ERROR): test\\w* \\(", true},
    [BAZEL] = {"^//\\S+ +(\\(cached\\) )?(FAILED|TIMEOUT)", true},
    [NEXTEST] = {"^ +(FAIL|TIMEOUT|SIGSEGV|SIGABRT) \\[ *[0-9.]+s\\] ", true},
    [AUTOMAKE] = {"^FAIL: \\S+$", true},
    {NULL, false},
};
static const struct tool tools[] = {
    [CARGO] = {"cargo-test", SV_INIT("test "), '\0', " ... "},
    [GTEST] = {"googletest", SV_INIT("] "), ' ', NULL},
    [CTEST] = {"ctest", SV_INIT(": "), ' ', NULL},
    [JEST_FILE] = {"jest", SV_INIT("FAIL "), '\0', NULL},
    [JEST_CASE] = {"jest", SV_INIT("\xe2\x97\x8f "), '\0', NULL},
    [MOCHA] = {"mocha", SV_INIT(") "), '\0', NULL},
    [RSPEC] = {"rspec", SV_INIT("rspec "), '\0', NULL},
    [UNITTEST] = {"unittest", SV_INIT(": "), '\0', NULL},
    [BAZEL] = {"bazel", SV_INIT(""), ' ', NULL},
    [NEXTEST] = {"nextest", SV_INIT("] "), '\0', NULL},
    [AUTOMAKE] = {"automake", SV_INIT("FAIL: "), '\0', NULL},
};

static bool on_line(void *state, const struct analysis *a, const struct line *line,
                    unsigned trigger, struct err *err)
{
    const struct tool *t = &tools[trigger];
    struct sv name = behind(line->text, t->mark, t->stop);
    (void)state;
    if (t->cut != NULL)
        name = sv_head(name, sv_find(name, sv_of(t->cut)));
    if (trigger == MOCHA && name.len > 0)
        name.len--;
    if (name.len == 0)
        return true;
    return add_failed_test(
        a, line, "test-tools.failed", sv_of(t->detail),
        trigger == JEST_FILE || trigger == MOCHA ? SEVERITY_SYMPTOM : SEVERITY_CAUSE, name, err);
}

extern const struct analyzer analyzer_test_tools;
const struct analyzer analyzer_test_tools = {
    .name = "test-tools",
    .summary = "failed tests of cargo, GoogleTest, CTest, Jest, Mocha, RSpec, unittest, Bazel",
    .kinds = LOG_KINDS,
    .triggers = triggers,
    .line = on_line,
};
