"""A Chromium without a window, driven over WebDriver: for tests of pages, and for eyes."""
import base64
import json
import os
import re
import shutil
import subprocess
import tempfile
import urllib.request

FLAGS = ("--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
         "--disable-component-update --disable-sync --hide-scrollbars --force-device-scale-factor=1 --remote-debugging-pipe").split()
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # WebDriver's name of a reference
KEYS = {"Tab": "\ue004", "Enter": "\ue007", "Space": " ", "Shift": "\ue008"}


def missing():
    """What is not installed, as a sentence, or ""."""
    gone = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
    return f"{' and '.join(gone)} not installed: scripts/setup test" if gone else ""


class Browser:
    """One session in a profile of its own; what pages ask of the network and say on the console is kept."""

    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="prowl-chromium-")
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL, env=dict(os.environ, HOME=self.profile, TZ="UTC"))
        self.base, self.session = "", False
        try:
            for line in self.driver.stdout:
                if found := re.search(rb"started successfully on port (\d+)", line):
                    self.base = f"http://127.0.0.1:{int(found[1])}/session"
                    break
            options = {"args": FLAGS + ["--user-data-dir=" + os.path.join(self.profile, "user")]}
            made = self.ask("", {"capabilities": {"alwaysMatch": {
                "goog:chromeOptions": options, "goog:loggingPrefs": {"performance": "ALL", "browser": "ALL"},
                "unhandledPromptBehavior": "ignore"}}})
            self.base += "/" + made["sessionId"]
            self.session = True
        except Exception:
            self.close()
            raise

    def close(self):
        if self.session:
            try:
                self.ask("", method="DELETE")
            except (OSError, RuntimeError):
                pass
        self.driver.terminate()
        self.driver.wait()
        self.driver.stdout.close()
        shutil.rmtree(self.profile, ignore_errors=True)

    def ask(self, path, body=None, method=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(json.load(error)["value"]["message"]) from None

    def open(self, url):
        self.ask("/url", {"url": "about:blank"})
        self.ask("/url", {"url": url})

    def run(self, script, *args):
        """What a function body returns, run in the page."""
        return self.ask("/execute/sync", {"script": script, "args": list(args)})

    def run_later(self, script, *args):
        """The same of a body that ends by calling its last argument."""
        return self.ask("/execute/async", {"script": script, "args": list(args)})

    def devtools(self, command, **params):
        return self.ask("/goog/cdp/execute", {"cmd": command, "params": params})

    def click(self, css):
        element = self.ask("/element", {"using": "css selector", "value": css})[ELEMENT]
        self.run("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", {ELEMENT: element})
        self.ask(f"/element/{element}/click", {})

    def press(self, *names):
        keys = [KEYS.get(name, name) for name in names]
        down = [{"type": "keyDown", "value": k} for k in keys]
        up = [{"type": "keyUp", "value": k} for k in reversed(keys)]
        self.ask("/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": down + up}]})

    def dialog(self):
        """The text of an open alert; None without one."""
        try:
            return self.ask("/alert/text")
        except RuntimeError:
            return None

    def log(self, kind):
        return [entry["message"] for entry in self.ask("/se/log", {"type": kind})]

    def requests(self):
        """The addresses asked for since the last call."""
        events = [json.loads(message)["message"] for message in self.log("performance")]
        return [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]

    def size(self, width, height):
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def wishes(self, scheme="light", motion="reduce", media=""):
        """What the user's system asks for. Without smooth scrolling a click finds its element at once."""
        self.devtools("Emulation.setEmulatedMedia", media=media, features=[{"name": "prefers-color-scheme", "value": scheme},
                                                                           {"name": "prefers-reduced-motion", "value": motion}])

    def scripts(self, allowed):
        self.devtools("Emulation.setScriptExecutionDisabled", value=not allowed)

    def picture(self, path, top=0, height=None):
        """A PNG of the page from top on."""
        more = {}
        if height is not None:
            width = self.devtools("Page.getLayoutMetrics")["cssLayoutViewport"]["clientWidth"]
            more = {"captureBeyondViewport": True, "clip": {"x": 0, "y": top, "width": width, "height": height, "scale": 1}}
        with open(path, "wb") as f:
            f.write(base64.b64decode(self.devtools("Page.captureScreenshot", format="png", **more)["data"]))
