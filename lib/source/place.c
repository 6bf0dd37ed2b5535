#include "source/place.h"

#include <stdio.h>

static const char *const shapes =
    "a Deck page (https://prow.example/?job=*), /job-history/…, /view/…, /prowjob?prowjob=NAME, a "
    "gcsweb or storage URL, gs://bucket/path, s3://bucket/path, a folder, a file, or -";

static const struct bucket_alias known_aliases[] = {
    {SV_INIT("origin-ci-test"), SV_INIT("test-platform-results")},
    {SV_INIT("kubernetes-jenkins"), SV_INIT("kubernetes-ci-logs")},
};

/* ---- percent-encoding ---- */

static int hex_of(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static bool decode(struct sv s, struct arena *a, struct sv *ret_text, struct err *err)
{
    char *out = arena_alloc(a, s.len + 1, err);
    size_t len = 0;
    if (out == NULL)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        const bool escape = s.ptr[i] == '%' && i + 2 < s.len && hex_of(s.ptr[i + 1]) >= 0 &&
                            hex_of(s.ptr[i + 2]) >= 0;
        out[len++] = escape ? (char)(hex_of(s.ptr[i + 1]) << 4 | hex_of(s.ptr[i + 2])) : s.ptr[i];
        i += escape ? 2 : 0;
    }
    *ret_text = (struct sv){.ptr = out, .len = len};
    return true;
}

static bool is_unreserved(char c, bool slash)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~' || (slash && c == '/');
}

static bool encode(struct sv s, bool slash, struct arena *a, struct sv *ret_text, struct err *err)
{
    static const char digits[] = "0123456789ABCDEF";
    char *out = arena_alloc(a, s.len * 3 + 1, err);
    size_t len = 0;
    if (out == NULL)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        const unsigned char c = (unsigned char)s.ptr[i];
        if (is_unreserved(s.ptr[i], slash)) {
            out[len++] = s.ptr[i];
            continue;
        }
        out[len++] = '%';
        out[len++] = digits[c >> 4];
        out[len++] = digits[c & 15];
    }
    *ret_text = (struct sv){.ptr = out, .len = len};
    return true;
}

/* gcsweb parses the path twice: what has a meaning in a URL must survive the first time. */
static bool encode_for_gcsweb(struct sv s, struct arena *a, struct sv *ret_text, struct err *err)
{
    struct sv once;
    char *out = arena_alloc(a, s.len * 3 + 1, err);
    size_t len = 0;
    if (out == NULL)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        const char c = s.ptr[i];
        const char *twice = c == '#' ? "%23" : c == '?' ? "%3F" : c == '%' ? "%25" : NULL;
        if (twice == NULL) {
            out[len++] = c;
            continue;
        }
        memcpy(out + len, twice, 3);
        len += 3;
    }
    once = (struct sv){.ptr = out, .len = len};
    return encode(once, true, a, ret_text, err);
}

/* ---- keys ---- */

static struct sv trim_slashes(struct sv s)
{
    while (sv_ends(s, SV("/")))
        s.len--;
    while (sv_starts(s, SV("/")))
        s = sv_tail(s, 1);
    return s;
}

enum { MAX_PARTS = 64 };

static size_t split(struct sv key, struct sv *parts)
{
    size_t count = 0;
    struct sv part;
    for (struct sv rest = key; count < MAX_PARTS && sv_cut(&rest, '/', &part);) {
        if (part.len > 0)
            parts[count++] = part;
    }
    return count;
}

static bool is_number(struct sv s)
{
    uint64_t value;
    return sv_u64(s, &value);
}

static enum build_type type_of_job(struct sv job)
{
    if (sv_starts(job, SV("periodic-")))
        return TYPE_PERIODIC;
    if (sv_starts(job, SV("branch-")) || sv_starts(job, SV("post-")))
        return TYPE_POSTSUBMIT;
    return TYPE_UNKNOWN;
}

