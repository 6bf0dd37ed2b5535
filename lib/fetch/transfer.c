#include "fetch/transfer.h"

#include "fetch/address.h"
#include "fetch/retry.h"
#include "fetch/sigv4.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    MAX_URL = 16 * 1024,
    HEADER_TOTAL = 256 * 1024,
    ERROR_BODY = 64 * 1024, /* of an error's or a redirect's body no more is read */
    RECEIVE_BYTES = 128 * 1024,
};

/* ---- a request ---- */

static char *copy_text(struct sv text)
{
    return strndup(text.len > 0 ? text.ptr : "", text.len);
}

static bool url_part(CURLU *u, CURLUPart part, char **ret_text)
{
    return curl_url_get(u, part, ret_text, part == CURLUPART_PORT ? CURLU_DEFAULT_PORT : 0) ==
               CURLUE_OK &&
           *ret_text != NULL;
}

static bool check_url(const char *url, struct err *err)
{
    char *scheme = NULL, *user = NULL, *password = NULL;
    CURLU *u = curl_url();
    bool ok = u != NULL || err_why(err, ERR_NOMEM, "no memory for a URL");
    if (ok && (curl_url_set(u, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK ||
               !url_part(u, CURLUPART_SCHEME, &scheme)))
        ok = err_why(err, ERR_REFUSED, "no URL that can be fetched");
    if (ok && scheme != NULL && strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0)
        ok = err_why(err, ERR_REFUSED, "only http and https are fetched, not %.20s", scheme);
    if (ok && (url_part(u, CURLUPART_USER, &user) || url_part(u, CURLUPART_PASSWORD, &password)))
        ok = err_why(err, ERR_USAGE, "a name or password in a URL; they belong in --netrc-file");
    curl_free(scheme);
    curl_free(user);
    curl_free(password);
    curl_url_cleanup(u);
    return ok;
}

struct transfer *transfer_new(const struct fetch_request *r, struct transfer_env *env,
                              struct err *err)
{
    if (r->url.len > MAX_URL || memchr(r->url.ptr, '\0', r->url.len) != NULL) {
        (void)err_why(err, ERR_LIMIT, "a URL of more than %d bytes, or with a NUL in it", MAX_URL);
        return NULL;
    }
    struct transfer *t = calloc(1, sizeof(*t));
    if (t != NULL) {
        t->url = copy_text(r->url);
        t->first_url = copy_text(r->url);
        t->accept = copy_text(r->accept);
        t->if_none_match = copy_text(r->if_none_match);
        t->if_modified_since = copy_text(r->if_modified_since);
        t->auth = r->auth;
        t->max_body_bytes =
            r->max_body_bytes > 0 ? r->max_body_bytes : env->options->max_body_bytes;
        t->calls = r->calls;
        t->user = r->user;
        t->env = env;
        t->retry_after_ms = -1;
    }
    if (t == NULL || t->url == NULL || t->first_url == NULL || t->accept == NULL ||
        t->if_none_match == NULL || t->if_modified_since == NULL)
        (void)err_why(err, ERR_NOMEM, "no memory for a request");
    else if (check_url(t->url, err))
        return t;
    transfer_free(t);
    return NULL;
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
    free(t->if_modified_since);
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
    url = sv_head(url, sv_find_char(url, '#'));
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
                    url_part(u, CURLUPART_HOST, &host) && url_part(u, CURLUPART_PORT, &port);
    if (ok)
        (void)snprintf(name, HOST_BYTES, "%s:%s", host, port);
    for (char *c = name; ok && *c != '\0'; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
    curl_free(host);
    curl_free(port);
    curl_url_cleanup(u);
    return ok;
}

void transfer_queue_add(struct transfer_queue *q, struct transfer *t)
{
    t->next = NULL;
    if (q->last != NULL)
        q->last->next = t;
    else
        q->first = t;
    q->last = t;
}

void transfer_queue_push(struct transfer_queue *q, struct transfer *t)
{
    t->next = q->first;
    q->first = t;
    if (q->last == NULL)
        q->last = t;
}

struct transfer *transfer_queue_take(struct transfer_queue *q)
{
    struct transfer *t = q->first;
    if (t == NULL)
        return NULL;
    q->first = t->next;
    if (q->first == NULL)
        q->last = NULL;
    t->next = NULL;
    return t;
}

/* ---- callbacks ---- */

static struct sv bare_host(const char *name)
{
    const struct sv full = sv_of(name);
    return sv_head(full, sv_find_last(full, ':'));
}

/* Before a request goes out, on new and on reused connections alike. Through a proxy the address is
 * the proxy's: there the names of the URLs have to do. */
static int on_connected(void *user, char *address, char *local, int port, int local_port)
{
    struct transfer *t = user;
    char name[HOST_BYTES] = "";
    (void)local;
    (void)port;
    (void)local_port;
    const bool named = t->via_proxy && transfer_host_name(t->url, name);
    const enum address_kind kind = address_kind(named ? bare_host(name) : sv_of(address));
    const bool is_private = named ? kind == ADDRESS_PRIVATE : kind != ADDRESS_PUBLIC;
    if (t->from_public && is_private && !t->env->options->allow_private) {
        t->refused_private = true;
        return CURL_PREREQFUNC_ABORT;
    }
    t->from_public = t->from_public || !is_private;
    return CURL_PREREQFUNC_OK;
}

/* A value that does not fit is as good as none. */
static void take_header(struct sv line, const char *name, char *target, size_t size)
{
    const struct sv key = sv_of(name);
    if (line.len <= key.len || line.ptr[key.len] != ':' ||
        !sv_equal_nocase(sv_head(line, key.len), key))
        return;
    const struct sv value = sv_trim(sv_tail(line, key.len + 1));
    (void)snprintf(target, size, "%.*s", SV_ARG(value.len < size ? value : SV("")));
}

static void forget_answer(struct transfer *t)
{
    t->etag[0] = t->last_modified[0] = t->content_type[0] = t->location[0] = '\0';
    t->stored_length[0] = t->stored_encoding[0] = t->encoding[0] = t->reason[0] = '\0';
    t->retry_after_ms = -1;
    t->snippet_len = 0;
    t->headers_done = t->measured = false;
}

static void take_headers(struct transfer *t, struct sv line)
{
    char after[SMALL_HEADER] = "";
    char length[SMALL_HEADER] = "", coding[SMALL_HEADER] = "";
    take_header(line, "Content-Length", length, sizeof(length));
    take_header(line, "Transfer-Encoding", coding, sizeof(coding));
    t->measured = t->measured || length[0] != '\0' || coding[0] != '\0';
    take_header(line, "ETag", t->etag, sizeof(t->etag));
    take_header(line, "Last-Modified", t->last_modified, sizeof(t->last_modified));
    take_header(line, "Content-Type", t->content_type, sizeof(t->content_type));
    take_header(line, "Content-Encoding", t->encoding, sizeof(t->encoding));
    take_header(line, "Location", t->location, sizeof(t->location));
    take_header(line, "x-goog-stored-content-length", t->stored_length, sizeof(t->stored_length));
    take_header(line, "x-goog-stored-content-encoding", t->stored_encoding,
                sizeof(t->stored_encoding));
    take_header(line, "Retry-After", after, sizeof(after));
    if (after[0] != '\0')
        t->retry_after_ms = retry_after_ms(sv_of(after), (int64_t)time(NULL) * 1000);
}

static size_t on_header(char *bytes, size_t size, size_t count, void *user)
{
    struct transfer *t = user;
    const struct sv line = {.ptr = bytes, .len = size * count};
    t->header_bytes += line.len;
    if (t->header_bytes > HEADER_TOTAL) {
        (void)err_why(&t->limit, ERR_LIMIT, "headers of more than %d bytes", HEADER_TOTAL);
        return 0;
    }
    if (sv_starts(line, SV("HTTP/"))) {
        forget_answer(t);
        (void)curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &t->status);
    } else if (sv_trim(line).len == 0) {
        t->headers_done = t->status >= 200;
    } else if (!t->headers_done) { /* what follows a body is not of interest */
        take_headers(t, line);
    }
    return line.len;
}

static size_t skip_error_body(struct transfer *t, struct sv chunk)
{
    const struct sv part = sv_head(chunk, sizeof(t->snippet) - t->snippet_len);
    memcpy(t->snippet + t->snippet_len, part.ptr, part.len);
    t->snippet_len += part.len;
    t->body_bytes += chunk.len;
    t->enough = t->body_bytes > ERROR_BODY;
    return t->enough ? 0 : chunk.len;
}

/* Bodies are handed on as they come, compressed; those of errors are only glanced at. */
static size_t on_write(char *bytes, size_t size, size_t count, void *user)
{
    struct transfer *t = user;
    struct transfer_env *env = t->env;
    const struct sv chunk = {.ptr = bytes, .len = size * count};
    if (t->status < 200 || t->status > 299)
        return skip_error_body(t, chunk);
    if (!t->let_through && atomic_load(&env->in_flight) > env->options->max_in_flight_bytes) {
        t->paused = true;
        env->pauses++;
        atomic_store(&env->any_paused, true);
        return CURL_WRITEFUNC_PAUSE;
    }
    t->let_through = false;
    t->body_bytes += chunk.len;
    t->wire_bytes += chunk.len;
    if (t->body_bytes > t->max_body_bytes) {
        (void)err_why(&t->limit, ERR_LIMIT, "a body of more than %llu bytes",
                      (unsigned long long)t->max_body_bytes);
        return 0;
    }
    (void)atomic_fetch_add(&env->in_flight, chunk.len);
    t->handed_out = true;
    return t->calls->body(t->user, chunk, &t->limit) ? chunk.len : 0;
}

/* ---- setting up ---- */

/* Where the request was meant to go, and not where an answer sent it. */
static bool is_first_host(const struct transfer *t)
{
    char now[HOST_BYTES], first[HOST_BYTES];
    return t->redirects == 0 ||
           (transfer_host_name(t->url, now) && transfer_host_name(t->first_url, first) &&
            strcmp(now, first) == 0);
}

static bool gets_bearer(const struct transfer *t, const struct fetch_options *o)
{
    char name[HOST_BYTES];
    struct sv host;
    if (o->bearer_token == NULL || o->bearer_hosts == NULL || t->auth != FETCH_AUTH_BEARER ||
        !transfer_host_name(t->url, name))
        return false;
    for (struct sv rest = sv_of(o->bearer_hosts); sv_cut(&rest, ',', &host);) {
        host = sv_trim(host);
        if (host.len > 0 &&
            (sv_equal_nocase(host, sv_of(name)) || sv_equal_nocase(host, bare_host(name))))
            return true;
    }
    return false;
}

static bool is_signed(const struct transfer *t)
{
    const struct fetch_options *o = t->env->options;
    return t->auth == FETCH_AUTH_S3 && o->s3_access_key != NULL && o->s3_secret_key != NULL &&
           is_first_host(t);
}

static bool add_header(struct transfer *t, const char *name, const char *value)
{
    char *line = NULL;
    if (value == NULL || value[0] == '\0')
        return true;
    if (asprintf(&line, "%s: %s", name, value) < 0)
        return false;
    struct curl_slist *list = curl_slist_append(t->headers, line);
    free(line);
    if (list != NULL)
        t->headers = list;
    return list != NULL;
}

static bool set_headers(struct transfer *t)
{
    const struct fetch_options *o = t->env->options;
    bool ok = add_header(t, "Accept-Encoding", "gzip") && add_header(t, "Accept", t->accept) &&
              add_header(t, "If-None-Match", t->if_none_match) &&
              add_header(t, "If-Modified-Since", t->if_modified_since);
    if (is_signed(t))
        ok = ok && add_header(t, "x-amz-content-sha256", SIGV4_EMPTY_BODY) &&
             add_header(t, "x-amz-security-token", o->s3_token);
    return ok && curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers) == CURLE_OK;
}

