#include "check.h"

#include "source/percent.h"
#include "torture.h"

#define COUNT_OF_ARRAY(a) (sizeof(a) / sizeof((a)[0]))

static void escapes_are_undone_and_what_is_none_stays(void **state)
{
    static const struct {
        const char *in, *out;
        bool plus;
    } cases[] = {
        {"", "", false},
        {"a%2Fb%2fc", "a/b/c", false},
        {"a+b%2B", "a+b+", false},
        {"a+b%2B", "a b+", true},
        {"%", "%", false},
        {"%4", "%4", false},
        {"%4g%g4", "%4g%g4", false},
        {"%%41", "%A", false},
        {"%c3%ab", "\xc3\xab", false},
    };
    struct arena a;
    (void)state;
    arena_init(&a, 4096);
    for (size_t i = 0; i < COUNT_OF_ARRAY(cases); i++) {
        struct sv text;
        struct err err = {0};
        assert_true(percent_decode(sv_of(cases[i].in), cases[i].plus, &a, &text, &err));
        assert_true(sv_equal(text, sv_of(cases[i].out)));
    }
    arena_done(&a);
}

static void every_byte_survives_the_round_trip(void **state)
{
    char bytes[256];
    struct arena a;
    struct sv coded, plain;
    struct err err = {0};
    (void)state;
    arena_init(&a, 4096);
    for (int i = 0; i < 256; i++)
        bytes[i] = (char)i;
    const struct sv all = {.ptr = bytes, .len = sizeof(bytes)};
    for (int slash = 0; slash <= 1; slash++) {
        assert_true(percent_encode(all, slash, &a, &coded, &err));
        assert_int_equal(sv_find_char(coded, '/') < coded.len, slash);
        for (size_t i = 0; i < coded.len; i++)
            assert_true(coded.ptr[i] > ' ' && coded.ptr[i] < 0x7f && coded.ptr[i] != '+');
        assert_true(percent_decode(coded, true, &a, &plain, &err));
        assert_true(sv_equal(plain, all));
    }
    arena_done(&a);
}

static void no_room_is_an_error(void **state)
{
    struct arena a;
    struct sv text;
    struct err err = {0};
    (void)state;
    arena_init(&a, 8);
    assert_false(percent_encode(SV("a long text"), false, &a, &text, &err));
    assert_int_equal(err.code, ERR_LIMIT);
    arena_done(&a);
    arena_init(&a, 4096);
    err = (struct err){0};
    torture_arm(0);
    const bool ok = percent_decode(SV("a"), false, &a, &text, &err);
    torture_disarm();
    assert_int_equal(ok, !torture_fired());
    assert_int_equal(err.code, torture_fired() ? ERR_NOMEM : ERR_NONE);
    arena_done(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escapes_are_undone_and_what_is_none_stays),
        cmocka_unit_test(every_byte_survives_the_round_trip),
        cmocka_unit_test(no_room_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
