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

static void a_cut_stream_gives_its_prefix_and_says_so(void **state)
{
    struct buf plain, stored;
    (void)state;
    init(&plain);
    init(&stored);
    make_plain(&plain, 20000);
    pack(&stored, buf_sv(&plain), WRAP_GZIP);
    for (size_t len = 3; len < stored.len; len += 211) {
        const struct inflate_options options = {.force_zlib = len % 2 == 0};
        struct inflate_result r;
        struct err err = {0};
        struct buf out;
        init(&out);
        struct inflate *z = inflate_new(&options, collect, &out, &err);
        assert_true(inflate_feed(z, sv_head(buf_sv(&stored), len), &err));
        assert_true(inflate_finish(z, &r, &err));
        assert_int_equal(r.end, INFLATE_TRUNCATED);
        assert_true(r.why[0] != '\0');
        assert_true(out.len < plain.len);
        assert_memory_equal(out.len > 0 ? out.data : "", plain.data, out.len);
        if (len > 2000)
            assert_true(out.len > 100);
        inflate_free(z);
        buf_done(&out);
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
    for (size_t at = 10; at < stored.len; at += 37) {
        for (int force = 0; force < 2; force++) {
            const struct inflate_options options = {.force_zlib = force != 0};
            struct inflate_result r;
            struct err err = {0};
            struct buf out;
            init(&out);
            stored.data[at] ^= 0x10;
            struct inflate *z = inflate_new(&options, collect, &out, &err);
            assert_true(inflate_feed(z, buf_sv(&stored), &err));
            assert_true(inflate_finish(z, &r, &err));
            stored.data[at] ^= 0x10;
            const bool same = out.len == plain.len && memcmp(out.data, plain.data, out.len) == 0;
            assert_true(r.end != INFLATE_COMPLETE || same);
            inflate_free(z);
            buf_done(&out);
        }
    }
    buf_done(&plain);
    buf_done(&stored);
}

static void a_bomb_ends_at_the_ratio_and_at_the_cap(void **state)
{
    static char zeros[8 << 20];
    struct buf stored, out;
    struct err err = {0};
    (void)state;
    init(&stored);
    pack(&stored, (struct sv){.ptr = zeros, .len = sizeof(zeros)}, WRAP_GZIP);
    for (int force = 0; force < 2; force++) {
        init(&out);
        struct inflate *z = inflate_new(
            &(struct inflate_options){.max_ratio = 100, .force_zlib = force}, collect, &out, &err);
        assert_false(inflate_feed(z, buf_sv(&stored), &err));
        assert_int_equal(err.code, ERR_LIMIT);
        assert_true(out.len <= (2u << 20));
        inflate_free(z);
        buf_reset(&out);
        err = (struct err){0};
        z = inflate_new(&(struct inflate_options){.max_plain_bytes = 100000, .max_ratio = 1 << 30},
                        collect, &out, &err);
        assert_false(inflate_feed(z, buf_sv(&stored), &err));
        assert_int_equal(err.code, ERR_LIMIT);
        assert_true(out.len <= 100000);
        inflate_free(z);
        buf_done(&out);
        err = (struct err){0};
    }
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
    struct inflate_result r;
    struct buf out;
    init(&out);
    struct inflate *z = inflate_new(&(struct inflate_options){0}, collect, &out, &err);
    assert_true(inflate_feed(z, sv_head(buf_sv(&stored), stored.len - 9), &err));
    assert_true(inflate_finish(z, &r, &err));
    assert_int_equal(r.end, INFLATE_TRUNCATED);
    inflate_free(z);
    buf_done(&out);
    buf_done(&plain);
    buf_done(&stored);
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
    (void)user;
    return err_why(err, ERR_STOPPED, "enough");
}

static void the_callers_error_comes_back_unchanged(void **state)
{
    struct err err = {0};
    (void)state;
    struct inflate *z = inflate_new(&(struct inflate_options){0}, refuse, NULL, &err);
    assert_false(inflate_feed(z, SV("some plain text, long enough"), &err));
    assert_int_equal(err.code, ERR_STOPPED);
    inflate_free(z);
}

static void a_failed_allocation_is_an_error(void **state)
{
    struct buf plain, stored, out;
    (void)state;
    init(&plain);
    init(&stored);
    make_plain(&plain, 1000);
    pack(&stored, buf_sv(&plain), WRAP_GZIP);
    for (unsigned long n = 0; n < 40; n++) {
        struct err err = {0};
        struct inflate_result r;
        init(&out);
        assert_true(buf_reserve(&out, 5000, &err));
        torture_arm(n);
        struct inflate *z =
            inflate_new(&(struct inflate_options){.force_zlib = n % 2}, collect, &out, &err);
        const bool ok =
            z != NULL && inflate_feed(z, buf_sv(&stored), &err) && inflate_finish(z, &r, &err);
        torture_disarm();
        assert_true(ok || torture_fired());
        if (!ok)
            assert_int_equal(err.code, ERR_NOMEM);
        inflate_free(z);
        buf_done(&out);
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
        cmocka_unit_test(a_bomb_ends_at_the_ratio_and_at_the_cap),
#ifdef HAVE_ZSTD
        cmocka_unit_test(zstd_frames_are_read_one_after_the_other),
#endif
        cmocka_unit_test(a_decoder_is_used_again_after_a_reset),
        cmocka_unit_test(the_callers_error_comes_back_unchanged),
        cmocka_unit_test(a_failed_allocation_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
