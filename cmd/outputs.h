/*
 * outputs - the formats that a run writes at once: one to standard output, others to files, each
 * file atomically.
 *
 * Owns:    reports and open files, until outputs_done; a file that was not committed is removed.
 * Errors:  ERR_USAGE for an unknown format; ERR_IO names the file.
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
    struct buf pending; /* standard output is written in large pieces */
};

struct outputs {
    struct output list[OUTPUTS_MAX];
    size_t count;
};

/* stdout_format NULL or "none": nothing on standard output. files: "NAME=FILE". */
bool outputs_open(struct outputs *o, const char *stdout_format, const char *const *files,
                  size_t file_count, const struct report_options *options,
                  struct err *err) MUST_CHECK;
bool outputs_build(struct outputs *o, const struct result *r, struct err *err) MUST_CHECK;
bool outputs_end(struct outputs *o, const struct report_totals *totals, struct err *err) MUST_CHECK;
void outputs_done(struct outputs *o);

#endif
