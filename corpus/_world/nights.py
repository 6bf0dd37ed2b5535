"""Nights before the sample world's: six jobs that run again and again, simulated, so that the nightly report has a history.

What happens to each test is in the tables below; chance comes from a fixed seed. `builds(count)` gives the builds of `count`
nights, of which the last ends on LAST at 06:00. `expected(count)` says what the report must make of the tests."""
import dataclasses
import random
import time
from xml.sax.saxutils import escape, quoteattr

from prow import Build, Job, Pull, rfc3339, seconds, sha

LAST = "2026-03-02T06:00:00Z"
DAY = 24 * 3600


@dataclasses.dataclass
class Trouble:
    """A test that does not simply pass. `rate` is of nights counted from the last, which is 0: (from, to, share that fails)."""
    test: str
    message: str
    rate: tuple
    becomes: str           # its class in the report of the last night
    rescued: bool = False  # a retry inside the build passes


@dataclasses.dataclass
class Suite:
    job: Job
    kind: str              # pytest, go, surefire
    hours: tuple           # of the day before the report, at which it runs
    took: int
    tests: tuple
    troubles: tuple = ()
    ends: int = 0          # nights before the last in which it still ran: the last one has none


def names(stem, count):
    return tuple(f"{stem}_{word}" for word in ("opens", "closes", "reads", "writes", "lists", "copies", "merges", "splits", "sorts", "packs",
                 "unpacks", "sends", "receives", "resumes", "expires", "renews")[:count])


def go_names(*stems):
    return tuple("Test" + stem + word for stem in stems for word in
                 ("Open", "Close", "Read", "Write", "List", "Copy", "Merge", "Sort"))


SUITES = (
    Suite(Job("periodic-acme-orbit-telemetry", "periodic", "acme/orbit", image="registry.acme.example/ci/python:3.11"), "pytest",
          (8, 14, 20, 23), 900, names("tests/test_stream.py::test_stream", 14) + names("tests/test_frame.py::test_frame", 15), (
        Trouble("tests/test_stream.py::test_stream_resumes", "TimeoutError: no frame from 10.0.{n}.7:45{n} within 5.0 s",
                ((13, 0, .2),), "flaky"),
        Trouble("tests/test_frame.py::test_frame_merges", "assert 0.{n} == 0.5", ((13, 5, .45),), "fixed"),
        Trouble("tests/test_frame.py::test_frame_expires", "AssertionError: frame 7{n} is older than 300 s", ((13, 4, .02), (3, 0, .6)),
                "got-worse"))),
    Suite(Job("periodic-acme-forge-integration", "periodic", "acme/forge", cluster="build02"), "go", (7, 13, 19, 22), 1260,
          go_names("Archive", "Mirror", "Pool"), (
        Trouble("TestMirrorCopy", "mirror_test.go:88: copied 4{n} of 512 files, want all of them", ((3, 0, 1.),), "broken"),
        Trouble("TestPoolMerge", "pool_test.go:141: 2 workers still busy after 3{n}ms", ((13, 0, .12),), "flaky", rescued=True))),
    Suite(Job("post-acme-ledger-integration", "postsubmit", "acme/ledger", image="registry.acme.example/ci/maven:3.8-17"), "surefire",
          (9, 11, 15, 17, 21), 700, tuple(f"example.acme.ledger.{c}Test.{m}" for c in ("Account", "Balance", "Journal", "Period", "Rate", "Tax")
                                          for m in ("addsUp", "rounds", "closes", "reopens")), (
        Trouble("example.acme.ledger.RateTest.rounds", "org.opentest4j.AssertionFailedError: expected: <1.0{n}> but was: <1.0>",
                ((0, 0, .5),), "new"),
        Trouble("example.acme.ledger.PeriodTest.reopens", "java.lang.IllegalStateException: period 2026-{n} is closed",
                ((13, 11, .9), (0, 0, .8)), "returning"))),
    Suite(Job("pull-acme-portal-e2e", "presubmit", "acme/portal", image="registry.acme.example/ci/python:3.11"), "pytest",
          (8, 10, 12, 16, 18, 20), 1500, names("e2e/test_basket.py::test_basket", 8) + names("e2e/test_login.py::test_login", 8), (
        Trouble("e2e/test_basket.py::test_basket_merges", "playwright._impl._errors.TimeoutError: Timeout {n}000ms exceeded.",
                ((13, 0, .25),), "flaky"),)),
    Suite(Job("ci-acme-node-conformance", "periodic", "acme/node-e2e"), "go", (6, 15, 21), 2400, go_names("Volume", "Network", "Probe", "Evict")),
    Suite(Job("periodic-acme-charts-links", "periodic", "acme/charts", image="registry.acme.example/ci/python:3.11"), "pytest", (10, 22), 300,
          names("tests/test_links.py::test_links", 6), ends=1),
)

