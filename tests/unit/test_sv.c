#include "check.h"

#include "base/sv.h"

static void cut_gives_every_part_and_one_empty_part_of_nothing(void **state)
{
    struct sv rest = SV("a,,b"), part;
    (void)state;
    assert_true(sv_cut(&rest, ',', &part));
    assert_true(sv_equal(part, SV("a")));
    assert_true(sv_cut(&rest, ',', &part));
    assert_int_equal(part.len, 0);
    assert_true(sv_cut(&rest, ',', &part));
    assert_true(sv_equal(part, SV("b")));
    assert_false(sv_cut(&rest, ',', &part));
    rest = SV("");
    assert_true(sv_cut(&rest, ',', &part));
    assert_int_equal(part.len, 0);
    assert_false(sv_cut(&rest, ',', &part));
}

static void u64_takes_digits_that_fit_and_nothing_else(void **state)
{
    static const struct {
        const char *text;
        bool ok;
        uint64_t value;
    } cases[] = {
        {"0", true, 0},
        {"18446744073709551615", true, UINT64_MAX},
        {"007", true, 7},
        {"18446744073709551616", false, 0},
        {"", false, 0},
        {"+1", false, 0},
        {" 1", false, 0},
        {"1x", false, 0},
        {"99999999999999999999999", false, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint64_t value = 42;
        assert_int_equal(sv_u64(sv_of(cases[i].text), &value), cases[i].ok);
        assert_int_equal(value, cases[i].ok ? cases[i].value : 42);
    }
}

static void head_and_tail_are_clamped_to_the_length(void **state)
{
    const struct sv s = SV("abc");
    (void)state;
    assert_true(sv_equal(sv_head(s, 9), s));
    assert_int_equal(sv_tail(s, 9).len, 0);
    assert_true(sv_equal(sv_tail(s, 1), SV("bc")));
    assert_int_equal(sv_tail((struct sv){0}, 1).len, 0);
}

static void find_returns_the_length_when_absent(void **state)
{
    const struct sv s = SV("one two one");
    (void)state;
    assert_int_equal(sv_find(s, SV("one")), 0);
    assert_int_equal(sv_find(s, SV("two")), 4);
    assert_int_equal(sv_find(s, SV("three")), s.len);
    assert_int_equal(sv_find(s, SV("")), 0);
    assert_int_equal(sv_find_char(s, 't'), 4);
    assert_int_equal(sv_find_last(s, 'o'), 8);
    assert_int_equal(sv_find_last(s, 'x'), s.len);
}

static void order_is_by_bytes_then_length(void **state)
{
    (void)state;
    assert_true(sv_compare(SV("a"), SV("b")) < 0);
    assert_true(sv_compare(SV("ab"), SV("a")) > 0);
    assert_true(sv_compare(SV("\xff"), SV("a")) > 0);
    assert_int_equal(sv_compare(SV(""), (struct sv){0}), 0);
    assert_true(sv_equal_nocase(SV("ETag"), SV("etag")));
    assert_false(sv_equal_nocase(SV("ETag"), SV("etags")));
}

static void trim_takes_ascii_blanks_off_both_ends(void **state)
{
    (void)state;
    assert_true(sv_equal(sv_trim(SV("\t\r\n a b \v\f")), SV("a b")));
    assert_int_equal(sv_trim(SV(" \n ")).len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut_gives_every_part_and_one_empty_part_of_nothing),
        cmocka_unit_test(u64_takes_digits_that_fit_and_nothing_else),
        cmocka_unit_test(head_and_tail_are_clamped_to_the_length),
        cmocka_unit_test(find_returns_the_length_when_absent),
        cmocka_unit_test(order_is_by_bytes_then_length),
        cmocka_unit_test(trim_takes_ascii_blanks_off_both_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
