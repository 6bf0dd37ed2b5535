#include "importing.h"

#define HEAD "<?xml version='1.1' encoding='UTF-8'?>\n<x.PluginImpl><causes><entry>\n"
#define CAUSE(inside) "<x.model.FailureCause>" inside "</x.model.FailureCause>\n"
#define LINE(pattern) "<x.BuildLogIndication><pattern>" pattern "</pattern></x.BuildLogIndication>"
#define LINES(pattern)                                                                             \
    "<x.MultilineBuildLogIndication><pattern>" pattern "</pattern></"                              \
    "x.MultilineBuildLogIndication>"
#define TAIL "</entry></causes></x.PluginImpl>\n"

static const struct importing_case cases[] = {
    {HEAD CAUSE("<name>No &amp; tea</name>\n<description>Ask\n for tea.</description>"
                "<categories><string>infrastructure</string></categories><indications>" LINE(
                    ".*no (\\w+) tea.*|^Gone$") LINES("a\\.b") LINES("a.*b") "</indications>") TAIL,
     "  # from in:3\n  - id: 'jenkins-bfa.no-tea'\n    cause: other/no-tea\n    class: infra\n"
     "    any:\n      - 'no (?<what>\\w+) tea'\n      - '^Gone$'\n      - 'a\\.b'\n"
     "    summary: 'No & tea'\n    help: 'Ask for tea.'\n",
     "in:5: rule No & tea: its pattern is for several lines: a.*b\n"},
    {HEAD CAUSE("<name>a</name>") CAUSE("<name>b</name><indications>" LINE("x[a&amp;&amp;b]")
                                            LINE("<![CDATA[<tea>]]>") "</indications>") TAIL,
     "  # from in:4\n  - id: 'jenkins-bfa.b'\n    cause: other/b\n    any:\n      - '^<tea>$'\n"
     "    summary: 'b'\n",
     "in:3: rule a: it has no pattern\n"
     "in:4: rule b: a class is made of several classes: x[a&&b]\n"},
    {"<!DOCTYPE x [<!ENTITY e 'f'>]>\n<x/>\n", NULL,
     "in:1:1: a DOCTYPE, which may declare anything, is not read"},
    {HEAD "<a>&undeclared;</a>" TAIL, NULL, "in:3:1: Entity 'undeclared' not defined"},
    {HEAD, NULL, "in:2:1: Extra content at the end of the document"},
    {"<x/>", "", ""},
};

static void causes_become_rules(void **state)
{
    (void)state;
    importing_check("jenkins-bfa", cases, COUNT_OF(cases));
}

static void what_is_too_deep_or_too_long_is_refused(void **state)
{
    static char text[256 * 1024];
    struct importing i;
    (void)state;
    for (size_t k = 0; k < 100; k++)
        memcpy(text + 3 * k, "<a>", 3);
    importing_run(&i, "jenkins-bfa", (struct sv){.ptr = text, .len = 300});
    assert_string_equal(i.error, "in:1:1: nested deeper than 64");
    importing_done(&i);
    memset(text, 'x', sizeof(text));
    memcpy(text, "<FailureCause><name>", 20);
    importing_run(&i, "jenkins-bfa", (struct sv){.ptr = text, .len = sizeof(text)});
    assert_string_equal(i.error, "in:1:1: a text of more than 64 KiB");
    importing_done(&i);
}

static void missing_memory_is_told(void **state)
{
    (void)state;
    importing_torture("jenkins-bfa", cases[0].text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(causes_become_rules),
        cmocka_unit_test(what_is_too_deep_or_too_long_is_refused),
        cmocka_unit_test(missing_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
