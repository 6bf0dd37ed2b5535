/*
 * history_p - what the files of `history` share: the handle, its statements, cells, names made safe.
 *
 * Rule:    a statement is got from history_stmt, bound, stepped by history_step, and reset as soon as
 *          its rows are used up: an open one would hold a lock.
 */
#ifndef TALLY_HISTORY_P_H
#define TALLY_HISTORY_P_H

#include "base/strmap.h"
#include "tally/cluster.h"
#include "tally/history.h"
#include "tally/history_pack.h"

#include <sqlite3.h>

enum {
    HISTORY_APPLICATION = 0x50524f57, /* "PROW", in the header of the file */
    HISTORY_NAME_BYTES = 1024,        /* of a job, id, suite, class or test */
    HISTORY_TEXT_BYTES = 1024,
    HISTORY_URL_BYTES = 2048,
    HISTORY_MESSAGE_BYTES = 512,
    HISTORY_MAP_BYTES = 1 << 30,
    HISTORY_READY_BYTES = 256 << 20,
    HISTORY_DAY_MS = 24 * 3600 * 1000,
};

#define HISTORY_BUILD_COLUMNS                                                                      \
    "started, finished, outcome, kind, detail, class, advice, infra, flake, retest, optional, "    \
    "incomplete, confidence, summary, excerpt, help, url, log_url, artifact, line, signature, "    \
    "repo, code, base_sha, pulls, profile, type, rules_digest, counts"
#define HISTORY_FAILURE_COLUMNS "rule, kind, detail, artifact, line, offset, signature, excerpt"
enum { HISTORY_BUILD_CELLS = 29, HISTORY_FAILURE_CELLS = 8 };

enum history_stmt {
    STMT_BEGIN,
    STMT_BEGIN_READ,
    STMT_COMMIT,
    STMT_ROLLBACK,
    STMT_PRUNED,
    STMT_JOB_FIND,
    STMT_JOB_ADD,
    STMT_TEST_FIND,
    STMT_TEST_ADD,
    STMT_TEST_TIMES,
    STMT_SIGNATURE,
    STMT_SIGNATURE_TIMES,
    STMT_BUILD_FIND,
    STMT_BUILD_DELETE,
    STMT_RESULT_DELETE,
    STMT_FAILURE_DELETE,
    STMT_BUILD_ADD,
    STMT_RESULT_ADD,
    STMT_FAILURE_ADD,
    STMT_RUN_ADD,
    STMT_RUN_END,
    STMT_LAST_REPORT,
    STMT_BUILDS,
    STMT_PASSED,
    STMT_RESULTS,
    STMT_JOBS,
    STMT_TEST_GET,
    STMT_SIGNATURE_GET,
    STMT_COUNT
};

struct known_test { /* a row of the table test */
    int64_t id, first_seen_ms, first_failed_ms;
    bool changed; /* times to be written before the next commit */
};

struct known_signature { /* a row of the table signature that was written by this handle */
    char hex[SIGNATURE_TEXT_BYTES];
    int64_t first_ms, last_ms;
    bool changed;
};

struct history {
    sqlite3 *db;
    char *path;
    char *version;
    sqlite3_stmt *stmts[STMT_COUNT];
    bool read_only, writing;
    uint32_t batch, pending; /* builds a transaction; in this one */
    int64_t run_id, run_started_ms;
    struct strmap jobs;  /* "provider\nname" to the id */
    struct strmap tests; /* "suite\nclass\nname" to the place in known, from 1 */
    struct known_test *known;
    size_t known_count, known_cap;
    struct strmap signature_places; /* hex to the place in signatures, from 1 */
    struct known_signature *signatures;
    size_t signature_count, signature_cap;
};

/* ---- history.c ---- */

/* Sets why by what SQLite says of rc, and where. */
bool history_fail(const struct history *h, int rc, struct err *err);
bool history_damaged(const struct history *h, const char *what, struct err *err);
bool history_exec(struct history *h, const char *sql, struct err *err) MUST_CHECK;
bool history_stmt(struct history *h, enum history_stmt which, sqlite3_stmt **ret_stmt,
                  struct err *err) MUST_CHECK;
