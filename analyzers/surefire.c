/* surefire: the tests of Maven, Gradle and Ant. Source: maven-surefire's console reporter, Gradle's
 * logger, Ant's plain formatter. */
#include "test_log.h"

enum {
    CASE_FAILED,
    OLD_FAILED,
    TOTALS,
    FLAKES,
    FLAKY_NAME,
    GRADLE,
    GRADLE_TOTALS,
    ANT_SUITE,
    ANT_CASE,
    ANT_BAD,
    ANT_TOTALS
};
static const struct trigger triggers[] = {
    [CASE_FAILED] = {"^\\[ERROR\\] +\\S+.* Time elapsed: [0-9.]+ s(ec)? +<<< (FAILURE|ERROR)!",
                     true},
    [OLD_FAILED] = {"^\\S.*\\(\\S+\\) +Time elapsed: [0-9.]+ sec +<<< (FAILURE|ERROR)!", true},
    [TOTALS] = {"^(\\[(INFO|WARNING|ERROR)\\] )?Tests run: [0-9]+, Failures: [0-9]+, "
                "Errors: [0-9]+, Skipped: [0-9]+(, Flakes: [0-9]+)? *$",
                true},
    [FLAKES] = {"^(\\[WARNING\\] )?(Flakes|Flaked tests): *$", true},
    [FLAKY_NAME] = {"^\\[WARNING\\] [A-Za-z0-9_.$]+\\.[A-Za-z0-9_$]+(\\(.*\\))? *$", true},
    [GRADLE] = {"^\\S+ > .+ FAILED$", true},
    [GRADLE_TOTALS] = {"^[0-9]+ tests? completed, [0-9]+ failed", true},
    [ANT_SUITE] = {"^ *\\[junit\\] (Testsuite: |Running )\\S", true},
    [ANT_CASE] = {"^ *\\[junit\\] Testcase: \\S", true},
    [ANT_BAD] = {"^ *\\[junit\\]\\s+(FAILED|Caused an ERROR)$", true},
    [ANT_TOTALS] = {"^ *\\[junit\\] Tests run: [0-9]+, +Failures: [0-9]+, +Errors: [0-9]+", true},
    {NULL, false},
};

enum { FLAKES_LINES = 60 };

struct surefire {
    struct test_log log, gradle, ant;
    struct sv ant_class;  /* whose tests run */
    struct sv ant_case;   /* that ran last */
    uint64_t flakes_line; /* the list of flaky tests begins there; 0: none did */
};

static const struct test_log_words words = {
    .id = "surefire.failed", .detail = SV_INIT("surefire"), .severity = SEVERITY_CAUSE};
static const struct test_log_words gradle_words = {
    .id = "gradle.test-failed", .detail = SV_INIT("gradle"), .severity = SEVERITY_CAUSE};

static const struct test_log_words ant_words = {
    .id = "ant.test-failed", .detail = SV_INIT("ant"), .severity = SEVERITY_CAUSE};

static struct sv case_name(struct sv text)
{
    if (sv_starts(text, SV("[ERROR]")))
        text = sv_trim(sv_tail(text, 7));
    const size_t dashes = sv_find(text, SV(" -- "));
    const size_t elapsed = sv_find(text, SV("Time elapsed"));
    return sv_trim(sv_head(text, dashes < elapsed ? dashes : elapsed));
}

static uint64_t number_behind(struct sv text, struct sv word)
{
    uint64_t number = 0;
    const struct sv rest = behind(text, word, ',');
    return sv_u64(rest, &number) ? number : 0;
}

/* The totals of a module: those of its classes carry a time. */
static bool totals(struct surefire *s, const struct analysis *a, const struct line *line,
                   struct err *err)
{
    struct test_counts counts = {
        .failed = number_behind(line->text, SV("Failures: ")),
        .errored = number_behind(line->text, SV("Errors: ")),
        .skipped = number_behind(line->text, SV("Skipped: ")),
        .flaky = number_behind(line->text, SV("Flakes: ")),
    };
    const uint64_t run = number_behind(line->text, SV("Tests run: "));
    const uint64_t bad = counts.failed + counts.errored;
    const uint64_t other = bad + counts.skipped + counts.flaky;
    counts.passed = run > other ? run - other : 0;
    counts.failed = bad; /* the names do not tell failures from errors */
    counts.errored = 0;
    test_log_add_totals(&s->log, &counts);
    if (bad == 0)
        return true;
    evidence_claim(a->evidence, &(struct outcome_claim){.outcome = OUTCOME_FAILED,
                                                        .rank = 11,
                                                        .from = SV_INIT("Surefire's totals")});
    return add_of_kind(a, line, "surefire.totals", KIND_TEST, "surefire", SEVERITY_SYMPTOM,
                       SV("Tests run by Maven failed"), err);
}

