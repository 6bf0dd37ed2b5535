#include "tally/history_tend.h"

#include "tally/history_p.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- figures ---- */

static bool one_number(struct history *h, const char *sql, int64_t *ret_number, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    const bool ok = history_prepare(h, sql, &stmt, err) && history_step(h, stmt, &row, err);
    if (ok)
        *ret_number = row ? sqlite3_column_int64(stmt, 0) : 0;
    (void)sqlite3_finalize(stmt);
    return ok;
}

bool history_figures(struct history *h, struct history_figures *ret_figures, struct err *err)
{
    struct history_figures f = {0};
    int64_t version = 0, pages = 0, page = 0, holes = 0, packed = 0;
    const struct {
        const char *sql;
        void *number; /* 64 bits, never negative */
    } each[] = {
        {"SELECT count(*) FROM job", &f.jobs},
        {"SELECT count(*) FROM build", &f.builds},
        {"SELECT count(*) FROM build WHERE outcome IN ('failed', 'error')", &f.failed},
        {"SELECT count(*) FROM test", &f.tests},
        {"SELECT count(*) FROM result", &f.results},
        {"SELECT count(*) FROM failure", &f.causes},
        {"SELECT count(*) FROM signature", &f.signatures},
        {"SELECT count(DISTINCT cluster) FROM signature", &f.clusters},
        {"SELECT count(*) FROM run", &f.runs},
        {"SELECT count(*) FROM day", &f.days},
        {"SELECT coalesce(min(started), 0) FROM build WHERE started > 0", &f.first_ms},
        {"SELECT coalesce(max(started), 0) FROM build", &f.last_ms},
        {"PRAGMA user_version", &version},
        {"PRAGMA page_count", &pages},
        {"PRAGMA page_size", &page},
        {"PRAGMA freelist_count", &holes},
    };
    for (size_t i = 0; i < COUNT_OF(each); i++) {
        if (!one_number(h, each[i].sql, each[i].number, err))
            return false;
    }
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    bool ok = history_prepare(h, "SELECT passed FROM build", &stmt, err);
    while (ok && (ok = history_step(h, stmt, &row, err)) && row) {
        struct history_unpack unpack;
        struct packed_test test;
        bool more = true;
        ok = history_unpack_begin(history_column(stmt, 0), &unpack, err);
        for (; ok && more; packed += more)
            ok = history_unpack_next(&unpack, &test, &more, err);
        if (!ok)
            (void)err_where(err, "%s", h->path);
    }
    (void)sqlite3_finalize(stmt);
    if (!ok || !history_pruned_before(h, &f.pruned_before_ms, err))
        return false;
    f.results += (uint64_t)packed;
    f.version = (int)version;
    f.bytes = (uint64_t)(pages * page);
    f.free_bytes = (uint64_t)(holes * page);
    *ret_figures = f;
    return true;
}

/* ---- pruning ---- */

struct total { /* of a test in a job on a day; of its builds for test 0 */
    int64_t runs, failures, flaky, skipped, duration_sum;
};

struct day_totals {
    struct history *h;
    struct strmap places; /* four bytes of a test's id to the place in totals, from 1 */
    struct total *totals;
    size_t cap;
};

static struct total *total_of(struct day_totals *d, uint32_t test, struct err *err)
{
    const struct sv key = {.ptr = (const char *)&test, .len = sizeof(test)};
    uint64_t *place = strmap_put(&d->places, key, NULL, err);
    if (place == NULL)
        return NULL;
    if (*place == 0) {
        if (d->places.count > d->cap) {
            const size_t cap = d->cap > 0 ? d->cap * 2 : 256;
            struct total *totals = reallocarray(d->totals, cap, sizeof(*totals));
            if (totals == NULL) {
                (void)err_why(err, ERR_NOMEM, "no memory for totals");
                return NULL;
            }
            d->totals = totals;
            d->cap = cap;
        }
        *place = d->places.count;
        d->totals[*place - 1] = (struct total){0};
    }
    return &d->totals[*place - 1];
}

static bool count_packed(struct day_totals *d, struct sv value, struct err *err)
{
    struct history_unpack unpack;
    struct packed_test test;
    bool more = true;
    bool ok = history_unpack_begin(value, &unpack, err);
    while (ok && (ok = history_unpack_next(&unpack, &test, &more, err)) && more) {
        struct total *t = total_of(d, test.id, err);
        const int64_t ms = window_duration_ms(test.duration);
        if (t == NULL)
            return false;
        t->runs += !unpack.skipped;
        t->skipped += unpack.skipped;
        t->duration_sum += ms > 0 && !unpack.skipped ? ms : 0;
    }
    return ok || err_where(err, "%s", d->h->path);
}

