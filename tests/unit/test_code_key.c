#include "check.h"
#include "torture.h"

#include "model/code_key.h"

static const struct pull ordered[] = {{.number = 7, .sha = SV_INIT("aa")},
                                      {.number = 8, .sha = SV_INIT("cc")}};
static const struct pull turned[] = {{.number = 8, .sha = SV_INIT("cc")},
                                     {.number = 7, .sha = SV_INIT("aa")}};
static const struct pull swapped[] = {{.number = 7, .sha = SV_INIT("cc")},
                                      {.number = 8, .sha = SV_INIT("aa")}};
static const struct pull half[] = {{.number = 7, .sha = SV_INIT("aa")}, {.number = 8}};

static struct build make(const char *base, const struct pull *pulls, size_t count)
{
    return (struct build){.job = SV("j"),
                          .refs = {.org = SV("acme"),
                                   .repo = SV("rocket"),
                                   .base_sha = sv_of(base),
                                   .pulls = pulls,
                                   .pull_count = count}};
}

static const char *key_of(struct build b)
{
    static char hex[4][CODE_KEY_BYTES];
    static int at;
    struct err err = {0};
    at = (at + 1) % 4;
    assert_true(code_key_digest(&b, hex[at], &err));
    assert_true(hex[at][0] == '\0' || strlen(hex[at]) == CODE_KEY_BYTES - 1);
    return hex[at];
}

static void the_order_of_pulls_does_not_matter_and_their_commits_do(void **state)
{
    (void)state;
    assert_string_equal(key_of(make("b", ordered, 2)), key_of(make("b", turned, 2)));
    assert_string_not_equal(key_of(make("b", ordered, 2)), key_of(make("b", swapped, 2)));
    assert_string_not_equal(key_of(make("b", ordered, 2)), key_of(make("b", ordered, 1)));
    assert_string_not_equal(key_of(make("b", ordered, 2)), key_of(make("c", ordered, 2)));
}

static void what_is_not_known_has_no_key(void **state)
{
    const struct refs extra[] = {{.org = SV("a"), .repo = SV("b"), .pulls = half, .pull_count = 2}};
    struct build nameless = make("b", NULL, 0), with_extra = make("b", NULL, 0);
    (void)state;
    nameless.job = SV("");
    with_extra.extra_refs = extra;
    with_extra.extra_ref_count = 1;
    assert_string_equal(key_of(make("", NULL, 0)), "");
    assert_string_equal(key_of(make("b", half, 2)), "");
    assert_string_equal(key_of(nameless), "");
    assert_string_equal(key_of(with_extra), "");
    assert_string_not_equal(key_of(make("b", NULL, 0)), "");
    assert_string_not_equal(key_of(make("", ordered, 2)), "");
}

static void a_key_replaces_what_the_buffer_held(void **state)
{
    const struct build known = make("b", ordered, 2), unknown = make("", NULL, 0);
    struct err err = {0};
    struct buf key;
    (void)state;
    buf_init(&key, 1 << 16);
    assert_true(code_key(&known, &key, &err));
    const size_t len = key.len;
    assert_true(len > 0);
    assert_true(code_key(&known, &key, &err));
    assert_int_equal(key.len, len);
    assert_true(code_key(&unknown, &key, &err));
    assert_int_equal(key.len, 0);
    buf_done(&key);
}

static void memory_that_is_not_there_is_told(void **state)
{
    const struct build b = make("b", ordered, 2);
    (void)state;
    for (unsigned long n = 0;; n++) {
        char hex[CODE_KEY_BYTES];
        struct err err = {0};
        torture_arm(n);
        const bool ok = code_key_digest(&b, hex, &err);
        torture_disarm();
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
        cmocka_unit_test(the_order_of_pulls_does_not_matter_and_their_commits_do),
        cmocka_unit_test(what_is_not_known_has_no_key),
        cmocka_unit_test(a_key_replaces_what_the_buffer_held),
        cmocka_unit_test(memory_that_is_not_there_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
