#include "check.h"

#include "run/mirror.h"
#include "scratch.h"

static struct scratch dir;

static int make_dir(void **state)
{
    (void)state;
    scratch_make(&dir);
    return 0;
}

static int remove_dir(void **state)
{
    (void)state;
    scratch_done(&dir);
    return 0;
}

static const struct build gs = {
    .store = STORE_GS, .bucket = SV_INIT("bkt"), .key = SV_INIT("logs/j/1")};

static void a_path_is_store_bucket_key_and_name(void **state)
{
    const struct build s3 = {
        .store = STORE_S3, .bucket = SV_INIT("b.c"), .key = SV_INIT("pr-logs/pull/o_r/7/j/2")};
    char path[200];
    (void)state;
    assert_true(mirror_path("m", &gs, SV("artifacts/a/b.xml"), path, sizeof(path)));
    assert_string_equal(path, "m/gs/bkt/logs/j/1/artifacts/a/b.xml");
    assert_true(mirror_path("/x/m", &s3, SV(""), path, sizeof(path)));
    assert_string_equal(path, "/x/m/s3/b.c/pr-logs/pull/o_r/7/j/2");
    assert_false(mirror_path("m", &gs, SV("artifacts/a/b.xml"), path, 20));
}

static void what_has_no_safe_place_has_no_path(void **state)
{
    static const struct build builds[] = {
        {.store = STORE_FOLDER, .key = SV_INIT("logs/j/1")},
        {.store = STORE_NONE},
        {.store = STORE_GS, .bucket = SV_INIT("bkt"), .key = SV_INIT("logs/../../1")},
        {.store = STORE_GS, .bucket = SV_INIT(".."), .key = SV_INIT("logs/j/1")},
        {.store = STORE_GS, .bucket = SV_INIT("a/b"), .key = SV_INIT("logs/j/1")},
        {.store = STORE_GS, .bucket = SV_INIT("bkt"), .key = SV_INIT("")},
    };
    char path[200];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(builds); i++)
        assert_false(mirror_path("m", &builds[i], SV("x"), path, sizeof(path)));
}

static void names_that_lead_elsewhere_are_not_safe(void **state)
{
    static const struct {
        struct sv name;
        bool safe;
    } cases[] = {
        {SV_INIT("build-log.txt"), true}, {SV_INIT("artifacts/.hidden/..x/x.."), true},
        {SV_INIT("a b#c%d?e"), true},     {SV_INIT(""), false},
        {SV_INIT("/etc/passwd"), false},  {SV_INIT("a//b"), false},
        {SV_INIT("a/"), false},           {SV_INIT("../a"), false},
        {SV_INIT("a/../b"), false},       {SV_INIT("a/.."), false},
        {SV_INIT("./a"), false},          {SV_INIT("a\0b"), false},
        {SV_INIT(".prowl-files"), false}, {SV_INIT("artifacts/.prowl-files"), false},
    };
    static char text[4000];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(mirror_is_safe(cases[i].name), cases[i].safe);
    memset(text, 'x', sizeof(text));
    assert_true(mirror_is_safe((struct sv){.ptr = text, .len = 250}));
    assert_false(mirror_is_safe((struct sv){.ptr = text, .len = 251}));
    for (size_t i = 100; i < sizeof(text); i += 100)
        text[i] = '/';
    assert_true(mirror_is_safe((struct sv){.ptr = text, .len = 3000}));
    assert_false(mirror_is_safe((struct sv){.ptr = text, .len = 3002}));
}

struct seen {
    char text[1000];
    uint64_t bytes;
    unsigned count;
};

static bool see(struct sv path, uint64_t size, void *user, struct err *err)
{
    struct seen *s = user;
    (void)err;
    (void)snprintf(s->text + strlen(s->text), sizeof(s->text) - strlen(s->text), "%.*s\n",
                   SV_ARG(path));
    s->bytes += size;
    s->count++;
    return true;
}

