#!/usr/bin/python3
"""prowl rules import: what other tools know becomes a pack that lints, loads and finds; what cannot is told and counted."""
import glob
import os
import re
import unittest

import prowltest

SHARED = os.path.join(os.path.dirname(prowltest.ROOT), "shared", "corpus")

TOML = "[[rule]]\nname = 'Teapot'\npattern = '^I am a teapot: (.*)'\n[[rule]]\nname = 'Wild'\npattern = '(?x) a b'\n"
ELASTIC = "query: >\n  message:\"teapot has\" AND message:\"no handle\"\n  AND tags:\"console\" AND project:\"tea\"\n"
JENKINS = ("<?xml version='1.1' encoding='UTF-8'?>\n<com.sonyericsson.jenkins.plugins.bfa.PluginImpl><knowledgeBase><causes><entry>\n"
           "<com.sonyericsson.jenkins.plugins.bfa.model.FailureCause><name>Teapot</name><description>Ask for tea.</description>\n"
           "<indications><com.sonyericsson.jenkins.plugins.bfa.model.indication.BuildLogIndication>\n"
           "<pattern>.*am a teapot.*</pattern>\n"
           "</com.sonyericsson.jenkins.plugins.bfa.model.indication.BuildLogIndication>\n"
           "<com.sonyericsson.jenkins.plugins.bfa.model.indication.MultilineBuildLogIndication>\n<pattern>a\\nb</pattern>\n"
           "</com.sonyericsson.jenkins.plugins.bfa.model.indication.MultilineBuildLogIndication></indications>\n"
           "</com.sonyericsson.jenkins.plugins.bfa.model.FailureCause></entry></causes></knowledgeBase>\n"
           "</com.sonyericsson.jenkins.plugins.bfa.PluginImpl>\n")
DECK = "deck:\n  spyglass:\n    lenses:\n    - lens:\n        config:\n          highlight_regexes:\n          - a teapot\\b\n          - '\\pZ'\n"
SIPPY = ('[{"id": "Teapot", "summary": "Teapot", "matcher_type": "string", "file_pattern": "**/build-log.txt",\n'
         ' "match_string": "am a teapot"},\n {"id": "X", "matcher_type": "none"}]\n')
MATCHER = ('{"problemMatcher": [{"owner": "tea", "pattern": [\n'
           '{"regexp": "^(\\\\S+):(\\\\d+): (warning|error): (.*)$", "file": 1, "line": 2, "severity": 3, "message": 4}]},\n'
           '{"owner": "x", "pattern": []}]}\n')
LOG = "make all\nI am a teapot: short\npot.c:7: warning: no lid\npot.c:9: error: no spout\nteapot has lost it, no handle\nmake: *** [all] Error 1\n"

KINDS = {  # kind: (file, its text, the line of the log that is found, what is left out)
    "pytorch": ("ruleset.toml", TOML, 2, "ruleset.toml:4: rule Wild: it has the flag x: (?x) a b"),
    "elastic-recheck": ("1234.yaml", ELASTIC, 5, '1234.yaml:1: rule 1234: without the condition project:"tea"'),
    "jenkins-bfa": ("bfa.xml", JENKINS, 2, "bfa.xml:8: rule Teapot: its pattern is for several lines: a\\nb"),
    "spyglass": ("config.yaml", DECK, 2, "config.yaml:8: rule Highlighted:: it asks for a property of characters, \\pZ: \\pZ"),
    "sippy": ("symptoms.json", SIPPY, 2, "symptoms.json:3: rule X: it asks whether a file is there"),
    "problem-matcher": ("tea.json", MATCHER, 4, "tea.json:3: rule x: it has no pattern"),
}