static bool set_signing(struct transfer *t)
{
    const struct fetch_options *o = t->env->options;
    char text[256];
    char *url = sigv4_sorted_url(sv_of(t->url));
    (void)snprintf(text, sizeof(text), "aws:amz:%s:s3",
                   o->s3_region != NULL ? o->s3_region : "us-east-1");
    const bool ok = url != NULL && curl_easy_setopt(t->easy, CURLOPT_URL, url) == CURLE_OK &&
                    curl_easy_setopt(t->easy, CURLOPT_AWS_SIGV4, text) == CURLE_OK &&
                    curl_easy_setopt(t->easy, CURLOPT_USERNAME, o->s3_access_key) == CURLE_OK &&
                    curl_easy_setopt(t->easy, CURLOPT_PASSWORD, o->s3_secret_key) == CURLE_OK;
    free(url);
    return ok;
}

static bool set_auth(struct transfer *t)
{
    const struct fetch_options *o = t->env->options;
    if (gets_bearer(t, o))
        return curl_easy_setopt(t->easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER) == CURLE_OK &&
               curl_easy_setopt(t->easy, CURLOPT_XOAUTH2_BEARER, o->bearer_token) == CURLE_OK;
    if (is_signed(t))
        return set_signing(t);
    if (o->netrc_file != NULL && is_first_host(t)) /* a `default` entry would fit every host */
        return curl_easy_setopt(t->easy, CURLOPT_NETRC, (long)CURL_NETRC_OPTIONAL) == CURLE_OK &&
               curl_easy_setopt(t->easy, CURLOPT_NETRC_FILE, o->netrc_file) == CURLE_OK;
    return true;
}

