#include "check.h"
#include "torture.h"

#include "base/strmap.h"

#include <stdio.h>

static void ten_thousand_keys_are_found_in_order_of_insertion(void **state)
{
    struct strmap m;
    struct err err = {0};
    char key[32];
    bool is_new;
    (void)state;
    strmap_init(&m, 1 << 20);
    for (unsigned i = 0; i < 10000; i++) {
        (void)snprintf(key, sizeof(key), "key-%u", i * 7919 % 10000);
        uint64_t *value = strmap_put(&m, sv_of(key), &is_new, &err);
        assert_non_null(value);
        assert_true(is_new);
        assert_int_equal(*value, 0);
        *value = i;
    }
    assert_int_equal(m.count, 10000);
    for (unsigned i = 0; i < 10000; i++) {
        (void)snprintf(key, sizeof(key), "key-%u", i * 7919 % 10000);
        assert_int_equal(*strmap_find(&m, sv_of(key)), i);
        assert_int_equal(strmap_at(&m, i)->value, i);
    }
    assert_null(strmap_find(&m, SV("key-10000")));
    assert_non_null(strmap_put(&m, SV("key-1"), &is_new, &err));
    assert_false(is_new);
    strmap_done(&m);
}

static void keys_may_be_empty_or_hold_nul(void **state)
{
    struct strmap m;
    struct err err = {0};
    (void)state;
    strmap_init(&m, 1000);
    *strmap_put(&m, SV(""), NULL, &err) = 1;
    *strmap_put(&m, SV("a\0b"), NULL, &err) = 2;
    *strmap_put(&m, SV("a"), NULL, &err) = 3;
    assert_int_equal(*strmap_find(&m, SV("")), 1);
    assert_int_equal(*strmap_find(&m, SV("a\0b")), 2);
    assert_int_equal(*strmap_find(&m, SV("a")), 3);
    strmap_done(&m);
    strmap_done(&m);
}

static void an_empty_map_finds_nothing(void **state)
{
    struct strmap m;
    (void)state;
    strmap_init(&m, 1000);
    assert_null(strmap_find(&m, SV("x")));
    strmap_done(&m);
}

static void past_the_cap_is_an_error_and_the_rest_stays(void **state)
{
    struct strmap m;
    struct err err = {0};
    char key[64];
    unsigned i = 0;
    (void)state;
    strmap_init(&m, 8192);
    for (;; i++) {
        (void)snprintf(key, sizeof(key), "a-key-of-some-length-%u", i);
        if (strmap_put(&m, sv_of(key), NULL, &err) == NULL)
            break;
        assert_true(i < 10000);
    }
    assert_int_equal(err.code, ERR_LIMIT);
    assert_int_equal(m.count, i);
    assert_non_null(strmap_find(&m, SV("a-key-of-some-length-0")));
    strmap_done(&m);
}

static void a_failed_allocation_leaves_a_whole_map(void **state)
{
    (void)state;
    for (unsigned long n = 0; n < 30; n++) {
        struct strmap m;
        struct err err = {0};
        char key[32];
        unsigned i = 0;
        strmap_init(&m, 1 << 20);
        torture_arm(n);
        for (; i < 500; i++) {
            (void)snprintf(key, sizeof(key), "%u", i);
            if (strmap_put(&m, sv_of(key), NULL, &err) == NULL)
                break;
        }
        torture_disarm();
        assert_int_equal(m.count, i);
        assert_true((i == 500) != torture_fired());
        for (unsigned k = 0; k < i; k++) {
            (void)snprintf(key, sizeof(key), "%u", k);
            assert_non_null(strmap_find(&m, sv_of(key)));
        }
        strmap_done(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ten_thousand_keys_are_found_in_order_of_insertion),
        cmocka_unit_test(keys_may_be_empty_or_hold_nul),
        cmocka_unit_test(an_empty_map_finds_nothing),
        cmocka_unit_test(past_the_cap_is_an_error_and_the_rest_stays),
        cmocka_unit_test(a_failed_allocation_leaves_a_whole_map),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