class Import(prowltest.Case):
    def imported(self, kind, *names, status=0, **more):
        return self.prowl("rules", "import", "--from", kind, *names, status=status, **more)

    def test_every_kind_makes_a_pack_that_lints_and_finds_the_line(self):
        self.write("build-log.txt", LOG)
        for kind, (name, text, line, left) in KINDS.items():
            with self.subTest(kind):
                self.write(name, text)
                done = self.imported(kind, name)
                self.assertEqual(done.err, f"{left}\nimport: 1 rules, 1 left out\n")
                self.write(f"{kind}/pack.yaml", done.out)
                self.assertIn(f"\n  # from {name}:", done.out)
                self.assertRegex(self.prowl("rules", "lint", "--rules", "none", f"{kind}/pack.yaml").out, r"\d examples, 0 failed\n(?s:.*)1 rules, \d warnings\n\Z")
                rows = self.prowl("report", "build-log.txt", "--rules", "none", "--rules", kind, "--format", "ndjson").rows()
                found = [(f["id"].split(".")[0], f["line"]) for f in rows[0]["findings"] if f["id"].startswith(kind)]
                self.assertEqual(found, [(kind, line)], rows[0]["findings"])

    def test_a_summary_is_made_of_captures(self):
        self.write("tea.json", MATCHER)
        self.write("pack.yaml", self.imported("problem-matcher", "tea.json").out)
        rows = self.prowl("report", "-", "--rules", "none", "--rules", "pack.yaml", "--format", "ndjson",
                          stdin=b"pot.c:9: error: no spout\n").rows()
        self.assertIn("tea: pot.c:9: no spout", [f["summary"] for f in rows[0]["findings"]])

    def test_out_writes_the_pack_whole_or_not_at_all(self):
        self.write("ruleset.toml", TOML)
        whole = self.imported("pytorch", "ruleset.toml").out
        done = self.imported("pytorch", "ruleset.toml", "--out", "pack.yaml")
        self.assertEqual((done.out, self.read("pack.yaml")), ("", whole))
        self.write("bad.toml", "[[rule]]\nname = x\n")
        self.imported("pytorch", "bad.toml", "-o", "pack.yaml", status=2)
        self.assertEqual(self.read("pack.yaml"), whole)
        done = self.imported("pytorch", "ruleset.toml", "--out", "none/pack.yaml", status=2)
        self.assertIn("prowl: --out: none/pack.yaml: No such file or directory\n", done.err)

    def test_several_files_make_one_pack(self):
        for n in (1, 2, 3):
            self.write(f"{n}.yaml", f'query: message:"tea pot {n}"\n')
        out = self.imported("elastic-recheck", "1.yaml", "2.yaml", "3.yaml").out
        self.assertEqual(re.findall(r"id: '(.*)'", out), [f"elastic-recheck.bug-{n}" for n in (1, 2, 3)])
        self.write("2.yaml", "query: [\n")
        done = self.imported("elastic-recheck", "1.yaml", "2.yaml", "3.yaml", "none.yaml", status=3)
        self.assertEqual(len(re.findall(r"id: ", done.out)), 2)
        self.assertRegex(done.err, r"\Aprowl: import: 2\.yaml:2:1: did not find .*\nprowl: import: none\.yaml: No such file .*\n"
                                   r"import: 2 rules, 0 left out\n\Z")

    def test_standard_input_is_read(self):
        self.assertIn("# from -:1\n", self.imported("pytorch", "-", stdin=TOML.encode()).out)

    def test_bad_input_is_told_with_its_place(self):
        for kind, text, error in (
                ("pytorch", "[[rule]]\nname = 'x\n", "x:2:10: a string without its end"),
                ("pytorch", b"[[rule]]\nname = '\xff'\n", "x:2:9: a byte that is no UTF-8"),
                ("elastic-recheck", "query: *x\n", "x:1:8: anchors and aliases are not allowed"),
                ("jenkins-bfa", "<a>\n<b></a>\n", "x:2:1: Opening and ending tag mismatch"),
                ("jenkins-bfa", "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", "x:1:1: a DOCTYPE"),
                ("spyglass", "deck:\n\t- x\n", "x:2:1: found character that cannot start any token"),
                ("sippy", "[", "x: no JSON: line 1"),
                ("problem-matcher", "[]", 'x: it has no "problemMatcher"'),
                ("problem-matcher", "[" * 70, "x: JSON nested deeper than 64"),
                ("sippy", "a: " + "x" * (1024 * 1024), "x: longer than 1 MiB"),
        ):
            self.write("x", text)
            done = self.imported(kind, "x", status=2)
            self.assertIn("prowl: import: " + error, done.err)
            self.assertEqual(done.out, "")

    def test_nothing_carried_over_is_no_success(self):
        self.write("x.toml", "# nothing\n")
        done = self.imported("pytorch", "x.toml", status=2)
        self.assertIn("nothing that can be carried over was found; --from pytorch reads", done.err)
        self.assertTrue(done.err.endswith("import: 0 rules, 0 left out\n"))

    def test_words_that_are_missing_are_told(self):
        self.assertIn("say what the file is: --from KIND", self.prowl("rules", "import", "x", status=2).err)
        self.assertIn("name at least one file", self.prowl("rules", "import", "--from", "sippy", status=2).err)
        self.assertIn("pytorch", self.prowl("rules", "import", "--from", "pytroch", "x", status=2).err)

    def test_names_and_files_cannot_break_out_of_the_pack(self):
        name = "a\n  - id: evil.yaml"
        self.write(name, "[[rule]]\nname = \"it's\\n- id: 'x' \\u001b[31m {what} #\"\npattern = 'a''b'\n".replace("'a''b'", "\"a'b\\\\S\""))
        done = self.imported("pytorch", name)
        self.write("pack.yaml", done.out)
        self.assertNotIn("\x1b", done.out + done.err)
        out = self.prowl("rules", "show", "pytorch.it-s-id-x-31m-what", "--rules", "none", "--rules", "pack.yaml").out
        self.assertIn("a'b\\S", out)

    def test_the_same_input_gives_the_same_pack(self):
        for kind, (name, text, _, _) in KINDS.items():
            self.write(name, text)
            self.assertEqual(self.imported(kind, name).out, self.imported(kind, name).out)


@unittest.skipUnless(os.path.isdir(SHARED), "no ../shared/corpus beside the checkout")
class Real(prowltest.Case):
    """Files of others, where they lie beside the checkout: most of each is carried over, and loads."""

    def pack_of(self, kind, paths, least, most_left):
        done = self.prowl("rules", "import", "--from", kind, *paths)
        rules, left = map(int, re.search(r"^import: (\d+) rules, (\d+) left out\n\Z", done.err, re.M).groups())
        self.assertGreaterEqual(rules, least)
        self.assertLessEqual(left, most_left)
        self.assertEqual(len(done.err.splitlines()), left + 1)
        self.write("pack.yaml", done.out)
        out = self.prowl("rules", "lint", "--rules", "none", "pack.yaml").out
        self.assertRegex(out, rf"\A\d+ examples, 0 failed\n(?s:.*){rules} rules, \d+ warnings\n\Z")

    def test_pytorch(self):
        self.pack_of("pytorch", [os.path.join(SHARED, "pytorch-log-classifier/ruleset.toml")], 100, 2)

    def test_elastic_recheck(self):
        self.pack_of("elastic-recheck", sorted(glob.glob(os.path.join(SHARED, "elastic-recheck/queries/*.yaml"))), 80, 12)


if __name__ == "__main__":
    prowltest.main()
