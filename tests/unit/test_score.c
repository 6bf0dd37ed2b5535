#include "check.h"

#include "tally/score.h"
#include "torture.h"

#include <math.h>

static bool is_near(double a, double b)
{
    return fabs(a - b) < 0.0005;
}

static void wilson_is_as_in_the_books(void **state)
{
    static const struct {
        uint64_t hits, of;
        double low, high;
    } known[] = {
        {0, 0, 0, 1},
        {0, 10, 0, 0.2775},
        {10, 10, 0.7225, 1},
        {5, 10, 0.2366, 0.7634},
        {90, 100, 0.8256, 0.9448},
        {1, 1, 0.2065, 1},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        const struct score_interval w =
            score_wilson((struct score_share){known[i].hits, known[i].of});
        if (!is_near(w.low, known[i].low) || !is_near(w.high, known[i].high))
            fail_msg("%d of %d: %f %f", (int)known[i].hits, (int)known[i].of, w.low, w.high);
    }
}

static const struct score_hit compile_hit[] = {{SV_INIT("c.error"), KIND_COMPILE},
                                               {SV_INIT("c.note"), KIND_COMPILE}};
static const struct score_hit lint_hit[] = {{SV_INIT("lint.line"), KIND_LINT}};

static const struct score_case cases[] = {
    {.wanted = KIND_COMPILE,
     .got = KIND_COMPILE,
     .right = true,
     .lined = true,
     .line_right = true,
     .by_rule = true,
     .confidence = 0.95,
     .root = SV_INIT("c.error"),
     .hits = compile_hit,
     .hit_count = 2},
    {.wanted = KIND_COMPILE,
     .got = KIND_LINT,
     .lined = true,
     .by_rule = true,
     .confidence = 0.8,
     .root = SV_INIT("lint.line"),
     .hits = lint_hit,
     .hit_count = 1},
    {.wanted = KIND_TEST,
     .got = KIND_LINT,
     .right = true,
     .by_rule = true,
     .confidence = 0.8,
     .root = SV_INIT("lint.line"),
     .hits = lint_hit,
     .hit_count = 1}, /* lint was accepted too */
    {.wanted = KIND_COMPILE, .got = KIND_UNKNOWN, .hits = compile_hit, .hit_count = 2},
    {.wanted = SCORE_NONE, .got = SCORE_NONE, .right = true, .hits = compile_hit, .hit_count = 1},
    {.wanted = SCORE_NONE, .got = KIND_TEST, .by_rule = true, .confidence = 1},
    {.wanted = SCORE_NONE, .got = KIND_UNKNOWN},
};

static void add_all(struct score *s)
{
    struct err err = {0};
    score_init(s);
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_true(score_add(s, &cases[i], &err));
    score_sort(s);
}

static void kinds_and_confusion_are_counted(void **state)
{
    struct score s;
    (void)state;
    add_all(&s);
    assert_int_equal(s.kinds[KIND_COMPILE].wanted, 3);
    assert_int_equal(s.kinds[KIND_COMPILE].got, 1);
    assert_int_equal(s.kinds[KIND_COMPILE].right, 1);
    assert_int_equal(s.kinds[KIND_LINT].wanted, 1); /* as what was accepted */
    assert_int_equal(s.kinds[KIND_LINT].got, 2);
    assert_int_equal(s.kinds[KIND_LINT].right, 1);
    assert_int_equal(s.kinds[KIND_TEST].wanted, 0);
    assert_int_equal(s.confusion[KIND_COMPILE][KIND_LINT], 1);
    assert_int_equal(s.confusion[KIND_COMPILE][KIND_UNKNOWN], 1);
    assert_int_equal(s.confusion[SCORE_NONE][KIND_TEST], 1);
    score_done(&s);
}

static void shares_are_of_failed_named_lined_and_passing_logs(void **state)
{
    struct score s;
    (void)state;
    add_all(&s);
    assert_true(s.named.hits == 3 && s.named.of == 4);
    assert_true(s.right.hits == 2 && s.right.of == 3);
    assert_true(s.lines.hits == 1 && s.lines.of == 2);
    assert_true(s.quiet.hits == 2 && s.quiet.of == 3); /* a failure that nobody names is no alarm */
    score_done(&s);
}

static void rules_are_counted_where_they_hit_name_and_ought_to(void **state)
{
    struct score s;
    (void)state;
    add_all(&s);
    assert_int_equal(s.rule_count, 3);
    const struct score_rule *error = &s.rules[0], *note = &s.rules[1], *lint = &s.rules[2];
    assert_true(sv_equal(error->id, SV("c.error")) && sv_equal(lint->id, SV("lint.line")));
    assert_true(error->hits == 3 && error->named == 1 && error->right == 1 && error->wanted == 2);
    assert_true(note->hits == 2 && note->named == 0 && note->right == 0 && note->wanted == 2);
    assert_true(lint->hits == 2 && lint->named == 2 && lint->right == 1 && lint->wanted == 1);
    score_done(&s);
}

static void confidence_goes_into_its_bin(void **state)
{
    static const struct {
        double confidence;
        size_t bin;
    } bins[] = {{0, 0}, {0.499, 0}, {0.5, 1}, {0.79, 3}, {0.8, 4}, {0.9, 5}, {0.95, 6}, {1, 6}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bins); i++) {
        struct score s;
        struct err err = {0};
        const struct score_case one = {.got = KIND_TEST,
                                       .wanted = KIND_TEST,
                                       .right = true,
                                       .by_rule = true,
                                       .confidence = bins[i].confidence};
        score_init(&s);
        assert_true(score_add(&s, &one, &err));
        assert_true(s.bins[bins[i].bin].right.of == 1 && s.bins[bins[i].bin].right.hits == 1);
        assert_true(is_near(s.bins[bins[i].bin].stated, bins[i].confidence));
        score_done(&s);
    }
}

static void names_are_those_of_kinds_and_none(void **state)
{
    (void)state;
    assert_string_equal(score_kind_name(KIND_COMPILE), "compile");
    assert_string_equal(score_kind_name(SCORE_NONE), "none");
}

static void a_failed_allocation_is_told(void **state)
{
    bool through = false;
    (void)state;
    for (unsigned long n = 0; n < 100 && !through; n++) {
        struct score s;
        struct err err = {0};
        score_init(&s);
        torture_arm(n);
        const bool ok = score_add(&s, &cases[0], &err);
        torture_disarm();
        through = !torture_fired();
        assert_int_equal(ok, through);
        if (!ok)
            assert_int_equal(err.code, ERR_NOMEM);
        score_done(&s);
    }
    assert_true(through);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wilson_is_as_in_the_books),
        cmocka_unit_test(kinds_and_confusion_are_counted),
        cmocka_unit_test(shares_are_of_failed_named_lined_and_passing_logs),
        cmocka_unit_test(rules_are_counted_where_they_hit_name_and_ought_to),
        cmocka_unit_test(confidence_goes_into_its_bin),
        cmocka_unit_test(names_are_those_of_kinds_and_none),
        cmocka_unit_test(a_failed_allocation_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
