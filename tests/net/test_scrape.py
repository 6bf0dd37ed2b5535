#!/usr/bin/python3
"""prowl scrape, the predecessor's job, against a Deck on loopback. --accept: see tests/cli/golden/."""
import json
import os
import re
import shutil
import signal
import subprocess
import sys

import nettest
import prowltest
import sample

import golden
from rude import Rude, login, stall
from world import World

sys.path.insert(0, os.path.join(prowltest.ROOT, "tests"))
import lineprotocol  # noqa: E402

ROWS = ("id", "state", "state_int", "log_url", "log_yaml", "log_artifacts", "start_time", "end_time", "name", "pull_request", "duration",
        "repo", "target", "profile", "flake", "cause")


class Case(nettest.Case):
    def setUp(self):
        super().setUp()
        self.env["PROWL_NOW"] = golden.NOW

    def serve(self, folder):
        world = World(folder)
        self.addCleanup(world.stop)
        return world.start()

    def where(self, world):
        return ("--no-config", *self.at(world), "--gcsweb-url", world.url + "/gcs")

    def scrape(self, world, *args, **more):
        return self.prowl("scrape", *self.where(world), *golden.RULES, *args, **more)

    def golden(self):
        golden.world(self, "g")
        return self.serve(self.path("g"))


def blocks(text):
    """The rows of each build, as dicts; the last block is the headline."""
    out = []
    for block in text.strip().split("\n\n")[:-1]:
        out.append({line[:14].strip(): line[15:] for line in block.splitlines()})
    return out


class Rows(Case):
    def test_outputs_are_as_they_were(self):
        world = self.golden()
        url = world.url + "/?job=*rocket*"
        for name, args in (("scrape.rows", ("--human",)), ("scrape.lp", ()), ("scrape-legacy.lp", ("--schema", "legacy")),
                           ("scrape-deck-only.rows", ("--deck-only", "--human"))):
            with self.subTest(name):
                out = self.scrape(world, "--url", url, *args).out
                golden.compare(self, name, out.replace(world.url, "https://prow.acme.example"))

    def test_every_row_is_filled_in(self):
        world = self.golden()
        rows = blocks(self.scrape(world, "-print_for_human", "-url_to_scrape", world.url + "/?job=*rocket*").out)
        self.assertEqual([tuple(r) for r in rows], [ROWS] * len(golden.BUILDS))
        by_id = {r["id"]: r for r in rows}
        self.assertEqual(set(by_id), {b[1] for b in golden.BUILDS})
        row = by_id["101"]
        key = f"{golden.BUCKET}/pr-logs/pull/acme_rocket/7/pull-acme-rocket-unit/101"
        self.assertEqual(row["log_url"], f"{world.url}/view/gs/{key}")
        self.assertEqual(row["log_yaml"], f"{world.url}/prowjob?prowjob=pj-101")
        self.assertEqual(row["log_artifacts"], f"{world.url}/gcs/{key}/")
        self.assertEqual(row["pull_request"], "https://github.com/acme/rocket/pull/7")
        self.assertEqual((row["start_time"], row["end_time"], row["duration"]), ("2024-03-02T01:00:00Z", "2024-03-02T01:12:30Z", "12m30s"))
        self.assertEqual((row["repo"], row["target"], row["profile"]), ("acme/rocket", "unit", "aws"))

    def test_the_links_lead_somewhere(self):
        world = self.golden()
        row = blocks(self.scrape(world, "--human", "--url", world.url + "/?job=*unit*").out)[0]
        for name in ("log_url", "log_yaml", "log_artifacts"):
            done = subprocess.run(["curl", "-sf", row[name]], stdout=subprocess.PIPE)
            self.assertEqual(done.returncode, 0, row[name])
            self.assertIn(row["id"].encode(), done.stdout)

    def test_states_have_their_numbers(self):
        world = self.golden()
        rows = {r["id"]: (r["state"], r["state_int"]) for r in blocks(self.scrape(world, "--human", "--url", world.url + "/?job=*").out)}
        self.assertEqual(rows["103"], ("success", "0"))
        self.assertEqual(rows["207"], ("pending", "1"))
        self.assertEqual(rows["101"], ("failure", "2"))
        self.assertEqual(rows["204"], ("aborted", "3"))
        self.assertEqual(rows["102"], ("flake", "4"))
        self.assertEqual(rows["205"], ("error", "10"))

    def test_the_filter_of_the_page_is_applied(self):
        world = self.golden()
        for query, count in (("?job=*oadp*", 0), ("?job=*unit*", 3), ("?type=periodic&job=*", 8), ("", 11)):
            self.assertEqual(len(blocks(self.scrape(world, "--human", "--url", world.url + "/" + query).out)), count, query)

    def test_the_address_is_the_predecessors_unless_named(self):
        done = self.prowl("config", "show", "scrape")
        self.assertRegex(done.out, r"(?m)^url +https://prow\.ci\.openshift\.org/\?job=\*oadp\* +default$")

    def test_another_source_may_be_named(self):
        golden.mirror(self, "m")
        done = self.prowl("scrape", "--no-config", *golden.RULES, "m", "--human")
        self.assertEqual(len(blocks(done.out)), len(golden.BUILDS))


