"""The benchmark's arithmetic, on cases worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from index.records import Article
from tests.bench.score import (
    Corpus,
    abstention,
    contains,
    evidence_overlap,
    is_at_its_offsets,
    is_verbatim,
    markdown,
    measure,
    normalise,
    overlaps,
    pair,
    quantile,
    recall_at,
    score,
    token_f1,
)

TEXT = "Harga cabai turun.\nKata Budi,  harganya Rp 40.000 per kilogram. Stok aman."
CORPUS = Corpus.of(
    [
        {"id": "a", "title": "Harga Cabai Turun Jadi Rp 40.000", "text": TEXT},
        {"id": "a-copy", "title": "Cabai", "text": TEXT.replace("\n", "\n\n")},
        {"id": "b", "title": "Banjir", "text": "Hujan deras. BACA JUGA: Cabai\nTanggul jebol 25 meter."},
    ],
    {"b": Article("b", "Banjir", "Hujan deras.\nTanggul jebol 25 meter.")},
)


def question(id: str, **fields: Any) -> dict[str, Any]:
    return {
        "id": id, "question": "?", "type": "factoid", "answerable": True, "answers": ["Budi"],
        "evidence": [{"article": "a", "quote": "Kata Budi"}],
    } | fields  # fmt: skip


def prediction(id: str, **fields: Any) -> dict[str, Any]:
    return {"id": id, "answer": "Budi", "refused": False, "citations": [], "retrieved": [], "latency_ms": 1.0} | fields


def cite(article: str, quote: str, start: int = 0) -> dict[str, Any]:
    return {"article": article, "quote": quote, "start": start, "end": start + len(quote)}


UNANSWERABLE: dict[str, Any] = {"type": "unanswerable", "answerable": False, "answers": [], "evidence": []}


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("Rp1.500,5", "rp 1500.5"),
        ("rp. 1.500,5.", "rp 1500.5"),
        ("Harganya Rp 25.000.", "harganya rp 25000"),
        ("US$ 85,1 juta", "usd 85.1 juta"),
        ("USD85,1 juta", "usd 85.1 juta"),
        ("2%", "2 persen"),
        ("25m", "25 m"),
        ("2-1", "2 1"),
        ("pukul 06.15 WIB", "pukul 06.15 wib"),
        ("“Shin Tae-yong”, the  coach!", "shin tae yong coach"),
        ("hari Jum'at", "hari jumat"),
        ("", ""),
    ],
)
def test_answers_are_compared_in_one_spelling(written: str, compared: str) -> None:
    assert compared == normalise(written)


@pytest.mark.parametrize(
    ("answer", "accepted", "expected"),
    [
        ("Kata Budi, aman.", ["Ani", "budi"], True),
        ("pada 2019", ["19"], False),
        ("Rp40.000 per kilogram", ["Rp 40.000"], True),
        ("5,4 miliar", ["54"], False),
        (None, ["Budi"], False),
        ("Budi", [], False),
        ("Budi", ["..."], False),
    ],
)
def test_gold_is_contained_as_whole_words(answer: str | None, accepted: list[str], expected: bool) -> None:
    assert expected == contains(answer, accepted)


@pytest.mark.parametrize(
    ("answer", "accepted", "expected"),
    [
        ("19 tahun", ["19"], 2 / 3),
        ("19 tahun", ["19", "19 tahun"], 1.0),
        ("ya ya ya", ["ya"], 0.5),
        ("tidak", ["ya"], 0.0),
        (None, ["ya"], 0.0),
        ("", [""], 0.0),
    ],
)
def test_f1_is_of_the_best_accepted_answer(answer: str | None, accepted: list[str], expected: float) -> None:
    assert expected == pytest.approx(token_f1(answer, accepted))


def test_recall_counts_any_evidence_article_or_copy() -> None:
    """Four questions: found first, found as a copy at rank two, not found, and one without a prediction."""
    questions = [question(i) for i in "1234"]
    predictions = [
        prediction("1", retrieved=["a", "b"]),
        prediction("2", retrieved=["b", "a-copy"]),
        prediction("3", retrieved=["b"]),
    ]
    judged = pair(questions, predictions)
    assert [recall_at(judged, depth, CORPUS) for depth in (1, 5)] == [0.25, 0.5]


def test_recall_without_answerable_questions_is_nothing() -> None:
    assert recall_at(pair([question("1", **UNANSWERABLE)], []), 1, CORPUS) is None


@pytest.mark.parametrize(
    ("citation", "gold", "expected"),
    [
        pytest.param(cite("a", "Budi, harganya"), ("a", "Kata Budi"), True, id="white-space-folded"),
        pytest.param(cite("a-copy", "Kata Budi, harganya"), ("a", "Kata Budi"), True, id="copy"),
        pytest.param(cite("a", "Stok aman."), ("a", "Kata Budi"), False, id="elsewhere"),
        pytest.param(cite("b", "Tanggul jebol"), ("a", "Kata Budi"), False, id="other-article"),
        pytest.param(cite("a", "harganya"), ("a", "Kata Budi,"), False, id="adjacent"),
        pytest.param(cite("a", "Cabai Turun Jadi"), ("a", "Jadi Rp 40.000"), True, id="title"),
        pytest.param(cite("b", "deras. Tanggul"), ("b", "Tanggul jebol"), True, id="across-removed-noise"),
        pytest.param(cite("gone", "Kata Budi"), ("a", "Kata Budi"), False, id="unknown-article"),
        pytest.param(cite("a", " "), ("a", "Kata Budi"), False, id="blank"),
    ],
)
def test_overlap_is_by_characters(citation: dict[str, Any], gold: tuple[str, str], expected: bool) -> None:
    assert expected == overlaps(citation, {"article": gold[0], "quote": gold[1]}, CORPUS)


def test_only_three_citations_count() -> None:
    citations = [cite("a", "Stok aman.")] * 3 + [cite("a", "Kata Budi")]
    predictions = [prediction("1", citations=citations), prediction("2", citations=citations[1:])]
    judged = pair([question("1"), question("2")], predictions)
    assert evidence_overlap(judged, CORPUS) == 0.5


def test_passages_of_the_question_can_be_cited() -> None:
    asked = question("1", passages=["Ani datang.", "Budi pergi."], evidence=[{"article": "passage-2", "quote": "Budi"}])
    metrics = measure(pair([asked], [prediction("1", citations=[cite("passage-2", "Budi pergi.")])]), CORPUS)
    assert (metrics["evidence overlap"], metrics["quotes verbatim"], metrics["quotes at their offsets"]) == (1, 1, 1)


@pytest.mark.parametrize(
    ("citation", "verbatim", "placed"),
    [
        pytest.param(cite("b", "Tanggul jebol", 13), True, True, id="exact"),
        pytest.param(cite("b", "Tanggul jebol", 12), True, False, id="wrong-offsets"),
        pytest.param(cite("b", "Hujan deras.\nTanggul", 0), False, True, id="spans-removed-noise"),
        pytest.param(cite("b", "tanggul jebol", 13), False, False, id="other-case"),
        pytest.param(cite("a", "Harga Cabai Turun Jadi", 0), True, False, id="title"),
        pytest.param(cite("a", "", 0), False, True, id="empty"),
        pytest.param(cite("gone", "Budi", 0), False, False, id="unknown-article"),
    ],
)
def test_quotes_are_checked_against_the_corpus(citation: dict[str, Any], verbatim: bool, placed: bool) -> None:
    assert (verbatim, placed) == (is_verbatim(citation, CORPUS), is_at_its_offsets(citation, CORPUS))


def test_abstention_has_the_unanswerable_as_positives() -> None:
    """Three refused of which one rightly; two unanswerable of which one was refused."""
    questions = [question("1"), question("2"), question("3", **UNANSWERABLE), question("4", **UNANSWERABLE)]
    predictions = [
        prediction("1", answer=None, refused=True),
        prediction("2", answer=" "),
        prediction("3", refused=True),
        prediction("4"),
    ]
    assert abstention(pair(questions, predictions)) == pytest.approx((1 / 3, 0.5))


def test_quantiles_interpolate() -> None:
    assert quantile([], 0.5) is None
    assert [quantile([5], 0.95), quantile([4, 1, 2, 3], 0.5), quantile([1, 2], 0)] == [5.0, 2.5, 1.0]


def test_a_refusal_scores_nothing_however_good_its_text() -> None:
    refusal = prediction("1", refused=True, citations=[cite("a", "Kata Budi")])
    metrics = measure(pair([question("1")], [refusal]), CORPUS)
    assert (metrics["gold in answer"], metrics["token F1"], metrics["evidence overlap"]) == (0, 0, 0)


def test_a_score_lists_all_questions_and_each_type() -> None:
    result = score([question("1"), question("2", **UNANSWERABLE)], [prediction("1", retrieved=["a"])], CORPUS)
    assert list(result) == ["all", "factoid", "unanswerable"]
    assert tuple(result["all"][m] for m in ("n", "missing", "R@1", "gold in answer")) == (2, 1, 1.0, 1.0)
    assert "| R@1 | 1.000 | 1.000 | - |" in markdown(result)
