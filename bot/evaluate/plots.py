"""The plots of the report as SVG that stands inside a page: its fonts, its colours, light or dark.

matplotlib knows no CSS, so a plot is drawn in stand-in colours, each replaced by the page's
custom property. Text stays text: the browser sets it in the page's font.
"""

from __future__ import annotations

import io
import math
import re
import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from bot.evaluate.families import Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 360  # units of the drawing; about the pixels of a phone
LABEL = 15  # characters of a row's label

INK, MUTED, RULE, FIRST, SECOND = "#010101", "#020202", "#030303", "#040404", "#050505"
_PROPERTIES = {INK: "--ink", MUTED: "--muted", RULE: "--rule", FIRST: "--first", SECOND: "--second"}
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "text.parse_math": False,  # a type may be called "$x$"
    "font.size": 12,
    "text.color": INK,
    "axes.edgecolor": RULE,
    "axes.labelcolor": MUTED,
    "xtick.color": RULE,
    "ytick.color": RULE,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "grid.color": RULE,
    "lines.solid_capstyle": "round",
}
_NO_METADATA = dict.fromkeys(("Date", "Creator", "Format", "Type"))


def risk_coverage(points: Sequence[Sequence[float]], label: str) -> str:
    """The share of wrong answers among the most certain ones, against how many are answered."""

    def draw(axes: Axes) -> None:
        coverage, risk = zip(*points, strict=True)
        axes.plot(coverage, risk, color=FIRST, linewidth=2)
        axes.set(xlim=(0, 1), ylim=(0, min(1, max(0.1, 1.15 * max(risk)))))
        axes.set(xlabel="coverage: share of questions answered", ylabel="risk: share wrong")
        axes.annotate(_rate(risk[-1]), (coverage[-1], risk[-1]), (-4, 6), textcoords="offset points", ha="right")

    return _svg("risk-coverage", label, 240, (0.14, 0.21, 0.83, 0.74), draw)


def recall_by_rank(recalls: Sequence[float], label: str) -> str:
    """The share of questions with a relevant article among the first k."""

    def draw(axes: Axes) -> None:
        ranks = range(1, len(recalls) + 1)
        axes.plot(ranks, recalls, color=FIRST, linewidth=2, marker="o", markersize=5, clip_on=False)
        bottom = max(0.0, math.floor(min(recalls) * 10 - 1) / 10)
        axes.set(xlim=(0.5, len(recalls) + 0.5), ylim=(bottom, 1), xticks=ranks)
        axes.set(xlabel="k: articles looked at", ylabel="recall")
        for rank in sorted({1, min(5, len(recalls)), len(recalls)}):
            place = (rank, recalls[rank - 1])
            axes.annotate(_rate(place[1]), place, (0, -16), textcoords="offset points", ha="center")

    return _svg("recall", label, 240, (0.14, 0.21, 0.83, 0.74), draw)


def latency(stages: Mapping[str, Sequence[float]], label: str) -> str:
    """p50, p95 and p99 of each stage, in milliseconds on a logarithmic scale."""
    drawn = [[max(0.01, value) for value in values] for values in stages.values()]

    def draw(axes: Axes) -> None:
        for row, (median, most, nearly_all) in enumerate(drawn):
            axes.plot([median, nearly_all], [row, row], color=RULE, linewidth=2, zorder=1)
            axes.plot(median, row, "o", color=FIRST, markersize=8)
            axes.plot(most, row, "o", color=SECOND, markersize=6)
            axes.plot(nearly_all, row, "|", color=INK, markersize=11, markeredgewidth=2)
        for row, values in enumerate(stages.values()):
            _beside(axes, row, " / ".join(map(_milliseconds, values)))
        low, high = min(map(min, drawn)), max(map(max, drawn))
        axes.set(xscale="log", xlabel="milliseconds")
        axes.set_xlim(10 ** math.floor(math.log10(low)), 10 ** math.ceil(math.log10(high * 1.01)))
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,g}")
        axes.xaxis.minorticks_off()
        _rows(axes, list(stages))

    return _svg("latency", label, _height(stages), _room(stages, left=0.24, width=0.4), draw)


