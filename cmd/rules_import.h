/*
 * rules_import - `prowl rules import`: files of another tool to a pack, on standard output or in a file.
 *
 * Out:     the exit status: 0 rules came out; 2 none did, or a file cannot be read or understood; 3 rules
 *          came out and a file of several cannot be read or understood. What was left out goes to
 *          stderr, a line each, and the sum at the end.
 */
#ifndef CMD_RULES_IMPORT_H
#define CMD_RULES_IMPORT_H

#include "commands.h"

int rules_import(const struct invocation *in, struct err *err);

#endif
