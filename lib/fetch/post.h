/*
 * post - one small document sent to one address, such as a webhook.
 *
 * In:      https only; plain http to this machine itself. No redirect is followed.
 * Limits:  POST_BODY_BYTES; POST_TIMEOUT_MS in all; POST_TRIES tries of what may pass (connection
 *          errors, 429, 5xx), a second apart.
 * Secrets: the address of a webhook is one: errors name its host only.
 * Errors:  ERR_USAGE for an address that is none of these; ERR_REFUSED for an answer that is no 2xx;
 *          ERR_TRANSIENT when none came; ERR_NOMEM.
 * Threads: blocks; no state.
 */
#ifndef FETCH_POST_H
#define FETCH_POST_H

#include "base/attr.h"
#include "base/err.h"
#include "fetch/proxy.h"

enum { POST_BODY_BYTES = 1024 * 1024, POST_TIMEOUT_MS = 30 * 1000, POST_TRIES = 3 };

struct post_options {
    const char *user_agent; /* NULL: none */
    const char *ca_file;    /* NULL: the system's */
    struct proxy_options proxy;
};

bool post_json(const char *url, struct sv body, const struct post_options *options,
               struct err *err) MUST_CHECK;

/* The host of an address that post_json would take. */
bool post_host(const char *url, char *ret_host, size_t size, struct err *err) MUST_CHECK;

#endif
