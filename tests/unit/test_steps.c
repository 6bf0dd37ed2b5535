#include "check.h"
#include "torture.h"

#include "judge/steps.h"

#include <stdio.h>

enum { MOST = 4, STEPS_KEPT = 256 };

struct said { /* one finding about a step */
    const char *step;
    enum phase phase;
    enum severity severity;   /* 0: a roll-up */
    enum authority authority; /* 0: of a step */
};

/* A result that holds just these findings; views are static. */
static void say(struct result *r, struct finding *room, const struct said *said, size_t count)
{
    *r = (struct result){.findings = room};
    for (size_t i = 0; i < count && said[i].step != NULL; i++) {
        room[i] = (struct finding){
            .step = sv_of(said[i].step),
            .phase = said[i].phase,
            .severity = said[i].severity,
            .authority = said[i].authority != 0 ? said[i].authority : AUTHORITY_STEP,
        };
        r->finding_count++;
    }
}

static const char *all_of(const struct steps *s)
{
    static char text[400];
    size_t len = 0;
    text[0] = '\0';
    for (size_t i = 0; i < s->count; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%.*s %s; ",
                                SV_ARG(s->failed[i].name), phase_name(s->failed[i].phase));
    (void)snprintf(text + len, sizeof(text) - len, "%s", s->only_teardown ? "teardown" : "test");
    return text;
}

static const struct {
    struct said said[MOST];
    const char *steps;
} builds[] = {
    {{{.step = NULL}}, "test"},
    {{{.step = "e2e/test", .phase = PHASE_TEST}}, "e2e/test test; test"},
    {{{.step = "e2e/test", .authority = AUTHORITY_LINE}}, "test"},
    {{{.step = ""}}, "test"},
    {{{.step = "e2e/test"}, {.step = "e2e-test"}},
     "e2e/test unknown; test"}, /* two names of one step */
    {{{.step = "e2e-test"}, {.step = "e2e/test", .phase = PHASE_TEST}}, "e2e-test test; test"},
    {{{.step = "e2e/test", .phase = PHASE_SETUP}, {.step = "e2e/test", .phase = PHASE_TEST}},
     "e2e/test setup; test"},
    {{{.step = "e2e/test", .phase = PHASE_SETUP, .severity = SEVERITY_CAUSE}},
     "e2e/test unknown; test"},
    {{{.step = "e2e/gather-extra"}}, "e2e/gather-extra teardown; teardown"},
    {{{.step = "e2e/ipi-deprovision-deprovision", .phase = PHASE_TEARDOWN}, {.step = "e2e/test"}},
     "e2e/ipi-deprovision-deprovision teardown; e2e/test unknown; test"},
    {{{.step = "e2e/gather-extra", .phase = PHASE_SETUP}},
     "e2e/gather-extra setup; test"}, /* told beats guessed */
    /* "e2e" is the sum of its steps, and says no more than they do. */
    {{{.step = "e2e"}, {.step = "e2e/gather-extra"}},
     "e2e unknown; e2e/gather-extra teardown; teardown"},
    {{{.step = "e2e"}, {.step = "e2e-gather-extra"}},
     "e2e unknown; e2e-gather-extra teardown; teardown"},
    {{{.step = "e2e"}, {.step = "e2e2/gather-extra"}},
     "e2e unknown; e2e2/gather-extra teardown; test"},
};

static void a_step_is_told_once_with_its_phase(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(builds); i++) {
        struct result r;
        struct finding room[MOST];
        struct steps s;
        struct err err = {0};
        say(&r, room, builds[i].said, MOST);
        assert_true(steps_init(&s, &r, &err));
        if (strcmp(all_of(&s), builds[i].steps) != 0)
            fail_msg("build %zu: %s", i, all_of(&s));
        steps_done(&s);
        assert_int_equal(s.count, 0);
    }
}

static const struct {
    const char *step;
    bool teardown;
} names[] = {
    {"gather", true},
    {"e2e/gather-must-gather", true},
    {"e2e-gather-aws-console", true},
    {"e2e/ipi-deprovision-deprovision", true},
    {"e2e/upi-destroy", true},
    {"e2e/cleanup", true},
    {"e2e/cluster-teardown-x", true},
    {"e2e/post-mortem", true},
    {"e2e/postgres-test", false}, /* a part of a word is none */
    {"e2e/gatherer", false},
    {"gather/test", false}, /* the test's name is not the step's */
    {"e2e/install", false},
    {"e2e/", false},
    {"", false},
};

