#include "check.h"

#include "import/doctree.h"

#include <stdio.h>

/* Both say the same, on the same lines. */
static const char *const texts[] = {
    "a:\n  - x: one\n    n: 7\n  - [two,\n     {y: three}]\nb: \"q\\\"]}\"\nc: four\n",
    "{\"a\":\n [{\"x\": \"one\",\n   \"n\": 7},\n  [\"two\",\n    {\"y\": \"three\"}]],\n\"b\": "
    "\"q\\\"]}\", \"d\": {},\n\"c\": "
    "\"four\"}\n",
};

static void check(struct doctree_node n, const char *text, unsigned line)
{
    assert_true(sv_equal(doctree_text(n), sv_of(text)));
    assert_int_equal(doctree_line(n), line);
}

static void nodes_have_their_text_and_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct doctree t;
        struct err err = {0};
        uint64_t number = 0;
        assert_true(doctree_load(&t, SV("f"), sv_of(texts[i]), &err));
        const struct doctree_node root = doctree_root(&t), a = doctree_member(root, "a");
        assert_int_equal(doctree_kind(root), YAML_MAP);
        assert_int_equal(doctree_kind(a), YAML_LIST);
        struct doctree_walk w = doctree_first(a);
        check(doctree_member(w.node, "x"), "one", 2);
        assert_int_equal(doctree_kind(doctree_member(w.node, "n")), YAML_TEXT);
        assert_true(doctree_number(doctree_member(w.node, "n"), &number) && number == 7);
        doctree_next(&w);
        struct doctree_walk inner = doctree_first(w.node);
        check(inner.node, "two", 4);
        doctree_next(&inner);
        check(doctree_member(inner.node, "y"), "three", 5);
        doctree_next(&inner);
        assert_false(doctree_is_there(&inner));
        check(doctree_member(root, "b"), "q\"]}", 6);
        check(doctree_member(root, "c"), "four", 7);
        assert_int_equal(doctree_kind(doctree_member(root, "none")), YAML_NONE);
        assert_int_equal(doctree_kind(doctree_member(doctree_member(root, "none"), "x")),
                         YAML_NONE);
        assert_int_equal(doctree_kind(doctree_member(a, "x")), YAML_NONE);
        doctree_done(&t);
    }
}

static void members_are_walked_in_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct doctree t;
        struct err err = {0};
        char names[40] = "";
        assert_true(doctree_load(&t, SV("f"), sv_of(texts[i]), &err));
        for (struct doctree_walk w = doctree_first(doctree_root(&t)); doctree_is_there(&w);
             doctree_next(&w))
            (void)strncat(names, doctree_name(&w).ptr, 1);
        assert_string_equal(names, i == 0 ? "abc" : "abdc");
        doctree_done(&t);
    }
}

static void a_mistake_has_its_place(void **state)
{
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"{\"a\": 1,\n}", "f: no JSON: line 2, column 1: string or '}' expected near '}'"},
        {" [", "f: no JSON: line 1, column 2: ']' expected near end of file"},
        {"a: [\n", "f:2:1: did not find expected node content while parsing a flow node"},
        {"a: 1\na: 2\n", "f:2:1: \"a\" is given twice, first in line 1"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct doctree t;
        struct err err = {0};
        char text[800];
        assert_false(doctree_load(&t, SV("f"), sv_of(cases[i].text), &err));
        assert_string_equal(err_text(&err, text, sizeof(text)), cases[i].error);
    }
}

static void of_a_name_given_twice_the_last_counts(void **state)
{
    struct doctree t;
    struct err err = {0};
    (void)state;
    assert_true(doctree_load(&t, SV("f"), SV("{\"a\": \"1\",\n \"ab\": 0,\n \"a\": \"2\"}"), &err));
    check(doctree_member(doctree_root(&t), "a"), "2", 3);
    doctree_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nodes_have_their_text_and_line),
        cmocka_unit_test(members_are_walked_in_order),
        cmocka_unit_test(a_mistake_has_its_place),
        cmocka_unit_test(of_a_name_given_twice_the_last_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
