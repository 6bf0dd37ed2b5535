#!/usr/bin/python3
"""prowl against a server that misbehaves: the right result, every loss told, and never a hang."""
import gzip
import re
import socket
import threading
import time
import unittest

import nettest
from nettest import BROKEN, BUCKET, FINE
from rude import (bad_chunk, bomb, chunked, corrupt, cut_chunks, drip, endless, gated, login, many_headers, ok, raw, redirect, reset,
                  retry_after, Rude, short, slow_headers, stall, status, too_long, truncated, two_members, unmeasured)
from world import World

LONG = b"step %d is done\n"
BIG = b"".join(LONG % n for n in range(60000)) + BROKEN


class Fetching(nettest.Case):
    """One build, whose log a rude server hands out as the test wants it."""

    def setUp(self):
        super().setUp()
        self.key = self.build(1)
        self.log = f"/{BUCKET}/{self.key}/build-log.txt"
        self.world = World(self.root)
        self.world.__enter__()
        self.addCleanup(self.world.__exit__, None, None, None)
        self.rude = Rude(self.root)
        self.addCleanup(self.rude.close)

    def get(self, *answers, args=(), status=0):
        """Read the build, its log answered so; returns the run and the log's artifact."""
        self.rude.on(self.log, *answers).forget()
        done = self.report(self.world.url + "/?job=*", *self.at(self.world, self.rude), *args, status=status)
        artifacts = {a["path"]: a for a in done.json()["builds"][0]["artifacts"]}
        return done, artifacts.get("build-log.txt", {"state": "absent"})

    def verdict(self, done):
        return done.json()["builds"][0]["verdict"]

    def assertRead(self, done, artifact):
        self.assertEqual((artifact["state"], self.problems(done)), ("read", []))
        self.assertEqual((self.verdict(done)["kind"], self.verdict(done)["line"]), ("compile", 2))


class Retries(Fetching):
    def test_a_try_that_fails_is_made_again(self):
        for name, first in (("503", status(503)), ("500", status(500)), ("502", status(502)), ("504", status(504)),
                            ("429", status(429)), ("408", status(408)), ("reset before an answer", reset()),
                            ("reset in mid-body", reset(BROKEN)), ("short body", short(BROKEN[:20])),
                            ("nothing at all", raw(b"")), ("no HTTP", raw(b"SSH-2.0-x\r\n\r\n")),
                            ("cut chunks", cut_chunks(BROKEN[:10])), ("bad chunk", bad_chunk(BROKEN[:10]))):
            with self.subTest(name):
                done, artifact = self.get(first, ok(BROKEN), args=("--cache-size=0",))
                self.assertRead(done, artifact)
                self.assertEqual(self.rude.count(self.log), 2)

    def test_an_answer_is_an_answer(self):
        for code, state in ((404, None), (410, None), (403, "failed"), (401, "failed"), (400, "failed"), (416, "failed"),
                            (501, "failed")):
            with self.subTest(code):
                done, artifact = self.get(status(code), args=("--cache-size=0",))
                self.assertEqual(self.rude.count(self.log), 1)
                self.assertEqual(artifact["state"], state or "absent")
                self.assertEqual(self.problems(done), [("build-log.txt", f"HTTP status {code}")] if state else [])

    def test_the_word_of_the_store_is_told(self):
        body = b"<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>no</Message></Error>"
        done, _ = self.get(status(403, body))
        self.assertEqual(self.problems(done), [("build-log.txt", "HTTP status 403 (AccessDenied)")])

    def test_tries_come_to_an_end_and_are_told(self):
        done, artifact = self.get(status(503), args=("--tries", "3"))
        self.assertEqual(self.rude.count(self.log), 3)
        self.assertEqual(artifact["state"], "failed")
        self.assertEqual(self.problems(done), [("build-log.txt", f"{self.rude.url}{self.log}: HTTP status 503 (3 tries)")])

    def test_a_pause_that_is_asked_for_is_kept(self):
        for date in (False, True):
            with self.subTest(date=date):
                done, artifact = self.get(retry_after(2, date=date), ok(BROKEN), args=("--cache-size=0",))
                self.assertRead(done, artifact)
                first, second = [r.at for r in self.rude.requests if r.path == self.log]
                self.assertGreaterEqual(second - first, 0.95 if date else 1.95)  # a date is cut to whole seconds

    def test_a_pause_of_an_hour_is_not_waited_for(self):
        started = time.monotonic()
        done, artifact = self.get(retry_after(3600))
        self.assertLess(time.monotonic() - started, 60)
        self.assertEqual((artifact["state"], self.rude.count(self.log)), ("failed", 1))
        host = done.json()["totals"]["hosts"][0]
        self.assertEqual(host["host"], f"127.0.0.1:{self.rude.port}")
        self.assertIn("patience for 3600 s", host["reason"])

    def test_a_restarted_body_leaves_nothing_of_its_first_try(self):
        other = BIG.replace(b"step", b"STEP").replace(b"undeclared", b"undeclarrd")
        done, artifact = self.get(reset(other, 900000), ok(BIG))
        self.assertEqual((artifact["state"], artifact["lines"], self.verdict(done)["line"]), ("read", 60003, 60002))
        self.assertEqual(artifact["bytes"], len(BIG))

    def test_what_a_broken_body_gave_is_used(self):
        done, artifact = self.get(reset(BROKEN + b"x" * 1000, len(BROKEN)), args=("--tries", "1"))
        self.assertEqual(artifact["state"], "truncated")
        self.assertEqual(self.verdict(done)["line"], 2)
        self.assertEqual(len(self.problems(done)), 1)

    def test_google_says_how_long_an_object_is(self):
        length = {"x_goog_stored_content_length": len(BROKEN), "x_goog_stored_content_encoding": "identity"}
        done, artifact = self.get(chunked(BROKEN[:-9], **length), unmeasured(BROKEN[:-1], **length), ok(BROKEN, **length),
                                  args=("--cache-size=0",))
        self.assertRead(done, artifact)
        self.assertEqual(self.rude.count(self.log), 3)
        packed = gzip.compress(BROKEN)  # decompressed on the way: the lengths say nothing
        done, artifact = self.get(chunked(BROKEN, x_goog_stored_content_length=len(packed) + 10**6,
                                          x_goog_stored_content_encoding="gzip"), args=("--cache-size=0",))
        self.assertRead(done, artifact)


