#include "decode/lines.h"

#include "base/buf.h"
#include "decode/ansi.h"
#include "decode/dialect.h"
#include "decode/gap.h"
#include "decode/stamp.h"

#include <stdlib.h>

enum {
    DETECT_BYTES = 4096, /* looked at before the dialect is settled, or */
    DETECT_LINES = 8,    /* as many times that as it takes to see some lines, up to */
    DETECT_MAX = 64 * DETECT_BYTES,
    PROBE_BYTES = 4096, /* from one line that is asked for a stamp to the next */
    LAST_TEXT_BYTES = 4096,
};

enum encoding { ENCODING_UNKNOWN, ENCODING_BYTES, ENCODING_UTF16LE, ENCODING_UTF16BE };

struct lines {
    lines_fn *fn;
    void *user;
    struct buf pending; /* an open line; at the start of a log what is not settled yet */
    struct buf clean;
    enum encoding encoding;
    enum dialect dialect;
    bool settled, in_cut, has_stamps;
    unsigned char half[4]; /* bytes of a UTF-16 unit or pair that is not whole yet */
    size_t half_len;
    struct buf converted;
    uint64_t line, offset; /* of what is next; offset before conversion */
    struct log_facts facts;
    struct gap gap;
    uint64_t text_at;  /* of what is next, in converted bytes */
    uint64_t probe_at; /* where in those the next line is asked for a stamp */
    char last_text[LAST_TEXT_BYTES];
    size_t last_len;
};

struct lines *lines_new(lines_fn *fn, void *user, int64_t near_ms, struct err *err)
{
    struct lines *l = calloc(1, sizeof(*l));
    if (l == NULL) {
        (void)err_why(err, ERR_NOMEM, "no memory for lines");
        return NULL;
    }
    buf_init(&l->pending, 4 * LINES_WINDOW_BYTES);
    buf_init(&l->clean, 4 * LINES_WINDOW_BYTES);
    buf_init(&l->converted, 4 * LINES_BLOCK_BYTES);
    lines_reset(l, fn, user, near_ms);
    return l;
}

void lines_reset(struct lines *l, lines_fn *fn, void *user, int64_t near_ms)
{
    l->fn = fn;
    l->user = user;
    buf_reset(&l->pending);
    l->encoding = ENCODING_UNKNOWN;
    l->dialect = DIALECT_NONE;
    l->settled = l->in_cut = l->has_stamps = false;
    l->half_len = l->last_len = 0;
    l->line = 1;
    l->offset = 0;
    l->facts = (struct log_facts){0};
    gap_init(&l->gap, near_ms);
    l->text_at = l->probe_at = 0;
}

void lines_free(struct lines *l)
{
    if (l == NULL)
        return;
    buf_done(&l->pending);
    buf_done(&l->clean);
    buf_done(&l->converted);
    free(l);
}

/* ---- what a block holds ---- */

struct survey { /* of a block, in one pass */
    uint64_t newlines;
    bool marks; /* there is something to clean: ESC, CR, NUL */
};

static bool is_utf16(const struct lines *l)
{
    return l->encoding == ENCODING_UTF16LE || l->encoding == ENCODING_UTF16BE;
}

static struct survey survey_of(struct sv raw)
{
    enum { ROUNDS = 255 }; /* that a byte can count */
    struct survey s = {0};
    bytes16 marks = {0};
    size_t i = 0;
    while (raw.len - i >= sizeof(bytes16)) {
        bytes16 newlines = {0}, v;
        for (int k = 0; k < ROUNDS && raw.len - i >= sizeof(v); k++, i += sizeof(v)) {
            memcpy(&v, raw.ptr + i, sizeof(v));
            newlines -= (bytes16)(v == '\n');
            marks |= (bytes16)((v == '\x1b') | (v == '\r') | (v == 0));
        }
        for (size_t k = 0; k < sizeof(v); k++)
            s.newlines += newlines[k];
    }
    for (; i < raw.len; i++) {
        const char c = raw.ptr[i];
        s.newlines += c == '\n';
        s.marks = s.marks || c == '\x1b' || c == '\r' || c == '\0';
    }
    for (size_t k = 0; k < sizeof(marks); k++)
        s.marks = s.marks || marks[k] != 0;
    return s;
}