static bool count_results(struct day_totals *d, int64_t build, struct err *err)
{
    sqlite3_stmt *stmt;
    bool row = false;
    if (!history_stmt(d->h, STMT_RESULTS, &stmt, err) ||
        !history_bind_int(d->h, stmt, 1, build, err))
        return false;
    for (;;) {
        if (!history_step(d->h, stmt, &row, err))
            return false;
        if (!row)
            return true;
        const int64_t test = sqlite3_column_int64(stmt, 0), ms = sqlite3_column_int64(stmt, 3);
        if (test < 1 || test > HISTORY_PACK_MAX_ID)
            return history_damaged(d->h, "ids of tests", err);
        const bool flaky = sv_equal(history_column(stmt, 1), sv_of(test_outcome_name(TEST_FLAKY)));
        struct total *t = total_of(d, (uint32_t)test, err);
        if (t == NULL)
            return false;
        t->runs++;
        t->failures += !flaky;
        t->flaky += flaky;
        t->duration_sum += ms > 0 ? ms : 0;
    }
}

static bool count_build(struct day_totals *d, sqlite3_stmt *stmt, struct err *err)
{
    const struct sv outcome = history_column(stmt, 1);
    const int64_t ms = sqlite3_column_int64(stmt, 4) - sqlite3_column_int64(stmt, 3);
    if (sv_equal(outcome, sv_of(outcome_name(OUTCOME_RUNNING))))
        return true;
    struct total *t = total_of(d, 0, err);
    if (t == NULL)
        return false;
    t->runs++;
    t->failures += sv_equal(outcome, sv_of(outcome_name(OUTCOME_FAILED))) ||
                   sv_equal(outcome, sv_of(outcome_name(OUTCOME_ERROR)));
    t->skipped += sv_equal(outcome, sv_of(outcome_name(OUTCOME_ABORTED)));
    t->flaky += sqlite3_column_int64(stmt, 2) != 0;
    t->duration_sum += ms > 0 ? ms : 0;
    return count_packed(d, history_column(stmt, 5), err) &&
           count_results(d, sqlite3_column_int64(stmt, 0), err);
}

static bool write_totals(struct day_totals *d, int64_t job, int64_t day, struct err *err)
{
    static const char *const sql =
        "INSERT INTO day(job, test, day, runs, failures, flaky, skipped, duration_sum)"
        " VALUES(?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET runs = runs + excluded.runs,"
        " failures = failures + excluded.failures, flaky = flaky + excluded.flaky,"
        " skipped = skipped + excluded.skipped,"
        " duration_sum = duration_sum + excluded.duration_sum";
    sqlite3_stmt *stmt = NULL;
    bool ok = history_prepare(d->h, sql, &stmt, err);
    for (size_t i = 0; ok && i < d->places.count; i++) {
        const struct strmap_entry *e = strmap_at(&d->places, i);
        const struct total *t = &d->totals[e->value - 1];
        uint32_t test;
        memcpy(&test, e->key.ptr, sizeof(test));
        const int64_t values[] = {job,         test,     day,        t->runs,
                                  t->failures, t->flaky, t->skipped, t->duration_sum};
        for (size_t v = 0; ok && v < COUNT_OF(values); v++)
            ok = history_bind_int(d->h, stmt, (int)v + 1, values[v], err);
        ok = ok && history_run_stmt(d->h, stmt, err);
    }
    (void)sqlite3_finalize(stmt);
    return ok;
}

/* Of a job, from a time to another. */
#define DAY_BUILDS " FROM build WHERE job = ?1 AND started >= ?2 AND started < ?3 AND started > 0"

static bool run_for_day(struct history *h, const char *sql, const int64_t bounds[3],
                        struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    bool ok = history_prepare(h, sql, &stmt, err);
    for (int i = 0; ok && i < 3; i++)
        ok = history_bind_int(h, stmt, i + 1, bounds[i], err);
    ok = ok && history_run_stmt(h, stmt, err);
    (void)sqlite3_finalize(stmt);
    return ok;
}

static bool count_day(struct day_totals *d, const int64_t bounds[3], uint64_t *builds,
                      struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    bool ok = history_prepare(
        d->h, "SELECT id, outcome, flake, started, finished, passed" DAY_BUILDS, &stmt, err);
    for (int i = 0; ok && i < 3; i++)
        ok = history_bind_int(d->h, stmt, i + 1, bounds[i], err);
    while (ok && (ok = history_step(d->h, stmt, &row, err)) && row) {
        ok = count_build(d, stmt, err);
        (*builds)++;
    }
    (void)sqlite3_finalize(stmt);
    return ok;
}

