/*
 * transfer - one request inside the engine: what was asked, how far it is, its curl handle. It knows
 * how one try is set up, what its answer says, and where it is redirected. Private to lib/fetch.
 *
 * Owns:    copies of the request's texts; the headers of one try. The easy handle is the engine's.
 * Threads: the engine's, once submitted.
 */
#ifndef FETCH_TRANSFER_H
#define FETCH_TRANSFER_H

#include "fetch/fetch.h"

#include <curl/curl.h>
#include <stdatomic.h>

enum { HOST_BYTES = 256, SMALL_HEADER = 128, SNIPPET_BYTES = 512 };

struct host; /* engine.h */

/* What the engine shares with the callbacks of its transfers. */
struct transfer_env {
    const struct fetch_options *options; /* with defaults filled in */
    const char *version;
    _Atomic uint64_t in_flight;
    _Atomic bool any_paused;
    uint64_t pauses; /* the engine's thread only */
};

struct transfer {
    struct transfer *next;
    char *url, *first_url;                            /* owned; first_url is what was asked */
    char *accept, *if_none_match, *if_modified_since; /* owned */
    enum fetch_auth auth;
    uint64_t max_body_bytes; /* the request's, or the option's */
    const struct fetch_calls *calls;
    void *user;
    struct host *host; /* of url */
    struct transfer_env *env;
    CURL *easy; /* NULL between tries */
    struct curl_slist *headers;
    unsigned tries, redirects;
    int64_t ready_ms;                /* not before */
    int64_t first_ms, sent_ms;       /* the first try; this one */
    int64_t deadline_ms;             /* 0 before the first try */
    int64_t waited_ms;               /* paused, so far; the engine's ticks count it */
    bool probe;                      /* for whether its host is back */
    bool from_public;                /* some hop so far was a public host */
    bool handed_out;                 /* a chunk of this try */
    bool paused;                     /* until bytes in flight are worked off */
    bool let_through;                /* one chunk, whatever is in flight */
    uint64_t body_bytes, wire_bytes; /* of this try; of all */
    /* the answer of this try */
    char error[CURL_ERROR_SIZE];
    struct err limit; /* a limit of ours that was passed, or what the body's taker said */
    bool refused_private, headers_done, enough, via_proxy, measured;
    size_t header_bytes;
    long status;
    int64_t retry_after_ms;
    char etag[SMALL_HEADER], last_modified[SMALL_HEADER], content_type[SMALL_HEADER];
    char stored_length[24], stored_encoding[16], encoding[16];
    char location[2048];
    char reason[64];
    char snippet[SNIPPET_BYTES]; /* the head of an error's body */
    size_t snippet_len;
    char last_why[160]; /* of the try before */
};

struct transfer *transfer_new(const struct fetch_request *request, struct transfer_env *env,
                              struct err *err) MUST_CHECK;
void transfer_free(struct transfer *t);
bool transfer_set_url(struct transfer *t, const char *url);

/* Set the handle up for one try. */
bool transfer_prepare(struct transfer *t, CURL *easy, struct err *err) MUST_CHECK;
void transfer_drop_try(struct transfer *t); /* the handle is free again */

/* What one try came to. err is left empty when it is an answer, a redirect included. */
enum transfer_news {
    NEWS_SOUND,     /* the host answered */
    NEWS_NONE,      /* nothing is learnt of the host */
    NEWS_FAILED,    /* the host failed */
    NEWS_CONDEMNED, /* and will fail every time */
};
enum transfer_news transfer_judge(struct transfer *t, CURLcode code, struct err *err);

/* Transfers in a line: first come, first served. */
struct transfer_queue {
    struct transfer *first, *last;
};
void transfer_queue_add(struct transfer_queue *q, struct transfer *t);
void transfer_queue_push(struct transfer_queue *q, struct transfer *t); /* in front of all */
struct transfer *transfer_queue_take(struct transfer_queue *q); /* the first; NULL when empty */

/* "https://host/path" without user, query and fragment, for texts. */
void transfer_shown_url(const struct transfer *t, char *text, size_t size);

bool transfer_is_redirect(const struct transfer *t);
/* Turn to where a redirect leads, when it may be followed; err says why not. */
bool transfer_follow(struct transfer *t, struct err *err) MUST_CHECK;
/* "host:port"; false when the URL is none. */
bool transfer_host_name(const char *url, char name[HOST_BYTES]);

#endif
