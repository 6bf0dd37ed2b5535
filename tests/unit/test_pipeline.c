#include "check.h"

#include "run/pipeline.h"

#include "run/triggers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whole runs over folders on disk; tests/net/test_world.py has those over HTTP. */

enum { MANY = 60, MAX_SEEN = 200 };

static char top[] = "/tmp/prowl-pipeline-XXXXXX";
static struct ruleset *rules;
static const struct log quiet = {.fd = 2, .quiet = true};
static const struct endpoints endpoints = {.gcs = SV_INIT("https://storage.googleapis.com"),
                                           .spyglass = SV_INIT("https://prow.example/view")};
static const struct inflate_options inflate = {0};
static const struct plan_options plan = {0};

static const char pack[] = "pack: p\n"
                           "rules:\n"
                           "  - id: p.broken\n"
                           "    cause: compile/p\n"
                           "    any: ['^BROKEN (?<what>\\S+)$']\n"
                           "    summary: '{what} is broken'\n"
                           "    examples:\n"
                           "      match: ['BROKEN x']\n"
                           "      no_match: ['UNBROKEN']\n";

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    (void)fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static void make_build(const char *name, bool passed, const char *log)
{
    char path[200], text[200];
    (void)snprintf(path, sizeof(path), "%s/%s", top, name);
    assert_int_equal(mkdir(path, 0755), 0);
    (void)snprintf(path, sizeof(path), "%s/%s/finished.json", top, name);
    (void)snprintf(text, sizeof(text), "{\"timestamp\":1709287260,\"passed\":%s,\"result\":\"%s\"}",
                   passed ? "true" : "false", passed ? "SUCCESS" : "FAILURE");
    write_file(path, text);
    (void)snprintf(path, sizeof(path), "%s/%s/build-log.txt", top, name);
    write_file(path, log);
}

static void make_folder(const char *path)
{
    char whole[200];
    (void)snprintf(whole, sizeof(whole), "%s/%s", top, path);
    assert_int_equal(mkdir(whole, 0755), 0);
}

/* Builds m0 … of which every third passed; their logs differ in length, so that they end out of
 * order. */
static void make_many(void)
{
    static char log[MANY * 200];
    for (size_t i = 0; i < MANY; i++) {
        char name[32];
        size_t at = 0;
        for (size_t k = 0; k < (MANY - i) * 7; k++)
            at += (size_t)snprintf(log + at, sizeof(log) - at, "line %zu\n", k);
        (void)snprintf(log + at, sizeof(log) - at, "BROKEN part%zu\n", i);
        (void)snprintf(name, sizeof(name), "m%zu", i);
        make_build(name, i % 3 == 0, log);
    }
}

static int make_world(void **state)
{
    static struct triggers triggers;
    struct err err = {0};
    (void)state;
    if (mkdtemp(top) == NULL || !triggers_init(&triggers, &err))
        return -1;
    const struct pack_text text = {.name = SV_INIT("p.yaml"), .text = sv_of(pack)};
    const struct ruleset_options options = {.packs = &text,
                                            .pack_count = 1,
                                            .triggers = triggers.patterns,
                                            .trigger_count = triggers.count};
    if (!ruleset_load(&options, &rules, &err)) {
        print_error("%s: %s\n", err.where, err.why);
        return -1;
    }
    make_many();
    make_build("fine", true, "ERROR: the usual one\n");
    for (size_t i = 0; i < 5; i++) {
        char name[32], log[100];
        (void)snprintf(name, sizeof(name), "odd%zu", i);
        (void)snprintf(log, sizeof(log), "ERROR: the usual one\nERROR: strange thing %zu\n", i);
        make_build(name, false, log);
    }
    make_build("newer", true, "ERROR: strange thing 0\n");
    make_folder("locked");
    make_folder("locked/finished.json");
    make_folder("locked/build-log.txt");
    return 0;
}

