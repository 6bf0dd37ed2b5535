#include "keeping.h"
#include "torture.h"

#include "tally/history_p.h"
#include "tally/history_tend.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

enum { LOT = 40 }; /* tests of a build of a lot */

static uint64_t builds_in(struct history *h)
{
    struct history_figures f;
    struct err err = {0};
    assert_true(history_figures(h, &f, &err));
    return f.builds;
}

static struct result *lot(const char *job, unsigned id)
{
    char text[32];
    (void)snprintf(text, sizeof(text), "%u", id);
    struct result *r = keeping_result(job, text, id * INT64_C(1000), OUTCOME_FAILED);
    r->verdict.excerpt = SV("exit status 1");
    for (unsigned i = 0; i < LOT; i++) {
        (void)snprintf(text, sizeof(text), "test %u", i);
        (void)keeping_test(r, text, (i + id) % 10 == 0 ? TEST_FAILED : TEST_PASSED);
    }
    return r;
}

static void the_same_build_again_changes_nothing(void **state)
{
    struct keeping k;
    (void)state;
    keeping_start(&k);
    assert_true(keeping_put(k.h, lot("j", 1), "r1"));
    const int changes = sqlite3_total_changes(k.h->db);
    assert_false(keeping_put(k.h, lot("j", 1), "r1"));
    assert_int_equal(sqlite3_total_changes(k.h->db), changes);
    keeping_reopen(&k, 0);
    assert_false(keeping_put(k.h, lot("j", 1), "r1"));
    assert_true(keeping_put(k.h, lot("j", 1), "r2")); /* judged by other rules */
    assert_int_equal(builds_in(k.h), 1);
    keeping_assert_sound(k.h);
    keeping_end(&k);
}

static void what_changed_replaces_the_build_and_all_of_its_tests(void **state)
{
    struct keeping k;
    struct window w;
    (void)state;
    keeping_start(&k);
    (void)keeping_put(k.h, lot("j", 1), "r1");
    struct result *r = keeping_result("j", "1", 0, OUTCOME_PASSED);
    (void)keeping_test(r, "test 9", TEST_PASSED);
    (void)keeping_test(r, "other", TEST_FAILED);
    assert_true(keeping_put(k.h, r, "r1"));
    keeping_window(k.h, &w);
    assert_int_equal(w.build_count, 1);
    assert_int_equal(w.result_count, 2);
    assert_int_equal(w.failure_count, 1);
    assert_int_equal(w.builds[0].outcome, OUTCOME_PASSED);
    window_done(&w);
    keeping_assert_sound(k.h);
    keeping_end(&k);
}

static enum history_known known(struct history *h, const struct build *b, const char *rules)
{
    struct err err = {0};
    enum history_known is;
    assert_true(history_knows(h, b, sv_of(rules), &is, &err));
    return is;
}

static void what_is_known_of_a_build_is_told(void **state)
{
    struct keeping k;
    struct err err = {0};
    uint64_t pruned = 0;
    (void)state;
    keeping_start(&k);
    struct result *r = keeping_result("j", "1", 0, OUTCOME_RUNNING);
    const struct build b = {
        .job = SV("j"), .id = SV("1"), .provider = SV("prow"), .started_ms = r->build.started_ms};
    assert_int_equal(known(k.h, &b, "r1"), HISTORY_NEW);
    (void)keeping_put(k.h, r, "r1");
    assert_int_equal(known(k.h, &b, "r1"), HISTORY_NEW); /* not finished then */
    (void)keeping_put(k.h, keeping_result("j", "1", 0, OUTCOME_PASSED), "r1");
    assert_int_equal(known(k.h, &b, "r1"), HISTORY_SAME);
    assert_int_equal(known(k.h, &b, "r2"), HISTORY_OTHER_RULES);
    r = keeping_result("j", "2", 0, OUTCOME_UNKNOWN);
    assert_true(result_add_problem(r, SV("x"), SV("gone"), true, &err));
    struct build two = b;
    two.id = SV("2");
    (void)keeping_put(k.h, r, "r1");
    assert_int_equal(known(k.h, &two, "r1"), HISTORY_NEW); /* could not be read then */
    assert_true(history_prune(k.h, KEEPING_START + 1, &pruned, &err));
    assert_int_equal(pruned, 2);
    assert_int_equal(known(k.h, &b, "r1"), HISTORY_PRUNED);
    assert_false(keeping_put(k.h, keeping_result("j", "1", 0, OUTCOME_PASSED), "r1"));
    assert_int_equal(builds_in(k.h), 0);
    keeping_end(&k);
}

