/* context: what stands around a finding. What a test prints, a retry that follows, a warning's mark or
 * the echo of a command take weight from it: it explains nothing then, and decides only where
 * nothing else speaks. Runs at the end, over what the rules and other analyzers found. */
#include "common.h"

enum { OPENS, CLOSES, RETRIES };
/* clang-format off */
static const struct trigger triggers[] = {
    /* The output of one test begins: the failure headers and captured output of frameworks. */
    [OPENS] = {"^not ok [0-9]"
               "|^(FAIL|ERROR): \\w+ \\("
               "|^___+ \\S"
               "|^-----+ Captured (stdout|stderr|log) "
               "|^---- \\S+ stdout ----"
               "|^=== (RUN|CONT) "
               "|^\\[ RUN      \\]"
               "|<<< (FAILURE|ERROR)!"
               "|^(\\[INFO\\] )?Running [\\w.$]+$"
               "| > .* (FAILED|STANDARD_OUT|STANDARD_ERR)$"
               "|Start +[0-9]+: |^test\\w* \\([\\w.]+\\) \\.\\.\\."
               "|TEST-START \\| "
               "|[0-9] failing$|^  \xe2\x97\x8f |^Failures:$", false},
    [CLOSES] = {"^ok [0-9]|^  \\.\\.\\.$"
                "|^Ran [0-9]+ tests? in "
                "|^===+ [^=]"
                "|^failures:$|^test result: "
                "|^(FAIL|ok|PASS|--- (PASS|FAIL|SKIP):)\\s|^=== (NAME|PAUSE) "
                "|/[0-9]+ Test +#|TEST-(OK|PASS|UNEXPECTED|KNOWN)"
                "|^\\[  FAILED  \\]|^\\[       OK \\]|^\\[-----+\\]"
                "|Tests run: |^Results ?:$|^> Task |^BUILD "
                "|^Tests: |^Test Suites: |[0-9] examples?, "
                "|^##\\[|^The command \"|^npm (ERR!|error) |^make(\\[[0-9]+\\])?: ", false},
    [RETRIES] = {"[Ww]ill retry|[Rr]etrying|[Rr]etry (in|after|[0-9]+ ?(of|/)) |before retry"
                 "|tries (remaining|left)|[Tt]ry(ing)? again"
                 "|ttempt [0-9]+ ?(of|/) ?[0-9]+ failed", false},
    {NULL, false},
};
/* clang-format on */

enum { SPANS = 64, RETRY_LINES = 128, OPEN_LINES = 400, NEAR_LINES = 2, GOES_ON = 5 };

struct context {
    struct line_range spans[SPANS]; /* that tests printed; in order, none touches the next */
    size_t span_count;
    uint64_t open; /* the line that began the last one; 0: it is closed */
    uint64_t retries[RETRY_LINES];
    size_t retry_count;
};

static void close_span(struct context *s, uint64_t line)
{
    if (s->open > 0)
        s->spans[s->span_count - 1].last =
            line < s->open + OPEN_LINES ? line : s->open + OPEN_LINES;
    s->open = 0;
}

static void open_span(struct context *s, uint64_t line)
{
    const bool touches = s->span_count > 0 && s->spans[s->span_count - 1].last + 1 == line;
    if (!touches && s->span_count == SPANS)
        return;
    if (!touches)
        s->spans[s->span_count++].first = line;
    s->open = line;
}

static bool on_line(void *state, const struct analysis *a, const struct line *line,
                    unsigned trigger, struct err *err)
{
    struct context *s = state;
    (void)a;
    (void)err;
    if (trigger == RETRIES) {
        if (s->retry_count < RETRY_LINES)
            s->retries[s->retry_count++] = line->number;
        return true;
    }
    close_span(s, line->number - 1);
    /* What keeps tests from being collected is not what a test printed. */
    if (trigger == OPENS && sv_find(line->text, SV(" ERROR collecting ")) == line->text.len)
        open_span(s, line->number);
    return true;
}

static bool is_printed_by_test(const struct context *s, uint64_t line)
{
    for (size_t i = 0; i < s->span_count; i++) {
        if (line > s->spans[i].first && line <= s->spans[i].last)
            return true;
    }
    return false;
}

static bool is_retried(const struct context *s, uint64_t line)
{
    for (size_t i = 0; i < s->retry_count; i++) {
        if (s->retries[i] >= line && s->retries[i] <= line + NEAR_LINES)
            return true;
    }
    return false;
}

