#include "keeping.h"

#include <fcntl.h>

static void what_was_put_is_in_the_window(void **state)
{
    struct keeping k;
    struct window w;
    (void)state;
    keeping_start(&k);
    struct result *r = keeping_result("job", "100", 5000, OUTCOME_FAILED);
    (void)keeping_test(r, "b passes", TEST_PASSED);
    struct test_result *t = keeping_test(r, "a fails", TEST_FAILED);
    t->attempts = 3;
    t->line = 12;
    (void)keeping_test(r, "c skipped", TEST_SKIPPED);
    keeping_test(r, "d flaky", TEST_FLAKY)->informing = true;
    r->verdict.kind = KIND_NETWORK;
    r->verdict.class_ = CLASS_INFRA;
    r->verdict.advice = ADVICE_RETRY;
    r->verdict.detail = SV("refused");
    r->verdict.confidence = 0.75;
    r->verdict.infra = true;
    r->verdict.excerpt = SV("connection refused");
    r->verdict.summary = SV("The network is down");
    r->verdict.line = 7;
    assert_true(keeping_put(k.h, r, "r1"));
    keeping_window(k.h, &w);
    assert_int_equal(w.build_count, 1);
    const struct window_build *b = &w.builds[0];
    assert_text(w.jobs[b->job].name, "job");
    assert_text(w.jobs[b->job].provider, "prow");
    assert_text(b->id, "100");
    assert_text(b->repo, "acme/rocket");
    assert_text(b->pulls, "12:abc 15:def");
    assert_text(b->base_sha, "base");
    assert_text(b->cluster_profile, "aws");
    assert_text(b->detail, "refused");
    assert_text(b->excerpt, "connection refused");
    assert_text(b->summary, "The network is down");
    assert_int_equal(b->code.len, 16);
    assert_int_equal(b->type, TYPE_PRESUBMIT);
    assert_int_equal(b->outcome, OUTCOME_FAILED);
    assert_int_equal(b->kind, KIND_NETWORK);
    assert_int_equal(b->class_, CLASS_INFRA);
    assert_int_equal(b->advice, ADVICE_RETRY);
    assert_true(b->confidence == 0.75 && b->infra && !b->flake && !b->incomplete);
    assert_int_equal(b->line, 7);
    assert_int_equal(b->started_ms, KEEPING_START + 5000);
    assert_int_equal(b->finished_ms, KEEPING_START + 65000);
    assert_int_equal(w.test_count, 4);
    assert_int_equal(b->result_count, 4);
    for (uint32_t i = 0; i < 4; i++) {
        static const char *const names[] = {"a fails", "b passes", "c skipped", "d flaky"};
        static const enum test_outcome outcomes[] = {TEST_FAILED, TEST_PASSED, TEST_SKIPPED,
                                                     TEST_FLAKY};
        assert_text(w.tests[i].name, names[i]);
        assert_int_equal(w.result_test[i], i);
        assert_int_equal(w.result_outcome[i], outcomes[i]);
        assert_in_range(window_duration_ms(w.result_duration[i]), 950, 1050);
        assert_int_equal(w.tests[i].first_seen_ms, b->started_ms);
        assert_int_equal(w.tests[i].first_failed_ms, i == 0 || i == 3 ? b->started_ms : 0);
    }
    assert_int_equal(w.failure_count, 2);
    assert_int_equal(b->failure_count, 2);
    assert_int_equal(w.failures[0].test, 0);
    assert_int_equal(w.failures[0].attempts, 3);
    assert_int_equal(w.failures[0].line, 12);
    assert_text(w.failures[0].message, "dial tcp 10.0.0.1:443: connection refused");
    assert_true(w.failures[1].informing && !w.failures[0].informing);
    assert_int_equal(w.signature_count, 2);
    assert_true(b->signature != w.failures[0].signature);
    assert_int_equal(w.signatures[b->signature].first_ms, b->started_ms);
    assert_text(w.signatures[b->signature].normal, "connection refused");
    window_done(&w);
    keeping_end(&k);
}

