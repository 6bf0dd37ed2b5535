/*
 * line - one line of one log, as the scanner hands it on.
 */
#ifndef MODEL_LINE_H
#define MODEL_LINE_H

#include "base/sv.h"

struct line {
    struct sv text;   /* visible text: no line end, no ANSI sequences, no harness timestamp; after a
                         bare CR the last state only. A loan until the callback returns. */
    uint64_t number;  /* 1 is the first line; counted by LF in the plain log */
    uint64_t offset;  /* of the line's first byte in the plain (decompressed, original) bytes */
    int64_t stamp_ms; /* of the harness's or the line's own timestamp, 0 when there is none */
    bool cut;         /* longer than the window: text is a part of it */
};

#endif
