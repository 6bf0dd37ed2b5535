#!/usr/bin/python3
"""prowl against a Deck with its bucket: every kind of source, every form of listing, and what bad lists get."""
import atexit
import gzip
import http.server
import json
import os
import shutil
import signal
import socketserver
import subprocess
import sys
import tempfile
import threading

sys.path[:0] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli"), os.path.dirname(os.path.abspath(__file__))]
import prowltest  # noqa: E402
from world import World  # noqa: E402

BROKEN = "cc -c a.c\na.c:7:5: error: 'x' undeclared (first use in this function)\nmake: *** [Makefile:3: a.o] Error 1\n"
FINE = "compiling\nall 12 tests passed\nBUILD SUCCESS\n"
JUNIT = '<testsuite name="s"><testcase name="adds" classname="m"><failure message="2 != 3"/></testcase></testsuite>'
START = 1709287200
BASE = 1763500000000000000
TEMP = tempfile.mkdtemp(prefix="prowl-net-")
atexit.register(shutil.rmtree, TEMP, ignore_errors=True)
RULES = os.path.join(TEMP, "rules")  # compiled once for all tests


def write(root, key, data):
    path = os.path.join(root, key)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode())


def add_build(root, key, passed=False, hour=0):
    write(root, key + "/started.json", json.dumps({"timestamp": START + hour * 3600}))
    write(root, key + "/finished.json", json.dumps({"timestamp": START + hour * 3600 + 60, "passed": passed,
                                                    "result": "SUCCESS" if passed else "FAILURE"}))
    write(root, key + "/build-log.txt", gzip.compress((FINE if passed else BROKEN).encode()))


def prowjob(name, job, kind, state, key, build_id, hour=0, bucket="bkt", **spec):
    status = {"startTime": f"2024-03-01T{10 + hour:02}:00:00Z", "state": state, "build_id": build_id}
    if key:
        status["url"] = f"https://deck.example/view/gs/{bucket}/{key}"
    if state not in ("pending", "triggered"):
        status["completionTime"] = f"2024-03-01T{10 + hour:02}:01:00Z"
    return {"metadata": {"name": name}, "spec": dict(spec, type=kind, job=job), "status": status}


def make_world(root):
    """Five builds of a periodic, presubmits of three layouts, a batch, a rehearsal, and one that never ran."""
    bucket, jobs = os.path.join(root, "bkt"), []
    rocket = {"org": "acme", "repo": "rocket", "base_ref": "main", "pulls": [{"number": 7, "author": "zoe", "sha": "aa"}]}
    for i in range(5):
        key = f"logs/periodic-a/{BASE + i}"
        add_build(bucket, key, passed=i == 2, hour=i)
        jobs.append(prowjob(f"u-{i}", "periodic-a", "periodic", "success" if i == 2 else "failure", key, str(BASE + i), i,
                            extra_refs=[{"org": "acme", "repo": "rocket"}]))
    write(bucket, "logs/periodic-a/latest-build.txt", str(BASE + 4))
    write(bucket, "logs/periodic-ab/5/finished.json", '{"passed":true}')  # its name begins like the other's
    for build_id in ("20", "21"):
        key = f"pr-logs/pull/acme_rocket/7/pull-x/{build_id}"
        add_build(bucket, key)
        write(bucket, f"pr-logs/directory/pull-x/{build_id}.txt", f"gs://bkt/{key}")
    write(bucket, "pr-logs/directory/pull-x/latest-build.txt", "21\n")
    add_build(bucket, "pr-logs/pull/acme_rocket/7/pull-y/25", passed=True)
    add_build(bucket, "pr-logs/pull/8/pull-d/30")
    add_build(bucket, "pr-logs/pull/batch/pull-x/22")
    add_build(bucket, "pr-logs/pull/openshift_release/9/rehearse-9-x/40")
    jobs += [prowjob("u-20", "pull-x", "presubmit", "failure", "pr-logs/pull/acme_rocket/7/pull-x/20", "20", 6, refs=rocket),
             prowjob("u-never", "pull-z", "presubmit", "error", "", "", 7, refs=rocket, cluster="b9"),
             prowjob("u-d", "pull-d", "presubmit", "pending", "pr-logs/pull/8/pull-d/30", "30", 8, bucket="old",
                     refs={"org": "acme", "repo": "other", "pulls": [{"number": 8, "author": "ann", "sha": "bb"}]})]
    write(bucket, f"logs/periodic-a/{BASE}/artifacts/junit.xml", JUNIT)
    write(bucket, f"logs/periodic-a/{BASE}/artifacts/odd/a#b c?%41.log", BROKEN)
    for i in range(7):
        write(bucket, f"logs/periodic-a/{BASE}/artifacts/many/{i}.bin", "x")
    write(root, "prowjobs.json", json.dumps(jobs))