/* "pr-logs/pull/[org_repo/]pr/job/id" */
static bool fill_pull(struct build *b, const struct sv *p, size_t count, struct arena *a,
                      struct err *err)
{
    uint64_t number = 0;
    struct sv org = {0}, repo = {0};
    if (count == 5 && sv_equal(p[2], SV("batch"))) {
        b->type = TYPE_BATCH;
        return true;
    }
    if (!sv_u64(p[count - 3], &number))
        return false;
    b->type = TYPE_PRESUBMIT;
    if (count == 6) {
        const size_t mark = sv_find_char(p[2], '_');
        org = mark < p[2].len ? sv_head(p[2], mark) : SV("");
        repo = mark < p[2].len ? sv_tail(p[2], mark + 1) : p[2];
    }
    if (b->refs.org.len > 0 || b->refs.pull_count > 0)
        return true; /* a document said it better */
    struct pull *pull = arena_alloc(a, sizeof(*pull), err);
    if (pull == NULL)
        return false;
    pull->number = number;
    b->refs.org = org;
    b->refs.repo = repo;
    b->refs.pulls = pull;
    b->refs.pull_count = 1;
    return true;
}

bool place_fill_from_key(struct build *build, struct arena *a, struct err *err)
{
    struct sv parts[MAX_PARTS];
    struct build b = *build;
    size_t count = split(b.key, parts), from = 0;
    while (from < count && !sv_equal(parts[from], SV("logs")) &&
           !sv_equal(parts[from], SV("pr-logs")))
        from++; /* a path prefix */
    const struct sv *p = parts + from;
    count -= from;
    if (count < 3 || !is_number(p[count - 1]))
        return false;
    const bool plain = count == 3 && sv_equal(p[0], SV("logs"));
    const bool pull =
        (count == 5 || count == 6) && sv_equal(p[0], SV("pr-logs")) && sv_equal(p[1], SV("pull"));
    if ((!plain && !pull) || (pull && !fill_pull(&b, p, count, a, err)))
        return false;
    b.id = b.id.len > 0 ? b.id : p[count - 1];
    b.job = b.job.len > 0 ? b.job : p[count - 2];
    if (plain && b.type == TYPE_UNKNOWN)
        b.type = type_of_job(b.job);
    if (b.started_ms == 0)
        b.started_ms = build_id_time(b.id);
    b.provider = SV("prow");
    *build = b;
    return true;
}

static struct sv unalias(const struct endpoints *e, struct sv bucket)
{
    const struct bucket_alias *list = e->alias_count > 0 ? e->aliases : known_aliases;
    const size_t count = e->alias_count > 0 ? e->alias_count : COUNT_OF(known_aliases);
    for (size_t i = 0; i < count; i++) {
        if (sv_equal(list[i].from, bucket))
            return list[i].to;
    }
    return bucket;
}

/* ---- what an argument names ---- */

static bool refuse(struct err *err)
{
    return err_why(err, ERR_USAGE, "names no builds; understood are %s", shapes);
}

/* bucket/key: a build, a file of one, a job's folder or a pull request's. */
static bool place_object(enum store store, struct sv path, const struct endpoints *e,
                         struct arena *a, struct place *p, struct err *err)
{
    struct sv plain, parts[MAX_PARTS];
    path = trim_slashes(path);
    const size_t slash = sv_find_char(path, '/');
    if (slash == path.len)
        return refuse(err);
    if (!decode(trim_slashes(sv_tail(path, slash)), a, &plain, err))
        return false;
    p->build.store = store;
    p->build.bucket = unalias(e, sv_head(path, slash));
    const size_t count = split(plain, parts);
    for (size_t n = count; n >= 3; n--) { /* a file of a build names the build */
        const struct sv last = parts[n - 1];
        p->build.key =
            (struct sv){.ptr = plain.ptr, .len = (size_t)(last.ptr + last.len - plain.ptr)};
        if (place_fill_from_key(&p->build, a, err)) {
            p->kind = PLACE_BUILD;
            return true;
        }
    }
    p->build.key = plain;
    if (count >= 3 && sv_equal(parts[0], SV("pr-logs")) && sv_equal(parts[1], SV("directory"))) {
        p->kind = PLACE_JOB;
        p->build.job = parts[2];
        p->build.key =
            (struct sv){.ptr = plain.ptr, .len = (size_t)(parts[2].ptr + parts[2].len - plain.ptr)};
        return true;
    }
    if (count < 2)
        return refuse(err);
    p->kind =
        sv_equal(parts[0], SV("pr-logs")) && is_number(parts[count - 1]) ? PLACE_PR : PLACE_JOB;
    p->build.job = parts[count - 1];
    return true;
}

