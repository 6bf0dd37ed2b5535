#include "check.h"
#include "torture.h"

#include "base/buf.h"
#include "decode/inflate.h"

#include <stdlib.h>
#include <zlib.h>
#ifdef HAVE_ZSTD
#include <zstd.h>
#endif

/* Text that compresses as logs do. */
static void make_plain(struct buf *b, size_t size)
{
    struct err err = {0};
    unsigned seed = 7;
    while (b->len < size) {
        seed = seed * 1103515245 + 12345;
        assert_true(buf_addf(b, &err, "line %u of the log %x\n", seed % 1000, seed));
    }
    b->len = size;
}

enum wrapper { WRAP_GZIP = 15 + 16, WRAP_ZLIB = 15 };

static void pack(struct buf *out, struct sv plain, enum wrapper wrapper)
{
    z_stream z = {0};
    struct err err = {0};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, (int)wrapper, 8, Z_DEFAULT_STRATEGY), Z_OK);
    const size_t room = deflateBound(&z, plain.len) + 64;
    assert_true(buf_reserve(out, room, &err));
    z.next_in = (Bytef *)(uintptr_t)plain.ptr;
    z.avail_in = (uInt)plain.len;
    z.next_out = (Bytef *)out->data + out->len;
    z.avail_out = (uInt)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    out->len += room - z.avail_out;
    assert_int_equal(deflateEnd(&z), Z_OK);
}

static void init(struct buf *b)
{
    buf_init(b, 64 << 20);
}

static bool collect(struct sv plain, void *user, struct err *err)
{
    assert_true(plain.len <= INFLATE_PIECE_BYTES);
    return buf_add(user, plain, err);
}

/* Feed in chunks, compare the output, return how it ended. */
static struct inflate_result run(struct sv stored, size_t chunk, bool force_zlib, struct sv plain)
{
    const struct inflate_options options = {.force_zlib = force_zlib, .max_ratio = 100000};
    struct inflate_result result;
    struct err err = {0};
    struct buf out;
    init(&out);
    struct inflate *z = inflate_new(&options, collect, &out, &err);
    assert_non_null(z);
    for (; stored.len > 0; stored = sv_tail(stored, chunk))
        assert_true(inflate_feed(z, sv_head(stored, chunk), &err));
    assert_true(inflate_finish(z, &result, &err));
    inflate_free(z);
    assert_int_equal(out.len, plain.len);
    assert_memory_equal(out.len > 0 ? out.data : "", plain.len > 0 ? plain.ptr : "", plain.len);
    assert_int_equal(result.plain_bytes, plain.len);
    buf_done(&out);
    return result;
}

static void check_every_chunk(struct sv stored, struct sv plain, enum inflate_end end,
                              const char *format)
{
    for (int force = 0; force < 2; force++) {
        for (size_t chunk = 1; chunk <= stored.len + 1; chunk += chunk < 40 ? 1 : 997) {
            const struct inflate_result r = run(stored, chunk, force != 0, plain);
            assert_int_equal(r.end, end);
            assert_string_equal(r.format, format);
            assert_int_equal(r.stored_bytes, stored.len);
        }
    }
}

