#include "decode/inflate.h"

#include "decode/unpack.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    LAYERS = 2,
    MAGIC_BYTES = 4,   /* the longest magic */
    TRIAL_BYTES = 512, /* of what may be zlib, or text that looks like it */
    FORMAT_COUNT = 3,
    DEFAULT_RATIO = 2000,
    RATIO_FREE_BYTES = 1024 * 1024,
    BLOCK_BYTES = 32 * 1024, /* of stored bytes that a decoder is given at once */
};

enum layer_state {
    LAYER_SNIFF,
    LAYER_PLAIN,
    LAYER_UNPACK,
    LAYER_BETWEEN, /* two members */
    LAYER_PADDING, /* NULs, as tapes and blocks of disks leave them */
    LAYER_OVER,
};

struct layer {
    enum layer_state state;
    enum unpack_format format;
    struct unpack *decoders[FORMAT_COUNT]; /* kept for reuse */
    char held[TRIAL_BYTES];                /* not decided upon yet */
    size_t held_len;
    char *out;      /* INFLATE_PIECE_BYTES, owned */
    size_t out_len; /* made and not handed on yet */
    uint64_t in_bytes, out_bytes;
    bool used; /* this layer undid something */
};

struct inflate {
    struct inflate_options options;
    inflate_fn *fn;
    void *user;
    struct layer layers[LAYERS];
    uint64_t stored_bytes, plain_bytes;
    enum inflate_end end;
    bool failed; /* nothing is handed on any more */
    char why[96];
    char block[BLOCK_BYTES]; /* gathered */
    size_t block_len;
};

struct inflate *inflate_new(const struct inflate_options *options, inflate_fn *fn, void *user,
                            struct err *err)
{
    struct inflate *z = calloc(1, sizeof(*z));
    if (z == NULL) {
        (void)err_why(err, ERR_NOMEM, "no memory for a decoder");
        return NULL;
    }
    if (options != NULL)
        z->options = *options;
    if (z->options.max_plain_bytes == 0)
        z->options.max_plain_bytes = 16ULL << 30;
    if (z->options.max_ratio == 0)
        z->options.max_ratio = DEFAULT_RATIO;
    inflate_reset(z, fn, user);
    return z;
}

void inflate_reset(struct inflate *z, inflate_fn *fn, void *user)
{
    z->fn = fn;
    z->user = user;
    z->stored_bytes = z->plain_bytes = 0;
    z->block_len = 0;
    z->end = INFLATE_COMPLETE;
    z->failed = false;
    z->why[0] = '\0';
    for (size_t i = 0; i < LAYERS; i++) {
        struct layer *l = &z->layers[i];
        l->state = LAYER_SNIFF;
        l->held_len = l->out_len = 0;
        l->in_bytes = l->out_bytes = 0;
        l->used = false;
    }
}

void inflate_free(struct inflate *z)
{
    if (z == NULL)
        return;
    for (size_t i = 0; i < LAYERS; i++) {
        for (size_t f = 0; f < FORMAT_COUNT; f++)
            unpack_free(z->layers[i].decoders[f]);
        free(z->layers[i].out);
    }
    free(z);
}

static bool feed_layer(struct inflate *z, size_t index, struct sv in, bool last, struct err *err);

/* Each layer is bounded: what an inner one makes nothing of has cost its time too. */
static bool is_within_limits(const struct inflate *z, const struct layer *l, struct err *err)
{
    if (l->out_bytes > z->options.max_plain_bytes)
        return err_why(err, ERR_LIMIT, "more than %" PRIu64 " bytes after decompression",
                       z->options.max_plain_bytes);
    if (l->out_bytes > RATIO_FREE_BYTES &&
        l->out_bytes / z->options.max_ratio > z->layers[0].in_bytes)
        return err_why(err, ERR_LIMIT, "decompression by more than %u to 1", z->options.max_ratio);
    return true;
}

/* Hand on what a layer made: to the layer above, or out. */
static bool emit(struct inflate *z, size_t index, struct sv plain, struct err *err)
{
    struct layer *l = &z->layers[index];
    if (plain.len == 0)
        return true;
    l->out_bytes += plain.len;
    if (!is_within_limits(z, l, err))
        return false;
    if (index + 1 < LAYERS)
        return feed_layer(z, index + 1, plain, false, err);
    z->plain_bytes += plain.len;
    for (; plain.len > 0; plain = sv_tail(plain, INFLATE_PIECE_BYTES)) {
        if (!z->fn(sv_head(plain, INFLATE_PIECE_BYTES), z->user, err))
            return false;
    }
    return true;
}