/* ---- hostile ---- */

static void hostile_names_are_safe_text_everywhere_and_found_again(void **state)
{
    static const struct sv evil =
        SV_INIT("'; DROP TABLE build; --\0\x1b[31m\"\xff\xfe\xe2\x80\xae%s\n,");
    struct keeping k;
    struct window w;
    struct err err = {0};
    uint32_t index;
    (void)state;
    keeping_start(&k);
    for (int round = 0; round < 2; round++) {
        struct result *r = keeping_result("j", "1", 0, OUTCOME_FAILED);
        keeping_report(r, "x.xml", &index);
        r->build.job = r->build.id = r->build.url = r->build.profile = evil;
        r->build.refs.org = r->build.refs.repo = r->build.refs.base_sha = evil;
        r->verdict.detail = r->verdict.summary = r->verdict.excerpt = evil;
        r->verdict.artifact = index;
        r->artifacts[index].url = evil;
        struct test_result *t = keeping_test(r, "t", TEST_FAILED);
        t->suite = t->class_name = t->name = t->message = t->text = evil;
        assert_int_equal(keeping_put(k.h, r, "r\0\"1"), round == 0);
    }
    keeping_window(k.h, &w);
    assert_int_equal(w.build_count, 1);
    assert_int_equal(w.failure_count, 1);
    const struct sv texts[] = {w.jobs[0].name,      w.builds[0].id,        w.builds[0].url,
                               w.builds[0].detail,  w.builds[0].repo,      w.builds[0].excerpt,
                               w.builds[0].log_url, w.tests[0].suite,      w.tests[0].class_name,
                               w.tests[0].name,     w.failures[0].message, w.signatures[0].normal};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        assert_true(texts[i].len > 10);
        for (size_t c = 0; c < texts[i].len; c++) {
            const unsigned char byte = (unsigned char)texts[i].ptr[c];
            const bool line_end = byte == '\n' && i + 1 == COUNT_OF(texts); /* of a normal form */
            assert_true((byte >= 0x20 || line_end) && byte != 0xff);
        }
    }
    window_done(&w);
    const struct build b = {.provider = SV("prow"), .job = evil, .id = evil};
    enum history_known is;
    assert_true(history_knows(k.h, &b, SV("r"), &is, &err));
    assert_int_equal(is, HISTORY_SAME);
    keeping_assert_sound(k.h);
    keeping_end(&k);
}

/* ---- runs ---- */

static void runs_are_kept_and_the_last_report_is_found(void **state)
{
    static const struct sv troubles[] = {SV_INIT("a.example: refused\n"), SV_INIT("b")};
    struct keeping k;
    struct err err = {0};
    int64_t ms = -1;
    (void)state;
    keeping_start(&k);
    assert_true(history_last_report(k.h, INT64_MAX, &ms, &err));
    assert_int_equal(ms, 0);
    for (int i = 1; i <= 4; i++) {
        struct history_run run = {.started_ms = i * 1000, .rules_digest = SV("d"), .read = 5};
        assert_true(history_begin_run(k.h, &run, &err));
        (void)keeping_put(k.h, lot("j", (unsigned)i), "r");
        run.finished_ms = i * 1000 + 500;
        run.reported = i != 3;
        run.troubles = troubles;
        run.trouble_count = 2;
        if (i < 4) /* the last one was killed */
            assert_true(history_end_run(k.h, &run, &err));
    }
    keeping_reopen(&k, 0);
    assert_true(history_last_report(k.h, INT64_MAX, &ms, &err));
    assert_int_equal(ms, 2000);
    assert_true(history_last_report(k.h, 2000, &ms, &err));
    assert_int_equal(ms, 1000);
    keeping_assert_sound(k.h);
    keeping_end(&k);
}

