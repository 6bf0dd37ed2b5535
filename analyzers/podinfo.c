/* podinfo: what the cluster said of the job's pod. Source: Prow's pkg/crier/reporters/gcs; the
 * Kubernetes API. */
#include "common.h"
#include "model/json.h"

enum { MAX_CONTAINERS = 64, MAX_EVENTS = 1000 };

struct verdict_words {
    const char *id;
    enum cause_kind kind;
    struct sv detail;
    enum cause_advice advice; /* ADVICE_UNKNOWN: that of the kind */
};

static bool say(const struct analysis *a, const struct verdict_words *w, struct sv summary,
                struct sv excerpt, struct err *err)
{
    return add_finding(a, NULL,
                       (struct finding){.id = sv_of(w->id),
                                        .kind = w->kind,
                                        .detail = w->detail,
                                        .advice = w->advice,
                                        .severity = SEVERITY_DEFINITE,
                                        .authority = AUTHORITY_POD,
                                        .summary = summary,
                                        .excerpt = excerpt,
                                        EXPLAINS(SV("rollup.*"), SV("silence.*"), SV("prowjob.*"),
                                                 SV("entrypoint.*"), SV("podinfo.exit-code"))},
                       err);
}

static bool say_of_container(const struct analysis *a, const struct verdict_words *w,
                             struct json status, const char *what, struct sv excerpt,
                             struct err *err)
{
    struct sv summary;
    return arena_printf(a->evidence->arena, &summary, err, "Container %.*s %s",
                        SV_ARG(sv_head(json_text(json_member(status, "name")), 100)), what) &&
           say(a, w, summary, excerpt, err);
}

static bool has(struct sv text, struct sv words)
{
    return sv_find(text, words) < text.len;
}

/* Why an image was not pulled, by the kubelet's and the registry's words. */
static struct verdict_words image_pull(struct sv message)
{
    static const struct {
        struct sv words;
        struct sv detail;
        enum cause_advice advice;
    } reasons[] = {
        {SV_INIT("toomanyrequests"), SV_INIT("rate-limit"), ADVICE_RETRY},
        {SV_INIT("rate limit"), SV_INIT("rate-limit"), ADVICE_RETRY},
        {SV_INIT("manifest unknown"), SV_INIT("not-found"), ADVICE_FIX_CI},
        {SV_INIT("not found"), SV_INIT("not-found"), ADVICE_FIX_CI},
        {SV_INIT("unauthorized"), SV_INIT("auth"), ADVICE_FIX_CI},
        {SV_INIT("authentication required"), SV_INIT("auth"), ADVICE_FIX_CI},
        {SV_INIT("denied"), SV_INIT("auth"), ADVICE_FIX_CI},
        {SV_INIT("timeout"), SV_INIT("network"), ADVICE_RETRY},
        {SV_INIT("connection"), SV_INIT("network"), ADVICE_RETRY},
        {SV_INIT("no such host"), SV_INIT("network"), ADVICE_RETRY},
        {SV_INIT("no space left"), SV_INIT("disk-full"), ADVICE_RETRY},
    };
    struct verdict_words w = {"podinfo.image-pull", KIND_IMAGE_PULL, SV_INIT("back-off"), 0};
    for (size_t i = 0; i < COUNT_OF(reasons); i++) {
        if (!has(message, reasons[i].words))
            continue;
        w.detail = reasons[i].detail;
        w.advice = reasons[i].advice;
        break;
    }
    return w;
}

/* pull: what the events say of an image that was not pulled; the container itself only says that
 * the kubelet waits before it tries again. */
