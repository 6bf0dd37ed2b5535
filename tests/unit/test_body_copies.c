#include "check.h"

#include "piping.h"

/* What passes by, kept in the cache and in the mirror. */

#define FAILED "{\"timestamp\":1700009999,\"passed\":false}"
#define AT "/bkt/logs/j/1/"
#define URL_PATH "/bkt/logs/j/1/build-log.txt"
#define LOG "fine\nERROR: it broke\n"
#define MIRRORED "mirror/gs/bkt/logs/j/1/"

static char mirror[100];

static void mirror_to(const char *name)
{
    (void)snprintf(mirror, sizeof(mirror), "%s/%s", piped.scratch.path, name);
    piped.options.mirror_dir = mirror;
}

/* The log of gs://bkt/logs/j/1, as one more copy begins. */
static struct body make_body(struct job *job, const struct build *of, const char *path)
{
    struct body b = {.p = &piped.p,
                     .job = job,
                     .use = BODY_ARTIFACT,
                     .artifact = {.kind = ARTIFACT_BUILD_LOG, .path = sv_of(path)},
                     .of = of,
                     .fd = -1,
                     .mirror.fd = -1};
    static char url[200];
    (void)snprintf(url, sizeof(url), "%s" URL_PATH, piped.base);
    b.url = sv_of(url);
    (void)strcpy(b.etag, "\"e\"");
    return b;
}

static const struct build remote = {.id = SV_INIT("1"),
                                    .job = SV_INIT("j"),
                                    .store = STORE_GS,
                                    .bucket = SV_INIT("bkt"),
                                    .key = SV_INIT("logs/j/1")};

struct owner { /* a job that does nothing but hold problems */
    struct job job;
};

static void owner_init(struct owner *o)
{
    struct err err = {0};
    *o = (struct owner){.job.p = &piped.p};
    (void)pthread_mutex_init(&o->job.lock, NULL);
    o->job.result = result_new(&remote, 0, &err);
    assert_non_null(o->job.result);
}

static void owner_done(struct owner *o)
{
    result_free(o->job.result);
}

static bool is_cached(const struct body *b, char *ret_text, size_t size)
{
    struct cache_hit hit;
    if (!cache_find(piped.options.cache, b->url, &hit))
        return false;
    assert_string_equal(hit.etag, "\"e\"");
    const ssize_t n = read(hit.fd, ret_text, size - 1);
    assert_true(n >= 0);
    ret_text[n] = '\0';
    (void)close(hit.fd);
    return true;
}

/* ---- tests ---- */

static void a_body_is_kept_whole_in_both_or_in_none(void **state)
{
    static const struct {
        bool keep, keep_in_cache, mirrored, cached;
    } cases[] = {{true, true, true, true},
                 {true, false, true, false}, /* it may be longer the next time */
                 {false, false, false, false}};
    struct owner o;
    (void)state;
    piping_open_cache();
    owner_init(&o);
    for (size_t i = COUNT_OF(cases); i-- > 0;) {
        char text[100], name[32];
        struct body b = make_body(&o.job, &remote, "build-log.txt");
        (void)snprintf(name, sizeof(name), "mirror%zu", i);
        mirror_to(name);
        body_copies_begin(&b);
        assert_true(body_has_copies(&b));
        body_copies_add(&b, SV("fine\n"));
        body_copies_add(&b, SV("ERROR: it broke\n"));
        body_copies_end(&b, cases[i].keep, cases[i].keep_in_cache);
        assert_false(body_has_copies(&b));
        (void)snprintf(text, sizeof(text), "%s/gs/bkt/logs/j/1/build-log.txt", name);
        const char *copy = piping_text(text);
        assert_int_equal(copy != NULL, cases[i].mirrored);
        if (copy != NULL)
            assert_string_equal(copy, LOG);
        assert_int_equal(is_cached(&b, text, sizeof(text)), cases[i].cached);
        if (cases[i].cached)
            assert_string_equal(text, LOG);
        body_copies_end(&b, true, true); /* a second end does nothing */
    }
    assert_int_equal(o.job.result->problem_count, 0);
    owner_done(&o);
}

