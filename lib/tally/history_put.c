/* One build into the history: made ready without touching the file, compared, then written whole. */
#include "tally/history_p.h"

#include "base/text.h"
#include "model/signature.h"
#include "tally/cluster.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { DIGEST_BYTES = 256, TROUBLES_BYTES = 64 * 1024 };

/* ---- what is there ---- */

struct there { /* a build that is in the file; id 0: it is not */
    int64_t id;
    bool settled, same_rules, same;
};

static bool find_build(struct history *h, const struct sv key[3], struct sv rules_digest,
                       const char *digest, struct there *ret_there, struct err *err)
{
    sqlite3_stmt *stmt;
    bool row = false;
    struct there t = {0};
    if (!history_stmt(h, STMT_BUILD_FIND, &stmt, err))
        return false;
    for (int i = 0; i < 3; i++) {
        if (!history_bind_text(h, stmt, i + 1, key[i], err))
            return false;
    }
    if (!history_step(h, stmt, &row, err))
        return false;
    if (row) {
        t.id = sqlite3_column_int64(stmt, 0);
        t.settled = !sv_equal(history_column(stmt, 1), sv_of(outcome_name(OUTCOME_RUNNING))) &&
                    sqlite3_column_int64(stmt, 2) == 0;
        t.same_rules = sv_equal(history_column(stmt, 3), rules_digest);
        t.same = sv_equal(history_column(stmt, 4), sv_of(digest));
    }
    (void)sqlite3_reset(stmt);
    *ret_there = t;
    return true;
}

bool history_knows(struct history *h, const struct build *build, struct sv rules_digest,
                   enum history_known *ret_known, struct err *err)
{
    struct arena arena;
    struct sv key[3];
    struct there t = {0};
    int64_t pruned = 0;
    arena_init(&arena, 64 * 1024);
    const bool ok = history_name(&arena, build->provider, &key[0], err) &&
                    history_name(&arena, build->job, &key[1], err) &&
                    history_name(&arena, build->id, &key[2], err) &&
                    find_build(h, key, rules_digest, "", &t, err) &&
                    history_pruned_before(h, &pruned, err);
    arena_done(&arena);
    if (!ok)
        return false;
    const struct result r = {.build = *build};
    const int64_t started = history_start_of(&r);
    *ret_known = t.id == 0 && started > 0 && started < pruned ? HISTORY_PRUNED
                 : t.id == 0 || !t.settled                    ? HISTORY_NEW
                 : t.same_rules                               ? HISTORY_SAME
                                                              : HISTORY_OTHER_RULES;
    return true;
}

/* ---- written ---- */

static bool job_id(struct history *h, const struct ready *y, int64_t *ret_id, struct err *err)
{
    struct sv key;
    sqlite3_stmt *stmt;
    bool row = false;
    struct arena arena;
    arena_init(&arena, 64 * 1024);
    uint64_t *place =
        arena_printf(&arena, &key, err, "%.*s\n%.*s", SV_ARG(y->provider), SV_ARG(y->job))
            ? strmap_put(&h->jobs, key, NULL, err)
            : NULL;
    arena_done(&arena);
    bool ok = place != NULL;
    if (ok && *place == 0) {
        ok = history_stmt(h, STMT_JOB_FIND, &stmt, err) &&
             history_bind_text(h, stmt, 1, y->provider, err) &&
             history_bind_text(h, stmt, 2, y->job, err) && history_step(h, stmt, &row, err);
        if (ok && row) {
            *place = (uint64_t)sqlite3_column_int64(stmt, 0);
            (void)sqlite3_reset(stmt);
        } else if (ok) {
            ok = history_stmt(h, STMT_JOB_ADD, &stmt, err) &&
                 history_bind_text(h, stmt, 1, y->provider, err) &&
                 history_bind_text(h, stmt, 2, y->job, err) && history_run_stmt(h, stmt, err);
            *place = ok ? (uint64_t)sqlite3_last_insert_rowid(h->db) : 0;
        }
    }
    if (ok)
        *ret_id = (int64_t)*place;
    return ok;
}

static bool bind_test(struct history *h, sqlite3_stmt *stmt, const struct kept_test *t,
                      struct err *err)
{
    return history_bind_text(h, stmt, 1, t->suite, err) &&
           history_bind_text(h, stmt, 2, t->class_name, err) &&
           history_bind_text(h, stmt, 3, t->name, err);
}

