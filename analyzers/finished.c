/* finished: finished.json, the outcome by whoever uploaded it. Source: Prow's pkg/sidecar and
 * pkg/crier/reporters/gcs. */
#include "common.h"
#include "model/json.h"

/* passed decides where it is told; result then only says how it failed. */
static enum outcome outcome_of(struct json root)
{
    static const struct {
        struct sv name;
        enum outcome outcome;
    } results[] = {{SV_INIT("success"), OUTCOME_PASSED},
                   {SV_INIT("failure"), OUTCOME_FAILED},
                   {SV_INIT("aborted"), OUTCOME_ABORTED},
                   {SV_INIT("error"), OUTCOME_ERROR}};
    bool passed = false;
    const struct sv result = json_text(json_member(root, "result"));
    const bool has_passed = json_bool(json_member(root, "passed"), &passed);
    if (has_passed && passed)
        return OUTCOME_PASSED;
    for (size_t i = 0; i < COUNT_OF(results); i++) {
        if (sv_equal_nocase(result, results[i].name) &&
            (!has_passed || results[i].outcome != OUTCOME_PASSED))
            return results[i].outcome;
    }
    return has_passed || result.len > 0 ? OUTCOME_FAILED : OUTCOME_UNKNOWN;
}

static bool document(void *state, const struct analysis *a, struct sv body, struct err *err)
{
    struct json_doc doc = {0};
    double seconds = 0;
    (void)state;
    if (sv_trim(body).len == 0)
        return true; /* it was never written: the build died or runs */
    if (!json_parse(body, body.len, &doc, err))
        return false;
    const struct json root = json_root(&doc);
    const bool is_object = json_is_object(root);
    struct outcome_claim claim = {
        .outcome = outcome_of(root), .rank = 50, .from = SV_INIT("finished.json")};
    if (json_double(json_member(root, "timestamp"), &seconds) && seconds > 0 && seconds < 1e11)
        claim.finished_ms = (int64_t)(seconds * 1000);
    json_doc_done(&doc);
    if (!is_object)
        return err_why(err, ERR_FORMAT, "it is no JSON object");
    if (claim.outcome == OUTCOME_UNKNOWN && claim.finished_ms > 0) {
        claim.outcome = OUTCOME_FAILED; /* it ended, and nobody says that it passed */
        claim.rank = 4;
    }
    evidence_claim(a->evidence, &claim);
    if (a->evidence->build != NULL && a->evidence->build->finished_ms == 0)
        a->evidence->build->finished_ms = claim.finished_ms;
    return true;
}

extern const struct analyzer analyzer_finished;
const struct analyzer analyzer_finished = {
    .name = "finished",
    .summary = "outcome of finished.json",
    .kinds = 1u << ARTIFACT_FINISHED,
    .document = document,
};
