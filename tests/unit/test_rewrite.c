#include "check.h"

#include "import/rewrite.h"
#include "scan/pattern.h"
#include "torture.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>

static const struct {
    enum regex_dialect dialect;
    const char *from, *to; /* NULL: refused */
} patterns[] = {
    /* what is the same everywhere */
    {REGEX_RUST, "^error: foo$", "^error: foo$"},
    {REGEX_RUST, "a|b", "a|b"},
    {REGEX_RUST, "\\{From,As\\}", "\\{From,As\\}"},
    {REGEX_GO, "a{2,3}b{,4}", "a{2,3}b{,4}"},
    {REGEX_JAVA, "(?<!x)y(?=z)(?!w)(?<=v)(?>u)", "(?<!x)y(?=z)(?!w)(?<=v)(?>u)"},
    {REGEX_JAVA, "x++y*+z?+", "x++y*+z?+"},
    {REGEX_RUST, "'it''s'", "'it''s'"},
    /* the ends of the text are the ends of the line */
    {REGEX_JAVA, "\\Afoo\\Z", "^foo$"},
    {REGEX_GO, "\\Afoo\\z", "^foo$"},
    {REGEX_JAVA, "\\Gfoo", NULL},
    /* line ends */
    {REGEX_JAVA, "foo\\r?\\n?", "foo"},
    {REGEX_JAVA, "foo\\R*bar", "foobar"},
    {REGEX_JAVA, "foo\\nbar", NULL},
    {REGEX_JAVA, "foo\nbar", NULL},
    {REGEX_JS, "[^\\r\\n]+x", "[^\\r\\n]+x"},
    /* groups and their names */
    {REGEX_RUST, "a(b)c(d)", "a(?<what>b)c(?<what2>d)"},
    {REGEX_RUST, "(?P<n>b)(d)", "(?<n>b)(?<what2>d)"},
    {REGEX_GO, "(?:x)(1)(2)(3)(4)(5)", "(?:x)(?<what>1)(?<what2>2)(?<what3>3)(?<what4>4)(5)"},
    {REGEX_RUST, "(?P<q>['\"]).(?P=q)", "(?<q>['\"]).\\k<q>"},
    {REGEX_JAVA, "(a)\\1", "(?<what>a)\\1"},
    {REGEX_JAVA, "(?<aNameOfMoreThanThirtyTwoBytesIsTooMuch>a)", NULL},
    {REGEX_RUST, "a(?#words)b", "ab"},
    {REGEX_JS, "(?|a)", NULL},
    /* flags */
    {REGEX_GO, "(?i)foo", "(?i)foo"},
    {REGEX_GO, "(?ims)foo", "(?i)foo"},
    {REGEX_GO, "(?s)foo", "foo"},
    {REGEX_GO, "(?i-s:foo)bar", "(?i:foo)bar"},
    {REGEX_GO, "(?-i:foo)", "(?-i:foo)"},
    {REGEX_GO, "(?U)fo+", "(?U)fo+"},
    {REGEX_JAVA, "(?iu)foo", "(?i)foo"},
    {REGEX_JAVA, "(?x) f o", NULL},
    /* the ends: .* only costs time, or tells something */
    {REGEX_RUST, ".*foo", "foo"},
    {REGEX_RUST, "^.*foo", "foo"},
    {REGEX_RUST, "(?i)^.*?foo", "(?i)foo"},
    {REGEX_RUST, "foo.*", "foo(?<what>.*)"},
    {REGEX_RUST, "foo.*$", "foo(?<what>.*)"},
    {REGEX_RUST, "foo.+", "foo(?<what>.+)"},
    {REGEX_RUST, "(foo).*", "(?<what>foo)"},
    {REGEX_RUST, "(foo).+", "(?<what>foo)."},
    {REGEX_RUST, "foo\\.*", "foo\\.*"},
    {REGEX_RUST, "foo[.]*", "foo[.]*"},
    {REGEX_RUST, "(?:foo.*)", "(?:foo.*)"},
    {REGEX_RUST, "a|foo.*", "a|foo"},
    {REGEX_RUST, "foo.", "foo."},
    {REGEX_RUST, ".*", ""},
    /* characters of more than a byte */
    {REGEX_RUST, "é", "é"},
    {REGEX_RUST, "é+", "(?:é)+"},
    {REGEX_JAVA, "\\u00e9*x", "(?:é)*x"},
    {REGEX_GO, "\\x{2018}x", "‘x"},
    {REGEX_JS, "\\x41\\u0042", "\\x41\\x42"},
    {REGEX_GO, "[‘'a]", "(?:['a]|‘)"},
    {REGEX_GO, "[‘’]", "(?:‘|’)"},
    {REGEX_GO, "[^‘a]", "(?:(?!‘)[^a])"},
    {REGEX_GO, "[^‘]", "(?:(?!‘).)"},
    {REGEX_GO, "[à-ü]", NULL},
    {REGEX_GO, "\\x{202e}", "\\xe2\\x80\\xae"},
    {REGEX_GO, "\\x{110000}", NULL},
    {REGEX_GO, "\xff", NULL},
    {REGEX_GO, "a\x01", "a\\x01"},
    {REGEX_GO, "a\tb", "a\\tb"},
    /* classes */
    {REGEX_JAVA, "[a-z&&[^b]]", NULL},
    {REGEX_RUST, "[a--b]", NULL},
    {REGEX_JAVA, "[a[b]]", NULL},
    {REGEX_GO, "[[:alpha:]_]", "[[:alpha:]_]"},
    {REGEX_GO, "[[:a\x7f:]]", "[\\[:a\\x7f:]]"},
    {REGEX_GO, "[[:^digit:]x]", "[[:^digit:]x]"},
    {REGEX_GO, "[a[]", "[a\\[]"},
    {REGEX_GO, "[]a]", "[\\]a]"},
    {REGEX_JS, "[^]", "."},
    {REGEX_JS, "[]", NULL},
    {REGEX_JS, "[[:alpha:]", "[\\[:alpha:]"},
    {REGEX_JAVA, "\\p{Alpha}\\p{L}\\PL", "[[:alpha:]][A-Za-z\\x80-\\xff][^A-Za-z\\x80-\\xff]"},
    {REGEX_JAVA, "[\\p{Digit}x]", "[0-9x]"},
    {REGEX_JAVA, "\\p{IsGreek}", NULL},
    /* escapes */
    {REGEX_JS, "a\\/b\\-c\\\"", "a/b\\-c\""},
    {REGEX_JS, "\\e", NULL},
    {REGEX_JAVA, "\\Qa.b\\E+c", NULL},
    {REGEX_JAVA, "\\Qa.b\\Ec", "a\\.bc"},
    {REGEX_JAVA, "\\Qa(b", "a\\(b"},
    {REGEX_RUST, "a*+", NULL},
    {REGEX_RUST, "a\\", NULL},
    {REGEX_RUST, "[a", NULL},
    /* no regexes */
    {REGEX_EXACT, "a.b  (c)", "a\\.b  \\(c\\)"},
    {REGEX_PHRASE, " a.b  c d ", "a\\.b\\s+c d"},
    {REGEX_PHRASE, "''x'' it's", "'+x'+ it's"},
    {REGEX_EXACT, "a\nb", NULL},
    {REGEX_PHRASE, "a\nb", "a\\s+b"},
};

