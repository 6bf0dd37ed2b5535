/*
 * block - whole lines of one log, cleaned for matching. decode makes them, scan reads them.
 *
 * Shape:   text holds line_count lines, each ended by one LF (the last one too, added if missing).
 *          Line k of text is line k of raw. text == raw when nothing had to be cleaned.
 *          A line longer than the window comes as several blocks of one line each, `cut` set, that
 *          overlap, all with the same first_line.
 * Units:   offsets in bytes of the plain log, before any conversion (UTF-16 included).
 * Owns:    nothing; a loan until the callback returns.
 */
#ifndef MODEL_BLOCK_H
#define MODEL_BLOCK_H

#include "model/line.h"

struct block {
    struct sv text;
    struct sv raw;         /* the same lines before cleaning */
    uint64_t first_line;   /* number of the first line, from 1 */
    uint64_t first_offset; /* of raw in the plain log */
    uint64_t line_count;
    bool utf16; /* raw was UTF-16 in the log: offsets count what it was there */
    bool cut;
    /* The timestamp of a raw line, 0 none; NULL: nobody knows. how is handed back to it. */
    int64_t (*stamp)(const void *how, struct sv raw_line);
    const void *how;
};

/* Where the walk stands; start zeroed. Positions must not go backwards. */
struct block_cursor {
    uint64_t line;      /* lines passed */
    size_t text_pos;    /* start of the current line in text */
    size_t raw_pos;     /* start of the current line in raw */
    uint64_t plain_pos; /* start of the current line in the log, from first_offset */
};

/* How many bytes of the log a part of raw was. */
uint64_t block_plain_len(struct sv raw, bool utf16);

/* The line that holds text byte pos (pos < text.len). Costs the bytes between the last pos and
 * this one. */
void block_locate(const struct block *b, struct block_cursor *cursor, size_t pos,
                  struct line *ret_line);

#endif