static bool prune_day(struct history *h, int64_t job, int64_t day, int64_t before_ms,
                      uint64_t *builds, struct err *err)
{
    static const char *const removals[] = {
        ("DELETE FROM result WHERE build IN (SELECT id" DAY_BUILDS ")"),
        ("DELETE FROM failure WHERE build IN (SELECT id" DAY_BUILDS ")"),
        ("DELETE" DAY_BUILDS),
    };
    struct day_totals d = {.h = h};
    const int64_t end = (day + 1) * HISTORY_DAY_MS;
    const int64_t bounds[3] = {job, day * HISTORY_DAY_MS, end < before_ms ? end : before_ms};
    strmap_init(&d.places, HISTORY_MAP_BYTES);
    bool ok = history_write_begin(h, err) && count_day(&d, bounds, builds, err) &&
              write_totals(&d, job, day, err);
    for (size_t i = 0; ok && i < COUNT_OF(removals); i++)
        ok = run_for_day(h, removals[i], bounds, err);
    ok = ok && history_commit(h, err);
    if (!ok)
        history_rollback(h);
    strmap_done(&d.places);
    free(d.totals);
    return ok;
}

/* First of all, so that nobody puts again what is about to be totalled. */
static bool mark_pruned(struct history *h, int64_t before_ms, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    const bool ok = history_write_begin(h, err) &&
                    history_prepare(h,
                                    "INSERT INTO meta(name, value) VALUES('pruned_before', ?)"
                                    " ON CONFLICT DO UPDATE SET value = max(value, excluded.value)",
                                    &stmt, err) &&
                    history_bind_int(h, stmt, 1, before_ms, err) && history_run_stmt(h, stmt, err);
    (void)sqlite3_finalize(stmt);
    if (ok)
        return history_commit(h, err);
    history_rollback(h);
    return false;
}

bool history_prune(struct history *h, int64_t before_ms, uint64_t *ret_builds, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    uint64_t builds = 0;
    bool ok = history_commit(h, err) && mark_pruned(h, before_ms, err) &&
              history_prepare(h,
                              "SELECT job, started / 86400000 FROM build"
                              " WHERE started > 0 AND started < ? ORDER BY started LIMIT 1",
                              &stmt, err);
    for (bool more = true; ok && more;) {
        ok = history_bind_int(h, stmt, 1, before_ms, err) && history_step(h, stmt, &more, err);
        if (!ok || !more)
            break;
        const int64_t job = sqlite3_column_int64(stmt, 0), day = sqlite3_column_int64(stmt, 1);
        (void)sqlite3_reset(stmt);
        ok = prune_day(h, job, day, before_ms, &builds, err);
    }
    (void)sqlite3_finalize(stmt);
    if (ok)
        *ret_builds = builds;
    return ok;
}

bool history_vacuum(struct history *h, struct err *err)
{
    return history_commit(h, err) && history_exec(h, "VACUUM", err) &&
           history_exec(h, "PRAGMA wal_checkpoint(TRUNCATE)", err);
}

/* ---- check ---- */

struct checking {
    struct history *h;
    history_fault_fn *fault;
    void *user;
    uint64_t faults;
    struct arena names;  /* of tests */
    struct strmap tests; /* four bytes of the id to the place in rows, from 1 */
    struct kept_test *rows;
    size_t row_cap;
    struct arena build; /* what is read of one build */
};

static bool tell_fault(struct checking *c, struct err *err, const char *fmt, ...) PRINTF_LIKE(3, 4);
static bool tell_fault(struct checking *c, struct err *err, const char *fmt, ...)
{
    char line[512];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(line, sizeof(line), fmt, ap);
    va_end(ap);
    return c->faults++ >= HISTORY_MAX_FAULTS || c->fault(c->user, sv_of(line), err);
}

static bool check_whole(struct checking *c, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    bool ok = history_prepare(c->h, "PRAGMA integrity_check(100)", &stmt, err);
    while (ok && (ok = history_step(c->h, stmt, &row, err)) && row) {
        const struct sv line = history_column(stmt, 0);
        if (!sv_equal(line, SV("ok")))
            ok = tell_fault(c, err, "%.*s", SV_ARG(line));
    }
    (void)sqlite3_finalize(stmt);
    stmt = NULL;
    ok = ok && history_prepare(c->h, "PRAGMA foreign_key_check", &stmt, err);
    while (ok && (ok = history_step(c->h, stmt, &row, err)) && row)
        ok = tell_fault(c, err, "a row of %.*s belongs to no %.*s", SV_ARG(history_column(stmt, 0)),
                        SV_ARG(history_column(stmt, 2)));
    (void)sqlite3_finalize(stmt);
    return ok;
}

