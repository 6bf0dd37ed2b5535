#!/usr/bin/python3
"""Where builds come from, as far as no network is needed: folders, mirrors, files, standard input, frozen lists, cuts."""
import atexit
import gzip
import json
import os
import shutil
import tempfile

import prowltest

BROKEN = "cc -c a.c\na.c:7:5: error: 'x' undeclared (first use in this function)\nmake: *** [Makefile:3: a.o] Error 1\n"
FINE = "compiling\nall 12 tests passed\nBUILD SUCCESS\n"
JUNIT = '<testsuite name="s" tests="1"><testcase name="adds" classname="m"><failure message="2 != 3"/></testcase></testsuite>'
ID = "1763500000000000000"  # 2024-03-01T09:42:18Z

CACHE = tempfile.mkdtemp(prefix="prowl-test-")  # of compiled rules, for all tests here
atexit.register(shutil.rmtree, CACHE, ignore_errors=True)


def ids(rows):
    return [r["build"].get("id", "") for r in rows if "build" in r]


class Sources(prowltest.Case):
    def report(self, *args, **more):
        return self.prowl("report", "--no-config", "--cache", CACHE, "--format", "ndjson", *args, **more)

    def ids(self, *args, **more):
        return ids(self.report(*args, **more).rows())

    def build(self, path, log=BROKEN, passed=False, started=1709287200, result=None, **prowjob):
        """A build's folder with its documents."""
        self.write(path + "/started.json", json.dumps({"timestamp": started}))
        self.write(path + "/finished.json", json.dumps({"timestamp": started + 60, "passed": passed,
                                                        "result": result or ("SUCCESS" if passed else "FAILURE")}))
        self.write(path + "/build-log.txt", log)
        if prowjob:
            self.write(path + "/prowjob.json", json.dumps(prowjob))


