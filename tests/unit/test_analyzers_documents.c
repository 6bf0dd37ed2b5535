/* Analyzers of documents: what each says of a build. The forms are Prow's and ci-operator's. */
#include "analyzing.h"
#include "torture.h"

struct document_case {
    const char *text;
    const char *claim;    /* as claim_of; "" for none */
    const char *findings; /* as findings_of */
    const char *problem;  /* part of what is complained of; NULL: nothing is */
};

static void check_documents(const char *path, const struct document_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct document_case *c = &cases[i];
        const struct evidence *e = analyze_document(path, sv_of(c->text));
        if (strcmp(claim_of(e), c->claim) != 0)
            fail_msg("%s: claim '%s'", c->text, analyzing->text);
        if (strcmp(findings_of(e), c->findings) != 0)
            fail_msg("%s: findings\n%s", c->text, analyzing->text);
        if (c->problem == NULL ? analyzing->end.problem[0] != '\0'
                               : strstr(analyzing->end.problem, c->problem) == NULL)
            fail_msg("%s: problem '%s'", c->text, analyzing->end.problem);
    }
}

static void finished_json(void **state)
{
    static const struct document_case cases[] = {
        {"{\"timestamp\":1709290000,\"passed\":true,\"result\":\"SUCCESS\"}",
         "passed by finished.json", "", NULL},
        {"{\"timestamp\":1709290000,\"passed\":false,\"result\":\"aborted\",\"metadata\":{"
         "\"uploader\":\"crier\"}}",
         "aborted by finished.json", "", NULL},
        {"{\"timestamp\":1709290000.5,\"result\":\"FAILURE\"}", "failed by finished.json", "",
         NULL},
        {"{\"timestamp\":1709290000,\"passed\":null,\"result\":\"ERROR\"}",
         "error by finished.json", "", NULL},
        {"{\"passed\":true}", "passed by finished.json", "", NULL},
        {"{\"passed\":true,\"result\":\"FAILURE\"}", "passed by finished.json", "", NULL},
        {"{\"passed\":false,\"result\":\"SUCCESS\"}", "failed by finished.json", "", NULL},
        {"{\"passed\":false}", "failed by finished.json", "", NULL},
        {"{\"result\":\"success\"}", "passed by finished.json", "", NULL},
        {"{\"result\":\"Unstable\"}", "failed by finished.json", "", NULL},
        {"{\"timestamp\":1709290000}", "failed by finished.json", "", NULL},
        {"{\"passed\":\"yes\",\"result\":7}", "", "", NULL},
        {"{}", "", "", NULL},
        {"", "", "", NULL},
        {" \n", "", "", NULL},
        {"[]", "", "", "finished: it is no JSON object"},
        {"\"SUCCESS\"", "", "", "finished"},
        {"{\"passed\":true},", "", "", "finished"},
        {"{\"passed\":tr", "", "", "finished"},
        {"<!doctype html><title>Sign in</title>", "", "", "finished"},
    };
    (void)state;
    check_documents("finished.json", cases, COUNT_OF(cases));
    const struct evidence *e = analyze_document(
        "finished.json", SV("{\"timestamp\":1709290000.5,\"result\":\"FAILURE\"}"));
    assert_int_equal(e->claim.finished_ms, 1709290000500);
    assert_int_equal(analyzing->build.finished_ms, 1709290000500);
    assert_int_equal(e->claim.rank, 50);
    e = analyze_document("finished.json", SV("{\"timestamp\":1709290000}"));
    assert_int_equal(e->claim.rank, 4); /* less than any word of a state */
    e = analyze_document("finished.json", SV("{\"timestamp\":1e300,\"passed\":true}"));
    assert_int_equal(e->claim.finished_ms, 0);
}

static void started_json(void **state)
{
    static const struct document_case cases[] = {
        {"{\"timestamp\":1709280000,\"repos\":{\"o/r\":\"main:aa,7:bb\"},\"Pending\":false}",
         "running by started.json", "", NULL},
        {"{\"timestamp\":0}", "", "", NULL},
        {"{\"timestamp\":-5}", "", "", NULL},
        {"{}", "", "", NULL},
        {"", "", "", NULL},
        {"null", "", "", "started: it is no JSON object"},
        {"{", "", "", "started"},
    };
    (void)state;
    check_documents("started.json", cases, COUNT_OF(cases));
    const struct evidence *e = analyze_document("started.json", SV("{\"timestamp\":1709280000}"));
    assert_int_equal(e->claim.started_ms, 1709280000000);
    assert_int_equal(analyzing->build.started_ms, 1709280000000);
    assert_int_equal(e->claim.rank, 1);
}

