#include "check.h"

#include "piping.h"

/* A build's way from stage to stage. */

#define AT "/bkt/logs/j/1/"
#define FAILED "{\"timestamp\":1700000000,\"passed\":false,\"result\":\"FAILURE\"}"
#define FAILED_NOW "{\"timestamp\":1700009999,\"passed\":false,\"result\":\"FAILURE\"}"
#define PASSED "{\"timestamp\":1700000000,\"passed\":true,\"result\":\"SUCCESS\"}"
#define LOG "fine\nERROR: it broke\n"
#define KEY(path) "<Contents><Key>logs/j/1/" path "</Key><Size>20</Size></Contents>"
#define LISTING "<ListBucketResult>" KEY("build-log.txt") KEY("big.bin") "</ListBucketResult>"
#define NO_LISTING                                                                                 \
    {                                                                                              \
        .path = "/bkt", .status = 403                                                              \
    }

static void assert_in(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("\"%s\" is not in:\n%s", part, text);
}

static size_t logged_at(const char *part)
{
    return sv_find(sv_of(serving_log()), sv_of(part));
}

static void run_one(enum build_state state)
{
    if (piped.list.count == 0)
        piping_add_remote("1", state);
    piping_run();
    assert_int_equal(piped.count, 1);
}

/* ---- stages ---- */

static const struct served failed_build[] = {
    {.path = AT "finished.json", .body = SV_INIT(FAILED)},
    {.path = AT "build-log.txt", .body = SV_INIT(LOG)},
    {.path = "/bkt", .body = SV_INIT(LISTING)},
};

static void documents_and_listing_come_before_the_files_that_they_choose(void **state)
{
    (void)state;
    serving_pages(failed_build, COUNT_OF(failed_build));
    run_one(STATE_UNKNOWN);
    assert_int_equal(server.requests, 5 + 1 + 1);
    assert_int_equal(serving_logged("big.bin"), 0);
    assert_true(logged_at("build-log.txt") > logged_at("finished.json"));
    assert_true(logged_at("build-log.txt") > logged_at("prefix="));
    assert_int_equal(piped.builds[0].outcome, OUTCOME_FAILED);
    assert_string_equal(piped.builds[0].excerpt, "ERROR: it broke");
    assert_string_equal(piped.builds[0].problems, "");
}

static void of_a_passed_build_the_log_is_not_read(void **state)
{
    (void)state;
    PAGES({.path = AT "finished.json", .body = SV_INIT(PASSED)},
          {.path = "/bkt", .body = SV_INIT(LISTING)});
    run_one(STATE_UNKNOWN);
    assert_int_equal(piped.builds[0].outcome, OUTCOME_PASSED);
    assert_int_equal(serving_logged("build-log.txt"), 0);
    assert_int_equal(serving_asked(1), 1);
    piped.plan.documents_only = true; /* then its listing is of no use */
    piping_run();
    assert_int_equal(serving_asked(1), 1);
}

static void without_files_or_by_the_list_alone_nothing_is_asked(void **state)
{
    (void)state;
    piped.options.deck_only = true;
    run_one(STATE_FAILURE);
    assert_int_equal(piped.builds[0].outcome, OUTCOME_FAILED);
    piped.options.deck_only = false;
    piping_add(&(struct build){.job = SV("k"), .id = SV("2"), .state = STATE_ABORTED});
    serving_pages(failed_build, COUNT_OF(failed_build));
    piping_run();
    assert_int_equal(piped.builds[1].outcome, OUTCOME_ABORTED);
    assert_int_equal(server.requests, 7); /* all of them of the first build */
}

/* ---- what the list says ---- */

