/*
 * transfer - one request inside the engine: what was asked, how far it is, its curl handle.
 * Private to fetch.c and transfer.c.
 */
#ifndef FETCH_TRANSFER_H
#define FETCH_TRANSFER_H

#include "fetch/fetch.h"
#include "fetch/retry.h"

#include <curl/curl.h>
#include <stdatomic.h>

enum { HOST_BYTES = 256, SMALL_HEADER = 128, HEADER_TOTAL = 256 * 1024, SNIPPET_BYTES = 160 };

struct host {
    struct host *next;
    char name[HOST_BYTES]; /* "host:port" */
    struct host_state state;
    int64_t not_before_ms; /* Retry-After of the host */
    char reason[256];      /* why its breaker opened; "" never */
    uint64_t refused;
};

struct transfer {
    struct transfer *next;
    struct fetch *fetch;
    char *url, *first_url; /* owned; first_url is what was asked */
    char *accept, *if_none_match;
    enum fetch_auth auth;
    uint64_t max_body_bytes;
    const struct fetch_calls *calls;
    void *user;
    struct host *host;
    const struct transfer_env *env;
    CURL *easy;
    struct curl_slist *headers;
    char error[CURL_ERROR_SIZE];
    unsigned tries, redirects;
    int64_t ready_ms, started_ms, first_ms;
    uint64_t body_bytes, wire_bytes;
    size_t header_bytes;
    long status;
    int64_t retry_after_ms;
    char etag[SMALL_HEADER], last_modified[SMALL_HEADER], content_type[SMALL_HEADER];
    char location[2048];
    char snippet[SNIPPET_BYTES]; /* the head of an error's body */
    size_t snippet_len;
    bool paused, handed_out, from_public, refused_private, stopped_by_user, probe;
    struct err limit; /* a limit of ours that was passed */
};

/* What the engine shares with the callbacks of a transfer. */
struct transfer_env {
    const struct fetch_options *options;
    const char *version;
    _Atomic uint64_t *in_flight;
    _Atomic bool *any_paused;
};

struct transfer *transfer_new(const struct fetch_request *request, struct err *err);
void transfer_free(struct transfer *t);
bool transfer_set_url(struct transfer *t, const char *url);

/* Set the handle up for one try. */
bool transfer_prepare(struct transfer *t, CURL *easy, const struct transfer_env *env,
                      struct err *err);
void transfer_drop_try(struct transfer *t); /* headers of one try */

/* "https://host/path" without user, query and fragment, for texts. */
void transfer_shown_url(const struct transfer *t, char *text, size_t size);

/* Where a redirect leads, when it may be followed; err says why not. */
bool transfer_redirect(struct transfer *t, const struct fetch_options *o, struct err *err);
bool transfer_host_name(const char *url, char name[HOST_BYTES]);

#endif
