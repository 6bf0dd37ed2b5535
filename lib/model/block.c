#include "model/block.h"

/* The end of the line that starts at from: the position of its LF, or the length. */
static size_t line_end(struct sv text, size_t from)
{
    return from + sv_find_char(sv_tail(text, from), '\n');
}

void block_locate(const struct block *b, struct block_cursor *cursor, size_t pos,
                  struct line *ret_line)
{
    size_t end = line_end(b->text, cursor->text_pos);
    while (end < pos && end + 1 < b->text.len) {
        cursor->text_pos = end + 1;
        const size_t raw_end = line_end(b->raw, cursor->raw_pos);
        cursor->raw_pos = raw_end < b->raw.len ? raw_end + 1 : raw_end;
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
        .offset = b->first_offset + cursor->raw_pos * (b->offset_scale > 1 ? b->offset_scale : 1),
        .stamp_ms = b->stamp != NULL ? b->stamp(raw) : 0,
        .cut = b->cut,
    };
}
