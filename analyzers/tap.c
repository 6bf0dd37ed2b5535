/* tap: the Test Anything Protocol, of node, bats, prove. Source: TAP 14. */
#include "common_tests.h"

static const struct trigger triggers[] = {
    {"^ *not ok [0-9]+", true},
    {NULL, false},
};

static bool on_line(void *state, const struct analysis *a, const struct line *line,
                    unsigned trigger, struct err *err)
{
    (void)state;
    (void)trigger;
    struct sv rest = sv_tail(line->text, sv_find(line->text, SV("not ok ")) + 7);
    /* A directive behind '#' says that the failure was expected, or allowed. */
    const size_t mark = sv_find_char(rest, '#');
    const struct sv directive = sv_trim(sv_tail(rest, mark + 1));
    if (sv_equal_nocase(sv_head(directive, 4), SV("todo")) ||
        sv_equal_nocase(sv_head(directive, 4), SV("skip")))
        return true;
    while (rest.len > 0 && rest.ptr[0] >= '0' && rest.ptr[0] <= '9')
        rest = sv_tail(rest, 1);
    rest = sv_trim(sv_head(rest, mark));
    if (sv_starts(rest, SV("- ")))
        rest = sv_tail(rest, 2);
    return add_failed_test(a, line, "tap.failed", SV("tap"), SEVERITY_CAUSE,
                           rest.len > 0 ? rest : sv_trim(line->text), err);
}

extern const struct analyzer analyzer_tap;
const struct analyzer analyzer_tap = {
    .name = "tap",
    .summary = "failed tests of TAP output",
    .kinds = LOG_KINDS,
    .triggers = triggers,
    .line = on_line,
};
