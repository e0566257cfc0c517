"""What each question adds to each metric, on cases worked out by hand, and retrieval against ranx."""

from __future__ import annotations

import random

import pytest

from bot.answer_file import Record
from bot.evaluate.corpus import Corpus
from bot.evaluate.figures import figures
from bot.evaluate.measure import Outcome, judge
from bot.evaluate.testset import Case, Mode
from index.records import Article
from tests.bot.evaluate.conftest import case, said, unanswerable

TEXT = "Harga cabai turun.\nKata Budi,  harganya Rp 40.000 per kilogram. Stok aman."
PUBLISHED = "Hujan deras.\nSCROLL TO CONTINUE WITH CONTENT\nTanggul"  # of article b, before it was cleaned
CORPUS = Corpus.of(
    [
        Article("a", "Harga Cabai Turun Jadi Rp 40.000", TEXT),
        Article("a-copy", "Cabai", TEXT.replace("\n", "\n\n")),
        Article("b", "Banjir", "Hujan deras.\nTanggul jebol 25 meter."),
    ]
)


def values(
    cases: list[Case], *predictions: object, corpus: Corpus = CORPUS, mode: Mode = Mode.FULL
) -> dict[str, float]:
    """Every metric over these questions."""
    judged = judge(cases, {p.id: p for p in predictions}, corpus, mode)  # type: ignore[attr-defined]
    return {metric: float(figure["value"]) for metric, figure in figures(judged, seed=0)["all"].items()}


# -- retrieval -------------------------------------------------------------------------------


def test_recall_counts_any_evidence_article_or_copy() -> None:
    """Four questions: found first, as a copy at rank two, not found, and one without a prediction."""
    predictions = (said("1", retrieved=("a", "b")), said("2", retrieved=("b", "a-copy")), said("3", retrieved=("b",)))
    found = values([case(i) for i in "1234"], *predictions)
    assert (0.25, 0.5, 0.375) == (found["R@1"], found["R@5"], found["MRR@10"])


def test_a_second_copy_is_no_second_find() -> None:
    """A list of copies takes up places and does not gain by them."""
    several = case("1", quotes=(("a", "Kata Budi"), ("b", "Tanggul")))
    once = values([several], said("1", retrieved=("a", "c", "b")))
    twice = values([several], said("1", retrieved=("a", "a-copy", "b")))
    assert once == twice


def test_all_evidence_asks_for_every_article() -> None:
    """Only of questions whose evidence lies in several articles, copies being one."""
    both = case("1", quotes=(("a", "Kata Budi"), ("b", "Tanggul")))
    copies = case("2", quotes=(("a", "Kata Budi"), ("a-copy", "Kata Budi")))
    half = values([both, copies], said("1", retrieved=("a",)), said("2", retrieved=("a",)))
    whole = values([both, copies], said("1", retrieved=("b", "a-copy")), said("2"))
    assert (1.0, 0.0) == (half["R@10"], half["all-evidence R@10"])
    assert 1.0 == whole["all-evidence R@10"]


def test_without_answerable_questions_there_is_no_recall() -> None:
    assert "R@1" not in values([unanswerable("1")], said("1"))