class Folders(Sources):
    def test_every_loose_log_and_report_is_a_build(self):
        self.write("logs/a.log", BROKEN)
        self.write("logs/b.txt", FINE)
        self.write("logs/c.gz", gzip.compress(BROKEN.encode()))
        self.write("logs/sub/d.xml", JUNIT)
        self.write("logs/readme.md", BROKEN)
        self.write("logs/.hidden.log", BROKEN)
        rows = self.report("logs").rows()
        self.assertEqual([(r["build"]["id"], r["build"].get("job"), r["verdict"]["outcome"]) for r in rows[:-1]],
                         [("a.log", None, "failed"), ("b.txt", None, "passed"), ("c.gz", None, "failed"),
                          ("sub/d.xml", "sub", "failed")])
        self.assertEqual(rows[2]["verdict"]["line"], 2)
        self.assertEqual(rows[-1]["totals"]["listed"], 4)

    def test_xml_that_is_no_junit_is_told(self):
        self.write("logs/coverage.xml", '<coverage line-rate="1"/>')
        row = self.report("logs").rows()[0]
        self.assertEqual([(p["where"], p["text"]) for p in row["problems"]], [("coverage.xml", "it holds no JUnit report")])

    def test_a_mirror_in_bucket_layout_gives_its_builds(self):
        self.build(f"m/bkt/logs/periodic-x/{ID}")
        self.build("m/bkt/pr-logs/pull/acme_rocket/7/pull-x/20", FINE, True)
        self.build("m/bkt/pr-logs/pull/batch/pull-x/21")
        self.write("m/bkt/pr-logs/directory/pull-x/20.txt", "gs://bkt/pr-logs/pull/acme_rocket/7/pull-x/20")
        self.write("m/bkt/logs/periodic-x/latest-build.txt", ID)
        self.write(f"m/bkt/logs/periodic-x/{ID}/artifacts/e2e/step/finished.json", '{"passed":false}')
        rows = self.report("m").rows()
        self.assertEqual([(r["build"]["id"], r["build"]["job"], r["build"]["type"], r["verdict"]["outcome"]) for r in rows[:-1]],
                         [(ID, "periodic-x", "periodic", "failed"), ("20", "pull-x", "presubmit", "passed"),
                          ("21", "pull-x", "batch", "failed")])
        self.assertEqual(rows[1]["build"]["refs"], {"org": "acme", "repo": "rocket", "pulls": [{"number": 7}]})

    def test_parts_of_a_mirror_can_be_named(self):
        self.build(f"m/bkt/logs/periodic-x/{ID}")
        self.build("m/bkt/logs/periodic-x/5")
        self.assertEqual(self.ids("m/bkt/logs/periodic-x"), [ID, "5"])
        self.assertEqual(self.ids(f"m/bkt/logs/periodic-x/{ID}/"), [ID])
        self.assertEqual(self.ids(".", cwd=self.path(f"m/bkt/logs/periodic-x/{ID}")), [ID])
        self.assertEqual(self.ids(f"m/bkt/logs/periodic-x/{ID}/build-log.txt"), [f"m/bkt/logs/periodic-x/{ID}/build-log.txt"])

    def test_a_build_with_an_id_past_a_signed_word_is_read(self):
        self.build("m/logs/j/18446744073709551615")
        self.build("m/logs/j/18446744073709551616")
        self.assertEqual(self.ids("m"), ["18446744073709551615", "18446744073709551616"])

    def test_logs_of_failed_steps_are_read_before_a_limit_cuts(self):
        top = f"m/bkt/logs/periodic-x/{ID}"
        self.build(top, "Running multi-stage test e2e\n")
        for step, passed in (("a-setup", True), ("b-deploy", True), ("c-test", False), ("d-cleanup", True)):
            self.write(f"{top}/artifacts/e2e/{step}/finished.json", json.dumps({"timestamp": 1709287250, "passed": passed}))
            self.write(f"{top}/artifacts/e2e/{step}/build-log.txt", FINE if passed else BROKEN)
        row = self.report("m", "--max-files", "6").rows()[0]  # the main log, four documents and one log more
        self.assertEqual((row["verdict"]["kind"], row["verdict"]["line"]), ("compile", 2))
        self.assertEqual([p["text"] for p in row["problems"]], ["3 files were left out by the limits of a build"])
        self.assertEqual([a["path"] for a in row["artifacts"] if a["path"].endswith("/build-log.txt")],
                         ["artifacts/e2e/c-test/build-log.txt"])

    def test_a_folder_without_builds_is_an_error(self):
        self.write("none/readme.md", "x")
        done = self.report("none", status=3)
        self.assertEqual(done.err, "prowl: read the list of builds: none: no build and no log is there\n")

    def test_what_cannot_be_looked_at_is_told_and_the_rest_is_read(self):
        self.write("logs/a.log", BROKEN)
        self.write("logs/" + "d/" * 40 + "b.log", BROKEN)
        done = self.report("logs", status=3)
        self.assertEqual(ids(done.rows()), ["a.log"])
        words = "entries that could not be looked at: 1, first logs/d/d"
        self.assertIn(words, done.err)
        self.assertIn(words, done.rows()[-1]["totals"]["list_problem"])


