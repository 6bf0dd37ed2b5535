/* pytest: verdicts of -v and xdist, the short summary, the closing line. Source: pytest's terminal
 * reporter. */
#include "test_log.h"

enum { FAILED_TEST, ERROR_TEST, NAMED, XDIST, CLOSING, COLLECT, SECTION, HEADING };
static const struct trigger triggers[] = {
    [FAILED_TEST] = {"^FAILED (\\[[0-9.]+s\\] )?\\S+\\.py(::\\S+)?", true},
    [ERROR_TEST] = {"^ERROR (\\S+\\.py(::\\S+)?|\\S+/\\S+ - [A-Za-z_.]+(Error|Exception))", true},
    [NAMED] = {"^\\S+\\.py::\\S", true},
    [XDIST] = {"^\\[gw[0-9]+\\] \\[ *[0-9]+%\\] [A-Z]+ \\S+\\.py::\\S", true},
    [CLOSING] = {"^(=+ )?([0-9]+ [a-z]+(, )?)+ in [0-9.]+ ?s", true},
    [COLLECT] = {"^!+ Interrupted: [0-9]+ errors? during collection", true},
    [SECTION] = {"^=+ [A-Za-z].* =+$", true},
    [HEADING] = {"^_+ [^_ ].* _+$|^ ([A-Z]\\w*\\.)*test_\\w+(\\[.*\\])? _?$", true},
    {NULL, false},
};

enum { HEADINGS = 500 };

struct heading { /* of a failure's report */
    struct sv name;
    struct line line;
};

struct pytest {
    struct test_log log;
    struct heading *headings;
    size_t heading_count;
    bool reports; /* in the section of failures or errors */
};

static const struct test_log_words words = {.id = "pytest.failed",
                                            .unfinished_id = "pytest.unfinished",
                                            .detail = SV_INIT("pytest"),
                                            .severity = SEVERITY_CAUSE};

/* A heading is no more than a name: what says why stands below it. */
static const struct test_log_words heading_words = {.id = "pytest.failed",
                                                    .unfinished_id = "pytest.unfinished",
                                                    .detail = SV_INIT("pytest"),
                                                    .severity = SEVERITY_SYMPTOM};

static const struct verdict_word {
    struct sv word;
    enum test_outcome outcome;
} verdicts[] = {
    {SV_INIT("PASSED"), TEST_PASSED}, {SV_INIT("FAILED"), TEST_FAILED},
    {SV_INIT("ERROR"), TEST_FAILED},  {SV_INIT("SKIPPED"), TEST_SKIPPED},
    {SV_INIT("XFAIL"), TEST_SKIPPED}, {SV_INIT("XPASS"), TEST_PASSED},
    {SV_INIT("RERUN"), TEST_FAILED}, /* its last run decides */
};

static bool verdict_of(struct sv word, enum test_outcome *ret_outcome)
{
    for (size_t i = 0; i < COUNT_OF(verdicts); i++) {
        if (sv_equal(word, verdicts[i].word)) {
            *ret_outcome = verdicts[i].outcome;
            return true;
        }
    }
    return false;
}

/* "tests/a.py::test_b[x y] PASSED  [ 10%]", or the name alone while the test runs. */
static bool named(struct test_log *t, const struct analysis *a, const struct line *line,
                  struct err *err)
{
    enum test_outcome outcome = TEST_PASSED;
    struct sv text = sv_trim(line->text);
    const size_t percent = sv_find_last(text, '[');
    if (sv_ends(text, SV("%]")) && percent < text.len)
        text = sv_trim(sv_head(text, percent));
    for (struct sv rest = text; rest.len > 0;) {
        const size_t space = sv_find_last(rest, ' ');
        if (space == rest.len)
            break;
        const struct sv tail = sv_tail(text, space + 1);
        if (verdict_of(sv_head(tail, sv_find_char(tail, ' ')), &outcome))
            return test_log_ends(t, a, SV(""), sv_trim(sv_head(text, space)), outcome, line, err);
        rest = sv_head(rest, space);
    }
    const size_t space = sv_find_char(text, ' '), bracket = sv_find_char(text, '[');
    if (space < text.len && (bracket > space || !sv_ends(text, SV("]"))))
        return true; /* somebody else's words about a test */
    return test_log_begins(t, a, SV(""), text, line, err);
}

static bool xdist(struct test_log *t, const struct analysis *a, const struct line *line,
                  struct err *err)
{
    enum test_outcome outcome = TEST_PASSED;
    const struct sv rest = behind(line->text, SV("%] "), '\0');
    const size_t space = sv_find_char(rest, ' ');
    return !verdict_of(sv_head(rest, space), &outcome) ||
           test_log_ends(t, a, SV(""), sv_trim(sv_tail(rest, space)), outcome, line, err);
}

