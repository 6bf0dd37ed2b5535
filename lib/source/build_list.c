#include "source/build_list.h"

#include "model/build_json.h"

#include <stdio.h>
#include <stdlib.h>

enum { MAX_BUILDS = 10000000, PROBLEM_BYTES = 4096 };
static const struct sv first_line = SV_INIT("{\"prowl_list\":1}\n");

void build_list_init(struct build_list *l, size_t max_bytes)
{
    *l = (struct build_list){.problem = SV_INIT("")};
    arena_init(&l->arena, max_bytes > 0 ? max_bytes : (size_t)2 << 30);
    strmap_init(&l->seen, max_bytes > 0 ? max_bytes : (size_t)2 << 30);
}

void build_list_done(struct build_list *l)
{
    free(l->builds);
    strmap_done(&l->seen);
    arena_done(&l->arena);
    *l = (struct build_list){0};
}

/* What makes two builds the same: where they lie, else what they are. */
static bool identity(const struct build *b, struct buf *out, struct err *err)
{
    if (b->key.len > 0)
        return buf_addf(out, err, "%d\x1f%.*s\x1f%.*s", (int)b->store, SV_ARG(b->bucket),
                        SV_ARG(b->key));
    return buf_addf(out, err, "\x1f%.*s\x1f%.*s\x1f%.*s", SV_ARG(b->job), SV_ARG(b->id),
                    SV_ARG(b->id.len > 0 ? SV("") : b->name));
}

static bool make_room(struct build_list *l, struct err *err)
{
    if (l->count < l->cap)
        return true;
    const size_t cap = l->cap > 0 ? l->cap * 2 : 64;
    if (l->count >= MAX_BUILDS)
        return err_why(err, ERR_LIMIT, "more than %d builds", MAX_BUILDS);
    struct build *builds = reallocarray(l->builds, cap, sizeof(*builds));
    if (builds == NULL)
        return err_why(err, ERR_NOMEM, "no memory for %zu builds", cap);
    l->builds = builds;
    l->cap = cap;
    return true;
}

bool build_list_add(struct build_list *l, const struct build *original, struct err *err)
{
    struct buf key;
    bool is_new = false;
    struct build own = *original;
    const struct build *build = &own;
    if ((own.store == STORE_GS || own.store == STORE_S3) &&
        !build_place_is_safe(own.bucket, own.key)) {
        own.store = STORE_NONE;
        own.bucket = own.key = SV("");
        l->placeless++;
    }
    if (build->job.len == 0 && build->id.len == 0) {
        l->nameless++;
        return true;
    }
    buf_init(&key, 64 * 1024);
    uint64_t *index =
        identity(build, &key, err) ? strmap_put(&l->seen, buf_sv(&key), &is_new, err) : NULL;
    buf_done(&key);
    if (index == NULL)
        return false;
    if (!is_new) {
        struct build *old = &l->builds[*index];
        l->duplicates++;
        if (build_state_is_final(old->state) || !build_state_is_final(build->state))
            return true;
        return build_copy(&l->arena, build, old, err);
    }
    if (!make_room(l, err) || !build_copy(&l->arena, build, &l->builds[l->count], err))
        return false;
    *index = l->count++;
    return true;
}

bool build_list_problem(struct build_list *l, struct sv text, struct err *err)
{
    static const struct sv more = SV_INIT("; and more");
    if (l->problem.len == 0)
        return arena_copy(&l->arena, sv_head(text, PROBLEM_BYTES), &l->problem, err);
    if (sv_ends(l->problem, more))
        return true;
    if (l->problem.len + text.len > PROBLEM_BYTES)
        text = sv_tail(more, 2);
    return arena_printf(&l->arena, &l->problem, err, "%.*s; %.*s", SV_ARG(l->problem),
                        SV_ARG(text));
}

/* ---- the frozen form ---- */

bool build_list_save(const struct build_list *l, build_list_write_fn *fn, void *user,
                     struct err *err)
{
    struct buf line;
    buf_init(&line, BUILD_LINE_BYTES);
    bool ok = fn(user, first_line, err);
    for (size_t i = 0; ok && i < l->count; i++) {
        buf_reset(&line);
        ok = build_to_line(&l->builds[i], &line, err) && fn(user, buf_sv(&line), err);
    }
    buf_done(&line);
    return ok;
}

static bool load_line(struct build_list *l, struct sv line, struct err *err)
{
    struct build build;
    struct arena scratch;
    arena_init(&scratch, 4 * (size_t)BUILD_LINE_BYTES);
    const bool ok = build_from_line(line, &scratch, &build, err) && build_list_add(l, &build, err);
    arena_done(&scratch);
    return ok;
}

bool build_list_load(struct build_list *l, struct sv text, uint64_t *ret_bad, struct err *err)
{
    struct sv line;
    uint64_t number = 0, bad = 0;
    char first[160] = "";
    if (!sv_starts(text, sv_head(first_line, first_line.len - 1)))
        return err_why(err, ERR_FORMAT, "no list of builds: it must begin with {\"prowl_list\":1}");
    for (struct sv rest = text; sv_cut(&rest, '\n', &line);) {
        struct err own = {0};
        if (number++ == 0 || sv_trim(line).len == 0 || load_line(l, line, &own))
            continue;
        if (own.code == ERR_NOMEM) {
            *err = own;
            return false;
        }
        if (bad++ == 0)
            (void)snprintf(first, sizeof(first), "line %llu: %.120s", (unsigned long long)number,
                           own.why);
    }
    *ret_bad = bad;
    if (bad == 0)
        return true;
    char words[256];
    (void)snprintf(words, sizeof(words), "lines of the list that cannot be read: %llu, first %s",
                   (unsigned long long)bad, first);
    return build_list_problem(l, sv_of(words), err);
}