/* A log's own mark of what is no error; a sanitizer's word is one. */
static bool is_warning(struct sv text)
{
    static const struct sv marks[] = {
        SV_INIT("##[warning]"), SV_INIT("::warning"), SV_INIT("WARNING: "), SV_INIT("warning: "),
        SV_INIT("Warning: "),   SV_INIT("[WARN"),     SV_INIT("WARN "),     SV_INIT("WARN["),
        SV_INIT("npm WARN"),    SV_INIT("npm warn"),  SV_INIT("W: ")};
    static const struct sv others[] = {SV_INIT("WARNING: DATA RACE"), SV_INIT("WARNING: CPU: "),
                                       SV_INIT("WARNING: ThreadSanitizer: "),
                                       SV_INIT("WARNING: MemorySanitizer: ")};
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        if (sv_starts(text, others[i]))
            return false;
    }
    for (size_t i = 0; i < COUNT_OF(marks); i++) {
        if (sv_starts(text, marks[i]))
            return true;
    }
    return sv_find(text, SV("level=warn")) < text.len;
}

/* "+ grep 'No space left' log": what a shell is about to run. */
static bool is_echo(struct sv text)
{
    size_t plus = 0;
    while (plus < text.len && text.ptr[plus] == '+')
        plus++;
    return (plus > 0 && plus < text.len && text.ptr[plus] == ' ' && plus + 1 < text.len &&
            text.ptr[plus + 1] != ' ' && !sv_starts(sv_tail(text, plus), SV(" exit "))) ||
           sv_starts(text, SV("##[group]Run ")) || sv_starts(text, SV("$ "));
}

/* What a machine, a network or a service did, which tests also print as their own matter. */
static bool is_of_surroundings(enum cause_kind kind)
{
    switch (kind) {
    case KIND_OOM:
    case KIND_DISK_FULL:
    case KIND_QUOTA:
    case KIND_DNS:
    case KIND_NETWORK:
    case KIND_PERMISSION:
    case KIND_REGISTRY:
    case KIND_IMAGE_PULL:
    case KIND_INFRA_NODE:
    case KIND_DEPENDENCY_DOWNLOAD:
    case KIND_CONFIG:
    case KIND_CLONE:
    case KIND_INTERRUPTED:
        return true;
    default:
        return false;
    }
}

/* The kernel's own line is of the machine, whoever's output it stands in. */
static bool is_kernels(struct sv text)
{
    return sv_find(text, SV("oom-killer")) < text.len ||
           sv_find(text, SV("Killed process")) < text.len;
}

/* What a test was to see, or its name. */
static bool is_about_a_test(struct sv text)
{
    static const struct sv words[] = {SV_INIT("xpected"),    SV_INIT("ssert"),
                                      SV_INIT("should "),    SV_INIT(" to equal "),
                                      SV_INIT("to contain"), SV_INIT("toEqual(")};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (sv_find(text, words[i]) < text.len)
            return true;
    }
    return false;
}

static bool has_failed_test(const struct evidence *e)
{
    for (size_t i = 0; i < e->finding_count; i++) {
        const struct finding *f = &e->findings[i];
        if (f->kind == KIND_TEST && f->severity >= SEVERITY_CAUSE)
            return true;
    }
    return false;
}

static bool at_end(void *state, const struct analysis *a, const struct log_facts *facts,
                   struct err *err)
{
    struct context *s = state;
    struct evidence *e = a->evidence;
    (void)err;
    close_span(s, facts->lines);
    const bool tests = has_failed_test(e);
    for (size_t i = 0; i < e->finding_count; i++) {
        struct finding *f = &e->findings[i];
        if (f->line == 0 || f->authority != AUTHORITY_LINE || f->severity <= SEVERITY_SYMPTOM)
            continue;
        const bool of_test = tests && is_of_surroundings(f->kind) && !is_kernels(f->excerpt) &&
                             (is_printed_by_test(s, f->line) || is_about_a_test(f->excerpt));
        const bool retried = is_retried(s, f->line) && f->line + GOES_ON < facts->lines;
        if (!of_test && !retried && !is_warning(f->excerpt) && !is_echo(f->excerpt))
            continue;
        f->severity = SEVERITY_SYMPTOM;
        f->explains_count = 0;
    }
    return true;
}

extern const struct analyzer analyzer_context;
const struct analyzer analyzer_context = {
    .name = "context",
    .summary = "findings in a test's output, before a retry, in a warning or a command's echo",
    .kinds = LOG_KINDS,
    .state_size = sizeof(struct context),
    .triggers = triggers,
    .line = on_line,
    .end = at_end,
};
