#include "check.h"

#include "run/triggers.h"

/* This test brings its own table of analyzers; the linker then leaves the registry's out. */

enum { TABLE_ROOM = ANALYZERS_MAX + 2 };

static struct trigger many[TRIGGERS_MAX + 2];
static const struct trigger few[] = {{"^one$", true}, {"two", false}, {NULL, false}};
static const struct trigger last[] = {{"three", true}, {NULL, false}};
static const struct analyzer with_few = {.name = "few", .triggers = few, .asks_after = 1u << 1};
static const struct analyzer without = {.name = "without"};
static const struct analyzer with_last = {.name = "last", .triggers = last};
static const struct analyzer with_many = {.name = "many", .triggers = many};

static const struct analyzer *table[TABLE_ROOM];
extern const struct analyzer *const analyzers[TABLE_ROOM] __attribute__((alias("table")));

static void set_many(size_t count)
{
    memset(many, 0, sizeof(many));
    for (size_t i = 0; i < count; i++)
        many[i].pattern = "x";
}

static void every_trigger_knows_its_analyzer_and_its_number_there(void **state)
{
    static struct triggers t;
    struct err err = {0};
    static const struct trigger_owner owners[] = {{0, 0, false}, {0, 1, true}, {2, 0, false}};
    static const char *const patterns[] = {"^one$", "two", "three"};
    (void)state;
    memset(table, 0, sizeof(table));
    table[0] = &with_few;
    table[1] = &without;
    table[2] = &with_last;
    for (int again = 0; again < 2; again++) { /* a second call begins anew */
        assert_true(triggers_init(&t, &err));
        assert_int_equal(t.count, 3);
    }
    for (size_t i = 0; i < t.count; i++) {
        assert_int_equal(t.owners[i].analyzer, owners[i].analyzer);
        assert_int_equal(t.owners[i].trigger, owners[i].trigger);
        assert_int_equal(t.owners[i].asks_after, owners[i].asks_after);
        assert_string_equal(t.patterns[i].pattern, patterns[i]);
    }
    assert_true(t.patterns[0].exact);
    assert_false(t.patterns[1].exact);
}

static void without_analyzers_there_are_no_triggers(void **state)
{
    static struct triggers t = {.count = 7};
    struct err err = {0};
    (void)state;
    memset(table, 0, sizeof(table));
    assert_true(triggers_init(&t, &err));
    assert_int_equal(t.count, 0);
}

static void a_table_that_is_full_is_one_and_a_trigger_more_is_an_error(void **state)
{
    static struct triggers t;
    struct err err = {0};
    (void)state;
    memset(table, 0, sizeof(table));
    table[0] = &with_many;
    set_many(TRIGGERS_MAX);
    assert_true(triggers_init(&t, &err));
    assert_int_equal(t.count, TRIGGERS_MAX);
    assert_int_equal(t.owners[TRIGGERS_MAX - 1].trigger, TRIGGERS_MAX - 1);
    table[1] = &with_last;
    assert_false(triggers_init(&t, &err));
    assert_int_equal(err.code, ERR_LIMIT);
    assert_string_equal(err.why, "more than 1024 triggers of analyzers");
}

static void an_analyzer_more_than_there_is_room_for_is_an_error(void **state)
{
    static struct triggers t;
    struct err err = {0};
    (void)state;
    memset(table, 0, sizeof(table));
    for (size_t i = 0; i < ANALYZERS_MAX; i++)
        table[i] = &with_last;
    assert_true(triggers_init(&t, &err));
    assert_int_equal(t.count, ANALYZERS_MAX);
    assert_int_equal(t.owners[ANALYZERS_MAX - 1].analyzer, ANALYZERS_MAX - 1);
    table[ANALYZERS_MAX] = &without;
    assert_false(triggers_init(&t, &err));
    assert_int_equal(err.code, ERR_LIMIT);
    assert_string_equal(err.why, "more than 64 analyzers");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_trigger_knows_its_analyzer_and_its_number_there),
        cmocka_unit_test(without_analyzers_there_are_no_triggers),
        cmocka_unit_test(a_table_that_is_full_is_one_and_a_trigger_more_is_an_error),
        cmocka_unit_test(an_analyzer_more_than_there_is_room_for_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