def setUpModule():
    make_world(os.path.join(TEMP, "world"))


class Case(prowltest.Case):
    def world(self, folder="world", **options):
        w = World(os.path.join(TEMP, folder) if folder == "world" else folder, **options)
        self.addCleanup(w.stop)
        return w.start()

    def run_report(self, w, *args, **more):
        url = w.url if isinstance(w, World) else w
        return self.prowl("report", "--no-config", "--cache", RULES if "fresh" not in more else self.path("cache"),
                          "--format", "ndjson", "--gcs-url", url, "--gcs-api-url", url + "/storage/v1", "--s3-url", url,
                          "--gcsweb-url", url + "/gcs", "--spyglass-url", url + "/view", "--tries", "1", "--bucket-alias", "old=bkt",
                          *args, **{k: v for k, v in more.items() if k != "fresh"})

    def ids(self, w, *args, **more):
        return [r["build"].get("id", r["build"]["job"]) for r in self.run_report(w, *args, **more).rows()[:-1]]


PERIODICS = [str(BASE + i) for i in (4, 3, 2, 1, 0)]


class Deck(Case):
    def test_the_page_shows_what_its_filter_lets_through(self):
        w = self.world()
        for query, shown in (("", ["30", "pull-z", "20"] + PERIODICS), ("job=periodic-*", PERIODICS),
                             ("job=*x", ["20"]), ("type=presubmit&state=error", ["pull-z"]), ("author=ann", ["30"]),
                             ("repo=acme%2Frocket", ["pull-z", "20"] + PERIODICS), ("pull=7&cluster=b9", ["pull-z"]),
                             ("state=scheduling&job=pull-d", ["30"]), ("job=Periodic*", [])):
            self.assertEqual(self.ids(w, f"{w.url}/?{query}"), shown, query)

    def test_what_the_page_ignores_is_told_and_strict_obeys_it(self):
        w = self.world()
        done = self.run_report(w, w.url + "/?state=scheduling&job=*x")
        self.assertEqual(done.err, "prowl: Deck's page ignores state=scheduling: no build has such a value (with --strict "
                                   "nothing matches)\n")
        self.assertEqual(self.run_report(w, w.url + "/?state=scheduling&job=*x", "--strict").err,
                         "prowl: no build of the job list matches\n")

    def test_the_server_narrows_the_list_and_is_asked_again_when_that_cannot_tell(self):
        w = self.world()
        self.assertEqual(self.ids(w, w.url + "/?repo=acme/other"), ["30"])
        self.assertEqual((w.count("/prowjobs.js"), w.count("org=acme&repo=other")), (1, 1))
        # failure is a state of other repositories' builds alone: the page offers it, and shows nothing
        self.assertEqual(self.ids(w, w.url + "/?repo=acme/other&state=failure"), [])
        self.assertEqual((w.count("/prowjobs.js"), w.count("org=acme&repo=other")), (3, 2))
        self.assertEqual(self.ids(w, w.url + "/?repo=acme/other&state=failure", "--strict"), [])
        self.assertEqual(w.count("/prowjobs.js"), 4)

    def test_an_old_deck_that_does_not_narrow_is_filtered_all_the_same(self):
        w = self.world(old_deck=True)
        self.assertEqual(self.ids(w, w.url + "/?repo=acme/other"), ["30"])

    def test_labels_and_pod_specs_are_left_out(self):
        w = self.world()
        self.ids(w, w.url + "/?job=*x")
        self.assertEqual(w.count("/prowjobs.js?omit=annotations,labels,decoration_config,pod_spec"), 1)

    def test_links_lead_to_the_deck_that_was_read_and_old_buckets_to_new(self):
        w = self.world()
        build = self.run_report(w, w.url + "/?job=pull-d").rows()[0]["build"]
        self.assertEqual(build["url"], w.url + "/view/gs/old/pr-logs/pull/8/pull-d/30")
        self.assertEqual(build["bucket"], "bkt")

    def test_the_older_list_is_read_too(self):
        w = self.world()
        self.assertEqual(self.ids(w, w.url + "/data.js"), ["30", "pull-z", "20"] + PERIODICS)
        self.assertEqual(self.ids(w, w.url + "/data.js", "--job", "pull-*", "--result", "failed"), ["20"])

    def test_a_build_that_never_ran_is_reported(self):
        w = self.world()
        row = self.run_report(w, w.url + "/?job=pull-z").rows()[0]
        self.assertEqual((row["build"]["job"], row["verdict"]["outcome"]), ("pull-z", "error"))


