/*
 * help - what is printed from the tables of options and commands: --help here, the manual page in
 * man.c, completion in completion.c.
 *
 * Rule:    nothing about an option is written anywhere but in its row of the table.
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
