#include "check.h"

#include "base/digest.h"

static void known_answers_of_fips_180(void **state)
{
    char hex[DIGEST_TEXT_BYTES];
    struct err err = {0};
    (void)state;
    assert_true(digest_of(SV(""), hex, &err));
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_true(digest_of(SV("abc"), hex, &err));
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void parts_are_told_apart(void **state)
{
    const struct sv one[] = {SV_INIT("ab"), SV_INIT("c")}, other[] = {SV_INIT("a"), SV_INIT("bc")};
    char a[DIGEST_TEXT_BYTES], b[DIGEST_TEXT_BYTES], again[DIGEST_TEXT_BYTES];
    struct err err = {0};
    (void)state;
    assert_true(digest_of_parts(one, 2, a, &err));
    assert_true(digest_of_parts(other, 2, b, &err));
    assert_true(digest_of_parts(one, 2, again, &err));
    assert_string_not_equal(a, b);
    assert_string_equal(a, again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers_of_fips_180),
        cmocka_unit_test(parts_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
