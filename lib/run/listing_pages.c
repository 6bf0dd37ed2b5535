#include "run/pipeline_p.h"

#include "source/listing.h"

#include <stdio.h>

/* The pages of a build's listing: one after the other from a bucket, one a folder from gcsweb. */

struct taking {
    struct job *job;
    size_t skip; /* bytes of the build's key and its slash */
};

static bool ask_page(struct job *job, struct sv prefix, const struct listing_next *at,
                     struct err *err)
{
    const struct endpoints *e = job->p->options->endpoints;
    const struct build *b = &job->result->build;
    const struct list_request page = {
        .store = b->store,
        .bucket = b->bucket,
        .prefix = prefix,
        .flat = !e->prefer_gcsweb,
        .token = at->token,
        .is_marker = at->is_marker,
    };
    struct body_request request = {.use = BODY_LISTING, .settled = job->settled};
    (void)pthread_mutex_lock(&job->p->lock);
    const bool room = job->pages < JOB_MAX_PAGES;
    job->pages++;
    (void)pthread_mutex_unlock(&job->p->lock);
    if (!room)
        return err_why(err, ERR_LIMIT, "more than %d pages", JOB_MAX_PAGES);
    (void)pthread_mutex_lock(&job->lock);
    const bool ok = place_list_url(e, &page, &job->arena, &request.url, err);
    (void)pthread_mutex_unlock(&job->lock);
    /* The page's path is the prefix that was asked for: gcsweb's rows are relative to it; its step is
     * the token. */
    const struct artifact artifact = {.kind = ARTIFACT_STARTED, .path = prefix, .step = at->token};
    return ok && body_submit(job, &request, &artifact, err);
}

bool job_list_start(struct job *job, struct err *err)
{
    struct sv prefix;
    (void)pthread_mutex_lock(&job->lock);
    const bool ok =
        arena_printf(&job->arena, &prefix, err, "%.*s/", SV_ARG(job->result->build.key));
    (void)pthread_mutex_unlock(&job->lock);
    return ok && ask_page(job, prefix, &(struct listing_next){0}, err);
}

/* must-gather trees and the like are deep and never read: do not walk them folder by folder. */
static bool is_worth_walking(struct sv rel)
{
    static const struct sv heavy[] = {SV_INIT("gather-must-gather/"), SV_INIT("gather-extra/"),
                                      SV_INIT("must-gather/"), SV_INIT("audit-logs/")};
    size_t depth = 0;
    for (size_t i = 0; i < rel.len; i++)
        depth += rel.ptr[i] == '/';
    for (size_t i = 0; i < COUNT_OF(heavy); i++) {
        if (sv_find(rel, heavy[i]) < rel.len)
            return false;
    }
    return depth <= 6;
}

/* A folder that is not walked: told once, as all that follow are not either. */
static void page_missing(struct job *job, const struct err *why)
{
    char text[512];
    (void)pthread_mutex_lock(&job->lock);
    const bool told = job->more_pages;
    job->more_pages = job->listing_failed = true;
    (void)pthread_mutex_unlock(&job->lock);
    if (!told)
        job_problem(job, SV("listing"), err_text(why, text, sizeof(text)), false);
}

static bool take_entry(const struct listing_entry *entry, void *user, struct err *err)
{
    struct taking *t = user;
    struct job *job = t->job;
    const struct sv rel = sv_tail(entry->name, t->skip);
    if (rel.len == 0 || entry->name.ptr[t->skip - 1] != '/' ||
        !sv_starts(entry->name, job->result->build.key))
        return true; /* not below the build */
    if (!entry->is_folder) {
        (void)pthread_mutex_lock(&job->lock);
        const bool ok = job_add_file(job, rel, entry->size, err);
        (void)pthread_mutex_unlock(&job->lock);
        return ok;
    }
    struct sv prefix;
    struct err own = {0};
    if (!is_worth_walking(rel))
        return true;
    (void)pthread_mutex_lock(&job->lock);
    const bool ok = arena_printf(&job->arena, &prefix, err, "%.*s/", SV_ARG(entry->name));
    (void)pthread_mutex_unlock(&job->lock);
    if (!ok)
        return false;
    if (ask_page(job, prefix, &(struct listing_next){0}, &own))
        return true;
    if (own.code == ERR_NOMEM) {
        *err = own;
        return false;
    }
    page_missing(job, &own);
    return true;
}

bool job_list_page(struct job *job, struct sv asked, struct sv token, struct sv page,
                   struct err *err)
{
    struct arena scratch;
    struct listing_next next;
    arena_init(&scratch, 64 * 1024 * 1024);
    struct taking taking = {.job = job, .skip = job->result->build.key.len + 1};
    bool ok = listing_parse(page, asked, take_entry, &taking, &scratch, &next, err);
    if (ok && next.damaged) {
        job_problem(job, SV("listing"), "a page of the listing is damaged: files may be missing",
                    false);
        job_listing_failed(job);
    }
    if (ok && next.token.len > 0 && sv_equal(next.token, token))
        ok = err_why(err, ERR_FORMAT, "the listing goes round in circles");
    if (ok && next.token.len > 0) {
        (void)pthread_mutex_lock(&job->lock);
        ok = arena_copy(&job->arena, next.token, &next.token, err);
        (void)pthread_mutex_unlock(&job->lock);
        ok = ok && ask_page(job, asked, &next, err);
    }
    arena_done(&scratch);
    return ok;
}
