#include "importing.h"

#define GUARD "(?!(?i:warn|info|note|notice|hint|debug|help))"

static const struct importing_case cases[] = {
    {"{\"problemMatcher\": [{\"owner\": \"teacc\", \"pattern\": [{\n"
     "  \"regexp\": \"^(.+):(\\\\d+): (warning|error): (.*)$\",\n"
     "  \"file\": 1, \"line\": 2, \"severity\": 3, \"message\": 4}]}]}\n",
     "  # from in:2\n  - id: 'problem-matcher.teacc'\n    cause: other/teacc\n    any:\n"
     "      - '^(?<file>.+):(?<line>\\d+): " GUARD "(?<severity>warning|error): (?<message>.*)$'\n"
     "    summary: 'teacc: {file}:{line}: {message}'\n",
     ""},
    /* of several lines: the message's one, behind the one of the file */
    {"{\"problemMatcher\": {\"owner\": \"eslint\", \"severity\": \"warning\", \"pattern\": [\n"
     " {\"regexp\": \"^-----$\"},\n {\"regexp\": \"^(\\\\S.*)$\", \"file\": 1},\n"
     " {\"regexp\": \"^ +(\\\\d+)  (.*)$\", \"line\": 1, \"message\": 2, \"loop\": true}]}}",
     "  # from in:4\n  - id: 'problem-matcher.eslint'\n    cause: lint/eslint\n"
     "    severity: symptom\n    any:\n      - '^ +(?<line>\\d+)  (?<message>.*)$'\n    after:\n"
     "      - '^(?<file>\\S.*)$'\n    within: 200\n"
     "    summary: 'eslint: {file}:{line}: {message}'\n",
     "in:2: rule eslint: a pattern for a line that stands further up\n"},
    {"{\"problemMatcher\": [{\"owner\": \"a\"},\n {\"owner\": \"b\", \"pattern\": [{\"regexp\": "
     "\"(?<=a+)b\"}]},\n"
     " {\"owner\": \"c\", \"pattern\": {\"regexp\": \"tea\", \"file\": 99}}]}",
     "  # from in:3\n  - id: 'problem-matcher.c'\n    cause: other/c\n    any:\n      - 'tea'\n"
     "    summary: 'c'\n",
     "in:1: rule a: it has no pattern\n"
     "in:2: rule b: near byte 1 of the pattern: lookbehind assertion is not fixed length\n"},
    {"{}", NULL, "in: it has no \"problemMatcher\""},
    {"{\"problemMatcher\": [", NULL,
     "in: no JSON: line 1, column 20: ']' expected near end of file"},
};

static void matchers_become_rules(void **state)
{
    (void)state;
    importing_check("problem-matcher", cases, COUNT_OF(cases));
}

static void missing_memory_is_told(void **state)
{
    (void)state;
    importing_torture("problem-matcher", cases[1].text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matchers_become_rules),
        cmocka_unit_test(missing_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
