#include "model/artifact.h"

#include "base/glob.h"

static const char *const kind_names[ARTIFACT_KIND_COUNT] = {
    [ARTIFACT_OTHER] = "other",           [ARTIFACT_BUILD_LOG] = "build-log",
    [ARTIFACT_STEP_LOG] = "step-log",     [ARTIFACT_CLONE_LOG] = "clone-log",
    [ARTIFACT_PROWJOB] = "prowjob",       [ARTIFACT_STARTED] = "started",
    [ARTIFACT_FINISHED] = "finished",     [ARTIFACT_STEP_FINISHED] = "step-finished",
    [ARTIFACT_PODINFO] = "podinfo",       [ARTIFACT_CLONE_RECORDS] = "clone-records",
    [ARTIFACT_STEP_GRAPH] = "step-graph", [ARTIFACT_JUNIT] = "junit",
};

const char *artifact_kind_name(enum artifact_kind kind)
{
    return kind_names[kind];
}

bool artifact_kind_parse(struct sv name, enum artifact_kind *ret_kind)
{
    for (size_t i = 0; i < ARTIFACT_KIND_COUNT; i++) {
        if (sv_equal(name, sv_of(kind_names[i]))) {
            *ret_kind = (enum artifact_kind)i;
            return true;
        }
    }
    return false;
}

const char *artifact_state_name(enum artifact_state state)
{
    static const char *const names[] = {"wanted", "read", "absent", "failed", "truncated"};
    return names[state];
}

bool artifact_kind_is_log(enum artifact_kind kind)
{
    return kind == ARTIFACT_OTHER || kind == ARTIFACT_BUILD_LOG || kind == ARTIFACT_STEP_LOG ||
           kind == ARTIFACT_CLONE_LOG;
}

bool artifact_kind_is_document(enum artifact_kind kind)
{
    return kind != ARTIFACT_JUNIT && !artifact_kind_is_log(kind);
}

static bool is_junit_name(struct sv base)
{
    static const struct sv globs[] = {SV_INIT("*junit*.xml"),  SV_INIT("TEST-*.xml"),
                                      SV_INIT("test.xml"),     SV_INIT("xunit*.xml"),
                                      SV_INIT("*report*.xml"), SV_INIT("*test*results*.xml")};
    for (size_t i = 0; i < COUNT_OF(globs); i++) {
        if (glob_path(globs[i], base))
            return true;
    }
    return false;
}

/* "artifacts/<target>/<step>/FILE": true, with the step, when the path has exactly that depth. */
static bool is_step_file(struct sv path, struct sv *ret_step)
{
    const struct sv rest = sv_tail(path, sizeof("artifacts/") - 1);
    const size_t last = sv_find_last(rest, '/');
    if (!sv_starts(path, SV("artifacts/")) || last == rest.len)
        return false;
    *ret_step = sv_head(rest, last);
    const size_t slash = sv_find_char(*ret_step, '/');
    return slash == ret_step->len ||
           sv_find_char(sv_tail(*ret_step, slash + 1), '/') == ret_step->len - slash - 1;
}

enum artifact_kind artifact_classify(struct sv path, struct sv *ret_step)
{
    static const struct {
        struct sv name;
        enum artifact_kind kind;
    } top[] = {
        {SV_INIT("prowjob.json"), ARTIFACT_PROWJOB},
        {SV_INIT("started.json"), ARTIFACT_STARTED},
        {SV_INIT("finished.json"), ARTIFACT_FINISHED},
        {SV_INIT("podinfo.json"), ARTIFACT_PODINFO},
        {SV_INIT("clone-records.json"), ARTIFACT_CLONE_RECORDS},
        {SV_INIT("clone-log.txt"), ARTIFACT_CLONE_LOG},
        {SV_INIT("build-log.txt"), ARTIFACT_BUILD_LOG},
        {SV_INIT("artifacts/ci-operator-step-graph.json"), ARTIFACT_STEP_GRAPH},
    };
    struct sv step = {0};
    const size_t slash = sv_find_last(path, '/');
    const struct sv base = slash < path.len ? sv_tail(path, slash + 1) : path;
    *ret_step = (struct sv){0};
    for (size_t i = 0; i < COUNT_OF(top); i++) {
        if (sv_equal(path, top[i].name))
            return top[i].kind;
    }
    if (slash == path.len && sv_ends(path, SV("-build-log.txt")))
        return ARTIFACT_BUILD_LOG;
    const bool log = sv_equal(base, SV("build-log.txt"));
    const bool finished = sv_equal(base, SV("finished.json"));
    if ((log || finished) && is_step_file(path, &step)) {
        *ret_step = step;
        return log ? ARTIFACT_STEP_LOG : ARTIFACT_STEP_FINISHED;
    }
    return is_junit_name(base) ? ARTIFACT_JUNIT : ARTIFACT_OTHER;
}
