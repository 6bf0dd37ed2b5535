/*
 * help - what is printed from the tables of options and commands: --help, the man page, completion.
 */
#ifndef CMD_HELP_H
#define CMD_HELP_H

#include "opt.h"

bool help_program(struct buf *out, struct err *err) MUST_CHECK;
bool help_command(const struct command_info *command, struct buf *out, struct err *err) MUST_CHECK;
bool help_man(struct buf *out, struct err *err) MUST_CHECK;
/* shell: "bash", "zsh" or "fish". */
bool help_completion(struct sv shell, struct buf *out, struct err *err) MUST_CHECK;

#endif
