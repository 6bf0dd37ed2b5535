/* sections: which step of a loose log failed, by the marks of the CI system: GitHub Actions prints
 * `##[group]Run x` before a step and `##[error]` in one that failed, Travis `$ x` before a command
 * and its exit status behind it, GitLab `$ x` before a command of the one section that runs the
 * script, Jenkins a stage's name before it and which stages it skips for its failure, Buildkite the
 * header of a section and a mark that opens it when its command failed. What other steps print is
 * beside the matter. */
#include "common.h"

enum {
    ACTIONS_BEGINS,
    ACTIONS_AFTER,
    ACTIONS_EXIT,
    ACTIONS_ERROR,
    TRAVIS_BEGINS,
    TRAVIS_FAILED,
    GITLAB_SCRIPT,
    GITLAB_ENDS,
    GITLAB_FAILED,
    JENKINS_STAGE,
    JENKINS_SKIPS,
    BUILDKITE_HEADER,
    BUILDKITE_FAILED
};
static const struct trigger triggers[] = {
    [ACTIONS_BEGINS] = {"^##\\[group\\]Run ", true},
    [ACTIONS_AFTER] = {"^Post job cleanup\\.$", true},
    [ACTIONS_EXIT] = {"^##\\[error\\]Process completed with exit code [1-9]", true},
    [ACTIONS_ERROR] = {"^##\\[error\\]", true},
    [TRAVIS_BEGINS] = {"^\\$ \\S", true},
    [TRAVIS_FAILED] = {"^The command \".*\" (exited with|failed and exited with) [1-9]", true},
    /* The headers of the runner's own sections; the marks themselves are not visible. */
    [GITLAB_SCRIPT] = {"^Executing \"(step|build)_script\" stage of the job script", true},
    [GITLAB_ENDS] = {"^(Running after.script|Saving cache for|Uploading artifacts for|"
                     "Cleaning up (project directory|file based variables))",
                     true},
    [GITLAB_FAILED] = {"^ERROR: Job failed: (exit code|exit status|command terminated)", true},
    [JENKINS_STAGE] = {"^\\[Pipeline\\] \\{ \\(", true},
    [JENKINS_SKIPS] = {"^Stage \".*\" skipped due to earlier failure", true},
    [BUILDKITE_HEADER] = {"^(~~~|---|\\+\\+\\+) \\S", true},
    [BUILDKITE_FAILED] =
        {"^\\^\\^\\^ \\+\\+\\+$|^\\S* ?Error: The command exited with status [1-9]", true},
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
    uint64_t script;              /* GitLab's section of the job's own commands; 0 outside */
    uint64_t last_line;           /* of that section */
    uint64_t stage, stage_before; /* Jenkins's; a stage that is skipped is begun as well */
    uint64_t header;              /* Buildkite's */
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

/* The last command of a script is the one that broke it. */
static void gitlab(struct sections *s, struct evidence *e, unsigned trigger, uint64_t line)
{
    if (trigger == GITLAB_SCRIPT) {
        s->script = line;
        s->command_count = 0;
        return;
    }
    if (trigger == GITLAB_ENDS && s->script > 0 && s->last_line == 0)
        s->last_line = line - 1;
    if (trigger != GITLAB_FAILED || s->script == 0)
        return;
    const struct command *last = &s->commands[(s->command_count - 1) % COMMANDS];
    fail(s, e, s->command_count > 0 ? last->line : s->script,
         s->last_line > 0 ? s->last_line : line, true);
}

static void jenkins(struct sections *s, struct evidence *e, unsigned trigger, uint64_t line)
{
    if (trigger == JENKINS_STAGE) {
        s->stage_before = s->stage;
        s->stage = line;
    } else if (!s->exact) {
        fail(s, e, s->stage_before, line, true);
    }
}

/* "--- a/file" and "+++ b/file" are of a difference, "--- FAIL: x" of a test. */
static bool is_header(struct sv text)
{
    static const struct sv others[] = {SV_INIT("a/"),      SV_INIT("b/"),   SV_INIT("/"),
                                       SV_INIT("FAIL"),    SV_INIT("PASS"), SV_INIT("SKIP"),
                                       SV_INIT("xpected"), SV_INIT("ctual")};
    const struct sv name = sv_tail(text, 4);
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        if (sv_starts(name, others[i]) || sv_starts(sv_tail(name, 1), others[i]))
            return false;
    }
    return true;
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
    case GITLAB_SCRIPT:
    case GITLAB_ENDS:
    case GITLAB_FAILED:
        gitlab(s, e, trigger, line->number);
        break;
    case JENKINS_STAGE:
    case JENKINS_SKIPS:
        jenkins(s, e, trigger, line->number);
        break;
    case BUILDKITE_HEADER:
        s->header = is_header(line->text) ? line->number : s->header;
        break;
    case BUILDKITE_FAILED:
        fail(s, e, s->header, line->number, true);
        break;
    case TRAVIS_BEGINS:
        if (s->last_line > 0)
            break; /* commands of GitLab's after_script */
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
    .summary = "the step of a loose log that failed, by the marks of five CI systems",
    .kinds = LOG_KINDS,
    .state_size = sizeof(struct sections),
    .triggers = triggers,
    .line = on_line,
};