/* Settle the dialect from the first lines. */
static void settle(struct lines *l)
{
    const struct sv head = buf_sv(&l->pending);
    l->dialect = dialect_of(head);
    l->facts.binary = sv_find_char(head, '\0') < head.len;
    l->settled = true;
}

/* ---- stamps ---- */

static struct sv behind_columns(const struct lines *l, struct sv line)
{
    return l->dialect == DIALECT_TABS ? sv_tail(line, dialect_columns(l->dialect, line)) : line;
}

static int64_t stamp_of_line(const void *how, struct sv raw_line)
{
    const struct lines *l = how;
    struct stamp stamp;
    return stamp_read(behind_columns(l, raw_line), l->gap.near_ms, &stamp) ? stamp.ms : 0;
}

/* Whether the log has stamps is asked of each of the first lines and of some later ones, by their
 * place in the log, so that the answer does not depend on how it was cut; once it has, they are read
 * from there on. Moves *rest to that line; false when it is not among these. */
static bool find_stamps(struct lines *l, struct sv *rest)
{
    struct stamp stamp;
    const struct sv raw = *rest;
    for (;;) {
        const uint64_t behind = l->text_at + (raw.len - rest->len);
        if (l->probe_at > behind) { /* to the first line that starts there or later */
            const struct sv on = sv_tail(*rest, (size_t)(l->probe_at - behind) - 1);
            *rest = sv_tail(on, sv_find_char(on, '\n') + 1);
        }
        if (rest->len == 0)
            return false;
        const uint64_t at = l->text_at + (raw.len - rest->len);
        const struct sv line = sv_head(*rest, sv_find_char(*rest, '\n'));
        l->probe_at = at + (at < DETECT_BYTES ? 1 : PROBE_BYTES);
        l->has_stamps = stamp_read(behind_columns(l, line), l->gap.near_ms, &stamp);
        if (l->has_stamps)
            return true;
    }
}

static void take_stamps(struct lines *l, struct sv raw)
{
    struct sv line, rest = raw;
    if (!l->has_stamps && !find_stamps(l, &rest))
        return;
    uint64_t number = l->line + survey_of(sv_head(raw, raw.len - rest.len)).newlines;
    for (; rest.len > 0; number++) {
        const size_t end = sv_find_char(rest, '\n');
        line = sv_head(rest, end);
        rest = sv_tail(rest, end + 1);
        gap_line(&l->gap, behind_columns(l, line), number);
    }
    gap_settle(&l->gap);
}

/* ---- blocks ---- */

/* The last line of text that is not blank, with its place in raw; line by line from the end. */
static void remember_last(struct lines *l, const struct block *b)
{
    struct sv text = b->text, raw = b->raw;
    for (uint64_t line = b->first_line + b->line_count; text.len > 0 && line-- > 0;) {
        const size_t end = text.len - 1; /* every line of text ends in LF */
        const size_t raw_end = sv_ends(raw, SV("\n")) ? raw.len - 1 : raw.len;
        const size_t before = sv_find_last(sv_head(text, end), '\n');
        const size_t raw_before = sv_find_last(sv_head(raw, raw_end), '\n');
        const size_t start = before < end ? before + 1 : 0;
        const struct sv last = {.ptr = text.ptr + start, .len = end - start};
        text = sv_head(text, start);
        raw = sv_head(raw, raw_before < raw_end ? raw_before + 1 : 0);
        if (sv_trim(last).len == 0)
            continue;
        l->last_len = sv_head(last, LAST_TEXT_BYTES).len;
        memcpy(l->last_text, last.ptr, l->last_len);
        l->facts.last_line = line;
        l->facts.last_offset = b->first_offset + block_plain_len(raw, b->utf16);
        return;
    }
}

