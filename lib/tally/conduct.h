/*
 * conduct - what each rule does on many logs: where it hits, whether it decides, what beats it.
 *
 * In:      judged results; cases of a corpus, and examples of rules as logs of their own.
 * Out:     conduct_of; NULL of a rule that never hit. Analyzers have a conduct too.
 * Rule:    a rule decides where it is one of the verdict's causes. It is shadowed when it never
 *          decides, and one other is among the causes wherever it hits and something is named, which is at least CONDUCT_LEAST times.
 * Owns:    its lists and copies of ids and names, until conduct_done.
 * Errors:  ERR_NOMEM. Threads: one owner.
 */
#ifndef TALLY_CONDUCT_H
#define TALLY_CONDUCT_H

#include "base/strmap.h"
#include "model/result.h"

enum {
    CONDUCT_LEAST = 2, /* one log alone is a chance */
    CONDUCT_MANY = 50, /* of fewer hits, a share of a log's lines says little */
};

enum conduct_of_log { CONDUCT_EXAMPLE, CONDUCT_FAILING, CONDUCT_PASSING };

struct conduct_rule {
    uint64_t logs, examples; /* it hits in; examples are not logs */
    uint64_t decided;        /* of both */
    uint64_t beaten;         /* of both: something else is named */
    uint64_t passing;        /* of logs: passing ones that it hits in */
    uint64_t alarms;         /* of those: it is named as the cause */
    struct sv passing_log;   /* the first */
    uint64_t passing_line;
    uint64_t most_hits,
        most_lines; /* of the log with the largest share of lines, of CONDUCT_MANY hits or
                                       more; 0: none */
    struct sv most_log;
    struct sv rivals[VERDICT_MAX_CAUSES]; /* among the causes wherever it was beaten */
    size_t rival_count;
};

struct conduct {
    struct arena arena;
    struct strmap by_id;
    struct conduct_rule *rules; /* owned */
    size_t count, cap;
    uint64_t logs; /* without examples */
};

void conduct_init(struct conduct *c);
bool conduct_add(struct conduct *c, struct sv name, enum conduct_of_log of, const struct result *r,
                 struct err *err) MUST_CHECK;
const struct conduct_rule *conduct_of(const struct conduct *c, struct sv id);
bool conduct_is_shadowed(const struct conduct_rule *r);
void conduct_done(struct conduct *c);

#endif
