"""Answer a whole file of questions, one prediction per record."""

from __future__ import annotations

import codecs
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.answer import Answer
from bot.answerer import Answerer
from bot.closed import ask_passages
from bot.question import Turn
from bot.render import prediction
from index.errors import QuestionError


@dataclass(frozen=True, slots=True)
class Record:
    """A question of a test set. `passages`, where given, are all that may be answered from."""

    id: str
    question: str
    asked_at: datetime | None = None
    history: tuple[Turn, ...] = ()
    passages: tuple[str, ...] | None = None
    where: str = ""


def read_questions(path: Path) -> Iterator[Record | QuestionError]:
    """The records of a question file; a bad line is yielded as the error that says why."""
    for line in read_lines(path):
        try:
            yield line if isinstance(line, QuestionError) else to_record(line)
        except QuestionError as error:
            yield error


@dataclass(frozen=True, slots=True)
class Line:
    """One JSON object of a file, and where it stands: "questions.jsonl:17"."""

    where: str
    number: int
    data: dict[str, Any]


def read_lines(path: Path) -> Iterator[Line | QuestionError]:
    """The objects of a JSON-lines file; a line that is none is yielded as the error that says why."""
    try:
        lines = path.read_bytes().removeprefix(codecs.BOM_UTF8).splitlines()
    except OSError as error:
        raise QuestionError(f"{path}: {error.strerror}; expected a file of JSON, one record a line") from None
    for number, line in enumerate(lines, 1):
        if line.strip():
            where = f"{path.name}:{number}"
            try:
                data = json.loads(line)
                json.dumps(data, ensure_ascii=False).encode()  # half a surrogate pair is no text
            except (ValueError, RecursionError) as error:  # JSON and Unicode errors are ValueErrors
                yield QuestionError(f"{where}: got no JSON ({error}), expected one object a line; mend it")
                continue
            if isinstance(data, dict):
                yield Line(where, number, data)
            else:
                yield QuestionError(f"{where}: got {type(data).__name__}, expected an object; mend it")


def good_lines(path: Path) -> Iterator[Line]:
    """The objects of a JSON-lines file; raises `QuestionError` for the first line that is none."""
    for line in read_lines(path):
        if isinstance(line, QuestionError):
            raise line
        yield line


def to_record(line: Line) -> Record:
    """The question in an object; raises `QuestionError` with the place and the field that is wrong."""
    try:
        return replace(_record(line.data, line.number), where=line.where)
    except QuestionError as error:
        raise QuestionError(f"{line.where}: {error}") from None


def answer_record(answerer: Answerer, record: Record) -> dict[str, Any]:
    """The prediction for one record; raises `QuestionError` for a question that cannot be read."""
    started = time.perf_counter()
    try:
        answer = _ask(answerer, record)
    except QuestionError as error:
        raise QuestionError(f"{record.where}: {error}") from None
    return prediction(record.id, answer, (time.perf_counter() - started) * 1000)


def _ask(answerer: Answerer, record: Record) -> Answer:
    options: dict[str, Any] = {
        "asked_at": record.asked_at,
        "history": record.history,
        "follow_up": bool(record.history),
    }
    if record.passages is None:
        return answerer.ask(record.question, **options)
    return ask_passages(record.question, record.passages, answerer.index.embedder, answerer.writer, **options)


def _record(data: dict[str, Any], number: int) -> Record:
    question = data.get("question")
    if not isinstance(question, str) or not question.strip():
        raise QuestionError(f"question: got {question!r:.60}, expected text")
    identifier = data.get("id", number)
    if not isinstance(identifier, str | int):
        raise QuestionError(f"id: got {identifier!r:.60}, expected text or a number")
    return Record(
        str(identifier), question, _asked_at(data.get("asked_at")), _history(data.get("history")),
        _passages(data.get("passages")),
    )  # fmt: skip


def _asked_at(value: Any) -> datetime | None:
    if value is None:
        return None
    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise QuestionError(f"asked_at: got {value!r:.60}, expected ISO 8601") from None


def _history(value: Any) -> tuple[Turn, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(
        isinstance(t, dict) and isinstance(t.get("question"), str) for t in value
    ):
        raise QuestionError(f"history: got {value!r:.60}, expected a list of objects with question and answer")
    return tuple(Turn(t["question"], t["answer"] if isinstance(t.get("answer"), str) else "") for t in value)


def _passages(value: Any) -> tuple[str, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(p, str) for p in value):
        raise QuestionError(f"passages: got {value!r:.60}, expected a list of texts")
    return tuple(value)