class Bodies(Fetching):
    def test_bodies_come_whole_in_every_coat(self):
        for name, answer in (("length", ok(BROKEN)), ("chunks", chunked(BROKEN, 7)), ("no length", unmeasured(BROKEN)),
                             ("gzip", ok(gzip.compress(BROKEN))), ("two members", ok(two_members(BROKEN[:50], BROKEN[50:]))),
                             ("gzip without the header", ok(gzip.compress(BROKEN), Content_Encoding=None)),
                             ("header without gzip", ok(BROKEN, Content_Encoding="gzip")),
                             ("slowly", drip(BROKEN, 10, 0.02))):
            with self.subTest(name):
                self.assertRead(*self.get(answer, args=("--cache-size=0",)))

    def test_a_length_too_small_cuts_the_body(self):
        done, artifact = self.get(too_long(BROKEN, 90))
        self.assertEqual((artifact["state"], artifact["bytes"]), ("read", 90))

    def test_broken_streams_give_their_prefix_and_a_problem(self):
        noise = b"".join(b"%d\n" % (n * 7919 % 10007) for n in range(20000))
        for name, body, word in (("truncated", truncated(BROKEN + noise), "breaks off"), ("corrupt", corrupt(BROKEN), "corrupt")):
            with self.subTest(name):
                done, artifact = self.get(ok(body), args=("--cache-size=0",))
                self.assertEqual((artifact["state"], self.verdict(done)["line"]), ("truncated", 2))
                self.assertEqual([w for w, t in self.problems(done) if word in t], ["build-log.txt"])

    def test_a_broken_stream_is_asked_for_again_when_nothing_said_where_it_ends(self):
        self.get(unmeasured(truncated(BROKEN * 100)))
        self.assertRead(*self.get(unmeasured(gzip.compress(BROKEN))))
        self.assertEqual(self.rude.count(self.log), 1)

    def test_a_log_that_is_stored_broken_is_fetched_once(self):
        for name, answer in (("length", ok(truncated(BROKEN * 100))), ("chunks", chunked(truncated(BROKEN * 100), 90))):
            with self.subTest(name):
                first, _ = self.get(answer, args=("--cache", self.path(name)))
                again, artifact = self.get(status(500), args=("--cache", self.path(name)))
                self.assertEqual((artifact["state"], self.rude.count(self.log)), ("truncated", 0))
                self.assertEqual(first.out, again.out)

    def test_a_bomb_ends_at_its_limit(self):
        done, artifact = self.get(ok(bomb(200)), args=("--max-plain", "10M"))
        self.assertEqual(artifact["state"], "truncated")
        self.assertIn("10", self.problems(done)[0][1])
        done, artifact = self.get(ok(bomb(200)), args=("--max-ratio", "100"))
        self.assertEqual((artifact["state"], len(self.problems(done))), ("truncated", 1))

    def test_an_empty_log_is_read(self):
        done, artifact = self.get(ok(b""))
        self.assertEqual((artifact["state"], self.verdict(done)["basis"]), ("read", "no-evidence"))

    def test_a_login_page_is_no_log(self):
        done, artifact = self.get(login())
        self.assertEqual(artifact["state"], "failed")
        self.assertEqual(self.problems(done), [("build-log.txt", "an HTML page in place of the file; is a login needed?")])
        done, artifact = self.get(ok(BROKEN))  # and was not kept
        self.assertRead(done, artifact)

    def test_a_login_page_is_no_document(self):
        finished = f"/{BUCKET}/{self.key}/finished.json"
        self.rude.on(finished, login())
        done, _ = self.get(ok(BROKEN))
        self.assertEqual(self.problems(done), [("finished.json", "an HTML page in place of the file; is a login needed?")])
        self.rude.on(finished, ok(b""))
        done, _ = self.get(ok(BROKEN))
        self.assertEqual(self.problems(done), [("finished.json", "the file is empty")])

    def test_a_log_may_begin_like_a_page(self):
        log = b"<!doctype html> is what the first line says\n" + BROKEN
        done, artifact = self.get(ok(log, Content_Type="text/plain"))
        self.assertEqual((artifact["state"], self.verdict(done)["line"]), ("read", 3))


