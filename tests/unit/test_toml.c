#include "check.h"

#include "import/toml.h"
#include "torture.h"

#include <stdio.h>

struct heard {
    char text[2000];
};

static bool on_table(void *user, struct sv name, bool is_list, unsigned line, struct err *err)
{
    struct heard *h = user;
    const size_t len = strlen(h->text);
    (void)err;
    (void)snprintf(h->text + len, sizeof(h->text) - len, "%s%.*s:%u ", is_list ? "[[" : "[",
                   SV_ARG(name), line);
    return true;
}

static bool on_pair(void *user, struct sv key, const struct toml_value *value, struct err *err)
{
    struct heard *h = user;
    const size_t len = strlen(h->text);
    (void)err;
    (void)snprintf(h->text + len, sizeof(h->text) - len, "%.*s=%s%.*s:%u ", SV_ARG(key),
                   value->type == TOML_TEXT ? "'" : "", SV_ARG(value->text), value->line);
    return true;
}

static bool read(struct sv text, struct heard *h, struct err *err)
{
    const struct toml_sink sink = {.table = on_table, .pair = on_pair, .user = h};
    *h = (struct heard){0};
    return toml_read(SV("f"), text, &sink, err);
}

static const struct {
    const char *text, *heard, *error; /* error NULL: it is read */
} cases[] = {
    {"", "", NULL},
    {"# only\r\n\n", "", NULL},
    {"\xef\xbb\xbf"
     "a = 1",
     "a=1:1 ", NULL},
    {"[[rule]] # x\nname = 'a' # y\n", "[[rule:1 name='a:2 ", NULL},
    {"[ a.b ]\nx-1_Y = true\r\n", "[a.b:1 x-1_Y=true:2 ", NULL},
    {"\"a b\" = 1\n'c' = 2", "a b=1:1 c=2:2 ", NULL},
    {"a = 'C:\\x'\nb = \"C:\\\\\\\"\\t\\u00e9\\U0001F600\"",
     "a='C:\\x:1 b='C:\\\"\té\xf0\x9f\x98\x80:2 ", NULL},
    {"a = '''\nit's\n'x''''\nb = 1", "a='it's\n'x':1 b=1:4 ", NULL},
    {"a = \"\"\"x \\\n   y\"\"\"", "a='x y:1 ", NULL},
    {"a = [ 'x', # y\n 'z',\n]\nb = []", "a='x:1 a='z:2 ", NULL},
    {"a = 2020-01-02\nb = -1.5", "a=2020-01-02:1 b=-1.5:2 ", NULL},
    {"a", NULL, "f:1:2: expected = behind the key"},
    {"a = ", NULL, "f:1:5: expected a string, a number, true, false or a list of these"},
    {"a = 1 2", NULL, "f:1:7: expected the end of the line"},
    {"a = word", NULL, "f:1:5: \"word\" is no value; a text stands in quotes"},
    {"a = \"\\d\"", NULL, "f:1:6: an unknown escape; a regex is easier in 'single quotes'"},
    {"a = \"\\u12\"", NULL, "f:1:6: an escape that is cut off"},
    {"a = \"\\u12xy\"", NULL, "f:1:6: an escape that needs 4 hexadecimal digits"},
    {"a = \"\\ud800\"", NULL, "f:1:12: an escape that names no character"},
    {"a = 'x\ny'", NULL, "f:1:7: a string without its end"},
    {"\na = '''x", NULL, "f:2:9: a string without its end"},
    {"a = '\x01'", NULL, "f:1:6: a control character in a string"},
    {"a = ['x' 'y']", NULL, "f:1:10: expected a comma or the ] that ends the list"},
    {"a = [[1]]", NULL, "f:1:6: expected a string, a number, true, false or a list of these"},
    {"[a", NULL, "f:1:3: expected ] behind the name"},
    {"[[a]", NULL, "f:1:4: expected ]] behind the name"},
    {"[]", NULL, "f:1:2: expected the name of a table"},
    {"= 1", NULL, "f:1:1: expected a key, [table] or [[list]]"},
};

static void the_subset_is_read_and_the_rest_has_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct heard h;
        struct err err = {0};
        char text[800];
        const bool ok = read(sv_of(cases[i].text), &h, &err);
        if (ok != (cases[i].error == NULL) || (ok && strcmp(h.text, cases[i].heard) != 0) ||
            (!ok && strcmp(err_text(&err, text, sizeof(text)), cases[i].error) != 0))
            fail_msg("%s: %s %s", cases[i].text, h.text, err_text(&err, text, sizeof(text)));
        assert_true(ok || err.code == ERR_USAGE);
    }
}

static void every_head_of_a_file_is_read_or_refused(void **state)
{
    const struct sv whole = SV("[[rule]]\nname = \"\"\"a\\u00e9 \\\n b\"\"\"\nb = ['x', 1]\n");
    (void)state;
    for (size_t n = 0; n <= whole.len; n++) {
        struct heard h;
        struct err err = {0};
        if (!read(sv_head(whole, n), &h, &err))
            assert_true(err.where[0] != '\0' && err.why[0] != '\0');
    }
}

static void a_string_and_a_list_are_bounded(void **state)
{
    static char text[70 * 1024];
    struct heard h;
    struct err err = {0}, too_many = {0};
    (void)state;
    memset(text, 'x', sizeof(text));
    memcpy(text, "a = '", 5);
    assert_false(read((struct sv){.ptr = text, .len = sizeof(text)}, &h, &err));
    assert_string_equal(err.why, "a string of more than 65536 bytes");
    memcpy(text, "a = [", 5);
    for (size_t i = 5; i + 1 < sizeof(text); i += 2)
        memcpy(text + i, "1,", 2);
    assert_false(read((struct sv){.ptr = text, .len = sizeof(text)}, &h, &too_many));
    assert_string_equal(too_many.why, "a list of more than 1000 members");
}

static void missing_memory_is_told(void **state)
{
    bool fired = true;
    (void)state;
    for (unsigned long n = 0; fired; n++) {
        struct heard h;
        struct err err = {0};
        torture_arm(n);
        const bool ok = read(SV("[[a]]\nb = 'x'\n\"c\" = \"y\"\n"), &h, &err);
        fired = torture_fired();
        torture_disarm();
        assert_true(ok != (err.code == ERR_NOMEM));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_subset_is_read_and_the_rest_has_its_place),
        cmocka_unit_test(every_head_of_a_file_is_read_or_refused),
        cmocka_unit_test(a_string_and_a_list_are_bounded),
        cmocka_unit_test(missing_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
