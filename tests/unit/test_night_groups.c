#include "check.h"

#include "tally/flakes_series.h"
#include "tally/night_groups.h"
#include "torture.h"
#include "window_fixture.h"

static const struct flakes_options span = {
    .from_ms = FIXTURE_START + 2 * FIXTURE_DAY,
    .since_ms = FIXTURE_START + 3 * FIXTURE_DAY,
    .until_ms = FIXTURE_START + 4 * FIXTURE_DAY,
};

struct grouped {
    struct fixture *f;
    struct window *w;
    struct outages apart;
    struct night *n;
    struct night_refs refs;
};

static bool group(struct grouped *g, struct err *err)
{
    const struct night_groups in = {g->w, &g->apart, &span, g->n, &g->refs};
    return night_groups_causes(&in, err) && night_groups_clusters(&in, err) &&
           night_groups_outages(&in, err);
}

static void begin(struct grouped *g, struct fixture *f)
{
    struct err err = {0};
    *g = (struct grouped){.f = f, .w = fixture_window(f), .n = night_new(&err)};
    assert_non_null(g->n);
    g->n->day_count = series_day_count(&span);
    assert_true(outages_find(g->w, &g->apart, &err) && night_refs_make(g->n, g->w, &g->refs, &err));
}

static void done(struct grouped *g)
{
    night_refs_done(&g->refs);
    night_free(g->n);
    outages_done(&g->apart);
    fixture_done(g->f);
}

/* Four builds a day: two days before the window, one in it, and tonight. */
static struct fixture *sample(void)
{
    struct fixture *f = fixture_new(0, 4 * FIXTURE_DAY);
    fixture_table(f, &(struct fixture_table){.job = "a",
                                             .repo = "x/a",
                                             .step = 6 * FIXTURE_HOUR,
                                             .builds = "FPPP"
                                                       "PPPP"
                                                       "FPPI"
                                                       "PFFP",
                                             .causes = "q   "
                                                       "    "
                                                       "q  z"
                                                       " qq ",
                                             .rows = {{"T",
                                                       "FPPP"
                                                       "PPPP"
                                                       "FPPP"
                                                       "PFPP",
                                                       "text of T"},
                                                      {"U",
                                                       "PPPP"
                                                       "PPPP"
                                                       "PPPP"
                                                       "PFPP",
                                                       "text of T"},
                                                      {"V",
                                                       "PPPP"
                                                       "PPPP"
                                                       "PPPP"
                                                       "PP~P",
                                                       "text of V"},
                                                      {"W",
                                                       "PPPP"
                                                       "PPPP"
                                                       "PPPP"
                                                       "PFPP",
                                                       NULL}}});
    fixture_table(f, &(struct fixture_table){.job = "b",
                                             .repo = "x/b",
                                             .start = 60000,
                                             .step = 6 * FIXTURE_HOUR,
                                             .builds = "PPPP"
                                                       "PPPP"
                                                       "PPPP"
                                                       "PPPF",
                                             .causes = "    "
                                                       "    "
                                                       "    "
                                                       "   q"});
    return f;
}

static void causes_come_with_the_most_builds_first(void **state)
{
    struct grouped g;
    struct err err = {0};
    (void)state;
    begin(&g, sample());
    assert_true(group(&g, &err));
    assert_int_equal(g.n->cause_count, 2);
    const struct night_cause *c = &g.n->causes[0];
    assert_int_equal(c->kind, KIND_TEST);
    assert_true(c->builds == 4 && c->before == 1 && c->jobs == 2);
    assert_int_equal(c->example_count, NIGHT_EXAMPLES);
    assert_true(sv_equal(c->examples[0].job, SV("b"))); /* the newest */
    assert_int_equal(g.n->causes[1].kind, KIND_NETWORK);
    assert_true(g.n->causes[1].builds == 1 && g.n->causes[1].before == 0);
    done(&g);
}

static const struct night_cluster *cluster(const struct night *n, const char *id)
{
    for (size_t i = 0; i < n->cluster_count; i++) {
        if (sv_equal(n->clusters[i].id, sv_of(id)))
            return &n->clusters[i];
    }
    return NULL;
}

