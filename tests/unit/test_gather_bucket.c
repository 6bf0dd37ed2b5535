#include "check.h"

#include "gathering.h"

#define LIST "/storage/v1/b/bkt/o"
#define QUERY(prefix)                                                                              \
    LIST "?prefix=" prefix "&delimiter=%2F&maxResults=1000&fields=nextPageToken,"                  \
         "prefixes,items(name,size,metadata)"
#define TOKEN(token) "&pageToken=" token
#define JOB "logs%2Fj%2F"

static bool gather(enum place_kind kind, const char *key, const char *job, struct err *err)
{
    const struct place place = {
        .kind = kind,
        .build = {.store = STORE_GS, .bucket = SV("bkt"), .key = sv_of(key), .job = sv_of(job)}};
    gathering_again();
    return gather_job(&gathered.g, &place, err);
}

static void assert_job(enum place_kind kind, const char *key, const char *text)
{
    struct err err = {0};
    if (!gather(kind, key, kind == PLACE_JOB ? "j" : "", &err))
        fail_msg("%s: %s", key, err.why);
    assert_string_equal(gathering_text(), text);
}

/* ---- folders ---- */

static void folders_with_a_number_are_builds_from_new_to_old(void **state)
{
    (void)state;
    PAGES({.path = LIST,
           .body = SV_INIT("{\"prefixes\":[\"logs/j/9/\",\"logs/j/10/\",\"logs/j/x/\",\"logs/j/"
                           "2/\"],\"items\":[{\"name\":\"logs/j/latest-build.txt\"},{\"name\":"
                           "\"logs/j/7\"}]}")});
    assert_job(PLACE_JOB, "logs/j", "j/10 j/9 j/2 ");
    const struct build *b = &gathered.list.builds[0];
    assert_true(sv_equal(b->key, SV("logs/j/10")));
    assert_true(sv_equal(b->bucket, SV("bkt")));
    assert_true(sv_equal(b->provider, SV("prow")));
    assert_true(sv_equal(b->url, SV("https://prow.example/view/gs/bkt/logs/j/10")));
}

static void a_listing_is_read_page_after_page(void **state)
{
    (void)state;
    PAGES({.path = QUERY(JOB),
           .body = SV_INIT("{\"prefixes\":[\"logs/j/1/\"],\"nextPageToken\":\"t/2\"}")},
          {.path = QUERY(JOB) TOKEN("t%2F2"), .body = SV_INIT("{\"nextPageToken\":\"t3\"}")},
          {.path = QUERY(JOB) TOKEN("t3"), .body = SV_INIT("{\"prefixes\":[\"logs/j/2/\"]}")});
    assert_job(PLACE_JOB, "logs/j", "j/2 j/1 ");
    assert_int_equal(server.requests, 3);
}

static void what_is_wrong_behind_the_first_page_is_a_note(void **state)
{
    static const char *const texts[] = {
        "j/1 | the listing of logs/j/ breaks off after 1 pages: HTTP status 404",
        "j/1 | the listing of logs/j/ goes round in circles",
        "j/1 | a page of the listing of logs/j/ is damaged",
    };
    static const struct served pages[][2] = {
        {{.path = QUERY(JOB),
          .body = SV_INIT("{\"prefixes\":[\"logs/j/1/\"],\"nextPageToken\":\"t\"}")},
         {.path = "/"}},
        {{.path = LIST, .body = SV_INIT("{\"prefixes\":[\"logs/j/1/\"],\"nextPageToken\":\"t\"}")},
         {.path = "/"}},
        {{.path = LIST,
          .body = SV_INIT("<ListBucketResult><CommonPrefixes><Prefix>logs/j/1/</Prefix>"
                          "</CommonPrefixes><CommonPre")},
         {.path = "/"}},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        serving_pages(pages[i], 2);
        assert_job(PLACE_JOB, "logs/j", texts[i]);
    }
}

