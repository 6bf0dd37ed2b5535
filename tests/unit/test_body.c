#include "check.h"

#include "piping.h"

#include <sys/stat.h>

/* Where the bytes of a file come from, and what an answer makes of it. */

#define FAILED "{\"timestamp\":1700000000,\"passed\":false,\"result\":\"FAILURE\"}"
#define LOG "fine\nERROR: it broke\n"
#define AT "/bkt/logs/j/1/"

/* A listing, as S3 and GCS write it, of the log alone. */
#define LISTING                                                                                    \
    "<ListBucketResult><Contents><Key>logs/j/1/finished.json</Key><Size>9</Size></Contents>"       \
    "<Contents><Key>logs/j/1/build-log.txt</Key><Size>20</Size></Contents></ListBucketResult>"

static void assert_in(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("\"%s\" is not in:\n%s", part, text);
}

static void run_remote(void)
{
    piping_add_remote("1", STATE_FAILURE);
    piping_run();
    assert_int_equal(piped.count, 1);
}

/* One answer for build-log.txt, and what it makes of it. */
static void run_log(const struct served *log)
{
    static struct served pages[3];
    pages[0] = (struct served){.path = AT "finished.json", .body = SV_INIT(FAILED)};
    pages[1] = *log;
    pages[1].path = AT "build-log.txt";
    pages[2] = (struct served){.path = "/bkt", .body = SV_INIT(LISTING)};
    serving_pages(pages, COUNT_OF(pages));
    build_list_done(&piped.list);
    build_list_init(&piped.list, 0);
    run_remote();
    serving_pages(NULL, 0);
}

/* ---- from the network ---- */

