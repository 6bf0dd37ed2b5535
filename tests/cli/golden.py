"""A small fixed set of builds of every kind, for tests that compare whole outputs with tests/cli/golden/."""
import difflib
import gzip
import json
import os
import sys

import prowltest

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden")
RULES = ("--rules", "none", "--rules", os.path.join(HERE, "rules.yaml"))
NOW = "2024-03-02T12:00:00Z"
BUCKET = "acme-results"
ACCEPT = "--accept" in sys.argv
if ACCEPT:
    sys.argv.remove("--accept")

COMPILE = "cc -c a.c\na.c:7:5: error: 'levle' undeclared; did you mean 'level'?\nmake: *** [Makefile:3: a.o] Error 1\n"
DNS = "curl: (6) Could not resolve host: mirror.acme.example\nmake: *** [Makefile:9: fetch] Error 6\n"
ODD = "starting\nERROR: the flux capacitor is \x1b[31mdry\x1b[0m: <b>@octocat</b> | `refill` it\nmake: *** [Makefile:5: run] Error 1\n"
JUNIT = ('<testsuite name="unit" tests="3" failures="1"><testcase classname="Fuel" name="burns" time="0.2"/>'
         '<testcase classname="Fuel" name="leaks" time="1.5"><failure message="expected &lt;0&gt; but was &lt;3&gt;">at Fuel.java:12'
         '</failure></testcase><testcase classname="Fuel" name="fills" time="0.1"/></testsuite>')
FLAKY = ('<testsuite name="unit" tests="1"><testcase classname="Fuel" name="burns" time="0.2"/><testcase classname="Fuel" name="leaks">'
         '<failure message="too slow"/></testcase><testcase classname="Fuel" name="leaks"/></testsuite>')

# job, id, hour, state, refs (pull, sha), log, more files. A log of None: there is none. Bytes go as they are.
BUILDS = (
    ("pull-acme-rocket-unit", "101", 1, "failure", (7, "a1"), COMPILE, {}),
    ("pull-acme-rocket-unit", "102", 2, "failure", (8, "b1"), DNS, {}),
    ("pull-acme-rocket-unit", "103", 3, "success", (8, "b1"), "ok\n", {"artifacts/junit.xml": FLAKY}),
    ("periodic-acme-rocket-e2e", "201", 4, "failure", None, "tests ran\n", {"artifacts/junit.xml": JUNIT}),
    ("periodic-acme-rocket-e2e", "202", 5, "failure", None, ODD, {}),
    ("periodic-acme-rocket-e2e", "203", 6, "success", None, gzip.compress(b"ok\n" * 500, mtime=0)[:40], {"finished.json": "{"}),
    ("periodic-acme-rocket-e2e", "204", 7, "aborted", None, None, {}),
    ("periodic-acme-rocket-e2e", "205", 8, "error", None, None, {}),
    ("periodic-acme-rocket-e2e", "206", 9, "failure", None, None, {}),
    ("periodic-acme-rocket-e2e", "207", 10, "pending", None, None, {}),
    ("periodic-acme-rocket-e2e", "208", 11, "failure", None, gzip.compress(COMPILE.encode() * 40, mtime=0)[:90], {}),
)


def prowjobs(base):
    out = []
    for job, number, hour, state, refs, _, _ in BUILDS:
        kind = "presubmit" if refs else "periodic"
        key = f"pr-logs/pull/acme_rocket/{refs[0]}/{job}/{number}" if refs else f"logs/{job}/{number}"
        spec = {"type": kind, "agent": "kubernetes", "cluster": "build01", "job": job,
                "pod_spec": {"containers": [{"args": [f"--target={job.rsplit('-', 1)[1]}"]}]}}
        rocket = {"org": "acme", "repo": "rocket", "base_ref": "main"}
        if refs:
            spec["refs"] = dict(rocket, base_sha="f00", pulls=[{"number": refs[0], "author": "zoë", "sha": refs[1]}])
        else:
            spec["extra_refs"] = [rocket]
        status = {"startTime": f"2024-03-02T{hour:02}:00:00Z", "state": state, "build_id": number, "url": f"{base}/view/gs/{BUCKET}/{key}",
                  "description": "Job pod was OOM killed by the cluster." if state == "error" else "Job triggered."}
        if state != "pending":
            status["completionTime"] = f"2024-03-02T{hour:02}:12:30Z"
        out.append({"metadata": {"name": f"pj-{number}", "creationTimestamp": status["startTime"],
                                 "labels": {"ci-operator.openshift.io/cloud-cluster-profile": "aws"}}, "spec": spec, "status": status})
    return out


def world(case, folder, base="https://prow.acme.example"):
    """The builds in a bucket below folder, and Deck's list beside it, as tests/net/world.py serves them."""
    jobs = prowjobs(base)
    for (job, number, hour, state, _, log, more), prowjob in zip(BUILDS, jobs):
        key = prowjob["status"]["url"].split(f"/view/gs/{BUCKET}/")[1]
        files = {"prowjob.json": json.dumps(prowjob)}
        if state != "pending" and state != "error":
            ended = 1709337600 + hour * 3600 + 740
            files["finished.json"] = json.dumps({"timestamp": ended, "passed": state == "success", "result": state.upper()})
        if log is not None:
            files["build-log.txt"] = log
        files.update(more)
        for name, content in files.items():
            case.write(os.path.join(folder, BUCKET, key, name), content)
    case.write(os.path.join(folder, "prowjobs.json"), json.dumps(jobs))


def mirror(case, folder):
    """The same as a mirror on disk, with its index."""
    world(case, os.path.join(folder, "gs"))
    os.remove(case.path(folder, "gs", "prowjobs.json"))
    lines = ['{"prowl_list":1}']
    for prowjob in prowjobs("https://prow.acme.example"):
        spec, status = prowjob["spec"], prowjob["status"]
        row = {"id": status["build_id"], "job": spec["job"], "provider": "prow", "name": prowjob["metadata"]["name"],
               "description": status["description"], "url": status["url"], "deck": "https://prow.acme.example", "type": spec["type"],
               "state": status["state"], "store": "gs", "bucket": BUCKET, "key": status["url"].split(f"/gs/{BUCKET}/")[1],
               "started": status["startTime"], "finished": status.get("completionTime"), "refs": spec.get("refs"),
               "extra_refs": spec.get("extra_refs")}
        lines.append(json.dumps({k: v for k, v in row.items() if v is not None}))
    case.write(os.path.join(folder, "prowl-index.jsonl"), "\n".join(lines) + "\n")


def compare(case, name, text):
    """With the file of that name, or write it when --accept was given."""
    path = os.path.join(HERE, name)
    if ACCEPT:
        with open(path, "w", encoding="utf-8", newline="") as f:
            f.write(text)
        return
    with open(path, encoding="utf-8", newline="") as f:
        expected = f.read()
    if text != expected:
        diff = difflib.unified_diff(expected.splitlines(True), text.splitlines(True), "golden/" + name, "now")
        case.fail("".join(diff) + f"\n{os.path.relpath(sys.argv[0], prowltest.ROOT)} --accept takes it over")