static bool clean_lines(struct lines *l, struct sv raw, bool marks, struct err *err)
{
    buf_reset(&l->clean);
    if (!buf_reserve(&l->clean, raw.len + 1, err))
        return false;
    char *out = l->clean.data;
    size_t len = 0;
    while (raw.len > 0) {
        const size_t end = sv_find_char(raw, '\n');
        struct sv line = sv_head(raw, end);
        raw = sv_tail(raw, end + 1);
        if (!l->in_cut) {
            line = sv_tail(line, dialect_prefix(l->dialect, line));
            line = sv_tail(line, l->dialect != DIALECT_NONE ? dialect_relay(line) : 0);
        }
        if (line.len > 0 && line.ptr[line.len - 1] == '\r')
            line.len--;
        if (marks) {
            len += ansi_clean(line, out + len);
        } else if (line.len > 0) {
            memcpy(out + len, line.ptr, line.len);
            len += line.len;
        }
        out[len++] = '\n';
    }
    l->clean.len = len;
    return true;
}

/* Hand on whole lines, or a window of a long line; raw is not empty. */
static bool deliver(struct lines *l, struct sv raw, bool cut, uint64_t *ret_lines, struct err *err)
{
    const struct survey survey = survey_of(raw);
    const bool open = raw.ptr[raw.len - 1] != '\n';
    struct block block = {
        .text = raw,
        .raw = raw,
        .first_line = l->line,
        .first_offset = l->offset,
        .line_count = survey.newlines + open,
        .utf16 = is_utf16(l),
        .cut = cut,
        .stamp = stamp_of_line,
        .how = l,
    };
    if (survey.marks || l->dialect != DIALECT_NONE || open) {
        if (!clean_lines(l, raw, survey.marks, err))
            return false;
        block.text = buf_sv(&l->clean);
    }
    if (!l->in_cut)
        take_stamps(l, raw);
    remember_last(l, &block);
    *ret_lines = block.line_count;
    return l->fn(&block, l->user, err);
}

static bool deliver_lines(struct lines *l, struct sv raw, struct err *err)
{
    uint64_t count = 0;
    if (!deliver(l, raw, l->in_cut, &count, err))
        return false;
    l->in_cut = false;
    l->line += count;
    l->facts.lines += count;
    l->offset += block_plain_len(raw, is_utf16(l));
    l->text_at += raw.len;
    return true;
}

/* The open line is longer than the window: let its head go, keep what the next window repeats. */
static bool deliver_window(struct lines *l, struct err *err)
{
    const struct sv window = sv_head(buf_sv(&l->pending), LINES_WINDOW_BYTES);
    if (!l->in_cut)
        l->facts.cut_lines++;
    uint64_t count = 0;
    if (!deliver(l, window, true, &count, err))
        return false;
    l->in_cut = true;
    l->text_at += LINES_WINDOW_BYTES - LINES_OVERLAP_BYTES;
    l->offset +=
        block_plain_len(sv_head(window, LINES_WINDOW_BYTES - LINES_OVERLAP_BYTES), is_utf16(l));
    buf_consume(&l->pending, LINES_WINDOW_BYTES - LINES_OVERLAP_BYTES);
    return true;
}

/* Append to the open line, in windows when it grows too long. */
static bool keep(struct lines *l, struct sv part, struct err *err)
{
    while (part.len > 0) {
        const struct sv fits = sv_head(part, LINES_WINDOW_BYTES + 1 - l->pending.len);
        if (!buf_add(&l->pending, fits, err))
            return false;
        part = sv_tail(part, fits.len);
        if (l->pending.len > LINES_WINDOW_BYTES && !deliver_window(l, err))
            return false;
    }
    return true;
}

static bool flush_pending(struct lines *l, struct err *err)
{
    if (l->pending.len == 0)
        return true;
    const bool ok = deliver_lines(l, buf_sv(&l->pending), err);
    buf_reset(&l->pending);
    return ok;
}

