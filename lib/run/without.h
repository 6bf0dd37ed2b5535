/*
 * without - a build judged again as if one rule did not exist.
 *
 * In:      a finished, judged result; it is not changed.
 * Out:     the verdict without that rule's findings; its views are the result's or lie in `own`.
 * Limits:  what a last passing build printed is not known here; analyzers are not run again.
 * Errors:  ERR_NOMEM. Threads: no state.
 */
#ifndef RUN_WITHOUT_H
#define RUN_WITHOUT_H

#include "model/result.h"

struct without {
    struct result own; /* its verdict is the answer */
};

bool without_rule(struct without *w, const struct result *r, struct sv id, int64_t now_ms,
                  struct err *err) MUST_CHECK;
void without_done(struct without *w);

#endif