class Limits(Fetching):
    def test_a_body_is_no_longer_than_allowed(self):
        for name, answer in (("announced", ok(BROKEN * 1000)), ("endless", endless())):
            with self.subTest(name):
                done, artifact = self.get(answer, args=("--max-body", "64K", "--cache-size=0"))
                self.assertIn(artifact["state"], ("failed", "truncated"))
                self.assertIn("65536 bytes", self.problems(done)[0][1])
                self.assertEqual(self.rude.count(self.log), 1)

    def test_the_body_of_an_error_is_not_read_to_its_end(self):
        for code in (404, 302, 403):
            with self.subTest(code):
                done, artifact = self.get(endless(code=code), args=("--cache-size=0",))
                self.assertEqual(artifact["state"], "absent" if code == 404 else "failed")

    def test_headers_have_a_limit(self):
        for name, answer in (("many", many_headers()), ("one", raw(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 300000 + b"\r\n\r\n"))):
            with self.subTest(name):
                done, artifact = self.get(answer, args=("--cache-size=0",))
                self.assertEqual((artifact["state"], self.rude.count(self.log)), ("failed", 1))
                self.assertIn("headers", self.problems(done)[0][1])

    def test_silence_ends(self):
        quick = ("--low-speed", "1s", "--tries", "1", "--cache-size=0")
        for name, answer in (("before the answer", stall()), ("in mid-body", stall(BROKEN)), ("slow headers", slow_headers(0.2)),
                             ("slow drip", drip(BROKEN, 1, 0.2))):
            with self.subTest(name):
                started = time.monotonic()
                done, artifact = self.get(answer, args=quick)
                self.assertLess(time.monotonic() - started, 30)
                self.assertIn(artifact["state"], ("failed", "truncated"))
                self.assertIn("too slow", self.problems(done)[0][1])

    def test_a_stall_is_tried_again(self):
        self.assertRead(*self.get(stall(BROKEN), ok(BROKEN), args=("--low-speed", "1s")))

    def test_a_deadline_counts_all_tries(self):
        started = time.monotonic()
        done, artifact = self.get(drip(BROKEN, 40, 0.2), args=("--deadline", "1s"))
        self.assertRead(done, artifact)
        done, artifact = self.get(drip(BROKEN * 100, 100, 0.2), args=("--deadline", "1s", "--cache-size=0"))
        self.assertIn("no end after 1.0 s", self.problems(done)[0][1])
        done, artifact = self.get(status(503), args=("--deadline", "1s", "--tries", "1000", "--backoff", "300ms", "--cache-size=0"))
        self.assertIn("HTTP status 503", self.problems(done)[0][1])
        self.assertLess(time.monotonic() - started, 60)


