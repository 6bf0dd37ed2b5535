#include "check.h"

#include "report/spool.h"

#include <signal.h>
#include <sys/resource.h>

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

/* Small pieces stay in memory until the end: that they do not fit is told then. */
static void a_full_disk_is_told_at_the_latest_when_it_is_read(void **state)
{
    struct spool s = {0};
    struct copy c = {0};
    struct err err = {0};
    struct rlimit before;
    const struct report_out out = {.write = take, .user = &c};
    (void)state;
    buf_init(&c.text, 10000);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    const struct rlimit small = {.rlim_cur = 100, .rlim_max = before.rlim_max};
    void (*const handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_true(spool_add(&s, SV("x"), &err));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    for (int i = 0; i < 50; i++)
        assert_true(spool_add(&s, SV("a line\n"), &err));
    const bool ok = spool_copy(&s, &out, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    (void)signal(SIGXFSZ, handler);
    assert_false(ok);
    assert_int_equal(err.code, ERR_IO);
    assert_non_null(strstr(err.why, "File too large"));
    buf_done(&c.text);
    spool_done(&s);
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
        cmocka_unit_test(a_full_disk_is_told_at_the_latest_when_it_is_read),
        cmocka_unit_test(bytes_of_any_kind_are_kept),
        cmocka_unit_test(an_empty_spool_makes_no_file),
        cmocka_unit_test(an_output_that_fails_ends_the_copy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
