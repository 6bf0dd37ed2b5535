#include "night_shown.h"

#include <stdlib.h>

/* The text without its code spans and the targets of its links: what Markdown reads something into. */
static char *without_code(const char *text)
{
    char *out = calloc(1, strlen(text) + 1);
    size_t n = 0;
    assert_non_null(out);
    for (const char *c = text; *c != '\0';) {
        size_t ticks = 0;
        while (c[ticks] == '`')
            ticks++;
        if (ticks == 0) {
            if (c[0] == ']' && c[1] == '(')
                c += strcspn(c, ")");
            out[n++] = *c++;
            continue;
        }
        const char *end = c + ticks;
        for (size_t run = 0; *end != '\0'; end++) {
            run = *end == '`' ? run + 1 : 0;
            if (run == ticks && end[1] != '`')
                break;
        }
        if (*end == '\0')
            fail_msg("a code span does not end: %.60s", c);
        assert_null(memchr(c, '\n', (size_t)(end - c)));
        c = end + 1;
        out[n++] = '$';
    }
    return out;
}

static void no_text_of_others_stands_outside_of_code(void **state)
{
    static const char *const bad[] = {"<script", "<img",    "octocat", "#1 ",       "evil.example",
                                      "**b",     "channel", "31mred",  "javascript"};
    (void)state;
    const char *text = night_shown("md", NIGHT_EVIL);
    assert_harmless(text);
    char *plain = without_code(text);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_lacks(plain, bad[i]);
    free(plain);
}

static void links_hold_nothing_that_ends_them(void **state)
{
    (void)state;
    const char *text = night_shown("md", NIGHT_EVIL);
    assert_has(text, "](https://prow.example/a%22%3E%3Cscript%3E");
    assert_lacks(text, "](javascript");
}

static void every_row_of_a_table_has_its_cells(void **state)
{
    static const enum night_fixture_kind kinds[] = {NIGHT_USUAL, NIGHT_EVIL};
    (void)state;
    for (size_t k = 0; k < COUNT_OF(kinds); k++) {
        size_t bars_before = 0, rows = 0;
        struct sv line;
        for (struct sv rest = sv_of(night_shown("md", kinds[k])); sv_cut(&rest, '\n', &line);) {
            size_t bars = 0;
            if (!sv_starts(line, SV("|"))) {
                bars_before = 0;
                continue;
            }
            for (size_t i = 0; i < line.len; i++)
                bars += line.ptr[i] == '|';
            if (bars_before != 0)
                assert_int_equal(bars, bars_before);
            bars_before = bars;
            rows++;
        }
        assert_int_equal(rows, 4 + 9 + 5 + 6);
    }
}

static void it_fits_a_comment_and_says_what_it_left_out(void **state)
{
    (void)state;
    const char *text = night_shown("md", NIGHT_LARGE);
    assert_true(strlen(text) <= 65536);
    assert_has(text, "### Self-check");
    assert_has(text, "\nLeft out: ");
    assert_has(text, " of \"Broken now\"");
    assert_has(text, " clusters, ");
    assert_lacks(night_shown("md", NIGHT_USUAL), "Left out");
}

/* Whatever does not fit: the heading of a section goes with its last item. */
static void no_heading_stands_above_nothing(void **state)
{
    struct night *n = night_fixture(NIGHT_EVIL);
    char *long_name = calloc(1, 40000);
    struct sv line, before = SV("");
    (void)state;
    assert_non_null(long_name);
    memset(long_name, 'x', 39999);
    for (size_t i = 0; i < n->test_count; i++)
        n->tests[i].examples[0].log = (struct sv){.ptr = long_name, .len = 39999};
    memcpy(long_name, "https://", 8);
    const char *text = night_shown_of("md", n);
    assert_true(strlen(text) <= 65536);
    for (struct sv rest = sv_of(text); sv_cut(&rest, '\n', &line);) {
        if (line.len == 0)
            continue;
        assert_false(sv_starts(before, SV("###")) && sv_starts(line, SV("###")));
        before = line;
    }
    assert_has(text, "Left out: ");
    night_free(n);
    free(long_name);
}

static void a_broken_night_says_so_first(void **state)
{
    (void)state;
    assert_memory_equal(night_shown("md", NIGHT_UNREAD), "> **This night is broken**: `40 of", 34);
}

static void a_full_disk_is_told(void **state)
{
    (void)state;
    assert_full_disk_is_told("md");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_text_of_others_stands_outside_of_code),
        cmocka_unit_test(links_hold_nothing_that_ends_them),
        cmocka_unit_test(every_row_of_a_table_has_its_cells),
        cmocka_unit_test(it_fits_a_comment_and_says_what_it_left_out),
        cmocka_unit_test(no_heading_stands_above_nothing),
        cmocka_unit_test(a_broken_night_says_so_first),
        cmocka_unit_test(a_full_disk_is_told),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    buf_done(&shown.text);
    return failed;
}
