"""Test sets of every kind, and what is said of those that are wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.assemble import samples
from bot.evaluate.beir import read_corpus
from bot.evaluate.formats import read_testset
from bot.evaluate.predictions import Cited, Prediction, read_predictions
from bot.evaluate.testset import Evidence, Mode
from bot.question import Turn
from index.errors import QuestionError

CONTEXT = "Banjir merendam Demak. Sebanyak 2 warga tewas. Ada 2 posko."
PARAGRAPH = {"context": CONTEXT, "qas": [
    {"id": "x", "question": "Berapa warga tewas?", "answers": [{"text": "2", "answer_start": 31}]},
    {"id": "y", "question": "Siapa bupatinya?", "answers": [], "is_impossible": True},
]}  # fmt: skip
GOOD = {"id": "1", "question": "Siapa?", "answers": ["Budi"]}

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """`write("name", records or text or bytes)`: a file; records are written one a line, or as JSON."""

    def factory(name: str, content: Any) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        elif isinstance(content, str):
            path.write_text(content, "utf-8")
        elif path.suffix == ".json":
            path.write_text(json.dumps(content), "utf-8")
        else:
            path.write_text("".join((c if isinstance(c, str) else json.dumps(c)) + "\n" for c in content), "utf-8")
        return path

    return factory


def test_our_own_format(write: Write) -> None:
    """Everything a record may hold."""
    record = {
        **GOOD, "lang": "en", "type": "followup", "answerable": True, "twin": "2",
        "evidence": [{"article": "a", "quote": "Budi"}], "history": [{"question": "Apa?", "answer": "Itu."}],
        "asked_at": "2026-03-04T12:10:00+07:00", "corpus": "x",
    }  # fmt: skip
    first, second = read_testset(write("q.jsonl", [record, {**GOOD, "id": "2"}])).cases
    assert (("Budi",), (Evidence("a", "Budi"),), "followup", "en", "2") == (
        first.answers, first.evidence, first.type, first.lang, first.twin
    )  # fmt: skip
    assert (Turn("Apa?", "Itu."),) == first.record.history
    assert (True, (), "question", None) == (second.answerable, second.evidence, second.type, second.twin)


def test_the_sample_questions_are_read() -> None:
    testset = read_testset(samples().parent / "questions.jsonl")
    assert (100, None) == (len(testset.cases), testset.mode)


@pytest.mark.parametrize(
    "shape",
    [[PARAGRAPH], {"version": "2.0", "data": [{"title": "Banjir", "paragraphs": [PARAGRAPH]}]}],
    ids=["IDK-MRC", "SQuAD"],
)
def test_squad_in_both_shapes(write: Write, shape: Any) -> None:
    """Each question has its own context; evidence is the sentence around the answer, not every "2"."""
    testset = read_testset(write("squad.json", shape))
    first, second = testset.cases
    assert (Mode.READER, (CONTEXT,)) == (testset.mode, first.record.passages)
    assert ((Evidence("passage-1", "Sebanyak 2 warga tewas."),), "answerable") == (first.evidence, first.type)
    assert (False, (), "unanswerable") == (second.answerable, second.evidence, second.type)


def test_a_wrong_answer_start_is_forgiven(write: Write) -> None:
    """Published files have them, and SQuAD's own script never looks."""
    asked = {"id": "x", "question": "Berapa posko?", "answers": [{"text": "2 posko", "answer_start": 0}]}
    [case] = read_testset(write("squad.json", [{"context": CONTEXT, "qas": [asked]}])).cases
    assert (Evidence("passage-1", "Ada 2 posko."),) == case.evidence