#define PROWJOB(state, description)                                                                \
    "{\"spec\":{\"type\":\"periodic\",\"job\":\"j\"},\"status\":{\"startTime\":\"2024-03-01T10:"   \
    "00:00Z\","                                                                                    \
    "\"state\":\"" state "\",\"description\":\"" description "\"}}"

static void prowjob_json(void **state)
{
    static const struct document_case cases[] = {
        {PROWJOB("success", "Job succeeded."), "passed by prowjob.json", "", NULL},
        {PROWJOB("failure", "Job failed."), "failed by prowjob.json", "", NULL},
        {PROWJOB("aborted", "Job triggered."), "aborted by prowjob.json", "", NULL},
        {PROWJOB("pending", "Job triggered."), "running by prowjob.json", "", NULL},
        {PROWJOB("triggered", ""), "running by prowjob.json", "", NULL},
        {PROWJOB("scheduling", ""), "running by prowjob.json", "", NULL},
        {PROWJOB("novel", ""), "", "", NULL},
        {PROWJOB("error", "Pod pending timeout."), "error by prowjob.json",
         "prowjob.pending-timeout infra-node/pod-pending definite 0\n", NULL},
        {PROWJOB("error", "Pod scheduling timeout."), "error by prowjob.json",
         "prowjob.scheduling-timeout infra-node/unschedulable definite 0\n", NULL},
        {PROWJOB("aborted", "Pod running timeout."), "aborted by prowjob.json",
         "prowjob.running-timeout timeout/pod-running definite 0\n", NULL},
        {PROWJOB("error", "Job pod was OOM killed by the cluster."), "error by prowjob.json",
         "prowjob.oom-killed oom/job-pod definite 0\n", NULL},
        {PROWJOB("error", "Job pod was evicted by the cluster."), "error by prowjob.json",
         "prowjob.evicted infra-node/evicted definite 0\n", NULL},
        {PROWJOB("error",
                 "Job pod reached max revivals (3) after being stopped unexpectedly (unreachable)"),
         "error by prowjob.json", "prowjob.revivals infra-node/max-revivals definite 0\n", NULL},
        {PROWJOB("error", "Pod can not be created: pods is forbidden: exceeded quota: x"),
         "error by prowjob.json", "prowjob.quota quota/pod definite 0\n", NULL},
        {PROWJOB("error", "Pod can not be created: admission webhook denied"),
         "error by prowjob.json", "prowjob.not-created config/pod-rejected definite 0\n", NULL},
        {PROWJOB("error", "Pod got deleted unexpectedly"), "error by prowjob.json",
         "prowjob.deleted infra-node/pod-deleted definite 0\n", NULL},
        {PROWJOB("error", "Pod was in succeeded phase but some containers didn't finish"),
         "error by prowjob.json",
         "prowjob.unfinished-containers infra-node/container-unfinished definite 0\n", NULL},
        {PROWJOB("error", "Terminal error: boom"), "error by prowjob.json",
         "prowjob.terminal-error infra-node/terminal-error definite 0\n", NULL},
        {PROWJOB("error", "something new"), "error by prowjob.json",
         "prowjob.error other/ci-error cause 0\n", NULL},
        {PROWJOB("error", ""), "error by prowjob.json", "", NULL},
        {PROWJOB("aborted", "Aborted as the newer version of this job is running."),
         "aborted by prowjob.json", "prowjob.superseded interrupted/superseded definite 0\n", NULL},
        {PROWJOB("aborted", "Aborted by trigger plugin."), "aborted by prowjob.json",
         "prowjob.aborted interrupted/aborted definite 0\n", NULL},
        {"", "", "", NULL},
        {"[1]", "", "", "prowjob"},
        {"{\"spec\":{}}", "", "", "spec.job"},
        {"prowjob not found", "", "", "prowjob"},
    };
    (void)state;
    check_documents("prowjob.json", cases, COUNT_OF(cases));
}

