"""The calibration that ships: a probability, and risks in order."""

from __future__ import annotations

from bot.reader.combine import FEATURES, Calibration, Logistic, Risk


def test_more_caution_asks_for_more_certainty() -> None:
    limits = Calibration.load().thresholds
    assert 0 < limits[Risk.EAGER] < limits[Risk.BALANCED] < limits[Risk.CAUTIOUS] < 1


def test_the_surer_the_model_the_likelier_the_answer() -> None:
    calibration = Calibration.load()
    for logistic in (calibration.right, calibration.answerable):
        unsure = logistic.probability((-5.0, 0.1, -4.0, 0.3, 0.5, 0.0, 0.0))
        sure = logistic.probability((8.0, 0.9, 4.0, 1.0, 1.0, 1.0, 1.0))
        assert 0 < unsure < 0.3
        assert 0.7 < sure < 1


def test_a_logit_beyond_all_bounds_is_still_a_probability() -> None:
    logistic = Logistic((1.0,) * len(FEATURES), 0.0)
    assert 1.0 >= logistic.probability((1e6,) * len(FEATURES)) > 0.999
    assert 0.0 <= logistic.probability((-1e6,) * len(FEATURES)) < 0.001
