/*
 * cache - bodies by URL and validator, on disk.
 *
 * Shape:   <dir>/v1/<2 hex>/<digest of the URL>: a header line (JSON: url without query, etag,
 *          stored time, status, bytes) and the body as received. Status 404 is kept too, with no
 *          body, when the build is finished.
 * Rule:    entries are written to a temporary name and renamed; a reader sees whole entries or
 *          none. Two processes may share a folder; the size limit is enforced by whoever passes it,
 *          under a lock file, oldest use first (a hit updates the file's time).
 * Errors:  a failed write (disk full, no permission) disables writing for the rest of the run and
 *          is told once through the log; a damaged entry is a miss. Only cache_open fails.
 * Limits:  max_bytes in all (default 10 GiB); one entry at most a quarter of it.
 * Threads: any.
 */
#ifndef FETCH_CACHE_H
#define FETCH_CACHE_H

#include "base/log.h"

struct cache_options {
    const char *dir; /* made when absent, mode 0700 */
    uint64_t max_bytes;
    bool read_only;
    const struct log *log;
};

struct cache; /* opaque */

struct cache *cache_open(const struct cache_options *options, struct err *err) MUST_CHECK;
void cache_close(struct cache *c);

struct cache_hit {
    int fd;      /* owned by the caller; positioned at the body; -1 when status is 404 */
    long status; /* 200 or 404 */
    uint64_t body_bytes;
    char etag[128];
};
bool cache_find(struct cache *c, struct sv url, struct cache_hit *ret_hit); /* false: a miss */

/* Write an entry as chunks arrive. NULL when the cache does not write. */
struct cache_entry *cache_begin(struct cache *c, struct sv url);
void cache_add(struct cache_entry *e, struct sv chunk);
void cache_commit_take(struct cache_entry *e, long status, struct sv etag);
void cache_abandon_take(struct cache_entry *e);

struct cache_stats {
    uint64_t hits, misses, stored_bytes, evicted;
    bool write_failed;
};
void cache_stats(struct cache *c, struct cache_stats *ret_stats);

#endif
