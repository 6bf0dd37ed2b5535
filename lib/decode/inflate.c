#include "decode/inflate.h"

#include "decode/unpack.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    LAYERS = 2,
    MAGIC_BYTES = 4,
    TRIAL_BYTES = 512, /* of what may be zlib, or text that looks like it */
    FORMAT_COUNT = 3,
    DEFAULT_RATIO = 2000,
    RATIO_FREE_BYTES = 1024 * 1024,
};

enum layer_state { LAYER_SNIFF, LAYER_PLAIN, LAYER_UNPACK, LAYER_BETWEEN, LAYER_OVER };

struct layer {
    enum layer_state state;
    enum unpack_format format;
    struct unpack *decoders[FORMAT_COUNT]; /* kept for reuse */
    char held[TRIAL_BYTES];                /* not decided upon yet */
    size_t held_len;
    char *out; /* INFLATE_PIECE_BYTES, owned */
    uint64_t in_bytes;
    bool used; /* this layer undid something */
};

struct inflate {
    struct inflate_options options;
    inflate_fn *fn;
    void *user;
    struct layer layers[LAYERS];
    uint64_t stored_bytes, plain_bytes;
    enum inflate_end end;
    char why[96];
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
    z->end = INFLATE_COMPLETE;
    z->why[0] = '\0';
    for (size_t i = 0; i < LAYERS; i++) {
        z->layers[i].state = LAYER_SNIFF;
        z->layers[i].held_len = 0;
        z->layers[i].in_bytes = 0;
        z->layers[i].used = false;
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

/* Hand on what a layer made: to the layer above, or out. */
static bool emit(struct inflate *z, size_t index, struct sv plain, struct err *err)
{
    if (plain.len == 0)
        return true;
    if (index + 1 < LAYERS)
        return feed_layer(z, index + 1, plain, false, err);
    z->plain_bytes += plain.len;
    if (z->plain_bytes > z->options.max_plain_bytes)
        return err_why(err, ERR_LIMIT, "more than %" PRIu64 " bytes after decompression",
                       z->options.max_plain_bytes);
    if (z->plain_bytes > RATIO_FREE_BYTES &&
        z->plain_bytes / z->options.max_ratio > z->stored_bytes)
        return err_why(err, ERR_LIMIT, "decompression by more than %u to 1", z->options.max_ratio);
    for (; plain.len > 0; plain = sv_tail(plain, INFLATE_PIECE_BYTES)) {
        if (!z->fn(sv_head(plain, INFLATE_PIECE_BYTES), z->user, err))
            return false;
    }
    return true;
}

static void broken(struct inflate *z, struct layer *l, const char *why)
{
    l->state = LAYER_OVER;
    z->end = INFLATE_CORRUPT;
    (void)snprintf(z->why, sizeof(z->why), "byte %" PRIu64 ": %s", l->in_bytes, why);
}

/* One run of a layer's decoder over some input; *ret_rest is what a finished member left. */
static bool unpack_some(struct inflate *z, size_t index, struct sv in, struct sv *ret_rest,
                        struct err *err)
{
    struct layer *l = &z->layers[index];
    for (;;) {
        size_t used = 0, made = 0;
        const char *why = "";
        const enum unpack_end end =
            unpack_run(l->decoders[l->format], in, &used, l->out, INFLATE_PIECE_BYTES, &made, &why);
        l->in_bytes += used;
        in = sv_tail(in, used);
        if (!emit(z, index, (struct sv){.ptr = l->out, .len = made}, err))
            return false;
        if (end == UNPACK_BAD)
            broken(z, l, why);
        if (end == UNPACK_END)
            l->state = LAYER_BETWEEN;
        if (end != UNPACK_MORE || (in.len == 0 && made < INFLATE_PIECE_BYTES)) {
            *ret_rest = in;
            return true;
        }
    }
}

static bool start_decoder(struct inflate *z, size_t index, enum unpack_format format,
                          struct err *err)
{
    struct layer *l = &z->layers[index];
    if (l->out == NULL)
        l->out = malloc(INFLATE_PIECE_BYTES);
    if (l->out == NULL)
        return err_why(err, ERR_NOMEM, "no memory for a decoder");
    if (l->decoders[format] == NULL) {
        l->decoders[format] = unpack_new(format, z->options.force_zlib, err);
        if (l->decoders[format] == NULL)
            return false;
    } else {
        unpack_reset(l->decoders[format]);
    }
    l->format = format;
    l->state = LAYER_UNPACK;
    l->used = true;
    return true;
}

enum guess { GUESS_MORE, GUESS_PLAIN, GUESS_GZIP, GUESS_ZLIB, GUESS_ZSTD };

/* Two bytes pass for a zlib header in one text out of a thousand: what follows must decode. */
static enum guess guess_zlib(struct sv held, bool last)
{
    char out[4096];
    size_t used = 0, made = 0;
    const char *why = "";
    struct err err = {0};
    if (held.len < TRIAL_BYTES && !last)
        return GUESS_MORE;
    struct unpack *u = unpack_new(UNPACK_ZLIB, true, &err);
    if (u == NULL)
        return GUESS_PLAIN;
    const enum unpack_end end = unpack_run(u, held, &used, out, sizeof(out), &made, &why);
    unpack_free(u);
    return end != UNPACK_BAD && made > 0 ? GUESS_ZLIB : GUESS_PLAIN;
}

static enum guess guess_format(struct sv held, bool last)
{
    const unsigned char *b = (const unsigned char *)held.ptr;
    static const struct {
        struct sv magic;
        enum guess guess;
    } magics[] = {{SV_INIT("\x1f\x8b\x08"), GUESS_GZIP}, {SV_INIT("\x28\xb5\x2f\xfd"), GUESS_ZSTD}};
    for (size_t i = 0; i < COUNT_OF(magics); i++) {
        if (sv_starts(held, magics[i].magic))
            return magics[i].guess;
        if (!last && sv_starts(magics[i].magic, held))
            return GUESS_MORE;
    }
    const bool maybe_zlib = held.len >= 1 && (b[0] & 0x0f) == 8 && b[0] >> 4 <= 7;
    if (maybe_zlib && held.len == 1 && !last)
        return GUESS_MORE;
    if (maybe_zlib && held.len >= 2 && (b[0] * 256 + b[1]) % 31 == 0 && (b[1] & 0x20) == 0)
        return guess_zlib(held, last);
    return GUESS_PLAIN;
}

/* Hold bytes back until they tell the format; then let them and the rest through. */
static bool sniff(struct inflate *z, size_t index, struct sv *in, bool last, struct err *err)
{
    struct layer *l = &z->layers[index];
    enum guess guess;
    for (;;) {
        const size_t wanted = l->held_len < MAGIC_BYTES ? 1 : TRIAL_BYTES - l->held_len;
        const struct sv part = sv_head(*in, wanted);
        memcpy(l->held + l->held_len, part.len > 0 ? part.ptr : "", part.len);
        l->held_len += part.len;
        *in = sv_tail(*in, part.len);
        guess = guess_format((struct sv){.ptr = l->held, .len = l->held_len}, last && in->len == 0);
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
    if (guess != GUESS_PLAIN && !start_decoder(z, index, formats[guess], err))
        return false;
    return feed_layer(z, index, held, false, err);
}

/* Behind a member: another one, or something that is none. */
static bool between(struct inflate *z, size_t index, struct sv *in, struct err *err)
{
    struct layer *l = &z->layers[index];
    static const struct sv gzip = SV_INIT("\x1f\x8b"), zstd = SV_INIT("\x28\xb5\x2f\xfd");
    const struct sv magic = l->format == UNPACK_ZSTD ? zstd : gzip;
    while (in->len > 0 && l->held_len < magic.len) {
        l->held[l->held_len++] = in->ptr[0];
        *in = sv_tail(*in, 1);
        const struct sv held = {.ptr = l->held, .len = l->held_len};
        if (l->format == UNPACK_ZLIB || !sv_starts(magic, held)) {
            l->state = LAYER_OVER;
            z->end = z->end == INFLATE_COMPLETE ? INFLATE_TRAILING : z->end;
            return true;
        }
    }
    if (l->held_len < magic.len)
        return true;
    l->held_len = 0;
    unpack_reset(l->decoders[l->format]);
    l->state = LAYER_UNPACK;
    return feed_layer(z, index, magic, false, err);
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
            return emit(z, index, in, err);
        case LAYER_UNPACK:
            if (!unpack_some(z, index, in, &in, err))
                return false;
            break;
        case LAYER_BETWEEN:
            if (!between(z, index, &in, err))
                return false;
            break;
        case LAYER_OVER:
        default:
            return true;
        }
    } while (in.len > 0);
    return true;
}

bool inflate_feed(struct inflate *z, struct sv stored, struct err *err)
{
    z->stored_bytes += stored.len;
    return stored.len == 0 || feed_layer(z, 0, stored, false, err);
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

bool inflate_finish(struct inflate *z, struct inflate_result *ret_result, struct err *err)
{
    struct inflate_result result = {0};
    for (size_t i = 0; i < LAYERS; i++) {
        struct layer *l = &z->layers[i];
        if (l->state == LAYER_SNIFF && l->held_len > 0 && !feed_layer(z, i, SV(""), true, err))
            return false;
        if (l->state == LAYER_UNPACK && z->end != INFLATE_CORRUPT) {
            z->end = INFLATE_TRUNCATED;
            (void)snprintf(z->why, sizeof(z->why), "it ends at byte %" PRIu64, l->in_bytes);
        }
    }
    result.end = z->end;
    result.stored_bytes = z->stored_bytes;
    result.plain_bytes = z->plain_bytes;
    result.format = format_name(z);
    memcpy(result.why, z->why, sizeof(result.why));
    *ret_result = result;
    return true;
}
