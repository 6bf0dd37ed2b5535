#include "check.h"

#include "report/spool.h"

struct copy {
    struct buf text;
    unsigned pieces;
};

static bool take(void *user, struct sv bytes, struct err *err)
{
    struct copy *c = user;
    c->pieces++;
    return buf_add(&c->text, bytes, err);
}

static bool refuse(void *user, struct sv bytes, struct err *err)
{
    (void)user;
    (void)bytes;
    return err_why(err, ERR_IO, "full");
}

static void what_was_added_comes_back_in_order(void **state)
{
    struct spool s = {0};
    struct copy c = {0};
    struct err err = {0};
    char line[32];
    const struct report_out out = {.write = take, .user = &c};
    (void)state;
    buf_init(&c.text, 1 << 20);
    for (int i = 0; i < 20000; i++) {
        (void)snprintf(line, sizeof(line), "%d\n", i);
        assert_true(spool_add(&s, sv_of(line), &err));
    }
    assert_true(spool_add(&s, SV(""), &err));
    assert_true(spool_copy(&s, &out, &err));
    assert_int_equal(c.text.len, 108890);
    assert_memory_equal(c.text.data, "0\n1\n2\n", 6);
    assert_string_equal(c.text.data + c.text.len - 6, "19999\n");
    assert_true(c.pieces > 1);
    buf_done(&c.text);
    spool_done(&s);
    spool_done(&s); /* twice is fine */
}

static void bytes_of_any_kind_are_kept(void **state)
{
    struct spool s = {0};
    struct copy c = {0};
    struct err err = {0};
    const struct report_out out = {.write = take, .user = &c};
    (void)state;
    buf_init(&c.text, 1000);
    assert_true(spool_add(&s, SV("a\0b\xff\n"), &err));
    assert_true(spool_copy(&s, &out, &err));
    assert_int_equal(c.text.len, 5);
    assert_memory_equal(c.text.data, "a\0b\xff\n", 5);
    buf_done(&c.text);
    spool_done(&s);
}

static void an_empty_spool_makes_no_file(void **state)
{
    struct spool s = {0};
    struct err err = {0};
    const struct report_out out = {.write = refuse};
    (void)state;
    assert_true(spool_copy(&s, &out, &err));
    assert_null(s.file);
    spool_done(&s);
}

static void an_output_that_fails_ends_the_copy(void **state)
{
    struct spool s = {0};
    struct err err = {0};
    const struct report_out out = {.write = refuse};
    (void)state;
    assert_true(spool_add(&s, SV("x"), &err));
    assert_false(spool_copy(&s, &out, &err));
    assert_int_equal(err.code, ERR_IO);
    assert_string_equal(err.why, "full");
    spool_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_added_comes_back_in_order),
        cmocka_unit_test(bytes_of_any_kind_are_kept),
        cmocka_unit_test(an_empty_spool_makes_no_file),
        cmocka_unit_test(an_output_that_fails_ends_the_copy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
