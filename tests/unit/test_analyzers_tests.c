/* Analyzers of test output: what each tool's log says of its tests. */
#include "analyzing.h"

struct log_case {
    const char *name, *log;
    const char *tests;    /* as tests_of */
    const char *findings; /* as findings_of */
    const char *claim;    /* as claim_of */
};

static void check_logs(const struct log_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct log_case *c = &cases[i];
        for (size_t chunk = 7; chunk < 100000; chunk *= 97) {
            const struct evidence *e = analyze_file("build-log.txt", sv_of(c->log), chunk);
            assert_string_equal(analyzing->end.problem, "");
            if (strcmp(tests_of(e), c->tests) != 0)
                fail_msg("%s: tests:\n%s\n", c->name, analyzing->text);
            if (strcmp(findings_of(e), c->findings) != 0)
                fail_msg("%s: findings:\n%s\n", c->name, analyzing->text);
            if (strcmp(claim_of(e), c->claim) != 0)
                fail_msg("%s: claim: %s\n", c->name, analyzing->text);
        }
    }
}

static void go_test_text(void **state)
{
    static const struct log_case cases[] = {
        {"verbose, subtests, a package that fails",
         "=== RUN   TestA\n--- PASS: TestA (0.00s)\n=== RUN   TestB\n=== RUN   TestB/one\n"
         "    b_test.go:9: got 1\n--- FAIL: TestB (0.01s)\n    --- FAIL: TestB/one (0.00s)\n"
         "=== RUN   TestC\n--- SKIP: TestC (0.00s)\nFAIL\nFAIL\tacme.io/p\t0.02s\n"
         "ok  \tacme.io/q\t0.01s\nFAIL\n",
         "failed acme.io/p|TestB 6\nfailed acme.io/p|TestB/one 7\n1/2/0/1/0/0",
         "go-test.package test/package rollup 11\ngo-test.failed test/go-test cause 6\n"
         "go-test.failed test/go-test cause 7\n",
         "failed by the test tool's output"},
        {"a verdict in mid-line",
         "=== RUN   TestA\nno newline--- PASS: TestA (0.00s)\n=== RUN   TestB\nx--- FAIL: TestB "
         "(0.00s)\nFAIL\tp\t0.1s\n",
         "failed p|TestB 4\n1/1/0/0/0/0",
         "go-test.package test/package rollup 5\ngo-test.failed test/go-test cause 4\n",
         "failed by the test tool's output"},
        {"a panic leaves tests unfinished, the innermost is named",
         "=== RUN   TestA\n=== RUN   TestA/deep\npanic: boom\n\ngoroutine 7 "
         "[running]:\nFAIL\tp\t0.1s\n",
         "unfinished TestA/deep 2\n0/0/0/0/0/1",
         "go-test.package test/package rollup 6\ngo-test.unfinished test/unfinished symptom 2\n",
         "failed by go test"},
        {"a log that ends in the middle of a test",
         "=== RUN   TestA\n--- PASS: TestA (0.00s)\n=== RUN   TestHang\nwaiting",
         "unfinished TestHang 3\n"
         "1/0/0/0/0/1",
         "go-test.unfinished test/unfinished symptom 3\n"
         "silence.cut infra-node/mid-line rollup 4\n",
         ""},
        {"the time limit, with the list of running tests",
         "panic: test timed out after 10m0s\n\trunning tests:\n\t\tTestSlow (9m59s)\n\n"
         "goroutine 1 [running]:\nFAIL\tp\t600.01s\n",
         "unfinished TestSlow 3\n0/0/0/0/0/1",
         "go-test.timeout timeout/go-test definite 1\ngo-test.package test/package rollup 6\n"
         "go-test.unfinished test/unfinished symptom 3\n",
         "failed by go test"},
        {"a second run of the package passes: flaky",
         "--- FAIL: TestF (0.00s)\nFAIL\tp\t0.1s\nok  \tp\t0.1s\n", "flaky p|TestF 1\n0/0/0/0/1/0",
         "go-test.package test/package rollup 2\n", "failed by go test"},
        {"the same test of two packages is two tests",
         "--- FAIL: TestF (0.00s)\nFAIL\tp\t0.1s\n--- FAIL: TestF (0.00s)\nFAIL\tq\t0.1s\nok  "
         "\tq\t0.1s\n",
         "failed p|TestF 1\nflaky q|TestF 3\n0/1/0/0/1/0",
         "go-test.package test/package rollup 2\ngo-test.package test/package rollup 4\n"
         "go-test.failed test/go-test cause 1\n",
         "failed by the test tool's output"},
        {"an old Go, and tabs made blanks",
         "=== RUN TestA\n--- PASS: TestA (0.10 seconds)\nok      p 0.100s\n=== RUN TestB\n"
         "--- FAIL: TestB (0.02 seconds)\nFAIL    q    0.1s\nFAIL    r [build failed]\n",
         "failed q|TestB 5\n1/1/0/0/0/0",
         "go-test.package test/package rollup 6\n"
         "go-test.build-failed compile/go-build-failed symptom 7\n"
         "go-test.failed test/go-test cause 5\n",
         "failed by the test tool's output"},
        {"builds and set-ups that fail",
         "FAIL\tacme.io/p [build failed]\nFAIL\tacme.io/q [setup failed]\n", "0/0/0/0/0/0",
         "go-test.build-failed compile/go-build-failed symptom 1\n"
         "go-test.setup-failed compile/go-setup-failed symptom 2\n",
         "failed by go test"},
        {"a race is told once", "WARNING: DATA RACE\nx\nWARNING: DATA RACE\n", "0/0/0/0/0/0",
         "go-test.race test/data-race cause 1\n", ""},
        {"gotestsum",
         "PASS a.TestX (0.00s)\n=== Failed\n=== FAIL: acme.io/p TestY (0.10s)\n    y_test.go:3: "
         "no\n\n"
         "DONE 2 tests, 1 failure in 0.2s\n",
         "failed acme.io/p|TestY 3\n1/1/0/0/0/0", "go-test.failed test/go-test cause 3\n",
         "failed by gotestsum's totals"},
        {"gotestsum repeats what failed, with a shorter package",
         "--- FAIL: TestY (0.10s)\nFAIL\tacme.io/r/p\t0.2s\n=== Failed\n=== FAIL: r/p TestY "
         "(0.10s)\n"
         "    --- FAIL: TestY (0.10s)\n\nDONE 5 tests, 2 skipped, 1 failure in 0.2s\n",
         "failed acme.io/r/p|TestY 1\n2/1/0/2/0/0",
         "go-test.package test/package rollup 2\ngo-test.failed test/go-test cause 1\n",
         "failed by gotestsum's totals"},
        {"gotestsum's totals of several runs count a test several times",
         "DONE 2 runs, 9 tests, 2 failures in 0.2s\n", "0/0/0/0/0/0", "",
         "failed by gotestsum's totals"},
        {"gotestsum names packages only", "PASS  acme.io/a (cached)\nFAIL  acme.io/b (20ms)\n",
         "0/0/0/0/0/0", "go-test.package test/package symptom 2\n", "failed by go test"},
        {"nothing of the kind", "--- a/file\n+++ b/file\nFAIL no\nok then\n", "0/0/0/0/0/0", "",
         ""},
    };
    (void)state;
    check_logs(cases, COUNT_OF(cases));
}

