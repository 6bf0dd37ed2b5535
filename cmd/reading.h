/*
 * reading - what report, scrape and fetch have in common: gather builds, run the pipeline, write.
 */
#ifndef CMD_READING_H
#define CMD_READING_H

#include "commands.h"
#include "outputs.h"
#include "session.h"

/* What a command does beside writing formats. */
struct reading_hooks {
    /* Which builds of the list are read: true in wanted[], one a build. Called once; may be NULL. */
    bool (*choose)(void *user, const struct build_list *list, bool *wanted, struct err *err);
    /* Each result, in order, before the formats have it; may be NULL. */
    bool (*emit)(void *user, const struct result *r, struct err *err);
    void *user;
};

struct reading_options {
    const char *stdout_format; /* NULL: nothing on standard output */
    const char *mirror_dir;    /* NULL: no mirror */
    bool tells_run;            /* line protocol tells of the run itself too */
    struct reading_hooks hooks;
};

/* True with the totals; the exit status follows from them by reading_status. */
bool reading_run(struct session *s, const struct invocation *in,
                 const struct reading_options *options, struct report_totals *ret_totals,
                 struct err *err) MUST_CHECK;
int reading_status(const struct report_totals *t, const char *fail_on);

#endif
