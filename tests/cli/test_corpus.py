#!/usr/bin/python3
"""prowl corpus: labelled logs, what differs, precision and recall, and cases that are none."""
import json
import os
import unittest

import prowltest

COMPILE = "gcc -o a a.o\na.o: undefined reference to `heigth'\nmake: *** [Makefile:4: a] Error 1\n"
DISK = "cp: error writing 'x': No space left on device\nmake: *** [Makefile:4: x] Error 1\n"
PASSED = "all 12 tests passed\nerrors: 0\nBUILD SUCCESS\n"


class Corpus(prowltest.Case):
    def case(self, name, log, expected):
        self.write(f"c/{name}/build-log.txt", log)
        if expected is not None:
            self.write(f"c/{name}/expected.yaml", expected)

    def scores(self, out):
        """{kind: (wanted, got, right, precision, recall)} and the last line."""
        lines = out.splitlines()
        start = next(i for i, line in enumerate(lines) if line.startswith("kind "))
        rows = {}
        for line in lines[start + 1:]:
            words = line.split()
            if len(words) < 4 or not words[1].isdigit():
                break
            rows[words[0]] = tuple(w for w in words[1:] if not w.startswith("["))
        return rows, lines[-1]

    def test_cases_that_come_out_as_expected_pass(self):
        self.case("compile/a", COMPILE, "outcome: failed\nkind: compile\nline: 2\n")
        self.case("none/a", PASSED, "outcome: passed\nkind: none\n")
        done = self.prowl("corpus", "c")
        self.assertEqual(self.scores(done.out), ({"none": ("1", "1", "1", "100.0%", "100.0%"),
                                                  "compile": ("1", "1", "1", "100.0%", "100.0%")}, "2 passed, 0 failed"))

    def test_each_difference_is_told_and_counted(self):
        self.case("compile/detail", COMPILE, "kind: compile\ndetail: nothing-like-it\n")
        self.case("compile/kind", COMPILE, "kind: test\n")
        self.case("compile/line", COMPILE, "kind: compile\nline: 3\n")
        self.case("compile/outcome", COMPILE, "outcome: passed\nkind: compile\n")
        self.case("compile/quiet", COMPILE, "kind: none\n")
        self.case("compile/right", COMPILE, "kind: compile\n")
        done = self.prowl("corpus", "c", status=1)
        for words in ("c/compile/detail: wanted compile/nothing-like-it, got failed compile/",
                      "c/compile/kind: wanted test, got failed compile/", "c/compile/line: wanted compile line 3, got ",
                      "c/compile/outcome: wanted passed compile, got failed", "c/compile/quiet: wanted none, got failed compile/",
                      "undefined reference to `heigth'"):
            self.assertIn(words, done.out)
        self.assertNotIn("c/compile/right", done.out)
        self.assertTrue(done.out.endswith("1 passed, 5 failed\n"))

    def test_precision_and_recall_are_of_each_kind(self):
        self.case("compile/a", COMPILE, "kind: compile\n")
        self.case("compile/b", COMPILE, "kind: compile\n")
        self.case("compile/c", DISK, "kind: compile\n")
        self.case("disk-full/a", COMPILE, "kind: disk-full\n")
        self.case("none/a", DISK, "kind: none\n")
        scores, _ = self.scores(self.prowl("corpus", "c", status=1).out)
        self.assertEqual(scores["compile"], ("3", "3", "2", "66.7%", "66.7%"))
        self.assertEqual(scores["disk-full"], ("1", "2", "0", "0.0%", "0.0%"))
        self.assertEqual(scores["none"], ("1", "0", "0", "-", "0.0%"))

    def test_a_case_without_a_log_fails(self):
        self.write("c/compile/empty/expected.yaml", "kind: compile\n")
        self.case("compile/a", COMPILE, "kind: compile\n")
        done = self.prowl("corpus", "c", status=2)
        self.assertIn("c/compile/empty: holds no log that could be read\n", done.out)
        self.assertTrue(done.out.endswith("1 passed, 1 failed\n"))

    def test_a_case_of_several_logs_fails(self):
        self.case("compile/a", COMPILE, "kind: compile\n")
        self.write("c/compile/a/second.log", DISK)
        self.assertIn("c/compile/a: holds 2 logs or builds, and a case is one", self.prowl("corpus", "c", status=2).out)

    def test_a_log_without_an_expectation_fails(self):
        self.case("compile/a", COMPILE, "kind: compile\n")
        self.case("compile/new", COMPILE, None)
        done = self.prowl("corpus", "c", status=2)
        self.assertIn("c/compile/new: there is no expected.yaml; --accept writes one\n", done.out)
        self.assertTrue(done.out.endswith("1 passed, 1 failed\n"))

    def test_mistakes_in_an_expectation_are_told_with_their_place(self):
        for text, error in (("kind: compil\n", '1:7: "compil" is no kind of cause; did you mean "compile"?'),
                            ("kind: compile\nlines: 3\n", '2:1: an expectation has no member "lines"; did you mean "line"?'),
                            ("kind: compile\nline: two\n", "2:7: line must be a number, from 1"),
                            ("outcome: broken\n", '1:10: "broken" is no outcome'),
                            ("detail: x\n", "1:1: an expectation needs an outcome or a kind"),
                            ("kind: [a]\n", "1:7: kind must be a text"),
                            ("- a\n", "1:1: an expectation must be a mapping"),
                            ("", "an expectation must be a mapping"),
                            ("kind: a\nkind: b\n", '2:1: "kind" is given twice')):
            self.case("compile/a", COMPILE, text)
            done = self.prowl("corpus", "c", status=2)
            self.assertIn(error, done.out)
            self.assertIn("c/compile/a/expected.yaml", done.out)
            self.assertTrue(done.out.endswith("0 passed, 1 failed\n"))

    def test_a_case_inside_a_case_fails(self):
        self.case("compile/a", COMPILE, "kind: compile\n")
        self.write("c/compile/a/b/expected.yaml", "kind: compile\n")
        self.assertIn("c/compile/a/b: a case inside the case c/compile/a\n", self.prowl("corpus", "c", status=2).out)

    def test_no_case_and_no_folder_are_mistakes(self):
        self.write("c/README.md", "nothing here\n")
        self.assertIn("no folder below it has an expected.yaml", self.prowl("corpus", "c", status=2).err)
        self.assertIn("nowhere: No such file or directory", self.run_prowl("corpus", "nowhere").err)
        self.assertIn("name one folder", self.prowl("corpus", status=2).err)

    def test_folders_that_begin_with_an_underscore_hold_no_cases(self):
        self.case("compile/a", COMPILE, "kind: compile\n")
        self.write("c/_world/job/1/build-log.txt", COMPILE)
        self.write("c/_world/x/expected.yaml", "kind: nonsense\n")
        self.assertTrue(self.prowl("corpus", "c").out.endswith("1 passed, 0 failed\n"))

    def test_accept_writes_what_came_out_and_keeps_the_note(self):
        self.case("compile/a", COMPILE, "kind: test\nnote: |\n  made by hand,\n  it's true\n")
        self.case("compile/new", COMPILE, None)
        self.case("none/a", PASSED, "kind: test\n")
        self.assertEqual(self.prowl("corpus", "c", "--accept").out, "3 accepted, 0 failed\n")
        self.assertIn("note: |\n  made by hand,\n  it's true\n", self.read("c/compile/a/expected.yaml"))
        self.assertIn("kind: compile\n", self.read("c/compile/new/expected.yaml"))
        self.assertEqual(self.read("c/none/a/expected.yaml"), "outcome: passed\nkind: none\n")
        self.assertTrue(self.prowl("corpus", "c").out.endswith("3 passed, 0 failed\n"))
        before = self.read("c/compile/a/expected.yaml")
        self.prowl("corpus", "c", "--accept")
        self.assertEqual(self.read("c/compile/a/expected.yaml"), before)

    def test_accept_does_not_touch_a_case_that_is_none(self):
        self.case("compile/a", COMPILE, "kind: compil\n")
        self.prowl("corpus", "c", "--accept", status=2)
        self.assertEqual(self.read("c/compile/a/expected.yaml"), "kind: compil\n")

    def test_a_case_may_be_a_build_with_its_documents(self):
        self.case("timeout/a", COMPILE, "outcome: aborted\n")
        self.write("c/timeout/a/finished.json", json.dumps({"timestamp": 1763500000, "passed": False, "result": "ABORTED"}))
        self.assertTrue(self.prowl("corpus", "c").out.endswith("1 passed, 0 failed\n"))
        self.case("timeout/a", COMPILE, "outcome: aborted\nartifact: x.txt\n")
        self.prowl("corpus", "c", status=1)

    def test_labels_are_compared_in_place_of_expectations(self):
        self.write("logs/a.log", COMPILE)
        self.write("logs/b.log", DISK)
        self.write("logs/c.log", PASSED)
        self.write("logs/d.log", COMPILE)
        self.write("labels.tsv", "path\toutcome\tlabel\taccept\tlines\ttier\n"
                                 "a.log\tfailed\tcompile\t\t4\tA\n"         # two lines off: near enough
                                 "b.log\tfailed\tcompile\tlint,disk-full\t\tA\n"
                                 "c.log\tpassed\tnone\t\t\tA\n"
                                 "d.log\tfailed\tcompile\t\t7,9\tA\n"       # too far
                                 "e.log\tfailed\tcompile\t\t\tA\n"          # not there
                                 "f.log\tfailed\t\t\t\tA\n")                # not labelled
        done = self.prowl("corpus", "logs", "--labels", "labels.tsv", status=2)
        self.assertIn("logs/d.log: wanted compile line 7,9, got failed compile/", done.out)
        self.assertIn("logs/e.log: holds no log that could be read\n", done.out)
        self.assertTrue(done.out.endswith("3 passed, 2 failed\n"))
        scores, _ = self.scores(done.out)
        self.assertEqual(scores["compile"], ("2", "2", "2", "100.0%", "100.0%"))
        self.assertEqual(scores["disk-full"], ("1", "1", "1", "100.0%", "100.0%"))

    def test_mistakes_in_labels_are_told(self):
        self.write("logs/a.log", COMPILE)
        for text, error in (("", "labels.tsv:1: no labels"), ("a.log\tcompile\n", "labels.tsv:1: the first line must name"),
                            ("path\tlabel\n", "labels.tsv: no row has a label")):
            self.write("labels.tsv", text)
            self.assertIn(error, self.prowl("corpus", "logs", "--labels", "labels.tsv", status=2).err)
        self.write("labels.tsv", "path\tlabel\taccept\tlines\na.log\tcompil\t\t\na.log\tcompile\tx\t\na.log\tcompile\t\tz\n")
        out = self.prowl("corpus", "logs", "--labels", "labels.tsv", status=2).out
        for words in ('labels.tsv:2: "compil" is no kind', 'labels.tsv:3: "x" is no kind', 'labels.tsv:4: "z" is no line'):
            self.assertIn(words, out)
        self.assertIn("missing.tsv: No such file", self.prowl("corpus", "logs", "--labels", "missing.tsv", status=2).err)
        self.assertIn("--accept rewrites", self.prowl("corpus", "logs", "--labels", "labels.tsv", "--accept", status=2).err)

    def test_intervals_and_confusion_are_printed(self):
        for i in range(4):
            self.case(f"compile/n{i}", COMPILE, "kind: compile\n")
        self.case("compile/wrong", DISK, "kind: compile\n")
        out = self.prowl("corpus", "c", status=1).out
        self.assertRegex(out, r"(?m)^compile +5 +4 +4 +100\.0% \[51,100\] +80\.0% \[38,96\]$")
        self.assertRegex(out, r"(?m)^confused: wanted +got\ncompile +compile 4 disk-full 1\n")

    def test_rules_that_were_wrong_are_printed_and_all_when_asked(self):
        self.case("compile/a", COMPILE, "kind: compile\n")
        self.case("compile/b", DISK, "kind: compile\n")
        out = self.prowl("corpus", "c", status=1).out
        self.assertRegex(out, r"(?m)^rule that was wrong .*\n\S+ +1 +1 +0  0\.0% \[0,79\] +-\n")
        self.assertNotIn("c.undefined-reference ", out[out.index("rule that"):].split("confused")[0])
        self.assertRegex(self.prowl("corpus", "c", "--by-rule", status=1).out, r"(?m)^c\.undefined-reference +1 +1 +1 +100\.0% ")

    def test_calibration_tells_how_often_a_confidence_was_right(self):
        self.case("compile/a", COMPILE, "kind: compile\n")
        self.case("compile/b", COMPILE, "kind: test\n")
        out = self.prowl("corpus", "c", "--calibration", status=1).out
        self.assertRegex(out, r"(?m)^confidence +logs +stated  right\n[\d. to]+ +2 +\d+\.\d%  50\.0% \[9,91\]$")

    def test_scores_leave_the_cases_out(self):
        self.case("compile/a", COMPILE, "kind: test\n")
        out = self.prowl("corpus", "c", "--scores", status=1).out
        self.assertTrue(out.startswith("kind "))
        self.assertTrue(out.endswith("0 passed, 1 failed\n"))

    def test_an_accepted_run_is_written_the_same_each_time_and_compared_with(self):
        self.case("compile/a", COMPILE, "kind: compile\n")
        self.case("none/a", PASSED, "kind: none\n")
        self.prowl("corpus", "c", "--accept")
        first = self.read("c/ACCEPTED.json")
        self.assertEqual([*json.loads(first)["cases"]], ["compile/a", "none/a"])
        self.assertRegex(first, r'\A\{"schema":1,"cases":\{\n"compile/a":\{"right":true,"said":"failed compile/\S+ line 2 by c\.undefined-reference"\},\n')
        self.assertEqual(self.read("c/compile/a/expected.yaml"), "kind: compile\n")  # it came out as expected
        self.prowl("corpus", "c/", "--accept", "-j", "4")
        self.assertEqual(self.read("c/ACCEPTED.json"), first)
        self.assertIn("against c/ACCEPTED.json: 0 worse, 0 better, 0 changed, 0 wrong as before, 0 new, 0 gone\n",
                      self.prowl("corpus", "c").out)

    def test_what_became_worse_is_told_by_name(self):
        self.case("compile/a", COMPILE, "kind: compile\n")
        self.case("compile/gone", COMPILE, "kind: compile\n")
        self.prowl("corpus", "c", "--accept")
        os.rename(self.path("c/compile/gone"), self.path("elsewhere"))
        self.case("compile/new", COMPILE, "outcome: failed\n")
        done = self.prowl("corpus", "c", "--disable", "c.undefined-reference", "--scores", status=1)
        self.assertRegex(done.out, r"\Aworse: c/compile/a: wanted compile, before failed compile/\S+ line 2 by c\.undefined-reference, got ")
        self.assertIn("gone: compile/gone\nagainst c/ACCEPTED.json: 1 worse, 0 better, 0 changed, 0 wrong as before, 1 new, 1 gone\n", done.out)

    def test_another_rule_that_is_right_too_is_a_change(self):
        self.case("compile/a", COMPILE, "kind: compile\n")
        self.prowl("corpus", "c", "--accept")
        self.write("own.yaml", "pack: own\nrules: [{id: own.c, cause: compile/own, severity: definite, any: ['heigth'], summary: s}]\n")
        out = self.prowl("corpus", "c", "--rules", "own.yaml", "--disable", "c.undefined-reference").out
        self.assertRegex(out, r"(?m)^changed: c/compile/a: before failed \S+ line 2 by c\.undefined-reference, now failed compile/own line 2 by own\.c$")

    def test_labels_are_held_against_an_accepted_run_that_is_named(self):
        self.write("logs/a.log", COMPILE)
        self.write("logs/b.log", DISK)
        self.write("labels.tsv", "path\tlabel\taccept\tlines\ttier\textent\n"
                                 "a.log\tcompile\t\t2\tA\tfull\nb.log\tlint\t\t\tB\texcerpt\n"
                                 "c.log\ttest\t\t\tD\tfull\nd.log\tother\t\t\tA\tfull\n")  # not to be scored
        args = ("corpus", "logs", "--labels", "labels.tsv")
        out = self.prowl(*args, status=1).out
        self.assertRegex(out, r"(?m)^full +100\.0% \[21,100\] +100\.0% \[21,100\] +100\.0% \[21,100\] +100\.0% \[21,100\] +-$")
        self.assertRegex(out, r"(?m)^excerpt +100\.0% \[21,100\] +0\.0% \[0,79\] +0\.0% \[0,79\] +- +-$")
        self.assertNotIn("against", out)
        self.assertIn("run.json: No such file", self.prowl(*args, "--accepted", "run.json", status=3).err)
        self.assertEqual(self.prowl(*args, "--accepted", "run.json", "--accept").out, "2 accepted, 0 failed\n")
        out = self.prowl(*args, "--accepted", "run.json").out
        self.assertIn("against run.json: 0 worse, 0 better, 0 changed, 1 wrong as before, 0 new, 0 gone\n2 passed, 0 failed\n", out)
        out = self.prowl(*args, "--accepted", "run.json", "--disable", "c.undefined-reference", status=1).out
        self.assertIn("worse: logs/a.log: wanted compile line 2, before failed compile/", out)

    def test_an_accepted_run_that_is_broken_is_told(self):
        self.case("compile/a", COMPILE, "kind: compile\n")
        for text in ("{", "{}", '{"cases": []}'):
            self.write("c/ACCEPTED.json", text)
            self.assertIn("c/ACCEPTED.json", self.run_prowl("corpus", "c").err)
            self.assertNotEqual(self.run_prowl("corpus", "c").status, 0)

    def test_rules_without_which_no_case_fails_are_listed(self):
        self.case("compile/a", COMPILE, "kind: compile\n")
        self.write("own.yaml", "pack: own\nrules: [{id: own.a, cause: other/x, any: [nothing], summary: s}]\n")
        out = self.prowl("corpus", "c", "--without-each", "--rules", "own.yaml").out
        self.assertRegex(out, r"(?m)^1 of \d+ rules: a case fails when they are switched off; none does without:$")
        self.assertIn("\n  own.a\n", out)
        self.assertNotIn("  c.undefined-reference\n", out)
        self.prowl("corpus", "c", "--disable", "c.undefined-reference", status=1)  # and so it is
        self.assertIn("\n  rollup.make\n", out)
        self.prowl("corpus", "c", "--disable", "rollup.make")

    def test_the_same_is_printed_at_any_number_of_threads(self):
        for i in range(12):
            self.case(f"compile/n{i}", COMPILE if i % 3 else DISK, "kind: compile\n")
        one, many = (self.prowl("corpus", "c", "-j", n, status=1).out for n in ("1", "8"))
        self.assertEqual(one, many)


if __name__ == "__main__":
    unittest.main()
