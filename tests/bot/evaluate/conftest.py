"""Cases and predictions written by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.answer_file import Record
from bot.evaluate.predictions import Cited, Prediction
from bot.evaluate.testset import Case, Evidence


def case(id: str, *, quotes: tuple[tuple[str, str], ...] = (("a", "Kata Budi"),), **fields: Any) -> Case:
    """An answerable question with the answer "Budi"; `quotes` are its evidence as (article, quote)."""
    record = Record(id, fields.pop("question", f"Siapa {id}?"), passages=fields.pop("passages", None))
    evidence = tuple(Evidence(*quote) for quote in quotes)
    return Case(record, **{"answerable": True, "answers": ("Budi",), "evidence": evidence, "type": "factoid"} | fields)


def unanswerable(id: str) -> Case:
    return case(id, quotes=(), answerable=False, answers=(), type="unanswerable")


def said(
    id: str, answer: str | None = "Budi", *cited: tuple[str, str], retrieved: tuple[str, ...] = (), **fields: Any
) -> Prediction:
    """A prediction; without an answer it is a refusal."""
    return Prediction(id, answer, tuple(Cited(*c) for c in cited), retrieved, **fields)


@pytest.fixture(scope="session")
def elsewhere(elsewhere: dict[str, str], similarity: Path) -> dict[str, str]:
    """With the reader that takes a tenth of the time: what is said is not the point here, but that it is counted."""
    return {**elsewhere, "TANYA_CONFIG": str(similarity)}
