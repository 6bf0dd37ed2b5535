#include "fetch/transfer.h"

#include "base/timefmt.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>

enum { MAX_URL = 16 * 1024 };

static char *copy_text(struct sv text)
{
    return strndup(text.len > 0 ? text.ptr : "", text.len);
}

struct transfer *transfer_new(const struct fetch_request *r, struct err *err)
{
    struct transfer *t = calloc(1, sizeof(*t));
    if (r->url.len > MAX_URL) {
        free(t);
        (void)err_why(err, ERR_LIMIT, "a URL of more than %d bytes", MAX_URL);
        return NULL;
    }
    if (t != NULL) {
        t->url = copy_text(r->url);
        t->first_url = copy_text(r->url);
        t->accept = copy_text(r->accept);
        t->if_none_match = copy_text(r->if_none_match);
        t->auth = r->auth;
        t->max_body_bytes = r->max_body_bytes;
        t->calls = r->calls;
        t->user = r->user;
        t->retry_after_ms = -1;
    }
    if (t == NULL || t->url == NULL || t->first_url == NULL || t->accept == NULL ||
        t->if_none_match == NULL) {
        transfer_free(t);
        (void)err_why(err, ERR_NOMEM, "no memory for a request");
        return NULL;
    }
    return t;
}

void transfer_free(struct transfer *t)
{
    if (t == NULL)
        return;
    curl_slist_free_all(t->headers);
    free(t->url);
    free(t->first_url);
    free(t->accept);
    free(t->if_none_match);
    free(t);
}

bool transfer_set_url(struct transfer *t, const char *url)
{
    char *copy = strdup(url);
    if (copy == NULL)
        return false;
    free(t->url);
    t->url = copy;
    return true;
}

void transfer_shown_url(const struct transfer *t, char *text, size_t size)
{
    struct sv url = sv_of(t->url);
    url = sv_head(url, sv_find_char(url, '?'));
    const size_t host = sv_find(url, SV("://")) + 3;
    const struct sv rest = sv_tail(url, host);
    const struct sv authority = sv_head(rest, sv_find_char(rest, '/'));
    const size_t at = sv_find_last(authority, '@');
    (void)snprintf(text, size, "%.*s%.*s", SV_ARG(sv_head(url, host)),
                   SV_ARG(sv_tail(rest, at < authority.len ? at + 1 : 0)));
}

bool transfer_host_name(const char *url, char name[HOST_BYTES])
{
    char *host = NULL, *port = NULL;
    CURLU *u = curl_url();
    const bool ok = u != NULL && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
                    curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
                    curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK;
    if (ok)
        (void)snprintf(name, HOST_BYTES, "%s:%s", host, port);
    curl_free(host);
    curl_free(port);
    curl_url_cleanup(u);
    return ok;
}

/* ---- callbacks ---- */

static bool is_private(const char *address)
{
    struct in_addr v4;
    struct in6_addr v6;
    if (inet_pton(AF_INET, address, &v4) == 1) {
        const uint32_t a = ntohl(v4.s_addr);
        return a >> 24 == 127 || a >> 24 == 10 || a >> 20 == 0xac1 || a >> 16 == 0xc0a8 ||
               a >> 16 == 0xa9fe || a >> 24 == 0 || a >> 22 == 0x191;
    }
    if (inet_pton(AF_INET6, address, &v6) != 1)
        return false;
    const unsigned char *b = v6.s6_addr;
    return IN6_IS_ADDR_LOOPBACK(&v6) || IN6_IS_ADDR_UNSPECIFIED(&v6) || (b[0] & 0xfe) == 0xfc ||
           (b[0] == 0xfe && (b[1] & 0xc0) == 0x80) || IN6_IS_ADDR_V4MAPPED(&v6);
}

/* Before the request goes out, on new and on reused connections alike. */
static int on_connected(void *user, char *address, char *local, int port, int local_port)
{
    struct transfer *t = user;
    (void)local;
    (void)port;
    (void)local_port;
    const bool private_address = is_private(address);
    if (t->from_public && private_address) {
        t->refused_private = true;
        return CURL_PREREQFUNC_ABORT;
    }
    if (t->redirects == 0)
        t->from_public = !private_address;
    return CURL_PREREQFUNC_OK;
}

static void take_header(struct sv line, const char *name, char *target, size_t size)
{
    const struct sv key = sv_of(name);
    if (line.len > key.len && line.ptr[key.len] == ':' &&
        sv_equal_nocase(sv_head(line, key.len), key))
        (void)snprintf(target, size, "%.*s", SV_ARG(sv_trim(sv_tail(line, key.len + 1))));
}