@pytest.mark.filterwarnings("ignore")  # numba's
@pytest.mark.parametrize("seed", range(3))
def test_retrieval_metrics_are_those_of_ranx(seed: int) -> None:
    """On random rankings of graded documents, and of documents of which any will do."""
    from ranx import Qrels, Run, evaluate

    draw = random.Random(seed)
    documents = [f"d{n}" for n in range(30)]
    grades = {f"q{n}": {d: draw.randint(1, 3) for d in draw.sample(documents, draw.randint(1, 6))} for n in range(60)}
    ranked = {q: draw.sample(documents, draw.randint(1, 20)) for q in grades}
    run = Run({q: {d: float(-rank) for rank, d in enumerate(found[:10])} for q, found in ranked.items()})
    predictions = [said(q, retrieved=tuple(found)) for q, found in ranked.items()]
    names = {"recall@1": "R@1", "recall@5": "R@5", "recall@10": "R@10", "mrr@10": "MRR@10", "ndcg@10": "nDCG@10"}

    graded = [Case(Record(q, "?"), answerable=True, relevance=own) for q, own in grades.items()]
    ours = values(graded, *predictions, mode=Mode.RETRIEVAL)
    theirs = evaluate(Qrels(grades), run, list(names))
    assert {names[k]: v for k, v in theirs.items()} == pytest.approx({m: ours[m] for m in names.values()}, abs=1e-5)

    alike = [case(q, quotes=tuple((d, "x") for d in own)) for q, own in grades.items()]
    hits = {"hit_rate@1": "R@1", "hit_rate@5": "R@5", "hit_rate@10": "R@10", "mrr@10": "MRR@10", "ndcg@10": "nDCG@10"}
    ours = values(alike, *predictions)
    theirs = evaluate(Qrels({q: dict.fromkeys(own, 1) for q, own in grades.items()}), run, list(hits))
    assert {hits[k]: v for k, v in theirs.items()} == pytest.approx({m: ours[m] for m in hits.values()}, abs=1e-5)


# -- citations -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cited", "gold", "expected"),
    [
        pytest.param(("a", "Budi, harganya"), ("a", "Kata Budi"), 1.0, id="white-space-folded"),
        pytest.param(("a-copy", "Kata Budi, harganya"), ("a", "Kata Budi"), 1.0, id="copy"),
        pytest.param(("a", "Stok aman."), ("a", "Kata Budi"), 0.0, id="elsewhere"),
        pytest.param(("b", "Tanggul jebol"), ("a", "Kata Budi"), 0.0, id="other-article"),
        pytest.param(("a", "harganya"), ("a", "Kata Budi,"), 0.0, id="adjacent"),
        pytest.param(("a", "Cabai Turun Jadi"), ("a", "Jadi Rp 40.000"), 1.0, id="title"),
        pytest.param(("b", "deras. Tanggul"), ("b", PUBLISHED), 1.0, id="gold-as-published"),
        pytest.param(("gone", "Kata Budi"), ("a", "Kata Budi"), 0.0, id="unknown-article"),
        pytest.param(("a", " "), ("a", "Kata Budi"), 0.0, id="blank"),
    ],
)  # fmt: skip
def test_overlap_is_by_characters(cited: tuple[str, str], gold: tuple[str, str], expected: float) -> None:
    assert expected == values([case("1", quotes=(gold,))], said("1", "Budi", cited))["evidence overlap"]


def test_only_three_citations_count_for_overlap() -> None:
    off = ("a", "Stok aman.")
    predictions = (
        said("1", "Budi", off, off, off, ("a", "Kata Budi")),
        said("2", "Budi", off, off, ("a", "Kata Budi")),
    )
    found = values([case("1"), case("2")], *predictions)
    assert (0.5, 1.0) == (found["evidence overlap"], found["citation recall"])


def test_citation_precision_recall_and_unnecessary() -> None:
    """Four citations: one right, one off, one that repeats the first, one for the other piece of evidence."""
    gold = case("1", quotes=(("a", "Kata Budi"), ("b", "Tanggul jebol"), ("b", "Hujan")))
    cited = (("a", "Kata Budi"), ("a", "Stok aman."), ("a", "Budi"), ("b", "jebol 25 meter"))
    found = values([gold], said("1", "Budi", *cited))
    assert (3 / 4, 2 / 3, 2 / 4) == pytest.approx(
        (found["citation precision"], found["citation recall"], found["unnecessary citations"]), abs=1e-6
    )


def test_quotes_are_checked_against_the_article() -> None:
    """Of five quotes three stand there: white space aside, and in a title."""
    cited = (
        ("b", "Tanggul jebol"), ("b", "deras.   Tanggul"), ("a", "Harga Cabai Turun Jadi"), ("b", "tanggul jebol"),
        ("gone", "Budi"),
    )  # fmt: skip
    found = values([case("1"), case("2")], said("1", "Budi", *cited), said("2"))
    assert (0.6, 0.5) == (found["quotes verbatim"], found["answered with citation"])


