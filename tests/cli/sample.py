"""The sample world of corpus/_world for tests: made once, with what is true of each of its builds."""
import atexit
import csv
import os
import shutil
import subprocess
import tempfile

import prowltest

HOME = os.path.join(prowltest.ROOT, "corpus", "_world")
BUCKET = "acme-ci-results"
NOW = "2026-03-04T08:00:00Z"  # for PROWL_NOW: some builds are on their way then
_made = None


def made():
    """The folder: prowjobs.json and the bucket. Nobody may write there."""
    global _made
    if _made is None:
        _made = tempfile.mkdtemp(prefix="prowl-world-")
        atexit.register(shutil.rmtree, _made, ignore_errors=True)
        subprocess.run(["/usr/bin/python3", os.path.join(HOME, "make"), _made], check=True)
    return _made


def truth():
    """A dict a build: case, id, outcome, kind, class, artifact, line; the last four are sets of what is right."""
    with open(os.path.join(HOME, "expected.tsv"), encoding="utf-8") as f:
        rows = list(csv.DictReader((line for line in f if not line.startswith("#")), delimiter="\t"))
    return [dict(row, **{k: set(row[k].split("|")) for k in ("kind", "class", "artifact", "line")}) for row in rows]


def key(build):
    """How a build of a report is found in the table: its id, or, if it never had one, its job and start."""
    return build.get("id") or (build["job"], build["started"])


def complaints(builds, rows):
    """One line a difference between builds of a JSON report and rows of the table."""
    said, out = {key(b["build"]): b["verdict"] for b in builds}, []
    for row in rows:
        verdict = said.pop(row["id"] if row["id"] != "-" else never_ran(row["case"]), None)
        if verdict is None:
            out.append(f"{row['case']}: not in the report")
            continue
        for what in ("outcome", "kind", "class", "artifact", "line"):
            answer, right = str(verdict.get(what) or "-"), row[what]
            if answer != right if what == "outcome" else "-" not in right and answer not in right:
                out.append(f"{row['case']}: {what} is {answer}, and should be {right}: {verdict.get('excerpt', '')[:100]}")
                break
    return out + [f"{key}: in the report, and not in the world" for key in said]


def never_ran(case):
    return {"rocket-forbidden": ("pull-acme-rocket-unit", "2026-03-02T15:40:12Z"),
            "rocket-triggered": ("pull-acme-rocket-unit", "2026-03-04T07:58:41Z"),
            "orbit-invalid": ("periodic-acme-orbit-data", "2026-03-04T04:00:00Z")}[case]


def mirror(folder):
    """The bucket below folder in the layout of a mirror: gs/BUCKET/KEY."""
    os.makedirs(os.path.join(folder, "gs"))
    shutil.copytree(os.path.join(made(), BUCKET), os.path.join(folder, "gs", BUCKET))
    return folder
