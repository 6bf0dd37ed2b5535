#include "report/line_protocol.h"

#include "base/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { NS_OF_MS = 1000000 };

/* What no part of a line may hold is made harmless: controls become blanks, broken UTF-8 U+FFFD. The
 * cut is made on a character. */
static bool add_safe(struct sv value, size_t max, struct buf *safe, struct err *err)
{
    size_t used = value.len < max ? value.len : max;
    while (used < value.len && used > 0 && ((unsigned char)value.ptr[used] & 0xc0) == 0x80)
        used--;
    for (struct sv rest = sv_head(value, used); rest.len > 0;) {
        size_t plain = 0;
        while (plain < rest.len && (unsigned char)rest.ptr[plain] >= 0x20 &&
               rest.ptr[plain] != 0x7f)
            plain++;
        if (!text_add_safe(safe, sv_head(rest, plain), err) ||
            (plain < rest.len && !buf_add_char(safe, ' ', err)))
            return false;
        rest = sv_tail(rest, plain + (plain < rest.len));
    }
    return true;
}

static bool add_escaped(struct buf *out, struct sv text, const char *special, struct err *err)
{
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.ptr[i];
        if ((strchr(special, c) != NULL && !buf_add_char(out, '\\', err)) ||
            !buf_add_char(out, c, err))
            return false;
    }
    return true;
}

bool lp_begin(struct lp_line *l, struct buf *out, const char *measurement, struct err *err)
{
    *l = (struct lp_line){.out = out};
    return buf_add(out, sv_of(measurement), err);
}

bool lp_tag(struct lp_line *l, const char *key, struct sv value, struct err *err)
{
    struct buf safe;
    buf_init(&safe, 4 * LP_TAG_BYTES);
    bool ok = add_safe(value, LP_TAG_BYTES, &safe, err);
    for (size_t i = 0; i < safe.len; i++)
        safe.data[i] = safe.data[i] == '\\' ? '/' : safe.data[i];
    struct sv text = sv_trim(buf_sv(&safe));
    while (text.len > 0 && strchr("\"' ", text.ptr[0]) != NULL)
        text = sv_tail(text,
                       1); /* a value that begins so looks quoted, and quotes are no syntax here */
    if (ok && text.len > 0)
        ok = buf_addf(l->out, err, ",%s=", key) && add_escaped(l->out, text, ",= ", err);
    buf_done(&safe);
    return ok;
}

static bool begin_field(struct lp_line *l, const char *key, struct err *err)
{
    const char before = l->fields ? ',' : ' ';
    l->fields = true;
    return buf_addf(l->out, err, "%c%s=", before, key);
}

bool lp_text(struct lp_line *l, const char *key, struct sv value, struct err *err)
{
    struct buf safe;
    buf_init(&safe, 4 * LP_TEXT_BYTES);
    const bool ok = add_safe(value, LP_TEXT_BYTES, &safe, err) && begin_field(l, key, err) &&
                    buf_add_char(l->out, '"', err) &&
                    add_escaped(l->out, buf_sv(&safe), "\"\\", err) &&
                    buf_add_char(l->out, '"', err);
    buf_done(&safe);
    return ok;
}

bool lp_int(struct lp_line *l, const char *key, int64_t value, struct err *err)
{
    return begin_field(l, key, err) && buf_addf(l->out, err, "%" PRId64 "i", value);
}

/* The shortest digits that are read back as the same number. */
bool lp_real(struct lp_line *l, const char *key, double value, struct err *err)
{
    char text[32];
    const double finite = isfinite(value) ? value : 0.0;
    for (int digits = 15; digits <= 17; digits++) {
        (void)snprintf(text, sizeof(text), "%.*g", digits, finite);
        const double back = strtod(text, NULL);
        if (back >= finite && back <= finite)
            break;
    }
    return begin_field(l, key, err) && buf_add(l->out, sv_of(text), err);
}

bool lp_bool(struct lp_line *l, const char *key, bool value, struct err *err)
{
    return begin_field(l, key, err) && buf_add(l->out, value ? SV("true") : SV("false"), err);
}

bool lp_end(struct lp_line *l, int64_t time_ns, struct err *err)
{
    return buf_addf(l->out, err, " %" PRId64 "\n", time_ns);
}

bool lp_has_time(int64_t ms)
{
    return ms != 0 && ms > INT64_MIN / NS_OF_MS + 1 && ms < INT64_MAX / NS_OF_MS - 1;
}

int64_t lp_time(int64_t started_ms, struct sv provider, struct sv job, struct sv id)
{
    const struct sv parts[] = {provider, job, id};
    uint32_t hash = 2166136261U; /* FNV-1a */
    for (size_t p = 0; p < COUNT_OF(parts); p++) {
        for (size_t i = 0; i < parts[p].len; i++)
            hash = (hash ^ (unsigned char)parts[p].ptr[i]) * 16777619U;
        hash = (hash ^ 0x1f) * 16777619U;
    }
    return started_ms * NS_OF_MS + (int64_t)(hash % NS_OF_MS);
}
