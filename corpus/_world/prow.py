"""The documents that Prow itself writes of a build: ids, the ProwJob, started.json and finished.json, podinfo.json,
clone records. Everything follows from the table of builds, so that all of them agree."""
import calendar
import dataclasses
import hashlib
import json
import time
import uuid
import zlib

BUCKET = "acme-ci-results"
DECK = "https://prow.acme.example"
EPOCH_MS = 1288834974657  # of the snowflake ids: ms since 1970 is (id >> 22) + EPOCH_MS


def seconds(text):
    return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))


def rfc3339(when):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(when))


def sha(*parts):
    return hashlib.sha1("/".join(map(str, parts)).encode()).hexdigest()


def indented(value):
    """As crier writes: tabs, and a key for every line."""
    return json.dumps(value, indent="\t") + "\n"


def compact(value):
    return json.dumps(value, separators=(",", ":"))


@dataclasses.dataclass
class Job:
    """A configured test."""
    name: str
    type: str            # presubmit, postsubmit, periodic, batch
    repo: str            # org/repo; of a periodic: its extra_refs
    cluster: str = "build01"
    timeout: str = "2h0m0s"
    args: tuple = ()     # of the test container; ci-operator's --target among them
    image: str = "registry.acme.example/ci/builder:2026-02-20"
    labels: dict = dataclasses.field(default_factory=dict)
    compress: bool = False  # the sidecar gzips txt, log, json, html and yaml files over 1 KiB
    optional: bool = False
    extra: str = ""      # the tested repository of a rehearsal

    @property
    def target(self):
        return next((a.partition("=")[2] for a in self.args if a.startswith("--target=")), "")


@dataclasses.dataclass
class Pull:
    number: int
    author: str
    title: str
    push: int = 1        # another push, another sha


@dataclasses.dataclass
class Build:
    """One run. `case` names the folder of its files in logs/ and is its name in expected.tsv."""
    case: str
    job: Job
    start: str           # status.startTime
    took: int            # seconds until completionTime
    state: str = "failure"
    description: str = ""
    pulls: tuple = ()
    result: str = ""     # of finished.json; "" follows from the state, "none": no such file
    files: str = "decorated"  # decorated; crier: prowjob.json and finished.json; none: no folder at all; running
    pod: object = None   # podinfo.json
    clone: str = "ok"    # clone-records.json: or the name of a failure in CLONE_FAILURES
    retest: bool = False
    log: str = ""        # build-log.txt comes from this case
    damage: str = ""     # "cut": the gzipped log lost its end; "empty": finished.json has no bytes
    ci: object = None    # what ci-operator did: a ci_operator.Run
    end: str = ""        # what the entrypoint adds to the log: "timeout", "interrupt"
    texts: dict = None   # its files, where they are not in logs/
    commit: str = ""     # of trunk; "" follows from the day

    @property
    def started(self):
        return seconds(self.start)

    @property
    def running(self):
        return self.state in ("triggered", "pending")

    @property
    def test_start(self):
        """When the test container began."""
        return self.started + 24

    @property
    def test_end(self):
        return self.started + self.took - 9

    @property
    def id(self):
        """"" as long as there is no pod."""
        if self.files == "none":
            return ""
        ms = self.started * 1000 + 1000 + zlib.crc32(self.case.encode()) % 1000
        return str((ms - EPOCH_MS) << 22 | 1 << 12)

    @property
    def name(self):
        return str(uuid.uuid5(uuid.NAMESPACE_URL, "world/" + self.case))

    @property
    def org_repo(self):
        return self.job.repo.split("/")

    @property
    def key(self):
        """The folder in the bucket."""
        if self.job.type == "presubmit":
            return f"pr-logs/pull/{self.job.repo.replace('/', '_')}/{self.pulls[0].number}/{self.job.name}/{self.id}"
        if self.job.type == "batch":
            return f"pr-logs/pull/batch/{self.job.name}/{self.id}"
        return f"logs/{self.job.name}/{self.id}"

    @property
    def url(self):
        return f"{DECK}/view/gs/{BUCKET}/{self.key}" if self.id else ""

    @property
    def namespace(self):
        return "ci-op-" + sha("namespace", self.case)[:8]

    @property
    def base_sha(self):
        return self.commit or sha("main", self.job.repo, self.start[:10])

    def pull_sha(self, pull):
        return sha("pull", self.job.repo, pull.number, pull.push)


