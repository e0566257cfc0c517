"""Intervals and tests: the percentile bootstrap over questions, plain and paired, and McNemar's test."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Name = TypeVar("Name", bound=Hashable)

RESAMPLES = 1_000
LEVEL = 0.95
SEED = 0
EXACT_BELOW = 25  # discordant pairs up to which McNemar's test is the exact binomial one
_AT_ONCE = 100_000  # weights: few enough to stay in the processor's cache


class Statistic(Protocol):
    """A figure over questions, and over resamples of them."""

    @property
    def n(self) -> int:
        """How many questions it says something about."""
        ...

    def over(self, weights: Numbers) -> Numbers:
        """The figure for each row of `weights`, shape (b, n): how often each question was drawn; NaN for none."""
        ...


@dataclass(frozen=True, slots=True)
class Ratio:
    """A sum over a sum: means, and rates whose denominator varies. Both of shape (n,)."""

    numerators: Numbers
    denominators: Numbers

    @classmethod
    def of(cls, parts: Sequence[tuple[float, float] | None]) -> Ratio:
        """From each question's part, None where it has none."""
        pairs = np.fromiter(chain.from_iterable(part or (0.0, 0.0) for part in parts), float).reshape(-1, 2)
        return cls(pairs[:, 0], pairs[:, 1])

    def over(self, weights: Numbers) -> Numbers:
        return _divide(weights @ self.numerators, weights @ self.denominators)

    @property
    def n(self) -> int:
        return int(np.count_nonzero(self.denominators))


def intervals(
    statistics: Mapping[str, Statistic], questions: int, *, seed: int = SEED
) -> dict[str, tuple[float, float]]:
    """The 95% percentile bootstrap interval of each statistic, all over the same resamples of the questions.

    Efron & Tibshirani 1993. Resamples in which a statistic is not defined are left out of its interval.
    """
    values = _resampled(statistics, questions, seed)
    return {name: _percentiles(sample) for name, sample in values.items()}


def paired_intervals(
    a: Mapping[str, Statistic], b: Mapping[str, Statistic], questions: int, *, seed: int = SEED
) -> dict[str, tuple[float, float]]:
    """The same of the difference b - a, each resample drawing the same questions for both."""
    both = {("a", name): s for name, s in a.items()} | {("b", name): s for name, s in b.items()}
    values = _resampled(both, questions, seed)
    return {name: _percentiles(values["b", name] - values["a", name]) for name in a if name in b}


def _resampled(statistics: Mapping[Name, Statistic], questions: int, seed: int) -> dict[Name, Numbers]:
    ratios = {name: s for name, s in statistics.items() if isinstance(s, Ratio)}
    columns = np.array([column for s in ratios.values() for column in (s.numerators, s.denominators)], float)
    samples: dict[Name, list[Numbers]] = {name: [] for name in statistics}
    for weights in _weights(questions, seed):
        # Not `@`: the threads of a BLAS wait for each other spinning, which a busy machine makes ten times the work.
        sums = np.einsum("cq,bq->cb", columns, weights) if ratios else columns
        for at, name in enumerate(ratios):
            samples[name].append(_divide(sums[2 * at], sums[2 * at + 1]))
        for name in statistics.keys() - ratios.keys():
            samples[name].append(statistics[name].over(weights))
    return {name: np.concatenate(parts) for name, parts in samples.items()}


def _divide(above: Numbers, below: Numbers) -> Numbers:
    quotients: Numbers = np.divide(above, below, out=np.full(len(below), np.nan), where=below > 0)
    return quotients


def _weights(questions: int, seed: int) -> Iterator[Numbers]:
    """How often each question is drawn, `RESAMPLES` rows in blocks, each row summing to `questions`."""
    random = np.random.default_rng(seed)
    rows = max(1, min(RESAMPLES, _AT_ONCE // max(questions, 1)))
    for start in range(0, RESAMPLES, rows):
        count = min(rows, RESAMPLES - start)
        drawn = random.integers(0, questions, (count, questions)) + np.arange(count)[:, None] * questions
        yield np.bincount(drawn.ravel(), minlength=count * questions).reshape(count, questions).astype(float)


def _percentiles(sample: Numbers) -> tuple[float, float]:
    defined = sample[~np.isnan(sample)]
    if not len(defined):
        return math.nan, math.nan
    low, high = np.quantile(defined, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def quantile_interval(ordered: Numbers, share: float, *, seed: int = SEED) -> tuple[float, float]:
    """The 95% bootstrap interval of a quantile of sorted values, without resampling them.

    The k-th smallest of n draws falls where the k-th smallest of n uniform numbers does,
    which is Beta(k, n - k + 1).
    """
    n = len(ordered)
    k = min(n, math.ceil(share * n) or 1)
    places = np.random.default_rng(seed).beta(k, n - k + 1, RESAMPLES)
    return _percentiles(ordered[np.minimum((places * n).astype(int), n - 1)])


def mcnemar(only_a: int, only_b: int) -> float:
    """The two-sided p-value of McNemar's test: `only_a` and `only_b` are the pairs on which one alone is right.

    Exact binomial below 25 discordant pairs, else chi-squared with continuity correction
    (McNemar 1947, Edwards 1948).
    """
    discordant = only_a + only_b
    if discordant == 0:
        return 1.0
    if discordant < EXACT_BELOW:
        tail = sum(math.comb(discordant, k) for k in range(min(only_a, only_b) + 1))
        return min(1.0, float(2 * tail / 2**discordant))
    chi_squared = max(0, abs(only_a - only_b) - 1) ** 2 / discordant
    return math.erfc(math.sqrt(chi_squared / 2))
