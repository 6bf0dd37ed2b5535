/* The scanner against PCRE2 alone, line by line, over random rules and random texts. */
#include "check.h"

#include "differential.h"

enum { SEEDS = 400 };

static void random_rules_hit_what_pcre2_alone_hits(void **state)
{
    size_t same = 0, hits = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct chance c = {.seed = seed * 0x9e3779b97f4a7c15u};
        const enum verdict_of_run run = differential(&c, &hits);
        if (run == DIFF_OTHER)
            fail_msg("seed %llu differs", (unsigned long long)seed);
        same += run == DIFF_SAME;
    }
    /* A test that skips most rounds, or in which nothing ever matches, proves little. */
    assert_true(same > SEEDS * 9 / 10);
    assert_true(hits > SEEDS * 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_rules_hit_what_pcre2_alone_hits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
