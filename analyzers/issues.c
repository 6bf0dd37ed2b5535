/* issues: what compilers and linters say of places in the source; a log of nothing else. Source:
 * the reporters of gcc, clang, javac, Maven, MSBuild, tsc, ESLint, stylelint, yamllint, rustc,
 * CMake, ShellCheck, GHC, pydocstyle, the linters of Python, Go and Ruby. */
#include "issue_line.h"
#include "issue_report.h"

#include "judge/analyzer.h"

#include "common.h"

enum {
    EMPTY_MESSAGE,
    RUST,
    CMAKE,
    PYDOCSTYLE,
    SHELLCHECK_FILE,
    SHELLCHECK,
    ROW_FILE,
    ROW,
    COMMAND,
    LINES, /* this and the rest are whole in one line */
};

#define SOURCES                                                                                    \
    "(py|pyi|go|rb|rake|erb|haml|slim|ya?ml|sh|pp|hs|scala|java|kts?|rs|proto|jsx?|tsx?|c|h|cc|"   \
    "cpp|hpp|"                                                                                     \
    "lua|vhd|erl|php|swift|s?css)"

/* clang-format off */
static const struct trigger triggers[] = {
    /* GHC's, whose message is the next line. */
    [EMPTY_MESSAGE] = {"^\\S+:[0-9]+:[0-9]+: (error|warning):( \\[[^\\]]*\\])*$", true},
    [RUST] = {"^(error|warning)(\\[[A-Z][0-9]+\\])?: ", true},
    [CMAKE] = {"^CMake (Error|Warning|Deprecation Warning)( \\(dev\\))? at \\S+:[0-9]+ \\(", true},
    [PYDOCSTYLE] = {"^\\S+\\.py:[0-9]+ (at|in) .*:$", true},
    [SHELLCHECK_FILE] = {"^In \\S.* line [0-9]+:$", true},
    [SHELLCHECK] = {"^ *\\^-*\\^? (-- )?SC[0-9]{4}", true},
    /* With the line's end as a literal it costs half of what "$" does. */
    [ROW_FILE] = {"\\.([cm]?[jt]sx?|vue|s?css|ya?ml)\\n", false},
    [ROW] = {"^ +[0-9]+:[0-9]+ +(error|warning|\xe2\x9c\x96|\xe2\x9a\xa0|\xc3\x97|\xe2\x80\xbc) ", true},
    [COMMAND] = {"::(error|warning|notice) (.*,)?file=", false},
    [LINES] = {"[0-9]\\)? ?: *(fatal |Hint |internal compiler )?([Ee]rror|ERROR|[Ww]arning|WARNING)\\b", false},
    {"[0-9] - (error|warning) TS[0-9]", false},
    {"[0-9]: \\(?(style|performance|portability|information|Suggestion)\\b", false},
    {"\\." SOURCES ":[0-9]+(:[0-9]+)?:", false},
    {"[0-9] \\[[EW]\\] ", false},
    {"[0-9]: [CWEFRI]: ", false},
    {"^ *\\[(ERROR|WARN|WARNING|error|warn)\\] +\\S.*:\\[?[0-9]+[,:\\]]", false},
    {"^[ew]: \\S.*\\.kts?:", false},
    {": line [0-9]+, col [0-9]+, (Error|Warning) - ", false},
    {"\\] +\\[[1-5]\\]$", false},
    {"(None|:): (WARNING|ERROR|SEVERE): ", false},
    {" : (fatal )?(error|warning) [A-Z]+[0-9]+:", false},
    {"\\b[Ss]ucceeded\\b|\\bSUCCESS|\\b[Ss]uccessful|\\bBuilt target |[ (]0 [Ee]rror|\\b[1-9][0-9]* passed\\b|exited with (code )?0\\b", true},
    {NULL, false},
};
/* clang-format on */

/* That all went well, unless the line is an issue. */
enum { WENT_WELL = COUNT_OF(triggers) - 2 };

enum { KEPT = 512 };

struct kept { /* text of an earlier line */
    char text[KEPT];
    size_t len;
};

