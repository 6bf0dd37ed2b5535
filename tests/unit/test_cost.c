#include "check.h"

#include "scan/cost.h"

#include <stdio.h>

/* A clock that goes on by one at each look: every scan takes the same. With `steps` of it, the time
 * of every further set. */
struct ticking {
    int64_t now;
    const int64_t *steps;
    size_t count, looks;
};

static int64_t look(void *user)
{
    struct ticking *t = user;
    const size_t set = t->looks / (2 * COST_ROUNDS);
    t->now += t->looks++ % 2 == 0 ? 0 : t->steps[set < t->count ? set : t->count - 1];
    return t->now;
}

static struct pack_text pack_of(char *text, size_t size, int rules)
{
    int len = snprintf(text, size, "pack: p\nrules:\n");
    for (int i = 0; i < rules; i++)
        len += snprintf(text + len, size - (size_t)len,
                        "  - {id: r%02d, cause: other/x, summary: s, any: ['word%d']}\n", i, i);
    return (struct pack_text){.name = SV_INIT("p"), .text = {.ptr = text, .len = (size_t)len}};
}

static const struct sv blocks[] = {SV_INIT("a\nword1 b\n"), SV_INIT("c\n")};

static struct cost_options options_of(const struct pack_text *pack, struct ticking *t)
{
    return (struct cost_options){.load = {.packs = pack, .pack_count = 1},
                                 .blocks = blocks,
                                 .block_count = COUNT_OF(blocks),
                                 .clock_ns = look,
                                 .user = t};
}

static void the_costliest_rule_comes_first_in_per_cent(void **state)
{
    /* all, the one group, all again, then without r00, r01, r02 */
    static const int64_t steps[] = {1000, 400, 1000, 950, 700, 1200};
    char text[1024];
    struct ticking t = {.steps = steps, .count = COUNT_OF(steps)};
    const struct pack_text pack = pack_of(text, sizeof(text), 3);
    const struct cost_options options = options_of(&pack, &t);
    struct costs costs;
    struct err err = {0};
    (void)state;
    assert_true(cost_measure(&options, &costs, &err));
    assert_int_equal(costs.count, 3);
    assert_int_equal(costs.bytes, 12);
    assert_string_equal(costs.rules[0].id, "r01");
    assert_true(costs.rules[0].percent > 29.9 && costs.rules[0].percent < 30.1);
    assert_string_equal(costs.rules[1].id, "r00");
    assert_true(costs.rules[1].percent > 4.9 && costs.rules[1].percent < 5.1);
    assert_string_equal(costs.rules[2].id, "r02");
    assert_true(costs.rules[2].percent == 0); /* the clock has its noise */
}

static void only_the_costliest_groups_are_looked_into(void **state)
{
    /* all, four groups, all again */
    static const int64_t steps[] = {1000, 990, 600, 995, 500, 1000, 1000};
    char text[8192];
    struct ticking t = {.steps = steps, .count = COUNT_OF(steps)};
    const struct pack_text pack = pack_of(text, sizeof(text), 3 * COST_GROUP_RULES + 2);
    const struct cost_options options = options_of(&pack, &t);
    struct costs costs;
    struct err err = {0};
    (void)state;
    assert_true(cost_measure(&options, &costs, &err));
    assert_int_equal(costs.count, COST_GROUP_RULES + 2);
    assert_string_equal(costs.rules[0].id, "r16"); /* all cost nothing: in order of id */
    assert_string_equal(costs.rules[COST_GROUP_RULES + 1].id, "r49");
}

static void no_rule_costs_nothing_and_a_bad_pack_is_told(void **state)
{
    static const int64_t steps[] = {1};
    const struct pack_text none = {.name = SV_INIT("p"), .text = SV_INIT("pack: p\nrules: []\n")};
    const struct pack_text bad = {.name = SV_INIT("p"), .text = SV_INIT("rules: 3\n")};
    struct ticking t = {.steps = steps, .count = 1};
    struct cost_options options = options_of(&none, &t);
    struct costs costs;
    struct err err = {0};
    (void)state;
    assert_true(cost_measure(&options, &costs, &err));
    assert_int_equal(costs.count, 0);
    options.load.packs = &bad;
    assert_false(cost_measure(&options, &costs, &err));
    assert_int_equal(err.code, ERR_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_costliest_rule_comes_first_in_per_cent),
        cmocka_unit_test(only_the_costliest_groups_are_looked_into),
        cmocka_unit_test(no_rule_costs_nothing_and_a_bad_pack_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
