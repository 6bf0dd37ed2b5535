#include "check.h"

#include "fetch/cache.h"
#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

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

static struct cache *open_cache(uint64_t max_bytes)
{
    struct err err = {0};
    static const struct log log = {.fd = -1, .quiet = true};
    const struct cache_options options = {.dir = dir.path, .max_bytes = max_bytes, .log = &log};
    struct cache *c = cache_open(&options, &err);
    assert_non_null(c);
    return c;
}

static void store(struct cache *c, struct sv url, struct sv body)
{
    struct cache_entry *e = cache_begin(c, url);
    if (e == NULL)
        return;
    cache_add(e, body);
    cache_commit_take(e, 200, SV("\"tag\""), SV("Sun, 06 Nov 1994 08:49:37 GMT"));
}

static bool has(struct cache *c, struct sv url, struct sv body)
{
    struct cache_hit hit;
    char text[70000];
    if (!cache_find(c, url, &hit))
        return false;
    const ssize_t n = read(hit.fd, text, sizeof(text));
    (void)close(hit.fd);
    return sv_equal((struct sv){.ptr = text, .len = n > 0 ? (size_t)n : 0}, body);
}

static void what_was_stored_is_found(void **state)
{
    struct cache *c = open_cache(1 << 20);
    struct cache_hit hit;
    struct cache_stats stats;
    (void)state;
    assert_false(cache_find(c, SV("http://h/a"), &hit));
    store(c, SV("http://h/a"), SV("body of a"));
    store(c, SV("http://h/empty"), SV(""));
    assert_true(has(c, SV("http://h/a"), SV("body of a")));
    assert_true(has(c, SV("http://h/empty"), SV("")));
    assert_true(cache_find(c, SV("http://h/a"), &hit));
    assert_int_equal(hit.status, 200);
    assert_int_equal(hit.body_bytes, 9);
    assert_string_equal(hit.etag, "\"tag\"");
    assert_string_equal(hit.last_modified, "Sun, 06 Nov 1994 08:49:37 GMT");
    (void)close(hit.fd);
    assert_false(cache_find(c, SV("http://h/A"), &hit));
    cache_stats(c, &stats);
    assert_int_equal(stats.hits, 3);
    assert_int_equal(stats.misses, 2);
    cache_close(c);
    c = open_cache(1 << 20);
    assert_true(has(c, SV("http://h/a"), SV("body of a")));
    cache_close(c);
}

static void the_checksum_does_not_depend_on_how_the_body_came(void **state)
{
    struct cache *c = open_cache(1 << 20);
    char body[300];
    (void)state;
    for (size_t i = 0; i < sizeof(body); i++)
        body[i] = (char)(i * 7);
    for (size_t step = 1; step <= 40; step++) {
        char url[32];
        (void)snprintf(url, sizeof(url), "http://h/%zu", step);
        struct cache_entry *e = cache_begin(c, sv_of(url));
        assert_non_null(e);
        for (struct sv rest = {.ptr = body, .len = sizeof(body)}; rest.len > 0;
             rest = sv_tail(rest, step))
            cache_add(e, sv_head(rest, step));
        cache_commit_take(e, 200, SV(""), SV(""));
        assert_true(has(c, sv_of(url), (struct sv){.ptr = body, .len = sizeof(body)}));
    }
    cache_close(c);
}

static void absence_is_kept_without_a_body(void **state)
{
    struct cache *c = open_cache(1 << 20);
    struct cache_hit hit;
    (void)state;
    struct cache_entry *e = cache_begin(c, SV("http://h/none"));
    cache_commit_take(e, 404, SV(""), SV(""));
    assert_true(cache_find(c, SV("http://h/none"), &hit));
    assert_int_equal(hit.status, 404);
    assert_int_equal(hit.fd, -1);
    cache_close(c);
}

