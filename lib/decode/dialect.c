#include "decode/dialect.h"

#include "decode/stamp.h"

enum { DETECT_LINES = 16 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t clock_prefix(struct sv line)
{
    static const char shape[] = "00:00:00";
    if (line.len < sizeof(shape) || line.ptr[8] != ' ')
        return 0;
    for (size_t i = 0; i < 8; i++) {
        if (shape[i] == '0' ? !is_digit(line.ptr[i]) : line.ptr[i] != ':')
            return 0;
    }
    return sizeof(shape);
}

/* GitLab's runner adds "00O " or "01E+" behind the stamp: section, stream, continued. */
static size_t gitlab_mark(struct sv rest)
{
    if (rest.len < 4 || !is_digit(rest.ptr[0]) || !is_digit(rest.ptr[1]) ||
        (rest.ptr[2] != 'O' && rest.ptr[2] != 'E') || (rest.ptr[3] != ' ' && rest.ptr[3] != '+'))
        return 0;
    return 4;
}

/* Logs that were joined have a byte order mark where each of them began. */
static size_t mark_of_order(struct sv line)
{
    const struct sv mark = SV("\xef\xbb\xbf");
    return sv_starts(line, mark) ? mark.len : 0;
}

static size_t rfc3339_prefix(struct sv line)
{
    const size_t mark = mark_of_order(line), stamp = stamp_rfc3339(sv_tail(line, mark));
    size_t len = stamp > 0 ? mark + stamp : 0;
    if (len == 0 || (len < line.len && line.ptr[len] != ' ' && line.ptr[len] != '\r'))
        return 0;
    len += len < line.len && line.ptr[len] == ' ';
    return len + gitlab_mark(sv_tail(line, len));
}

static size_t brackets_prefix(struct sv line)
{
    struct stamp stamp;
    if (line.len == 0 || line.ptr[0] != '[' || !stamp_read(line, 0, &stamp))
        return 0;
    size_t len = stamp.len;
    len += len < line.len && line.ptr[len] == ' ';
    /* Taskcluster wraps what harnesses stamp already: "[task …Z] 10:00:00     INFO - text". */
    return len + clock_prefix(sv_tail(line, len));
}

size_t dialect_columns(enum dialect dialect, struct sv line)
{
    enum { COLUMNS_BYTES = 512 };
    const struct sv head = sv_head(line, COLUMNS_BYTES);
    size_t at = 0;
    if (dialect != DIALECT_TABS)
        return 0;
    for (int i = 0; i < 2; i++) {
        at += sv_find_char(sv_tail(head, at), '\t');
        if (at == head.len)
            return 0;
        at++;
    }
    return at + mark_of_order(sv_tail(line, at));
}

static size_t tabs_prefix(struct sv line)
{
    const size_t at = dialect_columns(DIALECT_TABS, line);
    const size_t len = at > 0 ? rfc3339_prefix(sv_tail(line, at)) : 0;
    return len > 0 ? at + len : 0;
}

static size_t digits_at(struct sv line, size_t at)
{
    size_t n = 0;
    while (at + n < line.len && is_digit(line.ptr[at + n]))
        n++;
    return n;
}

/* The runner's own word of a step: Woodpecker's "[test:L12:3s] text", Drone's "[test:12] text".
 * "[a.c:12] text" and "[a.c:12:3] text" are a tool's word of a place. */
static size_t step_prefix(struct sv line)
{
    enum { NAME_BYTES = 128 };
    const struct sv head = sv_head(line, NAME_BYTES);
    const size_t end = sv_find(head, SV("] ")), colon = sv_find_char(head, ':');
    if (end >= head.len || head.ptr[0] != '[' || colon < 2 || colon >= end ||
        sv_find_char(sv_head(head, colon), '.') < colon)
        return 0;
    size_t at = colon + 1;
    const bool woodpecker = head.ptr[at] == 'L';
    at += woodpecker;
    const size_t number = digits_at(head, at);
    at += number;
    if (woodpecker && head.ptr[at] == ':') {
        at += 1 + digits_at(head, at + 1);
        at += head.ptr[at] == 's';
    }
    return number > 0 && at == end ? end + 2 : 0;
}

/* "[10:11:12]W:\t [Step 1/2] text"; the letter is a blank, or of a warning, an error, the agent. */
static size_t teamcity_prefix(struct sv line)
{
    enum { CLOCK = sizeof("[00:00:00]") - 1 };
    const struct sv step = SV("[Step ");
    if (line.len < CLOCK + 2 || line.ptr[0] != '[' || line.ptr[CLOCK - 1] != ']' ||
        line.ptr[3] != ':' || line.ptr[6] != ':' || digits_at(line, 1) != 2 ||
        line.ptr[CLOCK + 1] != ':')
        return 0;
    size_t at = CLOCK + 2;
    while (at < line.len && (line.ptr[at] == ' ' || line.ptr[at] == '\t'))
        at++;
    if (!sv_starts(sv_tail(line, at), step))
        return at;
    const size_t close = sv_find(sv_tail(line, at), SV("] "));
    return at + close < line.len ? at + close + 2 : at;
}

/* "build\t03-Oct-2023 10:11:12\ttext", also "error", "simple", "command". */
static size_t bamboo_prefix(struct sv line)
{
    enum { WORD_BYTES = 10, STAMP = sizeof("03-Oct-2023 10:11:12") - 1 };
    const size_t tab = sv_find_char(sv_head(line, WORD_BYTES), '\t'), at = tab + 1;
    if (tab >= WORD_BYTES || line.len < at + STAMP + 1 || line.ptr[at + STAMP] != '\t' ||
        digits_at(line, at) != 2 || line.ptr[at + 2] != '-' || line.ptr[at + 6] != '-' ||
        digits_at(line, at + 7) != 4)
        return 0;
    return at + STAMP + 1;
}

/* "2023-10-03 10:11:12.123456 | controller | text"; Zuul's own lines have no node. */
static size_t zuul_prefix(struct sv line)
{
    static const char shape[] = "0000-00-00 00:00:00.000000 | ";
    enum { SHAPE = sizeof(shape) - 1, NODE_BYTES = 64 };
    if (line.len < SHAPE)
        return 0;
    for (size_t i = 0; i < SHAPE; i++) {
        if (shape[i] == '0' ? !is_digit(line.ptr[i]) : line.ptr[i] != shape[i])
            return 0;
    }
    const struct sv rest = sv_head(sv_tail(line, SHAPE), NODE_BYTES);
    const size_t bar = sv_find(rest, SV(" | "));
    return bar < rest.len && bar == sv_find_char(rest, ' ') ? SHAPE + bar + 3 : (size_t)SHAPE;
}

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' ||
           c == '-' || c == '.';
}

