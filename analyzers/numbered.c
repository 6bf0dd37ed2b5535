/* numbered: the first failure of a list behind a heading, as RSpec, Jasmine, PHPUnit, JUnit's text runner,
 * NUnit, CppUnit, Hspec and rebar3 print it: it says more than the totals do. The tests themselves
 * are told of by who reads the tool. Source: each tool's own reporter. */
#include "common.h"

enum { HEADING, NOT_FAILED, FIRST };
static const struct trigger triggers[] = {
    [HEADING] = {"^ *(Failures|Failed [Tt]ests|(Tests )?Errors and Failures): *$"
                 "|^There (was|were) [0-9]+ (failure|error)s?:"
                 "|^Errors, Failures and Warnings"
                 "|^!!!FAILURES!!!",
                 true},
    [NOT_FAILED] = {"^Pending: |^There (was|were) [0-9]+ (risky|skipped|incomplete) ", true},
    [FIRST] = {"^ *1\\) \\S", true},
    {NULL, false},
};

enum { NEAR_LINES = 8 };

struct numbered {
    uint64_t heading;
    bool told;
};

static bool on_line(void *state, const struct analysis *a, const struct line *line,
                    unsigned trigger, struct err *err)
{
    struct numbered *s = state;
    struct sv summary;
    if (trigger == HEADING)
        s->heading = line->number;
    if (trigger == NOT_FAILED)
        s->heading = 0;
    if (trigger != FIRST || s->heading == 0 || s->told || line->number > s->heading + NEAR_LINES)
        return true;
    s->told = true;
    const struct sv name = sv_trim(sv_tail(line->text, sv_find_char(line->text, ')') + 1));
    const struct capture capture = {.name = SV_INIT("test"), .value = name};
    return arena_printf(a->evidence->arena, &summary, err, "Test failed: %.*s",
                        SV_ARG(sv_head(name, 180))) &&
           add_finding(
               a, line,
               (struct finding){.id = SV("numbered.failed"),
                                .kind = KIND_TEST,
                                .detail = SV("named"),
                                .severity = SEVERITY_CAUSE,
                                .authority = AUTHORITY_TESTS,
                                .phase = PHASE_TEST,
                                .summary = summary,
                                .captures = &capture,
                                .capture_count = 1,
                                EXPLAINS(SV("rollup.*"), SV("npm.*"), SV("test.jasmine"),
                                         SV("test.rspec"), SV("test.exunit"), SV("test.hspec"),
                                         SV("test.phpunit-totals"), SV("php.unit"),
                                         SV("test.minitest"), SV("test.nunit"), SV("test.cppunit"),
                                         SV("test.cucumber"), SV("test.junit-text"),
                                         SV("test-tools.failed"), SV("test.dotnet-crash"))},
               err);
}

extern const struct analyzer analyzer_numbered;
const struct analyzer analyzer_numbered = {
    .name = "numbered",
    .summary = "the first failure of a numbered list",
    .kinds = LOG_KINDS,
    .state_size = sizeof(struct numbered),
    .triggers = triggers,
    .line = on_line,
};
