/* Documents of a build, read by the analyzers and judged: whatever comes, the same evidence twice, and a verdict that the report has
 * a name for. The first byte chooses the document. */
#include "judge/judge.h"
#include "run/ingest.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const paths[] = {
    "prowjob.json",
    "started.json",
    "finished.json",
    "podinfo.json",
    "clone-records.json",
    "artifacts/e2e/step/finished.json",
    "artifacts/ci-operator-step-graph.json",
};

struct reader {
    struct triggers triggers;
    struct ruleset *rules;
    struct inflate_options inflate;
    struct ingest *ingest;
};

static void insist(bool truth)
{
    if (!truth)
        abort();
}

/* Compiled once, kept to the end. */
static struct ingest *reader(void)
{
    static struct reader r;
    struct err err = {0};
    if (r.ingest != NULL)
        return r.ingest;
    insist(triggers_init(&r.triggers, &err) &&
           ruleset_load(&(struct ruleset_options){.triggers = r.triggers.patterns,
                                                  .trigger_count = r.triggers.count},
                        &r.rules, &err));
    r.ingest = ingest_new(
        &(struct ingest_options){.rules = r.rules, .triggers = &r.triggers, .inflate = &r.inflate},
        &err);
    insist(r.ingest != NULL);
    return r.ingest;
}

static uint64_t read_once(const char *path, struct sv text)
{
    struct err err = {0};
    struct ingest_end end = {0};
    const struct build listed = {.id = SV_INIT("1"), .job = SV_INIT("job")};
    const struct judge_options options = {.now_ms = INT64_C(1709287200000)};
    struct artifact artifact = {.path = sv_of(path), .state = ARTIFACT_READ};
    uint32_t index = 0;
    artifact.kind = artifact_classify(artifact.path, &artifact.step);
    struct result *r = result_new(&listed, 0, &err);
    insist(r != NULL && result_add_artifact(r, &artifact, &index, &err));
    struct build build = r->build;
    insist(ingest_document(reader(), &build, &r->artifacts[index], text, &end, &err) &&
           result_merge(r, index, ingest_evidence(reader()), &err) &&
           build_copy(&r->arena, &build, &r->build, &err) && result_finish(r, &err) &&
           judge_build(r, &options, &err));
    insist(r->verdict.outcome < OUTCOME_COUNT && r->verdict.kind < KIND_COUNT);
    uint64_t sum = r->finding_count * 31 + (uint64_t)r->verdict.outcome;
    for (size_t i = 0; i < r->finding_count; i++) {
        const struct finding *f = &r->findings[i];
        insist(f->id.len > 0 && f->artifact == index && f->kind < KIND_COUNT);
        sum = sum * 31 + f->summary.len + f->excerpt.len;
    }
    result_free(r);
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const char *path = paths[data[0] % COUNT_OF(paths)];
    const struct sv text = {.ptr = (const char *)data + 1, .len = size - 1};
    insist(read_once(path, text) == read_once(path, text));
    return 0;
}
