/*
 * deck_pages - Deck's HTML pages: job history, and the Spyglass page of one build.
 *
 * In:      a whole page (32 MiB at most, by the caller's cap).
 * Out:     builds, and the link to older ones; the links of a Spyglass page by their text.
 * Rule:    prow.md 1.5 (rows with an empty ID skipped; buildId inclusive, so rows already seen are
 *          dropped by build_list), 1.6.
 * Errors:  ERR_FORMAT: the page holds no `var allBuilds`, or an error text.
 */
#ifndef SOURCE_DECK_PAGES_H
#define SOURCE_DECK_PAGES_H

#include "source/build_list.h"

/* page_url: where the page came from, for the deck's base and relative links. *ret_older: absolute
 * URL of the "Older Runs" link in arena a; "" at the end. */
bool deck_history_parse(struct sv page, struct sv page_url, struct build_list *list,
                        struct arena *a, struct sv *ret_older, struct err *err) MUST_CHECK;

struct spyglass_links {
    struct sv yaml, artifacts, pr, history;
}; /* absolute; "" when absent */
bool deck_view_parse(struct sv page, struct sv page_url, struct arena *a,
                     struct spyglass_links *ret_links, struct err *err) MUST_CHECK;

#endif
