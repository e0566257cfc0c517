"""Files and folders that hold test sets, each read into one `TestSet`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.answer_file import Line, Record, good_lines, to_record
from bot.evaluate.beir import read_beir
from bot.evaluate.testset import Case, Evidence, Mode, TestSet
from index.clean import decode
from index.errors import QuestionError, SourceError
from index.formats import csv_rows
from index.records import Span
from index.sentences import split_sentences

# Column names of a newsroom's spreadsheet, in either language.
_COLUMNS = {
    "id": ("id", "no", "nomor"),
    "question": ("question", "pertanyaan", "soal"),
    "answer": ("answer", "answers", "jawaban", "kunci jawaban"),
    "article": ("article", "article id", "artikel", "id artikel"),
    "quote": ("quote", "evidence", "kutipan", "bukti"),
    "type": ("type", "tipe", "jenis"),
    "lang": ("lang", "language", "bahasa"),
    "asked_at": ("asked_at", "asked at", "ditanyakan"),
}
_SEVERAL = "|"  # between the accepted answers of one cell


def read_testset(path: Path) -> TestSet:
    """The test set in a file (.jsonl, SQuAD .json, .csv) or a BEIR folder.

    Raises `QuestionError` with file and record number for the first record that is wrong:
    a figure over what happens to be readable would be no figure of this test set.
    """
    if path.is_dir():
        found = read_beir(path)
        _refuse_repeated(found.cases)
        return found
    reader = {".jsonl": _jsonl, ".json": _squad, ".csv": _csv, ".tsv": _csv}.get(path.suffix.lower())
    if not path.exists():
        raise QuestionError(f"{path}: no such file; expected a test set (.jsonl, SQuAD .json, .csv) or a BEIR folder")
    if reader is None:
        raise QuestionError(
            f"{path.name}: got a file ending in {path.suffix!r}, expected .jsonl, .json (SQuAD), .csv or a BEIR "
            "folder; rename it to what it is"
        )
    found = reader(path)
    if not found.cases:
        raise QuestionError(f"{path.name}: got no question, expected at least one; add some")
    _refuse_repeated(found.cases)
    return found


def _refuse_repeated(cases: Iterable[Case]) -> None:
    seen: dict[str, str] = {}
    for case in cases:
        if case.id in seen:
            raise QuestionError(
                f"{case.record.where}: got the id {case.id!r} again (first in {seen[case.id]}), expected each once; "
                "rename one"
            )
        seen[case.id] = case.record.where
    for case in cases:
        if case.twin is not None and case.twin not in seen:
            raise QuestionError(f"{case.record.where}: twin: got {case.twin!r}, expected the id of a question here")


# -- our own ---------------------------------------------------------------------------------


def _jsonl(path: Path) -> TestSet:
    return TestSet(path.name, tuple(map(to_case, good_lines(path))))


def to_case(line: Line) -> Case:
    """The question in an object, with its gold; raises `QuestionError` with the place and the wrong field."""
    record = to_record(line)
    try:
        return _case(record, line.data)
    except QuestionError as error:
        raise QuestionError(f"{line.where}: {error}") from None


def _case(record: Record, data: Mapping[str, Any]) -> Case:
    answers = _texts(data, "answers")
    evidence = _evidence(data.get("evidence"))
    answerable = data.get("answerable", bool(answers or evidence))
    if not isinstance(answerable, bool):
        raise QuestionError(f"answerable: got {answerable!r:.60}, expected true or false")
    if answerable and not (answers or evidence):
        raise QuestionError("answerable: got true without answers or evidence, expected one of them; add what is right")
    if answers and not answerable:
        raise QuestionError("answers: got some for a question that is not answerable; leave out one of the two")
    return Case(
        record, answerable, answers, evidence, type=_text(data, "type") or "question",
        lang=_text(data, "lang") or "id", twin=_text(data, "twin"),
    )  # fmt: skip


def _texts(data: Mapping[str, Any], field: str) -> tuple[str, ...]:
    values = data.get(field)
    if values is None:
        return ()
    if not isinstance(values, list) or not all(isinstance(v, str) and v.strip() for v in values):
        raise QuestionError(f"{field}: got {values!r:.60}, expected a list of texts")
    return tuple(values)


def _text(data: Mapping[str, Any], field: str) -> str | None:
    value = data.get(field)
    if value is not None and not isinstance(value, str):
        raise QuestionError(f"{field}: got {value!r:.60}, expected text")
    return value or None


def _evidence(values: Any) -> tuple[Evidence, ...]:
    if values is None:
        return ()
    if not isinstance(values, list) or not all(
        isinstance(v, dict) and isinstance(v.get("article"), str) and isinstance(v.get("quote"), str) for v in values
    ):
        raise QuestionError(f"evidence: got {values!r:.60}, expected a list of objects with article and quote")
    return tuple(Evidence(v["article"], v["quote"]) for v in values)


# -- SQuAD -----------------------------------------------------------------------------------


def _squad(path: Path) -> TestSet:
    """SQuAD 1.1 or 2.0, with or without its outer layers; each question is about its own context."""
    data = _json(path)
    data = data.get("data") if isinstance(data, dict) else data
    if not isinstance(data, list):
        raise QuestionError(f"{path.name}: got no list of paragraphs, expected SQuAD's data, paragraphs, qas")
    paragraphs = [p for part in data for p in (_list(part, "paragraphs", path.name) or [part])]
    cases: list[Case] = []
    for number, paragraph in enumerate(paragraphs, 1):
        place = f"{path.name}: paragraph {number}"
        context = paragraph.get("context") if isinstance(paragraph, dict) else None
        questions = _list(paragraph, "qas", place)
        if not isinstance(context, str) or questions is None:
            raise QuestionError(f"{place}: got {paragraph!r:.60}, expected an object with context and qas")
        for entry in questions:
            where = f"{path.name}: question {len(cases) + 1}"
            if not isinstance(entry, dict):
                raise QuestionError(f"{where}: got {entry!r:.60}, expected an object with question and answers")
            cases.append(_squad_case(Line(where, len(cases) + 1, entry), context))
    return TestSet(path.name, tuple(cases), Mode.READER)


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise QuestionError(f"{path}: {error.strerror}; expected a SQuAD file") from None
    except (ValueError, RecursionError) as error:
        raise QuestionError(f"{path.name}: got no JSON ({error}), expected a SQuAD file; mend it") from None


def _list(data: Any, field: str, where: str) -> list[Any] | None:
    value = data.get(field) if isinstance(data, dict) else None
    if value is not None and not isinstance(value, list):
        raise QuestionError(f"{where}: {field}: got {value!r:.60}, expected a list")
    return value


def _squad_case(line: Line, context: str) -> Case:
    record = replace(to_record(line), passages=(context,))
    answers = _list(line.data, "answers", line.where) or []
    impossible = line.data.get("is_impossible", not answers)
    if not isinstance(impossible, bool) or impossible == bool(answers):
        raise QuestionError(
            f"{line.where}: got is_impossible {impossible!r} with {len(answers)} answers, expected answers exactly "
            "where it is false"
        )
    texts = [a["text"] for a in answers if isinstance(a, dict) and isinstance(a.get("text"), str) and a["text"].strip()]
    if len(texts) < len(answers):
        raise QuestionError(f"{line.where}: answers: got {answers!r:.60}, expected a list of objects with text")
    sentences = dict.fromkeys(s for answer in answers for s in _sentences_around(context, answer))
    return Case(
        record, bool(texts), tuple(dict.fromkeys(texts)), tuple(Evidence("passage-1", s) for s in sentences),
        type="answerable" if texts else "unanswerable",
    )  # fmt: skip


def _sentences_around(context: str, answer: Mapping[str, Any]) -> list[str]:
    """The sentences that hold an answer: one such as "2" stands in many places, its sentence in one.

    SQuAD's own script never looks at `answer_start`, and published files have wrong ones.
    """
    text, start = answer["text"], answer.get("answer_start")
    if not isinstance(start, int) or not context.startswith(text, start):
        start = context.find(text)
    if start < 0:
        return []
    place = Span(start, start + len(text))
    return [context[s.start : s.end] for s in split_sentences(context) if s.overlaps(place)]


# -- a spreadsheet ---------------------------------------------------------------------------


def _csv(path: Path) -> TestSet:
    """Columns question and answer, Indonesian names too; a blank answer says that there is none."""
    try:
        rows = csv_rows(decode(path.read_bytes()))
    except OSError as error:
        raise QuestionError(f"{path}: {error.strerror}; expected a table of questions") from None
    _, header = next(rows, (0, []))
    names = [] if isinstance(header, SourceError) else [_column(name) for name in header]
    if "question" not in names or "answer" not in names:
        shown = ", ".join(header) if isinstance(header, list) else str(header)
        raise QuestionError(
            f"{path.name}:1: got the columns {shown!a:.80}, expected question and answer (or pertanyaan and jawaban); "
            "name them so"
        )
    cases: list[Case] = []
    for number, row in rows:
        where = f"{path.name}:{number}"
        if isinstance(row, SourceError):
            raise QuestionError(f"{where}: got {row}")
        if any(cell.strip() for cell in row):
            if len(row) > len(names):
                raise QuestionError(
                    f"{where}: got {len(row)} cells, expected {len(names)}; put quotes around a cell that holds commas"
                )
            cases.append(_row_case(dict(zip(names, map(str.strip, row), strict=False)), where, len(cases) + 1))
    return TestSet(path.name, tuple(cases))


def _column(name: str) -> str:
    name = " ".join(name.split()).lower()
    return next((column for column, names in _COLUMNS.items() if name in names), name)


def _row_case(cells: Mapping[str, str], where: str, number: int) -> Case:
    names = ("id", "question", "type", "lang", "asked_at")
    fields: dict[str, Any] = {name: cells[name] for name in names if cells.get(name)}
    fields["answers"] = [part.strip() for part in cells.get("answer", "").split(_SEVERAL) if part.strip()]
    fields["answerable"] = bool(fields["answers"])
    if cells.get("article"):
        fields["evidence"] = [{"article": cells["article"], "quote": cells.get("quote", "")}]
    return to_case(Line(where, number, fields))
