"""Draw docs/terminal.svg: a real conversation, recorded from a pseudo-terminal.

make picture
"""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.text import Text

QUESTIONS = (
    "Berapa magnitudo gempa Padang?",
    "brp rumah yg rusak di sana?",
    "Siapa presiden Wakanda?",
)
COLUMNS = 118
HERE = Path(__file__).parent


def record(data_dir: str) -> str:
    """What `tanya chat` writes to a terminal when these questions are typed."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "bot", "chat", "--samples", "--data-dir", data_dir]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=theirs, stderr=subprocess.DEVNULL) as chat:
        assert chat.stdin is not None
        chat.stdin.write("".join(f"{question}\n" for question in QUESTIONS).encode())
        chat.stdin.close()
        os.close(theirs)
        return _read(ours)


def _read(descriptor: int) -> str:
    data = b""
    while True:
        try:
            part = os.read(descriptor, 65536)
        except OSError:  # Linux says EIO when the other side is closed
            part = b""
        if not part:
            return data.decode().replace("\r\n", "\n")
        data += part


def main() -> None:
    with TemporaryDirectory() as data_dir:
        subprocess.run(  # prepare first: the picture shows the conversation alone
            [sys.executable, "-m", "bot", "chat", "--samples", "--data-dir", data_dir],
            stdin=subprocess.DEVNULL, check=True, capture_output=True,
        )  # fmt: skip
        session = f"$ tanya chat\n\n{record(data_dir).strip()}"
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(session))
    console.save_svg(str(HERE / "terminal.svg"), title="Tanya Berita", unique_id="tanya")


if __name__ == "__main__":
    main()
