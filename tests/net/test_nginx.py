#!/usr/bin/python3
"""prowl against nginx: HTTP/1.1 and HTTP/2, TLS, compressed bodies, revalidation, many builds, signals."""
import gzip
import json
import os
import signal
import threading

import nettest
import servers
from nettest import BROKEN, BUCKET, FINE
from rude import gated, ok, Rude
from world import World


class Served(nettest.Case):
    """Deck and its listings from a world, the objects from nginx."""

    def setUp(self):
        super().setUp()
        self.world = World(self.root)
        self.addCleanup(self.world.stop)
        self.world.start()

    def nginx(self, **options):
        server = servers.Nginx(self.dir, self.root, **options)
        self.addCleanup(server.stop)
        return server.__enter__()

    def builds(self, count):
        """Of all sorts: passing and failing, small and large, plain and packed, with and without JUnit."""
        for n in range(count):
            log = (b"".join(b"step %d of build %d\n" % (i, n) for i in range(20 + n * 40)) + (FINE if n % 3 == 0 else BROKEN))
            junit = f"<testsuite><testcase name='t{n}'>{'<failure/>' if n % 3 else ''}</testcase></testsuite>"
            self.build(1000 + n, job=f"periodic-{n % 7}", log=gzip.compress(log) if n % 2 else log, passed=n % 3 == 0,
                       files={"artifacts/junit.xml": junit} if n % 5 == 0 else None, started=nettest.STARTED + n * 60)

    def get(self, server, *args, **more):
        return self.report(self.world.url + "/?job=*", *self.at(self.world, server), *args, **more)


class Http1(Served):
    def test_builds_come_over_kept_connections(self):
        self.builds(40)
        with self.nginx() as server:
            totals = self.get(server, "--parallel", "6").json()["totals"]
        self.assertEqual((totals["reported"], totals["problems"]), (40, 0))
        rows = server.requests()
        self.assertGreaterEqual(len(rows), 40 * 4)
        self.assertEqual({p for _, p, _, _, _ in rows}, {"HTTP/1.1"})
        self.assertLessEqual(len({c for c, _, _, _, _ in rows}), 6)

    def test_bodies_that_nginx_keeps_packed_are_read(self):
        key = self.build(1, log=b"")
        folder = os.path.join(self.root, BUCKET, key)
        os.remove(folder + "/build-log.txt")
        self.write(f"world/{BUCKET}/{key}/build-log.txt.gz", gzip.compress(BROKEN))
        with self.nginx(more="gzip_static on;") as server:
            self.assertEqual(self.artifact(self.get(server, "--artifacts", "build-log.txt.gz"), "build-log.txt.gz")["state"], "read")
        self.write(f"world/{BUCKET}/{key}/build-log.txt", "not this one\n")
        with self.nginx(more="gzip_static on;") as server:
            done = self.get(server, "--cache-size=0")
        self.assertEqual(self.artifact(done, "build-log.txt")["bytes"], len(gzip.compress(BROKEN)))
        self.assertEqual(done.json()["builds"][0]["verdict"]["line"], 2)

    def test_bodies_that_nginx_packs_on_the_way_are_read(self):
        self.build(1, log=BROKEN * 50)
        with self.nginx(more="gzip on; gzip_types *; gzip_min_length 1;") as server:
            done = self.get(server)
        self.assertEqual(done.json()["builds"][0]["verdict"]["line"], 2)
        self.assertLess(self.artifact(done, "build-log.txt")["bytes"], len(BROKEN) * 50)

    def artifact(self, done, name):
        return [a for a in done.json()["builds"][0]["artifacts"] if a["path"] == name][0]

    def test_what_may_still_change_is_revalidated_and_not_fetched_again(self):
        self.env["PROWL_NOW"] = nettest.stamp(nettest.STARTED + 900)  # five minutes after the end
        key = self.build(1)
        for more in ("", "etag off;"):  # then the date of the last change has to do
            with self.subTest(more), self.nginx(more=more) as server:
                first = self.get(server, "--cache", self.path("cache", more or "etag"))
                second = self.get(server, "--cache", self.path("cache", more or "etag"))
                server.stop()
                self.assertEqual(first.out, second.out)
                log = [(s, b) for _, _, s, b, t in server.requests() if t.endswith("build-log.txt")]
                self.assertEqual(log, [(200, len(BROKEN)), (304, 0)])
                os.remove(os.path.join(server.dir, "access.log"))
        self.write(f"world/{BUCKET}/{key}/build-log.txt", FINE + BROKEN)
        with self.nginx() as server:
            third = self.get(server, "--cache", self.path("cache", "etag"))
            fourth = self.get(server, "--cache", self.path("cache", "etag"))
        self.assertEqual(third.json()["builds"][0]["verdict"]["line"], 5)
        self.assertEqual(third.out, fourth.out)
        log = [s for _, _, s, _, t in server.requests() if t.endswith("build-log.txt")]
        self.assertEqual(log, [200, 304])


