/*
 * unpack - one decoder of one layer: gzip, zlib or zstd, fed in pieces.
 *
 * Out:     UNPACK_MORE: all input was used, or the output is full (call again with what is left);
 *          UNPACK_END: a member ended, *used tells where; UNPACK_BAD: why says what is wrong.
 * Owns:    the library's state. Threads: one owner.
 */
#ifndef DECODE_UNPACK_H
#define DECODE_UNPACK_H

#include "base/err.h"
#include "base/sv.h"

enum unpack_format { UNPACK_GZIP, UNPACK_ZLIB, UNPACK_ZSTD };
enum unpack_end { UNPACK_MORE, UNPACK_END, UNPACK_BAD };

struct unpack; /* opaque */

struct unpack *unpack_new(enum unpack_format format, bool force_zlib, struct err *err) MUST_CHECK;
void unpack_reset(struct unpack *u); /* for the next member */
enum unpack_end unpack_run(struct unpack *u, struct sv in, size_t *ret_used, char *out, size_t room,
                           size_t *ret_made, const char **ret_why);
void unpack_free(struct unpack *u);

/* "zlib 1.2.13, ISA-L 2.30.0, zstd 1.5.4": for --version. */
const char *unpack_versions(void);

#endif