/* From the file, where it is added when it is not there. */
static bool load_test(struct history *h, const struct kept_test *t, struct known_test *ret_known,
                      struct err *err)
{
    sqlite3_stmt *stmt;
    bool row = false;
    struct known_test k = {0};
    if (!history_stmt(h, STMT_TEST_FIND, &stmt, err) || !bind_test(h, stmt, t, err) ||
        !history_step(h, stmt, &row, err))
        return false;
    if (row) {
        k.id = sqlite3_column_int64(stmt, 0);
        k.first_seen_ms = sqlite3_column_int64(stmt, 1);
        k.first_failed_ms = sqlite3_column_int64(stmt, 2);
        (void)sqlite3_reset(stmt);
    } else {
        if (!history_stmt(h, STMT_TEST_ADD, &stmt, err) || !bind_test(h, stmt, t, err) ||
            !history_run_stmt(h, stmt, err))
            return false;
        k.id = sqlite3_last_insert_rowid(h->db);
    }
    if (k.id < 1 || k.id > HISTORY_PACK_MAX_ID) {
        (void)err_where(err, "%s", h->path);
        return err_why(err, ERR_LIMIT, "more than %d tests", HISTORY_PACK_MAX_ID);
    }
    *ret_known = k;
    return true;
}

static bool room_for_known(struct history *h, struct err *err)
{
    if (h->known_count < h->known_cap)
        return true;
    const size_t cap = h->known_cap > 0 ? h->known_cap * 2 : 256;
    struct known_test *known = reallocarray(h->known, cap, sizeof(*known));
    if (known == NULL)
        return err_why(err, ERR_NOMEM, "no memory for %zu tests", cap);
    h->known = known;
    h->known_cap = cap;
    return true;
}

static bool find_test(struct history *h, const struct kept_test *t, struct buf *key,
                      struct known_test **ret_known, struct err *err)
{
    buf_reset(key);
    if (!buf_add(key, t->suite, err) || !buf_add_char(key, '\n', err) ||
        !buf_add(key, t->class_name, err) || !buf_add_char(key, '\n', err) ||
        !buf_add(key, t->name, err))
        return false;
    uint64_t *place = strmap_put(&h->tests, buf_sv(key), NULL, err);
    if (place == NULL)
        return false;
    if (*place == 0) {
        if (!room_for_known(h, err) || !load_test(h, t, &h->known[h->known_count], err))
            return false;
        *place = ++h->known_count;
    }
    *ret_known = &h->known[*place - 1];
    return true;
}

static void note_times(struct known_test *k, enum test_outcome outcome, int64_t at_ms)
{
    const bool failed = !history_is_packed(outcome);
    if (at_ms <= 0)
        return;
    if (k->first_seen_ms == 0 || at_ms < k->first_seen_ms) {
        k->first_seen_ms = at_ms;
        k->changed = true;
    }
    if (failed && (k->first_failed_ms == 0 || at_ms < k->first_failed_ms)) {
        k->first_failed_ms = at_ms;
        k->changed = true;
    }
}

/* The lines of a normal form, each made safe: clustering it again needs them. */
static bool safe_lines(struct arena *a, struct sv normal, struct sv *ret_text, struct err *err)
{
    struct buf text;
    struct sv line;
    buf_init(&text, 3 * HISTORY_EXCERPT_BYTES + 64);
    bool ok = true;
    for (struct sv rest = sv_head(normal, HISTORY_EXCERPT_BYTES);
         ok && rest.len > 0 && sv_cut(&rest, '\n', &line);)
        ok = (text.len == 0 || buf_add_char(&text, '\n', err)) && text_add_safe(&text, line, err);
    ok = ok && arena_copy(a, buf_sv(&text), ret_text, err);
    buf_done(&text);
    return ok;
}

static bool add_signature(struct history *h, struct sv text, const char *hex, int64_t at_ms,
                          struct err *err)
{
    char cluster[CLUSTER_ID_BYTES];
    sqlite3_stmt *stmt;
    struct buf normal;
    buf_init(&normal, 64 * 1024);
    bool ok = signature_normal(text, &normal, err);
    struct arena arena;
    struct sv safe = SV("");
    arena_init(&arena, 256 * 1024);
    ok = ok && cluster_id(buf_sv(&normal), cluster, err) &&
         safe_lines(&arena, buf_sv(&normal), &safe, err) &&
         history_stmt(h, STMT_SIGNATURE, &stmt, err) &&
         history_bind_text(h, stmt, 1, sv_of(hex), err) &&
         history_bind_int(h, stmt, 2, SIGNATURE_VERSION, err) &&
         history_bind_text(h, stmt, 3, safe, err) &&
         history_bind_text(h, stmt, 4, sv_of(cluster), err) &&
         history_bind_int(h, stmt, 5, CLUSTER_VERSION, err) &&
         history_bind_int(h, stmt, 6, at_ms, err) && history_run_stmt(h, stmt, err);
    arena_done(&arena);
    buf_done(&normal);
    return ok;
}