# ---- the ProwJob ----

def refs(build, repo, pulls):
    org, name = repo.split("/")
    out = {"org": org, "repo": name, "repo_link": f"https://github.com/{repo}", "base_ref": "main",
           "base_sha": build.base_sha if repo == build.job.repo else sha("main", repo, build.start[:10]), "base_link": f"https://github.com/{repo}/commit/{build.base_sha}"}
    if pulls:
        out["pulls"] = [{"number": p.number, "author": p.author, "sha": build.pull_sha(p), "title": p.title,
                         "link": f"https://github.com/{repo}/pull/{p.number}"} for p in pulls]
    return out


def labels(build):
    job = build.job
    org, repo = build.org_repo
    out = {"created-by-prow": "true", "prow.k8s.io/id": build.name, "prow.k8s.io/job": job.name[:63].strip("._-"),
           "prow.k8s.io/type": job.type, "prow.k8s.io/refs.org": org, "prow.k8s.io/refs.repo": repo,
           "prow.k8s.io/refs.base_ref": "main"}
    if build.id:
        out["prow.k8s.io/build-id"] = build.id
    if build.pulls:
        out["prow.k8s.io/refs.pull"] = str(build.pulls[0].number)
        out["prow.k8s.io/is-optional"] = str(job.optional).lower()
    if build.retest:
        out["prow.k8s.io/retest"] = "true"
    return dict(sorted({**out, **job.labels}.items()))


def decoration(job):
    gcs = {"bucket": BUCKET, "path_strategy": "single", "default_org": "acme", "default_repo": "acme",
           "job_url_prefix": DECK + "/view/"}
    if job.compress:
        gcs["compress_file_types"] = ["txt", "log", "json", "tar", "html", "yaml"]
    return {"timeout": job.timeout, "grace_period": "15m0s", "gcs_configuration": gcs,
            "gcs_credentials_secret": "gcs-credentials",
            "utility_images": {n: f"registry.acme.example/prow/{n}:v20260218" for n in
                               ("clonerefs", "entrypoint", "initupload", "sidecar")}}


def prowjob(build):
    job = build.job
    spec = {"type": job.type, "agent": "kubernetes", "cluster": job.cluster, "namespace": "test-pods", "job": job.name}
    if job.type == "periodic":
        spec["extra_refs"] = [refs(build, job.repo, ())]
    else:
        spec["refs"] = refs(build, job.repo, build.pulls)
        if job.extra:
            spec["extra_refs"] = [dict(refs(build, job.extra, ()), workdir=True)]
    if job.type == "presubmit":
        spec["context"] = "ci/prow/" + job.name.rpartition("-main-")[2]
        spec["rerun_command"] = "/test " + job.name.rpartition("-main-")[2]
    container = {"name": "", "image": job.image, "command": ["ci-operator"] if job.target else ["hack/ci.sh"],
                 "resources": {"requests": {"cpu": "10m" if job.target else "2"}}}
    if job.args:
        container["args"] = list(job.args)
    spec.update(report=True, decoration_config=decoration(job), pod_spec={"containers": [container]})
    status = {"startTime": build.start}
    if build.files != "none":
        status["pendingTime"] = rfc3339(build.started + 2)
    if not build.running:
        status["completionTime"] = rfc3339(build.started + build.took)
    status["state"] = build.state
    status["description"] = build.description or {"success": "Job succeeded.", "failure": "Job failed.",
                                                  "pending": "Job triggered."}.get(build.state, "")
    if build.id:
        status.update(url=build.url, pod_name=build.name, build_id=build.id)
    return {"apiVersion": "prow.k8s.io/v1", "kind": "ProwJob",
            "metadata": {"name": build.name, "namespace": "ci", "creationTimestamp": build.start, "labels": labels(build),
                         "annotations": {"prow.k8s.io/job": job.name, "prow.k8s.io/context": spec.get("context", "")}},
            "spec": spec, "status": {k: v for k, v in status.items() if v != ""}}