static void only_what_came_from_a_bucket_is_kept(void **state)
{
    struct build folder = remote, copied = remote, s3 = remote;
    struct owner o;
    (void)state;
    piping_open_cache();
    mirror_to("mirror");
    owner_init(&o);
    folder.store = STORE_FOLDER;
    s3.store = STORE_S3;
    copied.local = SV("/somewhere");
    struct {
        const struct build *of;
        int fd;
        enum body_use use;
        bool offline, from_mirror, cached, mirrored;
    } cases[] = {
        {.of = &remote, .fd = -1, .cached = true, .mirrored = true},
        {.of = &s3, .fd = -1, .cached = true, .mirrored = true},
        {.of = &folder, .fd = 5},
        {.of = &copied, .fd = -1, .mirrored = true},
        {.of = &remote, .fd = 5, .mirrored = true}, /* out of the cache */
        {.of = &remote, .fd = 5, .from_mirror = true},
        {.of = &remote, .fd = -1, .offline = true, .mirrored = true},
        {.of = &remote, .fd = -1, .use = BODY_LISTING, .cached = true},
        {.of = &remote, .fd = -1, .use = BODY_DOCUMENT, .cached = true, .mirrored = true},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct body b = make_body(&o.job, cases[i].of, "build-log.txt");
        b.fd = cases[i].fd;
        b.use = cases[i].use;
        b.from_mirror = cases[i].from_mirror;
        piped.options.offline = cases[i].offline;
        body_copies_begin(&b);
        if ((b.entry != NULL) != cases[i].cached || b.mirrored != cases[i].mirrored)
            fail_msg("case %zu: cached %d, mirrored %d", i, b.entry != NULL, b.mirrored);
        body_copies_end(&b, false, false);
    }
    owner_done(&o);
}

static void a_name_that_has_no_place_is_a_problem_of_its_file_alone(void **state)
{
    static const char *const names[] = {"../../../../escape", "taken/below", "folder"};
    struct owner o;
    (void)state;
    mirror_to("mirror");
    piping_write(MIRRORED "taken", "a file where a folder would have to be");
    piping_write(MIRRORED "folder/x", "and the other way round");
    owner_init(&o);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct body b = make_body(&o.job, &remote, names[i]);
        body_copies_begin(&b);
        body_copies_add(&b, SV("text"));
        body_copies_end(&b, true, true);
        assert_int_equal(o.job.result->problem_count, i + 1);
        const struct problem *p = &o.job.result->problems[i];
        assert_true(sv_equal(p->where, sv_of(names[i])));
        assert_true(sv_equal(p->text, SV("it cannot be mirrored under this name")));
        assert_false(p->fatal);
    }
    assert_int_equal(piped.p.err.code, ERR_NONE); /* the run goes on */
    assert_null(piping_text("escape"));
    assert_string_equal(piping_text(MIRRORED "folder/x"), "and the other way round");
    owner_done(&o);
}

static void a_mirror_that_cannot_be_written_ends_the_run(void **state)
{
    struct owner o;
    (void)state;
    piped.options.mirror_dir = "/proc/prowl-mirror";
    owner_init(&o);
    struct body b = make_body(&o.job, &remote, "build-log.txt");
    body_copies_begin(&b);
    assert_false(body_has_copies(&b));
    assert_int_equal(piped.p.err.code, ERR_IO);
    assert_true(piped.p.stopped);
    owner_done(&o);
}

static void what_a_run_reads_lies_in_the_mirror_and_is_read_from_there(void **state)
{
    (void)state;
    PAGES({.path = AT "finished.json", .body = SV_INIT(FAILED)},
          {.path = AT "build-log.txt", .body = SV_INIT(LOG)},
          {.path = "/bkt",
           .body = SV_INIT("<ListBucketResult><Contents><Key>logs/j/1/build-log.txt</Key><Size>20"
                           "</Size></Contents></ListBucketResult>")});
    mirror_to("mirror");
    piping_add_remote("1", STATE_FAILURE);
    piping_run();
    assert_string_equal(piping_text(MIRRORED "build-log.txt"), LOG);
    assert_string_equal(piping_text(MIRRORED "finished.json"), FAILED);
    assert_null(piping_text(MIRRORED "started.json")); /* it was absent */
    assert_string_equal(piped.builds[0].excerpt, "ERROR: it broke");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, piping_open, piping_close)
    const struct CMUnitTest tests[] = {
        CASE(a_body_is_kept_whole_in_both_or_in_none),
        CASE(only_what_came_from_a_bucket_is_kept),
        CASE(a_name_that_has_no_place_is_a_problem_of_its_file_alone),
        CASE(a_mirror_that_cannot_be_written_ends_the_run),
        CASE(what_a_run_reads_lies_in_the_mirror_and_is_read_from_there),
    };
    return cmocka_run_group_tests(tests, piping_load, piping_unload);
}
