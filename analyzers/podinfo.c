/* podinfo: what the cluster said of the job's pod. Source: prow.md 7.6; the Kubernetes API. */
#include "common.h"
#include "model/json.h"

#include <stdio.h>

static bool say(const struct analysis *a, const char *id, enum cause_kind kind, struct sv detail,
                const char *what, struct sv excerpt, struct err *err)
{
    struct sv summary;
    if (!arena_printf(a->evidence->arena, &summary, err, "%s", what))
        return false;
    return add_finding(a, NULL,
                       (struct finding){.id = sv_of(id),
                                        .kind = kind,
                                        .detail = detail,
                                        .severity = SEVERITY_DEFINITE,
                                        .authority = AUTHORITY_POD,
                                        .summary = summary,
                                        .excerpt = excerpt,
                                        EXPLAINS(SV("rollup.*"), SV("silence.*"), SV("prowjob.*"),
                                                 SV("entrypoint.*"))},
                       err);
}

static bool judge_waiting(const struct analysis *a, struct json status, struct err *err)
{
    static const struct {
        struct sv reason;
        const char *id;
        enum cause_kind kind;
        struct sv detail;
    } reasons[] = {
        {SV_INIT("ImagePullBackOff"), "podinfo.image-pull", KIND_IMAGE_PULL, SV_INIT("back-off")},
        {SV_INIT("ErrImagePull"), "podinfo.image-pull", KIND_IMAGE_PULL, SV_INIT("error")},
        {SV_INIT("InvalidImageName"), "podinfo.image-name", KIND_CONFIG, SV_INIT("image-name")},
        {SV_INIT("CreateContainerConfigError"), "podinfo.container-config", KIND_CONFIG,
         SV_INIT("container-config")},
        {SV_INIT("CreateContainerError"), "podinfo.container-create", KIND_INFRA_NODE,
         SV_INIT("container-create")},
    };
    char what[300];
    const struct json waiting = json_get(status, "state.waiting");
    const struct sv reason = json_text(json_member(waiting, "reason"));
    const struct sv message = json_text(json_member(waiting, "message"));
    for (size_t i = 0; i < COUNT_OF(reasons); i++) {
        if (!sv_equal(reason, reasons[i].reason))
            continue;
        (void)snprintf(what, sizeof(what), "Container %.*s waits for %.*s: %.*s",
                       SV_ARG(json_text(json_member(status, "name"))),
                       SV_ARG(json_text(json_member(status, "image"))), SV_ARG(reason));
        return say(a, reasons[i].id, reasons[i].kind, reasons[i].detail, what,
                   message.len > 0 ? message : reason, err);
    }
    return true;
}

static bool judge_terminated(const struct analysis *a, struct json status, struct err *err)
{
    char what[200];
    const struct json ended = json_get(status, "state.terminated");
    const struct sv reason = json_text(json_member(ended, "reason"));
    const struct sv name = json_text(json_member(status, "name"));
    (void)snprintf(what, sizeof(what), "Container %.*s was killed for its memory", SV_ARG(name));
    if (sv_equal(reason, SV("OOMKilled")))
        return say(a, "podinfo.oom-killed", KIND_OOM, SV("container"), what, reason, err);
    (void)snprintf(what, sizeof(what), "Container %.*s could not run", SV_ARG(name));
    if (sv_equal(reason, SV("ContainerCannotRun")) || sv_equal(reason, SV("StartError")))
        return say(a, "podinfo.cannot-run", KIND_CONFIG, SV("container-start"), what,
                   json_text(json_member(ended, "message")), err);
    return true;
}

static bool judge_containers(const struct analysis *a, struct json list, struct err *err)
{
    for (size_t i = 0; json_is_array(list) && i < json_count(list); i++) {
        if (!judge_waiting(a, json_at(list, i), err) || !judge_terminated(a, json_at(list, i), err))
            return false;
    }
    return true;
}

static bool judge_status(const struct analysis *a, struct json status, struct err *err)
{
    const struct sv reason = json_text(json_member(status, "reason"));
    const struct sv message = json_text(json_member(status, "message"));
    const struct sv shown = message.len > 0 ? message : reason;
    if (sv_equal(reason, SV("Evicted"))) {
        const bool disk = sv_find(message, SV("ephemeral")) < message.len ||
                          sv_find(message, SV("disk")) < message.len;
        const bool memory = sv_find(message, SV("memory")) < message.len;
        return say(a, "podinfo.evicted",
                   disk     ? KIND_DISK_FULL
                   : memory ? KIND_OOM
                            : KIND_INFRA_NODE,
                   SV("evicted"), "The pod was evicted from its node", shown, err);
    }
    if (sv_equal(reason, SV("DeadlineExceeded")))
        return say(a, "podinfo.deadline", KIND_TIMEOUT, SV("pod-deadline"),
                   "The pod ran past its deadline", shown, err);
    if (sv_equal(reason, SV("NodeLost")) || sv_equal(reason, SV("NodeShutdown")) ||
        sv_equal(reason, SV("Terminated")) || sv_equal(reason, SV("Preempting")))
        return say(a, "podinfo.node-lost", KIND_INFRA_NODE, SV("node-lost"),
                   "The pod's node went away", shown, err);
    return true;
}

static bool judge_event(const struct analysis *a, struct json event, bool pending, struct err *err)
{
    const struct sv reason = json_text(json_member(event, "reason"));
    const struct sv message = json_text(json_member(event, "message"));
    if (pending && sv_equal(reason, SV("FailedScheduling")))
        return say(a, "podinfo.unschedulable", KIND_INFRA_NODE, SV("unschedulable"),
                   "No node would take the pod", message, err);
    if (pending && sv_equal(reason, SV("FailedMount")))
        return say(a, "podinfo.mount", KIND_CONFIG, SV("volume-mount"),
                   "A volume of the pod could not be mounted", message, err);
    if (pending && sv_equal(reason, SV("FailedCreatePodSandBox")))
        return say(a, "podinfo.sandbox", KIND_INFRA_NODE, SV("pod-sandbox"),
                   "The node could not make the pod's sandbox", message, err);
    if (sv_equal(reason, SV("NodeNotReady")))
        return say(a, "podinfo.node-not-ready", KIND_INFRA_NODE, SV("node-not-ready"),
                   "The pod's node was not ready", message, err);
    return true;
}

static bool document(void *state, const struct analysis *a, struct sv body, struct err *err)
{
    struct json_doc doc = {0};
    (void)state;
    if (sv_trim(body).len == 0)
        return true;
    if (!json_parse(body, body.len, &doc, err))
        return false;
    const struct json root = json_root(&doc), status = json_get(root, "pod.status");
    const struct json events = json_member(root, "events");
    const bool pending = sv_equal(json_text(json_member(status, "phase")), SV("Pending"));
    const size_t before = a->evidence->finding_count;
    bool ok = judge_status(a, status, err) &&
              judge_containers(a, json_member(status, "containerStatuses"), err) &&
              judge_containers(a, json_member(status, "initContainerStatuses"), err);
    for (size_t i = 0; ok && json_is_array(events) && i < json_count(events) && i < 500 &&
                       a->evidence->finding_count == before;
         i++)
        ok = judge_event(a, json_at(events, i), pending, err);
    json_doc_done(&doc);
    return ok;
}

extern const struct analyzer analyzer_podinfo;
const struct analyzer analyzer_podinfo = {
    .name = "podinfo",
    .summary = "pod, containers and events of podinfo.json",
    .kinds = 1u << ARTIFACT_PODINFO,
    .document = document,
};
