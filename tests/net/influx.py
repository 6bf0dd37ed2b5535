"""influx - an InfluxDB 1.6 on free ports of loopback, its data in a folder of the test's; ended by its process."""
import json
import os
import shutil
import subprocess
import urllib.error
import urllib.parse
import urllib.request

from servers import Server, free_port

CONFIG = """
reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
  dir = "{dir}/meta"
[data]
  dir = "{dir}/data"
  wal-dir = "{dir}/wal"
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:{port}"
  log-enabled = false
[continuous_queries]
  enabled = false
"""


class Influx(Server):
    """Databases are made, written to as Telegraf does it, and counted back."""

    PROGRAM, LOG = "influxd", "influxd.log"

    def launch(self, port):
        program = shutil.which("influxd")
        if program is None:
            raise RuntimeError("influxd is not installed; scripts/setup test installs it")
        self.url = f"http://127.0.0.1:{port}"
        config = os.path.join(self.dir, "influxd.conf")
        with open(config, "w") as f:
            f.write(CONFIG.format(dir=self.dir, port=port, rpc=free_port()))
        with open(os.path.join(self.dir, self.LOG), "w") as log:
            self.process = subprocess.Popen([program, "run", "-config", config], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env={"HOME": self.dir, "PATH": os.environ["PATH"]})

    def answers(self, port):
        self.ask("/ping")

    def ask(self, target, body=None):
        """(status, text); the proxies of the environment have no part in it."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(urllib.request.Request(self.url + target, data=body), timeout=60) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def query(self, text, database=""):
        """The series of one statement's answer."""
        status, answer = self.ask("/query", urllib.parse.urlencode({"q": text, "db": database, "epoch": "ns"}).encode())
        result = json.loads(answer)["results"][0] if status == 200 else {"error": answer}
        if "error" in result:
            raise AssertionError(f"{text}: {result['error']}")
        return result.get("series", [])

    def create(self, database):
        self.query(f'CREATE DATABASE "{database}"')

    def write(self, database, lines):
        """In batches as small as Telegraf's; (status, text) of the first that is not taken, else (204, "")."""
        rows = lines.splitlines(keepends=True)
        for first in range(0, len(rows), 1000):
            status, text = self.ask(f"/write?db={database}&precision=ns", b"".join(rows[first:first + 1000]))
            if status != 204:
                return status, text
        return 204, ""

    def measurements(self, database):
        return [row[0] for series in self.query("SHOW MEASUREMENTS", database) for row in series["values"]]

    def field_types(self, database, measurement):
        return {name: kind for series in self.query(f'SHOW FIELD KEYS FROM "{measurement}"', database) for name, kind in series["values"]}

    def rows(self, database, measurement):
        """(tags, time) to fields, of every point that is there. A tag without a value and a field without one are left out."""
        names = sorted(self.field_types(database, measurement))
        columns = ", ".join(f'"{n}"::field' for n in names)
        out = {}
        for series in self.query(f'SELECT {columns} FROM "{measurement}" GROUP BY *', database):
            tags = tuple(sorted((k, v) for k, v in series.get("tags", {}).items() if v != ""))
            for values in series["values"]:
                fields = {n: v for n, v in zip(names, values[1:]) if v is not None}
                assert (tags, values[0]) not in out, "a point is there twice"
                out[tags, values[0]] = fields
        return out
