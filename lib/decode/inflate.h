/*
 * inflate - from stored bytes to plain bytes, by content and never by name.
 *
 * In:      chunks of any size; what comes out, and how it ends, does not depend on it, but a few KiB
 *          may be held back until inflate_finish. The first bytes tell gzip, zlib, zstd or plain; the plain output is
 *          looked at once more (a gzip in a gzip), two layers at most.
 * Out:     plain bytes through a callback, in pieces of at most INFLATE_PIECE_BYTES; what was
 *          compressed comes in pieces of exactly that, the last one aside, however it was cut.
 * State:   all gzip members and zstd frames one after the other; garbage after a member ends the
 *          stream and is noted, padding by NULs ends it. A stream that breaks off or is corrupt
 *          gives its prefix; inflate_finish says which, and that is a result and no error.
 * Errors:  ERR_LIMIT past max_plain_bytes or max_ratio (after the first MiB of output), of each
 *          layer; ERR_NOMEM; the callback's error unchanged. After a failure only inflate_finish,
 *          which hands on nothing more, inflate_reset and inflate_free.
 * Limits:  see struct inflate_options.
 * Threads: one stream an owner.
 * Source:  RFC 1952, RFC 1950, RFC 8878. ISA-L when built with it (HAVE_ISAL), else zlib; both pass
 *          the same tests.
 */
#ifndef DECODE_INFLATE_H
#define DECODE_INFLATE_H

#include "base/attr.h"
#include "base/err.h"
#include "base/sv.h"

enum { INFLATE_PIECE_BYTES = 128 * 1024 };

typedef bool inflate_fn(struct sv plain, void *user, struct err *err);

struct inflate_options {
    uint64_t max_plain_bytes; /* 0: 16 GiB */
    unsigned max_ratio;       /* plain to stored; 0: 2000 */
    bool force_zlib;          /* for tests: do not use ISA-L */
};

enum inflate_end {
    INFLATE_COMPLETE,
    INFLATE_TRUNCATED, /* the stream broke off */
    INFLATE_CORRUPT,   /* bad data or checksum; what came before was delivered */
    INFLATE_TRAILING, /* complete, with bytes behind the end that are no member and were left out */
    INFLATE_STOPPED,  /* inflate_feed failed */
};

struct inflate_result {
    enum inflate_end end;
    uint64_t stored_bytes, plain_bytes;
    const char *format; /* "plain", "gzip", "zlib", "zstd", "gzip in gzip"…; static */
    char why[96];       /* for TRUNCATED and CORRUPT: "after 40213 bytes of text: invalid code" */
};

struct inflate; /* opaque */

struct inflate *inflate_new(const struct inflate_options *options, inflate_fn *fn, void *user,
                            struct err *err) MUST_CHECK;
void inflate_reset(struct inflate *z, inflate_fn *fn, void *user); /* a new stream, memory kept */
bool inflate_feed(struct inflate *z, struct sv stored, struct err *err) MUST_CHECK;
bool inflate_finish(struct inflate *z, struct inflate_result *ret_result,
                    struct err *err) MUST_CHECK;
void inflate_free(struct inflate *z);

#endif