static bool set_limits(struct transfer *t)
{
    CURL *e = t->easy;
    const struct fetch_options *o = t->env->options;
    const long low_speed_s = (long)((o->low_speed_ms + 999) / 1000);
    return curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)o->connect_timeout_ms) ==
               CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_LOW_SPEED_LIMIT, (long)FETCH_LOW_SPEED) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_LOW_SPEED_TIME, low_speed_s) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)t->max_body_bytes) ==
               CURLE_OK;
}

static bool set_callbacks(struct transfer *t)
{
    CURL *e = t->easy;
    return curl_easy_setopt(e, CURLOPT_PRIVATE, t) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_ERRORBUFFER, t->error) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_HEADERDATA, t) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_write) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_WRITEDATA, t) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, on_connected) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_PREREQDATA, t) == CURLE_OK;
}

static bool set_connection(struct transfer *t)
{
    CURL *e = t->easy;
    const struct fetch_options *o = t->env->options;
    char name[HOST_BYTES] = "";
    const struct sv scheme = sv_head(sv_of(t->url), sv_find(sv_of(t->url), SV("://")));
    const bool tls = sv_equal_nocase(scheme, SV("https"));
    (void)transfer_host_name(t->url, name);
    const char *proxy = proxy_of(&o->proxy, scheme, bare_host(name));
    t->via_proxy = proxy[0] != '\0';
    /* Refused on a handle whose HTTP/2 connection lives on; nothing depends on it. */
    (void)curl_easy_setopt(e, CURLOPT_BUFFERSIZE, (long)RECEIVE_BYTES);
    /* Without TLS nothing but an answer tells what a server speaks: waiting for that would let one
     * request of many go. */
    return curl_easy_setopt(e, CURLOPT_URL, t->url) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_PROXY, proxy) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_PIPEWAIT, tls && !o->http1 ? 1L : 0L) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_HTTP_VERSION,
                            o->http1 ? (long)CURL_HTTP_VERSION_1_1
                                     : (long)CURL_HTTP_VERSION_2TLS) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_USERAGENT,
                            o->user_agent != NULL ? o->user_agent : t->env->version) == CURLE_OK &&
           (o->ca_file == NULL || curl_easy_setopt(e, CURLOPT_CAINFO, o->ca_file) == CURLE_OK);
}

