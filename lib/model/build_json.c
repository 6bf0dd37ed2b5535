#include "model/build_json.h"

#include "base/timefmt.h"

/* ---- a build as one line ---- */

static void set_if(struct jsonw object, const char *name, struct sv value)
{
    if (value.len > 0)
        jsonw_set_text(object, name, value);
}

static void set_time(struct jsonw object, const char *name, int64_t ms)
{
    char text[TIME_TEXT_BYTES];
    if (ms != 0)
        jsonw_set_text(object, name,
                       sv_of(ms % 1000 == 0 ? time_text(ms, text) : time_text_ms(ms, text)));
}

static struct jsonw refs_to_json(const struct refs *refs)
{
    struct jsonw o = jsonw_object();
    set_if(o, "org", refs->org);
    set_if(o, "repo", refs->repo);
    set_if(o, "base_ref", refs->base_ref);
    set_if(o, "base_sha", refs->base_sha);
    if (refs->pull_count == 0)
        return o;
    struct jsonw pulls = jsonw_array();
    for (size_t i = 0; i < refs->pull_count; i++) {
        struct jsonw pull = jsonw_object();
        jsonw_set_u64(pull, "number", refs->pulls[i].number);
        set_if(pull, "sha", refs->pulls[i].sha);
        set_if(pull, "author", refs->pulls[i].author);
        set_if(pull, "title", refs->pulls[i].title);
        jsonw_add_take(pulls, pull);
    }
    jsonw_set_take(o, "pulls", pulls);
    return o;
}

static void set_refs(struct jsonw o, const struct build *b)
{
    if (b->refs.org.len > 0 || b->refs.repo.len > 0 || b->refs.pull_count > 0)
        jsonw_set_take(o, "refs", refs_to_json(&b->refs));
    if (b->extra_ref_count == 0)
        return;
    struct jsonw extra = jsonw_array();
    for (size_t i = 0; i < b->extra_ref_count; i++)
        jsonw_add_take(extra, refs_to_json(&b->extra_refs[i]));
    jsonw_set_take(o, "extra_refs", extra);
}

struct member { /* a text member and its place in the build */
    const char *name;
    size_t offset;
};

static const struct member text_members[] = {
    {"id", offsetof(struct build, id)},
    {"job", offsetof(struct build, job)},
    {"provider", offsetof(struct build, provider)},
    {"name", offsetof(struct build, name)},
    {"state_text", offsetof(struct build, state_text)},
    {"description", offsetof(struct build, description)},
    {"url", offsetof(struct build, url)},
    {"deck", offsetof(struct build, deck)},
    {"context", offsetof(struct build, context)},
    {"cluster", offsetof(struct build, cluster)},
    {"profile", offsetof(struct build, profile)},
    {"target", offsetof(struct build, target)},
    {"variant", offsetof(struct build, variant)},
    {"pod_name", offsetof(struct build, pod_name)},
    {"author", offsetof(struct build, author)},
    {"bucket", offsetof(struct build, bucket)},
    {"key", offsetof(struct build, key)},
};
static const struct member time_members[] = {
    {"created", offsetof(struct build, created_ms)},
    {"started", offsetof(struct build, started_ms)},
    {"pending", offsetof(struct build, pending_ms)},
    {"finished", offsetof(struct build, finished_ms)},
};

struct jsonw build_to_json(const struct build *b)
{
    struct jsonw o = jsonw_object();
    const char *base = (const char *)b;
    for (size_t i = 0; i < COUNT_OF(text_members); i++) {
        struct sv value;
        memcpy(&value, base + text_members[i].offset, sizeof(value));
        set_if(o, text_members[i].name, value);
    }
    jsonw_set_text(o, "type", sv_of(build_type_name(b->type)));
    jsonw_set_text(o, "state", sv_of(build_state_name(b->state)));
    set_if(o, "store", sv_of(build_store_name(b->store)));
    for (size_t i = 0; i < COUNT_OF(time_members); i++) {
        int64_t ms;
        memcpy(&ms, base + time_members[i].offset, sizeof(ms));
        set_time(o, time_members[i].name, ms);
    }
    set_refs(o, b);
    if (b->retest)
        jsonw_set_bool(o, "retest", true);
    if (b->optional)
        jsonw_set_bool(o, "optional", true);
    return o;
}

