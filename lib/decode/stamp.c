#include "decode/stamp.h"

#include "base/timefmt.h"

enum {
    DAY_MS = 86400000,
    DATE_TIME_BYTES = 19,
    TENS_AT = 17,       /* of seconds, in a date and time */
    SHORTEST_BYTES = 19 /* of a line with a stamp */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int two(const char *p)
{
    return (p[0] - '0') * 10 + (p[1] - '0');
}

/* Eight bytes at once have this shape: '0' stands for a digit, all else for itself. In room a digit's
 * place holds DIGIT and any other SELF, so that what differs by too much passes 0x7f. */
#define DIGIT "\x76"
#define SELF "\x7f"
static bool has_shape(const char *p, const char *shape, const char *room)
{
    const uint64_t tops = 0x8080808080808080u;
    uint64_t word, wanted, more;
    memcpy(&word, p, sizeof(word));
    memcpy(&wanted, shape, sizeof(wanted));
    memcpy(&more, room, sizeof(more));
    word ^= wanted;
    return ((word | (word + more)) & tops) == 0;
}

static bool has_clock(const char *p)
{
    return has_shape(p, "00:00:00", DIGIT DIGIT SELF DIGIT DIGIT SELF DIGIT DIGIT);
}

/* dddd-dd-ddTdd:dd:dd, with any of T, t and blank; or with slashes in the date. */
static bool has_date_time(struct sv s)
{
    if (s.len < DATE_TIME_BYTES)
        return false;
    const char *p = s.ptr;
    return (p[10] == 'T' || p[10] == ' ' || p[10] == 't') && is_digit(p[8]) && is_digit(p[9]) &&
           has_clock(p + 11) &&
           has_shape(p, p[4] == '/' ? "0000/00/" : "0000-00-",
                     DIGIT DIGIT DIGIT DIGIT SELF DIGIT DIGIT SELF);
}

static bool is_clock(const char *p)
{
    return two(p) <= 23 && two(p + 3) <= 59 && two(p + 6) <= 60;
}

static int64_t clock_ms(const char *p)
{
    return ((two(p) * 60 + two(p + 3)) * 60 + two(p + 6)) * (int64_t)1000;
}

static size_t zone_of(struct sv s, size_t at, int *ret_minutes)
{
    *ret_minutes = 0;
    if (at < s.len && (s.ptr[at] == 'Z' || s.ptr[at] == 'z'))
        return 1;
    if (at + 5 > s.len || (s.ptr[at] != '+' && s.ptr[at] != '-') || !is_digit(s.ptr[at + 1]) ||
        !is_digit(s.ptr[at + 2]))
        return 0;
    const size_t colon = s.ptr[at + 3] == ':' ? 1 : 0;
    if (at + 5 + colon > s.len || !is_digit(s.ptr[at + 3 + colon]) ||
        !is_digit(s.ptr[at + 4 + colon]))
        return 0;
    const int minutes = two(s.ptr + at + 1) * 60 + two(s.ptr + at + 3 + colon);
    *ret_minutes = s.ptr[at] == '-' ? -minutes : minutes;
    return 5 + colon;
}

/* The length of ".123456" or ",123" at at; *ret_ms is cut to milliseconds. */
static size_t fraction_of(struct sv s, size_t at, int *ret_ms)
{
    int ms = 0;
    size_t digits = 0;
    *ret_ms = 0;
    if (at + 1 >= s.len || (s.ptr[at] != '.' && s.ptr[at] != ',') || !is_digit(s.ptr[at + 1]))
        return 0;
    for (at++; at < s.len && is_digit(s.ptr[at]); at++, digits++)
        ms = digits < 3 ? ms * 10 + (s.ptr[at] - '0') : ms;
    *ret_ms = digits == 1 ? ms * 100 : digits == 2 ? ms * 10 : ms;
    return digits + 1;
}

size_t stamp_rfc3339(struct sv line)
{
    int ms = 0, minutes = 0;
    if (line.len < DATE_TIME_BYTES || line.ptr[10] != 'T' || line.ptr[4] != '-' ||
        !has_date_time(line))
        return 0;
    const size_t end = DATE_TIME_BYTES + fraction_of(line, DATE_TIME_BYTES, &ms);
    const size_t zone = zone_of(line, end, &minutes);
    return zone > 0 ? end + zone : 0;
}

/* A date and time behind the first at bytes of the line. */
static bool date_time(struct sv line, size_t at, bool zone_needed, struct stamp *ret_stamp)
{
    const struct sv s = sv_tail(line, at);
    if (!has_date_time(s) || !is_clock(s.ptr + 11))
        return false;
    const char *p = s.ptr;
    int ms = 0, minutes = 0;
    const size_t end = DATE_TIME_BYTES + fraction_of(s, DATE_TIME_BYTES, &ms);
    const size_t zone = zone_of(s, end, &minutes);
    const int year = two(p) * 100 + two(p + 2), month = two(p + 5), day = two(p + 8);
    if ((zone == 0 && zone_needed) || month < 1 || month > 12 || day < 1 || day > 31 || year < 1970)
        return false;
    ret_stamp->ms =
        time_days(year, month, day) * DAY_MS + clock_ms(p + 11) - minutes * (int64_t)60000 + ms;
    ret_stamp->len = at + end + zone;
    ret_stamp->same = at + TENS_AT + 1;
    return true;
}

/* "[2024-…Z] " and "[task 2024-…Z] " */
static bool bracketed(struct sv line, struct stamp *ret_stamp)
{
    size_t at = 1;
    while (at < line.len && at < 20 && line.ptr[at] >= 'a' && line.ptr[at] <= 'z')
        at++;
    if (at > 1 && at < line.len && line.ptr[at] == ' ')
        at++;
    if (!date_time(line, at, true, ret_stamp) || ret_stamp->len == line.len ||
        line.ptr[ret_stamp->len] != ']')
        return false;
    ret_stamp->len++;
    return true;
}

/* A mark, a number in units of scale milliseconds, and the byte end. */
static bool marked(struct sv line, struct sv mark, char end, int64_t scale, struct stamp *ret_stamp)
{
    uint64_t value = 0;
    if (!sv_starts(line, mark))
        return false;
    const struct sv rest = sv_tail(line, mark.len);
    const size_t digits = sv_find_char(sv_head(rest, 20), end);
    const size_t below = scale == 1 ? 4 : 1; /* digits that count less than ten seconds */
    if (digits == rest.len || digits <= below || !sv_u64(sv_head(rest, digits), &value) ||
        value > (uint64_t)(INT64_MAX / scale))
        return false;
    ret_stamp->ms = (int64_t)value * scale;
    ret_stamp->len = mark.len + digits + 1;
    ret_stamp->same = mark.len + digits - below;
    return true;
}

static bool section(struct sv line, size_t at, struct stamp *ret_stamp)
{
    const struct sv s = sv_tail(line, at);
    if (!marked(s, SV("section_start:"), ':', 1000, ret_stamp) &&
        !marked(s, SV("section_end:"), ':', 1000, ret_stamp))
        return false;
    ret_stamp->len += at;
    ret_stamp->same += at;
    return true;
}

/* The year is the one that brings it nearest to near_ms; clock points at "10:00:00". */
static bool without_year(int month, int day, const char *clock, int64_t near_ms,
                         struct stamp *ret_stamp)
{
    if (month < 1 || month > 12 || day < 1 || day > 31 || !is_clock(clock))
        return false;
    int64_t best = 0;
    const int guess = 1970 + (int)(near_ms / DAY_MS * 400 / 146097);
    for (int year = guess - 1; year <= guess + 1; year++) {
        const int64_t ms = time_days(year, month, day) * DAY_MS + clock_ms(clock);
        const int64_t off = ms > near_ms ? ms - near_ms : near_ms - ms;
        const int64_t best_off = best > near_ms ? best - near_ms : near_ms - best;
        if (best == 0 || off < best_off)
            best = ms;
    }
    ret_stamp->ms = best;
    return true;
}

/* "E0301 10:00:00.123456" */
static bool klog(struct sv line, int64_t near_ms, struct stamp *ret_stamp)
{
    enum { KLOG_BYTES = sizeof("I0301 10:00:00.123456") - 1 };
    if (near_ms == 0 || line.len < KLOG_BYTES || line.ptr[0] == '\0' ||
        strchr("IWEFD", line.ptr[0]) == NULL)
        return false;
    const char *p = line.ptr + 1;
    if (!has_shape(p, "0000 00:", DIGIT DIGIT DIGIT DIGIT SELF DIGIT DIGIT SELF) ||
        !has_clock(p + 5) ||
        !has_shape(p + 12, "0.000000", DIGIT SELF DIGIT DIGIT DIGIT DIGIT DIGIT DIGIT) ||
        !without_year(two(p), two(p + 2), p + 5, near_ms, ret_stamp))
        return false;
    ret_stamp->ms += two(p + 14) * 10 + (p[16] - '0');
    ret_stamp->len = KLOG_BYTES;
    ret_stamp->same = sizeof("I0301 10:00:0") - 1;
    return true;
}

/* "Mar  1 10:00:00" */
static bool syslog(struct sv line, int64_t near_ms, struct stamp *ret_stamp)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const char *p = line.ptr;
    if (near_ms == 0 || p[3] != ' ' || p[6] != ' ' || !has_clock(p + 7) || !is_digit(p[5]) ||
        (p[4] != ' ' && !is_digit(p[4])))
        return false;
    int month = 1;
    while (month <= 12 && memcmp(months + (month - 1) * 3, p, 3) != 0)
        month++;
    const int day = (p[4] == ' ' ? 0 : (p[4] - '0') * 10) + (p[5] - '0');
    if (!without_year(month, day, p + 7, near_ms, ret_stamp))
        return false;
    int ms = 0;
    ret_stamp->len = 15 + fraction_of(line, 15, &ms);
    ret_stamp->ms += ms;
    ret_stamp->same = sizeof("Mar  1 10:00:0") - 1;
    return true;
}