static bool flush(struct inflate *z, size_t index, struct err *err)
{
    struct layer *l = &z->layers[index];
    const struct sv made = {.ptr = l->out, .len = l->out_len};
    l->out_len = 0;
    return emit(z, index, made, err);
}

static void broken(struct inflate *z, struct layer *l, const char *why)
{
    l->state = LAYER_OVER;
    z->end = INFLATE_CORRUPT;
    /* Where in its input a decoder notices depends on how that was cut; what it made does not. */
    (void)snprintf(z->why, sizeof(z->why), "after %" PRIu64 " bytes of text: %s",
                   l->out_bytes + l->out_len, why);
}

/* Run a layer's decoder over some input; *ret_rest is what a finished member left. What it makes is
 * handed on in full pieces only, so that they do not depend on how the input was cut. */
static bool unpack_some(struct inflate *z, size_t index, struct sv in, struct sv *ret_rest,
                        struct err *err)
{
    struct layer *l = &z->layers[index];
    for (;;) {
        size_t used = 0, made = 0;
        const size_t room = INFLATE_PIECE_BYTES - l->out_len;
        const char *why = "";
        const enum unpack_end end =
            unpack_run(l->decoders[l->format], in, &used, l->out + l->out_len, room, &made, &why);
        l->in_bytes += used;
        l->out_len += made;
        in = sv_tail(in, used);
        if (l->out_len == INFLATE_PIECE_BYTES && !flush(z, index, err))
            return false;
        if (end == UNPACK_BAD)
            broken(z, l, why);
        else if (end == UNPACK_END)
            l->state = LAYER_BETWEEN;
        else if (in.len > 0 && used == 0 && made == 0)
            broken(z, l, "the decoder makes nothing of it");
        if (l->state != LAYER_UNPACK || (in.len == 0 && made < room)) {
            *ret_rest = in;
            return true;
        }
    }
}

static bool ready_decoder(struct inflate *z, struct layer *l, enum unpack_format format,
                          struct err *err)
{
    if (l->out == NULL)
        l->out = malloc(INFLATE_PIECE_BYTES);
    if (l->out == NULL)
        return err_why(err, ERR_NOMEM, "no memory for a decoder");
    if (l->decoders[format] != NULL)
        unpack_reset(l->decoders[format]);
    else
        l->decoders[format] = unpack_new(format, z->options.force_zlib, err);
    return l->decoders[format] != NULL;
}

static bool start_decoder(struct inflate *z, struct layer *l, enum unpack_format format,
                          struct err *err)
{
    if (!ready_decoder(z, l, format, err))
        return false;
    l->format = format;
    l->state = LAYER_UNPACK;
    l->used = true;
    return true;
}

enum guess { GUESS_MORE, GUESS_PLAIN, GUESS_GZIP, GUESS_ZLIB, GUESS_ZSTD, GUESS_FAILED };

static bool is_text(struct sv s)
{
    for (size_t i = 0; i < s.len; i++) {
        const unsigned char c = (unsigned char)s.ptr[i];
        if (c >= 0x7f || (c < 0x20 && strchr("\t\n\r\x1b", c) == NULL) || c == '\0')
            return false;
    }
    return true;
}

/* Two bytes pass for a zlib header in one text out of a thousand: what follows must decode. */
static enum guess guess_zlib(struct inflate *z, struct layer *l, struct sv held, bool last,
                             struct err *err)
{
    size_t used = 0, made = 0;
    const char *why = "";
    if (held.len < TRIAL_BYTES && !last)
        return GUESS_MORE;
    if (!ready_decoder(z, l, UNPACK_ZLIB, err))
        return GUESS_FAILED;
    const enum unpack_end end =
        unpack_run(l->decoders[UNPACK_ZLIB], held, &used, l->out, INFLATE_PIECE_BYTES, &made, &why);
    return end == UNPACK_END || (end == UNPACK_MORE && made > 0 && !is_text(held)) ? GUESS_ZLIB
                                                                                   : GUESS_PLAIN;
}

