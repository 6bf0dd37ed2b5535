/*
 * retry - when a failed try is repeated, and when a host is left alone. Pure: time and random
 * numbers are handed in.
 *
 * Units:   milliseconds of a clock that only goes forward.
 * Rule:    wait = random in [0, min(max, first * 2^tries)], never less than Retry-After (capped).
 *          A host's breaker opens after `failures` failures in a row over `budget_ms`, or after
 * four times as many in any time; it lets one request through again after `cool_ms`. Source:
 * prow.md 5.4.
 */
#ifndef FETCH_RETRY_H
#define FETCH_RETRY_H

#include "base/sv.h"

struct retry_options {
    int64_t first_ms, max_ms, after_cap_ms, budget_ms, cool_ms;
    unsigned failures;
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
    int64_t first_failure_ms;
    int64_t open_until_ms; /* 0: closed */
    bool probing;          /* one request is on its way through an open breaker */
};
enum host_verdict { HOST_GO, HOST_PROBE, HOST_REFUSE };
enum host_verdict host_ask(struct host_state *h, int64_t now_ms);
void host_succeeded(struct host_state *h);
/* True when the breaker opens by this failure. */
bool host_failed(struct host_state *h, const struct retry_options *o, int64_t now_ms);

uint64_t retry_random(uint64_t *state); /* splitmix64 */

#endif
