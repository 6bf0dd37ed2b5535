#include "check.h"

#include "source/place.h"
#include "torture.h"

#include <stdio.h>

#define COUNT_OF_ARRAY(a) (sizeof(a) / sizeof((a)[0]))

static bool is_dir(const char *path)
{
    return strcmp(path, "logs") == 0;
}

static bool exists(const char *path)
{
    return strcmp(path, "logs") == 0 || strcmp(path, "a b.log") == 0;
}

static const struct place_disk disk = {.is_dir = is_dir, .exists = exists};
static const struct endpoints public = {
    .gcs = SV_INIT("https://storage.googleapis.com"),
    .gcs_api = SV_INIT("https://storage.googleapis.com/storage/v1"),
    .s3 = SV_INIT("https://{bucket}.s3.amazonaws.com"),
    .gcsweb = SV_INIT("https://gcsweb.example/gcs"),
    .spyglass = SV_INIT("https://prow.example/view"),
};
static const struct endpoints own = {
    .gcs = SV_INIT("http://127.0.0.1:80/store"),
    .gcs_api = SV_INIT("http://127.0.0.1:80/api/v1"),
    .s3 = SV_INIT("http://127.0.0.1:80"),
    .gcsweb = SV_INIT("http://web.example/base/gcs"),
};

static void describe(const struct place *p, char *out, size_t size)
{
    static const char *const kinds[] = {"list", "history", "prowjob", "view", "build", "pointer",
                                        "job",  "pr",      "folder",  "file", "stdin"};
    const struct build *b = &p->build;
    (void)snprintf(out, size, "%s %s/%.*s/%.*s %s %.*s %.*s %.*s/%.*s#%llu", kinds[p->kind],
                   build_store_name(b->store), SV_ARG(b->bucket), SV_ARG(b->key),
                   build_type_name(b->type), SV_ARG(b->job), SV_ARG(b->id), SV_ARG(b->refs.org),
                   SV_ARG(b->refs.repo),
                   (unsigned long long)(b->refs.pull_count > 0 ? b->refs.pulls[0].number : 0));
}

#define ID "1763500000000000000"
#define PERIODIC "build gs/b/logs/periodic-x/" ID " periodic periodic-x " ID " /#0"
#define PULL "build gs/b/pr-logs/pull/o_r_s/7/pull-x/20 presubmit pull-x 20 o/r_s#7"

