#include "run/pipeline_p.h"

#include "judge/judge.h"
#include "model/json.h"
#include "run/test_step.h"
#include "source/folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    JOB_ARENA_BYTES = 64 * 1024 * 1024,
    FAILED_STEPS_BYTES = 16 * 1024 * 1024,
    HOUR_MS = 3600 * 1000,
    PATH_BYTES = 4096
};

static void job_work(struct pipeline *p, struct task *task);

static bool is_local(const struct build *b)
{
    return b->store == STORE_FOLDER || b->store == STORE_FILE || b->store == STORE_STDIN ||
           b->local.len > 0;
}

void job_problem(struct job *job, struct sv where, const char *text, bool fatal)
{
    struct err err = {0};
    (void)pthread_mutex_lock(&job->lock);
    if (!result_add_problem(job->result, where, sv_of(text), fatal, &err))
        pipeline_fail(job->p, &err);
    (void)pthread_mutex_unlock(&job->lock);
}

void job_listing_failed(struct job *job)
{
    (void)pthread_mutex_lock(&job->lock);
    job->listing_failed = true;
    (void)pthread_mutex_unlock(&job->lock);
}

bool job_lists(const struct job *job, struct sv path)
{
    for (size_t i = 0; i < job->file_count; i++) {
        if (sv_equal(job->files[i].path, path))
            return true;
    }
    return false;
}

bool job_add_file(struct job *job, struct sv path, uint64_t size, struct err *err)
{
    if (job->file_count == JOB_MAX_FILES) {
        job->more_files = true;
        return true; /* the plan takes a few hundred of them at most */
    }
    if (job->file_count == job->file_cap) {
        const size_t cap = job->file_cap > 0 ? job->file_cap * 2 : 64;
        struct plan_file *files = reallocarray(job->files, cap, sizeof(*files));
        if (files == NULL)
            return err_why(err, ERR_NOMEM, "no memory for %zu files", cap);
        job->files = files;
        job->file_cap = cap;
    }
    struct sv copy;
    if (!arena_copy(&job->arena, path, &copy, err))
        return false;
    job->files[job->file_count++] = (struct plan_file){.path = copy, .size = size};
    return true;
}

/* ---- asking for files ---- */

static bool local_path(struct job *job, struct sv rel, struct sv *ret_path, struct err *err)
{
    const struct build *b = &job->result->build;
    const struct sv root = b->local.len > 0 ? b->local : b->key;
    if (rel.len == 0)
        return arena_copy(&job->arena, root, ret_path, err);
    return arena_printf(&job->arena, ret_path, err, "%.*s/%.*s", SV_ARG(root), SV_ARG(rel));
}

static bool ask(struct job *job, const struct plan_item *item, enum body_use use, uint32_t document,
                struct err *err)
{
    struct artifact artifact = {
        .kind = item->kind, .path = item->path, .step = item->step, .size = item->size};
    const struct build *build = &job->result->build;
    uint32_t index = 0;
    struct body_request request = {
        .use = use,
        .local = is_local(build),
        .settled = use == BODY_DOCUMENT ? job->documents_settled : job->settled,
    };
    (void)pthread_mutex_lock(&job->lock);
    bool ok = place_person_url(job->p->options->endpoints, build, item->path, &job->arena,
                               &artifact.url, err) &&
              result_add_artifact(job->result, &artifact, &index, err);
    if (ok)
        artifact = job->result->artifacts[index];
    const bool whole = build->store == STORE_FILE || build->store == STORE_STDIN;
    ok = ok && (request.local ? local_path(job, whole ? SV("") : item->path, &request.url, err)
                              : place_object_url(job->p->options->endpoints, build, item->path,
                                                 &job->arena, &request.url, err));
    (void)pthread_mutex_unlock(&job->lock);
    if (use == BODY_DOCUMENT)
        job->documents[document].artifact = index;
    request.index = use == BODY_DOCUMENT ? document : index;
    return ok && body_submit(job, &request, &artifact, err);
}

static bool ask_documents(struct job *job, struct err *err)
{
    struct plan_item items[JOB_MAX_DOCUMENTS];
    const size_t count = plan_documents(job->p->options->plan, items, JOB_MAX_DOCUMENTS);
    job->document_count = count;
    for (size_t i = 0; i < count; i++)
        job->documents[i].item = items[i];
    for (size_t i = 0; i < count; i++) {
        if (!ask(job, &items[i], BODY_DOCUMENT, (uint32_t)i, err))
            return false;
    }
    return true;
}

