"""Metrics as the report shows them: which go together, which stand at the top, what they mean."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ALL = "all"  # the type under which the metrics of every question stand

_FAMILIES = {  # a metric belongs to the first whose pattern is found in its name
    "Retrieval": r"@\d|retriev|^(mrr|ndcg|map)\b",
    "Citations": r"cit|quote|evidence|verbatim|support",
    "Abstention": r"refus|abst|hallucin|error|risk|coverage|aurc",
    "Answers": r"\bem\b|\bf1\b|contain|exact|answer|accura",
    "Other": r"",
}
_SHOWN_FIRST = ("Answers", "Retrieval", "Citations", "Abstention", "Other")
_HEADLINES = (r"^contain", r"^f1\b", r"^R@5$", r"citation.*precision", r"(refus|abst).*f1", r"hallucination")
_FEWEST_HEADLINES = 3
_LOWER_IS_BETTER = r"hallucin|error|unnecessary|aurc|risk"
_GLOSSARY = {
    r"contain": ("Containment", "an accepted answer stands in the answer given."),
    r"\bem\b|exact": ("EM", "the answer equals an accepted one after normalisation."),
    r"\bf1\b": ("F1", "harmonic mean of precision and recall over words, against the nearest accepted answer."),
    r"squad": ("SQuAD EM, SQuAD F1", "the same under SQuAD’s own normalisation, to compare with published figures."),
    r"^R@\d": ("R@k", "an article that holds the evidence is among the first k; a copy counts as the article."),
    r"^MRR": ("MRR@k", "one over the rank of the first such article, nought beyond k."),
    r"^nDCG": ("nDCG@k", "the gain of every such article, discounted by its rank, over the best that was possible."),
    r"all-evidence": ("All-evidence R@k", "every article the question needs is among the first k."),
    r"verbatim": ("Quote verbatim rate", "quotes that stand word for word in their article; under 1 is a defect."),
    r"citation.*precision": ("Citation precision", "citations that fall on the evidence."),
    r"citation.*recall": ("Citation recall", "evidence that is cited."),
    r"unnecessary": ("Unnecessary citations", "those without which the others still carry the answer."),
    r"(refus|abst).*(precision|recall|f1)": (
        "Precision, recall and F1 of refusing",
        "to refuse is right where the articles do not say it, and wrong where they do.",
    ),
    r"hallucin": ("Hallucination rate", "unanswerable questions that were answered (NoMIRACL)."),
    r"error rate": ("Error rate", "answerable questions that were refused (NoMIRACL)."),
    r"aurc|risk": ("AURC", "area under the risk-coverage curve."),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Figure:
    """A metric with its 95% interval and the number of questions behind it; None where not known."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    n: int | None

    @property
    def lower_is_better(self) -> bool:
        return _found(_LOWER_IS_BETTER, self.name)

    @property
    def family(self) -> str:
        return next(family for family, pattern in _FAMILIES.items() if _found(pattern, self.name))

    @property
    def span(self) -> tuple[float, float, float] | None:
        """Low, value and high where they can be drawn on a line from 0 to 1."""
        if self.value is None or self.low is None or self.high is None:
            return None
        return (self.low, self.value, self.high) if 0 <= self.low <= self.high <= 1 else None


Figures = dict[str, dict[str, Figure]]  # type of question -> name of the metric -> figure


@dataclass(frozen=True, slots=True)
class Table:
    """Metrics of one family: a row for all questions, and one for each type that has any."""

    family: str
    columns: list[Figure]  # of any type: for their names
    rows: dict[str, list[Figure]]


def read_figures(metrics: Mapping[str, Any]) -> Figures:
    """Figures by type, "all" first, from {type: {name: {"value", "low", "high", "n"} or None} or None}."""
    kinds = sorted(metrics, key=lambda kind: kind != ALL)
    return {kind: {name: _figure(name, found or {}) for name, found in (metrics[kind] or {}).items()} for kind in kinds}


def number(value: object) -> float | None:
    """A finite number, or None."""
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def matching(figures: Mapping[str, Figure], *patterns: str) -> list[Figure]:
    """For each pattern, the first figure that is known and whose name matches."""
    known = [figure for figure in figures.values() if figure.value is not None]
    hits = (next((figure for figure in known if _found(pattern, figure.name)), None) for pattern in patterns)
    return list(dict.fromkeys(hit for hit in hits if hit is not None))


def headlines(figures: Figures) -> list[Figure]:
    """One figure of each kind; where a run has few kinds, the first that it has."""
    overall = figures.get(ALL, {})
    chosen = matching(overall, *_HEADLINES)
    if len(chosen) >= _FEWEST_HEADLINES:
        return chosen
    return [figure for figure in overall.values() if figure.value is not None][:_FEWEST_HEADLINES]


def tables(figures: Figures) -> list[Table]:
    """Every metric that is known for some type, by family."""
    known = {
        name: figure for of_type in figures.values() for name, figure in of_type.items() if figure.value is not None
    }
    made = []
    for family in _SHOWN_FIRST:
        columns = [figure for figure in known.values() if figure.family == family]
        if columns:
            made.append(Table(family, columns, rows(figures, [figure.name for figure in columns])))
    return made


def rows(figures: Figures, names: Sequence[str]) -> dict[str, list[Figure]]:
    """For each type the figures of these names, unknown ones among them; types without any are left out."""
    of_types = {kind: [of_type.get(name, _unknown(name)) for name in names] for kind, of_type in figures.items()}
    return {kind: row for kind, row in of_types.items() if any(figure.value is not None for figure in row)}


def glossary(figures: Figures) -> list[tuple[str, str]]:
    """Term and meaning of the metrics that occur."""
    names: Sequence[str] = [name for of_type in figures.values() for name in of_type]
    return [entry for pattern, entry in _GLOSSARY.items() if any(_found(pattern, name) for name in names)]


def _figure(name: str, found: Mapping[str, Any]) -> Figure:
    return Figure(name, number(found.get("value")), number(found.get("low")), number(found.get("high")), found.get("n"))


def _unknown(name: str) -> Figure:
    return Figure(name, None, None, None, None)


def _found(pattern: str, name: str) -> bool:
    return re.search(pattern, name, re.IGNORECASE) is not None