/* In whatever order the builds come, in one transaction or several. */
static void a_signature_knows_when_it_was_first_and_last_seen(void **state)
{
    static const unsigned orders[][4] = {{3, 1, 2, 4}, {1, 2, 3, 4}, {4, 3, 2, 1}, {2, 4, 1, 3}};
    struct keeping k;
    struct window w;
    struct err err = {0};
    (void)state;
    for (uint32_t batch = 1; batch < 5; batch++) {
        keeping_start(&k);
        keeping_reopen(&k, batch);
        for (size_t i = 0; i < 4; i++)
            (void)keeping_put(k.h, lot("j", orders[batch - 1][i]), "r");
        assert_true(history_commit(k.h, &err));
        keeping_window(k.h, &w);
        assert_int_equal(w.signature_count, 2);
        for (uint32_t i = 0; i < w.signature_count; i++) {
            assert_int_equal(w.signatures[i].first_ms, KEEPING_START + 1000);
            assert_int_equal(w.signatures[i].last_ms, KEEPING_START + 4000);
        }
        window_done(&w);
        keeping_end(&k);
    }
}

/* ---- several processes ---- */

enum { WRITERS = 4, BUILDS_EACH = 40 };

static void write_as(const char *path, int writer, uint32_t batch)
{
    struct err err = {0};
    struct history *h = NULL;
    const struct history_options options = {.path = path, .batch = batch};
    bool ok = history_open(&options, &h, &err);
    for (unsigned i = 0; ok && i < BUILDS_EACH; i++) {
        char job[32];
        bool changed;
        (void)snprintf(job, sizeof(job), "job %d", writer);
        struct result *own = lot(job, i), *shared = lot("shared", i);
        ok = history_put(h, own, SV("r"), &changed, &err) && changed &&
             history_put(h, shared, SV("r"), &changed, &err);
        result_free(own);
        result_free(shared);
    }
    ok = ok && history_commit(h, &err);
    if (!ok)
        (void)fprintf(stderr, "writer %d: %s: %s\n", writer, err.where, err.why);
    history_close(h);
    _exit(ok ? 0 : 1);
}

