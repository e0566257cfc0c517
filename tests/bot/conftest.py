"""What the tests of the question side share: the command in this process, as a process, and on a terminal."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bot.answer_file import answer_record, read_questions
from bot.answerer import Answerer
from bot.assemble import samples
from bot.chat import Chat
from bot.cli import main
from bot.read import ExtractiveReader
from index.build import NewsIndex
from index.embed import BundledEmbedder
from tests.fakes import FakeEmbedder

QUESTIONS = samples().parent / "questions.jsonl"
_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07]*\x07|[=>()][A-Z0-9]?)")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run of the command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Tanya:
    """The command in this process, always on the same data directory."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir

    def __call__(self, command: str, *arguments: str | Path, stdin: str | bytes = b"") -> Outcome:
        line = [*command.split(), "--data-dir", str(self.data_dir), *map(str, arguments)]
        result = CliRunner().invoke(main, line, input=stdin, catch_exceptions=False, prog_name="tanya")
        return Outcome(result.exit_code, result.stdout, result.stderr)


def plain(text: str) -> str:
    return re.sub(r"\x1b\[\d*m", "", text)


def said(chat: Chat, line: str) -> str:
    """The whole response to a line, without its style; "" to what leaves."""
    return plain("".join(chat.respond(line) or ()))


class Terminal:
    """The command on a terminal of its own: what it shows, and the keys it is given."""

    def __init__(self, *arguments: str | Path, env: Mapping[str, str]) -> None:
        self._master, slave = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bot", *map(str, arguments)],
            stdin=slave, stdout=slave, stderr=slave, env=dict(env), start_new_session=True,
        )  # fmt: skip
        os.close(slave)
        self.raw = ""

    @property
    def text(self) -> str:
        """Everything shown so far, without colours and cursor movements."""
        return _ESCAPE.sub("", self.raw).replace("\r", "")

    def press(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def wait_for_prompt(self, number: int, seconds: float = 180) -> None:
        """Wait until a line is asked for the `number`-th time: what is typed before may be lost."""
        self._wait(lambda: self.raw.count("\x1b[?2004h") >= number, f"prompt {number}", seconds)

    def wait_for(self, text: str, seconds: float = 180) -> None:
        self._wait(lambda: text in self.text, repr(text), seconds)

    def _wait(self, is_there: Callable[[], bool], what: str, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not is_there():
            assert time.monotonic() < deadline, f"{what} was not shown; instead:\n{self.text}"
            assert self._read(0.2) or self._process.poll() is None, f"it ended without {what}:\n{self.text}"

    def leave(self, seconds: float = 60) -> int:
        """Wait for the end; gives the exit status."""
        deadline = time.monotonic() + seconds
        while self._process.poll() is None and time.monotonic() < deadline:
            self._read(0.1)
        with suppress(OSError):
            while self._read(0.1):
                pass
        return self._process.wait(timeout=1)

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        os.close(self._master)

    def _read(self, seconds: float) -> bool:
        if not select.select([self._master], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self._master, 65536)
        except OSError:  # EIO: the other side is gone
            return False
        self.raw += data.decode("utf-8", "replace")
        return bool(data)


@pytest.fixture(scope="session")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a user without a configuration, whose home is a folder of the tests."""
    home = tmp_path_factory.mktemp("home")
    kept = {key: value for key, value in os.environ.items() if key in ("PATH", "LANG", "LC_ALL", "VIRTUAL_ENV")}
    return {
        **kept,
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_DATA_HOME": str(home / "data"),
        "TERM": "xterm-256color",
        "PYTHONUTF8": "1",
        "PROMPT_TOOLKIT_NO_CPR": "1",  # nobody answers the question where the cursor is
    }


@pytest.fixture(scope="session")
def similarity(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configuration with the reader that takes a tenth of the time."""
    path: Path = tmp_path_factory.mktemp("config") / "similarity.toml"
    path.write_text('[answer]\nreader = "similarity"\n', "utf-8")
    return path


@pytest.fixture
def quick_reader(no_configuration: None, monkeypatch: pytest.MonkeyPatch, similarity: Path) -> None:  # noqa: ARG001
    """For tests of many questions, where what is read is not the point."""
    monkeypatch.setenv("TANYA_CONFIG", str(similarity))


@pytest.fixture(autouse=True)
def no_configuration(monkeypatch: pytest.MonkeyPatch, elsewhere: dict[str, str]) -> None:
    """The tester's own configuration and data stay out of it."""
    leave_configuration(monkeypatch, elsewhere)


def leave_configuration(patch: pytest.MonkeyPatch, elsewhere: dict[str, str]) -> None:
    """The same, for fixtures of a module."""
    patch.delenv("TANYA_CONFIG", raising=False)
    for key in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "TANYA_CONFIG"):
        if key in elsewhere:
            patch.setenv(key, elsewhere[key])


Command = Callable[..., Outcome]


@pytest.fixture(scope="session")
def command(elsewhere: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Command:
    """Run `python -m bot ...` as a process of its own, without a terminal."""
    folder = tmp_path_factory.mktemp("cwd")

    def run(
        *arguments: str | bytes | Path, stdin: bytes = b"", env: Mapping[str, str] | None = None, timeout: float = 300
    ) -> Outcome:
        done = subprocess.run(
            [sys.executable, "-m", "bot", *arguments],
            input=stdin, capture_output=True, env={**elsewhere, **(env or {})}, cwd=folder, timeout=timeout,
            check=False,
        )  # fmt: skip
        return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


OpenTerminal = Callable[..., Terminal]


@pytest.fixture
def terminal(elsewhere: dict[str, str]) -> Iterator[OpenTerminal]:
    """Run `python -m bot ...` on a terminal."""
    opened: list[Terminal] = []

    def run(*arguments: str | Path) -> Terminal:
        opened.append(Terminal(*arguments, env=elsewhere))
        return opened[-1]

    yield run
    for each in opened:
        each.close()


@pytest.fixture
def tanya(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fake_embedder: FakeEmbedder) -> Tanya:
    """The command on an empty index, with a stand-in for the model."""
    monkeypatch.setattr("bot.assemble.make_embedder", lambda _: fake_embedder)
    return Tanya(tmp_path / "data")


@pytest.fixture(scope="session")
def sample_data(sample_index: NewsIndex, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the sample articles under the real model, for commands that change nothing."""
    folder = tmp_path_factory.mktemp("sample-data") / "data"
    shutil.copytree(sample_index.folder, folder)
    return folder


@pytest.fixture
def sample_copy(sample_data: Path, tmp_path: Path) -> Path:
    """A copy of the sample index for a command that may change it."""
    return Path(shutil.copytree(sample_data, tmp_path / "samples", symlinks=True))


@pytest.fixture
def tanya_samples(sample_data: Path, monkeypatch: pytest.MonkeyPatch, embedder: BundledEmbedder) -> Tanya:
    """The command on the sample articles, with the real model."""
    monkeypatch.setattr("bot.assemble.make_embedder", lambda _: embedder)
    return Tanya(sample_data)


@pytest.fixture(scope="session")
def answerer(sample_index: NewsIndex) -> Answerer:
    return Answerer(sample_index, ExtractiveReader(sample_index))


Answered = list[tuple[dict[str, Any], dict[str, Any]]]


@pytest.fixture(scope="session")
def answered(answerer: Answerer) -> Answered:
    """(question record, prediction) of every sample question."""
    records = [json.loads(line) for line in QUESTIONS.read_text("utf-8").splitlines()]
    return [
        (record, answer_record(answerer, question))
        for record, question in zip(records, read_questions(QUESTIONS), strict=True)
    ]
