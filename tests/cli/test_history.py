#!/usr/bin/python3
"""prowl history: what a history holds, and keeping it in shape. The histories are filled by `prowl report --history`."""
import csv
import io
import json
import os
import re
import sqlite3
import subprocess

import prowltest

JUNIT = """<testsuites><testsuite name="suite">
<testcase classname="pkg" name="passes" time="1.5"/>
<testcase classname="pkg" name="=fails &quot;often&quot;, always" time="0.5"><failure message="want 3, got %d of them"/></testcase>
<testcase classname="pkg" name="skipped"><skipped/></testcase>
</testsuite></testsuites>
"""
VERBS = ("stats", "show", "test", "job", "prune", "export", "vacuum", "check")


class History(prowltest.Case):
    def setUp(self):
        super().setUp()
        self.env["XDG_STATE_HOME"] = self.path("state")
        self.env["PROWL_NOW"] = "2024-03-10T06:00:00Z"
        self.file = self.path("h.db")

    def build(self, job, number, day, failed=True):
        """A build in the layout of a bucket, that began at noon of a day in March."""
        folder = f"builds/logs/{job}/{number}"
        start = 1709294400 + (day - 1) * 86400
        self.write(f"{folder}/started.json", json.dumps({"timestamp": start}))
        self.write(f"{folder}/finished.json",
                   json.dumps({"timestamp": start + 600, "result": "FAILURE" if failed else "SUCCESS", "passed": not failed}))
        self.write(f"{folder}/build-log.txt", "dial tcp 10.0.0.7:443: connect: connection refused\n" if failed else "ok\n")
        self.write(f"{folder}/artifacts/junit_1.xml", JUNIT % number)

    def fill(self, *args):
        for day in range(1, 9):
            self.build("periodic-e2e", 100 + day, day, failed=day % 2 == 0)
            self.build("periodic-unit", 200 + day, day, failed=day == 8)
        return self.run_prowl("report", "builds", "--history", self.file, "--no-baseline", *args)

    def history(self, *args, **more):
        return self.prowl("history", *args, "--history", self.file, **more)

    def stats(self):
        return dict(re.split(r"  +|(?<=\w{14}) ", line, maxsplit=1) for line in self.history("stats").out.splitlines())

    def rows(self, table):
        """Both forms of an export say the same."""
        lines = [json.loads(line) for line in self.history("export", table, "--format", "ndjson").out.splitlines()]
        table = list(csv.DictReader(io.StringIO(self.history("export", table, newline=True).raw.decode()
                                                if False else self.history("export", table).raw.decode())))
        self.assertEqual(len(lines), len(table))
        for a, b in zip(lines, table):
            self.assertEqual(list(a), list(b))
            for name, value in a.items():
                if isinstance(value, str):
                    self.assertIn(b[name], (value, "'" + value))
                else:
                    self.assertAlmostEqual(float(b[name]), value, places=5)
        return lines
