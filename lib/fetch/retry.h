/*
 * retry - when a failed try is repeated, and when a host is left alone. Pure: time and random
 * numbers are handed in.
 *
 * Units:   milliseconds of a clock that only goes forward.
 * Wait:    of a request: random in [0, min(max, first * 2^tries)], never less than Retry-After.
 * Hosts:   sound -> suspect -> dead, and back to sound by one success.
 *            suspect: suspect_after failures in a row. One request at a time finds out whether it is
 *            back, at growing distances; the others wait and lose none of their tries.
 *            dead: nothing but failures for budget_ms, from when the first of them was sent; or it
 *            asked, in all since the last success, for more patience than patience_ms. Requests fail
 *            at once; every cool_ms one finds out whether it is back.
 * Source:  what GCS and S3 ask of clients: exponential backoff with jitter, Retry-After.
 */
#ifndef FETCH_RETRY_H
#define FETCH_RETRY_H

#include "base/sv.h"

struct retry_options {
    int64_t first_ms, max_ms;
    int64_t budget_ms, patience_ms, cool_ms;
    unsigned suspect_after;
};

/* A status that may be another one next time: 408 429 500 502 503 504. */
bool retry_status(long status);

/* "120" or an HTTP date; -1 when it is neither. now_utc_ms for the date. */
int64_t retry_after_ms(struct sv value, int64_t now_utc_ms);

/* tries: how many were made already, at least 1. random: any number. */
int64_t retry_wait_ms(const struct retry_options *o, unsigned tries, int64_t after_ms,
                      uint64_t random);

struct host_state {    /* zeroed at first */
    unsigned failures; /* in a row */
    unsigned probes;   /* of them, those of a suspect host */
    int64_t
        failing_since_ms;  /* when the first of them was sent; waits that it asked for left out */
    int64_t not_before_ms; /* nothing is sent before */
    int64_t patience_ms;   /* that it asked for since the last success */
    bool dead;
    bool probing; /* a request is on its way to find out */
};
enum host_verdict { HOST_GO, HOST_PROBE, HOST_WAIT, HOST_REFUSE };

/* May a request go? HOST_PROBE is a go that the caller must end with one of the calls below. */
enum host_verdict host_ask(struct host_state *h, const struct retry_options *o, int64_t now_ms);
void host_succeeded(struct host_state *h, int64_t now_ms);
void host_learnt_nothing(struct host_state *h, bool probe);
/* True when the host dies of this. sent_ms: when the request went out. */
bool host_failed(struct host_state *h, const struct retry_options *o, bool probe, int64_t sent_ms,
                 int64_t now_ms, uint64_t random);
/* It asked to be left alone for after_ms. True when that is more than it is granted. */
bool host_asked_for_patience(struct host_state *h, const struct retry_options *o, int64_t after_ms,
                             int64_t now_ms);
/* What is wrong with it will not pass. True when it was not dead before. */
bool host_condemned(struct host_state *h, const struct retry_options *o, int64_t now_ms);

uint64_t retry_random(uint64_t *state); /* splitmix64 */

#endif
