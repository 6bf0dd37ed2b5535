/*
 * history - builds, tests, results and failures of all runs, in one SQLite file.
 *
 * In:      judged results, one build at a time; a build that is there already is replaced whole.
 * Out:     what is known of a build; windows (tally/window.h); tables for people (history_tell.h).
 * Shape:   STRICT tables, versioned by user_version and upgraded when opened; README.md tells
 *          them. A build's passed tests are one packed value; others are rows. Pruned builds leave
 *          totals by job, test and day.
 * Errors:  ERR_USAGE: a file that is no history, or of a newer prowl: it is left as it is. ERR_FORMAT:
 *          a damaged one. ERR_IO: disk full, no permission, locked for longer than
 *          HISTORY_BUSY_MS. All name the file.
 * Crashes: a build is written in one transaction, or not at all; what history_commit returned from is
 *          there after kill -9.
 * Sharing: several processes may have it open; writers wait for each other (BEGIN IMMEDIATE).
 * Threads: one owner at a time.
 * Source:  sqlite.org: lang_transaction, wal, stricttables, pragma.
 */
#ifndef TALLY_HISTORY_H
#define TALLY_HISTORY_H

#include "tally/window.h"

enum {
    HISTORY_VERSION = 1,
    HISTORY_BUSY_MS = 30 * 1000,
    HISTORY_EXCERPT_BYTES = 4096,
    HISTORY_BATCH = 200, /* builds a transaction, where they come without a pause */
};

struct history;

struct history_options {
    const char *path;
    bool read_only; /* a file that is not there is an error then */
    uint32_t batch; /* builds a transaction; 0: 1. Others cannot write while it is open, so more
                            than one only where builds come without a pause */
    const char *version; /* the program's */
};

bool history_open(const struct history_options *options, struct history **ret_history,
                  struct err *err) MUST_CHECK;
/* Gives up what was not committed. Accepts NULL. */
void history_close(struct history *h);

/* ---- writing ---- */

enum history_known {
    HISTORY_NEW,         /* never seen, or not finished then */
    HISTORY_SAME,        /* there, judged by the same rules */
    HISTORY_OTHER_RULES, /* there, judged by others */
    HISTORY_PRUNED,      /* older than what prune left: must not be counted again */
};
bool history_knows(struct history *h, const struct build *build, struct sv rules_digest,
                   enum history_known *ret_known, struct err *err) MUST_CHECK;

/* One run of prowl; builds put between begin and end belong to it. */
struct history_run {
    int64_t started_ms;
    int64_t finished_ms; /* at the end; 0: started_ms */
    struct sv rules_digest, sources;
    uint64_t listed, read, kept, rejudged, unreadable, problems; /* counts; at the end */
    const struct sv *troubles;                                   /* a line each; at the end */
    size_t trouble_count;
    bool incomplete;
    bool reported; /* a report was made of it: the next one tells what changed since */
};
bool history_begin_run(struct history *h, const struct history_run *run,
                       struct err *err) MUST_CHECK;
bool history_end_run(struct history *h, const struct history_run *run, struct err *err) MUST_CHECK;
/* The newest run that ended, was reported and began before; *ret_ms 0 for none. */
bool history_last_report(struct history *h, int64_t before_ms, int64_t *ret_ms,
                         struct err *err) MUST_CHECK;

/* Inside a transaction that it opens when none is, and commits after `batch` builds. Builds that have
 * not finished are kept too, and replaced later. *ret_changed: it was not there in this form; else
 * nothing is written, and nothing is locked. A build older than what prune left is not put. After an
 * error what was put since the last commit is not there. */
bool history_put(struct history *h, const struct result *r, struct sv rules_digest,
                 bool *ret_changed, struct err *err) MUST_CHECK;
bool history_commit(struct history *h, struct err *err) MUST_CHECK;

/* ---- reading ---- */

/* Commits; then builds that started in [from, to), of these jobs (globs) only, when there are any: one
 * state of the file, whatever others write meanwhile. */
bool history_window(struct history *h, int64_t from_ms, int64_t to_ms, const struct sv *jobs,
                    size_t job_count, struct window *ret_window, struct err *err) MUST_CHECK;

#endif
