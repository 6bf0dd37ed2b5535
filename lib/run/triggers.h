/*
 * triggers - the patterns of all analyzers as one table, for the rule set, and the way back.
 *
 * Out:     trigger i of the table belongs to analyzers[triggers_owner(i).analyzer].
 * Owns:    the table.
 * Threads: const after triggers_init.
 */
#ifndef RUN_TRIGGERS_H
#define RUN_TRIGGERS_H

#include "judge/analyzer.h"
#include "scan/ruleset.h"

enum { TRIGGERS_MAX = 1024, ANALYZERS_MAX = 64 };

struct trigger_owner {
    uint16_t analyzer, trigger;
    bool asks_after;
};

struct triggers {
    struct trigger_pattern patterns[TRIGGERS_MAX];
    struct trigger_owner owners[TRIGGERS_MAX];
    size_t count;
};

bool triggers_init(struct triggers *t, struct err *err) MUST_CHECK;

#endif
