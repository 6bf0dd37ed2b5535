#include "check.h"

#include "base/err.h"

#include <string.h>

static void the_first_writer_of_a_part_wins(void **state)
{
    struct err err = {0};
    char text[256];
    (void)state;
    assert_false(err_why(&err, ERR_FORMAT, "leaf %d", 1));
    assert_false(err_why(&err, ERR_IO, "later"));
    assert_false(err_where(&err, "file:3"));
    assert_false(err_where(&err, "elsewhere"));
    assert_false(err_what(&err, "read the list"));
    assert_int_equal(err.code, ERR_FORMAT);
    assert_string_equal(err_text(&err, text, sizeof(text)), "read the list: file:3: leaf 1");
    assert_non_null(strstr(err.site, "test_err.c:"));
}

static void text_is_one_line_without_controls(void **state)
{
    struct err err = {0};
    char text[64];
    (void)state;
    (void)err_why(&err, ERR_IO, "a\nb\x1b[31m\x7f");
    assert_string_equal(err_text(&err, text, sizeof(text)), "a?b?[31m?");
}

static void long_parts_are_cut_and_ended(void **state)
{
    struct err err = {0};
    char long_text[2000], text[4000];
    (void)state;
    memset(long_text, 'x', sizeof(long_text) - 1);
    long_text[sizeof(long_text) - 1] = '\0';
    (void)err_why(&err, ERR_IO, "%s", long_text);
    (void)err_where(&err, "%s", long_text);
    (void)err_what(&err, "%s", long_text);
    assert_int_equal(strlen(err_text(&err, text, sizeof(text))),
                     sizeof(err.why) + sizeof(err.where) + sizeof(err.what) - 3 + 4);
    assert_int_equal(strlen(err_text(&err, text, 10)), 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_writer_of_a_part_wins),
        cmocka_unit_test(text_is_one_line_without_controls),
        cmocka_unit_test(long_parts_are_cut_and_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
