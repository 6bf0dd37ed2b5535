/* test-tools: tools whose log has one line a test: cargo, nextest, GoogleTest, CTest, Jest, RSpec,
 * unittest, Bazel, Automake. Source: each tool's own reporter. */
#include "test_log.h"

enum tool {
    CARGO,
    NEXTEST,
    GTEST,
    CTEST,
    JEST,
    JEST_CASE,
    RSPEC,
    UNITTEST,
    BAZEL,
    AUTOMAKE,
    TOOLS
};

#define WORDS(detail_, severity_)                                                                  \
    {                                                                                              \
        .id = "test-tools.failed", .unfinished_id = "test-tools.unfinished",                       \
        .detail = SV_INIT(detail_), .severity = severity_                                          \
    }
static const struct test_log_words words[TOOLS] = {
    [CARGO] = WORDS("cargo-test", SEVERITY_CAUSE), [NEXTEST] = WORDS("nextest", SEVERITY_CAUSE),
    [GTEST] = WORDS("googletest", SEVERITY_CAUSE), [CTEST] = WORDS("ctest", SEVERITY_CAUSE),
    [JEST] = WORDS("jest", SEVERITY_SYMPTOM),      [JEST_CASE] = WORDS("jest", SEVERITY_SYMPTOM),
    [RSPEC] = WORDS("rspec", SEVERITY_CAUSE),      [UNITTEST] = WORDS("unittest", SEVERITY_CAUSE),
    [BAZEL] = WORDS("bazel", SEVERITY_CAUSE),      [AUTOMAKE] = WORDS("automake", SEVERITY_CAUSE),
};

/* What a line means: a test of a tool began, or ended so. */
enum means { BEGINS, PASSES, FAILS, SKIPS, FLAKES };

/* clang-format off */
/* tool, meaning, pattern, the name follows, the name ends before (NULL: at the end of the line) */
#define LINES(ROW) \
    ROW(CARGO, FAILS, "^test \\S+.* \\.\\.\\. FAILED$", "test ", " ... ") \
    ROW(CARGO, PASSES, "^test \\S+.* \\.\\.\\. ok$", "test ", " ... ") \
    ROW(CARGO, SKIPS, "^test \\S+.* \\.\\.\\. ignored", "test ", " ... ") \
    ROW(CARGO, BEGINS, "^test \\S+.* has been running for over [0-9]+ seconds$", "test ", " has been ") \
    ROW(NEXTEST, FLAKES, "^ +FLAKY [0-9]+/[0-9]+ \\[ *[0-9.]+s\\] ", "] ", NULL) \
    ROW(NEXTEST, FAILS, "^ +(TRY [0-9]+ )?(FAIL|TIMEOUT|SIG[A-Z]+|ABORT|LEAK-FAIL) \\[ *[0-9.]+s\\] ", "] ", NULL) \
    ROW(NEXTEST, PASSES, "^ +(TRY [0-9]+ )?(PASS|LEAK) \\[ *[0-9.]+s\\] ", "] ", NULL) \
    ROW(NEXTEST, BEGINS, "^ +SLOW \\[> *[0-9.]+s\\] ", "] ", NULL) \
    ROW(GTEST, BEGINS, "^\\[ RUN      \\] ", "] ", NULL) \
    ROW(GTEST, PASSES, "^\\[       OK \\] ", "] ", " (") \
    ROW(GTEST, SKIPS, "^\\[  SKIPPED \\] .* \\([0-9]+ ms\\)", "] ", " (") \
    ROW(GTEST, FAILS, "^\\[  FAILED  \\] \\S+\\.\\S.* \\([0-9]+ ms", "] ", " (") \
    ROW(CTEST, BEGINS, "^ *Start +[0-9]+: ", ": ", NULL) \
    ROW(CTEST, SKIPS, "Test +#[0-9]+: .*\\*\\*\\*(Skipped|Not Run \\(Disabled\\))", ": ", " ") \
    ROW(CTEST, FAILS, "Test +#[0-9]+: .*\\*\\*\\*(Failed|Timeout|Exception|Not Run|SEGFAULT|Bad_)", ": ", " ") \
    ROW(CTEST, PASSES, "Test +#[0-9]+: .* Passed ", ": ", " ") \
    ROW(JEST, FAILS, "^ ?FAIL +\\S+\\.([cm]?[jt]sx?)( |$)", "FAIL ", " (") \
    ROW(JEST, PASSES, "^ ?PASS +\\S+\\.([cm]?[jt]sx?)( |$)", "PASS ", " (") \
    ROW(JEST, BEGINS, "^ ?RUNS +\\S+\\.([cm]?[jt]sx?)$", "RUNS ", NULL) \
    ROW(JEST_CASE, FAILS, "^ +\xe2\x97\x8f .+ \xe2\x80\xba ", "\xe2\x97\x8f ", NULL) \
    ROW(RSPEC, FAILS, "^rspec \\S+_spec\\.rb:[0-9]+ # ", "rspec ", NULL) \
    ROW(UNITTEST, PASSES, "^test\\w* \\(\\S+\\) \\.\\.\\. ok$", "", " ... ") \
    ROW(UNITTEST, FAILS, "^(FAIL|ERROR): test\\w* \\(", ": ", NULL) \
    ROW(BAZEL, FLAKES, "^//\\S+ +FLAKY, failed in ", "", " ") \
    ROW(BAZEL, FAILS, "^//\\S+ +(\\(cached\\) )?(FAILED|TIMEOUT)", "", " ") \
    ROW(AUTOMAKE, FAILS, "^FAIL: \\S+$", "FAIL: ", NULL)

