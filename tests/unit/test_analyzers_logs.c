/* Analyzers of logs as a whole: Prow's own lines, ci-operator's, closing lines, silence. */
#include "analyzing.h"

struct log_case {
    const char *log;
    const char *findings; /* as findings_of */
    const char *claim;    /* as claim_of */
};

static void check_logs(const struct log_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct log_case *c = &cases[i];
        const struct evidence *e = analyze_log(c->log);
        assert_string_equal(analyzing->end.problem, "");
        if (strcmp(findings_of(e), c->findings) != 0)
            fail_msg("%s: findings:\n%s\n", c->log, analyzing->text);
        if (strcmp(claim_of(e), c->claim) != 0)
            fail_msg("%s: claim: %s\n", c->log, analyzing->text);
    }
}

#define ENTRYPOINT(msg)                                                                            \
    "{\"component\":\"entrypoint\",\"file\":\"sigs.k8s.io/prow/pkg/entrypoint/"                    \
    "run.go:169\",\"level\":\"error\","                                                            \
    "\"msg\":\"" msg "\",\"severity\":\"error\",\"time\":\"2024-03-01T12:00:00Z\"}\n"

static void lines_of_prow_itself(void **state)
{
    static const struct log_case cases[] = {
        /* in mid-line, behind output without a newline */
        {"still working" ENTRYPOINT("Process did not finish before 2h0m0s timeout")
             ENTRYPOINT("Process gracefully exited before 15m0s grace period"),
         "entrypoint.timeout timeout/entrypoint definite 1\nrollup.entrypoint other/exit-status "
         "rollup 2\n",
         ""},
        {"{\"component\":\"entrypoint\",\"level\":\"error\",\"message\":\"Process did not finish "
         "before 4h0m0s "
         "timeout\"}\n",
         "entrypoint.timeout timeout/entrypoint definite 1\n", ""},
        {ENTRYPOINT("Entrypoint received interrupt: terminated"),
         "entrypoint.interrupted interrupted/entrypoint cause 1\n", ""},
        {ENTRYPOINT("Skipping as previous step exited 1"),
         "rollup.entrypoint-skipped other/skipped rollup 1\n", ""},
        {"could not start the process: fork/exec /bin/x: no such file\n",
         "entrypoint.not-started config/command-missing definite 1\n", ""},
        {"{\"component\":\"entrypoint\",\"error\":\"wrapped process failed: exit status "
         "1\",\"level\":\"error\",\"msg\":"
         "\"Error executing test process\"}\n",
         "rollup.entrypoint other/exit-status rollup 1\n", "failed by Prow's entrypoint"},
        {"{\"component\":\"entrypoint\",\"error\":\"process timed "
         "out\",\"level\":\"error\",\"msg\":\"Error executing "
         "test process\"}\n",
         "entrypoint.timeout timeout/entrypoint definite 1\n", ""},
        {"{\"component\":\"entrypoint\",\"error\":\"process "
         "aborted\",\"level\":\"error\",\"msg\":\"Error executing test "
         "process\"}\n",
         "entrypoint.interrupted interrupted/entrypoint cause 1\n", ""},
        {"error: failed to execute wrapped command: exit status 3\n",
         "rollup.entrypoint other/exit-status rollup 1\n", ""},
    };
    (void)state;
    check_logs(cases, COUNT_OF(cases));
    const struct evidence *e = analyze_log(cases[0].log);
    assert_true(sv_equal(e->findings[0].captures[0].value, SV("2h0m0s")));
    assert_true(sv_equal(e->findings[0].summary, SV("The job did not end within 2h0m0s")));
}

#define CI(level, text) "\x1b[36m" level "\x1b[0m[2024-03-01T10:00:00Z] " text "          \n"

