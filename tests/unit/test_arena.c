#include "check.h"
#include "torture.h"

#include "base/arena.h"

static void blocks_are_zeroed_aligned_and_do_not_move(void **state)
{
    struct arena a;
    struct err err = {0};
    unsigned char *blocks[200];
    (void)state;
    arena_init(&a, 1 << 20);
    for (size_t i = 0; i < COUNT_OF(blocks); i++) {
        blocks[i] = arena_alloc(&a, i + 1, &err);
        assert_non_null(blocks[i]);
        assert_int_equal((uintptr_t)blocks[i] % sizeof(void *), 0);
        for (size_t k = 0; k <= i; k++)
            assert_int_equal(blocks[i][k], 0);
        memset(blocks[i], (int)i, i + 1);
    }
    for (size_t i = 0; i < COUNT_OF(blocks); i++)
        assert_int_equal(blocks[i][i], i);
    arena_done(&a);
}

static void the_cap_is_an_error_and_nothing_else(void **state)
{
    struct arena a;
    struct err err = {0};
    (void)state;
    arena_init(&a, 4096);
    assert_null(arena_alloc(&a, 8192, &err));
    assert_int_equal(err.code, ERR_LIMIT);
    err = (struct err){0};
    assert_non_null(arena_alloc(&a, 16, &err));
    assert_null(arena_array(&a, SIZE_MAX / 2, 4, &err));
    arena_done(&a);
}

static void reset_gives_zeroed_memory_again(void **state)
{
    struct arena a;
    struct err err = {0};
    (void)state;
    arena_init(&a, 1 << 20);
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 50; i++) {
            unsigned char *p = arena_alloc(&a, 1000, &err);
            assert_non_null(p);
            for (int k = 0; k < 1000; k++)
                assert_int_equal(p[k], 0);
            memset(p, 0xff, 1000);
        }
        arena_reset(&a);
    }
    arena_done(&a);
    arena_done(&a); /* twice is fine */
}

static void copies_and_formats_are_the_arenas_own(void **state)
{
    struct arena a;
    struct err err = {0};
    struct sv text, formatted;
    char source[] = "abc";
    (void)state;
    arena_init(&a, 1 << 16);
    assert_true(arena_copy(&a, sv_of(source), &text, &err));
    source[0] = 'X';
    assert_true(sv_equal(text, SV("abc")));
    assert_int_equal(text.ptr[3], '\0');
    assert_true(arena_printf(&a, &formatted, &err, "%s-%d", "n", 7));
    assert_string_equal(formatted.ptr, "n-7");
    assert_true(arena_copy(&a, SV(""), &text, &err));
    assert_int_equal(text.len, 0);
    arena_done(&a);
}

static void a_failed_allocation_is_an_error(void **state)
{
    (void)state;
    for (unsigned long n = 0; n < 20; n++) {
        struct arena a;
        struct err err = {0};
        struct sv text;
        arena_init(&a, 1 << 20);
        torture_arm(n);
        const bool ok = arena_copy(&a, SV("some text"), &text, &err) &&
                        arena_printf(&a, &text, &err, "%d", 3) && arena_alloc(&a, 90000, &err);
        torture_disarm();
        assert_true(ok != torture_fired());
        if (!ok)
            assert_int_equal(err.code, ERR_NOMEM);
        arena_done(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_zeroed_aligned_and_do_not_move),
        cmocka_unit_test(the_cap_is_an_error_and_nothing_else),
        cmocka_unit_test(reset_gives_zeroed_memory_again),
        cmocka_unit_test(copies_and_formats_are_the_arenas_own),
        cmocka_unit_test(a_failed_allocation_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