static void the_list_counts_where_no_document_says_otherwise(void **state)
{
    static const struct {
        enum build_state listed;
        const char *finished; /* NULL: there is none */
        enum outcome outcome;
    } cases[] = {
        {STATE_FAILURE, NULL, OUTCOME_FAILED},   {STATE_SUCCESS, NULL, OUTCOME_PASSED},
        {STATE_PENDING, NULL, OUTCOME_RUNNING},  {STATE_ABORTED, NULL, OUTCOME_ABORTED},
        {STATE_ERROR, NULL, OUTCOME_ERROR},      {STATE_FAILURE, PASSED, OUTCOME_PASSED},
        {STATE_PENDING, FAILED, OUTCOME_FAILED},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char name[16], path[64];
        (void)snprintf(name, sizeof(name), "%zu", i);
        (void)snprintf(path, sizeof(path), "%s/finished.json", name);
        if (cases[i].finished != NULL)
            piping_write(path, cases[i].finished);
        piping_add_local(name, cases[i].listed);
    }
    piping_run();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (piped.builds[i].outcome != cases[i].outcome)
            fail_msg("case %zu: %s", i, outcome_name(piped.builds[i].outcome));
    }
}

static void the_lists_description_explains_a_build_that_left_nothing(void **state)
{
    struct build build = {.id = SV_INIT("1"),
                          .job = SV_INIT("j"),
                          .store = STORE_NONE,
                          .state = STATE_ERROR,
                          .description = SV_INIT("Pod scheduling timeout.")};
    (void)state;
    piping_add(&build);
    build.id = SV("2");
    build.state = STATE_FAILURE; /* this one says only that it failed */
    piping_add(&build);
    piping_run();
    assert_int_equal(piped.builds[0].basis, BASIS_RULE);
    assert_string_equal(piped.builds[0].excerpt, "Pod scheduling timeout.");
    assert_string_equal(piped.builds[0].files, "job list read\n");
    assert_int_equal(piped.builds[1].basis, BASIS_NO_EVIDENCE);
    assert_string_equal(piped.builds[1].files, "");
}

/* ---- single files ---- */

static void a_loose_file_is_a_log_or_a_report_by_its_name(void **state)
{
    static const struct {
        const char *name, *text, *problems;
        uint64_t lines;
    } cases[] = {
        {"a.log", "one\ntwo\n", "", 2},
        {"finished.json", "{}\n", "", 1}, /* alone it is just some text */
        {"report.xml", "<testsuite><testcase name='a'/></testsuite>", "", 0},
        {"other.xml", "<project/>", "other.xml: it holds no JUnit report\n", 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char path[100];
        piping_write(cases[i].name, cases[i].text);
        (void)snprintf(path, sizeof(path), "%s/%s", piped.scratch.path, cases[i].name);
        piping_add(&(struct build){
            .id = sv_of(cases[i].name), .job = SV("x"), .store = STORE_FILE, .key = sv_of(path)});
    }
    piping_run();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_string_equal(piped.builds[i].problems, cases[i].problems);
        assert_int_equal(piped.builds[i].lines, cases[i].lines);
    }
}

/* ---- what cannot be read ---- */

static void without_a_listing_the_likely_files_are_tried(void **state)
{
    (void)state;
    PAGES({.path = AT "finished.json", .body = SV_INIT(FAILED)},
          {.path = AT "build-log.txt", .body = SV_INIT(LOG)}, NO_LISTING);
    run_one(STATE_UNKNOWN);
    assert_in(piped.builds[0].problems, "listing: HTTP status 403\n");
    assert_string_equal(piped.builds[0].excerpt, "ERROR: it broke");
    assert_int_equal(serving_logged("junit_operator.xml"), 1);
}