static void plain_bytes_pass_through_whatever_they_begin_with(void **state)
{
    static const char *const texts[] = {
        "",
        "a",
        "hello\n",
        "\x1f",
        "\x1f\x8b",
        "x\x9c not zlib",
        "h\x81 a text that passes for a zlib header by its two bytes",
        "\x28\xb5\x2f",
        "P*M",
        "HK and a text of blanks and words, whose head passes for one of zlib too",
        "x^ as well, and it is the head that zlib writes when it is in a hurry to be done",
        "PK\x03\x04"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        check_every_chunk(sv_of(texts[i]), sv_of(texts[i]), INFLATE_COMPLETE, "plain");
}

static void all_members_of_a_gzip_are_read(void **state)
{
    struct buf plain, stored;
    struct err err = {0};
    (void)state;
    init(&plain);
    init(&stored);
    make_plain(&plain, 3000);
    pack(&stored, sv_head(buf_sv(&plain), 1000), WRAP_GZIP);
    pack(&stored, SV(""), WRAP_GZIP);
    pack(&stored, sv_tail(buf_sv(&plain), 1000), WRAP_GZIP);
    check_every_chunk(buf_sv(&stored), buf_sv(&plain), INFLATE_COMPLETE, "gzip");
    assert_true(buf_add(&stored, SV("\0\0\0\0"), &err));
    check_every_chunk(buf_sv(&stored), buf_sv(&plain), INFLATE_COMPLETE, "gzip");
    assert_true(buf_add(&stored, SV("x\0"), &err));
    check_every_chunk(buf_sv(&stored), buf_sv(&plain), INFLATE_TRAILING, "gzip");
    buf_done(&plain);
    buf_done(&stored);
}

static void sizes_around_a_piece_come_out_whole(void **state)
{
    (void)state;
    for (int delta = -2; delta <= 2; delta++) {
        for (size_t pieces = 1; pieces <= 2; pieces++) {
            struct buf plain, stored;
            init(&plain);
            init(&stored);
            make_plain(&plain, (size_t)((int)(pieces * INFLATE_PIECE_BYTES) + delta));
            pack(&stored, buf_sv(&plain), WRAP_GZIP);
            for (int force = 0; force < 2; force++) {
                assert_int_equal(run(buf_sv(&stored), stored.len, force, buf_sv(&plain)).end,
                                 INFLATE_COMPLETE);
                assert_int_equal(run(buf_sv(&stored), 4096, force, buf_sv(&plain)).end,
                                 INFLATE_COMPLETE);
            }
            buf_done(&plain);
            buf_done(&stored);
        }
    }
}

static void zlib_and_gzip_in_gzip_are_told_by_content(void **state)
{
    struct buf plain, once, twice;
    (void)state;
    init(&plain);
    init(&once);
    init(&twice);
    make_plain(&plain, 2000);
    pack(&once, buf_sv(&plain), WRAP_ZLIB);
    check_every_chunk(buf_sv(&once), buf_sv(&plain), INFLATE_COMPLETE, "zlib");
    buf_reset(&once);
    pack(&once, buf_sv(&plain), WRAP_GZIP);
    pack(&twice, buf_sv(&once), WRAP_GZIP);
    check_every_chunk(buf_sv(&twice), buf_sv(&plain), INFLATE_COMPLETE, "gzip in gzip");
    buf_done(&plain);
    buf_done(&once);
    buf_done(&twice);
}

/* Everything in one chunk, damaged or not. */
static struct inflate_result decode(struct sv stored, bool force_zlib, struct buf *out)
{
    struct inflate_result r;
    struct err err = {0};
    init(out);
    struct inflate *z =
        inflate_new(&(struct inflate_options){.force_zlib = force_zlib}, collect, out, &err);
    assert_non_null(z);
    assert_true(inflate_feed(z, stored, &err));
    assert_true(inflate_finish(z, &r, &err));
    inflate_free(z);
    return r;
}

static void a_cut_stream_gives_its_prefix_and_says_so(void **state)
{
    enum { DECODER_LAG = 8 }; /* ISA-L keeps back a few bytes that it could give */
    struct buf plain, stored;
    (void)state;
    init(&plain);
    init(&stored);
    make_plain(&plain, 20000);
    pack(&stored, buf_sv(&plain), WRAP_GZIP);
    for (size_t len = 3; len < stored.len; len += len < 40 || len + 40 > stored.len ? 1 : 211) {
        size_t made[2];
        for (int force = 0; force < 2; force++) {
            struct buf out;
            const struct inflate_result r = decode(sv_head(buf_sv(&stored), len), force != 0, &out);
            assert_int_equal(r.end, INFLATE_TRUNCATED);
            assert_string_equal(r.format, "gzip");
            assert_non_null(strstr(r.why, "it ends at byte"));
            assert_int_equal(r.plain_bytes, out.len);
            assert_true(out.len <= plain.len);
            assert_memory_equal(out.len > 0 ? out.data : "", plain.data, out.len);
            if (len > 2000)
                assert_true(out.len > len);
            made[force] = out.len;
            buf_done(&out);
        }
        assert_true(made[0] + DECODER_LAG > made[1] && made[1] + DECODER_LAG > made[0]);
    }
    buf_done(&plain);
    buf_done(&stored);
}

static void a_flipped_bit_is_corrupt_and_never_silent(void **state)
{
    struct buf plain, stored;
    (void)state;
    init(&plain);
    init(&stored);
    make_plain(&plain, 5000);
    pack(&stored, buf_sv(&plain), WRAP_GZIP);
    for (size_t at = 3; at < stored.len; at += at < 12 || at + 12 > stored.len ? 1 : 37) {
        for (int bit = 0; bit < 8; bit += at < 12 || at + 12 > stored.len ? 1 : 4) {
            enum inflate_end ends[2];
            stored.data[at] ^= (char)(1 << bit);
            for (int force = 0; force < 2; force++) {
                struct buf out;
                const struct inflate_result r = decode(buf_sv(&stored), force != 0, &out);
                const bool same =
                    out.len == plain.len && memcmp(out.data, plain.data, out.len) == 0;
                assert_true(r.end != INFLATE_COMPLETE || same);
                assert_int_equal(r.end == INFLATE_CORRUPT && r.why[0] == '\0', false);
                ends[force] = r.end;
                buf_done(&out);
            }
            assert_int_equal(ends[0], ends[1]);
            stored.data[at] ^= (char)(1 << bit);
        }
    }
    buf_done(&plain);
    buf_done(&stored);
}

static void a_corrupt_stream_gives_the_same_however_it_is_cut(void **state)
{
    static const size_t chunks[] = {1, 5, 1000, 32767, 32768, 50000};
    struct buf plain, stored;
    struct err err = {0};
    (void)state;
    init(&plain);
    init(&stored);
    make_plain(&plain, 300000);
    pack(&stored, buf_sv(&plain), WRAP_GZIP);
    assert_true(stored.len > 70000);
    for (size_t at = 20; at < stored.len; at += stored.len / 30) {
        struct buf whole;
        stored.data[at] ^= 4;
        const struct inflate_result first = decode(buf_sv(&stored), false, &whole);
        for (size_t i = 0; i < COUNT_OF(chunks); i++) {
            struct inflate_result r;
            struct buf out;
            init(&out);
            struct inflate *z = inflate_new(NULL, collect, &out, &err);
            for (struct sv rest = buf_sv(&stored); rest.len > 0; rest = sv_tail(rest, chunks[i]))
                assert_true(inflate_feed(z, sv_head(rest, chunks[i]), &err));
            assert_true(inflate_finish(z, &r, &err));
            inflate_free(z);
            assert_true(sv_equal(buf_sv(&out), buf_sv(&whole)));
            assert_int_equal(r.end, first.end);
            assert_string_equal(r.why, first.why);
            buf_done(&out);
        }
        buf_done(&whole);
        stored.data[at] ^= 4;
    }
    buf_done(&plain);
    buf_done(&stored);
}

static void what_follows_a_member_is_trailing_however_short(void **state)
{
    static const struct sv tails[] = {SV_INIT("\x1f"), SV_INIT("\x1f\x8b"),
                                      SV_INIT("\0\x1f\x8b\x08"), SV_INIT("\x1f\x8b\7zzzz"),
                                      SV_INIT("some words of a shell behind the log\n")};
    struct buf plain, stored;
    struct err err = {0};
    (void)state;
    init(&plain);
    init(&stored);
    make_plain(&plain, 300);
    for (size_t i = 0; i < COUNT_OF(tails); i++) {
        buf_reset(&stored);
        pack(&stored, buf_sv(&plain), WRAP_GZIP);
        assert_true(buf_add(&stored, tails[i], &err));
        check_every_chunk(buf_sv(&stored), buf_sv(&plain), INFLATE_TRAILING, "gzip");
    }
    buf_reset(&stored);
    pack(&stored, buf_sv(&plain), WRAP_ZLIB);
    assert_true(buf_add(&stored, SV("x"), &err));
    check_every_chunk(buf_sv(&stored), buf_sv(&plain), INFLATE_TRAILING, "zlib");
    buf_done(&plain);
    buf_done(&stored);
}

static void streams_of_nothing_are_complete(void **state)
{
    struct buf stored;
    (void)state;
    init(&stored);
    pack(&stored, SV(""), WRAP_ZLIB);
    check_every_chunk(buf_sv(&stored), SV(""), INFLATE_COMPLETE, "zlib");
    buf_reset(&stored);
    pack(&stored, SV(""), WRAP_GZIP);
    check_every_chunk(buf_sv(&stored), SV(""), INFLATE_COMPLETE, "gzip");
    buf_done(&stored);
}

struct pieces {
    size_t count, sizes[64];
};

static bool note_piece(struct sv plain, void *user, struct err *err)
{
    struct pieces *p = user;
    (void)err;
    assert_true(p->count < COUNT_OF(p->sizes));
    p->sizes[p->count++] = plain.len;
    return true;
}

static void pieces_are_the_same_however_the_stream_is_cut(void **state)
{
    static const size_t chunks[] = {1, 17, 4096, 65536, 1 << 30};
    struct buf plain, stored;
    struct err err = {0};
    (void)state;
    init(&plain);
    init(&stored);
    make_plain(&plain, 5 * INFLATE_PIECE_BYTES / 2);
    pack(&stored, sv_head(buf_sv(&plain), 200000), WRAP_GZIP);
    pack(&stored, sv_tail(buf_sv(&plain), 200000), WRAP_GZIP);
    for (size_t i = 0; i < COUNT_OF(chunks); i++) {
        struct pieces p = {0};
        struct inflate_result r;
        struct inflate *z = inflate_new(NULL, note_piece, &p, &err);
        for (struct sv rest = buf_sv(&stored); rest.len > 0; rest = sv_tail(rest, chunks[i]))
            assert_true(inflate_feed(z, sv_head(rest, chunks[i]), &err));
        assert_true(inflate_finish(z, &r, &err));
        inflate_free(z);
        assert_int_equal(p.count, 3);
        assert_int_equal(p.sizes[0], INFLATE_PIECE_BYTES);
        assert_int_equal(p.sizes[1], INFLATE_PIECE_BYTES);
        assert_int_equal(p.sizes[2], INFLATE_PIECE_BYTES / 2);
    }
    buf_done(&plain);
    buf_done(&stored);
}

static void a_bomb_ends_at_the_ratio_and_at_the_cap(void **state)
{
    static char zeros[8 << 20];
    struct buf stored, out;
    struct err err = {0};
    struct inflate_result r;
    (void)state;
    init(&stored);
    pack(&stored, (struct sv){.ptr = zeros, .len = sizeof(zeros)}, WRAP_GZIP);
    for (int force = 0; force < 2; force++) {
        init(&out);
        struct inflate *z = inflate_new(
            &(struct inflate_options){.max_ratio = 100, .force_zlib = force}, collect, &out, &err);
        assert_false(inflate_feed(z, buf_sv(&stored), &err) && inflate_finish(z, &r, &err));
        assert_int_equal(err.code, ERR_LIMIT);
        assert_true(out.len <= (2u << 20));
        inflate_free(z);
        buf_reset(&out);
        err = (struct err){0};
        z = inflate_new(&(struct inflate_options){.max_plain_bytes = 100000, .max_ratio = 1 << 30},
                        collect, &out, &err);
        assert_false(inflate_feed(z, buf_sv(&stored), &err) && inflate_finish(z, &r, &err));
        assert_int_equal(err.code, ERR_LIMIT);
        assert_true(out.len <= 100000);
        inflate_free(z);
        buf_done(&out);
        err = (struct err){0};
    }
    buf_done(&stored);
}

static void a_bomb_inside_of_what_is_no_stream_ends_too(void **state)
{
    static char zeros[8 << 20];
    struct buf inner, stored, out;
    struct err err = {0};
    struct inflate_result r;
    (void)state;
    init(&inner);
    init(&stored);
    pack(&inner, SV("text"), WRAP_GZIP);
    inner.data[inner.len - 5] ^= 1; /* the checksum: the inner layer is over there */
    assert_true(buf_add(&inner, (struct sv){.ptr = zeros, .len = sizeof(zeros)}, &err));
    pack(&stored, buf_sv(&inner), WRAP_GZIP);
    for (size_t chunk = 1; chunk < stored.len; chunk = chunk * 7 + 1) {
        init(&out);
        err = (struct err){0};
        struct inflate *z =
            inflate_new(&(struct inflate_options){.max_ratio = 300}, collect, &out, &err);
        bool ok = true;
        for (struct sv rest = buf_sv(&stored); ok && rest.len > 0; rest = sv_tail(rest, chunk))
            ok = inflate_feed(z, sv_head(rest, chunk), &err);
        assert_false(ok && inflate_finish(z, &r, &err));
        assert_int_equal(err.code, ERR_LIMIT);
        assert_true(inflate_finish(z, &r, &err));
        assert_int_equal(r.end, INFLATE_STOPPED);
        inflate_free(z);
        buf_done(&out);
    }
    buf_done(&inner);
    buf_done(&stored);
}

#ifdef HAVE_ZSTD
static void zstd_frames_are_read_one_after_the_other(void **state)
{
    struct buf plain, stored;
    struct err err = {0};
    (void)state;
    init(&plain);
    init(&stored);
    make_plain(&plain, 3000);
    for (size_t from = 0; from < 3000; from += 1500) {
        assert_true(buf_reserve(&stored, ZSTD_compressBound(1500), &err));
        stored.len += ZSTD_compress(stored.data + stored.len, ZSTD_compressBound(1500),
                                    plain.data + from, 1500, 3);
    }
    check_every_chunk(buf_sv(&stored), buf_sv(&plain), INFLATE_COMPLETE, "zstd");
    struct buf out;
    struct inflate_result r = decode(sv_head(buf_sv(&stored), stored.len - 9), false, &out);
    assert_int_equal(r.end, INFLATE_TRUNCATED);
    buf_done(&out);
    stored.data[stored.len / 2] ^= 0x55;
    r = decode(buf_sv(&stored), false, &out);
    assert_int_equal(r.end, INFLATE_CORRUPT);
    assert_true(r.why[0] != '\0');
    buf_done(&out);
    buf_done(&plain);
    buf_done(&stored);
}

static void zstd_gives_what_comes_before_a_bad_checksum(void **state)
{
    struct buf plain, stored, out;
    struct err err = {0};
    ZSTD_CCtx *z = ZSTD_createCCtx();
    (void)state;
    init(&plain);
    init(&stored);
    make_plain(&plain, 3000);
    assert_non_null(z);
    assert_false(ZSTD_isError(ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 1)));
    assert_true(buf_reserve(&stored, ZSTD_compressBound(3000), &err));
    stored.len = ZSTD_compress2(z, stored.data, ZSTD_compressBound(3000), plain.data, 3000);
    ZSTD_freeCCtx(z);
    assert_int_equal(decode(buf_sv(&stored), false, &out).end, INFLATE_COMPLETE);
    buf_done(&out);
    stored.data[stored.len - 1] ^= 1;
    assert_int_equal(decode(buf_sv(&stored), false, &out).end, INFLATE_CORRUPT);
    assert_true(sv_equal(buf_sv(&out), buf_sv(&plain)));
    buf_done(&out);
    buf_done(&plain);
    buf_done(&stored);
}

