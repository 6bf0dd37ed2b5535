#!/usr/bin/python3
"""prowl rules lint on a corpus: dead, shadowed, false alarms, too broad; examples that are wanted; what rules cost."""
import os
import unittest

import prowltest

HEAD = "pack: own\nrules:\n"
EXAMPLES = "examples: {match: ['I am a teapot: x', 'I am a teapot: y'], no_match: [teapot, 'a teapot: x']}"
TEAPOT = "  - {id: own.teapot, cause: other/teapot, severity: definite, any: ['^I am a teapot'], summary: s, " + EXAMPLES + "}\n"
PASSED = "Finished: SUCCESS\n"
LOG = "make all\nI am a teapot: short\nmake: *** [Makefile:3: all] Error 1\n"


class Lint(prowltest.Case):
    def case(self, name, log, expected="outcome: failed\n"):
        self.write(f"c/{name}/build-log.txt", log)
        self.write(f"c/{name}/expected.yaml", expected)

    def lint(self, rules, *args, status=0):
        self.write("own.yaml", HEAD + rules)
        return self.prowl("rules", "lint", "own.yaml", "--rules", "none", "--corpus", "c", *args, status=status).out

    def test_the_built_in_packs_are_clean_on_the_corpus_of_the_project(self):
        out = self.prowl("rules", "lint", "--corpus", os.path.join(prowltest.ROOT, "corpus")).out
        doubts = [line for line in out.splitlines() if ": warning: " in line]
        self.assertEqual(doubts, [])
        self.assertRegex(out, r"(?m)^\d+ examples, 0 failed$")

    def test_a_good_rule_has_no_doubt(self):
        self.case("other/a", LOG)
        self.case("none/a", "all passed\n", "outcome: passed\n")
        self.assertEqual(self.lint(TEAPOT, "--strict"),
                         "4 examples, 0 failed\n2 logs; 0 of 1 rules hit in none of them\n1 rules, 0 warnings\n")

    def test_strict_wants_two_examples_of_each_kind(self):
        self.case("other/a", LOG)
        few = TEAPOT.replace(", 'I am a teapot: y'", "")
        self.assertIn("1 rules, 0 warnings\n", self.lint(few))
        out = self.lint(few, "--strict", status=2)
        self.assertIn("own.yaml:3:5: warning: rule own.teapot: has 1 match example, and 2 are wanted\n", out)

    def test_a_rule_that_nothing_hits_is_dead(self):
        self.case("other/a", LOG)
        out = self.lint("  - {id: own.dead, cause: other/x, any: [nothing like it], summary: s}\n")
        self.assertIn("rule own.dead: is dead: no case of the corpus and no example hits it\n", out)
        self.assertIn("1 logs; 1 of 1 rules hit in none of them\n", out)

    def test_a_rule_that_another_beats_each_time_is_shadowed(self):
        self.case("other/a", LOG)
        weak = TEAPOT.replace("own.teapot", "own.weak").replace("definite", "cause")
        shadow = "rule own.weak: is shadowed: it hits in 1 logs and 4 examples and decides none, own.teapot is the cause in its place\n"
        self.assertIn(shadow, self.lint(TEAPOT + weak))
        self.assertNotIn("shadowed", self.lint(TEAPOT + weak.replace("severity: cause", "severity: symptom")))
        self.assertNotIn("shadowed", self.lint(weak))

    def test_a_definite_rule_in_a_passing_log_is_told_and_a_cause_only_when_it_is_named(self):
        log = "I am a teapot: x\n"
        cause = TEAPOT.replace("definite", "cause")
        self.case("none/a", log + PASSED, "outcome: passed\n")
        self.assertIn("rule own.teapot: is definite, and hits in a passing log: c/none/a:1\n", self.lint(TEAPOT))
        self.assertNotIn("passing log", self.lint(cause))
        self.case("none/a", log, "outcome: passed\n")
        self.assertIn("rule own.teapot: is the cause named of a passing log: c/none/a:1\n", self.lint(cause))

    def test_a_rule_that_hits_in_too_many_logs_or_lines_is_too_broad(self):
        for i in range(20):
            self.case(f"other/n{i}", LOG if i < 6 else "make: *** [m:1: x] Error 1\n")
        out = self.lint(TEAPOT)
        self.assertIn("rule own.teapot: hits in 6 of 20 logs\n", out)
        self.assertNotIn("hits in 6 of 20", self.lint(TEAPOT, "--max-logs", "30"))
        self.case("other/n0", "I am a teapot: x\n" * 50 + "x\n" * 150)
        self.assertIn("rule own.teapot: hits in 50 of 200 lines of c/other/n0\n", self.lint(TEAPOT))
        self.assertNotIn("lines of", self.lint(TEAPOT, "--max-lines", "25"))
        rollup = TEAPOT.replace("definite", "rollup")
        self.assertNotIn("of 20 logs", self.lint(rollup))

    def test_labels_may_take_the_place_of_expectations(self):
        self.write("logs/a.log", LOG)
        self.write("logs/b.log", "I am a teapot: x\n")
        self.write("labels.tsv", "path\tlabel\na.log\tconfig\nb.log\tnone\n")
        self.write("own.yaml", HEAD + TEAPOT)
        out = self.prowl("rules", "lint", "own.yaml", "--rules", "none", "--corpus", "logs", "--labels", "labels.tsv").out
        self.assertIn("2 logs; 0 of 1 rules hit in none of them\n", out)
        self.assertIn("passing log: logs/b.log:1\n", out)

    def test_a_corpus_that_cannot_be_read_is_told(self):
        self.write("own.yaml", HEAD + TEAPOT)
        self.assertIn("nowhere: No such file", self.prowl("rules", "lint", "own.yaml", "--corpus", "nowhere", status=3).err)
        self.case("other/a", LOG, "outcome: broken\n")
        self.assertIn('"broken" is no outcome', self.lint(TEAPOT, status=2))

    def test_cost_prints_the_costliest_rules(self):
        self.case("other/a", LOG)
        self.write("own.yaml", HEAD + TEAPOT + "  - {id: own.x, cause: other/x, any: [nothing], summary: s}\n")
        for args in ((), ("--corpus", "c")):
            out = self.prowl("rules", "lint", "--rules", "none", "own.yaml", "--cost", "--most", "1", *args).out
            self.assertRegex(out, r"\n[0-9.]+ MB scanned in [0-9.]+ ms; the rules that cost most:\n +[0-9.]+ %  own\.\w+\n2 rules")


if __name__ == "__main__":
    unittest.main()
