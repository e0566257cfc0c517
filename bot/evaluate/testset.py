"""Test sets of every kind as one: questions, their gold answers, and where these stand."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from bot.answer_file import Record
from index.errors import QuestionError


class Mode(StrEnum):
    """What of the system is measured."""

    FULL = "full"  # retrieve and answer
    RETRIEVAL = "retrieval-only"
    READER = "reader-only"  # answer from the passages that hold the gold answer


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a gold answer stands: an exact substring of the article's text or title."""

    article: str
    quote: str


@dataclass(frozen=True, slots=True)
class Case:
    """A question with its gold.

    `answers` are alternatives. `relevance` grades documents (BEIR), where there is no
    `evidence`. `twin` is the id of the same question written out, of a follow-up.
    """

    record: Record
    answerable: bool
    answers: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    type: str = "question"
    lang: str = "id"
    relevance: Mapping[str, int] = field(default_factory=dict)
    twin: str | None = None

    @property
    def id(self) -> str:
        return self.record.id


@dataclass(frozen=True, slots=True)
class TestSet:
    """The cases of one file or folder, in its order.

    `mode` is the only one it can be run in, None where every one works. `corpus` is the
    file of the documents it brings along (BEIR).
    """

    __test__ = False  # pytest: this is no class of tests

    name: str
    cases: tuple[Case, ...]
    mode: Mode | None = None
    corpus: Path | None = None

    def chosen(self, types: Sequence[str] = (), limit: int | None = None) -> TestSet:
        """The first `limit` cases of these types; raises `QuestionError` for a type there is none of."""
        known = {case.type for case in self.cases}
        for unknown in (t for t in types if t not in known):
            raise QuestionError(
                f"{self.name}: got --type {unknown}, expected one of {', '.join(sorted(known))}; name one of these"
            )
        cases = [case for case in self.cases if not types or case.type in types]
        return replace(self, cases=tuple(cases[:limit]))

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the questions and their gold: two test sets ask the same exactly when it is equal."""
        return hashlib.sha256(repr(self.cases).encode()).hexdigest()
