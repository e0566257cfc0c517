"""What the reader learns from: the answer stays where it was said to be, and a negative does not hold it."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("bm25s", reason="training needs tanya-berita[train]")

from bot.reader.train.examples import LONGEST, Example, cut, inference, informal, loosened, squad_like
from bot.reader.train.mixture import _shown
from bot.reader.train.negatives import Pool, Text, hard_negatives
from bot.reader.train.questions import FILE, TEST, VALIDATION, Written, written
from index.chunk import chunk_article
from index.records import Span
from tests.conftest import MakeArticle

SENTENCES = [f"Kalimat nomor {n} menyebut kota {city} dan sungainya." for n, city in enumerate(["Demak", "Kudus"] * 20)]


def said(example: Example) -> str | None:
    return example.answer and example.passage[example.answer.start : example.answer.end]


@given(st.integers(0, 39), st.integers(0, 1_000))
def test_a_passage_cut_to_size_keeps_its_answer(number: int, seed: int) -> None:
    passage = " ".join(SENTENCES)
    start = passage.index(f"nomor {number} ")
    example = Example("Nomor berapa?", passage, Span(start, start + len(f"nomor {number}")))
    shorter = cut(example, random.Random(seed))
    assert f"nomor {number}" == said(shorter)
    assert len(shorter.passage.split()) <= LONGEST
    assert shorter.passage in passage


@pytest.mark.parametrize(
    ("printed", "answer", "expected"),
    [
        ("Harganya Rp 5 , 5 juta .", "5 , 5 juta", "5,5 juta"),
        ("Gubernur ( Jawa Barat ) hadir .", "Jawa Barat", "Jawa Barat"),
        ("Kompas - Jakarta , Senin .", "Senin", "Senin"),
    ],
)
def test_spaces_that_no_newspaper_prints_go(printed: str, answer: str, expected: str) -> None:
    start = printed.index(answer)
    assert expected == said(loosened(Example("?", printed, Span(start, start + len(answer)))))


def test_an_answer_whose_offset_is_off_is_found_and_one_that_is_not_there_is_left_out(tmp_path: Path) -> None:
    def question(text: str, start: int) -> dict[str, object]:
        return {"question": f"{text}?", "answers": [{"text": text, "answer_start": start}]}

    entry = {
        "context": "Demak dan Kudus, lalu Demak lagi.",
        "qas": [question("Demak", 20), question("Solo", 0), {"question": "Lain?", "answers": []}],
    }
    (tmp_path / "set.json").write_text(json.dumps([entry]), "utf-8")
    near, none = squad_like(tmp_path / "set.json")
    assert Span(22, 27) == near.answer
    assert none.answer is None


def test_the_labels_of_inference_are_in_the_heads_order(tmp_path: Path) -> None:
    lines = [{"premise": "p", "hypothesis": "h", "label": label} for label in "cen"]
    (tmp_path / "nli.jsonl").write_text("\n".join(map(json.dumps, lines)), "utf-8")
    assert [2, 0, 1] == [pair.label for pair in inference(tmp_path / "nli.jsonl")]


def test_a_question_as_typed_in_a_chat() -> None:
    typed = {informal("Berapakah orang yang mengungsi?", random.Random(n)) for n in range(40)}
    assert "berapa orang yang mengungsi" in typed
    assert any("brp" in one or "yg" in one for one in typed)


def test_a_negative_does_not_hold_the_answer() -> None:
    passage = "Banjir Demak merendam 12 desa di tiga kecamatan."
    pool = Pool(
        [
            Text("Warga Demak menyebut banjir merendam 12 desa sejak Rabu, kata camat.", "Judul lain"),
            Text("Banjir Kudus merendam jalan raya, desa tidak terdampak sama sekali.", "Kudus"),
            *(Text(f"Berita {n} tentang sepak bola dan klub kota.") for n in range(20)),
        ]
    )
    example = Example("Berapa desa terendam banjir?", passage, Span(22, 29))
    made = hard_negatives([example] * 20, pool, 1.0, random.Random(0))
    assert len(made) == 20
    assert all(one.answer is None and "12 desa" not in one.passage for one in made)
    assert "Kudus" in {one.header for one in made}


def test_a_written_question_is_read_over_its_own_article_too(make_article: MakeArticle) -> None:
    text = "\n".join(SENTENCES)
    article = make_article(text=text)
    start = text.index("nomor 33")
    pool = Pool([Text(c.text) for c in chunk_article(make_article(text="\n".join(SENTENCES[::-1])))] * 2)
    question = Written(article, "Nomor berapa yang disebut terakhir kali?", Span(start, start + 8))
    examples = _shown(question, pool, random.Random(1))
    assert ["nomor 33"] == [said(e) for e in examples if e.answer]
    assert any(e.answer is None and e.header.startswith(article.title) for e in examples)
    assert all("nomor 33" not in e.passage for e in examples if e.answer is None)


@pytest.mark.parametrize("path", [FILE, VALIDATION, TEST], ids=lambda path: path.stem)
def test_the_written_questions_are_whole(path: Path) -> None:
    """Every line has a question of its own and, where there is an answer, the place of it."""
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert len(lines) == len({(line["article"], line["question"].lower()) for line in lines})
    assert 0.15 < sum(line["answer"] is None for line in lines) / len(lines) < 0.35
    assert all((line["answer"] is None) == (line["start"] is None) for line in lines)
    assert all(line["question"].strip() for line in lines)


def test_a_question_whose_article_changed_is_left_out(make_article: MakeArticle, tmp_path: Path) -> None:
    article = make_article("kn-1", "Sebanyak 12 desa terendam.")
    lines = [
        {"article": "kn-1", "question": "Berapa desa?", "kind": "number", "answer": "12 desa", "start": 9},
        {"article": "kn-1", "question": "Berapa kota?", "kind": "number", "answer": "12 kota", "start": 9},
        {"article": "kn-2", "question": "Berapa desa?", "kind": "number", "answer": "12 desa", "start": 9},
        {"article": "kn-1", "question": "Kapan surut?", "kind": "unanswerable", "answer": None, "start": None},
    ]
    (tmp_path / "q.jsonl").write_text("\n".join(map(json.dumps, lines)), "utf-8")
    kept = list(written({"kn-1": article}, tmp_path / "q.jsonl"))
    assert [("Berapa desa?", Span(9, 16)), ("Kapan surut?", None)] == [(w.question, w.answer) for w in kept]


def test_what_is_fitted_and_what_is_measured_share_no_article() -> None:
    used = [
        {json.loads(line)["article"] for line in path.read_text("utf-8").splitlines()}
        for path in (FILE, VALIDATION, TEST)
    ]
    assert sum(map(len, used)) == len(set.union(*used))


def test_none_of_them_is_a_development_question(shared: Path) -> None:
    """Nor is an article of the training questions evidence of one."""
    dev = [json.loads(line) for line in (shared / "questions/dev.jsonl").read_text("utf-8").splitlines()]
    evidence = {e["article"] for question in dev for e in question["evidence"]}
    asked = {question["question"].lower() for question in dev}
    lines = [json.loads(line) for path in (FILE, VALIDATION, TEST) for line in path.read_text("utf-8").splitlines()]
    assert not evidence & {line["article"] for line in lines}
    assert not asked & {line["question"].lower() for line in lines}