/* "FAILED tests/a.py::test_b[x y] - AssertionError: …": the line that says why. */
static bool summary(struct test_log *t, const struct analysis *a, const struct line *line,
                    struct sv mark, struct err *err)
{
    struct sv rest = behind(line->text, mark, '\0');
    if (sv_starts(rest, SV("["))) /* how long it took */
        rest = sv_trim(sv_tail(rest, sv_find(rest, SV("] ")) + 1));
    const struct sv name = sv_trim(sv_head(rest, sv_find(rest, SV(" - "))));
    for (size_t i = 0; i < t->failed_count; i++) {
        if (!sv_equal(t->failed[i].name, name))
            continue;
        t->failed[i].line = *line;
        return arena_copy(a->evidence->arena, sv_head(line->text, EXCERPT_MAX_BYTES),
                          &t->failed[i].line.text, err);
    }
    return test_log_ends(t, a, SV(""), name, TEST_FAILED, line, err);
}

static bool closing(struct test_log *t, const struct analysis *a, const struct line *line)
{
    const struct test_counts totals = {
        .passed =
            number_before(line->text, SV(" passed")) + number_before(line->text, SV(" xpassed")),
        .failed = number_before(line->text, SV(" failed")),
        .errored = number_before(line->text, SV(" error")),
        .skipped =
            number_before(line->text, SV(" skipped")) + number_before(line->text, SV(" xfailed")),
    };
    const uint64_t bad = totals.failed + totals.errored;
    t->running_count =
        0; /* pytest is at its end: what was only named, by a warning, does not run */
    if (bad + totals.passed + totals.skipped == 0)
        return true;
    test_log_add_totals(t, &totals);
    evidence_claim(a->evidence,
                   &(struct outcome_claim){.outcome = bad > 0 ? OUTCOME_FAILED : OUTCOME_PASSED,
                                           .rank = bad > 0 ? 11 : 6,
                                           .from = SV_INIT("pytest's totals")});
    return true;
}

/* "=== FAILURES ===", then "___ TestA.test_b[x] ___" or "___ ERROR at setup of test_c ___" for each. */
static bool heading(struct pytest *p, const struct analysis *a, const struct line *line,
                    struct err *err)
{
    static const struct sv words_before[] = {SV_INIT("ERROR collecting "),
                                             SV_INIT("ERROR at setup of "),
                                             SV_INIT("ERROR at teardown of ")};
    struct arena *arena = a->evidence->arena;
    struct sv name = line->text;
    if (!p->reports || p->heading_count == HEADINGS)
        return true;
    if (p->headings == NULL)
        p->headings = arena_array(arena, HEADINGS, sizeof(*p->headings), err);
    if (p->headings == NULL)
        return false;
    while (name.len > 0 && (name.ptr[0] == '_' || name.ptr[0] == ' '))
        name = sv_tail(name, 1);
    name = sv_trim(sv_head(name, sv_find_last(name, ' ')));
    for (size_t i = 0; i < COUNT_OF(words_before); i++) {
        if (sv_starts(name, words_before[i]))
            name = sv_tail(name, words_before[i].len);
    }
    struct heading *h = &p->headings[p->heading_count++];
    h->line = *line;
    return arena_copy(arena, name, &h->name, err) &&
           arena_copy(arena, sv_head(line->text, EXCERPT_MAX_BYTES), &h->line.text, err);
}

static bool on_line(void *state, const struct analysis *a, const struct line *line,
                    unsigned trigger, struct err *err)
{
    struct pytest *p = state;
    struct test_log *t = &p->log;
    switch (trigger) {
    case FAILED_TEST:
        return summary(t, a, line, SV("FAILED "), err);
    case ERROR_TEST:
        return summary(t, a, line, SV("ERROR "), err);
    case NAMED:
        return named(t, a, line, err);
    case XDIST:
        return xdist(t, a, line, err);
    case COLLECT:
        return add_of_kind(a, line, "pytest.collection", KIND_TEST, "pytest-collection",
                           SEVERITY_SYMPTOM, SV("pytest could not collect all tests"), err);
    case SECTION:
        p->reports = sv_find(line->text, SV(" FAILURES ")) < line->text.len ||
                     sv_find(line->text, SV(" ERRORS ")) < line->text.len;
        return true;
    case HEADING:
        return heading(p, a, line, err);
    default:
        p->reports = false;
        return closing(t, a, line);
    }
}

/* Errors are counted with the failures: the summary names both, and totals tell them apart. */
static bool at_end(void *state, const struct analysis *a, const struct log_facts *facts,
                   struct err *err)
{
    struct pytest *p = state;
    struct test_log *t = &p->log;
    const bool named_none = t->failed_count == 0;
    (void)facts;
    /* Before pytest 5 nothing else names what failed. */
    for (size_t i = 0; i < p->heading_count && named_none; i++) {
        if (!test_log_ends(t, a, SV(""), p->headings[i].name, TEST_FAILED, &p->headings[i].line,
                           err))
            return false;
    }
    for (size_t i = 0; i < t->failed_count && t->totals.passed > 0; i++)
        t->totals.passed -= t->failed[i].passes > 0; /* what a rerun saved is counted there */
    t->totals.failed += t->totals.errored;
    t->totals.errored = 0;
    return test_log_finish(t, a, named_none ? &heading_words : &words, err);
}

extern const struct analyzer analyzer_pytest;
const struct analyzer analyzer_pytest = {
    .name = "pytest",
    .summary = "failed, flaky and unfinished tests of pytest",
    .kinds = LOG_KINDS,
    .state_size = sizeof(struct pytest),
    .triggers = triggers,
    .line = on_line,
    .end = at_end,
};