class History(Case):
    def test_all_pages_are_followed(self):
        w = self.world(history_page=2)
        self.assertEqual(self.ids(w, w.url + "/job-history/gs/bkt/logs/periodic-a"), PERIODICS)
        self.assertEqual(w.count("/job-history/"), 3)

    def test_no_more_pages_are_read_than_the_cut_needs(self):
        for cut, shown, pages in ((("--last", "2"), PERIODICS[:2], 1), (("--limit", "3"), PERIODICS[:3], 2),
                                  (("--since", "2024-03-01T12:30:00Z"), PERIODICS[:2], 2),
                                  (("--last", "1", "--result", "passed"), PERIODICS[2:3], 2)):
            w = self.world(history_page=2)
            self.assertEqual(self.ids(w, w.url + "/job-history/gs/bkt/logs/periodic-a", *cut), shown, cut)
            self.assertEqual(w.count("/job-history/"), pages, cut)

    def test_it_may_begin_anywhere(self):
        w = self.world()
        self.assertEqual(self.ids(w, f"{w.url}/job-history/gs/bkt/logs/periodic-a?buildId={BASE + 1}"), PERIODICS[3:])

    def test_presubmits_have_their_pull_request(self):
        for old in (False, True):  # older decks say nothing of refs: the path does
            w = self.world(old_deck=old)
            row = self.run_report(w, w.url + "/job-history/bkt/pr-logs/directory/pull-x").rows()[0]["build"]
            self.assertEqual((row["id"], row["type"], row["refs"]["pulls"][0]["number"]), ("21", "presubmit", 7))

    def broken(self, *dead):
        """Ten pull-x builds, where the pointers of some lead nowhere."""
        root = self.path("broken")
        for i in range(10, 20):
            key = f"pr-logs/pull/acme_rocket/7/pull-x/{i}"
            add_build(os.path.join(root, "bkt"), key)
            write(root, f"bkt/pr-logs/directory/pull-x/{i}.txt", f"gs://bkt/{key}")
        for i in dead:
            os.remove(os.path.join(root, f"bkt/pr-logs/directory/pull-x/{i}.txt"))
            write(root, f"bkt/pr-logs/directory/pull-x/{i}.txt", "   ")
        write(root, "bkt/pr-logs/directory/pull-x/latest-build.txt", "19")
        return root

    def test_the_first_row_that_deck_writes_over_is_found_again(self):
        for dead, pages in ((17, 10), (13, 5)):  # on the first page, and on a later one
            w = self.world(self.broken(dead), history_page=pages)
            done = self.run_report(w, w.url + "/job-history/gs/bkt/pr-logs/directory/pull-x", status=3)
            found = [r["build"]["id"] for r in done.rows()[:-1]]
            self.assertEqual(sorted(found, reverse=True), [str(i) for i in range(19, 9, -1) if i != dead])
            self.assertIn("builds missing from job history, whose pointers Deck cannot resolve: 1", done.err)
            shutil.rmtree(self.path("broken"))

    def test_what_deck_says_went_wrong_is_told(self):
        w = self.world()
        done = self.run_report(w, w.url + "/job-history/gs/none/logs/j", status=75)
        self.assertIn("/job-history/gs/none/logs/j", done.err)
        self.assertIn("500", done.err)


