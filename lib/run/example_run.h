/*
 * example_run - an example of a rule judged as if it were the whole log of a failed build.
 *
 * In:      a text; the rules, with the triggers of run/triggers.h.
 * Out:     a finished, judged result, the caller's (result_free).
 * Errors:  ERR_NOMEM. Threads: one owner; reused for text after text.
 */
#ifndef RUN_EXAMPLE_RUN_H
#define RUN_EXAMPLE_RUN_H

#include "model/result.h"
#include "run/triggers.h"

struct example_run; /* opaque */

struct example_run *example_run_new(const struct ruleset *rules, const struct triggers *triggers,
                                    struct err *err) MUST_CHECK;
struct result *example_run_judge(struct example_run *e, struct sv text, struct err *err) MUST_CHECK;
void example_run_free(struct example_run *e);

#endif