static void what_a_step_is_for_is_in_its_name(void **state)
{
    const struct steps none = {0};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const enum phase phase = steps_phase(&none, sv_of(names[i].step));
        if (phase != (names[i].teardown ? PHASE_TEARDOWN : PHASE_UNKNOWN))
            fail_msg("%s: %s", names[i].step, phase_name(phase));
    }
}

static void what_was_told_of_a_phase_beats_the_name(void **state)
{
    static const struct said said[] = {{.step = "e2e/gather-pre", .phase = PHASE_SETUP},
                                       {.step = "e2e/test"}};
    struct result r;
    struct finding room[COUNT_OF(said)];
    struct steps s;
    struct err err = {0};
    (void)state;
    say(&r, room, said, COUNT_OF(said));
    assert_true(steps_init(&s, &r, &err));
    assert_int_equal(steps_phase(&s, SV("e2e-gather-pre")), PHASE_SETUP);
    assert_int_equal(steps_phase(&s, SV("e2e/gather-post")), PHASE_TEARDOWN);
    assert_int_equal(steps_phase(&s, SV("e2e/test")), PHASE_UNKNOWN);
    steps_done(&s);
}

static const struct {
    struct said said[MOST];
    const char *step;
    enum step_place place;
} places[] = {
    {{{.step = NULL}}, "e2e/test", STEP_UNKNOWN},
    {{{.step = "e2e/test"}}, "", STEP_UNKNOWN},
    {{{.step = "e2e/test"}}, "e2e/test", STEP_FAILS},
    {{{.step = "e2e/test"}}, "e2e-test", STEP_FAILS},
    {{{.step = "e2e/test"}}, "e2e/install", STEP_PASSES},
    {{{.step = "unit"}}, "e2e/install", STEP_PASSES},
    /* Its test failed, and nobody says which of its steps. */
    {{{.step = "e2e"}}, "e2e/install", STEP_UNKNOWN},
    {{{.step = "e2e"}, {.step = "e2e/test"}}, "e2e/install", STEP_PASSES},
    {{{.step = "e2e"}, {.step = "e2e-test"}}, "e2e/install", STEP_PASSES},
    {{{.step = "e2e"}, {.step = "e2e2-test"}}, "e2e/install", STEP_UNKNOWN},
};

static void a_step_fails_passes_or_nobody_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        struct result r;
        struct finding room[MOST];
        struct steps s;
        struct err err = {0};
        say(&r, room, places[i].said, MOST);
        assert_true(steps_init(&s, &r, &err));
        if (steps_place(&s, sv_of(places[i].step)) != places[i].place)
            fail_msg("place %zu, %s", i, places[i].step);
        steps_done(&s);
    }
}

static void steps_past_the_limit_are_left_out_and_do_no_harm(void **state)
{
    enum { COUNT = STEPS_KEPT + 10 };
    static char texts[COUNT][16];
    static struct finding findings[COUNT + 1];
    struct result r = {.findings = findings, .finding_count = COUNT + 1};
    struct steps s;
    struct err err = {0};
    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        (void)snprintf(texts[i], sizeof(texts[i]), "e2e/s%zu", i);
        findings[i] = (struct finding){.step = sv_of(texts[i]), .authority = AUTHORITY_STEP};
    }
    findings[COUNT] = findings[0]; /* known already: its phase still counts */
    findings[COUNT].phase = PHASE_TEST;
    assert_true(steps_init(&s, &r, &err));
    assert_int_equal(s.count, STEPS_KEPT);
    assert_int_equal(s.failed[0].phase, PHASE_TEST);
    assert_int_equal(steps_place(&s, SV("e2e/s255")), STEP_FAILS);
    steps_done(&s);
}

static void without_memory_it_is_an_error(void **state)
{
    struct result r;
    struct finding room[MOST];
    struct steps s;
    struct err err = {0};
    (void)state;
    say(&r, room, builds[1].said, MOST);
    torture_arm(0);
    const bool ok = steps_init(&s, &r, &err);
    const bool fired = torture_fired();
    torture_disarm();
    if (fired) {
        assert_false(ok);
        assert_int_equal(err.code, ERR_NOMEM);
    }
    steps_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_is_told_once_with_its_phase),
        cmocka_unit_test(what_a_step_is_for_is_in_its_name),
        cmocka_unit_test(what_was_told_of_a_phase_beats_the_name),
        cmocka_unit_test(a_step_fails_passes_or_nobody_says),
        cmocka_unit_test(steps_past_the_limit_are_left_out_and_do_no_harm),
        cmocka_unit_test(without_memory_it_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
