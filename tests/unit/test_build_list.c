#include "check.h"

#include "source/build_list.h"
#include "torture.h"

#include <stdio.h>
#include <stdlib.h>

#define COUNT_OF_ARRAY(a) (sizeof(a) / sizeof((a)[0]))

static struct build at(const char *job, const char *id, const char *key, enum build_state state)
{
    return (struct build){.job = sv_of(job),
                          .id = sv_of(id),
                          .key = sv_of(key),
                          .bucket = SV("b"),
                          .store = key[0] != '\0' ? STORE_GS : STORE_NONE,
                          .state = state};
}

static void a_build_is_listed_once(void **state)
{
    const struct {
        struct build build;
        size_t count;
    } steps[] = {
        {at("j", "1", "logs/j/1", STATE_PENDING), 1},
        {at("j", "1", "logs/j/1", STATE_FAILURE), 1}, /* the final state is kept */
        {at("j", "1", "logs/j/1", STATE_SUCCESS), 1},
        {at("other", "9", "logs/j/1", STATE_PENDING), 1},
        {at("j", "1", "logs/j/1x", STATE_PENDING), 2},
        {at("j", "2", "", STATE_TRIGGERED), 3},
        {at("j", "2", "", STATE_TRIGGERED), 3},
        {at("k", "2", "", STATE_TRIGGERED), 4},
        {at("j", "", "", STATE_TRIGGERED), 5},
        {at("", "", "", STATE_TRIGGERED), 5},
    };
    struct build_list l;
    struct err err = {0};
    (void)state;
    build_list_init(&l, 0);
    for (size_t i = 0; i < COUNT_OF_ARRAY(steps); i++) {
        assert_true(build_list_add(&l, &steps[i].build, &err));
        assert_int_equal(l.count, steps[i].count);
    }
    assert_int_equal(l.builds[0].state, STATE_FAILURE);
    assert_int_equal(l.duplicates, 4);
    assert_int_equal(l.nameless, 1);
    build_list_done(&l);
}

/* Without an id, as before a pod exists, the ProwJob's name tells builds of a job apart. */
static void builds_without_an_id_go_by_name(void **state)
{
    struct build_list l;
    struct err err = {0};
    struct build b = {.job = SV_INIT("j"), .name = SV_INIT("u1")};
    (void)state;
    build_list_init(&l, 0);
    assert_true(build_list_add(&l, &b, &err));
    assert_true(build_list_add(&l, &b, &err));
    b.name = SV("u2");
    assert_true(build_list_add(&l, &b, &err));
    assert_int_equal(l.count, 2);
    build_list_done(&l);
}

static void a_place_that_leads_astray_is_taken_away(void **state)
{
    static const struct {
        const char *bucket, *key;
        bool safe;
    } places[] = {
        {"b", "logs/j/1", true},
        {"b", "a b/\xc3\xab#?%", true},
        {"b", "../../etc/1", false},
        {"b", "logs/../j/1", false},
        {"b", "logs/./j/1", false},
        {"b", "logs//j/1", false},
        {"b", "/logs/j/1", false},
        {"b", "logs/j/1/", false},
        {"..", "logs/j/1", false},
        {"", "logs/j/1", false},
        {"b/c", "logs/j/1", false},
        {"evil.example?", "logs/j/1", false},
        {"u@evil.example", "logs/j/1", false},
        {"b_c-d.E9", "logs/j/1", true},
        {"b", "logs/j\n/1", false},
        {"b\x1b", "logs/j/1", false},
        {"b", "", false},
        {"b", "..x/...", true},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF_ARRAY(places); i++) {
        struct build_list l;
        struct err err = {0};
        struct build b = at("j", "1", places[i].key, STATE_FAILURE);
        b.bucket = sv_of(places[i].bucket);
        b.store = STORE_S3;
        build_list_init(&l, 0);
        assert_true(build_list_add(&l, &b, &err));
        assert_int_equal(l.count, 1);
        assert_int_equal(l.placeless, !places[i].safe);
        assert_int_equal(l.builds[0].store, places[i].safe ? STORE_S3 : STORE_NONE);
        build_list_done(&l);
    }
}