static bool room_for_signature(struct history *h, struct err *err)
{
    if (h->signature_count < h->signature_cap)
        return true;
    const size_t cap = h->signature_cap > 0 ? h->signature_cap * 2 : 256;
    struct known_signature *signatures = reallocarray(h->signatures, cap, sizeof(*signatures));
    if (signatures == NULL)
        return err_why(err, ERR_NOMEM, "no memory for %zu signatures", cap);
    h->signatures = signatures;
    h->signature_cap = cap;
    return true;
}

/* Written once by a handle; after that only its times may change. */
static bool write_signature(struct history *h, struct sv text, const char *hex, int64_t at_ms,
                            struct err *err)
{
    if (hex[0] == '\0')
        return true;
    uint64_t *place = strmap_put(&h->signature_places, sv_of(hex), NULL, err);
    if (place == NULL)
        return false;
    if (*place == 0) {
        if (!room_for_signature(h, err) || !add_signature(h, text, hex, at_ms, err))
            return false;
        struct known_signature *k = &h->signatures[h->signature_count];
        *k = (struct known_signature){.first_ms = at_ms, .last_ms = at_ms};
        memcpy(k->hex, hex, SIGNATURE_TEXT_BYTES);
        *place = ++h->signature_count;
        return true;
    }
    struct known_signature *k = &h->signatures[*place - 1];
    if (at_ms > 0 && (k->first_ms == 0 || at_ms < k->first_ms)) {
        k->first_ms = at_ms;
        k->changed = true;
    }
    if (at_ms > k->last_ms) {
        k->last_ms = at_ms;
        k->changed = true;
    }
    return true;
}

static bool write_result(struct history *h, int64_t build, int64_t test, const struct kept_test *t,
                         struct err *err)
{
    sqlite3_stmt *stmt;
    return history_stmt(h, STMT_RESULT_ADD, &stmt, err) &&
           history_bind_int(h, stmt, 1, build, err) && history_bind_int(h, stmt, 2, test, err) &&
           history_bind_text(h, stmt, 3, sv_of(test_outcome_name(t->outcome)), err) &&
           history_bind_int(h, stmt, 4, t->attempts, err) &&
           history_bind_int(h, stmt, 5, t->duration_ms, err) &&
           history_bind_text(h, stmt, 6, sv_of(t->signature), err) &&
           history_bind_text(h, stmt, 7, t->message, err) &&
           history_bind_int(h, stmt, 8, (int64_t)t->line, err) &&
           history_bind_int(h, stmt, 9, t->informing, err) && history_run_stmt(h, stmt, err);
}

static int by_id(const void *a, const void *b)
{
    const struct packed_test *x = a, *y = b;
    return x->id < y->id ? -1 : x->id > y->id;
}

struct packing {
    struct packed_test *passed, *skipped;
    size_t passed_count, skipped_count;
    int64_t *ids; /* of all tests of the build, in its order */
};

static bool name_tests(struct history *h, struct ready *y, struct packing *p, struct err *err)
{
    struct buf key;
    bool ok = true;
    p->passed = arena_array(&y->arena, y->test_count + 1, sizeof(*p->passed), err);
    p->skipped = arena_array(&y->arena, y->test_count + 1, sizeof(*p->skipped), err);
    p->ids = arena_array(&y->arena, y->test_count + 1, sizeof(*p->ids), err);
    if (p->passed == NULL || p->skipped == NULL || p->ids == NULL)
        return false;
    buf_init(&key, 8 * HISTORY_NAME_BYTES * 3);
    for (size_t i = 0; ok && i < y->test_count; i++) {
        const struct kept_test *t = &y->tests[i];
        struct known_test *k;
        ok = find_test(h, t, &key, &k, err);
        if (!ok)
            break;
        note_times(k, t->outcome, y->started_ms);
        p->ids[i] = k->id;
        const struct packed_test one = {.id = (uint32_t)k->id, .duration = (uint8_t)t->duration_ms};
        if (t->outcome == TEST_PASSED)
            p->passed[p->passed_count++] = one;
        else if (t->outcome == TEST_SKIPPED)
            p->skipped[p->skipped_count++] = one;
    }
    buf_done(&key);
    qsort(p->passed, p->passed_count, sizeof(*p->passed), by_id);
    qsort(p->skipped, p->skipped_count, sizeof(*p->skipped), by_id);
    return ok;
}

