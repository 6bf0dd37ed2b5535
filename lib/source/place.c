#include "source/place.h"

#include "source/percent.h"

#include <stdio.h>

static const char *const shapes =
    "a Deck page (https://prow.example/?job=*), /job-history/…, /view/…, /prowjob?prowjob=NAME, a "
    "gcsweb or storage URL, gs://bucket/path, s3://bucket/path, a folder, a file, or -";

static const struct bucket_alias known_aliases[] = {
    {SV_INIT("origin-ci-test"), SV_INIT("test-platform-results")},
    {SV_INIT("kubernetes-jenkins"), SV_INIT("kubernetes-ci-logs")},
};

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
    return percent_encode(once, true, a, ret_text, err);
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

/* A build's or a pull request's; build ids may one day pass what a word holds. */
static bool is_number(struct sv s)
{
    size_t i = 0;
    while (i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9')
        i++;
    return s.len > 0 && s.len <= 40 && i == s.len;
}

static enum build_type type_of_job(struct sv job)
{
    if (sv_starts(job, SV("periodic-")))
        return TYPE_PERIODIC;
    if (sv_starts(job, SV("branch-")) || sv_starts(job, SV("post-")))
        return TYPE_POSTSUBMIT;
    return TYPE_UNKNOWN;
}

/* p: "[org_repo/]pr/job/id" or "batch/job/id", what stands behind "pr-logs/pull". */
static bool fill_pull(struct build *b, const struct sv *p, size_t count, struct arena *a,
                      struct err *err)
{
    uint64_t number = 0;
    if (count == 3 && sv_equal(p[0], SV("batch"))) {
        b->type = TYPE_BATCH;
        return true;
    }
    if (!sv_u64(p[count - 3], &number))
        return false;
    b->type = TYPE_PRESUBMIT;
    if (b->refs.org.len > 0 || b->refs.pull_count > 0)
        return true; /* a document said it better */
    struct pull *pull = arena_alloc(a, sizeof(*pull), err);
    if (pull == NULL)
        return false;
    pull->number = number;
    b->refs.pulls = pull;
    b->refs.pull_count = 1;
    if (count ==
        4) { /* "org_repo", or the repository alone where the organisation is the default */
        const size_t mark = sv_find_char(p[0], '_');
        b->refs.org = mark < p[0].len ? sv_head(p[0], mark) : SV("");
        b->refs.repo = mark < p[0].len ? sv_tail(p[0], mark + 1) : p[0];
    }
    return true;
}

/* Where "pr-logs/pull" ends so that three or four parts follow it; 0 when nowhere. */
static size_t behind_pull(const struct sv *p, size_t count)
{
    for (size_t left = 3; left <= 4; left++) {
        if (count >= left + 2 && sv_equal(p[count - left - 2], SV("pr-logs")) &&
            sv_equal(p[count - left - 1], SV("pull")))
            return count - left;
    }
    return 0;
}

/* Keys are read from their end: a path prefix may stand before them. */
bool place_fill_from_key(struct build *build, struct arena *a, struct err *err)
{
    struct sv parts[MAX_PARTS];
    struct build b = *build;
    const size_t count = split(b.key, parts), pull = behind_pull(parts, count);
    const bool plain = count >= 3 && sv_equal(parts[count - 3], SV("logs"));
    if (count < 3 || !is_number(parts[count - 1]) || (pull == 0 && !plain))
        return false;
    if (pull > 0 && !fill_pull(&b, parts + pull, count - pull, a, err))
        return false;
    b.id = b.id.len > 0 ? b.id : parts[count - 1];
    b.job = b.job.len > 0 ? b.job : parts[count - 2];
    if (pull == 0 && b.type == TYPE_UNKNOWN)
        b.type = type_of_job(b.job);
    b.provider = SV("prow");
    *build = b;
    return true;
}

struct sv place_unalias(const struct endpoints *e, struct sv bucket)
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

/* The key's first n parts. */
static struct sv first_parts(struct sv key, const struct sv *parts, size_t n)
{
    return (struct sv){.ptr = key.ptr,
                       .len = (size_t)(parts[n - 1].ptr + parts[n - 1].len - key.ptr)};
}

/* "pr-logs/directory/<job>[/<id>[.txt]]" */
static bool place_directory(struct place *p, struct sv key, const struct sv *parts, size_t count,
                            struct arena *a, struct err *err)
{
    struct build *b = &p->build;
    struct sv id = count == 4 ? parts[3] : SV("");
    if (sv_ends(id, SV(".txt")))
        id.len -= 4;
    p->kind = is_number(id) ? PLACE_POINTER : PLACE_JOB;
    b->job = parts[2];
    b->key = first_parts(key, parts, 3);
    if (p->kind == PLACE_JOB)
        return true;
    b->id = id;
    return arena_printf(a, &b->key, err, "%.*s/%.*s.txt", SV_ARG(b->key), SV_ARG(id));
}

/* bucket/key: a build, a file of one, a pointer, a job's folder or a pull request's. plain: the
 * key is not percent-encoded. */
static bool place_object(enum store store, struct sv path, bool plain, const struct endpoints *e,
                         struct arena *a, struct place *p, struct err *err)
{
    struct sv key, parts[MAX_PARTS];
    path = trim_slashes(path);
    const size_t slash = sv_find_char(path, '/');
    key = trim_slashes(sv_tail(path, slash));
    if (!plain && !percent_decode(key, false, a, &key, err))
        return false;
    p->build.store = store;
    p->build.bucket = place_unalias(e, sv_head(path, slash));
    const size_t count = split(key, parts);
    if (p->build.bucket.len == 0)
        return refuse(err);
    if (count > 0 && !build_place_is_safe(p->build.bucket, key))
        return err_why(
            err, ERR_USAGE,
            "names no object: a bucket is letters, digits, \"-\", \"_\" and \".\", and no "
            "part of a key is empty, \".\" or \"..\" or holds a control character");
    if (count < 2)
        return err_why(err, ERR_USAGE,
                       "names a bucket, but no job and no build in it: add a key such as "
                       "logs/<job> or logs/<job>/<build>");
    for (size_t n = 3; n <= count; n++) { /* a file of a build names the build */
        struct err own = {0};
        p->build.key = first_parts(key, parts, n);
        p->kind = PLACE_BUILD;
        if (place_fill_from_key(&p->build, a, &own))
            return true;
        if (own.code != ERR_NONE) {
            *err = own;
            return false;
        }
    }
    if (count >= 3 && sv_equal(parts[0], SV("pr-logs")) && sv_equal(parts[1], SV("directory")))
        return place_directory(p, key, parts, count, a, err);
    size_t n = count;
    if (sv_equal(parts[n - 1], SV("latest-build.txt")) && n > 2)
        n--;
    const bool pull =
        n >= 3 && (sv_equal(parts[n - 2], SV("pull")) || sv_equal(parts[n - 3], SV("pull")));
    p->kind = pull && is_number(parts[n - 1]) ? PLACE_PR : PLACE_JOB;
    p->build.key = first_parts(key, parts, n);
    p->build.job = parts[n - 1];
    return true;
}

/* Behind "/view/" or "/build/" of a Deck, "/gcs/" or "/s3/" of gcsweb, "/job-history/". */
static bool place_provider(struct sv path, const struct endpoints *e, struct arena *a,
                           struct place *p, struct err *err)
{
    enum store store = STORE_GS; /* older ones leave the provider out */
    path = trim_slashes(path);
    const size_t slash = sv_find_char(path, '/');
    if (build_store_parse(sv_head(path, slash), &store) && (store == STORE_GS || store == STORE_S3))
        path = sv_tail(path, slash + 1);
    else
        store = STORE_GS;
    return place_object(store, path, false, e, a, p, err);
}

static bool place_view(struct sv path, struct sv url, const struct endpoints *e, struct arena *a,
                       struct place *p, struct err *err)
{
    if (sv_starts(path, SV("prowjob/"))) {
        p->kind = PLACE_DECK_VIEW;
        return true;
    }
    if (!place_provider(path, e, a, p, err))
        return false;
    while (sv_ends(url, SV("/")))
        url.len--;
    if (p->kind == PLACE_BUILD) {
        p->build.url = url;
        p->build.deck = p->base;
    }
    return true;
}

/* The job's folder is for pointers only: a page that does not name it is still a page. */
static bool place_history(struct sv path, const struct endpoints *e, struct arena *a,
                          struct place *p, struct err *err)
{
    struct place own = *p;
    struct err no_folder = {0};
    if (place_provider(path, e, a, &own, &no_folder) && own.kind == PLACE_JOB)
        p->build = own.build;
    p->kind = PLACE_DECK_HISTORY;
    if (no_folder.code == ERR_NOMEM)
        *err = no_folder;
    return no_folder.code != ERR_NOMEM;
}

/* The URL lies below the endpoint: what follows it. ptr NULL when it does not. */
static struct sv below(struct sv url, struct sv endpoint)
{
    if (endpoint.len == 0 || !sv_starts(url, endpoint))
        return (struct sv){0};
    const struct sv rest = sv_tail(url, endpoint.len);
    return sv_starts(rest, SV("/")) ? rest : (struct sv){0};
}

/* GCS's JSON API: "/storage/v1/b/BUCKET/o/KEY", the key encoded whole. */
static bool place_gcs(struct sv path, const struct endpoints *e, struct arena *a, struct place *p,
                      struct err *err)
{
    static const struct sv api = SV_INIT("/storage/v1/b/");
    static const struct sv folders[] = {SV_INIT("/storage/browser/"), SV_INIT("/_details/")};
    if (sv_starts(path, SV("/download/")))
        path = sv_tail(path, 9);
    for (size_t i = 0; i < COUNT_OF(folders); i++) {
        if (sv_starts(path, folders[i]))
            path = sv_tail(path, folders[i].len - 1);
    }
    if (!sv_starts(path, api))
        return place_object(STORE_GS, path, false, e, a, p, err);
    const struct sv rest = sv_tail(path, api.len);
    const size_t mark = sv_find(rest, SV("/o/"));
    struct sv key, joined;
    return percent_decode(sv_tail(rest, mark + 3), false, a, &key, err) &&
           arena_printf(a, &joined, err, "%.*s/%.*s", SV_ARG(sv_head(rest, mark)), SV_ARG(key)) &&
           place_object(STORE_GS, joined, true, e, a, p, err);
}

/* A bucket that is the host's first part. */
static bool place_hosted(enum store store, struct sv bucket, struct sv path,
                         const struct endpoints *e, struct arena *a, struct place *p,
                         struct err *err)
{
    struct sv joined;
    return arena_printf(a, &joined, err, "%.*s%.*s", SV_ARG(bucket), SV_ARG(path)) &&
           place_object(store, joined, false, e, a, p, err);
}

/* The public stores, by their hosts. *ret_is: the URL lies in one; then the result counts. */
static bool place_public(struct sv path, const struct endpoints *e, struct arena *a,
                         struct place *p, bool *ret_is, struct err *err)
{
    static const struct sv gcs_hosts[] = {
        SV_INIT("storage.googleapis.com"), SV_INIT("storage.cloud.google.com"),
        SV_INIT("www.googleapis.com"), SV_INIT("console.cloud.google.com")};
    static const struct sv gcs_domain = SV_INIT(".storage.googleapis.com");
    const struct sv host = sv_tail(p->base, sv_find(p->base, SV("://")) + 3);
    const size_t s3 = sv_find(host, SV(".s3"));
    *ret_is = true;
    for (size_t i = 0; i < COUNT_OF(gcs_hosts); i++) {
        if (sv_equal(host, gcs_hosts[i]))
            return place_gcs(path, e, a, p, err);
    }
    if (sv_ends(host, gcs_domain) && host.len > gcs_domain.len)
        return place_hosted(STORE_GS, sv_head(host, host.len - gcs_domain.len), path, e, a, p, err);
    if (sv_ends(host, SV(".amazonaws.com")) && s3 < host.len)
        return place_hosted(STORE_S3, sv_head(host, s3), path, e, a, p, err);
    if (sv_ends(host, SV(".amazonaws.com")) && sv_starts(host, SV("s3")))
        return place_object(STORE_S3, path, false, e, a, p, err);
    *ret_is = false;
    return false;
}

/* The stores that are configured, by their URLs. */
static bool place_configured(struct sv url, const struct endpoints *e, struct arena *a,
                             struct place *p, bool *ret_is, struct err *err)
{
    const struct sv gcsweb = below(url, e->gcsweb), api = below(url, e->gcs_api);
    const struct sv gcs = below(url, e->gcs), own_s3 = below(url, e->s3);
    *ret_is = true;
    if (gcsweb.ptr != NULL)
        return place_object(STORE_GS, gcsweb, false, e, a, p, err);
    if (api.ptr != NULL && sv_starts(api, SV("/b/"))) {
        struct sv whole;
        return arena_printf(a, &whole, err, "/storage/v1%.*s", SV_ARG(api)) &&
               place_gcs(whole, e, a, p, err);
    }
    if (gcs.ptr != NULL)
        return place_object(STORE_GS, gcs, false, e, a, p, err);
    if (own_s3.ptr != NULL)
        return place_object(STORE_S3, own_s3, false, e, a, p, err);
    *ret_is = false;
    return false;
}

/* "u=https%3A%2F%2F…" in a query: the URL, "" when there is none. */
static bool find_inner_url(struct sv query, struct arena *a, struct sv *ret_url, struct err *err)
{
    struct sv pair;
    *ret_url = SV("");
    for (struct sv rest = query; query.len > 0 && sv_cut(&rest, '&', &pair);) {
        struct sv plain;
        const struct sv value = sv_tail(pair, sv_find_char(pair, '=') + 1);
        if (!sv_starts(value, SV("http")))
            continue;
        if (!percent_decode(value, false, a, &plain, err))
            return false;
        if (sv_starts(plain, SV("https://")) || sv_starts(plain, SV("http://"))) {
            *ret_url = plain;
            return true;
        }
    }
    return true;
}

enum deck_page { DECK_NONE, DECK_LIST, DECK_HISTORY, DECK_PROWJOB, DECK_VIEW, DECK_GCSWEB };

/* What a path on a host of its own means; *ret_rest is what follows. */
static enum deck_page deck_page_of(struct sv path, struct sv *ret_rest)
{
    static const struct {
        struct sv start;
        enum deck_page page;
    } starts[] = {{SV_INIT("/job-history/"), DECK_HISTORY},
                  {SV_INIT("/view/"), DECK_VIEW},
                  {SV_INIT("/build/"), DECK_VIEW},
                  {SV_INIT("/gcs/"), DECK_GCSWEB},
                  {SV_INIT("/s3/"), DECK_GCSWEB}};
    static const struct sv lists[] = {SV_INIT("/index.html"), SV_INIT("/prowjobs.js"),
                                      SV_INIT("/data.js")};
    for (size_t i = 0; i < COUNT_OF(starts); i++) {
        if (!sv_starts(path, starts[i].start))
            continue;
        *ret_rest = starts[i].page == DECK_GCSWEB ? path : sv_tail(path, starts[i].start.len);
        return starts[i].page;
    }
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        if (sv_equal(path, lists[i]))
            return DECK_LIST;
    }
    return path.len <= 1 ? DECK_LIST : sv_equal(path, SV("/prowjob")) ? DECK_PROWJOB : DECK_NONE;
}

