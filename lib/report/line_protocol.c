#include "report/line_protocol.h"

#include "base/text.h"

#include <inttypes.h>
#include <math.h>

enum { TAG_BYTES = 4096, FIELD_BYTES = 60000, SPREAD_NS = 1000000 };

/* What no part of a line may hold is made harmless first: controls and broken UTF-8. */
static bool safe_text(struct sv value, size_t max, struct buf *safe, struct err *err)
{
    for (struct sv rest = sv_head(value, max); rest.len > 0;) {
        size_t plain = 0;
        while (plain < rest.len && (unsigned char)rest.ptr[plain] >= 0x20)
            plain++;
        if (!text_add_safe(safe, sv_head(rest, plain), err) ||
            (plain < rest.len && !buf_add_char(safe, ' ', err)))
            return false;
        rest = sv_tail(rest, plain + (plain < rest.len));
    }
    return true;
}

static bool add_key(struct buf *out, struct sv text, const char *special, struct err *err)
{
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.ptr[i];
        if ((c != '\0' && strchr(special, c) != NULL && !buf_add_char(out, '\\', err)) ||
            !buf_add_char(out, c, err))
            return false;
    }
    return true;
}

bool lp_begin(struct lp_line *l, struct buf *out, struct sv measurement, struct err *err)
{
    *l = (struct lp_line){.out = out};
    return add_key(out, measurement, ", ", err);
}

bool lp_tag(struct lp_line *l, const char *key, struct sv value, struct err *err)
{
    struct buf safe;
    buf_init(&safe, 4 * TAG_BYTES);
    bool ok = safe_text(value, TAG_BYTES, &safe, err);
    struct sv text = sv_trim(buf_sv(&safe));
    while (sv_ends(text, SV("\\")))
        text.len--;
    if (ok && text.len > 0)
        ok = buf_add_char(l->out, ',', err) && add_key(l->out, sv_of(key), ",= ", err) &&
             buf_add_char(l->out, '=', err) && add_key(l->out, text, ",= ", err);
    buf_done(&safe);
    return ok;
}

static bool begin_field(struct lp_line *l, const char *key, struct err *err)
{
    const char *before = l->fields ? "," : " ";
    l->fields = true;
    return buf_add(l->out, sv_of(before), err) && add_key(l->out, sv_of(key), ",= ", err) &&
           buf_add_char(l->out, '=', err);
}

bool lp_text(struct lp_line *l, const char *key, struct sv value, struct err *err)
{
    struct buf safe;
    buf_init(&safe, 4 * FIELD_BYTES);
    const bool ok = safe_text(value, FIELD_BYTES, &safe, err) && begin_field(l, key, err) &&
                    buf_add_char(l->out, '"', err) && add_key(l->out, buf_sv(&safe), "\"\\", err) &&
                    buf_add_char(l->out, '"', err);
    buf_done(&safe);
    return ok;
}

bool lp_int(struct lp_line *l, const char *key, int64_t value, struct err *err)
{
    return begin_field(l, key, err) && buf_addf(l->out, err, "%" PRId64 "i", value);
}

bool lp_real(struct lp_line *l, const char *key, double value, struct err *err)
{
    return begin_field(l, key, err) &&
           buf_addf(l->out, err, "%.17g", isfinite(value) ? value : 0.0);
}

bool lp_bool(struct lp_line *l, const char *key, bool value, struct err *err)
{
    return begin_field(l, key, err) && buf_add(l->out, value ? SV("true") : SV("false"), err);
}

bool lp_end(struct lp_line *l, int64_t time_ns, struct err *err)
{
    return buf_addf(l->out, err, " %" PRId64 "\n", time_ns);
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
    return started_ms * SPREAD_NS + (int64_t)(hash % SPREAD_NS);
}
