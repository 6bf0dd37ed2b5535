#include "base/timefmt.h"

#include <inttypes.h>
#include <stdio.h>

enum { SECOND_MS = 1000, MINUTE_MS = 60 * 1000, HOUR_MS = 3600 * 1000, DAY_MS = 86400 * 1000 };

/* Take exactly n digits from the front. */
static bool take_digits(struct sv *rest, size_t n, int *ret_value)
{
    int value = 0;
    if (rest->len < n)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (rest->ptr[i] < '0' || rest->ptr[i] > '9')
            return false;
        value = value * 10 + (rest->ptr[i] - '0');
    }
    *rest = sv_tail(*rest, n);
    *ret_value = value;
    return true;
}

static bool take_char(struct sv *rest, char c)
{
    if (rest->len == 0 || rest->ptr[0] != c)
        return false;
    *rest = sv_tail(*rest, 1);
    return true;
}

int64_t time_days(int year, int month, int day)
{
    const int64_t y = (int64_t)year - (month <= 2);
    const int64_t era = (y >= 0 ? y : y - 399) / 400;
    const int64_t yoe = y - era * 400;
    const int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    const int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + doe - 719468;
}

static void civil(int64_t days, int *ret_year, int *ret_month, int *ret_day)
{
    const int64_t z = days + 719468;
    const int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    const int64_t doe = z - era * 146097;
    const int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    const int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    const int64_t mp = (5 * doy + 2) / 153;
    *ret_day = (int)(doy - (153 * mp + 2) / 5 + 1);
    *ret_month = (int)(mp < 10 ? mp + 3 : mp - 9);
    *ret_year = (int)(yoe + era * 400 + (*ret_month <= 2));
}

static bool is_date(int year, int month, int day)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (year < 1 || month < 1 || month > 12 || day < 1)
        return false;
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day <= days[month - 1] + (month == 2 && leap);
}

static bool is_clock(int hour, int minute, int second)
{
    return hour <= 23 && minute <= 59 && second <= 60;
}

static int64_t compose(int year, int month, int day, int hour, int minute, int second)
{
    if (year == 1)
        return 0; /* Go's zero time */
    const int64_t clock = hour * (int64_t)HOUR_MS + minute * MINUTE_MS +
                          (second == 60 ? 59 * SECOND_MS + 999 : second * SECOND_MS);
    return time_days(year, month, day) * DAY_MS + clock;
}

/* ".123456" to milliseconds, cut. */
static bool take_fraction(struct sv *rest, int *ret_ms)
{
    int ms = 0, digits = 0;
    *ret_ms = 0;
    if (!take_char(rest, '.') && !take_char(rest, ','))
        return true;
    while (rest->len > 0 && rest->ptr[0] >= '0' && rest->ptr[0] <= '9') {
        if (digits < 3)
            ms = ms * 10 + (rest->ptr[0] - '0');
        digits++;
        *rest = sv_tail(*rest, 1);
    }
    for (int i = digits; i < 3; i++)
        ms *= 10;
    *ret_ms = ms;
    return digits > 0;
}

static bool take_zone(struct sv *rest, int64_t *ret_offset_ms)
{
    int hour = 0, minute = 0;
    *ret_offset_ms = 0;
    if (take_char(rest, 'Z') || take_char(rest, 'z'))
        return true;
    const bool minus = rest->len > 0 && rest->ptr[0] == '-';
    if (!minus && !(rest->len > 0 && rest->ptr[0] == '+'))
        return false;
    *rest = sv_tail(*rest, 1);
    if (!take_digits(rest, 2, &hour))
        return false;
    (void)take_char(rest, ':');
    if (!take_digits(rest, 2, &minute) || hour > 23 || minute > 59)
        return false;
    *ret_offset_ms = (hour * (int64_t)HOUR_MS + minute * MINUTE_MS) * (minus ? -1 : 1);
    return true;
}

bool time_parse_rfc3339(struct sv text, int64_t *ret_ms)
{
    int year, month, day, hour, minute, second, ms;
    int64_t offset;
    struct sv rest = text;
    if (!take_digits(&rest, 4, &year) || !take_char(&rest, '-') || !take_digits(&rest, 2, &month) ||
        !take_char(&rest, '-') || !take_digits(&rest, 2, &day) ||
        !(take_char(&rest, 'T') || take_char(&rest, 't') || take_char(&rest, ' ')) ||
        !take_digits(&rest, 2, &hour) || !take_char(&rest, ':') ||
        !take_digits(&rest, 2, &minute) || !take_char(&rest, ':') ||
        !take_digits(&rest, 2, &second) || !take_fraction(&rest, &ms) ||
        !take_zone(&rest, &offset) || rest.len != 0)
        return false;
    if (!is_date(year, month, day) || !is_clock(hour, minute, second))
        return false;
    const int64_t whole = compose(year, month, day, hour, minute, second);
    *ret_ms = whole == 0 ? 0 : whole + (second == 60 ? 0 : ms) - offset;
    return true;
}