static bool column_text(struct arena *a, sqlite3_stmt *stmt, int column, struct sv *ret_text,
                        struct err *err)
{
    return arena_copy(a, history_column(stmt, column), ret_text, err);
}

static bool load_cells(struct checking *c, sqlite3_stmt *stmt, int first, size_t count,
                       struct cell *cells, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        const int column = first + (int)i, type = sqlite3_column_type(stmt, column);
        cells[i] = (struct cell){.kind = type == SQLITE_INTEGER ? CELL_INT
                                         : type == SQLITE_FLOAT ? CELL_REAL
                                                                : CELL_TEXT,
                                 .number = sqlite3_column_int64(stmt, column),
                                 .real = sqlite3_column_double(stmt, column)};
        if (cells[i].kind == CELL_TEXT &&
            !column_text(&c->build, stmt, column, &cells[i].text, err))
            return false;
    }
    return true;
}

/* The names of a test, read once. */
static bool name_test(struct checking *c, int64_t id, struct kept_test *ret_test, struct err *err)
{
    sqlite3_stmt *stmt;
    bool row = false;
    const uint32_t key = (uint32_t)id;
    uint64_t *place = strmap_put(
        &c->tests, (struct sv){.ptr = (const char *)&key, .len = sizeof(key)}, NULL, err);
    if (place == NULL)
        return false;
    if (*place == 0) {
        if (c->tests.count > c->row_cap) {
            const size_t cap = c->row_cap > 0 ? c->row_cap * 2 : 256;
            struct kept_test *rows = reallocarray(c->rows, cap, sizeof(*rows));
            if (rows == NULL)
                return err_why(err, ERR_NOMEM, "no memory for names");
            c->rows = rows;
            c->row_cap = cap;
        }
        struct kept_test *t = &c->rows[c->tests.count - 1];
        *t = (struct kept_test){0};
        if (!history_stmt(c->h, STMT_TEST_GET, &stmt, err) ||
            !history_bind_int(c->h, stmt, 1, id, err) || !history_step(c->h, stmt, &row, err))
            return false;
        const bool ok = !row || (column_text(&c->names, stmt, 0, &t->suite, err) &&
                                 column_text(&c->names, stmt, 1, &t->class_name, err) &&
                                 column_text(&c->names, stmt, 2, &t->name, err));
        (void)sqlite3_reset(stmt);
        if (!ok)
            return false;
        *place = c->tests.count;
    }
    *ret_test = c->rows[*place - 1];
    return true;
}

struct test_list {
    struct kept_test *tests;
    size_t count, cap;
};

static bool list_test(struct checking *c, struct test_list *l, int64_t id,
                      struct kept_test **ret_test, struct err *err)
{
    if (l->count == l->cap) {
        const size_t cap = l->cap > 0 ? l->cap * 2 : 256;
        struct kept_test *tests = reallocarray(l->tests, cap, sizeof(*tests));
        if (tests == NULL)
            return err_why(err, ERR_NOMEM, "no memory for tests");
        l->tests = tests;
        l->cap = cap;
    }
    *ret_test = &l->tests[l->count++];
    return name_test(c, id, *ret_test, err);
}

static enum test_outcome outcome_named(struct sv name)
{
    int i = 0;
    while (i < TEST_OUTCOME_COUNT - 1 &&
           !sv_equal(name, sv_of(test_outcome_name((enum test_outcome)i))))
        i++;
    return (enum test_outcome)i;
}

static bool list_packed(struct checking *c, struct sv value, struct test_list *l, struct err *err)
{
    struct history_unpack unpack;
    struct packed_test test;
    struct kept_test *t;
    bool more = true;
    bool ok = history_unpack_begin(value, &unpack, err);
    while (ok && (ok = history_unpack_next(&unpack, &test, &more, err)) && more) {
        ok = list_test(c, l, test.id, &t, err);
        if (!ok)
            break;
        t->outcome = unpack.skipped ? TEST_SKIPPED : TEST_PASSED;
        t->attempts = 1;
        t->duration_ms = test.duration;
    }
    return ok;
}

