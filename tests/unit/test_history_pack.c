#include "check.h"
#include "torture.h"

#include "tally/history_pack.h"

static const struct packed_test passed[] = {{1, 0},   {2, 255},   {130, 7},
                                            {131, 1}, {20000, 9}, {HISTORY_PACK_MAX_ID, 3}};
static const struct packed_test skipped[] = {{3, 0}, {300, 4}};

static bool pack(struct buf *value, size_t passed_count, size_t skipped_count)
{
    struct err err = {0};
    buf_init(value, 1 << 20);
    return history_pack(passed, passed_count, skipped, skipped_count, value, &err);
}

/* How many tests a value holds; -1 when it is refused. */
static int tests_in(struct sv value)
{
    struct history_unpack u;
    struct packed_test t;
    struct err err = {0};
    bool more = true;
    int count = 0;
    if (!history_unpack_begin(value, &u, &err))
        return -1;
    while (history_unpack_next(&u, &t, &more, &err)) {
        if (!more)
            return count;
        count++;
    }
    assert_int_equal(err.code, ERR_FORMAT);
    return -1;
}

static void what_is_packed_is_unpacked(void **state)
{
    struct buf value;
    struct history_unpack u;
    struct packed_test t;
    struct err err = {0};
    bool more = false;
    (void)state;
    assert_true(pack(&value, COUNT_OF(passed), COUNT_OF(skipped)));
    assert_true(history_unpack_begin(buf_sv(&value), &u, &err));
    for (size_t i = 0; i < COUNT_OF(passed) + COUNT_OF(skipped); i++) {
        const bool second = i >= COUNT_OF(passed);
        const struct packed_test *w = second ? &skipped[i - COUNT_OF(passed)] : &passed[i];
        assert_true(history_unpack_next(&u, &t, &more, &err) && more);
        assert_int_equal(t.id, w->id);
        assert_int_equal(t.duration, w->duration);
        assert_int_equal(u.skipped, second);
    }
    assert_true(history_unpack_next(&u, &t, &more, &err) && !more);
    buf_done(&value);
    assert_true(pack(&value, 0, COUNT_OF(skipped)));
    assert_int_equal(tests_in(buf_sv(&value)), 2);
    buf_done(&value);
    assert_int_equal(tests_in(SV("")), 0);
}

static void a_test_takes_two_bytes_where_ids_are_near(void **state)
{
    struct buf value;
    (void)state;
    assert_true(pack(&value, 2, 0));
    assert_int_equal(value.len, 1 + 1 + 4 + 1);
    buf_done(&value);
}

static void ids_out_of_order_are_not_packed(void **state)
{
    static const struct packed_test bad[][2] = {{{2, 0}, {1, 0}},
                                                {{2, 0}, {2, 0}},
                                                {{0, 0}, {1, 0}},
                                                {{1, 0}, {HISTORY_PACK_MAX_ID + 1, 0}}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct buf value;
        struct err err = {0};
        buf_init(&value, 1 << 20);
        assert_false(history_pack(bad[i], 2, NULL, 0, &value, &err));
        assert_int_equal(err.code, ERR_FORMAT);
        buf_done(&value);
    }
}

static void what_is_cut_or_longer_or_of_another_form_is_refused(void **state)
{
    static const struct sv bad[] = {
        SV_INIT("\2\0\0"),                     /* another version */
        SV_INIT("\1"),                         /* no list */
        SV_INIT("\1\0"),                       /* no second list */
        SV_INIT("\1\0\0\0"),                   /* more behind it */
        SV_INIT("\1\1\0\0\0"),                 /* id 0 */
        SV_INIT("\1\x80\0\0"),                 /* a number in more bytes than it needs */
        SV_INIT("\1\xff\xff\xff\xff\x0f"),     /* a count that is not there */
        SV_INIT("\1\1\xff\xff\xff\x7f\0\0"),   /* an id that is too large */
        SV_INIT("\1\xff\xff\xff\xff\xff\xff"), /* a number without an end */
    };
    struct buf value;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        if (tests_in(bad[i]) != -1)
            fail_msg("value %zu was read", i);
    }
    assert_true(pack(&value, COUNT_OF(passed), COUNT_OF(skipped)));
    for (size_t len = 1; len < value.len; len++)
        assert_int_equal(tests_in(sv_head(buf_sv(&value), len)), -1);
    buf_done(&value);
}

static void memory_that_is_not_there_is_told(void **state)
{
    (void)state;
    for (unsigned long n = 0;; n++) {
        struct buf value;
        struct err err = {0};
        buf_init(&value, 1 << 20);
        torture_arm(n);
        const bool ok = history_pack(passed, COUNT_OF(passed), skipped, 2, &value, &err);
        torture_disarm();
        buf_done(&value);
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
        cmocka_unit_test(what_is_packed_is_unpacked),
        cmocka_unit_test(a_test_takes_two_bytes_where_ids_are_near),
        cmocka_unit_test(ids_out_of_order_are_not_packed),
        cmocka_unit_test(what_is_cut_or_longer_or_of_another_form_is_refused),
        cmocka_unit_test(memory_that_is_not_there_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
