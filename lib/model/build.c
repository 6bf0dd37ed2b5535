#include "model/build.h"

static const char *const states[STATE_COUNT] = {"unknown", "scheduling", "triggered", "pending",
                                                "success", "failure",    "aborted",   "error"};
static const char *const types[TYPE_COUNT] = {"unknown", "presubmit", "postsubmit", "periodic",
                                              "batch"};
static const char *const stores[STORE_COUNT] = {"", "gs", "s3", "folder", "file", "stdin"};

const char *build_state_name(enum build_state state)
{
    return states[state];
}

const char *build_type_name(enum build_type type)
{
    return types[type];
}

const char *build_store_name(enum store store)
{
    return stores[store];
}

static size_t index_of(const char *const *names, size_t count, struct sv name)
{
    for (size_t i = 1; i < count; i++) {
        if (sv_equal(name, sv_of(names[i])))
            return i;
    }
    return 0;
}

bool build_state_parse(struct sv name, enum build_state *ret_state)
{
    const size_t i = index_of(states, STATE_COUNT, name);
    if (i != 0)
        *ret_state = (enum build_state)i;
    return i != 0;
}

bool build_type_parse(struct sv name, enum build_type *ret_type)
{
    const size_t i = index_of(types, TYPE_COUNT, name);
    if (i != 0)
        *ret_type = (enum build_type)i;
    return i != 0;
}

bool build_store_parse(struct sv name, enum store *ret_store)
{
    const size_t i = sv_equal(name, SV("gcs")) ? STORE_GS : index_of(stores, STORE_COUNT, name);
    if (i != 0)
        *ret_store = (enum store)i;
    return i != 0;
}

bool build_state_is_final(enum build_state state)
{
    return state == STATE_SUCCESS || state == STATE_FAILURE || state == STATE_ABORTED ||
           state == STATE_ERROR;
}

const struct refs *build_main_refs(const struct build *b)
{
    if (b->refs.org.len > 0 || b->extra_ref_count == 0)
        return &b->refs;
    return &b->extra_refs[0];
}

int64_t build_id_time(struct sv id)
{
    enum { SNOWFLAKE_SHIFT = 22 };
    static const int64_t twitter_epoch_ms = 1288834974657;
    uint64_t value = 0;
    if (id.len < 17 || !sv_u64(id, &value))
        return 0;
    return (int64_t)(value >> SNOWFLAKE_SHIFT) + twitter_epoch_ms;
}

int build_id_compare(struct sv a, struct sv b)
{
    uint64_t x = 0, y = 0;
    if (sv_u64(a, &x) && sv_u64(b, &y) && x != y)
        return x < y ? -1 : 1;
    return sv_compare(a, b);
}

static bool is_safe_part(struct sv part)
{
    for (size_t i = 0; i < part.len; i++) {
        if ((unsigned char)part.ptr[i] < 0x20 || part.ptr[i] == 0x7f)
            return false;
    }
    return part.len > 0 && !sv_equal(part, SV(".")) && !sv_equal(part, SV(".."));
}

/* A bucket stands in URLs as it is, even in a host's name. */
static bool is_bucket(struct sv s)
{
    for (size_t i = 0; i < s.len; i++) {
        const char c = s.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '_' || c == '.'))
            return false;
    }
    return is_safe_part(s);
}

bool build_place_is_safe(struct sv bucket, struct sv key)
{
    struct sv part;
    if (!is_bucket(bucket) || key.len == 0)
        return false;
    for (struct sv rest = key; sv_cut(&rest, '/', &part);) {
        if (!is_safe_part(part))
            return false;
    }
    return true;
}

static bool copy_refs(struct arena *a, const struct refs *from, struct refs *to, struct err *err)
{
    *to = *from;
    if (!arena_copy(a, from->org, &to->org, err) || !arena_copy(a, from->repo, &to->repo, err) ||
        !arena_copy(a, from->base_ref, &to->base_ref, err) ||
        !arena_copy(a, from->base_sha, &to->base_sha, err))
        return false;
    struct pull *pulls = arena_array(a, from->pull_count + 1, sizeof(*pulls), err);
    if (pulls == NULL)
        return false;
    for (size_t i = 0; i < from->pull_count; i++) {
        pulls[i] = from->pulls[i];
        if (!arena_copy(a, from->pulls[i].sha, &pulls[i].sha, err) ||
            !arena_copy(a, from->pulls[i].author, &pulls[i].author, err) ||
            !arena_copy(a, from->pulls[i].title, &pulls[i].title, err))
            return false;
    }
    to->pulls = pulls;
    return true;
}

bool build_copy(struct arena *a, const struct build *from, struct build *ret_copy, struct err *err)
{
    struct build copy = *from;
    struct sv *const texts[] = {
        &copy.id,      &copy.job,    &copy.provider, &copy.name,    &copy.state_text,
        &copy.url,     &copy.deck,   &copy.context,  &copy.cluster, &copy.description,
        &copy.profile, &copy.target, &copy.variant,  &copy.author,  &copy.pod_name,
        &copy.bucket,  &copy.key,    &copy.local,
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        if (texts[i]->len > 0 && !arena_copy(a, *texts[i], texts[i], err))
            return false;
    }
    struct refs *extra = arena_array(a, from->extra_ref_count + 1, sizeof(*extra), err);
    if (extra == NULL || !copy_refs(a, &from->refs, &copy.refs, err))
        return false;
    for (size_t i = 0; i < from->extra_ref_count; i++) {
        if (!copy_refs(a, &from->extra_refs[i], &extra[i], err))
            return false;
    }
    copy.extra_refs = extra;
    *ret_copy = copy;
    return true;
}