static void go_test_json(void **state)
{
#define EVENT(action, test)                                                                        \
    "{\"Time\":\"2024-03-01T10:00:00Z\",\"Action\":\"" action                                      \
    "\",\"Package\":\"p\",\"Test\":\"" test "\"}\n"
    static const struct log_case cases[] = {
        {"pass, skip, fail, rerun",
         EVENT("run", "A") EVENT("pass", "A") EVENT("run", "B") EVENT("fail", "B")
             EVENT("skip", "C") EVENT("fail", "D") EVENT("run", "B") EVENT("pass", "B"),
         "flaky p|B 4\nfailed p|D 6\n1/1/0/1/1/0", "go-test.failed test/go-test cause 6\n",
         "failed by the test tool's output"},
        {"output repeats what go test prints",
         "{\"Action\":\"output\",\"Package\":\"p\",\"Test\":\"A\",\"Output\":\"=== RUN   A\\n\"}\n"
         "{\"Action\":\"output\",\"Package\":\"p\",\"Test\":\"A\",\"Output\":\"--- FAIL: A "
         "(0.00s)\\n\"}\n" EVENT("fail", "A"),
         "failed p|A 3\n0/1/0/0/0/0", "go-test.failed test/go-test cause 3\n",
         "failed by the test tool's output"},
        {"never ended, and cut in mid-event",
         EVENT("run", "A") "{\"Action\":\"fail\",\"Package\":\"p\",\"Te",
         "unfinished p|A 1\n0/0/0/0/0/1",
         "go-test.unfinished test/unfinished symptom 1\n"
         "silence.cut infra-node/mid-line rollup 2\n",
         ""},
        {"packages",
         "{\"Action\":\"fail\",\"Package\":\"p\",\"Elapsed\":0.1}\n"
         "{\"ImportPath\":\"q [q.test]\",\"Action\":\"build-fail\"}\n"
         "{\"Action\":\"fail\",\"Package\":\"q\",\"FailedBuild\":\"q [q.test]\"}\n",
         "0/0/0/0/0/0",
         "go-test.package test/package rollup 1\n"
         "go-test.build-failed compile/go-build-failed symptom 2\n"
         "go-test.build-failed compile/go-build-failed symptom 3\n",
         "failed by go test"},
        {"panics and races",
         "{\"Action\":\"output\",\"Package\":\"p\",\"Output\":\"panic: boom\\n\"}\n"
         "{\"Action\":\"output\",\"Package\":\"p\",\"Output\":\"WARNING: DATA RACE\\n\"}\n",
         "0/0/0/0/0/0", "go-test.panic panic/go cause 1\ngo-test.race test/data-race cause 2\n",
         ""},
        {"the time limit",
         "{\"Action\":\"output\",\"Output\":\"panic: test timed out after 1s\\n\"}\n",
         "0/0/0/0/0/0", "go-test.timeout timeout/go-test definite 1\n", ""},
        {"a word of it in other JSON",
         "{\"msg\":\"x\",\"Action\":\"fail\"}\n{\"Action\":\"fail\" oops\n", "0/0/0/0/0/0", "", ""},
    };
    (void)state;
    check_logs(cases, COUNT_OF(cases));
}

