"""A real browser without a window, driven over the DevTools protocol."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
    "--remote-debugging-port=0", "--host-resolver-rules=MAP * ~NOTFOUND",  # it could reach nothing if it tried
)  # fmt: skip
KEYS = {"Tab": (9, ""), "Enter": (13, "\r"), "Space": (32, " ")}


def find_browser() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def open_browser(program: str, profile: Path) -> Iterator[Browser]:
    """Start it, and end it."""
    process = subprocess.Popen(
        [program, *OPTIONS, f"--user-data-dir={profile}", "about:blank"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        with connect(_address(process, profile / "DevToolsActivePort"), max_size=None, proxy=None) as socket:
            yield Browser(socket)
    finally:
        process.terminate()
        process.wait(timeout=20)


def _address(process: subprocess.Popen[bytes], file: Path, seconds: float = 30) -> str:
    """Where the browser listens, which it writes into `file` when it does."""
    deadline = time.monotonic() + seconds
    while not (file.exists() and len(lines := file.read_text().split()) > 1):
        assert time.monotonic() < deadline, "the browser did not start"
        assert process.poll() is None, "the browser ended at once"
        time.sleep(0.05)
    return f"ws://127.0.0.1:{lines[0]}{lines[1]}"


class Browser:
    """The connection to a browser; each page is a tab of its own."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self.events: list[dict[str, Any]] = []

    def call(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Send a command and wait for its answer; what happens meanwhile goes to `events`."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters}
        self._socket.send(json.dumps(message | ({"sessionId": session} if session else {})))
        while True:
            heard = self.hear()
            if heard.get("id") == number:
                assert "error" not in heard, (method, heard["error"])
                return dict(heard["result"])

    def hear(self) -> dict[str, Any]:
        heard: dict[str, Any] = json.loads(self._socket.recv(timeout=30))
        if "method" in heard:
            self.events.append(heard)
        return heard


class Tab:
    """A page of the browser at some width, light or dark, with what it complained of and asked for."""

    def __init__(self, browser: Browser, *, width: int = 1200, height: int = 900, scheme: str = "light") -> None:
        self._browser = browser
        self._target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        attached = browser.call("Target.attachToTarget", targetId=self._target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._call(f"{domain}.enable")
        screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self._call("Emulation.setDeviceMetricsOverride", **screen)
        self._call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self._browser.call(method, self._session, **parameters)

    def open(self, url: str) -> float:
        """Load a page; gives the seconds until it was loaded and painted."""
        before, started = len(self._heard("Page.loadEventFired")), time.monotonic()
        self._call("Page.navigate", url=url)
        while len(self._heard("Page.loadEventFired")) == before:
            self._browser.hear()
        self.run("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
        return time.monotonic() - started

    def run(self, script: str) -> Any:
        """The value of an expression in the page, awaited."""
        done = self._call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def press(self, *keys: str) -> None:
        for key in keys:
            code, text = KEYS[key]
            pressed = {"key": text if key == "Space" else key, "code": key, "windowsVirtualKeyCode": code, "text": text}
            self._call("Input.dispatchKeyEvent", type="keyDown", **pressed)
            self._call("Input.dispatchKeyEvent", type="keyUp", **pressed)

    def type(self, text: str) -> None:
        self._call("Input.insertText", text=text)

    @property
    def complaints(self) -> list[str]:
        """Uncaught errors, console messages and what the browser logged."""
        kinds = ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded")
        return [json.dumps(event) for kind in kinds for event in self._heard(kind)]

    @property
    def requests(self) -> list[str]:
        return [event["request"]["url"] for event in self._heard("Network.requestWillBeSent")]

    def forget(self) -> None:
        """What was said so far was expected."""
        self._browser.events.clear()

    def _heard(self, method: str) -> list[dict[str, Any]]:
        ours = (event for event in self._browser.events if event.get("sessionId") == self._session)
        return [event["params"] for event in ours if event["method"] == method]

    def close(self) -> None:
        self._browser.call("Target.closeTarget", targetId=self._target)
