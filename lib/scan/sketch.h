/*
 * sketch - from one line of a log, a rule to start from.
 *
 * In:      a visible line; of a long one its head is taken.
 * Out:     a pack of YAML with one rule: a pattern in which numbers, hashes, paths, URLs, versions and
 *          what stands in quotes are captured by name, a summary made of them, the line as its
 *          example. It loads, and matches the line.
 * Errors:  ERR_USAGE for a line of blanks; ERR_NOMEM.
 * Limits:  SKETCH_LINE_BYTES of the line, SKETCH_CAPTURES captures; more are matched and not kept.
 */
#ifndef SCAN_SKETCH_H
#define SCAN_SKETCH_H

#include "base/buf.h"

enum { SKETCH_LINE_BYTES = 400, SKETCH_CAPTURES = 8 };

struct sketch_options {
    struct sv line;
    struct sv id;   /* "draft.line-12" */
    struct sv from; /* where the line was found, for a comment: "build-log.txt:12" */
};

bool sketch_rule(const struct sketch_options *options, struct buf *ret_yaml,
                 struct err *err) MUST_CHECK;

/* The pattern and the summary alone; views of the two buffers. */
bool sketch_pattern(struct sv line, struct buf *ret_pattern, struct buf *ret_summary,
                    struct err *err) MUST_CHECK;

#endif
