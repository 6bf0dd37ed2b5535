#include "check.h"

#include "scan/yaml.h"
#include "torture.h"

#include <stdio.h>
#include <stdlib.h>

static struct yaml *load(const char *text, struct err *err)
{
    return yaml_load(SV("x.yaml"), sv_of(text), err);
}

static const char sample[] = "name: one\n"
                             "list: [a, 'b c', \"d\\te\"]\n"
                             "map:\n"
                             "  key: |\n"
                             "    two\n"
                             "    lines\n"
                             "empty:\n"
                             "tilde: ~\n"
                             "quoted: ''\n";

static void nodes_say_what_they_are_and_where(void **state)
{
    struct err err = {0};
    struct yaml *y = load(sample, &err);
    (void)state;
    assert_non_null(y);
    const struct ynode root = yaml_root(y);
    assert_int_equal(yaml_kind(root), YAML_MAP);
    assert_int_equal(yaml_count(root), 6);
    assert_true(sv_equal(yaml_text(yaml_member(root, "name")), SV("one")));
    assert_int_equal(yaml_kind(yaml_member(root, "nobody")), YAML_NONE);
    const struct ynode list = yaml_member(root, "list");
    assert_int_equal(yaml_kind(list), YAML_LIST);
    assert_true(sv_equal(yaml_text(yaml_at(list, 1)), SV("b c")));
    assert_int_equal(yaml_line(yaml_at(list, 1)), 2);
    assert_int_equal(yaml_column(yaml_at(list, 1)), 11);
    assert_false(yaml_is_double_quoted(yaml_at(list, 1)));
    assert_true(yaml_is_double_quoted(yaml_at(list, 2)));
    assert_int_equal(yaml_kind(yaml_at(list, 3)), YAML_NONE);
    assert_true(
        sv_equal(yaml_text(yaml_member(yaml_member(root, "map"), "key")), SV("two\nlines\n")));
    assert_true(sv_equal(yaml_text(yaml_key(root, 2)), SV("map")));
    assert_true(yaml_is_null(yaml_member(root, "empty")));
    assert_true(yaml_is_null(yaml_member(root, "tilde")));
    assert_false(yaml_is_null(yaml_member(root, "quoted")));
    yaml_done(y);
}

static void a_byte_order_mark_and_windows_line_ends_are_no_mistake(void **state)
{
    struct err err = {0};
    struct yaml *y = load("\xef\xbb\xbf"
                          "a: b\r\nc: d\r\n",
                          &err);
    (void)state;
    assert_non_null(y);
    assert_true(sv_equal(yaml_text(yaml_member(yaml_root(y), "a")), SV("b")));
    assert_int_equal(yaml_line(yaml_member(yaml_root(y), "c")), 2);
    yaml_done(y);
}

static void an_empty_text_has_no_root(void **state)
{
    static const char *const texts[] = {"", "\n\n", "# only a comment\n", "---\n...\n"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct err err = {0};
        struct yaml *y = load(texts[i], &err);
        assert_non_null(y);
        assert_true(yaml_kind(yaml_root(y)) != YAML_MAP);
        yaml_done(y);
    }
}

static const struct {
    const char *text, *error;
} mistakes[] = {
    {"a: &x b\n", "x.yaml:1:4: anchors and aliases are not allowed"},
    {"a: &x [b]\n", "x.yaml:1:4: anchors and aliases are not allowed"},
    {"a: &x {b: c}\n", "x.yaml:1:4: anchors and aliases are not allowed"},
    {"a: b\nc: *a\n", "x.yaml:2:4: anchors and aliases are not allowed"},
    {"a: !!str b\n", "x.yaml:1:4: tags are not allowed"},
    {"a: !own [b]\n", "x.yaml:1:4: tags are not allowed"},
    {"a: ! b\n", "x.yaml:1:4: tags are not allowed"},
    {"%TAG ! tag:x,2000:\n---\na: b\n", "x.yaml:1:1: tags are not allowed"},
    {"a: 1\nb: 2\na: 3\n", "x.yaml:3:1: \"a\" is given twice, first in line 1"},
    {"a:\n  - {b: 1, b: 2}\n", "x.yaml:2:12: \"b\" is given twice, first in line 2"},
    {"[a]: b\n", "x.yaml:1:1: a key must be a plain word"},
    {"{a: b}: c\n", "x.yaml:1:1: a key must be a plain word"},
    {"a: b\n---\nc: d\n",
     "x.yaml:2:1: a second document in one file: only the first would be read"},
    {"a: [b\n", "x.yaml:2:1: did not find expected ',' or ']' while parsing a flow sequence"},
    {"a: 'b\n", "x.yaml:2:1: found unexpected end of stream while scanning a quoted scalar"},
    {"a: b\n c: d\n", "x.yaml:2:3: mapping values are not allowed in this context"},
    {"a: \"\\q\"\n", "x.yaml:1:5: found unknown escape character while parsing a quoted scalar"},
    {"a:\n\t- b\n",
     "x.yaml:2:1: found character that cannot start any token while scanning for the next token"},
    {"a: b\nc: \xff\n", "x.yaml:2:4: invalid leading UTF-8 octet"},
    {"a: b\nc: d\x01\n", "x.yaml:2:5: control characters are not allowed"},
    {"\xff\xfe"
     "a\0",
     "x.yaml:1:1: invalid leading UTF-8 octet"},
    {"[[[[[[[[[[[[[[[[[a]]]]]]]]]]]]]]]]]\n", "x.yaml:1:17: nested deeper than 16"},
};