static void zstd_frames_to_skip_are_skipped(void **state)
{
    static const struct sv skip = SV_INIT("\x5a\x2a\x4d\x18\4\0\0\0skip");
    struct buf plain, stored;
    struct err err = {0};
    (void)state;
    init(&plain);
    init(&stored);
    make_plain(&plain, 3000);
    for (size_t from = 0; from < 3000; from += 1500) {
        assert_true(buf_add(&stored, skip, &err));
        assert_true(buf_reserve(&stored, ZSTD_compressBound(1500), &err));
        stored.len += ZSTD_compress(stored.data + stored.len, ZSTD_compressBound(1500),
                                    plain.data + from, 1500, 3);
    }
    assert_true(buf_add(&stored, skip, &err));
    check_every_chunk(buf_sv(&stored), buf_sv(&plain), INFLATE_COMPLETE, "zstd");
    buf_done(&plain);
    buf_done(&stored);
}

static void a_zstd_frame_that_wants_too_much_memory_is_refused(void **state)
{
    /* no single segment, no size; a window of 2^27 bytes; one raw block of one byte, the last */
    static const struct sv wide = SV_INIT("\x28\xb5\x2f\xfd\0\x88\x09\0\0x");
    static const struct sv narrow = SV_INIT("\x28\xb5\x2f\xfd\0\x50\x09\0\0x");
    struct buf out;
    (void)state;
    assert_int_equal(decode(narrow, false, &out).end, INFLATE_COMPLETE);
    assert_true(sv_equal(buf_sv(&out), SV("x")));
    buf_done(&out);
    const struct inflate_result r = decode(wide, false, &out);
    assert_int_equal(r.end, INFLATE_CORRUPT);
    assert_non_null(strstr(r.why, "memory"));
    assert_int_equal(out.len, 0);
    buf_done(&out);
}
#else
static void zstd_that_this_build_cannot_read_says_so(void **state)
{
    struct buf out;
    const struct inflate_result r = decode(SV("\x28\xb5\x2f\xfd\0\x50\x09\0\0x"), false, &out);
    (void)state;
    assert_int_equal(r.end, INFLATE_CORRUPT);
    assert_string_equal(r.format, "zstd");
    assert_non_null(strstr(r.why, "not supported"));
    assert_int_equal(out.len, 0);
    buf_done(&out);
}
#endif

