#include "check.h"
#include "torture.h"

#include "model/build.h"

static void every_word_reads_back(void **state)
{
    (void)state;
    for (int i = 1; i < STATE_COUNT; i++) {
        enum build_state s = STATE_UNKNOWN;
        assert_true(build_state_parse(sv_of(build_state_name((enum build_state)i)), &s));
        assert_int_equal(s, i);
    }
    for (int i = 1; i < TYPE_COUNT; i++) {
        enum build_type t = TYPE_UNKNOWN;
        assert_true(build_type_parse(sv_of(build_type_name((enum build_type)i)), &t));
        assert_int_equal(t, i);
    }
    enum store store = STORE_NONE;
    assert_true(build_store_parse(SV("gcs"), &store));
    assert_int_equal(store, STORE_GS);
    assert_false(build_store_parse(SV(""), &store));
    assert_false(build_state_parse(SV("unknown"), &(enum build_state){0}));
    assert_false(build_state_is_final(STATE_PENDING));
    assert_true(build_state_is_final(STATE_ERROR));
}

static void snowflake_ids_hold_their_time(void **state)
{
    (void)state;
    /* 2022-03-23T04:01:08.4Z, as Prow's documentation of the ids has it */
    assert_int_equal(build_id_time(SV("1506481143975776256")) / 1000, 1648008068);
    assert_int_equal(build_id_time(SV("10")), 0);
    assert_int_equal(build_id_time(SV("18446744073709551616")), 0);
    assert_int_equal(build_id_time(SV("not-a-number-of-19")), 0);
}

static void ids_are_ordered_as_numbers_of_any_size(void **state)
{
    (void)state;
    assert_true(build_id_compare(SV("9"), SV("10")) < 0);
    assert_true(build_id_compare(SV("18446744073709551615"), SV("9223372036854775807")) > 0);
    assert_int_equal(build_id_compare(SV("7"), SV("7")), 0);
    assert_true(build_id_compare(SV("a"), SV("b")) < 0);
}

static struct build full_build(void)
{
    static const struct pull pulls[] = {
        {.number = 12, .sha = SV_INIT("abc"), .author = SV_INIT("zoe")}};
    static const struct refs extra[] = {{.org = SV_INIT("acme"), .repo = SV_INIT("rocket")}};
    return (struct build){
        .id = SV("1506481143975776256"),
        .job = SV("pull-x"),
        .refs = {.org = SV("o"), .repo = SV("r"), .pulls = pulls, .pull_count = 1},
        .extra_refs = extra,
        .extra_ref_count = 1,
        .state = STATE_FAILURE,
        .key = SV("pr-logs/pull/o_r/12/pull-x/1506481143975776256"),
    };
}

static void the_main_repository_is_refs_else_the_first_extra(void **state)
{
    struct build b = full_build();
    (void)state;
    assert_true(sv_equal(build_main_refs(&b)->repo, SV("r")));
    b.refs = (struct refs){0};
    assert_true(sv_equal(build_main_refs(&b)->repo, SV("rocket")));
    b.extra_ref_count = 0;
    assert_int_equal(build_main_refs(&b)->repo.len, 0);
}

static void a_copy_is_deep(void **state)
{
    const struct build b = full_build();
    struct build copy;
    struct arena a;
    struct err err = {0};
    (void)state;
    arena_init(&a, 1 << 16);
    assert_true(build_copy(&a, &b, &copy, &err));
    assert_ptr_not_equal(copy.job.ptr, b.job.ptr);
    assert_true(sv_equal(copy.job, b.job));
    assert_ptr_not_equal(copy.refs.pulls, b.refs.pulls);
    assert_true(sv_equal(copy.refs.pulls[0].author, SV("zoe")));
    assert_true(sv_equal(copy.extra_refs[0].org, SV("acme")));
    assert_int_equal(copy.state, STATE_FAILURE);
    arena_done(&a);
    for (unsigned long n = 0; n < 5; n++) {
        err = (struct err){0};
        arena_init(&a, 1 << 16);
        torture_arm(n);
        const bool ok = build_copy(&a, &b, &copy, &err);
        torture_disarm();
        assert_true(ok != torture_fired());
        arena_done(&a);
    }
}

static void places_that_climb_are_refused(void **state)
{
    (void)state;
    assert_true(build_place_is_safe(SV("bucket"), SV("logs/job/1")));
    assert_false(build_place_is_safe(SV("bucket"), SV("logs/../../etc/passwd")));
    assert_false(build_place_is_safe(SV("bucket"), SV("logs//1")));
    assert_false(build_place_is_safe(SV("bucket"), SV("logs/./1")));
    assert_false(build_place_is_safe(SV("bucket"), SV("logs/a\nb/1")));
    assert_false(build_place_is_safe(SV(".."), SV("x")));
    assert_false(build_place_is_safe(SV("a/b"), SV("x")));
    assert_false(build_place_is_safe(SV("b"), SV("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_word_reads_back),
        cmocka_unit_test(snowflake_ids_hold_their_time),
        cmocka_unit_test(ids_are_ordered_as_numbers_of_any_size),
        cmocka_unit_test(the_main_repository_is_refs_else_the_first_extra),
        cmocka_unit_test(a_copy_is_deep),
        cmocka_unit_test(places_that_climb_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