static void pytest(void **state)
{
    static const struct log_case cases[] = {
        {"quiet",
         "..F.\n=== FAILURES ===\nE       assert 1 == 2\n=== short test summary info ===\n"
         "FAILED tests/test_a.py::test_b[x y] - assert 1 == 2\nERROR tests/test_a.py::test_c - "
         "OSError\n"
         "========= 1 failed, 3 passed, 2 skipped, 1 xfailed, 1 error in 1.23s =========\n",
         "failed tests/test_a.py::test_b[x y] 5\nfailed tests/test_a.py::test_c 6\n3/2/0/3/0/0",
         "pytest.failed test/pytest cause 5\npytest.failed test/pytest cause 6\n",
         "failed by pytest's totals"},
        {"before pytest 5 only the headings name what failed",
         "..F\n==== FAILURES ====\n____ TestA.test_b[x y] ____\n_ _ _ _ _\nE   assert 0\n"
         "_ ERROR at setup of test_c _\n TestA.test_wide[a b] \n==== 3 failed, 1 passed in 0.87 "
         "seconds ====\n",
         "failed TestA.test_b[x y] 3\nfailed test_c 6\nfailed TestA.test_wide[a b] 7\n"
         "1/3/0/0/0/0",
         "pytest.failed test/pytest symptom 3\npytest.failed test/pytest symptom 6\n"
         "pytest.failed test/pytest symptom 7\n",
         "failed by pytest's totals"},
        {"a heading outside of the reports, and a folder that cannot be collected",
         "____ TestA.test_b ____\n==== ERRORS ====\n____ ERROR collecting tests/x ____\n"
         "==== short test summary info ====\nERROR tests/x - KeyError: 'y'\n==== 1 error in 0.1s "
         "====\n",
         "failed tests/x 5\n0/1/0/0/0/0", "pytest.failed test/pytest cause 5\n",
         "failed by pytest's totals"},
        {"a test that a warning names does not run",
         "==== warnings summary ====\ntests/a.py::test_1\n  /x.py:3: DeprecationWarning: old\n"
         "==== 3 passed, 1 warning in 0.1s ====\n",
         "3/0/0/0/0/0", "", "passed by pytest's totals"},
        {"verbose: the summary's line says more, each test counts once",
         "tests/a.py::test_1 PASSED                     [ 33%]\n"
         "tests/a.py::test_2[a-b] FAILED                [ 66%]\n"
         "tests/a.py::test_3 SKIPPED (no net)           [100%]\n"
         "FAILED tests/a.py::test_2[a-b] - ValueError: x\n== 1 failed, 1 passed, 1 skipped in "
         "0.10s ==\n",
         "failed tests/a.py::test_2[a-b] 4\n1/1/0/1/0/0", "pytest.failed test/pytest cause 4\n",
         "failed by pytest's totals"},
        {"xdist and reruns",
         "[gw0] [ 10%] RERUN tests/a.py::test_f\n[gw0] [ 10%] PASSED tests/a.py::test_f\n"
         "[gw1] [ 20%] PASSED tests/a.py::test_g\n=== 2 passed, 1 rerun in 3.00s ===\n",
         "flaky tests/a.py::test_f 1\n1/0/0/0/1/0", "", "passed by pytest's totals"},
        {"hangs in a test", "tests/a.py::test_1 PASSED [ 50%]\ntests/a.py::test_2[a b] ",
         "unfinished tests/a.py::test_2[a b] "
         "2\n1/0/0/0/0/1",
         "pytest.unfinished test/unfinished symptom 2\n"
         "silence.cut infra-node/mid-line rollup 2\n",
         ""},
        {"collection",
         "ERROR tests/a.py - ImportError: no\n!!!!!! Interrupted: 1 error during collection "
         "!!!!!!\n"
         "=== 1 error in 0.10s ===\n",
         "failed tests/a.py 1\n0/1/0/0/0/0",
         "pytest.collection test/pytest-collection symptom 2\npytest.failed test/pytest cause 1\n",
         "failed by pytest's totals"},
        {"passes", "== 12 passed, 3 warnings in 0.52s ==\n12 passed in 0.1s\n", "24/0/0/0/0/0", "",
         "passed by pytest's totals"},
        {"others speak of tests", "tests/a.py::test_1 is slow today\nsee tests/a.py::test_2\n",
         "0/0/0/0/0/0", "", ""},
    };
    (void)state;
    check_logs(cases, COUNT_OF(cases));
}

