/* step-finished: finished.json of one ci-operator step. Source: Prow's pkg/sidecar, which runs
 * in each step's pod. */
#include "common.h"
#include "model/json.h"

static bool document(void *state, const struct analysis *a, struct sv body, struct err *err)
{
    struct json_doc doc = {0};
    bool passed = false;
    struct sv summary;
    (void)state;
    if (sv_trim(body).len == 0)
        return true;
    if (!json_parse(body, body.len, &doc, err))
        return false;
    const struct json root = json_root(&doc);
    const bool told = json_bool(json_member(root, "passed"), &passed);
    const struct sv result = json_text(json_member(root, "result"));
    const bool success = told ? passed : sv_equal_nocase(result, SV("success"));
    const bool aborted = sv_equal_nocase(result, SV("aborted"));
    const bool silent = !told && result.len == 0;
    json_doc_done(&doc);
    if (success || silent)
        return true;
    const struct sv step = a->artifact->step;
    if (!arena_printf(a->evidence->arena, &summary, err, "Step %.*s %s",
                      SV_ARG(sv_tail(step, sv_find_char(step, '/') + 1)),
                      aborted ? "was interrupted" : "failed"))
        return false;
    return add_finding(a, NULL,
                       (struct finding){.id = SV("step-finished.failed"),
                                        .kind = KIND_OTHER,
                                        .detail = SV("step"),
                                        .severity = SEVERITY_ROLLUP,
                                        .authority = AUTHORITY_STEP,
                                        .step = step,
                                        .summary = summary,
                                        .excerpt = summary},
                       err);
}

extern const struct analyzer analyzer_step_finished;
const struct analyzer analyzer_step_finished = {
    .name = "step-finished",
    .summary = "failed steps by their own finished.json",
    .kinds = 1u << ARTIFACT_STEP_FINISHED,
    .document = document,
};