bool transfer_prepare(struct transfer *t, CURL *easy, struct err *err)
{
    t->easy = easy;
    curl_easy_reset(easy);
    forget_answer(t);
    t->status = 0;
    t->header_bytes = 0;
    t->body_bytes = 0;
    t->waited_ms = 0;
    t->paused = t->handed_out = false;
    t->refused_private = t->enough = t->let_through = false;
    t->error[0] = '\0';
    t->limit = (struct err){0};
    return (set_connection(t) && set_limits(t) && set_callbacks(t) && set_headers(t) &&
            set_auth(t)) ||
           err_why(err, ERR_NOMEM, "a request cannot be set up");
}

void transfer_drop_try(struct transfer *t)
{
    curl_slist_free_all(t->headers);
    t->headers = NULL;
    t->easy = NULL;
}

/* ---- what a try came to ---- */

/* The word that a store gives for an error: <Code>SlowDown</Code>, "reason": "notFound". */
static void take_reason(struct transfer *t)
{
    static const struct sv marks[] = {SV_INIT("<Code>"), SV_INIT("\"reason\": \""),
                                      SV_INIT("\"reason\":\"")};
    const struct sv text = {.ptr = t->snippet, .len = t->snippet_len};
    for (size_t i = 0; i < COUNT_OF(marks); i++) {
        const struct sv rest = sv_tail(text, sv_find(text, marks[i]) + marks[i].len);
        size_t n = 0;
        while (n < rest.len && n < sizeof(t->reason) - 1 &&
               ((rest.ptr[n] >= 'a' && rest.ptr[n] <= 'z') ||
                (rest.ptr[n] >= 'A' && rest.ptr[n] <= 'Z')))
            n++;
        if (n == 0 || n == rest.len || (rest.ptr[n] != '<' && rest.ptr[n] != '"'))
            continue;
        (void)snprintf(t->reason, sizeof(t->reason), "%.*s", (int)n, rest.ptr);
        return;
    }
}

