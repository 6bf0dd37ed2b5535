#include "check.h"

#include "piping.h"

#define FAILED "{\"timestamp\":1700000000,\"passed\":false,\"result\":\"FAILURE\"}"
#define PASSED "{\"timestamp\":1700000000,\"passed\":true,\"result\":\"SUCCESS\"}"

static void make(const char *id, bool passed, const char *log)
{
    char path[100];
    (void)snprintf(path, sizeof(path), "%s/finished.json", id);
    piping_write(path, passed ? PASSED : FAILED);
    (void)snprintf(path, sizeof(path), "%s/build-log.txt", id);
    piping_write(path, log);
    piping_add_local(id, passed ? STATE_SUCCESS : STATE_FAILURE);
}

static void add_bare(const char *job, const char *id, enum build_state state, enum store store)
{
    char key[64];
    (void)snprintf(key, sizeof(key), "logs/%s/%s", job, id);
    piping_add(&(struct build){.id = sv_of(id),
                               .job = sv_of(job),
                               .state = state,
                               .store = store,
                               .bucket = store == STORE_GS ? SV("bkt") : SV(""),
                               .key = store == STORE_GS ? sv_of(key) : SV("")});
}

/* ---- which build is passing ---- */

static void the_next_older_passing_build_of_the_job_is_taken_else_the_next_newer(void **state)
{
    static const struct {
        const char *job, *id;
        enum build_state state;
        enum store store;
        uint64_t passing; /* 9: none */
    } list[] = {
        {"a", "1", STATE_FAILURE, STORE_GS, 2},
        {"b", "2", STATE_SUCCESS, STORE_GS, 9}, /* its own job has no other */
        {"a", "3", STATE_SUCCESS, STORE_GS, 6}, /* older ones come behind */
        {"a", "4", STATE_FAILURE, STORE_GS, 6},
        {"b", "5", STATE_FAILURE, STORE_GS, 1}, /* only a newer one */
        {"c", "6", STATE_FAILURE, STORE_GS, 9},
        {"a", "7", STATE_SUCCESS, STORE_GS, 2},
        {"c", "8", STATE_SUCCESS, STORE_NONE, 9}, /* has no files */
    };
    struct err err = {0};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(list); i++)
        add_bare(list[i].job, list[i].id, list[i].state, list[i].store);
    assert_int_equal(piped.list.count, COUNT_OF(list));
    assert_true(baselines_init(&piped.p, &err));
    for (size_t i = 0; i < COUNT_OF(list); i++) {
        const uint64_t wanted = list[i].passing == 9 ? COUNT_OF(list) : list[i].passing;
        if (piped.p.passing[i] != wanted)
            fail_msg("build %s: %d", list[i].id, (int)piped.p.passing[i]);
    }
    baselines_free(&piped.p);
}

static void nothing_is_looked_for_when_it_is_not_wanted(void **state)
{
    struct err err = {0};
    (void)state;
    assert_true(baselines_init(&piped.p, &err)); /* an empty list */
    assert_null(piped.p.passing);
    add_bare("a", "1", STATE_SUCCESS, STORE_GS);
    piped.options.no_baseline = true;
    assert_true(baselines_init(&piped.p, &err));
    assert_null(piped.p.passing);
    baselines_free(&piped.p);
}

/* ---- what it takes away ---- */

static void what_a_passing_build_printed_too_is_no_news(void **state)
{
    (void)state;
    make("1", false, "ERROR: the usual one after 12.5s\nERROR: strange thing\n");
    make("2", true, "ERROR: the usual one after 3.1s\n"); /* the same but for its time */
    piping_run();
    assert_int_equal(piped.count, 2);
    assert_int_equal(piped.builds[0].basis, BASIS_ERROR_LINES);
    assert_string_equal(piped.builds[0].excerpt, "ERROR: strange thing");
    piped.options.no_baseline = true;
    piping_run();
    assert_string_equal(piped.builds[0].excerpt, "ERROR: the usual one after 12.5s");
}

static void a_passing_log_is_read_once_for_all_that_ask(void **state)
{
    static const char log[] = "ERROR: the usual one\nERROR: strange thing\n";
    (void)state;
    make("1", false, log);
    make("2", false, log);
    make("3", false, log);
    PAGES({.path = "/bkt/logs/j/9/build-log.txt", .body = SV_INIT("ERROR: the usual one\n")},
          {.path = "/bkt/logs/j/9/finished.json", .body = SV_INIT(PASSED)});
    piping_add_remote("9", STATE_SUCCESS);
    piping_run();
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(piped.builds[i].excerpt, "ERROR: strange thing");
    assert_int_equal(serving_asked(0), 1); /* the build itself passed: its log is not read */
}

static void without_the_log_of_the_passing_build_all_counts(void **state)
{
    (void)state;
    make("1", false, "ERROR: the usual one\nERROR: strange thing\n");
    piping_add_local("gone", STATE_SUCCESS);
    piping_run();
    assert_string_equal(piped.builds[0].excerpt, "ERROR: the usual one");
    assert_string_equal(piped.builds[0].problems, ""); /* it is no problem of this build */
}

static void a_build_that_a_stop_ended_does_not_ask(void **state)
{
    static atomic_int stop;
    struct err err = {0};
    (void)state;
    make("1", false, "ERROR: the usual one\n");
    make("2", true, "ERROR: the usual one\n");
    piping_begin();
    assert_true(job_start(&piped.p, &piped.list.builds[0], 0, &err));
    struct task *first = piped.p.first;
    struct job *job = ((struct body *)first)->job;
    piped.options.stop = &stop;
    atomic_store(&stop, 1);
    assert_false(baseline_ask(job));
    atomic_store(&stop, 0);
    assert_null(baseline_normal(job));
    piped.list.count = 1;
    while (piped.p.written < 1) {
        struct task *task = piping_take();
        task->run(&piped.p, task);
    }
    piped.list.count = 2;
    piping_end();
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, piping_open, piping_close)
    const struct CMUnitTest tests[] = {
        CASE(the_next_older_passing_build_of_the_job_is_taken_else_the_next_newer),
        CASE(nothing_is_looked_for_when_it_is_not_wanted),
        CASE(what_a_passing_build_printed_too_is_no_news),
        CASE(a_passing_log_is_read_once_for_all_that_ask),
        CASE(without_the_log_of_the_passing_build_all_counts),
        CASE(a_build_that_a_stop_ended_does_not_ask),
    };
    return cmocka_run_group_tests(tests, piping_load, piping_unload);
}