static void problems_are_joined_up_to_a_limit(void **state)
{
    struct build_list l;
    struct err err = {0};
    (void)state;
    build_list_init(&l, 0);
    assert_int_equal(l.problem.len, 0);
    assert_true(build_list_problem(&l, SV("one"), &err));
    assert_true(build_list_problem(&l, SV("two"), &err));
    assert_true(sv_equal(l.problem, SV("one; two")));
    for (int i = 0; i < 10000; i++)
        assert_true(build_list_problem(&l, SV("something else"), &err));
    assert_true(l.problem.len < 5000);
    assert_true(sv_ends(l.problem, SV("something else; and more")));
    build_list_done(&l);
}

/* ---- frozen and thawed ---- */

static const struct pull pulls[] = {{.number = 7,
                                     .sha = SV_INIT("aa"),
                                     .author = SV_INIT("zo\xc3\xab"),
                                     .title = SV_INIT("\"T\"\n")},
                                    {.number = 18446744073709551615U}};
static const struct refs extra[] = {
    {.org = SV_INIT("x"), .repo = SV_INIT("y"), .base_ref = SV_INIT("m")}};
static const struct build full = {
    .id = SV_INIT("18446744073709551615"),
    .job = SV_INIT("j"),
    .provider = SV_INIT("prow"),
    .name = SV_INIT("u"),
    .state_text = SV_INIT("parked"),
    .description = SV_INIT("<&> \x01"),
    .url = SV_INIT("https://d/view/gs/b/logs/j/1"),
    .deck = SV_INIT("https://d"),
    .context = SV_INIT("c"),
    .cluster = SV_INIT("b3"),
    .profile = SV_INIT("aws"),
    .target = SV_INIT("e2e"),
    .variant = SV_INIT("v"),
    .pod_name = SV_INIT("p"),
    .author = SV_INIT("zo\xc3\xab"),
    .refs = {.org = SV_INIT("o"),
             .repo = SV_INIT("r"),
             .base_sha = SV_INIT("s"),
             .pulls = pulls,
             .pull_count = 2},
    .extra_refs = extra,
    .extra_ref_count = 1,
    .created_ms = 1709287200000,
    .started_ms = 1709287200123,
    .pending_ms = 1709287201000,
    .finished_ms = 1709290800000,
    .type = TYPE_PRESUBMIT,
    .store = STORE_GS,
    .bucket = SV_INIT("b"),
    .key = SV_INIT("logs/j/1"),
    .retest = true,
    .optional = true,
};

static bool to_buf(void *user, struct sv bytes, struct err *err)
{
    return buf_add(user, bytes, err);
}

static bool save(const struct build *builds, size_t count, struct buf *out, struct err *err)
{
    struct build_list l;
    build_list_init(&l, 0);
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++)
        ok = build_list_add(&l, &builds[i], err);
    ok = ok && build_list_save(&l, to_buf, out, err);
    build_list_done(&l);
    return ok;
}

static void a_list_comes_back_as_it_was_saved(void **state)
{
    struct buf first, second;
    struct build_list l;
    uint64_t bad = 9;
    struct err err = {0};
    struct build few = {.job = SV_INIT("k"),
                        .state = STATE_ERROR,
                        .author = SV_INIT("zo\xc3\xab"),
                        .refs = {.pulls = pulls, .pull_count = 1}};
    const struct build builds[] = {full, few};
    (void)state;
    buf_init(&first, 1 << 20);
    buf_init(&second, 1 << 20);
    assert_true(save(builds, 2, &first, &err));
    build_list_init(&l, 0);
    assert_true(build_list_load(&l, buf_sv(&first), &bad, &err));
    assert_int_equal(bad, 0);
    assert_int_equal(l.count, 2);
    assert_int_equal(l.problem.len, 0);
    assert_true(build_list_save(&l, to_buf, &second, &err));
    assert_string_equal(first.data, second.data);
    const struct build *b = &l.builds[0];
    assert_true(sv_equal(b->id, full.id));
    assert_true(sv_equal(b->state_text, full.state_text));
    assert_true(sv_equal(b->description, full.description));
    assert_true(sv_equal(b->key, full.key));
    assert_int_equal(b->started_ms, full.started_ms);
    assert_int_equal(b->type, full.type);
    assert_int_equal(b->store, full.store);
    assert_int_equal(b->refs.pull_count, 2);
    assert_true(b->refs.pulls[1].number == UINT64_MAX);
    assert_true(sv_equal(b->refs.pulls[0].title, pulls[0].title));
    assert_true(sv_equal(b->extra_refs[0].repo, SV("y")));
    assert_true(b->retest && b->optional);
    assert_int_equal(l.builds[1].refs.pull_count, 1);
    build_list_done(&l);
    buf_done(&first);
    buf_done(&second);
}