class Redirects(Fetching):
    def test_redirects_are_followed_also_to_other_hosts(self):
        with Rude(self.root) as other:
            done, artifact = self.get(redirect("build-log.txt?x=1"), redirect(other.url + self.log), args=())
            self.assertRead(done, artifact)
            self.assertEqual((self.rude.count(self.log), other.count(self.log)), (2, 1))

    def test_loops_end(self):
        done, artifact = self.get(redirect(self.log))
        self.assertEqual((artifact["state"], self.rude.count(self.log)), ("failed", 6))
        self.assertIn("more than 5 redirects", self.problems(done)[0][1])
        done, _ = self.get(redirect(self.log), args=("--max-redirects", "0"))
        self.assertEqual(self.rude.count(self.log), 1)

    def test_no_other_scheme_is_followed(self):
        for place, word in (("file:///etc/hostname", "from http to file"), ("ftp://127.0.0.1/x", "from http to ftp"),
                            ("gopher://127.0.0.1/x", "from http to gopher"), ("", "no URL"), ("http://", "no URL"),
                            ("http://[::1", "no URL"), ("http://" + "a" * 4000, "no URL")):
            with self.subTest(place):
                done, artifact = self.get(redirect(place), args=("--cache-size=0",))
                self.assertEqual(artifact["state"], "failed")
                self.assertIn(word, self.problems(done)[0][1])

    def test_a_name_in_a_redirect_is_not_used(self):
        with Rude(self.root) as other:
            done, artifact = self.get(redirect(f"http://me:secret@127.0.0.1:{other.port}{self.log}"))
            self.assertRead(done, artifact)
            self.assertNotIn("authorization", other.last(self.log).headers)

    def proxied(self, *answers, args=(), direct=""):
        """The store is a public host behind a proxy, which is the rude server."""
        env = {"http_proxy": self.rude.url, "no_proxy": "127.0.0.1," + direct}
        self.rude.on(f"http://store.example{self.log}", *answers)
        for name in ("prowjob.json", "started.json", "finished.json"):
            self.rude.on(f"http://store.example/{BUCKET}/{self.key}/{name}", ok(self.read(f"world/{BUCKET}/{self.key}/{name}").encode()))
        done = self.report(self.world.url + "/?job=*", "--gcs-url", "http://store.example", "--gcs-api-url",
                           self.world.url + "/storage/v1", *args, env=env)
        return done, [a for a in done.json()["builds"][0]["artifacts"] if a["path"] == "build-log.txt"][0]

    def test_no_public_host_leads_to_this_machine(self):
        for host in (f"127.0.0.1:{self.rude.port}", f"localhost:{self.rude.port}", f"[::ffff:127.0.0.1]:{self.rude.port}", "[::1]",
                     "169.254.169.254", "2130706433", "0x7f.1", "10.0.0.1"):
            with self.subTest(host):
                done, artifact = self.proxied(redirect(f"http://{host}{self.log}"), args=("--cache-size=0",))
                self.assertEqual((artifact["state"], self.rude.count(self.log)), ("failed", 0))
                self.assertIn("public to a private address", self.problems(done)[0][1])

    def test_a_name_may_not_resolve_to_this_machine(self):
        name = socket.gethostname()
        try:
            address = socket.gethostbyname(name)
        except OSError:
            address = ""
        if not address.startswith("127.") or "localhost" in name:
            self.skipTest("this machine's name is no name of its loopback")
        with Rude(self.root, address=address) as here:
            for args, state in (((), "failed"), (("--allow-private-redirects",), "read")):
                done, artifact = self.proxied(redirect(f"http://{name}:{here.port}{self.log}"), args=("--cache-size=0", *args), direct=name)
                self.assertEqual((artifact["state"], here.count()), (state, len(args)))
                self.assertEqual("public to a private address" in str(self.problems(done)), not args)

    def test_a_public_host_may_lead_here_if_asked(self):
        done, artifact = self.proxied(redirect(self.rude.url + self.log), args=("--allow-private-redirects",))
        self.assertRead(done, artifact)
        self.assertEqual(self.rude.count(self.log), 1)


