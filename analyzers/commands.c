/* commands: what the command that failed was for, by its words. Where no rule knows the cause, a test
 * run that failed is still a failure of tests. The finding is a roll-up: it never wins while
 * anything speaks, and only lends its kind to the best error line. */
#include "common.h"

/* clang-format off */
/* how the line is told apart, what stands before the command, what stands behind it */
#define FAILURES(ROW) \
    ROW("^The command \".*\" (exited with|failed and exited with) [1-9]", "The command \"", "\" ") \
    ROW("^(make|gmake|mingw32-make)(\\[[0-9]+\\])?: \\*\\*\\* \\[[^\\]]+\\] Error [1-9]", "*** [", "] Error") \
    ROW("^npm (ERR!|error) (Failed at the \\S+ \\S+ script|Lifecycle script `[^`]+` failed)", "npm ", " failed") \
    ROW("^npm (ERR!|error) Test failed", "npm ", "failed") \
    ROW("^npm (ERR!|error) (\\S+@\\S+ \\S+: `|command (sh|bash) -c )", "npm ", "\n") \
    ROW("^(ERROR: )?InvocationError(: | for command )", "Error", "\n") \
    ROW("Execution failed for task '[^']+'", "for task '", "'") \
    ROW("^error: [Rr]ecipe [`']", "ecipe ", " failed") \
    ROW("\" did not complete successfully: exit code: [1-9]", "process \"", "\" did") \
    ROW("^Command .* (exited with|failed with exit) (code|status):? [1-9]", "Command ", "\n") \
    ROW("^Script (\\S+) .*returned with error code [1-9]", "Script ", " returned") \
    ROW("^Tasks: TOP => ", "=> ", "\n") \
    ROW("^(\\[ERROR\\] )?Failed to execute goal \\S+", "goal ", " on project")

/* Commands as they are echoed, and the lines that say that the last one failed. */
#define ECHOES(ROW) \
    ROW("^##\\[group\\]Run \\S") \
    ROW("^\\$ \\S") \
    ROW("^\\+ [\\w./]") \
    ROW("^(Running after.script|Post job cleanup\\.$|Uploading artifacts for failed job)") \
    ROW("^##\\[error\\](Process completed with exit code [1-9]|(Bash|PowerShell|Cmd\\.exe) exited with code '?[1-9])|^ERROR: Job failed|Error: The command exited with status [1-9]|^(ERROR: )?script returned exit code [1-9]|^Build step 'Execute (shell|Windows batch command)' marked build as failure|^Exited with code (exit status )?[1-9]|^error Command failed with exit code [1-9]|^Process exited with code [1-9]")
/* clang-format on */

enum { FAILURE_COUNT = 13, GROUP = FAILURE_COUNT, SHELL, TRACE, AFTER, EXIT };

#define AS_TRIGGER(pattern, before, behind) {pattern, true},
#define AS_ECHO(pattern) {pattern, true},
static const struct trigger triggers[] = {FAILURES(AS_TRIGGER) ECHOES(AS_ECHO){NULL, false}};
_Static_assert(COUNT_OF(triggers) == EXIT + 2, "a trigger a form");

static const struct form {
    struct sv before, behind;
} forms[] = {
#define AS_FORM(pattern, before_, behind_) {SV_INIT(before_), SV_INIT(behind_)},
    FAILURES(AS_FORM)};