static bool list_results(struct checking *c, int64_t build, struct test_list *l, struct err *err)
{
    sqlite3_stmt *stmt;
    bool row = false;
    struct kept_test *t;
    if (!history_stmt(c->h, STMT_RESULTS, &stmt, err) ||
        !history_bind_int(c->h, stmt, 1, build, err))
        return false;
    for (;;) {
        if (!history_step(c->h, stmt, &row, err))
            return false;
        if (!row)
            return true;
        if (!list_test(c, l, sqlite3_column_int64(stmt, 0), &t, err))
            return false;
        t->outcome = outcome_named(history_column(stmt, 1));
        t->attempts = (uint32_t)sqlite3_column_int64(stmt, 2);
        t->duration_ms = sqlite3_column_int64(stmt, 3);
        (void)snprintf(t->signature, sizeof(t->signature), "%.*s", SV_ARG(history_column(stmt, 4)));
        t->line = (uint64_t)sqlite3_column_int64(stmt, 6);
        t->informing = sqlite3_column_int64(stmt, 7) != 0;
        if (!column_text(&c->build, stmt, 5, &t->message, err))
            return false;
    }
}

static bool load_failures(struct checking *c, int64_t build,
                          struct cell (*failures)[HISTORY_FAILURE_CELLS], size_t *ret_count,
                          struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    size_t count = 0;
    bool ok = history_prepare(c->h,
                              "SELECT " HISTORY_FAILURE_COLUMNS
                              " FROM failure WHERE build = ? ORDER BY n",
                              &stmt, err) &&
              history_bind_int(c->h, stmt, 1, build, err);
    while (ok && (ok = history_step(c->h, stmt, &row, err)) && row && count < VERDICT_MAX_CAUSES)
        ok = load_cells(c, stmt, 0, HISTORY_FAILURE_CELLS, failures[count++], err);
    (void)sqlite3_finalize(stmt);
    *ret_count = count;
    return ok;
}

/* stmt is at a row of id, digest, build_id, passed, HISTORY_BUILD_COLUMNS. */
static bool check_build(struct checking *c, sqlite3_stmt *stmt, struct test_list *l,
                        struct err *err)
{
    struct cell build[HISTORY_BUILD_CELLS];
    struct cell failures[VERDICT_MAX_CAUSES][HISTORY_FAILURE_CELLS];
    size_t failure_count = 0;
    char hex[33] = "";
    struct err own = {0};
    const int64_t id = sqlite3_column_int64(stmt, 0);
    l->count = 0;
    arena_reset(&c->build);
    const bool ok = load_cells(c, stmt, 4, HISTORY_BUILD_CELLS, build, &own) &&
                    list_packed(c, history_column(stmt, 3), l, &own) &&
                    list_results(c, id, l, &own) &&
                    load_failures(c, id, failures, &failure_count, &own);
    if (ok && l->count > 1)
        qsort(l->tests, l->count, sizeof(*l->tests), history_test_order);
    if (!ok || !history_digest(build, l->tests, l->count,
                               (const struct cell(*)[HISTORY_FAILURE_CELLS])failures, failure_count,
                               hex, &own)) {
        if (own.code == ERR_NOMEM) {
            *err = own;
            return false;
        }
        return tell_fault(c, err, "build %.*s: %s", SV_ARG(history_column(stmt, 2)), own.why);
    }
    return sv_equal(history_column(stmt, 1), sv_of(hex)) ||
           tell_fault(c, err, "build %.*s is not as it was put", SV_ARG(history_column(stmt, 2)));
}

static bool check_builds(struct checking *c, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    struct test_list l = {0};
    bool row = false;
    bool ok = history_prepare(
        c->h, "SELECT id, digest, build_id, passed, " HISTORY_BUILD_COLUMNS " FROM build", &stmt,
        err);
    while (ok && (ok = history_step(c->h, stmt, &row, err)) && row)
        ok = check_build(c, stmt, &l, err);
    (void)sqlite3_finalize(stmt);
    free(l.tests);
    return ok;
}

/* What cannot be read at all is a fault too. */
bool history_check(struct history *h, history_fault_fn *fault, void *user, uint64_t *ret_faults,
                   struct err *err)
{
    struct checking c = {.h = h, .fault = fault, .user = user};
    struct err own = {0};
    arena_init(&c.names, HISTORY_MAP_BYTES);
    arena_init(&c.build, 512 << 20);
    strmap_init(&c.tests, HISTORY_MAP_BYTES);
    bool ok = history_commit(h, &own) && check_whole(&c, &own) && check_builds(&c, &own);
    if (!ok && own.code == ERR_FORMAT)
        ok = tell_fault(&c, &own, "%s", own.why);
    if (ok)
        *ret_faults = c.faults;
    else
        *err = own;
    strmap_done(&c.tests);
    arena_done(&c.names);
    arena_done(&c.build);
    free(c.rows);
    return ok;
}
