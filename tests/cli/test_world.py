#!/usr/bin/python3
"""The sample world itself, and prowl reading it as a folder."""
import calendar
import filecmp
import json
import os
import re
import subprocess
import tempfile
import time

import prowltest
import sample

EPOCH_MS = 1288834974657
KINDS = {"test", "compile", "lint", "panic", "segfault", "timeout", "interrupted", "oom", "disk-full", "quota", "lease", "dns",
         "network", "clone", "merge-conflict", "dependency-download", "image-pull", "registry", "infra-node", "cluster-install",
         "upgrade", "permission", "config"}


def files(top):
    for folder, _, names in os.walk(top):
        for name in names:
            yield os.path.relpath(os.path.join(folder, name), top)


class Made(prowltest.Case):
    """What corpus/_world/make writes."""

    def setUp(self):
        super().setUp()
        self.top = sample.made()
        self.bucket = os.path.join(self.top, sample.BUCKET)
        with open(os.path.join(self.top, "prowjobs.json"), encoding="utf-8") as f:
            self.jobs = json.load(f)["items"]

    def test_two_runs_give_the_same_bytes(self):
        again = self.path("again")
        subprocess.run(["/usr/bin/python3", os.path.join(sample.HOME, "make"), again], check=True)
        names = sorted(files(self.top))
        self.assertEqual(sorted(files(again)), names)
        self.assertEqual(filecmp.cmpfiles(self.top, again, names, shallow=False)[1:], ([], []))

    def test_is_as_large_and_as_varied_as_promised(self):
        rows = sample.truth()
        self.assertGreaterEqual(len(rows), 40)
        self.assertGreaterEqual(len({j["spec"]["job"] for j in self.jobs}), 8)
        self.assertEqual({j["spec"]["type"] for j in self.jobs}, {"presubmit", "postsubmit", "periodic", "batch"})
        self.assertTrue(any(j["spec"]["job"].startswith("rehearse-") for j in self.jobs))
        self.assertEqual({j["status"]["state"] for j in self.jobs},
                         {"success", "failure", "aborted", "error", "pending", "triggered"})
        self.assertEqual(set().union(*(r["kind"] for r in rows)) - {"-", "flake"}, KINDS)
        self.assertEqual(set().union(*(r["class"] for r in rows)) - {"-"}, {"infra", "test", "build", "lint", "config", "product"})

    def test_the_table_of_truth_names_every_build(self):
        done = subprocess.run(["/usr/bin/python3", os.path.join(sample.HOME, "make"), "--list"], check=True, stdout=subprocess.PIPE)
        made = [line.split("\t")[:2] for line in done.stdout.decode().splitlines()]
        self.assertEqual([[r["case"], r["id"]] for r in sample.truth()], made)

    def test_documents_of_a_build_agree(self):
        for job in self.jobs:
            status, build_id = job["status"], job["status"].get("build_id")
            if build_id is None:
                self.assertNotIn("url", status)
                continue
            begin = epoch(status["startTime"])
            self.assertLess(abs((int(build_id) >> 22) + EPOCH_MS - begin * 1000), 3000, build_id)
            folder = os.path.join(self.bucket, status["url"].split("/view/gs/" + sample.BUCKET + "/")[1])
            with open(os.path.join(folder, "prowjob.json"), encoding="utf-8") as f:
                self.assertEqual(json.load(f), job)
            finished = os.path.join(folder, "finished.json")
            self.assertEqual(os.path.exists(finished), "completionTime" in status, folder)
            if os.path.exists(finished) and os.path.getsize(finished) > 0:
                with open(finished, encoding="utf-8") as f:
                    end = json.load(f)["timestamp"]
                self.assertTrue(begin < end <= epoch(status["completionTime"]), folder)

    def test_pointers_lead_to_builds(self):
        pointers = [n for n in files(self.bucket) if re.search(r"^pr-logs/directory/.*/\d+\.txt$", n)]
        self.assertGreater(len(pointers), 40)
        for name in pointers:
            with open(os.path.join(self.bucket, name), encoding="utf-8") as f:
                key = f.read().split(f"gs://{sample.BUCKET}/")[1]
            self.assertTrue(os.path.isfile(os.path.join(self.bucket, key, "prowjob.json")), key)

    def test_objects_are_plain_and_gzipped_and_name_no_machine(self):
        kinds = {True: 0, False: 0}
        for name in files(self.bucket):
            with open(os.path.join(self.bucket, name), "rb") as f:
                data = f.read()
            packed = data[:2] == b"\x1f\x8b"
            kinds[packed] += name.endswith("build-log.txt")
        for count in kinds.values():
            self.assertGreater(count, 20)
        for name in files(os.path.join(sample.HOME, "logs")):
            with open(os.path.join(sample.HOME, "logs", name), "rb") as f:
                self.assertNotRegex(f.read(), rb"/roo[t]/|/home/(?!prow/)|127\.0\.0\.1:8|\bhostname=\"(?!\{pod\}|\")", name)