static void forget_answer(struct transfer *t)
{
    t->etag[0] = t->last_modified[0] = t->content_type[0] = t->location[0] = '\0';
    t->retry_after_ms = -1;
    t->snippet_len = 0;
}

static size_t on_header(char *bytes, size_t size, size_t count, void *user)
{
    struct transfer *t = user;
    char after[SMALL_HEADER] = "";
    const struct sv line = {.ptr = bytes, .len = size * count};
    t->header_bytes += line.len;
    if (t->header_bytes > HEADER_TOTAL) {
        (void)err_why(&t->limit, ERR_LIMIT, "headers of more than %d bytes", HEADER_TOTAL);
        return 0;
    }
    if (sv_starts(line, SV("HTTP/"))) {
        forget_answer(t);
        (void)curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &t->status);
    }
    take_header(line, "ETag", t->etag, sizeof(t->etag));
    take_header(line, "Last-Modified", t->last_modified, sizeof(t->last_modified));
    take_header(line, "Content-Type", t->content_type, sizeof(t->content_type));
    take_header(line, "Location", t->location, sizeof(t->location));
    take_header(line, "Retry-After", after, sizeof(after));
    if (after[0] != '\0')
        t->retry_after_ms = retry_after_ms(sv_of(after), (int64_t)time(NULL) * 1000);
    return line.len;
}

/* Compressed bodies are handed on as they come; those of errors are only glanced at. */
static size_t write_body(struct transfer *t, const struct transfer_env *env, struct sv chunk)
{
    const uint64_t most = t->max_body_bytes > 0 ? t->max_body_bytes : env->options->max_body_bytes;
    if (t->status < 200 || t->status > 299) {
        const struct sv part = sv_head(chunk, sizeof(t->snippet) - t->snippet_len);
        memcpy(t->snippet + t->snippet_len, part.ptr, part.len);
        t->snippet_len += part.len;
        return chunk.len;
    }
    if (atomic_load(env->in_flight) > env->options->max_in_flight_bytes) {
        t->paused = true;
        atomic_store(env->any_paused, true);
        return CURL_WRITEFUNC_PAUSE;
    }
    t->body_bytes += chunk.len;
    t->wire_bytes += chunk.len;
    if (t->body_bytes > most) {
        (void)err_why(&t->limit, ERR_LIMIT, "a body of more than %llu bytes",
                      (unsigned long long)most);
        return 0;
    }
    (void)atomic_fetch_add(env->in_flight, chunk.len);
    t->handed_out = true;
    if (t->calls->body(t->user, chunk, &t->limit))
        return chunk.len;
    t->stopped_by_user = true;
    return 0;
}

static size_t on_write(char *bytes, size_t size, size_t count, void *user)
{
    struct transfer *t = user;
    return write_body(t, t->env, (struct sv){.ptr = bytes, .len = size * count});
}

/* ---- setting up ---- */

static bool gets_bearer(const struct transfer *t, const struct fetch_options *o)
{
    char name[HOST_BYTES];
    struct sv host;
    if (o->bearer_token == NULL || o->bearer_hosts == NULL || t->auth != FETCH_AUTH_BEARER ||
        !transfer_host_name(t->url, name))
        return false;
    const struct sv full = sv_of(name), bare = sv_head(full, sv_find_last(full, ':'));
    for (struct sv rest = sv_of(o->bearer_hosts); sv_cut(&rest, ',', &host);) {
        host = sv_trim(host);
        if (host.len > 0 && (sv_equal_nocase(host, full) || sv_equal_nocase(host, bare)))
            return true;
    }
    return false;
}

static bool add_header(struct transfer *t, const char *name, const char *value)
{
    char *line = NULL;
    if (asprintf(&line, "%s: %s", name, value) < 0)
        return false;
    struct curl_slist *list = curl_slist_append(t->headers, line);
    free(line);
    if (list != NULL)
        t->headers = list;
    return list != NULL;
}

static bool set_headers(struct transfer *t, const struct fetch_options *o)
{
    bool ok = add_header(t, "Accept-Encoding", "gzip");
    if (t->accept[0] != '\0')
        ok = ok && add_header(t, "Accept", t->accept);
    if (t->if_none_match[0] != '\0')
        ok = ok && add_header(t, "If-None-Match", t->if_none_match);
    const bool sign = t->auth == FETCH_AUTH_S3 && o->s3_access_key != NULL && t->redirects == 0;
    if (sign && o->s3_token != NULL)
        ok = ok && add_header(t, "x-amz-security-token", o->s3_token);
    return ok && curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers) == CURLE_OK;
}

