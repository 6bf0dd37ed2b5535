#include "decode/lines.h"

#include "base/buf.h"
#include "decode/ansi.h"
#include "decode/stamp.h"

#include <assert.h>
#include <stdlib.h>

enum {
    DETECT_BYTES = 4096, /* looked at before the dialect is settled */
    DETECT_LINES = 16,
    PIECE_BYTES = 64 * 1024, /* of the input at a time, so that a line in it is under the window */
    GAP_MS = 30 * 1000,      /* shorter silences are not looked for */
    LAST_TEXT_BYTES = 4096,
};

enum encoding { ENCODING_UNKNOWN, ENCODING_BYTES, ENCODING_UTF16LE, ENCODING_UTF16BE };
enum dialect { DIALECT_NONE, DIALECT_RFC3339, DIALECT_BRACKETS, DIALECT_CLOCK, DIALECT_TABS };

struct lines {
    lines_fn *fn;
    void *user;
    struct buf pending; /* an open line; at the start of a log what is not settled yet */
    struct buf clean;
    enum encoding encoding;
    enum dialect dialect;
    bool settled, stamped, in_cut;
    unsigned char half[4]; /* bytes of a UTF-16 unit or pair that is not whole yet */
    size_t half_len;
    struct buf converted;
    uint64_t line, offset; /* of what is next; offset before conversion */
    struct log_facts facts;
    int64_t stamp_ms; /* the newest seen, and its line */
    uint64_t stamp_line;
    char last_text[LAST_TEXT_BYTES];
    size_t last_len;
};

struct lines *lines_new(lines_fn *fn, void *user, struct err *err)
{
    struct lines *l = calloc(1, sizeof(*l));
    if (l == NULL) {
        (void)err_why(err, ERR_NOMEM, "no memory for lines");
        return NULL;
    }
    buf_init(&l->pending, 4 * LINES_WINDOW_BYTES);
    buf_init(&l->clean, 4 * LINES_WINDOW_BYTES);
    buf_init(&l->converted, 4 * PIECE_BYTES);
    lines_reset(l, fn, user);
    return l;
}