static const struct {
    const char *argument, *place;
} arguments[] = {
    /* Deck */
    {"https://prow.example", "list // unknown   /#0"},
    {"https://prow.example/?job=*oadp*&type=periodic", "list // unknown   /#0"},
    {"https://prow.example/prowjobs.js?var=allBuilds&omit=pod_spec", "list // unknown   /#0"},
    {"https://prow.example/data.js", "list // unknown   /#0"},
    {"https://prow.example/prowjob?prowjob=u", "prowjob // unknown   /#0"},
    {"https://prow.example/view/prowjob/j/20", "view // unknown   /#0"},
    {"https://prow.example/job-history/gs/b/logs/j?buildId=5",
     "history gs/b/logs/j unknown j  /#0"},
    {"https://prow.example/job-history/b/pr-logs/directory/j",
     "history gs/b/pr-logs/directory/j unknown j  /#0"},
    {"https://prow.example/job-history/x", "history // unknown   /#0"},
    /* a build, as a status links to it */
    {"https://prow.example/view/gs/b/logs/periodic-x/" ID, PERIODIC},
    {"https://prow.example/view/gs/b/logs/periodic-x/" ID "/?x=y&u=https%3A%2F%2Fo.example%2F#z:1",
     PERIODIC},
    {"https://prow.example/view/gcs/b/logs/periodic-x/" ID "/artifacts/e2e/", PERIODIC},
    {"https://prow.example/build/b/logs/periodic-x/" ID, PERIODIC},
    {"https://prow.example/base/view/gs/b/logs/periodic-x/" ID, PERIODIC},
    {"https://prow.example/view/gs/b/pr-logs/pull/o_r_s/7/pull-x/20", PULL},
    {"https://forward.example/"
     "go?a=1&u=https%3A%2F%2Fprow.example%2Fview%2Fgs%2Fb%2Flogs%2Fperiodic-x%2F" ID,
     PERIODIC},
    {"https://forward.example/?url=https://prow.example/view/gs/b/logs/periodic-x/" ID, PERIODIC},
    {"https://prow.example/view/gs/b/pr-logs/directory/pull-x/20",
     "pointer gs/b/pr-logs/directory/pull-x/20.txt unknown pull-x 20 /#0"},
    {"https://prow.example/view/s3/b/logs/j/18446744073709551615",
     "build s3/b/logs/j/18446744073709551615 unknown j 18446744073709551615 /#0"},
    /* gcsweb and the stores */
    {"https://gcsweb.k8s.io/gcs/b/logs/periodic-x/" ID "/build-log.txt", PERIODIC},
    {"https://gcsweb.example/s3/b/logs/j/20/", "build s3/b/logs/j/20 unknown j 20 /#0"},
    {"https://storage.googleapis.com/b/logs/periodic-x/" ID "/finished.json", PERIODIC},
    {"https://storage.googleapis.com/storage/v1/b/b/o/logs%2Fperiodic-x%2F" ID
     "%2Ffinished.json?alt=media",
     PERIODIC},
    {"https://www.googleapis.com/download/storage/v1/b/b/o/logs%2Fperiodic-x%2F" ID "%2Ff",
     PERIODIC},
    {"https://b.storage.googleapis.com/logs/periodic-x/" ID, PERIODIC},
    {"https://console.cloud.google.com/storage/browser/b/logs/periodic-x/" ID, PERIODIC},
    {"https://storage.googleapis.com/view/logs/j/20", "build gs/view/logs/j/20 unknown j 20 /#0"},
    {"https://b.s3.eu-west-1.amazonaws.com/logs/j/20/x", "build s3/b/logs/j/20 unknown j 20 /#0"},
    {"https://b.s3.amazonaws.com/logs/j", "job s3/b/logs/j unknown j  /#0"},
    {"https://s3.amazonaws.com/b/logs/j/", "job s3/b/logs/j unknown j  /#0"},
    /* paths */
    {"gs://b/logs/periodic-x/" ID, PERIODIC},
    {"gs://b/logs/branch-ci-x/1/", "build gs/b/logs/branch-ci-x/1 postsubmit branch-ci-x 1 /#0"},
    {"gs://b/logs/j", "job gs/b/logs/j unknown j  /#0"},
    {"gs://b/logs/j/latest-build.txt", "job gs/b/logs/j unknown j  /#0"},
    {"gs://b/logs/a%20b/1", "build gs/b/logs/a%20b/1 unknown a%20b 1 /#0"},
    {"https://storage.googleapis.com/b/logs/a%20b/1", "build gs/b/logs/a b/1 unknown a b 1 /#0"},
    {"gs://b/prefix/logs/j/20/artifacts/logs/x/30/f",
     "build gs/b/prefix/logs/j/20 unknown j 20 /#0"},
    {"gs://origin-ci-test/logs/j/20", "build gs/test-platform-results/logs/j/20 unknown j 20 /#0"},
    {"gs://kubernetes-jenkins/logs/j", "job gs/kubernetes-ci-logs/logs/j unknown j  /#0"},
    {"gs://b/pr-logs/pull/o_r_s/7/pull-x/20", PULL},
    {"gs://b/pr-logs/pull/7/pull-x/20",
     "build gs/b/pr-logs/pull/7/pull-x/20 presubmit pull-x 20 /#7"},
    {"gs://b/pr-logs/pull/rocket/7/pull-x/20",
     "build gs/b/pr-logs/pull/rocket/7/pull-x/20 presubmit pull-x 20 /rocket#7"},
    {"gs://b/pr-logs/pull/openshift_release/9/rehearse-9-pull-x/20",
     "build gs/b/pr-logs/pull/openshift_release/9/rehearse-9-pull-x/20 presubmit rehearse-9-pull-x "
     "20 "
     "openshift/release#9"},
    {"gs://b/pr-logs/pull/batch/pull-x/20",
     "build gs/b/pr-logs/pull/batch/pull-x/20 batch pull-x 20 /#0"},
    {"gs://b/pr-logs/pull/o_r/7", "pr gs/b/pr-logs/pull/o_r/7 unknown 7  /#0"},
    {"gs://b/pr-logs/pull/7", "pr gs/b/pr-logs/pull/7 unknown 7  /#0"},
    {"gs://b/pr-logs/pull/o_r/7/pull-x", "job gs/b/pr-logs/pull/o_r/7/pull-x unknown pull-x  /#0"},
    {"gs://b/pr-logs/directory/pull-x", "job gs/b/pr-logs/directory/pull-x unknown pull-x  /#0"},
    {"gs://b/pr-logs/directory/pull-x/20.txt",
     "pointer gs/b/pr-logs/directory/pull-x/20.txt unknown pull-x 20 /#0"},
    {"gs://b/pr-logs/directory/pull-x/latest-build.txt",
     "job gs/b/pr-logs/directory/pull-x unknown pull-x  /#0"},
    {"s3://b/logs/j/20", "build s3/b/logs/j/20 unknown j 20 /#0"},
    /* disk */
    {"-", "stdin // unknown   /#0"},
    {"logs", "folder // unknown   /#0"},
    {"a b.log", "file // unknown   /#0"},
    {"file://a%20b.log", "file // unknown   /#0"},
};

