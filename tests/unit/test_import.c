#include "importing.h"

static void every_kind_is_found_by_its_name(void **state)
{
    (void)state;
    size_t count = 0;
    for (; import_kinds[count].name != NULL; count++) {
        assert_ptr_equal(import_kind_find(sv_of(import_kinds[count].name)), &import_kinds[count]);
        assert_true(strlen(import_kinds[count].what) > 10);
    }
    assert_int_equal(count, 6);
    assert_null(import_kind_find(SV("pytorc")));
    assert_null(import_kind_find(SV("")));
}

static void a_file_is_called_without_folders_and_ending(void **state)
{
    (void)state;
    assert_true(sv_equal(import_base(SV("a.b/c.d.yaml")), SV("c.d")));
    assert_true(sv_equal(import_base(SV("x")), SV("x")));
    assert_true(sv_equal(import_base(SV("-")), SV("-")));
}

static void a_file_is_not_larger_than_its_limit(void **state)
{
    static char text[IMPORT_MAX_FILE + 1];
    struct importing i;
    (void)state;
    memset(text, '\n', sizeof(text));
    for (size_t k = 0; import_kinds[k].name != NULL; k++) {
        importing_run(&i, import_kinds[k].name, (struct sv){.ptr = text, .len = sizeof(text)});
        assert_false(i.ok);
        assert_string_equal(i.error, "in: longer than 16777216 bytes");
        importing_done(&i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_is_found_by_its_name),
        cmocka_unit_test(a_file_is_called_without_folders_and_ending),
        cmocka_unit_test(a_file_is_not_larger_than_its_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