static void a_decoder_is_used_again_after_a_reset(void **state)
{
    struct buf plain, stored, out;
    struct err err = {0};
    struct inflate_result r;
    (void)state;
    init(&plain);
    init(&stored);
    init(&out);
    make_plain(&plain, 1000);
    pack(&stored, buf_sv(&plain), WRAP_GZIP);
    struct inflate *z = inflate_new(&(struct inflate_options){0}, collect, &out, &err);
    for (int i = 0; i < 6; i++) {
        buf_reset(&out);
        inflate_reset(z, collect, &out);
        const struct sv input = i % 3 == 0   ? buf_sv(&stored)
                                : i % 3 == 1 ? sv_head(buf_sv(&stored), 50)
                                             : SV("plain");
        assert_true(inflate_feed(z, input, &err));
        assert_true(inflate_finish(z, &r, &err));
        assert_int_equal(r.end, i % 3 == 1 ? INFLATE_TRUNCATED : INFLATE_COMPLETE);
        if (i % 3 == 0)
            assert_int_equal(out.len, plain.len);
    }
    inflate_free(z);
    inflate_free(NULL);
    buf_done(&plain);
    buf_done(&stored);
    buf_done(&out);
}

static bool refuse(struct sv plain, void *user, struct err *err)
{
    (void)plain;
    ++*(int *)user;
    return err_why(err, ERR_STOPPED, "enough");
}