class Http2(Served):
    def setUp(self):
        super().setUp()
        self.certificate = servers.make_certificate(self.dir)

    def test_one_connection_carries_many_requests(self):
        self.builds(60)
        with self.nginx(certificate=self.certificate) as server:
            totals = self.get(server, "--ca-file", self.certificate[0]).json()["totals"]
        self.assertEqual((totals["reported"], totals["problems"]), (60, 0))
        rows = server.requests()
        self.assertEqual({p for _, p, _, _, _ in rows}, {"HTTP/2.0"})
        self.assertEqual(len({c for c, _, _, _, _ in rows}), 1)

    def test_without_http2_the_connections_are_many(self):
        self.builds(20)
        with self.nginx(certificate=self.certificate) as server:
            self.get(server, "--ca-file", self.certificate[0], "--http1", "--parallel", "4")
        rows = server.requests()
        self.assertEqual({p for _, p, _, _, _ in rows}, {"HTTP/1.1"})
        self.assertIn(len({c for c, _, _, _, _ in rows}), (2, 3, 4))

    def test_streams_that_wait_for_memory_all_come_to_their_end(self):
        for n in range(12):
            self.build(n + 1, log=b"".join(b"step %d\n" % i for i in range(100000)) + BROKEN)
        with self.nginx(certificate=self.certificate) as server:
            done = self.get(server, "--ca-file", self.certificate[0], "--max-in-flight", "300K", "-j1", "--low-speed", "2s")
        report = done.json()
        self.assertEqual((report["totals"]["problems"], {b["verdict"]["line"] for b in report["builds"]}), (0, {100002}))

    def test_a_certificate_that_nobody_knows_is_refused_at_once_and_told(self):
        self.builds(20)
        with self.nginx(certificate=self.certificate) as server:
            done = self.get(server, status=75)
        report = done.json()
        self.assertEqual(report["totals"]["unreadable"], 20)
        self.assertIn("certificate", report["totals"]["hosts"][0]["reason"])
        self.assertLess(len(server.requests()), 1)
        self.assertNotIn("PRIVATE KEY", done.out + done.err)

    def test_plain_http_where_tls_is_expected_is_told(self):
        self.build(1)
        with self.nginx() as server:
            server.url = server.url.replace("http:", "https:")
            done = self.get(server, "--tries", "2", status=75)
        self.assertIn("SSL", self.problems(done)[0][1] + self.problems(done)[1][1])

    def test_a_certificate_file_that_is_not_there_is_a_mistake_of_the_caller(self):
        done = self.prowl("report", "--no-config", "https://127.0.0.1:1/", "--ca-file", self.path("none.pem"), status=2)
        self.assertIn("none.pem: No such file", done.err)


class Many(Served):
    def test_one_thread_and_eight_say_the_same_of_a_hundred_builds(self):
        self.builds(100)
        out = {}
        with self.nginx() as server:
            for jobs, parallel in (("1", "1"), ("8", "64")):
                files = [f"{name}={self.path(jobs + name)}" for name in ("json", "md", "text", "csv", "lp")]
                self.prowl("report", *self.QUICK, self.world.url + "/?job=*", *self.at(self.world, server), "-j", jobs, "--parallel",
                           parallel, "--cache-size=0", *(x for f in files for x in ("--out", f)))
                out[jobs] = [self.read(jobs + name) for name in ("json", "md", "text", "csv", "lp")]
        self.assertEqual(len(json.loads(out["1"][0])["builds"]), 100)
        for a, b in zip(out["1"], out["8"]):
            self.assertEqual(a, b)


class Signals(Served):
    def kept(self):
        return (name for _, _, names in os.walk(self.path("cache", "prowl", "v1")) for name in names if name[0] != ".")

    def stopped(self, number, status):
        """Some builds come, the others' logs are held back; then the signal."""
        for n in range(30):
            self.build(n + 1)
        gate = threading.Event()
        with Rude(self.root) as held:
            for n in range(10, 31):
                held.on(f"/{BUCKET}/logs/periodic-x/{n}/build-log.txt", gated(gate, ok(BROKEN)))
            process = self.start("report", *self.QUICK, self.world.url + "/?job=*", *self.at(self.world, held), "--parallel", "64", "--out",
                                 "json=" + self.path("out.json"), "--out", "md=" + self.path("out.md"))
            nettest.wait_for(lambda: sum(n for p, n in held.busy.items() if "build-log" in p) == 21, "logs that are held back")
            # Of each build documents and listing are kept, of those that are done also the log, and that there is no more.
            nettest.wait_for(lambda: len(list(self.kept())) >= 30 * 4 + 9 * 5, "builds that are done")
            process.send_signal(number)
            self.assertEqual(process.wait(60), status)
        report = json.loads(self.read("out.json"))
        self.assertTrue(report["totals"]["incomplete"])
        whole = [b for b in report["builds"] if not b.get("incomplete")]
        self.assertEqual(len(whole), 9)
        self.assertEqual({b["verdict"]["line"] for b in whole}, {2})
        self.assertIn("ncomplete", self.read("out.md"))

    def test_an_interrupt_gives_what_was_done_and_130(self):
        self.stopped(signal.SIGINT, 130)

    def test_a_request_to_end_gives_what_was_done_and_143(self):
        self.stopped(signal.SIGTERM, 143)

    def test_an_interrupt_while_the_list_is_read_ends_at_once(self):
        gate = threading.Event()
        with Rude(self.root) as held:
            held.on("/prowjobs.js", gated(gate, ok(b"{}")))
            process = self.start("report", *self.QUICK, held.url + "/?job=*")
            nettest.wait_for(lambda: held.count("/prowjobs.js"), "the list's request")
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(60), 130)


if __name__ == "__main__":
    nettest.main()