def epoch(text):
    return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))


class Folder(prowltest.Case):
    """The bucket as a mirror on disk."""

    def report(self, *args, **more):
        return self.prowl("report", "--no-config", "--cache", self.cache, *args, env={"PROWL_NOW": sample.NOW}, **more)

    @classmethod
    def setUpClass(cls):
        cls.keep = tempfile.TemporaryDirectory(prefix="prowl-world-")
        cls.addClassCleanup(cls.keep.cleanup)
        cls.cache = os.path.join(cls.keep.name, "cache")
        cls.top = sample.mirror(os.path.join(cls.keep.name, "mirror"))

    def test_every_verdict_is_true(self):
        builds = self.report(self.top, "--format", "json").json()["builds"]
        self.assertEqual(sample.complaints(builds, [r for r in sample.truth() if r["id"] != "-"]), [])

    def test_one_thread_and_eight_give_the_same_bytes(self):
        names = ("text", "json", "md", "ndjson", "csv", "lp")
        for jobs in ("1", "8", "8"):
            self.report(self.top, "-j", jobs, *(a for n in names for a in ("--out", f"{n}={self.path(jobs + n)}")))
            for name in names:
                with self.subTest(name, jobs=jobs):
                    self.assertEqual(self.read(jobs + name), self.read("1" + name))

    def test_totals_add_up(self):
        report = self.report(self.top, "--format", "json").json()
        totals, builds = report["totals"], report["builds"]
        self.assertEqual((totals["listed"], totals["reported"], len(builds)), (98, 98, 98))
        self.assertEqual(sum(totals["outcomes"].values()), 98)
        bad = [b for b in builds if b["verdict"]["outcome"] in ("failed", "aborted", "error")]
        for said in (totals["explained"], sum(totals["kinds"].values()), sum(totals["classes"].values())):
            self.assertEqual(said, len(bad))

    def test_what_could_not_be_read_is_named(self):
        builds = self.report(self.top, "--format", "json").json()["builds"]
        named = {(b["build"]["job"], p["where"]) for b in builds for p in b["problems"]}
        self.assertEqual(named, {("ci-acme-node-e2e", "build-log.txt"), ("periodic-acme-forge-cargo", "finished.json")})

    def test_flaky_tests_are_counted_in_builds_that_passed(self):
        builds = {b["build"]["id"]: b for b in self.report(self.top, "--format", "json").json()["builds"]}
        cases = {r["case"]: r["id"] for r in sample.truth()}
        for case, count in (("ledger-flake", 1), ("oadp-unit-flake", 1), ("conformance-flakes", 2), ("models-flake-pass", 0)):
            with self.subTest(case):
                self.assertEqual(builds[cases[case]]["test_counts"]["flaky"], count)


if __name__ == "__main__":
    prowltest.main()
