#include "check.h"

#include "decode/dialect.h"

#include <stdlib.h>

static const struct {
    enum dialect dialect;
    const char *line, *rest;
} lines[] = {
    {DIALECT_RFC3339, "2024-03-01T10:00:00.0000000Z ##[error]text", "##[error]text"},
    {DIALECT_RFC3339, "2024-03-01T10:00:00Z", ""},
    {DIALECT_RFC3339, "2024-03-01T10:00:00Z\r", "\r"},
    {DIALECT_RFC3339, "2024-03-01T10:00:00+02:00 text", "text"},
    {DIALECT_RFC3339, "2024-03-01T10:00:00Z  indented", " indented"},
    {DIALECT_RFC3339, "2024-03-01T10:00:00.000000Z 00O text", "text"},
    {DIALECT_RFC3339, "2024-03-01T10:00:00.000000Z 01E+text", "text"},
    {DIALECT_RFC3339, "2024-03-01T10:00:00.000000Z 01Xtext", "01Xtext"},
    {DIALECT_RFC3339, "2024-03-01T10:00:00Ztext", "2024-03-01T10:00:00Ztext"},
    {DIALECT_RFC3339, "text", "text"},
    {DIALECT_RFC3339,
     "\xef\xbb\xbf"
     "2024-03-01T10:00:00.000Z text",
     "text"},
    {DIALECT_BRACKETS, "[2024-03-01T10:00:00.000Z] text", "text"},
    {DIALECT_BRACKETS, "[2024-03-01T10:00:00.000Z]", ""},
    {DIALECT_BRACKETS, "[task 2024-03-01T10:00:00.000Z] 10:00:00     INFO - text", "text"},
    {DIALECT_BRACKETS, "[task 2024-03-01T10:00:00.000Z] 10:00:00  text", " text"},
    {DIALECT_BRACKETS, "[not] a stamp but text of a build", "[not] a stamp but text of a build"},
    {DIALECT_CLOCK, "10:00:00     INFO -  text", "text"},
    {DIALECT_CLOCK, "10:00:00 text", "text"},
    {DIALECT_CLOCK, "10:00 text", "10:00 text"},
    {DIALECT_TABS, "job\tstep\t2024-03-01T10:00:00.0000000Z text", "text"},
    {DIALECT_TABS,
     "job\tstep\t\xef\xbb\xbf"
     "2024-03-01T10:00:00.0000000Z text",
     "text"},
    {DIALECT_TABS, "job\tstep text", "job\tstep text"},
    {DIALECT_TABS, "job\tstep\ttext", "job\tstep\ttext"},
    {DIALECT_STEP, "[test:L12:3s] text", "text"},
    {DIALECT_STEP, "[unit tests:12] + make", "+ make"},
    {DIALECT_STEP, "[test:L12:3s]", "[test:L12:3s]"},
    {DIALECT_STEP, "[a.proto:1:1] text", "[a.proto:1:1] text"},
    {DIALECT_STEP, "[a.c:12] text", "[a.c:12] text"},
    {DIALECT_STEP, "[test:12:3] text", "[test:12:3] text"},
    {DIALECT_STEP, "[test:L] text", "[test:L] text"},
    {DIALECT_STEP, "[12] text", "[12] text"},
    {DIALECT_TEAMCITY, "[10:11:12]W:\t [Step 1/2] text", "text"},
    {DIALECT_TEAMCITY, "[10:11:12] : Build finished", "Build finished"},
    {DIALECT_TEAMCITY, "[10:11:12] :\t [Step 1/2", "[Step 1/2"},
    {DIALECT_TEAMCITY, "[10:11:12] text", "[10:11:12] text"},
    {DIALECT_TEAMCITY, "[10-11-12] : text", "[10-11-12] : text"},
    {DIALECT_BAMBOO, "build\t03-Oct-2023 10:11:12\ttext", "text"},
    {DIALECT_BAMBOO, "error\t03-Oct-2023 10:11:12\t", ""},
    {DIALECT_BAMBOO, "build\t03-Oct-2023 10:11\ttext", "build\t03-Oct-2023 10:11\ttext"},
    {DIALECT_BAMBOO, "build\t2023-10-03 10:11:120\ttext", "build\t2023-10-03 10:11:120\ttext"},
    {DIALECT_ZUUL, "2023-10-03 10:11:12.123456 | controller | text | more", "text | more"},
    {DIALECT_ZUUL, "2023-10-03 10:11:12.123456 | PLAY RECAP", "PLAY RECAP"},
    {DIALECT_ZUUL, "2023-10-03 10:11:12.123456 | ", ""},
    {DIALECT_ZUUL, "2023-10-03 10:11:12.123 | text", "2023-10-03 10:11:12.123 | text"},
    {DIALECT_NONE, "2024-03-01T10:00:00Z text", "2024-03-01T10:00:00Z text"},
};