OUTAGE_NIGHT, OUTAGE_HOURS = 2, range(13, 17)  # the image registry answers with 503
BAD_BUILD = ("post-acme-ledger-integration", 4, 15)  # job, night, hour: nearly every test fails


# ---- what the tools print ----

def pytest_log(run):
    log = ["+ python3 -m pytest -v -p no:cacheprovider --junitxml=/logs/artifacts/junit_pytest.xml",
           "=" * 29 + " test session starts " + "=" * 30, "platform linux -- Python 3.11.2, pytest-7.2.1, pluggy-1.0.0+repack -- /usr/bin/python3",
           f"rootdir: /home/prow/go/src/github.com/{run.job.repo}, configfile: pyproject.toml", f"collecting ... collected {len(run.tests)} items", ""]
    for i, (test, message) in enumerate(run.tests):
        share = f"[{(i + 1) * 100 // len(run.tests):3d}%]"
        log.append(f"{test} {'FAILED' if message else 'PASSED'}".ljust(73) + share)
    failed = [(t, m) for t, m in run.tests if m]
    if failed:
        log += ["", "=" * 35 + " FAILURES " + "=" * 35]
    for test, message in failed:
        function, file = test.split("::")[1], test.split("::")[0]
        log += [f"_{'_' * 30} {function} {'_' * 30}", "", f"    def {function}(sky):", ">       check(sky.now())", "", f"E       {message}", "",
                f"{file}:41: {message.split(':')[0] if ':' in message else 'AssertionError'}"]
    if failed:
        log += ["=" * 27 + " short test summary info " + "=" * 28] + [f"FAILED {t} - {m}" for t, m in failed]
    counts = (f"{len(failed)} failed, " if failed else "") + f"{len(run.tests) - len(failed)} passed in {run.took / 10:.2f}s"
    return log + [f"{'=' * 25} {counts} {'=' * 25}"]


def go_log(run):
    log, pkg = [f"+ go test -v ./{run.job.repo.split('/')[1]}/..."], f"example.com/{run.job.repo}/pkg"
    for test, message in run.tests:
        took = f"({run.seconds_of(test):.2f}s)"
        if test in run.rescued:
            log += [f"=== RUN   {test}", f"    {run.rescued[test]}", f"--- FAIL: {test} {took}", f"=== RUN   {test}", f"--- PASS: {test} {took}"]
        else:
            log += [f"=== RUN   {test}"] + ([f"    {message}"] if message else []) + [f"--- {'FAIL' if message else 'PASS'}: {test} {took}"]
    bad = any(m for _, m in run.tests)
    return log + (["FAIL", f"FAIL\t{pkg}\t{run.took / 10:.3f}s", "FAIL"] if bad else ["PASS", f"ok  \t{pkg}\t{run.took / 10:.3f}s"])


def surefire_log(run):
    log, failed = ["[INFO] -------------------------------------------------------", "[INFO]  T E S T S",
                   "[INFO] -------------------------------------------------------"], []
    for name in sorted({t.rpartition(".")[0] for t, _ in run.tests}):
        mine = [(t.rpartition(".")[2], m) for t, m in run.tests if t.rpartition(".")[0] == name]
        bad = [(t, m) for t, m in mine if m]
        mark, end = ("[ERROR]", " <<< FAILURE!") if bad else ("[INFO]", "")
        log += [f"[INFO] Running {name}", f"{mark} Tests run: {len(mine)}, Failures: {len(bad)}, Errors: 0, Skipped: 0, Time elapsed: 0.41 s{end}"
                f" - in {name}"]
        for test, message in bad:
            log += [f"[ERROR] {name}.{test}  Time elapsed: 0.02 s  <<< FAILURE!", message,
                    f"\tat {name}.{test}({name.rpartition('.')[2]}.java:31)", ""]
            failed.append(f"[ERROR]   {name.rpartition('.')[2]}.{test}:31 {message.partition(': ')[2]}")
    log += ["[INFO] ", "[INFO] Results:", "[INFO] "] + (["[ERROR] Failures: "] + failed if failed else [])
    mark = "[ERROR]" if failed else "[INFO]"
    log.append(f"{mark} Tests run: {len(run.tests)}, Failures: {len(failed)}, Errors: 0, Skipped: 0")
    return log + (["[INFO] BUILD FAILURE"] if failed else ["[INFO] BUILD SUCCESS"])


