/*
 * spool - text that is printed after what is known only at the end: kept in an unlinked temporary
 * file, so that memory stays flat.
 * Errors: ERR_IO, ERR_NOMEM. Threads: one owner.
 */
#ifndef REPORT_SPOOL_H
#define REPORT_SPOOL_H

#include "report/report.h"

#include <stdio.h>

struct spool {
    FILE *file; /* owned; NULL until something is added */
};

bool spool_add(struct spool *s, struct sv bytes, struct err *err) MUST_CHECK;
bool spool_copy(struct spool *s, const struct report_out *out, struct err *err) MUST_CHECK;
void spool_done(struct spool *s);

#endif