static bool add_local_file(struct sv rel, uint64_t size, void *user, struct err *err)
{
    return job_add_file(user, rel, size, err);
}

/* All files of the build, from where they lie, from a mirror's list or from the bucket. */
static bool list_files(struct job *job, struct err *err)
{
    const bool local = is_local(&job->result->build);
    job->listed = true;
    if (job->mirror == MIRROR_SETTLED || (local && job->mirror == MIRROR_LISTED))
        return true; /* they are known already */
    if (!local)
        return job_list_start(job, err);
    char path[PATH_BYTES];
    struct sv root;
    struct err own = {0};
    if (!local_path(job, SV(""), &root, err))
        return false;
    (void)snprintf(path, sizeof(path), "%.*s", SV_ARG(root));
    if (folder_files(path, add_local_file, job, &own))
        return true;
    char text[512];
    job_problem(job, SV("listing"), err_text(&own, text, sizeof(text)), false);
    return true;
}

/* A log, a report or standard input that is a build of its own. */
static bool ask_single(struct job *job, struct err *err)
{
    const struct build *b = &job->result->build;
    const size_t slash = sv_find_last(b->key, '/');
    struct plan_item item = {
        .path = b->store == STORE_STDIN ? SV("-")
                : slash < b->key.len    ? sv_tail(b->key, slash + 1)
                                        : b->key,
    };
    item.kind =
        b->store == STORE_STDIN ? ARTIFACT_BUILD_LOG : artifact_classify(item.path, &item.step);
    if (item.kind != ARTIFACT_JUNIT)
        item.kind = sv_ends(item.path, SV(".xml")) ? ARTIFACT_JUNIT : ARTIFACT_BUILD_LOG;
    return ask(job, &item, BODY_ARTIFACT, 0, err);
}

/* ---- from stage to stage ---- */

static void read_document(struct job *job, struct ingest *in, struct document *d)
{
    struct err err = {0};
    struct ingest_end end = {0};
    struct result *r = job->result;
    struct build build = r->build;
    const struct artifact artifact = r->artifacts[d->artifact];
    if (d->text == NULL)
        return;
    (void)pthread_mutex_lock(&job->lock);
    if (!ingest_document(in, &build, &artifact, (struct sv){.ptr = d->text, .len = d->len}, &end,
                         &err) ||
        !result_merge(r, d->artifact, ingest_evidence(in), &err) ||
        !build_copy(&r->arena, &build, &r->build, &err) ||
        (end.problem[0] != '\0' &&
         !result_add_problem(r, artifact.path, sv_of(end.problem), false, &err)))
        pipeline_fail(job->p, &err);
    (void)pthread_mutex_unlock(&job->lock);
    free(d->text);
    d->text = NULL;
    job->prowjob_read = job->prowjob_read || artifact.kind == ARTIFACT_PROWJOB;
}

static void read_documents(struct job *job)
{
    struct err err = {0};
    struct ingest *in = pipeline_take_ingest(job->p, &err);
    if (in == NULL) {
        pipeline_fail(job->p, &err);
        return;
    }
    for (size_t i = 0; i < job->document_count; i++)
        read_document(job, in, &job->documents[i]);
    pipeline_give_ingest(job->p, in);
}

/* The list's item as the ProwJob that it was: analyzers know no other form. */
static bool write_list_item(const struct build *b, struct buf *text, struct err *err)
{
    struct jsonw o = jsonw_object(), spec = jsonw_object(), status = jsonw_object();
    jsonw_set_text(spec, "job", b->job);
    jsonw_set_text(status, "state", sv_of(build_state_name(b->state)));
    jsonw_set_text(status, "description", b->description);
    jsonw_set_take(o, "spec", spec);
    jsonw_set_take(o, "status", status);
    return jsonw_write_take(o, false, text, err);
}

static bool merge_list_item(struct job *job, struct ingest *in, struct sv text, struct err *err)
{
    struct result *r = job->result;
    struct build build = r->build;
    struct ingest_end end = {0};
    struct artifact artifact = {
        .kind = ARTIFACT_PROWJOB, .state = ARTIFACT_READ, .path = SV_INIT("job list")};
    uint32_t index = 0;
    const struct outcome_claim claim = r->claim; /* what the list claims is told below */
    const bool ok = (build.deck.len == 0 || build.name.len == 0 ||
                     arena_printf(&job->arena, &artifact.url, err, "%.*s/prowjob?prowjob=%.*s",
                                  SV_ARG(build.deck), SV_ARG(build.name))) &&
                    result_add_artifact(r, &artifact, &index, err) &&
                    ingest_document(in, &build, &r->artifacts[index], text, &end, err) &&
                    result_merge(r, index, ingest_evidence(in), err);
    r->claim = claim;
    return ok;
}

