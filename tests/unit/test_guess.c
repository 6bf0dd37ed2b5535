#include "check.h"

#include "import/guess.h"

static const struct {
    const char *name, *words;
    enum cause_kind kind;
    enum cause_class class_;
    bool weak;
} cases[] = {
    {"GHA timeout", "", KIND_TIMEOUT, CLASS_UNKNOWN, false},
    {"Runner disk space issue", "", KIND_DISK_FULL, CLASS_UNKNOWN, false},
    {"Rate-limited by the hub", "", KIND_QUOTA, CLASS_UNKNOWN, false},
    {"eslint-stylish", "", KIND_LINT, CLASS_UNKNOWN, false},
    {"gcc", "", KIND_COMPILE, CLASS_UNKNOWN, false},
    {"Tea", "DNS", KIND_DNS, CLASS_UNKNOWN, false},
    {"OOMKilled", "", KIND_OOM, CLASS_UNKNOWN, false},
    {"Tea", "infra", KIND_OTHER, CLASS_INFRA, false},
    {"Tea", "ProductBug", KIND_OTHER, CLASS_PRODUCT, false},
    {"Catch-all error", "", KIND_OTHER, CLASS_UNKNOWN, true},
    /* the name's word comes before that of the rest; a part of a word is none */
    {"merge conflict", "timeout", KIND_MERGE_CONFLICT, CLASS_UNKNOWN, false},
    {"room", "podium latest", KIND_OTHER, CLASS_UNKNOWN, false},
    {"", "", KIND_OTHER, CLASS_UNKNOWN, false},
};

static void words_name_the_kind(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct guess g;
        struct err err = {0};
        const struct sv texts[] = {sv_of(cases[i].name), sv_of(cases[i].words)};
        assert_true(guess_of(texts, 2, &g, &err));
        if (g.kind != cases[i].kind || g.class_ != cases[i].class_ || g.weak != cases[i].weak)
            fail_msg("%s, %s: %s %s", cases[i].name, cases[i].words, cause_kind_name(g.kind),
                     cause_class_name(g.class_));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_name_the_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