static void an_entry_that_is_given_up_leaves_nothing(void **state)
{
    struct cache *c = open_cache(1 << 20);
    struct cache_hit hit;
    (void)state;
    store(c, SV("http://h/a"), SV("old"));
    struct cache_entry *e = cache_begin(c, SV("http://h/a"));
    cache_add(e, SV("new"));
    assert_true(has(c, SV("http://h/a"), SV("old")));
    cache_abandon_take(e);
    assert_true(has(c, SV("http://h/a"), SV("old")));
    e = cache_begin(c, SV("http://h/b"));
    cache_abandon_take(e);
    assert_false(cache_find(c, SV("http://h/b"), &hit));
    cache_close(c);
}

static void validators_that_would_break_the_header_are_left_out(void **state)
{
    static const char *const bad[] = {"two\nlines", "0123456789012345678901234567890123456789012345"
                                                    "678901234567890123456789012345678901234567890"
                                                    "12345678901234567890123456789012345678901"};
    struct cache *c = open_cache(1 << 20);
    struct cache_hit hit;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct cache_entry *e = cache_begin(c, SV("http://h/a"));
        cache_commit_take(e, 200, sv_of(bad[i]), sv_of(bad[i]));
        assert_true(cache_find(c, SV("http://h/a"), &hit));
        assert_string_equal(hit.etag, "");
        assert_string_equal(hit.last_modified, "");
        (void)close(hit.fd);
    }
    cache_close(c);
}

/* ---- damage ---- */

static char entry_path[300];

static int see_entry(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)ftw;
    if (kind == FTW_F && st->st_size > 0)
        (void)snprintf(entry_path, sizeof(entry_path), "%s", path);
    return 0;
}

/* The one entry that there is. */
static const char *only_entry(void)
{
    entry_path[0] = '\0';
    (void)nftw(dir.path, see_entry, 16, FTW_PHYS);
    assert_true(entry_path[0] != '\0');
    return entry_path;
}

static void every_flipped_bit_is_a_miss(void **state)
{
    struct cache *c = open_cache(1 << 20);
    const struct sv body = SV("some body of more than eight bytes");
    struct stat st;
    (void)state;
    store(c, SV("http://h/a"), body);
    assert_int_equal(stat(only_entry(), &st), 0);
    for (off_t at = 0; at < st.st_size; at++) {
        store(c, SV("http://h/a"), body);
        const int fd = open(only_entry(), O_RDWR);
        char byte;
        assert_int_equal(pread(fd, &byte, 1, at), 1);
        const bool blank = byte == ' ' || at == 511; /* of the header's padding */
        byte ^= 1;
        assert_int_equal(pwrite(fd, &byte, 1, at), 1);
        (void)close(fd);
        if (has(c, SV("http://h/a"), body) && !blank)
            fail_msg("byte %ld was changed, and nobody saw it", (long)at);
    }
    store(c, SV("http://h/a"), body);
    assert_true(has(c, SV("http://h/a"), body));
    cache_close(c);
}

static void every_length_but_the_right_one_is_a_miss(void **state)
{
    struct cache *c = open_cache(1 << 20);
    struct cache_stats stats;
    (void)state;
    for (off_t length = 0; length < 560; length++) {
        store(c, SV("http://h/a"), SV("0123456789"));
        assert_int_equal(truncate(only_entry(), length), 0);
        assert_true(has(c, SV("http://h/a"), SV("0123456789")) == (length == 522));
    }
    cache_stats(c, &stats);
    assert_int_equal(stats.damaged, 559);
    cache_close(c);
}

static void what_is_no_file_is_a_miss(void **state)
{
    struct cache *c = open_cache(1 << 20);
    struct cache_hit hit;
    char path[300];
    (void)state;
    store(c, SV("http://h/a"), SV("body"));
    (void)snprintf(path, sizeof(path), "%s", only_entry());
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_false(cache_find(c, SV("http://h/a"), &hit)); /* and does not wait for a writer */
    (void)unlink(path);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    assert_false(cache_find(c, SV("http://h/a"), &hit));
    cache_close(c);
}

/* ---- room ---- */

static uint64_t total_bytes;
static unsigned total_files;

static int add_size(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)path;
    (void)ftw;
    if (kind == FTW_F && st->st_size > 0) {
        total_bytes += (uint64_t)st->st_blocks * 512;
        total_files++;
    }
    return 0;
}

