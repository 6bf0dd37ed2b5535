/* ginkgo: Ginkgo v1 and v2: the summary of failures, the closing line; without a summary, which a
 * killed suite never prints, the marks of specs as they failed. Source: Ginkgo's
 * default reporters. */
#include "test_log.h"

enum {
    SUMMARY_V2,
    SUMMARY_V1,
    TOTALS,
    BEFORE_SUITE,
    FAILED_MARK,
    FLAKEY_MARK,
    RUNTIME,
    NODE,
    TIMEDOUT,
    PANICKED
};
static const struct trigger triggers[] = {
    [SUMMARY_V2] = {"^ *\\[(FAIL|PANICKED!?|TIMEDOUT|INTERRUPTED|ABORTED)\\] .*\\[[A-Z]\\w+.*\\]",
                    true},
    [SUMMARY_V1] = {"^\\[(Fail|Panic!)\\] ", true},
    [TOTALS] = {"^(FAIL|SUCCESS)! -- .*[0-9]+ Passed \\| [0-9]+ Failed", true},
    [BEFORE_SUITE] = {"A BeforeSuite node failed so all tests were skipped", false},
    [FAILED_MARK] = {"^\xe2\x80\xa2!? *(\\[(FAILED|PANICKED!?|TIMEDOUT|INTERRUPTED|ABORTED)\\]|"
                     "Failure|Panic).* \\[[0-9.]+ seconds\\]",
                     true},
    [FLAKEY_MARK] = {"\\[FLAKEY TEST - TOOK [0-9]+ ATTEMPTS TO PASS\\]", false},
    [NODE] =
        {"\\[(It|(Just)?(Before|After)Each|(Before|After)All|(Synchronized)?(Before|After)Suite|"
         "DeferCleanup.*|Measurement)\\]",
         false},
    [RUNTIME] = {"\\(Spec Runtime: [0-9hms.]+\\)", false},
    [TIMEDOUT] = {"\\[TIMEDOUT\\] A suite timeout occurred|Ginkgo timed out waiting for all",
                  false},
    [PANICKED] = {"^ *\\[PANICKED\\] Test Panicked", true},
    {NULL, false},
};

enum { MARKS = 200, NAME_LINES = 12 };

struct mark { /* a spec as it ended */
    struct sv name;
    struct line line;
    bool flaky;
};

struct ginkgo {
    struct test_log log;
    struct mark *marks;
    size_t mark_count;
    bool wants_name;        /* of the last mark */
    size_t block;           /* failures from here on have no closing line yet */
    struct sv running;      /* the spec that Ginkgo last said to run */
    struct line running_at; /* number 0: none */
    bool panic_told;
};

static const struct test_log_words words = {.id = "ginkgo.failed",
                                            .unfinished_id = "ginkgo.unfinished",
                                            .detail = SV_INIT("ginkgo"),
                                            .severity = SEVERITY_CAUSE};

/* With --flake-attempts each attempt is listed. Those that failed as often as any are the failed
 * ones if there are as many as the closing line says; the others passed in the end. */
static void tell_flaky_apart(struct ginkgo *g, const struct test_counts *totals)
{
    unsigned most = 0;
    uint64_t count = 0;
    for (size_t i = g->block; i < g->log.failed_count; i++)
        most = g->log.failed[i].failures > most ? g->log.failed[i].failures : most;
    for (size_t i = g->block; i < g->log.failed_count; i++)
        count += g->log.failed[i].failures == most;
    for (size_t i = g->block; i < g->log.failed_count && totals->flaky > 0; i++) {
        struct test_log_failed *f = &g->log.failed[i];
        f->flaky = totals->failed == 0 || (count == totals->failed && f->failures < most);
    }
    g->block = g->log.failed_count;
}

static bool totals(struct ginkgo *g, const struct analysis *a, const struct line *line)
{
    const bool failed = sv_starts(line->text, SV("FAIL!"));
    const struct test_counts counts = {
        .passed = number_before(line->text, SV(" Passed")),
        .failed = number_before(line->text, SV(" Failed")),
        .flaky = number_before(line->text, SV(" Flaked")),
        .skipped =
            number_before(line->text, SV(" Skipped")) + number_before(line->text, SV(" Pending")),
    };
    tell_flaky_apart(g, &counts);
    test_log_add_totals(&g->log, &counts);
    g->running_at.number = 0;
    evidence_claim(a->evidence,
                   &(struct outcome_claim){.outcome = failed ? OUTCOME_FAILED : OUTCOME_PASSED,
                                           .rank = failed ? 11 : 6,
                                           .from = SV_INIT("Ginkgo's totals")});
    return true;
}

