"""Risk and coverage, and a threshold that is chosen on development questions alone."""

from __future__ import annotations

import numpy as np
import pytest

from bot.evaluate.abstention import RiskCoverage, choose_threshold
from bot.evaluate.corpus import Corpus
from bot.evaluate.measure import Judged, judge
from index.errors import QuestionError
from tests.bot.evaluate.conftest import case, said, unanswerable


def answered(*outcomes: tuple[float | None, bool]) -> list[Judged]:
    """Answers of these confidences, right or wrong; None is a refused question."""
    cases = [case(f"q{n}", quotes=()) for n in range(len(outcomes))]
    predictions = {
        f"q{n}": said(f"q{n}", None)
        if confidence is None
        else said(f"q{n}", "Budi" if right else "x", confidence=confidence)
        for n, (confidence, right) in enumerate(outcomes)
    }
    return judge(cases, predictions, Corpus())


def area(judged: list[Judged]) -> float:
    curve = RiskCoverage.of(judged)
    assert curve is not None
    return float(curve.over(np.ones((1, len(judged))))[0])


def test_the_curve_by_hand() -> None:
    """Surest first: right, wrong, right, refused. Risks 0, 1/2, 1/3 at coverages 1/4, 2/4, 3/4."""
    judged = answered((0.5, False), (0.9, True), (0.1, True), (None, True))
    curve = RiskCoverage.of(judged)
    assert curve is not None
    assert [(0.25, 0.0), (0.5, 0.5), (0.75, pytest.approx(1 / 3))] == curve.points()
    assert (0 + 1 / 2 + 1 / 3) / 3 == pytest.approx(area(judged))


def test_equal_confidences_share_their_risk() -> None:
    """An order among them would be an accident of the file."""
    forwards, backwards = answered((0.5, True), (0.5, False)), answered((0.5, False), (0.5, True))
    assert 0.5 == area(forwards) == area(backwards)


def test_a_resample_is_the_area_of_the_questions_drawn() -> None:
    """Weights of a bootstrap give what the questions, written out as often, would give."""
    draw = np.random.default_rng(0)
    outcomes = [(float(c), bool(r)) for c, r in zip(draw.integers(0, 6, 40), draw.random(40) < 0.6, strict=True)]
    curve = RiskCoverage.of(answered(*outcomes))
    assert curve is not None
    drawn = draw.integers(0, 40, 40)
    weights = np.bincount(drawn, minlength=40)[None].astype(float)
    assert float(curve.over(weights)[0]) == pytest.approx(area(answered(*(outcomes[n] for n in drawn))), abs=0.02)


def test_without_confidences_there_is_no_curve() -> None:
    judged = judge([case("1"), case("2")], {"1": said("1", confidence=0.5), "2": said("2")}, Corpus())
    assert RiskCoverage.of(judged) is None
    assert RiskCoverage.of(judge([case("1")], {"1": said("1", None)}, Corpus())) is None


def development() -> list[Judged]:
    """Right above 0.5, hallucinated below."""
    cases = [*(case(f"a{n}") for n in range(4)), *(unanswerable(f"u{n}") for n in range(3))]
    confidences = dict(zip((c.id for c in cases), (0.9, 0.8, 0.7, 0.55, 0.5, 0.3, 0.1), strict=True))
    return judge(cases, {i: said(i, confidence=c) for i, c in confidences.items()}, Corpus())


def test_the_threshold_gets_most_development_questions_right() -> None:
    threshold = choose_threshold(development())
    assert [False, True] == [threshold.refuses(0.55), threshold.refuses(0.5)]


def test_a_threshold_is_not_measured_where_it_was_chosen() -> None:
    """Figures over the questions it was chosen on would flatter it."""
    judged = development()
    threshold = choose_threshold(judged)
    threshold.check(["Sesuatu yang lain?"])
    with pytest.raises(QuestionError, match="got 7 of the questions it was chosen on"):
        threshold.check([j.case.record.question for j in judged])


def test_nothing_to_choose_by_is_said() -> None:
    with pytest.raises(QuestionError, match="expected both"):
        choose_threshold(answered((0.5, True)))