class Hosts(Fetching):
    def many(self, count):
        for n in range(2, count + 1):
            self.build(n)

    def test_connections_are_used_again(self):
        self.many(30)
        done = self.report(self.world.url + "/?job=*", *self.at(self.world, self.rude), "--parallel", "4")
        self.assertEqual(len(done.json()["builds"]), 30)
        self.assertGreaterEqual(self.rude.count(), 30 * 4)
        self.assertLessEqual(self.rude.connections(), 4)

    def test_no_more_are_open_than_allowed(self):
        self.many(20)
        gate = threading.Event()
        keys = [f"/{BUCKET}/logs/periodic-x/{n}/started.json" for n in range(1, 21)]
        body = self.read(f"world{keys[0]}").encode()
        for key in keys:
            self.rude.on(key, gated(gate, ok(body)))
        process = self.start("report", *self.QUICK, "--parallel", "8", "--per-host", "3", self.world.url + "/?job=*",
                             *self.at(self.world, self.rude))
        nettest.wait_for(lambda: sum(self.rude.busy.values()) == 3, "three requests")
        time.sleep(0.3)  # a fourth would come at once
        self.assertEqual((sum(self.rude.busy.values()), self.rude.accepted), (3, 3))
        gate.set()
        self.assertEqual(process.wait(60), 0)

    def test_a_dead_host_costs_its_budget_and_is_named(self):
        self.many(40)
        self.rude.close()
        started = time.monotonic()
        done = self.report(self.world.url + "/?job=*", *self.at(self.world, self.rude), "--host-budget", "2s", status=75)
        self.assertLess(time.monotonic() - started, 40)
        report = done.json()
        self.assertEqual((report["totals"]["reported"], report["totals"]["unreadable"]), (40, 40))
        self.assertEqual([h["host"] for h in report["totals"]["hosts"]], [f"127.0.0.1:{self.rude.port}"])
        self.assertIn("failures in a row, the last: Failed to connect", report["totals"]["hosts"][0]["reason"])
        self.assertIn("is left alone", done.err)

    def test_a_host_that_is_away_for_a_moment_costs_no_build(self):
        self.many(40)
        away = [status(503)] * 3
        for n in range(1, 41):
            for name in ("started.json", "finished.json", "prowjob.json", "build-log.txt"):
                body = self.read(f"world/{BUCKET}/logs/periodic-x/{n}/{name}").encode()
                self.rude.on(f"/{BUCKET}/logs/periodic-x/{n}/{name}", *(away if n <= 10 else ()), ok(body))
        done = self.report(self.world.url + "/?job=*", *self.at(self.world, self.rude))
        self.assertEqual((done.json()["totals"]["unreadable"], done.json()["totals"]["problems"]), (0, 0))
        self.assertEqual(done.json()["totals"].get("hosts", []), [])

    def test_a_name_that_does_not_resolve_is_told(self):
        done = self.report(self.world.url + "/?job=*", "--gcs-url", "http://nothing.invalid", "--gcs-api-url",
                           self.world.url + "/storage/v1", "--tries", "2", status=75)
        self.assertIn("nothing.invalid", self.problems(done)[0][1] + self.problems(done)[1][1])

    def test_transfers_wait_for_memory(self):
        big = b"".join(LONG % n for n in range(400000)) + BROKEN
        for n in range(2, 9):
            self.build(n, log=big)
        done = self.report(self.world.url + "/?job=*", *self.at(self.world, self.rude), "--max-in-flight", "100K", "-j1",
                           "--trace", "fetch")
        self.assertGreater(int(re.search(r"pauses=(\d+)", done.err)[1]), 0)
        report = done.json()
        self.assertEqual((report["totals"]["problems"], report["totals"]["reported"]), (0, 8))
        self.assertEqual({b["verdict"]["line"] for b in report["builds"]}, {2, 400002})


class Lists(Fetching):
    def test_a_list_that_is_a_page_is_told(self):
        self.rude.on("/prowjobs.js", login())
        done = self.prowl("report", *self.QUICK, self.rude.url + "/?job=*", status=3)
        self.assertIn("/prowjobs.js" if "/prowjobs.js" in done.err else self.rude.url, done.err)
        self.assertEqual(done.out, "")

    def test_a_list_that_cannot_be_had_is_for_another_time(self):
        self.rude.on("/prowjobs.js", status(503))
        done = self.prowl("report", *self.QUICK, self.rude.url + "/?job=*", status=75)
        self.assertIn("HTTP status 503", done.err)

    def test_a_password_in_a_url_is_refused_and_not_shown(self):
        done = self.prowl("report", *self.QUICK, f"http://me:hunter2@127.0.0.1:{self.rude.port}/?job=*", status=2)
        self.assertIn("netrc", done.err)
        self.assertNotIn("hunter2", done.err)
        self.assertEqual(self.rude.count(), 0)


if __name__ == "__main__":
    nettest.main()
