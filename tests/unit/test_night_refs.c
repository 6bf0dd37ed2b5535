#include "check.h"

#include "tally/night_refs.h"
#include "torture.h"
#include "window_fixture.h"

#include <string.h>

struct made {
    struct fixture *f;
    struct window *w;
    struct night *n;
    struct night_refs refs;
};

static struct made make(void)
{
    struct made m = {.f = fixture_new(0, FIXTURE_DAY)};
    struct err err = {0};
    fixture_table(m.f, &(struct fixture_table){.job = "ci", .builds = "PF"});
    m.w = fixture_window(m.f);
    m.w->builds[1].excerpt = SV("no \xc3\xa4 left");
    m.w->builds[1].line = 7;
    m.n = night_new(&err);
    assert_non_null(m.n);
    assert_true(night_refs_make(m.n, m.w, &m.refs, &err));
    return m;
}

static void done(struct made *m)
{
    night_refs_done(&m->refs);
    night_free(m->n);
    fixture_done(m->f);
}

static void a_reference_outlives_the_window(void **state)
{
    struct made m = make();
    struct night_ref ref, cause;
    struct err err = {0};
    (void)state;
    assert_true(night_refs_build(&m.refs, 1, &ref, &err));
    assert_true(night_refs_cause(&m.refs, 1, &cause, &err));
    assert_ptr_equal(ref.url.ptr, cause.url.ptr); /* copied once */
    fixture_done(m.f);
    m.f = fixture_new(0, 1);
    assert_true(sv_equal(ref.job, SV("ci")) && sv_equal(ref.id, SV("1001")));
    assert_true(sv_equal(ref.url, SV("https://ci.example/ci/1")));
    assert_true(sv_equal(ref.log, SV("https://ci.example/ci/1/log")));
    assert_true(ref.excerpt.len == 0 && ref.line == 0);
    assert_true(ref.started_ms == FIXTURE_START + FIXTURE_HOUR);
    assert_true(sv_equal(cause.excerpt, SV("no \xc3\xa4 left")) && cause.line == 7);
    done(&m);
}

static void a_long_excerpt_is_cut_between_characters(void **state)
{
    static const char *const ends[] = {"abcd", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
    (void)state;
    for (size_t shift = 0; shift < 4; shift++) {
        for (size_t i = 0; i < COUNT_OF(ends); i++) {
            struct made m = make();
            struct err err = {0};
            struct sv cut;
            char text[NIGHT_EXCERPT_BYTES + 16];
            const size_t len = strlen(ends[i]);
            memset(text, 'x', sizeof(text));
            memcpy(text + NIGHT_EXCERPT_BYTES - shift, ends[i], len);
            assert_true(night_refs_excerpt(&m.refs, (struct sv){text, sizeof(text)}, &cut, &err));
            const bool split = i > 0 && shift > 0 && shift < len;
            assert_int_equal(cut.len, NIGHT_EXCERPT_BYTES - (split ? shift : 0));
            done(&m);
        }
    }
}

static void a_failed_allocation_is_told(void **state)
{
    struct made m = make();
    bool through = false;
    (void)state;
    for (unsigned long nth = 0; nth < 50 && !through; nth++) {
        struct err err = {0};
        struct night_refs refs;
        struct night *n = night_new(&err);
        struct night_ref ref;
        assert_non_null(n);
        torture_arm(nth);
        const bool made = night_refs_make(n, m.w, &refs, &err);
        const bool ok = made && night_refs_cause(&refs, 1, &ref, &err);
        torture_disarm();
        through = !torture_fired();
        assert_int_equal(ok, through);
        assert_int_equal(err.code, ok ? ERR_NONE : ERR_NOMEM);
        if (made)
            night_refs_done(&refs);
        night_free(n);
    }
    assert_true(through);
    done(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reference_outlives_the_window),
        cmocka_unit_test(a_long_excerpt_is_cut_between_characters),
        cmocka_unit_test(a_failed_allocation_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
