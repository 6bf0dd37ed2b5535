#include "check.h"

#include "report/line_protocol.h"
#include "torture.h"

#include <math.h>
#include <stdlib.h>

static char *tag(struct sv value)
{
    struct buf out;
    struct lp_line l;
    struct err err = {0};
    buf_init(&out, 1 << 20);
    assert_true(lp_begin(&l, &out, "m", &err) && lp_tag(&l, "k", value, &err) &&
                lp_bool(&l, "f", true, &err) && lp_end(&l, 5, &err));
    return buf_take(&out);
}

static char *field(struct sv value)
{
    struct buf out;
    struct lp_line l;
    struct err err = {0};
    buf_init(&out, 1 << 20);
    assert_true(lp_begin(&l, &out, "m", &err) && lp_text(&l, "f", value, &err) &&
                lp_end(&l, -1, &err));
    return buf_take(&out);
}

static const struct {
    struct sv value;
    const char *line;
} tags[] = {
    {SV_INIT("plain"), "m,k=plain f=true 5\n"},
    {SV_INIT("a b,c=d"), "m,k=a\\ b\\,c\\=d f=true 5\n"},
    {SV_INIT(""), "m f=true 5\n"},
    {SV_INIT(" \t\n "), "m f=true 5\n"},
    {SV_INIT("  x  "), "m,k=x f=true 5\n"},
    {SV_INIT("a\\"), "m,k=a/ f=true 5\n"},
    {SV_INIT("a\\,b"), "m,k=a/\\,b f=true 5\n"},
    {SV_INIT("a\nb\rc\x01"), "m,k=a\\ b\\ c f=true 5\n"},
    {SV_INIT("q\"q"), "m,k=q\"q f=true 5\n"},
    {SV_INIT("\"q\""), "m,k=q\" f=true 5\n"},
    {SV_INIT("' \"x"), "m,k=x f=true 5\n"},
    {SV_INIT("\""), "m f=true 5\n"},
    {SV_INIT("\xff"), "m,k=\xef\xbf\xbd f=true 5\n"},
    {SV_INIT("z\xc3\xb6\x65"), "m,k=z\xc3\xb6\x65 f=true 5\n"},
    {SV_INIT("\x00"), "m f=true 5\n"},
    {SV_INIT("#x"), "m,k=#x f=true 5\n"},
};

static void tags_are_escaped_for_every_reader(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(tags); i++) {
        char *line = tag(tags[i].value);
        assert_string_equal(line, tags[i].line);
        free(line);
    }
}

static const struct {
    struct sv value;
    const char *line;
} fields[] = {
    {SV_INIT("plain, a=b c"), "m f=\"plain, a=b c\" -1\n"},
    {SV_INIT(""), "m f=\"\" -1\n"},
    {SV_INIT("say \"x\""), "m f=\"say \\\"x\\\"\" -1\n"},
    {SV_INIT("a\\nb\\"), "m f=\"a\\\\nb\\\\\" -1\n"},
    {SV_INIT("a\nb\r\n\tc\x7f"), "m f=\"a b   c \" -1\n"},
    {SV_INIT("\xe2\x80"), "m f=\"\xef\xbf\xbd\xef\xbf\xbd\" -1\n"},
};

static void strings_escape_quotes_and_backslashes_only(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        char *line = field(fields[i].value);
        assert_string_equal(line, fields[i].line);
        free(line);
    }
}

static void long_values_are_cut_on_a_character(void **state)
{
    const size_t length = 3 * (size_t)LP_TEXT_BYTES;
    char *text = malloc(length);
    (void)state;
    assert_non_null(text);
    for (size_t i = 0; i + 1 < length; i += 2)
        memcpy(text + i, "\xc3\xb6", 2);
    text[0] = 'x'; /* so that the caps fall into a character */
    text[1] = 'y';
    memmove(text + 1, text + 2, length - 2);
    const struct sv value = {.ptr = text, .len = length - 2};
    char *line = tag(value);
    assert_true(strlen(line) < LP_TAG_BYTES + 32);
    assert_null(strstr(line, "\xef\xbf\xbd"));
    free(line);
    line = field(value);
    assert_true(strlen(line) < LP_TEXT_BYTES + 32);
    assert_null(strstr(line, "\xef\xbf\xbd"));
    free(line);
    free(text);
}