/* Of a build that ended before it left a prowjob.json the list's description is all there is. */
static void read_list_item(struct job *job)
{
    const struct build *b = &job->result->build;
    struct buf text;
    struct err err = {0};
    if (job->prowjob_read || b->description.len == 0 || b->job.len == 0 ||
        (b->state != STATE_ERROR && b->state != STATE_ABORTED))
        return;
    buf_init(&text, INGEST_DOCUMENT_BYTES);
    struct ingest *in = pipeline_take_ingest(job->p, &err);
    (void)pthread_mutex_lock(&job->lock);
    const bool ok = in != NULL && write_list_item(b, &text, &err) &&
                    merge_list_item(job, in, buf_sv(&text), &err);
    (void)pthread_mutex_unlock(&job->lock);
    if (!ok)
        pipeline_fail(job->p, &err);
    pipeline_give_ingest(job->p, in);
    buf_done(&text);
}

/* What the CI system's list said counts, below any document. */
static void claim_list_state(struct job *job)
{
    static const enum outcome outcomes[STATE_COUNT] = {
        [STATE_SCHEDULING] = OUTCOME_RUNNING, [STATE_TRIGGERED] = OUTCOME_RUNNING,
        [STATE_PENDING] = OUTCOME_RUNNING,    [STATE_SUCCESS] = OUTCOME_PASSED,
        [STATE_FAILURE] = OUTCOME_FAILED,     [STATE_ABORTED] = OUTCOME_ABORTED,
        [STATE_ERROR] = OUTCOME_ERROR,
    };
    struct result *r = job->result;
    const enum build_state listed = job->p->list->builds[job->order].state;
    struct evidence e;
    read_list_item(job);
    evidence_init(&e, &r->arena, NULL);
    e.claim = r->claim;
    evidence_claim(&e, &(struct outcome_claim){
                           .outcome = outcomes[listed],
                           .rank = outcomes[listed] == OUTCOME_UNKNOWN ? -1 : 30,
                           .from = SV_INIT("job list"),
                           .started_ms = r->build.started_ms,
                           .finished_ms = r->build.finished_ms,
                       });
    r->claim = e.claim;
}

static bool is_asked(const struct job *job, struct sv path)
{
    for (size_t i = 0; i < job->document_count; i++) {
        if (sv_equal(job->documents[i].item.path, path))
            return true;
    }
    return false;
}

/* Without a listing: what a build is likely to have. */
static bool guess_files(struct job *job, struct err *err)
{
    static const char *const likely[] = {"build-log.txt", "artifacts/junit_operator.xml",
                                         "artifacts/ci-operator-step-graph.json"};
    for (size_t i = 0; i < COUNT_OF(likely); i++) {
        if (!job_add_file(job, sv_of(likely[i]), 0, err))
            return false;
    }
    return true;
}

/* The build ended a while ago: nothing will be added to it. */
static bool is_over(const struct job *job)
{
    const int64_t ended = job->result->claim.finished_ms;
    return ended > 0 && job->p->options->now_ms - ended >= HOUR_MS;
}

static bool is_copied(const struct job *job)
{
    const struct build *b = &job->result->build;
    return job->p->options->mirror_dir != NULL && (b->store == STORE_GS || b->store == STORE_S3);
}

static void save_list(struct job *job, enum mirror_state state)
{
    char path[PATH_BYTES];
    struct err err = {0};
    if (!mirror_path(job->p->options->mirror_dir, &job->result->build, SV(""), path, sizeof(path)))
        job_problem(job, SV("build"), "it cannot be mirrored: its path is too long", false);
    else if (!mirror_save(path, state, job->files, job->file_count, &err))
        pipeline_fail(job->p, &err);
}

/* The steps that failed, by what their own documents said. */
static bool find_failed_steps(struct job *job, struct err *err)
{
    const struct result *r = job->result;
    bool ok = true;
    (void)pthread_mutex_lock(&job->lock);
    for (size_t i = 0; ok && i < r->finding_count; i++) {
        const struct finding *f = &r->findings[i];
        if (f->authority == AUTHORITY_STEP && f->step.len > 0)
            ok = strmap_put(&job->failed_steps, f->step, NULL, err) != NULL;
    }
    (void)pthread_mutex_unlock(&job->lock);
    return ok;
}