static void patterns_are_carried_over(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(patterns); i++) {
        struct buf out;
        struct err err = {0};
        struct rewrite_names names;
        const struct rewrite_options o = {.dialect = patterns[i].dialect};
        buf_init(&out, 4096);
        const bool ok = rewrite_regex(sv_of(patterns[i].from), &o, &out, &names, &err);
        if (ok != (patterns[i].to != NULL) ||
            (ok && !sv_equal(buf_sv(&out), sv_of(patterns[i].to))))
            fail_msg("%zu %s: %.*s %s", i, patterns[i].from, SV_ARG(buf_sv(&out)), err.why);
        assert_true(ok || (err.code == ERR_FORMAT && err.why[0] != '\0'));
        pcre2_code *code = ok && out.len > 0 ? pattern_compile(buf_sv(&out), &err) : NULL;
        if (ok && out.len > 0 && code == NULL)
            fail_msg("%s: %s", patterns[i].to, err.why);
        pcre2_code_free(code);
        buf_done(&out);
    }
}

static const struct {
    const char *from, *to;
} wholes[] = {
    {"foo", "^foo$"},
    {".*foo.*", "foo(?<what>.*)"},
    {".*foo", "foo$"},
    {"foo.*", "^foo(?<what>.*)"},
    {"^foo$", "^foo$"},
    {"\\Afoo\\z", "^^foo$"},
    {"\\^foo\\$", "^\\^foo\\$$"},
    {"^.*foo", "foo$"},
    {"(?i)foo", "(?i)^foo$"},
    {".*(f)oo.*", "(?<what>f)oo"},
    {".*foo.+", "foo(?<what>.+)"},
    {"(a)|\\1b", NULL},
};

