#!/usr/bin/python3
"""scripts/demo and scripts/serve-world as a person runs them."""
import json
import os
import re
import socket
import subprocess
import unittest
import urllib.request

import prowltest
import sample


def script(name):
    return os.path.join(prowltest.ROOT, "scripts", name)


class Demo(prowltest.Case):
    @unittest.skipUnless(prowltest.PROWL.endswith("/build/release/prowl"), "the demo runs the release")
    def test_prints_a_report_and_where_the_rest_lies(self):
        env = dict(self.env, PROWL_DEMO_SETUP="0")  # a build in the middle of other tests would take prowl from them
        done = subprocess.run([script("demo")], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              cwd=self.dir, timeout=600)
        out = done.stdout.decode()
        self.assertEqual((done.returncode, done.stderr.decode()), (0, ""), out[-2000:])
        self.assertIn("101 builds", out.splitlines()[0])
        for build in (r for r in sample.truth() if r["outcome"] == "failed"):
            self.assertIn(build["id"], out)
        files = dict(re.findall(r"(JSON|Markdown|line protocol): +(\S+)$", out, re.M))
        self.assertEqual(sorted(files), ["JSON", "Markdown", "line protocol"])
        texts = {}
        for name, path in files.items():
            with open(os.path.join(prowltest.ROOT, path), encoding="utf-8") as f:
                texts[name] = f.read()
        totals = json.loads(texts["JSON"])["totals"]
        self.assertEqual(totals["reported"], 101)
        for name in ("infra", "test", "build", "lint", "config", "product"):
            self.assertGreater(totals["classes"][name], 0, name)
        self.assertTrue(texts["Markdown"].startswith("#"))
        self.assertEqual(sum(line.startswith("ci_build,") for line in texts["line protocol"].splitlines()), 99)
        self.assertRegex(out, r"ready after \d+ s, read in \d+ s")
        port = int(re.search(r"127\.0\.0\.1:(\d+)/\?job=\*'", out)[1])
        with socket.socket() as s:
            self.assertNotEqual(s.connect_ex(("127.0.0.1", port)), 0, "the server goes on")

    def test_takes_no_arguments(self):
        done = subprocess.run([script("demo"), "--fast"], env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual((done.returncode, done.stdout), (2, b""))


class ServeWorld(prowltest.Case):
    def run_script(self, *args):
        return subprocess.run([script("serve-world"), *args], env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=60)

    def test_serves_a_folder_until_it_is_ended(self):
        server = subprocess.Popen([script("serve-world"), sample.made(), "--port", "0"], env=self.env, stdout=subprocess.PIPE)
        self.addCleanup(lambda: (server.kill(), server.communicate()))
        url = server.stdout.readline().decode().strip()
        with urllib.request.urlopen(url + "/prowjobs.js?omit=pod_spec") as answer:
            self.assertEqual(len(json.load(answer)["items"]), 101)

    def test_says_what_is_wrong_with_its_arguments(self):
        for args, word in ((["/nowhere"], "prowjobs.json"), (["--port", "http"], "port"), (["--port"], "number"), (["a", "b"], "one"),
                           (["--fast"], "--fast")):
            with self.subTest(args):
                done = self.run_script(*args)
                self.assertEqual((done.returncode, done.stdout), (2, b""))
                self.assertIn(word, done.stderr.decode())
                self.assertEqual(done.stderr.count(b"\n"), 1)


if __name__ == "__main__":
    prowltest.main()
