/*
 * outputs - the formats that a run writes at once: one to standard output, others to files, each
 * file atomically.
 *
 * Owns:    reports and open files, until outputs_done; a file that was not committed is removed.
 * Rule:    an output that fails is given up and told at the end; the others are written. A pipe whose
 *          reader has left is no failure.
 * Errors:  ERR_USAGE for an unknown format, a file that cannot be opened or is named twice; ERR_IO
 *          names the file; ERR_STOPPED from outputs_build when nobody reads any more.
 */
#ifndef CMD_OUTPUTS_H
#define CMD_OUTPUTS_H

#include "base/fs.h"
#include "report/report.h"

enum { OUTPUTS_MAX = 16 };

struct output {
    const struct report_format *format;
    struct report *report;
    struct fs_writer writer;
    struct report_out out;
    struct buf pending; /* written in large pieces */
    bool over;          /* failed, or nobody reads it */
};

struct outputs {
    struct output list[OUTPUTS_MAX];
    size_t count;
    struct err failure; /* the first */
};

/* The format's name of a name that a person may use: "influx" is "lp", "human" is "rows". */
struct sv outputs_format_name(struct sv name);

/* stdout_format NULL or "none": nothing on standard output. files: "NAME=FILE". */
bool outputs_open(struct outputs *o, const char *stdout_format, const char *const *files,
                  size_t file_count, const struct report_options *options,
                  struct err *err) MUST_CHECK;
bool outputs_build(struct outputs *o, const struct result *r, struct err *err) MUST_CHECK;
bool outputs_end(struct outputs *o, const struct report_totals *totals, struct err *err) MUST_CHECK;
void outputs_done(struct outputs *o);

#endif
