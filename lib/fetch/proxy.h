/*
 * proxy - which proxy a URL is fetched through. Pure: what the environment says is handed in.
 *
 * Source:  curl(1), ENVIRONMENT: http_proxy, https_proxy, all_proxy, and no_proxy: "*", or a list of
 *          hosts and domains ("example.com" and ".example.com" stand for the domain and all below)
 *          and of addresses.
 */
#ifndef FETCH_PROXY_H
#define FETCH_PROXY_H

#include "base/sv.h"

struct proxy_options { /* each NULL or "" for none; kept by the caller */
    const char *http, *https, *all, *none;
};

/* The proxy's URL, "" for none. scheme and host are those of the URL. */
const char *proxy_of(const struct proxy_options *o, struct sv scheme, struct sv host);

#endif
