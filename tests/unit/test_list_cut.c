#include "check.h"

#include "source/list_cut.h"
#include "torture.h"

#include <stdio.h>

#define COUNT_OF_ARRAY(a) (sizeof(a) / sizeof((a)[0]))

/* Ids 1 to 7 in the list's order; times are hours. */
static const struct build builds[] = {
    {.id = SV_INIT("1"),
     .job = SV_INIT("ja"),
     .type = TYPE_PERIODIC,
     .state = STATE_SUCCESS,
     .started_ms = 10},
    {.id = SV_INIT("2"),
     .job = SV_INIT("jb"),
     .type = TYPE_PERIODIC,
     .state = STATE_FAILURE,
     .started_ms = 20},
    {.id = SV_INIT("3"),
     .job = SV_INIT("ja"),
     .type = TYPE_PRESUBMIT,
     .state = STATE_ERROR,
     .started_ms = 30},
    {.id = SV_INIT("4"),
     .job = SV_INIT("ja"),
     .type = TYPE_BATCH,
     .state = STATE_PENDING,
     .created_ms = 40},
    {.id = SV_INIT("5"), .job = SV_INIT("jb"), .state_text = SV_INIT("parked"), .started_ms = 50},
    {.id = SV_INIT("6"), .job = SV_INIT("kc")},
    {.id = SV_INIT("7"),
     .job = SV_INIT("kc"),
     .type = TYPE_POSTSUBMIT,
     .state = STATE_ABORTED,
     .started_ms = 15},
};

static void fill(struct build_list *l)
{
    struct err err = {0};
    build_list_init(l, 0);
    for (size_t i = 0; i < COUNT_OF_ARRAY(builds); i++)
        assert_true(build_list_add(l, &builds[i], &err));
}

static void ids_of(const struct build_list *l, char *text)
{
    size_t len = 0;
    for (size_t i = 0; i < l->count; i++)
        len += (size_t)sprintf(text + len, "%.*s", SV_ARG(l->builds[i].id));
    text[len] = '\0';
}

#define NONE                                                                                       \
    {                                                                                              \
        .id = { 0 }                                                                                \
    }
#define WORDS(name, ...) static const struct sv name[] = {__VA_ARGS__}
WORDS(globs, SV_INIT("ja"), SV_INIT("k*"));
WORDS(failed, SV_INIT("failed"), SV_INIT("error"));
WORDS(running, SV_INIT("running"));
WORDS(unknown, SV_INIT("unknown"));
WORDS(pending, SV_INIT("pending"));
WORDS(periodic, SV_INIT("periodic"));
WORDS(wrong, SV_INIT("failed"), SV_INIT("sucess"));

static const struct {
    struct list_cut cut;
    const char *left;
} cuts[] = {
    {{0}, "1234567"},
    {{.since_ms = 20}, "23456"},
    {{.until_ms = 20}, "167"},
    {{.since_ms = 15, .until_ms = 41}, "23467"},
    {{.jobs = globs, .job_count = 2}, "13467"},
    {{.types = periodic, .type_count = 1}, "1256"}, /* 5 and 6 do not say their type */
    {{.states = pending, .state_count = 1}, "46"},
    {{.results = failed, .result_count = 2}, "236"},
    {{.results = running, .result_count = 1}, "46"},
    {{.results = unknown, .result_count = 1}, "56"},
    {{.last = 1}, "457"},
    {{.last = 2}, "234567"},
    {{.limit = 3}, "123"},
    {{.last = 1, .limit = 2}, "45"},
    {{.last = 1, .until_ms = 40}, "237"},
    {{.last = 100, .limit = 100}, "1234567"},
};

static void cuts_leave_what_they_must_in_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF_ARRAY(cuts); i++) {
        struct build_list l;
        struct err err = {0};
        char text[20];
        fill(&l);
        assert_true(list_cut_apply(&cuts[i].cut, &l, &err));
        ids_of(&l, text);
        if (strcmp(text, cuts[i].left) != 0)
            fail_msg("cut %zu leaves %s", i, text);
        build_list_done(&l);
    }
}

static void ids_tell_the_time_when_nothing_else_does(void **state)
{
    const struct build b = {.id = SV_INIT("1506481143975776256")}; /* 2022-03-23T04:01:08.447Z */
    struct list_cut cut = {.since_ms = 1648008068447};
    bool open = true;
    (void)state;
    assert_true(list_cut_passes(&cut, &b, &open));
    assert_false(open);
    cut.since_ms++;
    assert_false(list_cut_passes(&cut, &b, NULL));
    cut = (struct list_cut){.until_ms = 1648008068447};
    assert_false(list_cut_passes(&cut, &b, NULL));
}

