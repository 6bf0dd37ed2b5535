#include "model/code_key.h"

#include "base/digest.h"

#include <inttypes.h>
#include <stdlib.h>

enum { KEY_BYTES = 1 << 20 };

static int by_number(const void *a, const void *b)
{
    const struct pull *x = a, *y = b;
    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return sv_compare(x->sha, y->sha);
}

static bool add_pulls(const struct refs *refs, struct buf *key, bool *known, struct err *err)
{
    struct pull *sorted = reallocarray(NULL, refs->pull_count, sizeof(*sorted));
    if (sorted == NULL)
        return err_why(err, ERR_NOMEM, "no memory for %zu pulls", refs->pull_count);
    memcpy(sorted, refs->pulls, refs->pull_count * sizeof(*sorted));
    qsort(sorted, refs->pull_count, sizeof(*sorted), by_number);
    bool ok = true;
    for (size_t i = 0; ok && i < refs->pull_count; i++) {
        *known = *known && sorted[i].sha.len > 0;
        ok = buf_addf(key, err, " %" PRIu64 ":%.*s", sorted[i].number, SV_ARG(sorted[i].sha));
    }
    free(sorted);
    return ok;
}

static bool add_refs(const struct refs *refs, struct buf *key, bool *any, bool *known,
                     struct err *err)
{
    *any = *any || refs->base_sha.len > 0 || refs->pull_count > 0;
    return buf_addf(key, err, "\n%.*s/%.*s %.*s", SV_ARG(refs->org), SV_ARG(refs->repo),
                    SV_ARG(refs->base_sha)) &&
           (refs->pull_count == 0 || add_pulls(refs, key, known, err));
}

bool code_key(const struct build *b, struct buf *ret_key, struct err *err)
{
    struct buf key;
    bool any = false, known = b->job.len > 0;
    buf_init(&key, KEY_BYTES);
    bool ok = buf_add(&key, b->job, err) && add_refs(&b->refs, &key, &any, &known, err);
    for (size_t i = 0; ok && i < b->extra_ref_count; i++)
        ok = add_refs(&b->extra_refs[i], &key, &any, &known, err);
    if (ok) {
        buf_reset(ret_key);
        ok = !any || !known || buf_add(ret_key, buf_sv(&key), err);
    }
    buf_done(&key);
    return ok;
}

bool code_key_digest(const struct build *b, char ret_hex[CODE_KEY_BYTES], struct err *err)
{
    char whole[DIGEST_TEXT_BYTES];
    struct buf key;
    buf_init(&key, KEY_BYTES);
    const bool ok = code_key(b, &key, err) && (key.len == 0 || digest_of(buf_sv(&key), whole, err));
    if (ok && key.len > 0)
        memcpy(ret_hex, whole, CODE_KEY_BYTES - 1);
    if (ok)
        ret_hex[key.len > 0 ? CODE_KEY_BYTES - 1 : 0] = '\0';
    buf_done(&key);
    return ok;
}
