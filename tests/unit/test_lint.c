#include "check.h"

#include "base/timefmt.h"
#include "scan/lint.h"
#include "torture.h"

#include <stdio.h>

static const struct {
    const char *pattern;
    size_t literal;
} literals[] = {
    {"error: foo", 10},
    {"^error:$", 6},
    {"err.r", 3},
    {"abc|abcdef", 3},
    {"(?:abc|abcdef)xy", 5},
    {"a+bcd", 4},
    {"abcd?", 3},
    {"abcd*e", 3},
    {"(?:abcd)?x", 1},
    {"(?:abcd)+x", 5},
    {"ab\\.cd", 5},
    {"ab\\scd", 2},
    {"ab\\bcd", 4},
    {"[abcd]xyz", 3},
    {"[]a]xyzw", 4},
    {"[[:alpha:]]xyzw", 4},
    {"(?<name>\\S+) failed", 7},
    {"(?P<name>x)failed", 7},
    {"(?i)failed", 6},
    {"(?i:failed)", 6},
    {"ab(?:c)(?<n>de)f", 6},
    {"ab(?:cd|e)fg", 5},
    {"ab(?:c.|e)fg", 3},
    {"a(?>bc)(d)", 4},
    {"ab(?!never)cd", 4},
    {"ab(?=next)", 4},
    {"ab(?#words)cd", 4},
    {"a{3}bc", 3},
    {"ab{0,3}cde", 3},
    {"a{x}bcd", 7}, /* no quantifier */
    {"\\x41bcd", 4},
    {"", 0},
    {".*", 0},
};

static void the_literal_is_that_of_the_poorest_branch(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(literals); i++) {
        if (lint_literal(sv_of(literals[i].pattern)) != literals[i].literal)
            fail_msg("%s: %zu", literals[i].pattern, lint_literal(sv_of(literals[i].pattern)));
    }
}

static void deep_groups_end(void **state)
{
    char pattern[4096];
    (void)state;
    memset(pattern, '(', sizeof(pattern));
    assert_int_equal(lint_literal((struct sv){.ptr = pattern, .len = sizeof(pattern)}), 0);
}

static const struct {
    const char *pattern;
    bool crosses;
} line_ends[] = {
    {"a\\nb", true},   {"a\\r?$", true},    {"a\nb", true},     {"a\\Rb", true},
    {"a\\x0Ab", true}, {"a\\\\nb", false},  {"[^\\n]+", false}, {"a\\.n", false},
    {"a\\[\\n", true}, {"name\\s+", false}, {"", false},        {"\\", false},
};

static void a_pattern_that_wants_a_line_end_is_known(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(line_ends); i++) {
        if (lint_crosses_lines(sv_of(line_ends[i].pattern)) != line_ends[i].crosses)
            fail_msg("%s", line_ends[i].pattern);
    }
}

struct complaints {
    char text[4000];
};

static void on_complaint(const char *text, void *user)
{
    struct complaints *c = user;
    const size_t len = strlen(c->text);
    (void)snprintf(c->text + len, sizeof(c->text) - len, "%s\n", text);
}

#define EXAMPLES "examples: {match: [word word], no_match: [w]}"
#define HEAD "id: a, cause: test/x, summary: s"

static const struct {
    const char *rule, *doubts;
} rules[] = {
    {HEAD ", any: [word], " EXAMPLES, ""},
    {HEAD ", any: [word]", "p:3:5: warning: rule a: has no example that matches\n"
                           "p:3:5: warning: rule a: has no example that must not match\n"},
    {HEAD ", any: [word, other], " EXAMPLES,
     "p:3:52: warning: rule a: no example tries the pattern other\n"},
    {HEAD ", any: ['.*word'], " EXAMPLES,
     "p:3:46: warning: rule a: a pattern begins or ends in .*, which only costs time\n"},
    {HEAD ", any: ['word.*'], " EXAMPLES,
     "p:3:46: warning: rule a: a pattern begins or ends in .*, which only costs time\n"},
    {HEAD ", any: ['word\\r?$'], " EXAMPLES,
     "p:3:46: warning: rule a: the pattern wants a line end, and it sees one line: word\\r?$\n"},
    {HEAD ", any: ['wo.d'], " EXAMPLES,
     "p:3:46: warning: rule a: a branch of the pattern has no literal of 4 bytes: wo.d\n"},
    {HEAD ", any: [word], all: ['w'], none: ['q'], " EXAMPLES, ""}, /* tried on the hit only */
    {HEAD ", any: [word], none: ['q'], within: 3, " EXAMPLES,
     "p:3:60: warning: rule a: a branch of the pattern has no literal of 4 bytes: q\n"},
    {HEAD ", any: ['word(?: word)*(?: \\w+)*(?: \\w+)*$'], " EXAMPLES,
     "p:3:46: warning: rule a: the pattern can pass its match limit on long lines: word(?: "
     "word)*(?: \\w+)*(?: \\w+)*$\n"},
    {HEAD ", any: [word], explains: [compile, 'c*', 'class:test', 'tool.x', zz], " EXAMPLES,
     "p:3:5: warning: rule a: explains \"c*\", which no kind, rule or analyzer is\n"
     "p:3:5: warning: rule a: explains \"zz\", which no kind, rule or analyzer is\n"},
    {HEAD ", any: [word], explains: ['a*'], " EXAMPLES, ""},
    {HEAD ", any: [word], expires: 2026-01-01, " EXAMPLES,
     "p:3:5: warning: rule a: has expired: it is not loaded any more\n"},
    {HEAD ", any: [word], expires: 2026-01-03, " EXAMPLES, ""},
};