struct issues {
    unsigned waiting;   /* the trigger of what is not whole; COUNT_OF(triggers): nothing */
    struct issue issue; /* without its views */
    struct kept file, message, code;
    uint64_t row_line; /* of the file's name or the last row under it */
    struct issue_report report;
    bool started;
};

static void keep(struct kept *k, struct sv text)
{
    k->len = text.len < KEPT ? text.len : KEPT;
    if (k->len > 0)
        memcpy(k->text, text.ptr, k->len);
}

static struct sv kept(const struct kept *k)
{
    return (struct sv){.ptr = k->text, .len = k->len};
}

static bool add(struct issues *s, const struct analysis *a, const struct line *line,
                struct issue issue, struct err *err)
{
    issue.line = line->number;
    issue.offset = line->offset;
    if (issue.message.len == 0)
        return true;
    issue_report_issue(&s->report, line, &issue);
    return evidence_add_issue(a->evidence, &issue, err);
}

/* ---- messages of several lines ---- */

static void wait_for(struct issues *s, unsigned trigger, const struct line *line,
                     const struct issue *issue)
{
    s->waiting = trigger;
    s->issue = *issue;
    s->issue.line = line->number;
    s->issue.offset = line->offset;
    keep(&s->file, issue->file);
    keep(&s->message, issue->message);
    keep(&s->code, issue->code);
}

static bool tell_waiting(struct issues *s, const struct analysis *a, struct err *err)
{
    const struct line line = {.number = s->issue.line, .offset = s->issue.offset};
    s->waiting = COUNT_OF(triggers);
    s->issue.file = kept(&s->file);
    s->issue.message = kept(&s->message);
    s->issue.code = kept(&s->code);
    return add(s, a, &line, s->issue, err);
}

/* What is not whole when another begins: of CMake's a part of the message is enough. */
static bool drop_waiting(struct issues *s, const struct analysis *a, struct err *err)
{
    if (s->waiting == CMAKE)
        return tell_waiting(s, a, err);
    s->waiting = COUNT_OF(triggers);
    return true;
}

static bool begin_rust(struct issues *s, const struct line *line)
{
    struct issue issue = {.tool = SV("rustc")};
    const size_t colon = sv_find(line->text, SV(": "));
    const struct sv head = sv_head(line->text, colon);
    const size_t open = sv_find_char(head, '[');
    issue.severity = sv_starts(head, SV("error")) ? ISSUE_ERROR : ISSUE_WARNING;
    issue.message = sv_trim(sv_tail(line->text, colon + 2));
    if (open < head.len)
        issue.code = sv_head(sv_tail(head, open + 1), head.len - open - 2);
    wait_for(s, RUST, line, &issue);
    return true;
}

static bool begin_cmake(struct issues *s, const struct line *line)
{
    struct issue issue = {.tool = SV("cmake")};
    const struct sv rest = sv_tail(line->text, sv_find(line->text, SV(" at ")) + 4);
    issue.severity = sv_starts(line->text, SV("CMake Error")) ? ISSUE_ERROR : ISSUE_WARNING;
    if (issue_line_place(sv_head(rest, sv_find(rest, SV(" ("))), &issue))
        wait_for(s, CMAKE, line, &issue);
    return true;
}

/* "a.hs:3:5: error: [GHC-1]" and "a.py:1 at module level:": the place, then the message. */
static bool begin_place(struct issues *s, unsigned trigger, const struct line *line)
{
    struct issue issue = {.severity = ISSUE_WARNING};
    struct sv place = line->text;
    if (trigger == EMPTY_MESSAGE) {
        const size_t error = sv_find(place, SV(": error:"));
        issue.severity = error < place.len ? ISSUE_ERROR : ISSUE_WARNING;
        place = sv_head(place, error < place.len ? error : sv_find(place, SV(": warning:")));
    } else {
        place = sv_head(place, sv_find_char(place, ' '));
        issue.tool = SV("pydocstyle");
    }
    if (issue_line_place(place, &issue))
        wait_for(s, trigger, line, &issue);
    return true;
}

