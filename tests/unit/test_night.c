#include "check.h"

#include "model/night.h"

static void classes_have_names_and_letters_of_their_own(void **state)
{
    (void)state;
    for (int i = 0; i < NIGHT_CLASS_COUNT; i++)
        for (int k = 0; k < i; k++) {
            assert_string_not_equal(night_class_name((enum night_class)i),
                                    night_class_name((enum night_class)k));
            assert_int_not_equal(night_class_letter((enum night_class)i),
                                 night_class_letter((enum night_class)k));
        }
    assert_string_equal(night_class_name(NIGHT_WORSE), "got-worse");
}

static void the_strongest_evidence_names_a_flake(void **state)
{
    (void)state;
    assert_string_equal(night_evidence_name(EVIDENCE_RATE | EVIDENCE_RETRY), "retry");
    assert_string_equal(night_evidence_name(EVIDENCE_RATE | EVIDENCE_ISOLATED), "isolated");
    assert_string_equal(night_evidence_name(0), "none");
}

/* Figures of Newcombe 1998, table I, method 3. */
static void the_interval_is_wilsons(void **state)
{
    (void)state;
    const struct night_share s = night_share_of(81, 263), none = night_share_of(0, 20),
                             all = night_share_of(29, 29), nothing = night_share_of(0, 0);
    assert_true(s.low > 0.25525 && s.low < 0.25535 && s.high > 0.36615 && s.high < 0.36625);
    assert_true(none.low == 0 && none.high > 0.1610 && none.high < 0.1612);
    assert_true(all.high == 1 && all.low > 0.8829 && all.low < 0.8831);
    assert_true(nothing.low == 0 && nothing.high == 1);
}

static void a_label_holds_what_is_there(void **state)
{
    struct buf label;
    struct err err = {0};
    const struct night_test whole = {.suite = SV("s"), .class_name = SV("c"), .name = SV("n")},
                            bare = {.name = SV("n")};
    (void)state;
    buf_init(&label, 100);
    assert_true(night_test_label(&whole, &label, &err));
    assert_true(sv_equal(buf_sv(&label), SV("s/c.n")));
    assert_true(night_test_label(&bare, &label, &err));
    assert_true(sv_equal(buf_sv(&label), SV("n")));
    buf_done(&label);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_have_names_and_letters_of_their_own),
        cmocka_unit_test(the_strongest_evidence_names_a_flake),
        cmocka_unit_test(the_interval_is_wilsons),
        cmocka_unit_test(a_label_holds_what_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