static void what_a_list_does_not_say_is_decided_later(void **state)
{
    static const struct {
        struct list_cut cut;
        struct build listed;
        bool open;
        struct build read;
        enum outcome outcome;
        bool taken;
    } cases[] = {
        {{.results = failed, .result_count = 2}, NONE, true, NONE, OUTCOME_FAILED, true},
        {{.results = failed, .result_count = 2}, NONE, true, NONE, OUTCOME_PASSED, false},
        {{.results = failed, .result_count = 2}, NONE, true, NONE, OUTCOME_UNKNOWN, false},
        {{.results = failed, .result_count = 2},
         {.state = STATE_FAILURE},
         false,
         NONE,
         OUTCOME_FAILED,
         true},
        {{.states = pending, .state_count = 1}, NONE, true, NONE, OUTCOME_RUNNING, true},
        {{.states = pending, .state_count = 1},
         NONE,
         true,
         {.state = STATE_PENDING},
         OUTCOME_FAILED,
         true},
        {{.states = pending, .state_count = 1},
         NONE,
         true,
         {.state = STATE_ERROR},
         OUTCOME_RUNNING,
         false},
        {{.types = periodic, .type_count = 1},
         NONE,
         true,
         {.type = TYPE_PERIODIC},
         OUTCOME_PASSED,
         true},
        {{.types = periodic, .type_count = 1}, NONE, true, NONE, OUTCOME_PASSED, false},
        {{.since_ms = 5}, NONE, true, {.started_ms = 4}, OUTCOME_PASSED, false},
        {{.since_ms = 5}, NONE, true, {.started_ms = 5}, OUTCOME_PASSED, true},
        {{.since_ms = 5}, NONE, true, NONE, OUTCOME_PASSED, true}, /* nobody knows */
        {{.last = 1}, NONE, false, NONE, OUTCOME_PASSED, true},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF_ARRAY(cases); i++) {
        bool open = !cases[i].open;
        assert_true(list_cut_passes(&cases[i].cut, &cases[i].listed, &open));
        if (open != cases[i].open ||
            list_cut_takes(&cases[i].cut, &cases[i].read, cases[i].outcome) != cases[i].taken)
            fail_msg("case %zu", i);
    }
}

static void words_that_are_none_are_refused(void **state)
{
    static const struct {
        struct list_cut cut;
        const char *where, *why;
    } refused[] = {
        {{.states = wrong, .state_count = 2}, "--state", "\"failed\" is none of scheduling, "},
        {{.results = wrong, .result_count = 2},
         "--result",
         "\"sucess\" is none of passed, failed, "},
        {{.types = unknown, .type_count = 1}, "--type", "\"unknown\" is none of presubmit, "},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF_ARRAY(refused); i++) {
        struct err err = {0};
        assert_false(list_cut_check(&refused[i].cut, &err));
        assert_int_equal(err.code, ERR_USAGE);
        assert_string_equal(err.where, refused[i].where);
        assert_non_null(strstr(err.why, refused[i].why));
    }
    for (size_t i = 0; i < COUNT_OF_ARRAY(cuts); i++) {
        struct err err = {0};
        assert_true(list_cut_check(&cuts[i].cut, &err));
    }
}

static void no_memory_leaves_the_list_whole(void **state)
{
    const struct list_cut cut = {.last = 1};
    (void)state;
    for (unsigned long n = 0;; n++) {
        struct build_list l;
        struct err err = {0};
        fill(&l);
        torture_arm(n);
        const bool ok = list_cut_apply(&cut, &l, &err);
        torture_disarm();
        const size_t count = l.count;
        build_list_done(&l);
        if (!torture_fired()) {
            assert_true(ok);
            assert_int_equal(count, 3);
            return;
        }
        assert_false(ok);
        assert_int_equal(err.code, ERR_NOMEM);
        assert_int_equal(count, COUNT_OF_ARRAY(builds));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cuts_leave_what_they_must_in_order),
        cmocka_unit_test(ids_tell_the_time_when_nothing_else_does),
        cmocka_unit_test(what_a_list_does_not_say_is_decided_later),
        cmocka_unit_test(words_that_are_none_are_refused),
        cmocka_unit_test(no_memory_leaves_the_list_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
