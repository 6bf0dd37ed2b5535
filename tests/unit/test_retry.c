#include "check.h"

#include "fetch/retry.h"

static const struct retry_options options = {
    .first_ms = 500,
    .max_ms = 30000,
    .budget_ms = 20000,
    .patience_ms = 120000,
    .cool_ms = 30000,
    .suspect_after = 8,
};

static void only_statuses_that_may_pass_are_tried_again(void **state)
{
    static const long again[] = {408, 429, 500, 502, 503, 504};
    static const long final[] = {0, 200, 206, 301, 304, 400, 401, 403, 404, 410, 416, 501, 505};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(again); i++)
        assert_true(retry_status(again[i]));
    for (size_t i = 0; i < COUNT_OF(final); i++)
        assert_false(retry_status(final[i]));
}

static void retry_after_is_seconds_or_a_date(void **state)
{
    static const int64_t now = 784111777000; /* 1994-11-06 08:49:37 */
    static const struct {
        const char *value;
        int64_t ms;
    } cases[] = {
        {"0", 0},
        {"120", 120000},
        {"  7\t", 7000},
        {"99999999999", 1000000000},
        {"Sun, 06 Nov 1994 08:49:47 GMT", 10000},
        {"Sunday, 06-Nov-94 08:49:47 GMT", 10000},
        {"Sun Nov  6 08:49:47 1994", 10000},
        {"Sun, 06 Nov 1994 08:49:07 GMT", 0}, /* it has passed */
        {"", -1},
        {"-5", -1},
        {"1.5", -1},
        {"soon", -1},
        {"999999999999999999999999", -1},
        {"Sun, 99 Nov 1994 08:49:47 GMT", -1},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(retry_after_ms(sv_of(cases[i].value), now), cases[i].ms);
}

static void a_wait_is_anything_up_to_a_limit_that_doubles(void **state)
{
    static const int64_t most[] = {500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000};
    uint64_t random = 1;
    (void)state;
    for (unsigned tries = 1; tries <= COUNT_OF(most); tries++) {
        int64_t least = INT64_MAX, longest = 0;
        for (int i = 0; i < 2000; i++) {
            const int64_t wait = retry_wait_ms(&options, tries, -1, retry_random(&random));
            least = wait < least ? wait : least;
            longest = wait > longest ? wait : longest;
        }
        assert_in_range(longest, most[tries - 1] * 9 / 10, most[tries - 1]);
        assert_in_range(least, 0, most[tries - 1] / 10);
    }
    assert_in_range(retry_wait_ms(&options, 1000000, -1, UINT64_MAX), 0, 30000);
}

static void a_wait_is_never_shorter_than_was_asked_for(void **state)
{
    uint64_t random = 7;
    (void)state;
    for (int i = 0; i < 200; i++)
        assert_in_range(retry_wait_ms(&options, 1, 400, retry_random(&random)), 400, 500);
    assert_int_equal(retry_wait_ms(&options, 1, 90000, 3), 90000);
}

static void fail_times(struct host_state *h, unsigned times, int64_t now)
{
    for (unsigned i = 0; i < times; i++)
        assert_false(host_failed(h, &options, false, now, now, 0));
}

static void a_few_failures_change_nothing(void **state)
{
    struct host_state h = {0};
    (void)state;
    fail_times(&h, options.suspect_after - 1, 1000);
    assert_int_equal(host_ask(&h, &options, 1000), HOST_GO);
    assert_int_equal(host_ask(&h, &options, 1000), HOST_GO);
}

static void a_suspect_host_is_asked_by_one_request_at_a_time(void **state)
{
    struct host_state h = {0};
    (void)state;
    fail_times(&h, options.suspect_after, 1000);
    assert_int_equal(host_ask(&h, &options, 1000), HOST_WAIT);
    assert_int_equal(host_ask(&h, &options, 1500), HOST_PROBE);
    assert_int_equal(host_ask(&h, &options, 9000), HOST_WAIT);
    host_learnt_nothing(&h, false); /* of another request: the probe is still out */
    assert_int_equal(host_ask(&h, &options, 9000), HOST_WAIT);
    host_learnt_nothing(&h, true);
    assert_int_equal(host_ask(&h, &options, 9000), HOST_PROBE);
    host_succeeded(&h, 9000);
    assert_int_equal(host_ask(&h, &options, 9000), HOST_GO);
    assert_int_equal(h.failures, 0);
}

static void probes_come_at_growing_distances(void **state)
{
    struct host_state h = {0};
    int64_t now = 1000, last = 0;
    (void)state;
    fail_times(&h, options.suspect_after, now);
    for (int i = 0; i < 4; i++) {
        const int64_t wait = h.not_before_ms - now;
        assert_true(wait > last);
        last = wait;
        now = h.not_before_ms;
        assert_int_equal(host_ask(&h, &options, now), HOST_PROBE);
        assert_false(host_failed(&h, &options, true, now, now, 0));
    }
}

static void a_host_that_only_fails_dies_when_its_budget_is_spent(void **state)
{
    struct host_state h = {0};
    (void)state;
    assert_false(host_failed(&h, &options, false, 1000, 11000, 0)); /* a timeout of ten seconds */
    assert_true(
        host_failed(&h, &options, false, 11000, 21000, 0)); /* budget: from the first send */
    assert_int_equal(host_ask(&h, &options, 21000), HOST_REFUSE);
    assert_int_equal(host_ask(&h, &options, 21000 + options.cool_ms), HOST_PROBE);
    assert_int_equal(host_ask(&h, &options, 21000 + options.cool_ms), HOST_REFUSE);
    assert_false(host_failed(&h, &options, true, 51000, 51000, 0)); /* it is told once */
    assert_int_equal(host_ask(&h, &options, 51000), HOST_REFUSE);
    assert_int_equal(host_ask(&h, &options, 51000 + options.cool_ms), HOST_PROBE);
    host_succeeded(&h, 90000);
    assert_int_equal(host_ask(&h, &options, 90000), HOST_GO);
}

static void one_failure_however_long_is_not_enough(void **state)
{
    struct host_state h = {0};
    (void)state;
    assert_false(host_failed(&h, &options, false, 0, 600000, 0));
    assert_int_equal(host_ask(&h, &options, 600000), HOST_GO);
}

static void stragglers_do_not_keep_a_host_dead_for_longer(void **state)
{
    struct host_state h = {0};
    (void)state;
    (void)host_failed(&h, &options, false, 0, 0, 0);
    assert_true(host_failed(&h, &options, false, 0, 20000, 0));
    assert_false(host_failed(&h, &options, false, 0, 40000, 0));
    assert_int_equal(host_ask(&h, &options, 50000), HOST_PROBE);
}

static void patience_that_was_asked_for_is_kept_and_not_held_against_the_host(void **state)
{
    struct host_state h = {0};
    (void)state;
    (void)host_failed(&h, &options, false, 0, 0, 0);
    assert_false(host_asked_for_patience(&h, &options, 30000, 0));
    assert_int_equal(host_ask(&h, &options, 29999), HOST_WAIT);
    assert_int_equal(host_ask(&h, &options, 30000), HOST_GO);
    assert_false(
        host_failed(&h, &options, false, 30000, 30000, 0)); /* the budget counts 0 s so far */
    host_succeeded(&h, 30001);
    assert_int_equal(h.failures, 0);
}

static void an_old_success_does_not_end_a_pause(void **state)
{
    struct host_state h = {0};
    (void)state;
    (void)host_failed(&h, &options, false, 0, 0, 0);
    (void)host_asked_for_patience(&h, &options, 5000, 0);
    host_succeeded(&h, 100);
    assert_int_equal(host_ask(&h, &options, 4999), HOST_WAIT);
    assert_int_equal(host_ask(&h, &options, 5000), HOST_GO);
}

static void the_same_pause_asked_for_by_many_answers_counts_once(void **state)
{
    struct host_state h = {0};
    (void)state;
    for (int i = 0; i < 100; i++)
        assert_false(host_asked_for_patience(&h, &options, 10000, i));
    assert_in_range(h.patience_ms, 10000, 10099);
}

static void a_host_that_asks_for_too_much_patience_is_dead(void **state)
{
    struct host_state once = {0}, often = {0};
    int64_t now = 0;
    int asked = 0;
    (void)state;
    assert_true(host_asked_for_patience(&once, &options, 3600000, 0));
    assert_int_equal(host_ask(&once, &options, 3599999), HOST_REFUSE);
    assert_int_equal(host_ask(&once, &options, 3600000), HOST_PROBE);
    while (!host_asked_for_patience(&often, &options, 30000, now)) {
        now += 30000;
        asked++;
    }
    assert_int_equal(asked, 4);
    assert_int_equal(host_ask(&often, &options, now), HOST_REFUSE);
}

static void what_will_not_pass_kills_at_once(void **state)
{
    struct host_state h = {0};
    (void)state;
    assert_true(host_condemned(&h, &options, 0));
    assert_false(host_condemned(&h, &options, 0));
    assert_int_equal(host_ask(&h, &options, 1), HOST_REFUSE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_statuses_that_may_pass_are_tried_again),
        cmocka_unit_test(retry_after_is_seconds_or_a_date),
        cmocka_unit_test(a_wait_is_anything_up_to_a_limit_that_doubles),
        cmocka_unit_test(a_wait_is_never_shorter_than_was_asked_for),
        cmocka_unit_test(a_few_failures_change_nothing),
        cmocka_unit_test(a_suspect_host_is_asked_by_one_request_at_a_time),
        cmocka_unit_test(probes_come_at_growing_distances),
        cmocka_unit_test(a_host_that_only_fails_dies_when_its_budget_is_spent),
        cmocka_unit_test(one_failure_however_long_is_not_enough),
        cmocka_unit_test(stragglers_do_not_keep_a_host_dead_for_longer),
        cmocka_unit_test(patience_that_was_asked_for_is_kept_and_not_held_against_the_host),
        cmocka_unit_test(an_old_success_does_not_end_a_pause),
        cmocka_unit_test(the_same_pause_asked_for_by_many_answers_counts_once),
        cmocka_unit_test(a_host_that_asks_for_too_much_patience_is_dead),
        cmocka_unit_test(what_will_not_pass_kills_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
