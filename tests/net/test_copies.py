#!/usr/bin/python3
"""What is kept: the cache, and the mirror that `prowl fetch` makes."""
import json
import os
import resource
import subprocess
import threading

import nettest
import prowltest
from nettest import BROKEN, BUCKET, FINE
from rude import gated, login, ok, reset, Rude, status
from world import World

ODD = b"something nobody has a rule for went wrong: error: frobnication imbalance %d\n"


class Copies(nettest.Case):
    def setUp(self):
        super().setUp()
        self.world = World(self.root)
        self.addCleanup(self.world.stop)
        self.world.start()
        self.rude = Rude(self.root)
        self.addCleanup(self.rude.close)

    def where(self):
        return (self.world.url + "/?job=*", *self.at(self.world, self.rude))

    def get(self, *args, **more):
        return self.report(*self.where(), *args, **more)

    def entries(self):
        """The cache's files, the largest first."""
        found = [os.path.join(d, n) for d, _, names in os.walk(self.path("cache/prowl/v1")) for n in names if n[0] != "." and n != "lock"]
        return sorted(found, key=os.path.getsize, reverse=True)


    def running(self, number):
        """A build on its way, and its key."""
        key = self.build(number, files={"finished.json": None})
        self.jobs[-1]["status"] = {"state": "pending", "startTime": nettest.stamp(nettest.STARTED), "build_id": str(number),
                                   "url": self.jobs[-1]["status"]["url"]}
        self.write("world/prowjobs.json", json.dumps(self.jobs))
        self.write(f"world/{BUCKET}/{key}/prowjob.json", json.dumps(self.jobs[-1]))
        return key

    def over(self, key):
        self.jobs[-1]["status"].update(state="failure", completionTime=nettest.stamp(nettest.STARTED + 9))
        self.write("world/prowjobs.json", json.dumps(self.jobs))
        self.write(f"world/{BUCKET}/{key}/prowjob.json", json.dumps(self.jobs[-1]))
        self.write(f"world/{BUCKET}/{key}/finished.json", json.dumps({"timestamp": nettest.STARTED + 9, "passed": False,
                                                                      "result": "FAILURE"}))


