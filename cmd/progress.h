/*
 * progress - one line on stderr that says how far a run is, while somebody looks at a terminal.
 *
 * Rule:    shown when stderr is a terminal that can move its cursor, and neither --quiet nor CI is
 *          set; erased at the end, so that nothing of it stays.
 * Threads: one owner.
 */
#ifndef CMD_PROGRESS_H
#define CMD_PROGRESS_H

#include "report/report.h"

struct progress {
    bool on, shown;
    int64_t started_ms; /* monotonic; of the builds, not of the listing */
};

void progress_init(struct progress *p, bool quiet);
void progress_say(struct progress *p, const char *text);
void progress_start(struct progress *p); /* the builds begin */
void progress_builds(struct progress *p, const struct report_totals *totals, uint64_t done,
                     uint64_t total);
void progress_end(struct progress *p);

#endif
