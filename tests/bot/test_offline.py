"""Nothing leaves the machine: the whole command under a guard that sees every connection and look-up."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.bot.conftest import Command

GUARD = """
import sys

EVENTS = ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname")
LOOPBACK = ("127.0.0.1", "::1", "localhost", None, "")


def hook(event, arguments):
    if event not in EVENTS:
        return
    host = arguments[0] if event.startswith("socket.get") else arguments[-1]
    if event.startswith("socket.get") or isinstance(host, tuple):
        host = host[0] if isinstance(host, tuple) else host
        if host not in LOOPBACK:
            with open({log!r}, "a") as file:
                file.write(f"{{event}} {{host!r}}\\n")
            raise OSError(f"the network is off: {{event}} {{host!r}}")


sys.addaudithook(hook)
"""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Where the guard, which a sitecustomize starts in every process below, writes what it refused."""
    log = tmp_path / "attempts"
    (tmp_path / "guard").mkdir()
    (tmp_path / "guard" / "sitecustomize.py").write_text(GUARD.format(log=str(log)), "utf-8")
    return log


def guarded(log: Path) -> dict[str, str]:
    return {"PYTHONPATH": str(log.parent / "guard")}


def test_the_guard_guards(elsewhere: dict[str, str], log: Path) -> None:
    """A look-up and a connection are refused and written down; else the tests below would prove nothing."""
    attempts = (
        "import socket, contextlib\n"
        "with contextlib.suppress(OSError): socket.getaddrinfo('huggingface.co', 443)\n"
        "with contextlib.suppress(OSError): socket.socket().connect(('192.0.2.1', 80))\n"
    )
    subprocess.run([sys.executable, "-c", attempts], env={**elsewhere, **guarded(log)}, check=True)
    assert ["socket.getaddrinfo 'huggingface.co'", "socket.connect '192.0.2.1'"] == log.read_text().splitlines()


@pytest.mark.usefixtures("sample_data")
def test_the_first_conversation_asks_for_no_network(command: Command, tmp_path: Path, log: Path) -> None:
    """`tanya chat --samples` from an empty index: the samples are embedded, and questions answered."""
    data_dir = tmp_path / "data"
    outcome = command(
        "chat", "--samples", "--data-dir", data_dir, stdin=b"Berapa magnitudo gempa Padang?\n/quit\n", env=guarded(log)
    )
    assert 0 == outcome.code, outcome.err
    assert "5,8" in outcome.out
    assert "Traceback" not in outcome.err
    assert not log.exists(), log.read_text()


def test_a_question_asks_for_no_network(command: Command, sample_data: Path, log: Path) -> None:
    """`tanya ask`, with Chroma and the model."""
    outcome = command("ask", "--data-dir", sample_data, "Berapa magnitudo gempa Padang?", env=guarded(log))
    assert (0, "") == (outcome.code, outcome.err)
    assert not log.exists(), log.read_text()
