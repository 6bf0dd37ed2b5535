/* step-graph: ci-operator-step-graph.json, which steps failed. Source: ci-tools' pkg/api
 * (CIOperatorStepGraph). */
#include "common.h"
#include "model/json.h"

static bool judge_step(const struct analysis *a, struct json step, struct err *err)
{
    bool failed = false;
    struct sv summary;
    const struct sv name = json_text(json_member(step, "name"));
    const struct json substeps = json_member(step, "substeps");
    bool deeper = false;
    for (size_t i = 0; json_is_array(substeps) && i < json_count(substeps) && i < 500; i++) {
        bool sub = false;
        deeper = deeper || (json_bool(json_member(json_at(substeps, i), "failed"), &sub) && sub);
        if (!judge_step(a, json_at(substeps, i), err))
            return false;
    }
    if (!json_bool(json_member(step, "failed"), &failed) || !failed || name.len == 0 || deeper)
        return true;
    if (!arena_printf(a->evidence->arena, &summary, err, "Step %.*s failed", SV_ARG(name)))
        return false;
    return add_finding(a, NULL,
                       (struct finding){.id = SV("step-graph.failed"),
                                        .kind = KIND_OTHER,
                                        .detail = SV("step"),
                                        .severity = SEVERITY_ROLLUP,
                                        .authority = AUTHORITY_STEP,
                                        .step = name,
                                        .summary = summary,
                                        .excerpt = summary},
                       err);
}

static bool document(void *state, const struct analysis *a, struct sv body, struct err *err)
{
    struct json_doc doc = {0};
    (void)state;
    if (sv_trim(body).len == 0)
        return true;
    if (!json_parse(body, body.len, &doc, err))
        return false;
    const struct json root = json_root(&doc);
    bool ok = true;
    for (size_t i = 0; ok && json_is_array(root) && i < json_count(root) && i < 2000; i++)
        ok = judge_step(a, json_at(root, i), err);
    json_doc_done(&doc);
    return ok;
}

extern const struct analyzer analyzer_step_graph;
const struct analyzer analyzer_step_graph = {
    .name = "step-graph",
    .summary = "failed steps of ci-operator-step-graph.json",
    .kinds = 1u << ARTIFACT_STEP_GRAPH,
    .document = document,
};