void lines_reset(struct lines *l, lines_fn *fn, void *user)
{
    l->fn = fn;
    l->user = user;
    buf_reset(&l->pending);
    l->encoding = ENCODING_UNKNOWN;
    l->dialect = DIALECT_NONE;
    l->settled = l->stamped = l->in_cut = false;
    l->half_len = l->last_len = 0;
    l->line = 1;
    l->offset = 0;
    l->facts = (struct log_facts){0};
    l->stamp_ms = 0;
    l->stamp_line = 0;
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

/* ---- harness prefixes ---- */

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

static size_t rfc3339_prefix(struct sv line)
{
    int64_t ms;
    size_t len = stamp_rfc3339(line, &ms);
    if (len == 0 || (len < line.len && line.ptr[len] != ' ' && line.ptr[len] != '\r'))
        return 0;
    len += len < line.len && line.ptr[len] == ' ';
    return len + gitlab_mark(sv_tail(line, len));
}

static size_t brackets_prefix(struct sv line)
{
    size_t len = 0;
    if (line.len < 21 || line.ptr[0] != '[' || stamp_parse(line, 0, &len) == 0 || len == 0)
        return 0;
    len += len < line.len && line.ptr[len] == ' ';
    /* Taskcluster wraps what harnesses stamp already: "[task …Z] 10:00:00     INFO - text". */
    return len + clock_prefix(sv_tail(line, len));
}

/* "job<TAB>step<TAB>2024-…Z text", as `gh run view --log` prints. */
static size_t tabs_prefix(struct sv line)
{
    size_t at = 0;
    for (int i = 0; i < 2; i++) {
        const size_t tab = sv_find_char(sv_tail(sv_head(line, 512), at), '\t');
        if (at + tab >= line.len || at + tab >= 512)
            return 0;
        at += tab + 1;
    }
    if (sv_starts(sv_tail(line, at), SV("\xef\xbb\xbf")))
        at += 3;
    const size_t len = rfc3339_prefix(sv_tail(line, at));
    return len > 0 ? at + len : 0;
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

static size_t prefix_of(enum dialect dialect, struct sv line)
{
    size_t len = 0;
    switch (dialect) {
    case DIALECT_RFC3339:
        return rfc3339_prefix(line);
    case DIALECT_TABS:
        return tabs_prefix(line);
    case DIALECT_BRACKETS:
        len = brackets_prefix(line);
        return len > 0 ? len + level_prefix(sv_tail(line, len)) : clock_prefix(line);
    case DIALECT_CLOCK:
        len = clock_prefix(line);
        return len > 0 ? len + level_prefix(sv_tail(line, len)) : 0;
    case DIALECT_NONE:
    default:
        return 0;
    }
}

/* Settle the dialect from the first lines: it must fit more than half of those that are not empty.
 */
static void settle(struct lines *l)
{
    static const enum dialect all[] = {DIALECT_RFC3339, DIALECT_BRACKETS, DIALECT_TABS,
                                       DIALECT_CLOCK};
    unsigned fits[DIALECT_TABS + 1] = {0}, lines = 0;
    struct sv line, rest = sv_head(buf_sv(&l->pending), DETECT_BYTES);
    while (lines < DETECT_LINES && rest.len > 0 && sv_cut(&rest, '\n', &line)) {
        if (sv_trim(line).len == 0)
            continue;
        lines++;
        for (size_t i = 0; i < COUNT_OF(all); i++)
            fits[all[i]] += prefix_of(all[i], line) > 0;
        l->stamped = l->stamped || stamp_parse(line, 0, NULL) != 0;
    }
    for (size_t i = 0; i < COUNT_OF(all) && l->dialect == DIALECT_NONE; i++) {
        if (lines > 0 && fits[all[i]] * 2 > lines)
            l->dialect = all[i];
    }
    l->facts.binary = memchr(l->pending.data, '\0', sv_head(buf_sv(&l->pending), DETECT_BYTES).len);
    l->settled = true;
}

/* ---- stamps ---- */

static int64_t stamp_of_line(struct sv raw_line)
{
    return stamp_parse(raw_line, 0, NULL);
}

static void note_stamp(struct lines *l, int64_t ms, uint64_t line)
{
    if (ms == 0)
        return;
    if (l->facts.first_ms == 0)
        l->facts.first_ms = ms;
    if (l->stamp_ms != 0 && ms - l->stamp_ms > GAP_MS && ms - l->stamp_ms > l->facts.gap_ms) {
        l->facts.gap_ms = ms - l->stamp_ms;
        l->facts.gap_line = l->stamp_line;
    }
    l->stamp_ms = ms;
    l->stamp_line = line;
    l->facts.last_ms = ms;
}

/* Gaps longer than GAP_MS: look at every line only when the block as a whole spans one. */
static void take_stamps(struct lines *l, struct sv raw, uint64_t first_line, uint64_t count)
{
    struct sv line, rest = raw;
    int64_t last = 0;
    uint64_t last_line = first_line + count;
    while (rest.len > 0 && last == 0) {
        const size_t end = sv_ends(rest, SV("\n")) ? rest.len - 1 : rest.len;
        const size_t from = sv_find_last(sv_head(rest, end), '\n');
        line = from < end ? sv_tail(sv_head(rest, end), from + 1) : sv_head(rest, end);
        last = stamp_parse(line, 0, NULL);
        last_line--;
        rest = sv_head(rest, from < end ? from + 1 : 0);
    }
    if (last == 0)
        return;
    if (l->stamp_ms != 0 && last >= l->stamp_ms && last - l->stamp_ms <= GAP_MS) {
        note_stamp(l, last, last_line);
        return;
    }
    uint64_t number = first_line;
    for (rest = raw; rest.len > 0 && sv_cut(&rest, '\n', &line); number++)
        note_stamp(l, stamp_parse(line, 0, NULL), number);
}

/* ---- blocks ---- */

static bool is_utf16(const struct lines *l)
{
    return l->encoding == ENCODING_UTF16LE || l->encoding == ENCODING_UTF16BE;
}

static void remember_last(struct lines *l, const struct block *b)
{
    struct sv text = b->text;
    uint64_t line = b->first_line + b->line_count;
    size_t skipped = 0;
    while (text.len > 0) {
        const size_t end = sv_ends(text, SV("\n")) ? text.len - 1 : text.len;
        const size_t from = sv_find_last(sv_head(text, end), '\n');
        const size_t start = from < end ? from + 1 : 0;
        const struct sv last = {.ptr = text.ptr + start, .len = end - start};
        line--;
        if (sv_trim(last).len > 0) {
            struct block_cursor cursor = {0};
            struct line where;
            block_locate(b, &cursor, start, &where);
            l->last_len = sv_head(last, LAST_TEXT_BYTES).len;
            memcpy(l->last_text, last.ptr, l->last_len);
            l->facts.last_line = where.number;
            l->facts.last_offset = where.offset;
            return;
        }
        text = sv_head(text, start);
        if (++skipped > 1000)
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
        line = sv_tail(line, l->in_cut ? 0 : prefix_of(l->dialect, line));
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

/* Hand on whole lines, or one window of a long line; raw is not empty. */
static bool deliver(struct lines *l, struct sv raw, uint64_t line_count, bool cut, struct err *err)
{
    struct block block = {
        .text = raw,
        .raw = raw,
        .first_line = l->line,
        .first_offset = l->offset,
        .line_count = line_count,
        .utf16 = is_utf16(l),
        .cut = cut,
        .stamp = l->stamped ? stamp_of_line : NULL,
    };
    const bool marks = memchr(raw.ptr, '\x1b', raw.len) != NULL ||
                       memchr(raw.ptr, '\r', raw.len) != NULL ||
                       memchr(raw.ptr, '\0', raw.len) != NULL;
    if (marks || l->dialect != DIALECT_NONE || !sv_ends(raw, SV("\n"))) {
        if (!clean_lines(l, raw, marks, err))
            return false;
        block.text = buf_sv(&l->clean);
    }
    if (l->stamped)
        take_stamps(l, raw, l->line, line_count);
    remember_last(l, &block);
    return l->fn(&block, l->user, err);
}

static uint64_t count_lines(struct sv raw)
{
    uint64_t count = 0;
    for (const char *p = raw.ptr, *end = raw.ptr + raw.len;
         p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL; p++)
        count++;
    return count;
}

static bool deliver_lines(struct lines *l, struct sv raw, struct err *err)
{
    const uint64_t count = count_lines(raw);
    const uint64_t open = sv_ends(raw, SV("\n")) ? 0 : 1;
    const bool cut = l->in_cut;
    if (!deliver(l, raw, count + open, cut, err))
        return false;
    l->in_cut = false;
    l->line += count + open;
    l->facts.lines += count + open;
    l->offset += block_plain_len(raw, is_utf16(l));
    return true;
}

/* The open line is longer than the window: let its head go, keep what the next window repeats. */
static bool deliver_window(struct lines *l, struct err *err)
{
    const struct sv window = sv_head(buf_sv(&l->pending), LINES_WINDOW_BYTES);
    if (!l->in_cut)
        l->facts.cut_lines++;
    if (!deliver(l, window, 1, true, err))
        return false;
    l->in_cut = true;
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
    const bool ok = feed_settled(l, buf_sv(&held), err);
    buf_done(&held);
    return ok;
}

static bool feed_bytes(struct lines *l, struct sv bytes, struct err *err)
{
    for (; bytes.len > 0;) {
        const struct sv piece =
            sv_head(bytes, l->settled ? (size_t)PIECE_BYTES : DETECT_BYTES - l->pending.len);
        bytes = sv_tail(bytes, piece.len);
        if (l->settled) {
            if (!feed_settled(l, piece, err))
                return false;
        } else if (!buf_add(&l->pending, piece, err) ||
                   (l->pending.len == DETECT_BYTES && !feed_settling(l, err))) {
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

static bool feed_utf16(struct lines *l, struct sv bytes, struct err *err)
{
    buf_reset(&l->converted);
    for (size_t i = 0; i < bytes.len; i++) {
        l->half[l->half_len++] = (unsigned char)bytes.ptr[i];
        if (l->half_len < 2)
            continue;
        uint32_t point = unit_at(l, 0);
        if (point >= 0xd800 && point < 0xdc00 && l->half_len < 4)
            continue;
        const uint32_t low = l->half_len == 4 ? unit_at(l, 2) : 0;
        bool pair = l->half_len == 4 && low >= 0xdc00 && low < 0xe000;
        if (pair)
            point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
        else if (point >= 0xd800 && point < 0xe000)
            point = 0xfffd;
        if (!add_point(&l->converted, point, err))
            return false;
        if (l->half_len == 4 && !pair && !add_point(&l->converted, low, err))
            return false;
        l->half_len = 0;
    }
    return feed_bytes(l, buf_sv(&l->converted), err);
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
    for (; plain.len > 0; plain = sv_tail(plain, PIECE_BYTES)) {
        if (!feed_utf16(l, sv_head(plain, PIECE_BYTES), err))
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
    if (!l->settled && l->pending.len > 0 && !feed_settling(l, err))
        return false;
    l->facts.no_final_newline = l->pending.len > 0;
    if (!flush_pending(l, err))
        return false;
    l->facts.last_text = (struct sv){.ptr = l->last_text, .len = l->last_len};
    *ret_facts = l->facts;
    return true;
}