/* The length of "ESC [ 36 m" and its like at at. */
static size_t colour_at(struct sv s, size_t at)
{
    if (at + 1 >= s.len || s.ptr[at] != '\x1b' || s.ptr[at + 1] != '[')
        return 0;
    size_t i = at + 2;
    while (i < s.len && (is_digit(s.ptr[i]) || s.ptr[i] == ';'))
        i++;
    return i < s.len && (s.ptr[i] == 'm' || s.ptr[i] == 'K') ? i + 1 - at : 0;
}

/* `time="2024-…"` or "INFO[2024-…]", the level in colours or not; at: bytes before it. */
static bool logrus(struct sv line, size_t at, struct stamp *ret_stamp)
{
    enum { LEVEL_BYTES = 4 };
    const struct sv s = sv_tail(line, at);
    if (sv_starts(s, SV("time=\""))) {
        if (!date_time(line, at + sizeof("time=\"") - 1, false, ret_stamp))
            return false;
    } else {
        for (size_t i = 0; i < LEVEL_BYTES; i++) {
            if (i == s.len || s.ptr[i] < 'A' || s.ptr[i] > 'Z')
                return false;
        }
        at += LEVEL_BYTES;
        at += colour_at(line, at);
        if (at >= line.len || line.ptr[at] != '[' || !date_time(line, at + 1, false, ret_stamp))
            return false;
    }
    ret_stamp->len += ret_stamp->len < line.len; /* the quote or bracket */
    return true;
}

static bool escaped(struct sv line, struct stamp *ret_stamp)
{
    const size_t colour = colour_at(line, 0);
    if (colour == 0)
        return marked(line, SV("\x1b_bk;t="), '\a', 1, ret_stamp);
    return logrus(line, colour, ret_stamp) || section(line, colour, ret_stamp);
}

bool stamp_read(struct sv line, int64_t near_ms, struct stamp *ret_stamp)
{
    if (line.len < SHORTEST_BYTES)
        return false;
    const char c = line.ptr[0];
    if (is_digit(c))
        return date_time(line, 0, false, ret_stamp);
    if (c >= 'A' && c <= 'Z')
        return logrus(line, 0, ret_stamp) || klog(line, near_ms, ret_stamp) ||
               syslog(line, near_ms, ret_stamp);
    switch (c) {
    case '[':
        return bracketed(line, ret_stamp);
    case '\x1b':
        return escaped(line, ret_stamp);
    case 't':
        return logrus(line, 0, ret_stamp);
    case 's':
        return section(line, 0, ret_stamp);
    default:
        return false;
    }
}
