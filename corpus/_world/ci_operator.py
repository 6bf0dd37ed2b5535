"""What ci-operator leaves of a run: its log on standard output, ci-operator.log, the step graph, junit_operator.xml,
and a folder a step. Told by a Run, which says what happened when; the logs of steps are files of the case."""
import dataclasses
import json
import xml.sax.saxutils

import prow

COLOURS = {"INFO": 36, "WARN": 33, "ERRO": 31, "FATA": 31}


@dataclasses.dataclass
class Step:
    """A step of a multi-stage test, or the one container of a simple test (phase "")."""
    name: str
    took: int
    phase: str = ""          # pre, test, post
    code: int = 0            # exit code of the test container
    log: str = ""            # a file of logs/_steps; "": <target>/<name>/build-log.txt of the case
    lost: str = ""           # the pod never ended by itself: what ci-operator says of it
    best_effort: bool = False

    @property
    def failed(self):
        return self.code != 0 or self.lost != ""


@dataclasses.dataclass
class Run:
    steps: tuple = ()
    reason: str = ""         # the chain; "" when all went well
    before: str = ""         # it ended before any step: the error, in one or more lines
    before_took: int = 3
    build: tuple = ("src", 95)   # the image built first, and its seconds
    build_error: str = ""    # ... failed: what is printed of it
    lease: str = ""          # resource type asked of Boskos
    lease_error: str = ""    # ... not got: why, after two hours
    release: str = ""        # payload imported
    skipped: tuple = ()      # names of steps that did not run


class Writer:
    """Both forms of ci-operator's log, and the clock."""

    def __init__(self, build):
        self.build, self.now = build, build.test_start
        self.text, self.lines = [], []

    def say(self, message, level="INFO", wait=0):
        self.now += wait
        head = f"\x1b[{COLOURS[level]}m{level}\x1b[0m[{prow.rfc3339(self.now)}] "
        self.text.append(head + message.ljust(44) + "\n")
        name = {"INFO": "info", "WARN": "warning", "ERRO": "error", "FATA": "fatal"}[level]
        self.lines.append(prow.compact({"level": name, "msg": message, "time": prow.rfc3339(self.now)}))


@dataclasses.dataclass
class Node:
    """An entry of the step graph and a case of junit_operator.xml."""
    name: str
    description: str
    begin: int
    end: int
    needs: tuple = ()
    failure: str = ""
    substeps: tuple = ()

    def graph(self):
        out = {"name": self.name, "description": self.description, "dependencies": list(self.needs),
               "started_at": prow.rfc3339(self.begin), "finished_at": prow.rfc3339(self.end),
               "duration": (self.end - self.begin) * 10 ** 9, "failed": self.failure != ""}
        if self.substeps:
            out["substeps"] = [s.graph() for s in self.substeps]
        return out

    def case(self):
        name = xml.sax.saxutils.quoteattr(self.description)
        head = f'<testcase name={name} time="{self.end - self.begin}"'
        if not self.failure:
            return f"    {head}></testcase>\n"
        text = xml.sax.saxutils.escape(self.failure.replace("\x1b", "\ufffd"))  # as Go's encoder does
        return f'    {head}>\n      <failure message="">{text}</failure>\n    </testcase>\n'


def tail(text, lines=16):
    return "\n".join(text.rstrip("\n").split("\n")[-lines:])