static struct ruleset *load(const char *rule)
{
    char text[1024];
    struct ruleset *set = NULL;
    struct err err = {0};
    (void)snprintf(text, sizeof(text), "pack: p\nrules:\n  - {%s}\n", rule);
    const struct pack_text pack = {.name = SV_INIT("p"), .text = sv_of(text)};
    if (!ruleset_load(&(struct ruleset_options){.packs = &pack, .pack_count = 1}, &set, &err))
        fail_msg("%s: %s", err.where, err.why);
    return set;
}

static void each_doubt_is_told_and_a_good_rule_has_none(void **state)
{
    const struct sv others[] = {SV("tool")};
    struct lint_options options = {.others = others, .other_count = 1};
    (void)state;
    assert_true(time_parse_rfc3339(SV("2026-01-02T00:00:00Z"), &options.now_ms));
    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        struct ruleset *set = load(rules[i].rule);
        struct complaints c = {.text = ""};
        struct err err = {0};
        uint64_t doubts = 0, lines = 0;
        assert_true(lint_rules(set, &options, on_complaint, &c, &doubts, &err));
        assert_string_equal(c.text, rules[i].doubts);
        for (const char *p = c.text; (p = strchr(p, '\n')) != NULL; p++)
            lines++;
        assert_int_equal(doubts, lines);
        ruleset_free(set);
    }
}

static void more_examples_can_be_asked_for(void **state)
{
    struct ruleset *set =
        load(HEAD ", any: [word], examples: {match: [word, words], no_match: [w]}");
    struct complaints c = {.text = ""};
    struct err err = {0};
    uint64_t doubts = 0;
    (void)state;
    assert_true(lint_rules(set, &(struct lint_options){.least_examples = 2}, on_complaint, &c,
                           &doubts, &err));
    assert_string_equal(c.text,
                        "p:3:5: warning: rule a: has 1 no_match example, and 2 are wanted\n");
    ruleset_free(set);
}

static void rules_of_earlier_packs_are_left_alone(void **state)
{
    struct ruleset *set = load(HEAD ", any: [word]");
    struct complaints c = {.text = ""};
    struct err err = {0};
    uint64_t doubts = 9;
    (void)state;
    assert_true(
        lint_rules(set, &(struct lint_options){.first_pack = 1}, on_complaint, &c, &doubts, &err));
    assert_int_equal(doubts, 0);
    ruleset_free(set);
}

static void a_failed_allocation_is_told(void **state)
{
    struct ruleset *set = load(HEAD ", any: [word], " EXAMPLES);
    bool through = false;
    (void)state;
    for (unsigned long n = 0; n < 100 && !through; n++) {
        struct complaints c = {.text = ""};
        struct err err = {0};
        uint64_t doubts = 0;
        torture_arm(n);
        const bool ok = lint_rules(set, &(struct lint_options){0}, on_complaint, &c, &doubts, &err);
        torture_disarm();
        through = !torture_fired();
        assert_int_equal(ok, through);
        if (!ok)
            assert_int_equal(err.code, ERR_NOMEM);
    }
    assert_true(through);
    ruleset_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_literal_is_that_of_the_poorest_branch),
        cmocka_unit_test(deep_groups_end),
        cmocka_unit_test(a_pattern_that_wants_a_line_end_is_known),
        cmocka_unit_test(more_examples_can_be_asked_for),
        cmocka_unit_test(each_doubt_is_told_and_a_good_rule_has_none),
        cmocka_unit_test(rules_of_earlier_packs_are_left_alone),
        cmocka_unit_test(a_failed_allocation_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
