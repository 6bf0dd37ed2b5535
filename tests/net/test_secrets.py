#!/usr/bin/python3
"""Who gets which secret, and that nobody else ever sees one: tokens, netrc, S3's signature, proxies."""
import base64
import hashlib
import hmac
import os
import re
import urllib.error
import urllib.parse
import urllib.request

import nettest
from nettest import BROKEN, BUCKET
from rude import head, ok, redirect, Rude, status
from world import World

TOKEN = "tok-3n-0f-gr34t-v4lu3"
PASSWORD = "hunter2-but-longer"
KEY_ID, SECRET, SESSION = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "FwoGZXIvYXdzEJr//////////wEa+DK=="


class Secrets(nettest.Case):
    def setUp(self):
        super().setUp()
        self.key = self.build(1)
        self.log = f"/{BUCKET}/{self.key}/build-log.txt"
        self.world = World(self.root)
        self.addCleanup(self.world.stop)
        self.world.start()
        self.rude = Rude(self.root)
        self.addCleanup(self.rude.close)

    def get(self, *args, **more):
        """A report with everything traced: no secret may be in it, nor beside it."""
        done = self.report(self.world.url + "/?job=*", *self.at(self.world, self.rude), "--trace", "all", *args, **more)
        for secret in (TOKEN, PASSWORD, SECRET, SESSION, base64.b64encode(b"me:" + PASSWORD.encode()).decode()):
            self.assertNotIn(secret, done.out + done.err)
            for parent, _, names in os.walk(self.path("cache")):
                for name in names:
                    with open(os.path.join(parent, name), "rb") as f:
                        self.assertNotIn(secret.encode(), f.read())
        return done

    def authorizations(self, server):
        return {r.headers.get("authorization") for r in server.requests}


class Tokens(Secrets):
    def test_a_named_host_gets_the_token_and_no_other(self):
        host = f"127.0.0.1:{self.rude.port}"
        for hosts, sent in ((host, f"Bearer {TOKEN}"), ("127.0.0.1", f"Bearer {TOKEN}"), (f"a.example, {host}", f"Bearer {TOKEN}"),
                            ("127.0.0.1:1", None), ("127.0.0.10", None), ("example", None), ("", None)):
            with self.subTest(hosts):
                self.rude.forget()
                self.get("--token-hosts", hosts, "--cache-size=0", env={"PROWL_TOKEN": TOKEN})
                self.assertEqual(self.authorizations(self.rude), {sent})

    def test_a_token_comes_from_a_file(self):
        path = self.write("token", TOKEN + "\n")
        self.get("--token-file", path, "--token-hosts", "127.0.0.1")
        self.assertEqual(self.authorizations(self.rude), {f"Bearer {TOKEN}"})
        done = self.prowl("report", "--no-config", self.world.url, "--token-file", self.path("none"), status=2)
        self.assertIn("none", done.err)

    def test_a_token_for_nobody_is_told(self):
        done = self.get(env={"PROWL_TOKEN": TOKEN})
        self.assertEqual(self.authorizations(self.rude), {None})
        self.assertIn("--token-hosts", done.err)

    def test_a_redirect_takes_no_token_along(self):
        with Rude(self.root) as other:
            self.rude.on(self.log, redirect(other.url + self.log))
            done = self.get("--token-hosts", f"127.0.0.1:{self.rude.port}", env={"PROWL_TOKEN": TOKEN})
            self.assertEqual(self.problems(done), [])
            self.assertEqual(self.rude.last(self.log).headers["authorization"], f"Bearer {TOKEN}")
            self.assertEqual(self.authorizations(other), {None})

    def test_a_header_is_never_sent_empty(self):
        self.get()
        self.assertEqual(self.authorizations(self.rude), {None})


class Netrc(Secrets):
    BASIC = "Basic " + base64.b64encode(f"me:{PASSWORD}".encode()).decode()

    def test_a_machine_gets_its_own(self):
        path = self.write("netrc", f"machine 127.0.0.1 login me password {PASSWORD}\n")
        self.get("--netrc-file", path)
        self.assertEqual(self.authorizations(self.rude), {self.BASIC})

    def test_a_redirect_takes_nothing_along_even_where_an_entry_fits_all(self):
        path = self.write("netrc", f"default login me password {PASSWORD}\n")
        with Rude(self.root) as other:
            self.rude.on(self.log, redirect(other.url + self.log))
            self.assertEqual(self.problems(self.get("--netrc-file", path)), [])
            self.assertEqual(self.rude.last(self.log).headers["authorization"], self.BASIC)
            self.assertEqual(self.authorizations(other), {None})

    def test_no_file_is_a_mistake_of_the_caller(self):
        done = self.prowl("report", "--no-config", self.world.url, "--netrc-file", self.path("none"), status=2)
        self.assertIn("--netrc-file", done.err)


