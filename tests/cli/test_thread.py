#!/usr/bin/python3
"""The thin thread: one log in, one verdict out, in every format."""
import prowltest

LOG = """gcc -Wall -c main.c
main.c: In function 'main':
main.c:7:5: error: 'coutn' undeclared (first use in this function); did you mean 'count'?
make: *** [Makefile:3: main.o] Error 1
"""


class Thread(prowltest.Case):
    def test_a_log_gives_its_cause_and_line(self):
        log = self.write("build-log.txt", LOG)
        verdict = self.prowl("report", log, "--format", "json").json()["builds"][0]["verdict"]
        self.assertEqual((verdict["outcome"], verdict["kind"], verdict["line"]), ("failed", "compile", 3))
        self.assertIn("coutn", verdict["excerpt"])

    def test_text_names_cause_file_and_line(self):
        out = self.prowl("report", self.write("build-log.txt", LOG)).out
        self.assertIn("compile/", out)
        self.assertIn("build-log.txt:3", out)

    def test_standard_input_is_a_build(self):
        rows = self.prowl("report", "-", "--format", "ndjson", stdin=LOG.encode()).rows()
        self.assertEqual(rows[0]["verdict"]["kind"], "compile")

    def test_a_passing_log_has_no_cause(self):
        log = self.write("ok.log", "compiling\nall 12 tests passed\nBUILD SUCCESS\n")
        self.assertEqual(self.prowl("report", log, "--format", "json").json()["builds"][0]["verdict"]["basis"], "none")


if __name__ == "__main__":
    prowltest.main()
