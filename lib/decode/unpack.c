#include "decode/unpack.h"

#include <stdlib.h>
#include <zlib.h>
#ifdef HAVE_ISAL
#include <isa-l.h>
#endif
#ifdef HAVE_ZSTD
#include <zstd.h>
#endif

/* A frame may ask for a window of 2^ZSTD_WINDOW_LOG bytes: 32 MiB, four times what RFC 8878 wants every
 * decoder to have, and little enough for each of many workers. */
enum { ZSTD_WINDOW_LOG = 25, FRAME_HEAD_BYTES = 5 };

struct unpack {
    enum unpack_format format;
    bool isal;
    z_stream z;
#ifdef HAVE_ISAL
    struct inflate_state i;
    size_t head_len; /* bytes of this member's header seen, up to the flags */
#endif
#ifdef HAVE_ZSTD
    ZSTD_DStream *zstd;
    size_t wanted; /* bytes of input, in the next call */
#endif
};

const char *unpack_versions(void)
{
    return "zlib " ZLIB_VERSION
#ifdef HAVE_ISAL
           ", ISA-L"
#endif
#ifdef HAVE_ZSTD
           ", zstd " ZSTD_VERSION_STRING
#endif
        ;
}

#ifdef HAVE_ISAL
static void start_isal(struct unpack *u)
{
    isal_inflate_init(&u->i);
    u->i.crc_flag = ISAL_GZIP;
    u->head_len = 0;
}
#endif

struct unpack *unpack_new(enum unpack_format format, bool force_zlib, struct err *err)
{
    struct unpack *u = calloc(1, sizeof(*u));
    bool ok = u != NULL;
    if (ok) {
        u->format = format;
#ifdef HAVE_ISAL
        u->isal = format == UNPACK_GZIP && !force_zlib;
        if (u->isal)
            start_isal(u);
#else
        (void)force_zlib;
#endif
    }
    if (ok && format != UNPACK_ZSTD && !u->isal)
        ok = inflateInit2(&u->z, format == UNPACK_GZIP ? 15 + 16 : 15) == Z_OK;
#ifdef HAVE_ZSTD
    if (ok)
        u->wanted = FRAME_HEAD_BYTES;
    if (ok && format == UNPACK_ZSTD)
        ok = (u->zstd = ZSTD_createDStream()) != NULL &&
             !ZSTD_isError(ZSTD_DCtx_setParameter(u->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG));
#endif
    if (ok)
        return u;
    unpack_free(u);
    (void)err_why(err, ERR_NOMEM, "no memory for a decoder");
    return NULL;
}

void unpack_reset(struct unpack *u)
{
#ifdef HAVE_ISAL
    if (u->isal) {
        start_isal(u);
        return;
    }
#endif
#ifdef HAVE_ZSTD
    if (u->format == UNPACK_ZSTD) {
        (void)ZSTD_DCtx_reset(u->zstd, ZSTD_reset_session_only);
        u->wanted = FRAME_HEAD_BYTES;
        return;
    }
#endif
    if (u->format != UNPACK_ZSTD)
        (void)inflateReset(&u->z);
}

void unpack_free(struct unpack *u)
{
    if (u == NULL)
        return;
    if (u->format != UNPACK_ZSTD && !u->isal)
        (void)inflateEnd(&u->z);
#ifdef HAVE_ZSTD
    (void)ZSTD_freeDStream(u->zstd);
#endif
    free(u);
}

static enum unpack_end run_zlib(struct unpack *u, struct sv in, size_t *ret_used, char *out,
                                size_t room, size_t *ret_made, const char **ret_why)
{
    enum { STEP = 1 << 30 };
    const uInt offered = (uInt)(in.len < STEP ? in.len : STEP);
    u->z.next_in = (Bytef *)(uintptr_t)in.ptr; /* zlib does not write to it */
    u->z.avail_in = offered;
    u->z.next_out = (Bytef *)out;
    u->z.avail_out = (uInt)room;
    const int code = inflate(&u->z, Z_NO_FLUSH);
    *ret_used = offered - u->z.avail_in;
    *ret_made = room - u->z.avail_out;
    if (code == Z_STREAM_END)
        return UNPACK_END;
    if (code == Z_OK || code == Z_BUF_ERROR)
        return UNPACK_MORE;
    *ret_why = u->z.msg != NULL      ? u->z.msg
               : code == Z_NEED_DICT ? "a preset dictionary is needed"
               : code == Z_MEM_ERROR ? "out of memory"
                                     : "bad data";
    return UNPACK_BAD;
}