class Cache(Copies):
    def test_a_build_that_is_over_is_never_asked_for_twice(self):
        for n in range(1, 6):
            self.build(n, passed=n == 3, files={"artifacts/junit.xml": "<testsuite><testcase name='a'/></testsuite>"})
        first = self.get()
        self.rude.forget()
        self.world.requests.clear()
        second = self.get()
        self.assertEqual((first.out, self.rude.count()), (second.out, 0))
        self.assertEqual([r for r in self.world.requests if "prowjobs.js" not in r], [])

    def test_an_empty_file_is_kept_too(self):
        self.build(1, log=b"")
        self.get()
        self.rude.forget()
        self.get()
        self.assertEqual(self.rude.count(), 0)

    def test_a_build_that_may_get_more_is_asked_for_again(self):
        key = self.build(1, files={"finished.json": None, "build-log.txt": None})
        self.jobs[0]["status"] = {"state": "pending", "startTime": nettest.stamp(nettest.STARTED), "build_id": "1",
                                  "url": self.jobs[0]["status"]["url"]}
        self.write("world/prowjobs.json", json.dumps(self.jobs))
        self.write(f"world/{BUCKET}/{key}/prowjob.json", json.dumps(self.jobs[0]))
        self.assertEqual(self.get().json()["builds"][0]["verdict"]["outcome"], "running")
        self.write(f"world/{BUCKET}/{key}/build-log.txt", BROKEN)
        self.write(f"world/{BUCKET}/{key}/finished.json", json.dumps({"timestamp": nettest.STARTED + 9, "passed": False,
                                                                      "result": "FAILURE"}))
        verdict = self.get().json()["builds"][0]["verdict"]
        self.assertEqual((verdict["outcome"], verdict["line"]), ("failed", 2))

    def test_what_failed_is_asked_for_again(self):
        key = self.build(1)
        log = f"/{BUCKET}/{key}/build-log.txt"
        self.rude.on(log, status(500))
        self.assertEqual(len(self.problems(self.get("--tries", "1"))), 1)
        self.rude.on(log, ok(BROKEN)).forget()
        self.assertEqual(self.problems(self.get()), [])
        self.assertEqual(self.rude.count(), 1)

    def test_an_older_copy_is_not_taken_for_the_last_one(self):
        """The log grows until the build is over; then it cannot be read once, and then it can."""
        for etag in (True, False):
            with self.subTest(etag=etag):
                self.jobs.clear()
                key = self.running(1 + etag)
                log = f"/{BUCKET}/{key}/build-log.txt"
                self.rude.on(log, ok(b"compiling\n", etag))
                self.get()
                self.over(key)
                self.rude.on(log, status(500))
                self.assertEqual(len(self.problems(self.get("--tries", "1"))), 1)
                self.rude.on(log, ok(BROKEN))
                for _ in range(2):
                    self.assertEqual(self.get().json()["builds"][0]["verdict"].get("line"), 2)
                self.rude.forget()
                self.get()
                self.assertEqual(self.rude.count(), 0)

    def test_offline_reads_what_is_kept_and_tells_what_is_not(self):
        self.build(1)
        online = self.get("--save-list", self.path("list"))
        offline = self.report("--list", self.path("list"), "--offline", *self.at(self.world, self.rude))
        self.assertEqual(offline.out, online.out)
        self.rude.forget()
        done = self.report("--list", self.path("list"), "--offline", "--cache", self.path("other"), *self.at(self.world, self.rude),
                           status=75)
        self.assertIn("not in the cache, and offline", self.problems(done)[0][1] + self.problems(done)[1][1])
        self.assertEqual(self.rude.count(), 0)

    def test_no_cache_neither_reads_nor_writes(self):
        self.build(1)
        self.get("--cache-size=0")
        self.assertEqual(self.entries(), [])
        self.get()
        self.rude.forget()
        self.get("--cache-size=0")
        self.assertGreater(self.rude.count(), 3)

    def test_damaged_entries_are_misses_and_are_mended(self):
        self.build(1, log=b"x" * 5000 + b"\n" + BROKEN)
        first = self.get()
        log = self.entries()[0]
        with open(log, "rb") as f:
            whole = f.read()
        for name, damaged in (("a flipped bit", whole[:3000] + bytes([whole[3000] ^ 1]) + whole[3001:]), ("cut", whole[:-1]),
                              ("longer", whole + b"x"), ("empty", b""), ("zeros", bytes(len(whole))),
                              ("another length", whole.replace(b" 5107 ", b" 5106 ")),
                              ("another ETag", whole.replace(b'"', b"'", 1))):
            with self.subTest(name):
                self.assertNotEqual(damaged, whole)
                with open(log, "wb") as f:
                    f.write(damaged)
                self.rude.forget()
                again = self.get()
                self.assertEqual((again.out, self.rude.count()), (first.out, 1))
                with open(log, "rb") as f:
                    self.assertEqual(f.read(), whole)

    def test_a_full_disk_is_one_warning_and_the_run_goes_on(self):
        for n in range(1, 9):
            self.build(n, log=BROKEN + b"x" * 100000)
        whole = self.get("--cache-size=0")
        done = subprocess.run([prowltest.PROWL, "report", *self.QUICK, "--format", "json", *self.where()], env=self.env,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120,
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50000, 50000)))
        self.assertEqual((done.returncode, done.stdout), (0, whole.raw))
        self.assertEqual(done.stderr.decode().count("the cache is not written any more"), 1, done.stderr)
        self.assertEqual(self.get().raw, whole.raw)

    def test_a_cache_that_cannot_be_is_one_warning(self):
        self.build(1)
        self.write("file", "")
        done = self.get("--cache", self.path("file"))
        self.assertEqual(len(done.json()["builds"]), 1)
        self.assertIn("there is no cache", done.err)

    def test_the_limit_of_size_is_kept(self):
        for n in range(1, 31):
            self.build(n, log=os.urandom(40000).hex().encode())
        self.get("--cache-size", "600K")
        self.assertLess(sum(os.path.getsize(p) for p in self.entries()), 700 << 10)
        self.assertGreater(len(self.entries()), 5)

    def test_two_at_once_share_a_cache(self):
        for n in range(1, 31):
            self.build(n, log=BROKEN + b"y" * 30000)
        args = ("report", *self.QUICK, "--format", "json", *self.where(), "--cache-size", "700K")
        processes = [self.start(*args) for _ in range(2)]
        outputs = [p.communicate(timeout=120) for p in processes]
        self.assertEqual([p.returncode for p in processes], [0, 0])
        self.assertEqual(outputs[0][0], outputs[1][0])
        self.assertEqual(outputs[0][1] + outputs[1][1], b"")

    def test_readable_by_its_owner_only(self):
        self.build(1)
        self.get("--cache", self.path("new/cache"))
        self.assertEqual(os.stat(self.path("new/cache/v1")).st_mode & 0o777, 0o700)


