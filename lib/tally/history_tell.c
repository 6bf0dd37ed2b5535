#include "tally/history_tell.h"

#include "tally/history_p.h"

enum { MAX_COLUMNS = 48 };

const char *history_table_name(enum history_question table)
{
    static const char *const names[TELL_TABLES] = {
        [TELL_JOBS] = "jobs",       [TELL_BUILDS] = "builds", [TELL_TESTS] = "tests",
        [TELL_RESULTS] = "results", [TELL_CAUSES] = "causes", [TELL_SIGNATURES] = "signatures",
        [TELL_DAYS] = "days",       [TELL_RUNS] = "runs",
    };
    return table < TELL_TABLES ? names[table] : NULL;
}

#define BUILD_FIELDS                                                                               \
    "provider, job.name AS job, build_id AS build, started AS started_ms,"                         \
    " finished AS finished_ms, outcome, kind, detail, class, advice, confidence, infra, flake,"    \
    " retest, optional, incomplete, summary, excerpt, help, artifact, line, signature, url,"       \
    " log_url, repo, base_sha, pulls, code, profile, type, counts, rules_digest,"                  \
    " analyzed AS analyzed_ms, run"
#define BUILD_ORDER " ORDER BY started, provider, job.name, build_id"
#define THE_BUILD " WHERE build_id = ?1 OR job.name || '/' || build_id = ?1" BUILD_ORDER

static const char *const questions[TELL_QUESTIONS] = {
    [TELL_JOBS] = "SELECT provider, name AS job, count(build.id) AS builds,"
                  " coalesce(min(started), 0) AS first_ms, coalesce(max(started), 0) AS last_ms"
                  " FROM job LEFT JOIN build ON build.job = job.id GROUP BY job.id"
                  " ORDER BY provider, name",
    [TELL_BUILDS] = "SELECT " BUILD_FIELDS " FROM build JOIN job ON job.id = build.job" BUILD_ORDER,
    [TELL_TESTS] = "SELECT suite, class, name AS test, first_seen AS first_seen_ms,"
                   " first_failed AS first_failed_ms FROM test ORDER BY suite, class, name",
    [TELL_RESULTS] =
        "SELECT build.id, provider, job.name AS job, build_id AS build,"
        " started AS started_ms, passed FROM build JOIN job ON job.id = build.job" BUILD_ORDER,
    [TELL_CAUSES] =
        "SELECT job.name AS job, build_id AS build, n, rule, failure.kind,"
        " failure.detail, failure.artifact, failure.line, failure.offset,"
        " failure.signature, failure.excerpt FROM failure"
        " JOIN build ON build.id = failure.build JOIN job ON job.id = build.job" BUILD_ORDER ", n",
    [TELL_SIGNATURES] = "SELECT hex AS signature, version, normal, cluster, first AS first_ms,"
                        " last AS last_ms FROM signature ORDER BY hex",
    [TELL_DAYS] = "SELECT job.name AS job, coalesce(suite, '') AS suite,"
                  " coalesce(class, '') AS class, coalesce(test.name, '') AS test, day, runs,"
                  " failures, flaky, skipped, duration_sum AS duration_sum_ms FROM day"
                  " JOIN job ON job.id = day.job LEFT JOIN test ON test.id = day.test"
                  " ORDER BY provider, job.name, day, suite, class, test.name",
    [TELL_RUNS] = "SELECT id AS run, started AS started_ms, finished AS finished_ms, version,"
                  " rules_digest, sources, listed, read, kept, rejudged, unreadable, problems,"
                  " incomplete, reported, troubles FROM run ORDER BY id",
    [TELL_BUILD] = "SELECT " BUILD_FIELDS " FROM build JOIN job ON job.id = build.job" THE_BUILD,
    [TELL_BUILD_CAUSES] = "SELECT job.name AS job, n, rule, failure.kind, failure.detail,"
                          " failure.artifact, failure.line, failure.excerpt FROM failure"
                          " JOIN build ON build.id = failure.build"
                          " JOIN job ON job.id = build.job" THE_BUILD ", n",
    [TELL_BUILD_TESTS] =
        "SELECT job.name AS job, suite, test.class, test.name AS test, result.outcome,"
        " attempts, duration_ms, result.line, informing, message FROM result"
        " JOIN build ON build.id = result.build JOIN job ON job.id = build.job"
        " JOIN test ON test.id = result.test" THE_BUILD ", suite, test.class, test.name",
};

static struct history_value value_of(sqlite3_stmt *stmt, int column)
{
    const int type = sqlite3_column_type(stmt, column);
    struct history_value v = {.column = sqlite3_column_name(stmt, column)};
    v.kind = type == SQLITE_INTEGER ? VALUE_NUMBER : type == SQLITE_FLOAT ? VALUE_REAL : VALUE_TEXT;
    if (v.kind == VALUE_NUMBER)
        v.number = sqlite3_column_int64(stmt, column);
    else if (v.kind == VALUE_REAL)
        v.real = sqlite3_column_double(stmt, column);
    else
        v.text = history_column(stmt, column);
    return v;
}