#ifdef HAVE_ISAL
static const char *isal_words(int code)
{
    switch (code) {
    case ISAL_INVALID_BLOCK:
        return "invalid block type";
    case ISAL_INVALID_SYMBOL:
        return "invalid code";
    case ISAL_INVALID_LOOKBACK:
        return "invalid distance too far back";
    case ISAL_INVALID_WRAPPER:
        return "incorrect header";
    case ISAL_UNSUPPORTED_METHOD:
        return "unknown compression method";
    case ISAL_INCORRECT_CHECKSUM:
        return "incorrect checksum";
    default:
        return "bad data";
    }
}

/* RFC 1952 2.3.1.2: a reserved flag that is set is an error. ISA-L does not look. */
static bool has_reserved_flags(struct unpack *u, struct sv in)
{
    enum { FLAGS_AT = 3, RESERVED = 0xe0 };
    if (u->head_len > FLAGS_AT)
        return false;
    const size_t at = FLAGS_AT - u->head_len;
    u->head_len += at < in.len ? at + 1 : in.len;
    return at < in.len && (in.ptr[at] & RESERVED) != 0;
}

static enum unpack_end run_isal(struct unpack *u, struct sv in, size_t *ret_used, char *out,
                                size_t room, size_t *ret_made, const char **ret_why)
{
    enum { STEP = 1 << 30 };
    const uint32_t offered = (uint32_t)(in.len < STEP ? in.len : STEP);
    if (has_reserved_flags(u, in)) {
        *ret_why = "unknown header flags set";
        return UNPACK_BAD;
    }
    u->i.next_in = (uint8_t *)(uintptr_t)in.ptr; /* not written to */
    u->i.avail_in = offered;
    u->i.next_out = (uint8_t *)out;
    u->i.avail_out = (uint32_t)room;
    const int code = isal_inflate(&u->i);
    *ret_used = offered - u->i.avail_in;
    *ret_made = room - u->i.avail_out;
    if (code < 0) {
        *ret_why = isal_words(code);
        return UNPACK_BAD;
    }
    return u->i.block_state == ISAL_BLOCK_FINISH && u->i.avail_out > 0 ? UNPACK_END : UNPACK_MORE;
}
#endif

#ifdef HAVE_ZSTD
static enum unpack_end run_zstd(struct unpack *u, struct sv in, size_t *ret_used, char *out,
                                size_t room, size_t *ret_made, const char **ret_why)
{
    /* Of a call that ends in an error the library gives nothing, not even the blocks before: so each
     * call gets what the last one wished for, which is one block. */
    const size_t size = in.len < u->wanted ? in.len : u->wanted;
    ZSTD_inBuffer input = {.src = in.ptr, .size = size};
    ZSTD_outBuffer output = {.dst = out, .size = room};
    const size_t code = ZSTD_decompressStream(u->zstd, &output, &input);
    *ret_used = input.pos;
    *ret_made = output.pos;
    if (ZSTD_isError(code)) {
        *ret_why = ZSTD_getErrorName(code);
        return UNPACK_BAD;
    }
    u->wanted = code != 0 ? code : FRAME_HEAD_BYTES;
    return code == 0 ? UNPACK_END : UNPACK_MORE;
}
#endif

enum unpack_end unpack_run(struct unpack *u, struct sv in, size_t *ret_used, char *out, size_t room,
                           size_t *ret_made, const char **ret_why)
{
    *ret_used = *ret_made = 0;
    if (u->format == UNPACK_ZSTD) {
#ifdef HAVE_ZSTD
        return run_zstd(u, in, ret_used, out, room, ret_made, ret_why);
#else
        *ret_why = "zstd is not supported by this build";
        return UNPACK_BAD;
#endif
    }
#ifdef HAVE_ISAL
    if (u->isal)
        return run_isal(u, in, ret_used, out, room, ret_made, ret_why);
#endif
    return run_zlib(u, in, ret_used, out, room, ret_made, ret_why);
}