#define AS_TRIGGER(tool, means, pattern, mark, end) {pattern, true},
static const struct trigger triggers[] = {LINES(AS_TRIGGER)
    {"^Tests: +.*[0-9]+ total$", true}, /* Jest's */
    {"^Ran [0-9]+ tests? in [0-9.]+s$", true}, /* unittest's, and the line behind it */
    {"^(OK|FAILED)( \\(\\w+[ =].*\\))?$", true},
    {NULL, false}};

struct form {
    enum tool tool;
    enum means means;
    struct sv mark;
    const char *end;
};
#define AS_FORM(tool_, means_, pattern_, mark_, end_) \
    {.tool = tool_, .means = means_, .mark = SV_INIT(mark_), .end = end_},
static const struct form forms[] = {LINES(AS_FORM)};
/* clang-format on */

static struct sv name_of(const struct form *f, struct sv text)
{
    const struct sv rest = sv_trim(sv_tail(text, sv_find(text, f->mark) + f->mark.len));
    const struct sv name = f->end != NULL ? sv_head(rest, sv_find(rest, sv_of(f->end))) : rest;
    /* GoogleTest tells the parameter of those that failed. */
    return sv_trim(f->tool == GTEST ? sv_head(name, sv_find(name, SV(", where "))) : name);
}

struct tools {
    struct test_log logs[TOOLS];
    struct test_counts ran; /* of unittest, until the line behind it */
    uint64_t ran_line;
};

/* The number behind a word: 3 of "errors=3". */
static uint64_t number_of(struct sv text, struct sv word)
{
    uint64_t number = 0;
    size_t len = 0;
    const struct sv rest = sv_tail(text, sv_find(text, word) + word.len);
    while (len < rest.len && rest.ptr[len] >= '0' && rest.ptr[len] <= '9')
        len++;
    return sv_u64(sv_head(rest, len), &number) ? number : 0;
}

static void add_jest_totals(struct test_log *t, struct sv text)
{
    const struct test_counts totals = {
        .passed = number_before(text, SV(" passed")),
        .failed = number_before(text, SV(" failed")),
        .skipped = number_before(text, SV(" skipped")) + number_before(text, SV(" todo")),
    };
    test_log_add_totals(t, &totals);
}