static bool has_kind(const struct plan_item *items, size_t count, enum artifact_kind kind)
{
    for (size_t i = 0; i < count; i++) {
        if (items[i].kind == kind)
            return true;
    }
    return false;
}

static void tell_left_out(struct job *job, uint64_t left_out)
{
    char text[96];
    if (left_out == 0)
        return;
    (void)snprintf(text, sizeof(text), "%llu files were left out by the limits of a build",
                   (unsigned long long)left_out);
    job_problem(job, SV("plan"), text, false);
}

/* In the order of the plan. Logs of steps wait until the steps' own documents tell which failed. */
static bool ask_planned(struct job *job, struct err *err)
{
    struct plan_item *items = NULL;
    size_t count = 0;
    uint64_t left_out = 0;
    const bool known = job->stage == JOB_STEPS;
    const struct plan_build build = {.outcome = job->result->claim.outcome,
                                     .files = job->files,
                                     .file_count = job->file_count,
                                     .failed_steps = known ? &job->failed_steps : NULL};
    if (!plan_choose(job->p->options->plan, &build, &job->arena, &items, &count, &left_out, err))
        return false;
    const bool waits = !known && has_kind(items, count, ARTIFACT_STEP_FINISHED) &&
                       has_kind(items, count, ARTIFACT_STEP_LOG);
    job->stage = waits ? JOB_STEPS : JOB_FILES;
    for (size_t i = 0; i < count; i++) {
        const bool is_log = items[i].kind == ARTIFACT_STEP_LOG;
        if ((waits && is_log) || (known && !is_log) || is_asked(job, items[i].path))
            continue;
        if (!ask(job, &items[i], BODY_ARTIFACT, 0, err))
            return false;
    }
    if (!waits)
        tell_left_out(job, left_out);
    return true;
}

static bool ask_files(struct job *job, struct err *err)
{
    const bool is_there = job->mirror == MIRROR_SETTLED && !is_local(&job->result->build);
    if (is_copied(job) && !is_there && job->listed && !job->listing_failed)
        save_list(job,
                  is_over(job) && job->mirror != MIRROR_LISTED ? MIRROR_SETTLED : MIRROR_LISTED);
    if (job->listing_failed && job->file_count == 0 && !guess_files(job, err))
        return false;
    if (job->more_files)
        job_problem(job, SV("listing"), "more than 200000 files: the rest was not looked at",
                    false);
    return ask_planned(job, err);
}

static bool wants_listing(const struct job *job)
{
    const enum outcome outcome = job->result->claim.outcome;
    return !job->p->options->plan->documents_only ||
           (outcome != OUTCOME_PASSED && outcome != OUTCOME_RUNNING);
}

static bool next_stage(struct job *job, struct err *err)
{
    if (job->stage == JOB_DOCUMENTS) {
        read_documents(job);
        if (job->result->build.started_ms == 0) /* no document says, but the id does */
            job->result->build.started_ms = build_id_time(job->result->build.id);
        claim_list_state(job);
        job->stage = JOB_LISTING;
        if (job->p->options->plan->documents_only && wants_listing(job))
            return list_files(job, err);
        return true;
    }
    if (job->stage == JOB_STEPS)
        return find_failed_steps(job, err) && ask_planned(job, err);
    return ask_files(job, err);
}

/* The guard keeps the job from moving on while its tasks are still being made. */
static void guarded(struct job *job, bool (*make)(struct job *, struct err *))
{
    struct err err = {0};
    (void)pthread_mutex_lock(&job->p->lock);
    job->outstanding++;
    (void)pthread_mutex_unlock(&job->p->lock);
    if (!pipeline_is_stopped(job->p) && !make(job, &err)) {
        char text[512];
        if (err.code == ERR_NOMEM)
            pipeline_fail(job->p, &err);
        job_problem(job, SV("build"), err_text(&err, text, sizeof(text)), true);
    }
    job_release(job);
}

void job_release(struct job *job)
{
    struct pipeline *p = job->p;
    (void)pthread_mutex_lock(&p->lock);
    const bool last = --job->outstanding == 0;
    if (last)
        pipeline_queue_locked(p, &job->task);
    (void)pthread_mutex_unlock(&p->lock);
}

