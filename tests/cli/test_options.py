#!/usr/bin/python3
"""Options: what the one table gives to flags, variables, files, --help, the manual page and completion; who wins; what a slip gets."""
import os
import re
import shutil
import subprocess

import prowltest

RUN = ("report", "nightly", "history", "scrape", "fetch", "rules", "corpus", "config")
ALL = RUN + ("completion", "man", "help")
FORMATS = ("text", "md", "json", "ndjson", "csv", "lp", "rows")


def table():
    """The rows of the option table as they stand in the source: name, short name, alias, kind, metavar."""
    with open(os.path.join(prowltest.ROOT, "cmd/opt_table.c"), encoding="utf-8") as f:
        text = f.read()
    rows = re.findall(r'^    \{"([\w-]+)", (0|\'.\'), (NULL|"\w+"), OPT_(\w+), AT\([\w.]+\), (?:NULL|"[^"]*"), (NULL|"[^"]*")', text, re.M)
    assert len(rows) == len(re.findall(r"\bOPT_\w+, AT\(", text)) > 60
    return [(name, short.strip("'0"), alias.strip('"').replace("NULL", ""), kind, metavar.strip('"').replace("NULL", ""))
            for name, short, alias, kind, metavar in rows]


def values():
    """A good value of every option that takes one."""
    good = {"COUNT": "3", "SIZE": "64M", "DURATION": "30s", "WHEN": "2024-03-01", "TEXT": "x", "LIST": "x"}
    special = {"color": "never", "format": "csv", "fail-on": "any", "schema": "legacy", "trace": "fetch", "out": "json=x", "from": "sippy"}
    return {name: special.get(name, good.get(kind)) for name, _, _, kind, _ in table()}


class Options(prowltest.Case):
    def flags(self, command):
        """The long options in a command's --help."""
        return re.findall(r"^(?:  -\S, |      )--([\w-]+)", self.prowl(command, "--help").out, re.M)

    def show(self, *args, **more):
        """name -> (value, origin) of config show."""
        out = self.prowl("config", "show", *args, **more).out
        return {m[1]: (m[2].strip(), m[3]) for m in re.finditer(r"^(\S+) +(.*?) +((?:default|file|environment|flag)\b.*)$", out, re.M)}


