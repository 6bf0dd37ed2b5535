/*
 * score - results held against labels: precision, recall, confusion, calibration.
 *
 * In:      one struct score_case a log.
 * Out:     counts; shares are made of them when they are shown, with a Wilson interval.
 * Rule:    a kind that is accepted beside the label counts as the label. Of a rule: `named` are the
 *          logs of which it is the root cause, `right` those of them whose kind is right, `wanted`
 *          the logs it hits in whose kind is right or the rule's own. Calibration is over the logs of
 *          which a rule named the cause.
 * Owns:    the list of rules, with copies of their ids, until score_done.
 * Errors:  ERR_NOMEM. Threads: one owner.
 */
#ifndef TALLY_SCORE_H
#define TALLY_SCORE_H

#include "base/strmap.h"
#include "model/cause.h"

enum {
    SCORE_NONE = KIND_COUNT, /* no cause; KIND_UNKNOWN: failed, and nothing names why */
    SCORE_KINDS,
    SCORE_BINS = 7,
    SCORE_MAX_RULES = 64, /* of one log */
};

struct score_share { /* of a number of things, how many */
    uint64_t hits, of;
};

struct score_interval { /* 95 % */
    double low, high;
};

struct score_hit { /* a rule that hit in the log */
    struct sv id;
    enum cause_kind kind;
};

struct score_case {
    unsigned wanted, got;         /* enum cause_kind, or SCORE_NONE */
    bool right;                   /* got is wanted, or accepted beside it */
    bool lined, line_right;       /* it is known which line is the cause; and it was shown */
    bool by_rule;                 /* got was named by a rule or an analyzer */
    double confidence;            /* stated, 0..1 */
    struct sv root;               /* the finding that named it; "" none */
    const struct score_hit *hits; /* each rule once */
    size_t hit_count;
};

struct score_kind {
    uint64_t wanted, got, right;
};

struct score_rule {
    struct sv id;
    uint64_t hits, named, right, wanted;
};

struct score_bin {
    double from, to; /* of the stated confidence; to is not in it, 1 aside */
    double stated;   /* sum */
    struct score_share right;
};

struct score {
    struct score_kind kinds[SCORE_KINDS];
    uint64_t confusion[SCORE_KINDS][SCORE_KINDS]; /* wanted, got */
    struct score_bin bins[SCORE_BINS];
    struct strmap rules_by_id;
    struct score_rule *rules; /* owned, in order of first appearance until score_sort */
    size_t rule_count, rule_cap;
    struct score_share named, right, lines,
        quiet; /* named: of failed logs; right and lines: of named ones; quiet: of passing ones */
};

void score_init(struct score *s);
bool score_add(struct score *s, const struct score_case *one, struct err *err) MUST_CHECK;
void score_sort(struct score *s); /* rules by id; nothing may be added after it */
void score_done(struct score *s);

struct score_interval score_wilson(struct score_share share);
const char *score_kind_name(unsigned kind); /* "none" for SCORE_NONE */

#endif