static void ginkgo(void **state)
{
    static const struct log_case cases[] = {
        {"v2",
         "\xe2\x80\xa2 [FAILED] [1.500 seconds]\nKiln [It] heats\n/src/kiln_test.go:7\n\n"
         "Summarizing 1 Failure:\n  [FAIL] Kiln [It] heats\n  /src/kiln_test.go:9\n\n"
         "Ran 3 of 5 Specs in 1.234 seconds\nFAIL! -- 2 Passed | 1 Failed | 1 Pending | 1 "
         "Skipped\n",
         "failed Kiln [It] heats 6\n2/1/0/2/0/0", "ginkgo.failed test/ginkgo cause 6\n",
         "failed by Ginkgo's totals"},
        {"v1 with colours",
         "\x1b[91m\x1b[1mSummarizing 1 Failure:\x1b[0m\n\n"
         "\x1b[91m\x1b[1m[Fail] \x1b[0m\x1b[90mLoom \x1b[0m\x1b[91m\x1b[1m[It] tears \x1b[0m\n"
         "\x1b[1m\x1b[91mRan 4 of 4 Specs in 1 seconds\x1b[0m\n"
         "\x1b[1m\x1b[91mFAIL!\x1b[0m -- \x1b[32m\x1b[1m3 Passed\x1b[0m | \x1b[91m\x1b[1m1 "
         "Failed\x1b[0m | "
         "\x1b[33m\x1b[1m0 Pending\x1b[0m | \x1b[36m\x1b[1m0 Skipped\x1b[0m\n",
         "failed Loom [It] tears 3\n3/1/0/0/0/0", "ginkgo.failed test/ginkgo cause 3\n",
         "failed by Ginkgo's totals"},
        {"attempts: what failed less often passed in the end",
         "Summarizing 3 Failures:\n[Fail] A [It] bad\n[Fail] A [It] bad\n[Fail] B [It] shaky\n"
         "FAIL! -- 5 Passed | 1 Failed | 1 Flaked | 0 Pending | 2 Skipped\n",
         "failed A [It] bad 2\nflaky B [It] shaky 4\n5/1/0/2/1/0",
         "ginkgo.failed test/ginkgo cause 2\n", "failed by Ginkgo's totals"},
        {"only flakes",
         "Summarizing 1 Failure:\n[Fail] B [It] shaky\nSUCCESS! -- 5 Passed | 0 Failed | 1 Flaked "
         "| 0 "
         "Pending | 2 Skipped\n",
         "flaky B [It] shaky 2\n5/0/0/2/1/0", "", "passed by Ginkgo's totals"},
        {"killed before the summary",
         "\xe2\x80\xa2 Failure [2.0 seconds]\nLoom\n/src/loom.go:1\n  tears [It]\n  "
         "/src/loom.go:2\n"
         "\xe2\x80\xa2 [FLAKEY TEST - TOOK 2 ATTEMPTS TO PASS] [1.0 seconds]\nLoom [It] frays\n"
         "\xe2\x80\xa2 [PANICKED] [0.1 seconds]\nLoom [BeforeEach] snaps\n",
         "failed tears [It] 1\nflaky Loom [It] frays 6\nfailed Loom [BeforeEach] snaps "
         "8\n0/2/0/0/1/0",
         "ginkgo.failed test/ginkgo cause 1\nginkgo.failed test/ginkgo cause 8\n",
         "failed by the test tool's output"},
        {"a spec that never ended",
         "  Loom [It] hangs (Spec Runtime: 10m0.5s)\n    /src/loom.go:9\n    In [It] (Node "
         "Runtime: 10m)\n",
         "unfinished Loom [It] hangs 1\n0/0/0/0/0/1",
         "ginkgo.unfinished test/unfinished symptom 1\n", ""},
        {"suites that do not start, time out, panic",
         "A BeforeSuite node failed so all tests were skipped.\n[TIMEDOUT] A suite timeout "
         "occurred\n"
         "  [PANICKED] Test Panicked\n  [PANICKED] Test Panicked\n",
         "0/0/0/0/0/0",
         "ginkgo.before-suite test/before-suite symptom 1\nginkgo.timeout timeout/ginkgo definite "
         "2\n"
         "ginkgo.panicked panic/ginkgo cause 3\n",
         ""},
    };
    (void)state;
    check_logs(cases, COUNT_OF(cases));
}