class Drift(Options):
    """Every list of options is the same list."""

    def test_help_tells_every_option_of_the_table(self):
        told = set()
        for command in ALL:
            flags = self.flags(command)
            self.assertEqual(len(flags), len(set(flags)), command)
            told |= set(flags)
        self.assertEqual(told, {row[0] for row in table()})

    def test_help_tells_short_names_metavars_and_aliases(self):
        texts = "".join(self.prowl(command, "--help").out for command in ALL)
        for name, short, alias, kind, metavar in table():
            self.assertRegex(texts, r"(?m)^  %s--%s%s\b" % (f"-{short}, " if short else "    ", name, f" {metavar}" if metavar else ""))
            if alias:
                self.assertIn(f"also -{alias}", re.sub(r"\s+", " ", texts))

    def test_the_manual_page_tells_every_option_once(self):
        page = self.prowl("man").out.replace("\\-", "-")
        self.assertEqual(sorted(re.findall(r"^\.It(?: Fl \S ,)? Fl -([\w-]+)", page, re.M)), sorted(row[0] for row in table()))
        self.assertEqual(re.findall(r"^\.It Cm (\w+)", page, re.M), list(ALL))

    def test_bash_knows_every_option_of_every_command(self):
        script = self.prowl("completion", "bash").out
        for command in ALL:
            found = re.search(rf"^        {command}\)\n            flags='([^']*)'", script, re.M)[1]
            self.assertEqual(found.split(), ["--" + f for f in self.flags(command)], command)

    def test_zsh_knows_every_option_of_every_command(self):
        script = self.prowl("completion", "zsh").out
        for command in ALL:
            part = re.search(rf"^    {command}\)\n(.*?) ;;$", script, re.M | re.S)[1]
            self.assertEqual(re.findall(r"'\*?--([\w-]+)\[", part), self.flags(command), command)

    def test_fish_knows_every_option_of_every_command(self):
        script = self.prowl("completion", "fish").out
        for command in ALL:
            found = re.findall(rf"^complete -c prowl -n '__fish_seen_subcommand_from {command}' -l ([\w-]+)", script, re.M)
            self.assertEqual(found, self.flags(command), command)

    def test_every_option_is_accepted_by_its_commands_and_refused_by_others(self):
        rows = {row[0]: row for row in table()}
        good = values()
        for command in ALL:
            flags = self.flags(command)
            args = [a for f in flags if f != "help" for a in ((f"--{f}",) if rows[f][3] == "FLAG" else (f"--{f}", good[f]))]
            self.prowl(command, *args, "--help")
            for name in rows:
                if name not in flags and command != "config":  # config shows what any of them would set
                    done = self.prowl(command, f"--{name}", status=2)
                    self.assertRegex(done.err, rf"^prowl: --{name}: is an option of prowl \w+, and not of this command\n$")

    def test_config_show_has_every_option_that_is_more_than_a_flag(self):
        shown, good = self.show(), values()
        env = {f"PROWL_{n.upper().replace('-', '_')}": good[n] or "true" for n in shown}
        later = self.show(env=env)
        for name, (value, origin) in later.items():
            self.assertEqual(origin, f"environment PROWL_{name.upper().replace('-', '_')}")
            self.assertNotEqual(value, "-", name)
        with open(os.path.join(prowltest.ROOT, "cmd/opt_table.c"), encoding="utf-8") as f:
            own = set(re.findall(r'^    \{"([\w-]+)",.*\bREACH_(?:OWN|BELOW)\b', f.read(), re.M))
        self.assertLess({"token-file", "ca-file", "allow-private-redirects"}, own)  # a folder may not set these
        self.write(".prowl.yaml", "".join(f"{n}: {good[n] or 'true'}\n" for n in shown if n not in own))
        for name, (value, origin) in self.show().items():
            if name not in own:
                self.assertRegex(origin, r"^file \.prowl\.yaml:\d+$", name)
                self.assertEqual(value, later[name][0], name)
        left = {row[0] for row in table()} - set(shown)
        self.assertEqual(left, {"help", "config", "no-config", "list", "save-list", "into", "older-than", "accept", "labels", "warnings-fail",
                                "corpus", "max-logs", "max-lines", "cost", "most",
                                "accepted", "by-rule", "calibration", "scores", "without-each", "id", "from"})

    def test_formats_are_those_of_the_registry(self):
        with open(os.path.join(prowltest.ROOT, "lib/report/formats.def"), encoding="utf-8") as f:
            self.assertEqual(tuple(re.findall(r"FORMAT\((\w+)\)", f.read())), FORMATS)
        self.assertIn(": " + ", ".join(FORMATS) + ", influx, human, none", re.sub(r"\s+", " ", self.prowl("report", "--help").out))


