/*
 * fetch - the transfer engine: one thread, curl multi under epoll, any number of requests.
 *
 * In:      requests, from any thread.
 * Out:     callbacks on the engine's thread: zero or more body chunks as received (still
 *          compressed; Accept-Encoding: gzip is sent, libcurl never decodes), a restart before the
 *          body of a further try begins again, and exactly one done. Only bodies of a 2xx answer
 *          are handed out. Callbacks must be quick and may submit.
 * Retry:   connection errors, 408 429 500 502 503 504, short bodies: exponential with full jitter,
 *          Retry-After (seconds or date) as a lower bound. 404 is an answer. A host that only fails
 *          is asked by one request at a time, and after a while left alone (fetch/retry.h): then its
 *          requests fail at once, with the reason.
 * Flow:    bytes handed out and not released (fetch_release) are in flight. Past
 *          max_in_flight_bytes nothing new is started and transfers are paused; one that has waited
 *          for low_speed_ms gets a chunk through, so that it cannot wait for ever.
 * Limits:  bytes on the wire, redirects, header bytes, low speed, and a deadline for a request with
 *          all its tries (time that this side kept it paused left out); http and https only; no
 *          redirect to another scheme but from http to https, nor from a public address to
 *          loopback, link-local or private ones unless allow_private.
 * Secrets: the bearer token goes to the named hosts only; names and passwords of netrc and S3's
 *          signature to the host that was asked only, never to where it redirects; a URL that holds
 *          a password is refused.
 * Errors:  in done; ERR_TRANSIENT after the last try, ERR_REFUSED for a final answer, ERR_LIMIT,
 *          ERR_USAGE, ERR_STOPPED. Texts name the URL without query and never a credential.
 * Owns:    its thread, handles, timers. Request views are copied by fetch_submit.
 * Threads: fetch_submit, fetch_release, fetch_stop from any thread.
 */
#ifndef FETCH_FETCH_H
#define FETCH_FETCH_H

#include "base/buf.h"
#include "base/log.h"
#include "fetch/proxy.h"

enum { FETCH_PARALLEL_MOST = 128 };

struct fetch_options {
    unsigned parallel;                        /* transfers at once; 0: adapts between 8 and 128 */
    unsigned per_host;                        /* connections a host; 0: as parallel, 32 at most */
    unsigned tries;                           /* 0: 5 */
    int64_t backoff_first_ms, backoff_max_ms; /* 0: 500, 30000 */
    int64_t connect_timeout_ms;               /* 0: 10000 */
    int64_t low_speed_ms;         /* less than FETCH_LOW_SPEED bytes/s for so long; 0: 30000 */
    int64_t deadline_ms;          /* a request in all; 0: 600000 */
    int64_t host_budget_ms;       /* a host that only fails for so long is left alone; 0: 20000 */
    uint64_t max_body_bytes;      /* 0: 4 GiB */
    uint64_t max_in_flight_bytes; /* 0: 64 MiB */
    unsigned max_redirects;       /* 0: none is followed */
    bool allow_private;           /* redirects from public to private addresses */
    bool http1;                   /* do not try HTTP/2 */
    const char *user_agent;       /* NULL: "prowl/VERSION" */
    const char *ca_file;          /* NULL: the system's */
    const char *bearer_token;     /* NULL: none; never shown */
    const char *bearer_hosts;     /* comma-separated host or host:port that get it; NULL: none */
    const char *netrc_file;       /* NULL: none */
    struct proxy_options proxy;
    const char *s3_access_key, *s3_secret_key, *s3_token; /* NULL: requests are not signed */
    const char *s3_region;                                /* NULL: us-east-1 */
    uint64_t random_seed;                                 /* of the jitter */
    const struct log *log;
};

enum { FETCH_LOW_SPEED = 64 };

enum fetch_auth { FETCH_AUTH_BEARER, FETCH_AUTH_S3, FETCH_AUTH_NONE };

struct fetch_answer {
    long status;         /* HTTP; 0 when there was none */
    uint64_t wire_bytes; /* of bodies, those of earlier tries too */
    unsigned tries;
    int64_t took_ms;
    struct sv url;                               /* final one, without query */
    struct sv etag, last_modified, content_type; /* "" when absent */
    bool measured;    /* the body's end was marked: by a length, chunks, or HTTP/2 */
    struct sv reason; /* a store's word for an error: "AccessDenied" */
};

struct fetch_calls {
    /* A chunk: to be released by fetch_release sooner or later, also when the answer is false, which
     * ends the transfer. */
    bool (*body)(void *user, struct sv chunk, struct err *err);
    void (*restart)(void *user); /* may be NULL: then no retry after the first chunk */
    void (*done)(void *user, const struct fetch_answer *answer, const struct err *err);
};

struct fetch_request {
    struct sv url;
    enum fetch_auth auth;
    struct sv accept;                /* a header's value; "" for none */
    struct sv if_none_match;         /* an ETag; "" for none; then 304 is an answer */
    struct sv if_modified_since;     /* a date as the server gave it; "" for none; likewise */
    uint64_t max_body_bytes;         /* 0: the option's */
    const struct fetch_calls *calls; /* static */
    void *user;
};

struct fetch; /* opaque */

struct fetch *fetch_new(const struct fetch_options *options, struct err *err) MUST_CHECK;
bool fetch_submit(struct fetch *f, const struct fetch_request *request, struct err *err) MUST_CHECK;
void fetch_release(struct fetch *f, uint64_t bytes);
/* So many bytes of one body are to be worked on before the body is whole. Less in each of all
 * transfers is half of what may be in flight: bodies that nobody has begun can never fill it. */
uint64_t fetch_piece_bytes(const struct fetch *f);
void fetch_stop(struct fetch *f); /* async-signal-safe: every request ends with ERR_STOPPED */
void fetch_free(struct fetch *f); /* stops, joins; NULL is fine */

struct fetch_host_report { /* for the report: a host that was left alone */
    char host[256];
    char reason[256];
    uint64_t refused; /* requests that failed because of it */
};
/* In the order of their names. Returns how many were written. */
size_t fetch_host_reports(struct fetch *f, struct fetch_host_report *ret_reports, size_t room);

struct fetch_totals {
    uint64_t requests, retries, wire_bytes, failures;
    uint64_t pauses;   /* how often a transfer had to wait for its bytes to be worked off */
    unsigned parallel; /* what the adaptive limit settled on */
};
void fetch_totals(struct fetch *f, struct fetch_totals *ret_totals);

const char *fetch_library_version(void); /* "libcurl/7.88.1 OpenSSL/3.0.22 … nghttp2/1.52.0" */

#endif