static bool take_month(struct sv *rest, int *ret_month)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (int i = 0; i < 12; i++) {
        if (sv_starts(*rest, (struct sv){.ptr = names + (size_t)i * 3, .len = 3})) {
            *rest = sv_tail(*rest, 3);
            *ret_month = i + 1;
            return true;
        }
    }
    return false;
}

static bool take_clock(struct sv *rest, int *hour, int *minute, int *second)
{
    return take_digits(rest, 2, hour) && take_char(rest, ':') && take_digits(rest, 2, minute) &&
           take_char(rest, ':') && take_digits(rest, 2, second);
}

/* "06 Nov 1994 08:49:37 GMT" */
static bool http_fixed(struct sv rest, int64_t *ret_ms)
{
    int year, month, day, hour, minute, second;
    if (!take_digits(&rest, 2, &day) || !take_char(&rest, ' ') || !take_month(&rest, &month) ||
        !take_char(&rest, ' ') || !take_digits(&rest, 4, &year) || !take_char(&rest, ' ') ||
        !take_clock(&rest, &hour, &minute, &second) || !sv_equal(rest, SV(" GMT")) ||
        !is_date(year, month, day) || !is_clock(hour, minute, second))
        return false;
    *ret_ms = compose(year, month, day, hour, minute, second);
    return true;
}

/* "06-Nov-94 08:49:37 GMT" */
static bool http_obsolete(struct sv rest, int64_t *ret_ms)
{
    int year, month, day, hour, minute, second;
    if (!take_digits(&rest, 2, &day) || !take_char(&rest, '-') || !take_month(&rest, &month) ||
        !take_char(&rest, '-') || !take_digits(&rest, 2, &year) || !take_char(&rest, ' ') ||
        !take_clock(&rest, &hour, &minute, &second) || !sv_equal(rest, SV(" GMT")))
        return false;
    year += year < 70 ? 2000 : 1900;
    if (!is_date(year, month, day) || !is_clock(hour, minute, second))
        return false;
    *ret_ms = compose(year, month, day, hour, minute, second);
    return true;
}

/* "Nov  6 08:49:37 1994" */
static bool http_asctime(struct sv rest, int64_t *ret_ms)
{
    int year, month, day, hour, minute, second;
    if (!take_month(&rest, &month) || !take_char(&rest, ' '))
        return false;
    if (!(take_char(&rest, ' ') ? take_digits(&rest, 1, &day) : take_digits(&rest, 2, &day)) ||
        !take_char(&rest, ' ') || !take_clock(&rest, &hour, &minute, &second) ||
        !take_char(&rest, ' ') || !take_digits(&rest, 4, &year) || rest.len != 0 ||
        !is_date(year, month, day) || !is_clock(hour, minute, second))
        return false;
    *ret_ms = compose(year, month, day, hour, minute, second);
    return true;
}

bool time_parse_http(struct sv text, int64_t *ret_ms)
{
    const size_t comma = sv_find(text, SV(", "));
    if (comma < text.len) {
        const struct sv rest = sv_tail(text, comma + 2);
        return http_fixed(rest, ret_ms) || http_obsolete(rest, ret_ms);
    }
    const size_t blank = sv_find_char(text, ' ');
    return blank == 3 && http_asctime(sv_tail(text, 4), ret_ms);
}

static bool take_unit(struct sv *rest, double *ret_ms)
{
    static const struct {
        struct sv name;
        double ms;
    } units[] = {
        {SV_INIT("ms"), 1},      {SV_INIT("us"), 1e-3},  {SV_INIT("\xc2\xb5s"), 1e-3},
        {SV_INIT("ns"), 1e-6},   {SV_INIT("s"), 1e3},    {SV_INIT("m"), MINUTE_MS},
        {SV_INIT("h"), HOUR_MS}, {SV_INIT("d"), DAY_MS}, {SV_INIT("w"), 7.0 * DAY_MS},
    };
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        if (sv_starts(*rest, units[i].name)) {
            *rest = sv_tail(*rest, units[i].name.len);
            *ret_ms = units[i].ms;
            return true;
        }
    }
    return false;
}

