#include "check.h"

#include "decode/unpack.h"

#include <zlib.h>

static size_t gzip_of(const char *text, size_t len, char *out, size_t room)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)text, .avail_in = (uInt)len};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_out = (Bytef *)out;
    z.avail_out = (uInt)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    (void)deflateEnd(&z);
    return room - z.avail_out;
}

static void the_end_of_a_member_is_told_at_every_size_of_the_output(void **state)
{
    static const char text[] =
        "the quick brown fox jumps over the lazy dog, twice: the quick brown fox";
    char stored[400], out[200];
    const size_t stored_len = gzip_of(text, sizeof(text) - 1, stored, sizeof(stored));
    memset(stored + stored_len, 'Z', 5); /* what follows is not ours */
    (void)state;
    for (int force = 0; force < 2; force++) {
        for (size_t room = 1; room < sizeof(out); room++) {
            struct err err = {0};
            struct unpack *u = unpack_new(UNPACK_GZIP, force != 0, &err);
            struct sv in = {.ptr = stored, .len = stored_len + 5};
            size_t total = 0, used = 0, made = 0;
            const char *why = "";
            enum unpack_end end;
            int calls = 0;
            do {
                end = unpack_run(u, in, &used, out, room, &made, &why);
                assert_memory_equal(out, text + total, made);
                total += made;
                in = sv_tail(in, used);
                assert_true(++calls < 1000);
            } while (end == UNPACK_MORE);
            assert_int_equal(end, UNPACK_END);
            assert_int_equal(total, sizeof(text) - 1);
            assert_int_equal(in.len, 5);
            unpack_free(u);
        }
    }
}

static void bad_data_says_what_is_wrong(void **state)
{
    (void)state;
    for (int force = 0; force < 2; force++) {
        struct err err = {0};
        struct unpack *u = unpack_new(UNPACK_GZIP, force != 0, &err);
        char out[100];
        size_t used, made;
        const char *why = NULL;
        const struct sv in = SV("\x1f\x8b\x08\0\0\0\0\0\0\3\xff\xff\xff\xff\xff\xff");
        assert_int_equal(unpack_run(u, in, &used, out, sizeof(out), &made, &why), UNPACK_BAD);
        assert_non_null(why);
        unpack_free(u);
    }
    unpack_free(NULL);
}

static void versions_name_zlib(void **state)
{
    (void)state;
    assert_non_null(strstr(unpack_versions(), "zlib 1."));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_end_of_a_member_is_told_at_every_size_of_the_output),
        cmocka_unit_test(bad_data_says_what_is_wrong),
        cmocka_unit_test(versions_name_zlib),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
