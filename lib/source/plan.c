#include "source/plan.h"

#include "base/glob.h"

#include <stdlib.h>

enum { DEFAULT_FILES = 400, FINISHED_BYTES = 256 << 20 };
static const uint64_t default_bytes = 2ULL << 30;

size_t plan_documents(const struct plan_options *options, struct plan_item *ret_items, size_t room)
{
    static const struct plan_item all[] = {
        {ARTIFACT_PROWJOB, SV_INIT("prowjob.json"), SV_INIT(""), 0, true},
        {ARTIFACT_STARTED, SV_INIT("started.json"), SV_INIT(""), 0, true},
        {ARTIFACT_FINISHED, SV_INIT("finished.json"), SV_INIT(""), 0, true},
        {ARTIFACT_PODINFO, SV_INIT("podinfo.json"), SV_INIT(""), 0, true},
        {ARTIFACT_CLONE_RECORDS, SV_INIT("clone-records.json"), SV_INIT(""), 0, true},
    };
    (void)options;
    size_t count = 0;
    while (count < COUNT_OF(all) && count < room) {
        ret_items[count] = all[count];
        count++;
    }
    return count;
}

/* Lower is fetched first; 0 is not fetched. */
enum rank {
    RANK_NONE,
    RANK_STATUS,
    RANK_MAIN_LOG,
    RANK_JUNIT,
    RANK_STEP_LOG,
    RANK_OTHER_LOG,
    RANK_ASKED
};

struct candidate {
    struct plan_item item;
    enum rank rank;
    unsigned phase; /* of a step: 0 killed or failed, 1 failed teardown, 2 others, 3 teardown */
};

static bool is_asked(const struct plan_options *o, struct sv path)
{
    for (size_t i = 0; i < o->glob_count; i++) {
        if (glob_path(o->globs[i], path))
            return true;
    }
    return false;
}

/* Trees of logs gathered from a cluster after the fact: large, and about everything at once. */
static bool is_gathered(struct sv path)
{
    static const struct sv marks[] = {SV_INIT("/gather-"), SV_INIT("must-gather"),
                                      SV_INIT("/pods/"), SV_INIT("/audit_logs/")};
    for (size_t i = 0; i < COUNT_OF(marks); i++) {
        if (sv_find(path, marks[i]) < path.len)
            return true;
    }
    return false;
}

static unsigned step_phase(const struct strmap *finished, const struct strmap *failed,
                           struct sv step)
{
    static const struct sv late[] = {SV_INIT("gather"),  SV_INIT("deprovision"), SV_INIT("destroy"),
                                     SV_INIT("cleanup"), SV_INIT("teardown"),    SV_INIT("post")};
    const bool has_failed = step.len > 0 && failed != NULL && strmap_find(failed, step) != NULL;
    for (size_t i = 0; i < COUNT_OF(late); i++) {
        if (sv_find(step, late[i]) < step.len)
            return has_failed ? 1 : 3;
    }
    return has_failed || (step.len > 0 && strmap_find(finished, step) == NULL) ? 0 : 2;
}

/* ci-operator's report of its own steps, which is small. */
static bool is_step_report(struct sv path)
{
    return sv_equal(path, SV("artifacts/junit_operator.xml")) ||
           sv_equal(path, SV("artifacts/junit_job.xml"));
}

static enum rank rank_of(const struct plan_options *o, bool logs, enum artifact_kind kind,
                         struct sv path, uint64_t size)
{
    if (is_asked(o, path))
        return RANK_ASKED;
    switch (kind) {
    case ARTIFACT_STEP_GRAPH:
    case ARTIFACT_STEP_FINISHED:
        return RANK_STATUS;
    case ARTIFACT_BUILD_LOG:
        return logs || (o->documents_only && size > 0 && size <= o->small_log) ? RANK_MAIN_LOG
                                                                               : RANK_NONE;
    case ARTIFACT_CLONE_LOG:
        return logs ? RANK_OTHER_LOG : RANK_NONE;
    case ARTIFACT_STEP_LOG:
        return logs ? RANK_STEP_LOG : RANK_NONE;
    case ARTIFACT_JUNIT:
        if (o->documents_only)
            return is_step_report(path) ? RANK_JUNIT : RANK_NONE;
        return is_gathered(path) ? RANK_NONE : RANK_JUNIT;
    default:
        return RANK_NONE;
    }
}

static int in_order(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    if (x->phase != y->phase)
        return x->phase < y->phase ? -1 : 1;
    return sv_compare(x->item.path, y->item.path);
}

/* All that is wanted of the listing, unsorted; the room is that of all files. */
static bool find_candidates(const struct plan_options *o, bool logs, const struct plan_build *build,
                            struct candidate *list, size_t *ret_count, struct err *err)
{
    const struct plan_file *files = build->files;
    struct strmap finished; /* steps with a finished.json */
    size_t count = 0;
    bool ok = true;
    strmap_init(&finished, FINISHED_BYTES);
    for (size_t i = 0; i < build->file_count && ok; i++) {
        struct candidate *c = &list[count];
        *c = (struct candidate){.item = {.path = files[i].path, .size = files[i].size}};
        c->item.kind = artifact_classify(files[i].path, &c->item.step);
        c->rank = rank_of(o, logs, c->item.kind, files[i].path, files[i].size);
        count += c->rank != RANK_NONE;
        ok = c->item.kind != ARTIFACT_STEP_FINISHED ||
             strmap_put(&finished, c->item.step, NULL, err) != NULL;
    }
    for (size_t i = 0; i < count; i++)
        list[i].phase = step_phase(&finished, build->failed_steps, list[i].item.step);
    strmap_done(&finished);
    *ret_count = count;
    return ok;
}

bool plan_choose(const struct plan_options *options, const struct plan_build *build,
                 struct arena *a, struct plan_item **ret_items, size_t *ret_count,
                 uint64_t *ret_left_out, struct err *err)
{
    const bool logs =
        !options->documents_only && (build->outcome != OUTCOME_PASSED || options->all);
    const uint64_t max_bytes = options->max_bytes > 0 ? options->max_bytes : default_bytes;
    const size_t max_files = options->max_files > 0 ? options->max_files : DEFAULT_FILES;
    struct candidate *list = calloc(build->file_count + 1, sizeof(*list));
    size_t count = 0, chosen = 0;
    uint64_t bytes = 0, left_out = 0;
    if (list == NULL)
        return err_why(err, ERR_NOMEM, "no memory to plan a build");
    struct plan_item *items = NULL;
    if (find_candidates(options, logs, build, list, &count, err))
        items = arena_array(a, count + 1, sizeof(*items), err);
    if (count > 1)
        qsort(list, count, sizeof(*list), in_order);
    for (size_t i = 0; i < count && items != NULL; i++) {
        if (i > 0 && sv_equal(list[i].item.path, list[i - 1].item.path))
            continue;
        if (chosen == max_files || list[i].item.size > max_bytes - bytes) {
            left_out++;
            continue;
        }
        bytes += list[i].item.size;
        items[chosen++] = list[i].item;
    }
    free(list);
    if (items == NULL)
        return false;
    *ret_items = items;
    *ret_count = chosen;
    *ret_left_out = left_out;
    return true;
}