static bool add_mark(struct ginkgo *g, const struct analysis *a, const struct line *line,
                     bool flaky, struct err *err)
{
    struct arena *arena = a->evidence->arena;
    if (g->marks == NULL)
        g->marks = arena_array(arena, MARKS, sizeof(*g->marks), err);
    if (g->marks == NULL)
        return false;
    g->wants_name = g->mark_count < MARKS;
    if (!g->wants_name)
        return true;
    struct mark *m = &g->marks[g->mark_count++];
    *m = (struct mark){.line = *line, .flaky = flaky};
    return arena_copy(arena, sv_head(line->text, EXCERPT_MAX_BYTES), &m->line.text, err);
}

/* The first line with a node's name behind the mark: it names the spec. */
static bool take_name(struct ginkgo *g, const struct analysis *a, const struct line *line,
                      struct err *err)
{
    if (!g->wants_name)
        return true;
    struct mark *m = &g->marks[g->mark_count - 1];
    g->wants_name = false;
    return line->number > m->line.number + NAME_LINES ||
           arena_copy(a->evidence->arena, sv_trim(sv_head(line->text, EXCERPT_MAX_BYTES)), &m->name,
                      err);
}

static bool take_running(struct ginkgo *g, const struct analysis *a, const struct line *line,
                         struct err *err)
{
    const struct sv name = sv_trim(sv_head(line->text, sv_find(line->text, SV(" (Spec Runtime"))));
    g->running_at = *line;
    return arena_copy(a->evidence->arena, name, &g->running, err);
}

static bool on_line(void *state, const struct analysis *a, const struct line *line,
                    unsigned trigger, struct err *err)
{
    struct ginkgo *g = state;
    switch (trigger) {
    case SUMMARY_V2:
    case SUMMARY_V1:
        return test_log_ends(&g->log, a, SV(""), behind(line->text, SV("] "), '\0'), TEST_FAILED,
                             line, err);
    case TOTALS:
        return totals(g, a, line);
    case BEFORE_SUITE:
        return add_of_kind(a, line, "ginkgo.before-suite", KIND_TEST, "before-suite",
                           SEVERITY_SYMPTOM,
                           SV("The suite's setup failed, so no test of it was run"), err);
    case FAILED_MARK:
    case FLAKEY_MARK:
        return add_mark(g, a, line, trigger == FLAKEY_MARK, err);
    case NODE:
        return take_name(g, a, line, err);
    case RUNTIME:
        return take_running(g, a, line, err);
    case TIMEDOUT:
        return add_of_kind(a, line, "ginkgo.timeout", KIND_TIMEOUT, "ginkgo", SEVERITY_DEFINITE,
                           SV("The Ginkgo suite ran past its limit"), err);
    default:
        if (g->panic_told)
            return true;
        g->panic_told = true;
        return add_of_kind(a, line, "ginkgo.panicked", KIND_PANIC, "ginkgo", SEVERITY_CAUSE,
                           SV("A test panicked"), err);
    }
}

static bool at_end(void *state, const struct analysis *a, const struct log_facts *facts,
                   struct err *err)
{
    struct ginkgo *g = state;
    const bool summary = g->log.failed_count > 0;
    (void)facts;
    for (size_t i = 0; i < g->mark_count; i++) {
        const struct mark *m = &g->marks[i];
        const struct sv name = m->name.len > 0 ? m->name : sv_trim(m->line.text);
        if ((!summary || m->flaky) &&
            !test_log_ends(&g->log, a, SV(""), name, m->flaky ? TEST_FLAKY : TEST_FAILED, &m->line,
                           err))
            return false;
    }
    return (g->running_at.number == 0 ||
            test_log_begins(&g->log, a, SV(""), g->running, &g->running_at, err)) &&
           test_log_finish(&g->log, a, &words, err);
}

extern const struct analyzer analyzer_ginkgo;
const struct analyzer analyzer_ginkgo = {
    .name = "ginkgo",
    .summary = "failed, flaky and unfinished specs of Ginkgo",
    .kinds = LOG_KINDS,
    .state_size = sizeof(struct ginkgo),
    .triggers = triggers,
    .line = on_line,
    .end = at_end,
};