struct telling {
    struct history *h;
    history_row_fn *row;
    void *user;
    sqlite3_stmt *test, *results; /* of TELL_RESULTS */
};

enum { RESULT_COLUMNS = 13 };

/* The columns of a result before and behind its test; stmt is at the row of its build. */
static void begin_result(sqlite3_stmt *stmt, struct history_value *v)
{
    static const char *const names[] = {"suite",     "class",    "test",
                                        "outcome",   "attempts", "duration_ms",
                                        "signature", "message",  "line"};
    static const enum value_kind kinds[] = {VALUE_TEXT, VALUE_TEXT,   VALUE_TEXT,
                                            VALUE_TEXT, VALUE_NUMBER, VALUE_NUMBER,
                                            VALUE_TEXT, VALUE_TEXT,   VALUE_NUMBER};
    for (int i = 0; i < 4; i++)
        v[i] = value_of(stmt, i + 1);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        v[4 + i] = (struct history_value){.column = names[i], .kind = kinds[i]};
}

/* The names of a test are those of t->test until it is stepped again. */
static bool name_result(struct telling *t, int64_t id, struct history_value *v, struct err *err)
{
    bool row = false;
    (void)sqlite3_reset(t->test);
    if (!history_bind_int(t->h, t->test, 1, id, err) || !history_step(t->h, t->test, &row, err))
        return false;
    if (!row)
        return history_damaged(t->h, "a result of no test", err);
    for (int i = 0; i < 3; i++)
        v[4 + i].text = history_column(t->test, i);
    return true;
}

static bool tell_packed(struct telling *t, struct sv packed, struct history_value *v,
                        struct err *err)
{
    struct history_unpack unpack;
    struct packed_test test;
    bool more = true;
    bool ok = history_unpack_begin(packed, &unpack, err);
    v[8].number = 1;
    while (ok && (ok = history_unpack_next(&unpack, &test, &more, err)) && more) {
        v[7].text = sv_of(test_outcome_name(unpack.skipped ? TEST_SKIPPED : TEST_PASSED));
        v[9].number = window_duration_ms(test.duration);
        ok = name_result(t, test.id, v, err) && t->row(t->user, v, RESULT_COLUMNS, err);
    }
    return ok;
}

static bool tell_others(struct telling *t, int64_t build, struct history_value *v, struct err *err)
{
    bool row = false;
    (void)sqlite3_reset(t->results);
    if (!history_bind_int(t->h, t->results, 1, build, err))
        return false;
    for (;;) {
        if (!history_step(t->h, t->results, &row, err))
            return false;
        if (!row)
            return true;
        for (int i = 0; i < 6; i++) {
            struct history_value got = value_of(t->results, i + 1);
            got.column = v[7 + i].column;
            v[7 + i] = got;
        }
        if (!name_result(t, sqlite3_column_int64(t->results, 0), v, err) ||
            !t->row(t->user, v, RESULT_COLUMNS, err))
            return false;
    }
}

static bool tell_build_results(struct telling *t, sqlite3_stmt *stmt, struct err *err)
{
    struct history_value v[RESULT_COLUMNS];
    begin_result(stmt, v);
    return tell_packed(t, history_column(stmt, 5), v, err) &&
           tell_others(t, sqlite3_column_int64(stmt, 0), v, err);
}

static bool tell_row(struct telling *t, sqlite3_stmt *stmt, struct err *err)
{
    struct history_value values[MAX_COLUMNS];
    const int count = sqlite3_column_count(stmt);
    if (t->results != NULL)
        return tell_build_results(t, stmt, err);
    for (int i = 0; i < count && i < MAX_COLUMNS; i++)
        values[i] = value_of(stmt, i);
    return t->row(t->user, values, (size_t)count, err);
}

bool history_tell(struct history *h, enum history_question question, struct sv about,
                  history_row_fn *row, void *user, struct err *err)
{
    struct telling t = {.h = h, .row = row, .user = user};
    sqlite3_stmt *stmt = NULL;
    bool more = false;
    bool ok = history_commit(h, err) && history_prepare(h, questions[question], &stmt, err) &&
              (question < TELL_TABLES || history_bind_text(h, stmt, 1, about, err));
    if (question == TELL_RESULTS)
        ok = ok &&
             history_prepare(h, "SELECT suite, class, name FROM test WHERE id = ?", &t.test, err) &&
             history_prepare(h,
                             "SELECT test, outcome, attempts, duration_ms, signature, message,"
                             " line FROM result WHERE build = ? ORDER BY test",
                             &t.results, err);
    while (ok && (ok = history_step(h, stmt, &more, err)) && more)
        ok = tell_row(&t, stmt, err);
    if (!ok)
        (void)err_where(err, "%s", h->path);
    (void)sqlite3_finalize(t.test);
    (void)sqlite3_finalize(t.results);
    (void)sqlite3_finalize(stmt);
    return ok;
}
