/*
 * cache - bodies by URL and validator, on disk.
 *
 * Shape:   <dir>/v1/<2 hex>/<digest of the URL>: a header (status, length, checksum, validators) and
 *          the body as received. Status 404 is kept too, with no body.
 * Rule:    entries are written to a temporary name and renamed; a reader sees whole entries or
 *          none. An entry whose checksum is wrong is removed and a miss. Two processes may share a
 *          folder. Whoever has added a sixteenth of the size limit, or ends, looks whether the limit
 *          is passed, and then makes room under a lock file, oldest use first (a hit updates the
 *          file's time); while another does so it is left to that one.
 * Settled: a mark on a URL: what lies below it will not change any more. cache_settle sets it.
 * Errors:  a failed write (disk full, no permission) disables writing for the rest of the run and
 *          is told once through the log; only cache_open fails.
 * Limits:  max_bytes in all, by blocks on disk; one entry at most a quarter of it.
 * Threads: any.
 */
#ifndef FETCH_CACHE_H
#define FETCH_CACHE_H

#include "base/log.h"

struct cache_options {
    const char *dir; /* made when absent, mode 0700 */
    uint64_t max_bytes;
    const struct log *log;
};

struct cache; /* opaque */

struct cache *cache_open(const struct cache_options *options, struct err *err) MUST_CHECK;
void cache_close(struct cache *c); /* NULL is fine */

enum { CACHE_VALIDATOR_BYTES = 128 };

struct cache_hit {
    int fd;      /* owned by the caller; positioned at the body; -1 when status is 404 */
    long status; /* 200 or 404 */
    uint64_t body_bytes;
    char etag[CACHE_VALIDATOR_BYTES], last_modified[CACHE_VALIDATOR_BYTES]; /* "" for none */
};
bool cache_find(struct cache *c, struct sv url, struct cache_hit *ret_hit); /* false: a miss */

/* Write an entry as chunks arrive. NULL when the cache does not write. */
struct cache_entry *cache_begin(struct cache *c, struct sv url);
void cache_add(struct cache_entry *e, struct sv chunk);
void cache_commit_take(struct cache_entry *e, long status, struct sv etag, struct sv last_modified);
void cache_abandon_take(struct cache_entry *e);

bool cache_is_settled(struct cache *c, struct sv url);
void cache_settle(struct cache *c, struct sv url);

struct cache_stats {
    uint64_t hits, misses, damaged, stored_bytes, evicted;
    bool write_failed;
};
void cache_stats(struct cache *c, struct cache_stats *ret_stats);

#endif
