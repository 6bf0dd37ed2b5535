#include "run/test_step.h"

/* Words in the names of steps that prepare for tests or clean up after them. */
static bool is_beside(struct sv step)
{
    static const struct sv words[] = {
        SV_INIT("ipi-"),        SV_INIT("upi-"),    SV_INIT("install"), SV_INIT("-conf"),
        SV_INIT("provision"),   SV_INIT("gather"),  SV_INIT("destroy"), SV_INIT("cleanup"),
        SV_INIT("teardown"),    SV_INIT("acquire"), SV_INIT("release"), SV_INIT("rbac"),
        SV_INIT("send-result"),
    };
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (sv_find(step, words[i]) < step.len)
            return true;
    }
    return false;
}

/* What ci-operator's report says of the phases of a test of several steps. */
static enum test_step from_phases(const struct result *r)
{
    bool before = false;
    for (size_t i = 0; i < r->test_count; i++) {
        const struct sv name = r->tests[i].name;
        if (!sv_equal(r->tests[i].suite, SV("step graph")) ||
            !sv_starts(name, SV("Run multi-stage test ")))
            continue;
        if (sv_ends(name, SV(" test phase")) || sv_ends(name, SV(" post phase")))
            return TEST_STEP_RAN;
        before = before || sv_ends(name, SV(" pre phase"));
    }
    return before ? TEST_STEP_NOT_RUN : TEST_STEP_UNKNOWN;
}

/* Below artifacts/TARGET/ lie the logs of steps; of a test in one container its log itself. */
static enum test_step from_logs(struct sv target, const struct plan_file *files, size_t count)
{
    bool any_artifact = false;
    for (size_t i = 0; i < count; i++) {
        struct sv path = files[i].path;
        if (!sv_starts(path, SV("artifacts/")))
            continue;
        any_artifact = true;
        path = sv_tail(path, 10);
        if (!sv_starts(path, target) || path.len <= target.len || path.ptr[target.len] != '/' ||
            !sv_ends(path, SV("/build-log.txt")))
            continue;
        path = sv_head(path, path.len - 14);
        if (!is_beside(sv_tail(path, target.len + 1)))
            return TEST_STEP_RAN;
    }
    return any_artifact ? TEST_STEP_NOT_RUN : TEST_STEP_UNKNOWN;
}

enum test_step test_step_of(const struct result *r, const struct plan_file *files, size_t count)
{
    const enum test_step told = from_phases(r);
    if (told != TEST_STEP_UNKNOWN || count == 0)
        return told;
    if (r->build.target.len > 0)
        return from_logs(r->build.target, files, count);
    for (size_t i = 0; i < count; i++) {
        if (sv_equal(files[i].path, SV("artifacts/ci-operator-step-graph.json")))
            return TEST_STEP_UNKNOWN; /* ci-operator's, and which test it is for is not known */
    }
    for (size_t i = 0; i < count; i++) {
        if (sv_ends(files[i].path, SV("build-log.txt")))
            return TEST_STEP_RAN;
    }
    return TEST_STEP_NOT_RUN;
}
