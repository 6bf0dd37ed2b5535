#include "junit/sanitize.h"

#include "base/text.h"

#include <stdlib.h>

static const struct sv replacement = SV_INIT("\xef\xbf\xbd");
static const struct sv cdata_start = SV_INIT("<![CDATA[");
static const struct sv cdata_end = SV_INIT("]]>");
static const struct sv comment_start = SV_INIT("<!--");
static const struct sv comment_end = SV_INIT("-->");

enum { RECODE_PIECE = 1024 };

void sanitize_init(struct sanitize *s, sanitize_fn *fn, void *user)
{
    *s = (struct sanitize){.fn = fn, .user = user};
    buf_init(&s->head, SANITIZE_HEAD + 1);
    buf_init(&s->piece, SANITIZE_PIECE + 1);
}

void sanitize_done(struct sanitize *s)
{
    buf_done(&s->head);
    buf_done(&s->piece);
    recode_done(&s->recode);
    free(s->marks);
    *s = (struct sanitize){0};
}

/* ---- places ---- */

static bool add_mark(struct sanitize *s, struct err *err)
{
    const struct sanitize_mark mark = {.out = s->out_bytes, .in = s->in_bytes};
    if (s->mark_count > 0 && s->marks[s->mark_count - 1].out == mark.out) {
        s->marks[s->mark_count - 1] = mark;
        return true;
    }
    if (s->mark_count == s->mark_cap) {
        const size_t cap = s->mark_cap > 0 ? s->mark_cap * 2 : 64;
        struct sanitize_mark *marks = reallocarray(s->marks, cap, sizeof(*marks));
        if (marks == NULL)
            return err_why(err, ERR_NOMEM, "no memory for %zu places", cap);
        s->marks = marks;
        s->mark_cap = cap;
    }
    s->marks[s->mark_count++] = mark;
    return true;
}

/* The last mark at or before out; 0 when all are behind it. */
static size_t mark_before(const struct sanitize *s, uint64_t out)
{
    size_t low = 0, high = s->mark_count;
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (s->marks[middle].out <= out)
            low = middle;
        else
            high = middle;
    }
    return low;
}

uint64_t sanitize_origin(const struct sanitize *s, uint64_t out)
{
    if (s->mark_count == 0)
        return out;
    const struct sanitize_mark *m = &s->marks[mark_before(s, out)];
    return s->recoded || out < m->out ? m->in : m->in + (out - m->out);
}

void sanitize_forget(struct sanitize *s, uint64_t out)
{
    const size_t first = s->mark_count > 0 ? mark_before(s, out) : 0;
    if (first < 32 || first < s->mark_count / 2)
        return;
    s->mark_count -= first;
    memmove(s->marks, s->marks + first, s->mark_count * sizeof(*s->marks));
}

/* ---- cleaning ---- */

static bool flush(struct sanitize *s, struct err *err)
{
    if (s->piece.len == 0)
        return true;
    const bool ok = s->fn(buf_sv(&s->piece), s->user, err);
    buf_reset(&s->piece);
    return ok;
}

/* Pieces are cut at the same places of the output however the input was cut. */
static bool pass(struct sanitize *s, struct sv bytes, struct err *err)
{
    while (bytes.len > 0) {
        const struct sv part = sv_head(bytes, SANITIZE_PIECE - s->piece.len);
        if (!buf_add(&s->piece, part, err) || (s->piece.len == SANITIZE_PIECE && !flush(s, err)))
            return false;
        bytes = sv_tail(bytes, part.len);
        s->out_bytes += part.len;
    }
    return true;
}

/* Places of a recoded file are those of its pieces: bytes of UTF-8 say nothing about them. */
static bool pass_same(struct sanitize *s, struct sv bytes, struct err *err)
{
    s->in_bytes += s->recoded ? 0 : bytes.len;
    return pass(s, bytes, err);
}

static bool pass_instead(struct sanitize *s, size_t len, struct sv bytes, struct err *err)
{
    s->in_bytes += s->recoded ? 0 : len;
    return pass(s, bytes, err) && (s->recoded || bytes.len == len || add_mark(s, err));
}

enum look { LOOK_GOOD, LOOK_BAD, LOOK_STRAY, LOOK_OPEN };

static bool is_allowed(uint32_t point)
{
    return point >= 0x20 ? point != 0xfffe && point != 0xffff && (point < 0xd800 || point > 0xdfff)
                         : point == '\t' || point == '\n' || point == '\r';
}

/* How many bytes a character that starts so needs; 1 when it cannot start one. */
static size_t wanted(char c)
{
    const unsigned char b = (unsigned char)c;
    return b >= 0xf0 && b < 0xf5 ? 4 : b >= 0xe0 && b < 0xf0 ? 3 : b >= 0xc2 && b < 0xe0 ? 2 : 1;
}

