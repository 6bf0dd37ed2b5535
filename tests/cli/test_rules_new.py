#!/usr/bin/python3
"""prowl rules new: from a line of a log, a rule that loads and names that line."""
import gzip
import unittest

import prowltest

LOG = "make all\nfrob: cannot open '/srv/data.bin': code 17\nmake: *** [Makefile:3: all] Error 1\n"


class New(prowltest.Case):
    def draft(self, log, line, *args, **more):
        return self.prowl("rules", "new", log, str(line), *args, **more).out

    def test_the_draft_is_a_rule_that_names_its_line(self):
        self.write("build-log.txt", LOG)
        text = self.draft("build-log.txt", 2, "--id", "own.frob")
        self.assertIn("  - id: 'own.frob'\n", text)
        self.assertIn("summary: 'frob: cannot open ''{name}'': code {code}'\n", text)
        self.assertIn("match: # two are wanted; this is build-log.txt:2\n        - 'frob: cannot open ''/srv/data.bin'': code 17'\n"
                      "      no_match: [] # two are wanted", text)
        self.write("own.yaml", text)
        verdict = self.prowl("report", "build-log.txt", "--rules", "own.yaml", "--format", "ndjson").rows()[0]["verdict"]
        self.assertEqual((verdict["kind"], verdict["line"], verdict["summary"]),
                         ("other", 2, "frob: cannot open '/srv/data.bin': code 17"))
        lint = self.prowl("rules", "lint", "own.yaml", "--rules", "none").out
        self.assertEqual(lint, "1 examples, 0 failed\nown.yaml:3:5: warning: rule own.frob: has no example that must not match\n"
                               "1 rules, 1 warnings\n")

    def test_a_log_may_be_packed_or_standard_input(self):
        self.write("plain.log", LOG)
        self.write("log.gz", gzip.compress(LOG.encode()))
        bodies = {self.draft("plain.log", 2).replace("plain.log:2", "X"), self.draft("log.gz", 2).replace("log.gz:2", "X"),
                  self.draft("-", 2, stdin=LOG.encode()).replace("-:2", "X")}
        self.assertEqual(len(bodies), 1)
        self.assertIn("id: 'draft.line-2'", bodies.pop())

    def test_the_line_is_the_visible_one(self):
        text = self.draft("-", 2, stdin=b"x\n\x1b[31mError:\x1b[0m it broke\r\n")
        self.assertIn("- '^Error: it broke'\n", text)

    def test_a_line_far_on_and_a_line_in_windows_are_found(self):
        log = b"x\n" * 200000 + b"the one 'a'\n" + b"frob failed " + b"word " * 100000 + b"\nlast line\n"
        self.assertIn("the one", self.draft("-", 200001, stdin=log))
        text = self.draft("-", 200002, stdin=log)
        self.assertIn("frob failed word", text)
        self.assertLess(len(text), 4000)
        self.assertIn("last line", self.draft("-", 200003, stdin=log))

    def test_what_is_no_line_is_told(self):
        self.write("l.log", LOG + "\n")
        for args, error in ((("l.log", "9"), "l.log: there is no line 9, it has 4"), (("l.log", "0"), "the number of a line, from 1"),
                            (("l.log", "x"), "the number of a line, from 1"), (("l.log",), "name a log and the number"),
                            (("l.log", "4"), "l.log:4: the line has nothing in it to look for"),
                            (("l.log", "2", "--id", "A B"), "draft:3:9: ")):
            done = self.prowl("rules", "new", *args, status=2)
            self.assertIn(error, done.err)
            self.assertEqual(done.out, "")
        self.assertIn("no.log: No such file", self.run_prowl("rules", "new", "no.log", "1").err)
        self.assertNotEqual(self.run_prowl("rules", "new", "no.log", "1").status, 0)


if __name__ == "__main__":
    unittest.main()