/* Stores that may not be listed answer 403 for what is not there. */
static void a_refusal_is_an_absence_only_where_listing_fails_and_something_was_read(void **state)
{
    static const struct served pages[] = {{.path = AT "finished.json", .body = SV_INIT(FAILED)},
                                          {.path = AT "started.json", .status = 403},
                                          NO_LISTING};
    static const struct served listed[] = {{.path = AT "finished.json", .body = SV_INIT(FAILED)},
                                           {.path = AT "started.json", .status = 403},
                                           {.path = "/bkt", .body = SV_INIT(LISTING)}};
    static const struct served nothing[] = {{.path = AT "finished.json", .status = 403},
                                            {.path = AT "started.json", .status = 401},
                                            NO_LISTING};
    (void)state;
    serving_pages(pages, COUNT_OF(pages));
    run_one(STATE_FAILURE);
    assert_in(piped.builds[0].files, "started.json absent\n");
    assert_null(strstr(piped.builds[0].problems, "started.json"));
    serving_pages(listed, COUNT_OF(listed));
    run_one(STATE_FAILURE);
    assert_in(piped.builds[0].files, "started.json failed\n");
    assert_in(piped.builds[0].problems, "started.json: HTTP status 403\n");
    serving_pages(nothing, COUNT_OF(nothing));
    run_one(STATE_FAILURE);
    assert_in(piped.builds[0].problems, "finished.json: HTTP status 403\n");
    assert_in(piped.builds[0].problems, "!build: nothing of this build could be read\n");
}

static void files_past_the_plans_limit_are_told(void **state)
{
    (void)state;
    piped.plan.max_files = 1;
    piping_write("1/finished.json", FAILED);
    piping_write("1/build-log.txt", LOG);
    piping_write("1/artifacts/junit_a.xml", "<testsuite/>");
    piping_write("1/artifacts/junit_b.xml", "<testsuite/>");
    piping_add_local("1", STATE_UNKNOWN);
    piping_run();
    assert_in(piped.builds[0].problems, "plan: 2 files were left out by the limits of a build\n");
}

static void a_stop_leaves_what_was_read(void **state)
{
    static atomic_int stop;
    struct err err = {0};
    (void)state;
    piping_write("1/finished.json", FAILED);
    piping_write("1/build-log.txt", LOG);
    piping_add_local("1", STATE_UNKNOWN);
    piped.options.stop = &stop;
    piping_begin();
    assert_true(job_start(&piped.p, &piped.list.builds[0], 0, &err));
    for (int i = 0; i < 5; i++) { /* the documents */
        struct task *task = piping_take();
        task->run(&piped.p, task);
    }
    atomic_store(&stop, 1);
    while (piped.p.written < 1) {
        struct task *task = piping_take();
        task->run(&piped.p, task);
    }
    atomic_store(&stop, 0);
    piping_end();
    assert_true(piped.builds[0].incomplete);
    assert_int_equal(piped.builds[0].outcome, OUTCOME_FAILED);
    assert_null(strstr(piped.builds[0].files, "build-log.txt"));
}

/* ---- what was read before ---- */

static void what_ended_long_ago_is_asked_for_once(void **state)
{
    (void)state;
    piping_open_cache();
    serving_pages(failed_build, COUNT_OF(failed_build));
    run_one(STATE_FAILURE);
    const unsigned before = server.requests;
    piping_run();
    assert_int_equal(server.requests, before); /* what is absent stays so */
    assert_string_equal(piped.builds[0].excerpt, "ERROR: it broke");
    assert_in(piped.builds[0].files, "started.json absent\n");
}

static void what_just_ended_is_asked_for_again(void **state)
{
    (void)state;
    piping_open_cache();
    PAGES({.path = AT "finished.json", .body = SV_INIT(FAILED_NOW)},
          {.path = AT "build-log.txt", .body = SV_INIT(LOG)},
          {.path = "/bkt", .body = SV_INIT(LISTING)});
    run_one(STATE_FAILURE);
    const unsigned before = server.requests;
    piping_run();
    assert_int_equal(server.requests, before * 2);
}

