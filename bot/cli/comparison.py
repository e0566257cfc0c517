"""The command that tells whether a change helped: compare."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.common import common, print_json
from bot.settings import Settings

if TYPE_CHECKING:  # numpy waits until something is compared
    from bot.evaluate.compare import Comparison


@click.command()
@click.argument("run_a", type=click.Path(path_type=Path))
@click.argument("run_b", type=click.Path(path_type=Path))
@click.option("--json", "as_data", is_flag=True, help="Print the comparison as JSON.")
@common
def compare(settings: Settings, run_a: Path, run_b: Path, as_data: bool) -> None:  # noqa: ARG001
    """Say which of two runs is better, metric by metric, and which questions flipped.

    RUN_A and RUN_B are folders that tanya eval wrote. A difference is shown where its 95%
    paired bootstrap interval leaves out 0 and, for yes/no metrics, McNemar's p is below 0.05.

    \b
    Example:
      tanya compare runs/before runs/after
    """
    from bot.evaluate.compare import compare as compare_runs
    from bot.evaluate.run import read_metrics

    a, b = read_metrics(run_a), read_metrics(run_b)
    comparison = compare_runs(a, b)
    if as_data:
        print_json(comparison.as_json())
    else:
        _show_comparison(comparison, run_a, run_b)


def _show_comparison(comparison: Comparison, run_a: Path, run_b: Path) -> None:
    click.echo(f"A {run_a}\nB {run_b}\n{comparison.common} questions in common" + _not_common(comparison))
    group = None
    for d in comparison.differences:
        if d.group != group:
            group = d.group
            click.echo(f"\n{group:24}{'A':>10}{'B':>10}{'B - A':>10}  {'95% interval':18}{'n':>6}{'p':>8}")
        interval = f"[{d.low:+.3f}, {d.high:+.3f}]"
        p = "" if d.p is None else f"{d.p:.3f}"
        click.echo(f"{d.metric:24}{d.a:10.3f}{d.b:10.3f}{d.difference:+10.3f}  {interval:18}{d.n:6}{p:>8}  {d.verdict}")
    click.echo(f"\n{len(comparison.flips)} questions flipped" + ":" * bool(comparison.flips))
    for flip in comparison.flips:
        click.echo(f"  {flip.id} ({flip.type}): {flip.a} -> {flip.b}  {flip.question}")


def _not_common(comparison: Comparison) -> str:
    only = [f"{n} only in {run}" for n, run in ((comparison.only_a, "A"), (comparison.only_b, "B")) if n]
    return f"; left out: {', '.join(only)}" if only else ""
