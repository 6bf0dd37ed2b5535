#include "check.h"

#include "source/deck_filter.h"
#include "torture.h"

#include <stdio.h>

#define COUNT_OF_ARRAY(a) (sizeof(a) / sizeof((a)[0]))

static const struct pull zoe[] = {{.number = 7, .author = SV_INIT("zoe")}};
static const struct pull ann[] = {{.number = 8, .author = SV_INIT("ann")}};
static const struct pull both[] = {{.number = 7, .author = SV_INIT("zoe")},
                                   {.number = 9, .author = SV_INIT("bob")}};
static const struct refs extra_or[] = {{.org = SV_INIT("o"), .repo = SV_INIT("r")}};
static const struct refs extra_xy[] = {{.org = SV_INIT("x"), .repo = SV_INIT("y")}};

/* Ids 1 to 6. */
static const struct build builds[] = {
    {.id = SV_INIT("1"),
     .job = SV_INIT("pa"),
     .type = TYPE_PERIODIC,
     .state = STATE_FAILURE,
     .cluster = SV_INIT("b1"),
     .extra_refs = extra_or,
     .extra_ref_count = 1},
    {.id = SV_INIT("2"),
     .job = SV_INIT("pb"),
     .type = TYPE_PRESUBMIT,
     .state = STATE_SUCCESS,
     .cluster = SV_INIT("b2"),
     .refs = {.org = SV_INIT("o"), .repo = SV_INIT("r"), .pulls = zoe, .pull_count = 1}},
    {.id = SV_INIT("3"),
     .job = SV_INIT("pc"),
     .type = TYPE_PRESUBMIT,
     .state = STATE_PENDING,
     .refs = {.org = SV_INIT("o"), .repo = SV_INIT("s"), .pulls = ann, .pull_count = 1}},
    {.id = SV_INIT("4"),
     .job = SV_INIT("pd"),
     .type = TYPE_POSTSUBMIT,
     .state = STATE_ABORTED,
     .refs = {.org = SV_INIT("o"), .repo = SV_INIT("r")}},
    {.id = SV_INIT("5"),
     .job = SV_INIT("pe"),
     .type = TYPE_BATCH,
     .state_text = SV_INIT("parked"),
     .refs = {.org = SV_INIT("o"), .repo = SV_INIT("r"), .pulls = both, .pull_count = 2}},
    {.id = SV_INIT("6"),
     .job = SV_INIT("pf"),
     .type = TYPE_PERIODIC,
     .state = STATE_ERROR,
     .extra_refs = extra_xy,
     .extra_ref_count = 1},
};

static bool filter_all(struct sv query, bool strict, char *shown, char *ignored_text,
                       bool *needs_all, struct err *err)
{
    struct build_list list;
    struct sv ignored = {0};
    size_t len = 0;
    build_list_init(&list, 0);
    struct deck_filter *f = deck_filter_new(query, strict, err);
    bool ok = f != NULL;
    for (size_t i = 0; ok && i < COUNT_OF_ARRAY(builds); i++)
        ok = deck_filter_add(f, &builds[i], err);
    *needs_all = ok && deck_filter_needs_all(f);
    ok = ok && deck_filter_finish(f, &list, &ignored, err);
    for (size_t i = 0; ok && i < list.count; i++)
        len += (size_t)sprintf(shown + len, "%.*s", SV_ARG(list.builds[i].id));
    shown[len] = '\0';
    (void)sprintf(ignored_text, "%.*s", SV_ARG(ignored));
    deck_filter_free(f);
    build_list_done(&list);
    return ok;
}