/* "Ran 5 tests in 0.1s", then "OK" or "FAILED (failures=1, errors=2, skipped=1)"; nose writes SKIP. */
static void add_unittest_totals(struct tools *s, const struct line *line, bool ran)
{
    enum { BETWEEN = 3 };
    struct test_counts *t = &s->ran;
    if (ran) {
        test_log_add_totals(&s->logs[UNITTEST], t);
        *t = (struct test_counts){.passed = number_before(line->text, SV(" test"))};
        s->ran_line = line->number;
        return;
    }
    if (s->ran_line == 0 || line->number - s->ran_line > BETWEEN)
        return;
    t->failed = number_of(line->text, SV("failures=")) + number_of(line->text, SV("errors="));
    t->skipped = number_of(line->text, SV("skipped=")) + number_of(line->text, SV("SKIP="));
    const uint64_t other = t->failed + t->skipped;
    t->passed = t->passed > other ? t->passed - other : 0;
    test_log_add_totals(&s->logs[UNITTEST], t);
    *t = (struct test_counts){0};
    s->ran_line = 0;
}

/* A rule tells of tests that ran past their limit. */
static void name_timeout(struct test_log *t, const struct line *line)
{
    struct test_log_failed *last = t->failed_count > 0 ? &t->failed[t->failed_count - 1] : NULL;
    if (last != NULL && last->line.number == line->number &&
        sv_find(line->text, SV("***Timeout")) < line->text.len)
        last->id = "test-tools.timeout";
}

static bool on_line(void *state, const struct analysis *a, const struct line *line,
                    unsigned trigger, struct err *err)
{
    static const enum test_outcome outcomes[] = {
        [BEGINS] = TEST_PASSED, [PASSES] = TEST_PASSED, [FAILS] = TEST_FAILED,
        [SKIPS] = TEST_SKIPPED, [FLAKES] = TEST_FLAKY,
    };
    struct tools *s = state;
    struct test_log *logs = s->logs;
    if (trigger > COUNT_OF(forms)) {
        add_unittest_totals(s, line, trigger == COUNT_OF(forms) + 1);
        return true;
    }
    if (trigger == COUNT_OF(forms)) {
        add_jest_totals(&logs[JEST_CASE], line->text);
        return true;
    }
    const struct form *f = &forms[trigger];
    const struct sv name = name_of(f, line->text);
    if (name.len == 0)
        return true;
    if (f->means == BEGINS)
        return test_log_begins(&logs[f->tool], a, SV(""), name, line, err);
    if (!test_log_ends(&logs[f->tool], a, SV(""), name, outcomes[f->means], line, err))
        return false;
    if (f->means == FAILS)
        name_timeout(&logs[f->tool], line);
    return true;
}

static bool at_end(void *state, const struct analysis *a, const struct log_facts *facts,
                   struct err *err)
{
    struct tools *s = state;
    struct test_log *logs = s->logs;
    (void)facts;
    test_log_add_totals(&logs[UNITTEST], &s->ran);
    /* Jest's files are told of only where no test of them is: they are no tests. */
    logs[JEST].counts = (struct test_counts){0};
    if (logs[JEST_CASE].failed_count > 0)
        logs[JEST].failed_count = 0;
    for (size_t i = 0; i < TOOLS; i++) {
        if (!test_log_finish(&logs[i], a, &words[i], err))
            return false;
    }
    return true;
}

extern const struct analyzer analyzer_test_tools;
const struct analyzer analyzer_test_tools = {
    .name = "test-tools",
    .summary = "tests of cargo, nextest, GoogleTest, CTest, Jest, RSpec, unittest, Bazel",
    .kinds = LOG_KINDS,
    .state_size = sizeof(struct tools),
    .triggers = triggers,
    .line = on_line,
    .end = at_end,
};