class Files(Sources):
    def test_a_file_a_url_of_one_and_standard_input_are_builds(self):
        log = self.write("x y.log", BROKEN)
        for argument in (log, "file://" + log.replace(" ", "%20"), "x y.log"):
            rows = self.report(argument).rows()
            self.assertEqual(rows[0]["verdict"]["kind"], "compile", argument)
        rows = self.report("-", stdin=gzip.compress(BROKEN.encode())).rows()
        self.assertEqual((rows[0]["build"]["id"], rows[0]["verdict"]["kind"], rows[0]["verdict"]["line"]), ("-", "compile", 2))

    def test_what_is_not_there_is_a_mistake(self):
        for argument, words in (("nowhere", "no such file or folder"), ("gs://bkt", "names a bucket"),
                                ("ftp://h/x", "names no builds"), ("https://h.example/x", "names no builds")):
            done = self.report(argument, status=2)
            self.assertEqual(done.out, "")
            self.assertIn(f"prowl: read the list of builds: {argument}: {words}", done.err)
            self.assertEqual(done.err.count("\n"), 1)

    def test_a_source_is_needed(self):
        self.assertIn("name at least one source", self.report(status=2).err)

    def test_offline_reads_only_what_is_here(self):
        log = self.write("a.log", BROKEN)
        self.assertIn("offline: only folders, files and --list", self.report("--offline", "https://p.example/", status=3).err)
        done = self.report("--offline", "gs://b/logs/job", log, status=3)
        self.assertEqual(ids(done.rows()), [log])
        self.assertIn("gs://b/logs/job: offline", done.err)

    def test_a_log_that_is_named_twice_is_read_once(self):
        log = self.write("a.log", BROKEN)
        done = self.report(log, log, log)
        self.assertEqual(ids(done.rows()), [log])
        self.assertEqual(done.err, "prowl: builds listed more than once, and read once: 2\n")
        self.assertEqual(done.rows()[-1]["totals"]["duplicates"], 2)

    def test_sources_come_in_the_order_of_the_arguments(self):
        self.write("b.log", BROKEN)
        self.write("a.log", BROKEN)
        self.assertEqual(self.ids("b.log", "a.log", "-", stdin=b"x\n"), ["b.log", "a.log", "-"])


class Lists(Sources):
    def test_a_frozen_list_gives_the_same_report(self):
        self.build(f"m/bkt/logs/periodic-x/{ID}")
        self.build("m/bkt/pr-logs/pull/acme_rocket/7/pull-x/20", FINE, True)
        self.write("m/loose.log", BROKEN)
        first = self.report("m", "--save-list", "list")
        lines = self.read("list").splitlines()
        self.assertEqual(lines[0], '{"prowl_list":1}')
        self.assertEqual([json.loads(line).get("id") for line in lines[1:]], [ID, "20", "loose.log"])
        second = self.report("--list", "list", "--save-list", "again")
        self.assertEqual(first.out, second.out)
        self.assertEqual(self.read("list"), self.read("again"))

    def test_a_source_beside_a_frozen_list_that_holds_nothing_is_told(self):
        self.write("a.log", BROKEN)
        os.mkdir(self.path("none"))
        self.report("a.log", "--save-list", "list")
        done = self.report("--list", "list", "none", status=3)
        self.assertEqual(done.rows()[-1]["totals"]["reported"], 1)
        self.assertEqual(done.rows()[-1]["totals"]["list_problem"], "none: no build and no log is there")

    def test_the_list_that_is_saved_is_cut(self):
        self.write("a.log", BROKEN)
        self.write("b.log", BROKEN)
        self.report("a.log", "b.log", "--limit", "1", "--save-list", "list")
        self.assertEqual(len(self.read("list").splitlines()), 2)

    def test_lines_that_cannot_be_read_are_told_and_the_others_read(self):
        self.write("list", '{"prowl_list":1}\n{"job":"j","id":"1","state":"failure"}\n{"job":"j","id":"2","state":"Failure"}\n'
                           '{"job":"j","id":"18446744073709551615","state":"success"}\n{"job":"j","i')
        done = self.report("--list", "list", status=3)
        self.assertEqual(ids(done.rows()), ["1", "18446744073709551615"])
        self.assertEqual(done.rows()[-1]["totals"]["list_problem"],
                         'lines of the list that cannot be read: 2, first line 3: "state" is "Failure"')

    def test_another_file_is_no_list(self):
        self.write("list", '{"items":[]}\n')
        self.assertEqual(self.report("--list", "list", status=3).err,
                         'prowl: read the list of builds: list: no list of builds: it must begin with {"prowl_list":1}\n')
        self.assertIn("nolist: No such file", self.report("--list", "nolist", status=3).err)

    def test_a_list_leads_nowhere_outside_of_its_buckets(self):
        self.write("list", '{"prowl_list":1}\n{"job":"j","id":"1","store":"gs","bucket":"..","key":"../../x","state":"error"}\n')
        done = self.prowl("fetch", "--no-config", "--cache", CACHE, "--offline", "--list", "list", "--into", "m", status=3)
        self.assertIn("builds without a valid place in a bucket: 1", done.err)
        self.assertEqual(os.listdir(self.path("m")), ["prowl-index.jsonl"])
        self.assertFalse(os.path.exists(self.path("x")))


