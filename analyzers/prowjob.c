/* prowjob: the ProwJob object of a build. Source: Prow's pkg/apis/prowjobs/v1, the plank
 * controller's words. */
#include "common.h"
#include "model/build_json.h"

static const struct described {
    struct sv words;
    const char *id;
    enum cause_kind kind;
    struct sv detail;
    enum cause_advice advice;
    struct sv summary;
} descriptions[] = {
    {SV_INIT("Pod scheduling timeout"), "prowjob.scheduling-timeout", KIND_INFRA_NODE,
     SV_INIT("unschedulable"), ADVICE_RETRY, SV_INIT("The job's pod was never scheduled")},
    {SV_INIT("Pod pending timeout"), "prowjob.pending-timeout", KIND_INFRA_NODE,
     SV_INIT("pod-pending"), ADVICE_MIXED,
     SV_INIT("The job's pod was scheduled and never started")},
    {SV_INIT("Pod running timeout"), "prowjob.running-timeout", KIND_TIMEOUT,
     SV_INIT("pod-running"), ADVICE_MIXED,
     SV_INIT("The job's pod ran past the controller's limit")},
    {SV_INIT("was OOM killed"), "prowjob.oom-killed", KIND_OOM, SV_INIT("job-pod"), ADVICE_FIX_CI,
     SV_INIT("The cluster killed the job's pod for its memory")},
    {SV_INIT("was evicted"), "prowjob.evicted", KIND_INFRA_NODE, SV_INIT("evicted"), ADVICE_RETRY,
     SV_INIT("The cluster evicted the job's pod")},
    {SV_INIT("max revivals"), "prowjob.revivals", KIND_INFRA_NODE, SV_INIT("max-revivals"),
     ADVICE_RETRY, SV_INIT("The job's pod was stopped and revived too often")},
    {SV_INIT("exceeded quota"), "prowjob.quota", KIND_QUOTA, SV_INIT("pod"), ADVICE_RETRY,
     SV_INIT("The namespace of the job's pod is at its quota")},
    {SV_INIT("Pod can not be created"), "prowjob.not-created", KIND_CONFIG, SV_INIT("pod-rejected"),
     ADVICE_FIX_CI, SV_INIT("The cluster refused to create the job's pod")},
    {SV_INIT("Pod got deleted unexpectedly"), "prowjob.deleted", KIND_INFRA_NODE,
     SV_INIT("pod-deleted"), ADVICE_RETRY, SV_INIT("The job's pod was deleted under it")},
    {SV_INIT("some containers didn't finish"), "prowjob.unfinished-containers", KIND_INFRA_NODE,
     SV_INIT("container-unfinished"), ADVICE_RETRY,
     SV_INIT("The job's pod ended while a container had not")},
    {SV_INIT("Terminal error"), "prowjob.terminal-error", KIND_INFRA_NODE,
     SV_INIT("terminal-error"), ADVICE_MIXED, SV_INIT("The controller could not run the job")},
    {SV_INIT("newer version of this job is running"), "prowjob.superseded", KIND_INTERRUPTED,
     SV_INIT("superseded"), ADVICE_RETRY, SV_INIT("A newer run of the job took its place")},
    {SV_INIT("Aborted by"), "prowjob.aborted", KIND_INTERRUPTED, SV_INIT("aborted"), ADVICE_RETRY,
     SV_INIT("The job was aborted")},
};

static bool judge_description(const struct analysis *a, const struct build *b, struct err *err)
{
    for (size_t i = 0; i < COUNT_OF(descriptions); i++) {
        const struct described *d = &descriptions[i];
        if (sv_find(b->description, d->words) == b->description.len)
            continue;
        return add_finding(
            a, NULL,
            (struct finding){.id = sv_of(d->id),
                             .kind = d->kind,
                             .detail = d->detail,
                             .advice = d->advice,
                             .severity = SEVERITY_DEFINITE,
                             .authority = AUTHORITY_STATE,
                             .summary = d->summary,
                             .excerpt = b->description,
                             EXPLAINS(SV("rollup.*"), SV("silence.*"), SV("entrypoint.*"))},
            err);
    }
    if (b->state != STATE_ERROR || b->description.len == 0)
        return true;
    return add_finding(a, NULL,
                       (struct finding){.id = SV("prowjob.error"),
                                        .kind = KIND_OTHER,
                                        .detail = SV("ci-error"),
                                        .class_ = CLASS_INFRA,
                                        .severity = SEVERITY_CAUSE,
                                        .authority = AUTHORITY_STATE,
                                        .summary = SV("Prow could not run the job"),
                                        .excerpt = b->description},
                       err);
}

static bool document(void *state, const struct analysis *a, struct sv body, struct err *err)
{
    static const enum outcome outcomes[STATE_COUNT] = {
        [STATE_SCHEDULING] = OUTCOME_RUNNING, [STATE_TRIGGERED] = OUTCOME_RUNNING,
        [STATE_PENDING] = OUTCOME_RUNNING,    [STATE_SUCCESS] = OUTCOME_PASSED,
        [STATE_FAILURE] = OUTCOME_FAILED,     [STATE_ABORTED] = OUTCOME_ABORTED,
        [STATE_ERROR] = OUTCOME_ERROR};
    struct json_doc doc = {0};
    struct build own = {0};
    struct build *b = a->evidence->build != NULL ? a->evidence->build : &own;
    (void)state;
    if (sv_trim(body).len == 0)
        return true;
    if (!json_parse(body, body.len, &doc, err))
        return false;
    const struct build before = *b;
    const bool ok = build_from_prowjob(json_root(&doc), a->evidence->arena, b, err);
    json_doc_done(&doc);
    if (!ok)
        return false;
    /* It may lag behind the list, and behind finished.json. */
    if (build_state_is_final(before.state) && !build_state_is_final(b->state)) {
        b->state = before.state;
        b->state_text = before.state_text;
        b->description = before.description;
        return judge_description(a, b, err);
    }
    evidence_claim(a->evidence, &(struct outcome_claim){
                                    .outcome = outcomes[b->state],
                                    .rank = build_state_is_final(b->state) ? 40 : 5,
                                    .from = SV_INIT("prowjob.json"),
                                    .started_ms = b->started_ms,
                                    .finished_ms = b->finished_ms,
                                });
    return judge_description(a, b, err);
}

extern const struct analyzer analyzer_prowjob;
const struct analyzer analyzer_prowjob = {
    .name = "prowjob",
    .summary = "state and description of prowjob.json",
    .kinds = 1u << ARTIFACT_PROWJOB,
    .document = document,
};
