#include "check.h"

#include "source/plan.h"
#include "torture.h"

#include <stdio.h>

#define COUNT_OF_ARRAY(a) (sizeof(a) / sizeof((a)[0]))

static const struct plan_file build[] = {
    {SV_INIT("prowjob.json"), 5},
    {SV_INIT("build-log.txt"), 100},
    {SV_INIT("sidecar-build-log.txt"), 10},
    {SV_INIT("clone-log.txt"), 1},
    {SV_INIT("artifacts/ci-operator.log"), 50},
    {SV_INIT("artifacts/ci-operator-step-graph.json"), 3},
    {SV_INIT("artifacts/junit_operator.xml"), 7},
    {SV_INIT("artifacts/e2e/gather-extra/artifacts/junit_x.xml"), 7},
    {SV_INIT("artifacts/e2e/gather-extra/build-log.txt"), 2},
    {SV_INIT("artifacts/e2e/gather-extra/finished.json"), 2},
    {SV_INIT("artifacts/e2e/install/build-log.txt"), 2},
    {SV_INIT("artifacts/e2e/install/finished.json"), 2},
    {SV_INIT("artifacts/e2e/test/build-log.txt"), 2},
    {SV_INIT("artifacts/e2e/test/artifacts/pod.log"), 9},
    {SV_INIT("artifacts/e2e/test/artifacts/junit/TEST-a.xml"), 2},
    {SV_INIT("artifacts/must-gather.tar"), 1000},
};
static const struct sv pods[] = {SV_INIT("artifacts/**/pod.log")};

static const struct {
    struct plan_options options;
    enum outcome outcome;
    const char *plan;
    uint64_t left_out;
} plans[] = {
    /* A step that left no finished.json was killed: its log comes before those of the others. */
    {{0},
     OUTCOME_FAILED,
     "artifacts/ci-operator-step-graph.json artifacts/e2e/install/finished.json "
     "artifacts/e2e/gather-extra/finished.json build-log.txt sidecar-build-log.txt "
     "artifacts/e2e/test/artifacts/junit/TEST-a.xml artifacts/junit_operator.xml "
     "artifacts/e2e/test/build-log.txt artifacts/e2e/install/build-log.txt "
     "artifacts/e2e/gather-extra/build-log.txt clone-log.txt ",
     0},
    {{0},
     OUTCOME_PASSED,
     "artifacts/ci-operator-step-graph.json artifacts/e2e/install/finished.json "
     "artifacts/e2e/gather-extra/finished.json artifacts/e2e/test/artifacts/junit/TEST-a.xml "
     "artifacts/junit_operator.xml ",
     0},
    {{.documents_only = true},
     OUTCOME_FAILED,
     "artifacts/ci-operator-step-graph.json artifacts/e2e/install/finished.json "
     "artifacts/e2e/gather-extra/finished.json artifacts/junit_operator.xml ",
     0},
    /* Main logs that are small are as good as documents; those of steps are not asked for. */
    {{.documents_only = true, .small_log = 99},
     OUTCOME_FAILED,
     "artifacts/ci-operator-step-graph.json artifacts/e2e/install/finished.json "
     "artifacts/e2e/gather-extra/finished.json sidecar-build-log.txt artifacts/junit_operator.xml ",
     0},
    {{.documents_only = true, .globs = pods, .glob_count = 1},
     OUTCOME_PASSED,
     "artifacts/ci-operator-step-graph.json artifacts/e2e/install/finished.json "
     "artifacts/e2e/gather-extra/finished.json artifacts/junit_operator.xml "
     "artifacts/e2e/test/artifacts/pod.log ",
     0},
    {{.max_files = 4},
     OUTCOME_FAILED,
     "artifacts/ci-operator-step-graph.json artifacts/e2e/install/finished.json "
     "artifacts/e2e/gather-extra/finished.json build-log.txt ",
     7},
    /* What does not fit is left out, what is smaller and comes later is not. */
    {{.max_bytes = 20},
     OUTCOME_FAILED,
     "artifacts/ci-operator-step-graph.json artifacts/e2e/install/finished.json "
     "artifacts/e2e/gather-extra/finished.json sidecar-build-log.txt "
     "artifacts/e2e/test/artifacts/junit/TEST-a.xml clone-log.txt ",
     5},
};

static bool choose(size_t i, char *text, uint64_t *left_out, struct err *err)
{
    struct arena a;
    struct plan_item *items = NULL;
    size_t count = 0, len = 0;
    arena_init(&a, 1 << 20);
    const struct plan_build it = {
        .outcome = plans[i].outcome, .files = build, .file_count = COUNT_OF_ARRAY(build)};
    const bool ok = plan_choose(&plans[i].options, &it, &a, &items, &count, left_out, err);
    for (size_t k = 0; ok && k < count; k++)
        len += (size_t)sprintf(text + len, "%.*s ", SV_ARG(items[k].path));
    arena_done(&a);
    return ok;
}

