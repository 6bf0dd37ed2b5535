"""The HTML page of a night in a real Chromium: what it shows, what it must not do, how it is used."""
import collections
import http.server
import json
import os
import re
import subprocess
import tempfile
import threading
import time
import unittest

import browser
from prowltest import PROWL, ROOT

SAMPLE = os.path.join(os.path.dirname(PROWL), "tests/unit/night_sample")
AXE = os.path.join(ROOT, "build/axe/node_modules/axe-core/axe.min.js")
LIMIT = 2_000_000  # bytes
HEAT = ["FFFFFFFFFPPP", "PFPPPPPPPPPP", "PF~PFPPFPPPP", "FPPFPPPPPPPP", "P~PPF~PP~PPF", "PPPPPPPPFPPP", "PPEEPPPPPPPP", "PPPPPPPPPPPP", "PPPPPPPPPPPP"]
# As Deck's HTML lens shows an artifact: kubernetes-sigs/prow pkg/spyglass/lenses/html/html.go.
NOTIFIER = """<script type="text/javascript">
window.addEventListener("load", function(){
    parent.postMessage({"height": document.getElementById("wrapper").offsetHeight, "id": "prowl-summary.html-0"}, "*");
});
</script>"""
LENS = """<!doctype html><title>lens</title><script>
window.heights = []; window.addEventListener("message", e => window.heights.push(e.data.height));
</script><iframe srcdoc="%s" sandbox="allow-scripts allow-popups allow-same-origin allow-forms"></iframe>"""


def lens(page):
    return LENS % ('<div id="wrapper">' + page + "</div>" + NOTIFIER).replace('"', "&quot;")