class OneBuild(Case):
    def test_each_way_to_name_a_build_gives_it(self):
        w = self.world()
        one = str(BASE)
        path = f"bkt/logs/periodic-a/{one}"
        for source in (f"{w.url}/view/gs/{path}", f"{w.url}/view/gs/{path}/", f"{w.url}/view/gcs/old/logs/periodic-a/{one}?a=b#c",
                       f"{w.url}/view/gs/{path}/artifacts/junit.xml", f"{w.url}/prowjob?prowjob=u-0",
                       f"{w.url}/view/prowjob/periodic-a/{one}", f"{w.url}/gcs/{path}/", f"{w.url}/gcs/{path}/build-log.txt",
                       f"gs://{path}", f"gs://{path}/", f"gs://{path}/finished.json", f"s3://{path}", f"{w.url}/{path}/",
                       f"{w.url}/storage/v1/b/bkt/o/logs%2Fperiodic-a%2F{one}%2Fbuild-log.txt?alt=media",
                       f"https://forward.example/?u={w.url.replace('/', '%2F')}%2Fview%2Fgs%2Fbkt%2Flogs%2Fperiodic-a%2F{one}"):
            row = self.run_report(w, source).rows()[0]
            self.assertIn("kind", row["verdict"], (source, row))
            self.assertEqual((row["build"]["id"], row["build"]["job"], row["verdict"]["kind"], row["verdict"]["line"]),
                             (one, "periodic-a", "compile", 2), source)
            self.assertEqual(row["build"]["key"], f"logs/periodic-a/{one}", source)

    def test_a_pointer_leads_to_its_build(self):
        w = self.world()
        for source in ("gs://bkt/pr-logs/directory/pull-x/20.txt", w.url + "/view/gs/bkt/pr-logs/directory/pull-x/20"):
            build = self.run_report(w, source).rows()[0]["build"]
            self.assertEqual((build["id"], build["key"]), ("20", "pr-logs/pull/acme_rocket/7/pull-x/20"))
        done = self.run_report(w, "gs://bkt/pr-logs/directory/pull-x/99.txt", status=3)
        self.assertIn("HTTP status 404", done.err)

    def test_a_prowjob_that_was_collected_is_told(self):
        w = self.world()
        done = self.run_report(w, w.url + "/prowjob?prowjob=gone", status=3)
        self.assertEqual(done.err.count("\n"), 1)
        self.assertIn("/prowjob: HTTP status 404", done.err)

    def test_layouts_and_path_strategies_tell_what_a_build_is(self):
        w = self.world()
        for key, kind, org, repo, pull in (("pr-logs/pull/acme_rocket/7/pull-x/20", "presubmit", "acme", "rocket", 7),
                                           ("pr-logs/pull/8/pull-d/30", "presubmit", None, None, 8),
                                           ("pr-logs/pull/batch/pull-x/22", "batch", None, None, None),
                                           ("pr-logs/pull/openshift_release/9/rehearse-9-x/40", "presubmit", "openshift", "release", 9),
                                           (f"logs/periodic-a/{BASE}", "periodic", None, None, None)):
            row = self.run_report(w, "gs://bkt/" + key).rows()[0]
            refs = row["build"].get("refs", {})
            self.assertEqual((row["build"]["type"], refs.get("org"), refs.get("repo"), (refs.get("pulls") or [{}])[0].get("number")),
                             (kind, org, repo, pull), key)
            self.assertEqual(row["verdict"]["kind"], "compile", key)