static enum look look_at_character(struct sv rest, bool last, size_t *ret_len)
{
    uint32_t point = 0;
    const size_t len = text_utf8(rest, &point);
    if (len == 0 && !last && rest.len < wanted(rest.ptr[0]))
        return LOOK_OPEN;
    *ret_len = len > 0 ? len : 1;
    return len > 0 && is_allowed(point) ? LOOK_GOOD : LOOK_BAD;
}

static int digit_of(char c, bool hex)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    const char low = (char)(c | 0x20);
    return hex && low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/* "&#27;" and "&#x1b;" name characters that XML forbids even so. */
static enum look look_at_reference(struct sv rest, bool last, size_t *ret_len)
{
    uint32_t point = 0;
    size_t at = 2;
    *ret_len = 1;
    if (rest.len < 3)
        return !last && (rest.len < 2 || rest.ptr[1] == '#') ? LOOK_OPEN : LOOK_GOOD;
    if (rest.ptr[1] != '#')
        return LOOK_GOOD;
    const bool hex = rest.ptr[2] == 'x';
    at += hex;
    const size_t from = at;
    while (at < rest.len && at < SANITIZE_OPEN - 1 && digit_of(rest.ptr[at], hex) >= 0) {
        point = point > 0x10ffff ? point
                                 : point * (hex ? 16 : 10) + (uint32_t)digit_of(rest.ptr[at], hex);
        at++;
    }
    if (at == rest.len && at < SANITIZE_OPEN - 1 && !last)
        return LOOK_OPEN;
    if (at == from || at == rest.len || rest.ptr[at] != ';')
        return LOOK_GOOD; /* no reference: the parser says so */
    *ret_len = at + 1;
    return is_allowed(point) && point <= 0x10ffff ? LOOK_GOOD : LOOK_BAD;
}

static bool begins_tag(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' || c == '/' ||
           c == '!' || c == '?' || (unsigned char)c >= 0x80;
}

static bool is_prefix(struct sv rest, struct sv word, bool last)
{
    return !last && rest.len < word.len && sv_starts(word, rest);
}

/* A '<' between tags, or where a tag ought to have ended. */
static enum look look_at_tag(struct sanitize *s, struct sv rest, bool last, size_t *ret_len)
{
    if (is_prefix(rest, cdata_start, last) || is_prefix(rest, comment_start, last))
        return LOOK_OPEN;
    if (sv_starts(rest, cdata_start)) {
        s->inside = INSIDE_CDATA;
        *ret_len = cdata_start.len;
    } else if (sv_starts(rest, comment_start)) {
        s->inside = INSIDE_COMMENT;
        *ret_len = comment_start.len;
    } else if (rest.len > 1 && begins_tag(rest.ptr[1])) {
        s->inside = INSIDE_TAG;
    } else {
        return LOOK_STRAY;
    }
    return LOOK_GOOD;
}

/* A '<' in a value is a mistake of the writer's, unless the quote's end was forgotten. */
static enum look look_at_value(struct sanitize *s, struct sv rest, bool last, size_t *ret_len)
{
    static const struct sv tags[] = {SV_INIT("<testcase"),  SV_INIT("</testcase>"),
                                     SV_INIT("<testsuite"), SV_INIT("</testsuite"),
                                     SV_INIT("<failure"),   SV_INIT("</failure>")};
    for (size_t i = 0; i < COUNT_OF(tags); i++) {
        if (is_prefix(rest, tags[i], last))
            return LOOK_OPEN;
        if (sv_starts(rest, tags[i])) {
            s->inside = INSIDE_TAG;
            *ret_len = tags[i].len;
            return LOOK_GOOD;
        }
    }
    return LOOK_STRAY;
}

static enum look look_at_end(struct sanitize *s, struct sv rest, struct sv end, bool last,
                             size_t *ret_len)
{
    if (is_prefix(rest, end, last))
        return LOOK_OPEN;
    if (sv_starts(rest, end)) {
        s->inside = INSIDE_TEXT;
        *ret_len = end.len;
    }
    return LOOK_GOOD;
}

/* The signs that mean something where we are; all others but controls are plain. */
static bool is_sign(enum sanitize_inside inside, char c)
{
    switch (inside) {
    case INSIDE_TAG:
        return c == '<' || c == '>' || c == '"' || c == '\'';
    case INSIDE_DOUBLE:
        return c == '<' || c == '"' || c == '&';
    case INSIDE_SINGLE:
        return c == '<' || c == '\'' || c == '&';
    case INSIDE_COMMENT:
        return c == '-';
    case INSIDE_CDATA:
        return c == ']';
    case INSIDE_TEXT:
    default:
        return c == '<' || c == '&';
    }
}

static enum look look_at_sign(struct sanitize *s, struct sv rest, bool last, size_t *ret_len)
{
    const bool value = s->inside == INSIDE_DOUBLE || s->inside == INSIDE_SINGLE;
    *ret_len = 1;
    switch (rest.ptr[0]) {
    case '&':
        return look_at_reference(rest, last, ret_len);
    case '<':
        return value ? look_at_value(s, rest, last, ret_len) : look_at_tag(s, rest, last, ret_len);
    case '>':
        s->inside = INSIDE_TEXT;
        return LOOK_GOOD;
    case '"':
        s->inside = value ? INSIDE_TAG : INSIDE_DOUBLE;
        return LOOK_GOOD;
    case '\'':
        s->inside = value ? INSIDE_TAG : INSIDE_SINGLE;
        return LOOK_GOOD;
    case '-':
        return look_at_end(s, rest, comment_end, last, ret_len);
    default:
        return look_at_end(s, rest, cdata_end, last, ret_len);
    }
}

