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
        """name -> number of `history stats`."""
        lines = re.findall(r"^(.{14}) (\d+)$", self.history("stats").out, re.M)
        return {name.strip(): int(number) for name, number in lines}

    def rows(self, *table):
        """The rows of an export; both of its forms say the same."""
        lines = self.history("export", *table, "--format", "ndjson").rows()
        cells = list(csv.DictReader(io.StringIO(self.history("export", *table).raw.decode(), newline="")))
        self.assertEqual(len(lines), len(cells))
        for a, b in zip(lines, cells):
            self.assertEqual(list(a), list(b))
            for name, value in a.items():
                if isinstance(value, str):
                    self.assertIn(b[name], (value, "'" + value))
                else:
                    self.assertAlmostEqual(float(b[name]), value, places=4)
        return lines

    def bytes(self):
        with open(self.file, "rb") as f:
            return f.read()


class Asking(History):
    def test_what_was_reported_is_in_the_history_with_the_tests_that_passed(self):
        self.fill()
        stats = self.stats()
        self.assertEqual({name: stats[name] for name in ("jobs", "builds", "tests", "results", "runs")},
                         {"jobs": 2, "builds": 16, "tests": 3, "results": 48, "runs": 1})
        self.assertEqual(stats["failed"], 5)

    def test_a_second_run_over_the_same_builds_changes_none(self):
        self.fill()
        before = [self.rows(table) for table in ("builds", "results", "causes", "signatures")]
        self.run_prowl("report", "builds", "--history", self.file, "--no-baseline")
        self.assertEqual([self.rows(table) for table in ("builds", "results", "causes", "signatures")], before)
        self.assertEqual([(row["read"], row["kept"]) for row in self.rows("runs")], [(16, 0), (0, 16)])

    def test_exports_hold_every_row(self):
        self.fill()
        stats = self.stats()
        for table in ("jobs", "builds", "tests", "results", "causes", "signatures", "runs"):
            self.assertEqual(len(self.rows(table)), stats[table], table)
        self.assertEqual(self.rows("days"), [])
        self.assertEqual(self.rows(), self.rows("builds"))
        outcomes = [row["outcome"] for row in self.rows("results")]
        self.assertEqual([outcomes.count(o) for o in ("passed", "failed", "skipped")], [16, 16, 16])
        self.assertIn('"\'=fails ""often"", always"', self.history("export", "tests").out)  # no formula
        self.assertIn('"=fails \\"often\\", always"', self.history("export", "tests", "--format", "ndjson").out)

    def test_show_tells_of_one_build(self):
        self.fill()
        for name in ("104", "periodic-e2e/104"):
            done = self.history("show", name)
            for part in (r"^job +periodic-e2e$", r"^started +2024-03-04T12:00:00Z$", r"^outcome +failed$", r"^rule +junit\.failed$",
                         r"^test +=fails \"often\", always$", r"^message +want 3, got 104 of them$"):
                self.assertRegex(done.out, re.compile(part, re.M))
            self.assertNotIn("passes", done.out)
        self.assertIn('there is no build "999"', self.history("show", "999", status=2).err)
        self.assertEqual(self.history("show", "999", status=2).out, "")

    def test_test_and_job_tell_how_often_they_ran_and_failed(self):
        self.fill()
        done = self.history("test", "*often*")
        self.assertRegex(done.out, r"(?m)^ +8 +8 +0 +0  2024-03-08T12:00:00Z periodic-unit$")
        self.assertRegex(done.out, r"(?m)^first failed +2024-03-01T12:00:00Z$")
        self.assertRegex(self.history("test", "pkg.passes").out, r"(?m)^ +8 +0 +0 +0  - +periodic-e2e$")
        self.assertRegex(self.history("test", "skipped").out, r"(?m)^ +0 +0 +0 +8  - +periodic-e2e$")
        self.assertIn('no test "nothing"', self.history("test", "nothing", status=2).err)
        done = self.history("job", "periodic-*2e")
        self.assertRegex(done.out, r"(?m)^builds +8$")
        self.assertRegex(done.out, r"(?m)^failed +4$")
        self.assertRegex(done.out, r"(?m)^2024-03-08T12:00:00Z failed +108 test/failed ")
        self.assertNotIn("unit", done.out)
        self.assertIn('no job "nothing"', self.history("job", "nothing", status=2).err)

    def test_the_file_is_in_the_state_folder_unless_it_is_named(self):
        self.fill()
        os.makedirs(self.path("state", "prowl"))
        os.rename(self.file, self.path("state", "prowl", "history.db"))
        self.assertRegex(self.prowl("history", "stats").out, r"(?m)^file +\S+/state/prowl/history\.db$")
        del self.env["XDG_STATE_HOME"]
        done = self.prowl("history", "stats", status=3)
        self.assertIn("/.local/state/prowl/history.db: there is no history yet", done.err)


