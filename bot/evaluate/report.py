"""The report of an evaluation: one HTML page that opens from disk and fetches nothing.

What was run -> headline figures -> every metric by type -> plots -> every question, to be
filtered. Whatever comes from the data reaches the page escaped: Jinja does so unless told
otherwise, and the page's own policy runs no script but the one it was written with.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from bot.evaluate import plots
from bot.evaluate.families import (
    ALL,
    Figure,
    Figures,
    glossary,
    headlines,
    matching,
    number,
    read_figures,
    rows,
    tables,
)

if TYPE_CHECKING:
    from jinja2 import Environment

Record = Mapping[str, Any]

PERCENTILES = ("p50", "p95", "p99")
OUTCOMES = {
    "correct": "Correct",
    "partly": "Partly right",
    "wrong": "Wrong",
    "refused_wrongly": "Refused wrongly",
    "hallucinated": "Hallucinated",
    "refused_rightly": "Refused rightly",
    "failed": "Failed",
    "unscored": "Not scored",  # what was only retrieved
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What the questions can be filtered by: one outcome, flag or type."""

    value: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Plot:
    """A drawing with its title, what it shows, and what its colours stand for, in their order."""

    title: str
    note: str
    svg: str
    legend: Sequence[str] = ()


def write_report(metrics: Record, cases: Sequence[Record], path: Path) -> None:
    """Write the page to `path`; any block of `metrics` and any value may be absent or None.

    Args:
        metrics: "run": what was run; "metrics": by type ("all" among them) and name, each with
            "value", "low", "high" and "n"; "curves": "risk_coverage" as (coverage, risk) points and
            "recall_by_rank" from rank 1; "stages": "p50", "p95" and "p99" in milliseconds.
        cases: each question with its gold, answer, quotes, passages, outcome (of `OUTCOMES`) and flags.
    """
    figures = read_figures(metrics.get("metrics") or {})
    script = _asset("page.js")
    page = _environment().get_template("page.html").render(
        run=_run(metrics.get("run") or {}),
        headlines=headlines(figures),
        tables=tables(figures),
        glossary=glossary(figures),
        plots=list(_plots(metrics, figures)),
        outcomes=_outcomes(cases),
        flags=_flags(cases),
        types=_types(cases),
        cases=cases,
        css=_asset("page.css"),
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )  # fmt: skip
    path.write_bytes(page.encode("utf-8", "replace"))  # JSON may hold half a surrogate pair, UTF-8 not


# -- what was run --------------------------------------------------------------------------


def _run(run: Record) -> dict[str, Any]:
    """The name of the test set, the main facts, and all settings, for the head of the page."""
    model = run.get("model") or {}
    facts = {
        "Questions": run.get("questions"),
        "Run on": _moment(run.get("date")),
        "Model": " · ".join(str(model[key]) for key in ("name", "fingerprint") if model.get(key)),
        "Commit": run.get("git_commit"),
        "Machine": run.get("machine"),
        "Python": run.get("python"),
        "Seed": run.get("seed"),
    }
    details = {"Settings": run.get("settings"), "Index": run.get("index"), "Versions": run.get("versions")}
    return {
        "testset": run.get("testset") or "questions",
        "facts": {name: value for name, value in facts.items() if value not in (None, "")},
        "details": {name: dict(_flat(value)) for name, value in details.items() if value},
    }


def _moment(date: object) -> str | None:
    try:
        moment = datetime.fromisoformat(str(date))
    except ValueError:
        return str(date) if date else None
    return f"{moment.day} {moment:%B %Y, %H:%M %Z}".strip()


