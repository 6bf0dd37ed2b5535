#include "check.h"

#include "scan/ruleset.h"
#include "scan/sketch.h"
#include "torture.h"

#include <stdlib.h>

static const struct {
    const char *line, *pattern, *summary;
} lines[] = {
    {"all is lost", "^all is lost", "all is lost"},
    {"  two  gaps\tand  ", "^\\s*two\\s+gaps\\s+and", "two gaps and"},
    {"main.c:12:7: error: bad",
     "^(?<file>[^\\s:'\"]*[^\\s:'\".,;]):(?<row>\\d+):(?<col>\\d+): error: bad",
     "{file}:{row}:{col}: error: bad"},
    {"open /etc/x.conf, then /var/lib: gone",
     "^open (?<file>[^\\s:'\"]*[^\\s:'\".,;]), then (?<path>[^\\s:'\"]*[^\\s:'\".,;]): gone",
     "open {file}, then {path}: gone"},
    {"no module \"a b\" or 'c' or `d'",
     "^no module \"(?<name>[^\"]+)\" or '(?<name2>[^']+)' or `(?<name3>[^']+)'",
     "no module \"{name}\" or '{name2}' or `{name3}'"},
    {"it's late, isn't it", "^it's late, isn't it", "it's late, isn't it"},
    {"at 0xDEADbeef in 3fa9c1d2", "^at (?<address>0x[0-9a-fA-F]+) in (?<hash>[0-9a-fA-F]{7,})",
     "at {address} in {hash}"},
    {"a decade of v1.2.3 and 10.0",
     "^a decade of (?<version>v?\\d+(?:\\.\\d+)+) and (?<version2>v?\\d+(?:\\.\\d+)+)",
     "a decade of {version} and {version2}"},
    {"exit status 2, 30s", "^exit status (?<code>\\d+), (?<number>\\d+)s",
     "exit status {code}, {number}s"},
    {"GET https://x.example/a?b=1: 503",
     "^GET (?<url>[a-z]+://[^\\s'\"<>]*[^\\s'\"<>.,;:]): (?<number>\\d+)", "GET {url}: {number}"},
    {"2026-01-02T03:04:05.678Z dead (x)", "dead \\(x\\)", "dead (x)"},
    {"dead since 2026-01-02 03:04:05", "^dead since \\d{4}-\\d\\d-\\d\\d[T ][\\d:.,Z+]+",
     "dead since 2026-01-02 03:04:05"},
    {"{a}[b]*", "^\\{a\\}\\[b\\]\\*", "(a)[b]*"},
    {"1 2 3 4 5 6 7 8 9",
     "^(?<number>\\d+) (?<number2>\\d+) (?<number3>\\d+) (?<number4>\\d+) (?<number5>\\d+) "
     "(?<number6>\\d+) (?<number7>\\d+) (?<number8>\\d+) \\d+",
     "{number} {number2} {number3} {number4} {number5} {number6} {number7} {number8} 9"},
    {"bad\x01"
     "byte\xff",
     "^bad.{1,3}byte.{1,3}",
     "bad\xef\xbf\xbd"
     "byte\xef\xbf\xbd"},
    {"can\xe2\x80\x99t open \xe2\x80\x98"
     "f\xe2\x80\x99",
     "^can\xe2\x80\x99t open \xe2\x80\x98(?<name>[^\xe2\x80\x98\xe2\x80\x99]+)\xe2\x80\x99",
     "can\xe2\x80\x99t open \xe2\x80\x98{name}\xe2\x80\x99"},
};

static void what_varies_is_captured_by_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct buf pattern, summary;
        struct err err = {0};
        buf_init(&pattern, 10000);
        buf_init(&summary, 10000);
        assert_true(sketch_pattern(sv_of(lines[i].line), &pattern, &summary, &err));
        assert_string_equal(pattern.data, lines[i].pattern);
        assert_string_equal(summary.data, lines[i].summary);
        buf_done(&pattern);
        buf_done(&summary);
    }
}

