"""Judged questions to figures with intervals, by type of question, and curves."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from bot.evaluate.abstention import RiskCoverage
from bot.evaluate.bootstrap import LEVEL, Ratio, Statistic, intervals, quantile_interval
from bot.evaluate.measure import DEPTH, Judged
from bot.evaluate.testset import Case

METRICS = (
    "R@1", "R@5", "R@10", "MRR@10", "nDCG@10", "all-evidence R@10",
    "EM", "F1", "contains", "SQuAD EM", "SQuAD F1",
    "answered with citation", "quotes verbatim", "citation precision", "citation recall", "evidence overlap",
    "unnecessary citations",
    "abstention precision", "abstention recall", "abstention F1", "hallucination rate", "error rate", "AURC",
)  # fmt: skip
LOWER_IS_BETTER = frozenset({"unnecessary citations", "hallucination rate", "error rate", "AURC"})

ALL, FOLLOW_UPS, TWINS = "all", "follow-ups", "follow-ups written out"
QUANTILES = {"p50": 0.50, "p95": 0.95, "p99": 0.99}
TOTAL = "total"

Figure = dict[str, float | int]
Figures = dict[str, dict[str, Figure]]


def statistics(judged: Sequence[Judged]) -> dict[str, Statistic]:
    """Each metric that says something about these questions."""
    found: dict[str, Statistic] = {}
    for metric in METRICS:
        parts = [j.parts.get(metric) for j in judged]
        if any(part and part[1] for part in parts):
            found[metric] = Ratio.of(parts)
    curve = RiskCoverage.of(judged)
    return found if curve is None else {**found, "AURC": curve}


def figures(judged: Sequence[Judged], *, seed: int) -> Figures:
    """Every metric over all questions, over each type, and over follow-ups beside their written-out twins."""
    return {group: _figures(members, seed) for group, members in groups(judged).items()}


def groups(judged: Sequence[Judged]) -> dict[str, list[Judged]]:
    """All questions; each type, where there are several; those with history; and their twins without it."""
    found = {ALL: list(judged)}
    types = sorted({j.case.type for j in judged})
    if len(types) > 1:
        found |= {kind: [j for j in judged if j.case.type == kind] for kind in types}
    cases = [j.case for j in judged]
    for name, ids in ((FOLLOW_UPS, _follow_ups(cases)), (TWINS, _twins(cases))):
        if ids:
            found[name] = [j for j in judged if j.case.id in ids]
    return found


def _follow_ups(cases: Iterable[Case]) -> set[str]:
    return {case.id for case in cases if case.record.history}


def _twins(cases: Iterable[Case]) -> set[str]:
    return {case.twin for case in cases if case.twin is not None}


def _figures(judged: Sequence[Judged], seed: int) -> dict[str, Figure]:
    found = statistics(judged)
    once = np.ones((1, len(judged)))
    values = {metric: float(statistic.over(once)[0]) for metric, statistic in found.items()}
    spread = intervals(found, len(judged), seed=seed)
    return {metric: _figure(values[metric], spread[metric], found[metric].n) for metric in METRICS if metric in found}


def _figure(value: float, spread: tuple[float, float], n: int) -> Figure:
    """A figure with its interval.

    Where every question comes out the same there is nothing to resample, and the bootstrap's
    interval has no width; what stands there instead is the exact bound (Clopper & Pearson 1934).
    """
    low, high = spread
    if value in (0.0, 1.0) and low == high:
        bound = ((1 - LEVEL) / 2) ** (1 / n)
        low, high = (bound, 1.0) if value else (0.0, 1 - bound)
    return {"value": round(value, 6), "low": round(min(low, value), 6), "high": round(max(high, value), 6), "n": n}


def curves(judged: Sequence[Judged]) -> dict[str, Any]:
    """The points of the risk-coverage curve, and recall at ranks 1 to 10, for a plot; empty where there are none."""
    risk = RiskCoverage.of(judged)
    found = [_recall(j) for j in judged if f"R@{DEPTH}" in j.parts]
    recall = [round(float(value), 6) for value in np.mean(found, axis=0)] if found else []
    points = [] if risk is None else [[round(c, 6), round(r, 6)] for c, r in risk.points()]
    return {"risk_coverage": points, "recall_by_rank": recall}


def _recall(judged: Judged) -> list[float]:
    """What `R@k` is for this question, k from 1 to 10."""
    total = len(judged.case.relevance) or 1
    hits = accumulate([*judged.relevant, *[False] * (DEPTH - len(judged.relevant))])
    return [min(hit, total) / total for hit in hits]


def latencies(judged: Sequence[Judged], *, seed: int) -> dict[str, dict[str, Any]]:
    """Quantiles of the milliseconds each stage took, in the order the stages ran, and of the whole."""
    times: dict[str, list[float]] = {}
    for j in judged:
        for stage, milliseconds in j.prediction.stages.items():
            times.setdefault(stage, []).append(milliseconds)
        if j.prediction.latency_ms is not None:
            times.setdefault(TOTAL, []).append(j.prediction.latency_ms)
    order = sorted(times, key=lambda stage: stage == TOTAL)
    return {stage: _quantiles(np.sort(np.array(times[stage])), seed) for stage in order}


def _quantiles(ordered: Any, seed: int) -> dict[str, Any]:
    values = {name: round(float(np.quantile(ordered, share)), 2) for name, share in QUANTILES.items()}
    spread = {name: quantile_interval(ordered, share, seed=seed) for name, share in QUANTILES.items()}
    return {
        **values, "n": len(ordered),
        "intervals": {name: [round(low, 2), round(high, 2)] for name, (low, high) in spread.items()},
    }  # fmt: skip


def shown(figure: Mapping[str, float | int] | None) -> str:
    """A figure as a table shows it: "0.957 [0.913, 0.986]"."""
    if figure is None or math.isnan(figure["value"]):
        return "-"
    return f"{figure['value']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}]"