static void the_callers_error_comes_back_unchanged(void **state)
{
    static const char text[100000] = "some plain text, long enough";
    (void)state;
    for (size_t len = 10; len < sizeof(text); len *= 9) {
        struct err err = {0};
        struct inflate_result r;
        int calls = 0;
        struct inflate *z = inflate_new(&(struct inflate_options){0}, refuse, &calls, &err);
        const bool fed = inflate_feed(z, (struct sv){.ptr = text, .len = len}, &err);
        assert_int_equal(inflate_finish(z, &r, &err), !fed);
        assert_int_equal(err.code, ERR_STOPPED);
        assert_string_equal(err.why, "enough");
        assert_false(inflate_feed(z, SV("more of it"), &err));
        assert_true(inflate_finish(z, &r, &err));
        assert_int_equal(r.end, INFLATE_STOPPED);
        assert_int_equal(calls, 1);
        inflate_free(z);
    }
}

static void a_failed_allocation_is_an_error(void **state)
{
    static const struct {
        enum wrapper wrapper;
        bool force_zlib;
    } cases[] = {{WRAP_GZIP, false}, {WRAP_GZIP, true}, {WRAP_ZLIB, false}};
    struct buf plain, stored, out;
    (void)state;
    init(&plain);
    init(&stored);
    make_plain(&plain, 2000);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        bool ok = false;
        buf_reset(&stored);
        pack(&stored, buf_sv(&plain), cases[i].wrapper);
        for (unsigned long n = 0; !ok; n++) {
            struct err err = {0};
            struct inflate_result r;
            init(&out);
            assert_true(buf_reserve(&out, 5000, &err));
            torture_arm(n);
            struct inflate *z = inflate_new(
                &(struct inflate_options){.force_zlib = cases[i].force_zlib}, collect, &out, &err);
            ok = z != NULL && inflate_feed(z, buf_sv(&stored), &err) && inflate_finish(z, &r, &err);
            torture_disarm();
            assert_int_equal(ok, !torture_fired());
            if (!ok)
                assert_int_equal(err.code, ERR_NOMEM);
            else
                assert_true(sv_equal(buf_sv(&out), buf_sv(&plain)));
            inflate_free(z);
            buf_done(&out);
        }
    }
    buf_done(&plain);
    buf_done(&stored);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_bytes_pass_through_whatever_they_begin_with),
        cmocka_unit_test(all_members_of_a_gzip_are_read),
        cmocka_unit_test(sizes_around_a_piece_come_out_whole),
        cmocka_unit_test(zlib_and_gzip_in_gzip_are_told_by_content),
        cmocka_unit_test(a_cut_stream_gives_its_prefix_and_says_so),
        cmocka_unit_test(a_flipped_bit_is_corrupt_and_never_silent),
        cmocka_unit_test(a_corrupt_stream_gives_the_same_however_it_is_cut),
        cmocka_unit_test(what_follows_a_member_is_trailing_however_short),
        cmocka_unit_test(streams_of_nothing_are_complete),
        cmocka_unit_test(pieces_are_the_same_however_the_stream_is_cut),
        cmocka_unit_test(a_bomb_ends_at_the_ratio_and_at_the_cap),
        cmocka_unit_test(a_bomb_inside_of_what_is_no_stream_ends_too),
#ifdef HAVE_ZSTD
        cmocka_unit_test(zstd_frames_are_read_one_after_the_other),
        cmocka_unit_test(zstd_gives_what_comes_before_a_bad_checksum),
        cmocka_unit_test(zstd_frames_to_skip_are_skipped),
        cmocka_unit_test(a_zstd_frame_that_wants_too_much_memory_is_refused),
#else
        cmocka_unit_test(zstd_that_this_build_cannot_read_says_so),
#endif
        cmocka_unit_test(a_decoder_is_used_again_after_a_reset),
        cmocka_unit_test(the_callers_error_comes_back_unchanged),
        cmocka_unit_test(a_failed_allocation_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
