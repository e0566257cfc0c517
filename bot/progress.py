"""A progress bar with rate and time left, on a terminal, for what takes over a second."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

PATIENCE = 1.0  # seconds before a bar appears


class Bar:
    """Progress towards `total` (None where it is not known); silent unless standard error is a terminal."""

    def __init__(self, label: str, total: int | None) -> None:
        self._label, self._total = label, total
        self._done = 0
        self._counted: int | None = None
        self._started = time.monotonic()
        self._shown: Any = None
        self._task: Any = None

    def advance(self, steps: int) -> None:
        self._done += steps
        self._update()

    def count(self, items: int) -> None:
        """How many items are finished, where that is not what `total` counts."""
        self._counted = items
        self._update()

    def _update(self) -> None:
        elapsed = time.monotonic() - self._started
        if not sys.stderr.isatty() or elapsed < PATIENCE:
            return
        if self._shown is None:
            self._show()
        items = self._done if self._counted is None else self._counted
        self._shown.update(self._task, completed=self._done, rate=f"{items:,} done, {items / elapsed:.1f}/s")

    def _show(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

        columns = (
            TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
        )  # fmt: skip
        self._shown = Progress(*columns, console=Console(stderr=True), transient=True)
        self._task = self._shown.add_task(self._label, total=self._total, rate="")
        self._shown.start()

    def close(self) -> None:
        if self._shown is not None:
            self._shown.stop()


@contextmanager
def progress_bar(label: str, total: int | None) -> Iterator[Bar]:
    bar = Bar(label, total)
    try:
        yield bar
    finally:
        bar.close()