static bool write_build(struct history *h, const struct ready *y, int64_t job, int64_t *id,
                        struct sv passed, struct err *err)
{
    sqlite3_stmt *stmt;
    if (!history_stmt(h, STMT_BUILD_ADD, &stmt, err))
        return false;
    int rc = *id != 0 ? sqlite3_bind_int64(stmt, 1, *id) : sqlite3_bind_null(stmt, 1);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_blob64(stmt, 7, passed.ptr, passed.len, SQLITE_STATIC);
    if (rc != SQLITE_OK)
        return history_fail(h, rc, err);
    if (!history_bind_int(h, stmt, 2, job, err) || !history_bind_text(h, stmt, 3, y->id, err) ||
        !history_bind_int(h, stmt, 4, h->run_started_ms, err) ||
        !history_bind_int(h, stmt, 5, h->run_id, err) ||
        !history_bind_text(h, stmt, 6, sv_of(y->digest), err) ||
        !history_bind_cells(h, stmt, 8, y->build, HISTORY_BUILD_CELLS, err) ||
        !history_run_stmt(h, stmt, err))
        return false;
    *id = sqlite3_last_insert_rowid(h->db);
    return true;
}

static bool write_children(struct history *h, const struct ready *y, const struct packing *p,
                           int64_t build, struct err *err)
{
    sqlite3_stmt *stmt;
    for (size_t i = 0; i < y->test_count; i++) {
        const struct kept_test *t = &y->tests[i];
        if (history_is_packed(t->outcome))
            continue;
        if (!write_signature(h, t->text, t->signature, y->started_ms, err) ||
            !write_result(h, build, p->ids[i], t, err))
            return false;
    }
    for (size_t i = 0; i < y->failure_count; i++) {
        if (!history_stmt(h, STMT_FAILURE_ADD, &stmt, err) ||
            !history_bind_int(h, stmt, 1, build, err) ||
            !history_bind_int(h, stmt, 2, (int64_t)i, err) ||
            !history_bind_cells(h, stmt, 3, y->failures[i], HISTORY_FAILURE_CELLS, err) ||
            !history_run_stmt(h, stmt, err))
            return false;
    }
    for (size_t i = 0; i < y->signature_count; i++) {
        if (!write_signature(h, y->signatures[i].text, y->signatures[i].hex, y->started_ms, err))
            return false;
    }
    return true;
}

static bool delete_build(struct history *h, int64_t id, struct err *err)
{
    static const enum history_stmt each[] = {STMT_RESULT_DELETE, STMT_FAILURE_DELETE,
                                             STMT_BUILD_DELETE};
    for (size_t i = 0; i < COUNT_OF(each); i++) {
        sqlite3_stmt *stmt;
        if (!history_stmt(h, each[i], &stmt, err) || !history_bind_int(h, stmt, 1, id, err) ||
            !history_run_stmt(h, stmt, err))
            return false;
    }
    return true;
}

/* Inside the transaction, so that nobody prunes or puts the build between the look and the writing. */
static bool write_ready(struct history *h, struct ready *y, bool *ret_changed, struct err *err)
{
    const struct sv key[3] = {y->provider, y->job, y->id};
    struct there t = {0};
    struct packing p = {0};
    struct buf passed;
    int64_t pruned = 0, job = 0;
    if (!history_pruned_before(h, &pruned, err) || !find_build(h, key, SV(""), y->digest, &t, err))
        return false;
    *ret_changed = false;
    if (t.same || (t.id == 0 && y->started_ms > 0 && y->started_ms < pruned))
        return true;
    *ret_changed = true;
    buf_init(&passed, HISTORY_READY_BYTES);
    const bool ok =
        job_id(h, y, &job, err) && name_tests(h, y, &p, err) &&
        history_pack(p.passed, p.passed_count, p.skipped, p.skipped_count, &passed, err) &&
        (t.id == 0 || delete_build(h, t.id, err)) &&
        write_build(h, y, job, &t.id, buf_sv(&passed), err) && write_children(h, y, &p, t.id, err);
    buf_done(&passed);
    return ok;
}

