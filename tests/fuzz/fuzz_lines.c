/* Stored bytes through inflate and lines: whole and in pieces give the same, every line lies where it says it does, ISA-L and zlib
 * agree. The first byte chooses the size of the pieces. */
#include "base/buf.h"
#include "decode/inflate.h"
#include "decode/lines.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    MAX_PLAIN = 4 << 20,
    DECODER_LAG =
        300 /* before an end that is none ISA-L may keep back what zlib gives, and the other way round */
};

struct run {
    struct lines *lines;
    struct buf plain, told;
    uint64_t next_line;
    struct inflate_result result;
    struct log_facts facts;
    bool limited;
};

static void insist(bool truth)
{
    if (!truth)
        abort();
}

static bool on_block(const struct block *b, void *user, struct err *err)
{
    struct run *r = user;
    struct block_cursor cursor = {0};
    struct line line;
    uint64_t lines = 0;
    insist(sv_ends(b->text, SV("\n")) && b->raw.len > 0);
    insist(b->first_line == r->next_line);
    insist(b->first_offset + block_plain_len(b->raw, b->utf16) <= r->plain.len);
    insist(b->utf16 || memcmp(b->raw.ptr, r->plain.data + b->first_offset, b->raw.len) == 0);
    for (size_t pos = 0; pos < b->text.len; pos += line.text.len + 1, lines++) {
        block_locate(b, &cursor, pos, &line);
        insist(line.offset < r->plain.len && line.number == b->first_line + lines);
        insist(b->utf16 || line.offset == 0 || b->cut || r->plain.data[line.offset - 1] == '\n' ||
               (line.offset == 3 && line.number == 1));
        insist(memchr(line.text.ptr, '\x1b', line.text.len) == NULL || b->text.ptr == b->raw.ptr ||
               line.text.len > 0);
        if (!buf_addf(&r->told, err, "%llu %llu %lld ", (unsigned long long)line.number,
                      (unsigned long long)line.offset, (long long)line.stamp_ms) ||
            !buf_add(&r->told, line.text, err) || !buf_add_char(&r->told, '\n', err))
            return false;
    }
    insist(lines == b->line_count);
    /* all but the last window of a line */
    r->next_line += b->cut && !sv_ends(b->raw, SV("\n")) ? 0 : lines;
    return true;
}

static bool on_plain(struct sv plain, void *user, struct err *err)
{
    struct run *r = user;
    insist(plain.len > 0 && plain.len <= INFLATE_PIECE_BYTES);
    return buf_add(&r->plain, plain, err) && lines_feed(r->lines, plain, err);
}

static void run(struct sv stored, size_t piece, bool zlib, struct run *r)
{
    const int64_t near_ms = INT64_C(1709287200000);
    struct err err = {0};
    *r = (struct run){.next_line = 1};
    r->lines = lines_new(on_block, r, near_ms, &err);
    buf_init(&r->plain, MAX_PLAIN);
    buf_init(&r->told, 64 << 20);
    struct inflate *z =
        inflate_new(&(struct inflate_options){.max_plain_bytes = MAX_PLAIN, .force_zlib = zlib},
                    on_plain, r, &err);
    bool ok = true;
    for (; ok && stored.len > 0; stored = sv_tail(stored, piece))
        ok = inflate_feed(z, sv_head(stored, piece), &err);
    r->limited = !ok;
    insist(ok || err.code == ERR_LIMIT);
    insist(inflate_finish(z, &r->result, &err) || err.code == ERR_LIMIT);
    insist(lines_finish(r->lines, &r->facts, &err));
    insist(r->facts.bytes == r->plain.len);
    insist(r->facts.last_offset <= r->plain.len && r->facts.last_line <= r->facts.lines);
    insist(r->facts.gap_line <= r->facts.lines && r->facts.gap_ms >= 0);
    r->facts.last_text = SV("");
    inflate_free(z);
    lines_free(r->lines);
}

static bool is_sound(enum inflate_end end)
{
    return end == INFLATE_COMPLETE || end == INFLATE_TRAILING;
}

static bool is_same(const struct buf *a, const struct buf *b)
{
    return sv_equal(buf_sv(a), buf_sv(b));
}

static void done(struct run *r)
{
    buf_done(&r->plain);
    buf_done(&r->told);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct run whole, pieces, other;
    if (size == 0)
        return 0;
    const struct sv stored = {.ptr = (const char *)data + 1, .len = size - 1};
    run(stored, stored.len + 1, false, &whole);
    run(stored, (size_t)data[0] + 1, false, &pieces);
    insist(whole.limited == pieces.limited);
    insist(whole.result.end == pieces.result.end && whole.result.format == pieces.result.format);
    insist(strcmp(whole.result.why, pieces.result.why) == 0);
    insist(is_same(&whole.plain, &pieces.plain) && is_same(&whole.told, &pieces.told));
    insist(memcmp(&whole.facts, &pieces.facts, sizeof(whole.facts)) == 0);
    run(stored, stored.len + 1, true, &other);
    if (!whole.limited && !other.limited) {
        const size_t a = whole.plain.len, b = other.plain.len, common = a < b ? a : b;
        const bool sound = is_sound(whole.result.end);
        /* of a checksum that is cut off in the middle zlib sees that it is wrong, ISA-L that it is cut */
        insist(sound ? whole.result.end == other.result.end : !is_sound(other.result.end));
        insist(whole.result.format == other.result.format);
        /* what an outer layer keeps back can be any number of bytes of the inner one */
        const bool wrapped = strstr(whole.result.format, " in ") != NULL;
        insist(sound ? a == b : wrapped || (a < b + DECODER_LAG && b < a + DECODER_LAG));
        insist(common == 0 || memcmp(whole.plain.data, other.plain.data, common) == 0);
    }
    done(&whole);
    done(&pieces);
    done(&other);
    return 0;
}