static void a_prefix_is_as_long_as_its_form_and_no_longer(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        const struct sv line = sv_of(lines[i].line);
        const size_t len = dialect_prefix(lines[i].dialect, line);
        if (!sv_equal(sv_tail(line, len), sv_of(lines[i].rest)))
            fail_msg("%s: %zu", lines[i].line, len);
    }
}

static const struct {
    const char *line, *rest;
} relayed[] = {
    {"sut_1  | text", "text"},
    {"app-sut-1  | text", "text"},
    {"sut_1  |", "sut_1  |"},
    {"sut_1| text", "sut_1| text"},
    {"sut1  | text", "sut1  | text"},
    {"1  | text", "1  | text"},
    {" sut_1  | text", " sut_1  | text"},
    {"#12 3.456 npm error code E404", "npm error code E404"},
    {"#12 ERROR: process did not complete", "#12 ERROR: process did not complete"},
    {"#12 3. text", "#12 3. text"},
    {"#12 3.456", "#12 3.456"},
    {"# 12 3.456 text", "# 12 3.456 text"},
    {"", ""},
};

static void lines_that_a_tool_relays_are_told_from_its_own(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(relayed); i++) {
        const struct sv line = sv_of(relayed[i].line);
        if (!sv_equal(sv_tail(line, dialect_relay(line)), sv_of(relayed[i].rest)))
            fail_msg("%s: %zu", relayed[i].line, dialect_relay(line));
    }
}

static void no_dialect_reads_past_the_end_of_a_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        for (size_t n = 0; n <= strlen(lines[i].line); n++) {
            char *exact = malloc(n + 1);
            assert_non_null(exact);
            memcpy(exact, lines[i].line, n);
            const struct sv line = {.ptr = exact, .len = n};
            for (enum dialect d = DIALECT_NONE; d <= DIALECT_ZUUL; d++) {
                assert_true(dialect_prefix(d, line) <= n);
                assert_true(dialect_columns(d, line) <= n);
                assert_true(dialect_relay(line) <= n);
            }
            free(exact);
        }
    }
}

static void the_dialect_is_that_of_most_of_the_first_lines(void **state)
{
#define GITHUB "2024-03-01T10:00:00.0000000Z x\n"
#define JENKINS "[2024-03-01T10:00:00.000Z] x\n"
#define CLOCK "10:00:00 x\n"
#define TABS "job\tstep\t2024-03-01T10:00:00Z x\n"
    static const struct {
        const char *text;
        enum dialect dialect;
    } cases[] = {
        {"", DIALECT_NONE},
        {"\n\n \n", DIALECT_NONE},
        {"one\ntwo\n", DIALECT_NONE},
        {GITHUB, DIALECT_RFC3339},
        {GITHUB "one\n", DIALECT_NONE},
        {GITHUB "one\n\n\n" GITHUB, DIALECT_RFC3339},
        {"Started by user\n" JENKINS JENKINS, DIALECT_BRACKETS},
        {CLOCK CLOCK "one\n", DIALECT_CLOCK},
        {TABS TABS, DIALECT_TABS},
        {"Build 'A' #1\n[10:00:00]i: x\n[10:00:00]W:\t [Step 1/1] x\n", DIALECT_TEAMCITY},
        {"[clone:L0:0s] x\n[test:L0:0s] + x\n", DIALECT_STEP},
        {"[a.proto:1:1] x\n[a.proto:2:1] x\n", DIALECT_NONE},
        {"build\t03-Oct-2023 10:11:12\tx\n", DIALECT_BAMBOO},
        {"2023-10-03 10:11:12.123456 | controller | x\n", DIALECT_ZUUL},
        {GITHUB "2024-03-01T10:0", DIALECT_NONE},
        {"1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n16\n" GITHUB GITHUB, DIALECT_NONE},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (dialect_of(sv_of(cases[i].text)) != cases[i].dialect)
            fail_msg("case %zu: %d", i, (int)dialect_of(sv_of(cases[i].text)));
    }
}

static void columns_are_those_before_the_stamp(void **state)
{
    (void)state;
    assert_int_equal(dialect_columns(DIALECT_TABS, SV("job\tstep\t2024-03-01T10:00:00Z x")), 9);
    assert_int_equal(dialect_columns(DIALECT_TABS, SV("no columns")), 0);
    assert_int_equal(dialect_columns(DIALECT_RFC3339, SV("job\tstep\tx")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_prefix_is_as_long_as_its_form_and_no_longer),
        cmocka_unit_test(lines_that_a_tool_relays_are_told_from_its_own),
        cmocka_unit_test(no_dialect_reads_past_the_end_of_a_line),
        cmocka_unit_test(the_dialect_is_that_of_most_of_the_first_lines),
        cmocka_unit_test(columns_are_those_before_the_stamp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