static void a_copy_is_read_by_its_list_and_says_what_it_lacks(void **state)
{
    static const char *const problems[] = {
        "",
        "build-log.txt: it is not in the mirror; fetch the build again\n",
        "listing: its mirroring did not come to an end; fetch it again\n",
    };
    static const char list[] = "{\"prowl_files\":1,\"state\":\"listed\"}\n"
                               "{\"path\":\"finished.json\",\"size\":9}\n"
                               "{\"path\":\"build-log.txt\",\"size\":20}\n";
    (void)state;
    for (size_t i = 0; i < COUNT_OF(problems); i++) {
        char name[16], path[64];
        (void)snprintf(name, sizeof(name), "%zu", i);
        (void)snprintf(path, sizeof(path), "%s/finished.json", name);
        piping_write(path, FAILED);
        (void)snprintf(path, sizeof(path), "%s/build-log.txt", name);
        if (i != 1)
            piping_write(path, LOG);
        (void)snprintf(path, sizeof(path), "%s/.prowl-files", name);
        piping_write(path, i < 2 ? list : "{\"prowl_files\":1,\"state\":\"begun\"}\n");
        piping_add_local(name, STATE_FAILURE);
    }
    piping_run();
    for (size_t i = 0; i < COUNT_OF(problems); i++)
        assert_string_equal(piped.builds[i].problems, problems[i]);
}

static void a_copy_that_is_gone_is_told(void **state)
{
    char local[100];
    (void)state;
    (void)snprintf(local, sizeof(local), "%s/nowhere", piped.scratch.path);
    piping_add(&(struct build){.id = SV("1"),
                               .job = SV("j"),
                               .store = STORE_GS,
                               .bucket = SV("bkt"),
                               .key = SV("logs/j/1"),
                               .state = STATE_FAILURE,
                               .local = sv_of(local)});
    piping_run();
    assert_in(piped.builds[0].problems, "!build: it is not in the mirror; fetch it again\n");
    assert_int_equal(server.requests, 0);
}

/* ---- the list of files ---- */

static void files_are_kept_up_to_a_limit(void **state)
{
    struct job job = {.p = &piped.p};
    struct err err = {0};
    char path[16];
    (void)state;
    arena_init(&job.arena, 64 << 20);
    for (size_t i = 0; i < JOB_MAX_FILES + 2; i++) {
        (void)snprintf(path, sizeof(path), "f%zu", i);
        assert_true(job_add_file(&job, sv_of(path), i, &err));
    }
    assert_int_equal(job.file_count, JOB_MAX_FILES);
    assert_int_equal(job.files[JOB_MAX_FILES - 1].size, JOB_MAX_FILES - 1);
    assert_true(job_lists(&job, SV("f0"))); /* a copy: path has changed since */
    assert_true(job_lists(&job, SV("f199999")));
    assert_false(job_lists(&job, SV("f200000")));
    assert_false(job_lists(&job, SV("f")));
    free(job.files);
    arena_done(&job.arena);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, piping_open, piping_close)
    const struct CMUnitTest tests[] = {
        CASE(documents_and_listing_come_before_the_files_that_they_choose),
        CASE(of_a_passed_build_the_log_is_not_read),
        CASE(without_files_or_by_the_list_alone_nothing_is_asked),
        CASE(the_list_counts_where_no_document_says_otherwise),
        CASE(the_lists_description_explains_a_build_that_left_nothing),
        CASE(a_loose_file_is_a_log_or_a_report_by_its_name),
        CASE(without_a_listing_the_likely_files_are_tried),
        CASE(a_refusal_is_an_absence_only_where_listing_fails_and_something_was_read),
        CASE(files_past_the_plans_limit_are_told),
        CASE(a_stop_leaves_what_was_read),
        CASE(what_ended_long_ago_is_asked_for_once),
        CASE(what_just_ended_is_asked_for_again),
        CASE(a_copy_is_read_by_its_list_and_says_what_it_lacks),
        CASE(a_copy_that_is_gone_is_told),
        CASE(files_are_kept_up_to_a_limit),
    };
    return cmocka_run_group_tests(tests, piping_load, piping_unload);
}
