#!/usr/bin/python3
"""prowl nightly and report --history, over simulated nights that a Deck on loopback lists."""
import atexit
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import nettest
import prowltest
from rude import Rude, ok, status
from world import World

WORLD = os.path.join(prowltest.ROOT, "corpus", "_world")
sys.path.insert(0, WORLD)
sys.dont_write_bytecode = True
import nights  # noqa: E402

NIGHTS = 14
FORMATS = ("html", "md", "json", "lp", "slack", "digest")
_made = None


def made():
    """The nights' folder. Nobody may write there."""
    global _made
    if _made is None:
        _made = tempfile.mkdtemp(prefix="prowl-nights-")
        atexit.register(shutil.rmtree, _made, ignore_errors=True)
        subprocess.run(["/usr/bin/python3", os.path.join(WORLD, "make"), "--nights", str(NIGHTS), _made], check=True)
    return _made


class Case(nettest.Case):
    def setUp(self):
        super().setUp()
        self.server = World(made())
        self.server.start()
        self.addCleanup(self.server.stop)

    def nightly(self, *args, night=0, history="h.db", folder="out", server=None, **more):
        """One night's run; its files lie in self.dir/folder."""
        os.makedirs(self.path(folder), exist_ok=True)
        url = (server or self.server).url
        files = [part for f in FORMATS for part in ("--" + f, self.path(folder, "night." + f))]
        return self.prowl("nightly", url + "/?job=*", *self.QUICK, "--gcs-url", url, "--gcs-api-url", self.server.url + "/storage/v1",
                          "--history", self.path(history), *files, *args, env={"PROWL_NOW": nights.morning(night)}, **more)

    def night(self, folder="out"):
        return json.loads(self.read(folder + "/night.json"))

    def files(self, folder):
        return {f: self.read(f"{folder}/night.{f}") for f in FORMATS}

    def rows(self, history):
        """Builds as the history exports them, without what says by which run they were read."""
        out = self.prowl("history", "export", "--format", "ndjson", "--history", self.path(history)).out
        return sorted(re.sub(r'"(analyzed_ms|run)":\d+,?', "", line) for line in out.splitlines())


