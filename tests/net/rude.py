#!/usr/bin/python3
"""rude.py [--root DIR] [PORT] - an HTTP server that misbehaves on demand. README.md beside it lists how.

As a module:
    with Rude(root) as r:
        r.on("/b/k", status(503), ok(b"text"))      # one answer after the other, the last one for ever
        … r.url … r.count("/b/k") … r.connections("/b/k") …
A path that nobody scripted is a file below root; /do/NAME?argument=value is any answer by its name.
"""
import argparse
import collections
import email.utils
import gzip
import hashlib
import os
import select
import socket
import struct
import sys
import threading
import time
import urllib.parse
import zlib

LONG = 3600  # seconds; nobody waits that long: servers end before


class Gone(Exception):
    """The client, or the server itself, has closed the connection."""


class Request:
    def __init__(self, connection, line, headers):
        self.connection = connection  # its number, from 0
        self.method, self.target = line.split(" ")[:2]
        self.path, _, query = self.target.partition("?")
        self.path = urllib.parse.unquote(self.path)
        self.query = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        self.headers = headers  # lower-case names
        self.at = time.monotonic()


class Connection:
    """One client. Answers write to it, and may cut it off."""

    def __init__(self, server, sock, number):
        self.server, self.sock, self.number, self.pending = server, sock, number, b""
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, data):
        """All of it, unless the client goes away or the server ends."""
        view = memoryview(data)
        while view:
            self.wait(write=True)
            try:
                view = view[self.sock.send(view):]
            except OSError as error:
                raise Gone from error

    def wait(self, seconds=LONG, write=False):
        """Until it can be written, or, for the time given, until it can be read: is it?"""
        stop = self.server.stop_pipe[0]
        readable, writable, _ = select.select([stop] + ([] if write else [self.sock]), [self.sock] if write else [], [],
                                              seconds)
        if stop in readable:
            raise Gone
        return bool(writable or readable)

    def sleep(self, seconds):
        """So long, or until the client hangs up."""
        if self.wait(seconds):
            self.read_some()

    def read_some(self):
        try:
            data = self.sock.recv(65536)
        except OSError as error:
            raise Gone from error
        if not data:
            raise Gone
        self.pending += data

    def hold(self):
        """Say nothing for as long as the client stays."""
        while True:
            self.wait()
            self.read_some()

    def reset(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()
        raise Gone

    def read_request(self):
        while b"\r\n\r\n" not in self.pending:
            self.wait()
            self.read_some()
        head, _, self.pending = self.pending.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        headers = {k.strip().lower(): v.strip() for k, _, v in (x.partition(":") for x in lines[1:])}
        return Request(self.number, lines[0], headers)


# ---- answers: functions of a connection and a request; a true result closes the connection ----

REASONS = {200: "OK", 206: "Partial Content", 301: "Moved Permanently", 302: "Found", 304: "Not Modified", 403: "Forbidden",
           404: "Not Found", 429: "Too Many Requests", 500: "Internal Server Error", 503: "Service Unavailable"}


def head(code, headers):
    lines = [f"HTTP/1.1 {code} {REASONS.get(code, 'Whatever')}"]
    lines += [f"{k}: {v}" for k, v in headers.items() if v is not None]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def etag_of(body):
    return '"' + hashlib.md5(body).hexdigest() + '"'


def ok(body=b"", etag=True, code=200, **headers):
    """A body with its length; 304 when the client has it already. Header names have _ for -."""
    headers = {k.replace("_", "-"): v for k, v in headers.items()}
    if body[:2] == b"\x1f\x8b":
        headers.setdefault("Content-Encoding", "gzip")

    def answer(connection, request):
        tag = etag_of(body) if etag else None
        if etag and request.headers.get("if-none-match") == tag:
            connection.send(head(304, {"ETag": tag}))
            return
        connection.send(head(code, {"Content-Length": len(body), "ETag": tag, **headers}) + body)
    return answer


def status(code, body=b"", **headers):
    return ok(body, etag=False, code=code, **headers)


def retry_after(seconds, code=429, date=False):
    """Asks for patience, in seconds or as a date."""
    def answer(connection, request):
        when = email.utils.formatdate(time.time() + seconds, usegmt=True) if date else str(seconds)
        connection.send(head(code, {"Content-Length": 0, "Retry-After": when}))
    return answer


def redirect(location, code=302):
    return status(code, b"this way", Location=location)


def raw(data):
    """These bytes, and then the end of the connection."""
    def answer(connection, request):
        connection.send(data)
        return True
    return answer


def reset(body=b"", after=None):
    """Announces the body, sends a part of it, and resets the connection; without a body, before any answer."""
    def answer(connection, request):
        if body:
            connection.send(head(200, {"Content-Length": len(body)}) + body[:len(body) // 2 if after is None else after])
            connection.sleep(0.05)  # a reset overtakes what was sent
        connection.reset()
    return answer


def short(body, missing=100):
    """Announces more than there is."""
    return raw(head(200, {"Content-Length": len(body) + missing}) + body)


def too_long(body, declared):
    """Sends more than it announced."""
    return raw(head(200, {"Content-Length": declared}) + body)


def unmeasured(body, **headers):
    """No length: the end of the connection is the end of the body."""
    return raw(head(200, {"Connection": "close", **{k.replace("_", "-"): v for k, v in headers.items()}}) + body)


def stall(body=None, after=None):
    """Takes the request and says nothing; with a body, stops in the middle of it."""
    def answer(connection, request):
        if body is not None:
            connection.send(head(200, {"Content-Length": len(body)}) + body[:len(body) // 2 if after is None else after])
        connection.hold()
    return answer


def drip(body, chunk=1, every=0.1):
    """The body, little by little."""
    def answer(connection, request):
        connection.send(head(200, {"Content-Length": len(body)}))
        for start in range(0, len(body), chunk):
            connection.send(body[start:start + chunk])
            connection.sleep(every)
    return answer


def slow_headers(every=0.1):
    """A header a while, and no end of them."""
    def answer(connection, request):
        connection.send(b"HTTP/1.1 200 OK\r\n")
        for n in range(1000000):
            connection.send(b"X-%d: y\r\n" % n)
            connection.sleep(every)
    return answer


def many_headers(count=100000, size=100):
    """A bomb of headers."""
    def answer(connection, request):
        connection.send(b"HTTP/1.1 200 OK\r\n")
        for n in range(count):
            connection.send(b"X-%d: %s\r\n" % (n, b"y" * size))
        connection.send(b"Content-Length: 0\r\n\r\n")
    return answer


def chunked(body, size=10, **headers):
    parts = [body[i:i + size] for i in range(0, len(body), size)]
    data = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in parts) + b"0\r\n\r\n"
    headers = {k.replace("_", "-"): v for k, v in headers.items()}

    def answer(connection, request):
        connection.send(head(200, {"Transfer-Encoding": "chunked", **headers}) + data)
    return answer


def bad_chunk(body):
    """A chunk, and then something that is none."""
    return raw(head(200, {"Transfer-Encoding": "chunked"}) + b"%x\r\n%s\r\nzz\r\n" % (len(body), body))


def cut_chunks(body):
    """A chunk, and then the end of the connection."""
    return raw(head(200, {"Transfer-Encoding": "chunked"}) + b"%x\r\n%s\r\n" % (len(body), body))


def endless(chunk=b"x" * 65536, code=200):
    """A body without end, and without length."""
    def answer(connection, request):
        connection.send(head(code, {"Transfer-Encoding": "chunked"}))
        while True:
            connection.send(b"%x\r\n%s\r\n" % (len(chunk), chunk))
    return answer


LOGIN = b"<!DOCTYPE html>\n<html><head><title>Log in</title></head><body><form action='/oauth'></form></body></html>\n"


def login():
    """The page of a proxy that wants a name first, with status 200."""
    return ok(LOGIN, etag=False, Content_Type="text/html; charset=utf-8")


def gated(event, answer):
    """The answer, once a threading.Event is set."""
    def wait(connection, request):
        while not event.is_set():
            connection.sleep(0.01)
        return answer(connection, request)
    return wait


# ---- contents ----

def two_members(first, second):
    return gzip.compress(first, mtime=0) + gzip.compress(second, mtime=0)


def truncated(body, keep=0.5):
    data = gzip.compress(body, mtime=0)
    return data[:int(len(data) * keep)]


def corrupt(body):
    """A stream that breaks in the middle: a block of a kind that does not exist."""
    squeeze = zlib.compressobj(wbits=31)
    good = squeeze.compress(body) + squeeze.flush(zlib.Z_FULL_FLUSH)
    return good + b"\xff" * 64


def bomb(megabytes):
    """So much of nothing, in a thousandth of it."""
    squeeze = zlib.compressobj(9, wbits=31)
    zeros = b"0" * (1 << 20)
    return b"".join(squeeze.compress(zeros) for _ in range(megabytes)) + squeeze.flush()


# ---- the server ----

BY_NAME = {
    "429": lambda q: retry_after(int(q.get("after", 1))),
    "503": lambda q: retry_after(int(q.get("after", 1)), 503, True),
    "404": lambda q: status(404),
    "reset": lambda q: reset(b"x" * 1000),
    "refuse": lambda q: reset(),
    "short": lambda q: short(b"x" * 100),
    "long": lambda q: too_long(b"x" * 100, 10),
    "two-members": lambda q: ok(two_members(b"first\n", b"second\n")),
    "truncated": lambda q: ok(truncated(b"text " * 1000)),
    "corrupt": lambda q: ok(corrupt(b"text " * 1000)),
    "bomb": lambda q: ok(bomb(int(q.get("mb", 100)))),
    "loop": lambda q: redirect("/do/loop"),
    "to": lambda q: redirect(q.get("url", "file:///etc/hostname")),
    "stall": lambda q: stall(),
    "stall-body": lambda q: stall(b"x" * 1000),
    "drip": lambda q: drip(b"x" * 1000, 1, float(q.get("every", 1))),
    "slow-headers": lambda q: slow_headers(float(q.get("every", 1))),
    "many-headers": lambda q: many_headers(),
    "bad-chunk": lambda q: bad_chunk(b"text"),
    "cut-chunks": lambda q: cut_chunks(b"text"),
    "endless": lambda q: endless(),
    "login": lambda q: login(),
    "empty": lambda q: ok(),
}


class Rude:
    """The server; a context manager. url, requests, count(), connections() are for tests."""

    def __init__(self, root=None, port=0, address="127.0.0.1", default=None):
        self.default = default  # what answers where there is no script
        self.root, self.scripts, self.requests = root, {}, []
        self.lock = threading.Lock()
        self.stop_pipe = os.pipe()
        self.threads, self.accepted, self.open = [], 0, 0
        self.most_open = collections.Counter()  # by path: requests that were being answered at once
        self.busy = collections.Counter()
        self.listener = socket.create_server((address, port), backlog=512)
        self.port = self.listener.getsockname()[1]
        self.url = f"http://{address}:{self.port}"
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.listener.fileno() < 0:
            return
        os.write(self.stop_pipe[1], b"x")
        self.thread.join()
        self.listener.close()
        for thread in self.threads:
            thread.join()
        for fd in self.stop_pipe:
            os.close(fd)

    def on(self, path, *answers):
        """What a path answers from now on: one after the other, the last one for ever."""
        with self.lock:
            self.scripts[path] = list(answers)
        return self

    def count(self, path=None):
        """How many requests there were for a path, or in all."""
        with self.lock:
            return sum(path is None or r.path == path for r in self.requests)

    def connections(self, path=None):
        """On how many connections they came."""
        with self.lock:
            return len({r.connection for r in self.requests if path is None or r.path == path})

    def last(self, path):
        with self.lock:
            return [r for r in self.requests if r.path == path][-1]

    def forget(self):
        with self.lock:
            self.requests.clear()
        return self

    def accept(self):
        while True:
            ready, _, _ = select.select([self.listener, self.stop_pipe[0]], [], [])
            if self.stop_pipe[0] in ready:
                return
            sock, _ = self.listener.accept()
            connection = Connection(self, sock, self.accepted)
            self.accepted += 1
            thread = threading.Thread(target=self.serve, args=(connection,), daemon=True)
            self.threads.append(thread)
            thread.start()

    def serve(self, connection):
        try:
            while True:
                request = connection.read_request()
                with self.lock:
                    self.requests.append(request)
                    answer = self.choose(request)
                    self.busy[request.path] += 1
                    self.most_open[request.path] = max(self.most_open[request.path], self.busy[request.path])
                try:
                    if answer(connection, request):
                        break
                finally:
                    with self.lock:
                        self.busy[request.path] -= 1
        except (Gone, ConnectionError):
            pass
        finally:
            connection.sock.close()

    def choose(self, request):
        script = self.scripts.get(request.path)
        if script:
            return script.pop(0) if len(script) > 1 else script[0]
        if self.default:
            return self.default
        if request.path.startswith("/do/"):
            make = BY_NAME.get(request.path[4:])
            return make(request.query) if make else status(404, b"no such scenario\n")
        parts = request.path.strip("/").split("/")
        path = os.path.join(self.root, *parts) if self.root and ".." not in parts else None
        if path and os.path.isfile(path):
            with open(path, "rb") as f:
                return ok(f.read())
        return status(404, b"<Error><Code>NoSuchKey</Code></Error>")


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--root", help="serve this folder too")
    ap.add_argument("port", type=int, nargs="?", default=0)
    a = ap.parse_args()
    with Rude(a.root, a.port) as server:
        print(server.url, "/do/{%s}" % ",".join(sorted(BY_NAME)), flush=True)
        try:
            server.thread.join()
        except KeyboardInterrupt:
            sys.exit(130)


if __name__ == "__main__":
    main()