static void a_list_is_read_back_as_it_was_written(void **state)
{
    static const struct plan_file files[] = {
        {SV_INIT("build-log.txt"), 7},
        {SV_INIT("artifacts/a \"b\"\n\xc3\xa9"), UINT64_MAX},
        {SV_INIT("../../evil"), 1}, /* is left out */
        {SV_INIT("x"), 0},
    };
    struct err err = {0};
    (void)state;
    for (enum mirror_state s = MIRROR_BEGUN; s <= MIRROR_SETTLED; s++) {
        enum mirror_state back = MIRROR_NONE;
        struct seen seen = {0};
        assert_true(mirror_save(dir.path, s, files, COUNT_OF(files), &err));
        assert_true(mirror_load(dir.path, see, &seen, &back, &err));
        assert_int_equal(back, s);
        assert_string_equal(seen.text, "build-log.txt\nartifacts/a \"b\"\n\xc3\xa9\nx\n");
        assert_int_equal(seen.bytes, UINT64_MAX + 7);
    }
}

static void no_list_is_no_mistake(void **state)
{
    struct err err = {0};
    enum mirror_state back = MIRROR_SETTLED;
    struct seen seen = {0};
    (void)state;
    assert_true(mirror_load(dir.path, see, &seen, &back, &err));
    assert_int_equal(back, MIRROR_NONE);
    assert_true(mirror_load("/no/such/folder", see, &seen, &back, &err));
    assert_int_equal(seen.count, 0);
}

static void a_list_that_is_none_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "\n",
        "hello\n",
        "[]\n",
        "{\"prowl_files\":2,\"state\":\"listed\"}\n",
        "{\"state\":\"listed\"}\n",
        "{\"prowl_files\":1}\n",
        "{\"prowl_files\":1,\"state\":\"\"}\n",
        "{\"prowl_files\":1,\"state\":\"whole\"}\n",
        "{\"prowl_files\":1,\"state\":\"listed\"}\n{\"path\":\"a\"}\n",
        "{\"prowl_files\":1,\"state\":\"listed\"}\n{\"path\":\"a\",\"size\":-1}\n",
        "{\"prowl_files\":1,\"state\":\"listed\"}\n{\"path\":\"a\",\"size\":1\n",
        "{\"prowl_files\":1,\"state\":\"listed\"}\n\n",
    };
    char path[200];
    (void)state;
    (void)snprintf(path, sizeof(path), "%s/.prowl-files", dir.path);
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct err err = {0};
        enum mirror_state back = MIRROR_NONE;
        struct seen seen = {0};
        FILE *f = fopen(path, "w");
        assert_non_null(f);
        (void)fputs(texts[i], f);
        (void)fclose(f);
        if (mirror_load(dir.path, see, &seen, &back, &err))
            fail_msg("taken: %s", texts[i]);
        assert_int_equal(err.code, ERR_FORMAT);
        assert_non_null(strstr(err.where, ".prowl-files"));
    }
}

static void a_list_that_cannot_be_written_is_told(void **state)
{
    struct err err = {0};
    char path[200];
    (void)state;
    (void)snprintf(path, sizeof(path), "%s/file", dir.path);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    (void)fclose(f);
    assert_false(mirror_save(path, MIRROR_BEGUN, NULL, 0, &err));
    assert_int_equal(err.code, ERR_IO);
    assert_non_null(strstr(err.where, "file"));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, make_dir, remove_dir)
    const struct CMUnitTest tests[] = {
        CASE(a_path_is_store_bucket_key_and_name),
        CASE(what_has_no_safe_place_has_no_path),
        CASE(names_that_lead_elsewhere_are_not_safe),
        CASE(a_list_is_read_back_as_it_was_written),
        CASE(no_list_is_no_mistake),
        CASE(a_list_that_is_none_is_refused),
        CASE(a_list_that_cannot_be_written_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