static bool finish_build_url(const struct place *p, struct sv url, struct build *b)
{
    if (p->kind == PLACE_BUILD && sv_find(url, SV("/view/")) < url.len) {
        b->url = url;
        b->deck = p->base;
    }
    return true;
}

/* Behind "/view/" or "/build/" of a Deck, "/gcs/" or "/s3/" of gcsweb. */
static bool place_viewed(struct sv path, struct sv url, const struct endpoints *e, struct arena *a,
                         struct place *p, struct err *err)
{
    enum store store = STORE_GS;
    path = trim_slashes(path);
    const size_t slash = sv_find_char(path, '/');
    if (build_store_parse(sv_head(path, slash), &store) && (store == STORE_GS || store == STORE_S3))
        path = sv_tail(path, slash + 1);
    else
        store = STORE_GS;
    return place_object(store, path, e, a, p, err) && finish_build_url(p, url, &p->build);
}

static bool is_host(struct sv base, struct sv endpoint)
{
    return endpoint.len > 0 && sv_starts(endpoint, base) &&
           (endpoint.len == base.len || endpoint.ptr[base.len] == '/');
}

static bool place_storage(struct sv url, struct sv path, const struct endpoints *e, struct arena *a,
                          struct place *p, struct err *err)
{
    const struct sv host = sv_tail(p->base, sv_find(p->base, SV("://")) + 3);
    const size_t s3 = sv_find(host, SV(".s3."));
    (void)url;
    if (is_host(p->base, e->gcs) || sv_equal(host, SV("storage.googleapis.com")) ||
        sv_equal(host, SV("storage.cloud.google.com")))
        return place_object(STORE_GS,
                            sv_tail(path, is_host(p->base, e->gcs) ? e->gcs.len - p->base.len : 0),
                            e, a, p, err);
    if (s3 < host.len && sv_ends(host, SV(".amazonaws.com"))) {
        struct sv joined;
        return arena_printf(a, &joined, err, "%.*s/%.*s", SV_ARG(sv_head(host, s3)),
                            SV_ARG(trim_slashes(path))) &&
               place_object(STORE_S3, joined, e, a, p, err);
    }
    if (is_host(p->base, e->s3) ||
        (sv_starts(host, SV("s3.")) && sv_ends(host, SV(".amazonaws.com"))))
        return place_object(STORE_S3, path, e, a, p, err);
    return false;
}

/* A status link may hold the real one as a parameter: https://redirect.example/?url=https%3A%2F%2F…
 */
static bool find_inner_url(struct sv query, struct arena *a, struct sv *ret_url, struct err *err)
{
    struct sv pair;
    for (struct sv rest = query; query.len > 0 && sv_cut(&rest, '&', &pair);) {
        struct sv plain;
        const struct sv value = sv_tail(pair, sv_find_char(pair, '=') + 1);
        if (!decode(value, a, &plain, err))
            return false;
        if (sv_starts(plain, SV("https://")) || sv_starts(plain, SV("http://"))) {
            *ret_url = plain;
            return true;
        }
    }
    return false;
}

