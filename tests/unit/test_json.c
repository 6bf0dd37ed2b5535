#include "check.h"
#include "torture.h"

#include "model/json.h"

static struct json_doc parse(const char *text)
{
    struct json_doc doc = {0};
    struct err err = {0};
    if (!json_parse(sv_of(text), 1 << 20, &doc, &err))
        fail_msg("%s: %s", text, err.why);
    return doc;
}

static void absent_null_and_another_type_are_the_same(void **state)
{
    struct json_doc doc =
        parse("{\"a\":null,\"b\":3,\"c\":\"text\",\"d\":[1,{\"e\":\"deep\"}],\"f.g\":true}");
    const struct json j = json_root(&doc);
    int64_t n = 5;
    (void)state;
    assert_null(json_get(j, "a").node);
    assert_null(json_get(j, "none.of.these").node);
    assert_int_equal(json_text(json_get(j, "b")).len, 0);
    assert_true(sv_equal(json_text(json_get(j, "c")), SV("text")));
    assert_false(json_i64(json_get(j, "c"), &n));
    assert_int_equal(n, 5);
    assert_true(sv_equal(json_text(json_get(j, "d.1.e")), SV("deep")));
    assert_null(json_get(j, "d.7").node);
    assert_int_equal(json_count(json_get(j, "d")), 2);
    assert_int_equal(json_count(json_get(j, "c")), 0);
    assert_null(json_get(j, "f.g").node);
    bool yes = false;
    assert_true(json_bool(json_member(j, "f.g"), &yes) && yes);
    assert_null(json_at(j, 0).node);
    assert_null(json_member((struct json){0}, "x").node);
    json_doc_done(&doc);
    json_doc_done(&doc);
}

static void numbers_of_every_spelling(void **state)
{
    struct json_doc doc =
        parse("[1709290000.5, \"18446744073709551615\", 7, -3, \"x\", 1e300, 2.0]");
    const struct json j = json_root(&doc);
    int64_t i = 0;
    uint64_t u = 0;
    double d = 0;
    (void)state;
    assert_true(json_i64(json_at(j, 0), &i));
    assert_int_equal(i, 1709290000);
    assert_true(json_double(json_at(j, 0), &d));
    assert_true(d > 1709290000.4);
    assert_true(json_u64_text(json_at(j, 1), &u));
    assert_true(u == UINT64_MAX);
    assert_true(json_u64_text(json_at(j, 2), &u));
    assert_int_equal(u, 7);
    assert_false(json_u64_text(json_at(j, 3), &u));
    assert_false(json_u64_text(json_at(j, 4), &u));
    assert_false(json_i64(json_at(j, 5), &i));
    assert_true(json_i64(json_at(j, 6), &i));
    assert_int_equal(i, 2);
    json_doc_done(&doc);
}

static void members_come_in_their_order(void **state)
{
    struct json_doc doc = parse("\xef\xbb\xbf{\"z\":1,\"a\":2,\"m\":3}");
    struct sv name;
    (void)state;
    static const char *const names[] = {"z", "a", "m"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        assert_non_null(json_nth(json_root(&doc), i, &name).node);
        assert_true(sv_equal(name, sv_of(names[i])));
    }
    assert_null(json_nth(json_root(&doc), 3, NULL).node);
    json_doc_done(&doc);
}

static void what_is_no_json_is_refused_with_its_place(void **state)
{
    static const char *const bad[] = {"",      "{",      "<!doctype html>", "{\"a\":1,}",
                                      "[1 2]", "\"open", "{\"a\":1} x",     "nul"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct json_doc doc = {0};
        struct err err = {0};
        assert_false(json_parse(sv_of(bad[i]), 1000, &doc, &err));
        assert_int_equal(err.code, ERR_FORMAT);
        assert_non_null(strstr(err.why, "line "));
        assert_null(doc.root);
    }
}

static void depth_and_size_are_bounded(void **state)
{
    char deep[2001];
    struct json_doc doc = {0};
    struct err err = {0};
    (void)state;
    memset(deep, '[', 1000);
    memset(deep + 1000, ']', 1000);
    deep[2000] = '\0';
    assert_false(json_parse(sv_of(deep), 10000, &doc, &err));
    assert_int_equal(err.code, ERR_LIMIT);
    err = (struct err){0};
    assert_false(json_parse(SV("[1,2,3]"), 6, &doc, &err));
    assert_int_equal(err.code, ERR_LIMIT);
    doc = parse(
        "[\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[\"]");
    json_doc_done(&doc); /* brackets in text are no depth */
}

static void writing_replaces_what_is_no_utf8_and_keeps_order(void **state)
{
    struct buf out;
    struct err err = {0};
    (void)state;
    buf_init(&out, 1 << 16);
    struct jsonw o = jsonw_object(), list = jsonw_array();
    jsonw_set_text(o, "z",
                   SV("a\xff"
                      "b\"\n\x1b"));
    jsonw_set_i64(o, "n", -5);
    jsonw_set_u64(o, "small", 42);
    jsonw_set_u64(o, "large", UINT64_MAX);
    jsonw_set_real(o, "r", 0.876, 2);
    jsonw_set_bool(o, "b", true);
    jsonw_set_null(o, "nothing");
    jsonw_add_text(list, SV("x\0y"));
    jsonw_set_take(o, "list", list);
    assert_true(jsonw_write_take(o, false, &out, &err));
    assert_string_equal(out.data, "{\"z\":\"a\xef\xbf\xbd"
                                  "b\\\"\\n\\u001B\",\"n\":-5,\"small\":42,"
                                  "\"large\":\"18446744073709551615\",\"r\":0.88,\"b\":true,"
                                  "\"nothing\":null,\"list\":[\"x\\u0000y\"]}");
    buf_done(&out);
}

static void a_failed_allocation_is_an_error_and_leaks_nothing(void **state)
{
    (void)state;
    for (unsigned long n = 0; n < 60; n++) {
        struct json_doc doc = {0};
        struct err err = {0};
        torture_arm(n);
        const bool ok =
            json_parse(SV("{\"a\":[1,2,{\"b\":\"text\"}],\"c\":1.5}"), 1000, &doc, &err);
        torture_disarm();
        assert_true(ok || torture_fired());
        json_doc_done(&doc);
        struct buf out;
        buf_init(&out, 1 << 16);
        err = (struct err){0};
        torture_arm(n);
        struct jsonw o = jsonw_object();
        struct jsonw list = jsonw_array();
        for (int i = 0; i < 20; i++)
            jsonw_add_text(list, SV("text \xff"));
        jsonw_set_take(o, "list", list);
        const bool wrote = jsonw_write_take(o, true, &out, &err);
        torture_disarm();
        assert_true(wrote || torture_fired());
        if (!wrote)
            assert_int_equal(err.code, ERR_NOMEM);
        buf_done(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(absent_null_and_another_type_are_the_same),
        cmocka_unit_test(numbers_of_every_spelling),
        cmocka_unit_test(members_come_in_their_order),
        cmocka_unit_test(what_is_no_json_is_refused_with_its_place),
        cmocka_unit_test(depth_and_size_are_bounded),
        cmocka_unit_test(writing_replaces_what_is_no_utf8_and_keeps_order),
        cmocka_unit_test(a_failed_allocation_is_an_error_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
