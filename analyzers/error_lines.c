/* error-lines: lines that look like an error, scored; the answer when no rule matches. A line near
 * the top of a cascade says more than the last one, and a form that only tools print more than a
 * word. */
#include "common.h"

static const struct trigger triggers[] = {
    {"(?i)\\berror\\b ?[:\\]!(]", false},
    {"^E  +", false},
    {"[A-Za-z]+(Error|Exception)(: |$)", false},
    {"\\b(FATAL|CRITICAL|FAILURE|FAILED|FAIL)\\b", false},
    {"(?i)\\bfatal( error)?:", false},
    {"\\bpanic: |Traceback \\(most|Segmentation fault|core dumped", false},
    {"(?i)(cannot|could not|can't|couldn't|unable to|failed to) ", false},
    {"(?i)(not found|no such file|permission denied|undefined reference|timed out)", false},
    {"(?i)assert(ion)? ?(failed|error)|AssertionError", false},
    {"\\bnot ok [0-9]", false},
    {NULL, false},
};

static const int base_scores[] = {60, 55, 70, 45, 75, 80, 30, 35, 70, 50};

struct mark {
    struct sv words;
    int score;
};

/* What takes a line's weight away, or adds to it. */
static const struct mark marks[] = {
    {SV_INIT("0 error"), -100},  {SV_INIT("no error"), -100},   {SV_INIT("errors: 0"), -100},
    {SV_INIT("Errors: 0"), -60}, {SV_INIT("warning"), -25},     {SV_INIT("WARN"), -30},
    {SV_INIT("Warning"), -25},   {SV_INIT("deprecat"), -30},    {SV_INIT("retry"), -20},
    {SV_INIT("Retry"), -20},     {SV_INIT("ignor"), -30},       {SV_INIT("expected to fail"), -60},
    {SV_INIT("xfail"), -50},     {SV_INIT("ok "), -5},          {SV_INIT("--- PASS"), -100},
    {SV_INIT("PASS"), -30},      {SV_INIT("cleanup"), -25},     {SV_INIT("teardown"), -25},
    {SV_INIT("exit code"), -35}, {SV_INIT("exit status"), -35}, {SV_INIT("exited with"), -30},
    {SV_INIT("Error 1"), -30},   {SV_INIT("Error 2"), -30},     {SV_INIT("DEBUG"), -40},
    {SV_INIT("INFO"), -25},      {SV_INIT("error: "), 15},      {SV_INIT("ERROR: "), 10},
    {SV_INIT("Caused by:"), 15}, {SV_INIT("fatal: "), 15},      {SV_INIT("-Werror"), 10},
    {SV_INIT("echo "), -25},     {SV_INIT("set -e"), -40},      {SV_INIT("+ "), -10},
};

static bool has_place(struct sv text)
{
    /* file.ext:12: */
    for (size_t i = 1; i + 2 < text.len && i < 200; i++) {
        if (text.ptr[i] == ':' && text.ptr[i + 1] >= '0' && text.ptr[i + 1] <= '9' &&
            text.ptr[i - 1] >= 'a' && text.ptr[i - 1] <= 'z')
            return true;
    }
    return false;
}

static bool on_line(void *state, const struct analysis *a, const struct line *line,
                    unsigned trigger, struct err *err)
{
    uint64_t *seen = state;
    const struct sv text = sv_head(line->text, 600);
    int score = base_scores[trigger];
    for (size_t i = 0; i < COUNT_OF(marks); i++)
        score += sv_find(text, marks[i].words) < text.len ? marks[i].score : 0;
    score += has_place(text) ? 15 : 0;
    score -= text.len > 300 ? 15 : 0;
    score -= *seen < 200 ? (int)(*seen / 20) : 10; /* the first of a cascade */
    (*seen)++;
    if (score <= 0)
        return true;
    return evidence_add_line(
        a->evidence,
        &(struct error_line){
            .line = line->number, .offset = line->offset, .score = score, .text = line->text},
        err);
}

extern const struct analyzer analyzer_error_lines;
const struct analyzer analyzer_error_lines = {
    .name = "error-lines",
    .summary = "lines that look like an error, for builds that no rule explains",
    .kinds = LOG_KINDS,
    .state_size = sizeof(uint64_t),
    .triggers = triggers,
    .line = on_line,
};
