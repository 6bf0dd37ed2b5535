#include "importing.h"

static const struct importing_case cases[] = {
    {"plank:\n  x: &a 1\ndeck:\n  # a comment\n  spyglass:\n    lenses:\n    - lens:\n        "
     "name: buildlog\n"
     "        config:\n          highlight_regexes:\n          - timed out\n          - "
     "(FAIL|Failure \\[)\\b\n"
     "          - [x]\n          - x*\n\ntide: *a\n",
     "  # from in:11\n  - id: 'spyglass.timed-out'\n    cause: timeout/highlighted-timed-out\n"
     "    severity: symptom\n    any:\n      - 'timed out'\n    summary: 'Highlighted: timed out'\n"
     "  # from in:12\n  - id: 'spyglass.fail-failure'\n    cause: other/highlighted-fail-failure\n"
     "    severity: symptom\n    any:\n      - '(?<what>FAIL|Failure \\[)\\b'\n"
     "    summary: 'Highlighted: FAIL Failure: {what}'\n",
     "in:13: a regex that is no text\n"
     "in:14: rule Highlighted: x: the pattern matches the empty text, so every line\n"},
    {"{\"highlight_regexes\":\n [\"tea pot\",\n  7]}",
     "  # from in:2\n  - id: 'spyglass.tea-pot'\n    cause: other/highlighted-tea-pot\n"
     "    severity: symptom\n    any:\n      - 'tea pot'\n    summary: 'Highlighted: tea pot'\n",
     "in:3: a regex that is no text\n"},
    {"a: b\n", "", ""},
    {"a: [\n", NULL, "in:2:1: did not find expected node content while parsing a flow node"},
};

static void highlights_become_symptoms(void **state)
{
    (void)state;
    importing_check("spyglass", cases, COUNT_OF(cases));
}

static void missing_memory_is_told(void **state)
{
    (void)state;
    importing_torture("spyglass", cases[0].text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(highlights_become_symptoms),
        cmocka_unit_test(missing_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