static void every_failure_with_a_text_is_in_one_cluster(void **state)
{
    struct grouped g;
    struct err err = {0};
    uint64_t failures = 0;
    (void)state;
    begin(&g, sample());
    assert_true(group(&g, &err));
    /* In the window: T, T, U, V of tests, and q four times and z of builds. W has no text. */
    for (size_t i = 0; i < g.n->cluster_count; i++)
        failures += g.n->clusters[i].failures;
    assert_int_equal(failures, 9);
    const struct night_cluster *q = cluster(g.n, "c-q"), *t = cluster(g.n, "c-text of T");
    assert_non_null(q);
    assert_non_null(t);
    assert_non_null(cluster(g.n, "c-text of V")); /* alone, and rescued: shown all the same */
    assert_true(q->failures == 4 && q->builds == 4 && q->tests == 0 && q->jobs == 2);
    assert_true(q->tonight == 3 && q->before == 1 && !q->is_new);
    assert_true(t->failures == 3 && t->builds == 2 && t->tests == 2 && t->jobs == 1);
    assert_true(t->tonight == 2 && t->before == 1);
    assert_int_equal(t->top_test_count, 2);
    assert_true(sv_equal(t->top_tests[0].name, SV("T")) && t->top_tests[0].hits == 2 &&
                t->top_tests[0].of == 3);
    assert_int_equal(t->kind, KIND_TEST);
    assert_true(t->example_count == 2 && sv_equal(t->examples[0].excerpt, SV("text of T")));
    assert_true(t->days[0].failures == 1 && t->days[1].failures == 1);
    assert_true(t->days[0].runs == 8 && t->days[1].runs == 8); /* builds of all jobs */
    done(&g);
}

static void a_build_that_says_what_its_test_says_is_one_failure(void **state)
{
    struct grouped g;
    struct err err = {0};
    struct fixture *f = fixture_new(0, 4 * FIXTURE_DAY);
    (void)state;
    fixture_table(f, &(struct fixture_table){.job = "a",
                                             .start = 3 * FIXTURE_DAY,
                                             .causes = "q",
                                             .rows = {{"T", "F", "q"}, {"U", "F", "q"}}});
    begin(&g, f);
    assert_true(group(&g, &err));
    assert_int_equal(g.n->cluster_count, 1);
    assert_true(g.n->clusters[0].failures == 2 && g.n->clusters[0].builds == 1);
    done(&g);
}

static void new_clusters_come_first(void **state)
{
    struct grouped g;
    struct err err = {0};
    (void)state;
    begin(&g, sample());
    for (uint32_t i = 0; i < g.w->signature_count; i++) {
        if (sv_equal(g.w->signatures[i].normal, SV("text of V")))
            g.w->signatures[i].first_ms = span.since_ms + 1;
    }
    assert_true(group(&g, &err));
    assert_true(g.n->clusters[0].is_new && sv_equal(g.n->clusters[0].id, SV("c-text of V")));
    assert_true(sv_equal(g.n->clusters[1].id, SV("c-q")));
    done(&g);
}

static void outages_of_the_window_are_told(void **state)
{
    static const char *const jobs[] = {"a", "b", "c"}, *const repos[] = {"x/a", "x/b", "x/c"};
    struct grouped g;
    struct err err = {0};
    struct fixture *f = fixture_new(0, 4 * FIXTURE_DAY);
    (void)state;
    for (size_t k = 0; k < COUNT_OF(jobs); k++)
        fixture_table(f, &(struct fixture_table){.job = jobs[k],
                                                 .repo = repos[k],
                                                 .start = (int64_t)k,
                                                 .step = 24 * FIXTURE_HOUR,
                                                 .builds = "FPPF",
                                                 .causes = "q  z"});
    begin(&g, f);
    assert_int_equal(g.apart.count, 2); /* the other one lies before the window */
    assert_true(group(&g, &err));
    assert_int_equal(g.n->outage_count, 1);
    const struct night_outage *o = &g.n->outages[0];
    assert_true(sv_equal(o->cluster, SV("c-z")) &&
                sv_equal(o->text, SV("no answer from service z")));
    assert_true(o->builds == 3 && o->jobs == 3 && o->p < OUTAGE_ALPHA);
    assert_true(cluster(g.n, "c-z")->outage);
    done(&g);
}

static void a_failed_allocation_is_told(void **state)
{
    bool through = false;
    (void)state;
    for (unsigned long nth = 0; nth < 300 && !through; nth++) {
        struct grouped g;
        struct err err = {0};
        begin(&g, sample());
        torture_arm(nth);
        const bool ok = group(&g, &err);
        torture_disarm();
        through = !torture_fired();
        assert_int_equal(ok, through);
        assert_int_equal(err.code, ok ? ERR_NONE : ERR_NOMEM);
        done(&g);
    }
    assert_true(through);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(causes_come_with_the_most_builds_first),
        cmocka_unit_test(every_failure_with_a_text_is_in_one_cluster),
        cmocka_unit_test(a_build_that_says_what_its_test_says_is_one_failure),
        cmocka_unit_test(new_clusters_come_first),
        cmocka_unit_test(outages_of_the_window_are_told),
        cmocka_unit_test(a_failed_allocation_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