static bool put_ready(struct history *h, struct ready *y, bool *ret_changed, struct err *err)
{
    const struct sv key[3] = {y->provider, y->job, y->id};
    struct there t = {0};
    if (!find_build(h, key, SV(""), y->digest, &t, err))
        return false;
    if (t.same) {
        *ret_changed = false;
        return true;
    }
    if (!history_write_begin(h, err) || !write_ready(h, y, ret_changed, err))
        return false;
    return ++h->pending < h->batch || history_commit(h, err);
}

bool history_put(struct history *h, const struct result *r, struct sv rules_digest,
                 bool *ret_changed, struct err *err)
{
    struct ready *y = calloc(1, sizeof(*y));
    bool changed = false;
    if (y == NULL)
        return err_why(err, ERR_NOMEM, "no memory for a build");
    const bool ok = history_make_ready(y, r, rules_digest, err) && put_ready(h, y, &changed, err);
    if (ok)
        *ret_changed = changed;
    else
        history_rollback(h);
    arena_done(&y->arena);
    free(y);
    return ok;
}

/* ---- runs ---- */

bool history_begin_run(struct history *h, const struct history_run *run, struct err *err)
{
    struct arena arena;
    struct sv sources, digest;
    sqlite3_stmt *stmt;
    const bool joined = h->writing;
    arena_init(&arena, 1 << 20);
    bool ok = text_safe(&arena, run->sources, 4096, &sources, err) &&
              text_safe(&arena, run->rules_digest, DIGEST_BYTES, &digest, err) &&
              history_write_begin(h, err) && history_stmt(h, STMT_RUN_ADD, &stmt, err) &&
              history_bind_int(h, stmt, 1, run->started_ms, err) &&
              history_bind_text(h, stmt, 2, sv_of(h->version), err) &&
              history_bind_text(h, stmt, 3, digest, err) &&
              history_bind_text(h, stmt, 4, sources, err) && history_run_stmt(h, stmt, err);
    if (ok) {
        h->run_id = sqlite3_last_insert_rowid(h->db);
        h->run_started_ms = run->started_ms;
    }
    ok = ok && (joined || history_commit(h, err));
    if (!ok)
        history_rollback(h);
    arena_done(&arena);
    return ok;
}

static bool troubles_of(struct arena *a, const struct history_run *run, struct sv *ret_text,
                        struct err *err)
{
    struct buf text;
    bool ok = true;
    buf_init(&text, TROUBLES_BYTES + 3 * HISTORY_TEXT_BYTES + 8);
    for (size_t i = 0; ok && i < run->trouble_count && text.len < TROUBLES_BYTES; i++) {
        struct sv line;
        ok = text_safe(a, run->troubles[i], HISTORY_TEXT_BYTES, &line, err) &&
             buf_add(&text, line, err) && buf_add_char(&text, '\n', err);
    }
    ok = ok && arena_copy(a, buf_sv(&text), ret_text, err);
    buf_done(&text);
    return ok;
}

bool history_end_run(struct history *h, const struct history_run *run, struct err *err)
{
    const int64_t numbers[] = {run->finished_ms > 0 ? run->finished_ms : run->started_ms,
                               (int64_t)run->listed,
                               (int64_t)run->read,
                               (int64_t)run->kept,
                               (int64_t)run->rejudged,
                               (int64_t)run->unreadable,
                               (int64_t)run->problems,
                               run->incomplete,
                               run->reported};
    struct arena arena;
    struct sv troubles;
    sqlite3_stmt *stmt;
    arena_init(&arena, 16 << 20);
    bool ok = troubles_of(&arena, run, &troubles, err) && history_write_begin(h, err) &&
              history_stmt(h, STMT_RUN_END, &stmt, err);
    for (size_t i = 0; ok && i < COUNT_OF(numbers); i++)
        ok = history_bind_int(h, stmt, (int)i + 1, numbers[i], err);
    ok = ok && history_bind_text(h, stmt, 10, troubles, err) &&
         history_bind_int(h, stmt, 11, h->run_id, err) && history_run_stmt(h, stmt, err) &&
         history_commit(h, err);
    if (!ok)
        history_rollback(h);
    arena_done(&arena);
    return ok;
}

bool history_last_report(struct history *h, int64_t before_ms, int64_t *ret_ms, struct err *err)
{
    sqlite3_stmt *stmt;
    bool row = false;
    if (!history_stmt(h, STMT_LAST_REPORT, &stmt, err) ||
        !history_bind_int(h, stmt, 1, before_ms, err) || !history_step(h, stmt, &row, err))
        return false;
    *ret_ms = row ? sqlite3_column_int64(stmt, 0) : 0;
    (void)sqlite3_reset(stmt);
    return true;
}