/* The same builds in another order, of other row ids. */
static void the_window_does_not_depend_on_the_order_of_puts(void **state)
{
    struct keeping k[2];
    struct window w[2];
    (void)state;
    for (int side = 0; side < 2; side++) {
        keeping_start(&k[side]);
        for (int n = 0; n < 30; n++) {
            const int i = side == 0 ? n : 29 - n;
            char id[16], job[16], test[16];
            (void)snprintf(id, sizeof(id), "%d", 95 + i); /* 99 before 100 */
            (void)snprintf(job, sizeof(job), "job%d", i % 3);
            struct result *r = keeping_result(job, id, i / 6 * 1000, OUTCOME_FAILED);
            for (int j = 0; j < 5; j++) {
                (void)snprintf(test, sizeof(test), "t%d", (i * 7 + j) % 11);
                (void)keeping_test(r, test, (i + j) % 3 == 0 ? TEST_FAILED : TEST_PASSED);
            }
            assert_true(keeping_put(k[side].h, r, "r1"));
        }
        keeping_window(k[side].h, &w[side]);
    }
    assert_int_equal(w[0].build_count, 30);
    assert_int_equal(w[1].build_count, 30);
    assert_int_equal(w[0].result_count, 150);
    assert_int_equal(w[1].result_count, 150);
    for (uint32_t i = 0; i < 30; i++) {
        const struct window_build *a = &w[0].builds[i], *b = &w[1].builds[i];
        assert_true(sv_equal(a->id, b->id) && a->job == b->job && a->signature == b->signature);
        assert_int_equal(a->first_result, b->first_result);
        assert_int_equal(a->first_failure, b->first_failure);
        if (i > 0 && a->started_ms == a[-1].started_ms && a->job == a[-1].job)
            assert_true(build_id_compare(a[-1].id, a->id) < 0);
    }
    assert_memory_equal(w[0].result_test, w[1].result_test, 150 * sizeof(uint32_t));
    assert_memory_equal(w[0].result_outcome, w[1].result_outcome, 150);
    for (uint32_t i = 0; i < w[0].failure_count; i++)
        assert_true(w[0].failures[i].build == w[1].failures[i].build &&
                    w[0].failures[i].test == w[1].failures[i].test &&
                    w[0].failures[i].signature == w[1].failures[i].signature);
    for (uint32_t i = 0; i < w[0].test_count; i++)
        assert_true(sv_equal(w[0].tests[i].name, w[1].tests[i].name) &&
                    w[0].tests[i].first_seen_ms == w[1].tests[i].first_seen_ms &&
                    w[0].tests[i].first_failed_ms == w[1].tests[i].first_failed_ms);
    for (int side = 0; side < 2; side++) {
        window_done(&w[side]);
        keeping_end(&k[side]);
    }
}

static void times_and_jobs_choose_the_builds(void **state)
{
    static const struct sv globs[] = {SV_INIT("e2e-*"), SV_INIT("unit")};
    static const char *const jobs[] = {"e2e-aws", "e2e-gcp", "unit", "lint"};
    struct keeping k;
    struct window w;
    struct err err = {0};
    (void)state;
    keeping_start(&k);
    for (int i = 0; i < 4; i++) {
        struct result *r = keeping_result(jobs[i], "1", i * 1000, OUTCOME_PASSED);
        (void)keeping_test(r, jobs[i], TEST_PASSED);
        (void)keeping_put(k.h, r, "r1");
    }
    assert_true(history_window(k.h, KEEPING_START + 1000, KEEPING_START + 3000, NULL, 0, &w, &err));
    assert_int_equal(w.build_count, 2);
    assert_text(w.jobs[w.builds[0].job].name, "e2e-gcp");
    assert_int_equal(w.test_count, 2); /* and no others' names */
    window_done(&w);
    assert_true(history_window(k.h, 0, INT64_MAX, globs, 2, &w, &err));
    assert_int_equal(w.build_count, 3);
    assert_int_equal(w.job_count, 3);
    window_done(&w);
    assert_true(history_window(k.h, 0, KEEPING_START, NULL, 0, &w, &err));
    assert_int_equal(w.build_count + w.test_count + w.result_count, 0);
    window_done(&w);
    keeping_end(&k);
}