def by_type(rows: Mapping[str, Sequence[Figure]], label: str) -> str:
    """The one or two figures of each type of question with their intervals; n at the right."""

    def draw(axes: Axes) -> None:
        for row, figures in enumerate(rows.values()):
            for place, figure in enumerate(figures):
                _interval(axes, figure, row + 0.3 * (place - (len(figures) - 1) / 2), (FIRST, SECOND)[place])
            n = max(figure.n or 0 for figure in figures)
            _beside(axes, row, f"n {n}")
        axes.set_xlim(0, 1)
        _rows(axes, list(rows))

    return _svg("by-type", label, _height(rows), _room(rows, left=0.3, width=0.55), draw)


def _beside(axes: Axes, row: int, text: str) -> None:
    axes.annotate(
        text, (1, row), (8, 0), xycoords=("axes fraction", "data"), textcoords="offset points",
        va="center_baseline", color=MUTED, annotation_clip=False,
    )  # fmt: skip


def _interval(axes: Axes, figure: Figure, height: float, colour: str) -> None:
    if figure.value is None:
        return
    if figure.span:
        axes.plot([figure.span[0], figure.span[2]], [height, height], color=colour, linewidth=2, alpha=0.55)
    axes.plot(figure.value, height, "o", color=colour, markersize=6, clip_on=False)


def _rows(axes: Axes, names: Sequence[str]) -> None:
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_yticks(range(len(names)), map(_clipped, names))
    axes.tick_params("y", length=0, labelcolor=INK)
    axes.grid(visible=True, axis="x", linewidth=0.7)
    axes.grid(visible=False, axis="y")


def _clipped(name: str) -> str:
    """One short line that can be encoded."""
    line = " ".join(name.encode("utf-8", "replace").decode().split())
    return line if len(line) <= LABEL else f"{line[: LABEL - 1]}…"


def _height(rows: Collection[object]) -> int:
    return 60 + 30 * len(rows)


def _room(rows: Collection[object], *, left: float, width: float) -> tuple[float, float, float, float]:
    height = _height(rows)
    return left, 48 / height, width, (height - 56) / height


def _rate(value: float) -> str:
    return f"{value:.2f}"


def _milliseconds(value: float) -> str:
    return f"{value:.1f}" if value < 10 else f"{value:,.0f}"  # noqa: PLR2004


def _svg(
    name: str, label: str, height: int, room: tuple[float, float, float, float], draw: Callable[[Axes], None]
) -> str:
    """The drawing without what a page must not have twice (ids, a style for everything) or cannot use."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context({**_STYLE, "svg.hashsalt": name}), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # "glyph missing": the browser has fonts of its own
        figure = Figure(figsize=(WIDTH / 72, height / 72))
        axes = figure.add_axes(room)
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.grid(visible=True, axis="y", linewidth=0.7)
        axes.set_axisbelow(True)
        axes.tick_params("y", length=0)
        draw(axes)
        drawn = io.StringIO()
        figure.savefig(drawn, format="svg", transparent=True, metadata=_NO_METADATA)
    text = drawn.getvalue()
    text = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", text, count=1, flags=re.DOTALL)
    text = re.sub(r'<g id="[^"]*"', "<g", text)
    text = re.sub(r"font-family: [^;\"]*;? ?", "", text)
    text = re.sub("|".join(_PROPERTIES), lambda match: f"var({_PROPERTIES[match[0]]})", text)
    drawing = re.sub(r' (?:width|height)="[\d.]+pt"', "", text[text.index("<svg") :], count=2)
    return drawing.replace("<svg", f'<svg role="img" aria-label="{escape(label)}"', 1)