static bool judge_waiting(const struct analysis *a, struct json status, struct sv pull,
                          struct err *err)
{
    static const struct {
        struct sv reason;
        struct verdict_words words;
        const char *what;
    } reasons[] = {
        {SV_INIT("InvalidImageName"),
         {"podinfo.image-name", KIND_CONFIG, SV_INIT("image-name"), 0},
         "has an image of a name that is none"},
        {SV_INIT("ErrImageNeverPull"),
         {"podinfo.image-name", KIND_CONFIG, SV_INIT("image-never-pulled"), 0},
         "has an image that may not be pulled and is not there"},
        {SV_INIT("CreateContainerConfigError"),
         {"podinfo.container-config", KIND_CONFIG, SV_INIT("container-config"), 0},
         "could not be configured"},
        {SV_INIT("CreateContainerError"),
         {"podinfo.container-create", KIND_INFRA_NODE, SV_INIT("container-create"), 0},
         "could not be created"},
        {SV_INIT("RunContainerError"),
         {"podinfo.container-create", KIND_INFRA_NODE, SV_INIT("container-run"), 0},
         "could not be run"},
    };
    const struct json waiting = json_get(status, "state.waiting");
    const struct sv reason = json_text(json_member(waiting, "reason"));
    const struct sv message = json_text(json_member(waiting, "message"));
    const struct sv shown = message.len > 0 ? message : reason;
    if (sv_equal(reason, SV("ImagePullBackOff")) || sv_equal(reason, SV("ErrImagePull"))) {
        const bool silent = pull.len > 0 && sv_equal(reason, SV("ImagePullBackOff"));
        const struct verdict_words w = image_pull(silent ? pull : message);
        return say_of_container(a, &w, status, "waits for an image that is not pulled",
                                silent ? pull : shown, err);
    }
    for (size_t i = 0; i < COUNT_OF(reasons); i++) {
        if (sv_equal(reason, reasons[i].reason))
            return say_of_container(a, &reasons[i].words, status, reasons[i].what, shown, err);
    }
    return true;
}

/* A code alone is no cause, but better than nothing. */
static bool exit_code(const struct analysis *a, struct json status, struct json ended,
                      struct err *err)
{
    int64_t code = 0;
    struct sv summary;
    const struct sv name = sv_head(json_text(json_member(status, "name")), 100);
    if (!json_i64(json_member(ended, "exitCode"), &code) || code == 0)
        return true;
    const char *means = code == 127   ? ": it ran past its limit of time, or could not be started"
                        : code == 130 ? ": it was interrupted"
                        : code == 137 ? ": it was killed"
                        : code == 143 ? ": it was told to stop"
                                      : "";
    return arena_printf(a->evidence->arena, &summary, err, "Container %.*s ended with %d%s",
                        SV_ARG(name), (int)code, means) &&
           add_finding(a, NULL,
                       (struct finding){.id = SV("podinfo.exit-code"),
                                        .kind = KIND_OTHER,
                                        .detail = SV("exit-status"),
                                        .severity = SEVERITY_ROLLUP,
                                        .authority = AUTHORITY_LINE,
                                        .summary = summary,
                                        .excerpt = summary},
                       err);
}

static bool judge_terminated(const struct analysis *a, struct json status, const char *path,
                             struct err *err)
{
    static const struct verdict_words oom = {"podinfo.oom-killed", KIND_OOM, SV_INIT("container"),
                                             0};
    static const struct verdict_words no_start = {"podinfo.cannot-run", KIND_CONFIG,
                                                  SV_INIT("container-start"), 0};
    const struct json ended = json_get(status, path);
    const struct sv reason = json_text(json_member(ended, "reason"));
    const struct sv message = json_text(json_member(ended, "message"));
    const struct sv shown = message.len > 0 ? message : reason;
    if (sv_equal(reason, SV("OOMKilled")))
        return say_of_container(a, &oom, status, "was killed for its memory", shown, err);
    if (sv_equal(reason, SV("ContainerCannotRun")) || sv_equal(reason, SV("StartError")))
        return say_of_container(a, &no_start, status, "could not be started", shown, err);
    return exit_code(a, status, ended, err);
}

/* *ret_unended: a container that was neither started nor ended of its own. */
static bool judge_containers(const struct analysis *a, struct json list, struct sv pull,
                             bool *ret_unended, struct err *err)
{
    for (size_t i = 0; json_is_array(list) && i < json_count(list) && i < MAX_CONTAINERS; i++) {
        const struct json status = json_at(list, i);
        *ret_unended = *ret_unended || !json_is_object(json_get(status, "state.terminated"));
        if (!judge_waiting(a, status, pull, err) ||
            !judge_terminated(a, status, "state.terminated", err))
            return false;
        if (!json_is_object(json_get(status, "state.terminated")) &&
            !judge_terminated(a, status, "lastState.terminated", err))
            return false;
    }
    return true;
}

static bool judge_eviction(const struct analysis *a, struct sv message, struct sv shown,
                           struct err *err)
{
    const bool disk =
        has(message, SV("ephemeral")) || has(message, SV("disk")) || has(message, SV("inodes"));
    const bool memory = has(message, SV("memory"));
    const struct verdict_words w = {"podinfo.evicted",
                                    disk     ? KIND_DISK_FULL
                                    : memory ? KIND_OOM
                                             : KIND_INFRA_NODE,
                                    SV_INIT("evicted"), ADVICE_UNKNOWN};
    return say(a, &w, SV("The pod was evicted from its node"), shown, err);
}

