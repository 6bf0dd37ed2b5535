#include "decode/stamp.h"

#include "base/timefmt.h"

enum { DAY_MS = 86400000, DATE_TIME_BYTES = 19 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int two(const char *p)
{
    return (p[0] - '0') * 10 + (p[1] - '0');
}

/* dddd-dd-ddTdd:dd:dd, with any of T, t and blank. */
static bool has_date_time(struct sv s)
{
    static const char shape[] = "0000-00-00T00:00:00";
    if (s.len < DATE_TIME_BYTES)
        return false;
    for (size_t i = 0; i < DATE_TIME_BYTES; i++) {
        const char c = s.ptr[i];
        const bool ok = shape[i] == '0'   ? is_digit(c)
                        : shape[i] == 'T' ? c == 'T' || c == ' ' || c == 't'
                                          : c == shape[i];
        if (!ok)
            return false;
    }
    return true;
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

static size_t date_time(struct sv s, bool zone_needed, int64_t *ret_ms)
{
    if (!has_date_time(s))
        return 0;
    const char *p = s.ptr;
    size_t at = DATE_TIME_BYTES;
    int ms = 0, digits = 0, minutes = 0;
    if (at + 1 < s.len && (p[at] == '.' || p[at] == ',') && is_digit(p[at + 1])) {
        for (at++; at < s.len && is_digit(p[at]); at++, digits++)
            ms = digits < 3 ? ms * 10 + (p[at] - '0') : ms;
        for (; digits < 3; digits++)
            ms *= 10;
    }
    const size_t zone = zone_of(s, at, &minutes);
    const int year = two(p) * 100 + two(p + 2), month = two(p + 5), day = two(p + 8);
    if ((zone == 0 && zone_needed) || month < 1 || month > 12 || day < 1 || day > 31 || year < 1970)
        return 0;
    *ret_ms = time_days(year, month, day) * DAY_MS +
              ((two(p + 11) * 60 + two(p + 14) - minutes) * 60 + two(p + 17)) * (int64_t)1000 + ms;
    return at + zone;
}

size_t stamp_rfc3339(struct sv line, int64_t *ret_ms)
{
    if (line.len < DATE_TIME_BYTES || !is_digit(line.ptr[0]) || line.ptr[10] != 'T')
        return 0;
    return date_time(line, true, ret_ms);
}

/* "[2024-…Z] " and "[task 2024-…Z] " */
static size_t bracketed(struct sv line, int64_t *ret_ms)
{
    size_t at = 1;
    while (at < line.len && at < 20 && line.ptr[at] >= 'a' && line.ptr[at] <= 'z')
        at++;
    if (at > 1 && at < line.len && line.ptr[at] == ' ')
        at++;
    const size_t len = date_time(sv_tail(line, at), true, ret_ms);
    return len > 0 && at + len < line.len && line.ptr[at + len] == ']' ? at + len + 1 : 0;
}

static size_t buildkite(struct sv line, int64_t *ret_ms)
{
    static const struct sv mark = SV_INIT("\x1b_bk;t=");
    uint64_t ms = 0;
    if (!sv_starts(line, mark))
        return 0;
    const struct sv rest = sv_tail(line, mark.len);
    const size_t end = sv_find_char(rest, '\a');
    if (end == rest.len || !sv_u64(sv_head(rest, end), &ms) || ms > INT64_MAX)
        return 0;
    *ret_ms = (int64_t)ms;
    return mark.len + end + 1;
}

/* "E0301 10:00:00.123456": the year is the one that brings it nearest to near_ms. */
static size_t klog(struct sv line, int64_t near_ms, int64_t *ret_ms)
{
    static const char shape[] = "0000 00:00:00.000000";
    if (near_ms == 0 || line.len < sizeof(shape) || strchr("IWEFD", line.ptr[0]) == NULL)
        return 0;
    for (size_t i = 0; i + 1 < sizeof(shape); i++) {
        if (shape[i] == '0' ? !is_digit(line.ptr[i + 1]) : line.ptr[i + 1] != shape[i])
            return 0;
    }
    const char *p = line.ptr + 1;
    if (two(p) < 1 || two(p) > 12 || two(p + 2) < 1 || two(p + 2) > 31)
        return 0;
    const int64_t clock = ((two(p + 5) * 60 + two(p + 8)) * 60 + two(p + 11)) * (int64_t)1000 +
                          (two(p + 14) * 10 + (p[16] - '0'));
    int64_t best = 0;
    const int guess = 1970 + (int)(near_ms / DAY_MS * 400 / 146097);
    for (int year = guess - 1; year <= guess + 1; year++) {
        const int64_t ms = time_days(year, two(p), two(p + 2)) * DAY_MS + clock;
        const int64_t off = ms > near_ms ? ms - near_ms : near_ms - ms;
        const int64_t best_off = best > near_ms ? best - near_ms : near_ms - best;
        if (best == 0 || off < best_off)
            best = ms;
    }
    *ret_ms = best;
    return sizeof(shape);
}

static size_t logrus(struct sv line, int64_t *ret_ms)
{
    static const struct sv quoted = SV_INIT("time=\"");
    if (sv_starts(line, quoted)) {
        const size_t len = date_time(sv_tail(line, quoted.len), false, ret_ms);
        return len > 0 ? quoted.len + len + 1 : 0;
    }
    if (line.len > 5 && line.ptr[4] == '[' && line.ptr[0] >= 'A' && line.ptr[0] <= 'Z') {
        const size_t len = date_time(sv_tail(line, 5), false, ret_ms);
        return len > 0 ? 5 + len + 1 : 0;
    }
    return 0;
}

int64_t stamp_parse(struct sv line, int64_t near_ms, size_t *ret_len)
{
    int64_t ms = 0;
    size_t len = 0;
    if (line.len >= DATE_TIME_BYTES) {
        switch (line.ptr[0]) {
        case '[':
            len = bracketed(line, &ms);
            break;
        case '\x1b':
            len = buildkite(line, &ms);
            break;
        case 't':
            len = logrus(line, &ms);
            break;
        default:
            len = is_digit(line.ptr[0]) ? date_time(line, false, &ms) : logrus(line, &ms);
            len = len == 0 ? klog(line, near_ms, &ms) : len;
            break;
        }
    }
    if (ret_len != NULL)
        *ret_len = len;
    return len > 0 ? ms : 0;
}