static void openshift_tests(void **state)
{
    static const struct log_case cases[] = {
        {"all verdicts",
         "started: (0/1/4) \"[sig-a] a \\\"b\\\"\"\nstarted: (0/2/4) \"[sig-b] hangs\"\n"
         "passed: (1m2s) 2024-03-01T10:00:00 \"[sig-a] a \\\"b\\\"\"\nstarted: (0/3/4) \"[sig-c] "
         "fails\"\n"
         "failed: (2.5s) 2024-03-01T10:00:00 \"[sig-c] fails\"\nskipped: (0s) 2024-03-01T10:00:00 "
         "\"s\"\n"
         "failed: (2.5s) 2024-03-01T10:00:00 \"[sig-d] retried\"\n"
         "passed: (2.5s) 2024-03-01T10:00:00 \"[sig-d] retried\"\n"
         "flaked: (2.5s) 2024-03-01T10:00:00 \"[sig-e] flakes\"\n"
         "error: 1 fail, 1 pass, 1 skip (2h3m)\n",
         "failed [sig-c] fails 5\nflaky [sig-d] retried 7\nflaky [sig-e] flakes 9\n"
         "unfinished [sig-b] hangs 2\n1/1/0/1/2/1",
         "openshift-tests.failed test/openshift-tests cause 5\n"
         "openshift-tests.unfinished test/unfinished symptom 2\n",
         "failed by openshift-tests' totals"},
    };
    (void)state;
    check_logs(cases, COUNT_OF(cases));
}

