"""What one would otherwise type, with the same rules over the same logs."""
import glob
import os
import re
import shutil
import subprocess

import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def builtin_patterns():
    """Every pattern under `any` of the built-in packs, in order."""
    out = []
    for path in sorted(glob.glob(os.path.join(ROOT, "analyzers/packs/*.yaml"))):
        with open(path) as f:
            for rule in yaml.safe_load(f)["rules"]:
                out += [str(p) for p in rule.get("any", [])]
    return out


def patterns(count):
    """`count` patterns: the built-in ones, then made-up ones of the same shape."""
    real = builtin_patterns()
    words = ("provision", "attach", "mount", "resolve", "negotiate", "allocate", "schedule", "verify", "unpack", "replicate")
    more = [rf"(?:error|failed) to {words[k % 10]} (?<thing>\S+) stage{k}: code \d+" for k in range(max(0, count - len(real)))]
    return (real + more)[:count]


def pack_of(list_of_patterns):
    """The same patterns as a pack for prowl, one rule each."""
    rules = [{"id": f"bench.r{k}", "cause": "other/bench", "severity": "cause", "any": [p], "summary": "bench"}
             for k, p in enumerate(list_of_patterns)]
    return "pack: bench\nabout: Rules of the bench.\nrules:\n" + "".join(
        f"  - id: {r['id']}\n    cause: other/bench\n    severity: cause\n    any: [{quoted(r['any'][0])}]\n    summary: bench\n"
        for r in rules)


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def for_regex(pattern):
    """For rg and Python: named groups become plain ones, for names may not repeat in one set."""
    return re.sub(r"\(\?<(?![=!])\w+>", "(?:", pattern)


def for_ere(pattern):
    """The same in grep's extended syntax, or None where it has no such thing."""
    p = re.sub(r"\(\?<(?![=!])\w+>|\(\?P<\w+>|\(\?:", "(", pattern)
    p = p.replace(r"\d", "[0-9]").replace(r"\t", "\t")
    p = re.sub(r"([*+?}])\?", r"\1", p)  # lazy: where it ends does not matter, that it matches does
    if "(?" in p or re.search(r"\[[^]]*\\[swdb]", p):
        return None
    return p


def usable(name, list_of_patterns, folder):
    """Write the rule file for one tool; patterns that it refuses are left out, and counted."""
    made = [for_ere(p) if name == "grep" else for_regex(p) for p in list_of_patterns]
    check = {"grep": ["grep", "-E", "-e"], "rg": ["rg", "--no-unicode", "-e"]}[name]
    good = []
    for p in made:
        if p is not None and subprocess.run(check + [p, "/dev/null"], stderr=subprocess.DEVNULL).returncode < 2:
            good.append(p)
    path = os.path.join(folder, name + ".rules")
    with open(path, "w") as f:
        f.write("".join(p + "\n" for p in good))
    return path, len(good)


RG = "rg --no-unicode -j2 --regex-size-limit 1G --dfa-size-limit 1G"  # without these it refuses so many rules

PYTHON_LOOP = """
import gzip, re, sys, urllib.request
rules = [re.compile(line.rstrip("\\n").encode()) for line in open(sys.argv[1])]
for url in open(sys.argv[2]):
    data = urllib.request.urlopen(url.strip()).read()
    for line in gzip.decompress(data).split(b"\\n"):
        for rule in rules:
            rule.search(line)
"""


class Peers:
    def __init__(self, folder, list_of_patterns, base, urls):
        missing = [tool for tool in ("rg", "grep", "curl", "xargs", "zcat") if shutil.which(tool) is None]
        if missing:
            raise SystemExit(f"bench: {', '.join(missing)} missing; scripts/setup bench installs what is measured against")
        self.dir = folder
        self.rg, self.rg_rules = usable("rg", list_of_patterns, folder)
        self.grep, self.grep_rules = usable("grep", list_of_patterns, folder)
        self.urls = os.path.join(folder, "urls")
        self.few = os.path.join(folder, "urls.few")
        self.config = os.path.join(folder, "curl.config")
        self.out = os.path.join(folder, "out")
        with open(self.urls, "w") as f:
            f.write("".join(base + u + "\n" for u in urls))
        with open(self.config, "w") as f:
            f.write("".join(f'url = "{base}{u}"\noutput = "{self.out}/{n}.log"\n' for n, u in enumerate(urls)))
        with open(os.path.join(folder, "loop.py"), "w") as f:
            f.write(PYTHON_LOOP)

    def clear(self):
        shutil.rmtree(self.out, ignore_errors=True)
        os.makedirs(self.out)

    def commands(self):
        """Name, shell command."""
        return (
            ("curl -Z --compressed, then rg",
             f"curl -sZ --parallel-max 32 --compressed -K {self.config} && {RG} -a -c -f {self.rg} {self.out}"),
            ("xargs curl, then rg -z",
             f"xargs -P8 -n64 sh -c 'for u; do echo \"url = $u\"; echo \"output = {self.out}/$(echo $u | cksum | cut -d\" \" -f1).gz\"; done | curl -sK -' x < {self.urls}"
             f" && {RG} -z -a -c -f {self.rg} {self.out}"),
            ("xargs curl | zcat | grep -E",
             f"xargs -P2 -n1 sh -c 'curl -s \"$1\" | zcat | grep -aEc -f {self.grep}' x < {self.urls}"),
        )

    def python_command(self, count):
        with open(self.urls) as f, open(self.few, "w") as few:
            few.writelines(f.readlines()[:count])
        return f"/usr/bin/python3 {self.dir}/loop.py {self.rg} {self.few}"