static int remove_world(void **state)
{
    char command[100];
    (void)state;
    ruleset_free(rules);
    (void)snprintf(command, sizeof(command), "rm -rf %s", top);
    return system(command);
}

/* ---- a run and what it gave ---- */

struct run {
    char text[MAX_SEEN][160]; /* a line a result */
    size_t seen, calls;
    bool sorted;
    size_t stop_at, fail_at; /* 0: never */
    atomic_int stop;
    struct report_totals totals;
    struct err err;
    bool ok;
};

static bool on_result(void *user, const struct result *r, struct err *err)
{
    struct run *run = user;
    run->calls++;
    if (run->fail_at == run->calls)
        return err_why(err, ERR_IO, "the disk is full");
    run->sorted = run->sorted && (run->seen == 0 || r->order >= run->seen);
    assert_true(run->seen < MAX_SEEN);
    (void)snprintf(run->text[run->seen++], sizeof(run->text[0]), "%.*s %s %s %llu %.*s%s",
                   SV_ARG(r->build.id), outcome_name(r->verdict.outcome),
                   r->verdict.kind != KIND_UNKNOWN ? cause_kind_name(r->verdict.kind) : "-",
                   (unsigned long long)r->verdict.line, SV_ARG(sv_head(r->verdict.excerpt, 40)),
                   r->problem_count > 0 && r->problems[0].fatal ? " FATAL" : "");
    if (run->stop_at == run->seen)
        atomic_store(&run->stop, 1);
    return true;
}

static void add_folder(struct build_list *list, const char *name, enum build_state state)
{
    char path[200];
    struct err err = {0};
    (void)snprintf(path, sizeof(path), "%s/%s", top, name);
    const struct build build = {.id = sv_of(name),
                                .job = SV_INIT("j"),
                                .provider = SV_INIT("folder"),
                                .store = STORE_FOLDER,
                                .state = state,
                                .key = sv_of(path)};
    assert_true(build_list_add(list, &build, &err));
}

static void add_many(struct build_list *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char name[32];
        (void)snprintf(name, sizeof(name), "m%zu", i);
        add_folder(list, name, STATE_UNKNOWN);
    }
}

static void start(struct run *run, const struct build_list *list, struct run_options options)
{
    const struct pipeline_calls calls = {.emit = on_result, .user = run};
    options.endpoints = &endpoints;
    options.plan = &plan;
    options.inflate = &inflate;
    options.rules = rules;
    options.log = &quiet;
    options.now_ms = 1709290000000;
    options.stop = &run->stop;
    run->sorted = true;
    run->ok = pipeline_run(&options, list, &calls, &run->totals, &run->err);
}

static void list_of(struct build_list *list)
{
    build_list_init(list, 0);
}

/* ---- tests ---- */

static void results_come_in_the_order_of_the_list_at_any_number_of_threads(void **state)
{
    static const struct run_options shapes[] = {
        {.workers = 1}, {.workers = 8}, {.workers = 8, .window = 1}, {.workers = 3, .window = 2}};
    static struct run first, again;
    struct build_list list;
    (void)state;
    list_of(&list);
    add_many(&list, MANY);
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        again = (struct run){0};
        start(&again, &list, shapes[i]);
        assert_true(again.ok && again.sorted);
        assert_int_equal(again.seen, MANY);
        if (i == 0)
            first = again;
        assert_memory_equal(again.text, first.text, sizeof(first.text));
    }
    assert_string_equal(first.text[0], "m0 passed - 0 ");
    assert_string_equal(first.text[1], "m1 failed compile 414 BROKEN part1");
    assert_string_equal(first.text[59], "m59 failed compile 8 BROKEN part59");
    build_list_done(&list);
}

