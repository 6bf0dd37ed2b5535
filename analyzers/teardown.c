/* teardown: what a log says behind the mark of its clean-up, where tests or a build failed before it, is
 * of the clean-up: it may break for what failed, and never is why. Runs at the end, over what the
 * rules and other analyzers found. */
#include "common.h"

enum { BY_SCRIPT, BY_SYSTEM, MARKS = 16, LINE_LOSS = 60 };

static const struct trigger triggers[] = {
    /* A shell's trace: a function of that name, or what takes a cluster down. */
    [BY_SCRIPT] = {"^\\++ (\\w+[-_])?(cleanup|clean_up|teardown|tear_down)\\b"
                   "|^\\++ (kind delete|minikube (delete|stop)|terraform (destroy|apply "
                   "-destroy)|vagrant destroy"
                   "|docker[- ]compose (\\S+ )*down|eksctl delete|k3d cluster delete)\\b",
                   true},
    [BY_SYSTEM] =
        {"^Cleaning up after docker|^Build teardown$|^Post job cleanup\\.$|^Running after.script$"
         "|^\\[Pipeline\\] \\{ \\(Declarative: Post Actions\\)"
         "|^~~~ Running \\S+ pre-exit hook|^##\\[section\\]Starting: Finalize Job",
         true},
    {NULL, false},
};

struct teardown {
    uint64_t marks[MARKS];
    size_t count;
    uint64_t system; /* the CI system's own, the last one */
};

static bool on_line(void *state, const struct analysis *a, const struct line *line,
                    unsigned trigger, struct err *err)
{
    struct teardown *s = state;
    (void)a;
    (void)err;
    if (trigger == BY_SYSTEM)
        s->system = line->number;
    if (s->count < MARKS)
        s->marks[s->count++] = line->number;
    return true;
}

static bool is_of_code(const struct finding *f)
{
    return f->severity >= SEVERITY_CAUSE &&
           (f->kind == KIND_TEST || f->kind == KIND_COMPILE || f->kind == KIND_LINT);
}

/* Some scripts clean up before they begin: tests that fail behind the mark tell. */
static bool divides(const struct evidence *e, uint64_t mark)
{
    bool before = false;
    for (size_t i = 0; i < e->finding_count; i++) {
        const struct finding *f = &e->findings[i];
        if (!is_of_code(f) || f->line == 0)
            continue;
        if (f->line > mark)
            return false;
        before = true;
    }
    return before;
}

static bool at_end(void *state, const struct analysis *a, const struct log_facts *facts,
                   struct err *err)
{
    const struct teardown *s = state;
    struct evidence *e = a->evidence;
    size_t first = 0;
    (void)facts;
    (void)err;
    while (first < s->count && !divides(e, s->marks[first]))
        first++;
    for (size_t i = 0; i < e->finding_count && first < s->count; i++) {
        struct finding *f = &e->findings[i];
        if (f->line > s->marks[first] && f->authority == AUTHORITY_LINE &&
            f->severity > SEVERITY_ROLLUP)
            f->phase = PHASE_TEARDOWN;
    }
    for (size_t i = 0; i < e->line_count && s->system > 0; i++)
        e->lines[i].score -= e->lines[i].line > s->system ? LINE_LOSS : 0;
    return true;
}

extern const struct analyzer analyzer_teardown;
const struct analyzer analyzer_teardown = {
    .name = "teardown",
    .summary = "what a log says behind the mark of its clean-up",
    .kinds = LOG_KINDS,
    .state_size = sizeof(struct teardown),
    .triggers = triggers,
    .line = on_line,
    .end = at_end,
};
