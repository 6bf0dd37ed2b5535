#include "check.h"
#include "torture.h"

#include "base/fs.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[] = "/tmp/prowl-fs-XXXXXX";

static const char *in_dir(const char *name)
{
    static char path[2][300];
    static int turn;
    turn = !turn;
    (void)snprintf(path[turn], sizeof(path[turn]), "%s/%s", dir, name);
    return path[turn];
}

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    (void)fputs(text, f);
    (void)fclose(f);
}

static void read_gives_the_bytes_or_says_which_path(void **state)
{
    struct buf b;
    struct err err = {0};
    (void)state;
    buf_init(&b, 100);
    write_file(in_dir("five"), "12345");
    assert_true(fs_read(in_dir("five"), 5, &b, &err));
    assert_true(sv_equal(buf_sv(&b), SV("12345")));
    buf_reset(&b);
    assert_false(fs_read(in_dir("five"), 4, &b, &err));
    assert_int_equal(err.code, ERR_LIMIT);
    assert_non_null(strstr(err.where, "five"));
    err = (struct err){0};
    assert_false(fs_read(in_dir("none"), 5, &b, &err));
    assert_int_equal(err.code, ERR_IO);
    assert_non_null(strstr(err.where, "none"));
    err = (struct err){0};
    assert_false(fs_read(dir, 5, &b, &err));
    buf_done(&b);
}

static void a_reader_sees_the_old_file_until_the_commit(void **state)
{
    struct fs_writer w = {.fd = -1};
    struct buf b;
    struct err err = {0};
    (void)state;
    buf_init(&b, 100);
    write_file(in_dir("out"), "old");
    assert_true(fs_writer_open(&w, in_dir("out"), &err));
    assert_true(fs_writer_add(&w, SV("new"), &err));
    assert_true(fs_read(in_dir("out"), 10, &b, &err));
    assert_true(sv_equal(buf_sv(&b), SV("old")));
    assert_true(fs_writer_commit(&w, &err));
    buf_reset(&b);
    assert_true(fs_read(in_dir("out"), 10, &b, &err));
    assert_true(sv_equal(buf_sv(&b), SV("new")));
    fs_writer_done(&w);
    buf_done(&b);
}

static void a_writer_that_is_given_up_leaves_nothing(void **state)
{
    struct fs_writer w = {.fd = -1};
    struct err err = {0};
    char temp[400];
    (void)state;
    assert_true(fs_writer_open(&w, in_dir("given-up"), &err));
    (void)snprintf(temp, sizeof(temp), "%s", w.temp_path);
    assert_true(fs_exists(temp));
    fs_writer_done(&w);
    assert_false(fs_exists(temp));
    assert_false(fs_exists(in_dir("given-up")));
    fs_writer_done(&w);
}

static void a_folder_that_is_not_there_is_named(void **state)
{
    struct fs_writer w = {.fd = -1};
    struct err err = {0};
    (void)state;
    assert_false(fs_writer_open(&w, in_dir("no/such/out"), &err));
    assert_int_equal(err.code, ERR_IO);
    assert_non_null(strstr(err.where, "no/such/out"));
    fs_writer_done(&w);
}

/* A rename would put a plain file in its place. */
static void a_device_or_a_pipe_is_written_through(void **state)
{
    struct fs_writer w = {.fd = -1};
    struct err err = {0};
    struct stat st;
    char got[8] = "";
    (void)state;
    assert_int_equal(mkfifo(in_dir("pipe"), 0600), 0);
    const int reader = open(in_dir("pipe"), O_RDONLY | O_NONBLOCK);
    assert_true(fs_writer_open(&w, in_dir("pipe"), &err) && fs_writer_add(&w, SV("hello"), &err) &&
                fs_writer_commit(&w, &err));
    assert_int_equal(read(reader, got, sizeof(got)), 5);
    assert_memory_equal(got, "hello", 5);
    (void)close(reader);
    (void)signal(SIGPIPE, SIG_IGN);
    assert_false(fs_writer_add(&w, SV("more"), &err));
    assert_true(w.gone);
    fs_writer_done(&w);
    assert_int_equal(stat(in_dir("pipe"), &st), 0);
    assert_true(S_ISFIFO(st.st_mode));
    err = (struct err){0};
    assert_false(fs_writer_open(&w, in_dir("."), &err));
    assert_string_equal(err.why, "Is a directory");
    fs_writer_done(&w);
}