static void set_auth(struct transfer *t, const struct fetch_options *o)
{
    char text[512];
    if (gets_bearer(t, o)) {
        (void)curl_easy_setopt(t->easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
        (void)curl_easy_setopt(t->easy, CURLOPT_XOAUTH2_BEARER, o->bearer_token);
    } else if (t->auth == FETCH_AUTH_S3 && o->s3_access_key != NULL && o->s3_secret_key != NULL &&
               t->redirects == 0) {
        (void)snprintf(text, sizeof(text), "aws:amz:%s:s3",
                       o->s3_region != NULL ? o->s3_region : "us-east-1");
        (void)curl_easy_setopt(t->easy, CURLOPT_AWS_SIGV4, text);
        (void)curl_easy_setopt(t->easy, CURLOPT_USERNAME, o->s3_access_key);
        (void)curl_easy_setopt(t->easy, CURLOPT_PASSWORD, o->s3_secret_key);
    } else if (o->netrc_file != NULL) {
        (void)curl_easy_setopt(t->easy, CURLOPT_NETRC, (long)CURL_NETRC_OPTIONAL);
        (void)curl_easy_setopt(t->easy, CURLOPT_NETRC_FILE, o->netrc_file);
    }
}

static bool set_options(struct transfer *t, const struct transfer_env *env)
{
    CURL *e = t->easy;
    const struct fetch_options *o = env->options;
    const uint64_t most = t->max_body_bytes > 0 ? t->max_body_bytes : o->max_body_bytes;
    const long low_speed_s = (long)((o->low_speed_ms + 999) / 1000);
    return curl_easy_setopt(e, CURLOPT_URL, t->url) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)o->connect_timeout_ms) ==
               CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_LOW_SPEED_LIMIT, 1L) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_LOW_SPEED_TIME, low_speed_s) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)most) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_BUFFERSIZE, 128L * 1024) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_PIPEWAIT, o->http1 ? 0L : 1L) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_HTTP_VERSION,
                            o->http1 ? (long)CURL_HTTP_VERSION_1_1
                                     : (long)CURL_HTTP_VERSION_2TLS) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_USERAGENT,
                            o->user_agent != NULL ? o->user_agent : env->version) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_ERRORBUFFER, t->error) == CURLE_OK &&
           (o->ca_file == NULL || curl_easy_setopt(e, CURLOPT_CAINFO, o->ca_file) == CURLE_OK) &&
           curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_HEADERDATA, t) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_write) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_WRITEDATA, t) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_PREREQDATA, t) == CURLE_OK &&
           (o->allow_private ||
            curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, on_connected) == CURLE_OK);
}

bool transfer_prepare(struct transfer *t, CURL *easy, const struct transfer_env *env,
                      struct err *err)
{
    t->easy = easy;
    t->env = env;
    curl_easy_reset(easy);
    forget_answer(t);
    t->status = 0;
    t->header_bytes = 0;
    t->body_bytes = 0;
    t->paused = t->refused_private = t->stopped_by_user = false;
    t->error[0] = '\0';
    t->limit = (struct err){0};
    if (!set_options(t, env) || !set_headers(t, env->options))
        return err_why(err, ERR_NOMEM, "a request cannot be set up");
    set_auth(t, env->options);
    return true;
}

void transfer_drop_try(struct transfer *t)
{
    curl_slist_free_all(t->headers);
    t->headers = NULL;
    t->easy = NULL;
}

bool transfer_redirect(struct transfer *t, const struct fetch_options *o, struct err *err)
{
    char *url = NULL, *old_scheme = NULL, *scheme = NULL;
    CURLU *u = curl_url();
    bool ok = u != NULL && curl_url_set(u, CURLUPART_URL, t->url, 0) == CURLUE_OK &&
              curl_url_get(u, CURLUPART_SCHEME, &old_scheme, 0) == CURLUE_OK;
    if (t->redirects >= o->max_redirects)
        ok = err_why(err, ERR_REFUSED, "more than %u redirects", o->max_redirects);
    else if (ok && (t->location[0] == '\0' ||
                    curl_url_set(u, CURLUPART_URL, t->location, 0) != CURLUE_OK ||
                    curl_url_get(u, CURLUPART_URL, &url, 0) != CURLUE_OK ||
                    curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK))
        ok = err_why(err, ERR_REFUSED, "a redirect to no URL");
    const bool upgrade = ok && strcmp(old_scheme, "http") == 0 && strcmp(scheme, "https") == 0;
    if (ok && strcmp(old_scheme, scheme) != 0 && !upgrade)
        ok = err_why(err, ERR_REFUSED, "a redirect from %s to %s is not followed", old_scheme,
                     scheme);
    if (ok && !transfer_set_url(t, url))
        ok = err_why(err, ERR_NOMEM, "no memory for a redirect");
    t->redirects += ok;
    curl_free(url);
    curl_free(old_scheme);
    curl_free(scheme);
    curl_url_cleanup(u);
    return ok;
}
