#include "corpus_run.h"

#include "base/fs.h"
#include "run/pipeline.h"
#include "source/folder.h"

#include <stdio.h>
#include <sys/stat.h>

enum { PATH_BYTES = 4096 };

bool corpus_find(struct corpus_cases *c, const char *root, const char *labels, struct err *err)
{
    const bool ok = labels != NULL ? corpus_cases_labels(c, root, labels, err)
                                   : corpus_cases_find(c, root, err);
    if (!ok || c->count > 0)
        return ok;
    (void)err_where(err, "%s", labels != NULL ? labels : root);
    return err_why(err, ERR_USAGE,
                   labels != NULL ? "no row has a label"
                                  : "no folder below it has an expected.yaml");
}

/* A folder with a build's own documents is that build; else it holds one log, or builds in the
 * layout of a bucket. */
static bool is_build(const char *folder)
{
    static const char *const names[] = {"prowjob.json", "started.json", "finished.json",
                                        "podinfo.json"};
    char path[PATH_BYTES];
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const int n = snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        if (n > 0 && (size_t)n < sizeof(path) && fs_exists(path))
            return true;
    }
    return false;
}

static bool add_builds(struct corpus_case *one, struct build_list *list, struct err *err)
{
    const size_t slash = sv_find_last(one->path, '/');
    const struct build build = {.provider = SV_INIT("prow"),
                                .store = STORE_FOLDER,
                                .id = slash < one->path.len ? sv_tail(one->path, slash + 1)
                                                            : one->path,
                                .job = SV_INIT("case"),
                                .key = one->path};
    struct stat st;
    if (one->is_label)
        return stat(one->path.ptr, &st) != 0 || !S_ISREG(st.st_mode) ||
               folder_file_build(one->path.ptr, list, err);
    return is_build(one->path.ptr) ? build_list_add(list, &build, err)
                                   : folder_builds(one->path.ptr, list, err);
}

/* One build a case: none, or several, is a mistake of the case and is told, never passed over. */
static bool gather(const struct corpus_run *c, struct build_list *list, struct err *err)
{
    for (size_t i = 0; i < c->cases->count; i++) {
        struct corpus_case *one = &c->cases->list[i];
        char why[128];
        one->first_build = list->count;
        if (one->mistake.len > 0 && !(c->take_new && one->is_new)) {
            c->mistake(c->user, one, one->mistake.ptr);
            continue;
        }
        if (!add_builds(one, list, err))
            return false;
        one->build_count = list->count - one->first_build;
        if (one->build_count == 1)
            continue;
        (void)snprintf(
            why, sizeof(why),
            one->build_count > 1
                ? "holds %zu logs or builds, and a case is one: put the files of one build "
                  "into JOB/NUMBER/"
                : "holds no log that could be read",
            one->build_count);
        c->mistake(c->user, one, why);
        list->count = one->first_build;
        one->build_count = 0;
    }
    return true;
}

static const struct corpus_case *case_of(const struct corpus_run *c, uint64_t build)
{
    size_t low = 0, high = c->cases->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const struct corpus_case *one = &c->cases->list[middle];
        if (one->first_build + one->build_count <= build)
            low = middle + 1;
        else
            high = middle;
    }
    return &c->cases->list[low];
}

static bool emit(void *user, const struct result *r, struct err *err)
{
    const struct corpus_run *c = user;
    return c->emit(c->user, case_of(c, r->order), r, err);
}

bool corpus_run(struct session *s, struct corpus_run *c, struct err *err)
{
    struct build_list list;
    struct report_totals totals = {0};
    const struct pipeline_calls calls = {.emit = emit, .user = c};
    s->run.offline = true;
    build_list_init(&list, 0);
    bool ok = gather(c, &list, err);
    ok = ok && (list.count == 0 || pipeline_run(&s->run, &list, &calls, &totals, err));
    build_list_done(&list);
    return ok;
}
