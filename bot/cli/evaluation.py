"""The command that measures: eval."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.answer import READER
from bot.cli.common import common, complain, need_articles, open_for, print_json
from bot.progress import progress_bar
from bot.settings import Settings

if TYPE_CHECKING:  # numpy and what it brings wait until something is measured
    from collections.abc import Iterator, Mapping

    from bot.evaluate.predictions import Prediction
    from bot.evaluate.result import Result
    from bot.evaluate.run import RunFolder
    from bot.evaluate.testset import Mode, TestSet
    from index.build import NewsIndex


@dataclass(frozen=True, slots=True)
class _Task:
    """What is run, in which mode, over which index, into which folder."""

    testset: TestSet
    mode: Mode
    settings: Settings
    index: NewsIndex
    run: RunFolder

    @property
    def identity(self) -> dict[str, str]:
        """What must be the same for predictions to be continued."""
        return {
            "test set": self.testset.fingerprint,
            "mode": self.mode.value,
            "index": self.index.store.state(),
            "model": self.index.embedder.fingerprint,
            "settings": self.settings.model_dump_json(exclude={"data_dir", "language"}),
        }


_TABLE = ("R@1", "R@10", "EM", "F1", "contains", "evidence overlap", "error rate", "hallucination rate")


@click.command(name="eval")
@click.argument("testset", type=click.Path(path_type=Path))
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="The run's folder; a finished run is replaced."
)
@click.option("--json", "as_data", is_flag=True, help="Print the figures as JSON.")
@click.option("--resume", is_flag=True, help="Continue the unfinished run in --out.")
@click.option("--predictions", type=click.Path(path_type=Path), help="Score these answers, made by any system.")
@click.option("--retrieval-only", is_flag=True, help="Only look for articles; read nothing.")
@click.option("--reader-only", is_flag=True, help="Answer from the articles that hold the gold evidence.")
@click.option("--limit", type=click.IntRange(1), help="Only the first N questions.")
@click.option("--type", "types", multiple=True, help="Only questions of this type; may be given again.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the bootstrap intervals.")
@common
def evaluate(
    settings: Settings,
    *,
    testset: Path,
    out: Path | None,
    as_data: bool,
    resume: bool,
    predictions: Path | None,
    retrieval_only: bool,
    reader_only: bool,
    limit: int | None,
    types: tuple[str, ...],
    seed: int,
) -> None:
    """Say how good the answers to a test set are: figures, a report, every case.

    TESTSET is a .jsonl file of questions with their gold, a SQuAD .json file, a .csv table
    of questions and answers, or a BEIR folder. The folder of the run gets predictions.jsonl,
    metrics.json and report.html; after an interruption, --resume continues it.

    \b
    Examples:
      tanya eval questions.jsonl --out runs/today
      tanya eval questions.jsonl --out runs/today --resume
      tanya eval questions.jsonl --predictions theirs.jsonl --out runs/theirs
      tanya eval beir/scifact --retrieval-only
    """
    from bot.evaluate.formats import read_testset
    from bot.evaluate.run import RunFolder

    if resume and (out is None or predictions is not None):
        raise click.UsageError("got --resume without --out or with --predictions; name the --out of the unfinished run")
    found = read_testset(testset).chosen(types, limit)
    mode = _mode(found, retrieval_only=retrieval_only, reader_only=reader_only)
    run = RunFolder(out or Path(f"eval-{testset.stem}-{datetime.now():%Y%m%d-%H%M%S}"))
    with _index_for(found, settings, run) as index:
        task = _Task(_readable(found, mode, index), mode, settings, index, run)
        made = _predict(task, resume=resume) if predictions is None else _given(task, predictions)
        result = _finish(task, made, seed, given=predictions is not None)
    if as_data:
        print_json(_without_questions(result))
    else:
        _summary(result, run)


def _mode(testset: TestSet, *, retrieval_only: bool, reader_only: bool) -> Mode:
    from bot.evaluate.testset import Mode

    if retrieval_only and reader_only:
        raise click.UsageError("got --retrieval-only and --reader-only; choose one")
    asked = Mode.RETRIEVAL if retrieval_only else Mode.READER if reader_only else None
    if asked is not None and testset.mode not in (None, asked):
        raise click.UsageError(
            f"got --{asked}, but {testset.name} can only be run --{testset.mode}; leave the option out"
        )
    return asked or testset.mode or Mode.FULL


@contextmanager
def _index_for(testset: TestSet, settings: Settings, run: RunFolder) -> Iterator[NewsIndex]:
    """The user's index, or one of the documents that the test set brings along, kept in the run's folder."""
    if testset.corpus is None:
        with open_for(settings) as index:
            yield index
        return
    from bot.evaluate.beir import read_corpus

    own = settings.model_copy(update={"data_dir": str(run.folder / "index")})
    with open_for(own) as index:
        with progress_bar("Adding", None) as bar:
            index.add(read_corpus(testset.corpus), progress=lambda added: bar.count(added.seen))
        yield index


def _readable(testset: TestSet, mode: Mode, index: NewsIndex) -> TestSet:
    """The test set with the passages to read; what has none in reader-only mode is said and left out."""
    from bot.evaluate.corpus import read_from_evidence
    from bot.evaluate.testset import Mode
    from index.errors import QuestionError

    if mode is not Mode.READER:
        if any(case.record.passages is None for case in testset.cases):
            need_articles(index)
            _complain_of_missing(testset, index)
        return testset
    cases = [c if c.record.passages is not None else read_from_evidence(c, index) for c in testset.cases]
    kept = tuple(case for case in cases if case is not None)
    if not kept:
        raise QuestionError(
            f"{testset.name}: got no question whose evidence is in the index, expected one to read; add the articles"
        )
    if len(kept) < len(cases):
        complain(f"{len(cases) - len(kept)} of {len(cases)} questions have no evidence to read and are left out")
    return replace(testset, cases=kept)


def _complain_of_missing(testset: TestSet, index: NewsIndex) -> None:
    """Say which gold articles no search can find."""
    gold = sorted({e.article for case in testset.cases if case.record.passages is None for e in case.evidence})
    known = index.store.articles(gold)
    if missing := [article for article in gold if article not in known]:
        complain(
            f"{len(missing)} of {len(gold)} evidence articles are not in the index, such as {missing[0]!r}; "
            "without them their questions count as not found"
        )


def _predict(task: _Task, *, resume: bool) -> Mapping[str, Prediction]:
    """Answer what is not answered yet; what is, is kept whenever it stops."""
    from bot.assemble import make_answerer
    from bot.evaluate.run import predict

    made = task.run.begin(task.identity, resume=resume)
    cases = task.testset.cases
    left = [case for case in cases if case.id not in made]
    answerer = make_answerer(task.settings, task.index)
    if left:
        predict(answerer, left[0], task.mode)  # loads the models, which is no question's latency
    with progress_bar("Answering", len(left)) as bar:
        try:
            for prediction in task.run.append(predict(answerer, case, task.mode) for case in left):
                made[prediction.id] = prediction
                bar.advance(1)
        except KeyboardInterrupt:
            bar.close()
            complain(f"stopped after {len(made)} of {len(cases)} questions; continue with --resume")
            raise
    return made


def _given(task: _Task, path: Path) -> Mapping[str, Prediction]:
    """Predictions made elsewhere, copied to the run."""
    from bot.evaluate.predictions import read_predictions

    made = read_predictions(path)
    known = {case.id for case in task.testset.cases}
    if unknown := [i for i in made if i not in known]:
        complain(f"{path.name}: {len(unknown)} predictions are for no question here, such as {unknown[0]!r}; ignored")
    task.run.folder.mkdir(parents=True, exist_ok=True)
    if not (task.run.predictions.exists() and task.run.predictions.samefile(path)):
        shutil.copyfile(path, task.run.predictions)
    return made


def _finish(task: _Task, made: Mapping[str, Prediction], seed: int, *, given: bool) -> Result:
    """Judge the predictions and write what they come to."""
    from bot.evaluate.report import write_report
    from bot.evaluate.result import evaluate as judge_all
    from bot.evaluate.run import REPORT

    embedder, store = task.index.embedder, task.index.store
    about = {
        "predictions": "given" if given else "made",
        "model": {"name": embedder.name, "fingerprint": embedder.fingerprint},
        "settings": task.settings.model_dump(mode="json", exclude={"data_dir"}),
        "index": {**store.counts(), "state": store.state()},
        "identity": {} if given else task.identity,
        "cold_start_s": [] if given else _cold_start(task),
    }
    result = judge_all(task.testset, made, task.index, task.mode, seed=seed, about=about)
    write_report(_without_questions(result), result.cases, task.run.folder / REPORT)
    task.run.finish(result.metrics)
    return result


def _without_questions(result: Result) -> dict[str, Any]:
    """The figures alone, without what each question adds to them."""
    return {key: value for key, value in result.metrics.items() if key != "questions"}


def _cold_start(task: _Task) -> list[float]:
    """Seconds of a fresh `tanya ask`, where that is what was measured."""
    from bot.evaluate.machine import cold_start_seconds
    from bot.evaluate.testset import Mode

    case = next((c for c in task.testset.cases if c.record.passages is None), None)
    if task.mode is not Mode.FULL or case is None:
        return []
    config = click.get_current_context().params.get("config")
    options = ["--data-dir", str(task.index.folder), *(["--config", str(config)] if config else [])]
    return cold_start_seconds([*options, "--", case.record.question])


def _summary(result: Result, run: RunFolder) -> None:
    """The figures of all questions, the chief ones by type, and every question that failed."""
    from bot.evaluate.figures import ALL

    about, groups = result.metrics["run"], result.metrics["metrics"]
    click.echo(f"{about['testset']}: {about['questions']} questions, {about['mode']}\n")
    click.echo(f"{'':24}{'value':>7}  {'95% interval':16}{'n':>6}")
    for metric, figure in groups[ALL].items():
        interval = f"[{figure['low']:.3f}, {figure['high']:.3f}]"
        click.echo(f"{metric:24}{figure['value']:7.3f}  {interval:16}{figure['n']:6}")
    if len(groups) > 1:
        click.echo("\n" + _by_type(groups))
    for stage, times in result.metrics["stages"].items():
        click.echo(f"{stage:24}p50 {times['p50']:.0f} ms, p95 {times['p95']:.0f} ms, p99 {times['p99']:.0f} ms")
    voices = result.metrics["voices"]
    if set(voices["speakers"]) - {READER} or voices["fallbacks"]:
        click.echo("\n" + _voices(voices))
    if result.failed:
        click.echo(f"\n{len(result.failed)} failed and count as wrong:")
        for case in result.failed:
            click.echo(f"  {case['id']}: {case['error']}")
    click.echo(f"\npredictions, metrics and report are in {run.folder}")


def _voices(voices: Mapping[str, Any]) -> str:
    """Who spoke, why the reader had to or a model was stopped, and what it took."""
    speakers = ", ".join(f"{count} by {speaker}" for speaker, count in voices["speakers"].items())
    fallbacks, cut = (_counts(voices[key]) for key in ("fallbacks", "cut"))
    cost = f", cost {voices['cost']:.4f}" if voices["cost"] else ""
    return (
        f"answers: {speakers}; fallbacks: {fallbacks}; cut: {cut}; {voices['removed']} sentences removed\n"
        f"tokens: {voices['prompt_tokens']} of prompts, {voices['completion_tokens']} of replies{cost}"
    )


def _counts(counted: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in counted.items()) or "none"


def _by_type(groups: Mapping[str, Mapping[str, Any]]) -> str:
    shown = [metric for metric in _TABLE if any(metric in figures for figures in groups.values())]
    width = max(map(len, groups)) + 2
    columns = {metric: max(len(metric), len("0.000")) + 2 for metric in shown}
    lines = [" " * width + "".join(f"{metric:>{space}}" for metric, space in columns.items())]
    for group, figures in groups.items():
        cells = {m: f"{figures[m]['value']:.3f}" if m in figures else "-" for m in shown}
        lines.append(f"{group:{width}}" + "".join(f"{cells[m]:>{space}}" for m, space in columns.items()))
    return "\n".join(lines) + "\n"
