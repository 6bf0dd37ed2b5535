/* Which literals are found in a pattern: every line that it matches must hold one. */
#include "check.h"

#include "scan/literal.h"

#include <stdio.h>

static const struct {
    const char *pattern, *literals; /* "": none are found */
} patterns[] = {
    {"CrashLoopBackOff", "CrashLoopBackOff"},
    {"^npm-zebra", "^npm-zebra"},
    /* it ends where its last bytes are rarest */
    {"okapi-Zebra was not found", "okapi-Ze"},
    {"(?i)zebra crossed", "i:zebra cross"},
    {"(?<what>\\S+) zebra (?:eats|drinks)$", " zebra eats| zebra drink"},
    {"zeb(?:ra|u)s?", "zebra|zebu"},
    {"ze[bd]u", "zebu|zedu"},
    {"zebu|gnu tail", "zebu|gnu tail"},
    /* what a group ends with goes on behind it */
    {"(?<file>\\S+\\.zig):\\d+", ".zig:"},
    {"zig+zag", "gzag"},
    {"x{3}yz", "xxxyz"},
    {"zeb\\x72a", "zebra"},
    {"zebra\\.\\(", "zebra.("},
    /* what looks around, or may be absent, is not on every line */
    {"(?=gnu)zebra(?!gnu)", "zebra"},
    {"zebra(?:gnu)*", "zebra"},
    {"(?:gnu)?", ""},
    {"zebra|\\d+", ""},
    {".*", ""},
    {"a", ""},
    /* what is not understood */
    {"(?x)zeb ra", ""},
    {"\\Qzebra\\E", ""},
    {"(?(1)zebra|gnu)", ""},
    {"zebra{2}{3}", ""},
    {"zebra[[:alpha:]]", ""},
    {"(zebra)\\1", ""},
    {"\\p{L}zebra", ""},
    {"zebra\\ngnu", ""},
    {"zebra\\n", "zebra\n"},
    /* flags hold to the end of their group */
    {"(?:(?i)zebra)gnu", "i:zebra"},
    {"(?i:zebra) and .* okapi", "i:zebra an"},
    {"(?i)a(?-i)zebra", "i:azebra"},
};

static void write(const struct literals *set, char *ret_text, size_t size)
{
    size_t len = 0;
    ret_text[0] = '\0';
    for (size_t i = 0; i < set->count && len < size; i++) {
        const struct literal *l = &set->list[i];
        len += (size_t)snprintf(ret_text + len, size - len, "%s%s%s%.*s", i > 0 ? "|" : "",
                                l->any_case ? "i:" : "", l->at_start ? "^" : "", (int)l->len,
                                l->bytes);
    }
}

static void a_pattern_has_the_literals_that_its_lines_hold(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(patterns); i++) {
        struct literals set = {0};
        char text[1000] = "";
        if (literals_of(sv_of(patterns[i].pattern), &set))
            write(&set, text, sizeof(text));
        if (strcmp(text, patterns[i].literals) != 0)
            print_message("%s -> %s\n", patterns[i].pattern, text);
        assert_string_equal(text, patterns[i].literals);
    }
}

static void a_rare_text_has_more_bits_than_a_word_of_logs(void **state)
{
    struct literals rare, common, more;
    (void)state;
    assert_true(literals_of(SV("CrashLoopBackOff"), &rare));
    assert_true(literals_of(SV("error: "), &common));
    assert_true(literals_of(SV("error: |CrashLoopBackOff"), &more));
    assert_true(literals_bits(&rare) > literals_bits(&common));
    assert_true(literals_bits(&common) > literals_bits(&more));
}

static void a_literal_holds_another_only_where_case_and_place_allow(void **state)
{
    struct literals text, part;
    (void)state;
    static const struct {
        const char *text, *part;
        bool holds;
    } cases[] = {
        {"an error: x", "error", true},
        {"an error: x", "(?i)ERROR", true},
        {"an Error: x", "error", false},
        {"(?i)an error", "error", false},
        {"(?i)an error", "(?i)error", true},
        {"^error: x", "^error", true},
        {"error: x", "^error", false},
        {"^an error", "^error", false},
        {"err", "error", false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_true(literals_of(sv_of(cases[i].text), &text));
        assert_true(literals_of(sv_of(cases[i].part), &part));
        assert_int_equal(literal_holds(&text.list[0], &part.list[0]), cases[i].holds);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pattern_has_the_literals_that_its_lines_hold),
        cmocka_unit_test(a_rare_text_has_more_bits_than_a_word_of_logs),
        cmocka_unit_test(a_literal_holds_another_only_where_case_and_place_allow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