@unittest.skipIf(browser.missing(), browser.missing())
class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="prowl-test-")
        cls.addClassCleanup(cls.folder.cleanup)
        for kind in ("usual", "empty", "unread", "evil", "large"):
            with open(cls.file(kind), "wb") as f:
                subprocess.run([SAMPLE, "html", kind], stdout=f, check=True)
        cls.b = browser.Browser()
        cls.addClassCleanup(cls.b.close)

    def setUp(self):
        self.b.size(1280, 900)
        self.b.wishes()

    @classmethod
    def file(cls, name):
        return os.path.join(cls.folder.name, name + ".html")

    def text(self, name):
        with open(self.file(name), encoding="utf-8") as f:
            return f.read()

    def open(self, name, more=""):
        self.b.open("file://" + self.file(name) + more)
        self.assertEqual(self.b.run("return document.documentElement.dataset.ready"), "yes", self.b.log("browser"))

    def count(self, css):
        return self.b.run("return document.querySelectorAll(arguments[0]).length", css)

    def texts(self, css):
        return self.b.run("return [...document.querySelectorAll(arguments[0])].map(e => e.textContent)", css)

    # ---- what it shows ----

    def test_every_table_has_its_rows(self):
        self.open("usual")
        for css, rows in {"#flaky tbody tr": 2, "#causes tbody tr": 4, "#clusters tbody tr": 9, "#jobs-place tbody tr": 5, "#builds-place tbody tr": 8,
                          "#heat tbody tr": 9, "#tests tbody tr": 9, "[data-key=outages] tbody tr": 1, "[data-key=apart] tbody tr": 3,
                          "#heat thead .build a": 12, "main > section": 12}.items():
            self.assertEqual(self.count(css), rows, css)
        self.assertEqual(self.b.run("return [...document.querySelectorAll('#heat tbody tr')].map(r => [...r.querySelectorAll('td')].map(d => d.textContent).join(''))"), HEAT)
        self.assertEqual([m for m in self.b.log("browser") if "SEVERE" in m or "rror" in m], [])

    def test_the_newest_build_is_left_and_linked(self):
        self.open("usual")
        columns = self.b.run("return [...document.querySelectorAll('#heat .build a')].map(a => [a.getAttribute('aria-label'), a.href])")
        times = [re.search(r", (.*)$", name)[1] for name, _ in columns]
        self.assertEqual(times, sorted(times, reverse=True))
        for name, url in columns:
            self.assertIn(re.search(r"#(\d+)", name)[1], url)

    def test_excerpts_link_to_their_line(self):
        self.open("usual")
        lines = self.b.run("return [...document.querySelectorAll('#broken .log a, #new .log a, #builds-place .log a')].map(a => [a.textContent, a.href])")
        self.assertGreaterEqual(len(lines), 9)
        for line, url in lines:
            self.assertRegex(line, r"^L\d+$")
            self.assertTrue(url.endswith("build-log.txt%3A" + line[1:]), url)

    def test_without_scripts_the_summary_is_there(self):
        self.b.scripts(False)
        try:
            self.b.open("file://" + self.file("usual"))
            root = self.b.devtools("DOM.getDocument")["root"]["backendNodeId"]
            page = self.b.devtools("DOM.getOuterHTML", backendNodeId=root)["outerHTML"]
        finally:
            self.b.scripts(True)
        shown = {"html": re.sub(r"<[^>]*>", "", page)}
        for name in ("headline", "broken", "new", "worse", "flaky", "causes", "infra", "self", "heat"):
            part = re.search(rf'<section[^>]* id="{name}".*?</section>|<section id="{name}".*?</section>', page, re.S)[0]
            shown["#" + name] = re.sub(r"<[^>]*>", "", part)
        self.assertIn("1 broken, 1 new, 1 got worse, 1 returning.", shown["#headline"])
        self.assertIn("attaches a second disk", shown["#broken"])
        self.assertIn("TestPrimeAfterRestart", shown["#new"])
        self.assertIn("TestCloseTwice", shown["#worse"])
        self.assertIn("resolves a service at once", shown["#flaky"])
        self.assertIn("Pull through a mirror", shown["#causes"])
        self.assertIn("rate limit reached", shown["#infra"])
        self.assertIn("Yes, as far as it can tell", shown["#self"])
        self.assertIn("needs JavaScript", shown["#heat"])
        self.assertNotIn("Copy", shown["html"].split('{"columns"')[0])  # no control that does nothing

    def test_a_broken_night_says_so_first(self):
        self.open("unread")
        self.assertEqual(self.texts("main > section:first-child h2"), ["This night cannot be trusted"])
        self.open("usual")
        self.assertEqual(self.count("#alarm"), 0)

    def test_a_night_without_builds_is_a_whole_page(self):
        self.open("empty")
        self.assertIn("No build ran in this time.", self.texts("#headline .verdict")[0])
        self.assertEqual(self.count("table"), 0)

    def test_the_largest_night_is_small_and_shows_all(self):
        self.assertLess(os.path.getsize(self.file("large")), LIMIT)
        self.open("large", "#heat.all=1")
        self.assertEqual(self.count("#heat tbody tr"), 500)
        self.assertEqual(self.count("#heat td.g"), 500 * 100)
        self.assertEqual(self.count("#tests tbody tr"), 100)
        self.assertRegex(self.texts("#tests .shown")[0], r"^100 of \d{3,}; \d+ more left out$")

    def test_it_fits_a_telephone(self):
        for width in (390, 1280):
            self.b.size(width, 800)
            for name in ("usual", "evil", "large"):
                self.open(name)
                self.assertEqual(self.b.run("return document.documentElement.scrollWidth"), width, f"{name} at {width}")

    # ---- what it must not do ----

    def tags(self, where="document"):
        return self.b.run(f"const n = {{}}; for (const e of {where}.querySelectorAll('*')) n[e.localName] = (n[e.localName] || 0) + 1; return n")

    def assert_harmless(self, where="document"):
        tags = self.tags(where)
        for bad in ("img", "iframe", "object", "embed", "form", "base", "audio", "video"):
            self.assertNotIn(bad, tags)
        self.assertIsNone(self.b.dialog())
        links = self.b.run(f"return [...{where}.querySelectorAll('[href]')].map(e => e.getAttribute('href'))")
        for href in links:
            self.assertRegex(href, r"^(https?://[^<>\"' ]+|#[a-z]+|data:,)$")
        names = self.b.run(f"return [...new Set([...{where}.querySelectorAll('*')].flatMap(e => e.getAttributeNames()))]")
        self.assertEqual([n for n in names if n.startswith("on") or n == "style"], [])
        return tags

    def test_hostile_text_makes_no_element(self):
        self.open("usual")
        known = set(self.tags())
        self.open("evil")
        self.b.run("document.querySelectorAll('.open').forEach(b => b.click())")
        tags = self.assert_harmless()
        self.assertLessEqual(set(tags), known)
        self.assertEqual(tags["script"], 2)
        self.assertTrue(self.texts("h1")[0].startswith("</script><img src=x onerror=alert(1)>"))
        self.assertTrue(self.texts("#tests tbody .detail code")[0].startswith("</script><img src=x onerror=alert(1)>"))
        shown = self.b.run("return document.body.innerText")
        self.assertEqual(re.findall("[\u202a-\u202e\u2066-\u2069\u2028\u2029\x1b\x07]", shown), [])
        self.assertIn("\ufffd", shown)

    def parsed(self, name, wanted="section"):
        """How often the parser made which element, frames too, before any script could change it; once there is a wanted one."""
        def walk(node, names):
            names[node["nodeName"].lower()] += node["nodeType"] == 1
            for child in node.get("children", []) + [node[n] for n in ("contentDocument",) if n in node]:
                walk(child, names)
            return names

        self.b.scripts(False)
        try:
            self.b.open("file://" + self.file(name))
            until, before = time.monotonic() + 30, None
            while True:  # the content of a frame comes a little later
                names = walk(self.b.devtools("DOM.getDocument", depth=-1, pierce=True)["root"], collections.Counter())
                if time.monotonic() > until or (names[wanted] > 0 and names == before):
                    return names
                before = names
                time.sleep(0.05)
        finally:
            self.b.scripts(True)

    def frame(self, name, page):
        with open(self.file(name), "w", encoding="utf-8") as f:
            f.write(lens(page))

    def test_decks_lens_makes_no_element_either(self):
        self.frame("trap", "<p>&lt;img src=x&gt;</p>")  # what the lens does to text that is escaped as usual
        self.assertEqual(self.parsed("trap", "img")["img"], 1)
        self.frame("framed", self.text("usual"))
        usual = self.parsed("framed")
        self.frame("framed", self.text("evil"))
        for name, frames in (("evil", 0), ("framed", 1)):
            seen = self.parsed(name)
            self.assertGreater(seen["section"], 10)
            self.assertEqual(seen["iframe"], frames)
            self.assertLessEqual(set(seen), set(usual))
        for name in ("usual", "evil"):
            self.frame("framed", self.text(name))
            self.b.open("file://" + self.file("framed"))
            self.assertEqual(self.b.run("return document.querySelector('iframe').contentDocument.documentElement.dataset.ready"), "yes", self.b.log("browser"))
            tags = self.assert_harmless("document.querySelector('iframe').contentDocument")
            self.assertEqual(tags["script"], 3)  # the lens's own is one
            self.assertEqual(self.b.run("return document.querySelector('iframe').contentDocument.querySelectorAll('#tests tbody tr').length"), 9)
            self.assertGreater(self.b.run("return window.heights[0]"), 2000)

    def test_no_request_leaves_the_page(self):
        for name in ("usual", "evil"):
            self.b.requests()
            self.open(name)
            self.b.run("document.querySelectorAll('button').forEach(b => b.click())")
            asked = [url for url in self.b.requests() if url != "about:blank"]
            self.assertEqual([url for url in asked if not url.startswith("data:")], ["file://" + self.file(name)])
            self.assertEqual(re.findall(r"(?:\bsrc=|@import|url\(|<link (?!rel=icon href='data:,')|\bfetch\(|XMLHttpRequest|WebSocket|sendBeacon)",
                                        re.sub(r"<script type=application/json.*?</script>", "", self.text(name), flags=re.S)
                                        .replace("﹤img src=x", "")), [])

    def test_the_policy_holds(self):
        asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(handler):
                asked.append(handler.path)
                body = self.text("usual").encode() if handler.path == "/prowl-summary.html" else b"window.ours = 1"
                handler.send_response(200)
                handler.send_header("Content-Type", "text/html" if handler.path.endswith("html") else "text/javascript")
                handler.end_headers()
                handler.wfile.write(body)

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            self.b.open(f"http://127.0.0.1:{server.server_port}/prowl-summary.html")
            self.assertEqual(self.b.run("return document.documentElement.dataset.ready"), "yes")
            violated = self.b.run_later("""
                const done = arguments[arguments.length - 1], seen = [];
                document.addEventListener('securitypolicyviolation', e => { seen.push(e.effectiveDirective); if (seen.length === 5) done(seen.sort()); });
                const add = (name, set) => { const e = document.createElement(name); set(e); document.body.append(e); };
                add('script', e => e.textContent = 'window.ours = 1');
                add('script', e => e.src = '/a.js');
                add('img', e => e.src = '/b.png');
                add('p', e => e.setAttribute('style', 'color: red'));
                fetch('/c').catch(() => 0);""")
            self.assertEqual(violated, ["connect-src", "img-src", "script-src-elem", "script-src-elem", "style-src-attr"])
            self.assertIsNone(self.b.run("return window.ours || null"))
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
        self.assertEqual(asked, ["/prowl-summary.html"])

    @unittest.skipUnless(os.path.exists(AXE), "axe-core is not installed: scripts/setup test")
    def test_axe_finds_nothing(self):
        with open(AXE, encoding="utf-8") as f:
            axe = f.read()
        for name, scheme, width in (("usual", "light", 1280), ("usual", "dark", 1280), ("evil", "light", 1280), ("unread", "dark", 390), ("empty", "light", 390)):
            with self.subTest(name=name, scheme=scheme, width=width):
                self.b.wishes(scheme)
                self.b.size(width, 900)
                self.open(name)
                self.b.run("document.querySelectorAll('.open').forEach(b => b.click()); document.querySelectorAll('[data-key=tests] .sort')[2]?.click()")
                self.b.devtools("Runtime.evaluate", expression=axe)
                found = self.b.run_later("""
                    const done = arguments[arguments.length - 1];
                    axe.run(document, {resultTypes: ['violations']}).then(r => done([r.passes.length, r.violations.map(v => [v.id, v.impact, v.nodes.length, v.nodes[0].html, v.nodes[0].failureSummary])]));""")
                self.assertGreater(found[0], 20)
                self.assertEqual(found[1], [])

    # ---- how it is used ----

    def column(self, key, n):
        return self.b.run("return [...document.querySelectorAll(`table[data-key=${arguments[0]}] tbody tr:not(.detail)`)].map(r => r.children[arguments[1]].textContent)", key, n)

    def test_tables_sort_both_ways(self):
        self.open("usual")
        blocked = "#tests th:nth-child(8) button"
        before = self.column("tests", 7)
        self.b.click(blocked)
        down = [int(t) for t in self.column("tests", 7)]
        self.assertEqual(down, sorted(map(int, before), reverse=True))
        self.assertNotEqual(before, [str(n) for n in down])
        self.assertEqual(self.b.run("return [...document.querySelectorAll('#tests th[aria-sort]')].map(t => t.getAttribute('aria-sort'))"), ["descending"])
        self.b.click(blocked)
        self.assertEqual([int(t) for t in self.column("tests", 7)], down[::-1])
        self.assertEqual(self.texts("#said"), ["Sorted by Blocked, ascending"])
        self.b.click("#causes th:nth-child(1) button")  # a table that came as HTML
        causes = self.column("causes", 0)
        self.assertEqual(causes, sorted(causes))

    def test_what_is_seen_is_in_the_address_and_comes_back(self):
        self.open("usual")
        self.b.click("#tests th:nth-child(1) button")
        self.b.run("""const q = document.querySelector('#tests-q'); q.value = 'Fuel/'; q.dispatchEvent(new Event('input'));
            const c = document.querySelector('#jobs-c'); c.value = 'quiet'; c.dispatchEvent(new Event('change'));""")
        self.b.click("#theme")
        self.b.click("#theme")
        self.b.click("nav a[href='#jobs']")
        names = self.column("tests", 0)
        self.assertEqual(names, sorted(names))
        self.assertEqual(len(names), 4)
        self.assertEqual(self.texts("#tests .shown"), ["4 of 4"])
        address = self.b.run("return location.href")
        for part in ("tests.sort=0", "tests.q=Fuel%2F", "jobs.c=quiet", "theme=dark", "at=jobs"):
            self.assertIn(part, address)
        self.b.open(address)
        self.assertEqual(self.column("tests", 0), names)
        self.assertEqual(self.b.run("return document.querySelector('#tests-q').value"), "Fuel/")
        self.assertEqual(self.b.run("return document.querySelector('#tests th[aria-sort]').getAttribute('aria-sort')"), "ascending")
        self.assertEqual(self.count("#jobs-place tbody tr"), 2)
        self.assertEqual(self.texts("#theme"), ["Theme: dark"])
        self.assertEqual(self.b.run("return getComputedStyle(document.body).backgroundColor"), "rgb(17, 21, 26)")
        self.assertLess(abs(self.b.run("return document.querySelector('#jobs').getBoundingClientRect().top")), 120)

    def test_the_heat_map_shows_one_job(self):
        page = self.text("usual")  # of which all columns are of one job: give every third to another
        island = re.search(r"<script type=application/json id=night>(.*?)</script>", page, re.S)[1]
        night = json.loads(island)
        for column in night["columns"]["rows"][::3]:
            column["j"] = "another"
        with open(self.file("jobs"), "w", encoding="utf-8") as f:
            f.write(page.replace(island, json.dumps(night)))
        self.open("jobs")
        self.assertEqual(self.texts("#heat-j option"), ["all", "another", "periodic-rocket-e2e"])
        self.b.run("const j = document.querySelector('#heat-j'); j.value = 'another'; j.dispatchEvent(new Event('change'))")
        for _ in range(2):
            self.assertEqual(len(self.texts("#heat .build a")), 4)
            self.assertEqual(self.b.run("return [...document.querySelectorAll('#heat tbody tr')].map(r => [...r.querySelectorAll('td')].map(d => d.textContent).join(''))"),
                             [row[::3] for row in HEAT])
            self.assertEqual(self.b.run("return document.querySelector('#heat-j').value"), "another")
            self.b.open(self.b.run("return location.href"))

    def test_a_test_leads_to_its_cluster(self):
        self.open("usual")
        self.b.click("#tests tbody tr:nth-child(1) .open")
        self.b.click("#tests .detail a[href='#clusters']")
        self.assertEqual(self.column("clusters", 0), ["volume vol-7: attach: expected phase Bound, got Pending"])
        self.assertIn("clusters.q=5c1f0a9be3d2", self.b.run("return location.hash"))

    def test_a_strange_address_does_no_harm(self):
        for hash in ("#tests.sort=99", "#tests.sort=<img>", "#theme=%00&at=../x", "#tests.q=%3Cscript%3E", "#at=" + "x" * 5000, "#=&&=", "#%"):
            self.open("usual", hash)
            self.assertEqual(self.count("#heat tbody tr"), 9)
            self.assert_harmless()

    def test_details_open_and_close(self):
        self.open("usual")
        opener = "#tests tbody tr .open"
        self.b.click(opener)
        self.assertIn("failed in all of its last 9 runs", self.texts("#tests .detail")[0])
        self.assertEqual(self.b.run("return document.querySelector(arguments[0]).getAttribute('aria-expanded')", opener), "true")
        self.b.click(opener)
        self.assertEqual(self.count("#tests .detail"), 0)

    def test_the_keyboard_reaches_everything(self):
        self.open("usual")
        self.b.press("Tab")
        self.assertEqual(self.b.run("const e = document.activeElement, r = e.getBoundingClientRect(); return [e.className, r.top >= 0]"), ["skip", True])
        self.b.press("Enter")
        self.assertEqual(self.b.run("return document.activeElement.id"), "main")
        self.open("usual")
        want = self.b.run("""return [...document.querySelectorAll('a[href], button, input, select, [tabindex="0"]')]
            .filter(e => e.checkVisibility()).map((e, i) => (e.dataset.order = i)).length""")
        reached, plain = [], []
        for _ in range(want):
            self.b.press("Tab")
            order, outline = self.b.run("const e = document.activeElement, s = getComputedStyle(e); return [e.dataset.order, s.outlineStyle + parseInt(s.outlineWidth)]")
            reached.append(int(order))
            if outline != "solid3":
                plain.append(order)
        self.assertEqual(reached, list(range(want)))
        self.assertEqual(plain, [], "no focus to see")
        self.b.run("document.querySelector('#tests th:nth-child(8) button').focus()")
        self.b.press("Enter")
        self.assertEqual(self.b.run("return document.querySelector('#tests th:nth-child(8)').getAttribute('aria-sort')"), "descending")

    def test_tables_are_named_for_those_who_hear_them(self):
        self.open("usual")
        self.assertEqual(self.count("table"), self.count("table > caption"))
        self.assertEqual(self.count("thead th:not([scope])") + self.count("tbody th:not([scope=row])"), 0)
        self.assertEqual(self.count("main") + self.count("nav[aria-label]") + self.count("header") + self.count("footer"), 4)

    def copied(self, button):
        self.b.run("navigator.clipboard.writeText = text => { window.copied = text; return Promise.resolve(); }")
        self.b.click(button)
        return self.b.run("return window.copied")

    def test_a_section_copies_as_markdown(self):
        self.open("usual")
        text = self.copied("#broken .copy")
        self.assertTrue(text.startswith("## Broken now\n"), text)
        self.assertIn("**broken** `e2e/storage.Volume.attaches a second disk` **20/140**", text)
        self.assertIn("[L900](https://prow.example/view/gs/ci/logs/periodic-rocket-e2e/1700000000#1:build-log.txt%3A900) `volume vol-7: attach: expected phase Bound, got Pending`", text)
        self.assertEqual(self.texts("#said"), ["Copied Broken now as Markdown"])
        rows = [line for line in self.copied("#tests .copy").splitlines() if line.startswith("|")]
        self.assertEqual(len(rows), 11)
        self.assertEqual({line.count("|") for line in rows}, {11})
        text = self.copied("#copy")
        for part in ("1 broken", "Pass rate, raw", "## New tonight", "## Flakiest tests", "`image-pull/rate-limit`"):
            self.assertIn(part, text)

    def test_copied_text_of_others_stands_in_code(self):
        self.open("evil")
        for button in ("#copy", "#tests .copy", "#jobs .copy", "#clusters .copy", "#infra .copy", "#self .copy"):
            text = self.copied(button)
            self.assertIn("@octocat", text)
            bare = re.sub(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)", "", text)
            bare = re.sub(r"\]\(https?://[^)\s]*\)", "]", bare)
            for bad in ("@octocat", "<img", "![x]", "**b**", "evil.example"):
                self.assertNotIn(bad, bare, button)

    def test_it_prints_without_controls(self):
        self.open("usual")
        self.b.wishes(media="print")
        try:
            seen = self.b.run("return [...document.querySelectorAll('nav, #tools, .controls, .copy, .open')].filter(e => e.checkVisibility()).length")
            hidden = self.b.run("return [...document.querySelectorAll('main > section, main table')].filter(e => !e.checkVisibility()).length")
            colour = self.b.run("return getComputedStyle(document.body).backgroundColor")
            pdf = self.b.devtools("Page.printToPDF", printBackground=True)["data"]
        finally:
            self.b.wishes()
        self.assertEqual((seen, hidden, colour), (0, 0, "rgb(255, 255, 255)"))
        self.assertGreater(len(pdf), 20000)

    def test_nothing_moves_where_motion_is_not_wanted(self):
        self.open("usual")
        for motion, want in (("no-preference", "smooth"), ("reduce", "auto")):
            self.b.wishes(motion=motion)
            self.assertEqual(self.b.run("return getComputedStyle(document.documentElement).scrollBehavior"), want)


if __name__ == "__main__":
    unittest.main()