/* Google's store says how long an object is, also where the answer itself has no length. */
static bool is_short(const struct transfer *t)
{
    uint64_t length = 0;
    const bool as_stored = strcmp(t->stored_encoding, t->encoding) == 0 ||
                           (t->encoding[0] == '\0' && strcmp(t->stored_encoding, "identity") == 0);
    return t->status == 200 && as_stored && sv_u64(sv_of(t->stored_length), &length) &&
           t->body_bytes < length;
}

static enum transfer_news judge_error(struct transfer *t, CURLcode code, struct err *err)
{
    const char *words = t->error[0] != '\0' ? t->error : curl_easy_strerror(code);
    switch (code) {
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL: /* it answered in something that is no HTTP */
    case CURLE_PARTIAL_FILE:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_AGAIN:
    case CURLE_PROXY:
        (void)err_why(err, ERR_TRANSIENT, "%s", words);
        return NEWS_FAILED;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_INVALIDCERTSTATUS:
        (void)err_why(err, ERR_REFUSED, "%s", words);
        return NEWS_CONDEMNED;
    case CURLE_FILESIZE_EXCEEDED:
        (void)err_why(err, ERR_LIMIT, "a body of more than %llu bytes",
                      (unsigned long long)t->max_body_bytes);
        return NEWS_SOUND;
    case CURLE_OUT_OF_MEMORY:
        /* libcurl's own limits too, of which only one can be met here */
        if (t->status != 0 && !t->headers_done) {
            (void)err_why(err, ERR_LIMIT, "headers larger than libcurl takes");
            return NEWS_SOUND;
        }
        (void)err_why(err, ERR_NOMEM, "%s", words);
        return NEWS_NONE;
    default:
        (void)err_why(err, ERR_REFUSED, "%s", words);
        return t->status != 0 ? NEWS_SOUND : NEWS_FAILED;
    }
}

