#!/usr/bin/python3
"""prowl report: its formats as others read them, several at once, outputs that fail, exit statuses, the terminal. --accept: see golden/."""
import csv
import fcntl
import io
import json
import os
import pty
import re
import resource
import select
import signal
import struct
import subprocess
import sys
import termios
import time

import golden
import jsonschema
import prowltest

sys.path.insert(0, os.path.join(prowltest.ROOT, "tests"))
import lineprotocol  # noqa: E402

FORMATS = ("text", "md", "json", "ndjson", "csv", "lp", "rows")
SCHEMA = os.path.join(prowltest.ROOT, "lib/report/report.schema.json")
BROKEN = "cc -c a.c\na.c:7:5: error: 'x' undeclared (first use in this function)\nmake: *** [Makefile:3: a.o] Error 1\n"
EVIL = ("cc -c a.c\na.c:7:5: error: \x1b[31m=cmd|'/C calc'!A0 <script>alert(1)</script> @octocat #1 `x` ```y``` a|b \\| \"q\" \x9b31m \x07\x00 "
        "http://evil.example ![i](j) **b** \u202e\u2028 \\\n").encode() + b"\xff\xfe broken\nmake: *** [m] Error 1\n"


def strict(schema):
    """The schema with no member allowed that it does not name: so that none is forgotten."""
    if isinstance(schema, dict):
        schema = {k: strict(v) for k, v in schema.items()}
        if schema.get("type") == "object" and "properties" in schema:
            schema.setdefault("additionalProperties", False)
    return [strict(v) for v in schema] if isinstance(schema, list) else schema


def validator(part=None):
    with open(SCHEMA, encoding="utf-8") as f:
        schema = json.load(f)
    jsonschema.Draft202012Validator.check_schema(schema)
    schema = strict(schema)
    if part:
        schema = {"$schema": schema["$schema"], "$defs": schema["$defs"], "$ref": f"#/$defs/{part}"}
    return jsonschema.Draft202012Validator(schema)


class Case(prowltest.Case):
    def setUp(self):
        super().setUp()
        self.env["PROWL_NOW"] = golden.NOW

    def report(self, *args, **more):
        return self.prowl("report", "--no-config", *golden.RULES, *args, **more)

    def every(self, *sources, **more):
        """All formats of one run, by name."""
        self.report(*sources, *(a for f in FORMATS for a in ("--out", f"{f}={self.path('out.' + f)}")), **more)
        out = {}
        for name in FORMATS:
            with open(self.path("out." + name), "rb") as f:
                out[name] = f.read()
        return out


class Golden(Case):
    """Whole outputs of a fixed set of builds."""

    def test_outputs_are_as_they_were(self):
        golden.mirror(self, "m")
        out = self.every("m")
        for name in ("text", "md", "csv", "lp", "rows"):
            with self.subTest(name):
                golden.compare(self, "report." + name, out[name].decode())

    def test_all_builds_and_legacy(self):
        golden.mirror(self, "m")
        golden.compare(self, "all-builds.text", self.report("m", "--all-builds", "--width", "72").out)
        golden.compare(self, "legacy.lp", self.report("m", "--format", "lp", "--schema", "legacy").out)