static void a_pattern_of_the_whole_line_is_bound_to_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(wholes); i++) {
        struct buf out;
        struct err err = {0};
        struct rewrite_names names;
        const struct rewrite_options o = {.dialect = REGEX_JAVA, .whole = true};
        buf_init(&out, 4096);
        const bool ok = rewrite_regex(sv_of(wholes[i].from), &o, &out, &names, &err);
        if (ok != (wholes[i].to != NULL) || (ok && !sv_equal(buf_sv(&out), sv_of(wholes[i].to))))
            fail_msg("%s: %.*s %s", wholes[i].from, SV_ARG(buf_sv(&out)), err.why);
        buf_done(&out);
    }
}

static void groups_get_the_names_they_are_given(void **state)
{
    static const char *const list[] = {"file", NULL, "severity"};
    struct buf out;
    struct err err = {0};
    struct rewrite_names names;
    const struct rewrite_options o = {
        .dialect = REGEX_JS, .names = list, .name_count = 3, .guarded = 3, .guard = "(?i:warn)"};
    (void)state;
    buf_init(&out, 4096);
    assert_true(rewrite_regex(SV("(a):(b):(\\w+):(d).*"), &o, &out, &names, &err));
    assert_string_equal(out.data, "(?<file>a):(b):(?!(?i:warn))(?<severity>\\w+):(d)");
    assert_int_equal(names.count, 2);
    assert_string_equal(names.list[0], "file");
    assert_true(
        rewrite_regex(SV("(a)"), &(struct rewrite_options){.nameless = true}, &out, &names, &err));
    assert_string_equal(out.data, "(a)");
    assert_int_equal(names.count, 0);
    buf_done(&out);
}

static void no_more_is_written_than_there_is_room_for(void **state)
{
    struct buf out;
    struct err err = {0};
    struct rewrite_names names;
    (void)state;
    buf_init(&out, 8);
    assert_false(
        rewrite_regex(SV("abcdefghijkl"), &(struct rewrite_options){0}, &out, &names, &err));
    assert_int_equal(err.code, ERR_LIMIT);
    buf_done(&out);
}

static void missing_memory_is_told(void **state)
{
    bool fired = true;
    (void)state;
    for (unsigned long n = 0; fired; n++) {
        struct buf out;
        struct err err = {0};
        struct rewrite_names names;
        buf_init(&out, 4096);
        torture_arm(n);
        const bool ok =
            rewrite_regex(SV("(a)[‘b]\\u00e9+.*"), &(struct rewrite_options){.dialect = REGEX_JS},
                          &out, &names, &err);
        fired = torture_fired();
        torture_disarm();
        assert_true(ok || err.code == ERR_NOMEM);
        buf_done(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_are_carried_over),
        cmocka_unit_test(a_pattern_of_the_whole_line_is_bound_to_it),
        cmocka_unit_test(groups_get_the_names_they_are_given),
        cmocka_unit_test(no_more_is_written_than_there_is_room_for),
        cmocka_unit_test(missing_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
