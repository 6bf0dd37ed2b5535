#include "check.h"

#include "decode/ansi.h"

static const struct {
    const char *in, *out;
} cases[] = {
    {"", ""},
    {"plain", "plain"},
    {"a long line that has more than sixteen bytes and no mark at all",
     "a long line that has more than sixteen bytes and no mark at all"},
    {"\x1b[31mred\x1b[0m", "red"},
    {"\x1b[1;38;5;208mx\x1b[K", "x"},
    {"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"},
    {"\x1b]0;title\atext", "text"},
    {"\x1b_bk;t=1700000000000\aBuildkite", "Buildkite"},
    {"\x1b(Btext\x1b=", "text"},
    {"10%\r50%\r100%", "100%"},
    {"100%\r", "100%"},
    {"100%\r  ", "100%"},
    {"one\r\rtwo", "two"},
    {"\rtwo", "two"},
    {"kept\r\r\r", "kept"},
    {"progress\r\x1b[2Kdone, and the rest of the line", "done, and the rest of the line"},
    {"tab\tstays", "tab\tstays"},
    {"\x1b[0Ksection_start:1700000000:step_script\r\x1b[0K\x1b[36;1mRunning the step\x1b[0;m",
     "Running the step"},
    {"section_end:1700000000:step_script\r\x1b[0K", ""},
    {"section_end:1700000000:a\r\x1b[0Ksection_start:1700000001:b[collapsed=true]\r\x1b[0K", ""},
    {"section_end:1700000000:a\r\x1b[0Ksection_start:1700000001:b\r\x1b[0KB begins", "B begins"},
    {"section_start:soon: a text, and no mark", "section_start:soon: a text, and no mark"},
    {"section_start:1: a text of ours\r", "section_start:1: a text of ours"},
    {"[1/4] Resolving\x1b[2K\x1b[1Gerror An error", "error An error"},
    {"spin\x1b[2K\x1b[G", "spin"},
    {"a\x1b[10Gb", "ab"},
    {"\x1b[8mha:////4ABC+/x==\x1b[0mStarted by user", "Started by user"},
    {"\x1b[8mha:////4ABC and no end", "ha:////4ABC and no end"},
    {"\x1b[8mhidden\x1b[0m", "hidden"},
    {"cut \x1b[3", "cut "},
    {"cut \x1b", "cut "},
    {"never ended \x1b]0;title", "never ended ]0;title"},
    {"\xc3\xa9\xff", "\xc3\xa9\xff"},
};

static void what_a_person_would_have_seen_is_left(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char out[200];
        const size_t len = ansi_clean(sv_of(cases[i].in), out);
        out[len] = '\0';
        if (strcmp(out, cases[i].out) != 0)
            fail_msg("case %zu: \"%s\", wanted \"%s\"", i, out, cases[i].out);
    }
}

static void a_nul_becomes_a_blank(void **state)
{
    char out[10];
    (void)state;
    assert_int_equal(ansi_clean(SV("a\0b"), out), 3);
    assert_memory_equal(out, "a b", 3);
}

static void it_may_clean_in_place_at_any_alignment(void **state)
{
    char text[300];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (size_t shift = 0; shift < 9; shift++) {
            const struct sv in = sv_of(cases[i].in);
            memcpy(text + shift, in.len > 0 ? in.ptr : "", in.len);
            const size_t len =
                ansi_clean((struct sv){.ptr = text + shift, .len = in.len}, text + shift);
            assert_int_equal(len, strlen(cases[i].out));
            assert_memory_equal(text + shift, cases[i].out, len);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_person_would_have_seen_is_left),
        cmocka_unit_test(a_nul_becomes_a_blank),
        cmocka_unit_test(it_may_clean_in_place_at_any_alignment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