static const struct status_reason {
    struct sv reason;
    struct verdict_words words;
    struct sv summary;
} status_reasons[] = {
    {SV_INIT("DeadlineExceeded"),
     {"podinfo.deadline", KIND_TIMEOUT, SV_INIT("pod-deadline"), 0},
     SV_INIT("The pod ran past its deadline")},
    {SV_INIT("NodeLost"),
     {"podinfo.node-lost", KIND_INFRA_NODE, SV_INIT("node-lost"), 0},
     SV_INIT("The pod's node went away")},
    {SV_INIT("NodeShutdown"),
     {"podinfo.node-lost", KIND_INFRA_NODE, SV_INIT("node-shutdown"), 0},
     SV_INIT("The pod's node was shut down")},
    {SV_INIT("Shutdown"),
     {"podinfo.node-lost", KIND_INFRA_NODE, SV_INIT("node-shutdown"), 0},
     SV_INIT("The pod's node was shut down")},
    {SV_INIT("Terminated"),
     {"podinfo.node-lost", KIND_INFRA_NODE, SV_INIT("node-shutdown"), 0},
     SV_INIT("The pod's node was shut down")},
    {SV_INIT("Preempting"),
     {"podinfo.preempted", KIND_INFRA_NODE, SV_INIT("preempted"), 0},
     SV_INIT("The pod made room for a more important one")},
    {SV_INIT("MatchNodeSelector"),
     {"podinfo.unschedulable", KIND_CONFIG, SV_INIT("node-selector"), 0},
     SV_INIT("The node does not have the labels that the pod asks for")},
    {SV_INIT("NodeAffinity"),
     {"podinfo.unschedulable", KIND_CONFIG, SV_INIT("node-selector"), 0},
     SV_INIT("The node does not have the labels that the pod asks for")},
    {SV_INIT("UnexpectedAdmissionError"),
     {"podinfo.refused", KIND_INFRA_NODE, SV_INIT("node-admission"), 0},
     SV_INIT("The node refused the pod")},
    {SV_INIT("OutOfcpu"),
     {"podinfo.refused", KIND_INFRA_NODE, SV_INIT("node-full"), 0},
     SV_INIT("The node had no room for the pod")},
    {SV_INIT("OutOfmemory"),
     {"podinfo.refused", KIND_INFRA_NODE, SV_INIT("node-full"), 0},
     SV_INIT("The node had no room for the pod")},
    {SV_INIT("OutOfpods"),
     {"podinfo.refused", KIND_INFRA_NODE, SV_INIT("node-full"), 0},
     SV_INIT("The node had no room for the pod")},
};

/* Somebody takes the pod away: the API's word for it, in a condition. */
static bool judge_disruption(const struct analysis *a, struct json conditions, struct err *err)
{
    static const struct verdict_words w = {"podinfo.disrupted", KIND_INFRA_NODE,
                                           SV_INIT("disrupted"), 0};
    for (size_t i = 0; json_is_array(conditions) && i < json_count(conditions) && i < 32; i++) {
        const struct json c = json_at(conditions, i);
        const struct sv message = json_text(json_member(c, "message"));
        if (sv_equal(json_text(json_member(c, "type")), SV("DisruptionTarget")) &&
            sv_equal(json_text(json_member(c, "status")), SV("True")))
            return say(a, &w, SV("The cluster took the pod off its node"),
                       message.len > 0 ? message : json_text(json_member(c, "reason")), err);
    }
    return true;
}

static bool judge_status(const struct analysis *a, struct json status, struct err *err)
{
    const struct sv reason = json_text(json_member(status, "reason"));
    const struct sv message = json_text(json_member(status, "message"));
    const struct sv shown = message.len > 0 ? message : reason;
    if (sv_equal(reason, SV("Evicted")))
        return judge_eviction(a, message, shown, err);
    for (size_t i = 0; i < COUNT_OF(status_reasons); i++) {
        const struct status_reason *r = &status_reasons[i];
        if (sv_equal(reason, r->reason))
            return say(a, &r->words, r->summary, shown, err);
    }
    return judge_disruption(a, json_member(status, "conditions"), err);
}

