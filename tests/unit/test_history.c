#include "keeping.h"

#include "base/fs.h"
#include "tally/history_p.h"

static void write_file(const char *path, const void *bytes, size_t len)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

static struct buf file_of(const char *path)
{
    struct buf data;
    struct err err = {0};
    buf_init(&data, 64 << 20);
    assert_true(fs_read(path, 64 << 20, &data, &err));
    return data;
}

/* A file made by SQL text alone. */
static void make_file(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static int64_t number(struct history *h, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    assert_int_equal(sqlite3_prepare_v2(h->db, sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    const int64_t n = sqlite3_column_int64(stmt, 0);
    (void)sqlite3_finalize(stmt);
    return n;
}

static void a_new_file_is_of_this_form(void **state)
{
    struct keeping k;
    (void)state;
    keeping_start(&k);
    assert_int_equal(number(k.h, "PRAGMA user_version"), HISTORY_VERSION);
    assert_int_equal(number(k.h, "PRAGMA application_id"), HISTORY_APPLICATION);
    assert_int_equal(
        number(k.h, "SELECT count(*) FROM pragma_journal_mode WHERE journal_mode = 'wal'"), 1);
    assert_int_equal(
        number(k.h, "SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND strict = 0"
                    " AND name NOT LIKE 'sqlite_%'"),
        0);
    assert_int_equal(number(k.h, "SELECT count(*) FROM pragma_table_list WHERE strict = 1"), 9);
    keeping_end(&k);
}

/* Refused with this code, and every byte of the file, and of no file beside it, as it was. */
static void assert_refused(const char *path, enum err_code code, const char *why)
{
    char beside[160];
    struct buf before = file_of(path);
    for (int read_only = 0; read_only < 2; read_only++) {
        struct err err = {0};
        struct history *h = NULL;
        const struct history_options options = {.path = path, .read_only = read_only == 1};
        assert_false(history_open(&options, &h, &err));
        assert_int_equal(err.code, code);
        assert_string_equal(err.where, path);
        if (strstr(err.why, why) == NULL)
            fail_msg("%s", err.why);
        assert_null(strchr(err.why, '\n'));
    }
    struct buf after = file_of(path);
    assert_true(sv_equal(buf_sv(&before), buf_sv(&after)));
    (void)snprintf(beside, sizeof(beside), "%s-journal", path);
    assert_false(fs_exists(beside));
    buf_done(&before);
    buf_done(&after);
}

static void what_is_no_history_is_left_as_it_is(void **state)
{
    struct scratch s;
    char path[128];
    (void)state;
    scratch_make(&s);
    (void)snprintf(path, sizeof(path), "%s/f", s.path);
    write_file(path, "builds: 3\n", 10);
    assert_refused(path, ERR_USAGE, "is no history of prowl");
    char zeros[8192] = {0};
    write_file(path, zeros, sizeof(zeros));
    assert_refused(path, ERR_USAGE, "is no history of prowl");
    write_file(path, "SQLite format 3", 16);
    assert_refused(path, ERR_USAGE, "is no history of prowl");
    (void)unlink(path);
    make_file(path, "CREATE TABLE job(x); INSERT INTO job VALUES(1)");
    assert_refused(path, ERR_USAGE, "a database, but no history");
    (void)unlink(path);
    make_file(path, "PRAGMA application_id = 7; PRAGMA journal_mode = WAL; CREATE TABLE job(x)");
    assert_refused(path, ERR_USAGE, "a database, but no history");
    struct err err = {0};
    struct history *h = NULL;
    assert_false(history_open(&(struct history_options){.path = s.path}, &h, &err));
    assert_int_equal(err.code, ERR_USAGE);
    scratch_done(&s);
}

/* SQLite itself is not let near it: it would recover it. */
static void a_strangers_log_of_writes_is_not_looked_at(void **state)
{
    struct scratch s;
    char path[128], beside[160];
    sqlite3 *db = NULL;
    (void)state;
    scratch_make(&s);
    (void)snprintf(path, sizeof(path), "%s/f", s.path);
    (void)snprintf(beside, sizeof(beside), "%s-shm", path);
    make_file(path, "PRAGMA application_id = 7; PRAGMA journal_mode = WAL; CREATE TABLE job(x)");
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    assert_int_equal(sqlite3_exec(db, "INSERT INTO job VALUES(1)", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    (void)unlink(beside);
    assert_refused(path, ERR_USAGE, "a database, but no history");
    assert_false(fs_exists(beside));
    scratch_done(&s);
}

static void a_newer_file_is_left_as_it_is(void **state)
{
    char sql[64];
    struct keeping k;
    (void)state;
    keeping_start(&k);
    (void)keeping_put(k.h, keeping_result("j", "1", 0, OUTCOME_PASSED), "r");
    history_close(k.h);
    k.h = NULL;
    (void)snprintf(sql, sizeof(sql), "PRAGMA user_version = %d", HISTORY_VERSION + 1);
    make_file(k.path, sql);
    assert_refused(k.path, ERR_USAGE, "newer prowl");
    make_file(k.path, "PRAGMA user_version = -3");
    assert_refused(k.path, ERR_USAGE, "newer prowl");
    keeping_end(&k);
}

static void a_newer_version_in_the_log_of_writes_counts_too(void **state)
{
    struct keeping k;
    sqlite3 *db = NULL;
    (void)state;
    keeping_start(&k);
    history_close(k.h);
    k.h = NULL;
    assert_int_equal(sqlite3_open(k.path, &db), SQLITE_OK);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    assert_int_equal(sqlite3_exec(db, "PRAGMA user_version = 99", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    assert_refused(k.path, ERR_USAGE, "newer prowl"); /* nor is the log written into the file */
    keeping_end(&k);
}

static void an_empty_file_becomes_a_history(void **state)
{
    struct scratch s;
    char path[128];
    struct err err = {0};
    struct history *h = NULL;
    (void)state;
    scratch_make(&s);
    (void)snprintf(path, sizeof(path), "%s/f", s.path);
    write_file(path, "", 0);
    assert_false(
        history_open(&(struct history_options){.path = path, .read_only = true}, &h, &err));
    assert_int_equal(err.code, ERR_IO);
    err = (struct err){0};
    assert_true(history_open(&(struct history_options){.path = path}, &h, &err));
    assert_true(keeping_put(h, keeping_result("j", "1", 0, OUTCOME_PASSED), "r"));
    history_close(h);
    scratch_done(&s);
}

static void a_history_that_is_not_there_cannot_be_read(void **state)
{
    struct scratch s;
    char path[128];
    struct err err = {0};
    struct history *h = NULL;
    (void)state;
    scratch_make(&s);
    (void)snprintf(path, sizeof(path), "%s/deep/f", s.path);
    assert_false(
        history_open(&(struct history_options){.path = path, .read_only = true}, &h, &err));
    assert_int_equal(err.code, ERR_IO);
    assert_string_equal(err.why, "there is no history yet");
    assert_false(fs_exists(path));
    scratch_done(&s);
}

/* ---- upgrades ---- */

static void an_older_file_is_upgraded_when_opened(void **state)
{
    struct keeping k = {0};
    struct err err = {0};
    struct history *h = NULL;
    (void)state;
    scratch_make(&k.scratch);
    (void)snprintf(k.path, sizeof(k.path), "%s/history.db", k.scratch.path);
    make_file(k.path, "PRAGMA application_id = 1347571543; CREATE TABLE keepsake(x);"
                      "INSERT INTO keepsake VALUES(42)");
    assert_false(
        history_open(&(struct history_options){.path = k.path, .read_only = true}, &h, &err));
    assert_string_equal(err.why, "was written by an older prowl, and is only to be read; it was "
                                 "left as it is");
    keeping_open(&k, 0);
    assert_int_equal(number(k.h, "PRAGMA user_version"), HISTORY_VERSION);
    assert_int_equal(number(k.h, "SELECT x FROM keepsake"), 42);
    assert_true(keeping_put(k.h, keeping_result("j", "1", 0, OUTCOME_PASSED), "r"));
    keeping_reopen(&k, 0);
    assert_int_equal(number(k.h, "SELECT count(*) FROM build"), 1);
    keeping_end(&k);
}

static void steps_are_taken_from_the_version_of_the_file_on(void **state)
{
    static const char *const steps[] = {
        "CREATE TABLE never(x)", /* version 0 to 1: the file is past it */
        "CREATE TABLE a(x); INSERT INTO a VALUES(1)",
        "CREATE TABLE b(x); INSERT INTO b SELECT x + 1 FROM a; DROP TABLE a",
        "CREATE TABLE broken(",
    };
    struct keeping k;
    struct err err = {0};
    (void)state;
    keeping_start(&k);
    assert_true(history_upgrade(k.h, steps, 3, &err));
    assert_int_equal(number(k.h, "PRAGMA user_version"), 3);
    assert_int_equal(number(k.h, "SELECT x FROM b"), 2);
    assert_int_equal(number(k.h, "SELECT count(*) FROM sqlite_schema WHERE name IN ('a', 'never')"),
                     0);
    assert_true(history_upgrade(k.h, steps, 3, &err)); /* and not again */
    assert_int_equal(number(k.h, "SELECT count(*) FROM b"), 1);
    assert_false(history_upgrade(k.h, steps, 4, &err));
    assert_int_equal(number(k.h, "PRAGMA user_version"), 3);
    keeping_end(&k);
}

static void a_step_that_fails_leaves_nothing_behind(void **state)
{
    static const char *const steps[] = {"", "CREATE TABLE a(x)", "INSERT INTO nowhere VALUES(1)"};
    struct keeping k;
    struct err err = {0};
    (void)state;
    keeping_start(&k);
    assert_false(history_upgrade(k.h, steps, 3, &err));
    assert_int_equal(number(k.h, "PRAGMA user_version"), 1);
    assert_int_equal(number(k.h, "SELECT count(*) FROM sqlite_schema WHERE name = 'a'"), 0);
    assert_true(keeping_put(k.h, keeping_result("j", "1", 0, OUTCOME_PASSED), "r"));
    keeping_end(&k);
}

/* ---- names ---- */

static void names_are_safe_text_and_stay_apart_when_long(void **state)
{
    char first[3000], second[3000];
    struct arena a;
    struct sv x, y;
    struct err err = {0};
    (void)state;
    arena_init(&a, 1 << 20);
    assert_true(history_name(&a, (struct sv){.ptr = "a\0b\xff'\n\"", .len = 7}, &x, &err));
    assert_text(x, "a\xef\xbf\xbd"
                   "b\xef\xbf\xbd'\xef\xbf\xbd\"");
    memset(first, 'x', sizeof(first));
    memset(second, 'x', sizeof(second));
    second[2999] = 'y';
    assert_true(history_name(&a, (struct sv){.ptr = first, .len = 3000}, &x, &err));
    assert_true(history_name(&a, (struct sv){.ptr = second, .len = 3000}, &y, &err));
    assert_false(sv_equal(x, y));
    assert_true(x.len < HISTORY_NAME_BYTES + 64);
    arena_done(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_file_is_of_this_form),
        cmocka_unit_test(what_is_no_history_is_left_as_it_is),
        cmocka_unit_test(a_strangers_log_of_writes_is_not_looked_at),
        cmocka_unit_test(a_newer_file_is_left_as_it_is),
        cmocka_unit_test(a_newer_version_in_the_log_of_writes_counts_too),
        cmocka_unit_test(an_empty_file_becomes_a_history),
        cmocka_unit_test(a_history_that_is_not_there_cannot_be_read),
        cmocka_unit_test(an_older_file_is_upgraded_when_opened),
        cmocka_unit_test(steps_are_taken_from_the_version_of_the_file_on),
        cmocka_unit_test(a_step_that_fails_leaves_nothing_behind),
        cmocka_unit_test(names_are_safe_text_and_stay_apart_when_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
