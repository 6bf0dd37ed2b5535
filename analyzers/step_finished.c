/* step-finished: finished.json of one ci-operator step. Source: prow.md 3.6. */
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
    const bool told = json_bool(json_member(json_root(&doc), "passed"), &passed);
    json_doc_done(&doc);
    if (!told || passed)
        return true;
    const struct sv step = a->artifact->step;
    const size_t slash = sv_find_last(step, '/');
    const struct sv name = slash < step.len ? sv_tail(step, slash + 1) : step;
    if (!arena_printf(a->evidence->arena, &summary, err, "Step %.*s failed", SV_ARG(name)))
        return false;
    return add_finding(a, NULL,
                       (struct finding){.id = SV("step-finished.failed"),
                                        .kind = KIND_OTHER,
                                        .detail = SV("step"),
                                        .severity = SEVERITY_ROLLUP,
                                        .authority = AUTHORITY_STEP,
                                        .step = name,
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
