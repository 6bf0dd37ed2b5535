"""What the tests of the command line share: run prowl, look at stdout, stderr and the exit status."""
import atexit
import glob
import json
import os
import shutil
import subprocess
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROWL = os.environ.get("PROWL", os.path.join(ROOT, "build/release/prowl"))


# libhs allocates by the million when it compiles: without stacks of allocations and a small quarantine it takes half the time.
FAST_ASAN = "detect_leaks=1:abort_on_error=0:malloc_context_size=0:quarantine_size_mb=1:max_malloc_fill_size=0"
_template = os.environ.get("PROWL_TEST_RULES", "")  # a folder with the compiled rules: tests/run makes one for all suites


def compiled_rules():
    global _template
    if not _template:
        _template = tempfile.mkdtemp(prefix="prowl-test-")
        atexit.register(shutil.rmtree, _template, ignore_errors=True)
        subprocess.run([PROWL, "report", "--no-config", "-", "--cache", _template], input=b"x\n", check=True,
                       stdout=subprocess.DEVNULL, env={"PATH": os.environ["PATH"]})
    return glob.glob(os.path.join(_template, "rules-*"))


class Done:
    """A run of prowl that ended."""

    def __init__(self, status, out, err):
        self.status, self.raw, self.out, self.err = status, out, out.decode("utf-8", "replace"), err.decode("utf-8", "replace")

    def json(self):
        return json.loads(self.out)

    def rows(self):
        return [json.loads(line) for line in self.out.splitlines()]


class Case(unittest.TestCase):
    """Every test gets an empty home and working folder of its own, self.dir, and a cache that holds the compiled rules."""

    maxDiff = None

    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="prowl-test-")
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        self.env = {"PATH": os.environ["PATH"], "HOME": self.dir, "TZ": "UTC", "LC_ALL": "C.UTF-8",
                    "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", FAST_ASAN), "UBSAN_OPTIONS": "print_stacktrace=1",
                    "XDG_CACHE_HOME": self.path("cache"), "XDG_CONFIG_HOME": self.path("config")}
        os.makedirs(self.path("cache", "prowl"))
        for path in compiled_rules():
            shutil.copy(path, self.path("cache", "prowl"))

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def write(self, name, text):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(text if isinstance(text, bytes) else text.encode())
        return path

    def read(self, name):
        with open(self.path(name), "rb") as f:
            return f.read().decode("utf-8", "replace")

    def run_prowl(self, *args, stdin=b"", env=None, cwd=None, timeout=120):
        done = subprocess.run([PROWL, *args], input=stdin, env=dict(self.env, **(env or {})), cwd=cwd or self.dir,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout)
        result = Done(done.returncode, done.stdout, done.stderr)
        self.assertNotIn("Sanitizer", result.err, "a sanitizer complained")
        self.assertNotIn("runtime error", result.err, "a sanitizer complained")
        return result

    def prowl(self, *args, status=0, **more):
        """Run it and expect this exit status."""
        done = self.run_prowl(*args, **more)
        self.assertEqual(done.status, status, f"{args}\nstdout: {done.out[-3000:]}\nstderr: {done.err[-3000:]}")
        return done


def main():
    unittest.main(verbosity=1)
