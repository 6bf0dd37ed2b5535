#include "importing.h"

static const struct importing_case cases[] = {
    {"[{\"id\": \"NoTea\", \"summary\": \"The pot (DNS) is empty\",\n  \"matcher_type\": "
     "\"string\",\n"
     "  \"file_pattern\": \"**/build-log.txt\", \"match_string\": \"no tea (left)\",\n"
     "  \"label_ids\": [\"InfraFailure\"], \"valid_until\": \"2030-01-02T00:00:00Z\",\n"
     "  \"filter_releases\": [\"4.17\"],\n  \"filter_products\": [\"OCP\"]},\n"
     " {\"id\": \"A\", \"matcher_type\": \"none\"},\n {\"id\": \"B\", \"matcher_type\": \"cel\"}, "
     "{\"id\": \"C\"}]\n",
     "  # from in:1\n  - id: 'sippy.notea'\n    cause: dns/the-pot-dns-is-empty\n    class: infra\n"
     "    where:\n      artifact: ['**/build-log.txt']\n      job: ['*4.17*']\n    any:\n"
     "      - 'no tea \\(left\\)'\n    summary: 'The pot (DNS) is empty'\n"
     "    expires: 2030-01-02\n    examples:\n      match:\n        - 'no tea (left)'\n",
     "in:6: rule NoTea: without the condition filter_products\n"
     "in:7: rule A: it asks whether a file is there\n"
     "in:8: rule B: it is made of other symptoms (cel)\n"
     "in:8: rule C: its matcher_type is unknown\n"},
    {"symptoms:\n- id: Pot\n  summary: Pot\n  matcher_type: regex\n  match_string: 'pot: "
     "(?P<why>\\w+).*'\n"
     "  file_pattern: '{a,b}.log'\n",
     "  # from in:2\n  - id: 'sippy.pot'\n    cause: other/pot\n    any:\n"
     "      - 'pot: (?<why>\\w+)'\n    summary: 'Pot: {why}'\n",
     "in:6: rule Pot: without the condition file_pattern: a glob with braces\n"},
    {"id: x\nmatcher_type: string\nfile_pattern: x.log\n", "", "in:1: rule x: it has no pattern\n"},
    {"[1, 2", NULL, "in: no JSON: line 1, column 5: ']' expected near end of file"},
    {"just words\n", "", ""},
};

static void symptoms_become_rules(void **state)
{
    (void)state;
    importing_check("sippy", cases, COUNT_OF(cases));
}

static void missing_memory_is_told(void **state)
{
    (void)state;
    importing_torture("sippy", cases[0].text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(symptoms_become_rules),
        cmocka_unit_test(missing_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
