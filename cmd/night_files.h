/*
 * night_files - the nightly report written in every format that was asked for, each file atomically.
 *
 * Errors:  ERR_USAGE when two formats name one file; ERR_IO names the file; ERR_NOMEM. The first error
 *          is told, the other files are written.
 */
#ifndef CMD_NIGHT_FILES_H
#define CMD_NIGHT_FILES_H

#include "report/night_report.h"
#include "settings.h"

bool night_files_write(const struct night_settings *files, bool text_to_stdout,
                       const struct night *night, const struct report_options *options,
                       struct err *err) MUST_CHECK;

/* One format to memory. */
bool night_files_render(const char *format, const struct night *night,
                        const struct report_options *options, struct buf *ret_text,
                        struct err *err) MUST_CHECK;

#endif
