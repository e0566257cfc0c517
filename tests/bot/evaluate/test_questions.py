"""`tanya questions check` finds what is wrong; `new` writes what a person says yes to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.assemble import samples
from tests.bot.conftest import Tanya

QUESTIONS = samples().parent / "questions.jsonl"
ARTICLE = "Banjir merendam Demak pada Rabu. Sebanyak 1.240 warga mengungsi ke balai desa Kebonagung."
GOOD = {
    "id": "q1", "question": "Berapa warga Demak yang mengungsi?", "answers": ["1.240"], "type": "number",
    "evidence": [{"article": "kn-1", "quote": "Sebanyak 1.240 warga mengungsi"}],
}  # fmt: skip


def write(path: Path, *records: Any) -> Path:
    path.write_text("".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in records), "utf-8")
    return path


@pytest.fixture
def flood(tanya: Tanya, tmp_path: Path) -> Tanya:
    assert tanya("add", write(tmp_path / "a.jsonl", {"id": "kn-1", "title": "Banjir Demak", "text": ARTICLE})).code == 0
    return tanya


def test_the_sample_questions_are_right(tanya_samples: Tanya) -> None:
    """What ships has verbatim quotes and no duplicates; its doubts are answers put together from several quotes."""
    outcome = tanya_samples("questions", "check", QUESTIONS)
    assert 0 == outcome.code
    assert outcome.out.endswith("100 questions, 0 wrong, 8 to look at\n")


WRONG = {
    "no JSON": ("{", "got no JSON"),
    "no question": ({"answers": ["x"]}, "question: got None"),
    "an id again": ({**GOOD, "question": "Kapan?"}, "got the id 'q1' again, first in q.jsonl:1"),
    "a question again": ({**GOOD, "id": "q2"}, "got the question of q.jsonl:1 again"),
    "a quote that was changed": (
        {**GOOD, "id": "q2", "question": "Apa?", "evidence": [{"article": "kn-1", "quote": "Sebanyak 1.240 orang"}]},
        "evidence 1: got a quote that does not stand in kn-1",
    ),
    "an article that is not here": (
        {**GOOD, "id": "q2", "question": "Apa?", "evidence": [{"article": "x", "quote": "1.240"}]},
        "evidence 1: got the article 'x', which is not in the index",
    ),
    "a question without words": ({**GOOD, "id": "q2", "question": "???"}, ""),
    "a twin that is not here": ({**GOOD, "id": "q2", "question": "Apa?", "twin": "q9"}, "twin: got 'q9'"),
}


@pytest.mark.parametrize(("record", "message"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_with_its_place(flood: Tanya, tmp_path: Path, record: Any, message: str) -> None:
    """The exit status is 1, and the good record before it is not complained about."""
    outcome = flood("questions", "check", write(tmp_path / "q.jsonl", GOOD, record))
    [finding, summary] = outcome.out.splitlines()
    assert 1 == outcome.code
    assert finding.startswith(f"q.jsonl:2: {message}")
    assert "1 wrong" in summary


def test_every_finding_is_said_not_only_the_first(flood: Tanya, tmp_path: Path) -> None:
    path = write(tmp_path / "q.jsonl", "{", {"answers": ["x"]}, GOOD, {**GOOD, "question": "Kapan?"})
    assert ["q.jsonl:1", "q.jsonl:2", "q.jsonl:4"] == [
        line.split(": ")[0] for line in flood("questions", "check", path).out.splitlines()[:-1]
    ]


def test_an_answer_outside_its_evidence_is_a_doubt(flood: Tanya, tmp_path: Path) -> None:
    """For a person to settle: it may be put together from several quotes."""
    outcome = flood("questions", "check", write(tmp_path / "q.jsonl", {**GOOD, "answers": ["seribu jiwa"]}))
    assert 0 == outcome.code
    assert "q.jsonl:1: doubt: answers: got 'seribu jiwa', which does not occur in the evidence" in outcome.out


def test_the_data_directory_may_stand_on_either_side(flood: Tanya, tmp_path: Path) -> None:
    """`tanya questions check FILE --data-dir D` as well as `tanya questions --data-dir D check FILE`."""
    path = write(tmp_path / "q.jsonl", GOOD)
    before = flood("questions", "check", path)
    after = Tanya(tmp_path / "other")("questions", "check", path, "--data-dir", flood.data_dir)
    assert (0, before.out) == (after.code, after.out)


# -- writing ---------------------------------------------------------------------------------


def test_a_person_writes_a_question(flood: Tanya, tmp_path: Path) -> None:
    """Sentences are shown and numbered; what comes out is checked and passes the check."""
    answers = "Berapa warga Demak yang mengungsi?\n9\n2\n1.240 | 1.240 warga\n\ny\nSiapa bupatinya?\n\n\ny\n\n"
    outcome = flood("questions", "new", "kn-1", stdin=answers)
    assert 0 == outcome.code
    assert "   2  Sebanyak 1.240 warga mengungsi ke balai desa Kebonagung." in outcome.err
    assert "Tidak ada kalimat 9; ada 1 sampai 2." in outcome.err
    first, second = [json.loads(line) for line in outcome.out.splitlines()]
    assert (True, ["1.240", "1.240 warga"], "number") == (first["answerable"], first["answers"], first["type"])
    quote = "Sebanyak 1.240 warga mengungsi ke balai desa Kebonagung."
    assert [{"article": "kn-1", "quote": quote}] == first["evidence"]
    assert (False, [], [], "unanswerable") == tuple(second[k] for k in ("answerable", "answers", "evidence", "type"))
    assert 0 == flood("questions", "check", write(tmp_path / "mine.jsonl", first, second)).code


def test_nothing_is_kept_without_a_yes(flood: Tanya) -> None:
    """A no, no answer at all, and an end of input leave nothing behind; what is doubtful is said before."""
    outcome = flood("questions", "new", "kn-1", stdin="Berapa?\n2\nseribu\n\nn\nBerapa warga?\n2\n1.240\n\n")
    assert (0, "") == (outcome.code, outcome.out)
    assert "does not occur in the evidence" in outcome.err


def test_an_unknown_article_is_one_line(flood: Tanya) -> None:
    outcome = flood("questions", "new", "tidak-ada")
    assert (1, "") == (outcome.code, outcome.out)
    [line] = outcome.err.splitlines()
    assert "tidak-ada" in line
