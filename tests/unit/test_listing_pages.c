#include "check.h"

#include "piping.h"

/* One build's listing, page by page; what is asked for stays in the queue, to be looked at. */

static struct job job;

static int open_job(void **state)
{
    struct err err = {0};
    static const struct build build = {.id = SV_INIT("1"),
                                       .job = SV_INIT("j"),
                                       .store = STORE_GS,
                                       .bucket = SV_INIT("bkt"),
                                       .key = SV_INIT("logs/j/1")};
    if (piping_open(state) != 0)
        return -1;
    piped.endpoints = (struct endpoints){.gcs = SV("http://gcs"), .gcsweb = SV("http://web/gcs")};
    job = (struct job){.p = &piped.p};
    (void)pthread_mutex_init(&job.lock, NULL);
    arena_init(&job.arena, 1 << 20);
    job.result = result_new(&build, 0, &err);
    return job.result != NULL ? 0 : -1;
}

/* The bodies that were asked for since, as "URL\n" each; they are forgotten. */
static const char *asked(struct body *ret_last)
{
    static char text[4000];
    size_t len = 0;
    text[0] = '\0';
    while (piped.p.first != NULL) {
        struct body *b = (struct body *)piping_take();
        assert_int_equal(b->use, BODY_LISTING);
        if (len < sizeof(text))
            len += (size_t)snprintf(text + len, sizeof(text) - len, "%.*s\n", SV_ARG(b->url));
        if (ret_last != NULL)
            *ret_last = *b;
        free(b);
        job.outstanding--;
    }
    return text;
}

static int close_job(void **state)
{
    (void)asked(NULL);
    result_free(job.result);
    free(job.files);
    arena_done(&job.arena);
    return piping_close(state);
}

static const char *files(void)
{
    static char text[2000];
    size_t len = 0;
    text[0] = '\0';
    for (size_t i = 0; i < job.file_count; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%.*s %d\n",
                                SV_ARG(job.files[i].path), (int)job.files[i].size);
    return text;
}

static bool take(const char *asked_prefix, const char *token, const char *page, struct err *err)
{
    return job_list_page(&job, sv_of(asked_prefix), sv_of(token), sv_of(page), err);
}

#define KEY(key, size) "<Contents><Key>" key "</Key><Size>" #size "</Size></Contents>"
#define PAGE(entries) "<ListBucketResult>" entries "</ListBucketResult>"
#define MORE(token)                                                                                \
    "<IsTruncated>true</IsTruncated><NextContinuationToken>" token "</NextContinuationToken>"
#define FIRST "http://gcs/bkt?list-type=2&prefix=logs%2Fj%2F1%2F&max-keys=1000&encoding-type=url"

/* ---- from a bucket ---- */

static void a_bucket_is_asked_for_all_below_the_build_at_once(void **state)
{
    struct err err = {0};
    struct body page;
    (void)state;
    job.settled = true;
    assert_true(job_list_start(&job, &err));
    assert_int_equal(job.outstanding, 1);
    assert_string_equal(asked(&page), FIRST "\n");
    assert_true(sv_equal(page.artifact.path, SV("logs/j/1/")));
    assert_true(page.settled);
    assert_int_equal(job.pages, 1);
}

static void only_files_below_the_build_are_its_own(void **state)
{
    struct err err = {0};
    (void)state;
    assert_true(take("logs/j/1/", "",
                     PAGE(KEY("logs/j/1/build-log.txt", 20) KEY("logs/j/10/build-log.txt", 1)
                              KEY("logs/j/1/", 0) KEY("logs/j/1", 3) KEY("logs/k/1/x", 1)
                                  KEY("logs/j/1/artifacts/a b.xml", 7)),
                     &err));
    assert_string_equal(files(), "build-log.txt 20\nartifacts/a b.xml 7\n");
    assert_string_equal(asked(NULL), "");
    assert_false(job.listing_failed);
}

static void a_page_leads_to_the_next_one(void **state)
{
    struct err err = {0};
    struct body page;
    (void)state;
    assert_true(take("logs/j/1/", "", PAGE(KEY("logs/j/1/a", 1) MORE("t/1")), &err));
    assert_string_equal(asked(&page), FIRST "&continuation-token=t%2F1\n");
    assert_true(sv_equal(page.artifact.step, SV("t/1"))); /* what it was asked with */
    assert_true(sv_equal(page.artifact.path, SV("logs/j/1/")));
    assert_true(take("logs/j/1/", "t/1", PAGE(KEY("logs/j/1/b", 1)), &err));
    assert_string_equal(files(), "a 1\nb 1\n");
    assert_string_equal(asked(NULL), "");
}

static void a_page_that_leads_to_itself_is_an_error(void **state)
{
    struct err err = {0};
    (void)state;
    assert_false(take("logs/j/1/", "t", PAGE(KEY("logs/j/1/a", 1) MORE("t")), &err));
    assert_int_equal(err.code, ERR_FORMAT);
    assert_string_equal(err.why, "the listing goes round in circles");
    assert_string_equal(asked(NULL), "");
}

