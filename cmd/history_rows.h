/*
 * history_rows - rows of a history on standard output: as CSV, as NDJSON, as "name value" lines.
 *
 * Rule:    CSV is RFC 4180, as the report's: text in quotes, and what a spreadsheet would take for a
 *          formula with an apostrophe in front. NDJSON holds texts as they are.
 * Owns:    its buffer, until history_rows_done.
 * Errors:  ERR_NOMEM; ERR_IO when standard output takes no more, ERR_STOPPED when nobody reads it.
 */
#ifndef CMD_HISTORY_ROWS_H
#define CMD_HISTORY_ROWS_H

#include "base/buf.h"
#include "tally/history_tell.h"

enum rows_form { ROWS_CSV, ROWS_NDJSON, ROWS_LINES };

struct history_rows {
    enum rows_form form;
    struct buf text;
    uint64_t count;
};

void history_rows_init(struct history_rows *r, enum rows_form form);
/* A history_row_fn; user is a struct history_rows. */
bool history_rows_add(void *user, const struct history_value *values, size_t count,
                      struct err *err);
void history_rows_done(struct history_rows *r);

#endif