class Proxies(Secrets):
    def test_a_proxy_is_used_where_the_environment_says_so(self):
        with Rude(default=self.forward) as proxy:
            url = f"http://me:{PASSWORD}@127.0.0.1:{proxy.port}"
            for env, used in (({"http_proxy": url}, True), ({"all_proxy": url}, True), ({"ALL_PROXY": url}, True),
                              ({"HTTP_PROXY": url}, False), ({"https_proxy": url}, False),
                              ({"http_proxy": url, "no_proxy": "127.0.0.1"}, False), ({"http_proxy": url, "NO_PROXY": "*"}, False)):
                with self.subTest(env):
                    proxy.forget()
                    done = self.get("--cache-size=0", env=env)
                    self.assertEqual((self.problems(done), proxy.count() > 5), ([], used))
                    if used:
                        self.assertEqual({r.headers.get("proxy-authorization") for r in proxy.requests}, {Netrc.BASIC})

    def test_a_proxy_that_is_not_there_is_told(self):
        done = self.prowl("report", *self.QUICK, "http://deck.example/?job=*", "--tries", "2", status=75,
                          env={"http_proxy": f"http://me:{PASSWORD}@127.0.0.1:1"})
        self.assertIn("127.0.0.1", done.err)
        self.assertNotIn(PASSWORD, done.err)

    @staticmethod
    def forward(connection, request):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(urllib.request.Request(request.target, headers={"Accept-Encoding": "gzip"})) as got:
                body, code, packed = got.read(), got.status, got.headers.get("Content-Encoding")
        except urllib.error.HTTPError as error:
            body, code, packed = b"", error.code, None
        connection.send(head(code, {"Content-Length": len(body), "Content-Encoding": packed}) + body)