static const struct event_reason {
    struct sv reason;
    struct verdict_words words;
    struct sv summary;
} event_reasons[] = {
    {SV_INIT("FailedScheduling"),
     {"podinfo.unschedulable", KIND_INFRA_NODE, SV_INIT("unschedulable"), 0},
     SV_INIT("No node would take the pod")},
    {SV_INIT("FailedMount"),
     {"podinfo.mount", KIND_CONFIG, SV_INIT("volume-mount"), 0},
     SV_INIT("A volume of the pod could not be mounted")},
    {SV_INIT("FailedAttachVolume"),
     {"podinfo.mount", KIND_INFRA_NODE, SV_INIT("volume-attach"), 0},
     SV_INIT("A volume of the pod could not be attached")},
    {SV_INIT("FailedCreatePodSandBox"),
     {"podinfo.sandbox", KIND_INFRA_NODE, SV_INIT("pod-sandbox"), 0},
     SV_INIT("The node could not make the pod's sandbox")},
    {SV_INIT("FailedSync"),
     {"podinfo.sandbox", KIND_INFRA_NODE, SV_INIT("pod-sync"), 0},
     SV_INIT("The node could not set the pod up")},
    {SV_INIT("NodeNotReady"),
     {"podinfo.node-not-ready", KIND_INFRA_NODE, SV_INIT("node-not-ready"), 0},
     SV_INIT("The pod's node was not ready")},
    {SV_INIT("Evicted"),
     {"podinfo.evicted", KIND_INFRA_NODE, SV_INIT("evicted"), 0},
     SV_INIT("The pod was evicted from its node")},
};

static const struct event_reason *known_event(struct json event)
{
    const struct sv reason = json_text(json_member(event, "reason"));
    for (size_t i = 0; i < COUNT_OF(event_reasons); i++) {
        if (sv_equal(reason, event_reasons[i].reason))
            return &event_reasons[i];
    }
    return NULL;
}

static bool is_pull_event(struct json event)
{
    const struct sv reason = json_text(json_member(event, "reason"));
    const struct sv message = json_text(json_member(event, "message"));
    return (sv_equal(reason, SV("Failed")) && has(message, SV("pull image"))) ||
           (sv_equal(reason, SV("BackOff")) && has(message, SV("pulling image")));
}

static struct sv pull_message(struct json events)
{
    for (size_t i = 0; json_is_array(events) && i < json_count(events) && i < MAX_EVENTS; i++) {
        const struct json event = json_at(events, i);
        if (is_pull_event(event) && sv_equal(json_text(json_member(event, "reason")), SV("Failed")))
            return json_text(json_member(event, "message"));
    }
    return SV("");
}

static struct sv time_of(struct json event)
{
    const struct sv last = json_text(json_member(event, "lastTimestamp"));
    return last.len > 0 ? last : json_text(json_member(event, "eventTime"));
}

/* The last word of the events on why the pod did not get on. */
static bool judge_events(const struct analysis *a, struct json events, struct err *err)
{
    struct json newest = {0};
    for (size_t i = 0; json_is_array(events) && i < json_count(events) && i < MAX_EVENTS; i++) {
        const struct json event = json_at(events, i);
        if ((known_event(event) != NULL || is_pull_event(event)) &&
            (newest.node == NULL || sv_compare(time_of(event), time_of(newest)) >= 0))
            newest = event;
    }
    if (newest.node == NULL)
        return true;
    const struct sv message = json_text(json_member(newest, "message"));
    const struct event_reason *r = known_event(newest);
    if (r != NULL)
        return say(a, &r->words, r->summary, message, err);
    const struct verdict_words w = image_pull(message);
    return say(a, &w, SV("An image of the pod was not pulled"), message, err);
}

static bool document(void *state, const struct analysis *a, struct sv body, struct err *err)
{
    struct json_doc doc = {0};
    bool unended = false;
    (void)state;
    if (sv_trim(body).len == 0)
        return true;
    if (!json_parse(body, body.len, &doc, err))
        return false;
    const struct json root = json_root(&doc), status = json_get(root, "pod.status");
    const struct sv phase = json_text(json_member(status, "phase"));
    const struct json events = json_member(root, "events");
    const struct sv pull = pull_message(events);
    bool ok =
        (json_is_object(root) || err_why(err, ERR_FORMAT, "it is no JSON object")) &&
        judge_status(a, status, err) &&
        judge_containers(a, json_member(status, "initContainerStatuses"), pull, &unended, err) &&
        judge_containers(a, json_member(status, "containerStatuses"), pull, &unended, err);
    bool told = false;
    for (size_t i = 0; i < a->evidence->finding_count; i++)
        told = told || a->evidence->findings[i].severity == SEVERITY_DEFINITE;
    /* Events of a pod whose containers all ran to their end explain nothing. */
    const bool open = status.node == NULL || unended || sv_equal(phase, SV("Pending"));
    if (ok && !told && open && !sv_equal(phase, SV("Succeeded")))
        ok = judge_events(a, events, err);
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
