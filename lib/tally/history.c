#include "tally/history_p.h"

#include "base/digest.h"
#include "base/fs.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the tables ---- */

/* What each version adds to the one before it. A step that was ever released is never changed. */
static const char *const upgrades[] = {
    "CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE job(id INTEGER PRIMARY KEY, provider TEXT NOT NULL, name TEXT NOT NULL,"
    " UNIQUE(provider, name)) STRICT;"
    "CREATE TABLE test(id INTEGER PRIMARY KEY, suite TEXT NOT NULL, class TEXT NOT NULL,"
    " name TEXT NOT NULL, first_seen INTEGER NOT NULL, first_failed INTEGER NOT NULL,"
    " UNIQUE(suite, class, name)) STRICT;"
    "CREATE TABLE signature(hex TEXT PRIMARY KEY, version INTEGER NOT NULL, normal TEXT NOT NULL,"
    " cluster TEXT NOT NULL, cluster_version INTEGER NOT NULL, first INTEGER NOT NULL,"
    " last INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE run(id INTEGER PRIMARY KEY, started INTEGER NOT NULL, finished INTEGER NOT NULL,"
    " version TEXT NOT NULL, rules_digest TEXT NOT NULL, sources TEXT NOT NULL,"
    " listed INTEGER NOT NULL, read INTEGER NOT NULL, kept INTEGER NOT NULL,"
    " rejudged INTEGER NOT NULL, unreadable INTEGER NOT NULL, problems INTEGER NOT NULL,"
    " incomplete INTEGER NOT NULL, reported INTEGER NOT NULL, troubles TEXT NOT NULL) STRICT;"
    "CREATE TABLE build(id INTEGER PRIMARY KEY, job INTEGER NOT NULL REFERENCES job,"
    " build_id TEXT NOT NULL, started INTEGER NOT NULL, finished INTEGER NOT NULL,"
    " outcome TEXT NOT NULL, kind TEXT NOT NULL, detail TEXT NOT NULL, class TEXT NOT NULL,"
    " advice TEXT NOT NULL, infra INTEGER NOT NULL, flake INTEGER NOT NULL,"
    " retest INTEGER NOT NULL, optional INTEGER NOT NULL, incomplete INTEGER NOT NULL,"
    " confidence REAL NOT NULL, summary TEXT NOT NULL, excerpt TEXT NOT NULL, help TEXT NOT NULL,"
    " url TEXT NOT NULL, log_url TEXT NOT NULL, artifact TEXT NOT NULL, line INTEGER NOT NULL,"
    " signature TEXT NOT NULL, repo TEXT NOT NULL, code TEXT NOT NULL, base_sha TEXT NOT NULL,"
    " pulls TEXT NOT NULL, profile TEXT NOT NULL, type TEXT NOT NULL, rules_digest TEXT NOT NULL,"
    " counts TEXT NOT NULL, analyzed INTEGER NOT NULL, run INTEGER NOT NULL,"
    " digest TEXT NOT NULL, passed BLOB NOT NULL, UNIQUE(job, build_id)) STRICT;"
    "CREATE INDEX build_by_start ON build(started);"
    "CREATE TABLE result(build INTEGER NOT NULL REFERENCES build, test INTEGER NOT NULL REFERENCES"
    " test, outcome TEXT NOT NULL, attempts INTEGER NOT NULL, duration_ms INTEGER NOT NULL,"
    " signature TEXT NOT NULL, message TEXT NOT NULL, line INTEGER NOT NULL,"
    " informing INTEGER NOT NULL, PRIMARY KEY(build, test)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX result_by_test ON result(test, build, outcome);"
    "CREATE TABLE failure(build INTEGER NOT NULL REFERENCES build, n INTEGER NOT NULL,"
    " rule TEXT NOT NULL, kind TEXT NOT NULL, detail TEXT NOT NULL, artifact TEXT NOT NULL,"
    " line INTEGER NOT NULL, offset INTEGER NOT NULL, signature TEXT NOT NULL,"
    " excerpt TEXT NOT NULL, PRIMARY KEY(build, n)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE day(job INTEGER NOT NULL REFERENCES job, test INTEGER NOT NULL,"
    " day INTEGER NOT NULL, runs INTEGER NOT NULL, failures INTEGER NOT NULL,"
    " flaky INTEGER NOT NULL, skipped INTEGER NOT NULL, duration_sum INTEGER NOT NULL,"
    " PRIMARY KEY(job, test, day)) STRICT, WITHOUT ROWID;",
};
_Static_assert(COUNT_OF(upgrades) == HISTORY_VERSION, "a step for each version");

