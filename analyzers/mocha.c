/* mocha: the closing lines of Mocha and the list of failures behind them. Source: Mocha's spec
 * reporter. */
#include "test_log.h"

enum { PASSING, PENDING, FAILING, LISTED };
static const struct trigger triggers[] = {
    [PASSING] = {"^ *[0-9]+ passing \\(", true},
    [PENDING] = {"^ *[0-9]+ pending$", true},
    [FAILING] = {"^ *[0-9]+ failing$", true},
    [LISTED] = {"^ +[0-9]+\\) \\S", true},
    {NULL, false},
};

enum { NAME_BYTES = 512, CLOSING_LINES = 3 };

struct mocha {
    struct test_log log;
    uint64_t passing_line; /* 0: none yet */
    uint64_t next;         /* number of the next failure of the list; 0: there is no list */
    char name[NAME_BYTES]; /* of one whose title goes on in the lines behind it */
    size_t name_len;
    struct line line; /* where it began; number 0: none */
};

static const struct test_log_words words = {.id = "test-tools.failed",
                                            .unfinished_id = "test-tools.unfinished",
                                            .detail = SV_INIT("mocha"),
                                            .severity = SEVERITY_SYMPTOM};

static void closing(struct mocha *m, const struct line *line, unsigned trigger)
{
    const uint64_t passed = number_before(line->text, SV(" passing"));
    const uint64_t skipped = number_before(line->text, SV(" pending"));
    const uint64_t failed = number_before(line->text, SV(" failing"));
    if (trigger == PASSING)
        m->passing_line = line->number;
    else if (m->passing_line == 0 || line->number - m->passing_line > CLOSING_LINES)
        return;
    if (trigger == FAILING)
        m->next = 1;
    test_log_add_totals(
        &m->log, &(struct test_counts){.passed = passed, .skipped = skipped, .failed = failed});
}

static void add_title(struct mocha *m, struct sv part)
{
    if (part.len > 0 && m->name_len > 0 && m->name_len < NAME_BYTES)
        m->name[m->name_len++] = ' ';
    part = sv_head(part, NAME_BYTES - m->name_len);
    if (part.len > 0)
        memcpy(m->name + m->name_len, part.ptr, part.len);
    m->name_len += part.len;
}

/* A title ends with a colon, at once or in a line behind. */
static bool take_title(struct mocha *m, const struct analysis *a, struct sv part, struct err *err)
{
    const bool ends = part.len == 0 || sv_ends(part, SV(":"));
    add_title(m, part.len > 0 && ends ? sv_head(part, part.len - 1) : part);
    if (!ends)
        return true;
    const struct line line = m->line;
    m->line.number = 0;
    return test_log_ends(&m->log, a, SV(""), (struct sv){.ptr = m->name, .len = m->name_len},
                         TEST_FAILED, &line, err);
}

/* "  1) Suite", or "  1) Suite title:", below the closing lines or without any. */
static bool listed(struct mocha *m, const struct analysis *a, const struct line *line,
                   struct err *err)
{
    uint64_t number = 0;
    const struct sv text = sv_trim(line->text);
    const size_t paren = sv_find_char(text, ')');
    const bool in_order = sv_u64(sv_head(text, paren), &number) && m->next > 0 && number == m->next;
    if (!in_order && !sv_ends(text, SV(":")))
        return true; /* the mark of a test as it failed: the list names it */
    m->next += in_order;
    m->name_len = 0;
    m->line = *line;
    return arena_copy(a->evidence->arena, sv_head(line->text, EXCERPT_MAX_BYTES), &m->line.text,
                      err) &&
           take_title(m, a, sv_trim(sv_tail(text, paren + 1)), err);
}

static bool on_line(void *state, const struct analysis *a, const struct line *line,
                    unsigned trigger, struct err *err)
{
    struct mocha *m = state;
    if (trigger == LISTED)
        return listed(m, a, line, err);
    if (trigger == TRIGGER_AFTER)
        return m->line.number == 0 || take_title(m, a, sv_trim(line->text), err);
    closing(m, line, trigger);
    return true;
}

static bool at_end(void *state, const struct analysis *a, const struct log_facts *facts,
                   struct err *err)
{
    struct mocha *m = state;
    (void)facts;
    return (m->line.number == 0 || take_title(m, a, SV(""), err)) &&
           test_log_finish(&m->log, a, &words, err);
}

extern const struct analyzer analyzer_mocha;
const struct analyzer analyzer_mocha = {
    .name = "mocha",
    .summary = "failed tests of Mocha",
    .kinds = LOG_KINDS,
    .state_size = sizeof(struct mocha),
    .triggers = triggers,
    .asks_after = 1u << LISTED,
    .line = on_line,
    .end = at_end,
};
