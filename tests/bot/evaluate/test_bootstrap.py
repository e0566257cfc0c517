"""Intervals that cover what they say, and a paired test that agrees with scipy's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, chi2

from bot.evaluate.bootstrap import Ratio, intervals, mcnemar, paired_intervals, quantile_interval
from tests.effort import effort


def means(values: object) -> Ratio:
    numbers = np.asarray(values, float)
    return Ratio(numbers, np.ones(len(numbers)))


def covers(interval: tuple[float, float], truth: float) -> bool:
    return interval[0] <= truth <= interval[1]


def test_intervals_cover_the_truth_as_often_as_they_say() -> None:
    """Of 400 simulated test sets of 100 questions, about 95% of the intervals hold the true figure.

    The bounds are what a binomial of 400 at 0.95 leaves, less the percentile bootstrap's known
    shortfall on skewed rates (true coverage about 0.94 here).
    """
    draw = np.random.default_rng(7)
    hits = dict.fromkeys(("mean", "share", "rate"), 0)
    runs, n = 400, 100
    for seed in range(runs):
        denominators = draw.integers(0, 4, n).astype(float)
        statistics = {
            "mean": means(draw.beta(2, 1, n)),
            "share": means(draw.random(n) < 0.7),
            "rate": Ratio(draw.binomial(denominators.astype(int), 0.4).astype(float), denominators),
        }
        found = intervals(statistics, n, seed=seed)
        for name, truth in {"mean": 2 / 3, "share": 0.7, "rate": 0.4}.items():
            hits[name] += covers(found[name], truth)
    assert all(0.91 <= count / runs <= 0.98 for count in hits.values()), hits


def test_paired_intervals_of_no_difference_hold_zero() -> None:
    """Two systems that are equally good and often wrong on the same questions: 0 is inside about 95% of the time."""
    draw = np.random.default_rng(8)
    runs, n, inside, widths = 300, 120, 0, []
    for seed in range(runs):
        hardness = draw.random(n)
        a, b = (draw.random(n) < 1 - 0.5 * hardness for _ in "ab")
        low, high = paired_intervals({"m": means(a)}, {"m": means(b)}, n, seed=seed)["m"]
        inside += covers((low, high), 0.0)
        widths.append(high - low)
    assert 0.91 <= inside / runs <= 0.99


def test_pairing_narrows_the_interval() -> None:
    """What both get right or wrong together is no noise: the same answers differ by exactly nothing."""
    values = means(np.random.default_rng(9).random(50))
    assert (0.0, 0.0) == paired_intervals({"m": values}, {"m": values}, 50)["m"]


def test_a_seed_gives_the_same_interval_again() -> None:
    values = {"m": means(np.random.default_rng(10).random(80))}
    assert intervals(values, 80, seed=3) == intervals(values, 80, seed=3) != intervals(values, 80, seed=4)


@pytest.mark.parametrize("share", [0.5, 0.95])
def test_quantile_intervals_are_those_of_resampling(share: float) -> None:
    """The closed form agrees with drawing the questions again and again."""
    ordered = np.sort(np.random.default_rng(11).exponential(100, 400))
    draw = np.random.default_rng(12)
    k = int(np.ceil(share * 400)) - 1
    resampled = np.sort(ordered[draw.integers(0, 400, (4_000, 400))], axis=1)[:, k]
    expected = np.quantile(resampled, [0.025, 0.975])
    assert expected == pytest.approx(quantile_interval(ordered, share), rel=0.1)


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_is_scipys(only_a: int, only_b: int) -> None:
    """Exact binomial below 25 discordant pairs, chi-squared with continuity correction from there."""
    n = only_a + only_b
    if n < 25:
        expected = binomtest(only_a, n, 0.5).pvalue if n else 1.0
    else:
        expected = chi2.sf(max(0, abs(only_a - only_b) - 1) ** 2 / n, 1)
    assert expected == pytest.approx(mcnemar(only_a, only_b), abs=1e-12)


@pytest.mark.parametrize(("pair", "p"), [((0, 0), 1.0), ((0, 5), 0.0625), ((1, 9), 0.021484375), ((10, 30), 0.002663)])
def test_mcnemar_on_known_values(pair: tuple[int, int], p: float) -> None:
    assert p == pytest.approx(mcnemar(*pair), abs=1e-5)


def test_thirty_metrics_of_ten_thousand_questions_take_a_moment() -> None:
    draw = np.random.default_rng(13)
    statistics = {n: means(draw.random(10_000)) for n in range(30)}
    assert effort(lambda: intervals(statistics, 10_000)) < 2
