#!/usr/bin/python3
"""What prowl writes for InfluxDB, in a real InfluxDB: 204 proves nothing, so every point is asked back and compared."""
import json
import os
import shutil
import sys
import tempfile
import unittest

import nettest
import prowltest
import sample

from influx import Influx
from world import World

sys.path.insert(0, os.path.join(prowltest.ROOT, "tests"))
import lineprotocol  # noqa: E402

TYPES = {str: "string", bool: "boolean", int: "integer", float: "float"}
LONG = "x" * 5000

# What a job may be called by somebody who means harm, or knows no better.
NAMES = ("plain", "a b", "a,b", "a=b", "a b,c=d e", "ends in \\", "\\", "\\\\", 'quo"ted', "'", '"', "tab\tbed", "new\nline", "cr\r\n",
         "nul\0byte", "bell\a\x1b[31m", "del\x7f", "# comment", "#", "build,x=y z=1i 1", "job=x f=1 1700000000000000000\nbuild f=2 1",
         "ünï‐cødé", "日本語", "\U0001f600", "sep\u2028arated", "\ufeffbom", "wide\u3000blank", " lead", "trail ", "\\ ", "\\,", "\\=",
         "a\\b", "a/b", "a\\\\b", "a b ", "time", "_field", "1i", "true", "t", "1709287200000000000", LONG, LONG + "1", LONG + "2",
         "é" * 3000, "%s%n%x", "$(id)", "</script>", "NULL", "-", "0")


class Case(nettest.Case):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.mkdtemp(prefix="prowl-influx-")
        cls.addClassCleanup(shutil.rmtree, folder, ignore_errors=True)
        cls.influx = cls.enterClassContext(Influx(folder))

    def serve(self, folder):
        world = World(folder)
        self.addCleanup(world.stop)
        world.start()
        self.where = ("--no-config", *self.at(world), "--gcsweb-url", world.url + "/gcs")
        self.page = world.url + "/?job=*"

    def outputs(self):
        """What each way to line protocol prints, and whether in the predecessor's schema."""
        scrape = ("scrape", *self.where, "--url", self.page)
        yield "scrape", self.prowl(*scrape).raw, False
        yield "legacy", self.prowl(*scrape, "--schema", "legacy").raw, True
        yield "report", self.prowl("report", *self.where, self.page, "--out", "lp=-").raw, False
        yield "report_legacy", self.prowl("report", *self.where, self.page, "--out", "lp=-", "--schema", "legacy").raw, True

    def check(self, name, lines, legacy):
        """The points, strict and by measurement, that are all in the database too; written twice they are there once."""
        points = lineprotocol.points(lines, legacy)
        self.assertGreater(len(points), 0)
        database = f"{type(self).__name__}_{name}"
        self.influx.create(database)
        written = {}
        for p in points:
            written.setdefault(p.measurement, {})[tuple(sorted(p.tags.items())), p.time] = p.fields
        for _ in range(2):
            self.assertEqual(self.influx.write(database, lines), (204, ""))
            self.assertEqual(set(self.influx.measurements(database)), set(written))
            for measurement, rows in written.items():
                self.assertEqual(self.influx.rows(database, measurement), rows)
                kinds = {k: TYPES[type(v)] for fields in rows.values() for k, v in fields.items()}
                self.assertEqual(self.influx.field_types(database, measurement), kinds)
        self.assertEqual(sum(map(len, written.values())), len(points), "points fall on one another")
        return {m: list(rows.values()) for m, rows in written.items()}