class Precedence(Options):
    """Flags, then PROWL_*, then ./.prowl.yaml, then the user's file, then defaults."""

    USER, FOLDER = "config/prowl/config.yaml", ".prowl.yaml"

    def test_each_level_wins_over_those_below(self):
        def parallel(*args, **env):
            return self.show(*args, env=env)["parallel"]
        self.assertEqual(parallel(), ("0", "default"))
        self.write(self.USER, "parallel: 1\n")
        self.assertEqual(parallel(), ("1", "file " + self.path(self.USER) + ":1"))
        self.write(self.FOLDER, "# mine\nparallel: 2\n")
        self.assertEqual(parallel(), ("2", "file .prowl.yaml:2"))
        self.assertEqual(parallel(PROWL_PARALLEL="3"), ("3", "environment PROWL_PARALLEL"))
        self.assertEqual(parallel("--parallel", "4", PROWL_PARALLEL="3"), ("4", "flag --parallel"))
        self.assertEqual(parallel("--no-config"), ("0", "default"))
        other = self.write("other.yaml", "parallel: 9\n")
        self.assertEqual(parallel("--config", other), ("9", f"file {other}:1"))

    def test_a_list_replaces_that_of_the_level_below(self):
        def job(*args, **env):
            return self.show(*args, env=env)["job"][0]
        self.write(self.USER, "job: [a, b]\n")
        self.assertEqual(job(), "a, b")
        self.write(self.FOLDER, "job: c\n")
        self.assertEqual(job(), "c")
        self.assertEqual(job(PROWL_JOB="d\ne"), "d, e")
        self.assertEqual(job("--job", "f", "--job", "g", PROWL_JOB="d"), "f, g")

    def test_a_flag_switches_off_what_a_file_switched_on(self):
        self.write(self.FOLDER, "offline: true\n")
        self.assertEqual(self.show()["offline"], ("true", "file .prowl.yaml:1"))
        self.assertEqual(self.show("--offline=false")["offline"], ("false", "flag --offline"))

    def test_a_section_is_for_its_command_alone(self):
        self.write(self.FOLDER, "report:\n  parallel: 7\nscrape:\n  parallel: 8\nparallel: 2\n")
        self.assertEqual(self.show()["parallel"][0], "2")
        self.assertEqual(self.show("report")["parallel"], ("7", "file .prowl.yaml:2"))
        self.assertEqual(self.show("scrape")["parallel"][0], "8")
        self.assertEqual(self.show("fetch")["parallel"][0], "2")
        self.assertNotIn("human", self.show("report"))

    def test_the_values_count(self):
        log = self.write("a.log", "x\n")
        self.write(self.FOLDER, "report: {format: ndjson}\n")
        self.assertEqual(len(self.prowl("report", log).rows()), 2)
        self.assertIn("builds", self.prowl("report", log, env={"PROWL_FORMAT": "json"}).json())
        self.assertIn("1 build", self.prowl("report", log, "--format", "text", env={"PROWL_FORMAT": "json"}).out)

    def test_without_a_home_there_is_no_users_file(self):
        del self.env["XDG_CONFIG_HOME"]
        self.write(".config/prowl/config.yaml", "parallel: 1\n")
        self.assertEqual(self.show()["parallel"][0], "1")
        del self.env["HOME"]
        self.assertEqual(self.show()["parallel"][0], "0")
        self.env["XDG_CONFIG_HOME"] = "relative"  # not what the standard allows
        self.assertEqual(self.show()["parallel"][0], "0")

    def test_arguments_of_config_are_checked(self):
        for args in ((), ("list",), ("show", "man"), ("show", "nosuch"), ("show", "report", "x")):
            self.assertRegex(self.prowl("config", *args, status=2).err, r"^prowl: config: .+\n$")