static void tools_with_a_line_a_test(void **state)
{
    static const struct log_case cases[] = {
        {"googletest crashes in a test",
         "[ RUN      ] Math.Adds\n[       OK ] Math.Adds (0 ms)\n[ RUN      ] Math.Divides\n"
         "m.cc:3: Failure\n[  FAILED  ] Math.Divides (1 ms)\n[  SKIPPED ] Math.Roots (0 ms)\n"
         "[ RUN      ] P/Q.R/0\n[  FAILED  ] P/Q.R/0, where GetParam() = 3 (0 ms)\n"
         "[ RUN      ] Math.Crashes\nSegmentation fault (core dumped)\n",
         "failed Math.Divides 5\nfailed P/Q.R/0 8\nunfinished Math.Crashes 9\n1/2/0/1/0/1",
         "test-tools.failed test/googletest cause 5\ntest-tools.failed test/googletest cause 8\n"
         "test-tools.unfinished test/unfinished symptom 9\n",
         "failed by the test tool's output"},
        {"ctest",
         "      Start  1: quick\n 1/4 Test  #1: quick ............   Passed    0.01 sec\n"
         "      Start  2: slow\n 2/4 Test  #2: slow .............***Timeout  10.02 sec\n"
         "      Start  3: off\n 3/4 Test  #3: off ..............***Not Run (Disabled)   0.00 sec\n"
         "      Start  4: hang\n",
         "failed slow 4\nunfinished hang 7\n1/1/0/1/0/1",
         "test-tools.timeout test/ctest cause 4\ntest-tools.unfinished test/unfinished symptom 7\n",
         "failed by the test tool's output"},
        {"cargo",
         "test a::one ... ok\ntest a::two ... FAILED\ntest a::three ... ignored, why\n"
         "test a::four has been running for over 60 seconds\ntest src/lib.rs - f (line 3) ... ok\n",
         "failed a::two 2\nunfinished a::four 4\n2/1/0/1/0/1",
         "test-tools.failed test/cargo-test cause 2\ntest-tools.unfinished test/unfinished symptom "
         "4\n",
         "failed by the test tool's output"},
        {"nextest",
         "        PASS [   0.005s] acme a::one\n        SLOW [> 60.000s] acme a::two\n"
         "  TRY 1 FAIL [   0.015s] acme a::three\n   FLAKY 2/2 [   0.020s] acme a::three\n"
         "        FAIL [   1.005s] acme a::four\n     TIMEOUT [  30.005s] acme a::five\n",
         "flaky acme a::three 3\nfailed acme a::four 5\nfailed acme a::five 6\nunfinished acme "
         "a::two 2\n"
         "1/2/0/0/1/1",
         "test-tools.failed test/nextest cause 5\ntest-tools.failed test/nextest cause 6\n"
         "test-tools.unfinished test/unfinished symptom 2\n",
         "failed by the test tool's output"},
        {"jest names cases twice, and counts them",
         "RUNS  src/a.test.js\nPASS src/a.test.js (5.1 s)\nRUNS  src/b.test.ts\nFAIL "
         "src/b.test.ts\n"
         "  \xe2\x97\x8f Oven \xe2\x80\xba bakes\nRUNS  src/c.test.tsx\nSummary of all failing "
         "tests\n"
         "FAIL src/b.test.ts\n  \xe2\x97\x8f Oven \xe2\x80\xba bakes\n"
         "Tests:       1 failed, 2 skipped, 7 passed, 10 total\n",
         "unfinished src/c.test.tsx 6\nfailed Oven \xe2\x80\xba bakes 5\n7/1/0/2/0/1",
         "test-tools.unfinished test/unfinished symptom 6\ntest-tools.failed test/jest symptom 5\n",
         "failed by the test tool's output"},
        {"jest, a file that does not load",
         "FAIL src/b.test.ts\n  \xe2\x97\x8f Test suite failed to run\n",
         "failed src/b.test.ts 1\n0/1/0/0/0/0", "test-tools.failed test/jest symptom 1\n",
         "failed by the test tool's output"},
        {"others",
         "FAIL: test_x (mod.T.test_x)\ntest_y (mod.T) ... ok\nrspec ./spec/a_spec.rb:3 # A b\n"
         "//pkg:t FAILED in 1.0s\n//pkg:u FLAKY, failed in 1 out of 2 in 3.0s\nFAIL: tests/run.sh\n"
         "  1) Oven bakes:\n",
         "failed Oven bakes 7\nfailed ./spec/a_spec.rb:3 # A b 3\nfailed test_x (mod.T.test_x) 1\n"
         "failed //pkg:t 4\nflaky //pkg:u 5\nfailed tests/run.sh 6\n1/5/0/0/1/0",
         "test-tools.failed test/mocha symptom 7\ntest-tools.failed test/rspec cause 3\n"
         "test-tools.failed test/unittest cause 1\ntest-tools.failed test/bazel cause 4\n"
         "test-tools.failed test/automake cause 6\n",
         "failed by the test tool's output"},
    };
    (void)state;
    check_logs(cases, COUNT_OF(cases));
}

