"""What language models took so far: a small SQLite file that every process of a data directory adds to.

It holds days, names of models and numbers, nothing that a person wrote: `/hapus` has nothing to take out of it.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bot.llm.model import Usage
from index.errors import TanyaError

PATIENCE = 1.0  # seconds that an answer waits for another process that writes
log = logging.getLogger(__name__)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS usage (
    day TEXT NOT NULL, model TEXT NOT NULL, calls INTEGER NOT NULL, estimated INTEGER NOT NULL,
    prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL, cost REAL, PRIMARY KEY (day, model)
) STRICT, WITHOUT ROWID"""
_ADD = """
INSERT INTO usage VALUES (?, ?, 1, ?, ?, ?, ?) ON CONFLICT (day, model) DO UPDATE SET
    calls = calls + 1, estimated = estimated + excluded.estimated,
    prompt_tokens = prompt_tokens + excluded.prompt_tokens,
    completion_tokens = completion_tokens + excluded.completion_tokens,
    cost = coalesce(cost + excluded.cost, cost, excluded.cost)"""
_TOTALS = """
SELECT model, sum(calls), sum(estimated), sum(prompt_tokens), sum(completion_tokens), round(sum(cost), 8)
FROM usage WHERE day >= ? GROUP BY model ORDER BY max(day) DESC, model"""


@dataclass(frozen=True, slots=True)
class Spent:
    """What a model took.

    `estimated` counts the calls whose tokens no server counted; `cost` is what they cost at the
    time, in the currency of the configured prices, None without prices.
    """

    model: str
    calls: int
    estimated: int
    prompt_tokens: int
    completion_tokens: int
    cost: float | None


class Ledger:
    """Sums per model and day.

    Args:
        today: gives the local date.
    """

    def __init__(self, path: Path, today: Callable[[], date] = date.today) -> None:
        self.path = path
        self._today = today

    def add(self, model: str, usage: Usage, cost: float | None) -> None:
        """Count a call; where that cannot be written it is logged, for an answer is worth more."""
        row = (self._today().isoformat(), model, usage.estimated, usage.prompt, usage.completion, cost)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.touch(mode=0o600)
            with self._open() as db:
                db.execute(_ADD, row)
        except (OSError, sqlite3.Error) as error:
            log.warning("%s: got %s; what %s took is not counted", self.path, error, model)

    def this_month(self) -> list[Spent]:
        """The sums since the first of the month; raises `TanyaError` as `totals` does."""
        return self.totals(self._today().replace(day=1))

    def totals(self, since: date = date.min) -> list[Spent]:
        """The sums per model, last used first; raises `TanyaError` for a file that is no ledger."""
        if not self.path.exists():
            return []
        try:
            with self._open() as db:
                return [Spent(*row) for row in db.execute(_TOTALS, (since.isoformat(),))]
        except sqlite3.Error as error:
            raise TanyaError(
                f"{self.path}: got {error}, expected what the language model took; remove it to begin anew"
            ) from None

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A connection for one statement: answers come from several threads."""
        with closing(sqlite3.connect(self.path, isolation_level=None, timeout=PATIENCE)) as db:
            db.execute(_SCHEMA)
            yield db