static const struct word {
    struct sv word; /* lower case */
    enum cause_kind kind;
} words[] = {
#define TEST(word)                                                                                 \
    {                                                                                              \
        SV_INIT(word), KIND_TEST                                                                   \
    }
#define LINT(word)                                                                                 \
    {                                                                                              \
        SV_INIT(word), KIND_LINT                                                                   \
    }
#define BUILD(word)                                                                                \
    {                                                                                              \
        SV_INIT(word), KIND_COMPILE                                                                \
    }
#define FETCH(word)                                                                                \
    {                                                                                              \
        SV_INIT(word), KIND_DEPENDENCY_DOWNLOAD                                                    \
    }
    TEST("test"),        TEST("tests"),       TEST("testing"),    TEST("spec"),
    TEST("specs"),       TEST("pytest"),      TEST("tox"),        TEST("nox"),
    TEST("nosetests"),   TEST("rspec"),       TEST("jest"),       TEST("mocha"),
    TEST("ava"),         TEST("karma"),       TEST("vitest"),     TEST("cypress"),
    TEST("playwright"),  TEST("ctest"),       TEST("phpunit"),    TEST("unittest"),
    TEST("e2e"),         TEST("cucumber"),    TEST("behave"),     TEST("gotestsum"),
    TEST("ginkgo"),      TEST("bats"),        TEST("surefire"),   TEST("failsafe"),
    TEST("coverage"),    TEST("coveralls"),   TEST("check"),      TEST("jasmine"),
    TEST("protractor"),  TEST("prove"),       TEST("trial"),      TEST("nextest"),
    TEST("unit"),        TEST("integration"), TEST("pest"),       TEST("lettuce"),
    LINT("lint"),        LINT("eslint"),      LINT("flake8"),     LINT("pylint"),
    LINT("rubocop"),     LINT("clippy"),      LINT("mypy"),       LINT("fmt"),
    LINT("format"),      LINT("prettier"),    LINT("xo"),         LINT("isort"),
    LINT("golangci"),    LINT("checkstyle"),  LINT("spotless"),   LINT("detekt"),
    LINT("ktlint"),      LINT("stylelint"),   LINT("tslint"),     LINT("shellcheck"),
    LINT("black"),       LINT("vet"),         LINT("phpcs"),      LINT("phpstan"),
    LINT("ruff"),        LINT("pycodestyle"), LINT("pep8"),       LINT("jshint"),
    LINT("jscs"),        LINT("yamllint"),    LINT("codespell"),  LINT("spotbugs"),
    LINT("findbugs"),    LINT("pmd"),         LINT("psalm"),      LINT("scalafmt"),
    LINT("gofmt"),       LINT("gofumpt"),     LINT("goimports"),  LINT("golint"),
    LINT("staticcheck"), LINT("luacheck"),    LINT("hlint"),      LINT("swiftlint"),
    LINT("swiftformat"), LINT("tflint"),      LINT("hadolint"),   LINT("markdownlint"),
    LINT("commitlint"),  LINT("gitlint"),     LINT("cppcheck"),   LINT("credo"),
    LINT("dialyzer"),    LINT("bandit"),      LINT("pyright"),    LINT("biome"),
    LINT("oxlint"),      LINT("actionlint"),  LINT("sqlfluff"),   LINT("ktfmt"),
    LINT("autopep8"),    LINT("yapf"),        LINT("standardrb"), LINT("haml"),
    LINT("cspell"),      LINT("pydocstyle"),  FETCH("install"),   FETCH("bundler"),
    FETCH("apt"),        FETCH("yum"),        FETCH("dnf"),       FETCH("brew"),
    FETCH("conda"),      FETCH("composer"),   BUILD("compile"),   BUILD("build"),
    BUILD("tsc"),        BUILD("javac"),      BUILD("webpack"),   BUILD("compiler"),
    BUILD("assemble"),   BUILD("cmake"),

};

enum { WORD_MAX = 16, COMMAND_MAX = 240, TOLD_MAX = 8 };

struct commands {
    char last[COMMAND_MAX]; /* that was echoed */
    size_t last_len;
    bool over; /* what is echoed now comes after the failure */
    size_t told;
};

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* "compileTestJava" is of three words. */
static size_t word_len(struct sv s)
{
    size_t n = 1;
    while (n < s.len && is_letter(s.ptr[n]) &&
           !(s.ptr[n] >= 'A' && s.ptr[n] <= 'Z' && s.ptr[n - 1] >= 'a' && s.ptr[n - 1] <= 'z'))
        n++;
    return n;
}

static void look_up(struct sv word, bool seen[KIND_COUNT])
{
    char lower[WORD_MAX];
    if (word.len > sizeof(lower))
        return;
    for (size_t i = 0; i < word.len; i++)
        lower[i] =
            (char)(word.ptr[i] >= 'A' && word.ptr[i] <= 'Z' ? word.ptr[i] + 32 : word.ptr[i]);
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (sv_equal((struct sv){.ptr = lower, .len = word.len}, words[i].word))
            seen[words[i].kind] = true;
    }
}