class Tending(History):
    def test_prune_leaves_totals_and_what_was_pruned_is_not_read_again(self):
        self.fill()
        done = self.history("prune", "--older-than", "5d")
        self.assertEqual(done.out, "8 builds from before 2024-03-05T06:00:00Z gave way to totals by day\n")
        self.assertEqual(self.stats()["builds"], 8)
        days = self.rows("days")
        builds = [row for row in days if row["test"] == ""]
        self.assertEqual(sum(row["runs"] for row in builds), 8)
        self.assertEqual(sum(row["failures"] for row in builds), 2)
        self.assertEqual(sum(row["runs"] for row in days if row["test"] == "passes"), 8)
        self.assertEqual(sum(row["failures"] for row in days if "often" in row["test"]), 8)
        self.assertEqual(sum(row["skipped"] for row in days if row["test"] == "skipped"), 8)
        self.run_prowl("report", "builds", "--history", self.file, "--no-baseline")
        self.assertEqual(self.stats()["builds"], 8)
        self.assertEqual(self.rows("days"), days)
        self.history("vacuum")
        self.assertEqual(self.stats()["free bytes"], 0)
        self.assertIn(": 0 faults", self.history("check").out)

    def test_check_finds_a_build_that_was_changed(self):
        self.fill()
        with sqlite3.connect(self.file) as db:
            db.execute("UPDATE build SET summary = 'all is well' WHERE build_id = '104'")
        db.close()
        done = self.history("check", status=1)
        self.assertEqual(done.out, f"build 104 is not as it was put\n{self.file}: 1 faults\n")

    def test_a_file_that_is_no_history_or_a_newer_one_is_left_as_it_is(self):
        self.fill()
        with sqlite3.connect(self.file) as db:
            db.execute("PRAGMA user_version = 99")
        db.close()
        newer = self.bytes()
        foreign = (b"no database", b"\0" * 9000, b"SQLite format 3\0" + b"\1" * 4080)
        for content, why in [(newer, "was written by a newer prowl")] + [(f, "no history of prowl") for f in foreign]:
            with open(self.file, "wb") as f:
                f.write(content)
            for args in (["history", "stats"], ["history", "prune", "--older-than", "1d"], ["history", "vacuum"], ["report", "builds"]):
                done = self.run_prowl(*args, "--history", self.file)
                self.assertEqual(done.status, 2, args)
                self.assertIn(why, done.err)
                self.assertEqual(done.err.count("\n"), 1)
                self.assertEqual(self.bytes(), content)

    def test_a_damaged_file_is_an_error_or_read_never_a_crash(self):
        self.fill()
        whole = self.bytes()
        for at in range(100, len(whole), len(whole) // 40):
            with open(self.file, "wb") as f:
                f.write(whole[:at] + bytes(b ^ 0xff for b in whole[at:at + 64]) + whole[at + 64:])
            for args in (["stats"], ["export", "results"], ["check"], ["test", "*"]):
                done = self.run_prowl("history", *args, "--history", self.file)
                self.assertIn(done.status, (0, 1, 2, 3), (at, args, done.err))
                self.assertLessEqual(done.err.count("\n"), 1)

    def test_what_is_asked_wrongly_is_told(self):
        self.fill()
        for args, why in ((["history"], "say what: stats, show BUILD"), (["history", "look"], "say what: stats, show BUILD"),
                          (["history", "show"], "name one build"), (["history", "show", "1", "2"], "name one build"),
                          (["history", "stats", "x"], "takes no arguments"), (["history", "prune"], "say --older-than 90d"),
                          (["history", "export", "nothing"], "name one of jobs, builds"),
                          (["history", "prune", "--older-than", "soon"], "soon"),
                          (["history", "export", "--format", "xml"], "xml")):
            done = self.prowl(*args, "--history", self.file, status=2)
            self.assertIn(why, done.err)
            self.assertEqual(done.out, "")

    def test_a_reader_that_leaves_early_is_no_error(self):
        self.fill()
        command = f"'{prowltest.PROWL}' history export results --history '{self.file}' | head -n 1"
        done = subprocess.run(["bash", "-o", "pipefail", "-c", command], env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertTrue(done.stdout.startswith(b"provider,job,build,"))


if __name__ == "__main__":
    prowltest.main()