static bool loads(struct sv line, struct err *err)
{
    struct buf yaml;
    struct ruleset *set = NULL;
    buf_init(&yaml, 64 * 1024);
    bool ok = sketch_rule(
        &(struct sketch_options){.line = line, .id = SV_INIT("a.b"), .from = SV_INIT("log:1")},
        &yaml, err);
    if (ok) {
        const struct pack_text pack = {.name = SV_INIT("p"), .text = buf_sv(&yaml)};
        ok = ruleset_load(&(struct ruleset_options){.packs = &pack, .pack_count = 1}, &set, err) &&
             ruleset_count(set) == 1 && ruleset_at(set, 0)->match_count == 1;
    }
    ruleset_free(set);
    buf_done(&yaml);
    return ok;
}

static void a_draft_loads_and_matches_its_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct err err = {0};
        if (!loads(sv_of(lines[i].line), &err))
            fail_msg("%s: %s %s", lines[i].line, err.where, err.why);
    }
}

/* Lines that nobody wrote: words, marks and bytes in any order, long and short. */
static void any_line_gives_a_draft_that_loads(void **state)
{
    static const char *const bits[] = {"a",
                                       "word ",
                                       "'",
                                       "\"",
                                       "`",
                                       "/usr/x.c",
                                       ":",
                                       "12",
                                       "0x1f",
                                       "\xff",
                                       "\x01",
                                       "\xe2\x80\x98",
                                       "\xe2\x80\x99",
                                       "\xe2\x80\xae",
                                       "{",
                                       "}",
                                       "\\",
                                       "\t\t",
                                       " ",
                                       "v1.2",
                                       "http://a/",
                                       ".",
                                       "#",
                                       "- ",
                                       "[",
                                       "deadbee1",
                                       "*"};
    unsigned random = 7;
    (void)state;
    for (int i = 0; i < 300; i++) {
        char line[1200] = "x";
        size_t len = 1;
        const size_t end = i % 10 == 0 ? 1100 : 60;
        while (len < end) {
            random = random * 1103515245u + 12345u;
            const char *bit = bits[(random >> 16) % COUNT_OF(bits)];
            memcpy(line + len, bit, strlen(bit));
            len += strlen(bit);
        }
        struct err err = {0};
        if (!loads((struct sv){.ptr = line, .len = len}, &err))
            fail_msg("%.*s: %s %s", (int)len, line, err.where, err.why);
    }
}

static void long_words_and_names_are_cut(void **state)
{
    static const char *const heads[] = {"", "/", "https://", "'", "9", "0x"};
    char line[3000];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(heads); i++) {
        struct err err = {0};
        memset(line, 'a', sizeof(line));
        memcpy(line, heads[i], strlen(heads[i]));
        if (!loads((struct sv){.ptr = line, .len = sizeof(line)}, &err))
            fail_msg("%s: %s %s", heads[i], err.where, err.why);
    }
}

static void a_line_of_blanks_is_refused(void **state)
{
    static const char *const blank[] = {"", " \t ", "2026-01-02T03:04:05Z",
                                        " 2026-01-02T03:04:05Z "};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(blank); i++) {
        struct err err = {0};
        assert_false(loads(sv_of(blank[i]), &err));
        assert_int_equal(err.code, ERR_USAGE);
        assert_string_equal(err.why, "the line has nothing in it to look for");
    }
}

static void a_failed_allocation_is_told(void **state)
{
    bool through = false;
    (void)state;
    for (unsigned long n = 0; n < 200 && !through; n++) {
        struct buf yaml;
        struct err err = {0};
        buf_init(&yaml, 64 * 1024);
        torture_arm(n);
        const bool ok = sketch_rule(&(struct sketch_options){.line = SV_INIT("plain 'a' words"),
                                                             .id = SV_INIT("a"),
                                                             .from = SV_INIT("x")},
                                    &yaml, &err);
        torture_disarm();
        through = !torture_fired();
        assert_int_equal(ok, through);
        if (!ok)
            assert_int_equal(err.code, ERR_NOMEM);
        buf_done(&yaml);
    }
    assert_true(through);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_varies_is_captured_by_name),
        cmocka_unit_test(a_draft_loads_and_matches_its_line),
        cmocka_unit_test(any_line_gives_a_draft_that_loads),
        cmocka_unit_test(long_words_and_names_are_cut),
        cmocka_unit_test(a_line_of_blanks_is_refused),
        cmocka_unit_test(a_failed_allocation_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