static void a_prowjob_that_lags_says_nothing(void **state)
{
    static struct artifact artifact = {.kind = ARTIFACT_PROWJOB, .path = SV_INIT("prowjob.json")};
    struct build build = {.state = STATE_FAILURE, .description = SV("Job failed.")};
    struct ingest_end end = {0};
    struct err err = {0};
    (void)state;
    assert_true(ingest_document(analyzing->ingest, &build, &artifact,
                                SV(PROWJOB("pending", "Job triggered.")), &end, &err));
    assert_int_equal(build.state, STATE_FAILURE);
    assert_true(sv_equal(build.description, SV("Job failed.")));
    assert_string_equal(claim_of(ingest_evidence(analyzing->ingest)), "");
    assert_true(ingest_document(analyzing->ingest, &build, &artifact,
                                SV(PROWJOB("aborted", "Job triggered.")), &end, &err));
    assert_int_equal(build.state, STATE_ABORTED);
}

#define POD(status) "{\"pod\":{\"status\":{" status "}},\"events\":[]}"
#define CONTAINER(state) "\"containerStatuses\":[{\"name\":\"test\",\"image\":\"i\"," state "}]"
#define EVENT(reason, message, time)                                                               \
    "{\"reason\":\"" reason "\",\"message\":\"" message "\",\"lastTimestamp\":" time "}"

static void podinfo_json(void **state)
{
    static const struct document_case cases[] = {
        {POD("\"phase\":\"Succeeded\"," CONTAINER("\"state\":{\"terminated\":{\"exitCode\":0}}")),
         "", "", NULL},
        {POD("\"phase\":\"Failed\"," CONTAINER(
             "\"state\":{\"terminated\":{\"exitCode\":137,\"reason\":\"OOMKilled\"}}")),
         "", "podinfo.oom-killed oom/container definite 0\n", NULL},
        {POD("\"phase\":\"Running\"," CONTAINER("\"state\":{\"running\":{}},\"lastState\":{"
                                                "\"terminated\":{\"reason\":\"OOMKilled\"}}")),
         "", "podinfo.oom-killed oom/container definite 0\n", NULL},
        {POD("\"phase\":\"Failed\"," CONTAINER(
             "\"state\":{\"terminated\":{\"exitCode\":130,\"reason\":\"Error\"}}")),
         "", "podinfo.exit-code other/exit-status rollup 0\n", NULL},
        {POD("\"phase\":\"Failed\"," CONTAINER("\"state\":{\"terminated\":{\"exitCode\":128,"
                                               "\"reason\":\"StartError\",\"message\":\"exec\"}}")),
         "", "podinfo.cannot-run config/container-start definite 0\n", NULL},
        {POD("\"phase\":\"Pending\"," CONTAINER(
             "\"state\":{\"waiting\":{\"reason\":\"ErrImagePull\",\"message\":\"manifest "
             "unknown\"}}")),
         "", "podinfo.image-pull image-pull/not-found definite 0\n", NULL},
        {POD("\"phase\":\"Pending\",\"initContainerStatuses\":[{\"name\":\"clonerefs\",\"state\":{"
             "\"waiting\":{"
             "\"reason\":\"ImagePullBackOff\",\"message\":\"Back-off pulling image\"}}}]"),
         "", "podinfo.image-pull image-pull/back-off definite 0\n", NULL},
        {POD("\"phase\":\"Pending\"," CONTAINER(
             "\"state\":{\"waiting\":{\"reason\":\"CreateContainerConfigError\"}}")),
         "", "podinfo.container-config config/container-config definite 0\n", NULL},
        {POD("\"phase\":\"Pending\"," CONTAINER(
             "\"state\":{\"waiting\":{\"reason\":\"ContainerCreating\"}}")),
         "", "", NULL},
        {POD("\"phase\":\"Failed\",\"reason\":\"Evicted\",\"message\":\"The node was low on "
             "resource: "
             "ephemeral-storage.\""),
         "", "podinfo.evicted disk-full/evicted definite 0\n", NULL},
        {POD("\"phase\":\"Failed\",\"reason\":\"Evicted\",\"message\":\"low on resource: memory\""),
         "", "podinfo.evicted oom/evicted definite 0\n", NULL},
        {POD("\"phase\":\"Failed\",\"reason\":\"Evicted\""), "",
         "podinfo.evicted infra-node/evicted definite 0\n", NULL},
        {POD("\"phase\":\"Failed\",\"reason\":\"DeadlineExceeded\""), "",
         "podinfo.deadline timeout/pod-deadline definite 0\n", NULL},
        {POD("\"phase\":\"Failed\",\"reason\":\"NodeLost\""), "",
         "podinfo.node-lost infra-node/node-lost definite 0\n", NULL},
        {POD("\"phase\":\"Failed\",\"reason\":\"MatchNodeSelector\""), "",
         "podinfo.unschedulable config/node-selector definite 0\n", NULL},
        {POD("\"phase\":\"Failed\",\"conditions\":[{\"type\":\"DisruptionTarget\",\"status\":"
             "\"True\","
             "\"reason\":\"PreemptionByScheduler\"}]"),
         "", "podinfo.disrupted infra-node/disrupted definite 0\n", NULL},
        {POD("\"phase\":\"Running\",\"conditions\":[{\"type\":\"DisruptionTarget\",\"status\":"
             "\"False\"}]"),
         "", "", NULL},
        {"{}", "", "", NULL},
        {"{\"pod\":null,\"events\":null}", "", "", NULL},
        {"", "", "", NULL},
        {"[]", "", "", "podinfo: it is no JSON object"},
        {"{\"pod\":", "", "", "podinfo"},
    };
    (void)state;
    check_documents("podinfo.json", cases, COUNT_OF(cases));
}