static void totals_add_up(void **state)
{
    static struct run run;
    struct build_list list;
    (void)state;
    list_of(&list);
    add_many(&list, MANY);
    start(&run, &list, (struct run_options){.workers = 4});
    assert_int_equal(run.totals.builds, MANY);
    assert_int_equal(run.totals.reported, MANY);
    assert_int_equal(run.totals.outcomes[OUTCOME_PASSED], MANY / 3);
    assert_int_equal(run.totals.outcomes[OUTCOME_FAILED], MANY - MANY / 3);
    assert_int_equal(run.totals.kinds[KIND_COMPILE], MANY - MANY / 3);
    assert_false(run.totals.incomplete);
    build_list_done(&list);
}

static void a_list_without_builds_is_a_run(void **state)
{
    static struct run run;
    struct build_list list;
    (void)state;
    list_of(&list);
    start(&run, &list, (struct run_options){.workers = 2});
    assert_true(run.ok);
    assert_int_equal(run.calls, 0);
    assert_false(run.totals.incomplete);
    build_list_done(&list);
}

static void a_stop_in_the_middle_keeps_what_was_done(void **state)
{
    static struct run run;
    struct build_list list;
    (void)state;
    list_of(&list);
    add_many(&list, MANY);
    for (unsigned workers = 1; workers <= 8; workers += 7) {
        run = (struct run){.stop_at = 5};
        start(&run, &list, (struct run_options){.workers = workers, .window = 4});
        assert_true(run.ok && run.sorted);
        assert_true(run.totals.incomplete);
        /* Those on their way end as they are; no others begin. */
        assert_true(run.seen >= 5 && run.seen <= 5 + 2 * 4);
        assert_int_equal(run.totals.reported, run.seen);
        assert_string_equal(run.text[4], "m4 failed compile 393 BROKEN part4");
    }
    build_list_done(&list);
}

static void a_stop_before_the_start_reads_nothing(void **state)
{
    static struct run run;
    struct build_list list;
    (void)state;
    list_of(&list);
    add_many(&list, MANY);
    atomic_store(&run.stop, 1);
    start(&run, &list, (struct run_options){.workers = 2});
    assert_true(run.ok && run.totals.incomplete);
    assert_int_equal(run.seen, 0);
    build_list_done(&list);
}

static void an_error_of_the_writer_ends_the_run_and_is_told_once(void **state)
{
    static struct run run;
    struct build_list list;
    (void)state;
    list_of(&list);
    add_many(&list, MANY);
    for (unsigned workers = 1; workers <= 8; workers += 7) {
        run = (struct run){.fail_at = 7};
        start(&run, &list, (struct run_options){.workers = workers});
        assert_false(run.ok);
        assert_int_equal(run.err.code, ERR_IO);
        assert_string_equal(run.err.why, "the disk is full");
        assert_int_equal(run.calls, 7);
    }
    build_list_done(&list);
}

static void a_build_that_cannot_be_read_is_a_result_and_stops_nobody(void **state)
{
    static struct run run;
    struct build_list list;
    (void)state;
    list_of(&list);
    add_many(&list, 2);
    add_folder(&list, "locked", STATE_FAILURE);
    add_folder(&list, "nowhere", STATE_FAILURE);
    add_folder(&list, "m2", STATE_UNKNOWN);
    start(&run, &list, (struct run_options){.workers = 8});
    assert_true(run.ok && run.sorted);
    assert_int_equal(run.seen, 5);
    assert_string_equal(run.text[2], "locked failed - 0  FATAL");
    assert_string_equal(run.text[3], "nowhere failed - 0 ");
    assert_string_equal(run.text[4], "m2 failed compile 407 BROKEN part2");
    assert_int_equal(run.totals.unreadable, 1);
    build_list_done(&list);
}

static void a_build_without_files_is_judged_by_the_list(void **state)
{
    static struct run run;
    struct build_list list;
    struct err err = {0};
    const struct build never = {.job = SV_INIT("j"),
                                .provider = SV_INIT("prow"),
                                .name = SV_INIT("uuid"),
                                .state = STATE_ERROR,
                                .description = SV_INIT("Pod scheduling timeout."),
                                .started_ms = 1709287200000};
    (void)state;
    list_of(&list);
    assert_true(build_list_add(&list, &never, &err));
    start(&run, &list, (struct run_options){.workers = 1});
    assert_true(run.ok);
    assert_string_equal(run.text[0], " error infra-node 0 Pod scheduling timeout.");
    build_list_done(&list);
}