static void totals_of_unittest_and_mocha(void **state)
{
    static const struct log_case cases[] = {
        {"unittest",
         "..F\nFAIL: test_b (acme.OvenTest)\nAssertionError\n\nRan 9 tests in 0.012s\n\n"
         "FAILED (failures=1, skipped=2)\nOK\n",
         "failed test_b (acme.OvenTest) 2\n6/1/0/2/0/0",
         "test-tools.failed test/unittest cause 2\n", "failed by the test tool's output"},
        {"unittest, twice; nose's word; a run without a verdict",
         "Ran 4 tests in 0.1s\n\nOK\nRan 3 tests in 0.1s\n\nOK (KNOWNFAIL=1, SKIP=2)\nRan 1 test "
         "in 1s\n",
         "6/0/0/2/0/0", "", ""},
        {"no run before it", "OK (skipped=3)\nFAILED (failures=1)\n", "0/0/0/0/0/0", "", ""},
        {"mocha, titles in several lines, and the marks while it runs",
         "  Oven\n    1) bakes\n    2) cools\n\n  5 passing (12s)\n  3 pending\n  2 failing\n\n"
         "  1) Oven\n       when hot\n         bakes:\n     Error: cold\n  2) Oven cools:\n\n"
         "     Error: hot\n",
         "failed Oven when hot bakes 9\nfailed Oven cools 13\n5/2/0/3/0/0",
         "test-tools.failed test/mocha symptom 9\ntest-tools.failed test/mocha symptom 13\n",
         "failed by the test tool's output"},
        {"a title that breaks off", "  0 passing (1s)\n  1 failing\n\n  1) Oven",
         "failed Oven 4\n0/1/0/0/0/0",
         "test-tools.failed test/mocha symptom 4\nsilence.cut infra-node/mid-line rollup 4\n",
         "failed by the test tool's output"},
        {"words of somebody else", "3 pending\n  7 failing\n  1) Turn it off\n  2) and on\n",
         "0/0/0/0/0/0", "", ""},
    };
    (void)state;
    check_logs(cases, COUNT_OF(cases));
}

static void maven_and_gradle(void **state)
{
    static const struct log_case cases[] = {
        {"ant, both forms of a case",
         "    [junit] Testsuite: acme.OvenTest\n    [junit] Tests run: 4, Failures: 1, Errors: 1, "
         "Skipped: 1, Time elapsed: 0.1 sec\n    [junit] Testcase: bakes took 0.01 sec\n"
         "    [junit] \tFAILED\n    [junit] cold\n    [junit] Testcase: cools took 0 sec\n"
         "    [junit] Testcase: burns(acme.FireTest):\tCaused an ERROR\n"
         "    [junit] Running acme.PanTest\n    [junit] Tests run: 2, Failures: 0, Errors: 0, Time "
         "elapsed: 0.1 sec\n",
         "failed acme.OvenTest|bakes 4\nfailed acme.FireTest|burns 7\n3/2/0/1/0/0",
         "ant.test-failed test/ant cause 4\nant.test-failed test/ant cause 7\n",
         "failed by the test tool's output"},
        {"surefire 2, a name with blanks",
         "run[5: a(b=C, d=E)](acme.OvenTest)  Time elapsed: 0.027 sec  <<< ERROR!\n",
         "failed run[5: a(b=C, d=E)](acme.OvenTest) 1\n0/1/0/0/0/0",
         "surefire.failed test/surefire cause 1\n", "failed by the test tool's output"},
        {"surefire 3",
         "[ERROR] Tests run: 3, Failures: 1, Errors: 1, Skipped: 0, Time elapsed: 0.1 s <<< "
         "FAILURE! -- in "
         "org.acme.OvenTest\n[ERROR] org.acme.OvenTest.bakes -- Time elapsed: 0.01 s <<< FAILURE!\n"
         "[ERROR] org.acme.OvenTest.burns -- Time elapsed: 0.02 s <<< ERROR!\n[WARNING] Flakes: \n"
         "[WARNING] org.acme.OvenTest.cools\n[ERROR]   Run 1: x\n[INFO]   Run 2: PASS\n"
         "[ERROR] Tests run: 10, Failures: 1, Errors: 1, Skipped: 2, Flakes: 1\n",
         "failed org.acme.OvenTest.bakes 2\nfailed org.acme.OvenTest.burns 3\n"
         "flaky org.acme.OvenTest.cools 5\n5/2/0/2/1/0",
         "surefire.totals test/surefire symptom 8\nsurefire.failed test/surefire cause 2\n"
         "surefire.failed test/surefire cause 3\n",
         "failed by Surefire's totals"},
        {"surefire 2, two modules",
         "bakes(org.acme.OvenTest)  Time elapsed: 0.01 sec  <<< FAILURE!\n"
         "Tests run: 2, Failures: 1, Errors: 0, Skipped: 0\nTests run: 3, Failures: 0, Errors: 0, "
         "Skipped: 1\n",
         "failed bakes(org.acme.OvenTest) 1\n3/1/0/1/0/0",
         "surefire.totals test/surefire symptom 2\nsurefire.failed test/surefire cause 1\n",
         "failed by Surefire's totals"},
        {"gradle",
         "OvenTest > bakes() FAILED\n    java.lang.AssertionError\n\n12 tests completed, 1 failed, "
         "2 skipped\n",
         "failed OvenTest > bakes() 1\n9/1/0/2/0/0", "gradle.test-failed test/gradle cause 1\n",
         "failed by the test tool's output"},
    };
    (void)state;
    check_logs(cases, COUNT_OF(cases));
}