static bool is_plain(char c)
{
    return (unsigned char)c >= 0x20 && (unsigned char)c < 0x80;
}

/* Plain bytes go through in long runs; only what is wrong is touched. */
static bool clean(struct sanitize *s, struct sv bytes, bool last, struct err *err)
{
    size_t from = 0, at = 0;
    while (at < bytes.len) {
        size_t len = 1;
        const bool sign = is_sign(s->inside, bytes.ptr[at]);
        if (!sign && is_plain(bytes.ptr[at])) {
            at++;
            continue;
        }
        const struct sv rest = sv_tail(bytes, at);
        const enum look look =
            sign ? look_at_sign(s, rest, last, &len) : look_at_character(rest, last, &len);
        if (look == LOOK_GOOD) {
            at += len;
            continue;
        }
        if (!pass_same(s, (struct sv){.ptr = bytes.ptr + from, .len = at - from}, err))
            return false;
        if (look == LOOK_OPEN) {
            memcpy(s->open, rest.ptr, rest.len);
            s->open_len = rest.len;
            return true;
        }
        if (!pass_instead(s, len, look == LOOK_STRAY ? SV("&lt;") : replacement, err))
            return false;
        at += len;
        from = at;
    }
    return pass_same(s, (struct sv){.ptr = bytes.ptr + from, .len = at - from}, err);
}

static bool feed_open(struct sanitize *s, struct sv bytes, struct err *err)
{
    char joined[SANITIZE_OPEN + 1];
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

/* ---- the beginning ---- */

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

static bool add_to_head(struct sv utf8, void *user, struct err *err)
{
    return buf_add(user, utf8, err);
}

static bool clean_recoded(struct sv utf8, void *user, struct err *err)
{
    return feed_open(user, utf8, err);
}

static bool feed_recoded(struct sanitize *s, struct sv bytes, bool last, struct err *err)
{
    do {
        const struct sv part = sv_head(bytes, RECODE_PIECE);
        if ((part.len > 0 && !add_mark(s, err)) ||
            !recode_feed(&s->recode, part, last && part.len == bytes.len, clean_recoded, s, err))
            return false;
        bytes = sv_tail(bytes, part.len);
        s->in_bytes += part.len;
    } while (bytes.len > 0);
    return true;
}

/* The head of a recoded file is recoded as one, so that its declaration is found. */
static bool start_recoded(struct sanitize *s, struct err *err)
{
    struct buf head;
    buf_init(&head, 4 * SANITIZE_HEAD);
    bool ok = recode_feed(&s->recode, buf_sv(&s->head), false, add_to_head, &head, err);
    const struct sv rest = skip_prologue(buf_sv(&head));
    for (size_t i = 0; ok && i < head.len - rest.len; i++)
        s->head_lines += head.data[i] == '\n';
    s->recoded = true;
    s->empty = rest.len == 0;
    ok = ok && add_mark(s, err) && feed_open(s, rest, err);
    s->in_bytes = s->head.len;
    buf_done(&head);
    return ok;
}

static bool start(struct sanitize *s, struct err *err)
{
    char encoding[RECODE_NAME_BYTES];
    const struct sv head = buf_sv(&s->head);
    struct err own = {0};
    s->started = true;
    if (recode_find(head, encoding)) {
        if (recode_open(&s->recode, encoding, &own))
            return start_recoded(s, err);
        if (own.code == ERR_NOMEM) {
            *err = own;
            return false;
        }
    }
    const struct sv rest = skip_prologue(head);
    for (size_t i = 0; i < head.len - rest.len; i++)
        s->head_lines += head.ptr[i] == '\n';
    s->empty = rest.len == 0;
    s->in_bytes = head.len - rest.len;
    return add_mark(s, err) && feed_open(s, rest, err);
}

static bool feed_body(struct sanitize *s, struct sv bytes, struct err *err)
{
    if (bytes.len == 0)
        return true;
    s->empty = false;
    return s->recoded ? feed_recoded(s, bytes, false, err) : feed_open(s, bytes, err);
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
    return feed_body(s, bytes, err);
}

bool sanitize_finish(struct sanitize *s, struct err *err)
{
    if (!s->started && !start(s, err))
        return false;
    if (s->recoded && !feed_recoded(s, SV(""), true, err))
        return false;
    const struct sv left = {.ptr = s->open, .len = s->open_len};
    char open[SANITIZE_OPEN];
    memcpy(open, left.ptr, left.len);
    s->open_len = 0;
    return clean(s, (struct sv){.ptr = open, .len = left.len}, true, err) && flush(s, err);
}
