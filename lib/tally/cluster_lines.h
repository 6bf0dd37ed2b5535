/*
 * cluster_lines - of the lines of a failure's text those that say something.
 *
 * Out:     line by line; of a log record (logfmt, JSON) its error, else its message; nothing of stack
 *          traces, of dumps of Go structures, of code that a traceback quotes. What the trace names
 *          is its frame: the nearest to the failure that is no runtime's, library's or test tool's,
 *          in lower case, with '#' for digits, without its package's folder.
 *          What stands behind a last " | " is a frame already, as in a shape (tally/cluster.h).
 * Errors:  none. Threads: one owner; views into the text.
 */
#ifndef TALLY_CLUSTER_LINES_H
#define TALLY_CLUSTER_LINES_H

#include "base/sv.h"

struct cluster_lines {
    struct sv rest;
    struct sv frame;     /* as the trace has it */
    bool frame_is_ready; /* of a shape */
    bool in_goroutine, after_file, after_text, brace_waits;
    size_t depth; /* of braces of a dump, 0 outside */
};

void cluster_lines_init(struct cluster_lines *l, struct sv text);
bool cluster_lines_next(struct cluster_lines *l, struct sv *ret_line);

/* The frame's name after the last line, cut to size; 0 without one. No NUL. */
size_t cluster_lines_frame(const struct cluster_lines *l, char *ret_name, size_t size);

#endif