class Flakes(Case):
    """From evidence: did the test step run, did the job pass on the same code?"""

    def row(self, world, number, *args):
        rows = blocks(self.scrape(world, "--human", "--url", world.url + "/?job=*", *args).out)
        return {r["id"]: r for r in rows}[str(number)]

    def serve_build(self, files, log, state="failure"):
        self.build(5, job="periodic-ci-acme-e2e", log=log, files=files)
        self.jobs[-1]["spec"]["pod_spec"] = {"containers": [{"args": ["--target=e2e"]}]}
        key = "world/bkt/logs/periodic-ci-acme-e2e/5/prowjob.json"
        self.write(key, json.dumps(self.jobs[-1]))
        self.write("world/prowjobs.json", json.dumps(self.jobs))
        return self.serve(self.root)

    OPERATOR = ('<testsuites><testsuite name="step graph"><testcase name="Run multi-stage test {0} phase"><failure>x</failure></testcase>'
                "</testsuite></testsuites>")

    def test_a_test_step_that_did_not_run_makes_a_flake(self):
        world = self.serve_build({"artifacts/junit_operator.xml": self.OPERATOR.format("pre"),
                                  "artifacts/ci-operator-step-graph.json": "[]",
                                  "artifacts/e2e/ipi-install-install/build-log.txt": "no luck\n"}, b"all is lost\n")
        row = self.row(world, 5)
        self.assertEqual((row["state"], row["flake"]), ("flake", "yes, the test step did not run"))

    def test_the_listing_tells_without_a_report(self):
        world = self.serve_build({"artifacts/ci-operator-step-graph.json": "[]",
                                  "artifacts/e2e/ipi-install-install/build-log.txt": "no luck\n"}, b"all is lost\n")
        self.assertEqual(self.row(world, 5)["state"], "flake")

    def test_a_test_step_that_ran_and_failed_is_a_failure(self):
        for number, files in enumerate((
                {"artifacts/junit_operator.xml": self.OPERATOR.format("test"), "artifacts/e2e/oadp-e2e/build-log.txt": "x\n"},
                {"artifacts/e2e/oadp-e2e/build-log.txt": "x\n", "artifacts/e2e/ipi-install-install/build-log.txt": "x\n"},
                {"artifacts/e2e/build-log.txt": "x\n"})):
            with self.subTest(number):
                world = self.serve_build(files, b"all is lost\n")
                row = self.row(world, 5)
                self.assertEqual((row["state"], row["flake"]), ("failure", "no"))
                self.jobs.clear()
                shutil.rmtree(self.root)

    def test_source_that_does_not_compile_is_no_flake_although_no_test_ran(self):
        world = self.serve_build({"artifacts/ci-operator-step-graph.json": "[]"}, golden.COMPILE.encode())
        row = self.row(world, 5)
        self.assertEqual((row["state"], row["flake"]), ("failure", "no"))
        self.assertIn("compile/c", row["cause"])

    def test_the_same_code_passed(self):
        self.assertEqual(self.row(self.golden(), 102)["flake"], "yes, the job passed on the same code")

    def test_other_code_passed(self):
        self.assertEqual(self.row(self.golden(), 101)["flake"], "no")

    def test_the_job_list_alone_is_evidence_too(self):
        world = self.golden()
        self.assertEqual(self.row(world, 102, "--deck-only")["flake"], "yes, the job passed on the same code")
        self.assertEqual(world.count("/storage/v1"), 0)
        self.assertEqual(world.count(golden.BUCKET), 0)

    def test_answers_on_the_sample_world_are_true(self):
        world = self.serve(sample.made())
        out = self.prowl("scrape", *self.where(world), "--human", "--url", world.url + "/?job=*", env={"PROWL_NOW": sample.NOW}).out
        states = {r["id"]: r["state"] for r in blocks(out)}
        truth = {r["case"]: r["id"] for r in sample.truth()}
        for case in ("oadp-e2e-install", "oadp-e2e-lease", "oadp-e2e-quota", "oadp-unit-pending", "oadp-e2e-flake-fail", "models-flake-fail"):
            self.assertEqual(states[truth[case]], "flake", case)
        for case in ("oadp-e2e-fail", "oadp-unit-fail", "oadp-unit-vet", "rocket-compile-error", "ledger-test-failure", "forge-compile-error"):
            self.assertEqual(states[truth[case]], "failure", case)
        self.assertEqual(set(states.values()) - {"success", "pending", "failure", "aborted", "flake", "error", "triggered"}, set())


