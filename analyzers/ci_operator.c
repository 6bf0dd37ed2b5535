/* ci-operator: its reason chain and step lines on standard output. Source: ci-tools'
 * pkg/results and pkg/steps. */
#include "common.h"

enum { REASON, SUCCEEDED, STEP_FAILED, PHASE, SOME_FAILED, WHY };
struct ci_operator {
    enum phase phase; /* of the steps that run now */
    bool expects;     /* "Some steps failed:" was just said */
    struct line why;  /* the first line behind it; number 0 without one */
};
static const struct trigger triggers[] = {
    [REASON] = {"Reporting job state 'failed' with reason '", false},
    [SUCCEEDED] = {"Reporting job state 'succeeded'", false},
    [STEP_FAILED] = {"Step \\S+ failed after ", false},
    [PHASE] = {"Running multi-stage phase (pre|test|post)", false},
    [SOME_FAILED] = {"\\] Some steps failed:", false},
    [WHY] = {"^  \\* \\S", true},
    {NULL, false},
};

static const struct atom {
    struct sv name;
    enum cause_kind kind;
    struct sv detail;
    enum severity severity;
    struct sv summary;
} atoms[] = {
    {SV_INIT("acquiring_lease"), KIND_LEASE, SV_INIT("acquire"), SEVERITY_DEFINITE,
     SV_INIT("No cloud lease was to be had in time")},
    {SV_INIT("acquiring_ip_pool_lease"), KIND_LEASE, SV_INIT("ip-pool"), SEVERITY_DEFINITE,
     SV_INIT("No lease of an address pool was to be had")},
    {SV_INIT("releasing_lease"), KIND_LEASE, SV_INIT("release"), SEVERITY_CAUSE,
     SV_INIT("A cloud lease was lost or could not be given back")},
    {SV_INIT("acquiring_cluster_claim"), KIND_LEASE, SV_INIT("cluster-claim"), SEVERITY_DEFINITE,
     SV_INIT("No cluster of the pool was ready in time")},
    {SV_INIT("cloning_source"), KIND_CLONE, SV_INIT("ci-operator"), SEVERITY_CAUSE,
     SV_INIT("ci-operator could not clone the source")},
    {SV_INIT("building_image_from_source"), KIND_COMPILE, SV_INIT("image-build"), SEVERITY_SYMPTOM,
     SV_INIT("An image of the source did not build")},
    {SV_INIT("building_project_image"), KIND_COMPILE, SV_INIT("image-build"), SEVERITY_SYMPTOM,
     SV_INIT("An image of the project did not build")},
    {SV_INIT("building_bundle_source"), KIND_COMPILE, SV_INIT("bundle-build"), SEVERITY_SYMPTOM,
     SV_INIT("The operator bundle did not build")},
    {SV_INIT("tagging_input_image"), KIND_REGISTRY, SV_INIT("input-tag"), SEVERITY_CAUSE,
     SV_INIT("An input image could not be tagged")},
    {SV_INIT("tagging_output_image"), KIND_REGISTRY, SV_INIT("output-tag"), SEVERITY_CAUSE,
     SV_INIT("An output image could not be tagged")},
    {SV_INIT("importing_release"), KIND_REGISTRY, SV_INIT("release-import"), SEVERITY_CAUSE,
     SV_INIT("The release payload could not be imported")},
    {SV_INIT("creating_release_images"), KIND_REGISTRY, SV_INIT("release-create"), SEVERITY_CAUSE,
     SV_INIT("The release payload could not be made")},
    {SV_INIT("assembling_release"), KIND_REGISTRY, SV_INIT("release-assemble"), SEVERITY_CAUSE,
     SV_INIT("The release payload could not be put together")},
    {SV_INIT("resolving_release"), KIND_REGISTRY, SV_INIT("release-resolve"), SEVERITY_CAUSE,
     SV_INIT("The release payload was not found")},
    {SV_INIT("promoting_images"), KIND_REGISTRY, SV_INIT("promotion"), SEVERITY_CAUSE,
     SV_INIT("Images could not be promoted")},
    {SV_INIT("loading_args"), KIND_CONFIG, SV_INIT("ci-operator-args"), SEVERITY_DEFINITE,
     SV_INIT("ci-operator was called wrongly")},
    {SV_INIT("loading_config"), KIND_CONFIG, SV_INIT("ci-operator-config"), SEVERITY_DEFINITE,
     SV_INIT("ci-operator's configuration could not be loaded")},
    {SV_INIT("config_resolver"), KIND_CONFIG, SV_INIT("config-resolver"), SEVERITY_CAUSE,
     SV_INIT("The configuration resolver did not answer")},
    {SV_INIT("validating_config"), KIND_CONFIG, SV_INIT("ci-operator-config"), SEVERITY_DEFINITE,
     SV_INIT("ci-operator's configuration is not valid")},
    {SV_INIT("building_graph"), KIND_CONFIG, SV_INIT("step-graph"), SEVERITY_CAUSE,
     SV_INIT("ci-operator's steps do not fit together")},
    {SV_INIT("resolving_inputs"), KIND_CONFIG, SV_INIT("inputs"), SEVERITY_CAUSE,
     SV_INIT("An input of ci-operator could not be resolved")},
    {SV_INIT("initializing_namespace"), KIND_INFRA_NODE, SV_INIT("namespace"), SEVERITY_CAUSE,
     SV_INIT("The build cluster did not give a namespace")},
    {SV_INIT("interrupted"), KIND_INTERRUPTED, SV_INIT("ci-operator"), SEVERITY_CAUSE,
     SV_INIT("ci-operator was interrupted")},
};