/* "Testcase: testA took 0.1 sec", then "FAILED"; or "Testcase: testA(acme.ATest): FAILED" at once. */
static bool ant_case(struct surefire *s, const struct analysis *a, const struct line *line,
                     struct err *err)
{
    const struct sv text = behind(line->text, SV("Testcase: "), '\0');
    const size_t blank = sv_find_char(text, ' '), open = sv_find_char(text, '(');
    const size_t close = sv_find_char(text, ')');
    const bool bad = sv_ends(text, SV("FAILED")) || sv_ends(text, SV("Caused an ERROR"));
    const size_t end = blank < open ? blank : open;
    const struct sv scope = open < end + 1 && close < text.len
                                ? sv_head(sv_tail(text, open + 1), close - open - 1)
                                : s->ant_class;
    if (!arena_copy(a->evidence->arena, sv_head(text, end), &s->ant_case, err))
        return false;
    return !bad || test_log_ends(&s->ant, a, scope, s->ant_case, TEST_FAILED, line, err);
}

static bool on_ant(struct surefire *s, const struct analysis *a, const struct line *line,
                   unsigned trigger, struct err *err)
{
    if (trigger == ANT_SUITE) {
        const bool running = sv_find(line->text, SV("Running ")) < line->text.len;
        return arena_copy(a->evidence->arena,
                          behind(line->text, running ? SV("Running ") : SV("Testsuite: "), ' '),
                          &s->ant_class, err);
    }
    if (trigger == ANT_CASE)
        return ant_case(s, a, line, err);
    if (trigger == ANT_BAD)
        return s->ant_case.len == 0 ||
               test_log_ends(&s->ant, a, s->ant_class, s->ant_case, TEST_FAILED, line, err);
    struct test_counts counts = {
        .failed =
            number_behind(line->text, SV("Failures: ")) + number_behind(line->text, SV("Errors: ")),
        .skipped = number_behind(line->text, SV("Skipped: ")),
    };
    const uint64_t run = number_behind(line->text, SV("Tests run: "));
    counts.passed = run > counts.failed + counts.skipped ? run - counts.failed - counts.skipped : 0;
    test_log_add_totals(&s->ant, &counts);
    return true;
}

static bool on_line(void *state, const struct analysis *a, const struct line *line,
                    unsigned trigger, struct err *err)
{
    struct surefire *s = state;
    switch (trigger) {
    case CASE_FAILED:
    case OLD_FAILED: {
        const struct sv name = case_name(line->text);
        return sv_starts(name, SV("Tests run:")) || /* the class's totals */
               test_log_ends(&s->log, a, SV(""), name, TEST_FAILED, line, err);
    }
    case TOTALS:
        return totals(s, a, line, err);
    case FLAKES:
        s->flakes_line = line->number;
        return true;
    case FLAKY_NAME:
        if (s->flakes_line == 0 || line->number - s->flakes_line > FLAKES_LINES)
            return true;
        s->flakes_line = line->number;
        return test_log_ends(&s->log, a, SV(""), behind(line->text, SV("] "), '\0'), TEST_FLAKY,
                             line, err);
    case GRADLE: {
        const struct sv name = sv_head(line->text, line->text.len - 7);
        return test_log_ends(&s->gradle, a, SV(""), name, TEST_FAILED, line, err);
    }
    case ANT_SUITE:
    case ANT_CASE:
    case ANT_BAD:
    case ANT_TOTALS:
        return on_ant(s, a, line, trigger, err);
    default: {
        const uint64_t all = number_before(line->text, SV(" test"));
        struct test_counts counts = {.failed = number_before(line->text, SV(" failed")),
                                     .skipped = number_before(line->text, SV(" skipped"))};
        counts.passed =
            all > counts.failed + counts.skipped ? all - counts.failed - counts.skipped : 0;
        test_log_add_totals(&s->gradle, &counts);
        return true;
    }
    }
}

static bool at_end(void *state, const struct analysis *a, const struct log_facts *facts,
                   struct err *err)
{
    struct surefire *s = state;
    (void)facts;
    return test_log_finish(&s->log, a, &words, err) &&
           test_log_finish(&s->gradle, a, &gradle_words, err) &&
           test_log_finish(&s->ant, a, &ant_words, err);
}

extern const struct analyzer analyzer_surefire;
const struct analyzer analyzer_surefire = {
    .name = "surefire",
    .summary = "failed and flaky tests of Maven, Gradle and Ant",
    .kinds = LOG_KINDS,
    .state_size = sizeof(struct surefire),
    .triggers = triggers,
    .line = on_line,
    .end = at_end,
};
