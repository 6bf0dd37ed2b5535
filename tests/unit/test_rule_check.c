/* What is checked of rules when they load: patterns, the names that rules use, examples. */
#include "check.h"

#include "scan/ruleset.h"

#include <stdio.h>

#define RULE(more) "pack: p\nrules:\n  - id: a\n    cause: test/x\n    any: ['x(?<n>\\d+)']\n" more

static bool load(const char *text, struct ruleset **ret_set, struct err *err)
{
    const struct pack_text pack = {.name = SV_INIT("p.yaml"), .text = sv_of(text)};
    return ruleset_load(&(struct ruleset_options){.packs = &pack, .pack_count = 1}, ret_set, err);
}

static const struct {
    const char *text, *error;
} mistakes[] = {
    {"pack: p\nrules:\n  - {id: a, cause: test/x, summary: s, any: [ok, '(a']}\n",
     "load rules: p.yaml:3:50: near byte 2 of the pattern: missing closing parenthesis"},
    {RULE("    summary: s\n    all: ['[']\n"),
     "load rules: p.yaml:7:11: near byte 1 of the pattern: missing terminating ] for character "
     "class"},
    {RULE("    summary: s\n    none: ['*']\n"),
     "load rules: p.yaml:7:12: near byte 1 of the pattern: quantifier does not follow a repeatable "
     "item"},
    {RULE("    summary: s\n    after: ['a\\z']\n    within: 3\n"),
     "load rules: p.yaml:7:13: write ^ and $ in place of \\A, \\Z, \\z and \\G"},
    {RULE("    summary: '{m} is bad'\n"),
     "load rules: p.yaml:3:5: rule a: the summary names {m}, which no pattern captures"},
    {RULE("    summary: '{n is bad'\n"),
     "load rules: p.yaml:3:5: rule a: the summary has a { without its }"},
    {RULE("    summary: s\n    extract: [n, m]\n"),
     "load rules: p.yaml:3:5: rule a extracts \"m\", which no pattern captures"},
    {RULE("    summary: '{m}'\n    none: ['(?<m>y)']\n"),
     "load rules: p.yaml:3:5: rule a: the summary names {m}, which no pattern captures"},
    {"pack: p\nrules:\n  - {id: a, cause: test/x, summary: s, any: ['x*']}\n",
     "load rules: p.yaml:3:46: the pattern matches the empty text, so every line"},
    {"pack: p\nrules:\n  - {id: a, cause: test/x, summary: s, any: ['^$']}\n",
     "load rules: p.yaml:3:46: the pattern matches the empty text, so every line"},
    {RULE("    summary: s\n    examples:\n      match: [x1, y1]\n"),
     "load rules: p.yaml:8:19: rule a does not match its example: y1"},
    {RULE("    summary: s\n    examples:\n      no_match: [y, x3]\n"),
     "load rules: p.yaml:8:21: rule a matches what it must not: x3"},
    {RULE("    summary: s\n    examples:\n      match: [{text: x12, captures: {n: '13'}}]\n"),
     "load rules: p.yaml:8:15: rule a captures another n: x12"},
    {RULE("    summary: s\n    examples:\n      match: [{text: x12, captures: {o: '12'}}]\n"),
     "load rules: p.yaml:8:15: rule a captures another o: x12"},
};

static void each_mistake_is_told_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(mistakes); i++) {
        struct ruleset *set = NULL;
        struct err err = {0};
        char text[700];
        if (load(mistakes[i].text, &set, &err))
            fail_msg("no mistake was seen in: %s", mistakes[i].text);
        assert_int_equal(err.code, ERR_USAGE);
        assert_string_equal(err_text(&err, text, sizeof(text)), mistakes[i].error);
    }
}

static void a_pattern_that_cannot_be_scanned_for_is_told_with_its_place(void **state)
{
    struct ruleset *set = NULL;
    struct err err = {0};
    (void)state;
    assert_false(load("pack: p\nrules:\n  - {id: a, cause: test/x, summary: s, any: [ok]}\n"
                      "  - {id: b, cause: test/x, summary: s, any: ['(\\w{1,600}x){500,1000}']}\n",
                      &set, &err));
    assert_int_equal(err.code, ERR_USAGE);
    assert_string_equal(err.where, "p.yaml:4:46");
    err = (struct err){0};
    assert_false(load("pack: p\nrules:\n  - {id: a, cause: test/x, summary: s, any: ['a\\Kb']}\n",
                      &set, &err));
    assert_string_equal(err.where, "p.yaml:3:46");
    assert_non_null(strstr(err.why, "the pattern cannot be scanned for: "));
}

struct complaints {
    char text[2000];
};

static void on_complaint(const char *text, void *user)
{
    struct complaints *c = user;
    const size_t len = strlen(c->text);
    (void)snprintf(c->text + len, sizeof(c->text) - len, "%s\n", text);
}

static const char examples[] =
    "pack: p\nrules:\n"
    "  - id: a\n    cause: test/x\n    summary: '{n}{p}'\n    where: {job: [no-such-job]}\n"
    "    any: ['^x(?<n>\\d+)$']\n    after: ['^# (?<p>\\w+)']\n    within: 2\n"
    "    examples:\n"
    "      match:\n"
    "        - {text: \"# q\\nx1\", captures: {n: '1', p: q}}\n"
    "        - \"# q\\n\\n\\nx1\"\n" /* too far */
    "      no_match:\n"
    "        - x1\n"
    "        - \"# q\\nx2\"\n"
    "  - {id: b, cause: test/x, summary: s, any: ['(a+)+$'], examples: {match: "
    "[aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!ab a]}}\n";

static void all_examples_are_run_and_each_failure_is_told(void **state)
{
    const struct pack_text pack = {.name = SV_INIT("p.yaml"), .text = sv_of(examples)};
    struct ruleset *set = NULL;
    struct err err = {0};
    struct complaints c = {.text = ""};
    uint64_t run = 0, failed = 0;
    (void)state;
    assert_true(ruleset_load(
        &(struct ruleset_options){.packs = &pack, .pack_count = 1, .skip_examples = true}, &set,
        &err));
    assert_true(ruleset_run_examples(set, 0, on_complaint, &c, &run, &failed, &err));
    assert_string_equal(c.text,
                        "p.yaml:13:11: rule a does not match its example: # q\\n\\n\\nx1\n"
                        "p.yaml:16:11: rule a matches what it must not: # q\\nx2\n"
                        "p.yaml:17:76: rule b has a pattern that passes its match limit on "
                        "its example: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!ab a\n");
    assert_int_equal(run, 5);
    assert_int_equal(failed, 3);
    c.text[0] = '\0';
    assert_true(ruleset_run_examples(set, 1, on_complaint, &c, &run, &failed, &err));
    assert_int_equal(run, 0); /* there is no second pack */
    ruleset_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_mistake_is_told_with_its_place),
        cmocka_unit_test(a_pattern_that_cannot_be_scanned_for_is_told_with_its_place),
        cmocka_unit_test(all_examples_are_run_and_each_failure_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
