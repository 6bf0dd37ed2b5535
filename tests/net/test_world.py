#!/usr/bin/python3
"""Whole runs on the sample world: over HTTP, from a frozen list, from a mirror, from the cache. Always the same answer."""
import os
import shutil
import sys

import nettest
import sample
from world import World

def without_urls(value):
    """A part of a report, whichever way the files were come by."""
    if isinstance(value, dict):
        return {k: without_urls(v) for k, v in value.items() if k != "url"}
    return [without_urls(v) for v in value] if isinstance(value, list) else value


def answers(builds):
    """What a report says of each build."""
    return {sample.key(b["build"]): without_urls({k: v for k, v in b.items() if k != "build"}) for b in builds}


class WholeRuns(nettest.Case):
    def setUp(self):
        super().setUp()
        self.env["PROWL_NOW"] = sample.NOW

    def serve(self, folder=None):
        world = World(folder or sample.made())
        self.addCleanup(world.stop)
        return world.start()

    def read_deck(self, world, *args, **more):
        return self.report(world.url + "/?job=*", *self.at(world), *args, **more)

    def test_every_verdict_is_true(self):
        builds = self.read_deck(self.serve()).json()["builds"]
        self.assertEqual(sample.complaints(builds, sample.truth()), [])

    def test_a_failure_that_passed_on_the_same_code_is_a_flake(self):
        cases = {r["id"]: r["case"] for r in sample.truth()}
        flaky = {cases[b["build"]["id"]] for b in self.read_deck(self.serve()).json()["builds"]
                 if b["verdict"].get("flake") and b["verdict"]["outcome"] == "failed"}
        self.assertLessEqual({"rocket-flake-fail", "models-flake-fail", "oadp-e2e-flake-fail"}, flaky)
        # Other code failed, or the same code never passed.
        self.assertEqual(flaky & {"rocket-compile-error", "models-test-failure", "oadp-e2e-fail", "ledger-heap", "upgrade-stuck"}, set())

    def test_totals_add_up_to_what_was_served(self):
        world = self.serve()
        report = self.read_deck(world, "--cache-size", "0").json()
        totals, builds = report["totals"], report["builds"]
        served = len(world.jobs())
        self.assertEqual((served, totals["listed"], totals["reported"], len(builds)), (101, 101, 101, 101))
        self.assertEqual(sum(totals["outcomes"].values()), served)
        bad = [b for b in builds if b["verdict"]["outcome"] in ("failed", "aborted", "error")]
        self.assertEqual([totals["explained"], sum(totals["kinds"].values()), sum(totals["classes"].values())], [len(bad)] * 3)
        self.assertEqual((totals["unreadable"], totals["incomplete"]), (0, False))

    def test_threads_and_a_second_run_change_no_byte(self):
        world = self.serve()
        outputs = []
        for jobs in ("1", "8", "8"):
            out = [self.path(f"{jobs}.{name}") for name in ("text", "json", "md", "lp")]
            self.read_deck(world, "--cache-size", "0", "-j", jobs, *(x for path in out for x in ("--out", path.rpartition(".")[2] + "=" + path)))
            outputs.append([self.read(os.path.basename(path)) for path in out])
        self.assertTrue(all(outputs[0]))
        self.assertEqual(outputs[0], outputs[1])
        self.assertEqual(outputs[1], outputs[2])

    def test_a_second_run_asks_for_no_object_of_a_finished_build(self):
        world = self.serve()
        first = self.read_deck(world)
        world.requests.clear()
        second = self.read_deck(world)
        self.assertEqual(second.out, first.out)
        unfinished = {j["status"]["build_id"] for j in world.jobs() if j["status"]["state"] == "pending"}
        objects = [r for r in world.requests if "/prowjobs.js" not in r]
        self.assertEqual([r for r in objects if not any(i in r for i in unfinished)], [])
        self.assertNotEqual(objects, [], "the running build is asked for again")

    def test_a_frozen_list_gives_the_same_report(self):
        world = self.serve()
        live = self.read_deck(world, "--cache-size", "0", "--save-list", self.path("list.jsonl"))
        self.assertEqual(len(self.read("list.jsonl").splitlines()), 1 + 101)
        world.requests.clear()
        frozen = self.report("--list", self.path("list.jsonl"), *self.at(world), "--cache-size", "0")
        self.assertEqual(world.count("/prowjobs.js"), 0)
        self.assertEqual(frozen.out, live.out)

    def test_a_mirror_read_offline_gives_the_same_report(self):
        world = self.serve()
        live = self.read_deck(world, "--cache-size", "0")
        self.prowl("fetch", *self.QUICK, "--into", self.path("mirror"), world.url + "/?job=*", *self.at(world), "--cache-size", "0")
        world.requests.clear()
        mirrored = self.report(self.path("mirror"), "--offline", "--cache-size", "0", *self.at(world))
        self.assertEqual(world.requests, [])
        self.assertEqual(mirrored.out, live.out)

    def test_a_mirror_is_taken_up_where_it_was_left(self):
        world = self.serve()
        fetch = ("fetch", *self.QUICK, "--into", self.path("mirror"), world.url + "/?job=*", *self.at(world), "--cache-size", "0")
        self.prowl(*fetch)
        before = self.tree("mirror")
        world.requests.clear()
        self.prowl(*fetch)
        self.assertEqual(self.tree("mirror"), before)
        logs = [r for r in world.requests if "build-log.txt" in r]
        self.assertEqual(logs, [])

    def test_the_bucket_as_a_folder_gives_the_same_verdicts(self):
        live = answers(self.read_deck(self.serve(), "--cache-size", "0").json()["builds"])
        folder = answers(self.report(sample.mirror(self.path("copy"))).json()["builds"])
        for build in list(live.values()) + list(folder.values()):  # only the list tells of other builds on the same code
            for name in ("flake", "passed_id"):
                build["verdict"].pop(name, None)
        never_ran = [k for k in live if k not in folder]
        self.assertEqual(len(never_ran), 3)
        for name in folder:
            with self.subTest(name):
                for answer in (folder[name], live[name]):
                    answer["verdict"].pop("outcome_from", None)  # of a build that runs the list says so, or its documents
                self.assertEqual(folder[name], live[name])

    def test_what_the_store_refuses_is_named_and_counted(self):
        folder = self.path("broken")
        shutil.copytree(sample.made(), folder)
        truth = {r["case"]: r for r in sample.truth()}
        gone = truth["forge-pass"]["id"]
        for place, folders, files in os.walk(os.path.join(folder, sample.BUCKET)):
            if gone in place:
                for name in files:
                    os.remove(os.path.join(place, name))
        cut = os.path.join(folder, sample.BUCKET, "logs", "periodic-acme-forge-cargo", truth["forge-compile-error"]["id"])
        with open(os.path.join(cut, "finished.json"), "w", encoding="utf-8") as f:
            f.write('{"timestamp": 17724')
        report = self.read_deck(self.serve(folder)).json()
        builds = {b["build"].get("id"): b for b in report["builds"]}
        self.assertEqual(len(report["builds"]), 101)
        self.assertEqual(builds[gone]["verdict"]["outcome"], "passed", "the list still says so")
        self.assertEqual(builds[gone]["artifacts"], [])
        bad = builds[truth["forge-compile-error"]["id"]]
        self.assertEqual([p["where"] for p in bad["problems"]], ["finished.json"])
        self.assertEqual((bad["verdict"]["outcome"], bad["verdict"]["kind"]), ("failed", "compile"))

    def test_without_a_listing_the_likely_files_are_read_and_the_loss_is_named(self):
        world = self.serve()
        report = self.report(world.url + "/?job=*forge*", "--gcs-url", world.url, "--gcs-api-url", world.url + "/nowhere").json()
        cases = {r["id"]: r["case"] for r in sample.truth()}
        said = {cases[b["build"]["id"]]: b for b in report["builds"]}
        self.assertEqual(said["forge-compile-error"]["verdict"]["line"], 5)
        for case in ("forge-compile-error", "forge-test-failure", "forge-pass"):
            self.assertEqual([p["where"] for p in said[case]["problems"]], ["listing"], case)

    def tree(self, name):
        out = {}
        for folder, _, files in os.walk(self.path(name)):
            for file in files:
                path = os.path.join(folder, file)
                with open(path, "rb") as f:
                    out[os.path.relpath(path, self.path(name))] = f.read()
        return out


if __name__ == "__main__":
    nettest.main()
