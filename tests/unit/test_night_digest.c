#include "night_shown.h"

#include "base/strmap.h"
#include "model/json.h"

static struct strmap states; /* by key: 1 open, 2 closed */

static void collect(const struct night *n)
{
    struct err err = {0};
    struct sv line;
    strmap_done(&states);
    strmap_init(&states, 1 << 20);
    for (struct sv rest = sv_of(night_shown_of("digest", n)); sv_cut(&rest, '\n', &line);) {
        struct json_doc doc = {0};
        bool is_new = false;
        if (line.len == 0)
            continue;
        if (!json_parse(line, 1 << 20, &doc, &err))
            fail_msg("%s", err.why);
        const struct json j = json_root(&doc);
        uint64_t *at = strmap_put(&states, json_text(json_get(j, "key")), &is_new, &err);
        assert_non_null(at);
        assert_true(is_new);
        *at = sv_equal(json_text(json_get(j, "state")), SV("open")) ? 1 : 2;
        assert_true(json_text(json_get(j, "title")).len > 0);
        json_doc_done(&doc);
    }
}

static uint64_t state_of(const char *key)
{
    const uint64_t *at = strmap_find(&states, sv_of(key));
    return at != NULL ? *at : 0;
}

static void what_is_over_is_closed(void **state)
{
    struct night *n = night_fixture(NIGHT_USUAL);
    (void)state;
    collect(n);
    assert_int_equal(state_of("prowl/night/read"), 2);
    assert_int_equal(state_of("prowl/cluster/a07e44d1c9b8"), 1);
    assert_int_equal(state_of("prowl/cluster/40be9cc7a1d6"), 2); /* none tonight */
    assert_int_equal(states.count,
                     1 + 8 + 3 +
                         9); /* the test of infrastructure is none, nor are jobs that pass */
    night_free(n);
}

/* A bot finds its issue again when a test's class has changed, or its figures. */
static void keys_stay_when_what_is_said_changes(void **state)
{
    struct strmap before;
    struct night *n = night_fixture(NIGHT_USUAL);
    (void)state;
    collect(n);
    before = states;
    states = (struct strmap){0};
    n->tests[1].class_ = NIGHT_FLAKY;
    n->tests[4].class_ = NIGHT_FIXED;
    n->tests[0].raw.hits++;
    n->tests[0].message = SV("other");
    collect(n);
    assert_int_equal(before.count, states.count);
    size_t closed = 0;
    for (size_t i = 0; i < states.count; i++) {
        assert_true(sv_equal(strmap_at(&states, i)->key, strmap_at(&before, i)->key));
        closed += strmap_at(&states, i)->value != strmap_at(&before, i)->value;
    }
    assert_int_equal(closed, 1);
    strmap_done(&before);
    night_free(n);
}

static void a_night_that_was_not_read_closes_nothing(void **state)
{
    struct night *n = night_fixture(NIGHT_UNREAD);
    (void)state;
    collect(n);
    assert_int_equal(states.count, 1);
    assert_int_equal(state_of("prowl/night/read"), 1);
    night_free(n);
}

static void hostile_text_is_text(void **state)
{
    (void)state;
    assert_harmless(night_shown("digest", NIGHT_EVIL));
}

static void a_full_disk_is_told(void **state)
{
    (void)state;
    assert_full_disk_is_told("digest");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_over_is_closed),
        cmocka_unit_test(keys_stay_when_what_is_said_changes),
        cmocka_unit_test(a_night_that_was_not_read_closes_nothing),
        cmocka_unit_test(hostile_text_is_text),
        cmocka_unit_test(a_full_disk_is_told),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    strmap_done(&states);
    buf_done(&shown.text);
    return failed;
}
