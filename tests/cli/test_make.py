#!/usr/bin/python3
"""The Makefile: installs and takes away the same files, compiles nothing twice, packs what it needs."""
import os
import subprocess
import tarfile

import prowltest


class Make(prowltest.Case):
    def make(self, *args, cwd=prowltest.ROOT):
        done = subprocess.run(["make", "--no-print-directory", *args], cwd=cwd, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=600)
        self.assertEqual(done.returncode, 0, done.stdout[-3000:])
        return done.stdout

    def files(self, folder):
        return sorted(os.path.relpath(os.path.join(top, name), folder) for top, _, names in os.walk(folder) for name in names)

    def test_install_puts_binary_page_completions_packs_and_uninstall_takes_them(self):
        root = self.path("root")
        built = os.path.relpath(prowltest.PROWL, prowltest.ROOT)
        old = ("-o", built, f"B={os.path.dirname(built)}")  # other tests are running it
        self.make("install", *old, f"DESTDIR={root}", "PREFIX=/usr")
        there = self.files(root)
        for name in ("usr/bin/prowl", "usr/share/man/man1/prowl.1", "usr/share/bash-completion/completions/prowl",
                     "usr/share/zsh/site-functions/_prowl", "usr/share/fish/vendor_completions.d/prowl.fish",
                     "usr/share/prowl/report.schema.json", "usr/share/prowl/night.schema.json", "usr/share/prowl/packs/go.yaml"):
            self.assertIn(name, there)
        self.assertEqual(os.stat(os.path.join(root, "usr/bin/prowl")).st_mode & 0o777, 0o755)
        packs = os.listdir(os.path.join(prowltest.ROOT, "analyzers/packs"))
        self.assertEqual(len([n for n in there if n.startswith("usr/share/prowl/packs/")]),
                         len([n for n in packs if n.endswith(".yaml")]))
        self.make("uninstall", *old, f"DESTDIR={root}", "PREFIX=/usr")
        self.assertEqual(self.files(root), [])

    def test_nothing_changed_means_nothing_compiled(self):
        if "MAKEFLAGS" not in os.environ:
            self.skipTest("with the flags of `make check` only: others would build anew")
        self.assertEqual(self.make("all", "V=1").count(" -c "), 0)

    def test_dist_holds_the_tree_of_the_last_commit(self):
        if not os.path.isdir(os.path.join(prowltest.ROOT, ".git")):
            self.skipTest("no repository")
        name = self.make("dist").split()[-1]
        with tarfile.open(os.path.join(prowltest.ROOT, name)) as tar:
            names = tar.getnames()
        top = os.path.basename(name)[:-len(".tar.gz")]
        for wanted in ("Makefile", "README.md", "LICENSE", "lib/base/sv.h", "scripts/setup"):
            self.assertIn(f"{top}/{wanted}", names)

    def test_the_compilation_database_names_every_source(self):
        # made apart from the checkout's own, which an editor may be reading
        done = subprocess.run(["make", "-s", "-n", "compile_commands.json"], cwd=prowltest.ROOT, stdout=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, 0)
        for source in ("lib/base/sv.c", "cmd/main.c", "analyzers/harness.c"):
            self.assertIn(source, done.stdout)


if __name__ == "__main__":
    prowltest.main()
