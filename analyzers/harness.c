/* harness: the closing line by which a CI system or build tool tells how a log ended, for logs that
 * come without documents. The last word counts. */
#include "common.h"

/* clang-format off */
/* pattern, outcome, rank, who says it, whether the line is a finding too */
#define CLOSINGS(ROW) \
    ROW("^Finished: (FAILURE|UNSTABLE)", OUTCOME_FAILED, 22, "Jenkins", false) \
    ROW("^Finished: SUCCESS", OUTCOME_PASSED, 22, "Jenkins", false) \
    ROW("^Finished: ABORTED", OUTCOME_ABORTED, 22, "Jenkins", false) \
    ROW("^Done\\. Your build exited with 0\\.", OUTCOME_PASSED, 22, "Travis", false) \
    ROW("^Done\\. Your build exited with [1-9]", OUTCOME_FAILED, 22, "Travis", false) \
    ROW("^Your build has been (stopped|terminated)", OUTCOME_FAILED, 22, "Travis", false) \
    ROW("^(##\\[error\\]|Error: )?Process completed with exit code [1-9]", OUTCOME_FAILED, 22, "GitHub Actions", true) \
    ROW("^ERROR: Job failed|(ERROR|WARNING): Job failed( \\(system failure\\))?: ", OUTCOME_FAILED, 22, "GitLab", true) \
    ROW("Error: The command exited with status [1-9]|^user command error: exit status [1-9]", OUTCOME_FAILED, 22, "Buildkite", true) \
    ROW("^\\xf0\\x9f\\x9a\\xa8 Error: ", OUTCOME_FAILED, 20, "Buildkite", false) \
    ROW("^ERRO\\[[^]]*\\] Some steps failed:", OUTCOME_FAILED, 15, "ci-operator", false) \
    ROW("wrapped process failed: exit status [1-9]", OUTCOME_FAILED, 20, "Prow's entrypoint", false) \
    ROW("^Exited with code (exit status )?[1-9]|^CircleCI received exit code [1-9]", OUTCOME_FAILED, 21, "CircleCI", true) \
    ROW("^##\\[error\\](Bash|PowerShell|Cmd\\.exe) exited with code '?[1-9]", OUTCOME_FAILED, 22, "Azure Pipelines", true) \
    ROW("^Process exited with code [1-9]", OUTCOME_FAILED, 21, "TeamCity", true) \
    ROW("^Command exited with code [1-9]", OUTCOME_FAILED, 21, "AppVeyor", true) \
    ROW("^Build success$", OUTCOME_PASSED, 20, "AppVeyor", false) \
    ROW("^(\\[[^]]*\\] +\\| *)?\xf0\x9f\x8f\x81 +Job failed$|^exitcode '[1-9][0-9]*': failure$", OUTCOME_FAILED, 22, "act", true) \
    ROW("^(\\[[^]]*\\] +\\| *)?\xf0\x9f\x8f\x81 +Job succeeded$", OUTCOME_PASSED, 22, "act", false) \
    ROW("^exit code [1-9][0-9]*$|pipeline (failed|error): (exit code|exit status) [1-9]", OUTCOME_FAILED, 12, "Drone", true) \
    ROW("^Failing task since return code of |^Finished task '.*' with result: Failed", OUTCOME_FAILED, 20, "Bamboo", true) \
    ROW("^\\[Container\\] .* Command did not exit successfully |^Phase complete: \\w+ State: FAILED|Phase complete: \\w+ State: FAILED$", OUTCOME_FAILED, 20, "CodeBuild", true) \
    ROW("^ERROR: build step [0-9]+ .* failed: step exited with non-zero status: [1-9]", OUTCOME_FAILED, 20, "Cloud Build", true) \
    ROW("^Exit status: [1-9][0-9]*$|^exit code: [1-9][0-9]* duration: ", OUTCOME_FAILED, 12, "an exit status", true) \
    ROW("^(ERROR: )?script returned exit code -?[1-9]|^Build step '.*' marked build as failure", OUTCOME_FAILED, 18, "Jenkins", true) \
    ROW("^##\\[error\\]|^Error: The (operation was canceled|runner has received a shutdown signal)", OUTCOME_FAILED, 6, "GitHub Actions", false) \
    ROW("^Cleaning up orphan processes$", OUTCOME_PASSED, 5, "GitHub Actions", false) \
    ROW("^Job succeeded$", OUTCOME_PASSED, 21, "GitLab", false) \
    ROW("^The command \".*\" (exited with [1-9]|failed and exited with)", OUTCOME_FAILED, 20, "Travis", true) \
    ROW("^(# )?TBPL FAILURE|^# TinderboxPrint: .*(busted|exception)", OUTCOME_FAILED, 19, "mozharness", false) \
    ROW("exit_status: (failure|busted|exception|testfailed)|# TBPL (FAILURE|WARNING|EXCEPTION) #", OUTCOME_FAILED, 20, "mozharness", false) \
    ROW("# TBPL SUCCESS #|Unsuccessful task run with exit code: 0 ", OUTCOME_PASSED, 20, "mozharness", false) \
    ROW("Unsuccessful task run with exit code: [1-9]", OUTCOME_FAILED, 21, "Taskcluster", false) \
    ROW("Successful task run with exit code: 0 ", OUTCOME_PASSED, 21, "Taskcluster", false) \
    ROW("Child return code was: [1-9]|RPM build errors:", OUTCOME_FAILED, 18, "mock", true) \
    ROW("^(\\[INFO\\] )?BUILD SUCCESS(FUL)?( in |$)", OUTCOME_PASSED, 12, "the build tool", false) \
    ROW("^(\\[(INFO|ERROR)\\] )?BUILD (FAILURE|FAILED)", OUTCOME_FAILED, 13, "the build tool", true) \
    ROW("Phase complete: [A-Z_]+ State: FAILED$", OUTCOME_FAILED, 20, "CodeBuild", true) \
    ROW("Finished task '.*' with result: Failed$", OUTCOME_FAILED, 20, "Bamboo", true) \
    ROW("^ERROR: build step [0-9]+ \".*\" failed: ", OUTCOME_FAILED, 20, "Cloud Build", true) \
    ROW("^ ! +Push (rejected|failed)|^Build script returned non-zero exit code: [1-9]|^Error: Command \".*\" exited with [1-9]", OUTCOME_FAILED, 18, "the site's host", true) \
    ROW("^==> Builds finished but no artifacts were created|^INFO: EXECUTION FAILURE$|^\\*\\* [A-Z ]+ FAILED \\*\\*$", OUTCOME_FAILED, 12, "the build tool", true) \
    ROW("^(FAIL|ERROR:) (Required test coverage of |Coverage failure: total of )", OUTCOME_FAILED, 12, "pytest-cov", false) \
    ROW("^The command '.*' returned a non-zero code: [1-9]|^(ERROR: |Error: |error: )?(failed to solve: |building at STEP |build error: |executor failed running )", OUTCOME_FAILED, 9, "the image's build", true) \
    ROW("^INFO: Build completed successfully, \\d+ total action", OUTCOME_PASSED, 8, "Bazel", false) \
    ROW("^(INFO|ERROR|FAILED): Build did NOT complete successfully|^INFO: Build completed, [1-9]\\d* tests? FAILED", OUTCOME_FAILED, 9, "Bazel", true) \
    ROW("^make(\\[[0-9]+\\])?: \\*\\*\\* .*(Error [1-9]|Stop\\.|Terminated|Killed|Interrupt|Aborted|Segmentation fault)", OUTCOME_FAILED, 9, "make", true) \
    ROW("^ninja: build stopped: ", OUTCOME_FAILED, 9, "ninja", true) \
    ROW("^npm (ERR!|error) code ELIFECYCLE", OUTCOME_FAILED, 8, "npm", true) \
    ROW("^(error: )?exit status [1-9]|^ERROR: .* exited with code [1-9]|^error: Recipe ", OUTCOME_FAILED, 7, "an exit status", true) \
    ROW("^npm (ERR!|error) (Test failed|Lifecycle script )|^error Command failed with exit code [1-9]|^ ELIFECYCLE ", OUTCOME_FAILED, 8, "npm", true) \
    ROW("^(ERROR: )?InvocationError(: | for command )|: commands failed$|: FAIL code [1-9]|^nox > Session \\S+ failed", OUTCOME_FAILED, 8, "tox", true) \
    ROW("^\\+ exit [1-9]|^error: script \"[^\"]+\" exited with code [1-9]|^Error: Terraform exited with code [1-9]|^Command exited with code [1-9]", OUTCOME_FAILED, 8, "an exit status", true) \
    ROW("^rake aborted!|^Error: The process '.*' failed with exit code [1-9]", OUTCOME_FAILED, 8, "an exit status", true) \
    ROW("ok[:=] ?[0-9]+ +changed[:=] ?[0-9]+ +unreachable[:=] ?[0-9]+ +failed[:=] ?[1-9]", OUTCOME_FAILED, 7, "Ansible", false) \
    ROW("^FAIL$|^FAIL\\t", OUTCOME_FAILED, 8, "go test", false)

