/*
 * config_file - options from a YAML file: a mapping of option names to values or lists, and one
 * mapping a command (`report:`) for that command alone.
 * Errors: ERR_USAGE with file, line and column.
 */
#ifndef CMD_CONFIG_FILE_H
#define CMD_CONFIG_FILE_H

#include "opt.h"

/* A file that is not there is fine unless needed. */
bool config_file_read(struct opt_values *v, unsigned command, const char *path, bool needed,
                      enum opt_origin origin, struct err *err) MUST_CHECK;

#endif