static bool place_page(enum deck_page page, struct sv rest, struct sv url,
                       const struct endpoints *e, struct arena *a, struct place *p, struct err *err)
{
    switch (page) {
    case DECK_HISTORY:
        return place_history(rest, e, a, p, err);
    case DECK_VIEW:
        return place_view(rest, url, e, a, p, err);
    case DECK_GCSWEB:
        return place_provider(rest, e, a, p, err);
    case DECK_PROWJOB:
        p->kind = PLACE_DECK_PROWJOB;
        return true;
    case DECK_LIST:
    case DECK_NONE:
    default:
        p->kind = PLACE_DECK_LIST;
        return true;
    }
}

static bool place_url(struct sv argument, const struct endpoints *e, struct arena *a, bool inner,
                      struct place *p, struct err *err)
{
    p->url = sv_head(argument, sv_find_char(argument, '#'));
    const size_t mark = sv_find_char(p->url, '?');
    const struct sv url = sv_head(p->url, mark); /* without its query */
    const size_t host = sv_find(url, SV("://")) + 3;
    const size_t slash = host + sv_find_char(sv_tail(url, host), '/');
    const struct sv path = sv_tail(url, slash);
    struct sv found = {0}, rest = {0};
    bool is_store = false;
    p->base = sv_head(url, slash);
    p->query = sv_tail(p->url, mark + 1);
    if (p->base.len <= host)
        return refuse(err);
    bool ok = place_public(path, e, a, p, &is_store, err);
    if (is_store)
        return ok;
    const enum deck_page page = deck_page_of(path, &rest);
    if (page != DECK_NONE && page != DECK_LIST)
        return place_page(page, rest, url, e, a, p, err);
    /* A status link may lead through a page that forwards to the real one. */
    if (!inner && !find_inner_url(p->query, a, &found, err))
        return false;
    if (found.len > 0)
        return place_url(found, e, a, true, p, err);
    if (page == DECK_LIST)
        return place_page(page, rest, url, e, a, p, err);
    ok = place_configured(url, e, a, p, &is_store, err);
    if (is_store)
        return ok;
    const size_t view = sv_find(path, SV("/view/")); /* a Deck below a path of its own */
    if (view < path.len)
        return place_view(sv_tail(path, view + 6), url, e, a, p, err);
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
        ok = place_object(argument.ptr[0] == 'g' ? STORE_GS : STORE_S3, sv_tail(argument, 5), true,
                          e, a, &p, err);
    } else if (sv_starts(argument, SV("http://")) || sv_starts(argument, SV("https://"))) {
        ok = place_url(argument, e, a, false, &p, err);
    } else if (sv_starts(argument, SV("file://"))) {
        struct sv path;
        ok = percent_decode(sv_tail(argument, 7), false, a, &path, err) &&
             place_local(path, disk, a, &p, err);
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

/* gcsweb shows S3 beside GCS: ".../gcs" and ".../s3". */
static bool gcsweb_base(const struct endpoints *e, enum store store, struct arena *a,
                        struct sv *ret_base, struct err *err)
{
    if (store != STORE_S3 || !sv_ends(e->gcsweb, SV("/gcs"))) {
        *ret_base = e->gcsweb;
        return true;
    }
    return arena_printf(a, ret_base, err, "%.*s/s3", SV_ARG(sv_head(e->gcsweb, e->gcsweb.len - 4)));
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
        return encode_for_gcsweb(key, a, &path, err) && gcsweb_base(e, store, a, &base, err) &&
               arena_printf(a, ret_url, err, "%.*s/%.*s/%.*s", SV_ARG(base), SV_ARG(bucket),
                            SV_ARG(path));
    if (!percent_encode(key, true, a, &path, err))
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
        return percent_encode(build->key, true, a, &path, err) &&
               arena_printf(a, ret_url, err, "%.*s/%s/%.*s/%.*s", SV_ARG(e->spyglass),
                            build_store_name(build->store), SV_ARG(build->bucket), SV_ARG(path));
    return join_key(build, rel, a, &key, err) &&
           object_url(e, build->store, build->bucket, key, a, ret_url, err);
}

static bool gcsweb_list_url(const struct endpoints *e, const struct list_request *r,
                            struct arena *a, struct sv *ret_url, struct err *err)
{
    struct sv prefix, token, base;
    return encode_for_gcsweb(r->prefix, a, &prefix, err) &&
           percent_encode(r->token, false, a, &token, err) &&
           gcsweb_base(e, r->store, a, &base, err) &&
           arena_printf(a, ret_url, err, "%.*s/%.*s/%.*s%s%.*s", SV_ARG(base), SV_ARG(r->bucket),
                        SV_ARG(prefix), token.len > 0 ? "?marker=" : "", SV_ARG(token));
}

/* A store that answered in the first version's terms is asked so from then on. */
static bool xml_list_url(const struct endpoints *e, const struct list_request *r, struct arena *a,
                         struct sv *ret_url, struct err *err)
{
    struct sv prefix, token, base;
    const char *version = r->is_marker ? "" : "list-type=2&";
    const char *next = r->token.len == 0 ? "" : r->is_marker ? "&marker=" : "&continuation-token=";
    const bool ok = percent_encode(r->prefix, false, a, &prefix, err) &&
                    percent_encode(r->token, false, a, &token, err) &&
                    (r->store == STORE_S3 ? s3_base(e, r->bucket, a, &base, err)
                                          : arena_printf(a, &base, err, "%.*s/%.*s", SV_ARG(e->gcs),
                                                         SV_ARG(r->bucket)));
    return ok && arena_printf(a, ret_url, err,
                              "%.*s?%sprefix=%.*s%s&max-keys=1000&encoding-type=url%s%.*s",
                              SV_ARG(base), version, SV_ARG(prefix),
                              r->flat ? "" : "&delimiter=%2F", next, SV_ARG(token));
}

bool place_list_url(const struct endpoints *e, const struct list_request *r, struct arena *a,
                    struct sv *ret_url, struct err *err)
{
    struct sv prefix, token;
    if (e->prefer_gcsweb)
        return gcsweb_list_url(e, r, a, ret_url, err);
    if (r->store == STORE_S3 || e->gcs_api.len == 0)
        return xml_list_url(e, r, a, ret_url, err);
    return percent_encode(r->prefix, false, a, &prefix, err) &&
           percent_encode(r->token, false, a, &token, err) &&
           arena_printf(a, ret_url, err,
                        "%.*s/b/%.*s/o?prefix=%.*s%s&maxResults=1000&fields=nextPageToken,"
                        "prefixes,items(name,size,metadata)%s%.*s",
                        SV_ARG(e->gcs_api), SV_ARG(r->bucket), SV_ARG(prefix),
                        r->flat ? "" : "&delimiter=%2F", token.len > 0 ? "&pageToken=" : "",
                        SV_ARG(token));
}
