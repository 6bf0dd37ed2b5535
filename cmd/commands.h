/* commands - one function a subcommand; each returns the exit status. */
#ifndef CMD_COMMANDS_H
#define CMD_COMMANDS_H

#include "opt.h"

enum status {
    STATUS_DONE = 0,
    STATUS_FINDINGS = 1,
    STATUS_USAGE = 2,
    STATUS_PARTLY = 3,
    STATUS_AGAIN = 75,
    STATUS_SIGNAL = 128, /* plus the signal's number */
};

struct invocation {
    struct opt_values *values;
    const struct settings *settings;
    const char *const *arguments;
    size_t argument_count;
};

typedef int command_fn(const struct invocation *in, struct err *err);

int cmd_report(const struct invocation *in, struct err *err);
int cmd_nightly(const struct invocation *in, struct err *err);
int cmd_history(const struct invocation *in, struct err *err);
int cmd_scrape(const struct invocation *in, struct err *err);
int cmd_fetch(const struct invocation *in, struct err *err);
int cmd_rules(const struct invocation *in, struct err *err);
int cmd_corpus(const struct invocation *in, struct err *err);
int cmd_config(const struct invocation *in, struct err *err);
int cmd_completion(const struct invocation *in, struct err *err);
int cmd_man(const struct invocation *in, struct err *err);
int cmd_help(const struct invocation *in, struct err *err);

/* Each writes to standard output and returns the exit status. */
int print_whole(struct buf *text_take, bool ok, struct err *err); /* unless !ok; frees text */
int print_program(struct err *err);                               /* the commands, in short */
int print_help(const struct command_info *c, struct err *err);
int print_version(struct err *err);
int unknown_command(const char *name, struct err *err);

/* The exit status that an error stands for. */
int status_of(const struct err *err);

#endif