static const struct {
    const char *query, *page, *ignored, *strict;
} cases[] = {
    {"", "123456", "", "123456"},
    {"type=periodic", "16", "", "16"},
    {"type=nightly", "123456", "type=nightly", ""},
    {"state=failure", "1", "", "1"},
    {"state=scheduling", "123456", "state=scheduling", ""},
    {"state=parked", "5", "", "5"},
    {"cluster=b2", "2", "", "2"},
    {"cluster=", "123456", "", "123456"},
    /* a repository is offered when it stands in refs; the rows look at extra_refs too */
    {"repo=o/r", "1245", "", "1245"},
    {"repo=o%2Fr", "1245", "", "1245"},
    {"repo=x/y", "123456", "repo=x/y", "6"},
    {"repo=o", "123456", "repo=o", ""},
    /* job is free text, its star the only sign */
    {"job=p*", "123456", "", "123456"},
    {"job=*a*", "1", "", "1"},
    {"job=pa", "1", "", "1"},
    {"job=*", "123456", "", "123456"},
    {"job=P*", "", "", ""},
    {"job=p", "", "", ""},
    {"job=p.", "", "", ""},
    {"job=pa+", "", "", ""},
    {"job=", "123456", "", "123456"},
    {"job", "123456", "", "123456"},
    {"Job=pa", "123456", "", "123456"},
    /* how the page takes its query apart */
    {"job=pa&job=pb", "2", "", "2"},
    {"job=pa&job", "123456", "", "123456"},
    {"job=pa=pb", "1", "", "1"},
    {"job=%70a", "1", "", "1"},
    {"%6aob=pa", "1", "", "1"},
    {"job=%u0070a", "1", "", "1"},
    {"job=%7", "", "", ""},
    {"job=%u70a", "", "", ""},
    {"&&job=pa&", "1", "", "1"},
    {"job=pa#job=pb", "1", "", "1"},
    {"author=zo%C3%AB", "123456", "author=zo\u00c3\u00ab", ""},
    /* pulls and authors */
    {"pull=7", "25", "", "25"},
    {"pull=07", "123456", "pull=07", "25"},
    {"author=bob", "5", "", "5"},
    {"author=bob&pull=7", "5", "", "5"},
    {"type=periodic&pull=7", "16", "pull=7", ""},
    {"type=postsubmit&author=zoe", "4", "author=zoe", ""},
    {"repo=o/s&pull=7", "3", "pull=7", ""},
    {"repo=o/s&author=zoe&state=pending", "3", "author=zoe", ""},
    {"repo=no/ne&pull=7", "25", "repo=no/ne", ""},
    {"repo=o/r&state=failure&type=nightly", "1", "type=nightly", ""},
};

static void the_page_and_strict_show_what_they_must(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF_ARRAY(cases); i++) {
        char shown[20], ignored[200];
        bool needs_all;
        struct err err = {0};
        assert_true(filter_all(sv_of(cases[i].query), false, shown, ignored, &needs_all, &err));
        if (strcmp(shown, cases[i].page) != 0 || strcmp(ignored, cases[i].ignored) != 0)
            fail_msg("%s shows %s and ignores %s", cases[i].query, shown, ignored);
        assert_true(filter_all(sv_of(cases[i].query), true, shown, ignored, &needs_all, &err));
        if (strcmp(shown, cases[i].strict) != 0 || ignored[0] != '\0')
            fail_msg("strictly, %s shows %s", cases[i].query, shown);
    }
}

static void types_empty_the_pulls_even_when_no_build_is_of_them(void **state)
{
    struct build_list list;
    struct sv ignored;
    struct err err = {0};
    (void)state;
    build_list_init(&list, 0);
    struct deck_filter *f = deck_filter_new(SV("type=periodic&pull=7"), false, &err);
    assert_true(deck_filter_add(f, &builds[1], &err));
    assert_true(deck_filter_add(f, &builds[2], &err));
    assert_true(deck_filter_finish(f, &list, &ignored, &err));
    assert_int_equal(list.count, 2);
    assert_true(sv_equal(ignored, SV("type=periodic, pull=7")));
    deck_filter_free(f);
    build_list_done(&list);
}

