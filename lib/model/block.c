#include "model/block.h"

/* The end of the line that starts at from: the position of its LF, or the length. */
static size_t line_end(struct sv text, size_t from)
{
    return from + sv_find_char(sv_tail(text, from), '\n');
}

uint64_t block_plain_len(struct sv raw, bool utf16)
{
    uint64_t len = 0;
    if (!utf16)
        return raw.len;
    for (size_t i = 0; i < raw.len; i++) {
        const unsigned char c = (unsigned char)raw.ptr[i];
        len += c >= 0xf0 ? 4 : (c & 0xc0) != 0x80 ? 2 : 0; /* what a character begins with */
    }
    return len;
}

void block_locate(const struct block *b, struct block_cursor *cursor, size_t pos,
                  struct line *ret_line)
{
    size_t end = line_end(b->text, cursor->text_pos);
    while (end < pos && end + 1 < b->text.len) {
        cursor->text_pos = end + 1;
        const size_t raw_end = line_end(b->raw, cursor->raw_pos);
        const size_t next = raw_end < b->raw.len ? raw_end + 1 : raw_end;
        cursor->plain_pos +=
            block_plain_len(sv_tail(sv_head(b->raw, next), cursor->raw_pos), b->utf16);
        cursor->raw_pos = next;
        cursor->line++;
        end = line_end(b->text, cursor->text_pos);
    }
    const struct sv raw = {
        .ptr = b->raw.ptr + cursor->raw_pos,
        .len = line_end(b->raw, cursor->raw_pos) - cursor->raw_pos,
    };
    *ret_line = (struct line){
        .text = {.ptr = b->text.ptr + cursor->text_pos, .len = end - cursor->text_pos},
        .number = b->first_line + cursor->line,
        .offset = b->first_offset + cursor->plain_pos,
        .stamp_ms = b->stamp != NULL ? b->stamp(b->how, raw) : 0,
        .cut = b->cut,
    };
}
