#include "base/text.h"

/* How many bytes the first one announces; 0 for one that begins nothing. */
static size_t announced(unsigned char c)
{
    return c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
}

size_t text_utf8(struct sv s, uint32_t *ret_point)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char c = s.len > 0 ? (unsigned char)s.ptr[0] : 0;
    const size_t n = announced(c);
    if (n == 0 || s.len < n)
        return 0;
    uint32_t point = n == 1 ? c : c & (0xffu >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        const unsigned char next = (unsigned char)s.ptr[i];
        if ((next & 0xc0) != 0x80)
            return 0;
        point = point << 6 | (next & 0x3f);
    }
    if (point < least[n] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
        return 0;
    if (ret_point != NULL)
        *ret_point = point;
    return n;
}

/* Controls, and what turns the direction of text or ends a line of it. */
static bool is_unsafe(uint32_t point)
{
    return point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0x061c ||
           (point >= 0x200e && point <= 0x200f) || (point >= 0x2028 && point <= 0x202e) ||
           (point >= 0x2066 && point <= 0x2069) || point == 0xfeff;
}

static const struct sv replacement = SV_INIT("\xef\xbf\xbd");

/* The next character made safe; *ret_len bytes of s are used up. */
static struct sv safe_character(struct sv s, size_t *ret_len)
{
    uint32_t point = 0;
    const size_t n = text_utf8(s, &point);
    *ret_len = n > 0 ? n : 1;
    if (n > 0 && !is_unsafe(point))
        return sv_head(s, n);
    return n > 0 && point == '\t' ? SV(" ") : replacement;
}

bool text_add_safe(struct buf *out, struct sv bytes, struct err *err)
{
    size_t from = 0, at = 0;
    while (at < bytes.len) {
        const unsigned char c = (unsigned char)bytes.ptr[at];
        if (c >= 0x20 && c < 0x7f) {
            at++;
            continue;
        }
        size_t len = 0;
        const struct sv safe = safe_character(sv_tail(bytes, at), &len);
        if (safe.ptr != bytes.ptr + at) {
            if (!buf_add(out, (struct sv){.ptr = bytes.ptr + from, .len = at - from}, err) ||
                !buf_add(out, safe, err))
                return false;
            from = at + len;
        }
        at += len;
    }
    return buf_add(out, sv_tail(bytes, from), err);
}

bool text_safe(struct arena *a, struct sv bytes, size_t max_bytes, struct sv *ret_text,
               struct err *err)
{
    static const struct sv ellipsis = SV_INIT("\xe2\x80\xa6");
    struct buf text;
    buf_init(&text, max_bytes * 3 + 64);
    const bool cut = bytes.len > max_bytes;
    bool ok = text_add_safe(&text, sv_head(bytes, max_bytes), err);
    if (ok && (cut || text.len > max_bytes)) {
        size_t end = text.len < max_bytes ? text.len : max_bytes;
        while (end > 0 && ((unsigned char)text.data[end] & 0xc0) == 0x80)
            end--;
        text.len = end;
        /* The cut may have gone through a character, which then became U+FFFD. */
        while (cut && sv_ends(buf_sv(&text), replacement))
            text.len -= replacement.len;
        ok = buf_add(&text, ellipsis, err);
    }
    ok = ok && arena_copy(a, buf_sv(&text), ret_text, err);
    buf_done(&text);
    return ok;
}

static bool is_wide(uint32_t p)
{
    return (p >= 0x1100 && p <= 0x115f) || (p >= 0x2e80 && p <= 0xa4cf && p != 0x303f) ||
           (p >= 0xac00 && p <= 0xd7a3) || (p >= 0xf900 && p <= 0xfaff) ||
           (p >= 0xfe30 && p <= 0xfe6f) || (p >= 0xff00 && p <= 0xff60) ||
           (p >= 0xffe0 && p <= 0xffe6) || (p >= 0x1f300 && p <= 0x1f64f) ||
           (p >= 0x1f900 && p <= 0x1f9ff) || (p >= 0x20000 && p <= 0x3fffd);
}

static bool is_combining(uint32_t p)
{
    return (p >= 0x0300 && p <= 0x036f) || (p >= 0x1ab0 && p <= 0x1aff) ||
           (p >= 0x20d0 && p <= 0x20ff) || (p >= 0xfe00 && p <= 0xfe0f) || p == 0x200d ||
           p == 0x200b || (p >= 0xfe20 && p <= 0xfe2f);
}

static size_t width_of(struct sv s, size_t *ret_len)
{
    uint32_t point = 0;
    const size_t n = text_utf8(s, &point);
    *ret_len = n > 0 ? n : 1;
    return n == 0 ? 1 : is_combining(point) ? 0 : is_wide(point) ? 2 : 1;
}

size_t text_columns(struct sv s)
{
    size_t columns = 0, len = 0;
    for (; s.len > 0; s = sv_tail(s, len))
        columns += width_of(s, &len);
    return columns;
}

struct sv text_fit(struct sv s, size_t columns)
{
    size_t used = 0, at = 0, len = 0;
    while (at < s.len) {
        const size_t width = width_of(sv_tail(s, at), &len);
        if (used + width > columns)
            break;
        used += width;
        at += len;
    }
    return sv_head(s, at);
}