enum transfer_news transfer_judge(struct transfer *t, CURLcode code, struct err *err)
{
    if (t->refused_private) {
        (void)err_why(err, ERR_REFUSED,
                      "a redirect from a public to a private address is not followed "
                      "(--allow-private-redirects)");
        return NEWS_NONE;
    }
    if (t->limit.code != ERR_NONE) {
        *err = t->limit;
        return NEWS_SOUND;
    }
    if (t->status >= 300 && t->headers_done) { /* the answer counts, whatever became of its body */
        take_reason(t);
        if (!retry_status(t->status))
            return NEWS_SOUND;
        (void)err_why(err, ERR_TRANSIENT, "HTTP status %ld%s%s%s", t->status,
                      t->reason[0] != '\0' ? " (" : "", t->reason, t->reason[0] != '\0' ? ")" : "");
        return NEWS_FAILED;
    }
    if (code != CURLE_OK)
        return judge_error(t, code, err);
    if (is_short(t)) {
        (void)err_why(err, ERR_TRANSIENT, "a short body: %llu bytes of %s",
                      (unsigned long long)t->body_bytes, t->stored_length);
        return NEWS_FAILED;
    }
    return NEWS_SOUND;
}

bool transfer_is_redirect(const struct transfer *t)
{
    return t->status == 301 || t->status == 302 || t->status == 303 || t->status == 307 ||
           t->status == 308;
}

static bool may_follow(const struct transfer *t, const char *scheme, const char *next_scheme,
                       const char *host, struct err *err)
{
    const struct fetch_options *o = t->env->options;
    const bool upgrade = strcmp(scheme, "http") == 0 && strcmp(next_scheme, "https") == 0;
    if (strcmp(scheme, next_scheme) != 0 && !upgrade)
        return err_why(err, ERR_REFUSED, "a redirect from %.20s to %.20s is not followed", scheme,
                       next_scheme);
    if (t->from_public && !o->allow_private && address_kind(sv_of(host)) == ADDRESS_PRIVATE)
        return err_why(err, ERR_REFUSED,
                       "a redirect from a public to a private address is not followed "
                       "(--allow-private-redirects)");
    return true;
}

bool transfer_follow(struct transfer *t, struct err *err)
{
    char *url = NULL, *scheme = NULL, *next_scheme = NULL, *host = NULL;
    CURLU *u = curl_url();
    if (t->redirects >= t->env->options->max_redirects) {
        curl_url_cleanup(u);
        return err_why(err, ERR_REFUSED, "more than %u redirects", t->env->options->max_redirects);
    }
    bool ok = u != NULL && curl_url_set(u, CURLUPART_URL, t->url, 0) == CURLUE_OK &&
              url_part(u, CURLUPART_SCHEME, &scheme);
    if (ok && (t->location[0] == '\0' ||
               curl_url_set(u, CURLUPART_URL, t->location, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK ||
               curl_url_set(u, CURLUPART_USER, NULL, 0) != CURLUE_OK ||
               curl_url_set(u, CURLUPART_PASSWORD, NULL, 0) != CURLUE_OK ||
               !url_part(u, CURLUPART_URL, &url) || !url_part(u, CURLUPART_SCHEME, &next_scheme)))
        ok = err_why(err, ERR_REFUSED, "a redirect to no URL");
    (void)(ok && url_part(u, CURLUPART_HOST, &host)); /* file: has none */
    ok = ok && scheme != NULL && next_scheme != NULL &&
         may_follow(t, scheme, next_scheme, host != NULL ? host : "", err);
    ok = ok && transfer_set_url(t, url);
    if (!ok && err->code == ERR_NONE)
        (void)err_why(err, ERR_NOMEM, "no memory for a redirect");
    t->redirects += ok;
    curl_free(url);
    curl_free(scheme);
    curl_free(next_scheme);
    curl_free(host);
    curl_url_cleanup(u);
    return ok;
}
