#include "check.h"

#include "run/same_code.h"
#include "torture.h"

#include <stdio.h>

static const struct pull one[] = {{.number = 7, .sha = SV_INIT("aa")}};
static const struct pull newer[] = {{.number = 7, .sha = SV_INIT("bb")}};
static const struct pull bare[] = {{.number = 7}};
static const struct pull two[] = {{.number = 7, .sha = SV_INIT("aa")},
                                  {.number = 8, .sha = SV_INIT("cc")}};
static const struct refs extra[] = {
    {.org = SV_INIT("acme"), .repo = SV_INIT("tool"), .base_sha = SV_INIT("e1")}};
static const struct refs branch[] = {
    {.org = SV_INIT("acme"), .repo = SV_INIT("tool"), .base_ref = SV_INIT("main")}};

static struct build make(const char *id, const char *job, const char *base,
                         const struct pull *pulls, size_t count)
{
    return (struct build){.id = sv_of(id),
                          .job = sv_of(job),
                          .state = STATE_SUCCESS,
                          .refs = {.org = SV("acme"),
                                   .repo = SV("rocket"),
                                   .base_sha = sv_of(base),
                                   .pulls = pulls,
                                   .pull_count = count}};
}

static const char *found_in(struct build passed, struct build asked)
{
    static char id[64];
    struct err err = {0};
    struct build_list list;
    struct same_code s;
    const struct build *found = NULL;
    build_list_init(&list, 0);
    assert_true(build_list_add(&list, &passed, &err));
    assert_true(same_code_init(&s, &list, &err));
    assert_true(same_code_find(&s, &asked, &found, &err));
    (void)snprintf(id, sizeof(id), "%.*s", (int)(found != NULL ? found->id.len : 0),
                   found != NULL ? found->id.ptr : "");
    same_code_done(&s);
    build_list_done(&list);
    return id;
}

static void the_same_commits_are_the_same_code(void **state)
{
    struct build failed = make("2", "j", "b", one, 1);
    failed.state = STATE_FAILURE;
    (void)state;
    assert_string_equal(found_in(make("1", "j", "b", one, 1), failed), "1");
    assert_string_equal(found_in(make("1", "j", "b", NULL, 0), make("2", "j", "b", NULL, 0)), "1");
}

static void any_other_commit_is_other_code(void **state)
{
    const struct build asked = make("2", "j", "b", one, 1);
    struct build with_extra = make("1", "j", "b", one, 1);
    struct build running = make("1", "j", "b", one, 1);
    with_extra.extra_refs = extra;
    with_extra.extra_ref_count = 1;
    running.state = STATE_PENDING;
    (void)state;
    assert_string_equal(found_in(make("1", "k", "b", one, 1), asked), "");
    assert_string_equal(found_in(make("1", "j", "c", one, 1), asked), "");
    assert_string_equal(found_in(make("1", "j", "b", newer, 1), asked), "");
    assert_string_equal(found_in(make("1", "j", "b", two, 2), asked), "");
    assert_string_equal(found_in(with_extra, asked), "");
    assert_string_equal(found_in(running, asked), "");
    assert_string_equal(found_in(make("2", "j", "b", one, 1), asked), ""); /* it is itself */
}

static void without_a_commit_nothing_is_known(void **state)
{
    struct build a = make("1", "j", "", NULL, 0), b = make("2", "j", "", NULL, 0);
    (void)state;
    assert_string_equal(found_in(a, b), "");
    a.extra_refs = b.extra_refs = branch;
    a.extra_ref_count = b.extra_ref_count = 1;
    assert_string_equal(found_in(a, b), "");
    a.extra_refs = b.extra_refs = extra;
    assert_string_equal(found_in(a, b), "1");
    assert_string_equal(found_in(make("1", "j", "b", bare, 1), make("2", "j", "b", bare, 1)), "");
    assert_string_equal(found_in(make("1", "", "b", one, 1), make("2", "", "b", one, 1)), "");
}

static void memory_that_is_not_there_is_told(void **state)
{
    struct build_list list;
    struct err err = {0};
    (void)state;
    build_list_init(&list, 0);
    const struct build a = make("1", "j", "b", one, 1);
    assert_true(build_list_add(&list, &a, &err));
    for (unsigned long n = 0;; n++) {
        struct same_code s;
        const struct build *found;
        struct err own = {0};
        torture_arm(n);
        const bool ok = same_code_init(&s, &list, &own) && same_code_find(&s, &a, &found, &own);
        torture_disarm();
        same_code_done(&s);
        if (!torture_fired()) {
            assert_true(ok);
            break;
        }
        assert_false(ok);
        assert_int_equal(own.code, ERR_NOMEM);
    }
    build_list_done(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_commits_are_the_same_code),
        cmocka_unit_test(any_other_commit_is_other_code),
        cmocka_unit_test(without_a_commit_nothing_is_known),
        cmocka_unit_test(memory_that_is_not_there_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