def signature_of(request):
    """What AWS Signature Version 4 makes of a request as it came: "" when it is not signed, else (true, sent)."""
    sent = request.headers.get("authorization", "")
    found = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request, ?SignedHeaders=([^,]+), ?"
                         r"Signature=([0-9a-f]{64})", sent)
    if not found:
        return "", sent
    key_id, date, region, names, signature = found.groups()
    path, _, query = request.target.partition("?")
    quote = lambda text, safe="": urllib.parse.quote(urllib.parse.unquote(text), safe=safe + "-_.~")
    pairs = sorted((quote(p.partition("=")[0]), quote(p.partition("=")[2])) for p in query.split("&") if p)
    canonical = "\n".join(["GET", quote(path, "/"), "&".join(f"{k}={v}" for k, v in pairs),
                           "".join(f"{n}:{' '.join(request.headers[n].split())}\n" for n in names.split(";")), names,
                           request.headers["x-amz-content-sha256"]])
    scope = f"{date}/{region}/s3/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", request.headers["x-amz-date"], scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("AWS4" + SECRET).encode()
    for part in (date, region, "s3", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    wanted = {"host", "x-amz-date", "x-amz-content-sha256"} | ({"x-amz-security-token"} & set(request.headers))
    good = (key_id == KEY_ID and wanted <= set(names.split(";")) and
            request.headers["x-amz-content-sha256"] == hashlib.sha256(b"").hexdigest())
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest() if good else "incomplete", signature


class S3(Secrets):
    """A store that answers only what is signed rightly, and lists by XML."""

    ENV = {"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET}

    def setUp(self):
        super().setUp()
        self.store = Rude(default=self.answer)
        self.addCleanup(self.store.close)
        self.bad = []

    def answer(self, connection, request):
        true, sent = signature_of(request)
        if not true or true != sent:
            self.bad.append(request.target)
            body = f"<Error><Code>SignatureDoesNotMatch</Code><AWSAccessKeyId>{KEY_ID}</AWSAccessKeyId></Error>".encode()
            connection.send(head(403, {"Content-Length": len(body)}) + body)
            return
        try:
            with urllib.request.urlopen(self.world.url + request.target) as got:
                body, code = got.read(), got.status
        except urllib.error.HTTPError as error:
            body, code = b"", error.code
        connection.send(head(code, {"Content-Length": len(body), "ETag": '"x y"'}) + body)

    def fetch(self, *args, env=None, **more):
        return self.get_s3(f"s3://{BUCKET}/logs/periodic-x", *args, env=dict(self.ENV, **(env or {})), **more)

    def get_s3(self, *args, **more):
        done = self.report("--s3-url", self.store.url, *args, **more)
        self.assertNotIn(SECRET, done.out + done.err)
        return done

    def test_objects_and_listings_are_signed(self):
        self.build(2, files={"artifacts/junit a+b#c%d é.xml": "<testsuite><testcase name='a'/></testsuite>"})
        for env in ({}, {"AWS_SESSION_TOKEN": SESSION}, {"AWS_REGION": "eu-west-3"}, {"AWS_DEFAULT_REGION": "x"}):
            with self.subTest(env):
                self.store.forget()
                report = self.fetch("--cache-size=0", env=env).json()
                self.assertEqual((self.bad, report["totals"]["problems"], len(report["builds"])), ([], 0, 2))
                self.assertIn("read", {a["state"] for b in report["builds"] for a in b["artifacts"] if "junit" in a["path"]})
                self.assertGreater(sum("list-type=2" in r.target for r in self.store.requests), 1)
                region = env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION") or "us-east-1"
                self.assertEqual({r.headers["authorization"].split("/")[2] for r in self.store.requests}, {region})
        self.store.forget()
        self.fetch("--cache-size=0", "--s3-region", "mars-1", env={"AWS_REGION": "eu-west-3"})
        self.assertEqual({r.headers["authorization"].split("/")[2] for r in self.store.requests}, {"mars-1"})

    def test_a_listing_of_many_pages_is_signed(self):
        for n in range(2, 8):
            self.build(n)
        self.world.page_size = 2
        self.assertEqual((len(self.fetch().json()["builds"]), self.bad), (7, []))

    def test_a_request_that_asks_whether_anything_changed_is_signed(self):
        self.env["PROWL_NOW"] = nettest.stamp(nettest.STARTED + 900)
        first = self.fetch()
        again = self.fetch()
        self.assertEqual((first.out, self.bad), (again.out, []))
        self.assertGreater(sum("if-none-match" in r.headers for r in self.store.requests), 2)

    def test_a_wrong_secret_is_told_without_it(self):
        done = self.get_s3(f"s3://{BUCKET}/logs/periodic-x/1", env=dict(self.ENV, AWS_SECRET_ACCESS_KEY=SECRET + "x"), status=75)
        self.assertIn("HTTP status 403 (SignatureDoesNotMatch)", [t for _, t in self.problems(done)])

    def test_nothing_is_signed_without_a_key(self):
        self.get_s3(f"s3://{BUCKET}/logs/periodic-x/1", status=75)
        self.assertEqual(self.authorizations(self.store), {None})

    def test_a_redirect_to_another_host_takes_no_signature_along(self):
        with Rude(self.root) as other:
            self.store.on(self.log, redirect(other.url + self.log))
            done = self.fetch(env={"AWS_SESSION_TOKEN": SESSION})
            self.assertEqual(self.problems(done), [])
            self.assertEqual(self.authorizations(other), {None})
            self.assertNotIn("x-amz-security-token", other.last(self.log).headers)

    def test_other_stores_get_no_signature(self):
        self.get(env=dict(self.ENV, AWS_SESSION_TOKEN=SESSION))
        self.assertEqual(self.authorizations(self.rude), {None})
        self.assertEqual({r.headers.get("x-amz-security-token") for r in self.rude.requests}, {None})

    def test_403_means_absent_where_nothing_can_be_listed(self):
        denied = status(403, b"<Error><Code>AccessDenied</Code></Error>")

        def closed(connection, request):
            name = request.path.rpartition("/")[2]
            path = os.path.join(self.root, request.path.strip("/"))
            return (ok(open(path, "rb").read()) if name and os.path.isfile(path) else denied)(connection, request)
        with Rude(default=closed) as store:
            done = self.report("--s3-url", store.url, f"s3://{BUCKET}/logs/periodic-x/1")
            self.assertEqual(self.problems(done), [("listing", "HTTP status 403 (AccessDenied)")])
            self.assertEqual(done.json()["builds"][0]["verdict"]["line"], 2)


if __name__ == "__main__":
    nettest.main()
