"""A file of questions in, one prediction a line out: the schema other tools read."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.answer_file import answer_record, read_questions
from bot.answerer import Answerer
from bot.assemble import samples
from index.build import NewsIndex
from tests.bot.conftest import Answered, Outcome, Tanya

QUESTIONS = samples().parent / "questions.jsonl"
PASSAGES = [
    "Harga cabai rawit di Pasar Johar naik menjadi Rp 95.000 per kilogram.",
    "Banjir merendam Demak pada Rabu. Sebanyak 1.240 warga mengungsi ke balai desa.",
]


def written(folder: Path, *records: Any) -> Path:
    """A question file; text stands for a raw line."""
    path = folder / "questions.jsonl"
    lines = (r if isinstance(r, str) else json.dumps(r) for r in records)
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


@pytest.fixture
def predict(tmp_path: Path) -> Callable[..., tuple[Outcome, list[dict[str, Any]]]]:
    """Run `tanya answer-file` on records; gives its outcome and its predictions."""

    def run(tanya: Tanya, *records: Any) -> tuple[Outcome, list[dict[str, Any]]]:
        out = tmp_path / "predictions.jsonl"
        outcome = tanya("answer-file", written(tmp_path, *records), "--out", out)
        return outcome, [json.loads(line) for line in out.read_text("utf-8").splitlines()]

    return run


Predict = Callable[..., tuple[Outcome, list[dict[str, Any]]]]


def test_every_prediction_has_the_schema(answered: Answered) -> None:
    """Exactly the fields of the specification, of its types."""
    for record, prediction in answered:
        fields = ["id", "answer", "refused", "citations", "retrieved", "latency_ms", "confidence", "stages", "voice"]
        assert fields == list(prediction)
        assert record["id"] == prediction["id"]
        assert prediction["refused"] is (prediction["answer"] is None)
        assert prediction["refused"] or prediction["citations"]
        assert isinstance(prediction["latency_ms"], float)
        assert prediction["refused"] is (prediction["confidence"] is None)
        assert ["understand", "embed", "retrieve", "read", "check"] == list(prediction["stages"])
        assert sum(prediction["stages"].values()) <= prediction["latency_ms"] + 0.1
        for citation in prediction["citations"]:
            assert ["article", "quote", "start", "end"] == list(citation)


def test_ten_different_articles_are_retrieved(answered: Answered, sample_index: NewsIndex) -> None:
    """`retrieved` ranks at least ten articles of the index, each once."""
    stored = {entry.id for entry in sample_index.store.listed()}
    for _, prediction in answered:
        assert len(prediction["retrieved"]) == len(set(prediction["retrieved"])) >= 10
        assert stored.issuperset(prediction["retrieved"])


def test_order_is_kept_and_extra_fields_are_ignored(tanya: Tanya, predict: Predict) -> None:
    """One line for each record, in the order of the file, whatever else a record holds."""
    records = [
        {"id": f"q-{n}", "question": "Berapa warga mengungsi?", "passages": PASSAGES, "corpus": "x", "neu": [1]}
        for n in (3, 1, 2)
    ]
    outcome, predictions = predict(tanya, *records)
    assert (0, "") == (outcome.code, outcome.err)
    assert ["q-3", "q-1", "q-2"] == [p["id"] for p in predictions]


def test_passages_are_answered_from_alone(tanya: Tanya, predict: Predict) -> None:
    """A record with passages needs no index; its citations count the passages from 1."""
    record = {"id": "p", "question": "Berapa warga Demak yang mengungsi?", "passages": PASSAGES}
    _, [prediction] = predict(tanya, record)
    assert "1.240" in prediction["answer"]
    assert "passage-2" == prediction["citations"][0]["article"]
    for citation in prediction["citations"]:
        passage = PASSAGES[int(citation["article"].removeprefix("passage-")) - 1]
        assert passage[citation["start"] : citation["end"]] == citation["quote"]


def test_passages_hide_the_index(tanya: Tanya, predict: Predict, tmp_path: Path) -> None:
    """What is in the index is not cited for a record that brings its passages."""
    article = tmp_path / "gempa.txt"
    article.write_text("Gempa Padang merusak 87 rumah warga.\nGempa mengguncang Padang, 87 rumah rusak.", "utf-8")
    assert 0 == tanya("add", article).code
    _, [prediction] = predict(tanya, {"question": "Berapa rumah rusak akibat gempa Padang?", "passages": PASSAGES})
    cited = {c["article"] for c in prediction["citations"]} | set(prediction["retrieved"])
    assert cited <= {"passage-1", "passage-2"}


@pytest.mark.parametrize(
    "passages",
    [
        [],
        [""],
        [" \n\t"],
        ["…"],
        ["a\0b Sebanyak 5 warga Demak tewas."],
        ["baris\r\nSebanyak 5 warga\r\nDemak"],
        ["sama", "sama"],
    ],
    ids=["none", "empty", "blank", "no words", "NUL", "carriage returns", "copies"],
)
def test_odd_passages_are_no_crash(tanya: Tanya, predict: Predict, passages: list[str]) -> None:
    """Empty and dirty passages end in a prediction whose quotes are still verbatim."""
    outcome, [prediction] = predict(tanya, {"id": 1, "question": "Berapa warga Demak tewas?", "passages": passages})
    assert (0, "1") == (outcome.code, prediction["id"])
    for citation in prediction["citations"]:
        passage = passages[int(citation["article"].removeprefix("passage-")) - 1]
        assert passage[citation["start"] : citation["end"]] == citation["quote"]


def test_passages_after_a_nul_are_read(tanya: Tanya, predict: Predict) -> None:
    """A NUL inside a passage does not hide what follows it."""
    passages = ["Judul\0 berita. Sebanyak 57 warga Demak tewas akibat banjir."]
    _, [prediction] = predict(tanya, {"question": "Berapa warga Demak tewas?", "passages": passages})
    assert prediction["answer"] is not None
    assert "57" in prediction["answer"]


def test_a_plain_question_of_an_empty_index_is_refused(tanya: Tanya, predict: Predict) -> None:
    """Without articles there is nothing to retrieve, which is no error of the file."""
    outcome, [prediction] = predict(tanya, {"id": "x", "question": "Siapa korban banjir?"})
    assert 0 == outcome.code
    assert (True, [], []) == (prediction["refused"], prediction["citations"], prediction["retrieved"])


def test_history_makes_a_follow_up(answerer: Answerer, tmp_path: Path) -> None:
    """A question with history is about what was spoken of; without, about anything."""
    turn = {"question": "Siapa tersangka kebakaran Pasar Antasan Baru?", "answer": "Jumri Anwari"}
    asked = {"id": "f", "question": "Ancaman hukumannya berapa lama?"}
    [record] = read_questions(written(tmp_path, {**asked, "history": [turn]}))
    prediction = answer_record(answerer, record)  # type: ignore[arg-type]  # a good record
    assert "sk-2026-03-26-tersangka-kebakaran-pasar" == prediction["citations"][0]["article"]


BAD = {
    "no JSON": '{"question": ',
    "a list": "[1]",
    "no question": '{"id": "x"}',
    "a blank question": '{"question": " "}',
    "a question that is no text": '{"question": 5}',
    "an id that is a list": '{"id": [], "question": "Siapa?"}',
    "a moment that is none": '{"question": "Siapa?", "asked_at": "kemarin"}',
    "a moment that is a number": '{"question": "Siapa?", "asked_at": 5}',
    "history that is text": '{"question": "Siapa?", "history": "x"}',
    "passages that are numbers": '{"question": "Siapa?", "passages": [1]}',
    "a question without words": '{"question": "???", "passages": []}',
    "a question too long": json.dumps({"question": "a" * 1_001, "passages": []}),
    "deep nesting": "[" * 100_000,
    "a number too long": '{"question": "Siapa?", "id": ' + "1" * 5_000 + "}",
}


@pytest.mark.parametrize("line", BAD.values(), ids=BAD)
def test_a_bad_record_stops_no_other(tanya: Tanya, predict: Predict, line: str) -> None:
    """It is reported in one line with file and line number, the others are answered, and the status is 1."""
    good = {"id": "good", "question": "Berapa warga mengungsi?", "passages": PASSAGES}
    outcome, predictions = predict(tanya, good, line, {**good, "id": "last"})
    assert ["good", "last"] == [p["id"] for p in predictions]
    [message] = outcome.err.splitlines()
    assert message.startswith("tanya: questions.jsonl:2: ")
    assert 1 == outcome.code
    assert outcome.out.startswith("2 answered, 1 failed")


HALVES = {
    "in the question": '{"question": "Siapa \\ud800 korban?", "passages": ["Korban bernama Budi."]}',
    "in the id": '{"id": "\\ud800", "question": "Siapa korban?", "passages": ["Korban bernama Budi."]}',
    "in a passage": '{"question": "Siapa korban?", "passages": ["Korban \\ud800 bernama Budi."]}',
    "in the history": '{"question": "Siapa?", "history": [{"question": "\\udfff"}], "passages": ["Budi."]}',
}


@pytest.mark.parametrize("line", HALVES.values(), ids=HALVES)
def test_half_a_character_is_no_crash(tanya_samples: Tanya, predict: Predict, line: str) -> None:
    """JSON can hold lone surrogates, which no file and no model takes: such a record is mended or reported."""
    good = {"id": "good", "question": "Berapa warga mengungsi?", "passages": PASSAGES}
    outcome, predictions = predict(tanya_samples, good, line, {**good, "id": "last"})
    assert ["good", "last"] == [predictions[0]["id"], predictions[-1]["id"]]
    assert 3 - len(predictions) == len(outcome.err.splitlines()) == outcome.code


def test_earliest_moments_are_no_crash(tanya: Tanya, predict: Predict) -> None:
    """A record asked on the first day of the calendar about yesterday is answered."""
    record = {"id": "old", "question": "Siapa korban kemarin?", "asked_at": "0001-01-01T00:00:00", "passages": PASSAGES}
    assert ["old"] == [p["id"] for p in predict(tanya, record)[1]]


def test_a_missing_question_file_is_one_line(tanya: Tanya, tmp_path: Path) -> None:
    """And nothing is written."""
    outcome = tanya("answer-file", tmp_path / "none.jsonl", "--out", tmp_path / "out.jsonl")
    assert 1 == outcome.code
    [message] = outcome.err.splitlines()
    assert message.startswith("tanya: ")
    assert "none.jsonl" in message
    assert [] == list(tmp_path.glob("out*"))


def test_a_folder_that_is_missing_is_one_line(tanya: Tanya, tmp_path: Path) -> None:
    """`--out` into a folder that does not exist says so."""
    outcome = tanya("answer-file", written(tmp_path, {"question": "Siapa?"}), "--out", tmp_path / "no" / "out.jsonl")
    assert 1 == outcome.code
    [message] = outcome.err.splitlines()
    assert message.startswith("tanya: ")


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "kill -9"])
def test_an_interruption_leaves_the_old_predictions(
    sample_data: Path, tmp_path: Path, elsewhere: dict[str, str], by: signal.Signals
) -> None:
    """The file is there whole or not at all: what a run left half-written is not under its name."""
    lines = QUESTIONS.read_text("utf-8").splitlines() * 50
    out = tmp_path / "predictions.jsonl"
    out.write_text("before\n", "utf-8")
    arguments = ["answer-file", written(tmp_path, *lines), "--out", out, "--data-dir", sample_data]
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", *map(str, arguments)], env=elsewhere, stderr=subprocess.PIPE
    )
    try:
        _wait_until_written(tmp_path, process)
        process.send_signal(by)
        _, error = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert "before\n" == out.read_text("utf-8")
    assert b"Traceback" not in error
    assert (130 if by is signal.SIGINT else -by) == process.returncode


def _wait_until_written(folder: Path, process: subprocess.Popen[bytes]) -> None:
    """Until the new predictions have begun somewhere beside the old ones."""
    deadline = time.monotonic() + 120
    while not any(p.stat().st_size for p in folder.glob("predictions.jsonl?*")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)
