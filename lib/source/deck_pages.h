/*
 * deck_pages - Deck's HTML pages: job history, and the Spyglass page of one build.
 *
 * In:      a whole page (32 MiB at most, by the caller's cap).
 * Out:     builds, and the link to older ones; the links of a Spyglass page by their text.
 * Rule:    as Prow's cmd/deck/job_history.go writes them: rows with an empty ID are counted as lost
 *          (Deck could not resolve the pointer, and then writes such a row over the page's first
 *          one too); buildId is inclusive. Links of Spyglass (pkg/spyglass) by their text.
 *          A link to older rows that leaves the host is none.
 * Errors:  ERR_FORMAT: the page holds no `var allBuilds`, with its own words when it is a text.
 *          Rows that cannot be read are counted; rows before a cut are kept.
 * Threads: no state.
 */
#ifndef SOURCE_DECK_PAGES_H
#define SOURCE_DECK_PAGES_H

#include "source/deck_list.h"

struct deck_history {
    struct sv older;   /* absolute URL of "Older Runs"; "" at the end */
    uint64_t rows;     /* read */
    uint64_t lost;     /* without an id */
    bool first_lost;   /* the page's first row is among them */
    uint64_t bad_rows; /* no object, or without what a row needs */
    bool truncated;    /* the page breaks off within its rows */
};

/* page_url: where the page came from, for the deck's base and relative links. fn gets a build a
 * row; its views are in a. */
bool deck_history_parse(struct sv page, struct sv page_url, deck_build_fn *fn, void *user,
                        struct arena *a, struct deck_history *ret_history,
                        struct err *err) MUST_CHECK;

struct spyglass_links { /* absolute; "" when absent */
    struct sv yaml, artifacts, pr, history;
};
bool deck_view_parse(struct sv page, struct sv page_url, struct arena *a,
                     struct spyglass_links *ret_links, struct err *err) MUST_CHECK;

#endif