class Listings(Case):
    """Every form of a listing, cut into small pages: the same builds and the same files."""

    FORMS = {"json": ({"page_size": 2}, ()), "json, one page": ({}, ()),
             "xml": ({"page_size": 2}, ("--gcs-api-url", "")),
             "xml, first version": ({"page_size": 2, "xml_v1": True}, ("--gcs-api-url", "")),
             "gcsweb": ({}, ("--gcsweb",)), "gcsweb, paged": ({"gcsweb_page": 2}, ("--gcsweb",))}

    def test_a_jobs_folder_gives_its_builds_from_new_to_old(self):
        for name, (options, flags) in self.FORMS.items():
            w = self.world(**options)
            self.assertEqual(self.ids(w, "gs://bkt/logs/periodic-a", *flags), PERIODICS, name)
            self.assertEqual(self.ids(w, "gs://old/logs/periodic-a/", "--last", "2", *flags), PERIODICS[:2], name)

    def test_s3_is_listed_by_xml(self):
        for options in ({"page_size": 2}, {"page_size": 2, "xml_v1": True}):
            w = self.world(**options)
            rows = self.run_report(w, "s3://bkt/logs/periodic-a").rows()
            self.assertEqual([r["build"]["id"] for r in rows[:-1]], PERIODICS)
            self.assertEqual({r["build"]["store"] for r in rows[:-1]}, {"s3"})
            self.assertEqual(w.count("/storage/v1"), 0)

    def test_a_builds_files_are_found(self):
        for name, (options, flags) in self.FORMS.items():
            w = self.world(**options)
            row = self.run_report(w, f"gs://bkt/logs/periodic-a/{BASE}", "--artifacts", "artifacts/odd/*", *flags).rows()[0]
            read = {a["path"] for a in row["artifacts"] if a["state"] == "read"}
            self.assertEqual(read, {"started.json", "finished.json", "build-log.txt", "artifacts/junit.xml",
                                    "artifacts/odd/a#b c?%41.log"}, name)
            self.assertEqual(row.get("problems", []), [], name)

    def test_pointers_are_taken_from_the_listing_or_read(self):
        for name, (options, flags) in dict(self.FORMS, bare=({"pointers": False}, ())).items():
            w = self.world(**options)
            self.assertEqual(self.ids(w, "gs://bkt/pr-logs/directory/pull-x", *flags), ["21", "20"], name)
            self.assertEqual(w.count("/pr-logs/directory/pull-x/2"), 0 if name.startswith("json") else 2, name)

    def test_a_build_of_more_folders_than_are_walked_says_so(self):
        for n in range(520):
            self.write(f"deep/bkt/logs/j/7/artifacts/d{n:03}/x.txt", "x")
        self.write("deep/bkt/logs/j/7/build-log.txt", "x\n")
        self.write("deep/prowjobs.json", "[]")
        row = self.run_report(self.world(self.path("deep")), "gs://bkt/logs/j/7", "--gcsweb").rows()[0]
        self.assertEqual([(p["where"], p["text"]) for p in row["problems"]], [("listing", "more than 500 pages")])
        self.assertIn("build-log.txt", {a["path"] for a in row["artifacts"] if a["state"] == "read"})

    def test_no_more_pointers_are_read_than_the_cut_needs(self):
        w = self.world(pointers=False)
        self.assertEqual(self.ids(w, "gs://bkt/pr-logs/directory/pull-x", "--last", "1"), ["21"])
        self.assertEqual(w.count("/pr-logs/directory/pull-x/2"), 1)

    def test_pointers_that_lead_nowhere_are_counted(self):
        root = self.path("w")
        add_build(root + "/bkt", "pr-logs/pull/o_r/7/j/1")
        for i, text in ((1, "gs://bkt/pr-logs/pull/o_r/7/j/1"), (2, "nonsense"), (3, "gs://bkt/elsewhere")):
            write(root, f"bkt/pr-logs/directory/j/{i}.txt", text)
        w = self.world(root, pointers=False)
        done = self.run_report(w, "gs://bkt/pr-logs/directory/j", status=3)
        self.assertEqual([r["build"]["id"] for r in done.rows()[:-1]], ["1"])
        self.assertIn("pointers below pr-logs/directory/j/ that lead nowhere: 2", done.err)

    def test_a_pull_request_gives_the_builds_of_all_its_jobs(self):
        for name, (options, flags) in self.FORMS.items():
            w = self.world(**options)
            self.assertEqual(self.ids(w, "gs://bkt/pr-logs/pull/acme_rocket/7", *flags), ["21", "20", "25"], name)
            self.assertEqual(self.ids(w, "gs://bkt/pr-logs/pull/8/", *flags), ["30"], name)

    def test_a_bucket_that_is_not_there_and_a_folder_that_is_empty_are_told(self):
        for flags, words in (((), "404"), (("--gcs-api-url", ""), "404")):
            w = self.world()
            done = self.run_report(w, "gs://none/logs/j", *flags, status=3)
            self.assertIn("gs://none/logs/j", done.err.replace(w.url + "/storage/v1/b/none/o", "gs://none/logs/j").replace(w.url + "/none", "gs://none/logs/j"))
            self.assertIn(words, done.err)
            self.assertEqual(self.run_report(w, "gs://bkt/logs/none", *flags, status=3).err,
                             "prowl: read the list of builds: gs://bkt/logs/none: no build and no log is there\n")

    def test_several_sources_make_one_list(self):
        w = self.world()
        done = self.run_report(w, w.url + "/?job=periodic-a", f"gs://old/logs/periodic-a/{BASE}", "gs://bkt/logs/none",
                               "gs://bkt/pr-logs/pull/8/pull-d", status=3)
        self.assertEqual([r["build"]["id"] for r in done.rows()[:-1]], PERIODICS + ["30"])
        self.assertIn("builds listed more than once, and read once: 1", done.err)
        self.assertIn("the list of builds is not whole: gs://bkt/logs/none: no build and no log is there", done.err)


