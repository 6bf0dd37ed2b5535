#include "run/same_code.h"

#include "model/code_key.h"

enum { KEY_BYTES = 1 << 20, MAP_BYTES = 1 << 30 };

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
        struct err own = {0};
        if (!code_key(&list->builds[i], &key, &own)) {
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
    const bool made = code_key(build, &key, &own);
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
