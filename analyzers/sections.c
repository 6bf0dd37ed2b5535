/* sections: which step of a loose log failed, by the marks of the CI system: GitHub Actions prints
 * `##[group]Run x` before a step and `##[error]` in one that failed, Travis `$ x` before a command
 * and its exit status behind it. What other steps print is beside the matter. */
#include "common.h"

enum { ACTIONS_BEGINS, ACTIONS_AFTER, ACTIONS_EXIT, ACTIONS_ERROR, TRAVIS_BEGINS, TRAVIS_FAILED };
static const struct trigger triggers[] = {
    [ACTIONS_BEGINS] = {"^##\\[group\\]Run ", true},
    [ACTIONS_AFTER] = {"^Post job cleanup\\.$", true},
    [ACTIONS_EXIT] = {"^##\\[error\\]Process completed with exit code [1-9]", true},
    [ACTIONS_ERROR] = {"^##\\[error\\]", true},
    [TRAVIS_BEGINS] = {"^\\$ \\S", true},
    [TRAVIS_FAILED] = {"^The command \".*\" (exited with|failed and exited with) [1-9]", true},
    {NULL, false},
};

enum { COMMANDS = 32 }; /* the last ones; what a command itself echoes looks the same */

struct command {
    uint64_t hash;
    uint64_t line;
};

struct sections {
    uint64_t begin; /* line of the step that runs; 0 before the first */
    bool exact;     /* those that failed are known by their exit status */
    size_t count;   /* of those that failed */
    struct command commands[COMMANDS];
    size_t command_count;
};

static uint64_t hash_of(struct sv text)
{
    uint64_t hash = 0xcbf29ce484222325U;
    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ (unsigned char)text.ptr[i]) * 0x100000001b3U;
    return hash;
}

static uint64_t begin_of(const struct sections *s, struct sv command)
{
    const uint64_t hash = hash_of(command);
    const size_t kept = s->command_count < COMMANDS ? s->command_count : COMMANDS;
    for (size_t i = 1; i <= kept; i++) {
        const struct command *c = &s->commands[(s->command_count - i) % COMMANDS];
        if (c->hash == hash)
            return c->line;
    }
    return 0;
}

/* An exit status says more than an annotation, which a step that passes may print too. */
static void fail(struct sections *s, struct evidence *e, uint64_t first, uint64_t last, bool exact)
{
    if (first == 0 || (s->exact && !exact))
        return;
    if (exact && !s->exact)
        s->count = 0;
    s->exact = exact;
    if (s->count > 0 && e->failing[s->count - 1].first == first)
        e->failing[s->count - 1].last = last;
    else if (s->count < FAILING_MAX)
        e->failing[s->count++] = (struct line_range){.first = first, .last = last};
    if (s->count < FAILING_MAX)
        e->failing[s->count] = (struct line_range){0};
}

static void travis_failed(struct sections *s, struct evidence *e, const struct line *line)
{
    const struct sv rest = sv_tail(line->text, sizeof("The command \"") - 1);
    const struct sv command = sv_head(rest, sv_find_last(rest, '"'));
    fail(s, e, begin_of(s, command), line->number, true);
}

static bool on_line(void *state, const struct analysis *a, const struct line *line,
                    unsigned trigger, struct err *err)
{
    struct sections *s = state;
    struct evidence *e = a->evidence;
    (void)err;
    switch (trigger) {
    case ACTIONS_BEGINS:
    case ACTIONS_AFTER:
        s->begin = line->number;
        break;
    case ACTIONS_EXIT:
        fail(s, e, s->begin, line->number, true);
        break;
    case ACTIONS_ERROR:
        fail(s, e, s->begin, line->number, false);
        break;
    case TRAVIS_BEGINS:
        s->commands[s->command_count++ % COMMANDS] =
            (struct command){.hash = hash_of(sv_tail(line->text, 2)), .line = line->number};
        break;
    default:
        travis_failed(s, e, line);
        break;
    }
    return true;
}

extern const struct analyzer analyzer_sections;
const struct analyzer analyzer_sections = {
    .name = "sections",
    .summary = "the step of a loose log that failed, by the marks of GitHub Actions and Travis",
    .kinds = LOG_KINDS,
    .state_size = sizeof(struct sections),
    .triggers = triggers,
    .line = on_line,
};