static void an_answer_is_a_file_or_says_why_there_is_none(void **state)
{
    static const struct {
        struct served log;
        const char *file, *problem; /* of all problems; NULL: there is none */
    } cases[] = {
        {{.body = SV_INIT(LOG)}, "build-log.txt read\n", NULL},
        {{.body = SV_INIT(LOG), .cut_at = 5}, "build-log.txt read\n", NULL},
        {{.body = SV_INIT(LOG), .fails = 1}, "build-log.txt read\n", NULL},
        {{.status = 404}, "build-log.txt absent\n", NULL},
        {{.status = 410}, "build-log.txt absent\n", NULL},
        {{.status = 403}, "build-log.txt failed\n", "build-log.txt: HTTP status 403\n"},
        {{.status = 400}, "build-log.txt failed\n", "build-log.txt: HTTP status 400\n"},
        {{.status = 500}, "build-log.txt failed\n", "HTTP status 500 (2 tries)\n"},
        {{.body = SV_INIT("<html>log in</html>"), .headers = "Content-Type: text/html\r\n"},
         "build-log.txt failed\n",
         "build-log.txt: an HTML page in place of the file; is a login needed?\n"},
        {{.body = SV_INIT(LOG), .headers = "Content-Type: text/html\r\n"},
         "build-log.txt read\n",
         NULL}, /* what it says of itself is not what it is */
        {{.body = SV_INIT("\x1f\x8b\x08\0\0\0\0\0\x02\x03\x4b\x4c")},
         "build-log.txt truncated\n",
         "build-log.txt: gzip: the stream breaks off"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        run_log(&cases[i].log);
        assert_in(piped.builds[0].files, cases[i].file);
        if (cases[i].problem != NULL)
            assert_in(piped.builds[0].problems, cases[i].problem);
        else
            assert_string_equal(piped.builds[0].problems, "");
        if (strcmp(cases[i].file, "build-log.txt read\n") == 0)
            assert_string_equal(piped.builds[0].excerpt, "ERROR: it broke");
    }
}

/* What came of the first try counts once. */
static void a_try_that_broke_off_leaves_nothing_behind(void **state)
{
    enum { LINES = 30000 };
    static char log[LINES * 24];
    size_t len = 0;
    (void)state;
    for (unsigned i = 0; i < LINES; i++)
        len += (size_t)snprintf(log + len, sizeof(log) - len, "line %u of the log\n", i);
    len += (size_t)snprintf(log + len, sizeof(log) - len, "ERROR: it broke\n");
    const struct served page = {
        .body = {.ptr = log, .len = len}, .cut_at = len / 4 * 3, .holds = true};
    run_log(&page);
    assert_string_equal(piped.builds[0].problems, "");
    assert_string_equal(piped.builds[0].excerpt, "ERROR: it broke");
    assert_int_equal(piped.builds[0].lines, LINES + 1);
    struct fetch_totals totals;
    fetch_totals(piped.options.fetch, &totals);
    assert_int_equal(totals.retries, 1);
}

static void without_a_network_and_a_cache_nothing_is_there(void **state)
{
    (void)state;
    piped.options.offline = true;
    run_remote();
    assert_in(piped.builds[0].files, "finished.json failed\n");
    assert_in(piped.builds[0].problems, "not in the cache, and offline\n");
    assert_in(piped.builds[0].problems, "!build: nothing of this build could be read\n");
    assert_int_equal(server.requests, 0);
}

/* ---- from the cache ---- */

static const struct served with_etag[] = {
    {.path = AT "finished.json",
     .headers = "ETag: \"f\"\r\n",
     .body = SV_INIT("{\"timestamp\":1700009999,\"passed\":false}")},
    {.path = AT "build-log.txt", .headers = "ETag: \"l\"\r\n", .body = SV_INIT(LOG)},
    {.path = "/bkt", .headers = "ETag: \"b\"\r\n", .body = SV_INIT(LISTING)},
};
static const struct served unchanged[] = {
    {.path = AT "finished.json", .status = 304},
    {.path = AT "build-log.txt", .status = 304},
    {.path = "/bkt", .status = 304},
};

static void what_the_server_says_is_unchanged_comes_from_the_cache(void **state)
{
    (void)state;
    piping_open_cache();
    serving_pages(with_etag, COUNT_OF(with_etag));
    run_remote();
    const unsigned before = server.requests;
    serving_pages(unchanged, COUNT_OF(unchanged));
    piping_run();
    assert_true(server.requests > before); /* it ended a second ago: all is asked anew */
    assert_in(piped.builds[0].files, "build-log.txt read\n");
    assert_string_equal(piped.builds[0].excerpt, "ERROR: it broke");
    assert_string_equal(piped.builds[0].problems, "");
}

static void offline_the_cache_is_enough(void **state)
{
    (void)state;
    piping_open_cache();
    serving_pages(with_etag, COUNT_OF(with_etag));
    run_remote();
    const unsigned before = server.requests;
    piped.options.offline = true;
    piping_run();
    assert_int_equal(server.requests, before);
    assert_string_equal(piped.builds[0].excerpt, "ERROR: it broke");
    assert_in(piped.builds[0].files, "finished.json read\n");
}

static void what_changed_replaces_what_the_cache_had(void **state)
{
    (void)state;
    piping_open_cache();
    serving_pages(with_etag, COUNT_OF(with_etag));
    run_remote();
    static const struct served changed[] = {
        {.path = AT "finished.json", .status = 304},
        {.path = AT "build-log.txt", .body = SV_INIT("ERROR: another thing\n")},
        {.path = "/bkt", .status = 304},
    };
    serving_pages(changed, COUNT_OF(changed));
    piping_run();
    assert_string_equal(piped.builds[0].excerpt, "ERROR: another thing");
    piped.options.offline = true;
    piping_run();
    assert_string_equal(piped.builds[0].excerpt, "ERROR: another thing");
}

/* ---- from the disk ---- */

static void a_folder_s_files_must_be_files(void **state)
{
    char path[200];
    (void)state;
    piping_write("1/finished.json", FAILED);
    (void)snprintf(path, sizeof(path), "%s/1/build-log.txt", piped.scratch.path);
    assert_int_equal(mkfifo(path, 0600), 0); /* nobody waits for a writer */
    (void)snprintf(path, sizeof(path), "%s/1/prowjob.json", piped.scratch.path);
    assert_int_equal(mkdir(path, 0700), 0);
    piping_add_local("1", STATE_UNKNOWN);
    piping_run();
    assert_in(piped.builds[0].files, "finished.json read\n");
    assert_in(piped.builds[0].files, "started.json absent\n");
    assert_in(piped.builds[0].files, "prowjob.json failed\n");
    assert_in(piped.builds[0].problems, "prowjob.json: it is no regular file\n");
}

static void a_path_past_the_limit_is_a_problem_of_its_file(void **state)
{
    static char key[5000];
    (void)state;
    memset(key, 'x', sizeof(key) - 1);
    piping_add(&(struct build){.id = SV_INIT("1"),
                               .job = SV_INIT("j"),
                               .store = STORE_FOLDER,
                               .key = {.ptr = key, .len = sizeof(key) - 1}});
    piping_run();
    assert_in(piped.builds[0].problems, "finished.json: a path of more than 4095 bytes\n");
}

static void an_empty_document_is_told_and_an_absent_one_is_not(void **state)
{
    (void)state;
    piping_write("1/finished.json", "");
    piping_write("1/build-log.txt", LOG);
    piping_add_local("1", STATE_FAILURE);
    piping_run();
    assert_string_equal(piped.builds[0].problems, "finished.json: the file is empty\n");
    assert_in(piped.builds[0].files, "started.json absent\n");
    assert_int_equal(piped.builds[0].outcome, OUTCOME_FAILED); /* the list says so */
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, piping_open, piping_close)
    const struct CMUnitTest tests[] = {
        CASE(an_answer_is_a_file_or_says_why_there_is_none),
        CASE(a_try_that_broke_off_leaves_nothing_behind),
        CASE(without_a_network_and_a_cache_nothing_is_there),
        CASE(what_the_server_says_is_unchanged_comes_from_the_cache),
        CASE(offline_the_cache_is_enough),
        CASE(what_changed_replaces_what_the_cache_had),
        CASE(a_folder_s_files_must_be_files),
        CASE(a_path_past_the_limit_is_a_problem_of_its_file),
        CASE(an_empty_document_is_told_and_an_absent_one_is_not),
    };
    return cmocka_run_group_tests(tests, piping_load, piping_unload);
}