static bool first_stage(struct job *job, struct err *err)
{
    const struct build *b = &job->result->build;
    if (b->store == STORE_FILE || b->store == STORE_STDIN) {
        job->stage = JOB_FILES;
        return ask_single(job, err);
    }
    if (b->store == STORE_NONE || job->p->options->deck_only) {
        claim_list_state(job);
        job->stage = JOB_FILES;
        return true;
    }
    job->stage = JOB_DOCUMENTS;
    if (is_copied(job) && job->mirror == MIRROR_NONE)
        save_list(job, MIRROR_BEGUN);
    return ask_documents(job, err) &&
           (job->p->options->plan->documents_only || list_files(job, err));
}

static void job_work(struct pipeline *p, struct task *task)
{
    struct job *job = (struct job *)task;
    const bool more = job->stage < JOB_FILES;
    if (more && !pipeline_is_stopped(p)) {
        guarded(job, next_stage);
        return;
    }
    if (job->stage == JOB_DOCUMENTS) { /* stopped: what is here still counts */
        read_documents(job);
        claim_list_state(job);
    }
    job_finish(job);
}

/* ---- the end ---- */

static bool is_unreadable(const struct result *r)
{
    if (r->build.store == STORE_NONE || r->artifact_count == 0)
        return false;
    bool any_failed = false;
    for (size_t i = 0; i < r->artifact_count; i++) {
        if (r->artifacts[i].state == ARTIFACT_READ || r->artifacts[i].state == ARTIFACT_TRUNCATED)
            return false;
        any_failed = any_failed || r->artifacts[i].state == ARTIFACT_FAILED;
    }
    return any_failed;
}

/* What the cache has of a build that is over needs no asking any more: once all of it was asked for
 * anew, or is there. What is absent stays so. */
static void settle(struct job *job)
{
    struct cache *cache = job->p->options->cache;
    const struct endpoints *e = job->p->options->endpoints;
    struct sv documents, all;
    struct err err = {0};
    if (cache == NULL || job->p->options->offline || is_local(&job->result->build) ||
        job->document_count == 0 || job->result->incomplete || job->unsure || !is_over(job) ||
        !place_object_url(e, &job->result->build, SV("finished.json"), &job->arena, &documents,
                          &err) ||
        !place_object_url(e, &job->result->build, SV(""), &job->arena, &all, &err))
        return;
    for (size_t i = 0; i < job->absent_count; i++) {
        struct cache_entry *entry = cache_begin(cache, job->absent[i]);
        if (entry != NULL)
            cache_commit_take(entry, HTTP_NOT_FOUND, SV(""), SV(""));
    }
    if (!job->documents_settled)
        cache_settle(cache, documents);
    if (!job->settled && job->listed && !job->listing_failed)
        cache_settle(cache, all);
}

/* Nor what the mirror has. Files of an earlier run may be older than their build's end: there it is
 * so once all of them were asked for anew. */
static void settle_mirror(struct job *job)
{
    if (is_copied(job) && job->mirror == MIRROR_LISTED && job->listed && !job->listing_failed &&
        job->stage == JOB_FILES && !job->result->incomplete && !job->unsure && is_over(job))
        save_list(job, MIRROR_SETTLED);
}

/* Where names cannot be listed, some stores answer 403 for what is not there. */
static void judge_denied(struct job *job)
{
    struct err err = {0};
    struct result *r = job->result;
    bool any_read = false, ok = true;
    (void)pthread_mutex_lock(&job->lock);
    for (size_t i = 0; i < r->artifact_count; i++)
        any_read = any_read || r->artifacts[i].state == ARTIFACT_READ;
    for (size_t i = 0; i < job->denied_count && ok; i++) {
        struct artifact *a = &r->artifacts[job->denied[i]];
        if (job->listing_failed && any_read) {
            a->state = ARTIFACT_ABSENT;
            a->err = SV("");
        } else {
            ok = result_add_problem(r, a->path, a->err, false, &err);
        }
    }
    (void)pthread_mutex_unlock(&job->lock);
    if (!ok)
        pipeline_fail(job->p, &err);
}

static void job_free(struct job *job)
{
    for (size_t i = 0; i < job->document_count; i++)
        free(job->documents[i].text);
    free(job->files);
    free(job->absent);
    strmap_done(&job->failed_steps);
    arena_done(&job->arena);
    (void)pthread_mutex_destroy(&job->lock);
    result_free(job->result);
    free(job);
}

