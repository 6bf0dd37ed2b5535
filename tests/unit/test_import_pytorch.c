#include "importing.h"

static const struct importing_case cases[] = {
    {"# words\n[[rule]]\nname = 'GHA timeout'\npattern = '''^The action '(.*)' has timed out'''\n",
     "  # from in:2\n  - id: 'pytorch.gha-timeout'\n    cause: timeout/gha-timeout\n    any:\n"
     "      - '^The action ''(?<what>.*)'' has timed out'\n    summary: 'GHA timeout: {what}'\n",
     ""},
    /* names that are the same, or none; the rest of what a rule may say */
    {"[[rule]]\nname = \"a{b}\"\npattern = \"x\\\\d \\u00e9\"\nexample = 'x1 é'\npriority = 3\n"
     "[[rule]]\nname = 'a b'\npattern = 'yyy'\nlevel = 'error'\n",
     "  # from in:1\n  - id: 'pytorch.a-b'\n    cause: other/a-b\n    any:\n      - 'x\\d é'\n"
     "    summary: 'a(b)'\n    examples:\n      match:\n        - 'x1 é'\n"
     "  # from in:6\n  - id: 'pytorch.a-b-2'\n    cause: other/a-b\n    any:\n      - 'yyy'\n"
     "    summary: 'a b'\n",
     "in:9: rule a b: level is a key that rules here do not have\n"},
    /* an example that is wrong does not cost the rule */
    {"[[rule]]\nname = 'a'\npattern = 'xyz'\nexample = 'abc'\n",
     "  # from in:1\n  - id: 'pytorch.a'\n    cause: other/a\n    any:\n      - 'xyz'\n"
     "    summary: 'a'\n",
     ""},
    {"[[rule]]\nname = 'a'\npattern = 'x['\n[[rule]]\nname = 'b'\npattern = '.*'\n"
     "[[rule]]\nname = 'c'\n[[rule]]\nname = 'd'\npattern = '(?<n>a)(?<n>b)'\n[meta]\nv = 1\n",
     "",
     "in:1: rule a: a [ has no ]: x[\nin:4: rule b: a pattern that matches every line: .*\n"
     "in:7: rule c: it has no pattern\n"
     "in:9: rule d: near byte 12 of the pattern: two named subpatterns have the same name "
     "(PCRE2_DUPNAMES not set)\nin:12: the table meta holds no rule\n"},
    {"[[rule]]\nname = gha\n", NULL, "in:2:8: \"gha\" is no value; a text stands in quotes"},
    {"[[rule]]\nname = 'x\n", NULL, "in:2:10: a string without its end"},
    {"[[rule]]\na.b = 'x'\n", NULL, "in:2:2: a key of several parts is not understood here"},
    {"[[rule]]\na = {x = 1}\n", NULL, "in:2:5: a table in braces is not understood here"},
};

static void rules_become_rules(void **state)
{
    (void)state;
    importing_check("pytorch", cases, COUNT_OF(cases));
}

static void missing_memory_is_told(void **state)
{
    (void)state;
    importing_torture("pytorch", cases[1].text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_become_rules),
        cmocka_unit_test(missing_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