static void events_of_a_pod(void **state)
{
    static const struct document_case cases[] = {
        {"{\"pod\":{\"status\":{\"phase\":\"Pending\"}},\"events\":[" EVENT(
             "Scheduled", "ok",
             "\"2024-03-01T10:00:01Z\"") "," EVENT("FailedMount",
                                                   "MountVolume.SetUp failed for volume v",
                                                   "\"2024-03-01T10:05:00Z\"") "," EVENT("Faile"
                                                                                         "dSche"
                                                                                         "dulin"
                                                                                         "g",
                                                                                         "0/9 "
                                                                                         "node"
                                                                                         "s",
                                                                                         "\"202"
                                                                                         "4-03-"
                                                                                         "01T10"
                                                                                         ":00:"
                                                                                         "00Z"
                                                                                         "\"") "]}",
         "", "podinfo.mount config/volume-mount definite 0\n", NULL},
        {"{\"pod\":{\"status\":{\"phase\":\"Pending\"}},\"events\":[" EVENT(
             "FailedScheduling", "0/9 nodes", "null") "]}",
         "", "podinfo.unschedulable infra-node/unschedulable definite 0\n", NULL},
        /* without the pod the events are all there is */
        {"{\"events\":[" EVENT("Failed", "Failed to pull image x: toomanyrequests: slow down",
                               "null") "]}",
         "", "podinfo.image-pull image-pull/rate-limit definite 0\n", NULL},
        /* the event knows what the waiting container does not */
        {"{\"pod\":{\"status\":{\"phase\":\"Pending\"," CONTAINER(
             "\"state\":{\"waiting\":{\"reason\":\"ImagePullBackOff\",\"message\":\"Back-off\"}"
             "}") "}},"
                  "\"events\":[" EVENT("Failed", "Failed to pull image x: unauthorized: no",
                                       "null") "]}",
         "", "podinfo.image-pull image-pull/auth definite 0\n", NULL},
        /* the containers ran to their end: a node that was not ready for a while is no cause */
        {"{\"pod\":{\"status\":{\"phase\":\"Failed\"," CONTAINER(
             "\"state\":{\"terminated\":{\"exitCode\":1}}") "}},\"events\":[" EVENT("NodeNotRea"
                                                                                    "dy",
                                                                                    "Node is "
                                                                                    "not ready",
                                                                                    "null") "]"
                                                                                            "}",
         "", "podinfo.exit-code other/exit-status rollup 0\n", NULL},
        {"{\"pod\":{\"status\":{\"phase\":\"Running\"," CONTAINER(
             "\"state\":{\"running\":{}}") "}},\"events\":[" EVENT("NodeNotReady",
                                                                   "Node is not ready",
                                                                   "null") "]}",
         "", "", NULL},
    };
    (void)state;
    check_documents("podinfo.json", cases, 5);
    const struct evidence *e = analyze_document("podinfo.json", sv_of(cases[5].text));
    assert_string_equal(findings_of(e),
                        "podinfo.node-not-ready infra-node/node-not-ready definite 0\n");
}