def _flat(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    """Nested settings as ("reader.threshold", "0.5")."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}" if name else str(key))
    else:
        yield name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


# -- plots ---------------------------------------------------------------------------------


def _plots(metrics: Record, figures: Figures) -> Iterator[Plot]:
    """The plots there are numbers for."""
    curves = metrics.get("curves") or {}
    overall = figures.get(ALL, {})
    shown = matching(overall, r"^f1\b", r"^contain") or matching(overall, r"^R@1$", r"^R@5$")
    names = [figure.name for figure in shown]
    if of_types := rows(figures, names):
        title, note = "By type of question", "Each with its 95% interval."
        named = {"all questions" if kind == ALL else kind: row for kind, row in of_types.items()}
        yield Plot(title, note, plots.by_type(named, title), names)
    stages = {name: [(of or {}).get(p) for p in PERCENTILES] for name, of in (metrics.get("stages") or {}).items()}
    if times := {name: known[0] for name, row in stages.items() if (known := _known([row]))}:
        title, note = "Latency by stage", "Milliseconds, on a logarithmic scale."
        yield Plot(title, note, plots.latency(times, title), PERCENTILES)
    if points := _known(curves.get("risk_coverage")):
        title, note = "Risk and coverage", "How much is wrong when only the most certain share is answered."
        yield Plot(title, note, plots.risk_coverage(points, title))
    if recalls := _until_gap(curves.get("recall_by_rank")):
        title, note = "Recall by rank", "Questions whose article is among the first k."
        yield Plot(title, note, plots.recall_by_rank(recalls, title))


def _known(rows: Sequence[Sequence[object]] | None) -> list[list[float]]:
    """The rows without a gap."""
    read = ([number(value) for value in row] for row in rows or ())
    return [[value for value in row if value is not None] for row in read if None not in row]


def _until_gap(values: Sequence[object] | None) -> list[float]:
    """The first values: after a gap their places would no longer be their ranks."""
    known: list[float] = []
    for value in map(number, values or ()):
        if value is None:
            break
        known.append(value)
    return known


# -- questions -----------------------------------------------------------------------------


def _outcomes(cases: Sequence[Record]) -> list[Choice]:
    """The outcomes that occur, in the order they are explained."""
    counts = Counter(map(outcome, cases))
    return [Choice(value, label, counts[value]) for value, label in OUTCOMES.items() if counts[value]]


def _flags(cases: Sequence[Record]) -> list[Choice]:
    counts = Counter(flag for case in cases for flag in case.get("flags") or ())
    return [Choice(flag, _in_words(flag), count) for flag, count in counts.most_common()]


def _types(cases: Sequence[Record]) -> list[Choice]:
    counts = Counter(str(case.get("type") or "") for case in cases)
    return [Choice(kind, kind or "no type", count) for kind, count in counts.items()]


def outcome(case: Record) -> str:
    """The case's outcome; "unscored" where there is none."""
    found = case.get("outcome")
    return found if found in OUTCOMES else "unscored"


# -- the page ------------------------------------------------------------------------------


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader

    made = Environment(
        loader=PackageLoader("bot.evaluate", "page"),
        autoescape=True, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    made.filters |= {
        "figure": _shown, "interval": _interval, "common_n": _common_n, "in_words": _in_words,
        "outcome": outcome, "label": OUTCOMES.get, "gold": _gold, "given": _given, "scores": _scores,
        "address": _address,
    }  # fmt: skip
    return made


@cache
def _asset(name: str) -> str:
    return files("bot.evaluate").joinpath("page", name).read_text("utf-8")


def _shown(value: float | None) -> str:
    """A rate as 0.953; what is no rate with one decimal."""
    if value is None:
        return "–"
    return f"{value:.3f}" if abs(value) <= 1 else f"{value:,.1f}"


def _interval(figure: Figure, with_n: bool = True) -> str:
    span = None if figure.low is None or figure.high is None else f"{_shown(figure.low)}–{_shown(figure.high)}"
    n = f"n\u00a0{'–' if figure.n is None else figure.n}" if with_n else None
    return " · ".join(filter(None, (span, n)))


def _common_n(row: Sequence[Figure]) -> int | None:
    """The number of questions behind a row, where it is one for all its figures."""
    counts = {figure.n for figure in row if figure.value is not None}
    return counts.pop() if len(counts) == 1 else None


def _in_words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _gold(case: Record) -> str:
    return " / ".join(map(str, case.get("answers") or ())) or "not in the articles"


def _given(case: Record) -> str:
    if case.get("error"):
        return "none"
    return "refused" if case.get("refused") else str(case.get("answer") or "none")


def _address(case: Record) -> str:
    return urlencode({"case": case["id"]}, errors="replace")


def _scores(case: Record) -> str:
    """The figures of one question on one line."""
    scores = {
        name: "–" if (known := number(value)) is None else f"{known:.3g}"
        for name, value in (case.get("scores") or {}).items()
    }
    latency = number(case.get("latency_ms"))
    parts = [str(case["id"]), *(f"{name} {value}" for name, value in scores.items())]
    return " · ".join(parts if latency is None else [*parts, f"{latency:,.0f} ms"])
