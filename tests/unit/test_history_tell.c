#include "keeping.h"

#include "tally/history_tell.h"

struct told {
    unsigned rows, passed;
    size_t columns;
    char last[1024];  /* "column=value " of the last row */
    unsigned stop_at; /* 0: never */
};

static bool note(void *user, const struct history_value *values, size_t count, struct err *err)
{
    struct told *t = user;
    size_t len = 0;
    assert_true(t->rows == 0 || t->columns == count);
    t->columns = count;
    t->rows++;
    for (size_t i = 0; i < count && len < sizeof(t->last); i++) {
        const struct history_value *v = &values[i];
        if (v->kind == VALUE_TEXT)
            len += (size_t)snprintf(t->last + len, sizeof(t->last) - len, "%s=%.*s ", v->column,
                                    SV_ARG(v->text));
        else
            len += (size_t)snprintf(t->last + len, sizeof(t->last) - len, "%s=%lld ", v->column,
                                    (long long)v->number);
        t->passed += strcmp(v->column, "outcome") == 0 && sv_equal(v->text, SV("passed"));
    }
    return t->rows != t->stop_at || err_why(err, ERR_STOPPED, "enough");
}

static struct told tell(struct history *h, enum history_question question, const char *about)
{
    struct told t = {0};
    struct err err = {0};
    if (!history_tell(h, question, sv_of(about), note, &t, &err))
        fail_msg("%s: %s", err.where, err.why);
    return t;
}

static void put_some(struct history *h)
{
    struct err err = {0};
    struct history_run run = {.started_ms = KEEPING_START};
    assert_true(history_begin_run(h, &run, &err));
    for (int i = 0; i < 6; i++) {
        char id[16];
        (void)snprintf(id, sizeof(id), "%d", 100 + i / 2);
        struct result *r = keeping_result(i % 2 == 0 ? "a" : "b", id, i * 1000, OUTCOME_FAILED);
        (void)keeping_test(r, "passes", TEST_PASSED);
        (void)keeping_test(r, "skipped", TEST_SKIPPED);
        (void)keeping_test(r, "fails", i % 2 == 0 ? TEST_FAILED : TEST_PASSED);
        static const struct finding finding = {.id = SV_INIT("net.refused"),
                                               .kind = KIND_NETWORK,
                                               .excerpt = SV_INIT("connection refused"),
                                               .line = 9};
        r->findings = malloc(sizeof(finding));
        assert_non_null(r->findings);
        r->findings[0] = finding;
        r->finding_count = r->verdict.cause_count = 1;
        (void)keeping_put(h, r, "r");
    }
    assert_true(history_end_run(h, &run, &err));
}

static void every_table_tells_as_many_rows_as_there_are(void **state)
{
    static const struct {
        enum history_question table;
        unsigned rows;
        const char *name, *holds;
    } cases[] = {
        {TELL_JOBS, 2, "jobs", "builds=3 "},
        {TELL_BUILDS, 6, "builds", "provider=prow job=b build=102 started_ms="},
        {TELL_TESTS, 3, "tests", "test=skipped "},
        {TELL_RESULTS, 18, "results", "test=skipped outcome=skipped attempts=1 duration_ms="},
        {TELL_CAUSES, 6, "causes", "rule=net.refused kind=network "},
        {TELL_SIGNATURES, 2, "signatures", "normal="},
        {TELL_DAYS, 0, "days", ""},
        {TELL_RUNS, 1, "runs", "finished_ms="},
    };
    struct keeping k;
    (void)state;
    keeping_start(&k);
    put_some(k.h);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct told t = tell(k.h, cases[i].table, "");
        assert_string_equal(history_table_name(cases[i].table), cases[i].name);
        assert_int_equal(t.rows, cases[i].rows);
        if (strstr(t.last, cases[i].holds) == NULL)
            fail_msg("%s: %s", cases[i].name, t.last);
    }
    assert_int_equal(tell(k.h, TELL_RESULTS, "").passed, 9);
    assert_null(history_table_name(TELL_BUILD));
    keeping_end(&k);
}

static void a_build_is_found_by_its_id_and_by_its_job_too(void **state)
{
    struct keeping k;
    (void)state;
    keeping_start(&k);
    put_some(k.h);
    assert_int_equal(tell(k.h, TELL_BUILD, "101").rows, 2);
    assert_int_equal(tell(k.h, TELL_BUILD, "a/101").rows, 1);
    assert_int_equal(tell(k.h, TELL_BUILD, "c/101").rows, 0);
    assert_int_equal(tell(k.h, TELL_BUILD, "' OR 1=1 --").rows, 0);
    assert_int_equal(tell(k.h, TELL_BUILD_CAUSES, "a/101").rows, 1);
    assert_int_equal(tell(k.h, TELL_BUILD_TESTS, "a/101").rows, 1);
    assert_int_equal(tell(k.h, TELL_BUILD_TESTS, "b/101").rows, 0);
    keeping_end(&k);
}

static void who_has_heard_enough_stops_it(void **state)
{
    struct keeping k;
    (void)state;
    keeping_start(&k);
    put_some(k.h);
    for (int q = TELL_BUILDS; q <= TELL_RESULTS; q++) {
        struct told t = {.stop_at = 2};
        struct err err = {0};
        assert_false(history_tell(k.h, (enum history_question)q, SV(""), note, &t, &err));
        assert_int_equal(err.code, ERR_STOPPED);
        assert_int_equal(t.rows, q == TELL_BUILDS || q == TELL_RESULTS || q == TELL_TESTS ? 2 : 0);
    }
    assert_int_equal(tell(k.h, TELL_BUILDS, "").rows, 6); /* and nothing is held */
    keeping_end(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_table_tells_as_many_rows_as_there_are),
        cmocka_unit_test(a_build_is_found_by_its_id_and_by_its_job_too),
        cmocka_unit_test(who_has_heard_enough_stops_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
