#include "check.h"
#include "torture.h"

#include "base/buf.h"

#include <stdlib.h>

static void contents_always_end_in_a_nul(void **state)
{
    struct buf b;
    struct err err = {0};
    (void)state;
    buf_init(&b, 1000);
    for (int i = 0; i < 100; i++) {
        assert_true(buf_add_char(&b, 'x', &err));
        assert_int_equal(b.data[b.len], '\0');
        assert_int_equal(b.len, i + 1);
    }
    assert_true(buf_addf(&b, &err, "%d|%s", 42, "tail"));
    assert_true(sv_ends(buf_sv(&b), SV("x42|tail")));
    buf_done(&b);
    buf_done(&b);
}

static void past_the_cap_nothing_is_added(void **state)
{
    struct buf b;
    struct err err = {0};
    (void)state;
    buf_init(&b, 5);
    assert_true(buf_add(&b, SV("12345"), &err));
    assert_false(buf_add_char(&b, '6', &err));
    assert_int_equal(err.code, ERR_LIMIT);
    assert_true(sv_equal(buf_sv(&b), SV("12345")));
    err = (struct err){0};
    assert_false(buf_addf(&b, &err, "%s", "more"));
    assert_int_equal(err.code, ERR_LIMIT);
    assert_true(sv_equal(buf_sv(&b), SV("12345")));
    err = (struct err){0};
    assert_false(buf_reserve(&b, SIZE_MAX, &err));
    assert_int_equal(err.code, ERR_LIMIT);
    buf_done(&b);
}

static void a_zeroed_buf_takes_nothing(void **state)
{
    struct buf b = {0};
    struct err err = {0};
    (void)state;
    assert_false(buf_add(&b, SV("x"), &err));
    assert_int_equal(err.code, ERR_LIMIT);
    assert_true(buf_add(&b, SV(""), &(struct err){0}) || b.len == 0);
    buf_done(&b);
}

static void consume_drops_the_head(void **state)
{
    struct buf b;
    struct err err = {0};
    (void)state;
    buf_init(&b, 100);
    assert_true(buf_add(&b, SV("one two"), &err));
    buf_consume(&b, 4);
    assert_string_equal(b.data, "two");
    buf_consume(&b, 3);
    assert_int_equal(b.len, 0);
    assert_true(buf_add(&b, SV("x"), &err));
    buf_reset(&b);
    assert_int_equal(b.len, 0);
    buf_done(&b);
}

static void take_moves_the_text_out(void **state)
{
    struct buf b;
    struct err err = {0};
    (void)state;
    buf_init(&b, 100);
    assert_null(buf_take(&b));
    assert_true(buf_add(&b, SV("mine"), &err));
    char *text = buf_take(&b);
    assert_string_equal(text, "mine");
    assert_int_equal(b.len, 0);
    assert_true(buf_add(&b, SV("again"), &err));
    assert_string_equal(text, "mine");
    free(text);
    buf_done(&b);
}

static void a_failed_allocation_keeps_what_was_there(void **state)
{
    (void)state;
    for (unsigned long n = 0; n < 10; n++) {
        struct buf b;
        struct err err = {0};
        buf_init(&b, 1 << 20);
        assert_true(buf_add(&b, SV("head"), &err));
        torture_arm(n);
        bool ok = true;
        for (int i = 0; ok && i < 2000; i++)
            ok = buf_addf(&b, &err, "%08d", i);
        torture_disarm();
        assert_true(ok != torture_fired());
        assert_true(sv_starts(buf_sv(&b), SV("head")));
        assert_int_equal(b.data[b.len], '\0');
        buf_done(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(contents_always_end_in_a_nul),
        cmocka_unit_test(past_the_cap_nothing_is_added),
        cmocka_unit_test(a_zeroed_buf_takes_nothing),
        cmocka_unit_test(consume_drops_the_head),
        cmocka_unit_test(take_moves_the_text_out),
        cmocka_unit_test(a_failed_allocation_keeps_what_was_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