bool build_to_line(const struct build *build, struct buf *out, struct err *err)
{
    return jsonw_write_take(build_to_json(build), false, out, err) && buf_add_char(out, '\n', err);
}

/* ---- reading what both forms share ---- */

/* Copy a text when it is there; what is absent leaves the target as it was. */
static bool take_text(struct json j, struct arena *a, struct sv *target, struct err *err)
{
    const struct sv text = json_text(j);
    return text.len == 0 || arena_copy(a, text, target, err);
}

static void take_time(struct json j, int64_t *target)
{
    int64_t ms = 0;
    if (time_parse_rfc3339(json_text(j), &ms) && ms != 0)
        *target = ms;
}

bool build_refs_from_json(struct json j, struct arena *a, struct refs *ret_refs, struct err *err)
{
    enum { MAX_PULLS = 1000 };
    struct refs own = {0}, *refs = &own;
    if (!take_text(json_member(j, "org"), a, &refs->org, err) ||
        !take_text(json_member(j, "repo"), a, &refs->repo, err) ||
        !take_text(json_member(j, "base_ref"), a, &refs->base_ref, err) ||
        !take_text(json_member(j, "base_sha"), a, &refs->base_sha, err))
        return false;
    const struct json list = json_member(j, "pulls");
    const size_t count = json_is_array(list) ? json_count(list) : 0;
    if (count > MAX_PULLS)
        return err_why(err, ERR_LIMIT, "refs with more than %d pulls", MAX_PULLS);
    struct pull *pulls = arena_array(a, count + 1, sizeof(*pulls), err);
    if (pulls == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct json pull = json_at(list, i);
        (void)json_u64_text(json_member(pull, "number"), &pulls[i].number);
        if (!take_text(json_member(pull, "sha"), a, &pulls[i].sha, err) ||
            !take_text(json_member(pull, "author"), a, &pulls[i].author, err) ||
            !take_text(json_member(pull, "title"), a, &pulls[i].title, err))
            return false;
    }
    refs->pulls = pulls;
    refs->pull_count = count;
    *ret_refs = own;
    return true;
}

static bool take_all_refs(struct json spec, struct arena *a, struct build *b, struct err *err)
{
    enum { MAX_EXTRA = 100 };
    const struct json refs = json_member(spec, "refs"), extra = json_member(spec, "extra_refs");
    if (json_is_object(refs) && !build_refs_from_json(refs, a, &b->refs, err))
        return false;
    const size_t count = json_is_array(extra) ? json_count(extra) : 0;
    if (count > MAX_EXTRA)
        return err_why(err, ERR_LIMIT, "more than %d extra_refs", MAX_EXTRA);
    if (count > 0) {
        struct refs *list = arena_array(a, count, sizeof(*list), err);
        if (list == NULL)
            return false;
        for (size_t i = 0; i < count; i++) {
            if (!build_refs_from_json(json_at(extra, i), a, &list[i], err))
                return false;
        }
        b->extra_refs = list;
        b->extra_ref_count = count;
    }
    if (b->refs.pull_count > 0 && b->refs.pulls[0].author.len > 0)
        b->author = b->refs.pulls[0].author;
    return true;
}

/* What is there must be what it says: a list is edited by hand too. */
static bool take_time_of(struct json j, const char *name, int64_t *target, struct err *err)
{
    const struct sv text = json_text(json_member(j, name));
    if (text.len > 0 && !time_parse_rfc3339(text, target))
        return err_why(err, ERR_FORMAT, "\"%s\" is no time: \"%.*s\"", name,
                       SV_ARG(sv_head(text, 40)));
    return true;
}

