/*
 * reading - what report, scrape and fetch have in common: gather builds, run the pipeline, write.
 */
#ifndef CMD_READING_H
#define CMD_READING_H

#include "commands.h"
#include "outputs.h"
#include "session.h"

struct reading_options {
    const char *stdout_format; /* NULL: nothing on standard output */
    const char *mirror_dir;    /* NULL: no mirror */
    bool tells_run;            /* line protocol tells of the run itself too */
};

/* True with the totals; the exit status follows from them by reading_status. */
bool reading_run(struct session *s, const struct invocation *in,
                 const struct reading_options *options, struct report_totals *ret_totals,
                 struct err *err) MUST_CHECK;
int reading_status(const struct report_totals *t, const char *fail_on);

#endif
