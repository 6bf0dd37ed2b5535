#include "fetch/post.h"

#include "fetch/address.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CONNECT_MS = 10 * 1000, HOST_BYTES = 256 };

bool post_host(const char *url, char *ret_host, size_t size, struct err *err)
{
    CURLU *u = curl_url();
    char *scheme = NULL, *host = NULL, *user = NULL;
    if (u == NULL)
        return err_why(err, ERR_NOMEM, "no memory");
    bool ok = curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
              curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
              curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
              curl_url_get(u, CURLUPART_USER, &user, 0) != CURLUE_OK && strlen(host) < size;
    if (!ok) {
        (void)err_why(err, ERR_USAGE, "this is no address that something can be sent to");
    } else if (strcmp(scheme, "https") != 0 &&
               (strcmp(scheme, "http") != 0 || address_kind(sv_of(host)) != ADDRESS_PRIVATE)) {
        ok = err_why(err, ERR_USAGE, "the address must begin with https://");
    } else {
        (void)snprintf(ret_host, size, "%s", host);
    }
    curl_free(scheme);
    curl_free(host);
    curl_free(user);
    curl_url_cleanup(u);
    return ok;
}

static size_t ignore(char *bytes, size_t size, size_t count, void *user)
{
    (void)bytes;
    (void)user;
    return size * count;
}

static bool set_up(CURL *e, const char *url, struct sv host, struct sv body,
                   struct curl_slist *headers, const struct post_options *o)
{
    const struct sv scheme = sv_starts(sv_of(url), SV("http://")) ? SV("http") : SV("https");
    return curl_easy_setopt(e, CURLOPT_URL, url) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_PROXY, proxy_of(&o->proxy, scheme, host)) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_FORBID_REUSE, 1L) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)POST_TIMEOUT_MS) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, ignore) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_HTTPHEADER, headers) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_POSTFIELDS, body.ptr) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE, (long)body.len) == CURLE_OK &&
           (o->user_agent == NULL ||
            curl_easy_setopt(e, CURLOPT_USERAGENT, o->user_agent) == CURLE_OK) &&
           (o->ca_file == NULL || curl_easy_setopt(e, CURLOPT_CAINFO, o->ca_file) == CURLE_OK);
}

static bool send_once(CURL *e, const char *host, bool *ret_again, struct err *err)
{
    long status = 0;
    const CURLcode code = curl_easy_perform(e);
    (void)curl_easy_getinfo(e, CURLINFO_RESPONSE_CODE, &status);
    *ret_again = code != CURLE_OK || status == 429 || status >= 500;
    if (code != CURLE_OK)
        return err_why(err, ERR_TRANSIENT, "%s: %s", host, curl_easy_strerror(code));
    return (status >= 200 && status < 300) ||
           err_why(err, ERR_REFUSED, "%s answered with status %ld", host, status);
}

bool post_json(const char *url, struct sv body, const struct post_options *options, struct err *err)
{
    char host[HOST_BYTES];
    if (body.len > POST_BODY_BYTES)
        return err_why(err, ERR_LIMIT, "more than %d bytes to send", POST_BODY_BYTES);
    if (!post_host(url, host, sizeof(host), err))
        return false;
    CURL *e = curl_easy_init();
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    bool again = true, ok = false;
    if (e == NULL || headers == NULL || !set_up(e, url, sv_of(host), body, headers, options)) {
        again = err_why(err, ERR_NOMEM, "no memory to send");
    }
    for (unsigned i = 0; again && !ok && i < POST_TRIES; i++) {
        const struct timespec second = {.tv_sec = i > 0 ? 1 : 0};
        (void)nanosleep(&second, NULL);
        *err = (struct err){0};
        ok = send_once(e, host, &again, err);
    }
    curl_slist_free_all(headers);
    curl_easy_cleanup(e);
    return ok;
}
