"""Two runs, question by question: what differs, how surely, and which questions flipped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from bot.evaluate.abstention import RiskCoverage
from bot.evaluate.bootstrap import SEED, Ratio, Statistic, mcnemar, paired_intervals
from bot.evaluate.figures import ALL, LOWER_IS_BETTER, METRICS
from bot.evaluate.measure import Outcome
from index.errors import QuestionError

SIGNIFICANT = 0.05
NO_DIFFERENCE = "no difference shown"

Question = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """One metric in two runs: `b - a` with its 95% paired bootstrap interval.

    `p` is McNemar's, None for a metric that is not yes or no. `verdict` is "better" or "worse"
    (B against A), or that no difference is shown.
    """

    group: str
    metric: str
    a: float
    b: float
    difference: float
    low: float
    high: float
    n: int
    p: float | None
    verdict: str


@dataclass(frozen=True, slots=True)
class Flip:
    """A question that one run got right and the other did not."""

    id: str
    question: str
    type: str
    a: str
    b: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """B against A over the questions both have."""

    common: int
    only_a: int
    only_b: int
    differences: tuple[Difference, ...]
    flips: tuple[Flip, ...]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def compare(a: Mapping[str, Any], b: Mapping[str, Any], *, seed: int = SEED) -> Comparison:
    """Compare two runs (the contents of their metrics.json) over the questions they share.

    A question is shared when id and wording are equal. Raises `QuestionError` where none is.
    """
    questions_a, questions_b = _by_question(a), _by_question(b)
    shared = [key for key in questions_a if key in questions_b]
    if not shared:
        raise QuestionError(
            f"got runs over {a['run'].get('testset')} and {b['run'].get('testset')} without a question in common, "
            "expected at least one; compare runs over the same test set"
        )
    pairs = [(questions_a[key], questions_b[key]) for key in shared]
    types = sorted({qa["type"] for qa, _ in pairs})
    groups = {ALL: pairs} | ({t: [p for p in pairs if p[0]["type"] == t] for t in types} if len(types) > 1 else {})
    differences = [d for group, members in groups.items() for d in _differences(group, members, seed)]
    return Comparison(
        len(shared), len(questions_a) - len(shared), len(questions_b) - len(shared), tuple(differences), _flips(pairs)
    )


def _by_question(run: Mapping[str, Any]) -> dict[tuple[str, str], Question]:
    return {(q["id"], q["question"]): q for q in run["questions"]}


def _flips(pairs: Sequence[tuple[Question, Question]]) -> tuple[Flip, ...]:
    return tuple(
        Flip(a["id"], a["question"], a["type"], a["outcome"], b["outcome"])
        for a, b in pairs
        if Outcome(a["outcome"]).right != Outcome(b["outcome"]).right
    )


def _differences(group: str, pairs: Sequence[tuple[Question, Question]], seed: int) -> list[Difference]:
    ours, theirs = _statistics([a for a, _ in pairs]), _statistics([b for _, b in pairs])
    common = {m: ours[m] for m in ours if m in theirs}
    spread = paired_intervals(common, theirs, len(pairs), seed=seed)
    once = np.ones((1, len(pairs)))
    found = []
    for metric in common:
        value_a, value_b = float(ours[metric].over(once)[0]), float(theirs[metric].over(once)[0])
        low, high = spread[metric]
        discordant = _discordant(metric, pairs)
        p = None if discordant is None else mcnemar(*discordant)
        verdict = _verdict(metric, value_b - value_a, low, high, p)
        found.append(
            Difference(
                group,
                metric,
                round(value_a, 6),
                round(value_b, 6),
                round(value_b - value_a, 6),
                round(low, 6),
                round(high, 6),
                min(ours[metric].n, theirs[metric].n),
                p,
                verdict,
            )
        )
    return found


def _statistics(questions: Sequence[Question]) -> dict[str, Statistic]:
    found: dict[str, Statistic] = {}
    for metric in METRICS:
        parts = [tuple(part) if (part := q["parts"].get(metric)) else None for q in questions]
        if any(part and part[1] for part in parts):
            found[metric] = Ratio.of(parts)
    answered = [(n, q) for n, q in enumerate(questions) if q["answer"] is not None]
    curve = RiskCoverage.ranked(
        [(n, q["confidence"], Outcome(q["outcome"]).right) for n, q in answered], len(questions)
    )
    return found if curve is None else {**found, "AURC": curve}


def _discordant(metric: str, pairs: Sequence[tuple[Question, Question]]) -> tuple[int, int] | None:
    """On how many questions only A, and only B, has a yes; None for a metric that is not yes or no of each."""
    parts = [(a["parts"].get(metric), b["parts"].get(metric)) for a, b in pairs]
    if any((a is None) != (b is None) for a, b in parts):
        return None
    both = [(a, b) for a, b in parts if a is not None]
    if not both or any(above not in (0, 1) or below != 1 for pair in both for above, below in pair):
        return None
    return sum(a[0] > b[0] for a, b in both), sum(b[0] > a[0] for a, b in both)


def _verdict(metric: str, difference: float, low: float, high: float, p: float | None) -> str:
    """Both must agree: the interval leaves out 0, and the test, where there is one, finds p < 0.05."""
    if not (low > 0 or high < 0) or (p is not None and p >= SIGNIFICANT):
        return NO_DIFFERENCE
    return "better" if (difference < 0) == (metric in LOWER_IS_BETTER) else "worse"
