/*
 * history_tell - what a history holds, as rows: for people who ask, and for other programs.
 *
 * Out:     a row at a time, each value with the name of its column; the same columns in every row of a
 *          question. Texts are safe and valid until the row function returns.
 * Units:   columns named _ms are milliseconds since 1970 UTC, 0 not known, durations -1; `day` counts
 *          days since then.
 * Errors:  those of history, and what the row function gives back.
 * Order:   by start, job and id; by name; so that the same history tells the same.
 * Threads: one owner at a time.
 */
#ifndef TALLY_HISTORY_TELL_H
#define TALLY_HISTORY_TELL_H

#include "tally/history.h"

enum history_question {
    TELL_JOBS,
    TELL_BUILDS,
    TELL_TESTS,
    TELL_RESULTS, /* each test of each build, passed ones too */
    TELL_CAUSES,
    TELL_SIGNATURES,
    TELL_DAYS, /* totals of what was pruned; test "" and suite "" are the builds of the job */
    TELL_RUNS,
    TELL_TABLES, /* those above are whole tables */
    /* of the build "ID" or "JOB/ID" */
    TELL_BUILD = TELL_TABLES,
    TELL_BUILD_CAUSES,
    TELL_BUILD_TESTS, /* that did not simply pass */
    TELL_QUESTIONS
};
/* "builds", of whole tables; NULL for others. */
const char *history_table_name(enum history_question table);

enum value_kind { VALUE_NUMBER, VALUE_REAL, VALUE_TEXT };
struct history_value {
    const char *column;
    enum value_kind kind;
    int64_t number;
    double real;
    struct sv text;
};
typedef bool history_row_fn(void *user, const struct history_value *values, size_t count,
                            struct err *err);

/* about: the build that is asked for; "" for whole tables. */
bool history_tell(struct history *h, enum history_question question, struct sv about,
                  history_row_fn *row, void *user, struct err *err) MUST_CHECK;

#endif