class Canned(http.server.BaseHTTPRequestHandler):
    """Answers what the test put there for the path, and 404 for the rest."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16

    def log_message(self, *_):
        pass

    def do_GET(self):
        status, body, missing = self.server.answers.get(self.path.partition("?")[0], (404, b"", 0))
        if status == "stall":
            self.server.stalled.set()
            self.server.released.wait(60)
            return
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) + missing))
        if missing:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        self.wfile.write(body)


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_):
        pass


class BadInput(Case):
    def serve(self, **answers):
        """answers: /prowjobs.js=… by its name with '_' for '.', as a body or (status, body, bytes missing)."""
        server = Server(("127.0.0.1", 0), Canned)
        server.answers = {}
        server.stalled, server.released = threading.Event(), threading.Event()
        for name, answer in answers.items():
            server.answers["/" + name.replace("__", "/").replace("_", ".")] = \
                answer if isinstance(answer, tuple) else (200, answer.encode(), 0)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()

        def stop():
            server.released.set()
            server.shutdown()
            thread.join()
            server.server_close()

        self.addCleanup(stop)
        self.server = server
        return f"http://127.0.0.1:{server.server_address[1]}"

    @staticmethod
    def items(*jobs):
        return '{"items":[' + ",".join(json.dumps({"metadata": {"name": "u-" + j}, "spec": {"job": j, "type": "periodic"},
                                                    "status": {"state": "failure"}}) for j in jobs)

    def test_what_is_no_list_ends_the_run_with_its_reason(self):
        for body, words in (("<!doctype html><html>Log in</html>", "an HTML page in place of the job list: a login page, or not a Deck"),
                            ("{}", 'a JSON object without "items": Deck failed to make the list'),
                            ('{"items":null}', 'the job list says "items": null: Deck failed to make it'),
                            ("", "the answer is empty, not a job list"),
                            ("no healthy upstream", 'no job list: it begins with "no healthy upstream"')):
            url = self.serve(prowjobs_js=body)
            done = self.run_report(url, url + "/?job=*", status=3)
            self.assertEqual(done.out, "")
            self.assertEqual(done.err.count("\n"), 1, done.err)
            self.assertIn(f"prowl: read the list of builds: {url}/", done.err)
            self.assertIn(words, done.err)

    def test_a_list_that_breaks_off_keeps_its_builds(self):
        whole = self.items("ja", "jb", "jc").encode()
        for answer in ((200, whole[:-9], 0), (200, whole[:-9], 500), (200, gzip.compress(whole)[:-9], 0)):
            url = self.serve(prowjobs_js=answer)
            done = self.run_report(url, url + "/", status=3)
            rows = done.rows()
            self.assertEqual([r["build"]["job"] for r in rows[:-1]][:2], ["ja", "jb"])
            self.assertIn("the job list breaks off; items read: ", done.err)
            self.assertIn("the job list breaks off", rows[-1]["totals"]["list_problem"])

    def test_a_list_that_breaks_off_before_its_first_build_is_none(self):
        url = self.serve(prowjobs_js='{"items":[{"met')
        self.assertIn("the job list breaks off before its first build", self.run_report(url, url + "/", status=75).err)

    def test_items_that_cannot_be_read_are_counted(self):
        url = self.serve(prowjobs_js=self.items("ja") + ',null,{"spec":{}},7]}')
        done = self.run_report(url, url + "/", status=3)
        self.assertEqual([r["build"]["job"] for r in done.rows()[:-1]], ["ja"])
        self.assertIn("items of the job list that cannot be read: 3, first item 2: a ProwJob must be an object", done.err)

    def test_duplicates_are_told_and_builds_without_a_link_kept(self):
        url = self.serve(prowjobs_js=self.items("ja", "jb", "ja", "ja") + "]}")
        done = self.run_report(url, url + "/")
        self.assertEqual([r["build"]["job"] for r in done.rows()[:-1]], ["ja", "jb"])
        self.assertEqual(done.err, "prowl: builds listed more than once, and read once: 2\n")

    def test_a_link_tells_the_id_that_the_list_leaves_out(self):
        job = {"spec": {"job": "j"}, "status": {"state": "success", "url": "https://d/view/gs/b/logs/j/17"}}
        url = self.serve(prowjobs_js=json.dumps({"items": [job]}))
        self.assertEqual(self.run_report(url, url + "/").rows()[0]["build"]["id"], "17")

    def test_links_that_lead_out_of_their_bucket_are_no_places(self):
        jobs = [{"spec": {"job": f"j{i}"}, "status": {"state": "failure", "build_id": str(i), "url": "https://d/view/" + u}}
                for i, u in enumerate(("gs/b/../../x/1", "s3/u@evil.example/logs/j/2", "gs/../logs/j/3"))]
        url = self.serve(prowjobs_js=json.dumps({"items": jobs}))
        done = self.prowl("fetch", "--no-config", "--cache", RULES, "--gcs-url", url, "--s3-url", url, "--into", "m", url + "/",
                          status=3)
        self.assertIn("builds without a valid place in a bucket: 3", done.err)
        self.assertEqual(os.listdir(self.path("m")), ["prowl-index.jsonl"])

    def test_a_login_page_in_place_of_other_pages_is_told(self):
        page = "<!doctype html><html><ul><li>Log in</li></ul></html>"
        url = self.serve(**{"job-history__gs__b__logs__j": page, "prowjob": page, "b": page, "storage__v1__b__b__o": page})
        for source, flags, words in ((url + "/job-history/gs/b/logs/j", (), "an HTML page that is no job history"),
                                     (url + "/prowjob?prowjob=u", (), "an HTML page in place of a ProwJob"),
                                     ("gs://b/logs/j", (), "an HTML page that is no listing: a login page?"),
                                     ("gs://b/logs/j", ("--gcs-api-url", ""), "an HTML page that is no listing: a login page?")):
            done = self.run_report(url, source, *flags, status=3)
            self.assertIn(words, done.err)
            self.assertEqual(done.err.count("\n"), 1)

    def test_a_page_of_history_that_breaks_off_keeps_its_rows(self):
        row = '{"SpyglassLink":"/view/gs/b/logs/j/%d","ID":"%d","Result":"FAILURE"}'
        url = self.serve(**{"job-history__gs__b__logs__j": f"<html>var allBuilds = [{row % (2, 2)},{row % (1, 1)},{{\"SpyglassL"})
        done = self.run_report(url, url + "/job-history/gs/b/logs/j", status=3)
        self.assertEqual([r["build"]["id"] for r in done.rows()[:-1]], ["2", "1"])
        self.assertIn("a page of job history breaks off; rows read: 2", done.err)

    def test_a_listing_that_goes_round_in_circles_ends(self):
        url = self.serve(storage__v1__b__b__o='{"prefixes":["logs/j/7/","elsewhere/8/"],"nextPageToken":"again"}')
        done = self.run_report(url, "gs://b/logs/j", status=3)
        self.assertEqual([r["build"]["id"] for r in done.rows()[:-1]], ["7"])
        self.assertIn("the listing of logs/j/ goes round in circles", done.err)
        self.assertIn({"where": "listing", "text": "the listing goes round in circles", "fatal": False}, done.rows()[0]["problems"])

    def test_a_signal_ends_the_gathering_at_once(self):
        url = self.serve(prowjobs_js=("stall", b"", 0))
        child = subprocess.Popen([prowltest.PROWL, "report", "--no-config", "--cache", RULES, "--format", "ndjson", url + "/"],
                                 env=self.env, cwd=self.dir, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertTrue(self.server.stalled.wait(30))
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=30)
        self.assertEqual(child.returncode, 130, err)
        self.assertTrue(json.loads(out.splitlines()[-1])["totals"]["incomplete"])


if __name__ == "__main__":
    prowltest.main()
