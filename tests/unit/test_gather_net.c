#include "check.h"

#include "gathering.h"

/* "abc" in a gzip stream. */
#define GZIP_ABC "\x1f\x8b\x08\0\0\0\0\0\x02\x03\x4b\x4c\x4a\x06\0\xc2\x41\x24\x35\x03\0\0\0"

enum { ROOM = 1000 };

static struct sv url_of(const char *path)
{
    struct sv url = {0};
    struct err err = {0};
    assert_true(arena_printf(&gathered.arena, &url, &err, "%s%s", gathered.base, path));
    return url;
}

static void ask(struct gather_file *file, const char *path)
{
    *file = (struct gather_file){.url = url_of(path), .auth = FETCH_AUTH_BEARER};
    buf_init(&file->text, ROOM);
}

/* ---- tests ---- */

static void every_file_has_its_own_text_or_its_own_error(void **state)
{
    static const struct {
        const char *path, *text;
        long status;
        enum err_code code;
        const char *why;
    } wanted[] = {
        {"/a", "text of a", 200, ERR_NONE, ""},
        {"/none", "", 404, ERR_REFUSED, "HTTP status 404"},
        {"/private", "", 403, ERR_REFUSED, "HTTP status 403, access is refused"},
        {"/packed", "abc", 200, ERR_NONE, ""},
        {"/once", "second try", 200, ERR_NONE, ""},
        {"/cut", "whole at last", 200, ERR_NONE, ""},
        {"/empty", "", 200, ERR_NONE, ""},
        {"/a", "text of a", 200, ERR_NONE, ""}, /* again: each is a file */
    };
    struct gather_file files[COUNT_OF(wanted)];
    struct err err = {0};
    (void)state;
    PAGES({.path = "/a", .body = SV_INIT("text of a")}, {.path = "/private", .status = 403},
          {.path = "/packed", .body = SV_INIT(GZIP_ABC)},
          {.path = "/once", .body = SV_INIT("second try"), .fails = 1},
          {.path = "/cut", .body = SV_INIT("whole at last"), .cut_at = 5}, {.path = "/empty"});
    for (size_t i = 0; i < COUNT_OF(wanted); i++)
        ask(&files[i], wanted[i].path);
    assert_true(gather_files(&gathered.g, files, COUNT_OF(wanted), &err));
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        assert_int_equal(files[i].status, wanted[i].status);
        assert_int_equal(files[i].err.code, wanted[i].code);
        assert_string_equal(files[i].err.why, wanted[i].why);
        assert_true(sv_equal(buf_sv(&files[i].text), sv_of(wanted[i].text)));
        buf_done(&files[i].text);
    }
    assert_true(gather_files(&gathered.g, NULL, 0, &err));
}

static void a_stream_that_breaks_off_is_a_passing_trouble(void **state)
{
    struct gather_file file;
    struct err err = {0};
    (void)state;
    PAGES({.path = "/broken", .body = {.ptr = GZIP_ABC, .len = sizeof(GZIP_ABC) - 6}});
    ask(&file, "/broken");
    assert_true(gather_files(&gathered.g, &file, 1, &err));
    assert_int_equal(file.err.code, ERR_TRANSIENT);
    assert_non_null(strstr(file.err.why, "the answer is a broken gzip stream: "));
    buf_done(&file.text);
}

static void a_text_past_its_room_is_an_error_of_that_file(void **state)
{
    static char much[ROOM + 1];
    static struct served pages[] = {{.path = "/much"}, {.path = "/a", .body = SV_INIT("a")}};
    struct gather_file files[2];
    struct err err = {0};
    (void)state;
    memset(much, 'x', sizeof(much));
    for (size_t len = ROOM; len <= ROOM + 1; len++) {
        pages[0].body = (struct sv){.ptr = much, .len = len};
        serving_pages(pages, COUNT_OF(pages));
        ask(&files[0], "/much");
        ask(&files[1], "/a");
        assert_true(gather_files(&gathered.g, files, 2, &err));
        assert_int_equal(files[0].err.code, len > ROOM ? ERR_LIMIT : ERR_NONE);
        assert_int_equal(files[1].err.code, ERR_NONE);
        buf_done(&files[0].text);
        buf_done(&files[1].text);
        serving_pages(NULL, 0);
    }
}