static bool take_words(struct json j, struct build *b, struct err *err)
{
    const struct sv type = json_text(json_member(j, "type"));
    const struct sv state = json_text(json_member(j, "state"));
    const struct sv store = json_text(json_member(j, "store"));
    const struct sv unknown = SV("unknown");
    if (type.len > 0 && !sv_equal(type, unknown) && !build_type_parse(type, &b->type))
        return err_why(err, ERR_FORMAT, "\"type\" is \"%.*s\"", SV_ARG(sv_head(type, 40)));
    if (state.len > 0 && !sv_equal(state, unknown) && !build_state_parse(state, &b->state))
        return err_why(err, ERR_FORMAT, "\"state\" is \"%.*s\"", SV_ARG(sv_head(state, 40)));
    if (store.len > 0 && !build_store_parse(store, &b->store))
        return err_why(err, ERR_FORMAT, "\"store\" is \"%.*s\"", SV_ARG(sv_head(store, 40)));
    return true;
}

bool build_from_line(struct sv line, struct arena *a, struct build *ret_build, struct err *err)
{
    struct build b = {0};
    struct json_doc doc = {0};
    if (!json_parse(line, BUILD_LINE_BYTES, &doc, err))
        return false;
    const struct json j = json_root(&doc);
    bool ok = json_is_object(j) || err_why(err, ERR_FORMAT, "a build must be an object");
    for (size_t i = 0; ok && i < COUNT_OF(text_members); i++) {
        struct sv value = {0};
        ok = take_text(json_member(j, text_members[i].name), a, &value, err);
        memcpy((char *)&b + text_members[i].offset, &value, sizeof(value));
    }
    for (size_t i = 0; ok && i < COUNT_OF(time_members); i++) {
        int64_t ms = 0;
        ok = take_time_of(j, time_members[i].name, &ms, err);
        memcpy((char *)&b + time_members[i].offset, &ms, sizeof(ms));
    }
    (void)json_bool(json_member(j, "retest"), &b.retest);
    (void)json_bool(json_member(j, "optional"), &b.optional);
    ok = ok && take_words(j, &b, err) && take_all_refs(j, a, &b, err);
    if (ok && b.job.len == 0 && b.id.len == 0)
        ok = err_why(err, ERR_FORMAT, "a build without \"job\" and \"id\"");
    json_doc_done(&doc);
    if (ok)
        *ret_build = b;
    return ok;
}

/* ---- ProwJob ---- */

bool build_place_from_url(struct sv url, struct arena *a, struct build *build, struct err *err)
{
    static const struct sv marks[] = {SV_INIT("/view/"), SV_INIT("/build/")};
    struct sv rest = {0};
    for (size_t i = 0; i < COUNT_OF(marks) && rest.len == 0; i++)
        rest = sv_tail(url, sv_find(url, marks[i]) + marks[i].len);
    rest = sv_head(rest, sv_find_char(rest, '?'));
    rest = sv_head(rest, sv_find_char(rest, '#'));
    while (sv_ends(rest, SV("/")))
        rest.len--;
    enum store store = STORE_GS; /* older configurations leave the provider out */
    const size_t first = sv_find_char(rest, '/');
    if (build_store_parse(sv_head(rest, first), &store) && (store == STORE_GS || store == STORE_S3))
        rest = sv_tail(rest, first + 1);
    else
        store = STORE_GS;
    const size_t slash = sv_find_char(rest, '/');
    if (slash == rest.len || slash == 0 || slash + 1 == rest.len)
        return false;
    struct sv bucket, key;
    if (!arena_copy(a, sv_head(rest, slash), &bucket, err) ||
        !arena_copy(a, sv_tail(rest, slash + 1), &key, err))
        return false;
    build->store = store;
    build->bucket = bucket;
    build->key = key;
    return true;
}