HEADERS = {
    "commas": "question,answer\nSiapa wali kota?,Budi | Budi Santoso\nSiapa lagi?,\n",
    "semicolons, Indonesian": "No;Pertanyaan;Jawaban\n1;Siapa wali kota?;Budi | Budi Santoso\n2;Siapa lagi?;\n",
    "tabs": "pertanyaan\tjawaban\nSiapa wali kota?\tBudi|Budi Santoso\n\nSiapa lagi?\t\n",
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("text", HEADERS.values(), ids=HEADERS)
def test_spreadsheets_as_newsrooms_save_them(write: Write, text: str, encoding: str) -> None:
    """Whatever separates the cells and begins the file; a blank answer says that there is none."""
    first, second = read_testset(write("q.csv", text.encode(encoding))).cases
    assert ("Siapa wali kota?", ("Budi", "Budi Santoso"), True) == (
        first.record.question, first.answers, first.answerable
    )  # fmt: skip
    assert ((), False) == (second.answers, second.answerable)


def beir(write: Write, **replaced: Any) -> Path:
    files = {
        "corpus.jsonl": [{"_id": "d1", "title": "Banjir", "text": "Demak."}, {"_id": "d2", "title": "Gempa"}],
        "queries.jsonl": [{"_id": "q1", "text": "banjir"}, {"_id": "q2", "text": "tanpa penilaian"}],
        "qrels/test.tsv": "query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\t0\n",
        "qrels/dev.tsv": "query-id\tcorpus-id\tscore\nq2\td1\t1\n",
    } | replaced  # fmt: skip
    paths = [write(f"beir/{name}", content) for name, content in files.items() if content is not None]
    return paths[0].parent


def test_a_beir_folder(write: Write) -> None:
    """Queries that test.tsv judges, against the corpus that comes along; grade 0 is not relevant."""
    testset = read_testset(beir(write))
    [case] = testset.cases
    assert (Mode.RETRIEVAL, "q1", {"d1": 2}) == (testset.mode, case.id, case.relevance)
    assert testset.corpus is not None
    assert [("d1", "Banjir", "Demak."), ("d2", "Gempa", "Gempa")] == [
        (a.id, a.title, a.text) for a in read_corpus(testset.corpus)
    ]


BAD = {
    "no JSON": ("q.jsonl", [GOOD, "{"], "q.jsonl:2: got no JSON"),
    "a list": ("q.jsonl", [GOOD, "[1]"], "q.jsonl:2: got list"),
    "no question": ("q.jsonl", [GOOD, {"answers": ["x"]}], "q.jsonl:2: question: got None"),
    "answers that are text": ("q.jsonl", [{**GOOD, "answers": "Budi"}], "q.jsonl:1: answers: got 'Budi'"),
    "a blank answer": ("q.jsonl", [{**GOOD, "answers": [" "]}], "q.jsonl:1: answers: got"),
    "no gold": ("q.jsonl", [{"question": "Siapa?", "answerable": True}], "q.jsonl:1: answerable: got true without"),
    "gold for none": ("q.jsonl", [{**GOOD, "answerable": False}], "q.jsonl:1: answers: got some"),
    "answerable as text": ("q.jsonl", [{**GOOD, "answerable": "ya"}], "q.jsonl:1: answerable: got 'ya'"),
    "evidence without a quote": ("q.jsonl", [{**GOOD, "evidence": [{"article": "a"}]}], "q.jsonl:1: evidence: got"),
    "an id again": ("q.jsonl", [GOOD, GOOD], "q.jsonl:2: got the id '1' again (first in q.jsonl:1)"),
    "a twin that is not here": ("q.jsonl", [{**GOOD, "twin": "9"}], "q.jsonl:1: twin: got '9'"),
    "nothing": ("q.jsonl", [], "q.jsonl: got no question"),
    "no such format": ("q.docx", "x", "q.docx: got a file ending in '.docx'"),
    "SQuAD that is no JSON": ("q.json", "{", "q.json: got no JSON"),
    "SQuAD without paragraphs": ("q.json", {"x": 1}, "q.json: got no list of paragraphs"),
    "SQuAD without context": ("q.json", [{"qas": []}], "q.json: paragraph 1: got"),
    "SQuAD that contradicts itself": (
        "q.json",
        [{"context": "x", "qas": [{"question": "Siapa?", "is_impossible": True, "answers": [{"text": "x"}]}]}],
        "q.json: question 1: got is_impossible True with 1 answers",
    ),
    "SQuAD with a number": (
        "q.json",
        [{"context": "x", "qas": [{"question": "Siapa?", "answers": [{"text": 5}]}]}],
        "q.json: question 1: answers: got",
    ),
    "no column": ("q.csv", "soal saya,kunci\nSiapa?,Budi\n", "q.csv:1: got the columns"),
    "a blank question": ("q.csv", "question,answer\nSiapa?,Budi\n,Ani\n", "q.csv:3: question: got None"),
    "too many cells": ("q.csv", "question,answer\nSiapa?,Budi,Ani\n", "q.csv:2: got 3 cells"),
}


@pytest.mark.parametrize(("name", "content", "message"), BAD.values(), ids=BAD)
def test_what_is_wrong_is_one_line_with_the_record(write: Write, name: str, content: Any, message: str) -> None:
    """File, number, what was got: a test set is read whole or not at all."""
    with pytest.raises(QuestionError) as caught:
        read_testset(write(name, content))
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


BAD_BEIR = {
    "no corpus": ({"corpus.jsonl": None, "queries.jsonl": []}, "without corpus.jsonl"),
    "no query judged": ({"qrels/test.tsv": "q9\td1\t1\n"}, "no query with a relevant document"),
    "a query without text": ({"queries.jsonl": [{"_id": "q1"}]}, "queries.jsonl:1: got"),
    "two columns": ({"qrels/test.tsv": "q1\td1\t1\nq1 d1\n"}, "test.tsv:2: got"),
}


@pytest.mark.parametrize(("replaced", "message"), BAD_BEIR.values(), ids=BAD_BEIR)
def test_a_beir_folder_that_is_wrong_says_where(write: Write, replaced: dict[str, Any], message: str) -> None:
    with pytest.raises(QuestionError, match=message):
        read_testset(beir(write, **replaced))


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(QuestionError, match="no such file"):
        read_testset(tmp_path / "q.jsonl")


# -- predictions -----------------------------------------------------------------------------


def test_predictions_of_any_system(write: Write) -> None:
    """All fields, or only an answer; an empty answer is a refusal."""
    full = {
        "id": 7, "answer": " Budi ", "refused": False, "citations": [{"article": "a", "quote": "x", "start": 0}],
        "retrieved": ["a", "b", "a"], "latency_ms": 5, "confidence": 0.5, "stages": {"read": 3},
    }  # fmt: skip
    found = read_predictions(write("p.jsonl", [full, {"id": "b", "answer": ""}, {"id": "c", "error": "boom"}]))
    assert Prediction("7", "Budi", (Cited("a", "x"),), ("a", "b"), 5.0, 0.5, {"read": 3.0}) == found["7"]
    assert [(True, False), (False, True)] == [(found[i].refused, found[i].failed) for i in "bc"]


BAD_PREDICTIONS = {
    "no id": ({"answer": "x"}, "id: got None"),
    "no answer": ({"id": "1"}, "got no answer"),
    "an answer that is a number": ({"id": "1", "answer": 5}, "answer: got 5"),
    "citations without quotes": ({"id": "1", "answer": "x", "citations": ["a"]}, "citations: got"),
    "retrieved that is text": ({"id": "1", "answer": "x", "retrieved": "a"}, "retrieved: got"),
    "confidence that is text": ({"id": "1", "answer": "x", "confidence": "sure"}, "confidence: got"),
    "stages that are a list": ({"id": "1", "answer": "x", "stages": [1]}, "stages: got"),
    "an id again": ({"id": "0", "answer": "x"}, "got the id '0' again"),
}


@pytest.mark.parametrize(("record", "message"), BAD_PREDICTIONS.values(), ids=BAD_PREDICTIONS)
def test_a_wrong_prediction_is_one_line(write: Write, record: dict[str, Any], message: str) -> None:
    with pytest.raises(QuestionError) as caught:
        read_predictions(write("p.jsonl", [{"id": "0", "answer": "x"}, record]))
    assert str(caught.value).startswith(f"p.jsonl:2: {message}")