/* "sut_1  | text", "app-sut-1  | text" */
static size_t compose_prefix(struct sv line)
{
    size_t name = 0, at;
    while (name < line.len && is_name(line.ptr[name]))
        name++;
    size_t number = name;
    while (number > 0 && is_digit(line.ptr[number - 1]))
        number--;
    if (number == name || number < 2 ||
        (line.ptr[number - 1] != '_' && line.ptr[number - 1] != '-'))
        return 0;
    for (at = name; at < line.len && line.ptr[at] == ' '; at++)
        ;
    if (at == name || at + 1 >= line.len || line.ptr[at] != '|' || line.ptr[at + 1] != ' ')
        return 0;
    return at + 2;
}

/* "#12 3.456 text": the number of the step, and its seconds */
static size_t buildkit_prefix(struct sv line)
{
    const size_t step = digits_at(line, 1);
    size_t at = step + 2;
    if (line.ptr[0] != '#' || step == 0 || at >= line.len || line.ptr[step + 1] != ' ')
        return 0;
    const size_t seconds = digits_at(line, at);
    at += seconds + 1;
    if (seconds == 0 || at >= line.len || line.ptr[at - 1] != '.')
        return 0;
    const size_t part = digits_at(line, at);
    at += part;
    return part > 0 && at < line.len && line.ptr[at] == ' ' ? at + 1 : 0;
}

size_t dialect_relay(struct sv line)
{
    if (line.len == 0)
        return 0;
    return line.ptr[0] == '#' ? buildkit_prefix(line) : compose_prefix(line);
}

/* mozharness: "10:00:00     INFO -  text" */
static size_t level_prefix(struct sv rest)
{
    static const struct sv levels[] = {SV_INIT("INFO - "),     SV_INIT("ERROR - "),
                                       SV_INIT("WARNING - "),  SV_INIT("DEBUG - "),
                                       SV_INIT("CRITICAL - "), SV_INIT("FATAL - ")};
    size_t at = 0;
    while (at < rest.len && at < 12 && rest.ptr[at] == ' ')
        at++;
    for (size_t i = 0; i < COUNT_OF(levels); i++) {
        if (!sv_starts(sv_tail(rest, at), levels[i]))
            continue;
        at += levels[i].len;
        return at + (at < rest.len && rest.ptr[at] == ' ');
    }
    return 0;
}

size_t dialect_prefix(enum dialect dialect, struct sv line)
{
    size_t len = 0;
    switch (dialect) {
    case DIALECT_RFC3339:
        return rfc3339_prefix(line);
    case DIALECT_TABS:
        return tabs_prefix(line);
    case DIALECT_BRACKETS:
        len = brackets_prefix(line);
        len = len > 0 ? len : clock_prefix(line);
        return len > 0 ? len + level_prefix(sv_tail(line, len)) : 0;
    case DIALECT_CLOCK:
        len = clock_prefix(line);
        return len > 0 ? len + level_prefix(sv_tail(line, len)) : 0;
    case DIALECT_STEP:
        return step_prefix(line);
    case DIALECT_TEAMCITY:
        return teamcity_prefix(line);
    case DIALECT_BAMBOO:
        return bamboo_prefix(line);
    case DIALECT_ZUUL:
        return zuul_prefix(line);
    case DIALECT_NONE:
    default:
        return 0;
    }
}

/* Logs with brackets have lines without them; such lines alone are no sign of it. */
static bool fits_line(enum dialect dialect, struct sv line)
{
    return dialect == DIALECT_BRACKETS ? brackets_prefix(line) > 0
                                       : dialect_prefix(dialect, line) > 0;
}

enum dialect dialect_of(struct sv first_lines)
{
    /* TeamCity's clock is a stamp in brackets as well. */
    static const enum dialect all[] = {DIALECT_RFC3339, DIALECT_TEAMCITY, DIALECT_BRACKETS,
                                       DIALECT_TABS,    DIALECT_CLOCK,    DIALECT_STEP,
                                       DIALECT_BAMBOO,  DIALECT_ZUUL};
    unsigned fits[DIALECT_ZUUL + 1] = {0}, lines = 0;
    struct sv line, rest = first_lines;
    while (lines < DETECT_LINES && rest.len > 0 && sv_cut(&rest, '\n', &line)) {
        if (sv_trim(line).len == 0)
            continue;
        lines++;
        for (size_t i = 0; i < COUNT_OF(all); i++)
            fits[all[i]] += fits_line(all[i], line);
    }
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        if (fits[all[i]] * 2 > lines)
            return all[i];
    }
    return DIALECT_NONE;
}
