"""When to stay silent: the risk of the answers kept, by how many are kept, and where to draw the line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.evaluate.bootstrap import Numbers
from bot.evaluate.measure import Judged
from index.errors import QuestionError

Positions = NDArray[np.intp]

_POINTS = 200  # of a curve, at most


@dataclass(frozen=True, slots=True)
class RiskCoverage:
    """The answered questions, surest first (Geifman & El-Yaniv 2017).

    Coverage is the share of all questions that is answered when only the surest are; risk the
    share of those answers that is wrong, an answer to an unanswerable question among them.
    Refused questions are never covered. Questions of one confidence cannot be told apart:
    they share their mean error.
    """

    order: Positions  # of the answered questions, surest first, shape (k,)
    errors: Numbers  # of these, shape (k,)
    tie_starts: Positions  # where each run of equal confidence starts, shape (t,)
    questions: int
    scores: Numbers  # the confidences, shape (k,)

    @classmethod
    def of(cls, judged: Sequence[Judged]) -> RiskCoverage | None:
        """None where nothing is answered, or an answer comes without its confidence."""
        answered = [
            (n, j.prediction.confidence, j.outcome.right)
            for n, j in enumerate(judged)
            if j.prediction.answer is not None
        ]
        return cls.ranked(answered, len(judged))

    @classmethod
    def ranked(cls, answered: Sequence[tuple[int, float | None, bool]], questions: int) -> RiskCoverage | None:
        """From (position, confidence, whether it is right) of the answered questions."""
        positions, confidences, right = zip(*answered, strict=True) if answered else ((), (), ())
        if not answered or any(confidence is None for confidence in confidences):
            return None
        rank = np.argsort(-np.array(confidences, float), kind="stable")
        scores = np.array(confidences, float)[rank]
        starts = np.flatnonzero(np.r_[True, np.diff(scores) != 0])
        return cls(np.array(positions)[rank], 1.0 - np.array(right, float)[rank], starts, questions, scores)

    @property
    def n(self) -> int:
        return len(self.order)

    def over(self, weights: Numbers) -> Numbers:
        """The area under the curve: the mean risk over the coverages reached, for each row of weights, shape (b, n)."""
        kept = np.take(weights, self.order, axis=1)  # row by row in memory, as the sums below run along it
        errors = kept * self.errors
        if len(self.tie_starts) < len(self.errors):
            lengths = np.diff(np.r_[self.tie_starts, len(self.errors)])
            below = np.add.reduceat(kept, self.tie_starts, axis=1)
            mean = np.add.reduceat(errors, self.tie_starts, axis=1) / np.maximum(below, 1e-12)
            errors = kept * np.repeat(mean, lengths, axis=1)
        counts = np.cumsum(kept, axis=1)
        risks = np.cumsum(errors, axis=1) / np.maximum(counts, 1e-12)
        total = counts[:, -1]
        area = (risks * kept).sum(axis=1)
        areas: Numbers = np.divide(area, total, out=np.full(len(weights), np.nan), where=total > 0)
        return areas

    def points(self) -> list[tuple[float, float]]:
        """(coverage, risk) for each confidence the line may be drawn at, thinned to 200."""
        ends = np.r_[self.tie_starts[1:], len(self.errors)].astype(int)
        risks = np.cumsum(self.errors)[ends - 1] / ends
        chosen = np.unique(np.linspace(0, len(ends) - 1, min(_POINTS, len(ends))).astype(int))
        return [(ends[n] / self.questions, float(risks[n])) for n in chosen]


@dataclass(frozen=True, slots=True)
class Threshold:
    """The confidence below which it is better to refuse, and the questions it was chosen on."""

    confidence: float
    chosen_on: frozenset[str]

    def refuses(self, confidence: float) -> bool:
        return confidence < self.confidence

    def check(self, questions: Sequence[str]) -> None:
        """Raise `QuestionError` where figures over these questions would be of the ones it was chosen on."""
        known = self.chosen_on.intersection(questions)
        if known:
            raise QuestionError(
                f"threshold: got {len(known)} of the questions it was chosen on, expected others; "
                "measure on a test set, choose on a development set"
            )


def choose_threshold(development: Sequence[Judged]) -> Threshold:
    """The threshold that gets the most development questions right.

    Right is a correct answer to an answerable question and a refusal of an unanswerable one;
    of equally good thresholds the one that answers more. Raises `QuestionError` where answers
    come without confidence or nothing is unanswerable: then there is nothing to choose by.
    """
    curve = RiskCoverage.of(development)
    if curve is None or all(j.case.answerable for j in development):
        raise QuestionError(
            "threshold: got a run without confidences or without unanswerable questions, expected both; "
            "choose on another development set"
        )
    refusing = np.array([not development[int(n)].case.answerable for n in curve.order], float)
    right_when_kept = np.r_[0.0, np.cumsum(1 - curve.errors)]
    right_when_refused = np.r_[0.0, np.cumsum(refusing)]
    gains = right_when_kept + right_when_refused[-1] - right_when_refused
    cuts = np.r_[curve.tie_starts, len(curve.errors)].astype(int)
    best = cuts[len(cuts) - 1 - int(np.argmax(gains[cuts][::-1]))]
    confidence = np.inf if best == 0 else curve.scores[best - 1]
    return Threshold(float(confidence), frozenset(j.case.record.question for j in development))