static void a_first_page_that_cannot_be_read_is_an_error(void **state)
{
    struct err err = {0};
    (void)state;
    PAGES({.path = LIST, .body = SV_INIT("hello")});
    assert_false(gather(PLACE_JOB, "logs/j", "j", &err));
    assert_int_equal(err.code, ERR_FORMAT);
    serving_pages(NULL, 0);
    err = (struct err){0};
    assert_false(gather(PLACE_JOB, "logs/j", "j", &err));
    assert_int_equal(err.code, ERR_REFUSED);
    assert_int_equal(gathered.list.count, 0);
}

static void entries_of_another_folder_are_none(void **state)
{
    (void)state;
    PAGES({.path = LIST,
           .body = SV_INIT("{\"prefixes\":[\"logs/k/1/\",\"logs/j/3/4/\",\"../logs/j/5/\","
                           "\"logs/j/2/\"]}")});
    assert_job(PLACE_JOB, "logs/j", "j/2 ");
}

/* ---- pointers ---- */

#define PULL "pr-logs/pull/acme_rocket/7/j/"
#define POINTER(id) "{\"name\":\"pr-logs/directory/j/" id ".txt\""
#define LINKED(id) POINTER(id) ",\"metadata\":{\"link\":\"gs://bkt/" PULL id "\"}}"

static void a_pointer_with_a_link_needs_no_request(void **state)
{
    (void)state;
    PAGES({.path = LIST,
           .body = SV_INIT("{\"items\":[" LINKED("1") "," LINKED("3") "," LINKED("x") "]}")});
    assert_job(PLACE_JOB, "pr-logs/directory/j", "j/3 j/1 ");
    assert_int_equal(server.requests, 1);
    assert_true(sv_equal(gathered.list.builds[0].key, SV(PULL "3")));
    assert_true(sv_equal(gathered.list.builds[0].refs.repo, SV("rocket")));
    assert_int_equal(gathered.list.builds[0].type, TYPE_PRESUBMIT);
}

static const struct served pointers[] = {
    {.path = LIST,
     .body = SV_INIT("{\"items\":[" POINTER("1") "}," POINTER("2") "}," POINTER("3") "}," POINTER(
         "4") "}," POINTER("5") "}]}")},
    {.path = "/bkt/pr-logs/directory/j/1.txt", .body = SV_INIT("gs://bkt/" PULL "1\n")},
    {.path = "/bkt/pr-logs/directory/j/2.txt", .body = SV_INIT("hello")},
    {.path = "/bkt/pr-logs/directory/j/3.txt", .body = SV_INIT("gs://bkt/some/where")},
    {.path = "/bkt/pr-logs/directory/j/5.txt", .body = SV_INIT("gs://old/" PULL "5")},
};

static void pointers_without_a_link_are_read_and_bad_ones_counted(void **state)
{
    static const struct bucket_alias alias = {SV_INIT("old"), SV_INIT("new")};
    (void)state;
    gathered.endpoints.aliases = &alias;
    gathered.endpoints.alias_count = 1;
    serving_pages(pointers, COUNT_OF(pointers));
    /* 2 is no pointer, 3 leads to no build, 4 is not there. */
    assert_job(PLACE_JOB, "pr-logs/directory/j",
               "j/5 j/1 | pointers below pr-logs/directory/j/ that lead nowhere: 3");
    assert_true(sv_equal(gathered.list.builds[0].bucket, SV("new")));
    assert_int_equal(server.requests, 6);
}

static void no_more_pointers_are_read_than_the_cut_can_want(void **state)
{
    static const struct list_cut newest = {.last = 1}, other = {.last = 1, .since_ms = 1};
    (void)state;
    serving_pages(pointers, COUNT_OF(pointers));
    gathered.options.cut = &newest;
    assert_job(PLACE_JOB, "pr-logs/directory/j", "j/5 ");
    assert_int_equal(server.requests, 2);
    assert_int_equal(serving_asked(4), 1);
    /* Short ids tell no time: any may be wanted. */
    gathered.options.cut = &other;
    assert_job(PLACE_JOB, "pr-logs/directory/j",
               "j/5 j/1 | pointers below pr-logs/directory/j/ that lead nowhere: 3");
}