/* The bytes are the start of a member's magic, or begin with all of it. */
static bool starts_magic(struct sv held, enum unpack_format format, bool *ret_whole)
{
    static const struct sv gzip = SV_INIT("\x1f\x8b\x08"), zstd = SV_INIT("\x28\xb5\x2f\xfd");
    static const struct sv skippable = SV_INIT("\x2a\x4d\x18"); /* behind 0x50 to 0x5f */
    const struct sv magic = format == UNPACK_GZIP ? gzip : zstd;
    *ret_whole = held.len >= magic.len;
    if (sv_equal(sv_head(held, magic.len), sv_head(magic, held.len)))
        return true;
    return format == UNPACK_ZSTD && (held.ptr[0] & 0xf0) == 0x50 &&
           sv_equal(sv_tail(sv_head(held, magic.len), 1), sv_head(skippable, held.len - 1));
}

static enum guess guess_format(struct inflate *z, struct layer *l, struct sv held, bool last,
                               struct err *err)
{
    const unsigned char *b = (const unsigned char *)held.ptr;
    static const struct {
        enum unpack_format format;
        enum guess guess;
    } magics[] = {{UNPACK_GZIP, GUESS_GZIP}, {UNPACK_ZSTD, GUESS_ZSTD}};
    if (held.len == 0)
        return GUESS_PLAIN;
    for (size_t i = 0; i < COUNT_OF(magics); i++) {
        bool whole = false;
        if (!starts_magic(held, magics[i].format, &whole))
            continue;
        if (whole)
            return magics[i].guess;
        if (!last)
            return GUESS_MORE;
    }
    const bool maybe_zlib = (b[0] & 0x0f) == 8 && b[0] >> 4 <= 7;
    if (maybe_zlib && held.len == 1 && !last)
        return GUESS_MORE;
    if (maybe_zlib && held.len >= 2 && (b[0] * 256 + b[1]) % 31 == 0 && (b[1] & 0x20) == 0)
        return guess_zlib(z, l, held, last, err);
    return GUESS_PLAIN;
}

/* Hold bytes back until they tell the format; then let them and the rest through. */
static bool sniff(struct inflate *z, size_t index, struct sv *in, bool last, struct err *err)
{
    struct layer *l = &z->layers[index];
    const struct sv all = *in;
    const bool has_all = l->held_len == 0;
    enum guess guess;
    for (;;) {
        const size_t wanted = l->held_len < MAGIC_BYTES ? 1 : TRIAL_BYTES - l->held_len;
        const struct sv part = sv_head(*in, wanted);
        memcpy(l->held + l->held_len, part.len > 0 ? part.ptr : "", part.len);
        l->held_len += part.len;
        *in = sv_tail(*in, part.len);
        guess = guess_format(z, l, (struct sv){.ptr = l->held, .len = l->held_len},
                             last && in->len == 0, err);
        if (guess == GUESS_FAILED)
            return false;
        if (guess != GUESS_MORE)
            break;
        if (in->len == 0)
            return true;
    }
    static const enum unpack_format formats[] = {
        [GUESS_GZIP] = UNPACK_GZIP, [GUESS_ZLIB] = UNPACK_ZLIB, [GUESS_ZSTD] = UNPACK_ZSTD};
    const struct sv held = {.ptr = l->held, .len = l->held_len};
    l->held_len = 0;
    l->state = LAYER_PLAIN;
    if (guess != GUESS_PLAIN && !start_decoder(z, l, formats[guess], err))
        return false;
    if (has_all) {
        *in = all;
        return true;
    }
    return feed_layer(z, index, held, false, err);
}

/* Behind a member: another one, or something that is none. */
static bool between(struct inflate *z, size_t index, struct sv *in, struct err *err)
{
    struct layer *l = &z->layers[index];
    for (bool whole = false; !whole;) {
        if (in->len == 0)
            return true;
        l->held[l->held_len++] = in->ptr[0];
        *in = sv_tail(*in, 1);
        const struct sv held = {.ptr = l->held, .len = l->held_len};
        if (l->format == UNPACK_ZLIB || !starts_magic(held, l->format, &whole)) {
            l->state = LAYER_PADDING;
            return feed_layer(z, index, held, false, err);
        }
    }
    const struct sv magic = {.ptr = l->held, .len = l->held_len};
    l->held_len = 0;
    unpack_reset(l->decoders[l->format]);
    l->state = LAYER_UNPACK;
    return feed_layer(z, index, magic, false, err);
}