# ---- what initupload and the sidecar write ----

def started(build):
    out = {"timestamp": build.started + 12, "repos": {}, "repo-commit": build.base_sha, "Pending": False}
    pulls = ",".join(f"{p.number}:{build.pull_sha(p)}" for p in build.pulls)
    out["repos"][build.job.repo] = f"main:{build.base_sha}" + ("," + pulls if pulls else "") if pulls else "main"
    if len(build.pulls) == 1:
        out["pull"] = str(build.pulls[0].number)
    return compact(out)


def finished(build):
    if build.damage == "empty":
        return ""
    result = build.result or {"success": "SUCCESS", "failure": "FAILURE", "aborted": "ABORTED"}[build.state]
    out = {"timestamp": build.test_end, "passed": result == "SUCCESS", "result": result,
           "revision": build.pull_sha(build.pulls[0]) if build.pulls else "main"}
    if build.ci:
        out["metadata"] = {"repo": build.job.repo, "pod": build.name, "work-namespace": build.namespace}
    return compact(out)


def crier_finished(build):
    return indented({"timestamp": build.started + build.took, "passed": False, "result": build.state,
                     "metadata": {"uploader": "crier"}})


# Of a checkout: (how far it gets, the command's number in `commands`, its output, its error).
CLONE_FAILURES = {
    "conflict": (8, "Auto-merging Makefile\nCONFLICT (content): Merge conflict in Makefile\nAuto-merging src/fuel.c\n"
                    "CONFLICT (content): Merge conflict in src/fuel.c\n"
                    "Automatic merge failed; fix conflicts and then commit the result.\n", "exit status 1"),
    "ref-gone": (7, "fatal: couldn't find remote ref pull/{pull}/head\n", "exit status 128"),
    "unavailable": (3, "remote: no healthy upstream\nfatal: unable to access 'https://github.com/{repo}.git/': "
                       "The requested URL returned error: 503\n", "exit status 128"),
}


def clone_records(build):
    """The records, and clone-log.txt as it is made from them."""
    org_repo, url = build.job.repo, f"https://github.com/{build.job.repo}.git"
    work = "/home/prow/go/src/github.com/" + org_repo
    pull = build.pulls[0] if build.pulls else None
    commands = [("mkdir -p " + work, "", 1), ("git init", f"Initialized empty Git repository in {work}/.git/\n", 9),
                ("git config user.name ci-robot", "", 4),
                (f"git fetch {url} --tags --prune", f"From {url[:-4]}\n * branch            HEAD       -> FETCH_HEAD\n", 1840),
                (f"git fetch {url} main", f"From {url[:-4]}\n * branch            main       -> FETCH_HEAD\n", 410),
                (f"git checkout {build.base_sha}", f"Note: switching to '{build.base_sha}'.\n", 120),
                (f"git branch --force main {build.base_sha}", "", 6)]
    if pull:
        commands.append((f"git fetch {url} pull/{pull.number}/head",
                         f"From {url[:-4]}\n * branch            refs/pull/{pull.number}/head -> FETCH_HEAD\n", 520))
        commands.append((f"git merge --no-ff --no-stat -m merge {build.pull_sha(pull)}", "Merge made by the 'ort' strategy.\n", 33))
    failure = CLONE_FAILURES.get(build.clone)
    records, log, total = [], [f"# Cloning {org_repo} at main({build.base_sha})"], 0
    for i, (command, output, ms) in enumerate(commands):
        error = ""
        if failure and i == failure[0]:
            output = failure[1].format(pull=pull.number if pull else 0, repo=org_repo)
            error = failure[2]
        record = {"command": command, "output": output}
        if error:
            record["error"] = error
        total += ms
        records.append(dict(record, duration=ms * 1000000))
        log.append(f"$ {command} (runtime: {ms}ms)\n" + output.rstrip("\n"))
        if error:
            log.append(f"# Error: {error}")
            break
    out = {"refs": refs(build, org_repo, build.pulls), "commands": records, "duration": total * 1000000}
    if failure:
        out["failed"] = True
        log.insert(0, "# FAILED")
    else:
        out["final_sha"] = sha("merged", build.case)
        log.append(f"# Final SHA: {out['final_sha']}")
    log.append(f"# Total runtime: {total / 1000:.3f}s")
    return compact([out]), "\n".join(x for x in log if x) + "\n"