static bool has(struct sv text, struct sv part)
{
    return sv_find(text, part) < text.len;
}

/* Many steps in one; which of them failed cannot be told from outside. */
static bool is_whole_build(struct sv c)
{
    return (has(c, SV("mvn")) || has(c, SV("gradle"))) && !has(c, SV("mvn test")) &&
           !has(c, SV("gradlew test")) && !has(c, SV("gradle test"));
}

static enum cause_kind purpose_of(struct sv command)
{
    bool seen[KIND_COUNT] = {false};
    if (is_whole_build(command) || has(command, SV("docker ")))
        return KIND_UNKNOWN;
    for (size_t i = 0, n; i < command.len; i += n) {
        n = is_letter(command.ptr[i]) ? word_len(sv_tail(command, i)) : 1;
        look_up(sv_head(sv_tail(command, i), n), seen);
    }
    const bool many = has(command, SV("&&")) || has(command, SV("; "));
    const bool fetches = seen[KIND_DEPENDENCY_DOWNLOAD] && !has(command, SV("make install"));
    if (many)
        return seen[KIND_TEST] ? KIND_TEST : KIND_UNKNOWN;
    if (fetches || has(command, SV("npm ci")))
        return KIND_DEPENDENCY_DOWNLOAD;
    if (seen[KIND_COMPILE] && has(command, SV("ompile"))) /* compileTestJava, testCompile */
        return KIND_COMPILE;
    if (seen[KIND_LINT] || has(command, SV("pre-commit")))
        return KIND_LINT;
    return seen[KIND_TEST] ? KIND_TEST : seen[KIND_COMPILE] ? KIND_COMPILE : KIND_UNKNOWN;
}

static bool tell(struct commands *s, const struct analysis *a, const struct line *line,
                 enum cause_kind kind, struct err *err)
{
    static const struct {
        enum cause_kind kind;
        struct sv summary;
    } says[] = {
        {KIND_TEST, SV_INIT("The command that runs the tests failed")},
        {KIND_LINT, SV_INIT("The command that checks the source's style failed")},
        {KIND_COMPILE, SV_INIT("The command that builds failed")},
        {KIND_DEPENDENCY_DOWNLOAD, SV_INIT("The command that installs what is needed failed")},
    };
    for (size_t i = 0; i < COUNT_OF(says) && s->told < TOLD_MAX; i++) {
        if (says[i].kind != kind)
            continue;
        s->told++;
        return add_finding(a, line,
                           (struct finding){.id = SV("commands.failed"),
                                            .kind = kind,
                                            .detail = SV("command"),
                                            .severity = SEVERITY_ROLLUP,
                                            .authority = AUTHORITY_LINE,
                                            .summary = says[i].summary},
                           err);
    }
    return true;
}

static bool on_line(void *state, const struct analysis *a, const struct line *line,
                    unsigned trigger, struct err *err)
{
    struct commands *s = state;
    if (trigger < FAILURE_COUNT) {
        const struct form *f = &forms[trigger];
        const size_t at = sv_find(line->text, f->before);
        const struct sv rest = sv_tail(line->text, at < line->text.len ? at + f->before.len : 0);
        return tell(s, a, line, purpose_of(sv_head(rest, sv_find(rest, f->behind))), err);
    }
    if (trigger == AFTER || trigger == GROUP)
        s->over = trigger == AFTER;
    if (trigger == EXIT)
        return tell(s, a, line, purpose_of((struct sv){.ptr = s->last, .len = s->last_len}), err);
    if (trigger != AFTER && !s->over) {
        const struct sv echo = sv_tail(line->text, trigger == GROUP ? sizeof("##[group]Run") : 2);
        const struct sv kept = sv_head(echo, sizeof(s->last));
        memcpy(s->last, kept.ptr, kept.len);
        s->last_len = kept.len;
    }
    return true;
}

extern const struct analyzer analyzer_commands;
const struct analyzer analyzer_commands = {
    .name = "commands",
    .summary = "what the command that failed was for: tests, style, a build, dependencies",
    .kinds = LOG_KINDS,
    .state_size = sizeof(struct commands),
    .triggers = triggers,
    .line = on_line,
};