class Slips(Options):
    """One clear line, and 2."""

    def slip(self, *args, said, **more):
        done = self.prowl(*args, status=2, **more)
        self.assertEqual(done.out, "")
        self.assertEqual(done.err, f"prowl: {said}\n")

    def test_commands(self):
        self.slip("reprot", said='there is no command "reprot"; did you mean report?')
        self.slip("xyzzy", said='there is no command "xyzzy"; see prowl --help')
        self.slip("--quiet", said="--quiet: name a command first: prowl COMMAND --quiet")
        self.slip("help", "scrap", said='there is no command "scrap"; did you mean scrape?')
        self.slip("completion", said="completion: name the shell: bash, zsh or fish")
        self.slip("completion", "csh", said="completion: name the shell: bash, zsh or fish")
        self.slip("man", "report", said="man: takes no arguments; there is one page for all commands")

    def test_options_and_values(self):
        self.slip("report", "--paralel", "3", said="--paralel: there is no such option; did you mean --parallel?")
        self.slip("report", "--parallel", said="--parallel: needs a value: --parallel N")
        self.slip("report", "--parallel", "many", said='--parallel: "many" is no number')
        self.slip("report", "-format", "json", said="-format: write --format")
        self.slip("report", "x", "--format", "jsn", said='--format: "jsn" is not text, md, json, ndjson, csv, lp, rows, influx, '
                  'human or none; did you mean json?')
        self.slip("report", "x", "--out", "r.json", said='--out: "r.json" is no NAME=FILE, such as json=report.json')
        self.slip("report", "x", "--out", "jsn=r", said='open the output: --out: "jsn" is no format; there are ' + ", ".join(FORMATS) +
                  "; did you mean json?")
        self.slip("report", "x", "--out", "json=a", "--out", "md=a", said="open the output: --out: two outputs want a")
        self.slip("report", "x", "--out", "json=-", "--format", "md", said="--format: two outputs want standard output")
        self.slip("report", "x", "--trace", "fetsch", said='--trace: "fetsch" is none of source, fetch, cache, decode, scan, judge, run, all')
        self.slip("report", said="name at least one source: a URL, a folder, a file or -")

    def test_variables(self):
        self.slip("config", "show", said='PROWL_PARALLEL: "x" is no number', env={"PROWL_PARALLEL": "x"})
        self.slip("config", "show", said='PROWL_NOW: "soon" is no time such as 2024-03-01T10:00:00Z', env={"PROWL_NOW": "soon"})
        log = self.write("a.log", "x\n")
        done = self.prowl("report", log, env={"PROWL_PARALEL": "3", "PROWL_LIST": "x", "PROWL_OTHER_THING": "1", "PROWL_TOKEN": "t"})
        self.assertEqual(done.err, "prowl: PROWL_PARALEL is no option; did you mean PROWL_PARALLEL?\n"
                         "prowl: PROWL_LIST is not used: --list can only be a flag\n"
                         "prowl: the token is sent to nobody: name its hosts with --token-hosts\n")
        self.assertEqual(self.prowl("report", log, "-q", env={"PROWL_PARALEL": "3"}).err, "")

    def test_files(self):
        for text, said in (("paralel: 3\n", '.prowl.yaml:1:1: there is no option "paralel"; did you mean "parallel"?'),
                           ("parallel: x\n", '.prowl.yaml:1:11: parallel: "x" is no number'),
                           ("token-hosts: evil.example\n", ".prowl.yaml:1:14: token-hosts may not be set by a folder; "
                            "set it in your own file, or name this one with --config"),
                           ("out: json=../x\n", '.prowl.yaml:1:6: out: "../x" does not lie in this folder; '
                            "name the file with --config to allow it")):
            self.write(".prowl.yaml", text)
            self.slip("config", "show", said="configuration: " + said)
            self.prowl("config", "show", "--no-config")
        self.slip("config", "show", "--config", "no.yaml", said="configuration: no.yaml: No such file or directory")

    def test_a_hostile_word_does_not_reach_the_terminal(self):
        done = self.prowl("report", "--\x1b[31mred", status=2)
        self.assertNotIn("\x1b", done.err)
        self.write(".prowl.yaml", '"a\\e[31m": 1\n')
        done = self.prowl("config", "show", status=2)
        self.assertNotIn("\x1b", done.err)


class Help(Options):
    def test_nothing_asked_for_is_told_what_there_is(self):
        done = self.prowl(status=2)
        self.assertEqual(done.out, "")
        self.assertEqual(done.err, self.prowl("--help").out)

    def test_all_ways_to_ask_give_the_same(self):
        self.assertEqual(self.prowl("--help").out, self.prowl("help").out)
        self.assertEqual(self.prowl("-h").out, self.prowl("help").out)
        for command in ALL:
            out = self.prowl(command, "--help").out
            self.assertEqual(out, self.prowl("help", command).out)
            self.assertEqual(out, self.prowl(command, "-h").out)
            self.assertTrue(out.startswith(f"usage: prowl {command} [OPTION…]"), command)

    def test_help_is_no_wider_than_a_terminal(self):
        for command in ALL:
            for line in self.prowl("help", command).out.splitlines():
                if "http" not in line and not line.startswith("  prowl "):
                    self.assertLessEqual(len(line), 80, line)

    def test_help_needs_no_good_configuration(self):
        self.write(".prowl.yaml", "nonsense: [\n")
        self.prowl("report", "--help", env={"PROWL_PARALLEL": "x"})

    def test_version_names_the_libraries(self):
        out = self.prowl("--version").out
        self.assertEqual(out, self.prowl("-V").out)
        with open(os.path.join(prowltest.ROOT, "Makefile"), encoding="utf-8") as f:
            version = re.search(r"^VERSION := (.*)$", f.read(), re.M)[1]
        self.assertEqual(out.splitlines()[0], f"prowl {version}")
        for library in ("libcurl/", "OpenSSL/", "zlib ", "PCRE2 ", "libyaml ", "libxml2 ", "jansson ", "compiler "):
            self.assertIn(library, out)
        self.assertRegex(out, r"Hyperscan|Vectorscan")


