/* attempts: what a try printed that another one followed. The last try decides: what it does not show
 * again is a symptom. Forms: "Attempt 1 of 3", "attempt 1/3 failed", "Attempt 1 failed. Reason: ",
 * Travis' "The command "x" failed. Retrying, 2 of 3.". Runs at the end. */
#include "common.h"

enum { BEGINS, FAILED, RETRYING, GIVES_UP, COMMAND };
static const struct trigger triggers[] = {
    [BEGINS] = {"^\\W*(Attempt|attempt|ATTEMPT|Try|TRY) #?[0-9]+ ?(of|/) ?[0-9]+\\b", true},
    [FAILED] = {"\\b[Aa]ttempt #?[0-9]+ ?((of|/) ?[0-9]+ ?)?\\W?(failed|did not succeed)", true},
    [RETRYING] = {"^The command \".*\" failed\\. Retrying, [0-9]+ of [0-9]+\\.", true},
    [GIVES_UP] = {"^The command \".*\" failed [0-9]+ times\\.|^Final attempt failed\\.", true},
    /* What an attempt without a beginning of its own began with at the latest. */
    [COMMAND] = {"^\\$ \\S|^##\\[group\\]Run |^\\++ \\S|^\\[Pipeline\\] (sh|retry)$", true},
    {NULL, false},
};

enum { TRIES = 64 };

struct attempts {
    struct line_range tries[TRIES]; /* that another one followed */
    size_t count;
    size_t earlier;            /* of them, those of other loops */
    uint64_t number, begin;    /* of the try that runs; 0: none */
    struct line_range pending; /* a try that failed, and nobody says yet whether another follows */
    uint64_t command;
};

/* Takes the first number of the text off its front; 0: there is none. */
static uint64_t cut_number(struct sv *text)
{
    uint64_t number = 0;
    size_t len = 0;
    while (text->len > 0 && (text->ptr[0] < '0' || text->ptr[0] > '9'))
        *text = sv_tail(*text, 1);
    while (len < text->len && text->ptr[len] >= '0' && text->ptr[len] <= '9')
        len++;
    const struct sv digits = sv_head(*text, len);
    *text = sv_tail(*text, len);
    return sv_u64(digits, &number) ? number : 0;
}

static void was_followed(struct attempts *s, struct line_range range)
{
    if (s->count < TRIES && range.first > 0 && range.last >= range.first)
        s->tries[s->count++] = range;
}

static void begins(struct attempts *s, uint64_t number, uint64_t line)
{
    const struct line_range before = {.first = s->begin, .last = line - 1};
    if (number <= 1)
        s->earlier = s->count;
    if (number > 1 && number == s->number + 1)
        was_followed(s, s->pending.first > 0 ? s->pending : before);
    s->pending = (struct line_range){0};
    s->number = number;
    s->begin = line;
}

static void failed(struct attempts *s, uint64_t number, uint64_t of, uint64_t line)
{
    const bool next = number > 1 && number == s->number + 1;
    const bool same = number > 0 && number == s->number;
    if (next)
        was_followed(s, s->pending);
    else if (!same)
        s->earlier = s->count;
    s->pending = (struct line_range){.first = next || same ? s->begin : s->command, .last = line};
    if (of > number)
        was_followed(s, s->pending);
    if (of > 0)
        s->pending = (struct line_range){0};
    if (of > 0 && of == number)
        s->count = s->earlier; /* all failed: any of them tells why */
    s->number = number;
    s->begin = line;
}

/* "Retrying, 2 of 3." is said when the first one has failed. */
static bool first_try(struct sv text)
{
    return sv_find(text, SV("Retrying, 2 of ")) < text.len;
}

static bool on_line(void *state, const struct analysis *a, const struct line *line,
                    unsigned trigger, struct err *err)
{
    struct attempts *s = state;
    struct sv rest = line->text;
    (void)a;
    (void)err;
    if (trigger == COMMAND) {
        s->command = line->number;
    } else if (trigger == RETRYING) {
        if (first_try(line->text))
            s->earlier = s->count;
        was_followed(s, (struct line_range){.first = s->command, .last = line->number});
        s->command = line->number;
    } else if (trigger == GIVES_UP) {
        s->count = s->earlier;
    } else if (trigger == BEGINS) {
        begins(s, cut_number(&rest), line->number);
    } else {
        rest = sv_tail(rest, sv_find(rest, SV("ttempt ")));
        const uint64_t number = cut_number(&rest);
        const bool counted = sv_starts(sv_trim(rest), SV("/")) || sv_starts(rest, SV(" of "));
        failed(s, number, counted ? cut_number(&rest) : 0, line->number);
    }
    return true;
}

static bool is_followed(const struct attempts *s, uint64_t line)
{
    for (size_t i = 0; i < s->count; i++) {
        if (line >= s->tries[i].first && line <= s->tries[i].last)
            return true;
    }
    return false;
}

/* The same cause, seen by the last try or behind it as well. */
static bool comes_again(const struct attempts *s, const struct evidence *e, const struct finding *f)
{
    for (size_t i = 0; i < e->finding_count; i++) {
        const struct finding *g = &e->findings[i];
        if (g->line > f->line && g->kind == f->kind && sv_equal(g->detail, f->detail) &&
            g->severity > SEVERITY_SYMPTOM && !is_followed(s, g->line))
            return true;
    }
    return false;
}

static bool at_end(void *state, const struct analysis *a, const struct log_facts *facts,
                   struct err *err)
{
    const struct attempts *s = state;
    struct evidence *e = a->evidence;
    (void)facts;
    (void)err;
    for (size_t i = 0; i < e->finding_count && s->count > 0; i++) {
        struct finding *f = &e->findings[i];
        if (f->authority > AUTHORITY_TESTS || f->severity <= SEVERITY_SYMPTOM ||
            !is_followed(s, f->line) || comes_again(s, e, f))
            continue;
        f->severity = SEVERITY_SYMPTOM;
        f->explains_count = 0;
    }
    return true;
}

extern const struct analyzer analyzer_attempts;
const struct analyzer analyzer_attempts = {
    .name = "attempts",
    .summary = "what a try printed that another one followed",
    .kinds = LOG_KINDS,
    .state_size = sizeof(struct attempts),
    .triggers = triggers,
    .line = on_line,
    .end = at_end,
};
