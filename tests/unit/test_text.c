#include "check.h"

#include "base/text.h"

static void utf8_is_what_rfc_3629_says(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        uint32_t point;
    } cases[] = {
        {"a", 1, 'a'},
        {"\xc3\xa9", 2, 0xe9},
        {"\xe2\x82\xac", 3, 0x20ac},
        {"\xf0\x9f\x98\x80", 4, 0x1f600},
        {"\xf4\x8f\xbf\xbf", 4, 0x10ffff},
        {"\xc0\x80", 0, 0},         /* overlong */
        {"\xe0\x80\x80", 0, 0},     /* overlong */
        {"\xed\xa0\x80", 0, 0},     /* a surrogate */
        {"\xf4\x90\x80\x80", 0, 0}, /* past the end */
        {"\x80", 0, 0},             /* a tail alone */
        {"\xe2\x82", 0, 0},         /* cut */
        {"\xff", 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint32_t point = 0;
        assert_int_equal(text_utf8(sv_of(cases[i].bytes), &point), cases[i].len);
        assert_int_equal(point, cases[i].point);
    }
    assert_int_equal(text_utf8(SV(""), NULL), 0);
}

#define BAD "\xef\xbf\xbd"

static void what_could_harm_a_terminal_or_a_page_is_replaced(void **state)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"plain", "plain"},
        {"a\tb", "a b"},
        {"\x1b[31m", BAD "[31m"},
        {"a\nb\r", "a" BAD "b" BAD},
        {"\x7f\xc2\x85", BAD BAD}, /* DEL, a C1 control */
        {"\xe2\x80\xae"
         "x\xe2\x81\xa6",
         BAD "x" BAD},                         /* bidi override and isolate */
        {"\xe2\x80\xa8\xef\xbb\xbf", BAD BAD}, /* line separator, BOM */
        {"\xff\xfe"
         "a",
         BAD BAD "a"},
        {"caf\xc3\xa9 \xe2\x9c\x93", "caf\xc3\xa9 \xe2\x9c\x93"},
    };
    struct buf b;
    struct err err = {0};
    (void)state;
    buf_init(&b, 1000);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        buf_reset(&b);
        assert_true(text_add_safe(&b, sv_of(cases[i].in), &err));
        assert_string_equal(b.data, cases[i].out);
    }
    buf_done(&b);
}

static void cut_text_ends_on_a_character(void **state)
{
    struct arena a;
    struct err err = {0};
    struct sv text;
    (void)state;
    arena_init(&a, 4096);
    assert_true(text_safe(&a, SV("short"), 100, &text, &err));
    assert_true(sv_equal(text, SV("short")));
    for (size_t max = 4; max < 20; max++) {
        assert_true(text_safe(&a,
                              SV("\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"
                                 "\xe2\x82\xac\xe2\x82\xac"),
                              max, &text, &err));
        assert_true(text.len <= max + 3);
        for (size_t i = 0; i < text.len; i += 3)
            assert_int_equal(text_utf8(sv_tail(text, i), NULL), 3);
        assert_true(sv_ends(text, SV("\xe2\x80\xa6")));
    }
    arena_done(&a);
}

static void columns_count_wide_and_combining_characters(void **state)
{
    (void)state;
    assert_int_equal(text_columns(SV("abc")), 3);
    assert_int_equal(text_columns(SV("\xe6\xbc\xa2\xe5\xad\x97")), 4); /* two ideographs */
    assert_int_equal(text_columns(SV("e\xcc\x81")), 1);                /* e and an accent */
    assert_int_equal(text_columns(SV("\xf0\x9f\x98\x80")), 2);         /* an emoji */
    assert_int_equal(text_fit(SV("abc"), 2).len, 2);
    assert_int_equal(text_fit(SV("\xe6\xbc\xa2\xe5\xad\x97"), 3).len, 3); /* half of one never */
    assert_int_equal(text_fit(SV("abc"), 10).len, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_is_what_rfc_3629_says),
        cmocka_unit_test(what_could_harm_a_terminal_or_a_page_is_replaced),
        cmocka_unit_test(cut_text_ends_on_a_character),
        cmocka_unit_test(columns_count_wide_and_combining_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
