/*
 * config_file - options from a YAML file: a mapping of option names to values or lists, and one
 * mapping a command (`report:`), its section, which wins over the rest of the file.
 *
 * Errors:  ERR_USAGE with file, line and column; a near name for an unknown option.
 * Limits:  1 MiB.
 */
#ifndef CMD_CONFIG_FILE_H
#define CMD_CONFIG_FILE_H

#include "opt.h"

struct config_file {
    const char *path;
    enum opt_origin origin; /* of the file; a section's is one more */
    bool needed;            /* else it may be absent */
    bool is_folders;        /* found in the working folder: only what a stranger may set */
};

/* command: whose options; section: of which command the section is read, 0: of none. */
bool config_file_read(struct opt_values *v, unsigned command, unsigned section,
                      const struct config_file *file, struct err *err) MUST_CHECK;

#endif