/* A narrowed list holds one repository's builds: it cannot tell what the others offer. */
static void a_narrowed_list_tells_when_it_is_not_enough(void **state)
{
    static const struct {
        const char *query;
        bool page;
    } all[] = {{"repo=o/r", false},
               {"repo=x/y", true},
               {"repo=o/r&state=error", false},
               {"repo=o/r&state=scheduling", true},
               {"repo=o/r&pull=99", false},
               {"repo=o/r&type=nightly", true},
               {"repo=o/r&cluster=b9", true},
               {"repo=o/r&job=zz", false}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF_ARRAY(all); i++) {
        char shown[20], ignored[200];
        bool needs_all;
        struct err err = {0};
        assert_true(filter_all(sv_of(all[i].query), false, shown, ignored, &needs_all, &err));
        assert_int_equal(needs_all, all[i].page);
        assert_true(filter_all(sv_of(all[i].query), true, shown, ignored, &needs_all, &err));
        assert_false(needs_all);
    }
}

static void the_list_is_asked_for_without_what_is_not_needed(void **state)
{
    static const struct {
        const char *query, *url;
        bool labels, narrow, narrowed;
    } urls[] = {
        {"job=*x*", "https://d/prowjobs.js?omit=annotations,labels,decoration_config,pod_spec",
         false, true, false},
        {"job=*x*", "https://d/prowjobs.js?omit=annotations,decoration_config", true, true, false},
        {"repo=o%2fr.s", "https://d/prowjobs.js?omit=annotations,decoration_config&org=o&repo=r.s",
         true, true, true},
        {"repo=o/r", "https://d/prowjobs.js?omit=annotations,decoration_config", true, false,
         false},
        {"repo=o", "https://d/prowjobs.js?omit=annotations,decoration_config", true, true, false},
        {"repo=o/r%26x", "https://d/prowjobs.js?omit=annotations,decoration_config", true, true,
         false},
        {"repo=https://g/o/r", "https://d/prowjobs.js?omit=annotations,decoration_config", true,
         true, false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF_ARRAY(urls); i++) {
        struct arena a;
        struct sv url;
        bool narrowed;
        struct err err = {0};
        arena_init(&a, 4096);
        struct deck_filter *f = deck_filter_new(sv_of(urls[i].query), false, &err);
        assert_true(deck_filter_url(f, SV("https://d"), urls[i].labels, urls[i].narrow, &a, &url,
                                    &narrowed, &err));
        assert_string_equal(url.ptr, urls[i].url);
        assert_int_equal(narrowed, urls[i].narrowed);
        deck_filter_free(f);
        arena_done(&a);
    }
}

static void duplicates_are_counted(void **state)
{
    struct build_list list;
    struct sv ignored;
    struct err err = {0};
    (void)state;
    build_list_init(&list, 0);
    struct deck_filter *f = deck_filter_new(SV("job=p*"), false, &err);
    for (size_t i = 0; i < 3; i++)
        assert_true(deck_filter_add(f, &builds[0], &err));
    assert_true(deck_filter_finish(f, &list, &ignored, &err));
    assert_int_equal(list.count, 1);
    assert_int_equal(list.duplicates, 2);
    deck_filter_free(f);
    build_list_done(&list);
}

static void no_memory_is_an_error(void **state)
{
    (void)state;
    for (unsigned long n = 0;; n++) {
        char shown[20], ignored[200];
        bool needs_all;
        struct err err = {0};
        torture_arm(n);
        const bool ok =
            filter_all(SV("repo=o/r&pull=7&author=q"), false, shown, ignored, &needs_all, &err);
        torture_disarm();
        if (!torture_fired()) {
            assert_true(ok);
            assert_string_equal(shown, "25");
            return;
        }
        assert_false(ok);
        assert_int_equal(err.code, ERR_NOMEM);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_and_strict_show_what_they_must),
        cmocka_unit_test(types_empty_the_pulls_even_when_no_build_is_of_them),
        cmocka_unit_test(a_narrowed_list_tells_when_it_is_not_enough),
        cmocka_unit_test(the_list_is_asked_for_without_what_is_not_needed),
        cmocka_unit_test(duplicates_are_counted),
        cmocka_unit_test(no_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
