/*
 * deck_filter - the front page's filter, exactly as the browser applies it, or strictly.
 *
 * In:      the query of a Deck URL; then every build of the list, in order.
 * Out:     the builds that the page would show, without its cap of 500 rows, in the list's order.
 * Rule:    prow.md 1.3. Deck-compatible: a select parameter whose value is not among the options is
 *          ignored. Strict: it matches nothing.
 * Memory:  option sets, and the builds that pass the job test (they alone can be shown).
 * Errors:  ERR_NOMEM, ERR_LIMIT.
 * Threads: one owner.
 */
#ifndef SOURCE_DECK_FILTER_H
#define SOURCE_DECK_FILTER_H

#include "source/build_list.h"

struct deck_filter; /* opaque */

/* query: what follows '?', '#' cut off; may be empty. */
struct deck_filter *deck_filter_new(struct sv query, bool strict, struct err *err) MUST_CHECK;
bool deck_filter_add(struct deck_filter *f, const struct build *build, struct err *err) MUST_CHECK;
/* Add what is shown to the list. *ret_ignored: parameters that took no effect, "state=scheduling,
 * author=zz", in the arena of list; "" when none. */
bool deck_filter_finish(struct deck_filter *f, struct build_list *list, struct sv *ret_ignored,
                        struct err *err) MUST_CHECK;
void deck_filter_free(struct deck_filter *f);

/* The URL of the list for a front-page URL: "https://deck/prowjobs.js?omit=…" plus org= and repo=
 * when the query names a repo (always filtered again here). with_labels keeps labels and pod_spec.
 */
bool deck_list_url(struct sv page_url, bool with_labels, struct arena *a, struct sv *ret_url,
                   struct err *err) MUST_CHECK;

#endif