class Formats(Case):
    def test_each_alone_is_what_all_at_once_give(self):
        golden.mirror(self, "m")
        out = self.every("m")
        for name in FORMATS:
            with self.subTest(name):
                self.assertEqual(self.report("m", "--format", name).raw, out[name])
        self.assertEqual(self.report("m").raw, out["text"])
        self.assertEqual(self.report("m", "-f", "influx").raw, out["lp"])
        self.assertEqual(self.report("m", "-f", "human").raw, out["rows"])
        self.assertEqual(self.report("m", "-f", "none").raw, b"")

    def test_json_keeps_to_its_schema(self):
        golden.mirror(self, "m")
        self.write("logs/evil.log", EVIL)
        self.write("logs/empty.log", "")
        self.write("logs/x.xml", golden.JUNIT)
        self.write("logs/bad.gz", b"\x1f\x8b\x08\x00junk")
        out = self.every("m", "logs")
        validator().validate(json.loads(out["json"]))
        lines = [json.loads(line) for line in out["ndjson"].decode().splitlines()]
        for line in lines[:-1]:
            validator("entry").validate(line)
        validator("last_line").validate(lines[-1])
        self.assertEqual([(i["file"], i["source_line"], i["line"]) for line in lines[:-1] for i in line.get("issues", ())
                          if line["build"]["id"].endswith("evil.log")], [("a.c", 7, 2)])
        whole = json.loads(out["json"])
        self.assertEqual([line for line in lines[:-1]], whole["builds"])
        self.assertEqual(lines[-1]["totals"], whole["totals"])

    def test_the_schema_finds_what_is_wrong(self):
        good = self.report(self.write("a.log", BROKEN), "-f", "json").json()
        validator().validate(good)
        for change in (lambda d: d.update(schema=2), lambda d: d["builds"][0]["verdict"].pop("kind"), lambda d: d.update(more=1),
                       lambda d: d["builds"][0]["verdict"].update(line="x"), lambda d: d["totals"]["kinds"].update(nosuch=1)):
            bad = json.loads(json.dumps(good))
            change(bad)
            self.assertFalse(validator().is_valid(bad))

    def test_the_installed_schema_is_this_one(self):
        with open(os.path.join(prowltest.ROOT, "Makefile"), encoding="utf-8") as f:
            self.assertIn("lib/report/report.schema.json", f.read())

    def test_csv_is_read_by_others(self):
        golden.mirror(self, "m")
        rows = list(csv.DictReader(io.StringIO(self.report("m", "-f", "csv").raw.decode(), newline="")))
        self.assertEqual([r["build"] for r in rows], [b[1] for b in golden.BUILDS])
        self.assertEqual(rows[0]["excerpt"], "a.c:7:5: error: 'levle' undeclared; did you mean 'level'?")
        self.assertTrue(all(None not in r and None not in r.values() for r in rows))

    def test_line_protocol_is_strict(self):
        golden.mirror(self, "m")
        self.write("logs/evil.log", EVIL)
        points = lineprotocol.points(self.report("m", "logs", "-f", "lp").raw)
        self.assertEqual(sum(p.measurement == "ci_build" for p in points), 11)  # one is running, and the log has no job
        self.assertEqual({p.measurement for p in points}, {"ci_build", "ci_failure", "ci_test"})
        legacy = lineprotocol.points(self.report("m", "-f", "lp", "--schema", "legacy").raw, legacy=True)
        self.assertEqual([p.fields["build_id"] for p in legacy], [b[1] for b in golden.BUILDS])

    def test_nothing_of_a_hostile_log_gets_through(self):
        self.write("logs/evil.log", EVIL)
        self.write("logs/\x1b[31m=@evil|`x`.log", EVIL)
        out = self.every("logs")
        for name, data in out.items():
            with self.subTest(name):
                text = data.decode()  # valid UTF-8
                self.assertNotRegex(text, r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2028\u2029\u2066-\u2069]")
                self.assertIn("calc", text)
        self.assertNotRegex(re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", out["md"].decode()), r"[<@!]|evil\.example|\*\*b")
        for row in csv.reader(io.StringIO(out["csv"].decode(), newline="")):
            for cell in row:
                self.assertNotRegex(cell, r"^\s*[=+@-]")
        self.assertEqual(lineprotocol.mistakes(out["lp"]), [])

    def test_an_excerpt_survives_json_whole(self):
        log = self.write("a.log", "a.c:1:2: error: zö 漢字 \U0001f600 \"q\" \\ \x85 end\n")
        self.assertEqual(self.report(log, "-f", "json").json()["builds"][0]["verdict"]["excerpt"],
                         "a.c:1:2: error: zö 漢字 \U0001f600 \"q\" \\ \x85 end")

    def test_no_builds_at_all(self):
        out = self.every(self.write("a.log", "x\n"), "--result", "failed")
        self.assertEqual(out["text"], b"0 builds\n")
        self.assertEqual(json.loads(out["json"])["builds"], [])
        self.assertEqual(out["lp"], b"")
        self.assertEqual(out["csv"].count(b"\r\n"), 1)
        self.assertEqual(out["md"], b"## CI report\n\n0 builds.\n")


class Outputs(Case):
    def setUp(self):
        super().setUp()
        self.log = self.write("a.log", BROKEN)

    def test_a_file_is_there_whole_or_as_it_was(self):
        self.write("out.json", "old")
        started = subprocess.Popen([prowltest.PROWL, "report", "--no-config", "-", "--out", "json=out.json"], cwd=self.dir, env=self.env,
                                   stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        self.addCleanup(started.kill)
        started.stdin.write(BROKEN.encode())
        started.stdin.flush()
        until = time.monotonic() + 60
        while not any(n.startswith("out.json.") for n in os.listdir(self.dir)):
            self.assertLess(time.monotonic(), until)
            time.sleep(0.01)
        self.assertEqual(self.read("out.json"), "old")
        started.stdin.close()
        self.assertEqual(started.wait(60), 0)
        self.assertEqual(len(json.loads(self.read("out.json"))["builds"]), 1)
        self.assertEqual(sorted(n for n in os.listdir(self.dir) if n.startswith("out")), ["out.json"])

    def test_what_cannot_be_written_is_told_before_anything_is_read(self):
        os.makedirs(self.path("folder"))
        for path, why in (("no/such/x", "No such file or directory"), ("folder", "Is a directory"), ("a.log/x", "Not a directory")):
            done = self.report("http://127.0.0.1:1/?job=*", "--out", "json=" + path, status=2)  # nothing listens there
            self.assertEqual((done.out, done.err), ("", f"prowl: open the output: {path}: {why}\n"))

    def test_a_device_is_written_and_left(self):
        self.report(self.log, "--out", "json=/dev/null", "--out", "text=/dev/stdout")
        self.assertFalse(os.path.isfile("/dev/null"))

    def test_a_full_disk_is_told_and_the_other_outputs_are_written(self):
        done = self.report(self.log, "--out", "json=/dev/full", "--out", "md=out.md", "-f", "text", status=3)
        self.assertEqual(done.err, "prowl: write the report: /dev/full: No space left on device\n")
        self.assertIn("compile/c", done.out)
        self.assertIn("compile/c", self.read("out.md"))

    def test_a_file_that_may_not_grow_leaves_nothing(self):
        for i in range(200):
            self.write(f"many/{i:03}.log", BROKEN * 20)
        done = subprocess.run([prowltest.PROWL, "report", "many", "--no-config", "--no-cache", *golden.RULES, "--out", "json=big.json",
                               "--out", "text=small.txt"], cwd=self.dir, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (150000, 150000)))
        self.assertEqual((done.returncode, done.stderr.decode()), (3, "prowl: write the report: big.json: File too large\n"))
        self.assertFalse(any(n.startswith("big.json") for n in os.listdir(self.dir)))
        self.assertIn("200 builds", self.read("small.txt"))

    def into(self, stdout, *args):
        done = subprocess.run([prowltest.PROWL, *args], cwd=self.dir, env=self.env, stdin=subprocess.DEVNULL, stdout=stdout,
                              stderr=subprocess.PIPE, timeout=60)
        return done.returncode, done.stderr.decode()

    def test_standard_output_may_be_full(self):
        with open("/dev/full", "wb") as full:
            for args in (("report", "--no-config", self.log), ("report", "--no-config", self.log, "-f", "json"), ("--help",), ("help", "report"),
                         ("man",), ("completion", "fish"), ("--version",), ("config", "show"), ("rules", "list")):
                with self.subTest(args):
                    status, err = self.into(full, *args)
                    self.assertEqual(status, 3)
                    self.assertRegex(err, r"^prowl: (write the report: )?standard output: No space left on device\n$")

    def test_a_reader_that_leaves_is_no_error(self):
        for i in range(300):
            self.write(f"many/{i:03}.log", BROKEN * 20)
        for args in (("report", "--no-config", "many", "-f", "json", "--out", "json=out.json"), ("man",), ("rules", "list")):
            with self.subTest(args):
                reader, writer = os.pipe()
                os.close(reader)
                self.assertEqual(self.into(writer, *args), (0, ""))
                os.close(writer)
        self.assertEqual(len(json.loads(self.read("out.json"))["builds"]), 300)

    def test_standard_output_may_be_closed(self):
        for args in (("report", "--no-config", self.log), ("man",)):
            done = subprocess.run(["sh", "-c", 'exec "$@" >&-', "sh", prowltest.PROWL, *args], cwd=self.dir, env=self.env,
                                  stderr=subprocess.PIPE)
            self.assertEqual(done.returncode, 3)
            self.assertRegex(done.stderr.decode(), r"^prowl: (write the report: )?standard output: Bad file descriptor\n$")

    def test_too_many_outputs(self):
        done = self.report(self.log, *(a for i in range(17) for a in ("--out", f"json=o{i}")), status=2)
        self.assertIn("more than 16 outputs", done.err)
        self.assertFalse(any(n.startswith("o") for n in os.listdir(self.dir)))


class Statuses(Case):
    def test_fail_on(self):
        code = self.write("code.log", BROKEN)
        infra = self.write("infra.log", golden.DNS)
        fine = self.write("fine.log", "ok\n")
        for what, status in (((code,), {"never": 0, "infra": 0, "test": 1, "any": 1}), ((infra,), {"never": 0, "infra": 1, "test": 0, "any": 1}),
                             ((code, infra), {"never": 0, "infra": 1, "test": 1, "any": 1}),
                             ((fine,), {"never": 0, "infra": 0, "test": 0, "any": 0})):
            self.report(*what)
            for word, wanted in status.items():
                self.report(*what, "--fail-on", word, status=wanted)

    def test_what_could_not_be_read_counts_more_than_what_was_found(self):
        code = self.write("code.log", BROKEN)
        done = self.report(code, "http://127.0.0.1:1/?job=*", "--tries", "1", "--fail-on", "any", status=3)
        self.assertIn("The list of builds is not whole: http://127.0.0.1:1/prowjobs.js: ", done.out)
        self.assertIn("compile/c", done.out)

    def test_a_signal_ends_it_with_what_was_done(self):
        fifo = self.path("slow")
        os.mkfifo(fifo)
        self.write("logs/a.log", BROKEN)
        started = subprocess.Popen([prowltest.PROWL, "report", "--no-config", "-j2", *golden.RULES, "logs", "-", "--out", "json=o.json"],
                                   cwd=self.dir, env=self.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(started.kill)
        until = time.monotonic() + 60
        while not any(n.startswith("o.json.") for n in os.listdir(self.dir)):
            self.assertLess(time.monotonic(), until)
            time.sleep(0.01)
        started.stdin.write(b"x\n")
        started.stdin.flush()
        started.send_signal(signal.SIGTERM)
        out, err = started.communicate(timeout=60)
        self.assertEqual((started.returncode, err), (143, b""))
        self.assertTrue(json.loads(self.read("o.json"))["totals"]["incomplete"])

    def test_a_pipe_that_stays_silent_holds_no_signal_up(self):
        os.mkfifo(self.path("fifo"))
        for source in ("-", "fifo"):
            with self.subTest(source):
                process = subprocess.Popen([prowltest.PROWL, "report", "--no-config", *golden.RULES, source, "--out", f"json={source}.json"],
                                           cwd=self.dir, env=self.env, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
                self.addCleanup(process.communicate)
                self.addCleanup(process.kill)
                until = time.monotonic() + 60
                while not any(n.startswith(f"{source}.json.") for n in os.listdir(self.dir)):
                    self.assertLess(time.monotonic(), until)
                    time.sleep(0.01)
                process.send_signal(signal.SIGINT)
                self.assertEqual(process.wait(60), 130)  # its standard input is still open
                self.assertTrue(json.loads(self.read(f"{source}.json"))["totals"]["incomplete"])

    def test_a_pipe_may_be_opened_late_and_written_slowly(self):
        os.mkfifo(self.path("fifo"))
        process = subprocess.Popen([prowltest.PROWL, "report", "--no-config", *golden.RULES, "fifo", "-f", "json"], cwd=self.dir, env=self.env,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        with open(self.path("fifo"), "wb", buffering=0) as fifo:
            for line in BROKEN.splitlines(keepends=True):
                fifo.write(line if isinstance(line, bytes) else line.encode())
                time.sleep(0.02)
        out, err = process.communicate(timeout=60)
        self.assertEqual((process.returncode, err), (0, b""))
        self.assertEqual(json.loads(out)["builds"][0]["verdict"]["kind"], "compile")


class Terminal(Case):
    """Colour and progress, on a terminal of our own."""

    def run_on(self, *args, stdout=True, env=None, size=(24, 80), feed=b"", patience=0.0):
        """What prowl writes to a terminal that is its stderr, and its stdout too if wanted."""
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
        process = subprocess.Popen([prowltest.PROWL, *args], cwd=self.dir, env={**self.env, "TERM": "xterm", **(env or {})}, stdin=subprocess.PIPE,
                                   stdout=slave if stdout else subprocess.DEVNULL, stderr=slave)
        self.addCleanup(process.kill)
        os.close(slave)
        seen, until = b"", time.monotonic() + 60
        if feed:
            process.stdin.write(feed)
            process.stdin.flush()
        quiet_until = time.monotonic() + patience
        closed = False
        while time.monotonic() < until:
            if not closed and (time.monotonic() >= quiet_until or b"builds  " in seen):
                process.stdin.close()
                closed = True
            if select.select([master], [], [], 0.05)[0]:
                try:
                    part = os.read(master, 65536)
                except OSError:
                    break
                if not part:
                    break
                seen += part
        os.close(master)
        self.assertEqual(process.wait(60), 0)
        return seen.decode()

    def test_colour(self):
        log = self.write("a.log", BROKEN)
        args = ("report", "--no-config", *golden.RULES, log)
        self.assertIn("\x1b[31mcompile/c\x1b[0m", self.run_on(*args, "-q"))
        self.assertNotIn("\x1b", self.run_on(*args, "-q", env={"NO_COLOR": "1"}))
        self.assertIn("\x1b[31m", self.run_on(*args, "-q", env={"NO_COLOR": ""}))
        self.assertNotIn("\x1b", self.run_on(*args, "-q", "--color", "never"))
        self.assertIn("\x1b[31m", self.run_on(*args, "-q", "--color=always", env={"NO_COLOR": "1"}))
        self.assertNotIn("\x1b", self.report(log).out)
        self.assertIn("\x1b[31m", self.report(log, "--color", "always").out)
        self.report(log, "--color", "always", "--out", "text=o.txt")
        self.assertNotIn("\x1b", self.read("o.txt"))  # a file is no terminal

    SHOWN = r"\r\x1b\[K\d+/2 builds  \d+\.\d MB/s  \d+ failed"

    def slow(self, *args, **more):
        """A run that waits for its standard input until progress is seen, or for a while."""
        self.write("logs/a.log", BROKEN)
        return self.run_on("report", "--no-config", *golden.RULES, "logs", "-", *args, stdout=False, feed=b"x\n", **more)

    def test_progress_is_shown_and_leaves_nothing(self):
        seen = self.slow(patience=30)
        self.assertRegex(seen, self.SHOWN)
        self.assertRegex(seen, r"\r\x1b\[K$")
        self.assertNotIn("\n", seen)

    def test_progress_knows_the_width_of_the_terminal(self):
        for line in self.slow(patience=30, size=(24, 20)).split("\r\x1b[K"):
            self.assertLess(len(line), 20)

    def test_progress_is_for_people_only(self):
        for args, env in ((("-q",), {}), ((), {"CI": "true"}), ((), {"TERM": "dumb"})):
            with self.subTest(args=args, env=env):
                self.assertEqual(self.slow(*args, env=env, patience=1.0), "")
        self.assertRegex(self.slow(env={"CI": "false"}, patience=30), self.SHOWN)

    def test_a_warning_does_not_run_into_progress(self):
        seen = self.slow(env={"PROWL_TOKEN": "t"}, patience=30)
        self.assertRegex(seen, r"prowl: the token is sent to nobody[^\n]*\r\n")


class Lines(prowltest.Case):
    """The checker of line protocol itself."""

    GOOD = ("m f=1 5", "m,a=b f=1i,g=\"x y\",h=t,i=-2.5e3 -5", "m,a=b\\ c\\,d\\=e f=false 0", 'm f="a \\"b\\" \\\\ c" 1', "m f=.5 1", "m f=1. 1",
            "m,a=#x f=\"\" 9223372036854775806", "m\u00e4,\u00f6=\u00fc f=1 1")
    BAD = ("m f=1", "m 5", "m,a= f=1 5", "m,a=b,a=c f=1 5", "m f=1,f=2 5", "m,a=b\\ f=1 5", "m,a=b\\\\ f=1 5", "m,a=b\\,c\\ f=1 5", "#m f=1 5", "",
           " m f=1 5", "m f=1u 5", "m f=NaN 5", "m f=inf 5", "m f=0x1 5", "m f=+1 5", "m f=01i 5", "m f=99999999999999999999i 5", "m f=1 5 ",
           "m f=1 5.0", "m f=1 9223372036854775807", 'm f="a', 'm f="a\\n" 5', "m f=\"a\tb\" 5", "m,time=x f=1 5", "m time=1 5", "m,f=x f=1 5",
           'm,a="b" f=1 5', "m,a f=1 5", "m,a=b=c f=1 5", "m  f=1 5", "m f=1e999 5", "m duration=1 5", "m f=1 5\r", "m f='x' 5", "m f=truE 5",
           "m\\ x f=1 5")

    def test_good_lines_pass(self):
        for line in self.GOOD:
            with self.subTest(line):
                self.assertEqual(len(lineprotocol.points((line + "\n").encode())), 1)

    def test_bad_lines_do_not(self):
        for line in self.BAD:
            with self.subTest(line):
                self.assertEqual(len(lineprotocol.mistakes((line + "\n").encode())), 1)

    def test_the_whole_is_checked_too(self):
        for data in (b"m f=1 5", b"m f=1 5\nm f=2i 6\n", b"m f=1 5\nm f=2 5\n", b"m f=\"\xff\" 5\n", b"m f=1 5\n\nm f=1 6\n"):
            with self.subTest(data):
                self.assertEqual(len(lineprotocol.mistakes(data)), 1)
        self.assertEqual(lineprotocol.mistakes(b"m,state=x state=\"x\",duration=1 5\n", legacy=True), [])
        self.assertEqual(lineprotocol.points(b""), [])


if __name__ == "__main__":
    prowltest.main()