static void a_pointer_alone_is_its_build_or_an_error(void **state)
{
    struct build pointer = {.store = STORE_GS,
                            .bucket = SV_INIT("bkt"),
                            .key = SV_INIT("pr-logs/directory/j/1.txt"),
                            .job = SV_INIT("j"),
                            .id = SV_INIT("1")};
    struct err err = {0};
    (void)state;
    serving_pages(pointers, COUNT_OF(pointers));
    assert_true(gather_pointer(&gathered.g, &pointer, &err));
    assert_string_equal(gathering_text(), "j/1 ");
    assert_true(sv_equal(gathered.list.builds[0].key, SV(PULL "1")));
    pointer.key = SV("pr-logs/directory/j/2.txt");
    assert_false(gather_pointer(&gathered.g, &pointer, &err));
    assert_int_equal(err.code, ERR_FORMAT);
    assert_string_equal(err.why, "no pointer: it begins with \"hello\"");
    err = (struct err){0};
    pointer.key = SV("pr-logs/directory/j/4.txt");
    assert_false(gather_pointer(&gathered.g, &pointer, &err));
    assert_string_equal(err.why, "HTTP status 404");
    assert_int_equal(gathered.list.count, 1);
}

/* ---- pull requests ---- */

static void every_folder_below_a_pull_request_is_a_job(void **state)
{
    (void)state;
    PAGES({.path = QUERY("pr-logs%2Fpull%2Facme_rocket%2F7%2F"),
           .body = SV_INIT("{\"prefixes\":[\"pr-logs/pull/acme_rocket/7/b/\","
                           "\"pr-logs/pull/acme_rocket/7/a/\"],"
                           "\"items\":[{\"name\":\"pr-logs/pull/acme_rocket/7/c\"}]}")},
          {.path = QUERY("pr-logs%2Fpull%2Facme_rocket%2F7%2Fa%2F"),
           .body = SV_INIT("{\"prefixes\":[\"pr-logs/pull/acme_rocket/7/a/1/\"]}")},
          {.path = QUERY("pr-logs%2Fpull%2Facme_rocket%2F7%2Fb%2F"),
           .body = SV_INIT("{\"prefixes\":[\"pr-logs/pull/acme_rocket/7/b/1/\","
                           "\"pr-logs/pull/acme_rocket/7/b/2/\"]}")});
    assert_job(PLACE_PR, "pr-logs/pull/acme_rocket/7", "b/2 b/1 a/1 ");
    assert_int_equal(gathered.list.builds[0].refs.pulls[0].number, 7);
}

static void a_stop_reads_no_more_pointers(void **state)
{
    struct err err = {0};
    (void)state;
    serving_pages(pointers, COUNT_OF(pointers));
    atomic_store(&gathered.stop, 1);
    (void)gather(PLACE_JOB, "pr-logs/directory/j", "j", &err);
    assert_int_equal(serving_logged(".txt"), 0);
    assert_int_equal(gathered.list.count, 0);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, gathering_open, gathering_close)
    const struct CMUnitTest tests[] = {
        CASE(folders_with_a_number_are_builds_from_new_to_old),
        CASE(a_listing_is_read_page_after_page),
        CASE(what_is_wrong_behind_the_first_page_is_a_note),
        CASE(a_first_page_that_cannot_be_read_is_an_error),
        CASE(entries_of_another_folder_are_none),
        CASE(a_pointer_with_a_link_needs_no_request),
        CASE(pointers_without_a_link_are_read_and_bad_ones_counted),
        CASE(no_more_pointers_are_read_than_the_cut_can_want),
        CASE(a_pointer_alone_is_its_build_or_an_error),
        CASE(every_folder_below_a_pull_request_is_a_job),
        CASE(a_stop_reads_no_more_pointers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
