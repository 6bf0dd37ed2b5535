/* entrypoint: lines of Prow's entrypoint and sidecar, JSON or text, anywhere in a line. Source:
 * Prow's pkg/entrypoint and pkg/sidecar; newer versions write "message" for "msg". */
#include "common.h"

enum { TIMEOUT, INTERRUPT, NOT_STARTED, SKIPPED, RAN_LONG, STOPPED, AFTERMATH };
static const struct trigger triggers[] = {
    [TIMEOUT] = {"Process did not finish before ", false},
    [INTERRUPT] = {"Entrypoint received interrupt: ", false},
    [NOT_STARTED] = {"could not start the process: ", false},
    [SKIPPED] = {"Skipping as previous step exited ", false},
    /* The end of the pod's log, and of what ci-operator quotes of it. */
    [RAN_LONG] = {"Error executing test process.*process timed out|"
                  "process timed out.*Error executing test process",
                  false},
    [STOPPED] = {"Error executing test process.*process aborted|"
                 "process aborted.*Error executing test process",
                 false},
    [AFTERMATH] = {"Error executing test process|wrapped process failed: |"
                   "failed to execute wrapped command: |Process gracefully exited before |"
                   "Process did not exit before .* grace period|Could not kill process after grace",
                   false},
    {NULL, false},
};

static bool timed_out(const struct analysis *a, const struct line *line, struct err *err)
{
    struct sv summary;
    static const struct sv mark = SV_INIT("did not finish before ");
    const struct sv rest = sv_tail(line->text, sv_find(line->text, mark) + mark.len);
    const struct sv limit = sv_head(rest, sv_find_char(rest, ' '));
    const struct capture capture = {.name = SV("limit"), .value = limit};
    if (!arena_printf(a->evidence->arena, &summary, err, "The job did not end within %.*s",
                      SV_ARG(sv_head(limit, 40))))
        return false;
    return add_finding(a, line,
                       (struct finding){.id = SV("entrypoint.timeout"),
                                        .kind = KIND_TIMEOUT,
                                        .detail = SV("entrypoint"),
                                        .severity = SEVERITY_DEFINITE,
                                        .authority = AUTHORITY_STEP,
                                        .summary = summary,
                                        .captures = &capture,
                                        .capture_count = 1,
                                        EXPLAINS(SV("rollup.*"), SV("interrupted"), SV("silence.*"),
                                                 SV("ci-operator.step-*"))},
                       err);
}

static bool ran_long(const struct analysis *a, const struct line *line, struct err *err)
{
    return add_finding(a, line,
                       (struct finding){.id = SV("entrypoint.timeout"),
                                        .kind = KIND_TIMEOUT,
                                        .detail = SV("entrypoint"),
                                        .severity = SEVERITY_DEFINITE,
                                        .authority = AUTHORITY_STEP,
                                        .summary = SV("The job did not end within its limit"),
                                        EXPLAINS(SV("rollup.*"), SV("interrupted"), SV("silence.*"),
                                                 SV("ci-operator.step-*"))},
                       err);
}

static bool interrupted(const struct analysis *a, const struct line *line, struct err *err)
{
    return add_finding(a, line,
                       (struct finding){.id = SV("entrypoint.interrupted"),
                                        .kind = KIND_INTERRUPTED,
                                        .detail = SV("entrypoint"),
                                        .severity = SEVERITY_CAUSE,
                                        .authority = AUTHORITY_STEP,
                                        .summary = SV("The job was told to stop"),
                                        EXPLAINS(SV("rollup.*"), SV("silence.*"))},
                       err);
}

static bool not_started(const struct analysis *a, const struct line *line, struct err *err)
{
    return add_finding(a, line,
                       (struct finding){.id = SV("entrypoint.not-started"),
                                        .kind = KIND_CONFIG,
                                        .detail = SV("command-missing"),
                                        .severity = SEVERITY_DEFINITE,
                                        .authority = AUTHORITY_STEP,
                                        .summary = SV("The job's command could not be started"),
                                        EXPLAINS(SV("rollup.*"))},
                       err);
}

static bool rollup(const struct analysis *a, const struct line *line, const char *id,
                   struct sv detail, struct sv summary, struct err *err)
{
    return add_finding(a, line,
                       (struct finding){.id = sv_of(id),
                                        .kind = KIND_OTHER,
                                        .detail = detail,
                                        .severity = SEVERITY_ROLLUP,
                                        .authority = AUTHORITY_LINE,
                                        .summary = summary},
                       err);
}

static bool on_line(void *state, const struct analysis *a, const struct line *line,
                    unsigned trigger, struct err *err)
{
    (void)state;
    switch (trigger) {
    case TIMEOUT:
        return timed_out(a, line, err);
    case RAN_LONG:
        return ran_long(a, line, err);
    case INTERRUPT:
    case STOPPED:
        return interrupted(a, line, err);
    case NOT_STARTED:
        return not_started(a, line, err);
    case SKIPPED:
        return rollup(a, line, "rollup.entrypoint-skipped", SV("skipped"),
                      SV("Not run: an earlier container failed"), err);
    default:
        return rollup(a, line, "rollup.entrypoint", SV("exit-status"),
                      SV("Prow's entrypoint tells of the end of the job"), err);
    }
}

extern const struct analyzer analyzer_entrypoint;
const struct analyzer analyzer_entrypoint = {
    .name = "entrypoint",
    .summary = "timeouts and interrupts told by Prow's entrypoint",
    .kinds = LOG_KINDS,
    .triggers = triggers,
    .line = on_line,
};
