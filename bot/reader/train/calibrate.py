"""From what the model says of questions about news to the probability that an answer is right.

The questions of `validation.jsonl` are asked of an index of the articles they were written for;
a logistic regression over the candidates' features learns which are right.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from bot.answerer import DEPTH
from bot.evaluate.answers import token_f1
from bot.normalise import normalised
from bot.question import understand
from bot.rank import SentenceRanker
from bot.read import PASSAGES
from bot.reader.combine import FEATURES, Calibration, Logistic, Risk
from bot.reader.model import ReaderModel
from bot.reader.train.questions import Written
from bot.reader.trained import TrainedReader
from index.build import NewsIndex
from index.retrieve import Query

RIGHT = 0.6  # token F1 from which an answer counts as right
STRENGTH = 1.0  # inverse of the regression's L2 penalty
FOLDS = 5
EAGER_ERROR, BALANCED_ERROR, CAUTIOUS_ERROR = 0.02, 0.1, 0.25  # shares of the answerable questions that may be refused

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question's candidates: their features, shape (n, features), and the token F1 of each."""

    article: str
    answerable: bool
    values: Floats
    scores: Floats


def ask(questions: Sequence[Written], index: NewsIndex, model: ReaderModel) -> list[Asked]:
    """Every question's candidates, all passages read."""
    nothing = Logistic((0.0,) * len(FEATURES), 0.0)
    undecided = Calibration(nothing, nothing, dict.fromkeys(Risk, 0.0))
    reader, ranker = TrainedReader(index, model, undecided), SentenceRanker(index)
    asked = []
    for written in questions:
        question = understand(written.question, history=())
        passages = index.search(Query(question.search_text, days=question.days), DEPTH)[:PASSAGES]
        found = reader.candidates(question, passages, ranker.rank(question, passages))
        gold = written.article.text[written.answer.start : written.answer.end] if written.answer else None
        scores = [token_f1(c.text, [gold], normalised) if gold else 0.0 for _, c in found]
        asked.append(
            Asked(written.article.id, gold is not None, np.array([c.values for _, c in found]), np.array(scores))
        )
    return [a for a in asked if len(a.scores)]


def fit(asked: Sequence[Asked]) -> tuple[Logistic, Logistic]:
    """What tells a right candidate from a wrong one, and the best candidate of an answerable question from another."""
    right = _regression(
        np.concatenate([a.values for a in asked]), np.concatenate([a.scores >= RIGHT for a in asked])
    )  # fmt: skip
    best = np.array([a.values[_best(right, a)] for a in asked])
    return right, _regression(best, np.array([a.answerable for a in asked]))


def _regression(values: Floats, is_true: NDArray[np.bool_]) -> Logistic:
    mean, spread = values.mean(0), np.maximum(values.std(0), 1e-6)
    model = LogisticRegression(C=STRENGTH, max_iter=1_000).fit((values - mean) / spread, is_true)
    weights = model.coef_[0] / spread
    return Logistic(tuple(map(float, weights)), float(model.intercept_[0] - weights @ mean))


def _best(right: Logistic, asked: Asked) -> int:
    return int(np.argmax([right.probability(v) for v in asked.values]))


def held_out(asked: Sequence[Asked]) -> tuple[Floats, Floats]:
    """For each question, by fits that did not see its article: how likely it is answerable, and the answer's F1."""
    probability, score = np.zeros(len(asked)), np.zeros(len(asked))
    for seen, unseen in GroupKFold(FOLDS).split(asked, groups=[a.article for a in asked]):
        right, answerable = fit([asked[n] for n in seen])
        for n in unseen:
            best = _best(right, asked[n])
            probability[n] = answerable.probability(asked[n].values[best])
            score[n] = asked[n].scores[best]
    return probability, score


def thresholds(asked: Sequence[Asked], probability: Floats) -> dict[Risk, float]:
    answerable = np.array([a.answerable for a in asked])
    refused = {Risk.EAGER: EAGER_ERROR, Risk.BALANCED: BALANCED_ERROR, Risk.CAUTIOUS: CAUTIOUS_ERROR}
    return {risk: float(np.quantile(probability[answerable], share)) for risk, share in refused.items()}


def write(path: Path, right: Logistic, answerable: Logistic, limits: dict[Risk, float]) -> None:
    kept = {
        "right": _kept(right),
        "answerable": _kept(answerable),
        "thresholds": {risk.value: round(limit, 3) for risk, limit in limits.items()},
    }
    path.write_text(json.dumps(kept, indent=2) + "\n", "utf-8")


def _kept(logistic: Logistic) -> dict[str, Any]:
    weights = zip(FEATURES, logistic.weights, strict=True)
    return {"weights": {name: round(w, 4) for name, w in weights}, "bias": round(logistic.bias, 4)}