static bool place_url(struct sv argument, const struct endpoints *e, struct arena *a, bool inner,
                      struct place *p, struct err *err)
{
    const struct sv url = sv_head(argument, sv_find_char(argument, '#'));
    const size_t host = sv_find(url, SV("://")) + 3;
    const size_t mark = sv_find_char(url, '?');
    const size_t slash = host + sv_find_char(sv_tail(url, host), '/');
    struct sv found;
    p->url = url;
    p->base = sv_head(sv_head(url, mark), slash);
    p->query = sv_tail(url, mark + 1);
    const struct sv path = sv_tail(sv_head(url, mark), slash);
    if (path.len <= 1 || sv_equal(path, SV("/index.html")) || sv_equal(path, SV("/prowjobs.js"))) {
        if (!inner && sv_find(p->query, SV("%2F%2F")) < p->query.len &&
            find_inner_url(p->query, a, &found, err))
            return place_url(found, e, a, true, p, err);
        p->kind = PLACE_DECK_LIST;
        return true;
    }
    if (sv_starts(path, SV("/job-history/"))) {
        p->kind = PLACE_DECK_HISTORY;
        return true;
    }
    if (sv_equal(path, SV("/prowjob"))) {
        p->kind = PLACE_DECK_PROWJOB;
        return true;
    }
    struct err own = {0};
    if (place_storage(url, path, e, a, p, &own))
        return true;
    static const struct sv views[] = {SV_INIT("/view/"), SV_INIT("/build/")};
    for (size_t i = 0; own.code == ERR_NONE && i < COUNT_OF(views); i++) {
        const size_t at = sv_find(path, views[i]);
        if (at < path.len)
            return place_viewed(sv_tail(path, at + views[i].len), url, e, a, p, err);
    }
    if (own.code == ERR_NONE && (sv_starts(path, SV("/gcs/")) || sv_starts(path, SV("/s3/")))) {
        p->by_gcsweb = true;
        return place_viewed(path, url, e, a, p, err);
    }
    if (!inner && find_inner_url(p->query, a, &found, err))
        return place_url(found, e, a, true, p, err);
    return refuse(err);
}

static bool place_local(struct sv path, const struct place_disk *disk, struct arena *a,
                        struct place *p, struct err *err)
{
    struct sv copy;
    if (!arena_copy(a, path, &copy, err))
        return false;
    p->path = copy;
    if (disk->is_dir(copy.ptr))
        p->kind = PLACE_FOLDER;
    else if (disk->exists(copy.ptr))
        p->kind = PLACE_FILE;
    else
        return err_why(err, ERR_USAGE, "no such file or folder; understood are %s", shapes);
    return true;
}

bool place_parse(struct sv argument, const struct endpoints *e, const struct place_disk *disk,
                 struct arena *a, struct place *ret_place, struct err *err)
{
    struct place p = {0};
    bool ok;
    if (sv_equal(argument, SV("-"))) {
        p.kind = PLACE_STDIN;
        ok = true;
    } else if (sv_starts(argument, SV("gs://")) || sv_starts(argument, SV("s3://"))) {
        ok = place_object(argument.ptr[0] == 'g' ? STORE_GS : STORE_S3, sv_tail(argument, 5), e, a,
                          &p, err);
    } else if (sv_starts(argument, SV("http://")) || sv_starts(argument, SV("https://"))) {
        ok = place_url(argument, e, a, false, &p, err);
    } else if (sv_starts(argument, SV("file://"))) {
        struct sv path;
        ok = decode(sv_tail(argument, 7), a, &path, err) && place_local(path, disk, a, &p, err);
    } else if (sv_find(sv_head(argument, 16), SV("://")) < sv_head(argument, 16).len) {
        ok = refuse(err);
    } else {
        ok = place_local(argument, disk, a, &p, err);
    }
    if (ok)
        *ret_place = p;
    return ok;
}

/* ---- URLs ---- */

static bool s3_base(const struct endpoints *e, struct sv bucket, struct arena *a,
                    struct sv *ret_base, struct err *err)
{
    static const struct sv mark = SV_INIT("{bucket}");
    const size_t at = sv_find(e->s3, mark);
    if (at < e->s3.len)
        return arena_printf(a, ret_base, err, "%.*s%.*s%.*s", SV_ARG(sv_head(e->s3, at)),
                            SV_ARG(bucket), SV_ARG(sv_tail(e->s3, at + mark.len)));
    return arena_printf(a, ret_base, err, "%.*s/%.*s", SV_ARG(e->s3), SV_ARG(bucket));
}

static bool join_key(const struct build *b, struct sv rel, struct arena *a, struct sv *ret_key,
                     struct err *err)
{
    if (rel.len == 0)
        return arena_copy(a, b->key, ret_key, err);
    return arena_printf(a, ret_key, err, "%.*s/%.*s", SV_ARG(b->key), SV_ARG(rel));
}

