#include "tally/night_refs.h"

#include <stdlib.h>

bool night_refs_make(struct night *n, const struct window *w, struct night_refs *ret_refs,
                     struct err *err)
{
    struct night_refs r = {.arena = &n->arena, .w = w};
    r.jobs = calloc((size_t)w->job_count + 1, sizeof(*r.jobs));
    r.builds = calloc((size_t)w->build_count + 1, sizeof(*r.builds));
    if (r.jobs == NULL || r.builds == NULL) {
        night_refs_done(&r);
        return err_why(err, ERR_NOMEM, "no memory to name %u builds", w->build_count);
    }
    *ret_refs = r;
    return true;
}

void night_refs_done(struct night_refs *r)
{
    free(r->jobs);
    free(r->builds);
    *r = (struct night_refs){0};
}

bool night_refs_text(struct night_refs *r, struct sv text, struct sv *ret_copy, struct err *err)
{
    return arena_copy(r->arena, text, ret_copy, err);
}

bool night_refs_excerpt(struct night_refs *r, struct sv text, struct sv *ret_copy, struct err *err)
{
    size_t end = NIGHT_EXCERPT_BYTES;
    if (text.len > end) {
        while (end > NIGHT_EXCERPT_BYTES - 4 && ((unsigned char)text.ptr[end] & 0xc0) == 0x80)
            end--;
    }
    return arena_copy(r->arena, sv_head(text, end), ret_copy, err);
}

bool night_refs_job(struct night_refs *r, uint32_t job, struct sv *ret_name, struct err *err)
{
    if (r->jobs[job].ptr == NULL && !arena_copy(r->arena, r->w->jobs[job].name, &r->jobs[job], err))
        return false;
    *ret_name = r->jobs[job];
    return true;
}

bool night_refs_build(struct night_refs *r, uint32_t build, struct night_ref *ret_ref,
                      struct err *err)
{
    struct night_ref *known = &r->builds[build];
    if (known->job.ptr == NULL) {
        const struct window_build *b = &r->w->builds[build];
        struct night_ref ref = {.started_ms = b->started_ms};
        if (!night_refs_job(r, b->job, &ref.job, err) ||
            !arena_copy(r->arena, b->id, &ref.id, err) ||
            !arena_copy(r->arena, b->url, &ref.url, err) ||
            !arena_copy(r->arena, b->log_url, &ref.log, err))
            return false;
        *known = ref;
    }
    *ret_ref = *known;
    return true;
}

bool night_refs_cause(struct night_refs *r, uint32_t build, struct night_ref *ret_ref,
                      struct err *err)
{
    const struct window_build *b = &r->w->builds[build];
    struct night_ref ref;
    if (!night_refs_build(r, build, &ref, err) ||
        !night_refs_excerpt(r, b->excerpt, &ref.excerpt, err))
        return false;
    ref.line = b->line;
    *ret_ref = ref;
    return true;
}
