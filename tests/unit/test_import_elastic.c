#include "importing.h"

static const struct importing_case cases[] = {
    {"query: >\n  message:\"No tea left in pot\"\n  AND message:\"tea\"\n  AND NOT "
     "message:\"coffee\"\n"
     "  AND (tags:\"console.html\" OR tags:\"job-output.txt\")\n  AND build_name:\"gate-tea-*\"\n",
     "  # from in:1\n  - id: 'elastic-recheck.bug-in'\n    cause: other/no-tea-left-in-pot\n"
     "    where:\n      artifact: ['build-log', 'step-log']\n      job: ['gate-tea-*']\n    any:\n"
     "      - 'No tea left in pot'\n    all:\n      - 'tea'\n    none:\n      - 'coffee'\n"
     "    summary: 'No tea left in pot'\n    examples:\n      match:\n"
     "        - 'No tea left in pot tea'\n",
     ""},
    /* a list, with a bug's number; what a rule cannot ask is told once */
    {"- bug: 12\n  query: 'message:\"a.b\" AND build_queue:gate AND filename:\"logs/x.txt\"'\n"
     "- bug: '13'\n  query: 'message:/ab+c/ OR message:tea* OR (project:x AND module:\"y\")'\n"
     "- bug: 14\n",
     "  # from in:2\n  - id: 'elastic-recheck.bug-12'\n    cause: other/a-b\n    where:\n"
     "      artifact: ['**/logs/x.txt*']\n    any:\n      - 'a\\.b'\n    summary: 'a.b'\n"
     "    link: 'https://bugs.launchpad.net/bugs/12'\n    examples:\n      match:\n"
     "        - 'a.b'\n"
     "  # from in:4\n  - id: 'elastic-recheck.bug-13'\n    cause: other/ab-c\n    any:\n"
     "      - 'ab+c'\n    summary: 'ab+c'\n    link: 'https://bugs.launchpad.net/bugs/13'\n"
     "  # from in:4\n  - id: 'elastic-recheck.bug-13-2'\n    cause: other/tea-s\n    any:\n"
     "      - 'tea\\S*'\n    summary: 'tea\\S*'\n    link: 'https://bugs.launchpad.net/bugs/13'\n",
     "in:2: rule 12: without the condition build_queue:\"gate\"\n"
     "in:4: rule 13: without the condition project:\"x\"\n"
     "in:4: rule 13: without the condition module:\"y\"\n"
     "in:4: rule 13: it asks for no message\n"
     "in:5: rule 14: it has no query\n"},
    {"query: 'message:\"a b'\n", "", "in:1: rule in: a phrase without its closing quote\n"},
    {"query: 'NOT message:\"abcd\"'\n", "", "in:1: rule in: it asks for no message\n"},
    {"query: &x y\n", NULL, "in:1:8: anchors and aliases are not allowed"},
};

static void queries_become_rules(void **state)
{
    (void)state;
    importing_check("elastic-recheck", cases, COUNT_OF(cases));
}

static void missing_memory_is_told(void **state)
{
    (void)state;
    importing_torture("elastic-recheck", cases[0].text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(queries_become_rules),
        cmocka_unit_test(missing_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