static bool feed_settled(struct lines *l, struct sv piece, struct err *err)
{
    if (l->pending.len > 0) {
        const size_t first = sv_find_char(piece, '\n');
        const bool ends = first < piece.len;
        if (!keep(l, sv_head(piece, first), err))
            return false;
        if (!ends)
            return true;
        /* The newline itself never starts another window. */
        if (!buf_add_char(&l->pending, '\n', err) || !flush_pending(l, err))
            return false;
        piece = sv_tail(piece, first + 1);
    }
    const size_t last = sv_find_last(piece, '\n');
    if (last < piece.len) {
        if (!deliver_lines(l, sv_head(piece, last + 1), err))
            return false;
        piece = sv_tail(piece, last + 1);
    }
    return keep(l, piece, err);
}

static bool feed_settling(struct lines *l, struct err *err)
{
    struct buf held = l->pending;
    settle(l);
    buf_init(&l->pending, 4 * LINES_WINDOW_BYTES);
    bool ok = true;
    for (struct sv rest = buf_sv(&held); ok && rest.len > 0;
         rest = sv_tail(rest, LINES_BLOCK_BYTES))
        ok = feed_settled(l, sv_head(rest, LINES_BLOCK_BYTES), err);
    buf_done(&held);
    return ok;
}

/* A log may begin with a very long line, the rest of what was cut off before it. */
static bool shows_enough(struct sv head)
{
    return head.len % DETECT_BYTES == 0 &&
           (head.len >= DETECT_MAX || survey_of(head).newlines >= DETECT_LINES);
}

static bool feed_bytes(struct lines *l, struct sv bytes, struct err *err)
{
    for (; bytes.len > 0;) {
        const struct sv piece =
            sv_head(bytes, l->settled ? (size_t)LINES_BLOCK_BYTES
                                      : DETECT_BYTES - l->pending.len % DETECT_BYTES);
        bytes = sv_tail(bytes, piece.len);
        if (l->settled) {
            if (!feed_settled(l, piece, err))
                return false;
        } else if (!buf_add(&l->pending, piece, err) ||
                   (shows_enough(buf_sv(&l->pending)) && !feed_settling(l, err))) {
            return false;
        }
    }
    return true;
}

/* ---- UTF-16 ---- */

static bool add_point(struct buf *out, uint32_t p, struct err *err)
{
    char utf8[4];
    size_t n = 0;
    if (p < 0x80) {
        utf8[n++] = (char)p;
    } else if (p < 0x800) {
        utf8[n++] = (char)(0xc0 | p >> 6);
        utf8[n++] = (char)(0x80 | (p & 0x3f));
    } else if (p < 0x10000) {
        utf8[n++] = (char)(0xe0 | p >> 12);
        utf8[n++] = (char)(0x80 | (p >> 6 & 0x3f));
        utf8[n++] = (char)(0x80 | (p & 0x3f));
    } else {
        utf8[n++] = (char)(0xf0 | p >> 18);
        utf8[n++] = (char)(0x80 | (p >> 12 & 0x3f));
        utf8[n++] = (char)(0x80 | (p >> 6 & 0x3f));
        utf8[n++] = (char)(0x80 | (p & 0x3f));
    }
    return buf_add(out, (struct sv){.ptr = utf8, .len = n}, err);
}

static uint32_t unit_at(const struct lines *l, size_t i)
{
    const unsigned char a = l->half[i], b = l->half[i + 1];
    return l->encoding == ENCODING_UTF16LE ? (uint32_t)(a | b << 8) : (uint32_t)(b | a << 8);
}

static bool is_high(uint32_t unit)
{
    return unit >= 0xd800 && unit < 0xdc00;
}

/* What is held as a character, all of it but a high half that may still find its other one. */
static bool add_units(struct lines *l, struct err *err)
{
    const uint32_t first = unit_at(l, 0);
    const uint32_t second = l->half_len == 4 ? unit_at(l, 2) : 0;
    if (is_high(first) && l->half_len < 4)
        return true;
    if (is_high(first) && second >= 0xdc00 && second < 0xe000) {
        l->half_len = 0;
        return add_point(&l->converted, 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00),
                         err);
    }
    l->half_len -= 2;
    memmove(l->half, l->half + 2, l->half_len);
    const bool alone = first >= 0xd800 && first < 0xe000;
    return add_point(&l->converted, alone ? 0xfffd : first, err) &&
           (l->half_len == 0 || add_units(l, err));
}