struct closing {
    enum outcome outcome;
    int rank;
    struct sv from;
    bool rollup;
};

#define AS_CLOSING(pattern, what, rank_, from_, rollup_)                                           \
    {.outcome = what, .rank = rank_, .from = SV_INIT(from_), .rollup = rollup_},
static const struct closing closings[] = {CLOSINGS(AS_CLOSING)};

#define AS_TRIGGER(pattern, what, rank_, from_, rollup_) {pattern, true},
static const struct trigger triggers[] = {CLOSINGS(AS_TRIGGER){NULL, false}};

/* clang-format on */

struct harness {
    int rank;
    enum outcome outcome;
    struct sv from;
};

static bool on_line(void *state, const struct analysis *a, const struct line *line,
                    unsigned trigger, struct err *err)
{
    struct harness *h = state;
    const struct closing *c = &closings[trigger];
    struct sv summary;
    if (c->rank >= h->rank) {
        h->rank = c->rank;
        h->outcome = c->outcome;
        h->from = c->from;
    }
    if (!c->rollup)
        return true;
    if (!arena_printf(a->evidence->arena, &summary, err, "%.*s tells of a failure",
                      SV_ARG(c->from)))
        return false;
    return add_finding(a, line,
                       (struct finding){.id = SV("rollup.harness"),
                                        .kind = KIND_OTHER,
                                        .detail = SV("exit-status"),
                                        .severity = SEVERITY_ROLLUP,
                                        .authority = AUTHORITY_LINE,
                                        .summary = summary},
                       err);
}

static bool at_end(void *state, const struct analysis *a, const struct log_facts *facts,
                   struct err *err)
{
    const struct harness *h = state;
    (void)facts;
    (void)err;
    if (h->rank > 0)
        evidence_claim(a->evidence, &(struct outcome_claim){
                                        .outcome = h->outcome, .rank = h->rank, .from = h->from});
    return true;
}

extern const struct analyzer analyzer_harness;
const struct analyzer analyzer_harness = {
    .name = "harness",
    .summary = "closing lines of CI systems and build tools",
    .kinds = LOG_KINDS,
    .state_size = sizeof(struct harness),
    .triggers = triggers,
    .line = on_line,
    .end = at_end,
};