#define RECORD(output, error)                                                                      \
    "[{\"refs\":{\"org\":\"o\",\"repo\":\"r\"},\"commands\":[{\"command\":\"git "                  \
    "init\",\"output\":\"\"},{"                                                                    \
    "\"command\":\"git fetch\",\"output\":\"" output "\",\"error\":\"" error                       \
    "\"}],\"failed\":true}]"

static void clone_records_json(void **state)
{
    static const struct document_case cases[] = {
        {"[{\"refs\":{},\"commands\":[{\"command\":\"git\",\"output\":\"CONFLICT "
         "(x)\"}],\"final_sha\":\"aa\"}]",
         "", "", NULL},
        {RECORD("Auto-merging a\\nCONFLICT (content): Merge conflict in a\\nAutomatic merge failed",
                "exit 1"),
         "", "clone.conflict merge-conflict/merge definite 0 setup\n", NULL},
        {RECORD("fatal: couldn't find remote ref pull/7/head", "exit 128"), "",
         "clone.missing-ref clone/missing-ref definite 0 setup\n", NULL},
        {RECORD("fatal: unable to access: Could not resolve host: github.example", "exit 128"), "",
         "clone.dns dns/git definite 0 setup\n", NULL},
        {RECORD("fatal: Authentication failed for 'https://x/'", "exit 128"), "",
         "clone.auth permission/git definite 0 setup\n", NULL},
        {RECORD("error: file write error: No space left on device\\nfatal: early EOF", "exit 128"),
         "", "clone.disk disk-full/checkout definite 0 setup\n", NULL},
        {RECORD("error: RPC failed; curl 56", "exit 128"), "",
         "clone.network clone/transfer definite 0 setup\n", NULL},
        {RECORD("The requested URL returned error: 503", "exit 128"), "",
         "clone.server clone/unreachable definite 0 setup\n", NULL},
        {RECORD("something new", "exit 1"), "", "clone.failed clone/git definite 0 setup\n", NULL},
        {"[{\"failed\":true}]", "", "clone.failed clone/git definite 0 setup\n", NULL},
        {"[{\"failed\":true,\"commands\":null},{\"failed\":\"yes\"},7]", "",
         "clone.failed clone/git definite 0 setup\n", NULL},
        {"null", "", "", NULL},
        {"[]", "", "", NULL},
        {"", "", "", NULL},
        {"{\"failed\":true}", "", "", "clone-records: it is no list"},
        {"[{", "", "", "clone-records"},
    };
    (void)state;
    check_documents("clone-records.json", cases, COUNT_OF(cases));
    /* The last command that failed ended it; its telling line is shown. */
    const struct evidence *e = analyze_document(
        "clone-records.json",
        SV("[{\"failed\":true,\"commands\":[{\"output\":\"fatal: early "
           "EOF\",\"error\":\"1\"},{\"output\":\"\"},{"
           "\"output\":\"hint: x\\nfatal: odd\\nhint: y\",\"error\":\"2\"},{\"output\":\"z\"}]}]"));
    assert_int_equal(e->finding_count, 1);
    assert_true(sv_equal(e->findings[0].id, SV("clone.failed")));
    assert_true(sv_equal(e->findings[0].excerpt, SV("fatal: odd")));
}

