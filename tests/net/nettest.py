"""What the tests of the network share: builds in a bucket, prowl pointed at servers on loopback."""
import json
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "cli")]
import prowltest  # noqa: E402

BUCKET = "bkt"
NOW = "2024-03-10T00:00:00Z"
STARTED = 1709287200  # 2024-03-01T10:00:00Z
BROKEN = b"cc -c a.c\na.c:7:5: error: 'x' undeclared (first use in this function)\nmake: *** [Makefile:3: a.o] Error 1\n"
FINE = b"compiling\nall 12 tests passed\nBUILD SUCCESS\n"

class Case(prowltest.Case):
    """self.dir/world is a bucket's folder, for World and Rude alike."""

    # Short enough for a test, long enough for a slow machine.
    QUICK = ("--backoff", "10ms", "--connect-timeout", "5s", "--no-config")

    def setUp(self):
        super().setUp()
        self.root = self.path("world")
        self.jobs = []
        self.env["PROWL_NOW"] = NOW
        os.makedirs(os.path.join(self.root, BUCKET))

    def build(self, number, job="periodic-x", log=BROKEN, passed=False, files=None, started=STARTED, bucket=BUCKET):
        """A finished build with its documents and a row in Deck's list; returns its key. files: more of them, by path;
        None for a value leaves a file out."""
        key = f"logs/{job}/{number}"
        result = "SUCCESS" if passed else "FAILURE"
        prowjob = {
            "metadata": {"name": f"name-{job}-{number}", "creationTimestamp": stamp(started)},
            "spec": {"type": "periodic", "agent": "kubernetes", "job": job, "cluster": "build01"},
            "status": {"state": result.lower(), "startTime": stamp(started), "completionTime": stamp(started + 600),
                       "url": f"https://deck.example/view/gs/{bucket}/{key}", "build_id": str(number)}}
        every = {"started.json": json.dumps({"timestamp": started}),
                 "finished.json": json.dumps({"timestamp": started + 600, "passed": passed, "result": result}),
                 "prowjob.json": json.dumps(prowjob), "build-log.txt": log, **(files or {})}
        for name, content in every.items():
            if content is not None:
                self.write(f"world/{bucket}/{key}/{name}", content)
        self.jobs.append(prowjob)
        self.write("world/prowjobs.json", json.dumps(self.jobs))
        return key

    def at(self, world, objects=None):
        """Options that make this server the store: listings from world, objects from there or from another."""
        api = world.url + "/storage/v1" if world is not None else ""
        return ("--gcs-url", (objects or world).url, "--gcs-api-url", api)

    def report(self, *args, **more):
        return self.prowl("report", *self.QUICK, "--format", "json", *args, **more)

    def problems(self, done, build=0):
        return [(p["where"], p["text"]) for p in done.json()["builds"][build].get("problems", [])]

    def start(self, *args, env=None):
        """prowl in the background; the test waits for it, or it is killed at the end."""
        process = subprocess.Popen([prowltest.PROWL, *args], env=dict(self.env, **(env or {})), cwd=self.dir,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(end, process)
        return process


def end(process):
    process.kill()
    process.communicate()


def stamp(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def wait_for(condition, what, seconds=60):
    """Poll until it holds."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.01)


main = prowltest.main