static bool continue_cmake(struct issues *s, const struct analysis *a, struct sv text,
                           struct err *err)
{
    const struct sv part = sv_trim(text);
    if (part.len == 0 && s->message.len == 0)
        return true;
    if (part.len == 0 || !sv_starts(text, SV("  ")))
        return tell_waiting(s, a, err);
    if (s->message.len > 0 && s->message.len < KEPT)
        s->message.text[s->message.len++] = ' ';
    const size_t room = KEPT - s->message.len;
    const size_t len = part.len < room ? part.len : room;
    memcpy(s->message.text + s->message.len, part.ptr, len);
    s->message.len += len;
    return true;
}

/* A line behind one that began a message. */
static bool continued(struct issues *s, const struct analysis *a, const struct line *line,
                      struct err *err)
{
    struct sv text = sv_trim(line->text);
    if (s->waiting == CMAKE)
        return continue_cmake(s, a, line->text, err);
    if (s->waiting == RUST) {
        struct issue place = {0};
        if (!sv_starts(text, SV("--> ")) || !issue_line_place(sv_tail(text, 4), &place))
            return true;
        keep(&s->file, place.file);
        s->issue.source_line = place.source_line;
        s->issue.source_column = place.source_column;
        return tell_waiting(s, a, err);
    }
    if (text.len == 0 || s->waiting >= COUNT_OF(triggers))
        return true;
    if (sv_starts(text, SV("\xe2\x80\xa2"))) /* GHC's bullet */
        text = sv_trim(sv_tail(text, 3));
    struct issue issue = {0};
    issue_line_split(&issue, text);
    keep(&s->message, issue.message);
    keep(&s->code, issue.code);
    return tell_waiting(s, a, err);
}

/* ---- messages below the name of their file ---- */

/* Only a name: no sentence, and no place behind it. */
static bool is_name_alone(struct sv text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (strchr("()\"'<>|", text.ptr[i]) != NULL || (text.ptr[i] == ':' && i != 1))
            return false;
    }
    return text.len <= KEPT;
}

static bool file_named(struct issues *s, unsigned trigger, const struct line *line)
{
    struct sv name = sv_trim(line->text);
    if (trigger == ROW_FILE && !is_name_alone(name))
        return true;
    if (trigger == SHELLCHECK_FILE) {
        const size_t at = sv_find_last(sv_head(name, name.len - 1), ' ');
        s->issue.source_line = 0;
        (void)sv_u64(sv_tail(sv_head(name, name.len - 1), at + 1), &s->issue.source_line);
        name = sv_tail(sv_head(name, sv_find(name, SV(" line "))), 3);
    }
    keep(&s->file, name);
    s->row_line = line->number;
    issue_report_heading(&s->report, line);
    return true;
}

static bool row(struct issues *s, const struct analysis *a, const struct line *line,
                struct err *err)
{
    enum { GAP = 3 }; /* a long message is wrapped */
    struct issue issue = {0};
    if (s->row_line == 0 || line->number - s->row_line > GAP || !issue_line_row(line->text, &issue))
        return true;
    s->row_line = line->number;
    issue.file = kept(&s->file);
    return add(s, a, line, issue, err);
}

/* "  ^-- SC2086 (info): Double quote …" */
static bool shellcheck(struct issues *s, const struct analysis *a, const struct line *line,
                       struct err *err)
{
    enum { SHOWN = 40 }; /* lines of source above it */
    struct issue issue = {.severity = ISSUE_WARNING, .tool = SV("shellcheck")};
    const struct sv text = sv_tail(line->text, sv_find(line->text, SV("SC")));
    const size_t colon = sv_find(text, SV(": "));
    if (s->row_line == 0 || line->number - s->row_line > SHOWN || colon == text.len)
        return true;
    const struct sv head = sv_head(text, colon);
    if (sv_find(head, SV("(error)")) < head.len)
        issue.severity = ISSUE_ERROR;
    else if (sv_find(head, SV("(info)")) < head.len || sv_find(head, SV("(style)")) < head.len)
        issue.severity = ISSUE_NOTE;
    issue.code = sv_head(head, sv_find_char(head, ' '));
    issue.message = sv_trim(sv_tail(text, colon + 2));
    issue.file = kept(&s->file);
    issue.source_line = s->issue.source_line;
    return add(s, a, line, issue, err);
}

