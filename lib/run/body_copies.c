#include "run/pipeline_p.h"

#include <errno.h>

enum { PATH_BYTES = 4096 };

/* A name that the file system will not have is that file's affair; a full disk is everybody's. */
static void mirror_failed(struct body *b, const struct err *err)
{
    switch (errno) {
    case ENOTDIR:
    case EISDIR:
    case ENOTEMPTY:
    case EEXIST:
    case ENAMETOOLONG:
    case EINVAL:
    case EILSEQ:
    case ELOOP:
        job_problem(b->job, b->artifact.path, "it cannot be mirrored under this name", false);
        break;
    default:
        pipeline_fail(b->p, err);
    }
    fs_writer_done(&b->mirror);
    b->mirrored = false;
}

static bool is_mirrored(const struct body *b)
{
    return b->p->options->mirror_dir != NULL && !b->from_mirror && b->use != BODY_LISTING &&
           (b->of->store == STORE_GS || b->of->store == STORE_S3);
}

static void begin_mirror(struct body *b)
{
    char path[PATH_BYTES];
    struct err err = {0};
    if (!mirror_path(b->p->options->mirror_dir, b->of, b->artifact.path, path, sizeof(path))) {
        job_problem(b->job, b->artifact.path, "it cannot be mirrored under this name", false);
        return;
    }
    char *slash = strrchr(path, '/');
    *slash = '\0';
    const bool made = fs_mkdirs(path, &err);
    *slash = '/';
    b->mirrored = made && fs_writer_open(&b->mirror, path, &err);
    if (!b->mirrored)
        mirror_failed(b, &err);
}

void body_copies_begin(struct body *b)
{
    const struct run_options *o = b->p->options;
    const bool remote =
        b->of->local.len == 0 && (b->of->store == STORE_GS || b->of->store == STORE_S3);
    if (o->cache != NULL && !o->offline && remote && b->fd < 0)
        b->entry = cache_begin(o->cache, b->url);
    if (is_mirrored(b))
        begin_mirror(b);
}

void body_copies_add(struct body *b, struct sv bytes)
{
    struct err err = {0};
    if (b->entry != NULL)
        cache_add(b->entry, bytes);
    if (b->mirrored && !fs_writer_add(&b->mirror, bytes, &err))
        mirror_failed(b, &err);
}

void body_copies_end(struct body *b, bool keep, bool keep_in_cache)
{
    struct err err = {0};
    if (b->entry != NULL && keep_in_cache)
        cache_commit_take(b->entry, 200, sv_of(b->etag), sv_of(b->last_modified));
    else if (b->entry != NULL)
        cache_abandon_take(b->entry);
    b->entry = NULL;
    if (b->mirrored && keep && !fs_writer_commit(&b->mirror, &err)) {
        mirror_failed(b, &err);
        return;
    }
    if (b->mirrored)
        fs_writer_done(&b->mirror);
    b->mirrored = false;
}
