"""A world to measure on: builds in Prow layout, gzipped, and the nginx that serves them on loopback."""
import gzip
import json
import os
import socket
import subprocess
import time
import urllib.parse
import urllib.request

import logs

BUCKET = "bench"
FIRST_MS = 1772600000000  # of the first build


def build_id(n):
    """Snowflake ids, a minute apart, as Prow makes them."""
    return str(((FIRST_MS + n * 60000) - 1288834974657) << 22 | n % 4096)


def stamp(ms):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(ms / 1000))


def real_logs(folder, least, most):
    """Plain bytes of the logs below folder between least and most bytes, largest first."""
    found = []
    for top, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(top, name)
            if not name.endswith((".log", ".txt", ".gz")) or os.path.islink(path):
                continue
            with open(path, "rb") as f:
                data = f.read()
            if data[:2] == b"\x1f\x8b":
                data = gzip.decompress(data)
            if least <= len(data) <= most:
                found.append((len(data), path, data))
    return [data for _, _, data in sorted(found, key=lambda x: (-x[0], x[1]))]


class World:
    """`count` builds over a pool of distinct logs; log k of the pool belongs to builds k, k + pool, k + 2 pool …"""

    def __init__(self, folder, count, pool):
        self.dir, self.count = folder, count
        self.plain = sum(len(pool[n % len(pool)]) for n in range(count))
        os.makedirs(os.path.join(folder, "_list"), exist_ok=True)
        os.makedirs(os.path.join(folder, "_pool"), exist_ok=True)
        self.stored, self.urls, items = 0, [], []
        sizes = []
        for k, data in enumerate(pool[:count]):
            with open(os.path.join(folder, "_pool", str(k)), "wb") as f:
                f.write(gzip.compress(data, 6, mtime=0))
            sizes.append(os.path.getsize(os.path.join(folder, "_pool", str(k))))
        for n in range(count):
            self._build(n, n % len(pool), sizes[n % len(pool)], items)
        with open(os.path.join(folder, "prowjobs.js"), "w") as f:
            json.dump({"items": items[::-1]}, f)

    def _build(self, n, k, size, items):
        job, ident, at = f"periodic-bench-{n % 8}", build_id(n), FIRST_MS + n * 60000
        prefix = f"logs/{job}/{ident}/"
        where = os.path.join(self.dir, BUCKET, prefix)
        os.makedirs(where)
        job_doc = {"metadata": {"name": f"{n:08x}-bench"}, "spec": {"type": "periodic", "job": job, "cluster": "build01"},
                   "status": {"startTime": stamp(at), "completionTime": stamp(at + 3600000), "state": "failure",
                              "url": f"http://deck.example/view/gs/{BUCKET}/{prefix[:-1]}", "build_id": ident}}
        files = {"started.json": {"timestamp": at // 1000}, "prowjob.json": job_doc,
                 "finished.json": {"timestamp": at // 1000 + 3600, "passed": False, "result": "FAILURE"}}
        listed = [{"name": prefix + "build-log.txt", "size": str(size)}]
        for name, doc in files.items():
            with open(os.path.join(where, name), "w") as f:
                json.dump(doc, f)
            listed.append({"name": prefix + name, "size": str(os.path.getsize(os.path.join(where, name)))})
        os.link(os.path.join(self.dir, "_pool", str(k)), os.path.join(where, "build-log.txt"))
        with open(os.path.join(self.dir, "_list", urllib.parse.quote(prefix, safe="") + ".json"), "w") as f:
            json.dump({"items": listed}, f)
        self.stored += size
        self.urls.append(f"/{BUCKET}/{prefix}build-log.txt")
        items.append(job_doc)


CONF = """
{user}daemon off; worker_processes 1; pid {dir}/nginx.pid; error_log {dir}/error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; default_type text/plain;
    client_body_temp_path {dir}/t; proxy_temp_path {dir}/t; fastcgi_temp_path {dir}/t; uwsgi_temp_path {dir}/t; scgi_temp_path {dir}/t;
    server {{
        listen 127.0.0.1:{port}; root {dir};
        location = /storage/v1/b/bench/o {{ default_type application/json; try_files /_list/$arg_prefix.json =404; }}
        location ~ build-log\\.txt$ {{ add_header Content-Encoding gzip; }}
    }}
}}
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Nginx:
    def __init__(self, folder):
        self.port = free_port()
        conf = os.path.join(folder, "nginx.conf")
        with open(conf, "w") as f:
            f.write(CONF.format(dir=folder, port=self.port, user="user root; " if os.getuid() == 0 else ""))
        self.process = subprocess.Popen(["/usr/sbin/nginx", "-p", folder, "-c", conf], stderr=subprocess.DEVNULL)
        self.base = f"http://127.0.0.1:{self.port}"
        for _ in range(200):
            try:
                urllib.request.urlopen(self.base + "/prowjobs.js").read(1)
                return
            except OSError:
                time.sleep(0.02)
        raise RuntimeError("nginx did not start")

    def stop(self):
        self.process.terminate()
        self.process.wait()


def synthetic_pool(distinct, size, seed=1):
    return [logs.log(seed * 1000 + k, size) for k in range(distinct)]
