"""What every SQLite file here needs: whole transactions, and long lists of values in a statement."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Everything inside becomes visible to other readers at once, or never."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def statements(script: str) -> Iterator[str]:
    """The statements of a script one by one: `executescript` would end the transaction they stand in."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def parts(values: Sequence[T], size: int = 10_000) -> Iterator[Sequence[T]]:
    """The values in parts that a statement can hold."""
    for at in range(0, len(values), size):
        yield values[at : at + size]


def marks(values: Sequence[object]) -> str:
    """A question mark for each value."""
    return ",".join("?" * len(values))
