/* rules_new - `prowl rules new LOG LINE`: a rule to start from, on standard output. */
#ifndef CMD_RULES_NEW_H
#define CMD_RULES_NEW_H

#include "commands.h"
#include "session.h"

int rules_new(struct session *s, const struct invocation *in, struct err *err);

#endif
