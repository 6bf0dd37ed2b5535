/* started: started.json, when a build began. Source: Prow's pkg/initupload. */
#include "common.h"
#include "model/json.h"

static bool document(void *state, const struct analysis *a, struct sv body, struct err *err)
{
    struct json_doc doc = {0};
    double seconds = 0;
    (void)state;
    if (sv_trim(body).len == 0)
        return true;
    if (!json_parse(body, body.len, &doc, err))
        return false;
    const bool is_object = json_is_object(json_root(&doc));
    const bool timed = json_double(json_member(json_root(&doc), "timestamp"), &seconds);
    json_doc_done(&doc);
    if (!is_object)
        return err_why(err, ERR_FORMAT, "it is no JSON object");
    if (!timed || seconds <= 0 || seconds > 1e11)
        return true;
    const int64_t ms = (int64_t)(seconds * 1000);
    /* The weakest of claims: anything that ended says more. */
    evidence_claim(a->evidence, &(struct outcome_claim){.outcome = OUTCOME_RUNNING,
                                                        .rank = 1,
                                                        .from = SV_INIT("started.json"),
                                                        .started_ms = ms});
    if (a->evidence->build != NULL && a->evidence->build->started_ms == 0)
        a->evidence->build->started_ms = ms;
    return true;
}

extern const struct analyzer analyzer_started;
const struct analyzer analyzer_started = {
    .name = "started",
    .summary = "start time of started.json",
    .kinds = 1u << ARTIFACT_STARTED,
    .document = document,
};