static void what_a_passing_build_prints_too_is_no_cause(void **state)
{
    static struct run run;
    struct build_list list;
    (void)state;
    list_of(&list);
    for (size_t i = 0; i < 5; i++) {
        char name[32];
        (void)snprintf(name, sizeof(name), "odd%zu", i);
        add_folder(&list, name, STATE_FAILURE);
    }
    add_folder(&list, "fine", STATE_SUCCESS);
    for (unsigned workers = 1; workers <= 8; workers += 7) {
        run = (struct run){0};
        start(&run, &list, (struct run_options){.workers = workers});
        assert_true(run.ok && run.sorted);
        assert_int_equal(run.seen, 6);
        assert_string_equal(run.text[0], "odd0 failed - 2 ERROR: strange thing 0");
        assert_string_equal(run.text[4], "odd4 failed - 2 ERROR: strange thing 4");
    }
    run = (struct run){0};
    start(&run, &list, (struct run_options){.workers = 2, .no_baseline = true});
    assert_string_equal(run.text[0], "odd0 failed - 1 ERROR: the usual one");
    build_list_done(&list);
}

static void an_older_passing_build_comes_before_a_newer_one(void **state)
{
    static struct run run;
    struct build_list list;
    (void)state;
    list_of(&list);
    add_folder(&list, "newer", STATE_SUCCESS); /* prints what odd0 prints, and so hides it */
    add_folder(&list, "odd0", STATE_FAILURE);
    add_folder(&list, "fine", STATE_SUCCESS);
    start(&run, &list, (struct run_options){.workers = 2});
    assert_string_equal(run.text[1], "odd0 failed - 2 ERROR: strange thing 0");
    build_list_done(&list);
    list_of(&list);
    add_folder(&list, "newer", STATE_SUCCESS);
    add_folder(&list, "odd0", STATE_FAILURE);
    run = (struct run){0};
    start(&run, &list, (struct run_options){.workers = 2});
    assert_string_equal(run.text[1], "odd0 failed - 1 ERROR: the usual one");
    build_list_done(&list);
}

static void a_cut_by_result_is_made_when_the_result_is_known(void **state)
{
    static struct run run;
    const struct sv wanted = SV_INIT("passed");
    const struct list_cut cut = {.results = &wanted, .result_count = 1};
    struct build_list list;
    (void)state;
    list_of(&list);
    add_many(&list, 9);
    start(&run, &list, (struct run_options){.workers = 4, .cut = &cut});
    assert_int_equal(run.seen, 3);
    assert_int_equal(run.totals.builds, 3);
    assert_string_equal(run.text[2], "m6 passed - 0 ");
    build_list_done(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_come_in_the_order_of_the_list_at_any_number_of_threads),
        cmocka_unit_test(totals_add_up),
        cmocka_unit_test(a_list_without_builds_is_a_run),
        cmocka_unit_test(a_stop_in_the_middle_keeps_what_was_done),
        cmocka_unit_test(a_stop_before_the_start_reads_nothing),
        cmocka_unit_test(an_error_of_the_writer_ends_the_run_and_is_told_once),
        cmocka_unit_test(a_build_that_cannot_be_read_is_a_result_and_stops_nobody),
        cmocka_unit_test(a_build_without_files_is_judged_by_the_list),
        cmocka_unit_test(what_a_passing_build_prints_too_is_no_cause),
        cmocka_unit_test(an_older_passing_build_comes_before_a_newer_one),
        cmocka_unit_test(a_cut_by_result_is_made_when_the_result_is_known),
    };
    return cmocka_run_group_tests(tests, make_world, remove_world);
}