class Mirror(Copies):
    def fetch(self, *args, **more):
        return self.prowl("fetch", *self.QUICK, "--into", self.path("mirror"), *self.where(), *args, **more)

    def mirrored(self, *args, **more):
        return self.report(self.path("mirror"), *self.at(self.world, self.rude), *args, **more)

    def test_the_mirror_is_the_buckets_layout(self):
        key = self.build(1)
        done = self.fetch()
        self.assertRegex(done.out, r"^1 builds, \d+ bytes, in ")
        self.assertEqual(self.read(f"mirror/gs/{BUCKET}/{key}/build-log.txt").encode(), BROKEN)
        self.assertIn('"prowl_list":1', self.read("mirror/prowl-index.jsonl").splitlines()[0])

    def test_it_gives_the_same_report_with_what_limits_left_out(self):
        for n in range(1, 5):
            self.build(n, files={f"artifacts/junit_{i}.xml": "<testsuite><testcase name='a'/></testsuite>" for i in range(9)})
        live = self.get("--max-files", "5", "--cache-size=0")
        self.assertIn("left out", self.problems(live)[0][1])
        self.fetch("--max-files", "5")
        self.rude.forget()
        self.assertEqual(self.mirrored("--max-files", "5").out, live.out)
        self.assertEqual(self.rude.count(), 0)

    def test_the_passing_log_that_a_verdict_was_compared_with_is_there(self):
        self.build(2, log=b"usual: error: nothing to see here\n" + ODD % 7)
        self.build(1, log=b"usual: error: nothing to see here\n" + FINE, passed=True)
        live = self.get("--cache-size=0")
        self.assertIn("frobnication", live.json()["builds"][0]["verdict"]["excerpt"])
        self.fetch()
        self.assertEqual(self.mirrored("--cache-size=0").out, live.out)

    def test_a_second_run_asks_for_nothing_and_a_third_for_what_is_new(self):
        self.build(1)
        self.fetch("--cache-size=0")
        self.rude.forget()
        self.world.requests.clear()
        self.fetch("--cache-size=0")
        self.assertEqual((self.rude.count(), self.world.count("/storage/")), (0, 0))
        new = self.build(2)
        self.fetch("--cache-size=0")
        self.assertEqual({r.path.rpartition("/")[0] for r in self.rude.requests}, {f"/{BUCKET}/{new}"})

    def test_builds_that_are_not_listed_any_more_stay_in_the_index(self):
        self.build(1)
        self.fetch()
        self.jobs.clear()
        self.build(2)
        self.fetch()
        self.assertEqual([b["build"]["id"] for b in self.mirrored().json()["builds"]], ["2", "1"])

    def test_a_killed_run_is_taken_up(self):
        for n in range(1, 41):
            self.build(n)
        gate = threading.Event()
        for n in range(20, 41):
            self.rude.on(f"/{BUCKET}/logs/periodic-x/{n}/build-log.txt", gated(gate, ok(BROKEN)))
        process = self.start("fetch", *self.QUICK, "--into", self.path("mirror"), *self.where(), "--cache-size=0", "--parallel", "64")
        copied = lambda: sum(os.path.exists(self.path(f"mirror/gs/{BUCKET}/logs/periodic-x/{n}/build-log.txt")) for n in range(1, 41))
        nettest.wait_for(lambda: copied() == 19 and sum(self.rude.busy.values()) == 21, "19 logs, and 21 that are held back")
        process.kill()
        process.wait()
        half = self.mirrored("--cache-size=0").json()
        self.assertEqual(half["totals"]["reported"], 40)
        told = [b["build"]["id"] for b in half["builds"] if any("not in the mirror" in p["text"] for p in b.get("problems", []))]
        self.assertEqual(sorted(told, key=int), [str(n) for n in range(20, 41)])
        gate.set()
        self.rude.forget()
        self.fetch("--cache-size=0")
        self.assertEqual(sorted(r.path for r in self.rude.requests),
                         sorted(f"/{BUCKET}/logs/periodic-x/{n}/build-log.txt" for n in range(20, 41)))
        self.assertEqual(self.mirrored("--cache-size=0").out, self.get("--cache-size=0").out)

    def test_an_interrupted_run_says_so_and_is_taken_up(self):
        for n in range(1, 11):
            self.build(n)
        gate = threading.Event()
        for n in range(1, 11):
            self.rude.on(f"/{BUCKET}/logs/periodic-x/{n}/finished.json", gated(gate, status(404)))
        process = self.start("fetch", *self.QUICK, "--into", self.path("mirror"), *self.where(), "--cache-size=0")
        nettest.wait_for(lambda: sum(self.rude.busy.values()) >= 10, "documents that are held back")
        process.terminate()
        self.assertEqual(process.wait(60), 143)
        half = self.mirrored("--cache-size=0").json()
        self.assertEqual({p["text"] for b in half["builds"] for p in b["problems"]}, {"its mirroring did not come to an end; fetch it again"})
        self.rude.scripts.clear()
        self.fetch("--cache-size=0")
        self.assertEqual(self.mirrored("--cache-size=0").out, self.get("--cache-size=0").out)

    def test_a_build_that_was_never_begun_is_told(self):
        self.build(1)
        self.fetch()
        subprocess.run(["rm", "-r", self.path("mirror/gs")], check=True)
        done = self.mirrored("--cache-size=0", status=75)
        self.assertIn("not in the mirror; fetch it again", self.problems(done)[0][1])

    def test_an_older_copy_is_not_taken_for_the_last_one(self):
        key = self.running(1)
        log = f"/{BUCKET}/{key}/build-log.txt"
        self.rude.on(log, ok(b"compiling\n"))
        self.fetch("--cache-size=0")
        self.over(key)
        self.rude.on(log, status(500))
        self.fetch("--cache-size=0", "--tries", "1", status=3)
        self.rude.on(log, ok(BROKEN))
        self.fetch("--cache-size=0")
        self.assertEqual(self.mirrored("--cache-size=0").json()["builds"][0]["verdict"].get("line"), 2)
        self.rude.forget()
        self.fetch("--cache-size=0")
        self.assertEqual(self.rude.count(), 0)

    def test_what_failed_is_fetched_the_next_time(self):
        key = self.build(1)
        log = f"/{BUCKET}/{key}/build-log.txt"
        for answer in (status(500), reset(BROKEN), login()):
            self.rude.on(log, answer)
            done = self.fetch("--tries", "1", status=3)
            self.assertIn("1 files could not be fetched", done.err)
            self.assertFalse(os.path.exists(self.path("mirror/gs" + log)))
        self.rude.on(log, ok(BROKEN)).forget()
        self.fetch()
        self.assertEqual((self.rude.count(), self.read("mirror/gs" + log).encode()), (1, BROKEN))

    def test_names_do_not_lead_out_of_the_mirror(self):
        key = self.build(1)
        folder = f"world/{BUCKET}/{key}/artifacts"
        self.write(folder + "/.prowl-files", "{}")
        self.write(folder + "/" + "n" * 251 + "/junit.xml", "<testsuite/>")
        done = self.fetch("--artifacts", "**", status=0)
        self.assertEqual(done.err, "")
        for parent, _, names in os.walk(self.path("mirror")):
            self.assertNotIn("artifacts/.prowl-files", [os.path.join(os.path.basename(parent), n) for n in names])

    def test_a_list_that_leads_out_of_its_build_is_not_followed(self):
        key = self.build(1)
        self.fetch()
        self.write("secret.log", BROKEN)
        path = f"mirror/gs/{BUCKET}/{key}/.prowl-files"
        self.write(path, self.read(path) + '{"path":"../../../../../../secret.log","size":5}\n')
        report = self.mirrored("--cache-size=0", "--artifacts", "**").json()
        self.assertEqual([a["path"] for a in report["builds"][0]["artifacts"] if "secret" in a["path"]], [])

    def test_a_list_that_is_none_is_told(self):
        key = self.build(1)
        self.fetch()
        path = f"mirror/gs/{BUCKET}/{key}/.prowl-files"
        for text in ("", "hello\n", '{"prowl_files":2,"state":"listed"}\n', '{"prowl_files":1,"state":"x"}\n',
                     '{"prowl_files":1,"state":"listed"}\n{"size":1}\n'):
            with self.subTest(text):
                self.write(path, text)
                done = self.mirrored("--cache-size=0")
                self.assertEqual([w for w, _ in self.problems(done)], ["listing"])
                self.assertEqual(done.json()["builds"][0]["verdict"]["line"], 2)

    def test_a_full_disk_ends_the_run_and_is_told(self):
        for n in range(1, 9):
            self.build(n, log=BROKEN + b"x" * 100000)
        done = subprocess.run([prowltest.PROWL, "fetch", *self.QUICK, "--into", self.path("mirror"), *self.where(), "--cache-size=0"],
                              env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120,
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50000, 50000)))
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn(b"File too large", done.stderr)
        self.assertIn(b"build-log.txt", done.stderr)

    def test_a_folder_that_cannot_be_made_is_told(self):
        self.build(1)
        self.write("file", "")
        done = self.prowl("fetch", *self.QUICK, "--into", self.path("file/x"), *self.where(), status=3)
        self.assertIn(self.path("file"), done.err)

    def test_builds_that_lie_here_are_left_there(self):
        self.write("logs/a.log", BROKEN)
        done = self.prowl("fetch", *self.QUICK, "--into", self.path("mirror"), self.path("logs"))
        self.assertIn("1 builds lie in a folder already and are not mirrored", done.err)

    def test_a_mirror_can_be_copied_from_a_mirror(self):
        self.build(1)
        live = self.get("--cache-size=0")
        self.fetch()
        self.prowl("fetch", *self.QUICK, "--into", self.path("second"), self.path("mirror"), *self.at(self.world, self.rude))
        os.rename(self.path("mirror"), self.path("gone"))
        self.rude.forget()
        done = self.report(self.path("second"), *self.at(self.world, self.rude), "--cache-size=0")
        self.assertEqual((done.out, self.rude.count()), (live.out, 0))


if __name__ == "__main__":
    nettest.main()
