/*
 * log_text - a log as the scanner sees it: unpacked, cleaned, cut into blocks of lines.
 *
 * In:      the path of a plain or compressed file; "-" is standard input.
 * Out:     struct block, in order, until the callback has had enough.
 * Errors:  ERR_IO, ERR_LIMIT, ERR_NOMEM; the callback's. A stream that breaks off is none.
 * Threads: no state.
 */
#ifndef RUN_LOG_TEXT_H
#define RUN_LOG_TEXT_H

#include "decode/inflate.h"
#include "model/block.h"

/* *ret_enough may be set, to hear nothing more. */
typedef bool log_text_fn(const struct block *block, void *user, bool *ret_enough, struct err *err);

bool log_text_read(const char *path, const struct inflate_options *options, log_text_fn *fn,
                   void *user, struct err *err) MUST_CHECK;

#endif
