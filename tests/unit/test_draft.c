#include "importing.h"

static void start(struct importing *i)
{
    i->left[0] = '\0';
    drafts_init(&i->drafts, SV("kind"), importing_left, i);
    i->drafts.file = SV("in");
    buf_init(&i->pack, 4 << 20);
}

static void write_pack(struct importing *i)
{
    struct err err = {0};
    assert_true(drafts_write(&i->drafts, SV("My Pack!"), SV("a, b\nc"), &i->pack, &err));
}

static void a_rule_whose_condition_is_lost_is_left_out(void **state)
{
    const struct draft_pattern any = {.text = SV_INIT("tea pot"), .dialect = REGEX_EXACT};
    const struct draft_pattern bad = {.text = SV_INIT("a["), .dialect = REGEX_GO};
    struct importing i;
    struct err err = {0};
    (void)state;
    start(&i);
    for (int which = 0; which < 3; which++) {
        struct draft d = {.name = SV("x"), .line = 7, .any = {&any, 1}};
        (which == 0 ? &d.all : which == 1 ? &d.none : &d.after)->list = &bad;
        (which == 0 ? &d.all : which == 1 ? &d.none : &d.after)->count = 1;
        d.within = which == 2;
        assert_true(drafts_add(&i.drafts, &d, &err));
    }
    assert_int_equal(i.drafts.count, 0);
    assert_string_equal(i.left, "in:7: rule x: a [ has no ]: a[\n");
    write_pack(&i);
    assert_string_equal(i.pack.data,
                        "pack: 'my-pack'\nabout: 'Imported by prowl rules import --from "
                        "kind from a, b c'\nrules: []\n");
    importing_done(&i);
}

static void of_several_patterns_the_good_ones_stay(void **state)
{
    const struct draft_pattern any[] = {{.text = SV_INIT("a["), .dialect = REGEX_GO},
                                        {.text = SV_INIT("(tea)"), .dialect = REGEX_GO},
                                        {.text = SV_INIT("(pot) (lid)"), .dialect = REGEX_GO}};
    struct importing i;
    struct err err = {0};
    (void)state;
    start(&i);
    assert_true(
        drafts_add(&i.drafts, &(struct draft){.name = SV("x"), .line = 1, .any = {any, 3}}, &err));
    write_pack(&i);
    assert_int_equal(i.drafts.count, 1);
    assert_int_equal(i.drafts.left_count, 1);
    /* Only what each of them captures is in the summary. */
    assert_non_null(strstr(i.pack.data, "summary: 'x: {what}'\n"));
    importing_done(&i);
}

static void patterns_are_counted_and_measured(void **state)
{
    static char text[5000];
    struct draft_pattern any[40];
    struct importing i;
    struct err err = {0};
    (void)state;
    start(&i);
    for (size_t k = 0; k < COUNT_OF(any); k++)
        any[k] = (struct draft_pattern){.text = SV("tea pot"), .dialect = REGEX_EXACT};
    assert_true(drafts_add(&i.drafts, &(struct draft){.name = SV("x"), .any = {any, 40}}, &err));
    assert_string_equal(i.left, "in:0: rule x: more than 32 patterns: tea pot\n");
    memset(text, 'x', sizeof(text));
    any[0].text = (struct sv){.ptr = text, .len = sizeof(text)};
    i.left[0] = '\0';
    assert_true(drafts_add(&i.drafts, &(struct draft){.name = SV("y"), .any = {any, 1}}, &err));
    assert_true(strncmp(i.left, "in:0: rule y: a pattern of more than 4096 bytes: xxx", 52) == 0);
    assert_int_equal(i.drafts.count, 1);
    importing_done(&i);
}

static void the_pack_is_not_larger_than_a_pack_may_be(void **state)
{
    static char text[4000];
    struct draft_pattern any = {.dialect = REGEX_EXACT};
    struct importing i;
    struct err err = {0};
    (void)state;
    start(&i);
    i.drafts.unchecked = true;
    memset(text, 'x', sizeof(text));
    any.text = (struct sv){.ptr = text, .len = sizeof(text)};
    for (int k = 0; k < 300; k++)
        assert_true(
            drafts_add(&i.drafts, &(struct draft){.name = SV("x"), .any = {&any, 1}}, &err));
    write_pack(&i);
    assert_true(i.drafts.count > 200 && i.drafts.count < 300);
    assert_true(i.pack.len < 1024 * 1024);
    assert_string_equal(i.left, "in:0: rule x: the pack has no room for it\n");
    importing_done(&i);
}

static void names_of_any_kind_are_made_safe(void **state)
{
    static const char *const names[] = {"",          "''",   "\xff\xfe",     "{",
                                        "\n- id: x", "日本", "\xef\xbf\xbe", "# a: b"};
    const struct draft_pattern any = {.text = SV_INIT("it's \xef\xbf\xbf"), .dialect = REGEX_EXACT};
    struct importing i;
    struct err err = {0};
    (void)state;
    start(&i);
    for (size_t k = 0; k < COUNT_OF(names); k++) {
        const struct draft d = {.name = sv_of(names[k]),
                                .about = sv_of(names[k]),
                                .example = SV("it's \xef\xbf\xbf"),
                                .any = {&any, 1}};
        assert_true(drafts_add(&i.drafts, &d, &err));
    }
    assert_string_equal(i.left, "");
    assert_int_equal(i.drafts.count, COUNT_OF(names));
    importing_done(&i);
}

static void slugs_are_words_and_dashes(void **state)
{
    struct arena a;
    struct sv slug;
    struct err err = {0};
    (void)state;
    arena_init(&a, 4096);
    assert_true(draft_slug(&a, SV("  No tea -- LEFT! "), 40, &slug, &err));
    assert_true(sv_equal(slug, SV("no-tea-left")));
    assert_true(draft_slug(&a, SV("No tea"), 3, &slug, &err));
    assert_true(sv_equal(slug, SV("no")));
    assert_true(draft_slug(&a, SV("é!"), 40, &slug, &err));
    assert_int_equal(slug.len, 0);
    arena_done(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rule_whose_condition_is_lost_is_left_out),
        cmocka_unit_test(of_several_patterns_the_good_ones_stay),
        cmocka_unit_test(patterns_are_counted_and_measured),
        cmocka_unit_test(the_pack_is_not_larger_than_a_pack_may_be),
        cmocka_unit_test(names_of_any_kind_are_made_safe),
        cmocka_unit_test(slugs_are_words_and_dashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