static void a_damaged_page_keeps_its_files_and_is_told(void **state)
{
    struct err err = {0};
    (void)state;
    assert_true(
        take("logs/j/1/", "", "<ListBucketResult>" KEY("logs/j/1/a", 1) "<Contents><Ke", &err));
    assert_string_equal(files(), "a 1\n");
    assert_true(job.listing_failed);
    assert_int_equal(job.result->problem_count, 1);
    assert_true(sv_equal(job.result->problems[0].text,
                         SV("a page of the listing is damaged: files may be missing")));
}

static void what_is_no_listing_is_an_error(void **state)
{
    struct err err = {0};
    (void)state;
    assert_false(take("logs/j/1/", "", "hello", &err));
    assert_int_equal(err.code, ERR_FORMAT);
    err = (struct err){0};
    assert_false(take("logs/j/1/", "",
                      "<Error><Code>AccessDenied</Code><Message>No.</Message></Error>", &err));
    assert_int_equal(err.code, ERR_REFUSED);
    assert_int_equal(job.file_count, 0);
}

static void pages_have_a_limit(void **state)
{
    struct err err = {0};
    (void)state;
    job.pages = JOB_MAX_PAGES - 1;
    assert_true(take("logs/j/1/", "", PAGE(MORE("t")), &err));
    assert_false(take("logs/j/1/", "t", PAGE(MORE("u")), &err));
    assert_int_equal(err.code, ERR_LIMIT);
    assert_string_equal(err.why, "more than 500 pages");
}

/* ---- from gcsweb ---- */

#define ROW(name, icon)                                                                            \
    "<li class=\"pure-g grid-row\"><div class=\"pure-u-2-5\"><a href=\"/gcs/x/" name               \
    "\"><img src=\"/icons/" icon ".png\"> " name "</a></div><div class=\"pure-u-1-5\">12</div>"    \
    "<div class=\"pure-u-2-5\">-</div></li>"
#define FOLDER(name) ROW(name, "dir")
#define A_FILE(name) ROW(name, "file")
#define WEB(rows)                                                                                  \
    "<!doctype html><html><body><ul class=\"resource-grid\">" rows "</ul></body></html>"

static void gcsweb_is_walked_folder_by_folder(void **state)
{
    struct err err = {0};
    (void)state;
    piped.endpoints.prefer_gcsweb = true;
    assert_true(job_list_start(&job, &err));
    assert_string_equal(asked(NULL), "http://web/gcs/bkt/logs/j/1/\n");
    assert_true(take("logs/j/1/", "", WEB(FOLDER("artifacts/") A_FILE("build-log.txt")), &err));
    assert_string_equal(asked(NULL), "http://web/gcs/bkt/logs/j/1/artifacts/\n");
    assert_string_equal(files(), "build-log.txt 12\n");
}

static void deep_and_heavy_folders_are_not_walked(void **state)
{
    struct err err = {0};
    (void)state;
    piped.endpoints.prefer_gcsweb = true;
    assert_true(take("logs/j/1/a/b/c/d/e/", "", WEB(FOLDER("f/")), &err));
    assert_string_equal(asked(NULL), "http://web/gcs/bkt/logs/j/1/a/b/c/d/e/f/\n");
    assert_true(take("logs/j/1/a/b/c/d/e/f/g/", "", WEB(FOLDER("h/")), &err));
    assert_string_equal(asked(NULL), "");
    assert_true(
        take("logs/j/1/artifacts/e2e/gather-must-gather/artifacts/", "", WEB(FOLDER("x/")), &err));
    assert_string_equal(asked(NULL), "");
    assert_int_equal(job.result->problem_count, 0); /* nothing of it is ever read */
}

static void folders_past_the_limit_are_told_once(void **state)
{
    struct err err = {0};
    (void)state;
    piped.endpoints.prefer_gcsweb = true;
    job.pages = JOB_MAX_PAGES - 1;
    for (int i = 0; i < 2; i++)
        assert_true(
            take("logs/j/1/", "", WEB(FOLDER("a/") FOLDER("b/") A_FILE("build-log.txt")), &err));
    assert_string_equal(asked(NULL), "http://web/gcs/bkt/logs/j/1/a/\n");
    assert_true(job.listing_failed);
    assert_int_equal(job.result->problem_count, 1);
    assert_true(sv_equal(job.result->problems[0].text, SV("more than 500 pages")));
    assert_int_equal(job.file_count, 2);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_job, close_job)
    const struct CMUnitTest tests[] = {
        CASE(a_bucket_is_asked_for_all_below_the_build_at_once),
        CASE(only_files_below_the_build_are_its_own),
        CASE(a_page_leads_to_the_next_one),
        CASE(a_page_that_leads_to_itself_is_an_error),
        CASE(a_damaged_page_keeps_its_files_and_is_told),
        CASE(what_is_no_listing_is_an_error),
        CASE(pages_have_a_limit),
        CASE(gcsweb_is_walked_folder_by_folder),
        CASE(deep_and_heavy_folders_are_not_walked),
        CASE(folders_past_the_limit_are_told_once),
    };
    return cmocka_run_group_tests(tests, piping_load, piping_unload);
}