static bool take_argument(struct sv argument, struct arena *a, struct build *b, struct err *err)
{
    static const struct {
        struct sv prefix;
        size_t offset;
    } wanted[] = {{SV_INIT("--target="), offsetof(struct build, target)},
                  {SV_INIT("--variant="), offsetof(struct build, variant)}};
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        struct sv value;
        if (!sv_starts(argument, wanted[i].prefix))
            continue;
        if (!arena_copy(a, sv_tail(argument, wanted[i].prefix.len), &value, err))
            return false;
        struct sv *target = (struct sv *)(void *)((char *)b + wanted[i].offset);
        if (target->len == 0)
            *target = value;
    }
    return true;
}

static bool take_containers(struct json containers, struct arena *a, struct build *b,
                            struct err *err)
{
    for (size_t i = 0; json_is_array(containers) && i < json_count(containers); i++) {
        const struct json args = json_member(json_at(containers, i), "args");
        for (size_t k = 0; json_is_array(args) && k < json_count(args); k++) {
            if (!take_argument(json_text(json_at(args, k)), a, b, err))
                return false;
        }
    }
    return true;
}

static bool take_labels(struct json labels, struct arena *a, struct build *b, struct err *err)
{
    if (!take_text(json_member(labels, "ci-operator.openshift.io/cloud-cluster-profile"), a,
                   &b->profile, err) ||
        !take_text(json_member(labels, "ci-operator.openshift.io/variant"), a, &b->variant, err))
        return false;
    if (sv_equal(json_text(json_member(labels, "prow.k8s.io/retest")), SV("true")))
        b->retest = true;
    if (sv_equal(json_text(json_member(labels, "prow.k8s.io/is-optional")), SV("true")))
        b->optional = true;
    return true;
}

static bool take_status(struct json status, struct arena *a, struct build *b, struct err *err)
{
    const struct sv state = json_text(json_member(status, "state"));
    if (state.len > 0 && !build_state_parse(state, &b->state)) {
        b->state = STATE_UNKNOWN;
        if (!arena_copy(a, state, &b->state_text, err))
            return false;
    }
    take_time(json_member(status, "startTime"), &b->started_ms);
    take_time(json_member(status, "pendingTime"), &b->pending_ms);
    take_time(json_member(status, "completionTime"), &b->finished_ms);
    /* The link that a front-end lists leads back to it. */
    const bool has_link = b->deck.len > 0 && b->url.len > 0;
    return take_text(json_member(status, "description"), a, &b->description, err) &&
           take_text(json_member(status, "build_id"), a, &b->id, err) &&
           take_text(json_member(status, "pod_name"), a, &b->pod_name, err) &&
           (has_link || take_text(json_member(status, "url"), a, &b->url, err));
}

bool build_from_prowjob(struct json prowjob, struct arena *a, struct build *build, struct err *err)
{
    const struct json spec = json_member(prowjob, "spec"), meta = json_member(prowjob, "metadata");
    struct build b = *build;
    if (!json_is_object(prowjob))
        return err_why(err, ERR_FORMAT, "a ProwJob must be an object");
    if (json_text(json_member(spec, "job")).len == 0)
        return err_why(err, ERR_FORMAT, "a ProwJob without spec.job");
    if (!take_text(json_member(spec, "job"), a, &b.job, err) ||
        !take_text(json_member(meta, "name"), a, &b.name, err) ||
        !take_text(json_member(spec, "context"), a, &b.context, err) ||
        !take_text(json_member(spec, "cluster"), a, &b.cluster, err) ||
        !take_labels(json_member(meta, "labels"), a, &b, err) ||
        !take_containers(json_get(spec, "pod_spec.containers"), a, &b, err) ||
        !take_all_refs(spec, a, &b, err) ||
        !take_status(json_member(prowjob, "status"), a, &b, err))
        return false;
    take_time(json_member(meta, "creationTimestamp"), &b.created_ms);
    (void)build_type_parse(json_text(json_member(spec, "type")), &b.type);
    b.provider = SV("prow");
    struct err own = {0};
    if (b.store == STORE_NONE && b.url.len > 0 && !build_place_from_url(b.url, a, &b, &own) &&
        own.code == ERR_NOMEM) {
        *err = own;
        return false;
    }
    *build = b;
    return true;
}
