/*
 * cost - what each rule costs: the scan time of a sample with all rules, against that without it.
 *
 * In:      packs, a sample of cleaned blocks of whole lines, and a clock that only goes forward.
 * How:     rules are left out in groups first; of the COST_GROUPS groups that cost most, one by one.
 *          Each time is the least of COST_ROUNDS.
 * Out:     the rules that were left out one by one, the costliest first, in per cent of the scan
 *          time with all.
 * Errors:  those of ruleset_load; ERR_NOMEM.
 * Threads: one owner.
 */
#ifndef SCAN_COST_H
#define SCAN_COST_H

#include "scan/ruleset.h"

enum { COST_GROUP_RULES = 16, COST_GROUPS = 2, COST_ROUNDS = 5 };
enum { COST_MAX_RULES = COST_GROUP_RULES * COST_GROUPS };

struct cost_options {
    struct ruleset_options load; /* `disabled` is set here */
    const struct sv *blocks;     /* each ended by a newline */
    size_t block_count;
    int64_t (*clock_ns)(void *user);
    void *user;
};

struct cost_rule {
    char id[128];
    double percent;
};

struct costs {
    struct cost_rule rules[COST_MAX_RULES];
    size_t count;
    uint64_t bytes; /* of the sample */
    double seconds; /* with all rules */
};

bool cost_measure(const struct cost_options *options, struct costs *ret_costs,
                  struct err *err) MUST_CHECK;

#endif
