#include "junit/sanitize.h"

#include "base/text.h"

static const struct sv replacement = SV_INIT("\xef\xbf\xbd");

void sanitize_init(struct sanitize *s, sanitize_fn *fn, void *user)
{
    *s = (struct sanitize){.fn = fn, .user = user};
    buf_init(&s->head, 2 * SANITIZE_HEAD);
}

void sanitize_done(struct sanitize *s)
{
    buf_done(&s->head);
}

static bool is_allowed(uint32_t point)
{
    return point >= 0x20 ? point != 0xfffe && point != 0xffff
                         : point == '\t' || point == '\n' || point == '\r';
}

/* How many bytes a character that starts so needs; 1 when it cannot start one. */
static size_t wanted(char c)
{
    const unsigned char b = (unsigned char)c;
    return b >= 0xf0 && b < 0xf5 ? 4 : b >= 0xe0 ? 3 : b >= 0xc2 ? 2 : 1;
}

static bool pass(struct sanitize *s, struct sv bytes, struct err *err)
{
    return bytes.len == 0 || s->fn(bytes, s->user, err);
}

/* Plain bytes go through in long runs; only what is wrong is touched. */
static bool clean(struct sanitize *s, struct sv bytes, bool last, struct err *err)
{
    size_t from = 0, at = 0;
    while (at < bytes.len) {
        const unsigned char c = (unsigned char)bytes.ptr[at];
        uint32_t point = c;
        if (c >= 0x20 && c < 0x80) {
            at++;
            continue;
        }
        const struct sv rest = sv_tail(bytes, at);
        size_t len = text_utf8(rest, &point);
        if (len == 0 && !last && rest.len < 4 && rest.len < wanted(rest.ptr[0])) {
            memcpy(s->open, rest.ptr, rest.len);
            s->open_len = rest.len;
            break;
        }
        if (len > 0 && is_allowed(point)) {
            at += len;
            continue;
        }
        if (!pass(s, (struct sv){.ptr = bytes.ptr + from, .len = at - from}, err) ||
            !pass(s, replacement, err))
            return false;
        at += len > 0 ? len : 1;
        from = at;
    }
    return pass(s, (struct sv){.ptr = bytes.ptr + from, .len = at - from}, err);
}

static bool feed_open(struct sanitize *s, struct sv bytes, struct err *err)
{
    char joined[16];
    while (s->open_len > 0 && bytes.len > 0) {
        const size_t old = s->open_len;
        memcpy(joined, s->open, old);
        joined[old] = bytes.ptr[0];
        bytes = sv_tail(bytes, 1);
        s->open_len = 0;
        if (!clean(s, (struct sv){.ptr = joined, .len = old + 1}, false, err))
            return false;
    }
    return bytes.len == 0 || clean(s, bytes, false, err);
}

/* What may stand before the root without meaning anything to a reader of test results. */
static struct sv skip_prologue(struct sv head)
{
    if (sv_starts(head, SV("\xef\xbb\xbf")))
        head = sv_tail(head, 3);
    for (;;) {
        while (head.len > 0 && strchr(" \t\r\n", head.ptr[0]) != NULL && head.ptr[0] != '\0')
            head = sv_tail(head, 1);
        const bool comment = sv_starts(head, SV("<!--"));
        const bool declaration = sv_starts(head, SV("<?xml"));
        const struct sv close = comment ? SV("-->") : SV("?>");
        const size_t end = sv_find(head, close);
        if ((!comment && !declaration) || end == head.len)
            return head;
        head = sv_tail(head, end + close.len);
    }
}

static bool start(struct sanitize *s, struct err *err)
{
    s->started = true;
    return feed_open(s, skip_prologue(buf_sv(&s->head)), err);
}

bool sanitize_feed(struct sanitize *s, struct sv bytes, struct err *err)
{
    if (!s->started) {
        const struct sv part = sv_head(bytes, SANITIZE_HEAD - s->head.len);
        if (!buf_add(&s->head, part, err))
            return false;
        bytes = sv_tail(bytes, part.len);
        if (s->head.len < SANITIZE_HEAD)
            return true;
        if (!start(s, err))
            return false;
    }
    return bytes.len == 0 || feed_open(s, bytes, err);
}

bool sanitize_finish(struct sanitize *s, struct err *err)
{
    if (!s->started && !start(s, err))
        return false;
    const size_t left = s->open_len;
    s->open_len = 0;
    return clean(s, (struct sv){.ptr = s->open, .len = left}, true, err);
}