static void measure(void)
{
    total_bytes = total_files = 0;
    (void)nftw(dir.path, add_size, 16, FTW_PHYS);
}

static const char *numbered(int n)
{
    static char url[64];
    (void)snprintf(url, sizeof(url), "http://h/%d", n);
    return url;
}

static void age(const char *path, int seconds)
{
    const struct timespec times[2] = {{.tv_sec = 1000000 - seconds}, {.tv_sec = 1000000 - seconds}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void the_longest_unused_goes_first(void **state)
{
    static char body[20000];
    struct cache *c = open_cache(400000);
    struct cache_hit hit;
    (void)state;
    const struct sv view = {.ptr = body, .len = sizeof(body)};
    for (int n = 0; n < 10; n++)
        store(c, sv_of(numbered(n)), view);
    for (int n = 10; n < 40; n++) { /* the first is used again and again */
        assert_true(cache_find(c, sv_of(numbered(0)), &hit));
        (void)close(hit.fd);
        store(c, sv_of(numbered(n)), view);
    }
    cache_close(c);
    measure();
    assert_in_range(total_bytes, 200000, 440000);
    c = open_cache(400000);
    assert_true(cache_find(c, sv_of(numbered(0)), &hit));
    (void)close(hit.fd);
    assert_true(cache_find(c, sv_of(numbered(39)), &hit));
    (void)close(hit.fd);
    assert_false(cache_find(c, sv_of(numbered(1)), &hit));
    assert_false(cache_find(c, sv_of(numbered(5)), &hit));
    cache_close(c);
}

static void one_entry_is_a_quarter_at_most(void **state)
{
    static char body[1000];
    struct cache *c = open_cache(100000);
    struct cache_hit hit;
    (void)state;
    struct cache_entry *e = cache_begin(c, SV("http://h/a"));
    for (int i = 0; i < 26; i++)
        cache_add(e, (struct sv){.ptr = body, .len = sizeof(body)});
    cache_commit_take(e, 200, SV(""), SV(""));
    assert_false(cache_find(c, SV("http://h/a"), &hit));
    store(c, SV("http://h/b"), SV("small"));
    assert_true(has(c, SV("http://h/b"), SV("small")));
    cache_close(c);
}

static void what_a_dead_writer_left_is_cleared_away(void **state)
{
    struct cache *c = open_cache(100000);
    struct stat st;
    char stale[400], fresh[400];
    (void)state;
    store(c, SV("http://h/a"), SV("body"));
    (void)only_entry();
    *strrchr(entry_path, '/') = '\0';
    (void)snprintf(stale, sizeof(stale), "%s/.stale1", entry_path);
    (void)snprintf(fresh, sizeof(fresh), "%s/.fresh1", entry_path);
    (void)close(open(stale, O_CREAT | O_WRONLY, 0600));
    (void)close(open(fresh, O_CREAT | O_WRONLY, 0600));
    age(stale, 0);
    cache_close(c);
    assert_int_equal(stat(stale, &st), -1);
    assert_int_equal(stat(fresh, &st), 0);
}

/* ---- trouble ---- */

static void a_cleared_cache_is_filled_again(void **state)
{
    struct cache *c = open_cache(1 << 20);
    struct cache_stats stats;
    char path[100];
    (void)state;
    struct cache_entry *e = cache_begin(c, SV("http://h/a"));
    cache_add(e, SV("body"));
    (void)snprintf(path, sizeof(path), "%s/v1", dir.path);
    (void)nftw(path, scratch_unlink, 16, FTW_DEPTH | FTW_PHYS);
    cache_commit_take(e, 200, SV(""), SV(""));
    store(c, SV("http://h/b"), SV("body"));
    assert_true(has(c, SV("http://h/b"), SV("body")));
    cache_stats(c, &stats);
    assert_false(stats.write_failed);
    cache_close(c);
}

static void a_full_disk_ends_writing_and_nothing_else(void **state)
{
    static char body[8000];
    struct cache *c = open_cache(1 << 20);
    struct cache_stats stats;
    struct rlimit old, limit;
    (void)state;
    store(c, SV("http://h/a"), SV("small"));
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    limit = old;
    limit.rlim_cur = 4000;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    store(c, SV("http://h/b"), (struct sv){.ptr = body, .len = sizeof(body)});
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    cache_stats(c, &stats);
    assert_true(stats.write_failed);
    assert_null(cache_begin(c, SV("http://h/c")));
    assert_true(has(c, SV("http://h/a"), SV("small")));
    cache_close(c);
    measure();
    assert_int_equal(total_files, 1); /* nothing half written is left */
}

static void a_folder_that_cannot_be_is_an_error(void **state)
{
    struct err err = {0};
    char path[200];
    const struct cache_options options = {.dir = path, .max_bytes = 1};
    (void)state;
    (void)snprintf(path, sizeof(path), "%s/file", dir.path);
    (void)close(open(path, O_CREAT | O_WRONLY, 0600));
    assert_null(cache_open(&options, &err));
    assert_int_equal(err.code, ERR_IO);
}

static void marks_are_no_entries(void **state)
{
    struct cache *c = open_cache(1 << 20);
    struct cache_hit hit;
    (void)state;
    assert_false(cache_is_settled(c, SV("http://h/a")));
    cache_settle(c, SV("http://h/a"));
    assert_true(cache_is_settled(c, SV("http://h/a")));
    assert_false(cache_is_settled(c, SV("http://h/b")));
    assert_false(cache_find(c, SV("http://h/a"), &hit));
    cache_close(c);
}

/* ---- two processes ---- */

static struct sv body_of(int n, char *room, size_t size)
{
    const size_t len = (size_t)(n * 977 % 5000);
    for (size_t i = 0; i < len && i < size; i++)
        room[i] = (char)(n + (int)i);
    return (struct sv){.ptr = room, .len = len};
}

/* Stores and finds; 0 when no entry was ever anything but whole. */
static int use_cache(int seed)
{
    char room[5000], text[5001];
    struct cache *c = open_cache(300000);
    unsigned random = (unsigned)seed;
    int bad = 0;
    for (int i = 0; i < 1500; i++) {
        const int n = rand_r(&random) % 200;
        const struct sv body = body_of(n, room, sizeof(room));
        struct cache_hit hit;
        if (i % 3 == 0) {
            store(c, sv_of(numbered(n)), body);
        } else if (cache_find(c, sv_of(numbered(n)), &hit)) {
            const ssize_t got = read(hit.fd, text, sizeof(text));
            (void)close(hit.fd);
            bad += got < 0 || !sv_equal((struct sv){.ptr = text, .len = (size_t)got}, body);
        }
    }
    struct cache_stats stats;
    cache_stats(c, &stats);
    cache_close(c);
    return bad > 0 || stats.write_failed || stats.damaged > 0 || stats.hits == 0 ? 1 : 0;
}

static void processes_share_a_folder(void **state)
{
    enum { PROCESSES = 3 };
    pid_t children[PROCESSES];
    (void)state;
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0)
            _exit(use_cache(i + 1));
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status = -1;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    measure();
    assert_in_range(total_bytes, 1, 300000 + 300000 / 8);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, make_dir, remove_dir)
    const struct CMUnitTest tests[] = {
        CASE(what_was_stored_is_found),
        CASE(the_checksum_does_not_depend_on_how_the_body_came),
        CASE(absence_is_kept_without_a_body),
        CASE(an_entry_that_is_given_up_leaves_nothing),
        CASE(validators_that_would_break_the_header_are_left_out),
        CASE(every_flipped_bit_is_a_miss),
        CASE(every_length_but_the_right_one_is_a_miss),
        CASE(what_is_no_file_is_a_miss),
        CASE(the_longest_unused_goes_first),
        CASE(one_entry_is_a_quarter_at_most),
        CASE(what_a_dead_writer_left_is_cleared_away),
        CASE(a_cleared_cache_is_filled_again),
        CASE(a_full_disk_ends_writing_and_nothing_else),
        CASE(a_folder_that_cannot_be_is_an_error),
        CASE(marks_are_no_entries),
        CASE(processes_share_a_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