static void arguments_name_what_they_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF_ARRAY(arguments); i++) {
        struct arena a;
        struct place p;
        struct err err = {0};
        char text[512];
        arena_init(&a, 1 << 16);
        if (!place_parse(sv_of(arguments[i].argument), &public, &disk, &a, &p, &err))
            fail_msg("%s: %s", arguments[i].argument, err.why);
        assert_int_equal(err.code, ERR_NONE);
        describe(&p, text, sizeof(text));
        if (strcmp(text, arguments[i].place) != 0)
            fail_msg("%s: %s", arguments[i].argument, text);
        arena_done(&a);
    }
}

static void configured_stores_are_known_by_their_urls(void **state)
{
    static const struct {
        const char *argument, *place;
    } cases[] = {
        {"http://127.0.0.1:80/store/b/logs/j/20", "build gs/b/logs/j/20 unknown j 20 /#0"},
        {"http://127.0.0.1:80/api/v1/b/b/o/logs%2Fj%2F20", "build gs/b/logs/j/20 unknown j 20 /#0"},
        {"http://127.0.0.1:80/other/logs/j/20", "build s3/other/logs/j/20 unknown j 20 /#0"},
        {"http://127.0.0.1:80/view/gs/b/logs/j/20", "build gs/b/logs/j/20 unknown j 20 /#0"},
        {"http://127.0.0.1:80/gcs/b/logs/j/20", "build gs/b/logs/j/20 unknown j 20 /#0"},
        {"http://web.example/base/gcs/b/logs/j/20", "build gs/b/logs/j/20 unknown j 20 /#0"},
        {"http://127.0.0.1:80/?job=x", "list // unknown   /#0"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF_ARRAY(cases); i++) {
        struct arena a;
        struct place p;
        struct err err = {0};
        char text[512];
        arena_init(&a, 1 << 16);
        if (!place_parse(sv_of(cases[i].argument), &own, &disk, &a, &p, &err))
            fail_msg("%s: %s", cases[i].argument, err.why);
        describe(&p, text, sizeof(text));
        assert_string_equal(text, cases[i].place);
        arena_done(&a);
    }
}

static void what_names_nothing_is_refused(void **state)
{
    static const struct {
        const char *argument, *why;
    } refused[] = {
        {"nowhere", "no such file or folder"},
        {"", "no such file or folder"},
        {"ftp://h/x", "names no builds"},
        {"https://", "names no builds"},
        {"https:///view/gs/b/logs/j/1", "names no builds"},
        {"https://other.example/x/y", "names no builds"},
        {"https://other.example/x?u=https%3A%2F%2Fother.example%2Fy", "names no builds"},
        {"gs://", "names no builds"},
        {"gs://b", "names a bucket"},
        {"gs://b?c/logs/j/1", "names no object"},
        {"gs://b/logs/../1", "names no object"},
        {"https://prow.example/view/gs/b/logs/%2e%2e/1", "names no object"},
        {"https://prow.example/view/gs/b/logs/j%00/1", "names no object"},
        {"gs://b/logs", "names a bucket"},
        {"https://prow.example/view/gs/b", "names a bucket"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF_ARRAY(refused); i++) {
        struct arena a;
        struct place p;
        struct err err = {0};
        arena_init(&a, 1 << 16);
        assert_false(place_parse(sv_of(refused[i].argument), &public, &disk, &a, &p, &err));
        assert_int_equal(err.code, ERR_USAGE);
        if (strstr(err.why, refused[i].why) == NULL)
            fail_msg("%s: %s", refused[i].argument, err.why);
        arena_done(&a);
    }
}

static void a_view_keeps_its_link_and_its_deck(void **state)
{
    struct arena a;
    struct place p;
    struct err err = {0};
    (void)state;
    arena_init(&a, 1 << 16);
    assert_true(place_parse(SV("https://d.example:8080/view/gs/b/logs/j/20/?x#y"), &public, &disk,
                            &a, &p, &err));
    assert_true(sv_equal(p.build.url, SV("https://d.example:8080/view/gs/b/logs/j/20")));
    assert_true(sv_equal(p.build.deck, SV("https://d.example:8080")));
    assert_true(place_parse(SV("https://d.example/?job=*a%2Ab&x#y"), &public, &disk, &a, &p, &err));
    assert_true(sv_equal(p.query, SV("job=*a%2Ab&x")));
    assert_true(sv_equal(p.base, SV("https://d.example")));
    arena_done(&a);
}

/* ---- keys ---- */

static void keys_are_read_from_their_end(void **state)
{
    static const struct {
        const char *key;
        bool is_build;
    } keys[] = {
        {"logs/j/1", true},
        {"home/logs/x/y/gs/b/logs/j/1", true},
        {"home/logs/x/pr-logs/pull/o_r/1/j/2", true},
        {"logs/j/99999999999999999999", true}, /* past what a word holds */
        {"logs/j/1a", false},
        {"logs/j/", false},
        {"logs/1", false},
        {"x/j/1", false},
        {"pr-logs/pull/o_r/x/j/2", false},
        {"pr-logs/pull/o_r/1", false},
        {"pr-logs/pull/o_r/99999999999999999999/j/2", false},
        {"", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF_ARRAY(keys); i++) {
        struct arena a;
        struct build b = {.key = sv_of(keys[i].key)};
        struct err err = {0};
        arena_init(&a, 1 << 16);
        assert_int_equal(place_fill_from_key(&b, &a, &err), keys[i].is_build);
        assert_int_equal(err.code, ERR_NONE);
        assert_int_equal(b.id.len > 0, keys[i].is_build);
        arena_done(&a);
    }
}

static void what_a_document_said_stays(void **state)
{
    static const struct pull pulls[] = {{.number = 9}};
    struct arena a;
    struct err err = {0};
    struct build b = {.key = SV_INIT("pr-logs/pull/o_r/7/j/" ID),
                      .job = SV_INIT("long name"),
                      .started_ms = 5,
                      .refs = {.org = SV_INIT("org"), .pulls = pulls, .pull_count = 1}};
    (void)state;
    arena_init(&a, 1 << 16);
    assert_true(place_fill_from_key(&b, &a, &err));
    assert_true(sv_equal(b.job, SV("long name")));
    assert_true(sv_equal(b.refs.org, SV("org")));
    assert_int_equal(b.refs.pulls[0].number, 9);
    assert_int_equal(b.started_ms, 5);
    arena_done(&a);
}

/* ---- URLs ---- */

static const struct build place_of_gs = {
    .store = STORE_GS, .bucket = SV_INIT("b"), .key = SV_INIT("logs/j/20")};
static const struct build place_of_s3 = {
    .store = STORE_S3, .bucket = SV_INIT("b"), .key = SV_INIT("logs/j/20")};

static void objects_have_urls(void **state)
{
    struct endpoints web = public, path = public;
    struct arena a;
    (void)state;
    web.prefer_gcsweb = true;
    path.s3 = SV("https://s3.example:9000");
    const struct build folder = {.store = STORE_FOLDER, .key = SV_INIT("m/logs/j/20")};
    const struct {
        const struct endpoints *e;
        const struct build *build;
        const char *rel, *url;
    } urls[] = {
        {&public, &place_of_gs, "build-log.txt",
         "https://storage.googleapis.com/b/logs/j/20/build-log.txt"},
        {&public, &place_of_gs, "", "https://storage.googleapis.com/b/logs/j/20"},
        {&public, &place_of_gs, "a#b?c%d e+\xc3\xab",
         "https://storage.googleapis.com/b/logs/j/20/a%23b%3Fc%25d%20e%2B%C3%AB"},
        {&public, &place_of_s3, "x", "https://b.s3.amazonaws.com/logs/j/20/x"},
        {&path, &place_of_s3, "x", "https://s3.example:9000/b/logs/j/20/x"},
        {&web, &place_of_gs, "a#b c", "https://gcsweb.example/gcs/b/logs/j/20/a%2523b%20c"},
        {&web, &place_of_s3, "x", "https://gcsweb.example/s3/b/logs/j/20/x"},
        {&public, &folder, "x/y#z", "m/logs/j/20/x/y#z"},
    };
    arena_init(&a, 1 << 16);
    for (size_t i = 0; i < COUNT_OF_ARRAY(urls); i++) {
        struct sv url;
        struct err err = {0};
        assert_true(place_object_url(urls[i].e, urls[i].build, sv_of(urls[i].rel), &a, &url, &err));
        assert_string_equal(url.ptr, urls[i].url);
    }
    arena_done(&a);
}

static void people_get_the_page_or_the_object(void **state)
{
    struct arena a;
    struct build linked = place_of_gs;
    const struct build file = {.store = STORE_FILE, .key = SV_INIT("x.log")};
    (void)state;
    linked.url = SV("https://d/view/gs/b/logs/j/20");
    const struct {
        const struct endpoints *e;
        const struct build *build;
        const char *rel, *url;
    } urls[] = {
        {&public, &linked, "build-log.txt", "https://d/view/gs/b/logs/j/20"},
        {&public, &place_of_gs, "build-log.txt", "https://prow.example/view/gs/b/logs/j/20"},
        {&public, &linked, "artifacts/junit.xml",
         "https://storage.googleapis.com/b/logs/j/20/artifacts/junit.xml"},
        {&own, &place_of_gs, "", "http://127.0.0.1:80/store/b/logs/j/20"},
        {&public, &file, "build-log.txt", "x.log"},
    };
    arena_init(&a, 1 << 16);
    for (size_t i = 0; i < COUNT_OF_ARRAY(urls); i++) {
        struct sv url;
        struct err err = {0};
        assert_true(place_person_url(urls[i].e, urls[i].build, sv_of(urls[i].rel), &a, &url, &err));
        assert_true(sv_equal(url, sv_of(urls[i].url)));
    }
    arena_done(&a);
}

static void listings_are_asked_for_page_by_page(void **state)
{
    struct endpoints xml = public, web = public;
    struct arena a;
    (void)state;
    xml.gcs_api = SV("");
    web.prefer_gcsweb = true;
    const struct {
        const struct endpoints *e;
        struct list_request request;
        const char *url;
    } urls[] = {
        {&public,
         {.store = STORE_GS, .bucket = SV_INIT("b"), .prefix = SV_INIT("logs/j/")},
         "https://storage.googleapis.com/storage/v1/b/b/"
         "o?prefix=logs%2Fj%2F&delimiter=%2F&maxResults=1000&fields="
         "nextPageToken,prefixes,items(name,size,metadata)"},
        {&public,
         {.store = STORE_GS,
          .bucket = SV_INIT("b"),
          .prefix = SV_INIT("l/"),
          .flat = true,
          .token = SV_INIT("A+=")},
         "https://storage.googleapis.com/storage/v1/b/b/"
         "o?prefix=l%2F&maxResults=1000&fields=nextPageToken,prefixes,"
         "items(name,size,metadata)&pageToken=A%2B%3D"},
        {&xml,
         {.store = STORE_GS,
          .bucket = SV_INIT("b"),
          .prefix = SV_INIT("l/"),
          .token = SV_INIT("t/=")},
         "https://storage.googleapis.com/"
         "b?list-type=2&prefix=l%2F&delimiter=%2F&max-keys=1000&encoding-type=url&"
         "continuation-token=t%2F%3D"},
        {&public,
         {.store = STORE_S3,
          .bucket = SV_INIT("b"),
          .prefix = SV_INIT("l/"),
          .flat = true,
          .token = SV_INIT("l/a b"),
          .is_marker = true},
         "https://b.s3.amazonaws.com?prefix=l%2F&max-keys=1000&encoding-type=url&marker=l%2Fa%20b"},
        {&web,
         {.store = STORE_GS,
          .bucket = SV_INIT("b"),
          .prefix = SV_INIT("l/#/"),
          .token = SV_INIT("x y")},
         "https://gcsweb.example/gcs/b/l/%2523/?marker=x%20y"},
    };
    arena_init(&a, 1 << 16);
    for (size_t i = 0; i < COUNT_OF_ARRAY(urls); i++) {
        struct sv url;
        struct err err = {0};
        assert_true(place_list_url(urls[i].e, &urls[i].request, &a, &url, &err));
        assert_string_equal(url.ptr, urls[i].url);
    }
    arena_done(&a);
}

static void aliases_of_the_user_replace_the_table(void **state)
{
    static const struct bucket_alias table[] = {{SV_INIT("old"), SV_INIT("new")}};
    struct endpoints e = public;
    (void)state;
    assert_true(sv_equal(place_unalias(&e, SV("origin-ci-test")), SV("test-platform-results")));
    e.aliases = table;
    e.alias_count = 1;
    assert_true(sv_equal(place_unalias(&e, SV("old")), SV("new")));
    assert_true(sv_equal(place_unalias(&e, SV("origin-ci-test")), SV("origin-ci-test")));
}

static void no_memory_is_an_error(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF_ARRAY(arguments); i++) {
        for (unsigned long n = 0;; n++) {
            struct arena a;
            struct place p;
            struct err err = {0};
            arena_init(&a, 1 << 16);
            torture_arm(n);
            const bool ok = place_parse(sv_of(arguments[i].argument), &public, &disk, &a, &p, &err);
            torture_disarm();
            arena_done(&a);
            if (!torture_fired()) {
                assert_true(ok);
                break;
            }
            assert_false(ok);
            assert_int_equal(err.code, ERR_NOMEM);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments_name_what_they_name),
        cmocka_unit_test(configured_stores_are_known_by_their_urls),
        cmocka_unit_test(what_names_nothing_is_refused),
        cmocka_unit_test(a_view_keeps_its_link_and_its_deck),
        cmocka_unit_test(keys_are_read_from_their_end),
        cmocka_unit_test(what_a_document_said_stays),
        cmocka_unit_test(objects_have_urls),
        cmocka_unit_test(people_get_the_page_or_the_object),
        cmocka_unit_test(listings_are_asked_for_page_by_page),
        cmocka_unit_test(aliases_of_the_user_replace_the_table),
        cmocka_unit_test(no_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