static void each_mistake_is_told_with_line_and_column(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(mistakes); i++) {
        struct err err = {0};
        char text[700];
        assert_null(load(mistakes[i].text, &err));
        assert_int_equal(err.code, ERR_USAGE);
        assert_string_equal(err_text(&err, text, sizeof(text)), mistakes[i].error);
    }
}

/* A text of n times one line. */
static char *repeated(const char *line, size_t n)
{
    const size_t len = strlen(line);
    char *text = malloc(n * len + 1);
    assert_non_null(text);
    for (size_t i = 0; i < n; i++)
        memcpy(text + i * len, line, len);
    text[n * len] = '\0';
    return text;
}

static void caps_hold_before_anything_is_built(void **state)
{
    static const struct {
        const char *line;
        size_t times;
        const char *why;
    } rows[] = {
        {"- a\n", 100000, "more than 100000 nodes"}, /* and the list itself */
        {"# 34567\n", 131073, "longer than 1 MiB"},
        {"[", 500000, "nested deeper than 16"},
        {"{a: ", 200000, "nested deeper than 16"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct err err = {0};
        char *text = repeated(rows[i].line, rows[i].times);
        assert_null(load(text, &err));
        assert_int_equal(err.code, ERR_USAGE);
        assert_string_equal(err.why, rows[i].why);
        free(text);
    }
    struct err err = {0};
    char *text = repeated("- a\n", 99999);
    struct yaml *y = load(text, &err);
    assert_non_null(y);
    yaml_done(y);
    free(text);
}

static void a_mapping_has_at_most_a_thousand_members(void **state)
{
    char text[16 * 1024];
    (void)state;
    for (int members = 1000; members <= 1001; members++) {
        struct err err = {0};
        size_t len = 0;
        for (int i = 0; i < members; i++)
            len += (size_t)snprintf(text + len, sizeof(text) - len, "k%d: v\n", i);
        struct yaml *y = load(text, &err);
        assert_int_equal(y != NULL, members == 1000);
        if (y == NULL)
            assert_string_equal(err.why, "a mapping of more than 1000 members");
        yaml_done(y);
    }
}

static void a_long_name_keeps_its_end_and_its_place(void **state)
{
    char name[600];
    struct err err = {0};
    (void)state;
    memset(name, 'd', sizeof(name));
    memcpy(name + sizeof(name) - 7, "/x.yaml", 7);
    assert_null(yaml_load((struct sv){.ptr = name, .len = sizeof(name)}, SV("a: *b\n"), &err));
    assert_non_null(strstr(err.where, "dd/x.yaml:1:4"));
}

static void quoted_text_is_read_as_it_was_written(void **state)
{
    static const struct {
        const char *text, *read;
    } rows[] = {
        {"", ""},
        {"it's '' quoted", "it's '' quoted"},
        {"# - {a: [b]} \\", "# - {a: [b]} \\"},
        {"a\xc2\x85z\xe2\x80\xa8z\xef\xbf\xbfz", "a..z...z...z"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buf out;
        struct err err = {0};
        buf_init(&out, 1000);
        assert_true(buf_add(&out, SV("t: "), &err) && yaml_quote(&out, sv_of(rows[i].text), &err));
        struct yaml *y = load(out.data, &err);
        assert_non_null(y);
        const struct sv read = yaml_text(yaml_member(yaml_root(y), "t"));
        assert_int_equal(read.len, strlen(rows[i].read));
        assert_memory_equal(read.ptr, rows[i].read, read.len);
        yaml_done(y);
        buf_done(&out);
    }
}

static void a_failed_allocation_is_told_and_leaks_nothing(void **state)
{
    bool through = false;
    (void)state;
    for (unsigned long n = 0; n < 1000 && !through; n++) {
        struct err err = {0};
        torture_arm(n);
        struct yaml *y = load(sample, &err);
        torture_disarm();
        through = !torture_fired();
        assert_int_equal(y != NULL, through);
        if (!through)
            assert_int_equal(err.code, ERR_NOMEM);
        yaml_done(y);
    }
    assert_true(through);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nodes_say_what_they_are_and_where),
        cmocka_unit_test(a_byte_order_mark_and_windows_line_ends_are_no_mistake),
        cmocka_unit_test(an_empty_text_has_no_root),
        cmocka_unit_test(each_mistake_is_told_with_line_and_column),
        cmocka_unit_test(caps_hold_before_anything_is_built),
        cmocka_unit_test(a_mapping_has_at_most_a_thousand_members),
        cmocka_unit_test(a_long_name_keeps_its_end_and_its_place),
        cmocka_unit_test(quoted_text_is_read_as_it_was_written),
        cmocka_unit_test(a_failed_allocation_is_told_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
