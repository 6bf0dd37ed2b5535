/* error-lines: lines that look like an error, scored; the answer when no rule matches. A form that
 * only tools print says more than a word, the first of a cascade more than the last, the end of a
 * log more than its middle, and what is printed again and again next to nothing. */
#include "common.h"

/* clang-format off */
/* How a line looks, and what that is worth; the best first, as a line is told with its first form. */
#define FORMS(ROW) \
    ROW(90, "^\\S+:[0-9]+(:[0-9]+)?: (fatal )?error\\b|^(/|[A-Za-z]:\\\\)\\S+:[0-9]+:.*\\berror:") \
    ROW(88, "TEST-UNEXPECTED-[A-Z]+ \\||PROCESS-CRASH \\||\\bpanic: |Segmentation fault|core dumped|AddressSanitizer|^fatal error: ") \
    ROW(84, "undefined reference to|undefined symbol|unresolved external|No space left on device|Out ?[Oo]f ?[Mm]emory|OOMKilled|Cannot allocate memory") \
    ROW(82, "^ *(Caused by: )?[A-Za-z_][\\w.]*(Error|Exception|Timeout|Failure)(: .*)?$") \
    ROW(80, "^E   +[A-Za-z_][\\w.]*(Error|Exception|Exit|Failure|Timeout|Interrupt)\\b") \
    ROW(78, "^(FAIL|FAILED|ERROR)[: ] ?\\S+(::|\\.py\\b| \\()|--- FAIL: |^not ok [0-9]|^\\[  FAILED  \\] |<<< (FAILURE|ERROR)!|^\\S.* > .* FAILED$|\\[(Fail|FAIL|FAILED)\\] ") \
    ROW(76, "(^|[ ,(=])[1-9][0-9]* (failed|failing|failures?|errors?)\\b|(failures|errors|Failures|Errors)[=:] ?[1-9]|^FAIL! -- ") \
    ROW(74, "^(\\[[^]]*\\] *)?(fatal|FATAL|Fatal|CRITICAL): |^\\[[\\w:. -]*(error|ERROR|fatal|FATAL)\\]|^ERRO\\[|^(\\w+: )?(error|ERROR|Error): \\S|level=(error|fatal)|##\\[error\\]") \
    ROW(70, "\\b(error|ERROR|Error)(\\[\\w+\\])?: ") \
    ROW(66, "^E    |[A-Za-z]+(Error|Exception)\\b") \
    ROW(62, "(?i)\\b(does not exist|no such (file|property|host)|not found|permission denied|access denied|timed out|refused|could not resolve|unauthorized)\\b") \
    ROW(60, "(?i)(^|[^\\w-])(cannot|could not|can't|couldn't|unable to|failed to) \\w") \
    ROW(58, "(?i)\\bassert(ion)? ?(failed|error)|^Killed$|\\bAborted\\b|\\baborted\\b|Aborting|Terminated") \
    ROW(50, "\\b(FATAL|CRITICAL|FAILURE|FAILED|FAIL|ERROR|Failed|failed)\\b") \
    ROW(45, "^> \\S") \
    ROW(40, "(?i)\\b(error|fatal|exception|crash(ed)?|violations?)\\b") \
    ROW(20, "Traceback \\(most recent call last\\)|^\\* What went wrong:")

#define AS_TRIGGER(score, pattern) {pattern, false},
static const struct trigger triggers[] = {FORMS(AS_TRIGGER){NULL, false}};
#define AS_SCORE(score, pattern) score,
static const int base_scores[] = {FORMS(AS_SCORE)};
/* clang-format on */

enum {
    GRADLE_REASON = 14, /* the form of "> why", which means something behind a heading only */
    HEADING = 16,
    HEADING_LINES = 4,
    LOOKED_AT = 600,
    SEEN_SLOTS = 512,
    TAIL_LINES = 300,
    TAIL_SCORE = 10,
};

struct mark {
    struct sv words;
    int score;
};

/* What takes a line's weight away, or adds to it. */
static const struct mark marks[] = {
    {SV_INIT("0 error"), -100},
    {SV_INIT("no error"), -100},
    {SV_INIT("errors: 0"), -100},
    {SV_INIT("--- PASS"), -100},
    {SV_INIT("expected to fail"), -60},
    {SV_INIT("xfail"), -50},
    {SV_INIT("DEBUG"), -40},
    {SV_INIT("set -e"), -40},
    {SV_INIT("exit code"), -35},
    {SV_INIT("exit status"), -35},
    {SV_INIT("exited with"), -35},
    {SV_INIT("Failed to execute goal"), -30},
    {SV_INIT("Execution failed for task"), -30},
    {SV_INIT("There were failing tests"), -30},
    {SV_INIT("uild failed"), -30},
    {SV_INIT("BUILD FAILED"), -30},
    {SV_INIT("BUILD FAILURE"), -30},
    {SV_INIT("Error 1"), -30},
    {SV_INIT("Error 2"), -30},
    {SV_INIT("WARN"), -30},
    {SV_INIT("warning"), -30},
    {SV_INIT("Warning"), -30},
    {SV_INIT("deprecat"), -30},
    {SV_INIT("ignor"), -30},
    {SV_INIT("PASS"), -30},
    {SV_INIT("INFO"), -25},
    {SV_INIT("cleanup"), -25},
    {SV_INIT("teardown"), -25},
    {SV_INIT("echo "), -25},
    {SV_INIT("retry"), -20},
    {SV_INIT("Retry"), -20},
    {SV_INIT("Installing"), -20},
    {SV_INIT("ok "), -5},
    {SV_INIT("-Werror"), 5},
    {SV_INIT("COMPILATION ERROR"), 10},
};