bool time_parse_duration(struct sv text, int64_t *ret_ms)
{
    double total = 0;
    struct sv rest = text;
    if (sv_equal(text, SV("0"))) {
        *ret_ms = 0;
        return true;
    }
    while (rest.len > 0) {
        double value = 0, scale = 1, unit = 0;
        size_t digits = 0;
        bool fraction = false;
        for (; rest.len > 0 && (rest.ptr[0] == '.' || (rest.ptr[0] >= '0' && rest.ptr[0] <= '9'));
             rest = sv_tail(rest, 1)) {
            if (rest.ptr[0] == '.') {
                if (fraction)
                    return false;
                fraction = true;
                continue;
            }
            digits++;
            value = value * 10 + (rest.ptr[0] - '0');
            scale *= fraction ? 10 : 1;
        }
        if (digits == 0 || !take_unit(&rest, &unit))
            return false;
        total += value / scale * unit;
    }
    if (text.len == 0 || !(total <= 9e15)) /* not a number either: inf / inf */
        return false;
    *ret_ms = (int64_t)(total + 0.5);
    return true;
}

static void put_time(int64_t ms, bool with_ms, char text[TIME_TEXT_BYTES])
{
    int year, month, day;
    text[0] = '\0';
    if (ms == 0)
        return;
    const int64_t days = ms / DAY_MS - (ms % DAY_MS < 0 ? 1 : 0);
    if (days < -719162 || days > 2932896) /* years 1 to 9999 */
        return;
    const int rest = (int)(ms - days * DAY_MS);
    civil(days, &year, &month, &day);
    const int n = snprintf(text, TIME_TEXT_BYTES, "%04d-%02d-%02dT%02d:%02d:%02d", year, month, day,
                           rest / HOUR_MS, rest / MINUTE_MS % 60, rest / SECOND_MS % 60);
    if (with_ms)
        (void)snprintf(text + n, TIME_TEXT_BYTES - (size_t)n, ".%03dZ", rest % SECOND_MS);
    else
        (void)snprintf(text + n, TIME_TEXT_BYTES - (size_t)n, "Z");
}

const char *time_text(int64_t ms, char text[TIME_TEXT_BYTES])
{
    put_time(ms, false, text);
    return text;
}

const char *time_text_ms(int64_t ms, char text[TIME_TEXT_BYTES])
{
    put_time(ms, true, text);
    return text;
}

const char *time_duration_text(int64_t ms, char text[TIME_TEXT_BYTES])
{
    const char *sign = ms < 0 ? "-" : "";
    const uint64_t v = ms < 0 ? -(uint64_t)ms : (uint64_t)ms;
    if (v < SECOND_MS)
        (void)snprintf(text, TIME_TEXT_BYTES, "%s%" PRIu64 "ms", sign, v);
    else if (v < 10 * SECOND_MS)
        (void)snprintf(text, TIME_TEXT_BYTES, "%s%" PRIu64 ".%" PRIu64 "s", sign, v / 1000,
                       v / 100 % 10);
    else if (v < MINUTE_MS)
        (void)snprintf(text, TIME_TEXT_BYTES, "%s%" PRIu64 "s", sign, v / 1000);
    else if (v < HOUR_MS)
        (void)snprintf(text, TIME_TEXT_BYTES, "%s%" PRIu64 "m%02" PRIu64 "s", sign, v / MINUTE_MS,
                       v / 1000 % 60);
    else if (v < DAY_MS)
        (void)snprintf(text, TIME_TEXT_BYTES, "%s%" PRIu64 "h%02" PRIu64 "m", sign, v / HOUR_MS,
                       v / MINUTE_MS % 60);
    else
        (void)snprintf(text, TIME_TEXT_BYTES, "%s%" PRIu64 "d%02" PRIu64 "h", sign, v / DAY_MS,
                       v / HOUR_MS % 24);
    return text;
}

bool time_parse_when(struct sv text, int64_t now_ms, int64_t *ret_ms)
{
    const int64_t midnight = now_ms - now_ms % DAY_MS;
    int64_t span;
    char padded[32];
    if (sv_equal(text, SV("now")))
        return (*ret_ms = now_ms) != 0;
    if (sv_equal(text, SV("today")))
        return (*ret_ms = midnight) != 0;
    if (sv_equal(text, SV("yesterday")))
        return (*ret_ms = midnight - DAY_MS) != 0;
    if (time_parse_rfc3339(text, ret_ms))
        return true;
    if (text.len == 10 && text.ptr[4] == '-') {
        (void)snprintf(padded, sizeof(padded), "%.*sT00:00:00Z", SV_ARG(text));
        return time_parse_rfc3339(sv_of(padded), ret_ms);
    }
    if (!time_parse_duration(text, &span))
        return false;
    *ret_ms = now_ms - span;
    return true;
}
