/*
 * listing - one page of a bucket listing, whatever its form: GCS JSON, GCS or S3 XML, gcsweb HTML;
 *           and pointer files, the links of a bucket.
 *
 * In:      a whole page; the form is told by its content.
 * Out:     entries through a callback, views are loans; how to ask for the next page.
 * Rule:    as GCS, S3 and gcsweb answer: absent arrays, pages without entries but with a token,
 *          encoding-type=url, both namespaces and none, names unescaped.
 * Errors:  ERR_FORMAT; ERR_REFUSED with the server's own message when the page is an error document.
 *          A page that breaks off or is no valid XML gives its entries and is told as damaged.
 * Limits:  32 MiB a page (the caller's cap), 100,000 entries a page.
 * Threads: no state.
 */
#ifndef SOURCE_LISTING_H
#define SOURCE_LISTING_H

#include "model/build.h"

struct listing_entry {
    struct sv name; /* full key; folders without their final '/' */
    bool is_folder;
    uint64_t size;  /* stored bytes; 0 for folders */
    struct sv link; /* pointer metadata: "gs://b/pr-logs/pull/…"; "" when none */
};
typedef bool listing_fn(const struct listing_entry *entry, void *user, struct err *err);

struct listing_next {
    struct sv token; /* in the arena; "" on the last page */
    bool is_marker;  /* token is a key to go on behind, not an opaque word */
    bool damaged;    /* entries are missing */
};

/* base_key: the prefix that was asked for, which gcsweb's relative rows need. */
bool listing_parse(struct sv page, struct sv base_key, listing_fn *fn, void *user, struct arena *a,
                   struct listing_next *ret_next, struct err *err) MUST_CHECK;

/* An HTML page where a file was expected: gcsweb answers so, with status 200, for what is not
 * there. */
bool listing_is_html(struct sv text);

/* The target of a pointer file's text, "gs://bucket/key": store, bucket and key of *ret_place. False
 * with err unset when the text is no pointer. */
bool pointer_parse(struct sv text, struct arena *a, struct build *ret_place, struct err *err);

#endif
