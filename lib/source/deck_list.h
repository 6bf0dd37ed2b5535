/*
 * deck_list - Deck's list of jobs, streamed item by item.
 *
 * In:      plain (decompressed) chunks of any size: /prowjobs.js, {"items":[…]}, or the older
 *          /data.js, an array of flat rows; with or without `var NAME = ` and a final semicolon.
 * Out:     one build an item through the callback; views are loans. deck is set to the given base,
 *          and url leads to that deck, as the links of its page do.
 * How:     items cuts the array; each item then goes through model/json.h, so memory is that of one
 *          item, whatever the size of the list.
 * Errors:  ERR_FORMAT: an HTML page in place of JSON, `{}`, items null or missing, no JSON at all:
 *          each with its own words. A list that breaks off after some items is no error:
 *          summary.truncated. An item that cannot be read is counted and the first is described.
 * Limits:  8 MiB an item, depth 64.
 * Threads: one owner.
 * Source:  Prow's cmd/deck/main.go and pkg/deck/jobs (/prowjobs.js, /data.js).
 */
#ifndef SOURCE_DECK_LIST_H
#define SOURCE_DECK_LIST_H

#include "base/attr.h"
#include "base/err.h"
#include "model/build.h"

typedef bool deck_build_fn(const struct build *build, void *user, struct err *err);

struct deck_list_summary {
    uint64_t items, bad_items;
    bool truncated;
    char bad_why[200]; /* of the first bad item */
    char cut_why[80];  /* where the list breaks off */
};

struct deck_list; /* opaque */

struct deck_list *deck_list_new(struct sv deck, deck_build_fn *fn, void *user,
                                struct err *err) MUST_CHECK;
bool deck_list_feed(struct deck_list *d, struct sv chunk, struct err *err) MUST_CHECK;
bool deck_list_finish(struct deck_list *d, struct deck_list_summary *ret_summary,
                      struct err *err) MUST_CHECK;
void deck_list_free(struct deck_list *d); /* accepts NULL */

#endif
