#include "check.h"

#include "model/block.h"

static int64_t stamp(const void *how, struct sv raw)
{
    return how != NULL ? (int64_t)raw.len : -1;
}

static void a_position_gives_its_line_number_and_place_in_the_raw_text(void **state)
{
    const struct block b = {
        .text = SV("one\ntwo\n\nfour\n"),
        .raw = SV("\x1b[1mone\r\ntwo\n\nfour\n"),
        .first_line = 10,
        .first_offset = 1000,
        .line_count = 4,
        .stamp = stamp,
        .how = "",
    };
    static const struct {
        size_t pos;
        const char *text;
        uint64_t number, offset;
        int64_t stamp;
    } cases[] = {
        {0, "one", 10, 1000, 8}, {3, "one", 10, 1000, 8},  {4, "two", 11, 1009, 3},
        {8, "", 12, 1013, 0},    {9, "four", 13, 1014, 4}, {13, "four", 13, 1014, 4},
    };
    struct block_cursor cursor = {0};
    struct line line;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        block_locate(&b, &cursor, cases[i].pos, &line);
        assert_true(sv_equal(line.text, sv_of(cases[i].text)));
        assert_int_equal(line.number, cases[i].number);
        assert_int_equal(line.offset, cases[i].offset);
        assert_int_equal(line.stamp_ms, cases[i].stamp);
    }
    cursor = (struct block_cursor){0};
    block_locate(&b, &cursor, 10, &line); /* straight to the last one */
    assert_int_equal(line.number, 13);
}

static void offsets_of_utf16_count_what_was_in_the_log(void **state)
{
    const struct block b = {.text = SV("\xe2\x82\xac\xf0\x9f\x98\x80\nb\n"),
                            .raw = SV("\xe2\x82\xac\xf0\x9f\x98\x80\nb\n"),
                            .first_line = 1,
                            .first_offset = 2,
                            .line_count = 2,
                            .utf16 = true};
    struct block_cursor cursor = {0};
    struct line line;
    (void)state;
    block_locate(&b, &cursor, 8, &line);
    assert_int_equal(line.offset, 2 + 2 + 4 + 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_position_gives_its_line_number_and_place_in_the_raw_text),
        cmocka_unit_test(offsets_of_utf16_count_what_was_in_the_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