class SampleWorld(Case):
    def test_every_row_is_there_with_its_tags_and_fields(self):
        self.env["PROWL_NOW"] = sample.NOW
        self.serve(sample.made())
        with open(os.path.join(sample.made(), "prowjobs.json"), encoding="utf-8") as f:
            jobs = json.load(f)["items"]
        finished = [j for j in jobs if "completionTime" in j["status"]]
        for name, lines, legacy in self.outputs():
            with self.subTest(name):
                rows = self.check(name, lines, legacy)
                if legacy:
                    self.assertEqual(len(rows.pop("build")), len(jobs))
                    self.assertEqual(rows, {})
                    continue
                self.assertEqual({r["build_id"] for r in rows["ci_build"]}, {j["status"].get("build_id", "") for j in finished})
                self.assertEqual(len(rows["ci_build"]), len(finished))
                self.assertEqual(len(rows["ci_failure"]), sum(r["state"] not in ("success", "pending") for r in rows["ci_build"]))
                self.assertEqual(len(rows.get("ci_run", ())), int(name == "scrape"))
                if name == "report":  # the scrape reads small documents only
                    self.assertGreater(len(rows["ci_test"]), 5)


class Hostile(Case):
    def prowjob(self, number, job, build_id, **spec):
        at = nettest.stamp(nettest.STARTED)  # all in the same second
        status = {"state": "failure", "startTime": at, "completionTime": nettest.stamp(nettest.STARTED + 60), "description": job,
                  "url": f"https://deck.example/view/gs/bkt/logs/job-{number}/{build_id}"}
        if build_id:
            status["build_id"] = build_id
        self.jobs.append({"metadata": {"name": f"name-{number}", "creationTimestamp": at, "labels": {
            "ci-operator.openshift.io/cloud-cluster-profile": job}},
            "spec": {"type": "presubmit", "agent": "kubernetes", "job": job, "cluster": job, "refs": {
                "org": job, "repo": job, "pulls": [{"number": number, "author": job, "sha": "a1", "title": job}]},
                "pod_spec": {"containers": [{"args": ["--target=" + job]}]}, **spec}, "status": status})

    def test_no_name_breaks_a_line_and_no_build_hides_another(self):
        for number, job in enumerate(NAMES):
            self.prowjob(2 * number, job, "7")  # one id for all, and one second: names that are made safe alike must stay apart
            self.prowjob(2 * number + 1, job, str(1000 + number))
        for number in range(1000, 1020):
            self.prowjob(number, "never-ran", "", refs=None)  # no id, one job, one second: only the ProwJob tells them apart
            self.jobs[-1]["status"].update(state="error", url="")
        for number in range(2000, 2300):
            self.prowjob(number, "often", str(number))
        self.write("world/prowjobs.json", json.dumps(self.jobs))
        self.serve(self.root)
        for name, lines, legacy in self.outputs():
            with self.subTest(name):
                rows = self.check(name, lines, legacy)
                self.assertEqual(len(rows["build" if legacy else "ci_build"]), len(self.jobs))
                if legacy:
                    self.assertLessEqual({"a b,c=d e", 'quo"ted', "日本語"}, {r["job_name"] for r in rows["build"]})


    def test_a_build_without_a_time_is_one_point_for_all_runs_of_a_day(self):
        self.prowjob(1, "timeless", "5", refs=None)
        self.prowjob(2, "timeless", "6", refs=None)
        for job in self.jobs:
            del job["metadata"]["creationTimestamp"], job["status"]["startTime"], job["status"]["completionTime"]
        self.write("world/prowjobs.json", json.dumps(self.jobs))
        self.serve(self.root)
        times = []
        for now in ("2024-03-10T01:00:00Z", "2024-03-10T23:59:59Z"):
            self.env["PROWL_NOW"] = now
            for name, lines, legacy in self.outputs():
                with self.subTest(name, now=now):
                    points = [p for p in lineprotocol.points(lines, legacy) if p.measurement in ("build", "ci_build")]
                    self.assertEqual(len(points), 2)
                    times.append([p.key() for p in points])
        self.assertEqual(times[:len(times) // 2], times[len(times) // 2:])


class Setup(unittest.TestCase):
    def test_the_setup_installs_the_database(self):
        with open(os.path.join(prowltest.ROOT, "scripts", "setup"), encoding="utf-8") as f:
            self.assertRegex(f.read(), r'(?s)\ntest="[^"]*\binfluxdb\b[^"]*"')


if __name__ == "__main__":
    prowltest.main()