static void trailing(struct inflate *z, struct layer *l)
{
    l->state = LAYER_OVER;
    z->end = z->end == INFLATE_COMPLETE ? INFLATE_TRAILING : z->end;
}

static bool feed_layer(struct inflate *z, size_t index, struct sv in, bool last, struct err *err)
{
    struct layer *l = &z->layers[index];
    do {
        switch (l->state) {
        case LAYER_SNIFF:
            if (!sniff(z, index, &in, last, err))
                return false;
            break;
        case LAYER_PLAIN:
            l->in_bytes += in.len;
            return emit(z, index, in, err);
        case LAYER_UNPACK:
            if (!unpack_some(z, index, in, &in, err))
                return false;
            break;
        case LAYER_BETWEEN:
            if (!between(z, index, &in, err))
                return false;
            break;
        case LAYER_PADDING:
            for (; in.len > 0 && in.ptr[0] == '\0'; in = sv_tail(in, 1))
                ;
            if (in.len > 0)
                trailing(z, l);
            return true;
        case LAYER_OVER:
        default:
            return true;
        }
    } while (in.len > 0);
    return true;
}

/* Decoders get blocks that begin at the same places however the stream was cut: what ISA-L gives of a
 * corrupt one depends on where its input ended. */
static bool feed_blocks(struct inflate *z, struct sv stored, struct err *err)
{
    while (stored.len > 0 && z->layers[0].state != LAYER_PLAIN) {
        struct sv block = sv_head(stored, BLOCK_BYTES - z->block_len);
        stored = sv_tail(stored, block.len);
        if (block.len < BLOCK_BYTES) {
            memcpy(z->block + z->block_len, block.ptr, block.len);
            z->block_len += block.len;
            if (z->block_len < BLOCK_BYTES)
                return true;
            block = (struct sv){.ptr = z->block, .len = z->block_len};
            z->block_len = 0;
        }
        if (!feed_layer(z, 0, block, false, err))
            return false;
    }
    return stored.len == 0 || feed_layer(z, 0, stored, false, err);
}

bool inflate_feed(struct inflate *z, struct sv stored, struct err *err)
{
    z->stored_bytes += stored.len;
    z->failed = z->failed || !feed_blocks(z, stored, err);
    return !z->failed;
}

static const char *format_name(const struct inflate *z)
{
    static const char *const one[] = {"gzip", "zlib", "zstd"};
    static const char *const two[FORMAT_COUNT][FORMAT_COUNT] = {
        {"gzip in gzip", "zlib in gzip", "zstd in gzip"},
        {"gzip in zlib", "zlib in zlib", "zstd in zlib"},
        {"gzip in zstd", "zlib in zstd", "zstd in zstd"}};
    if (!z->layers[0].used)
        return z->layers[1].used ? one[z->layers[1].format] : "plain";
    return z->layers[1].used ? two[z->layers[0].format][z->layers[1].format]
                             : one[z->layers[0].format];
}

/* The end of a layer's input: what it holds back goes on, and how it ended is told. */
static bool finish_layer(struct inflate *z, size_t index, struct err *err)
{
    struct layer *l = &z->layers[index];
    if (index == 0 && z->block_len > 0 &&
        !feed_layer(z, 0, (struct sv){.ptr = z->block, .len = z->block_len}, false, err))
        return false;
    if (l->state == LAYER_SNIFF && l->held_len > 0 && !feed_layer(z, index, SV(""), true, err))
        return false;
    if (l->state == LAYER_UNPACK && z->end != INFLATE_CORRUPT) {
        z->end = INFLATE_TRUNCATED;
        (void)snprintf(z->why, sizeof(z->why), "it ends at byte %" PRIu64, l->in_bytes);
    } else if (l->state == LAYER_BETWEEN && l->held_len > 0) {
        trailing(z, l);
    }
    return flush(z, index, err);
}

bool inflate_finish(struct inflate *z, struct inflate_result *ret_result, struct err *err)
{
    struct inflate_result result = {0};
    for (size_t i = 0; i < LAYERS && !z->failed; i++) {
        if (finish_layer(z, i, err))
            continue;
        z->failed = true;
        return false;
    }
    result.end = z->failed ? INFLATE_STOPPED : z->end;
    result.stored_bytes = z->stored_bytes;
    result.plain_bytes = z->plain_bytes;
    result.format = format_name(z);
    memcpy(result.why, z->why, sizeof(result.why));
    *ret_result = result;
    return true;
}
