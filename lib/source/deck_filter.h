/*
 * deck_filter - the front page's filter, exactly as the browser applies it, or strictly.
 *
 * In:      the query of a Deck URL; then every build of the list, in order.
 * Out:     the builds that the page would show, without its cap of 500 rows, in the list's order.
 * Rule:    Prow's static/prow/prow.ts. Deck-compatible: a select parameter whose value is not among
 *          the options is ignored, and so are pull and author beside type=periodic or
 *          type=postsubmit. Strict: every parameter counts.
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

/* The URL to read builds from: base is "https://deck". narrow asks the server for the query's
 * repository alone, where it names one; *ret_narrowed tells. A narrowed list may not show whether a
 * value is known to the page: when deck_filter_needs_all then says so, read the whole list. */
bool deck_filter_url(const struct deck_filter *f, struct sv base, bool with_labels, bool narrow,
                     struct arena *a, struct sv *ret_url, bool *ret_narrowed,
                     struct err *err) MUST_CHECK;
bool deck_filter_needs_all(const struct deck_filter *f);

/* Add what is shown to the list. *ret_ignored: parameters that took no effect, "state=scheduling,
 * author=zz", in the arena of list; "" when none. */
bool deck_filter_finish(struct deck_filter *f, struct build_list *list, struct sv *ret_ignored,
                        struct err *err) MUST_CHECK;
void deck_filter_free(struct deck_filter *f); /* accepts NULL */

#endif