static void test_anything_protocol(void **state)
{
    static const struct log_case cases[] = {
        {"directives are no failures",
         "TAP version 14\nok 1 - a\nnot ok 2 - b c\nnot ok 3 - d # TODO later\nnot ok 4 # skip e\n "
         "   not ok "
         "5 - inner\nnot ok 6\n",
         "failed b c 3\nfailed inner 6\nfailed not ok 6 7\n0/3/0/0/0/0",
         "tap.failed test/tap cause 3\ntap.failed test/tap cause 6\ntap.failed test/tap cause 7\n",
         "failed by the test tool's output"},
    };
    (void)state;
    check_logs(cases, COUNT_OF(cases));
}

/* A log that never stops naming tests costs no more than its bounds. */
static void many_tests_are_counted(void **state)
{
    enum { COUNT = 20000 };
    char *text = malloc((size_t)COUNT * 64);
    size_t len = 0;
    (void)state;
    assert_non_null(text);
    for (int i = 0; i < COUNT; i++)
        len += (size_t)sprintf(text + len, "=== RUN   TestN%d\n%s: TestN%d (0.00s)\n", i,
                               i % 2 == 0 ? "--- FAIL" : "--- PASS", i);
    const struct evidence *e =
        analyze_file("build-log.txt", (struct sv){.ptr = text, .len = len}, 65536);
    assert_string_equal(analyzing->end.problem, "");
    assert_int_equal(e->counts.failed, COUNT / 2);
    assert_int_equal(e->counts.passed, COUNT / 2);
    assert_int_equal(e->counts.unfinished, 0);
    len = 0;
    for (int i = 0; i < COUNT; i++)
        len += (size_t)sprintf(text + len, "=== RUN   TestN%d\n", i);
    e = analyze_file("build-log.txt", (struct sv){.ptr = text, .len = len}, 65536);
    assert_string_equal(analyzing->end.problem, "");
    assert_int_equal(e->counts.unfinished, 64);
    assert_int_equal(e->finding_count, 3);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(go_test_text),
        cmocka_unit_test(go_test_json),
        cmocka_unit_test(pytest),
        cmocka_unit_test(ginkgo),
        cmocka_unit_test(openshift_tests),
        cmocka_unit_test(tools_with_a_line_a_test),
        cmocka_unit_test(totals_of_unittest_and_mocha),
        cmocka_unit_test(maven_and_gradle),
        cmocka_unit_test(test_anything_protocol),
        cmocka_unit_test(many_tests_are_counted),
    };
    return cmocka_run_group_tests(tests, analyzing_set_up, analyzing_tear_down);
}