/* ---- damage ---- */

static uint64_t sum_of(const struct window *w)
{
    uint64_t sum = w->build_count + w->result_count * 3 + w->failure_count * 7;
    for (size_t i = 0; i < w->result_count; i++)
        sum = sum * 31 + w->result_test[i] + w->result_outcome[i] + w->result_duration[i];
    for (uint32_t i = 0; i < w->build_count; i++) {
        assert_true(w->builds[i].job < w->job_count);
        assert_true(w->builds[i].signature == WINDOW_NONE ||
                    w->builds[i].signature < w->signature_count);
        assert_true((size_t)w->builds[i].first_result + w->builds[i].result_count <=
                    w->result_count);
    }
    for (uint32_t i = 0; i < w->failure_count; i++)
        assert_true(w->failures[i].test < w->test_count && w->failures[i].build < w->build_count);
    return sum;
}

/* Bytes of the file turned over, one place a round: what is read is in bounds, or the error is clear. */
static void a_damaged_file_is_an_error_or_read_within_bounds(void **state)
{
    struct keeping k;
    struct window w;
    uint64_t seed = 7;
    int refused = 0, read = 0;
    (void)state;
    keeping_start(&k);
    for (int i = 0; i < 40; i++) {
        char id[16], test[16];
        (void)snprintf(id, sizeof(id), "%d", i);
        struct result *r = keeping_result("job", id, i * 1000, OUTCOME_FAILED);
        for (int j = 0; j < 20; j++) {
            (void)snprintf(test, sizeof(test), "t%d", j);
            (void)keeping_test(r, test, (i + j) % 3 == 0 ? TEST_FAILED : TEST_PASSED);
        }
        (void)keeping_put(k.h, r, "r1");
    }
    history_close(k.h);
    k.h = NULL;
    const int fd = open(k.path, O_RDWR);
    assert_true(fd >= 0);
    const off_t size = lseek(fd, 0, SEEK_END);
    for (int round = 0; round < 600; round++) {
        unsigned char byte = 0, other;
        seed = seed * 6364136223846793005U + 1442695040888963407U;
        const off_t at = (off_t)((seed >> 33) % (uint64_t)(round % 3 == 0 ? 4096 : size));
        assert_int_equal(pread(fd, &byte, 1, at), 1);
        other = (unsigned char)(byte ^ (1U << (seed >> 20) % 8));
        assert_int_equal(pwrite(fd, &other, 1, at), 1);
        struct err err = {0};
        const struct history_options options = {.path = k.path, .read_only = true};
        struct history *h = NULL;
        if (history_open(&options, &h, &err) &&
            history_window(h, 0, INT64_MAX, NULL, 0, &w, &err)) {
            (void)sum_of(&w);
            window_done(&w);
            read++;
        } else {
            assert_true(err.code == ERR_FORMAT || err.code == ERR_USAGE || err.code == ERR_IO);
            assert_string_equal(err.where, k.path);
            refused++;
        }
        history_close(h);
        assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    }
    (void)close(fd);
    assert_true(refused > 20);
    assert_true(read > 20);
    keeping_open(&k, 0); /* and whole again it is read as ever */
    keeping_window(k.h, &w);
    assert_int_equal(w.result_count, 800);
    window_done(&w);
    keeping_end(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_put_is_in_the_window),
        cmocka_unit_test(the_window_does_not_depend_on_the_order_of_puts),
        cmocka_unit_test(times_and_jobs_choose_the_builds),
        cmocka_unit_test(a_damaged_file_is_an_error_or_read_within_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