class Cuts(Sources):
    """Of a list that says all, and of folders that say nothing until they are read."""

    LIST = [("1", "ja", "periodic", "success", 1), ("2", "jb", "periodic", "failure", 2), ("3", "ja", "presubmit", "error", 3),
            ("4", "ja", "batch", "pending", 4), ("5", "jb", "postsubmit", "aborted", 5)]

    def setUp(self):
        super().setUp()
        lines = [json.dumps({"id": i, "job": j, "type": t, "state": s, "started": f"2024-03-01T0{h}:00:00Z"})
                 for i, j, t, s, h in self.LIST]
        self.write("list", "\n".join(['{"prowl_list":1}'] + lines))

    def cut(self, *args):
        return "".join(self.ids("--list", "list", *args))

    def test_each_cut_leaves_what_it_must(self):
        for args, left in ((("--job", "j*"), "12345"), (("--job", "ja"), "134"), (("--job", "ja", "--job", "jb"), "12345"),
                           (("--job", "J*"), ""), (("--since", "2024-03-01T03:00:00Z"), "345"),
                           (("--until", "2024-03-01T03:00:00Z"), "12"),
                           (("--since", "2024-03-01T02:00:00Z", "--until", "2024-03-01T04:00:00Z"), "23"),
                           (("--last", "1"), "45"), (("--last", "2"), "2345"), (("--limit", "2"), "12"),
                           (("--last", "1", "--limit", "1"), "4"), (("--state", "failure"), "2"),
                           (("--state", "failure", "--state", "error"), "23"), (("--type", "periodic"), "12"),
                           (("--type", "batch", "--job", "jb"), ""), (("--result", "passed"), "1"),
                           (("--result", "failed", "--result", "running"), "24"), (("--result", "aborted"), "5")):
            self.assertEqual(self.cut(*args), left, args)

    def test_times_may_be_relative(self):
        env = {"PROWL_NOW": "2024-03-01T05:30:00Z"}
        self.assertEqual(ids(self.report("--list", "list", "--since", "90m", env=env).rows()), ["4", "5"])
        self.assertEqual(ids(self.report("--list", "list", "--until", "2024-03-01", env=env).rows()), [])

    def test_a_word_that_is_none_is_a_mistake(self):
        for option, word in (("--state", "failed"), ("--type", "nightly"), ("--result", "sucess")):
            done = self.report("--list", "list", option, word, status=2)
            self.assertIn(f'prowl: read the list of builds: {option}: "{word}" is none of ', done.err)

    def test_what_only_the_build_tells_is_cut_after_reading(self):
        self.build("m/logs/ci-a/1")
        self.build("m/logs/ci-a/2", FINE, True)
        self.build("m/logs/ci-a/3", result="ABORTED", spec={"job": "ci-a", "type": "periodic"}, status={"state": "aborted"})
        for args, left in ((("--result", "failed"), ["1"]), (("--result", "passed"), ["2"]), (("--state", "success"), ["2"]),
                           (("--state", "aborted"), ["3"]), (("--type", "periodic"), ["3"]),
                           (("--since", "2024-03-01T10:00:00Z"), ["1", "2", "3"]), (("--since", "2024-03-02"), [])):
            rows = self.report("m", *args).rows()
            self.assertEqual(ids(rows), left, args)
            self.assertEqual(rows[-1]["totals"]["listed"], len(left), args)
            self.assertEqual(rows[-1]["totals"]["incomplete"], False)


if __name__ == "__main__":
    prowltest.main()