class Influx(Case):
    def test_it_is_strict_line_protocol_and_loses_no_finished_build(self):
        world = self.serve(sample.made())
        more = ("--url", world.url + "/?job=*", *self.where(world))
        env = {"PROWL_NOW": sample.NOW}
        points = lineprotocol.points(self.prowl("scrape", *more, env=env).raw)
        builds = [p for p in points if p.measurement == "ci_build"]
        with open(os.path.join(sample.made(), "prowjobs.json"), encoding="utf-8") as f:
            jobs = json.load(f)["items"]
        finished = [j for j in jobs if "completionTime" in j["status"]]
        self.assertEqual(len(builds), len(finished))
        self.assertEqual({p.fields["build_id"] for p in builds}, {j["status"].get("build_id", "") for j in finished})
        self.assertEqual(sum(p.measurement == "ci_run" for p in points), 1)
        self.assertEqual(points[-1].measurement, "ci_run")
        legacy = lineprotocol.points(self.prowl("scrape", *more, "--schema", "legacy", env=env).raw, legacy=True)
        self.assertEqual(len(legacy), len(jobs))
        self.assertEqual({p.measurement for p in legacy}, {"build"})
        names = {"job_name", "build_id", "pull_request", "start_time", "end_time", "duration", "state_int", "state"}
        for p in legacy:
            self.assertLessEqual(set(p.tags), names)
            self.assertEqual(set(p.fields), names | {"log"})
            self.assertIsInstance(p.fields["duration"], float)
            self.assertIsInstance(p.fields["state_int"], float)

    def test_tags_are_bounded(self):
        world = self.golden()
        points = lineprotocol.points(self.scrape(world, "--url", world.url + "/?job=*").raw)
        ids = {b[1] for b in golden.BUILDS}
        for p in points:
            for name, value in p.tags.items():
                self.assertNotIn(value, ids)
                self.assertNotRegex(value, r"^https?://|^\d{4}-")

    def test_two_runs_give_the_same_points(self):
        world = self.golden()
        args = ("--url", world.url + "/?job=*")
        first, second = self.scrape(world, *args).raw, self.scrape(world, *args).raw
        self.assertEqual(first, second)

    def test_telegraf_gets_0_whatever_the_builds_say(self):
        self.build(1)
        self.build(2)
        os.remove(self.path("world", "bkt", "logs", "periodic-x", "1", "prowjob.json"))
        world = self.serve(self.root)
        args = (*self.QUICK, "--cache-size=0", "--url", world.url + "/?job=*", "--gcs-url", "http://127.0.0.1:1", "--gcs-api-url", "",
                "--tries", "1")  # the bucket cannot be reached
        done = self.prowl("scrape", *args, "--format=influx")
        self.assertEqual(len([p for p in lineprotocol.points(done.raw) if p.measurement == "ci_build"]), 2)
        self.assertIs(lineprotocol.points(done.raw)[-1].fields["unreadable"] > 0, True)
        self.prowl("scrape", *args, "--human", status=75)

    def test_a_deck_that_is_not_there_is_told(self):
        done = self.prowl("scrape", "--no-config", "--url", "http://127.0.0.1:1/?job=*", "--tries", "1", status=75)
        self.assertEqual(done.out, "")
        self.assertRegex(done.err, r"^prowl: .*http://127\.0\.0\.1:1/[^\n]*\n$")

    def test_a_login_page_is_no_job_list(self):
        with Rude(default=login()) as rude:
            done = self.prowl("scrape", "--no-config", "--url", rude.url + "/?job=*", "--tries", "1", status=3)
        self.assertEqual(done.out, "")
        self.assertRegex(done.err, r"^prowl: [^\n]*HTML[^\n]*\n$")

    def test_a_stop_by_telegraf_keeps_whole_lines(self):
        self.build(1)
        self.build(2, log=b"x" * 1000)
        with Rude(default=stall()) as rude:
            world = self.serve(self.root)
            process = self.start("scrape", "--no-config", "--cache-size=0", "--url", world.url + "/?job=*", "--gcs-url", rude.url,
                                 "--gcs-api-url", "")
            nettest.wait_for(lambda: len(rude.requests) > 0, "a request")
            process.send_signal(signal.SIGTERM)
            out, _ = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0)
        points = lineprotocol.points(out)
        self.assertIs(points[-1].fields["incomplete"], True)
        self.assertEqual([p for p in points if p.measurement != "ci_run"], [])  # nothing is known of them yet

    def test_other_formats_and_files(self):
        world = self.golden()
        done = self.scrape(world, "--url", world.url + "/?job=*", "--out", "lp=a.lp", "--out", "json=a.json")
        self.assertEqual(done.out, "")
        self.assertEqual(len(json.loads(self.read("a.json"))["builds"]), len(golden.BUILDS))
        self.assertEqual(lineprotocol.mistakes(self.read("a.lp").encode()), [])

    def test_hundreds_of_builds_take_seconds(self):
        jobs = 100
        for n in range(1, jobs + 1):
            self.build(n, passed=n % 3 != 0)
        world = self.serve(self.root)
        done = self.prowl("scrape", *self.where(world), "--url", world.url + "/?job=*", timeout=60)
        self.assertEqual(done.out.count("ci_build,"), jobs)
        self.assertLess(len(world.requests), jobs * 9)  # small documents, and no more


class Small(Case):
    def test_large_logs_and_reports_are_left_alone(self):
        big = b"x\n" * 200000 + golden.COMPILE.encode()
        self.build(1, log=big, files={"artifacts/junit.xml": golden.JUNIT, "artifacts/e2e/x/build-log.txt": "y\n"})
        self.build(2, log=golden.COMPILE.encode())
        world = self.serve(self.root)
        rows = blocks(self.scrape(world, "--human", "--url", world.url + "/?job=*").out)
        causes = {r["id"]: r["cause"].split(":")[0] for r in rows}
        self.assertEqual(causes, {"1": "unknown", "2": "compile/c"})
        read = [r for r in world.requests if re.search(r"periodic-x(/|%2F)1(/|%2F).*(build-log|junit)", r) and "prefix=" not in r]
        self.assertEqual(read, [])


if __name__ == "__main__":
    prowltest.main()
