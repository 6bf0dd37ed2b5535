#!/usr/bin/python3
"""What the documents say: every command in them is run against the sample world, and names in them exist.

A command is a line of code (indented by four, or between ```) that begins with prowl, make or scripts/, or pipes into prowl. The
commands of one document run one after the other in one folder. Of a command only host names and temporary folders are put in place.
A YAML block that begins with `# NAME` is that file, up to the next heading if it is .prowl.yaml.
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "net"))
import prowltest
import sample
from world import World

HOST = "https://prow.ci.openshift.org"  # the sample world takes its place
PACKAGE = "/tmp/package"  # a temporary folder in a document
COMMAND = re.compile(r"(?:[A-Z_]+=\S* )*(?:prowl|make|scripts/[\w-]+)(?= |$)|.* \| prowl ")

NOT_RUN = {
    "scripts/test": "runs this test",
    "scripts/demo": "tests/cli/test_demo.py runs it",
    "scripts/setup build": "installs packages as root",
    "make -j2": "made the binary that is tested",
}
STATUS = {  # where it is not 0
    "prowl report 'https://prow.ci.openshift.org/?job=*oadp*' --since 24h --fail-on infra": 1,
}


def read(*parts):
    with open(os.path.join(prowltest.ROOT, *parts), encoding="utf-8") as f:
        return f.read()


def documents():
    names = ["README.md"]
    for top in ("cmd", "lib", "analyzers", "tests", "corpus", "scripts"):
        for folder, folders, files in os.walk(os.path.join(prowltest.ROOT, top)):
            folders.sort()
            names += sorted(os.path.relpath(os.path.join(folder, f), prowltest.ROOT) for f in files
                            if f in ("README.md", "ARCHITECTURE.md", "CHANGELOG.md"))
    return names


def parts(text):
    """What a document holds, in order: ("heading", line), ("file", name, text), ("command", line)."""
    fence, block = None, []
    for line in text.splitlines():
        if line.startswith("```"):
            if fence == "yaml" and block and re.fullmatch(r"# \S+\.yaml", block[0]):
                yield "file", block[0][2:], "\n".join(block) + "\n"
            fence, block = (line[3:] if fence is None else None), []
            continue
        if fence is not None:
            block.append(line)
        elif line.startswith("#"):
            yield "heading", line
        if fence is not None or line.startswith("    "):
            command = re.sub(r"\s{2,}# .*", "", line.strip())
            if COMMAND.match(command):
                yield "command", command


def examples(text):
    """The lines below "Examples:" of --help."""
    part = re.search(r"^Examples:\n((?:  .*\n)+)", text, re.M)
    return [("command", line.strip()) for line in part[1].splitlines()] if part else []


def commands_of_prowl():
    return re.findall(r"^  (\w+)  ", subprocess.run([prowltest.PROWL, "--help"], check=True, stdout=subprocess.PIPE, text=True)
                      .stdout.partition("Examples:")[0], re.M)


def printed(*args):
    return subprocess.run([prowltest.PROWL, *args], check=True, stdout=subprocess.PIPE, text=True).stdout


def manual():
    """The manual page as it is read."""
    text = subprocess.run(["mandoc", "-T", "utf8", "-O", "width=200"], input=printed("man"), check=True, stdout=subprocess.PIPE,
                          text=True).stdout
    return re.sub(r".\x08", "", text)


def section(page, name):
    return re.search(rf"^{name}\n(.*?)(?=^\S|\Z)", page, re.M | re.S)[1]


def everything():
    """A name and the parts of each document, of --help and of the manual page."""
    for name in documents():
        yield name, list(parts(read(name)))
    yield "prowl --help", examples(printed("--help"))
    for command in commands_of_prowl():
        yield f"prowl {command} --help", examples(printed(command, "--help"))
    yield "prowl man", [("command", line.strip()) for line in section(manual(), "EXAMPLES").splitlines() if line]


class Commands(prowltest.Case):
    @classmethod
    def setUpClass(cls):
        cls.keep = tempfile.TemporaryDirectory(prefix="prowl-docs-")
        cls.addClassCleanup(cls.keep.cleanup)
        cls.world = World(sample.made()).start()
        cls.addClassCleanup(cls.world.stop)

    def setUp(self):
        super().setUp()
        url = self.world.url
        os.symlink(prowltest.PROWL, os.path.join(self.folder("bin"), "prowl"))
        self.env.update(PATH=self.path("bin") + ":" + os.environ["PATH"], PROWL_NOW=sample.NOW, PROWL_GCS_URL=url,
                        PROWL_GCS_API_URL=url + "/storage/v1", PROWL_S3_URL=url, PROWL_GCSWEB_URL=url + "/gcs",
                        PROWL_URL=url + "/?job=*oadp*")

    def folder(self, name):
        os.makedirs(self.path(name))
        return self.path(name)

    def working_folder(self, number):
        """What a reader has there: a log, a folder of logs, a mirror, this project's corpus, rules of other tools."""
        here = self.folder(f"work{number}")
        log = glob.glob(os.path.join(sample.made(), sample.BUCKET, "pr-logs/pull/acme_rocket/201/*/2028372658810261504/build-log.txt"))[0]
        shutil.copy(log, os.path.join(here, "build-log.txt"))
        os.makedirs(os.path.join(here, "logs"))
        for name in ("unit.log", "e2e.txt"):
            shutil.copy(log, os.path.join(here, "logs", name))
        os.makedirs(os.path.join(here, "queries"))
        for name, text in (("ruleset.toml", "[[rule]]\nname = 'Tea'\npattern = '^no tea: (.*)'\n"),
                           ("queries/1234.yaml", "query: >\n  message:\"no tea left\" AND tags:\"console\"\n")):
            with open(os.path.join(here, name), "w", encoding="utf-8") as f:
                f.write(text)
        if not os.path.isdir(self.path("mirror")):
            self.prowl("fetch", self.world.url + "/?job=*oadp*", "--last", "1", "--into", self.path("mirror"))
        shutil.copytree(self.path("mirror"), os.path.join(here, "mirror"))
        shutil.copytree(os.path.join(prowltest.ROOT, "corpus"), os.path.join(here, "corpus"), ignore=lambda _, names: {"_world"} & set(names))
        return here

    def placed(self, command):
        command = command.replace(HOST, self.world.url)
        if command.startswith(("make install", "make uninstall")):  # never into the machine; others are running what is built
            built = os.path.relpath(prowltest.PROWL, prowltest.ROOT)
            command += f" -o {built} B={os.path.dirname(built)}" + ("" if "DESTDIR" in command else f" DESTDIR={self.path('root')}")
        return command.replace(PACKAGE, self.path("package"))

    def execute(self, command, folder):
        is_projects = command.startswith(("make ", "scripts/"))
        done = subprocess.run(["bash", "-c", "set -o pipefail; " + self.placed(command)], env=self.env, stdin=subprocess.DEVNULL,
                              cwd=prowltest.ROOT if is_projects else folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
        out = done.stdout.decode("utf-8", "replace")
        self.assertEqual(done.returncode, STATUS.get(command, 0), out[-2000:])
        self.assertNotRegex(out, r"(?m)^(?:0 builds\b|prowl: )", "an example that shows nothing, or complains")

    def test_every_command_of_every_document_does_what_it_should(self):
        ran = 0
        for number, (name, content) in enumerate(everything()):
            folder = self.working_folder(number) if any(p[0] == "command" for p in content) else None
            for part in content if folder else ():
                own = os.path.join(folder, ".prowl.yaml")
                if part[0] == "heading" and os.path.exists(own):
                    os.remove(own)
                elif part[0] == "file":
                    path = os.path.join(folder, part[1])
                    os.makedirs(os.path.dirname(path), exist_ok=True)
                    with open(path, "w", encoding="utf-8") as f:
                        f.write(part[2].replace(HOST, self.world.url))
                elif part[0] == "command" and part[1] not in NOT_RUN:
                    with self.subTest(name, command=part[1]):
                        self.execute(part[1], folder)
                    ran += 1
        self.assertGreater(ran, 60)

    def test_no_exception_is_left_over(self):
        there = {part[1] for _, content in everything() for part in content if part[0] == "command"}
        self.assertEqual((set(NOT_RUN) | set(STATUS)) - there, set())

    def test_commands_are_found_where_they_stand(self):
        text = ("# a\n    prowl report x   # why\n    X=1 prowl a\n    zcat y | prowl report -\n    prowler\n  prowl no\n    # prowl no\n"
                "```yaml\n# f/g.yaml\na: 1\n```\n```\nmake z\n```\n    scripts/demo\n")
        self.assertEqual(list(parts(text)), [
            ("heading", "# a"), ("command", "prowl report x"), ("command", "X=1 prowl a"), ("command", "zcat y | prowl report -"),
            ("file", "f/g.yaml", "# f/g.yaml\na: 1\n"), ("command", "make z"), ("command", "scripts/demo")])


class Names(prowltest.Case):
    """What the documents name exists, and what exists is named."""

    def test_options_in_the_documents_exist(self):
        known = set(re.findall(r"--([a-z][\w-]*)", manual()))
        for name in ("README.md", "cmd/CHANGELOG.md", "lib/ARCHITECTURE.md"):
            self.assertEqual(set(re.findall(r"(?<![\w-])--([a-z][\w-]*)", read(name))) - known, set(), name)

    def test_paths_in_the_documents_exist(self):
        for name in documents():
            paths = re.findall(r"`((?:cmd|lib|analyzers|tests|corpus|scripts)/[\w./-]+)`", read(name))
            for path in (p for p in paths if "MODULE" not in p):
                self.assertTrue(os.path.exists(os.path.join(prowltest.ROOT, path)), f"{name}: {path}")

    def test_targets_in_the_documents_exist(self):
        targets = set(re.search(r"^\.PHONY: (.*?[^\\])$", read("Makefile"), re.M | re.S)[1].replace("\\\n", " ").split())
        for name in documents():
            self.assertEqual(set(re.findall(r"`make ([a-z][\w-]*)", read(name))) - targets, set(), name)

    def test_the_readme_tells_every_command_format_and_status(self):
        text = read("README.md")
        for command in set(commands_of_prowl()) - {"completion", "man", "help"}:
            self.assertIn(f"prowl {command}", text)
        for name in re.findall(r"^FORMAT\((\w+)\)", read("lib/report/formats.def"), re.M):
            self.assertRegex(text, rf"(?m)^\| `{name}`")
        for status in re.findall(r"STATUS_\w+ = (\d+),", read("cmd/commands.h")):
            self.assertRegex(text, rf"(?m)^\| {status} \|" if status != "128" else r"(?m)^\| 130, 143 \|")

    def test_limits_in_the_readme_are_the_defaults(self):
        show = {line.split()[0]: line.split()[1] for line in self.prowl("config", "show").out.splitlines()}
        text = read("README.md")
        for option, said in (("max-body", "4 GiB"), ("max-plain", "16 GiB"), ("max-ratio", "2000"), ("max-files", "400"),
                             ("max-build-size", "2 GiB"), ("max-in-flight", "64 MiB"), ("tries", "5"), ("deadline", "10 min"),
                             ("low-speed", "30 s"), ("host-budget", "20 s"), ("max-redirects", "5"), ("cache-size", "10 GiB")):
            row = next(line for line in text.splitlines() if f"`--{option}`" in line and line.startswith("|")) if option != "cache-size" else text
            self.assertIn(said, row, option)
            self.assertEqual(show[option], re.sub(r" (\w)\w*$", lambda m: m[1], said), option)

    def test_the_changelog_begins_with_this_version(self):
        version = self.prowl("--version").out.split()[1]
        self.assertEqual(re.search(r"^## (\S+)", read("cmd/CHANGELOG.md"), re.M)[1], version)
        self.assertIn("CHANGELOG.md", read("cmd/README.md"))

    def test_the_manual_page_tells_every_variable_that_is_read(self):
        code = "".join(read("cmd", os.path.basename(p)) for p in glob.glob(os.path.join(prowltest.ROOT, "cmd/*.c")))
        names = set(re.findall(r'getenv\("(\w+)"\)', code)) | {n for pair in re.findall(r'either\("(\w+)", "(\w+)"\)', code) for n in pair}
        self.assertGreater(len(names), 10)
        text = section(manual(), "ENVIRONMENT")
        for name in names:
            self.assertIn(name if name in text else name.lower(), text)

    def test_the_manual_page_has_the_examples_of_every_command(self):
        there = section(manual(), "EXAMPLES")
        for command in commands_of_prowl():
            for _, line in examples(printed(command, "--help")):
                self.assertIn(line, there)

    def test_every_folder_of_lib_is_in_the_map(self):
        text = read("lib/ARCHITECTURE.md")
        for folder in glob.glob(os.path.join(prowltest.ROOT, "lib/*/")):
            self.assertIn(f"| `lib/{os.path.basename(folder[:-1])}/` |", text)

    def test_the_check_of_the_tree_sees_a_module_too_many_and_too_few(self):
        root = self.path("tree")
        os.makedirs(os.path.join(root, "lib"))
        for name in ("Makefile", "cmd", "analyzers", "tests", "corpus", "scripts", "README.md", "LICENSE"):
            os.symlink(os.path.join(prowltest.ROOT, name), os.path.join(root, name))
        for path in glob.glob(os.path.join(prowltest.ROOT, "lib/*")):
            if not path.endswith("ARCHITECTURE.md"):
                os.symlink(path, os.path.join(root, "lib", os.path.basename(path)))
        text = read("lib/ARCHITECTURE.md")
        for change, said in ((text, []), (text.replace("- `gap`:", "- gap:"), ["decode/gap"]),
                             (text.replace("- `gap`:", "- `gap`: x\n- `gaps`:"), ["decode/gaps"])):
            with open(os.path.join(root, "lib/ARCHITECTURE.md"), "w", encoding="utf-8") as f:
                f.write(change)
            done = subprocess.run([os.path.join(prowltest.ROOT, "scripts/check-tree"), root], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True)
            self.assertEqual((done.returncode != 0, re.findall(r"^tree: (\S+) is a module", done.stderr, re.M)), (bool(said), said), done.stderr)


if __name__ == "__main__":
    prowltest.main()