/* What the files and the other builds of the list say goes before the judge's last word. */
static bool judge(struct job *job, struct err *err)
{
    const struct judge_options options = {.normal = baseline_normal(job),
                                          .now_ms = job->p->options->now_ms};
    struct result *r = job->result;
    const struct build *passed = NULL;
    if (!judge_build(r, &options, err))
        return false;
    if (r->verdict.outcome != OUTCOME_FAILED)
        return true;
    r->test_step = test_step_of(r, job->files, job->file_count);
    if (!same_code_find(&job->p->same_code, &r->build, &passed, err))
        return false;
    if (passed == NULL || passed->id.len == 0)
        return true;
    r->passed_id = passed->id;
    /* A compiler throws no dice: what is around the code has changed. */
    if (r->verdict.class_ != CLASS_BUILD && r->verdict.class_ != CLASS_LINT)
        r->verdict.flake = true;
    return true;
}

void job_finish(struct job *job)
{
    struct err err = {0};
    struct pipeline *p = job->p;
    struct result *r = job->result;
    const bool again = job->stage == JOB_BASELINE;
    if (!again) {
        r->incomplete = pipeline_is_stopped(p);
        judge_denied(job);
        if (is_unreadable(r))
            job_problem(job, SV("build"), "nothing of this build could be read", true);
        settle(job);
        settle_mirror(job);
        if (!result_finish(r, &err))
            pipeline_fail(p, &err);
    }
    if (!judge(job, &err))
        pipeline_fail(p, &err);
    if (!again && r->verdict.basis == BASIS_ERROR_LINES && baseline_ask(job))
        return;
    job->result = NULL;
    const uint64_t order = job->order;
    job_free(job);
    pipeline_write_take(p, order, r);
}

static void look_into_cache(struct job *job)
{
    const struct run_options *o = job->p->options;
    const struct build *b = &job->result->build;
    struct sv documents, all;
    struct err err = {0};
    if (o->cache == NULL || is_local(b) || b->store == STORE_NONE || o->deck_only ||
        !place_object_url(o->endpoints, b, SV("finished.json"), &job->arena, &documents, &err) ||
        !place_object_url(o->endpoints, b, SV(""), &job->arena, &all, &err))
        return;
    job->settled = cache_is_settled(o->cache, all);
    job->documents_settled = job->settled || cache_is_settled(o->cache, documents);
}

/* The list beside a build's files: of a copy that is read, or of one that is being made. */
static void look_into_mirror(struct job *job)
{
    const struct run_options *o = job->p->options;
    const struct build *b = &job->result->build;
    char path[PATH_BYTES];
    struct err err = {0};
    const bool here = b->store == STORE_FOLDER || b->local.len > 0;
    const struct sv folder = b->local.len > 0 ? b->local : b->key;
    if (here && folder.len < sizeof(path))
        (void)snprintf(path, sizeof(path), "%.*s", SV_ARG(folder));
    else if (here || !is_copied(job) || !mirror_path(o->mirror_dir, b, SV(""), path, sizeof(path)))
        return;
    if (!mirror_load(path, add_local_file, job, &job->mirror, &err)) {
        char text[512];
        job->mirror = MIRROR_NONE;
        if (here)
            job_problem(job, SV("listing"), err_text(&err, text, sizeof(text)), false);
    }
    const bool is_used = job->mirror == MIRROR_SETTLED || (here && job->mirror == MIRROR_LISTED);
    if (!is_used)
        job->file_count = 0;
    if (here && job->mirror == MIRROR_BEGUN)
        job_problem(job, SV("listing"), "its mirroring did not come to an end; fetch it again",
                    false);
    else if (here && b->store != STORE_FOLDER && job->mirror == MIRROR_NONE && !fs_exists(path))
        job_problem(job, SV("build"), "it is not in the mirror; fetch it again", true);
}

bool job_start(struct pipeline *p, const struct build *build, uint64_t order, struct err *err)
{
    struct job *job = calloc(1, sizeof(*job));
    if (job == NULL)
        return err_why(err, ERR_NOMEM, "no memory for a build");
    *job = (struct job){.task.run = job_work, .p = p, .order = order};
    (void)pthread_mutex_init(&job->lock, NULL);
    arena_init(&job->arena, JOB_ARENA_BYTES);
    strmap_init(&job->failed_steps, FAILED_STEPS_BYTES);
    job->result = result_new(build, order, err);
    if (job->result == NULL) {
        job_free(job);
        return false;
    }
    look_into_cache(job);
    look_into_mirror(job);
    guarded(job, first_stage);
    return true;
}