static void processes_that_write_at_once_lose_nothing(void **state)
{
    struct keeping k = {0};
    pid_t pids[WRITERS];
    struct window w;
    (void)state;
    scratch_make(&k.scratch); /* no history yet: they make it at once, too */
    (void)snprintf(k.path, sizeof(k.path), "%s/history.db", k.scratch.path);
    for (int i = 0; i < WRITERS; i++) {
        pids[i] = fork();
        if (pids[i] == 0)
            write_as(k.path, i, i % 2 == 0 ? 1 : 7);
        assert_true(pids[i] > 0);
    }
    for (int i = 0; i < WRITERS; i++) {
        int status = -1;
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    keeping_open(&k, 0);
    keeping_window(k.h, &w);
    assert_int_equal(w.build_count, (WRITERS + 1) * BUILDS_EACH);
    assert_int_equal(w.result_count, (WRITERS + 1) * BUILDS_EACH * LOT);
    assert_int_equal(w.test_count, LOT);
    for (uint32_t i = 0; i < w.test_count; i++) /* the earliest, whoever wrote it */
        assert_int_equal(w.tests[i].first_seen_ms, KEEPING_START);
    window_done(&w);
    keeping_assert_sound(k.h);
    keeping_end(&k);
}

/* Writes builds from `first` on, one a transaction, and tells each that is committed. */
static void write_until_killed(const char *path, unsigned first, int fd)
{
    struct err err = {0};
    struct history *h = NULL;
    const struct history_options options = {.path = path};
    bool changed;
    if (!history_open(&options, &h, &err))
        _exit(1);
    for (unsigned i = first;; i++) {
        struct result *r = lot("j", i);
        if (!history_put(h, r, SV("r"), &changed, &err) ||
            write(fd, &i, sizeof(i)) != (ssize_t)sizeof(i))
            _exit(1);
        result_free(r);
    }
}

static void kill_at_any_moment_loses_nothing_committed(void **state)
{
    struct keeping k = {0};
    uint64_t seed = 11;
    unsigned committed = 0;
    (void)state;
    scratch_make(&k.scratch);
    (void)snprintf(k.path, sizeof(k.path), "%s/history.db", k.scratch.path);
    for (int round = 0; round < 25; round++) {
        int fds[2];
        struct window w;
        unsigned got;
        assert_int_equal(pipe(fds), 0);
        const unsigned first = committed;
        const pid_t pid = fork();
        if (pid == 0) {
            (void)close(fds[0]);
            write_until_killed(k.path, first, fds[1]);
        }
        assert_true(pid > 0);
        (void)close(fds[1]);
        seed = seed * 6364136223846793005U + 1442695040888963407U;
        /* after some commits, or at any moment of the start; then anywhere in what follows */
        for (uint64_t n = round % 2 == 0 ? 1 + (seed >> 40) % 6 : 0; n > 0; n--) {
            assert_int_equal(read(fds[0], &got, sizeof(got)), sizeof(got));
            committed = got + 1;
        }
        const long most = round % 2 == 0 ? 3000000 : 60000000;
        const struct timespec moment = {.tv_nsec = (long)((seed >> 33) % (uint64_t)most)};
        (void)nanosleep(&moment, NULL); /* no wait for something: the moment of the kill */
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        while (read(fds[0], &got, sizeof(got)) == (ssize_t)sizeof(got))
            committed = got + 1;
        (void)close(fds[0]);
        if (access(k.path, F_OK) != 0) {
            assert_int_equal(committed, 0);
            continue;
        }
        keeping_open(&k, 0);
        keeping_window(k.h, &w);
        assert_in_range(w.build_count, committed, committed + 1);
        assert_int_equal(w.result_count, w.build_count * LOT); /* whole or not at all */
        committed = w.build_count;
        window_done(&w);
        if (round % 5 == 4)
            keeping_assert_sound(k.h);
        history_close(k.h);
        k.h = NULL;
    }
    assert_true(committed > 0);
    keeping_open(&k, 0);
    keeping_assert_sound(k.h);
    keeping_end(&k);
}

static void a_full_disk_is_told_and_what_was_committed_stays(void **state)
{
    struct keeping k;
    int status = -1;
    (void)state;
    keeping_start(&k);
    (void)keeping_put(k.h, lot("before", 0), "r");
    history_close(k.h);
    k.h = NULL;
    const pid_t pid = fork();
    if (pid == 0) {
        const struct rlimit limit = {.rlim_cur = 200 * 1024, .rlim_max = 200 * 1024};
        struct history *h = NULL;
        struct err err = {0};
        bool changed, ok = true;
        (void)signal(SIGXFSZ, SIG_IGN);
        if (setrlimit(RLIMIT_FSIZE, &limit) != 0 ||
            !history_open(&(struct history_options){.path = k.path}, &h, &err))
            _exit(2);
        for (unsigned i = 0; ok && i < 1000; i++) {
            struct result *r = lot("j", i);
            ok = history_put(h, r, SV("r"), &changed, &err);
            result_free(r);
        }
        const bool told = !ok && err.code == ERR_IO && strcmp(err.where, k.path) == 0;
        err = (struct err){0};
        struct window w;
        ok = history_window(h, 0, INT64_MAX, NULL, 0, &w, &err) && w.build_count >= 1;
        history_close(h);
        _exit(told && ok ? 0 : 3);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    keeping_open(&k, 0);
    assert_true(builds_in(k.h) >= 1);
    keeping_assert_sound(k.h);
    assert_true(keeping_put(k.h, lot("after", 0), "r"));
    keeping_end(&k);
}

static void a_batch_that_was_not_committed_is_not_there(void **state)
{
    struct keeping k;
    struct err err = {0};
    (void)state;
    keeping_start(&k);
    keeping_reopen(&k, 3);
    for (unsigned i = 0; i < 5; i++)
        (void)keeping_put(k.h, lot("j", i), "r");
    keeping_reopen(&k, 3);
    assert_int_equal(builds_in(k.h), 3);
    (void)keeping_put(k.h, lot("j", 3), "r");
    assert_true(history_commit(k.h, &err));
    keeping_reopen(&k, 3);
    assert_int_equal(builds_in(k.h), 4);
    keeping_end(&k);
}

/* ---- torture ---- */

/* SQLite's memory through this program's malloc, which can be made to fail. */
static void *lite_malloc(int n)
{
    size_t *p = malloc((size_t)n + 16);
    if (p != NULL)
        *p = (size_t)n;
    return p != NULL ? (char *)p + 16 : NULL;
}

static void lite_free(void *p)
{
    if (p != NULL)
        free((char *)p - 16);
}

static void *lite_realloc(void *p, int n)
{
    size_t *grown = realloc((char *)p - 16, (size_t)n + 16);
    if (grown != NULL)
        *grown = (size_t)n;
    return grown != NULL ? (char *)grown + 16 : NULL;
}

static int lite_size(void *p)
{
    size_t n = 0;
    if (p != NULL)
        memcpy(&n, (char *)p - 16, sizeof(n));
    return (int)n;
}

static int lite_roundup(int n)
{
    return (n + 7) & ~7;
}

static int lite_init(void *data)
{
    (void)data;
    return SQLITE_OK;
}

static void lite_shutdown(void *data)
{
    (void)data;
}

static int route_memory(void **state)
{
    static const sqlite3_mem_methods methods = {lite_malloc,  lite_free, lite_realloc,  lite_size,
                                                lite_roundup, lite_init, lite_shutdown, NULL};
    (void)state;
    return sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) == SQLITE_OK ? 0 : -1;
}

/* Nothing breaks and nothing is half there, whichever allocation fails, SQLite's own among them. */
static void memory_that_is_not_there_is_told_and_nothing_is_half_written(void **state)
{
    struct keeping k;
    struct window w;
    (void)state;
    keeping_start(&k);
    (void)keeping_put(k.h, lot("j", 0), "r");
    struct result *r = lot("j", 1);
    for (unsigned long n = 0; n < 100000; n += 1 + n / 50) {
        struct err err = {0};
        bool changed = false;
        struct history *h = NULL;
        torture_arm(n);
        const bool ok = history_open(&(struct history_options){.path = k.path}, &h, &err) &&
                        history_put(h, r, SV("r"), &changed, &err) &&
                        history_window(h, 0, INT64_MAX, NULL, 0, &w, &err);
        torture_disarm();
        const bool fired = torture_fired();
        history_close(h);
        if (ok) {
            assert_int_equal(w.build_count, 2);
            window_done(&w);
        } else {
            assert_true(fired);
            if (err.code != ERR_NOMEM)
                fail_msg("allocation %lu: %d %s", n, err.code, err.why);
        }
        if (ok && !fired)
            break;
    }
    result_free(r);
    keeping_reopen(&k, 0);
    assert_int_equal(builds_in(k.h), 2);
    keeping_assert_sound(k.h);
    keeping_end(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_build_again_changes_nothing),
        cmocka_unit_test(what_changed_replaces_the_build_and_all_of_its_tests),
        cmocka_unit_test(what_is_known_of_a_build_is_told),
        cmocka_unit_test(hostile_names_are_safe_text_everywhere_and_found_again),
        cmocka_unit_test(runs_are_kept_and_the_last_report_is_found),
        cmocka_unit_test(a_signature_knows_when_it_was_first_and_last_seen),
        cmocka_unit_test(processes_that_write_at_once_lose_nothing),
        cmocka_unit_test(kill_at_any_moment_loses_nothing_committed),
        cmocka_unit_test(a_full_disk_is_told_and_what_was_committed_stays),
        cmocka_unit_test(a_batch_that_was_not_committed_is_not_there),
        cmocka_unit_test(memory_that_is_not_there_is_told_and_nothing_is_half_written),
    };
    return cmocka_run_group_tests(tests, route_memory, NULL);
}