/* A statement of one use; finalize it. */
bool history_prepare(struct history *h, const char *sql, sqlite3_stmt **ret_stmt,
                     struct err *err) MUST_CHECK;
/* *ret_row: there is a row to look at. Resets the statement when there is none. */
bool history_step(struct history *h, sqlite3_stmt *stmt, bool *ret_row, struct err *err) MUST_CHECK;
/* Step a statement that gives no rows. */
bool history_run_stmt(struct history *h, sqlite3_stmt *stmt, struct err *err) MUST_CHECK;

/* The transaction for writing; begin does nothing inside one. Rollback forgets what was cached. */
bool history_write_begin(struct history *h, struct err *err) MUST_CHECK;
void history_rollback(struct history *h);

/* What `upgrades` of a table lacks, in one transaction; each step is SQL text from that version to the
 * next. */
bool history_upgrade(struct history *h, const char *const *steps, int count,
                     struct err *err) MUST_CHECK;

struct sv history_column(sqlite3_stmt *stmt, int column); /* a loan until the next step */
bool history_bind_text(struct history *h, sqlite3_stmt *stmt, int place, struct sv text,
                       struct err *err) MUST_CHECK; /* borrowed until the next bind */
bool history_bind_int(struct history *h, sqlite3_stmt *stmt, int place, int64_t value,
                      struct err *err) MUST_CHECK;

/* A name as it is kept everywhere: safe text; one that is too long is cut and ends in a digest of the
 * whole, so that it stays apart from others. */
bool history_name(struct arena *a, struct sv name, struct sv *ret_name, struct err *err) MUST_CHECK;

/* Builds that started before it were pruned; 0 none were. */
bool history_pruned_before(struct history *h, int64_t *ret_ms, struct err *err) MUST_CHECK;

/* ---- cells: values of a row, bound, compared and digested alike ---- */

enum cell_kind { CELL_INT, CELL_REAL, CELL_TEXT };
struct cell {
    enum cell_kind kind;
    int64_t number;
    double real;
    struct sv text;
};
bool history_bind_cells(struct history *h, sqlite3_stmt *stmt, int first, const struct cell *cells,
                        size_t count, struct err *err) MUST_CHECK;

/* A test of a build as it is digested and kept. */
struct kept_test {
    struct sv suite, class_name, name;
    enum test_outcome outcome;
    uint32_t attempts;
    int64_t duration_ms;
    char signature[SIGNATURE_TEXT_BYTES];
    struct sv message;
    uint64_t line;
    bool informing;
    uint32_t artifact; /* of the result; not kept */
    struct sv text;    /* what the signature is of; not kept */
};
static inline bool history_is_packed(enum test_outcome outcome)
{
    return outcome == TEST_PASSED || outcome == TEST_SKIPPED;
}
int history_test_order(const void *a, const void *b); /* struct kept_test by suite, class, name */
/* The hexadecimal digest of a build: of its row, its tests in order, its failures. */
bool history_digest(const struct cell *build, const struct kept_test *tests, size_t test_count,
                    const struct cell (*failures)[HISTORY_FAILURE_CELLS], size_t failure_count,
                    char ret_hex[33], struct err *err) MUST_CHECK;

/* ---- history_ready.c ---- */

struct failing { /* a text with its signature */
    struct sv text;
    char hex[SIGNATURE_TEXT_BYTES];
};

struct ready { /* a build as its rows */
    struct arena arena;
    struct sv provider, job, id;
    struct cell build[HISTORY_BUILD_CELLS];
    struct cell failures[VERDICT_MAX_CAUSES][HISTORY_FAILURE_CELLS];
    size_t failure_count;
    struct kept_test *tests; /* in order, each once */
    size_t test_count;
    struct failing signatures[1 + VERDICT_MAX_CAUSES]; /* beside those of tests */
    size_t signature_count;
    int64_t started_ms;
    char digest[33];
};
/* Given up by arena_done(&y->arena), also when it fails. */
bool history_make_ready(struct ready *y, const struct result *r, struct sv rules_digest,
                        struct err *err) MUST_CHECK;
/* When a build began, as well as anything knows; 0 when nothing does. */
int64_t history_start_of(const struct result *r);

#endif
