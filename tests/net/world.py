#!/usr/bin/python3
"""world.py DIR PORT [options] - serve a folder as a Deck with its bucket, the way the real ones answer.

DIR/prowjobs.json is the list of ProwJobs, DIR/<bucket>/<key> are the objects. README.md beside this file has
the whole interface. As a module: `with World(dir) as w: … w.url …`. Only Python's own library is used.
"""
import argparse
import base64
import bisect
import calendar
import email.utils
import gzip
import hashlib
import html
import http.server
import json
import os
import re
import socketserver
import threading
import time
import urllib.parse
import zlib

EPOCH = "0001-01-01T00:00:00Z"
# Not buckets: the first part of a path that belongs to Deck, the JSON API or gcsweb.
RESERVED = {"prowjobs.js", "data.js", "prowjob", "log", "job-history", "pr-history", "view", "config", "storage", "gcs",
            "s3", "static", "icons", "favicon.ico"}
TYPES = {".json": "application/json", ".xml": "text/xml; charset=utf-8", ".txt": "text/plain; charset=utf-8",
         ".log": "text/plain; charset=utf-8", ".html": "text/html; charset=utf-8", ".yaml": "text/plain; charset=utf-8"}


def rfc3339(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def go_json(value):
    """Compact, with the characters escaped that Go's encoder escapes."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    for char in "<>&\u2028\u2029":
        text = text.replace(char, "\\u%04x" % ord(char))
    return text


# ---- YAML, as far as a ProwJob needs it ----

PLAIN = re.compile(r"^[A-Za-z_/][A-Za-z0-9_./@+=,()*-]*( [A-Za-z0-9_./@+=,()*-]+)*$")
WORDS = {"true", "false", "yes", "no", "on", "off", "null", "y", "n", "~", ""}


def scalar(value):
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return json.dumps(value)
    if PLAIN.match(value) and value.lower() not in WORDS:
        return value
    return json.dumps(value, ensure_ascii=False)


def yaml(value, indent=0):
    pad, out = "  " * indent, []
    if isinstance(value, dict):
        for key in sorted(value):
            item = value[key]
            if isinstance(item, (dict, list)) and item:
                out.append(f"{pad}{scalar(key)}:\n")
                out.append(yaml(item, indent if isinstance(item, list) else indent + 1))
            elif isinstance(item, str) and "\n" in item.strip("\n") and not item.startswith((" ", "\n")) and "\t" not in item:
                lines = item.rstrip("\n").split("\n")
                mark = "|-" if not item.endswith("\n") else "|" if not item.endswith("\n\n") else "|+"
                lines += [""] * (len(item) - len(item.rstrip("\n")) - 1)
                out.append(f"{pad}{scalar(key)}: {mark}\n" + "".join(f"{pad}  {x}\n" if x else "\n" for x in lines))
            else:
                empty = "{}" if item == {} else "[]" if item == [] else None
                out.append(f"{pad}{scalar(key)}: {empty or scalar(item)}\n")
    else:
        for item in value:
            if isinstance(item, (dict, list)) and item:
                text = yaml(item, indent + 1)
                out.append(f"{pad}- {text[len(pad) + 2:]}")
            else:
                out.append(f"{pad}- {'{}' if item == {} else '[]' if item == [] else scalar(item)}\n")
    return "".join(out)


# ---- objects ----

class Store:
    """The buckets: one folder each. Names are listed bytewise, as object stores do."""

    def __init__(self, root):
        self.root = root

    def is_bucket(self, name):
        return bool(name) and "/" not in name and name not in (".", "..") and os.path.isdir(os.path.join(self.root, name))

    def path(self, bucket, key):
        """The file of an object, None when there is none."""
        if not self.is_bucket(bucket) or not key or any(p in ("", ".", "..") for p in key.split("/")) or "\0" in key:
            return None
        path = os.path.join(self.root, bucket, key)
        return path if os.path.isfile(path) else None

    def read(self, bucket, key):
        path = self.path(bucket, key)
        if path is None:
            return None
        with open(path, "rb") as f:
            return f.read()

    def text(self, bucket, key):
        data = self.read(bucket, key)
        if data is None:
            return None
        return (plain(data) if data[:2] == b"\x1f\x8b" else data).decode("utf-8", "replace")

    def document(self, bucket, key):
        try:
            value = json.loads(self.text(bucket, key) or "")
        except ValueError:
            return None
        return value if isinstance(value, dict) else None

    def _below(self, bucket, folder, prefix):
        for parent, folders, files in os.walk(os.path.join(self.root, bucket, folder)):
            folders.sort()
            for name in files:
                key = os.path.relpath(os.path.join(parent, name), os.path.join(self.root, bucket))
                if key.startswith(prefix):
                    yield key

    def list(self, bucket, prefix, delimiter):
        """(keys, prefixes) in order; delimiter is "" or "/"."""
        folder = prefix.rpartition("/")[0]
        top = os.path.join(self.root, bucket, folder)
        if ".." in folder.split("/") or not os.path.isdir(top):
            return [], []
        if not delimiter:
            return sorted(self._below(bucket, folder, prefix), key=str.encode), []
        keys, prefixes = [], []
        start = folder + "/" if folder else ""
        for entry in os.scandir(top):
            name = start + entry.name
            if name.startswith(prefix):
                (prefixes if entry.is_dir() else keys).append(name + "/" * entry.is_dir())
        return sorted(keys, key=str.encode), sorted(prefixes, key=str.encode)


def plain(data):
    """All gzip members; what comes before an error."""
    out = b""
    while data[:2] == b"\x1f\x8b":
        z = zlib.decompressobj(31)
        try:
            out += z.decompress(data) + z.flush()
        except zlib.error:
            break
        data = z.unused_data
    return out


def page_of(names, token, size):
    """One page of sorted names behind the token's name; the next token, "" at the end."""
    try:
        after = base64.urlsafe_b64decode(token.encode()).decode() if token else ""
    except ValueError:
        after = ""
    start = bisect.bisect_right([n.encode() for n in names], after.encode()) if after else 0
    page = names[start:start + size]
    more = start + size < len(names)
    return page, base64.urlsafe_b64encode(page[-1].encode()).decode() if more and page else ""


# ---- the server ----

class World:
    """A Deck, its storage and a gcsweb on one port of 127.0.0.1.

    page_size      entries a page of a listing, whatever is asked for
    history_page   rows a page of job history
    old_deck       /prowjobs.js ignores org= and repo=, rows of job history lack Refs, no ';' behind them
    pointers       the JSON listing carries the metadata of pointer files
    xml_v1         the XML listing knows no list-type=2: Marker and NextMarker
    gcsweb_page    rows a page of gcsweb, 0: all, as at HEAD
    aliases        {old bucket: bucket}, as Deck and gcsweb have them; storage itself has none
    """

    def __init__(self, folder, port=0, page_size=1000, history_page=20, old_deck=False, pointers=True, xml_v1=False,
                 gcsweb_page=0, aliases=None):
        self.folder, self.page_size, self.history_page = folder, page_size, history_page
        self.old_deck, self.pointers, self.xml_v1, self.gcsweb_page = old_deck, pointers, xml_v1, gcsweb_page
        self.aliases = aliases or {}
        self.store = Store(folder)
        self.requests = []  # "GET /path?query", in order of arrival
        self._cache, self._stamp, self._lock = {}, None, threading.Lock()
        self.server = Server(("127.0.0.1", port), Handler)
        self.server.world = self
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.thread = None

    def start(self):
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()
        return self

    def stop(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    __enter__ = start

    def __exit__(self, *_):
        self.stop()

    def count(self, part):
        """How many requests held this text."""
        return sum(part in r for r in list(self.requests))

    # ---- Deck's data ----

    def jobs(self):
        """The ProwJobs in Deck's order: newest first, ties by name."""
        path = os.path.join(self.folder, "prowjobs.json")
        with self._lock:
            stamp = os.stat(path).st_mtime_ns if os.path.exists(path) else 0
            if stamp != self._stamp:
                with open(path, encoding="utf-8") if stamp else open(os.devnull) as f:
                    jobs = json.load(f) if stamp else []
                jobs = jobs["items"] if isinstance(jobs, dict) else jobs
                jobs.sort(key=lambda j: j["spec"].get("job", ""))
                jobs.sort(key=lambda j: j.get("status", {}).get("startTime") or "", reverse=True)
                self._cache, self._stamp = {"jobs": jobs}, stamp
            return self._cache["jobs"]

    def job_list(self, omit, org, repo):
        jobs = self.jobs()
        key = (omit, org, repo)
        if key not in self._cache:
            self._cache[key] = go_json({"items": [trimmed(j, omit.split(",")) for j in jobs if belongs(j, org, repo)]})
        return self._cache[key]

    def job_named(self, name):
        return next((j for j in self.jobs() if j.get("metadata", {}).get("name") == name), None)

    def job_of(self, job, build_id):
        return next((j for j in self.jobs() if j["spec"].get("job") == job and
                     j.get("status", {}).get("build_id") == build_id), None)

    # ---- job history ----

    def build_ids(self, bucket, root):
        keys, prefixes = self.store.list(bucket, root + "/", "/")
        if root.startswith("logs"):
            names = [p[:-1].rpartition("/")[2] for p in prefixes]
        else:
            names = [k.rpartition("/")[2][:-4] for k in keys if k.endswith(".txt")]
        return sorted((int(n) for n in names if n.isascii() and n.isdigit() and int(n) < 1 << 64), reverse=True)

    def build_key(self, bucket, root, build_id):
        if root.startswith("logs"):
            return f"{root}/{build_id}"
        text = self.store.text(bucket, f"{root}/{build_id}.txt")
        return None if text is None else urllib.parse.urlsplit(text.strip()).path.strip("/")

    def history_row(self, provider, bucket, root, build_id):
        """A row, or None when the pointer leads nowhere."""
        key = self.build_key(bucket, root, build_id)
        if not key:
            return None
        row = {"SpyglassLink": f"/view/{provider}/{bucket}/{key}", "ID": str(build_id), "Started": EPOCH, "Duration": 0,
               "Result": "Unknown", "Refs": None}
        started = self.store.document(bucket, key + "/started.json")
        if started is not None:
            finished = self.store.document(bucket, key + "/finished.json")
            begin = int(started.get("timestamp") or 0)
            end = (finished or {}).get("timestamp")
            row["Started"] = rfc3339(begin)
            row["Duration"] = int((end if end is not None else time.time()) - begin) * 10 ** 9
            row["Result"] = "Pending" if finished is None else finished.get("result") or "Unknown"
            row["Refs"] = ((self.store.document(bucket, key + "/prowjob.json") or {}).get("spec") or {}).get("refs")
        row["Result"] = row["Result"].upper()
        if self.old_deck:
            del row["Refs"]
        return row

    def history(self, provider, bucket, root, top, path):
        """The page's HTML, or an error text."""
        bucket = self.aliases.get(bucket, bucket)
        if not self.store.is_bucket(bucket):
            return None, f'could not instantiate storage bucket: bucket not in allowed list: "{bucket}"'
        latest = (self.store.text(bucket, root + "/latest-build.txt") or "").strip()
        if not latest.isdigit():
            return None, f"failed to locate build data: failed to read {root}/latest-build.txt"
        latest = int(latest)
        top = latest if top is None or top > latest else top
        ids = self.build_ids(bucket, root)
        first = next((i for i, n in enumerate(ids) if n <= top), None)
        shown = [] if first is None else ids[first:first + self.history_page]
        rows = [{"SpyglassLink": "", "ID": "", "Started": EPOCH, "Duration": 0, "Result": "", "Refs": None}] * len(shown)
        failed = []
        for i, build_id in enumerate(shown):
            row = self.history_row(provider, bucket, root, build_id)
            if row is None:  # Deck sends such a record with index 0
                failed.append(i)
            else:
                rows[i] = row
        if failed:
            rows[0] = {"SpyglassLink": "", "ID": "", "Started": EPOCH, "Duration": 0, "Result": "", "Refs": None}
        links = []
        if top != latest:
            links.append(("?buildId=", "Latest Runs"))
        if first:
            links.append((f"?buildId={ids[first - self.history_page] if first >= self.history_page else ''}",
                          "&lt;- Newer Runs"))
        if first is not None and first + len(shown) < len(ids):
            links.append((f"?buildId={ids[first + len(shown)]}", "Older Runs -&gt;"))
        return history_page(root, path, rows, links, len(shown), len(ids), "" if self.old_deck else ";"), None


def belongs(job, org, repo):
    """Deck's own filter by org= and repo=."""
    spec = job["spec"]
    refs = [spec["refs"]] if spec.get("refs") else spec.get("extra_refs") or []
    if not org and not repo:
        return True
    return any((not org or r.get("org") == org) and (not repo or r.get("repo") == repo) for r in refs)


def trimmed(job, omit):
    """A ProwJob as Deck lists it, without what omit= names."""
    out = dict(job, metadata=dict(job.get("metadata", {})), spec=dict(job["spec"]))
    out["metadata"].pop("managedFields", None)
    for name in ("annotations", "labels"):
        if name in omit:
            out["metadata"].pop(name, None)
    if "decoration_config" in omit:
        out["spec"].pop("decoration_config", None)
    if "pod_spec" in omit and out["spec"].get("pod_spec"):
        count = len(out["spec"]["pod_spec"].get("containers") or [])
        out["spec"]["pod_spec"] = {"containers": [{"name": "", "resources": {}}] * count}
    return out


def page(title, scripts, content):
    return f"""
<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="UTF-8">
  <title>{html.escape(title)}</title>
  {scripts}
</head>
<body>
<div class="mdl-layout mdl-js-layout mdl-layout--fixed-header">
  <nav class="mdl-navigation"><a class="mdl-navigation__link" href="/">Prow Status</a></nav>
  <main class="mdl-layout__content">
{content}
  </main>
</div>
</body>
</html>
"""


def history_page(root, path, rows, links, shown, total, end):
    cells = "\n".join(f'      <td><a href="{html.escape(path + query)}">{text}</a></td>' for query, text in links)
    return page(f"Job History: {root}", f"""<script type="text/javascript">
  var allBuilds = {go_json(rows)}{end}
</script>""", f"""<div class="table-container">
  <table id="history-table"><tbody id="history-table-body"></tbody></table>
  <div>Showing {shown}/{total} results</div>
  <table><tr>
{cells}
      <td></td>
  </tr></table>
</div>""")


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def handle_error(self, request, client_address):
        pass  # a client that went away


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16

    def log_message(self, *_):
        pass

    # ---- answers ----

    def reply(self, status, body=b"", kind="text/plain; charset=utf-8", headers=(), squeeze=False):
        body = body.encode() if isinstance(body, str) else body
        extra = list(headers)
        if squeeze and len(body) > 1400 and "gzip" in self.headers.get("Accept-Encoding", ""):
            body = gzip.compress(body, 1, mtime=0)
            extra.append(("Content-Encoding", "gzip"))
        self.send_response(status)
        if kind:
            self.send_header("Content-Type", kind)
        for name, value in extra:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def deck(self, status, body, kind="text/plain; charset=utf-8"):
        self.reply(status, body, kind, [("Cache-Control", "no-store, must-revalidate"), ("Expires", "0"),
                                        ("Vary", "Accept-Encoding")], squeeze=True)

    def do_GET(self):
        world = self.server.world
        world.requests.append(f"{self.command} {self.path}")
        parts = urllib.parse.urlsplit(self.path)
        self.raw_path = parts.path
        self.query = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
        first, _, rest = parts.path.lstrip("/").partition("/")
        known = {"": self.front, "prowjobs.js": self.prowjobs, "data.js": self.old_list, "prowjob": self.prowjob,
                 "log": self.live_log, "job-history": self.job_history, "view": self.view, "storage": self.json_api,
                 "gcs": self.gcsweb, "s3": self.gcsweb}
        if first in known and (rest == "" or first in ("job-history", "view", "storage", "gcs", "s3")):
            known[first](rest)
        elif first in RESERVED:
            self.reply(404, "404 page not found\n")
        elif rest == "":
            self.xml_list(urllib.parse.unquote(first))
        else:
            self.object(urllib.parse.unquote(first), urllib.parse.unquote(rest), xml=True)

    do_HEAD = do_GET

    # ---- Deck ----

    def front(self, _):
        self.deck(200, page("Prow Status", '<script type="text/javascript" src="prowjobs.js?var=allBuilds&omit=annotations,'
                            'labels,decoration_config,pod_spec"></script>',
                            '<table id="builds"><thead></thead><tbody></tbody></table>'), "text/html; charset=utf-8")

    def wrapped(self, text):
        name = self.query.get("var", "")
        if name:
            self.deck(200, f"var {name} = {text};", "application/javascript")
        else:
            self.deck(200, text, "application/json")

    def prowjobs(self, _):
        old = self.server.world.old_deck
        self.wrapped(self.server.world.job_list(self.query.get("omit", ""), "" if old else self.query.get("org", ""),
                                                "" if old else self.query.get("repo", "")))

    def old_list(self, _):
        rows = []
        for j in self.server.world.jobs():
            spec, status = j["spec"], j.get("status", {})
            refs = spec.get("refs") or {}
            began, ended = (seconds(status.get(n)) for n in ("startTime", "completionTime"))
            keys = [f"{refs.get('base_ref', '')}:{refs.get('base_sha', '')}"] + \
                   [f"{p['number']}:{p['sha']}" for p in refs.get("pulls") or []]
            rows.append({"type": spec.get("type", ""), "refs": refs or {"org": "", "repo": ""},
                         "refs_key": ",".join(keys) if refs else "", "job": spec.get("job", ""),
                         "build_id": status.get("build_id", ""), "context": spec.get("context", ""),
                         "started": str(began if began is not None else -62135596800),
                         "finished": status.get("completionTime") or "",
                         "duration": go_duration(ended - began) if began is not None and ended is not None else "",
                         "state": status.get("state", ""), "description": status.get("description", ""),
                         "url": status.get("url", ""), "pod_name": status.get("pod_name", ""),
                         "agent": spec.get("agent", ""), "prow_job": j.get("metadata", {}).get("name", "")})
        self.wrapped(go_json(rows))

    def prowjob(self, _):
        name = self.query.get("prowjob", "")
        job = self.server.world.job_named(name)
        if not name:
            self.deck(400, "request did not provide the 'prowjob' query parameter\n")
        elif job is None:
            self.deck(404, f'ProwJob not found: prowjobs.prow.k8s.io "{name}" not found\n')
        else:
            self.deck(200, yaml({k: trimmed(job, [])[k] for k in ("metadata", "spec", "status") if k in job}))

    def live_log(self, _):
        if not self.query.get("job") or not self.query.get("id"):
            self.deck(400, "Missing job or ID query\n")
        else:
            self.deck(404, "Log not found: pod is gone\n")

    def job_history(self, rest):
        parts = urllib.parse.unquote(rest).split("/", 2)
        if parts[0] not in ("gs", "s3"):
            parts = ["gs"] + urllib.parse.unquote(rest).split("/", 1)
        top = self.query.get("buildId") or None
        if len(parts) < 3 or not parts[2]:
            self.deck(500, f"failed to get job history: invalid path: {self.raw_path}\n")
            return
        if top is not None and (not top.isdigit() or not 0 < int(top) < 1 << 64):
            self.deck(500, f"failed to get job history: invalid url {self.path}: invalid value for buildId\n")
            return
        text, error = self.server.world.history(*parts, None if top is None else int(top), self.raw_path)
        if error:
            self.deck(500, f"failed to get job history: {error}\n")
        else:
            self.deck(200, text, "text/html; charset=utf-8")

    def view(self, rest):
        """Spyglass: links by what is known of the build; a build that is not there renders all the same."""
        world = self.server.world
        provider, _, path = urllib.parse.unquote(rest).strip("/").partition("/")
        bucket, _, key = path.partition("/")
        if provider == "prowjob":  # /view/prowjob/<job>/<build>: only the ProwJob knows where it lies
            own = world.job_of(bucket, key)
            place = re.search(r"/view/(gs|s3|gcs)/([^/]+)/(.+?)/?$", ((own or {}).get("status") or {}).get("url", ""))
            provider, bucket, key = place.groups() if place else ("gs", "", f"{bucket}/{key}")
        bucket = world.aliases.get(bucket, bucket)
        target = world.store.text(bucket, key + ".txt")
        if target is not None and len(target) <= 4095:
            key = urllib.parse.urlsplit(target.strip()).path.strip("/")
        parts = key.split("/")
        job_name, build_id = (parts[-2], parts[-1]) if len(parts) > 2 else ("", "")
        job = world.job_of(job_name, build_id)
        pull = parts[0] == "pr-logs" and len(parts) >= 5 and parts[-3].isdigit()
        refs = ((job or {}).get("spec") or {}).get("refs") or {}
        root = f"pr-logs/directory/{job_name}" if pull else f"logs/{job_name}"
        links = [(f"/job-history/gs/{bucket}/{root}", "Job History")] if job_name else []
        if job is not None:
            links.append((f"/prowjob?prowjob={job['metadata']['name']}", "Prow Job YAML"))
        if pull:
            links.append((f"/pr-history?org={refs.get('org', '')}&repo={refs.get('repo', '')}&pr={parts[-3]}", "PR History"))
        if pull and refs.get("pulls"):
            links.append((f"https://github.example/{refs['org']}/{refs['repo']}/pull/{refs['pulls'][0]['number']}", "PR"))
        if bucket:
            links.append((f"{world.url}/gcs/{bucket}/{key}/", "Artifacts"))
        card = "\n".join(f'    <a href="{html.escape(h)}">{t}</a>' for h, t in links)
        script = "".join(f"  var {n} = {go_json(v)};\n" for n, v in (
            ("src", f"{provider}/{bucket}/{key}"), ("lensArtifacts", {}), ("lensIndexes", []), ("prowJob", job_name),
            ("prowJobName", job["metadata"]["name"] if job else ""),
            ("prowJobState", job["status"].get("state", "") if job else "")))
        self.deck(200, page(f"{job_name} #{build_id}", f'<script type="text/javascript">\n{script}</script>',
                            f'<div id="lens-container">\n  <div id="links-card" class="mdl-card lens-card">\n{card}\n'
                            "  </div>\n</div>"), "text/html; charset=utf-8")

    # ---- storage ----

    def json_error(self, status, reason, message):
        self.reply(status, json.dumps({"error": {"code": status, "message": message, "errors": [
            {"message": message, "domain": "global", "reason": reason}]}}), "application/json; charset=UTF-8")

    def json_api(self, rest):
        found = re.fullmatch(r"v1/b/([^/]+)/o(?:/(.+))?", rest)
        world = self.server.world
        if not found:
            self.json_error(404, "notFound", "Not Found")
            return
        bucket, key = (urllib.parse.unquote(x or "") for x in found.groups())
        if not world.store.is_bucket(bucket):
            self.json_error(404, "notFound", "The specified bucket does not exist.")
        elif not key:
            self.json_list(bucket)
        elif world.store.path(bucket, key) is None:
            self.json_error(404, "notFound", f"No such object: {bucket}/{key}")
        elif self.query.get("alt") == "media":
            self.object(bucket, key, xml=False)
        else:
            self.reply(200, json.dumps(self.item(bucket, key)), "application/json; charset=UTF-8", squeeze=True)

    def item(self, bucket, key):
        world = self.server.world
        path = world.store.path(bucket, key)
        with open(path, "rb") as f:
            start = f.read(2)
        stat = os.stat(path)
        out = {"name": key, "size": str(stat.st_size), "contentType": TYPES.get(os.path.splitext(key)[1], "text/plain"),
               "updated": rfc3339(stat.st_mtime)[:-1] + ".000Z", "generation": str(stat.st_mtime_ns // 1000)}
        if start == b"\x1f\x8b":
            out["contentEncoding"] = "gzip"
        if world.pointers and re.search(r"^pr-logs/directory/.*/\d+\.txt$", key):
            out["metadata"] = {"x-goog-meta-link": world.store.text(bucket, key).strip()}
        return out

    def one_page(self, bucket, token):
        store, q = self.server.world.store, self.query
        keys, prefixes = store.list(bucket, q.get("prefix", ""), "/" if q.get("delimiter") == "/" else "")
        names = sorted(keys + prefixes, key=str.encode)
        if q.get("startOffset"):
            names = [n for n in names if n.encode() >= q["startOffset"].encode()]
        size = min(self.server.world.page_size, max(1, int(q.get("maxResults") or q.get("max-keys") or 1000)))
        shown, token = page_of(names, token, size)
        folders = set(prefixes)
        return [n for n in shown if n not in folders], [n for n in shown if n in folders], token, shown

    def json_list(self, bucket):
        keys, prefixes, token, _ = self.one_page(bucket, self.query.get("pageToken", ""))
        out = {}
        if token:
            out["nextPageToken"] = token
        if prefixes:
            out["prefixes"] = prefixes
        if keys:
            out["items"] = [self.item(bucket, k) for k in keys]
        self.reply(200, json.dumps(out), "application/json; charset=UTF-8", squeeze=True)

    def xml_error(self, status, code, message):
        self.reply(status, f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code><Message>{message}</Message>"
                   "</Error>", "application/xml; charset=UTF-8")

    def xml_list(self, bucket):
        world, q = self.server.world, self.query
        if not world.store.is_bucket(bucket):
            self.xml_error(404, "NoSuchBucket", "The specified bucket does not exist.")
            return
        two = q.get("list-type") == "2" and not world.xml_v1
        if two:
            token = q.get("continuation-token", "")
        else:
            token = base64.urlsafe_b64encode(q.get("marker", "").encode()).decode()
        keys, prefixes, token, shown = self.one_page(bucket, token)
        coded = q.get("encoding-type") == "url"
        name = (lambda s: urllib.parse.quote_plus(s, safe="/")) if coded else html.escape
        space = "http://s3.amazonaws.com/doc/2006-03-01/" if two else "http://doc.s3.amazonaws.com/2006-03-01"
        out = [f"<?xml version='1.0' encoding='UTF-8'?><ListBucketResult xmlns='{space}'><Name>{html.escape(bucket)}</Name>",
               f"<Prefix>{name(q.get('prefix', ''))}</Prefix>", "<EncodingType>url</EncodingType>" if coded else "",
               f"<IsTruncated>{'true' if token else 'false'}</IsTruncated>"]
        if two:
            out.append(f"<KeyCount>{len(shown)}</KeyCount>")
        if token and two:
            out.append(f"<NextContinuationToken>{token}</NextContinuationToken>")
        elif token and q.get("delimiter"):  # as S3: without a delimiter the last key is the marker
            out.append(f"<NextMarker>{name(shown[-1])}</NextMarker>")
        for key in keys:
            stat = os.stat(world.store.path(bucket, key))
            out.append(f"<Contents><Key>{name(key)}</Key><LastModified>{rfc3339(stat.st_mtime)[:-1]}.000Z</LastModified>"
                       f'<ETag>"{stat.st_mtime_ns:x}"</ETag><Size>{stat.st_size}</Size></Contents>')
        out += [f"<CommonPrefixes><Prefix>{name(p)}</Prefix></CommonPrefixes>" for p in prefixes]
        out.append("</ListBucketResult>")
        self.reply(200, "".join(out), "application/xml; charset=UTF-8", squeeze=True)

    def object(self, bucket, key, xml):
        """An object: stored bytes for who takes gzip, else decompressed, and then without length and ranges."""
        data = self.server.world.store.read(bucket, key)
        if data is None:
            if not self.server.world.store.is_bucket(bucket):
                self.xml_error(404, "NoSuchBucket", "The specified bucket does not exist.")
            elif xml:
                self.xml_error(404, "NoSuchKey", "The specified key does not exist.")
            else:
                self.json_error(404, "notFound", f"No such object: {bucket}/{key}")
            return
        packed = data[:2] == b"\x1f\x8b"
        md5 = hashlib.md5(data)
        etag = f'"{md5.hexdigest()}"'
        stat = os.stat(self.server.world.store.path(bucket, key))
        headers = [("ETag", etag), ("Last-Modified", email.utils.formatdate(stat.st_mtime, usegmt=True)),
                   ("x-goog-hash", "md5=" + base64.b64encode(md5.digest()).decode()),
                   ("x-goog-stored-content-encoding", "gzip" if packed else "identity"),
                   ("x-goog-stored-content-length", str(len(data))),
                   ("x-goog-generation", str(stat.st_mtime_ns // 1000))]
        kind = TYPES.get(os.path.splitext(key)[1], "text/plain; charset=utf-8")
        if etag in self.headers.get("If-None-Match", ""):
            self.send_response(304)
            for name, value in headers[:2]:
                self.send_header(name, value)
            self.end_headers()
        elif packed and "gzip" not in self.headers.get("Accept-Encoding", ""):
            self.chunked(plain(data), kind, headers)
        else:
            if packed:
                headers.append(("Content-Encoding", "gzip"))
            self.ranged(data, kind, headers)

    def chunked(self, body, kind, headers):
        self.send_response(200)
        for name, value in [("Content-Type", kind), ("Transfer-Encoding", "chunked")] + headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        for start in range(0, len(body), 65536):
            piece = body[start:start + 65536]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    def ranged(self, data, kind, headers):
        asked = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", ""))
        if not asked or asked.groups() == ("", ""):
            self.reply(200, data, kind, headers)
            return
        first, last = asked.groups()
        start = int(first) if first else max(0, len(data) - int(last))
        end = min(int(last), len(data) - 1) if first and last else len(data) - 1
        if start >= len(data) or start > end:
            self.reply(416, b"", kind, [("Content-Range", f"bytes */{len(data)}")])
            return
        self.reply(206, data[start:end + 1], kind, headers + [("Content-Range", f"bytes {start}-{end}/{len(data)}")])

    # ---- gcsweb ----

    def gcsweb(self, rest):
        """What is no object is a folder, and a folder that is not there is an empty one. Paths are parsed twice."""
        world = self.server.world
        kind = self.raw_path.lstrip("/").partition("/")[0]
        path = urllib.parse.unquote(urllib.parse.unquote(rest))
        bucket, slash, key = path.partition("/")
        bucket = world.aliases.get(bucket, bucket)
        if self.command != "GET":
            self.reply(405)
        elif not world.store.is_bucket(bucket):
            if path.endswith("/"):
                self.reply(303, headers=[("Location", "https://console.cloud.example/storage/browser/" + path)])
            else:
                self.reply(404, "404 page not found\n")
        elif not slash:
            self.reply(308, headers=[("Location", f"/{kind}/{bucket}/")])
        elif world.store.path(bucket, key) is not None:
            data = world.store.read(bucket, key)
            packed = data[:2] == b"\x1f\x8b"
            self.chunked(plain(data) if packed else data, "text/plain; charset=" + ("gzip" if packed else "utf-8"), [])
        else:
            self.deck(200, self.gcsweb_page(kind, bucket, key.strip("/")), "text/html; charset=utf-8")

    def gcsweb_page(self, kind, bucket, folder):
        world = self.server.world
        prefix = folder + "/" if folder else ""
        keys, prefixes = world.store.list(bucket, prefix, "/")
        base = f"/{kind}/{bucket}/{prefix}"
        rows = [(p[len(prefix):], "dir.png", "-", "-") for p in prefixes]
        for key in keys:
            stat = os.stat(world.store.path(bucket, key))
            when = time.strftime("%a, %d %b %Y %H:%M:%S UTC", time.gmtime(stat.st_mtime))
            rows.append((key[len(prefix):], "file.png", str(stat.st_size), when))
        button = ""
        if world.gcsweb_page:
            marker = self.query.get("marker", "")
            rows.sort(key=lambda r: r[0].encode())
            start = next((i for i, r in enumerate(rows) if r[0].encode() > marker.encode()), len(rows)) if marker else 0
            more = start + world.gcsweb_page < len(rows)
            rows = rows[start:start + world.gcsweb_page]
            if more:
                button = f'<a href="{base}?marker={rows[-1][0]}"\n\t   class="pure-button next-button">\n\t   Next page\n\t</a>\n'
        parent = base.rstrip("/").rpartition("/")[0] + "/"
        out = [gcsweb_row(parent, "back.png", "..", "-", "-")] if folder else []
        out += [gcsweb_row(base + n, icon, n, size, when) for n, icon, size, when in rows]
        return f"""
    <!doctype html>
   	<html>
   	<head>
   	    <title>GCS browser: {bucket}</title>
		<style> .next-button {{ margin: 10px 0; }} .grid-head {{ border-bottom: 1px solid black; }} </style>
   	</head>
   	<body>
    <header><h1>{bucket}</h1><h3>/{bucket}/{prefix}</h3></header>
    <ul class="resource-grid">
{button}
	<li class="pure-g">
		<div class="pure-u-2-5 grid-head">Name</div>
		<div class="pure-u-1-5 grid-head">Size</div>
		<div class="pure-u-2-5 grid-head">Modified</div>
	</li>
{"".join(out)}{button}</ul></body></html>"""


def gcsweb_row(url, icon, name, size, when):
    return f"""
    <li class="pure-g grid-row">
	    <div class="pure-u-2-5"><a href="{url}"><img src="/icons/{icon}"> {name}</a></div>
	    <div class="pure-u-1-5">{size}</div>
	    <div class="pure-u-2-5">{when}</div>
	</li>
"""


def seconds(text):
    if not text:
        return None
    return calendar.timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S"))


def go_duration(total):
    hours, minutes = total // 3600, total % 3600 // 60
    return (f"{hours}h" if hours else "") + (f"{minutes}m" if hours or minutes else "") + f"{total % 60}s"


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("dir")
    ap.add_argument("port", type=int, help="0: a free one")
    ap.add_argument("--page-size", type=int, default=1000)
    ap.add_argument("--history-page", type=int, default=20)
    ap.add_argument("--old-deck", action="store_true")
    ap.add_argument("--no-pointers", action="store_true")
    ap.add_argument("--xml-v1", action="store_true")
    ap.add_argument("--gcsweb-page", type=int, default=0)
    a = ap.parse_args()
    world = World(a.dir, a.port, a.page_size, a.history_page, a.old_deck, not a.no_pointers, a.xml_v1, a.gcsweb_page)
    print(world.url, flush=True)
    try:
        world.server.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