class Nights(Case):
    def test_each_test_is_what_was_done_to_it(self):
        self.nightly()
        said = {label(t): t["class"] for t in self.night()["tests"]}
        for test, becomes in nights.expected():
            with self.subTest(test=test):
                name = test.replace("::", ".").replace("/", ".").replace(".py", "")
                got = [c for n, c in said.items() if n.endswith(name) or n.replace("/", ".").endswith(name)]
                self.assertEqual(got, [becomes])

    def test_an_outage_a_bad_build_and_a_missing_job_are_told_apart(self):
        self.nightly(night=nights.OUTAGE_NIGHT, folder="outage")
        outage = self.night("outage")
        self.assertGreaterEqual(len(outage["outages"]), 1)
        self.assertGreaterEqual(outage["outages"][0]["jobs"], 3)
        self.nightly()
        last = self.night()
        self.assertIn("periodic-acme-charts-links", last["self"]["missing_jobs"])
        ledger = next(j for j in last["jobs"] if j["name"] == nights.BAD_BUILD[0])
        self.assertEqual(ledger["bad"], 1)

    def test_night_after_night_gives_what_one_run_gives(self):
        for night in (9, 4, 1, 0):
            self.nightly("--since", nights.morning(night + 1), night=night, history="each.db", folder="each")
        self.nightly("--since", nights.morning(1), folder="once")
        self.assertEqual(self.rows("each.db"), self.rows("h.db"))
        each, once = self.night("each"), self.night("once")
        for what in ("tests", "jobs", "clusters", "causes", "builds"):
            self.assertEqual(each[what], once[what], what)

    def test_a_second_run_reads_nothing_and_says_the_same(self):
        self.nightly(folder="first")
        rows = self.rows("h.db")
        self.nightly("--no-cache", folder="second")
        self.assertEqual(self.night("second")["self"]["read"], 0)
        self.assertEqual(self.rows("h.db"), rows)
        first, second = self.night("first"), self.night("second")
        first.pop("self"), second.pop("self")
        self.assertEqual(first, second)

    def test_threads_do_not_show(self):
        self.nightly("-j", "1", history="1.db", folder="one")
        self.nightly("-j", "8", history="8.db", folder="eight")
        self.assertEqual(self.files("one"), self.files("eight"))

    def test_killed_at_any_moment_it_ends_as_if_it_had_not_been(self):
        self.nightly(history="whole.db", folder="whole")
        luck, args = random.Random(7), ["--history", self.path("h.db"), "--html", self.path("x.html"), "--no-cache"]
        for _ in range(6):
            url = self.server.url
            process = subprocess.Popen([prowltest.PROWL, "nightly", url + "/?job=*", *self.QUICK, "--gcs-url", url, "--gcs-api-url",
                                        url + "/storage/v1", *args], env=dict(self.env, PROWL_NOW=nights.morning(0)),
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(luck.random() * 0.7)
            process.send_signal(signal.SIGKILL)
            process.wait()
        self.nightly()
        self.assertEqual(self.rows("h.db"), self.rows("whole.db"))
        whole, again = self.night("whole"), self.night()
        whole.pop("self"), again.pop("self")
        self.assertEqual(whole, again)

    def test_other_rules_judge_again_from_the_cache(self):
        self.nightly()
        builds = self.list_of_builds()
        self.server.stop()
        self.prowl("nightly", "--no-config", "--disable", "registry.*", "--offline", "--list", builds, "--history", self.path("h.db"),
                   "--gcs-url", self.server.url, "--gcs-api-url", self.server.url + "/storage/v1", "--json", self.path("other.json"),
                   env={"PROWL_NOW": nights.morning(0)})
        told = json.loads(self.read("other.json"))["self"]
        self.assertGreater(told["rejudged"], 300)
        self.assertEqual(told["unreadable"], 0)

    def list_of_builds(self):
        path = self.path("list.jsonl")
        self.prowl("report", self.server.url + "/?job=*", *self.QUICK, "--gcs-url", self.server.url, "--gcs-api-url",
                   self.server.url + "/storage/v1", "--save-list", path, "--limit", "400", "--format", "none")
        return path

    def test_the_history_alone_is_reported(self):
        self.nightly(folder="first")
        done = self.prowl("report", "--no-config", "--history", self.path("h.db"), "--json", self.path("alone.json"),
                          env={"PROWL_NOW": nights.morning(0)})
        first, alone = self.night("first"), json.loads(self.read("alone.json"))
        self.assertEqual(first["tests"], alone["tests"])
        self.assertIn("orbit", done.out)


class Trouble(Case):
    def test_a_night_that_looks_broken_says_so_first_and_exits_3(self):
        with Rude(made()) as rude:
            bucket = os.path.join(made(), "acme-ci-results")
            for folder, _, names in os.walk(bucket):
                if "portal" in folder or "ledger" in folder or "orbit" in folder:
                    for name in names:
                        rude.on("/" + os.path.relpath(os.path.join(folder, name), made()), status(403))
            with open(os.path.join(made(), "prowjobs.json"), "rb") as f:
                rude.on("/prowjobs.js", ok(b"var allBuilds = " + f.read() + b";"))
            done = self.nightly("--tries", "1", server=rude, status=3)
        self.assertTrue(self.night()["self"]["broken"])
        self.assertIn("broken", done.out.splitlines()[0].lower() + done.out.splitlines()[1].lower())

    def test_no_source_and_no_history_is_a_clear_error(self):
        done = self.prowl("nightly", "--no-config", status=2)
        self.assertEqual(len(done.err.splitlines()), 1)

    def test_what_cannot_be_written_or_sent_is_known_before_anything_is_read(self):
        for args, said in ((("--quarantine", "foo=x"), '"foo=x" is no FORMAT=FILE'), (("--quarantine", "go="), '"go=" is no FORMAT=FILE'),
                           (("--slack-webhook-file", self.path("none")), "none: No such file"),
                           (("--slack-webhook-file", self.write("hook", "no address\n")), "hook: this is no address")):
            done = self.nightly(*args, status=3 if "none" in args[1] else 2)
            self.assertEqual(len(done.err.splitlines()), 1)
            self.assertIn(said, done.err)
            self.assertNotIn("h.db", done.err)
        self.assertEqual(self.server.count("prowjobs"), 0)

    def test_a_log_without_a_time_is_of_the_night_that_found_it(self):
        self.write("b.log", "main.go:3:2: undefined: foo\nmake: *** [all] Error 1\n")
        at = ("--no-config", "--history", self.path("h.db"), "--json", self.path("n.json"), "b.log")
        for read in (1, 0):
            self.prowl("nightly", *at, env={"PROWL_NOW": nights.morning(0)})
            told = json.loads(self.read("n.json"))
            self.assertEqual((told["headline"]["failed"], told["self"]["read"]), (1, read))

    def test_two_formats_in_one_file_are_refused(self):
        self.nightly("--md", self.path("same"), "--json", self.path("same"), status=2)

    def test_a_page_that_cannot_be_written_is_told_and_the_others_are_written(self):
        done = self.nightly("--html", self.path("no/such/folder/x.html"), status=3)
        self.assertIn("no/such/folder/x.html", done.err)
        self.assertTrue(os.path.exists(self.path("out/night.json")))


class Sending(Case):
    SECRET = "/services/T000/B000/sEcReT"

    def hook(self, rude, *answers):
        rude.on(self.SECRET, *answers)
        return self.write("hook", rude.url + self.SECRET + "\n")

    def test_the_message_is_sent_once(self):
        with Rude(self.path("nothing")) as rude:
            self.nightly("--slack-webhook-file", self.hook(rude, ok(b"ok")))
            self.assertEqual(rude.count(self.SECRET), 1)

    def test_a_dry_run_sends_nothing_and_says_so(self):
        with Rude(self.path("nothing")) as rude:
            done = self.nightly("--slack-webhook-file", self.hook(rude, ok(b"ok")), "--dry-run")
            self.assertEqual(rude.count(self.SECRET), 0)
        self.assertIn("would be sent to 127.0.0.1", done.err)

    def test_a_refusal_is_told_without_the_address(self):
        with Rude(self.path("nothing")) as rude:
            done = self.nightly("--slack-webhook-file", self.hook(rude, status(404)), status=3)
        self.assertIn("404", done.err)
        self.assertNotIn("sEcReT", done.err + done.out)

    def test_what_may_pass_is_tried_again(self):
        with Rude(self.path("nothing")) as rude:
            self.nightly("--slack-webhook-file", self.hook(rude, status(503), ok(b"ok")))
            self.assertEqual(rude.count(self.SECRET), 2)


class Quarantine(Case):
    def test_lists_name_the_flaky_tests_and_no_broken_one(self):
        wanted = [part for f in ("go", "pytest", "ginkgo", "junit") for part in ("--quarantine", f"{f}={self.path('q.' + f)}")]
        self.nightly(*wanted)
        self.assertIn("test_stream_resumes", self.read("q.pytest"))
        self.assertNotIn("test_frame_expires", self.read("q.pytest"))
        self.assertNotIn("TestMirrorCopy", self.read("q.go"))

    def test_nothing_is_written_unasked(self):
        self.nightly()
        self.assertEqual(sorted(os.listdir(self.path("out"))), sorted("night." + f for f in FORMATS))


class Configured(Case):
    def test_one_word_does_it(self):
        self.write(".prowl.yaml", f"nightly:\n  source: '{self.server.url}/?job=*orbit*'\n  gcs-url: '{self.server.url}'\n"
                   f"  gcs-api-url: '{self.server.url}/storage/v1'\n  title: Orbit's night\n")
        done = self.prowl("nightly", env={"PROWL_NOW": nights.morning(0)})
        self.assertIn("Orbit", done.out)
        page = self.read("prowl-summary.html")
        self.assertIn("Orbit&#39;s night" if "&#39;" in page else "Orbit's night", page)
        self.assertTrue(os.path.exists(self.path(".local/state/prowl/history.db")))


def label(test):
    return ".".join(test[k] for k in ("suite", "class_name", "name") if test.get(k))


if __name__ == "__main__":
    prowltest.main()