static void what_is_read_depends_on_the_outcome(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF_ARRAY(plans); i++) {
        char text[2000] = "";
        uint64_t left_out = 99;
        struct err err = {0};
        assert_true(choose(i, text, &left_out, &err));
        assert_string_equal(text, plans[i].plan);
        assert_int_equal(left_out, plans[i].left_out);
    }
}

static void all_logs_of_a_passing_build_are_read_when_asked(void **state)
{
    struct arena a;
    struct plan_item *items;
    size_t count;
    uint64_t left_out;
    struct err err = {0};
    const struct plan_options options = {.all = true};
    (void)state;
    arena_init(&a, 1 << 20);
    struct plan_build it = {
        .outcome = OUTCOME_PASSED, .files = build, .file_count = COUNT_OF_ARRAY(build)};
    assert_true(plan_choose(&options, &it, &a, &items, &count, &left_out, &err));
    assert_int_equal(count, 11);
    it.file_count = 0;
    assert_true(plan_choose(&options, &it, &a, &items, &count, &left_out, &err));
    assert_int_equal(count, 0);
    arena_done(&a);
}

static void logs_of_failed_steps_come_first_once_they_are_known(void **state)
{
    static const struct plan_file steps[] = {
        {SV_INIT("artifacts/e2e/a-setup/build-log.txt"), 1},
        {SV_INIT("artifacts/e2e/a-setup/finished.json"), 1},
        {SV_INIT("artifacts/e2e/b-test/build-log.txt"), 1},
        {SV_INIT("artifacts/e2e/b-test/finished.json"), 1},
        {SV_INIT("artifacts/e2e/cleanup/build-log.txt"), 1},
        {SV_INIT("artifacts/e2e/cleanup/finished.json"), 1},
        {SV_INIT("artifacts/e2e/destroy/build-log.txt"), 1},
        {SV_INIT("artifacts/e2e/destroy/finished.json"), 1},
    };
    static const char *const order[] = {"b-test", "destroy", "a-setup", "cleanup"};
    struct arena a;
    struct strmap failed;
    struct plan_item *items;
    size_t count;
    uint64_t left_out;
    struct err err = {0};
    const struct plan_build it = {.outcome = OUTCOME_FAILED,
                                  .files = steps,
                                  .file_count = COUNT_OF_ARRAY(steps),
                                  .failed_steps = &failed};
    (void)state;
    arena_init(&a, 1 << 20);
    strmap_init(&failed, 1 << 20);
    assert_non_null(strmap_put(&failed, SV("e2e/b-test"), NULL, &err));
    assert_non_null(strmap_put(&failed, SV("e2e/destroy"), NULL, &err));
    assert_true(plan_choose(&(struct plan_options){0}, &it, &a, &items, &count, &left_out, &err));
    assert_int_equal(count, 8);
    for (size_t i = 0; i < 4; i++)
        assert_non_null(strstr(items[4 + i].path.ptr, order[i]));
    strmap_done(&failed);
    arena_done(&a);
}

static void a_file_that_is_listed_twice_is_read_once(void **state)
{
    static const struct plan_file twice[] = {{SV_INIT("build-log.txt"), 1},
                                             {SV_INIT("build-log.txt"), 1}};
    struct arena a;
    struct plan_item *items;
    size_t count;
    uint64_t left_out;
    struct err err = {0};
    (void)state;
    arena_init(&a, 1 << 20);
    const struct plan_build it = {.outcome = OUTCOME_FAILED, .files = twice, .file_count = 2};
    assert_true(plan_choose(&(struct plan_options){0}, &it, &a, &items, &count, &left_out, &err));
    assert_int_equal(count, 1);
    assert_int_equal(left_out, 0);
    arena_done(&a);
}

static void documents_can_be_asked_for_without_a_listing(void **state)
{
    struct plan_item items[8];
    (void)state;
    assert_int_equal(plan_documents(&(struct plan_options){0}, items, 8), 5);
    assert_true(sv_equal(items[0].path, SV("prowjob.json")));
    assert_true(sv_equal(items[2].path, SV("finished.json")));
    assert_true(items[4].optional);
    assert_int_equal(plan_documents(&(struct plan_options){0}, items, 2), 2);
}

static void no_memory_is_an_error(void **state)
{
    (void)state;
    for (unsigned long n = 0;; n++) {
        char text[2000];
        uint64_t left_out;
        struct err err = {0};
        torture_arm(n);
        const bool ok = choose(0, text, &left_out, &err);
        torture_disarm();
        if (!torture_fired()) {
            assert_true(ok);
            return;
        }
        assert_false(ok);
        assert_int_equal(err.code, ERR_NOMEM);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_read_depends_on_the_outcome),
        cmocka_unit_test(all_logs_of_a_passing_build_are_read_when_asked),
        cmocka_unit_test(logs_of_failed_steps_come_first_once_they_are_known),
        cmocka_unit_test(a_file_that_is_listed_twice_is_read_once),
        cmocka_unit_test(documents_can_be_asked_for_without_a_listing),
        cmocka_unit_test(no_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