static bool feed_utf16(struct lines *l, struct sv bytes, struct err *err)
{
    buf_reset(&l->converted);
    for (size_t i = 0; i < bytes.len; i++) {
        l->half[l->half_len++] = (unsigned char)bytes.ptr[i];
        if (l->half_len % 2 == 0 && !add_units(l, err))
            return false;
    }
    return feed_bytes(l, buf_sv(&l->converted), err);
}

/* At the end half of a pair is a character that nobody knows; a single byte is nothing. */
static bool finish_utf16(struct lines *l, struct err *err)
{
    buf_reset(&l->converted);
    if (!is_utf16(l) || l->half_len < 2)
        return true;
    l->half_len = 0;
    return add_point(&l->converted, 0xfffd, err) && feed_bytes(l, buf_sv(&l->converted), err);
}

/* ---- the stream ---- */

/* The first bytes tell the encoding; a byte order mark is left out of the text. */
static bool find_encoding(struct lines *l, struct sv *bytes, bool last)
{
    static const struct {
        struct sv mark;
        enum encoding encoding;
    } marks[] = {{SV_INIT("\xff\xfe"), ENCODING_UTF16LE},
                 {SV_INIT("\xfe\xff"), ENCODING_UTF16BE},
                 {SV_INIT("\xef\xbb\xbf"), ENCODING_BYTES}};
    while (bytes->len > 0 && l->half_len < 3) {
        l->half[l->half_len++] = (unsigned char)bytes->ptr[0];
        *bytes = sv_tail(*bytes, 1);
        const struct sv head = {.ptr = (const char *)l->half, .len = l->half_len};
        bool open = false;
        for (size_t i = 0; i < COUNT_OF(marks); i++) {
            if (sv_equal(head, marks[i].mark)) {
                l->encoding = marks[i].encoding;
                l->offset = head.len;
                l->half_len = 0;
                return true;
            }
            open = open || sv_starts(marks[i].mark, head);
        }
        if (!open) {
            l->encoding = ENCODING_BYTES;
            return true;
        }
    }
    if (last)
        l->encoding = ENCODING_BYTES;
    return last;
}

static bool feed_decoded(struct lines *l, struct sv plain, struct err *err)
{
    if (l->encoding == ENCODING_BYTES)
        return feed_bytes(l, plain, err);
    for (; plain.len > 0; plain = sv_tail(plain, LINES_BLOCK_BYTES)) {
        if (!feed_utf16(l, sv_head(plain, LINES_BLOCK_BYTES), err))
            return false;
    }
    return true;
}

static bool start(struct lines *l, struct sv *plain, bool last, struct err *err)
{
    if (!find_encoding(l, plain, last) || l->half_len == 0 || l->encoding != ENCODING_BYTES)
        return true;
    const struct sv held = {.ptr = (const char *)l->half, .len = l->half_len};
    const bool ok = feed_bytes(l, held, err);
    l->half_len = 0;
    return ok;
}

bool lines_feed(struct lines *l, struct sv plain, struct err *err)
{
    l->facts.bytes += plain.len;
    if (l->encoding == ENCODING_UNKNOWN && !start(l, &plain, false, err))
        return false;
    return plain.len == 0 || feed_decoded(l, plain, err);
}

bool lines_finish(struct lines *l, struct log_facts *ret_facts, struct err *err)
{
    struct sv nothing = SV("");
    if (l->encoding == ENCODING_UNKNOWN && !start(l, &nothing, true, err))
        return false;
    if (!finish_utf16(l, err))
        return false;
    if (!l->settled && l->pending.len > 0 && !feed_settling(l, err))
        return false;
    l->facts.no_final_newline = l->pending.len > 0;
    if (!flush_pending(l, err))
        return false;
    l->facts.first_ms = l->gap.first_ms;
    l->facts.last_ms = l->gap.last_ms;
    l->facts.gap_ms = l->gap.gap_ms;
    l->facts.gap_line = l->gap.gap_line;
    l->facts.last_text = (struct sv){.ptr = l->last_text, .len = l->last_len};
    *ret_facts = l->facts;
    return true;
}