static void mkdirs_makes_all_and_takes_what_is_there(void **state)
{
    struct stat st;
    struct err err = {0};
    (void)state;
    assert_true(fs_mkdirs(in_dir("a/b/c"), &err));
    assert_true(fs_mkdirs(in_dir("a/b/c"), &err));
    assert_true(fs_mkdirs(in_dir("a/b/c/"), &err));
    assert_int_equal(stat(in_dir("a/b/c"), &st), 0);
    assert_true(S_ISDIR(st.st_mode));
    assert_true(fs_mkdirs_private(in_dir("p/q"), &err));
    assert_int_equal(stat(in_dir("p/q"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    write_file(in_dir("plain"), "");
    assert_false(fs_mkdirs(in_dir("plain/x"), &err));
    assert_int_equal(err.code, ERR_IO);
}

static void a_file_in_place_of_a_folder_is_no_folder(void **state)
{
    struct err err = {0};
    (void)state;
    write_file(in_dir("file"), "");
    assert_false(fs_mkdirs(in_dir("file"), &err));
    assert_int_equal(err.code, ERR_IO);
    assert_string_equal(err.why, "Not a directory");
}

static void without_memory_nothing_is_read_and_nothing_overrun(void **state)
{
    struct buf b;
    unsigned long n = 0;
    bool ok = false;
    (void)state;
    buf_init(&b, 1 << 20);
    char *text = test_calloc(1, 200001);
    memset(text, 'x', 200000);
    write_file(in_dir("large"), text);
    test_free(text);
    for (; !ok; n++) {
        struct err err = {0};
        torture_arm(n);
        ok = fs_read(in_dir("large"), 200000, &b, &err);
        torture_disarm();
        assert_true(ok || err.code == ERR_NOMEM);
    }
    assert_int_equal(b.len, 200000);
    buf_done(&b);
}

static void a_pipe_that_does_not_block_gets_everything(void **state)
{
    enum { SIZE = 300000 };
    struct fs_writer w = {.fd = -1};
    struct err err = {0};
    int ends[2], status = 0;
    (void)state;
    assert_int_equal(pipe(ends), 0);
    const pid_t reader = fork();
    assert_true(reader >= 0);
    if (reader == 0) { /* counts what comes */
        static char into[4096];
        size_t total = 0;
        (void)close(ends[1]);
        for (ssize_t n; (n = read(ends[0], into, sizeof(into))) > 0;)
            total += (size_t)n;
        _exit(total == SIZE ? 0 : 1);
    }
    (void)close(ends[0]);
    assert_int_equal(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
    w.fd = ends[1];
    char *text = test_calloc(1, SIZE);
    assert_true(fs_writer_add(&w, (struct sv){.ptr = text, .len = SIZE}, &err));
    test_free(text);
    fs_writer_done(&w);
    assert_int_equal(waitpid(reader, &status, 0), reader);
    assert_int_equal(status, 0);
}

static int make_dir(void **state)
{
    (void)state;
    return mkdtemp(dir) == NULL;
}

static int drop_dir(void **state)
{
    char command[64];
    (void)state;
    (void)snprintf(command, sizeof(command), "rm -rf %s", dir);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read_gives_the_bytes_or_says_which_path),
        cmocka_unit_test(a_reader_sees_the_old_file_until_the_commit),
        cmocka_unit_test(a_writer_that_is_given_up_leaves_nothing),
        cmocka_unit_test(a_folder_that_is_not_there_is_named),
        cmocka_unit_test(a_device_or_a_pipe_is_written_through),
        cmocka_unit_test(mkdirs_makes_all_and_takes_what_is_there),
        cmocka_unit_test(a_file_in_place_of_a_folder_is_no_folder),
        cmocka_unit_test(without_memory_nothing_is_read_and_nothing_overrun),
        cmocka_unit_test(a_pipe_that_does_not_block_gets_everything),
    };
    return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
