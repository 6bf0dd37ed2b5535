#include "check.h"

#include "night_fixture.h"

static void formats_are_found_by_their_name(void **state)
{
    (void)state;
    for (size_t i = 0; night_formats[i] != NULL; i++) {
        assert_ptr_equal(night_format_find(sv_of(night_formats[i]->name)), night_formats[i]);
        assert_true(strlen(night_formats[i]->summary) > 0);
        assert_non_null(night_formats[i]->write);
    }
    assert_null(night_format_find(SV("")));
    assert_null(night_format_find(SV("pdf")));
}

static void the_night_by_hand_holds_together(void **state)
{
    struct night *n = night_fixture(NIGHT_USUAL);
    const struct night_headline *h = &n->headline;
    uint64_t counts[NIGHT_CLASS_COUNT] = {0};
    (void)state;
    assert_int_equal(h->builds, h->passed + h->failed + h->aborted + h->running + h->other);
    assert_int_equal(h->failed, n->build_count + n->more_builds);
    for (size_t i = 0; i < n->test_count; i++)
        counts[n->tests[i].class_]++;
    counts[NIGHT_QUIET] += n->quiet_tests;
    assert_memory_equal(counts, h->counts, sizeof(counts));
    for (size_t i = 0; i < n->grid.test_count; i++)
        assert_int_equal(strlen(n->grid.rows[i]), n->grid.build_count);
    night_free(n);
}

static void every_night_by_hand_has_a_name(void **state)
{
    (void)state;
    for (int i = 0; i < NIGHT_FIXTURE_COUNT; i++) {
        struct night *n = night_fixture((enum night_fixture_kind)i);
        assert_true(strlen(night_fixture_name((enum night_fixture_kind)i)) > 0);
        assert_int_equal(n->now_ms, NIGHT_FIXTURE_NOW);
        night_free(n);
    }
    assert_null(night_fixture_name(NIGHT_FIXTURE_COUNT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_are_found_by_their_name),
        cmocka_unit_test(the_night_by_hand_holds_together),
        cmocka_unit_test(every_night_by_hand_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