_Static_assert(COUNT_OF(marks) <= 64, "a bit a mark");

struct seen {
    uint64_t hash;
    uint32_t count;
};

struct error_lines {
    struct seen seen[SEEN_SLOTS]; /* open addressing; when full, nothing more is remembered */
    size_t seen_count;
    uint64_t heading_line;
    bool ready;
    uint8_t first[256], next[COUNT_OF(marks)]; /* chains of marks by their first byte; 0 ends one */
};

static void chain_marks(struct error_lines *s)
{
    for (size_t i = COUNT_OF(marks); i > 0; i--) {
        uint8_t *const first = &s->first[(unsigned char)marks[i - 1].words.ptr[0]];
        s->next[i - 1] = *first;
        *first = (uint8_t)i;
    }
    s->ready = true;
}

/* What the marks in a line add up to, each once, in one pass. */
static int sum_of_marks(const struct error_lines *s, struct sv text)
{
    uint64_t found = 0;
    int sum = 0;
    for (size_t at = 0; at < text.len; at++) {
        for (size_t i = s->first[(unsigned char)text.ptr[at]]; i > 0; i = s->next[i - 1]) {
            const struct mark *m = &marks[i - 1];
            if ((found >> (i - 1) & 1) == 0 && sv_starts(sv_tail(text, at), m->words)) {
                found |= (uint64_t)1 << (i - 1);
                sum += m->score;
            }
        }
    }
    return sum;
}

/* How often the line was there before, whatever its numbers. */
static uint32_t seen_before(struct error_lines *s, struct sv text)
{
    uint64_t hash = 0xcbf29ce484222325U;
    bool hex = false; /* behind "0x" letters are digits too */
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.ptr[i];
        hex = (hex && ((c >= 'a' && c <= 'f') || (c >= '0' && c <= '9'))) ||
              (c == 'x' && i > 0 && text.ptr[i - 1] == '0');
        if (!hex && (c < '0' || c > '9') && c != ' ')
            hash = (hash ^ (unsigned char)c) * 0x100000001b3U;
    }
    size_t at = hash % SEEN_SLOTS;
    while (s->seen[at].count > 0 && s->seen[at].hash != hash)
        at = (at + 1) % SEEN_SLOTS;
    if (s->seen[at].count == 0) {
        if (s->seen_count > SEEN_SLOTS / 2)
            return 0;
        s->seen_count++;
        s->seen[at].hash = hash;
    }
    return s->seen[at].count++;
}

static int score_of(const struct error_lines *s, const struct line *line, unsigned form)
{
    const struct sv text = sv_head(line->text, LOOKED_AT);
    const bool headed = s->heading_line > 0 && line->number - s->heading_line <= HEADING_LINES;
    int score = base_scores[form];
    if (sv_starts(text, SV("> ")))
        score = headed ? 80 : form == GRADLE_REASON ? 0 : score;
    return score + sum_of_marks(s, text) - (text.len > 300 ? 10 : 0);
}

static bool on_line(void *state, const struct analysis *a, const struct line *line,
                    unsigned trigger, struct err *err)
{
    struct error_lines *s = state;
    if (!s->ready)
        chain_marks(s);
    const int score = score_of(s, line, trigger);
    if (trigger == HEADING)
        s->heading_line = line->number;
    if (score <= 0 || seen_before(s, sv_head(line->text, LOOKED_AT)) > 0)
        return true;
    return evidence_add_line(
        a->evidence,
        &(struct error_line){
            .line = line->number, .offset = line->offset, .score = score, .text = line->text},
        err);
}

/* A build ends soon after what broke it. */
static bool at_end(void *state, const struct analysis *a, const struct log_facts *facts,
                   struct err *err)
{
    struct evidence *e = a->evidence;
    (void)state;
    (void)err;
    for (size_t i = 0; i < e->line_count; i++) {
        struct error_line *l = &e->lines[i];
        if (l->line + TAIL_LINES >= facts->lines)
            l->score += TAIL_SCORE;
    }
    return true;
}

extern const struct analyzer analyzer_error_lines;
const struct analyzer analyzer_error_lines = {
    .name = "error-lines",
    .summary = "lines that look like an error, for builds that no rule explains",
    .kinds = LOG_KINDS,
    .state_size = sizeof(struct error_lines),
    .triggers = triggers,
    .line = on_line,
    .end = at_end,
};
