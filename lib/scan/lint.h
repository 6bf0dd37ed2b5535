/*
 * lint - doubts about rules that load: what costs time, cannot fire, or is not tried.
 *
 * In:      a set that was loaded with now_ms = 0, so that expired rules are in it.
 * Out:     one line a doubt, "pack:line:col: warning: rule id: …", in order of id.
 * Checks:  examples of both kinds, and how many; every pattern of `any` tried by an example; a literal of 4 bytes in
 *          every branch; no .* at either end, no line end; no run-away matching on long lines; `explains` names
 *          something; not expired.
 * Errors:  ERR_NOMEM.
 */
#ifndef SCAN_LINT_H
#define SCAN_LINT_H

#include "scan/ruleset.h"

struct lint_options {
    int64_t now_ms;
    unsigned first_pack;     /* rules of packs before this number are not looked at */
    const struct sv *others; /* what makes findings beside rules: analyzers' names */
    size_t other_count;
    size_t least_examples; /* of each kind that a rule must have; one in any case */
};

bool lint_rules(const struct ruleset *set, const struct lint_options *options,
                ruleset_complain_fn *fn, void *user, uint64_t *ret_doubts,
                struct err *err) MUST_CHECK;

/* The longest run of literal bytes that every match of the pattern holds. */
size_t lint_literal(struct sv pattern);

/* The pattern wants a line end, and what it is tried on has none. */
bool lint_crosses_lines(struct sv pattern);

#endif