static void steps_finished_json(void **state)
{
    static const char path[] = "artifacts/e2e-aws/ipi-install/finished.json";
    static const struct {
        const char *text;
        bool failed;
    } cases[] = {
        {"{\"passed\":true,\"result\":\"SUCCESS\"}", false},
        {"{\"passed\":false,\"result\":\"FAILURE\"}", true},
        {"{\"passed\":null,\"result\":\"aborted\"}", true},
        {"{\"result\":\"SUCCESS\"}", false},
        {"{\"passed\":false}", true},
        {"{}", false},
        {"", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_string_equal(
            findings_of(analyze_file(path, sv_of(cases[i].text), 5)),
            cases[i].failed ? "step-finished.failed other/step rollup 0 step e2e-aws/ipi-install\n"
                            : "");
    (void)analyze_file(path, SV("{\"passed\""), 100);
    assert_non_null(strstr(analyzing->end.problem, "step-finished"));
}

static void step_graph_json(void **state)
{
    static const char path[] = "artifacts/ci-operator-step-graph.json";
    static const struct {
        const char *text, *findings;
    } cases[] = {
        {"[{\"name\":\"src\",\"failed\":false,\"duration\":1},{\"name\":\"e2e\",\"started_at\":"
         "null,\"failed\":true,"
         "\"substeps\":[{\"name\":\"e2e-install\",\"failed\":true},{\"name\":\"e2e-test\"},"
         "{\"name\":\"e2e-gather\",\"failed\":true}]}]",
         "step-graph.failed other/step rollup 0 step e2e-install\n"
         "step-graph.failed other/step rollup 0 step e2e-gather\n"},
        {"[{\"name\":\"unit\",\"failed\":true,\"substeps\":null}]",
         "step-graph.failed other/step rollup 0 step unit\n"},
        {"[{\"failed\":true},7,null,{\"name\":\"x\",\"failed\":\"yes\"}]", ""},
        {"null", ""},
        {"{}", ""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_string_equal(findings_of(analyze_file(path, sv_of(cases[i].text), 7)),
                            cases[i].findings);
    (void)analyze_file(path, SV("[{\"name\":"), 100);
    assert_non_null(strstr(analyzing->end.problem, "step-graph"));
}

static void junit_reports(void **state)
{
    static const struct {
        const char *text, *findings, *claim;
    } cases[] = {
        {"<testsuite name=\"s\"><testcase name=\"a\"/></testsuite>", "", "passed by a test report"},
        {"<testsuite/>", "", ""},
        {"<testsuite name=\"s\">\n<testcase name=\"a\">\n<failure "
         "message=\"m\"/></testcase><testcase name=\"b\">"
         "<error message=\"it timed out\"/></testcase></testsuite>",
         "junit.failed test/failed cause 3\njunit.failed test/timeout cause 3\n",
         "failed by a test report"},
        {"<testsuite name=\"s\"><testcase name=\"a\"><failure/></testcase><testcase "
         "name=\"a\"/></testsuite>",
         "junit.flaky flake/retried symptom 1\n", "passed by a test report"},
        {"<testsuite name=\"step graph\"><testcase name=\"Run multi-stage test e2e - e2e-install "
         "container test\">"
         "<failure/></testcase>\n<testcase name=\"Run multi-stage test post "
         "phase\"><failure/></testcase>\n"
         "<testcase name=\"Build image src\"><failure/></testcase></testsuite>",
         "junit.step-failed other/step rollup 1 step e2e-install\n"
         "junit.step-failed other/step rollup 2 teardown\n"
         "junit.step-failed other/step rollup 3 step Build image src\n",
         "failed by a test report"},
        {"<testsuite name=\"cluster install\"><testcase name=\"install should succeed: "
         "overall\"><failure/>"
         "</testcase>\n<testcase name=\"install should succeed: cluster "
         "bootstrap\"><failure/></testcase>"
         "</testsuite>",
         "junit.phase-failed cluster-install/overall symptom 1 setup\n"
         "junit.phase-failed cluster-install/bootstrap cause 2 setup\n",
         "failed by a test report"},
        {"<testsuite><testcase classname=\"e2e.go\" name=\"Up\"><failure/></testcase><testcase "
         "classname=\"e2e.go\" "
         "name=\"Timeout\"><failure/></testcase><testcase classname=\"other\" "
         "name=\"Up\"/></testsuite>",
         "junit.phase-failed cluster-install/kubetest cause 1 setup\n"
         "junit.phase-failed timeout/kubetest cause 1\n",
         "failed by a test report"},
        {"<testsuite name=\"p\"><testcase name=\"[build failed]\"><error message=\"Build "
         "error\"/></testcase>"
         "</testsuite>",
         "junit.build-error compile/go-build-failed cause 1\n", "failed by a test report"},
        {"<testsuite><testcase name=\"a\" "
         "lifecycle=\"informing\"><failure/></testcase></testsuite>",
         "", "passed by a test report"},
        {"<testsuite name=\"s\"><testcase name=\"a\"/><testcase name=\"b\"><failure>half",
         "junit.failed test/failed "
         "cause 1\n",
         "failed by a test report"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct evidence *e = analyze_file("artifacts/junit_x.xml", sv_of(cases[i].text), 11);
        assert_string_equal(findings_of(e), cases[i].findings);
        assert_string_equal(claim_of(e), cases[i].claim);
        assert_false(analyzing->end.not_junit);
        assert_int_equal(analyzing->end.problem[0] != '\0', i + 1 == COUNT_OF(cases));
    }
    (void)analyze_file("artifacts/junit_x.xml", SV("<html/>"), 11);
    assert_true(analyzing->end.not_junit);
}

/* Deep, long and odd documents cost a problem, not the run. */
static void monsters_are_read(void **state)
{
    static const char *const paths[] = {
        "finished.json", "started.json",       "prowjob.json",
        "podinfo.json",  "clone-records.json", "artifacts/ci-operator-step-graph.json"};
    enum { DEPTH = 100000 };
    char *deep = malloc(DEPTH + 1);
    (void)state;
    assert_non_null(deep);
    memset(deep, '[', DEPTH);
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        (void)analyze_document(paths[i], (struct sv){.ptr = deep, .len = DEPTH});
        assert_string_not_equal(analyzing->end.problem, "");
        (void)analyze_document(paths[i], SV("\xff\xfe\0\0"));
        assert_string_not_equal(analyzing->end.problem, "");
    }
    /* Many failed steps: as many as are kept. */
    size_t len = 0;
    char *steps = malloc(3000 * 40);
    assert_non_null(steps);
    for (int i = 0; i < 3000; i++)
        len += (size_t)sprintf(steps + len, "%c{\"name\":\"s%d\",\"failed\":true}",
                               i == 0 ? '[' : ',', i);
    len += (size_t)sprintf(steps + len, "]");
    const struct evidence *e = analyze_document("artifacts/ci-operator-step-graph.json",
                                                (struct sv){.ptr = steps, .len = len});
    assert_int_equal(e->finding_count, EVIDENCE_MAX_FINDINGS);
    assert_int_equal(e->finding_count + e->dropped_findings, 2000);
    free(steps);
    free(deep);
}

static void a_failed_allocation_is_an_error(void **state)
{
    static const struct {
        const char *path, *text;
    } documents[] = {
        {"finished.json", "{\"timestamp\":1,\"passed\":true}"},
        {"prowjob.json", PROWJOB("error", "Pod pending timeout.")},
        {"podinfo.json", POD("\"phase\":\"Failed\",\"reason\":\"Evicted\"")},
        {"clone-records.json", RECORD("fatal: early EOF", "exit 1")},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(documents); i++) {
        bool fired = true;
        for (unsigned long n = 0; fired && n < 500; n++) {
            struct artifact artifact = {.path = sv_of(documents[i].path)};
            struct build build = {0};
            struct ingest_end end = {0};
            struct err err = {0};
            artifact.kind = artifact_classify(artifact.path, &artifact.step);
            /* A fresh machine, whose arena has no memory left over. */
            struct ingest *in =
                ingest_new(&(struct ingest_options){.rules = analyzing->rules,
                                                    .triggers = &analyzing->triggers,
                                                    .inflate = &analyzing->inflate},
                           &err);
            assert_non_null(in);
            torture_arm(n);
            const bool ok =
                ingest_document(in, &build, &artifact, sv_of(documents[i].text), &end, &err);
            torture_disarm();
            fired = torture_fired();
            assert_true(ok || (fired && err.code == ERR_NOMEM));
            ingest_free(in);
        }
        assert_false(fired);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finished_json),      cmocka_unit_test(started_json),
        cmocka_unit_test(prowjob_json),       cmocka_unit_test(a_prowjob_that_lags_says_nothing),
        cmocka_unit_test(podinfo_json),       cmocka_unit_test(events_of_a_pod),
        cmocka_unit_test(clone_records_json), cmocka_unit_test(steps_finished_json),
        cmocka_unit_test(step_graph_json),    cmocka_unit_test(junit_reports),
        cmocka_unit_test(monsters_are_read),  cmocka_unit_test(a_failed_allocation_is_an_error),
    };
    return cmocka_run_group_tests(tests, analyzing_set_up, analyzing_tear_down);
}