def entrypoint_line(when, level, message):
    """A line of Prow's entrypoint, as it stands in build-log.txt."""
    return compact({"component": "entrypoint", "file": "sigs.k8s.io/prow/pkg/entrypoint/run.go:169",
                    "func": "sigs.k8s.io/prow/pkg/entrypoint.Options.ExecuteProcess", "level": level, "msg": message,
                    "severity": level, "time": rfc3339(when)}) + "\n"


# ---- podinfo.json ----

@dataclasses.dataclass
class Pod:
    phase: str = "Failed"
    node: str = "build01-worker-7xk2p"
    reason: str = ""       # of the pod: Evicted, NodeLost
    message: str = ""
    waiting: tuple = ()    # reason and message of the test container
    terminated: tuple = ()  # reason and exit code of the test container
    conditions: tuple = ()  # of the pod: type, reason, message
    events: tuple = ()     # seconds behind the start, type, reason, message, count


def podinfo(build):
    p = build.pod
    test = {"name": "test", "image": build.job.image, "imageID": "", "ready": False, "restartCount": 0}
    if p.waiting:
        test["state"] = {"waiting": {"reason": p.waiting[0], "message": p.waiting[1]}}
    elif p.terminated:
        test["state"] = {"terminated": {"exitCode": p.terminated[1], "reason": p.terminated[0],
                                        "startedAt": rfc3339(build.test_start), "finishedAt": rfc3339(build.test_end)}}
    status = {"phase": p.phase, "startTime": rfc3339(build.started + 4)}
    if p.reason:
        status.update(reason=p.reason, message=p.message)
    if p.conditions:
        status["conditions"] = [{"type": t, "status": "False", "reason": r, "message": m,
                                 "lastTransitionTime": rfc3339(build.started + 3)} for t, r, m in p.conditions]
    if p.waiting or p.terminated:
        done = {"state": {"terminated": {"exitCode": 0, "reason": "Completed"}}, "ready": True, "restartCount": 0}
        if p.terminated:
            status["initContainerStatuses"] = [dict(done, name=n) for n in ("clonerefs", "initupload", "place-entrypoint")]
        status["containerStatuses"] = [dict(done, name="sidecar") if p.terminated else
                                       {"name": "sidecar", "ready": True, "restartCount": 0, "state": {"running": {}}}, test]
    events = [{"type": t, "reason": r, "message": m, "count": n, "source": {"component": "kubelet"},
               "firstTimestamp": rfc3339(build.started + 4), "lastTimestamp": rfc3339(build.started + at),
               "involvedObject": {"kind": "Pod", "namespace": "test-pods", "name": build.name}}
              for at, t, r, m, n in p.events]
    spec = {"containers": [{"name": "test", "image": build.job.image}, {"name": "sidecar"}]}
    if p.node:
        spec["nodeName"] = p.node
    return indented({"pod": {"metadata": {"name": build.name, "namespace": "test-pods",
                                          "creationTimestamp": rfc3339(build.started + 2)},
                             "spec": spec, "status": status}, "events": events})