class Shells(Options):
    def need(self, program):
        if shutil.which(program) is None:
            self.skipTest(f"there is no {program}")

    def run_shell(self, *args, text):
        done = subprocess.run(args, input=text.encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.env, cwd=self.dir, timeout=60)
        self.assertEqual((done.returncode, done.stderr.decode()), (0, ""))
        return done.stdout.decode()

    def complete(self, *words):
        script = self.prowl("completion", "bash").out
        words = " ".join("'" + w + "'" for w in ("prowl",) + words)
        return self.run_shell("bash", "-u", text=f"{script}\nCOMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _prowl\n"
                              'printf "%s\\n" "${COMPREPLY[@]}"').split()

    def test_bash_completes_commands_options_values_and_files(self):
        self.write("build-log.txt", "")
        self.assertEqual(self.complete("re"), ["report"])
        self.assertEqual(set(self.complete("")), set(ALL) | {"--help", "--version"})
        self.assertEqual(self.complete("report", "--form"), ["--format"])
        self.assertEqual(self.complete("report", "--format", "n"), ["ndjson", "none"])
        self.assertEqual(self.complete("report", "-f", "ht"), [])
        self.assertEqual(self.complete("report", "--out", "nd"), ["ndjson="])
        self.assertEqual(self.complete("report", "--state", "suc"), ["success"])
        self.assertEqual(self.complete("report", "bui"), ["build-log.txt"])
        self.assertEqual(self.complete("report", "--ca-file", "bui"), ["build-log.txt"])
        self.assertEqual(self.complete("rules", "exp"), ["explain"])
        self.assertEqual(self.complete("help", "scr"), ["scrape"])
        self.assertEqual(self.complete("completion", "f"), ["fish"])

    def test_zsh_reads_the_script(self):
        self.need("zsh")
        script = self.write("_prowl", self.prowl("completion", "zsh").out)
        self.run_shell("zsh", "-n", script, text="")
        out = self.run_shell("zsh", "-f", text=f"fpath=({self.dir} $fpath); autoload -Uz compinit; compinit -u -D; "
                             "autoload +X _prowl && whence -w _prowl; print $_comps[prowl]")
        self.assertEqual(out, "_prowl: function\n_prowl\n")

    def test_fish_completes(self):
        self.need("fish")
        script = self.write("prowl.fish", self.prowl("completion", "fish").out)
        self.run_shell("fish", "-n", script, text="")
        out = self.run_shell("fish", "--no-config", text=f"source {script}; complete -C 'prowl re'; echo; complete -C 'prowl report --format n'; "
                             "echo; complete -C 'prowl rules ex'; echo; complete -C 'prowl report --paral'")
        words = [[line.split("\t")[0] for line in part.splitlines() if line] for part in out.split("\n\n")]
        self.assertEqual(words, [["report"], ["ndjson", "none"], ["explain"], ["--parallel"]])

    def test_the_manual_page_is_well_made(self):
        self.need("mandoc")
        page = self.prowl("man").raw
        done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning"], input=page, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual((done.returncode, done.stdout.decode()), (0, ""))
        text = subprocess.run(["mandoc", "-T", "utf8"], input=page, stdout=subprocess.PIPE).stdout.decode()
        text = re.sub(r".\x08", "", text)
        for part in ("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "ENVIRONMENT", "FILES", "EXIT STATUS", "EXAMPLES"):
            self.assertRegex(text, rf"(?m)^{part}$")


if __name__ == "__main__":
    prowltest.main()
