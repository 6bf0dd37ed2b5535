#!/usr/bin/python3
"""scripts/world-from wraps any folder; what it made is served and read, and nothing goes missing on the way."""
import csv
import gzip
import json
import os
import subprocess
import sys

import prowltest

sys.path.insert(0, os.path.join(prowltest.ROOT, "tests", "net"))
from world import World  # noqa: E402

SCRIPT = os.path.join(prowltest.ROOT, "scripts", "world-from")
BROKEN = "cc -c a.c\na.c:7:5: error: 'x' undeclared (first use in this function)\nmake: *** [Makefile:3: a.o] Error 1\n"
JUNIT = '<?xml version="1.0"?><!-- ours --><testsuite name="s"><testcase name="adds" classname="m"><failure message="2 != 3"/></testcase></testsuite>'
PROWJOB = """metadata:
  name: u-1
  creationTimestamp: "2024-03-01T10:00:00Z"
spec:
  type: presubmit
  job: pull-x
  refs:
    org: acme
    repo: rocket
    pulls: [{number: 7, author: zoe, sha: aa}]
status:
  startTime: 2024-03-01T10:00:00Z
  completionTime: 2024-03-01T10:10:00Z
  state: failure
  url: https://deck.example/view/gs/old-bucket/pr-logs/pull/acme_rocket/7/pull-x/1763509000000000000
"""
LIST = {"items": [
    {"metadata": {"name": "u-2"}, "spec": {"type": "periodic", "job": "periodic-y"}, "status": {"state": "error", "startTime":
     "2024-03-01T11:00:00Z", "completionTime": "2024-03-01T11:00:01Z", "description": "Pod scheduling timeout."}},
    {"metadata": {"name": "u-1b"}, "spec": {"type": "presubmit", "job": "pull-x"}, "status": {"state": "failure", "startTime":
     "2024-03-01T10:00:00Z", "url": "https://deck.example/view/gs/old-bucket/pr-logs/pull/acme_rocket/7/pull-x/1763509000000000000"}}]}


class WorldFrom(prowltest.Case):
    def setUp(self):
        super().setUp()
        self.write("in/loose.log", BROKEN)
        self.write("in/ci/run.log.gz", gzip.compress(BROKEN.encode()))
        self.write("in/ci/fine.txt", "compiling\nall 12 tests passed\nBUILD SUCCESS\n")
        self.write("in/ci/report.xml", JUNIT)
        self.write("in/jobs/one.yaml", PROWJOB)
        self.write("in/jobs/prowjobs.js", "var allBuilds = " + json.dumps(LIST) + ";")
        self.write("in/whole/12/started.json", '{"timestamp": 1709287200}')
        self.write("in/whole/12/finished.json", '{"timestamp": 1709287260, "passed": false, "result": "FAILURE"}')
        self.write("in/whole/12/artifacts/junit_a.xml", JUNIT)
        self.write("in/README.md", "# not ours to read\n")
        self.write("in/broken.json", '{"items": [')
        self.write("in/pom.xml", "<project/>")
        self.write("in/.git/HEAD.log", "hidden\n")
        self.write("outcomes.tsv", "path\toutcome\nloose.log\tfailed\nci/fine.txt\tpassed\n")

    def make(self, *args, status=0):
        done = subprocess.run([SCRIPT, *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=self.dir)
        self.assertEqual(done.returncode, status, done.stderr.decode())
        return done.stdout.decode(), done.stderr.decode()

    def manifest(self):
        with open(self.path("out", "manifest.tsv"), encoding="utf-8") as f:
            return {row["path"]: row for row in csv.DictReader(f, delimiter="\t")}

    def test_every_file_is_accounted_for(self):
        out, _ = self.make("in", "out", "--outcomes", "outcomes.tsv")
        rows = self.manifest()
        self.assertEqual({p: (r["kind"], int(r["builds"])) for p, r in rows.items()}, {
            "loose.log": ("log", 1), "ci/run.log.gz": ("log", 1), "ci/fine.txt": ("log", 1), "ci/report.xml": ("junit", 1),
            "jobs/one.yaml": ("prowjob", 1), "jobs/prowjobs.js": ("prowjob", 1), "whole/12/artifacts/junit_a.xml": ("build", 1),
            "whole/12/finished.json": ("build", 0), "whole/12/started.json": ("build", 0), "README.md": ("skipped", 0),
            "broken.json": ("skipped", 0), "pom.xml": ("skipped", 0)})
        self.assertIn("12 files: 3 logs, 1 JUnit reports, 2 files of ProwJobs, 3 files of whole builds, 3 skipped", out)
        self.assertIn("7 builds: 3 of logs, 1 of JUnit reports, 2 of files of ProwJobs, 1 of files of whole builds", out)
        for name in ("README.md", "broken.json", "pom.xml"):
            self.assertNotEqual(rows[name]["where or why not"], "", name)
        self.assertEqual(rows["jobs/prowjobs.js"]["where or why not"], "1 of 2 are there already")

    def test_what_is_served_is_what_is_reported(self):
        self.make("in", "out", "--outcomes", "outcomes.tsv")
        rows = self.manifest()
        with World(self.path("out")) as world:
            report = self.prowl("report", world.url + "/?job=*", "--gcs-url", world.url, "--gcs-api-url", world.url + "/storage/v1",
                                "--no-config", "--no-cache", "--format", "json").json()
            served = len(world.jobs())
        self.assertEqual((served, report["totals"]["listed"], len(report["builds"])), (7, 7, 7))
        self.assertEqual(sum(report["totals"]["outcomes"].values()), 7)
        self.assertEqual(report["totals"]["unreadable"], 0)
        said = {b["build"].get("id"): b["verdict"] for b in report["builds"]}

        def verdict(path):
            v = said[rows[path]["where or why not"].rpartition("/")[2]]
            return v["outcome"], v.get("kind"), v.get("line")
        self.assertEqual(verdict("loose.log"), ("failed", "compile", 2))
        self.assertEqual(verdict("ci/run.log.gz"), ("failed", "compile", 2))
        self.assertEqual(verdict("ci/fine.txt"), ("passed", None, None))
        self.assertEqual(verdict("ci/report.xml")[:2], ("failed", "test"))
        self.assertEqual(verdict("whole/12/started.json")[:2], ("failed", "test"))
        self.assertEqual(verdict("jobs/one.yaml")[0], "failed")
        self.assertEqual((said[None]["outcome"], said[None]["kind"]), ("error", "infra-node"))

    def test_a_glob_makes_logs_of_other_files(self):
        self.make("in", "out", "--as-log", "*.md")
        self.assertEqual(self.manifest()["README.md"]["kind"], "log")

    def test_two_runs_give_the_same_list(self):
        self.make("in", "out")
        first = self.read("out/prowjobs.json"), self.read("out/manifest.tsv")
        self.make("in", "again")
        self.assertEqual((self.read("again/prowjobs.json"), self.read("again/manifest.tsv")), first)

    def test_refuses_what_it_cannot_do(self):
        self.assertIn("no folder", self.make("nowhere", "out", status=1)[1])
        self.write("full/x", "x")
        self.assertIn("not empty", self.make("in", "full", status=1)[1])


if __name__ == "__main__":
    prowltest.main()