static void ci_operator(void **state)
{
    static const struct log_case cases[] = {
        {CI("INFO", "Reporting job state 'succeeded'"), "", "passed by ci-operator's report"},
        {CI("INFO", "Running multi-stage phase pre") CI("INFO",
                                                        "Step e2e-install succeeded after 45m12s.")
             CI("INFO", "Step phase pre succeeded after 45m.") CI("INFO",
                                                                  "Running multi-stage phase test")
                 CI("ERRO", "Step e2e-run failed after 5m12s.") CI("INFO",
                                                                   "Running multi-stage phase post")
                     CI("ERRO", "Step e2e-gather failed after 1m.")
                         CI("ERRO", "Step phase post failed after 1m.")
                             CI("INFO", "Reporting job state 'failed' with reason "
                                        "'executing_graph:step_failed:executing_multi_stage_test'"),
         "ci-operator.step-failed other/step rollup 5 step e2e-run\n"
         "ci-operator.step-failed other/step rollup 7 step e2e-gather teardown\n"
         "ci-operator.failed other/ci-operator rollup 9\n",
         "failed by ci-operator's reason"},
        {CI("INFO", "Running multi-stage phase pre")
             CI("ERRO", "Step e2e-install failed after 45m12s."),
         "ci-operator.step-failed other/step rollup 2 step e2e-install setup\n", ""},
        /* the innermost reason that tells something; its words stand above */
        {CI("ERRO", "Some steps failed:") "  * could not run steps: failed to acquire lease\n" CI(
             "INFO", "Reporting job state 'failed' with reason "
                     "'executing_graph:step_failed:utilizing_lease:acquiring_lease'"),
         "ci-operator.reason lease/acquire definite 2\n", "failed by ci-operator's reason"},
        {CI("INFO", "Reporting job state 'failed' with reason 'loading_args:validating_config'"),
         "ci-operator.reason config/ci-operator-config definite 1\n",
         "failed by ci-operator's reason"},
        {CI("INFO", "Reporting job state 'failed' with reason "
                    "'executing_graph:step_failed:building_project_image'"),
         "ci-operator.reason compile/image-build symptom 1\n", "failed by ci-operator's reason"},
        {CI("INFO", "Reporting job state 'failed' with reason 'executing_graph:interrupted'"),
         "ci-operator.reason interrupted/ci-operator cause 1\n", "failed by ci-operator's reason"},
        {CI("INFO", "Reporting job state 'failed' with reason 'unknown"),
         "ci-operator.failed other/ci-operator "
         "rollup 1\n",
         "failed by ci-operator's reason"},
    };
    (void)state;
    check_logs(cases, COUNT_OF(cases));
    const struct evidence *e = analyze_log(cases[3].log);
    assert_true(sv_equal(e->findings[0].captures[0].value,
                         SV("executing_graph:step_failed:utilizing_lease:acquiring_lease")));
    assert_non_null(strstr(e->findings[0].excerpt.ptr, "failed to acquire lease"));
    /* A ci-operator that a step runs is not the job's. */
    e = analyze_file("artifacts/e2e/nested/build-log.txt", sv_of(cases[0].log), 100);
    assert_string_equal(claim_of(e), "");
}