static void a_url_that_cannot_be_asked_ends_the_call_once_the_others_are_done(void **state)
{
    struct gather_file files[3];
    struct err err = {0};
    (void)state;
    PAGES({.path = "/a", .body = SV_INIT("text")});
    ask(&files[0], "/a");
    ask(&files[1], "/a");
    files[1].url = SV("http://user:secret@127.0.0.1/");
    ask(&files[2], "/a");
    assert_false(gather_files(&gathered.g, files, 3, &err));
    assert_int_equal(err.code, ERR_USAGE);
    assert_null(strstr(err.why, "secret"));
    assert_true(sv_equal(buf_sv(&files[0].text), SV("text")));
    assert_int_equal(files[2].text.len, 0);
    for (size_t i = 0; i < 3; i++)
        buf_done(&files[i].text);
}

static void a_page_is_a_text_or_an_error(void **state)
{
    struct buf text;
    struct err err = {0};
    (void)state;
    PAGES({.path = "/a", .body = SV_INIT("text")}, {.path = "/busy", .status = 503});
    buf_init(&text, ROOM);
    assert_true(gather_page(&gathered.g, url_of("/a"), FETCH_AUTH_BEARER, &text, &err));
    assert_true(sv_equal(buf_sv(&text), SV("text")));
    buf_reset(&text);
    assert_false(gather_page(&gathered.g, url_of("/none"), FETCH_AUTH_BEARER, &text, &err));
    assert_int_equal(err.code, ERR_REFUSED);
    err = (struct err){0};
    assert_false(gather_page(&gathered.g, url_of("/busy"), FETCH_AUTH_BEARER, &text, &err));
    assert_int_equal(err.code, ERR_TRANSIENT);
    assert_string_equal(err.why, "HTTP status 503 (2 tries)");
    buf_done(&text);
}

static void without_a_network_all_is_refused(void **state)
{
    struct run_options offline = gathered.run;
    const struct gathering g = {.run = &offline, .arena = &gathered.arena};
    struct gather_file file;
    struct err err = {0};
    (void)state;
    offline.fetch = NULL;
    ask(&file, "/a");
    assert_false(gather_files(&g, &file, 1, &err));
    assert_int_equal(err.code, ERR_REFUSED);
    assert_non_null(strstr(err.why, "offline"));
    buf_done(&file.text);
}

static void a_signal_ends_the_wait(void **state)
{
    struct gather_file files[2];
    struct err err = {0};
    (void)state;
    PAGES({.path = "/hang", .hangs = true}, {.path = "/a"});
    ask(&files[0], "/hang");
    ask(&files[1], "/a");
    assert_false(gather_is_stopped(&gathered.g));
    atomic_store(&gathered.stop, 1);
    assert_true(gather_is_stopped(&gathered.g));
    assert_true(gather_files(&gathered.g, files, 2, &err));
    assert_int_equal(files[0].err.code, ERR_STOPPED);
    buf_done(&files[0].text);
    buf_done(&files[1].text);
}

static void what_a_status_means(void **state)
{
    static const struct {
        long status;
        enum err_code code;
    } statuses[] = {{400, ERR_REFUSED},   {401, ERR_REFUSED},   {404, ERR_REFUSED},
                    {408, ERR_TRANSIENT}, {410, ERR_REFUSED},   {429, ERR_TRANSIENT},
                    {500, ERR_TRANSIENT}, {503, ERR_TRANSIENT}, {599, ERR_TRANSIENT}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(statuses); i++) {
        struct err err = {0};
        assert_false(gather_refuse(statuses[i].status, &err));
        assert_int_equal(err.code, statuses[i].code);
        assert_int_equal(strstr(err.why, "access is refused") != NULL, statuses[i].status == 401);
    }
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, gathering_open, gathering_close)
    const struct CMUnitTest tests[] = {
        CASE(every_file_has_its_own_text_or_its_own_error),
        CASE(a_stream_that_breaks_off_is_a_passing_trouble),
        CASE(a_text_past_its_room_is_an_error_of_that_file),
        CASE(a_url_that_cannot_be_asked_ends_the_call_once_the_others_are_done),
        CASE(a_page_is_a_text_or_an_error),
        CASE(without_a_network_all_is_refused),
        CASE(a_signal_ends_the_wait),
        cmocka_unit_test(what_a_status_means),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