/* ---- GitHub's workflow commands ---- */

static struct sv property(struct sv properties, struct sv name)
{
    const size_t at = sv_find(properties, name);
    const struct sv value = sv_tail(properties, at + name.len);
    return sv_head(value, sv_find_char(value, ','));
}

/* "::error file=a.js,line=1,col=5::message" */
static bool command(struct issues *s, const struct analysis *a, const struct line *line,
                    struct err *err)
{
    struct issue issue = {.severity = ISSUE_NOTE};
    const struct sv text = sv_tail(line->text, sv_find(line->text, SV("::")) + 2);
    const size_t end = sv_find(text, SV("::"));
    const struct sv properties = sv_head(text, end);
    if (end == text.len)
        return true;
    if (sv_starts(properties, SV("error")))
        issue.severity = ISSUE_ERROR;
    else if (sv_starts(properties, SV("warning")))
        issue.severity = ISSUE_WARNING;
    issue.file = property(properties, SV("file="));
    (void)sv_u64(property(properties, SV("line=")), &issue.source_line);
    (void)sv_u64(property(properties, SV("col=")), &issue.source_column);
    issue_line_split(&issue, sv_tail(text, end + 2));
    return issue.file.len == 0 || add(s, a, line, issue, err);
}

/* "a.c:1:2: note: declared here" belongs to the issue before it. */
static bool is_note(struct issues *s, const struct line *line, const struct issue *issue)
{
    const bool note =
        issue->severity == ISSUE_NOTE && sv_find(line->text, SV(": note: ")) < line->text.len;
    if (note)
        issue_report_heading(&s->report, line);
    return note;
}

static bool look_at(struct issues *s, const struct analysis *a, const struct line *line,
                    unsigned trigger, struct err *err)
{
    struct issue issue = {0};
    if (!s->started)
        s->waiting = COUNT_OF(triggers);
    s->started = true;
    if (trigger == WENT_WELL)
        s->report.went_well = true;
    const bool waits = s->waiting < COUNT_OF(triggers);
    const bool whole = trigger >= LINES && trigger != TRIGGER_AFTER &&
                       (!waits || s->waiting != CMAKE) && issue_line_parse(line->text, &issue);
    if (trigger == TRIGGER_AFTER || (waits && trigger >= ROW_FILE && !whole))
        return continued(s, a, line, err);
    if (!drop_waiting(s, a, err))
        return false;
    switch (trigger) {
    case RUST:
        return begin_rust(s, line);
    case CMAKE:
        return begin_cmake(s, line);
    case EMPTY_MESSAGE:
    case PYDOCSTYLE:
        return begin_place(s, trigger, line);
    case SHELLCHECK_FILE:
    case ROW_FILE:
        return file_named(s, trigger, line);
    case SHELLCHECK:
        return shellcheck(s, a, line, err);
    case ROW:
        return row(s, a, line, err);
    case COMMAND:
        return command(s, a, line, err);
    default:
        return !whole || is_note(s, line, &issue) || add(s, a, line, issue, err);
    }
}

static bool on_line(void *state, const struct analysis *a, const struct line *line,
                    unsigned trigger, struct err *err)
{
    struct issues *s = state;
    if (!look_at(s, a, line, trigger, err))
        return false;
    issue_report_behind(&s->report, line);
    return true;
}

static bool at_end(void *state, const struct analysis *a, const struct log_facts *facts,
                   struct err *err)
{
    struct issues *s = state;
    return !s->started || (drop_waiting(s, a, err) && issue_report_tell(&s->report, a, facts, err));
}

extern const struct analyzer analyzer_issues;
const struct analyzer analyzer_issues = {
    .name = "issues",
    .summary = "messages of compilers and linters: file, line, message; logs that are nothing else",
    .kinds = LOG_KINDS,
    .state_size = sizeof(struct issues),
    .triggers = triggers,
    .asks_after = ~(1u << SHELLCHECK_FILE | 1u << ROW_FILE | 1u << WENT_WELL),
    .line = on_line,
    .end = at_end,
};
