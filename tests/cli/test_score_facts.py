#!/usr/bin/env python3
"""scripts/score-facts on files of ours, in the layout of the folders that it reads."""
import json
import os
import subprocess
import unittest

import prowltest

JUNIT = ("<testsuite tests='3' failures='1' errors='0' skipped='1'><testcase classname='acme.Oven' name='bakes'/>"
         "<testcase classname='acme.Oven' name='burns'><failure>hot</failure></testcase>"
         "<testcase classname='acme.Oven' name='cools'><skipped/></testcase></testsuite>")
STATS = {"tests": 3, "tests_fail": 1, "tests_error": 0, "tests_skip": 1}
GO = "--- FAIL: TestOven (0.01s)\nFAIL\nFAIL\tacme/oven\t0.02s\n"
GO_XML = "<testsuites><testsuite><testcase classname='acme/oven' name='TestOven'><failure/></testcase></testsuite></testsuites>"
DONE = "=== FAIL: acme/oven TestOven (0.01s)\n\nDONE 4 tests, 1 skipped, 1 failure in 0.2s\n"
UNITTEST = "FAIL: test_oven (acme.OvenTest)\nRan 3 tests in 0.1s\n\nFAILED (failures=1)\n"


class ScoreFacts(prowltest.Case):
    def setUp(self):
        super().setUp()
        self.sample("enricomi-publish/a.xml", JUNIT)
        self.sample("enricomi-publish/a.results.json", json.dumps(
            {"stats": STATS, "annotations": [{"title": "burns (acme.Oven) failed"}, {"title": "1 skipped test found"}]}))
        self.sample("mikepenz-action-junit-report/b.xml", JUNIT)
        self.sample("go-junit-report/001-fail.txt", GO)
        self.sample("go-junit-report/001-report.xml", GO_XML)
        self.sample("gotestsum/summary", DONE)
        self.sample("bugswarm/a.log", UNITTEST)
        self.sample("bugswarm/expected.json", json.dumps({"bugswarm/a.log": {
            "frameworks": "unittest", "num_t_run": 3, "num_t_ok": 2, "num_t_failed": 1, "num_t_skipped": 0,
            "tr_t_failed": "test_oven (acme.OvenTest)"}}))
        self.sample("analysis-model/oven.txt", "src/oven.c:3:4: warning: unused variable 'x' [-Wunused-variable]\n")
        self.expect("unused variable 'x'")
        self.sample("errorformat/fmts/testdata/flake8.in", "./oven.py:4:1: F401 'os' imported but unused\n")
        self.sample("errorformat/fmts/testdata/flake8.ok", "./oven.py|4 col 1 F 401| 'os' imported but unused\n")
        self.accept()

    def sample(self, name, text):
        self.write(os.path.join("corpus", name), text)

    def expect(self, *messages):
        issues = [{"message": m, "file": "src/oven.c", "line": 3} for m in messages]
        self.sample("analysis-model/expected.jsonl", json.dumps({"parser": "GccParser", "log": "oven.txt", "issues": issues}) + "\n")

    def accept(self, *rows):
        self.write("accepted.tsv", "# a comment\n" + "".join("\t".join(row) + "\n" for row in rows))

    def score(self, status, *args):
        done = subprocess.run([os.path.join(prowltest.ROOT, "scripts/score-facts"), "--corpus", self.path("corpus"),
                               "--accepted", self.path("accepted.tsv"), *args],
                              env=dict(self.env, PROWL=prowltest.PROWL), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
        out = done.stdout.decode()
        self.assertEqual(done.returncode, status, out)
        return out

    def test_what_agrees_is_counted(self):
        out = self.score(0)
        for row in (r"JUnit: enricomi +1 +5 +5 +0 +0\n", r"attributes +1 +4 +4 +0 +0\n", r"go-junit-report +1 +4 +4 +0 +0\n",
                    r"gotestsum +1 +3 +3 +0 +0\n", r"bugswarm +1 +4 +4 +0 +0\n", r"gcc, clang, gnat +1 +1 +1 +100%\n",
                    r"flake8, pycodestyle +1 +1 +1 +100%\n", r"tsc +0 +\(claimed, nothing"):
            self.assertRegex(out, row)

    def test_a_difference_must_be_accepted_and_for_this_value(self):
        self.sample("enricomi-publish/a.results.json", json.dumps({"stats": dict(STATS, tests=4), "annotations": []}))
        out = self.score(1)
        self.assertIn("  enricomi-publish/a.xml\ttotal\t4\t3\tNOT ACCEPTED\n", out)
        self.accept(("enricomi-publish/*.xml", "total", "3", "Our reason."))
        self.assertIn("\t4\t3\tOur reason.\n", self.score(0))
        self.accept(("enricomi-publish/*.xml", "total", "5", "Our reason."))
        self.assertIn("NOT ACCEPTED", self.score(1))

    def test_a_name_that_is_missing_or_too_many_is_a_difference(self):
        self.sample("go-junit-report/001-report.xml", GO_XML.replace("TestOven", "TestPan"))
        self.assertIn("  go-junit-report/001-fail.txt\tnames\t1 names\t-1 +1\tNOT ACCEPTED\n", self.score(1))

    def test_an_acceptance_that_nothing_needs_is_told(self):
        self.accept(("bugswarm/a.log", "total", "*", "Once."))
        self.assertIn("  not needed any more: bugswarm/a.log\ttotal\t*\n", self.score(1))
        self.accept(("bugswarm/a.log", "total", "*", ""))
        self.assertIn("not a path, field, value and reason", self.score(1))

    def test_a_claimed_format_must_reach_the_goal(self):
        self.expect("unused variable 'x'", "another message")
        out = self.score(1, "--missed")
        self.assertRegex(out, r"gcc, clang, gnat +1 +2 +1 +50%  BELOW THE GOAL\n")
        self.assertIn("another message", out)

    def test_without_the_folder_nothing_is_scored(self):
        out = self.score(0, "--corpus", self.path("nowhere"))
        self.assertIn("is not there; nothing is scored", out)


if __name__ == "__main__":
    unittest.main()