static bool object_url(const struct endpoints *e, enum store store, struct sv bucket, struct sv key,
                       struct arena *a, struct sv *ret_url, struct err *err)
{
    struct sv path, base;
    if (e->prefer_gcsweb)
        return encode_for_gcsweb(key, a, &path, err) &&
               arena_printf(a, ret_url, err, "%.*s/%.*s/%.*s", SV_ARG(e->gcsweb), SV_ARG(bucket),
                            SV_ARG(path));
    if (!encode(key, true, a, &path, err))
        return false;
    if (store == STORE_S3)
        return s3_base(e, bucket, a, &base, err) &&
               arena_printf(a, ret_url, err, "%.*s/%.*s", SV_ARG(base), SV_ARG(path));
    return arena_printf(a, ret_url, err, "%.*s/%.*s/%.*s", SV_ARG(e->gcs), SV_ARG(bucket),
                        SV_ARG(path));
}

bool place_object_url(const struct endpoints *e, const struct build *build, struct sv rel,
                      struct arena *a, struct sv *ret_url, struct err *err)
{
    struct sv key;
    if (!join_key(build, rel, a, &key, err))
        return false;
    if (build->store != STORE_GS && build->store != STORE_S3) {
        *ret_url = key;
        return true;
    }
    return object_url(e, build->store, build->bucket, key, a, ret_url, err);
}

bool place_person_url(const struct endpoints *e, const struct build *build, struct sv rel,
                      struct arena *a, struct sv *ret_url, struct err *err)
{
    struct sv key, path;
    const bool main_log = rel.len == 0 || sv_equal(rel, SV("build-log.txt"));
    if (build->store != STORE_GS && build->store != STORE_S3) {
        if (build->store == STORE_FOLDER)
            return join_key(build, rel, a, ret_url, err);
        *ret_url = build->key;
        return true;
    }
    if (main_log && build->url.len > 0) {
        *ret_url = build->url;
        return true;
    }
    if (main_log && e->spyglass.len > 0)
        return encode(build->key, true, a, &path, err) &&
               arena_printf(a, ret_url, err, "%.*s/%s/%.*s/%.*s", SV_ARG(e->spyglass),
                            build_store_name(build->store), SV_ARG(build->bucket), SV_ARG(path));
    return join_key(build, rel, a, &key, err) &&
           object_url(e, build->store, build->bucket, key, a, ret_url, err);
}

bool place_list_url(const struct endpoints *e, const struct list_request *r, struct arena *a,
                    struct sv *ret_url, struct err *err)
{
    struct sv prefix, token, base;
    const char *delimiter = r->flat ? "" : "&delimiter=%2F";
    if (e->prefer_gcsweb)
        return encode_for_gcsweb(r->prefix, a, &prefix, err) &&
               encode(r->token, false, a, &token, err) &&
               arena_printf(a, ret_url, err, "%.*s/%.*s/%.*s%s%.*s", SV_ARG(e->gcsweb),
                            SV_ARG(r->bucket), SV_ARG(prefix), token.len > 0 ? "?marker=" : "",
                            SV_ARG(token));
    if (!encode(r->prefix, false, a, &prefix, err) || !encode(r->token, false, a, &token, err))
        return false;
    if (r->store == STORE_GS && e->gcs_api.len > 0)
        return arena_printf(a, ret_url, err,
                            "%.*s/b/%.*s/o?prefix=%.*s%s&maxResults=1000&fields=nextPageToken,"
                            "prefixes,items(name,size,updated,metadata)%s%.*s",
                            SV_ARG(e->gcs_api), SV_ARG(r->bucket), SV_ARG(prefix), delimiter,
                            token.len > 0 ? "&pageToken=" : "", SV_ARG(token));
    const bool ok = r->store == STORE_S3 ? s3_base(e, r->bucket, a, &base, err)
                                         : arena_printf(a, &base, err, "%.*s/%.*s", SV_ARG(e->gcs),
                                                        SV_ARG(r->bucket));
    return ok &&
           arena_printf(a, ret_url, err,
                        "%.*s?list-type=2&prefix=%.*s%s&max-keys=1000&encoding-type=url%s%.*s",
                        SV_ARG(base), SV_ARG(prefix), delimiter,
                        token.len > 0 ? "&continuation-token=" : "", SV_ARG(token));
}
