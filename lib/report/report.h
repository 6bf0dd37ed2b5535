/*
 * report - one interface for every output format; one file a format, one line in formats.def.
 *
 * In:      begin once, then builds in the order of the list, then end with the totals.
 * Out:     bytes through `out`, which the caller wires to a file, stdout or a buffer.
 * Memory:  flat in the number of builds: a format that must say first what it knows last spools to
 *          an unlinked temporary file.
 * Errors:  those of `out`, unchanged; ERR_NOMEM; ERR_IO of the spool.
 * Rule:    log text is made safe for the format; the same results give the same bytes.
 * Threads: one owner (the pipeline's writer).
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "base/buf.h"
#include "model/result.h"

struct report_out {
    bool (*write)(void *user, struct sv bytes, struct err *err);
    void *user;
};

struct report_options {
    int64_t now_ms; /* injected */
    unsigned width; /* columns of text, 0: 100 */
    bool colour;
    bool all_builds;     /* list passing builds too */
    const char *version; /* the program's */
    const char *rules_digest;
    const char *schema; /* of line protocol: "default" or "legacy" */
    bool tells_run;     /* line protocol ends with a line about the run, at now_ms */
    struct sv
        artifacts_url; /* "https://gcsweb.example/gcs", to look around in a bucket; "": none */
};

enum { REPORT_MAX_HOSTS = 16 };

struct report_host {
    struct sv host;
    struct sv reason;
    uint64_t refused;
};

struct report_totals { /* what the run as a whole did */
    uint64_t builds;   /* in the list */
    uint64_t reported; /* of them, those that came out */
    uint64_t outcomes[OUTCOME_COUNT];
    uint64_t explained;             /* builds that did not pass, and so have a verdict */
    uint64_t flaky_builds;          /* passed ones with flaky tests too */
    uint64_t kinds[KIND_COUNT];     /* failed builds by root cause, KIND_UNKNOWN for unnamed ones */
    uint64_t classes[CLASS_COUNT];  /* failed builds by class */
    uint64_t advices[ADVICE_COUNT]; /* failed builds by what to do */
    uint64_t unreadable;            /* builds with a fatal problem */
    uint64_t problems;              /* all problems */
    uint64_t failed_files;          /* that could not be read, or came in part */
    uint64_t wire_bytes, plain_bytes;
    struct report_host hosts[REPORT_MAX_HOSTS];
    size_t host_count;
    uint64_t duplicates;    /* builds that were listed again, and are read once */
    struct sv list_problem; /* the job list was cut or partly unreadable; "" when it was not */
    bool partly;            /* the list of builds was not whole */
    bool incomplete;        /* stopped by a signal or a limit */
};

struct report; /* a format's own state */

struct report_format {
    const char *name;    /* "json" */
    const char *summary; /* for --help */
    const char *suffix;  /* ".json" */
    struct report *(*begin)(const struct report_options *options, const struct report_out *out,
                            struct err *err);
    bool (*build)(struct report *report, const struct result *r, struct err *err);
    bool (*end)(struct report *report, const struct report_totals *totals, struct err *err);
    void (*free)(struct report *report); /* accepts NULL */
};

/* All formats, in the order of formats.def, ended by a NULL: text, md, json, ndjson, csv, lp, rows.
 */
extern const struct report_format *const report_formats[];
const struct report_format *report_format_find(struct sv name);

void report_count(struct report_totals *totals, const struct result *r); /* add one build */

#endif