/* The innermost atom that tells something decides. */
static const struct atom *telling_atom(struct sv chain)
{
    const struct atom *found = NULL;
    struct sv part;
    for (struct sv rest = chain; sv_cut(&rest, ':', &part);) {
        for (size_t i = 0; i < COUNT_OF(atoms); i++)
            found = sv_equal(part, atoms[i].name) ? &atoms[i] : found;
    }
    return found;
}

static bool judge_reason(const struct ci_operator *c, const struct analysis *a,
                         const struct line *line, struct err *err)
{
    static const struct sv mark = SV_INIT("with reason '");
    const struct sv rest = sv_tail(line->text, sv_find(line->text, mark) + mark.len);
    const struct sv chain = sv_head(rest, sv_find_char(rest, '\''));
    const struct capture capture = {.name = SV("chain"), .value = chain};
    const struct atom *atom = telling_atom(chain);
    struct finding f = {.id = SV("ci-operator.failed"),
                        .kind = KIND_OTHER,
                        .detail = SV("ci-operator"),
                        .severity = SEVERITY_ROLLUP,
                        .authority = AUTHORITY_STEP,
                        .summary = SV("ci-operator reports a failure"),
                        .captures = &capture,
                        .capture_count = 1};
    evidence_claim(a->evidence, &(struct outcome_claim){.outcome = OUTCOME_FAILED,
                                                        .rank = 20,
                                                        .from = SV_INIT("ci-operator's reason")});
    if (atom == NULL)
        return add_finding(a, line, f, err);
    f.id = SV("ci-operator.reason");
    f.kind = atom->kind;
    f.detail = atom->detail;
    f.severity = atom->severity;
    f.summary = atom->summary;
    f.explains = (const struct sv[]){SV_INIT("rollup.*"), SV_INIT("ci-operator.step-*"),
                                     SV_INIT("step-graph.*"), SV_INIT("step-finished.*"),
                                     SV_INIT("junit.step-failed")};
    f.explains_count = 5;
    return add_finding(a, c->why.number > 0 ? &c->why : line, f, err);
}

/* The error itself stands below "Some steps failed:"; the reason chain only names its sort. */
static bool take_why(struct ci_operator *c, const struct analysis *a, const struct line *line,
                     unsigned trigger, struct err *err)
{
    const bool wanted = trigger == WHY && c->expects;
    c->expects = trigger == SOME_FAILED;
    if (!wanted)
        return true;
    c->why = *line;
    return arena_copy(a->evidence->arena, line->text, &c->why.text, err);
}

static void take_phase(struct ci_operator *c, const struct line *line)
{
    static const struct sv mark = SV_INIT("multi-stage phase ");
    const struct sv name = sv_tail(line->text, sv_find(line->text, mark) + mark.len);
    c->phase = sv_starts(name, SV("pre"))    ? PHASE_SETUP
               : sv_starts(name, SV("post")) ? PHASE_TEARDOWN
                                             : PHASE_TEST;
}

static bool step_failed(const struct ci_operator *c, const struct analysis *a,
                        const struct line *line, struct err *err)
{
    struct sv summary;
    const struct sv rest = sv_tail(line->text, sv_find(line->text, SV("Step ")) + 5);
    const struct sv name = sv_head(rest, sv_find_char(rest, ' '));
    if (sv_equal(name, SV("phase")))
        return true;
    return arena_printf(a->evidence->arena, &summary, err, "Step %.*s failed", SV_ARG(name)) &&
           add_finding(a, line,
                       (struct finding){.id = SV("ci-operator.step-failed"),
                                        .kind = KIND_OTHER,
                                        .detail = SV("step"),
                                        .severity = SEVERITY_ROLLUP,
                                        .authority = AUTHORITY_STEP,
                                        .phase = c->phase,
                                        .step = name,
                                        .summary = summary},
                       err);
}

static bool on_line(void *state, const struct analysis *a, const struct line *line,
                    unsigned trigger, struct err *err)
{
    struct ci_operator *c = state;
    switch (trigger) {
    case REASON:
        return judge_reason(c, a, line, err);
    case SUCCEEDED:
        evidence_claim(a->evidence,
                       &(struct outcome_claim){.outcome = OUTCOME_PASSED,
                                               .rank = 20,
                                               .from = SV_INIT("ci-operator's report")});
        return true;
    case STEP_FAILED:
        return step_failed(c, a, line, err);
    case PHASE:
        take_phase(c, line);
        return true;
    default:
        return take_why(c, a, line, trigger, err);
    }
}

extern const struct analyzer analyzer_ci_operator;
const struct analyzer analyzer_ci_operator = {
    .name = "ci-operator",
    .summary = "ci-operator's reason chain and failed steps",
    .kinds = 1u << ARTIFACT_BUILD_LOG, /* a step may run a ci-operator of its own */
    .state_size = sizeof(struct ci_operator),
    .triggers = triggers,
    .line = on_line,
};