static void closing_lines(void **state)
{
    static const struct {
        const char *log, *claim;
    } cases[] = {
        {"Finished: SUCCESS\n", "passed by Jenkins"},
        {"Finished: FAILURE\n", "failed by Jenkins"},
        {"Finished: ABORTED\n", "aborted by Jenkins"},
        {"Finished: FAILURE\nFinished: SUCCESS\n", "passed by Jenkins"},
        {"[INFO] BUILD SUCCESS\nmake: *** [all] Error 2\n", "passed by the build tool"},
        {"make: *** [all] Error 2\n", "failed by make"},
        {"make[1]: *** [all] Error 2\nDone. Your build exited with 0.\n", "passed by Travis"},
        {"##[error]Process completed with exit code 1.\n", "failed by GitHub Actions"},
        {"ERROR: Job failed: exit code 1\n", "failed by GitLab"},
        {"\xf0\x9f\x9a\xa8 Error: The command exited with status 1\n", "failed by Buildkite"},
        {"Exited with code exit status 2\n", "failed by CircleCI"},
        {"##[error]Bash exited with code '1'.\n", "failed by Azure Pipelines"},
        {"Process exited with code 1\n", "failed by TeamCity"},
        {"Build step 'Execute shell' marked build as failure\n", "failed by Jenkins"},
        {"error Command failed with exit code 1.\n", "failed by npm"},
        {"ERROR:   py39: commands failed\n", "failed by tox"},
        {"Error: Process completed with exit code 2.\n", "failed by GitHub Actions"},
        {"runner[12]: WARNING: Job failed: exit code 137\n", "failed by GitLab"},
        {"\xf0\x9f\x9a\xa8 Error: no such service\n", "failed by Buildkite"},
        {"ERRO[2024-03-01T10:00:00Z] Some steps failed:\n", "failed by ci-operator"},
        {"FAIL Required test coverage of 80% not reached. Total coverage: 74%\n",
         "failed by pytest-cov"},
        {"The command '/bin/sh -c make' returned a non-zero code: 2\n",
         "failed by the image's build"},
        {"+ exit 3\n", "failed by an exit status"},
        {"INFO: Build completed successfully, 41 total actions\n", "passed by Bazel"},
        {"INFO: Build completed, 1 test FAILED, 12 total actions\n", "failed by Bazel"},
        {"Exited with code exit status 0\n", ""},
        {"+ exit 0\n", ""},
        {"CircleCI received exit code 0\n", ""},
        {"CircleCI received exit code 2\n", "failed by CircleCI"},
        {"Command exited with code 1\n", "failed by AppVeyor"},
        {"Build success\n", "passed by AppVeyor"},
        {"exitcode '1': failure\n", "failed by act"},
        {"\xf0\x9f\x8f\x81  Job failed\n", "failed by act"},
        {"[CI/test]   | \xf0\x9f\x8f\x81  Job succeeded\n", "passed by act"},
        {"exit code 1\n", "failed by Drone"},
        {"exit code 0\n", ""},
        {"Finished task 'Run tests' with result: Failed\n", "failed by Bamboo"},
        {"Finished task 'Run tests' with result: Success\n", ""},
        {"[Container] 2023/10/03 10:11:12 Phase complete: BUILD State: FAILED\n",
         "failed by CodeBuild"},
        {"[Container] 2023/10/03 10:11:12 Phase complete: BUILD State: SUCCEEDED\n", ""},
        {"ERROR: build step 0 \"gcr.io/x/go\" failed: step exited with non-zero status: 2\n",
         "failed by Cloud Build"},
        {"we are Finished: SUCCESS\n", ""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_string_equal(claim_of(analyze_log(cases[i].log)), cases[i].claim);
}

static void the_section_that_failed(void **state)
{
    static const struct {
        const char *log;
        uint64_t first, last;
    } cases[] = {
        {"Preparing environment\n$ git init\nExecuting \"step_script\" stage of the job script\n"
         "$ make\nfine\n$ make check\nbad\nRunning after_script\n$ make report\n"
         "ERROR: Job failed: exit code 2\n",
         6, 7},
        {"Executing \"step_script\" stage of the job script\nbad\nERROR: Job failed: exit code 1\n",
         1, 3},
        {"Executing \"step_script\" stage of the job script\n$ make\nJob succeeded\n", 0, 0},
        {"[Pipeline] { (Build)\n+ make\n[Pipeline] { (Test)\n+ make check\nbad\n"
         "[Pipeline] { (Ship)\nStage \"Ship\" skipped due to earlier failure(s)\n"
         "[Pipeline] { (Tell)\nStage \"Tell\" skipped due to earlier failure(s)\n",
         3, 7},
        {"~~~ Preparing\nok\n--- Running tests\n--- a/x\n+++ b/x\n--- FAIL: TestX (0.00s)\n"
         "^^^ +++\n",
         3, 7},
        {"--- one\n+++ two\nfine\n", 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct line_range *failing = analyze_log(cases[i].log)->failing;
        assert_int_equal(failing[0].first, cases[i].first);
        assert_int_equal(failing[0].last, cases[i].last);
        assert_int_equal(failing[1].first, 0);
    }
}

/* "KIND LINE", a line each, of what failed commands were for. */
static const char *purposes_of(const struct evidence *e)
{
    size_t len = 0;
    analyzing->text[0] = '\0';
    for (size_t i = 0; i < e->finding_count; i++) {
        const struct finding *f = &e->findings[i];
        if (sv_equal(f->id, SV("commands.failed")))
            say(&len, "%s %" PRIu64 "\n", cause_kind_name(f->kind), f->line);
    }
    return analyzing->text;
}

static void what_the_failed_command_was_for(void **state)
{
    static const struct {
        const char *log, *purposes;
    } cases[] = {
        {"The command \"bundle exec rspec\" exited with 1.\n", "test 1\n"},
        {"The command \"./run all\" exited with 1.\n", ""},
        {"The command \"mvn install\" exited with 1.\n", ""},
        {"The command \"pip install -r test-requirements.txt\" exited with 1.\n",
         "dependency-download 1\n"},
        {"The command \"npm install && npm test\" exited with 1.\n", "test 1\n"},
        {"make: *** [Makefile:9: compile] Error 1\n", "compile 1\n"},
        {"make: *** [Makefile:9: main.o] Error 1\n", ""},
        {"make[2]: *** [GNUmakefile:3: check] Error 2\n", "test 1\n"},
        {"make: *** [Makefile:9: all] Error 2\n", ""},
        {"npm ERR! Failed at the app@1.0.0 lint script.\n", "lint 1\n"},
        {"npm error Lifecycle script `test` failed with error:\n", "test 1\n"},
        {"> Execution failed for task ':app:compileTestJava'.\n", "compile 1\n"},
        {"Execution failed for task ':app:integrationTest'.\n", "test 1\n"},
        {"##[group]Run npm test\nnope\n##[error]Process completed with exit code 1.\n", "test 3\n"},
        {"##[group]Run npm test\nok\n##[group]Run ./deploy\n"
         "##[error]Process completed with exit code 1.\n",
         ""},
        {"$ flake8 src\nRunning after_script\n$ npm test\nERROR: Job failed: exit code 1\n",
         "lint 4\n"},
        {"+ make check\n+ ./tidy\nscript returned exit code 1\n", ""},
        {"+ make check\nscript returned exit code 1\n", "test 2\n"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (strcmp(purposes_of(analyze_log(cases[i].log)), cases[i].purposes) != 0)
            fail_msg("%s: %s", cases[i].log, analyzing->text);
    }
}

static void silence(void **state)
{
    static const struct log_case cases[] = {
        {"2024-03-01T10:00:00Z start\n2024-03-01T10:00:05Z waiting for x\n2024-03-01T10:45:05Z "
         "gave up\n",
         "silence.gap timeout/silence symptom 2\n", ""},
        {"2024-03-01T10:00:00Z start\n2024-03-01T10:19:00Z on\n", "", ""},
        {"no stamps\nat all\n", "", ""},
        {"an end\nin mid-", "silence.cut infra-node/mid-line rollup 2\n", ""},
        {"one line without an end", "", ""},
        {"", "", ""},
    };
    (void)state;
    check_logs(cases, COUNT_OF(cases));
    /* Far from the end it was no hang. */
    static char text[8000];
    size_t len =
        (size_t)snprintf(text, sizeof(text), "2024-03-01T10:00:00Z a\n2024-03-01T11:00:00Z b\n");
    for (int i = 0; i < 100; i++)
        len +=
            (size_t)snprintf(text + len, sizeof(text) - len, "2024-03-01T11:00:%02dZ c\n", i % 60);
    assert_string_equal(findings_of(analyze_log(text)), "");
}

/* A stream that breaks off: its prefix is read, and the log says that it was cut. */
static void a_cut_stream(void **state)
{
    static const unsigned char packed[] = {/* gzip of "error: one\nerror: two\n", without its end */
                                           0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00,
                                           0x02, 0x03, 0x01, 0x16, 0x00, 0xe9, 0xff, 'e',
                                           'r',  'r',  'o',  'r',  ':',  ' ',  'o',  'n',
                                           'e',  '\n', 'e',  'r',  'r',  'o',  'r',  ':'};
    (void)state;
    const struct evidence *e = analyze_file(
        "build-log.txt", (struct sv){.ptr = (const char *)packed, .len = sizeof(packed)}, 3);
    assert_int_equal(analyzing->end.stored.end, INFLATE_TRUNCATED);
    assert_true(e->facts.truncated);
    assert_string_equal(findings_of(e), "silence.cut infra-node/log-cut rollup 2\n");
    assert_non_null(strstr(analyzing->end.problem, "breaks off"));
    assert_true(e->line_count >= 1);
}

static const struct error_line *best_line(const char *log)
{
    struct evidence *e = analyze_log(log);
    evidence_sort_lines(e);
    return e->line_count > 0 ? &e->lines[0] : NULL;
}

static void the_line_that_looks_most_like_an_error(void **state)
{
    static const struct {
        const char *log;
        uint64_t line; /* 0: none looks like one */
    } cases[] = {
        {"compiling\nall is well\n", 0},
        {"", 0},
        {"0 errors, 0 warnings\nno error found\n", 0},
        {"warning: x\nmain.c:7:3: error: y undeclared\nmake: *** [all] Error 2\n", 2},
        {"a\nTraceback (most recent call last):\n  File x\nValueError: bad\n", 4},
        {"INFO retry after error: reset\nfatal: could not read from remote\n", 2},
        {"error: first\nerror: second\nerror: third\n", 1},
        {"panic: runtime error: index out of range\n\ngoroutine 1 [running]:\nexit status 2\n", 1},
        {"running cleanup: error: not found\nFAILED: link\nerror: ld returned 1 exit status\nx: "
         "undefined "
         "reference to `f'\n",
         4},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct error_line *best = best_line(cases[i].log);
        const uint64_t line = best != NULL ? best->line : 0;
        if (line != cases[i].line)
            fail_msg("%s: line %" PRIu64, cases[i].log, line);
    }
}

/* The same words a thousand times leave room for other lines. */
static void a_cascade_takes_one_place(void **state)
{
    char *text = malloc(200000);
    size_t len = 0;
    (void)state;
    assert_non_null(text);
    for (int i = 0; i < 2000; i++)
        len += (size_t)sprintf(text + len, "main.c:%d: error: the same 0x%x again\n", i, i);
    len += (size_t)sprintf(text + len, "ninja: error: another\n");
    struct evidence *e = analyze_log(text);
    evidence_sort_lines(e);
    assert_int_equal(e->line_count, 2);
    assert_int_equal(e->lines[0].line, 1);
    assert_int_equal(e->lines[1].line, 2001);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_of_prow_itself),
        cmocka_unit_test(ci_operator),
        cmocka_unit_test(closing_lines),
        cmocka_unit_test(the_section_that_failed),
        cmocka_unit_test(what_the_failed_command_was_for),
        cmocka_unit_test(silence),
        cmocka_unit_test(a_cut_stream),
        cmocka_unit_test(the_line_that_looks_most_like_an_error),
        cmocka_unit_test(a_cascade_takes_one_place),
    };
    return cmocka_run_group_tests(tests, analyzing_set_up, analyzing_tear_down);
}
