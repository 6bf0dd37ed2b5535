/* Stored bytes through inflate and lines: whole and in pieces give the same, every line lies where it says it does. The first byte
 * chooses the size of the pieces and the decoder. */
#include "base/buf.h"
#include "decode/inflate.h"
#include "decode/lines.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_PLAIN = 4 << 20 };

struct run {
    struct lines *lines;
    struct buf plain, told;
    uint64_t next_line;
};

static bool on_block(const struct block *b, void *user, struct err *err)
{
    struct run *r = user;
    struct block_cursor cursor = {0};
    struct line line;
    uint64_t lines = 0;
    if (!sv_ends(b->text, SV("\n")) || b->first_line < r->next_line)
        abort();
    for (size_t pos = 0; pos < b->text.len; pos += line.text.len + 1, lines++) {
        block_locate(b, &cursor, pos, &line);
        if (line.offset > r->plain.len ||
            b->first_offset + block_plain_len(b->raw, b->utf16) > r->plain.len)
            abort();
        if (!buf_addf(&r->told, err, "%llu %llu ", (unsigned long long)line.number,
                      (unsigned long long)line.offset) ||
            !buf_add(&r->told, line.text, err) || !buf_add_char(&r->told, '\n', err))
            return false;
    }
    if (!b->utf16 && memcmp(b->raw.ptr, r->plain.data + b->first_offset, b->raw.len) != 0)
        abort();
    if (lines != b->line_count)
        abort();
    r->next_line = b->first_line + (b->cut ? 0 : lines);
    return true;
}

static bool on_plain(struct sv plain, void *user, struct err *err)
{
    struct run *r = user;
    return buf_add(&r->plain, plain, err) && lines_feed(r->lines, plain, err);
}

static enum inflate_end run(struct sv stored, size_t piece, bool zlib, struct run *r)
{
    struct err err = {0};
    struct log_facts facts;
    struct inflate_result result = {.end = INFLATE_CORRUPT};
    *r = (struct run){.lines = lines_new(on_block, r, &err), .next_line = 1};
    buf_init(&r->plain, MAX_PLAIN);
    buf_init(&r->told, 64 << 20);
    struct inflate *z =
        inflate_new(&(struct inflate_options){.max_plain_bytes = MAX_PLAIN, .force_zlib = zlib},
                    on_plain, r, &err);
    bool ok = true;
    for (; ok && stored.len > 0; stored = sv_tail(stored, piece))
        ok = inflate_feed(z, sv_head(stored, piece), &err);
    ok = ok && inflate_finish(z, &result, &err) && lines_finish(r->lines, &facts, &err);
    if (ok && (facts.bytes != r->plain.len || result.plain_bytes != r->plain.len))
        abort();
    if (!ok && err.code != ERR_LIMIT)
        abort();
    inflate_free(z);
    lines_free(r->lines);
    return ok ? result.end : INFLATE_CORRUPT;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct run whole, pieces;
    if (size == 0)
        return 0;
    const struct sv stored = {.ptr = (const char *)data + 1, .len = size - 1};
    const bool zlib = (data[0] & 0x80) != 0;
    const enum inflate_end end = run(stored, stored.len + 1, false, &whole);
    const enum inflate_end other = run(stored, (data[0] & 0x7f) + 1u, zlib, &pieces);
    const bool sound = end == INFLATE_COMPLETE && other == INFLATE_COMPLETE;
    if ((end == INFLATE_COMPLETE) != (other == INFLATE_COMPLETE) ||
        (sound &&
         (whole.told.len != pieces.told.len ||
          (whole.told.len > 0 && memcmp(whole.told.data, pieces.told.data, whole.told.len) != 0))))
        abort();
    buf_done(&whole.plain);
    buf_done(&whole.told);
    buf_done(&pieces.plain);
    buf_done(&pieces.told);
    return 0;
}
