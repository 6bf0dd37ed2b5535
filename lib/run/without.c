#include "run/without.h"

#include "judge/judge.h"

/* Lists are copied, as the judge may set their members in order. */
static bool copy_lists(struct result *own, const struct result *r, struct sv id, struct err *err)
{
    own->findings = arena_array(&own->arena, r->finding_count + 1, sizeof(*own->findings), err);
    own->lines = arena_array(&own->arena, r->line_count + 1, sizeof(*own->lines), err);
    if (own->findings == NULL || own->lines == NULL)
        return false;
    own->finding_count = 0;
    for (size_t i = 0; i < r->finding_count; i++) {
        if (!sv_equal(r->findings[i].id, id))
            own->findings[own->finding_count++] = r->findings[i];
    }
    for (size_t i = 0; i < r->line_count; i++)
        own->lines[i] = r->lines[i];
    return true;
}

bool without_rule(struct without *w, const struct result *r, struct sv id, int64_t now_ms,
                  struct err *err)
{
    w->own = *r;
    arena_init(&w->own.arena, RESULT_ARENA_BYTES);
    w->own.verdict = (struct verdict){.artifact = UINT32_MAX};
    return copy_lists(&w->own, r, id, err) &&
           judge_build(&w->own, &(struct judge_options){.now_ms = now_ms}, err);
}

void without_done(struct without *w)
{
    arena_done(&w->own.arena);
    w->own = (struct result){0};
}