static const char *const texts[STMT_COUNT] = {
    [STMT_BEGIN] = "BEGIN IMMEDIATE",
    [STMT_BEGIN_READ] = "BEGIN", /* for readers only: they see one state of the file */
    [STMT_COMMIT] = "COMMIT",
    [STMT_ROLLBACK] = "ROLLBACK",
    [STMT_PRUNED] = "SELECT value FROM meta WHERE name = 'pruned_before'",
    [STMT_JOB_FIND] = "SELECT id FROM job WHERE provider = ? AND name = ?",
    [STMT_JOB_ADD] = "INSERT INTO job(provider, name) VALUES(?, ?)",
    [STMT_TEST_FIND] = "SELECT id, first_seen, first_failed FROM test"
                       " WHERE suite = ? AND class = ? AND name = ?",
    [STMT_TEST_ADD] = "INSERT INTO test(suite, class, name, first_seen, first_failed)"
                      " VALUES(?, ?, ?, 0, 0)",
    /* another process may have written an earlier time */
    [STMT_TEST_TIMES] = "UPDATE test SET"
                        " first_seen = CASE WHEN first_seen = 0 OR ?2 < first_seen AND ?2 > 0"
                        " THEN ?2 ELSE first_seen END,"
                        " first_failed = CASE WHEN first_failed = 0 OR ?3 < first_failed AND ?3 > 0"
                        " THEN ?3 ELSE first_failed END WHERE id = ?1",
    [STMT_SIGNATURE] = "INSERT INTO signature(hex, version, normal, cluster, cluster_version,"
                       " first, last) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?6)"
                       " ON CONFLICT(hex) DO UPDATE SET"
                       " first = CASE WHEN first = 0 OR ?6 < first AND ?6 > 0 THEN ?6 ELSE first"
                       " END, last = max(last, ?6), version = ?2, cluster = ?4,"
                       " cluster_version = ?5 WHERE first > ?6 OR last < ?6 OR version <> ?2"
                       " OR cluster_version <> ?5",
    [STMT_SIGNATURE_TIMES] = "UPDATE signature SET first = CASE WHEN first = 0 OR ?2 < first AND"
                             " ?2 > 0 THEN ?2 ELSE first END, last = max(last, ?3) WHERE hex = ?1",
    [STMT_BUILD_FIND] = "SELECT build.id, outcome, incomplete, rules_digest, digest FROM build"
                        " JOIN job ON job.id = build.job"
                        " WHERE provider = ? AND name = ? AND build_id = ?",
    [STMT_BUILD_DELETE] = "DELETE FROM build WHERE id = ?",
    [STMT_RESULT_DELETE] = "DELETE FROM result WHERE build = ?",
    [STMT_FAILURE_DELETE] = "DELETE FROM failure WHERE build = ?",
    [STMT_BUILD_ADD] = "INSERT INTO build(id, job, build_id, analyzed, run, digest,"
                       " passed, " HISTORY_BUILD_COLUMNS ") VALUES(?, ?, ?, ?, ?, ?, ?,"
                       " ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
                       " ?, ?, ?, ?, ?, ?)",
    [STMT_RESULT_ADD] = "INSERT INTO result(build, test, outcome, attempts, duration_ms, signature,"
                        " message, line, informing) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [STMT_FAILURE_ADD] = "INSERT INTO failure(build, n, " HISTORY_FAILURE_COLUMNS
                         ") VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [STMT_RUN_ADD] = "INSERT INTO run(started, finished, version, rules_digest, sources, listed,"
                     " read, kept, rejudged, unreadable, problems, incomplete, reported, troubles)"
                     " VALUES(?, 0, ?, ?, ?, 0, 0, 0, 0, 0, 0, 1, 0, '')",
    [STMT_RUN_END] = "UPDATE run SET finished = ?, listed = ?, read = ?, kept = ?, rejudged = ?,"
                     " unreadable = ?, problems = ?, incomplete = ?, reported = ?, troubles = ?"
                     " WHERE id = ?",
    [STMT_LAST_REPORT] = "SELECT coalesce(max(started), 0) FROM run"
                         " WHERE finished > 0 AND reported = 1 AND started < ?",
    [STMT_BUILDS] = "SELECT id, job, build_id, " HISTORY_BUILD_COLUMNS
                    " FROM build WHERE started >= ? AND started < ? ORDER BY started",
    [STMT_PASSED] = "SELECT passed FROM build WHERE id = ?",
    [STMT_RESULTS] = "SELECT test, outcome, attempts, duration_ms, signature, message, line,"
                     " informing FROM result WHERE build = ? ORDER BY test",
    [STMT_JOBS] = "SELECT id, provider, name FROM job ORDER BY provider, name",
    [STMT_TEST_GET] = "SELECT suite, class, name, first_seen, first_failed FROM test WHERE id = ?",
    [STMT_SIGNATURE_GET] = "SELECT normal, cluster, cluster_version, first, last FROM signature"
                           " WHERE hex = ?",
};

/* ---- errors and statements ---- */

bool history_fail(const struct history *h, int rc, struct err *err)
{
    const char *said = h->db != NULL ? sqlite3_errmsg(h->db) : sqlite3_errstr(rc);
    const int own = h->db != NULL ? sqlite3_system_errno(h->db) : 0;
    (void)err_where(err, "%s", h->path);
    switch (rc & 0xff) {
    case SQLITE_NOMEM:
        return err_why(err, ERR_NOMEM, "no memory for the history");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return err_why(err, ERR_IO, "another process has been writing for %d s",
                       HISTORY_BUSY_MS / 1000);
    case SQLITE_FULL:
        return err_why(err, ERR_IO, "the disk is full");
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return err_why(err, ERR_IO, "may not be written");
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
        return err_why(err, ERR_IO, "%s", own != 0 ? strerror(own) : said);
    case SQLITE_TOOBIG:
        return err_why(err, ERR_LIMIT, "%s", said);
    default: /* CORRUPT, NOTADB, and what our statements cannot get from tables of ours */
        return err_why(err, ERR_FORMAT, "the history is damaged: %s", said);
    }
}

bool history_damaged(const struct history *h, const char *what, struct err *err)
{
    (void)err_where(err, "%s", h->path);
    return err_why(err, ERR_FORMAT, "the history is damaged: %s", what);
}

bool history_exec(struct history *h, const char *sql, struct err *err)
{
    const int rc = sqlite3_exec(h->db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK || history_fail(h, rc, err);
}

bool history_prepare(struct history *h, const char *sql, sqlite3_stmt **ret_stmt, struct err *err)
{
    const int rc = sqlite3_prepare_v3(h->db, sql, -1, SQLITE_PREPARE_PERSISTENT, ret_stmt, NULL);
    return rc == SQLITE_OK || history_fail(h, rc, err);
}

bool history_stmt(struct history *h, enum history_stmt which, sqlite3_stmt **ret_stmt,
                  struct err *err)
{
    if (h->stmts[which] == NULL && !history_prepare(h, texts[which], &h->stmts[which], err))
        return false;
    (void)sqlite3_reset(h->stmts[which]);
    *ret_stmt = h->stmts[which];
    return true;
}

bool history_step(struct history *h, sqlite3_stmt *stmt, bool *ret_row, struct err *err)
{
    const int rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW) {
        *ret_row = true;
        return true;
    }
    const bool ok = rc == SQLITE_DONE || history_fail(h, rc, err);
    (void)sqlite3_reset(stmt);
    if (ok)
        *ret_row = false;
    return ok;
}

bool history_run_stmt(struct history *h, sqlite3_stmt *stmt, struct err *err)
{
    bool row = false;
    if (!history_step(h, stmt, &row, err))
        return false;
    if (row)
        (void)sqlite3_reset(stmt);
    return true;
}

struct sv history_column(sqlite3_stmt *stmt, int column)
{
    const void *bytes = sqlite3_column_blob(stmt, column);
    const int len = sqlite3_column_bytes(stmt, column);
    return (struct sv){.ptr = bytes, .len = bytes != NULL && len > 0 ? (size_t)len : 0};
}

bool history_bind_text(struct history *h, sqlite3_stmt *stmt, int place, struct sv text,
                       struct err *err)
{
    const int rc = sqlite3_bind_text64(stmt, place, text.len > 0 ? text.ptr : "", text.len,
                                       SQLITE_STATIC, SQLITE_UTF8);
    return rc == SQLITE_OK || history_fail(h, rc, err);
}

bool history_bind_int(struct history *h, sqlite3_stmt *stmt, int place, int64_t value,
                      struct err *err)
{
    const int rc = sqlite3_bind_int64(stmt, place, value);
    return rc == SQLITE_OK || history_fail(h, rc, err);
}

bool history_bind_cells(struct history *h, sqlite3_stmt *stmt, int first, const struct cell *cells,
                        size_t count, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        const int place = first + (int)i;
        if (cells[i].kind == CELL_TEXT && !history_bind_text(h, stmt, place, cells[i].text, err))
            return false;
        if (cells[i].kind == CELL_INT && !history_bind_int(h, stmt, place, cells[i].number, err))
            return false;
        const int rc = cells[i].kind == CELL_REAL ? sqlite3_bind_double(stmt, place, cells[i].real)
                                                  : SQLITE_OK;
        if (rc != SQLITE_OK)
            return history_fail(h, rc, err);
    }
    return true;
}

bool history_name(struct arena *a, struct sv name, struct sv *ret_name, struct err *err)
{
    char hex[DIGEST_TEXT_BYTES];
    struct sv head;
    if (name.len <= HISTORY_NAME_BYTES)
        return text_safe(a, name, HISTORY_NAME_BYTES * 3, ret_name, err);
    return digest_of(name, hex, err) && text_safe(a, name, HISTORY_NAME_BYTES, &head, err) &&
           arena_printf(a, ret_name, err, "%.*s %.16s", SV_ARG(head), hex);
}

/* ---- transactions ---- */

static void forget(struct history *h)
{
    strmap_done(&h->jobs);
    strmap_done(&h->tests);
    strmap_done(&h->signature_places);
    strmap_init(&h->jobs, HISTORY_MAP_BYTES);
    strmap_init(&h->tests, HISTORY_MAP_BYTES);
    strmap_init(&h->signature_places, HISTORY_MAP_BYTES);
    h->known_count = h->signature_count = 0;
}

void history_rollback(struct history *h)
{
    if (!h->writing)
        return;
    for (size_t i = 0; i < STMT_COUNT; i++)
        (void)sqlite3_reset(h->stmts[i]);
    if (sqlite3_get_autocommit(h->db) == 0) /* SQLite may have done it, such as on a full disk */
        (void)sqlite3_exec(h->db, "ROLLBACK", NULL, NULL, NULL);
    h->writing = false;
    h->pending = 0;
    forget(h);
}

bool history_write_begin(struct history *h, struct err *err)
{
    sqlite3_stmt *stmt;
    if (h->writing)
        return true;
    if (!history_stmt(h, STMT_BEGIN, &stmt, err) || !history_run_stmt(h, stmt, err))
        return false;
    h->writing = true;
    return true;
}

static bool write_times(struct history *h, struct err *err)
{
    for (size_t i = 0; i < h->known_count; i++) {
        sqlite3_stmt *stmt;
        struct known_test *k = &h->known[i];
        if (!k->changed)
            continue;
        if (!history_stmt(h, STMT_TEST_TIMES, &stmt, err) ||
            !history_bind_int(h, stmt, 1, k->id, err) ||
            !history_bind_int(h, stmt, 2, k->first_seen_ms, err) ||
            !history_bind_int(h, stmt, 3, k->first_failed_ms, err) ||
            !history_run_stmt(h, stmt, err))
            return false;
        k->changed = false;
    }
    for (size_t i = 0; i < h->signature_count; i++) {
        sqlite3_stmt *stmt;
        struct known_signature *k = &h->signatures[i];
        if (!k->changed)
            continue;
        if (!history_stmt(h, STMT_SIGNATURE_TIMES, &stmt, err) ||
            !history_bind_text(h, stmt, 1, sv_of(k->hex), err) ||
            !history_bind_int(h, stmt, 2, k->first_ms, err) ||
            !history_bind_int(h, stmt, 3, k->last_ms, err) || !history_run_stmt(h, stmt, err))
            return false;
        k->changed = false;
    }
    return true;
}

bool history_commit(struct history *h, struct err *err)
{
    sqlite3_stmt *stmt;
    if (!h->writing)
        return true;
    if (!write_times(h, err) || !history_stmt(h, STMT_COMMIT, &stmt, err) ||
        !history_run_stmt(h, stmt, err)) {
        history_rollback(h);
        return false;
    }
    h->writing = false;
    h->pending = 0;
    return true;
}

bool history_pruned_before(struct history *h, int64_t *ret_ms, struct err *err)
{
    sqlite3_stmt *stmt;
    bool row = false;
    if (!history_stmt(h, STMT_PRUNED, &stmt, err) || !history_step(h, stmt, &row, err))
        return false;
    *ret_ms = row ? sqlite3_column_int64(stmt, 0) : 0;
    (void)sqlite3_reset(stmt);
    return true;
}

/* ---- opening ---- */

static bool pragma_int(struct history *h, const char *sql, int64_t *ret_value, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    bool ok = history_prepare(h, sql, &stmt, err) && history_step(h, stmt, &row, err);
    if (ok)
        *ret_value = row ? sqlite3_column_int64(stmt, 0) : 0;
    (void)sqlite3_finalize(stmt);
    return ok;
}

/* Another process may be upgrading: the version counts that is seen inside the transaction. */
bool history_upgrade(struct history *h, const char *const *steps, int count, struct err *err)
{
    char set[64];
    int64_t version = 0;
    if (!history_write_begin(h, err))
        return false;
    bool ok = pragma_int(h, "PRAGMA user_version", &version, err);
    for (int64_t v = version; ok && v < count; v++)
        ok = history_exec(h, steps[v], err);
    (void)snprintf(set, sizeof(set), "PRAGMA user_version = %d", count);
    ok = ok && (version >= count || history_exec(h, set, err)) && history_commit(h, err);
    if (!ok)
        history_rollback(h);
    return ok;
}

static bool is_foreign(const struct history *h, const char *why, struct err *err)
{
    (void)err_where(err, "%s", h->path);
    return err_why(err, ERR_USAGE, "%s; it was left as it is", why);
}

enum file_state { FILE_ABSENT, FILE_EMPTY, FILE_OURS };

/* Looks at the header before SQLite does, which would recover or check a stranger's file in. */
static bool look_at_file(const struct history *h, enum file_state *ret_state, struct err *err)
{
    unsigned char head[100] = {0};
    struct stat st;
    const int fd = open(h->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT) {
        *ret_state = FILE_ABSENT;
        return true;
    }
    if (fd < 0)
        return err_why(err, ERR_IO, "%s", strerror(errno));
    const bool known = fstat(fd, &st) == 0;
    const ssize_t n = known && S_ISREG(st.st_mode) ? pread(fd, head, sizeof(head), 0) : -1;
    const int why = errno;
    (void)close(fd);
    if (known && !S_ISREG(st.st_mode))
        return is_foreign(h, "is no file", err);
    if (n < 0)
        return err_why(err, ERR_IO, "%s", strerror(why));
    *ret_state = n == 0 ? FILE_EMPTY : FILE_OURS;
    if (n == 0)
        return true;
    const uint32_t application = (uint32_t)head[68] << 24 | (uint32_t)head[69] << 16 |
                                 (uint32_t)head[70] << 8 | (uint32_t)head[71];
    if (n < (ssize_t)sizeof(head) || memcmp(head, "SQLite format 3", 16) != 0)
        return is_foreign(h, "is no history of prowl", err);
    if (application != HISTORY_APPLICATION)
        return is_foreign(h, "is a database, but no history of prowl", err);
    return true;
}

static bool open_db(struct history *h, const char *path, struct err *err)
{
    static const char *const settings =
        "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;"
        "PRAGMA cache_size = -16000; PRAGMA journal_size_limit = 67108864;"
        "PRAGMA synchronous = NORMAL;";
    const int flags = h->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    int rc = sqlite3_open_v2(path, &h->db, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_busy_timeout(h->db, HISTORY_BUSY_MS);
    if (rc != SQLITE_OK)
        return history_fail(h, rc, err);
    (void)sqlite3_extended_result_codes(h->db, 1);
    (void)sqlite3_db_config(h->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    (void)sqlite3_db_config(h->db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    (void)sqlite3_db_config(h->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    /* until it is known that this program may write it */
    (void)sqlite3_db_config(h->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    return history_exec(h, settings, err);
}

/* A file of this form, from the start. */
static bool fill_file(struct history *h, struct err *err)
{
    char set[64];
    (void)snprintf(set, sizeof(set), "PRAGMA application_id = %d", HISTORY_APPLICATION);
    return history_exec(h, set, err) && history_upgrade(h, upgrades, HISTORY_VERSION, err) &&
           history_exec(h, "PRAGMA journal_mode = WAL", err);
}

static void close_db(struct history *h)
{
    for (size_t i = 0; i < STMT_COUNT; i++) {
        (void)sqlite3_finalize(h->stmts[i]);
        h->stmts[i] = NULL;
    }
    (void)sqlite3_close(h->db);
    h->db = NULL;
}

/* Made under another name and put in place whole: a reader, and whoever makes it at the same time,
 * finds no file or all of it. */
static bool create_file(struct history *h, struct err *err)
{
    struct buf temp;
    buf_init(&temp, 8192);
    if (!buf_addf(&temp, err, "%s.XXXXXX", h->path)) {
        buf_done(&temp);
        return false;
    }
    const int fd = mkstemp(temp.data);
    bool ok = fd >= 0 || err_why(err, ERR_IO, "%s", strerror(errno));
    if (ok) {
        (void)close(fd);
        ok = open_db(h, temp.data, err);
        if (ok)
            (void)sqlite3_db_config(h->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
        ok = ok && fill_file(h, err);
        close_db(h);
        if (ok && link(temp.data, h->path) != 0 && errno != EEXIST)
            ok = rename(temp.data, h->path) == 0 || err_why(err, ERR_IO, "%s", strerror(errno));
        (void)unlink(temp.data);
    }
    if (!ok)
        (void)err_where(err, "%s", h->path);
    buf_done(&temp);
    return ok;
}

static bool make_folder(const struct history *h, struct err *err)
{
    const size_t slash = sv_find_last(sv_of(h->path), '/');
    char *folder = slash > 0 && h->path[slash] == '/' ? strndup(h->path, slash) : NULL;
    const bool ok = folder == NULL || fs_mkdirs_private(folder, err);
    free(folder);
    return ok;
}

/* Whether the open file is one that this program knows; brings an older one to its form. */
static bool accept_file(struct history *h, struct err *err)
{
    int64_t application = 0, version = 0;
    if (!pragma_int(h, "PRAGMA application_id", &application, err) ||
        !pragma_int(h, "PRAGMA user_version", &version, err))
        return false;
    if (application != HISTORY_APPLICATION)
        return is_foreign(h, "is a database, but no history of prowl", err);
    if (version > HISTORY_VERSION || version < 0)
        return is_foreign(h, "was written by a newer prowl", err);
    if (version < HISTORY_VERSION && h->read_only)
        return is_foreign(h, "was written by an older prowl, and is only to be read", err);
    if (!h->read_only)
        (void)sqlite3_db_config(h->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
    return (h->read_only || history_exec(h, "PRAGMA journal_mode = WAL", err)) &&
           (version == HISTORY_VERSION || history_upgrade(h, upgrades, HISTORY_VERSION, err));
}

static bool open_file(struct history *h, struct err *err)
{
    enum file_state state;
    if (!look_at_file(h, &state, err))
        return err_where(err, "%s", h->path);
    if (state != FILE_OURS && h->read_only) {
        (void)err_where(err, "%s", h->path);
        return err_why(err, ERR_IO, "there is no history yet");
    }
    if (state == FILE_ABSENT) {
        if (!make_folder(h, err) || !create_file(h, err))
            return false;
    }
    return open_db(h, h->path, err) && (state != FILE_EMPTY || fill_file(h, err)) &&
           accept_file(h, err);
}

bool history_open(const struct history_options *options, struct history **ret_history,
                  struct err *err)
{
    struct history *h = calloc(1, sizeof(*h));
    if (h == NULL)
        return err_why(err, ERR_NOMEM, "no memory for the history");
    h->path = strdup(options->path);
    h->version = strdup(options->version != NULL ? options->version : "");
    h->read_only = options->read_only;
    h->batch = options->batch > 0 ? options->batch : 1;
    strmap_init(&h->jobs, HISTORY_MAP_BYTES);
    strmap_init(&h->tests, HISTORY_MAP_BYTES);
    strmap_init(&h->signature_places, HISTORY_MAP_BYTES);
    const bool ok = (h->path != NULL && h->version != NULL) ||
                    err_why(err, ERR_NOMEM, "no memory for the history");
    if (!ok || !open_file(h, err)) {
        history_close(h);
        return false;
    }
    *ret_history = h;
    return true;
}

void history_close(struct history *h)
{
    if (h == NULL)
        return;
    history_rollback(h);
    close_db(h);
    strmap_done(&h->jobs);
    strmap_done(&h->tests);
    strmap_done(&h->signature_places);
    free(h->known);
    free(h->signatures);
    free(h->path);
    free(h->version);
    free(h);
}