def test_passages_of_the_question_can_be_cited() -> None:
    asked = case("1", passages=("Ani datang.", "Budi pergi."), quotes=(("passage-2", "Budi"),))
    found = values([asked], said("1", "Budi", ("passage-2", "Budi pergi."), retrieved=("passage-2",)))
    assert (1.0, 1.0) == (found["evidence overlap"], found["quotes verbatim"])
    assert "R@1" not in found, "nothing was retrieved: the passages were given"


# -- abstention ------------------------------------------------------------------------------


def test_refusing_is_a_decision_about_the_unanswerable() -> None:
    """Of four answerable one is refused, of three unanswerable two."""
    cases = [*(case(f"a{n}") for n in range(4)), *(unanswerable(f"u{n}") for n in range(3))]
    predictions = [said(c.id, None if c.id in ("a0", "u0", "u1") else "Budi") for c in cases]
    found = values(cases, *predictions)
    expected = {
        "abstention precision": 2 / 3, "abstention recall": 2 / 3, "abstention F1": 2 / 3,
        "hallucination rate": 1 / 3, "error rate": 1 / 4,
    }  # fmt: skip
    assert expected == pytest.approx({metric: found[metric] for metric in expected}, abs=1e-6)


def test_a_refusal_has_no_citations_however_good_they_are() -> None:
    found = values([case("1")], said("1", None, ("a", "Kata Budi")))
    assert (0.0, 0.0, 0.0) == (found["contains"], found["F1"], found["evidence overlap"])


def test_failures_count_as_wrong_everywhere() -> None:
    """An error, and a missing prediction; also on unanswerable questions, which refusing would have got right."""
    cases = [case("1"), case("2"), unanswerable("3"), unanswerable("4")]
    judged = judge(cases, {i: said(i, None, error="boom") for i in ("1", "3")}, CORPUS)
    found = values(cases, *(j.prediction for j in judged))
    assert [Outcome.FAILED] * 4 == [j.outcome for j in judged]
    assert "no prediction" == judged[1].prediction.error
    right = ("R@10", "EM", "F1", "contains", "SQuAD EM", "SQuAD F1", "evidence overlap", "abstention recall")
    assert dict.fromkeys(right, 0.0) == {metric: found[metric] for metric in right}
    assert (1.0, 1.0) == (found["hallucination rate"], found["error rate"])


# -- outcomes --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("Kata Budi", Outcome.CORRECT),
        ("Budi Santoso", Outcome.CORRECT),
        ("Ani Wijaya", Outcome.PARTLY),
        ("Banjir", Outcome.WRONG),
        (None, Outcome.REFUSED_WRONGLY),
    ],
)
def test_outcomes_of_an_answerable_question(answer: str | None, outcome: Outcome) -> None:
    asked = case("1", answers=("Budi", "Ani Kusuma"))
    [judged] = judge([asked], {"1": said("1", answer)}, CORPUS)
    assert outcome == judged.outcome


@pytest.mark.parametrize(("answer", "outcome"), [("Budi", Outcome.HALLUCINATED), (None, Outcome.REFUSED_RIGHTLY)])
def test_outcomes_of_an_unanswerable_question(answer: str | None, outcome: Outcome) -> None:
    [judged] = judge([unanswerable("1")], {"1": said("1", answer)}, CORPUS)
    assert outcome == judged.outcome


def test_flags_say_what_is_off() -> None:
    """Beside the outcome, for filtering."""
    [judged] = judge([case("1")], {"1": said("1", "Budi", ("a", "Stok rusak"), retrieved=("b",))}, CORPUS)
    assert ("not_verbatim", "citation_off", "not_retrieved") == judged.flags


def test_figures_are_of_all_and_of_each_type() -> None:
    cases = [case("1"), unanswerable("2")]
    rows = figures(judge(cases, {"1": said("1", retrieved=("a",))}, CORPUS), seed=0)
    assert ["all", "factoid", "unanswerable"] == list(rows)
    assert (1.0, 1) == (rows["factoid"]["R@1"]["value"], rows["factoid"]["R@1"]["n"])
    assert "R@1" not in rows["unanswerable"]
