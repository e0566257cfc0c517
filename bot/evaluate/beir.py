"""BEIR folders: documents, queries, and how relevant the ones are to the others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bot.answer_file import Record, good_lines
from bot.evaluate.testset import Case, Mode, TestSet
from index.clean import decode
from index.errors import QuestionError
from index.records import Article


def read_beir(folder: Path) -> TestSet:
    """corpus.jsonl, queries.jsonl and qrels/*.tsv (Thakur et al. 2021); test.tsv where there are several."""
    corpus, queries = folder / "corpus.jsonl", folder / "queries.jsonl"
    judged = sorted((folder / "qrels").glob("*.tsv"))
    missing = [name for name, there in {
        "corpus.jsonl": corpus.exists(), "queries.jsonl": queries.exists(), "qrels/*.tsv": bool(judged),
    }.items() if not there]  # fmt: skip
    if missing:
        raise QuestionError(f"{folder}: got a folder without {', '.join(missing)}, expected a BEIR data set; add it")
    qrels = _qrels(next((p for p in judged if p.stem == "test"), judged[0]))
    cases: list[Case] = []
    for line in good_lines(queries):
        identifier, text = line.data.get("_id"), line.data.get("text")
        if not isinstance(identifier, str) or not isinstance(text, str) or not text.strip():
            raise QuestionError(f"{line.where}: got {line.data!r:.60}, expected an object with _id and text")
        if relevance := {document: grade for document, grade in qrels.get(identifier, {}).items() if grade > 0}:
            record = Record(identifier, text, where=line.where)
            cases.append(Case(record, answerable=True, relevance=relevance, type="query"))
    if not cases:
        raise QuestionError(f"{folder}: got no query with a relevant document; check that qrels and queries match")
    return TestSet(folder.name, tuple(cases), Mode.RETRIEVAL, corpus)


def _qrels(path: Path) -> dict[str, dict[str, int]]:
    grades: dict[str, dict[str, int]] = {}
    for number, row in enumerate(decode(path.read_bytes()).splitlines(), 1):
        cells = row.split("\t")
        if number == 1 and not cells[-1].strip().lstrip("-").isdigit():
            continue  # the header
        if len(cells) != 3 or not cells[2].strip().lstrip("-").isdigit():  # noqa: PLR2004
            raise QuestionError(
                f"{path.name}:{number}: got {row!r:.60}, expected query id, document id and grade, separated by tabs"
            )
        grades.setdefault(cells[0], {})[cells[1]] = int(cells[2])
    return grades


def read_corpus(path: Path) -> Iterator[Article]:
    """The documents of a BEIR corpus; raises `QuestionError` with the line of the first that is none."""
    for line in good_lines(path):
        identifier, title, text = (line.data.get(field) or "" for field in ("_id", "title", "text"))
        if not identifier or not all(isinstance(value, str) for value in (identifier, title, text)):
            raise QuestionError(f"{line.where}: got {line.data!r:.60}, expected an object with _id, title and text")
        yield Article(identifier, title, text or title)