class Story:
    """Walks through a run; `files` holds what it left below artifacts/."""

    def __init__(self, build, step_log):
        self.build, self.run, self.target = build, build.ci, build.job.target
        self.step_log = step_log      # (step, when it began) -> its log
        self.w, self.nodes, self.files = Writer(build), [], {}
        self.steps, self.rows = [], []  # of a multi-stage test: its steps, and they with their phases

    def pod(self, step):
        return self.target if not step.phase else f"{self.target}-{step.name}"

    def begin(self):
        b, w = self.build, self.w
        w.say("ci-operator version v20260226-4c1f6a7e2")
        w.say(f"Loading configuration from https://config.ci.acme.example for {b.job.extra or b.job.repo}@main", wait=1)
        if self.run.before:
            return
        merging = ", merging: " + ", ".join(f"#{p.number} {b.pull_sha(p)[:8]} @{p.author}" for p in b.pulls) if b.pulls else ""
        w.say(f"Resolved source https://github.com/{b.job.repo} to main@{b.base_sha[:8]}{merging}", wait=1)
        if self.run.release:
            w.say(f"Resolved release latest to registry.ci.acme.example/ocp/release:{self.run.release}", wait=2)
        w.say(f"Using namespace https://console.{b.job.cluster}.ci.acme.example/k8s/cluster/projects/{b.namespace}", wait=1)
        steps = ["[input:root]", self.run.build[0]] + (["[release:latest]"] if self.run.release else []) + [self.target]
        w.say("Running " + ", ".join(steps))
        w.say("Tagging ci/builder:rhel-8-golang-1.19 into pipeline:root.", wait=6)
        self.nodes.append(Node("[input:root]", "Find the input image root and tag it into the pipeline", w.now - 6, w.now))

    def image(self):
        name, took = self.run.build
        w, begin = self.w, self.w.now
        w.say(f"Building {name}")
        w.say(f'Created build "{name}-amd64"', wait=1)
        description = {"src": "Clone the correct source code into an image and tag it as src"}.get(
            name, f"Build image {name} from the repository")
        error = self.run.build_error
        if error:
            w.say(f"Build {name}-amd64 failed, printing logs:", wait=took)
            w.text.append(error + "\n")
            failure = f"error occurred handling build {name}-amd64: the build {name}-amd64 failed after {duration(took)} " \
                      "with reason DockerBuildFailed: Dockerfile build strategy has failed."
        else:
            w.say(f"Build {name}-amd64 succeeded after {duration(took)}", wait=took)
            failure = ""
        self.nodes.append(Node(name, description, begin, w.now, ("[input:root]",), failure))
        if self.run.release and not error:
            w.say(f"Importing release {self.run.release} created to latest", wait=3)
            w.say("Snapshot integration stream into release latest to tag release:latest", wait=14)
            self.nodes.append(Node("[release:latest]", "Find all of the input images from the release and tag them into the "
                                   "output image stream", w.now - 17, w.now))
        return failure

    def one_step(self, step):
        """Runs a step; the failure as a sentence, or ""."""
        b, w, pod, begin = self.build, self.w, self.pod(step), self.w.now
        if step.phase:
            w.say(f"Running step {pod}.", wait=1)
        else:
            w.say(f"Executing test {pod}", wait=1)
        text = self.step_log(step, w.now)
        w.now += step.took
        place = self.target + "/" + (step.name + "/" if step.phase else "")
        if not step.lost:
            self.files[place + "finished.json"] = prow.compact(
                {"timestamp": w.now, "passed": step.code == 0, "result": "SUCCESS" if step.code == 0 else "FAILURE",
                 "revision": b.pull_sha(b.pulls[0]) if b.pulls else "main"})
        if text:
            self.files[place + "build-log.txt"] = text
            self.files[place + "sidecar-logs.json"] = prow.compact(
                {"component": "sidecar", "level": "info", "msg": "Finished upload", "time": prow.rfc3339(w.now)}) + "\n"
        if not step.failed:
            w.say(f"Step {pod} succeeded after {duration(step.took)}." if step.phase else
                  f"Test {pod} succeeded after {duration(step.took)}")
            failure = ""
        elif step.lost:
            failure = f'"{self.target}" pod "{pod}" failed: could not watch pod: ' + \
                step.lost.format(pod=pod, namespace=b.namespace)
        else:
            failure = f'"{self.target}" pod "{pod}" failed: could not watch pod: the pod {b.namespace}/{pod} failed after ' \
                f"{duration(step.took)} (failed containers: test): ContainerFailed one or more containers exited\n\n" \
                f"Container test exited with code {step.code}, reason Error\n---\n{tail(text)}\n---"
        if failure:
            if not step.lost:
                w.say(f"Logs for container test in pod {pod}:")
                w.text.append("".join(text.splitlines(True)[-60:]))
            w.say(f"Step {pod} failed after {duration(step.took)}." if step.phase else
                  f"Test {pod} failed after {duration(step.took)}")
            if step.best_effort:
                w.say(f"Pod {pod} is running in best-effort mode, ignoring the failure...")
        description = f"Run multi-stage test {self.target} - {pod} container test" if step.phase else f"Run test {self.target}"
        return Node(pod, description, begin, w.now, (self.run.build[0],), failure)

    def phases(self):
        """The steps; sentences of the phases that failed."""
        w, failures = self.w, []
        for phase in ("pre", "test", "post"):
            steps = [s for s in self.run.steps if s.phase == phase and s.name not in self.run.skipped]
            if not steps:
                continue
            begin, bad, nodes = w.now, [], []
            w.say(f"Running multi-stage phase {phase}")
            for step in steps:
                nodes.append(self.one_step(step))
                if nodes[-1].failure and not step.best_effort:
                    bad.append(nodes[-1].failure)
                    if phase != "post":
                        break
            state = "failed" if bad else "succeeded"
            w.say(f"Step phase {phase} {state} after {duration(w.now - begin)}.")
            self.steps += nodes
            self.rows += nodes + [
                Node("", f"Run multi-stage test {phase} phase", begin, w.now, (), bad[0] if bad else "")]
            failures += [f'"{self.target}" {phase} steps failed: {f}' for f in bad]
        return failures

    def test(self):
        w, begin = self.w, self.w.now
        if self.run.lease:
            w.say(f"Acquiring leases for test {self.target}: [{self.run.lease}]", wait=1)
            if self.run.lease_error:
                failure = f'failed to acquire lease for "{self.run.lease}": {self.run.lease_error}'
                w.now += 7200
                self.nodes.append(Node(self.target, f"Run multi-stage test {self.target}", begin, w.now, (self.run.build[0],), failure))
                return [f"could not run steps: step {self.target} failed: {failure}"]
            w.say(f"Acquired 1 lease(s) for {self.run.lease}: [{self.run.lease}-{self.build.base_sha[:2]}]", wait=8)
        if any(s.phase for s in self.run.steps):
            w.say(f"Running multi-stage test {self.target}")
            failures = self.phases()
            if self.run.lease:
                w.say(f"Releasing leases for test {self.target}", wait=1)
            failure = "\n".join(failures)
            self.nodes.append(Node(self.target, f"Run multi-stage test {self.target}", begin, w.now, (self.run.build[0],),
                                   failure, tuple(self.steps)))
            return [f"could not run steps: step {self.target} failed: {f}" for f in failures]
        node = self.one_step(self.run.steps[0])
        self.nodes.append(node)
        return [f"could not run steps: step {self.target} failed: {node.failure.replace(' pod', ' test pod', 1)}"] \
            if node.failure else []

    def tell(self):
        """Everything; returns standard output."""
        w, run = self.w, self.run
        self.begin()
        failures = []
        if run.before:
            w.now += run.before_took
            failures = [run.before]
        else:
            failure = self.image()
            failures = [f"could not run steps: step {run.build[0]} failed: {failure}"] if failure else self.test()
        w.say(f"Ran for {duration(w.now - self.build.test_start)}", wait=2)
        if failures:
            w.say("Some steps failed:", "ERRO")
            w.say("\n  * " + "\n  * ".join(failures), "ERRO")
            w.say(f"Reporting job state 'failed' with reason '{run.reason}'")
        else:
            w.say("Reporting job state 'succeeded'")
        self.files["ci-operator.log"] = "\n".join(w.lines) + "\n"
        self.documents(failures)
        return "".join(w.text)

    def documents(self, failures):
        begin, end = self.build.test_start, self.w.now
        rows = []
        for node in self.nodes:
            rows += self.rows + [node] if node.substeps else [node]
        bad = sum(n.failure != "" for n in rows)
        suite = "step graph" if rows else "job"
        if not rows:
            rows, bad = [Node("", "initialize", begin, end, (), failures[0])], 1
        self.files["junit_operator.xml" if self.nodes else "junit_job.xml"] = \
            f'<testsuites>\n  <testsuite name="{suite}" tests="{len(rows)}" skipped="0" failures="{bad}" time="{end - begin}">\n' \
            "    <properties></properties>\n" + "".join(n.case() for n in rows) + "  </testsuite>\n</testsuites>\n"
        if self.nodes:
            self.files["ci-operator-step-graph.json"] = json.dumps([n.graph() for n in self.nodes], indent=1) + "\n"
        self.files["metadata.json"] = prow.compact({"repo": self.build.job.repo, "pod": self.build.name,
                                                    "work-namespace": self.build.namespace})


def duration(total):
    hours, minutes = total // 3600, total % 3600 // 60
    return (f"{hours}h" if hours else "") + (f"{minutes}m" if hours or minutes else "") + f"{total % 60}s"
