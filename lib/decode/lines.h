/*
 * lines - cut plain bytes into blocks of whole lines and clean them for matching.
 *
 * In:      plain chunks of any size; UTF-16 with a BOM is converted, a UTF-8 BOM skipped.
 * Out:     struct block, in order: blocks of up to LINES_BLOCK_BYTES, cut at the last newline, and
 *          single lines that lay across two of them. Cleaning, only where needed: CR before LF
 *          dropped; escape sequences, NUL and lines drawn over as ansi.h says; the harness's prefix
 *          removed when the log has one (dialect.h). Lines and facts are the same for every way of
 *          cutting the input into chunks; blocks are not.
 * Units:   line numbers count LF from 1; offsets are in the plain bytes as received.
 * Limits:  a line over LINES_WINDOW_BYTES comes in windows that overlap by LINES_OVERLAP_BYTES,
 *          block.cut set, counted once in cut_lines.
 * Errors:  ERR_NOMEM; the callback's error unchanged.
 * Threads: one owner.
 */
#ifndef DECODE_LINES_H
#define DECODE_LINES_H

#include "base/attr.h"
#include "base/err.h"
#include "model/block.h"
#include "model/evidence.h"

enum {
    LINES_BLOCK_BYTES = 64 * 1024,
    LINES_WINDOW_BYTES = 128 * 1024, /* at least a block, so that no line in one is cut */
    LINES_OVERLAP_BYTES = 4 * 1024
};

typedef bool lines_fn(const struct block *block, void *user, struct err *err);

struct lines; /* opaque */

/* near_ms: about when the log was written, 0 not known: it gives stamps without a year theirs. */
struct lines *lines_new(lines_fn *fn, void *user, int64_t near_ms, struct err *err) MUST_CHECK;
void lines_reset(struct lines *l, lines_fn *fn, void *user, int64_t near_ms);
bool lines_feed(struct lines *l, struct sv plain, struct err *err) MUST_CHECK;

/* Deliver what is left and fill in the facts: bytes, lines, cut_lines, first_ms, last_ms, gap,
 * no_final_newline, binary, last_line. last_text is a view that holds until reset or free. */
bool lines_finish(struct lines *l, struct log_facts *ret_facts, struct err *err) MUST_CHECK;
void lines_free(struct lines *l);

#endif