static void numbers_have_one_type_each(void **state)
{
    struct buf out;
    struct lp_line l;
    struct err err = {0};
    (void)state;
    buf_init(&out, 1000);
    assert_true(lp_begin(&l, &out, "m", &err) && lp_int(&l, "a", INT64_MIN, &err) &&
                lp_int(&l, "b", INT64_MAX, &err) && lp_real(&l, "c", 0.95, &err) &&
                lp_real(&l, "d", 3512, &err) && lp_real(&l, "e", NAN, &err) &&
                lp_real(&l, "f", -INFINITY, &err) && lp_real(&l, "g", 1.0 / 3, &err) &&
                lp_bool(&l, "h", false, &err) && lp_end(&l, INT64_MIN, &err));
    assert_string_equal(out.data, "m a=-9223372036854775808i,b=9223372036854775807i,c=0.95,d=3512,"
                                  "e=0,f=0,g=0.3333333333333333,h=false -9223372036854775808\n");
    buf_done(&out);
}

static void builds_of_one_second_stay_apart_and_stay_the_same(void **state)
{
    const int64_t at = 1709280000000;
    const int64_t a = lp_time(at, SV("prow"), SV("j"), SV("1"));
    (void)state;
    assert_int_equal(a, lp_time(at, SV("prow"), SV("j"), SV("1")));
    assert_int_not_equal(a, lp_time(at, SV("prow"), SV("j"), SV("2")));
    assert_int_not_equal(a, lp_time(at, SV("prow"), SV("k"), SV("1")));
    /* What is known of a build is not run together. */
    assert_int_not_equal(lp_time(at, SV("prow"), SV("ab"), SV("c")),
                         lp_time(at, SV("prow"), SV("a"), SV("bc")));
    assert_true(a >= at * 1000000 && a < (at + 1) * 1000000);
}

static void times_that_nanoseconds_cannot_say_are_none(void **state)
{
    (void)state;
    assert_true(lp_has_time(1709280000000));
    assert_true(lp_has_time(-1709280000000));
    assert_false(lp_has_time(0));
    assert_false(lp_has_time(253402300799000)); /* the year 9999 */
    assert_false(lp_has_time(INT64_MAX));
    assert_false(lp_has_time(INT64_MIN));
    assert_true(lp_time(9223372036853, SV("a"), SV("b"), SV("c")) > 0);
}

static void missing_memory_is_told(void **state)
{
    (void)state;
    for (unsigned long n = 0;; n++) {
        struct buf out;
        struct lp_line l;
        struct err err = {0};
        buf_init(&out, 1000);
        torture_arm(n);
        const bool ok = lp_begin(&l, &out, "m", &err) && lp_tag(&l, "k", SV("v"), &err) &&
                        lp_text(&l, "f", SV("w"), &err) && lp_end(&l, 1, &err);
        torture_disarm();
        buf_done(&out);
        if (!torture_fired()) {
            assert_true(ok);
            break;
        }
        assert_false(ok);
        assert_int_equal(err.code, ERR_NOMEM);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tags_are_escaped_for_every_reader),
        cmocka_unit_test(strings_escape_quotes_and_backslashes_only),
        cmocka_unit_test(long_values_are_cut_on_a_character),
        cmocka_unit_test(numbers_have_one_type_each),
        cmocka_unit_test(builds_of_one_second_stay_apart_and_stay_the_same),
        cmocka_unit_test(times_that_nanoseconds_cannot_say_are_none),
        cmocka_unit_test(missing_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
