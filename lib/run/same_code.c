#include "run/same_code.h"

#include <inttypes.h>

enum { KEY_BYTES = 1 << 20, MAP_BYTES = 1 << 30 };

static bool add_refs(const struct refs *refs, struct buf *key, bool *any_commit, struct err *err)
{
    *any_commit = *any_commit || refs->base_sha.len > 0;
    if (!buf_addf(key, err, "\n%.*s/%.*s %.*s", SV_ARG(refs->org), SV_ARG(refs->repo),
                  SV_ARG(refs->base_sha)))
        return false;
    for (size_t i = 0; i < refs->pull_count; i++) {
        *any_commit = *any_commit || refs->pulls[i].sha.len > 0;
        if (!buf_addf(key, err, " %" PRIu64 ":%.*s", refs->pulls[i].number,
                      SV_ARG(refs->pulls[i].sha)))
            return false;
    }
    return true;
}

/* Empty when the code is not known: a pull without its commit, or no commit at all. */
static bool make_key(const struct build *b, struct buf *key, struct err *err)
{
    bool any_commit = false;
    bool ok = buf_add(key, b->job, err) && add_refs(&b->refs, key, &any_commit, err);
    for (size_t i = 0; ok && i < b->extra_ref_count; i++)
        ok = add_refs(&b->extra_refs[i], key, &any_commit, err);
    for (size_t i = 0; i < b->refs.pull_count; i++)
        any_commit = any_commit && b->refs.pulls[i].sha.len > 0;
    if (!any_commit || b->job.len == 0)
        buf_reset(key);
    return ok;
}

bool same_code_init(struct same_code *s, const struct build_list *list, struct err *err)
{
    struct buf key;
    bool ok = true;
    *s = (struct same_code){.list = list};
    strmap_init(&s->passed, MAP_BYTES);
    buf_init(&key, KEY_BYTES);
    for (size_t i = 0; ok && i < list->count; i++) {
        if (list->builds[i].state != STATE_SUCCESS)
            continue;
        buf_reset(&key);
        struct err own = {0};
        if (!make_key(&list->builds[i], &key, &own)) {
            ok = own.code != ERR_NOMEM || err_why(err, ERR_NOMEM, "no memory for commits");
            continue; /* of more pulls than a key takes: like no other */
        }
        if (key.len == 0)
            continue;
        uint64_t *place = strmap_put(&s->passed, buf_sv(&key), NULL, err);
        ok = place != NULL;
        if (ok && *place == 0)
            *place = i + 1;
    }
    buf_done(&key);
    return ok;
}

bool same_code_find(const struct same_code *s, const struct build *build,
                    const struct build **ret_passed, struct err *err)
{
    struct buf key;
    struct err own = {0};
    *ret_passed = NULL;
    if (s->passed.count == 0)
        return true;
    buf_init(&key, KEY_BYTES);
    const bool made = make_key(build, &key, &own);
    const uint64_t *place = made && key.len > 0 ? strmap_find(&s->passed, buf_sv(&key)) : NULL;
    if (place != NULL && !sv_equal(s->list->builds[*place - 1].id, build->id))
        *ret_passed = &s->list->builds[*place - 1];
    buf_done(&key);
    return made || own.code != ERR_NOMEM || err_why(err, ERR_NOMEM, "no memory for commits");
}

void same_code_done(struct same_code *s)
{
    strmap_done(&s->passed);
    *s = (struct same_code){0};
}