LOGS = {"pytest": pytest_log, "go": go_log, "surefire": surefire_log}
OUTAGE = ["+ buildah pull registry.acme.example/ci/runtime:2026-02",
          "Trying to pull registry.acme.example/ci/runtime:2026-02...",
          "Error: initializing source docker://registry.acme.example/ci/runtime:2026-02: reading manifest 2026-02 in "
          "registry.acme.example/ci/runtime: received unexpected HTTP status: 503 Service Unavailable"]


def case(kind, test, content, took):
    if kind == "pytest":
        file, name = test.split("::")
        who = f'classname={quoteattr(file[:-3].replace("/", "."))} name={quoteattr(name)}'
    elif kind == "go":
        who = f'classname="pkg" name={quoteattr(test)}'
    else:
        who = f'classname={quoteattr(test.rpartition(".")[0])} name={quoteattr(test.rpartition(".")[2])}'
    return f'<testcase {who} time="{took:.3f}">{content}</testcase>'


def junit(run):
    out, bad = [], 0
    for test, message in run.tests:
        text = run.rescued.get(test) or message
        failure = f"<failure message={quoteattr(text)}>{escape(text)}</failure>" if text else ""
        bad += bool(failure)
        out.append(case(run.kind, test, failure, run.seconds_of(test)))
        if test in run.rescued:
            out.append(case(run.kind, test, "", run.seconds_of(test)))
    return (f'<?xml version="1.0" encoding="UTF-8"?><testsuites><testsuite name="{run.kind}" tests="{len(out)}" failures="{bad}">' +
            "\n" + "\n".join(out) + "\n</testsuite></testsuites>\n")


# ---- one run ----

class Run:
    """What one build of a suite did."""

    def __init__(self, suite, night, hour, luck):
        self.job, self.kind, self.took, self.rescued = suite.job, suite.kind, suite.took + luck.randrange(120), {}
        troubles, self.tests = {t.test: t for t in suite.troubles}, []
        bad = (suite.job.name, night, hour) == BAD_BUILD
        for test in suite.tests:
            t, message = troubles.get(test), ""
            roll, number = luck.random(), luck.randrange(10, 99)  # always drawn: one test's luck moves no other's
            if t and any(a >= night >= b and roll < share for a, b, share in t.rate):
                message = t.message.format(n=number)
                if t.rescued:
                    self.rescued[test], message = message, ""
            elif bad and number < 90:
                message = "java.sql.SQLTransientConnectionException: HikariPool-1 - Connection is not available"
            self.tests.append((test, message))

    def seconds_of(self, test):
        return (len(test) * 37 % 90) / 100 + .01

    @property
    def failed(self):
        return any(message for _, message in self.tests)


def commit(suite, night, hour):
    """Trunk moves twice a day; a pull request is pushed once a night and run again while it is red."""
    return sha("night", suite.job.repo, night, 0 if suite.job.type == "periodic" and hour < 12 else hour)


def build_of(suite, night, hour, when, luck, pull, retest):
    run = Run(suite, night, hour, luck)
    outage = night == OUTAGE_NIGHT and hour in OUTAGE_HOURS
    texts = {"build-log.txt": "\n".join(OUTAGE if outage else LOGS[suite.kind](run)) + "\n"}
    if not outage:
        texts["artifacts/junit.xml"] = junit(run)
    failed = outage or run.failed
    return Build(f"night-{suite.job.name}-{night}-{hour}", suite.job, rfc3339(when), 80 if outage else run.took,
                 "failure" if failed else "success", pulls=(pull,) if pull else (), retest=retest, texts=texts,
                 commit=commit(suite, night, hour)), failed


def builds(count):
    out, end = [], seconds(LAST)
    for suite in SUITES:
        luck = random.Random(suite.job.name)
        for night in range(count - 1, -1, -1):
            pull, red, push = None, False, 0
            for hour in suite.hours:
                when = end - (night + 1) * DAY + (hour - 6) % 24 * 3600 + luck.randrange(1500)
                if suite.job.type == "presubmit" and not red:
                    push += 1
                    pull = Pull(400 + count - night, "lotte", "Night work", push)
                build, failed = build_of(suite, night, hour, when, luck, pull, red)
                if suite.job.type == "presubmit":
                    build.commit = sha("night", suite.job.repo, night)
                red = failed
                if night >= suite.ends:
                    out.append(build)
    return sorted(out, key=lambda b: b.start)


def expected():
    """Test and class, of the last of 14 nights."""
    return [(t.test, t.becomes) for suite in SUITES for t in suite.troubles]


def morning(night):
    """When the report of a night is made; 0 is the last."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds(LAST) - night * DAY))
