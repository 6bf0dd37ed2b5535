/*
 * nightly - reading builds into the history, and the report of what the history says of a night.
 *
 * Order:   the list, what the history knows of it, the rest read and put, then the report; each build
 *          is committed as it goes, so a run that is killed has done what it had done.
 * Night:   since --since; else since the newest report that is NIGHTLY_APART_MS old, else a day. Run
 *          twice in a night, it tells the same night.
 * Errors:  those of history, reading and the formats. The report is written to all files or the exit
 *          status says so.
 */
#ifndef CMD_NIGHTLY_H
#define CMD_NIGHTLY_H

#include "commands.h"

enum { NIGHTLY_APART_MS = 12 * 3600 * 1000 };

/* path NULL: the default, $XDG_STATE_HOME/prowl/history.db. Returns the exit status. */
int nightly_run(const struct invocation *in, const char *path, struct err *err);

#endif
