"""servers - programs on a free port of loopback, in a folder of the test's, ended by their process; nginx is one."""
import os
import socket
import subprocess
import time

NGINX = "/usr/sbin/nginx"

CONFIG = """
daemon off;
master_process off;
pid {dir}/nginx.pid;
error_log {dir}/error.log warn;
worker_rlimit_nofile 4096;
events {{ worker_connections 2048; }}
http {{
    types {{ application/json json; text/plain txt log; text/xml xml; }}
    default_type application/octet-stream;
    log_format requests '$connection $server_protocol $status $body_bytes_sent $request_uri';
    access_log {dir}/access.log requests;
    client_body_temp_path {dir}/t1; proxy_temp_path {dir}/t2; fastcgi_temp_path {dir}/t3;
    uwsgi_temp_path {dir}/t4; scgi_temp_path {dir}/t5;
    keepalive_requests 100000;
    http2_max_concurrent_streams 128;
    server {{
        listen 127.0.0.1:{port}{ssl};
        root {root};
        {more}
    }}
}}
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """A context manager: a program on a free port of loopback. Subclasses have launch(port), which sets self.process and
    self.url, answers(port), which raises OSError until it does, and text(name) of a log."""

    PROGRAM, LOG = "", ""

    def __init__(self, folder):
        self.dir, self.process = folder, None
        os.makedirs(folder, exist_ok=True)

    def __enter__(self):
        if self.process is not None:
            return self
        for _ in range(5):  # somebody may take the port between asking for it and listening
            if self.start():
                return self
        raise RuntimeError(f"{self.PROGRAM} does not start: {self.text(self.LOG)[-3000:]}")

    def start(self):
        self.port = free_port()
        self.launch(self.port)
        until = time.monotonic() + 60
        while self.process.poll() is None and time.monotonic() < until:
            try:
                self.answers(self.port)
                return True
            except OSError:
                time.sleep(0.02)
        self.stop()
        return False

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None

    def __exit__(self, *_):
        self.stop()

    def text(self, name):
        path = os.path.join(self.dir, name)
        if not os.path.exists(path):
            return ""
        with open(path, encoding="utf-8", errors="replace") as f:
            return f.read()


class Nginx(Server):
    """url, and what the access log says. certificate: (file, key) makes it HTTP/2 over TLS."""

    PROGRAM, LOG = "nginx", "error.log"

    def __init__(self, folder, root, certificate=None, more=""):
        super().__init__(os.path.join(folder, "nginx"))
        self.root, self.certificate, self.more = root, certificate, more

    def launch(self, port):
        tls = ""
        if self.certificate:
            tls = "ssl_certificate %s; ssl_certificate_key %s; ssl_session_cache builtin;" % self.certificate
        with open(os.path.join(self.dir, "nginx.conf"), "w") as f:
            f.write(CONFIG.format(dir=self.dir, port=port, root=self.root, more=tls + self.more,
                                  ssl=" ssl http2" if self.certificate else ""))
        self.url = f"http{'s' if self.certificate else ''}://127.0.0.1:{port}"
        self.process = subprocess.Popen([NGINX, "-p", self.dir, "-c", os.path.join(self.dir, "nginx.conf"), "-e",
                                         os.path.join(self.dir, "error.log")], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def answers(self, port):
        socket.create_connection(("127.0.0.1", port), 1).close()

    def requests(self):
        """(connection, protocol, status, bytes, target) of each; complete once nginx has stopped."""
        rows = [line.split(" ", 4) for line in self.text("access.log").splitlines()]
        return [(int(c), p, int(s), int(b), t) for c, p, s, b, t in rows]


def make_certificate(folder, name="127.0.0.1"):
    """A certificate for an address, signed by nobody but itself: (file, key)."""
    paths = os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test", "-addext",
                    f"subjectAltName=IP:{name}", "-out", paths[0], "-keyout", paths[1]], check=True, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return paths
