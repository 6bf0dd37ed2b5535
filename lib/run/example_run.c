#include "run/example_run.h"

#include "judge/judge.h"
#include "run/ingest.h"

#include <stdlib.h>

struct example_run {
    struct inflate_options inflate;
    struct ingest *ingest;
};

struct example_run *example_run_new(const struct ruleset *rules, const struct triggers *triggers,
                                    struct err *err)
{
    struct example_run *e = calloc(1, sizeof(*e));
    if (e == NULL) {
        (void)err_why(err, ERR_NOMEM, "no memory to run examples");
        return NULL;
    }
    e->ingest = ingest_new(
        &(struct ingest_options){.rules = rules, .triggers = triggers, .inflate = &e->inflate},
        err);
    if (e->ingest != NULL)
        return e;
    free(e);
    return NULL;
}

void example_run_free(struct example_run *e)
{
    if (e == NULL)
        return;
    ingest_free(e->ingest);
    free(e);
}

static bool read_text(struct example_run *e, struct sv text, struct result *r, struct err *err)
{
    struct ingest_end end = {0};
    uint32_t index = 0;
    const struct artifact artifact = {.kind = ARTIFACT_BUILD_LOG,
                                      .state = ARTIFACT_READ,
                                      .path = SV_INIT("build-log.txt"),
                                      .plain_bytes = text.len};
    if (!result_add_artifact(r, &artifact, &index, err) ||
        !ingest_begin(e->ingest, &r->build, &r->artifacts[index], err) ||
        !ingest_feed(e->ingest, text, err) ||
        (!sv_ends(text, SV("\n")) && !ingest_feed(e->ingest, SV("\n"), err)) ||
        !ingest_finish(e->ingest, &end, err) ||
        !result_merge(r, index, ingest_evidence(e->ingest), err) || !result_finish(r, err))
        return false;
    r->claim = (struct outcome_claim){
        .outcome = OUTCOME_FAILED, .rank = 100, .from = SV_INIT("the example")};
    return judge_build(r, &(struct judge_options){0}, err);
}

struct result *example_run_judge(struct example_run *e, struct sv text, struct err *err)
{
    const struct build build = {
        .provider = SV_INIT("prow"), .store = STORE_FILE, .job = SV_INIT("example")};
    struct result *r = result_new(&build, 0, err);
    if (r == NULL || read_text(e, text, r, err))
        return r;
    result_free(r);
    return NULL;
}
