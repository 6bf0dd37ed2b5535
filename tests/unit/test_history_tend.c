#include "keeping.h"
#include "torture.h"

#include "tally/history_p.h"
#include "tally/history_tend.h"

#include <fcntl.h>

static int64_t number(struct history *h, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    assert_int_equal(sqlite3_prepare_v2(h->db, sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    const int64_t n = sqlite3_column_int64(stmt, 0);
    (void)sqlite3_finalize(stmt);
    return n;
}

static struct history_figures figures(struct history *h)
{
    struct history_figures f;
    struct err err = {0};
    assert_true(history_figures(h, &f, &err));
    return f;
}

static uint64_t prune(struct history *h, int64_t before_ms)
{
    uint64_t builds = 0;
    struct err err = {0};
    if (!history_prune(h, before_ms, &builds, &err))
        fail_msg("%s", err.why);
    return builds;
}

static bool note_fault(void *user, struct sv line, struct err *err)
{
    (void)err;
    (void)snprintf(user, 256, "%.*s", SV_ARG(line));
    return true;
}

static uint64_t faults_in(struct history *h, char fault[256])
{
    uint64_t faults = 0;
    struct err err = {0};
    fault[0] = '\0';
    if (!history_check(h, note_fault, fault, &faults, &err))
        fail_msg("%s", err.why);
    return faults;
}

/* Ten builds a day of two jobs over four days; "passes" always does, "fails" fails every third time,
 * "flaky" is flaky, "skipped" is skipped. */
static void put_days(struct history *h)
{
    for (int i = 0; i < 40; i++) {
        char id[16];
        (void)snprintf(id, sizeof(id), "%d", i);
        struct result *r =
            keeping_result(i % 2 == 0 ? "even" : "odd", id, i / 10 * KEEPING_DAY + i * 1000,
                           i % 3 == 0 ? OUTCOME_FAILED : OUTCOME_PASSED);
        (void)keeping_test(r, "passes", TEST_PASSED);
        (void)keeping_test(r, "fails", i % 3 == 0 ? TEST_FAILED : TEST_PASSED);
        (void)keeping_test(r, "flaky", TEST_FLAKY);
        (void)keeping_test(r, "skipped", TEST_SKIPPED);
        r->verdict.flake = i == 5;
        assert_true(keeping_put(h, r, "r"));
    }
}

static void figures_count_what_is_there(void **state)
{
    struct keeping k;
    (void)state;
    keeping_start(&k);
    assert_int_equal(figures(k.h).builds, 0);
    put_days(k.h);
    const struct history_figures f = figures(k.h);
    assert_int_equal(f.jobs, 2);
    assert_int_equal(f.builds, 40);
    assert_int_equal(f.failed, 14);
    assert_int_equal(f.tests, 4);
    assert_int_equal(f.results, 160);
    assert_int_equal(f.signatures, 1);
    assert_int_equal(f.clusters, 1);
    assert_int_equal(f.first_ms, KEEPING_START);
    assert_int_equal(f.last_ms, KEEPING_START + 3 * KEEPING_DAY + 39000);
    assert_int_equal(f.version, HISTORY_VERSION);
    assert_true(f.bytes > 4096);
    keeping_end(&k);
}

#define SUM(column, test) "SELECT sum(" column ") FROM day WHERE test = " test
#define TEST_ID(name) "(SELECT id FROM test WHERE name = '" name "')"

static void totals_are_what_the_pruned_builds_were(void **state)
{
    struct keeping k;
    struct window w;
    char fault[256];
    (void)state;
    keeping_start(&k);
    put_days(k.h);
    assert_int_equal(prune(k.h, KEEPING_START), 0);
    assert_int_equal(prune(k.h, KEEPING_START + 2 * KEEPING_DAY + 25000), 25);
    keeping_window(k.h, &w);
    assert_int_equal(w.build_count, 15);
    assert_int_equal(w.result_count, 60);
    /* what is known since ever stays known */
    assert_int_equal(w.tests[keeping_find_test(&w, "fails")].first_failed_ms, KEEPING_START);
    window_done(&w);
    assert_int_equal(number(k.h, SUM("runs", "0")), 25);
    assert_int_equal(number(k.h, SUM("failures", "0")), 9);
    assert_int_equal(number(k.h, SUM("flaky", "0")), 1);
    assert_int_equal(number(k.h, SUM("duration_sum", "0")), 25 * 60000);
    assert_int_equal(number(k.h, SUM("runs", TEST_ID("passes"))), 25);
    assert_int_equal(number(k.h, SUM("failures", TEST_ID("passes"))), 0);
    assert_in_range(number(k.h, SUM("duration_sum", TEST_ID("passes"))), 25 * 950, 25 * 1050);
    assert_int_equal(number(k.h, SUM("runs", TEST_ID("fails"))), 25);
    assert_int_equal(number(k.h, SUM("failures", TEST_ID("fails"))), 9);
    assert_int_equal(number(k.h, SUM("flaky", TEST_ID("flaky"))), 25);
    assert_int_equal(number(k.h, SUM("failures", TEST_ID("flaky"))), 0);
    assert_int_equal(number(k.h, SUM("runs", TEST_ID("skipped"))), 0);
    assert_int_equal(number(k.h, SUM("skipped", TEST_ID("skipped"))), 25);
    assert_int_equal(number(k.h, "SELECT count(DISTINCT day) FROM day"), 3);
    assert_int_equal(number(k.h, "SELECT count(DISTINCT job) FROM day"), 2);
    assert_int_equal(number(k.h, "SELECT count(*) FROM result WHERE build NOT IN"
                                 " (SELECT id FROM build)"),
                     0);
    assert_int_equal(faults_in(k.h, fault), 0);
    keeping_end(&k);
}

static void what_was_pruned_is_not_counted_twice(void **state)
{
    struct keeping k;
    (void)state;
    keeping_start(&k);
    put_days(k.h);
    assert_int_equal(prune(k.h, KEEPING_START + KEEPING_DAY + 15000), 15);
    for (int i = 0; i < 15; i++) {
        char id[16];
        (void)snprintf(id, sizeof(id), "%d", i);
        assert_false(keeping_put(k.h,
                                 keeping_result(i % 2 == 0 ? "even" : "odd", id,
                                                i / 10 * KEEPING_DAY + i * 1000, OUTCOME_FAILED),
                                 "other"));
    }
    assert_int_equal(prune(k.h, KEEPING_START + KEEPING_DAY + 15000), 0);
    assert_int_equal(number(k.h, SUM("runs", "0")), 15);
    assert_int_equal(prune(k.h, KEEPING_START + 2 * KEEPING_DAY), 5); /* the rest of a day */
    assert_int_equal(number(k.h, SUM("runs", "0")), 20);
    assert_int_equal(number(k.h, SUM("runs", "0 AND day = 19801")), 10);
    assert_int_equal(prune(k.h, KEEPING_START), 0); /* and the mark does not go back */
    assert_int_equal(figures(k.h).pruned_before_ms, KEEPING_START + 2 * KEEPING_DAY);
    assert_int_equal(prune(k.h, INT64_MAX), 20);
    assert_int_equal(number(k.h, SUM("runs", "0")), 40);
    assert_int_equal(figures(k.h).results, 0);
    keeping_end(&k);
}

static void a_build_of_unknown_time_stays_and_one_that_never_ended_is_not_counted(void **state)
{
    struct keeping k;
    (void)state;
    keeping_start(&k);
    struct result *r = keeping_result("j", "1", -KEEPING_START, OUTCOME_FAILED);
    r->build.finished_ms = 0;
    (void)keeping_put(k.h, r, "r");
    (void)keeping_put(k.h, keeping_result("j", "2", 0, OUTCOME_RUNNING), "r");
    assert_int_equal(prune(k.h, INT64_MAX), 1);
    assert_int_equal(figures(k.h).builds, 1);
    assert_int_equal(figures(k.h).days, 0);
    keeping_end(&k);
}

static void vacuum_gives_room_back_and_loses_nothing(void **state)
{
    struct keeping k;
    struct err err = {0};
    (void)state;
    keeping_start(&k);
    for (int i = 0; i < 300; i++) {
        char id[16];
        (void)snprintf(id, sizeof(id), "%d", i);
        struct result *r = keeping_result("j", id, i * 1000, OUTCOME_FAILED);
        r->verdict.summary = SV("some text to take room, and some more of it to take more room");
        (void)keeping_put(k.h, r, "r");
    }
    assert_int_equal(prune(k.h, KEEPING_START + 290000), 290);
    const struct history_figures before = figures(k.h);
    assert_true(before.free_bytes > 0);
    assert_true(history_vacuum(k.h, &err));
    const struct history_figures after = figures(k.h);
    assert_true(after.bytes < before.bytes);
    assert_int_equal(after.free_bytes, 0);
    assert_int_equal(after.builds, 10);
    keeping_end(&k);
}

/* ---- check ---- */

static void change(struct keeping *k, const char *sql)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(k->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void check_finds_what_was_changed_behind_its_back(void **state)
{
    static const struct {
        const char *sql, *fault;
    } cases[] = {
        {"UPDATE build SET outcome = 'passed' WHERE build_id = '3'",
         "build 3 is not as it was put"},
        {"UPDATE result SET message = 'x' WHERE build = 3", "build 2 is not as it was put"},
        {"DELETE FROM result WHERE build = 3", "build 2 is not as it was put"},
        {"UPDATE build SET passed = x'0100' WHERE id = 3", "a damaged list of tests"},
        {"UPDATE test SET name = 'other' WHERE name = 'passes'", "is not as it was put"},
        {"DELETE FROM test WHERE name = 'flaky'", "belongs to no test"},
        {"INSERT INTO failure VALUES(99, 0, '', '', '', '', 0, 0, '', '')", "belongs to no build"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct keeping k;
        char fault[256];
        bool found = false;
        keeping_start(&k);
        put_days(k.h);
        assert_int_equal(faults_in(k.h, fault), 0);
        change(&k, cases[i].sql);
        const uint64_t faults = faults_in(k.h, fault);
        found = faults > 0 && (strstr(fault, cases[i].fault) != NULL || faults > 1);
        if (!found)
            fail_msg("%s: %llu faults, the last \"%s\"", cases[i].sql, (unsigned long long)faults,
                     fault);
        keeping_end(&k);
    }
}

/* Enough for pages to be full. */
static void put_many(struct history *h)
{
    for (int i = 0; i < 60; i++) {
        char text[32];
        (void)snprintf(text, sizeof(text), "%d", i);
        struct result *r = keeping_result("j", text, i * 1000, OUTCOME_FAILED);
        for (int j = 0; j < 40; j++) {
            (void)snprintf(text, sizeof(text), "test %d", j);
            (void)keeping_test(r, text, j < 20 ? TEST_FAILED : TEST_PASSED);
        }
        (void)keeping_put(h, r, "r");
    }
}

static void check_of_a_file_with_holes_shot_into_it_ends_and_finds_them(void **state)
{
    struct keeping k;
    char fault[256], hole[512];
    uint64_t seed = 3;
    int found = 0;
    (void)state;
    memset(hole, 0xa5, sizeof(hole));
    for (int round = 0; round < 20; round++) {
        keeping_start(&k);
        put_many(k.h);
        history_close(k.h);
        k.h = NULL;
        const int fd = open(k.path, O_RDWR);
        const off_t size = lseek(fd, 0, SEEK_END);
        seed = seed * 6364136223846793005U + 1442695040888963407U;
        const off_t at = 4096 + (off_t)((seed >> 33) % (uint64_t)(size - 4096));
        assert_true(pwrite(fd, hole, sizeof(hole), at) > 0);
        (void)close(fd);
        struct err err = {0};
        if (!history_open(&(struct history_options){.path = k.path, .read_only = true}, &k.h,
                          &err)) {
            assert_int_equal(err.code, ERR_FORMAT);
            found++;
        } else {
            found += faults_in(k.h, fault) > 0;
        }
        keeping_end(&k);
    }
    assert_true(found >= 12); /* the others hit room that nothing uses */
}

/* Whichever allocation fails, each day is pruned whole or not at all, and none is counted twice. */
static void memory_that_is_not_there_is_told_and_pruning_goes_on_where_it_stopped(void **state)
{
    struct keeping k;
    char fault[256];
    bool ok = false;
    (void)state;
    keeping_start(&k);
    put_days(k.h);
    for (unsigned long n = 0; n < 100000; n++) {
        uint64_t builds = 0, faults = 0;
        struct history_figures f;
        struct err err = {0};
        torture_arm(n);
        ok = history_prune(k.h, KEEPING_START + 4 * KEEPING_DAY, &builds, &err) &&
             history_figures(k.h, &f, &err) && history_check(k.h, note_fault, fault, &faults, &err);
        torture_disarm();
        assert_true(ok || err.code == ERR_NOMEM);
        if (!torture_fired())
            break;
    }
    assert_true(ok);
    assert_int_equal(figures(k.h).builds, 0);
    assert_int_equal(number(k.h, SUM("runs", "0")), 40);
    assert_int_equal(number(k.h, SUM("failures", TEST_ID("fails"))), 14);
    assert_int_equal(faults_in(k.h, fault), 0);
    keeping_end(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_count_what_is_there),
        cmocka_unit_test(totals_are_what_the_pruned_builds_were),
        cmocka_unit_test(what_was_pruned_is_not_counted_twice),
        cmocka_unit_test(a_build_of_unknown_time_stays_and_one_that_never_ended_is_not_counted),
        cmocka_unit_test(memory_that_is_not_there_is_told_and_pruning_goes_on_where_it_stopped),
        cmocka_unit_test(vacuum_gives_room_back_and_loses_nothing),
        cmocka_unit_test(check_finds_what_was_changed_behind_its_back),
        cmocka_unit_test(check_of_a_file_with_holes_shot_into_it_ends_and_finds_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
