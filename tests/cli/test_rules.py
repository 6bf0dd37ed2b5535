#!/usr/bin/python3
"""prowl rules, and rules of one's own: what is listed, checked, replaced, switched off, and what mistakes get."""
import concurrent.futures
import glob
import os
import shutil
import unittest

import prowltest

OWN = """pack: own
rules:
  - id: own.teapot
    cause: other/teapot
    severity: definite
    any: ['^I am a teapot: (?<what>.+)']
    summary: 'A teapot: {what}'
    help: Ask for tea.
    examples:
      match: ['I am a teapot: short and stout']
      no_match: ['you are a teapot: x']
"""
LOG = "make all\nI am a teapot: short\nmake: *** [Makefile:3: all] Error 1\n"
RULE = "pack: p\nrules:\n  - {id: a, cause: other/x, summary: s, %s}\n"


class Rules(prowltest.Case):
    def verdict(self, *args, log=LOG, **more):
        rows = self.prowl("report", "-", "--format", "ndjson", *args, stdin=log.encode(), **more).rows()
        return rows[0]["verdict"]

    def test_list_names_rules_with_cause_and_advice_and_analyzers(self):
        lines = self.prowl("rules", "list").out.splitlines()
        compile_error = [line for line in lines if line.startswith("c.compile-error ")]
        self.assertEqual(len(compile_error), 1)
        self.assertIn("compile/", compile_error[0])
        self.assertIn("fix-code", compile_error[0])
        self.assertTrue(any("(analyzer)" in line for line in lines))
        ids = [line.split()[0] for line in lines if "(analyzer)" not in line]
        self.assertEqual(ids, sorted(ids))
        self.assertGreaterEqual(len(ids), 60)

    def test_show_prints_a_rule_whole(self):
        self.write("own.yaml", OWN)
        out = self.prowl("rules", "show", "own.teapot", "--rules", "own.yaml").out
        for words in ("own.teapot", "other/teapot", "definite", "I am a teapot: (?<what>.+)", "A teapot: {what}",
                      "Ask for tea.", "short and stout", "you are a teapot: x", "own.yaml:3"):
            self.assertIn(words, out)

    def test_show_makes_examples_safe_for_a_terminal(self):
        self.write("own.yaml", RULE % "any: [x], examples: {match: [\"x\\e[31m\"]}")
        out = self.prowl("rules", "show", "a", "--rules", "own.yaml").out
        self.assertNotIn("\x1b", out)

    def test_show_knows_near_names(self):
        done = self.prowl("rules", "show", "c.compile-eror", status=2)
        self.assertEqual(done.err, 'prowl: rules show: there is no rule "c.compile-eror"; did you mean "c.compile-error"?\n')

    def test_words_that_are_missing_or_too_many_are_told(self):
        self.assertIn("say what to do", self.prowl("rules", status=2).err)
        self.assertIn("say what to do", self.prowl("rules", "lst", status=2).err)
        self.assertIn("at least one rule", self.prowl("rules", "show", status=2).err)
        self.assertIn("at least one log", self.prowl("rules", "explain", status=2).err)
        self.assertIn("takes no argument", self.prowl("rules", "list", "x", status=2).err)

    def test_the_built_in_packs_have_no_mistake_and_no_doubt(self):
        out = self.prowl("rules", "lint", "--strict").out
        self.assertRegex(out, r"\A\d+ examples, 0 failed\n\d+ rules, 0 warnings\n\Z")

    def test_test_runs_the_examples_of_the_named_pack_only(self):
        self.write("own.yaml", OWN)
        self.assertEqual(self.prowl("rules", "test", "own.yaml").out, "2 examples, 0 failed\n")

    def test_test_tells_every_example_that_fails(self):
        self.write("own.yaml", OWN.replace("short and stout']", "x', 'no pot']").replace("'you are a", "'I am a"))
        done = self.prowl("rules", "test", "own.yaml", status=2)
        self.assertEqual(done.out, "own.yaml:10:35: rule own.teapot does not match its example: no pot\n"
                                   "own.yaml:11:18: rule own.teapot matches what it must not: I am a teapot: x\n"
                                   "3 examples, 2 failed\n")

    def test_lint_tells_doubts_and_fails_only_when_asked(self):
        self.write("own.yaml", RULE % "any: ['.*x']")
        out = self.prowl("rules", "lint", "own.yaml").out
        self.assertIn("own.yaml:3:47: warning: rule a: a pattern begins or ends in .*, which only costs time\n", out)
        self.assertIn("own.yaml:3:5: warning: rule a: has no example that matches\n", out)
        self.assertIn("1 rules, 3 warnings\n", out)
        self.prowl("rules", "lint", "own.yaml", "--warnings-fail", status=2)

    def test_lint_tells_of_a_rule_that_has_expired(self):
        self.write("own.yaml", RULE % "any: [xxxx], expires: 2020-01-01")
        self.assertIn("has expired", self.prowl("rules", "lint", "own.yaml").out)

    def test_a_pack_whose_examples_fail_does_not_load(self):
        self.write("own.yaml", OWN.replace("short and stout", "x").replace("I am a teapot: x", "You are"))
        done = self.prowl("report", "-", "--rules", "own.yaml", status=2)
        self.assertEqual(done.err, "prowl: load rules: own.yaml:10:15: rule own.teapot does not match its example: You are\n")

    def test_mistakes_have_file_line_column_and_end_the_run(self):
        for text, error in (
                ("pack: p\nrule: []\n", 'own.yaml:2:1: a pack has no member "rule"; did you mean "rules"?'),
                ("pack: p\npack: q\n", 'own.yaml:2:1: "pack" is given twice, first in line 1'),
                ("pack: &a p\n", "own.yaml:1:7: anchors and aliases are not allowed"),
                ("pack: !!str p\n", "own.yaml:1:7: tags are not allowed"),
                ("pack: [\n", "own.yaml:2:1: did not find expected node content while parsing a flow node"),
                (RULE % 'any: ["x\\d"]', "own.yaml:3:49: found unknown escape character"),
                (RULE % 'any: ["x"]', "own.yaml:3:47: a pattern in double quotes would have to be escaped twice"),
                (RULE % "any: ['(x']", "own.yaml:3:47: near byte 2 of the pattern: missing closing parenthesis"),
                (RULE % "any: ['x*']", "own.yaml:3:47: the pattern matches the empty text, so every line"),
                (RULE % "any: ['x\\z']", "own.yaml:3:47: write ^ and $ in place of"),
                ("pack: p\nrules: [{id: a, cause: opm/x}]\n", 'own.yaml:2:24: "opm" is no kind of cause; did you mean "oom"?'),
                (b"pack: \xff\n", "own.yaml:1:7: invalid leading UTF-8 octet"),
        ):
            self.write("own.yaml", text)
            for command in (["report", "-"], ["rules", "list"], ["rules", "lint"]):
                done = self.prowl(*command, "--rules", "own.yaml", status=2)
                self.assertIn(error, done.err)
                self.assertEqual(done.err.count("\n"), 1)
                self.assertEqual(done.out, "")

    def test_a_pack_that_cannot_be_read_ends_the_run(self):
        done = self.prowl("report", "-", "--rules", "none.yaml", status=2)
        self.assertIn("none.yaml: No such file or directory", done.err)
        self.write("big.yaml", "#" * (1024 * 1024 + 1))
        self.assertIn("big.yaml: longer than 1048576 bytes",
                      self.prowl("report", "-", "--rules", "big.yaml", status=2).err)

    def test_rules_of_a_file_a_folder_and_the_checkout_are_used(self):
        self.write("one.yaml", OWN)
        self.write("packs/two.yaml", OWN)
        self.write("packs/README.md", "no pack")
        for args in (["--rules", "one.yaml"], ["--rules", "packs"]):
            self.assertEqual(self.verdict(*args)["detail"], "teapot")
        self.assertEqual(self.verdict()["kind"], "unknown")
        self.write(".prowl/rules/three.yaml", OWN)
        verdict = self.verdict()
        self.assertEqual((verdict["detail"], verdict["line"], verdict["summary"]), ("teapot", 2, "A teapot: short"))

    def test_a_rule_of_the_same_id_replaces_a_built_in_one(self):
        log = "main.o: undefined reference to `x'\nI am a teapot: short\n"
        self.assertEqual(self.verdict(log=log)["kind"], "compile")
        self.write("own.yaml", OWN.replace("own.teapot", "c.undefined-reference"))
        verdict = self.verdict("--rules", "own.yaml", log=log)
        self.assertEqual((verdict["kind"], verdict["line"]), ("other", 2))

    def test_rules_are_switched_off_by_id_by_glob_and_by_a_pack(self):
        log = "main.o: undefined reference to `x'\n"
        self.assertEqual(self.verdict(log=log)["kind"], "compile")
        self.write("off.yaml", "pack: off\ndisable: [c.undefined-reference]\n")
        for args in (["--disable", "c.undefined-reference"], ["--disable", "c.*"], ["--rules", "off.yaml"]):
            self.assertNotEqual(self.verdict(*args, log=log).get("kind"), "compile")

    def test_switching_off_what_is_not_there_is_warned_of(self):
        done = self.prowl("rules", "list", "--disable", "c.compile-eror")
        self.assertIn('--disable: there is no rule "c.compile-eror" to disable; did you mean "c.compile-error"?', done.err)
        self.assertEqual(self.prowl("rules", "list", "--disable", "nothing.at.all", "--quiet").err, "")

    def test_an_expired_rule_is_not_used(self):
        self.write("own.yaml", OWN.replace("    help", "    expires: 2026-03-01\n    help"))
        for now, kind in (("2026-02-28T23:59:59Z", "other"), ("2026-03-01T00:00:00Z", "unknown")):
            self.assertEqual(self.verdict("--rules", "own.yaml", env={"PROWL_NOW": now})["kind"], kind)

    def test_none_leaves_only_what_is_named_after_it(self):
        self.write("own.yaml", OWN)
        lines = self.prowl("rules", "list", "--rules", "none", "--rules", "own.yaml").out.splitlines()
        self.assertEqual([line.split()[0] for line in lines if "(analyzer)" not in line], ["own.teapot"])
        lines = self.prowl("rules", "list", "--rules", "none").out.splitlines()
        self.assertTrue(all("(analyzer)" in line for line in lines))
        self.assertEqual(self.verdict("--rules", "none", log="main.o: undefined reference to `x'\nmake: *** [m:1: x] Error 1\n")["kind"],
                         "unknown")

    def test_a_pattern_that_cannot_be_bounded_ends_and_is_told(self):
        self.write("own.yaml", "pack: p\nrules:\n  - {id: own.wild, cause: other/x, any: ['^(a+)+$|(b|bb)+c$'], summary: s}\n")
        line = "a" * 60 + "! " + "b" * 60 + "!bc\n"
        done = self.prowl("report", "-", "--rules", "own.yaml", "--format", "ndjson", stdin=(line * 3000).encode(), timeout=60)
        problems = [p["text"] for p in done.rows()[0]["problems"]]
        self.assertEqual(problems, ["scan: 3000 lines passed the match limit of rule own.wild"])

    def test_explain_shows_every_finding_and_its_part(self):
        log = self.write("build-log.txt", "main.c:3:5: error: 'x' undeclared\nmake: *** [Makefile:3: all] Error 1\n")
        out = self.prowl("rules", "explain", log).out
        self.assertRegex(out, r"root cause +build-log\.txt:1 +c\.compile-error +compile/")
        self.assertRegex(out, r"symptom +build-log\.txt:2 +rollup\.make ")
        self.assertIn("verdict       compile/", out)

    def test_explain_tells_what_cannot_be_read(self):
        done = self.run_prowl("rules", "explain", "no-such.log")
        self.assertNotEqual(done.status, 0)
        self.assertIn("no-such.log", done.out + done.err)

    def no_rules_yet(self):
        shutil.rmtree(self.path("cache"))

    def test_compiled_rules_are_kept_and_a_damaged_file_does_no_harm(self):
        self.no_rules_yet()
        first = self.verdict()
        kept = glob.glob(self.path("cache/prowl/rules-*.db"))
        self.assertEqual(len(kept), 1)
        for damage in (b"", b"nothing of the kind", None):
            with open(kept[0], "rb") as f:
                whole = f.read()
            with open(kept[0], "wb") as f:
                f.write(whole[:len(whole) // 2] if damage is None else damage)
            self.assertEqual(self.verdict(), first)
            with open(kept[0], "rb") as f:
                self.assertEqual(len(f.read()), len(whole))

    def test_no_cache_leaves_no_file(self):
        self.no_rules_yet()
        self.verdict("--no-cache")
        self.assertEqual(glob.glob(self.path("cache/**/*"), recursive=True), [])

    def test_processes_at_once_share_the_cache(self):
        self.no_rules_yet()
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            verdicts = list(pool.map(lambda _: self.verdict(), range(8)))
        self.assertTrue(all(v == verdicts[0] for v in verdicts))
        self.assertEqual(len([n for n in os.listdir(self.path("cache/prowl")) if n.startswith("rules-")]), 1)


if __name__ == "__main__":
    unittest.main()