static void bad_lines_are_counted_and_told(void **state)
{
    static const struct {
        const char *lines, *problem;
        size_t count;
        uint64_t bad;
    } lists[] = {
        {"", "", 0, 0},
        {"\n\n{\"job\":\"j\",\"id\":\"1\"}\r\n\n", "", 1, 0},
        {"{\"job\":\"j\",\"id\":\"1\"}\n{\"job\":\"j\",\"i",
         "lines of the list that cannot be read: 1, first line 3: no JSON", 1, 1},
        {"7\n{}\n{\"id\":\"2\"}\n",
         "lines of the list that cannot be read: 2, first line 2: a build must be an object", 1, 2},
        {"{\"job\":\"j\",\"state\":\"FAILED\"}\n", "line 2: \"state\" is \"FAILED\"", 0, 1},
        {"{\"job\":\"j\",\"type\":\"nightly\"}\n", "line 2: \"type\" is \"nightly\"", 0, 1},
        {"{\"job\":\"j\",\"store\":\"ftp\"}\n", "line 2: \"store\" is \"ftp\"", 0, 1},
        {"{\"job\":\"j\",\"started\":\"today\"}\n", "line 2: \"started\" is no time: \"today\"", 0,
         1},
        {"{\"job\":\"j\",\"state\":\"unknown\",\"type\":\"unknown\"}\n", "", 1, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF_ARRAY(lists); i++) {
        struct build_list l;
        uint64_t bad = 9;
        struct err err = {0};
        char text[400];
        (void)snprintf(text, sizeof(text), "{\"prowl_list\":1}\n%s", lists[i].lines);
        build_list_init(&l, 0);
        assert_true(build_list_load(&l, sv_of(text), &bad, &err));
        assert_int_equal(bad, lists[i].bad);
        assert_int_equal(l.count, lists[i].count);
        assert_int_equal(l.problem.len > 0, lists[i].bad > 0);
        if (sv_find(l.problem, sv_of(lists[i].problem)) == l.problem.len && lists[i].bad > 0)
            fail_msg("%s: %.*s", lists[i].lines, SV_ARG(l.problem));
        build_list_done(&l);
    }
}

static void another_file_is_no_list(void **state)
{
    static const char *const others[] = {"", "{}", "[]", "{\"prowl_list\":2}\n",
                                         " {\"prowl_list\":1}\n"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF_ARRAY(others); i++) {
        struct build_list l;
        uint64_t bad = 9;
        struct err err = {0};
        build_list_init(&l, 0);
        assert_false(build_list_load(&l, sv_of(others[i]), &bad, &err));
        assert_int_equal(err.code, ERR_FORMAT);
        build_list_done(&l);
    }
}

static bool load(struct sv text, struct err *err)
{
    struct build_list l;
    uint64_t bad = 0;
    build_list_init(&l, 0);
    const bool ok = build_list_load(&l, text, &bad, err) && bad == 0;
    build_list_done(&l);
    return ok;
}

static void no_memory_is_an_error_and_never_a_bad_line(void **state)
{
    struct buf text;
    struct err err = {0};
    (void)state;
    buf_init(&text, 1 << 20);
    assert_true(save(&full, 1, &text, &err));
    for (unsigned long n = 0;; n++) {
        err = (struct err){0};
        torture_arm(n);
        const bool ok = load(buf_sv(&text), &err);
        torture_disarm();
        if (!torture_fired()) {
            assert_true(ok);
            break;
        }
        assert_false(ok);
        assert_int_equal(err.code, ERR_NOMEM);
    }
    buf_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_build_is_listed_once),
        cmocka_unit_test(builds_without_an_id_go_by_name),
        cmocka_unit_test(a_place_that_leads_astray_is_taken_away),
        cmocka_unit_test(problems_are_joined_up_to_a_limit),
        cmocka_unit_test(a_list_comes_back_as_it_was_saved),
        cmocka_unit_test(bad_lines_are_counted_and_told),
        cmocka_unit_test(another_file_is_no_list),
        cmocka_unit_test(no_memory_is_an_error_and_never_a_bad_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
