"""Scoring ten thousand predictions takes seconds, at least where the bound was set."""

from __future__ import annotations

import random

from bot.answer_file import Record
from bot.evaluate.corpus import Corpus
from bot.evaluate.figures import curves, figures, latencies
from bot.evaluate.measure import judge
from bot.evaluate.predictions import Cited, Prediction
from bot.evaluate.testset import Case, Evidence
from index.records import Article
from tests.effort import effort

QUESTIONS = 10_000
WORDS = "banjir demak jumat harga cabai naik rp 95.000 dua puluh enam juta orang 5/9/2025 september polisi"


def test_scoring_ten_thousand_predictions_takes_less_than_five_seconds() -> None:
    """Every metric, interval and type; of processor time, on the machine on which the bound was set."""
    draw = random.Random(0)

    def text(words: int) -> str:
        return " ".join(draw.choices(WORDS.split(), k=words)).capitalize() + "."

    articles = [Article(f"a{n}", text(6), " ".join(text(12) for _ in range(15))) for n in range(1_000)]
    cases, predictions = [], {}
    for n in range(QUESTIONS):
        article = draw.choice(articles)
        sentences = article.text.split(". ")
        gold = (text(3), text(2)) if n % 8 else ()
        evidence = (Evidence(article.id, draw.choice(sentences)),) if gold else ()
        cases.append(Case(Record(f"q{n}", "Berapa?"), bool(gold), gold, evidence, type=draw.choice("abcdefgh")))
        predictions[f"q{n}"] = Prediction(
            f"q{n}", text(8) if n % 9 else None, tuple(Cited(article.id, draw.choice(sentences)) for _ in range(3)),
            tuple(a.id for a in draw.sample(articles, 10)), 50.0, draw.random(), {"read": 3.0},
        )  # fmt: skip
    rows = {}

    def score() -> None:
        judged = judge(cases, predictions, Corpus.of(articles))
        rows.update(figures(judged, seed=0))
        curves(judged)
        latencies(judged, seed=0)

    assert effort(score) < 5
    assert 9 == len(rows)
