"""The bot as an owner runs it: a process of its own, on a data directory of its own, against a Bot API server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.conftest import ROOT
from tests.telegram.second_server import SecondServer
from tests.telegram.server import BotApi

SERVE = (sys.executable, "-m", "bot", "serve")
START = 180.0  # seconds; the first run of all exports the model


def toml(config: Mapping[str, Any], name: str = "") -> str:
    """A configuration file from nested mappings."""
    plain = {k: v for k, v in config.items() if not isinstance(v, Mapping)}
    lines = [f"[{name}]"] if name and plain else []
    lines += [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in plain.items()]
    tables = [(f"{name}.{key}" if name else key, value) for key, value in config.items() if isinstance(value, Mapping)]
    return "\n".join([*lines, ""]) + "".join(toml(table, key) for key, table in tables)


class ServedBot:
    """`tanya serve`, started by `start`, ended and started again at will.

    Args:
        api: the server it is told to use.
        folder: for its home, configuration and output; kept over restarts.
        data_dir: its data directory; one in `folder` unless given.
        config: of the configuration file.
        options: more of the command line.
        env: more of the environment.
        token: in the environment; None leaves it out.
        command: what to run.
    """

    def __init__(
        self,
        api: BotApi | SecondServer,
        folder: Path,
        *,
        data_dir: Path | None = None,
        config: Mapping[str, Any] | None = None,
        options: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
        token: str | None = "",
        command: Sequence[str] = SERVE,
    ) -> None:
        self.api = api
        self.folder = folder
        self.data_dir = data_dir or folder / "data"
        self.config = dict(config or {})
        self.options = list(options)
        self.env = dict(env or {})
        self.token = api.token if token == "" else token
        self.command = list(command)
        self.process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)

    def start(self, *, wait: bool = True) -> ServedBot:
        """Start it; with `wait`, return when it polls or has set its webhook (the second server cannot tell)."""
        assert self.process is None or self.process.poll() is not None, "it runs already"
        path = self.folder / "config.toml"
        path.write_text(toml(self.config), "utf-8")
        places = ["--base-url", self.api.base_url, "--data-dir", str(self.data_dir), "--config", str(path)]
        before = self._connections()
        with self._out.open("ab") as out, self._err.open("ab") as err:
            self.process = subprocess.Popen(
                [*self.command, *places, *self.options],
                cwd=ROOT, env=self._environment(), stdin=subprocess.DEVNULL, stdout=out, stderr=err,
            )  # fmt: skip
        if wait and isinstance(self.api, BotApi):
            self._wait_until_ready(self.api, before)
        return self

    def _connections(self) -> int:
        """How often a bot has begun to listen to the server, or asked again."""
        return len(self.api.calls("getUpdates", "setWebhook")) if isinstance(self.api, BotApi) else 0

    def _wait_until_ready(self, api: BotApi, before: int) -> None:

        def ready() -> bool:
            if not self.running:
                raise AssertionError(f"it ended with status {self.status} before it was ready:\n{self.log[-3000:]}")
            return self._connections() > before

        api.wait_for(ready, START)

    def terminate(self, timeout: float = 60.0) -> float:
        """SIGTERM; wait for the end, and give the seconds it took."""
        assert self.process is not None
        begun = time.monotonic()
        self.process.terminate()
        self.wait(timeout)
        return time.monotonic() - begun

    def kill(self) -> None:
        """SIGKILL, with no chance to say anything."""
        assert self.process is not None
        self.process.kill()
        assert -signal.SIGKILL == self.wait()

    def wait(self, timeout: float = 60.0) -> int:
        """Wait for the end; gives the exit status."""
        assert self.process is not None
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it still runs after {timeout:g} s:\n{self.log[-3000:]}") from None

    def restart(self) -> ServedBot:
        """End it kindly and start it again with the same data."""
        self.terminate()
        return self.start()

    def close(self) -> None:
        if self.running and self.process is not None:
            self.process.kill()
            self.process.wait()

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def status(self) -> int | None:
        return None if self.process is None else self.process.poll()

    @property
    def out(self) -> str:
        return self._out.read_text("utf-8", "replace") if self._out.exists() else ""

    @property
    def err(self) -> str:
        return self._err.read_text("utf-8", "replace") if self._err.exists() else ""

    @property
    def log(self) -> str:
        """Everything it has written to its two outputs, over all starts."""
        return self.out + self.err

    @property
    def _out(self) -> Path:
        return self.folder / "stdout.txt"

    @property
    def _err(self) -> Path:
        return self.folder / "stderr.txt"

    def _environment(self) -> dict[str, str]:
        """That of a user without a configuration, whose home is a folder of the tests."""
        kept = {key: value for key, value in os.environ.items() if key in ("PATH", "LANG", "LC_ALL", "VIRTUAL_ENV")}
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        places = {"HOME": str(home), "XDG_CONFIG_HOME": str(home / "config"), "XDG_DATA_HOME": str(home / "data")}
        # The exported model is big and the same for all: it stays where the tests keep it.
        cache = {"XDG_CACHE_HOME": str(user_cache())}
        token = {} if self.token is None else {"TELEGRAM_BOT_TOKEN": self.token}
        return {**kept, **places, **cache, **token, "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1", **self.env}


def user_cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
