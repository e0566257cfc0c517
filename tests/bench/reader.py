"""The trained reader beside the untrained one, and beside torch: a section of docs/results.md, as Markdown.

    python -m tests.bench.reader --dir INDEX [--shared ../shared]

`INDEX` is a data directory that holds seed.jsonl and detik.jsonl.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bot.evaluate.compare import NO_DIFFERENCE, Comparison, compare
from bot.evaluate.figures import ALL, shown
from bot.evaluate.run import read_metrics
from bot.reader.graph import FP32, build
from bot.reader.model import WEIGHTS, ReaderModel, Text, assembled, session
from bot.reader.train.examples import inference
from bot.reader.train.questions import TEST, written
from bot.settings import MODELS
from index import e5
from index.articles import read_sources
from index.records import Article
from tests.bench.files import Record, read_jsonl, write_jsonl

ROOT = Path(__file__).parents[2]
METRICS = (
    "R@1", "EM", "F1", "contains", "evidence overlap", "citation precision", "quotes verbatim", "abstention precision",
    "abstention recall", "hallucination rate", "error rate", "AURC",
)  # fmt: skip
SHOWN = ("EM", "F1", "evidence overlap", "error rate", "hallucination rate")
# The balanced one is the default, which was run already.
RISKS = {"cautious": {"risk": "cautious"}, "balanced": {"reader": "trained"}, "eager": {"risk": "eager"}}
RUNS = 15  # of each engine, taking turns


class Runs:
    """`tanya eval` under several configurations over one index."""

    def __init__(self, index: Path, work: Path) -> None:
        self._index = index
        self._work = work

    def evaluated(self, testset: Path, limit: int | None = None, more: str = "", **answer: str) -> dict[str, Any]:
        """The figures of a run; `more` is what its configuration holds besides [answer]."""
        from tests.bench.run import run

        name = "-".join([testset.stem, testset.parent.name, *answer.values()])
        config = self._work / f"{name}.toml"
        settings = "".join(f'{key} = "{value}"\n' for key, value in answer.items())
        config.write_text(f"[answer]\n{settings}{more}", "utf-8")
        out = self._work / name
        if (out / "metrics.json").exists():
            return read_metrics(out)
        some = ["--limit", str(limit)] if limit else []
        tanya = Path(sys.executable).with_name("tanya")
        run([tanya, "eval", testset, "--out", out, "--data-dir", self._index, "--config", config, *some])
        return read_metrics(out)


def news_questions(corpus: Path) -> list[Record]:
    """The written questions that nothing was trained, calibrated or chosen on, as a test set."""
    articles = {a.id: a for a in read_sources([corpus / "detik.jsonl"]) if isinstance(a, Article)}
    kinds = {line["question"]: line["kind"] for line in read_jsonl(TEST)}
    records = []
    for number, one in enumerate(written(articles, TEST), 1):
        answer = one.answer and one.article.text[one.answer.start : one.answer.end]
        evidence = [{"article": one.article.id, "quote": answer}] if answer else []
        records.append({
            "id": f"news-{number}", "question": one.question, "type": kinds[one.question],
            "answerable": answer is not None, "answers": [answer] if answer else [], "evidence": evidence,
        })  # fmt: skip
    return records


def beside(runs: Runs, testset: Path) -> str:
    """Both readers on one test set, question by question."""
    before, after = (runs.evaluated(testset, reader=name) for name in ("similarity", "trained"))
    lines = [*differences(compare(before, after), "similarity", "trained")]
    for name, total in (("p50", "p50"), ("p95", "p95")):
        times = [run["stages"]["total"][total] for run in (before, after)]
        lines.append(f"| latency {name} | {times[0]:.0f} ms | {times[1]:.0f} ms | | |")
    return "\n".join([*lines, "", by_type(after)])


def differences(comparison: Comparison, a: str, b: str) -> list[str]:
    """A table of the chosen metrics: one system, the other, and what lies between them."""
    lines = [
        f"{comparison.common} questions; difference with its 95% paired bootstrap interval.", "",
        f"| | {a} | {b} | difference | {b} is |", "| --- | ---: | ---: | ---: | --- |",
    ]  # fmt: skip
    for d in comparison.differences:
        if d.group == ALL and d.metric in METRICS:
            verdict = d.verdict if d.verdict == NO_DIFFERENCE else f"**{d.verdict}**"
            lines.append(
                f"| {d.metric} | {d.a:.3f} | {d.b:.3f} | {d.difference:+.3f} [{d.low:+.3f}, {d.high:+.3f}] "
                f"| {verdict} |"
            )
    return lines


def by_type(run: Mapping[str, Any]) -> str:
    lines = [f"| trained, by type | n | {' | '.join(SHOWN)} |", "| --- |" + " ---: |" * (len(SHOWN) + 1)]
    for group, figures in run["metrics"].items():
        cells = (f"{figures[m]['value']:.3f}" if m in figures else "-" for m in SHOWN)
        lines.append(f"| {group} | {max(f['n'] for f in figures.values())} | {' | '.join(cells)} |")
    return "\n".join(lines)


def risks(runs: Runs, testset: Path) -> str:
    measured = {risk: runs.evaluated(testset, **RISKS[risk])["metrics"][ALL] for risk in RISKS}
    chosen = ("F1", "error rate", "hallucination rate", "abstention precision", "abstention recall")
    lines = [f"| risk | {' | '.join(chosen)} |", "| --- |" + " ---: |" * len(chosen)]
    lines += [
        f"| {risk} | {' | '.join(shown(figures[m]) if m in figures else '-' for m in chosen)} |"
        for risk, figures in measured.items()
    ]
    return "\n".join(lines)


def reading(runs: Runs, files: Mapping[str, Path], limit: int | None) -> str:
    """Each question against its own passage."""
    chosen = ("EM", "F1", "SQuAD EM", "SQuAD F1", "error rate", "hallucination rate")
    lines = [f"| validation set | n | {' | '.join(chosen)} |", "| --- |" + " ---: |" * (len(chosen) + 1)]
    for name, file in files.items():
        run = runs.evaluated(file, limit, reader="trained")
        figures = run["metrics"][ALL]
        cells = (shown(figures[m]) if m in figures else "-" for m in chosen)
        lines.append(f"| {name} | {run['run']['questions']} | {' | '.join(cells)} |")
    return "\n".join(lines)


def inferring(model: ReaderModel, file: Path) -> str:
    """Accuracy on IndoNLI's validation pairs."""
    pairs = sorted(inference(file), key=lambda p: len(p.premise))
    found = model.infer([(p.premise, p.statement) for p in pairs]).argmax(axis=1)
    right = found == np.array([p.label for p in pairs])
    return f"IndoNLI, validation: accuracy {right.mean():.3f} over {len(pairs):,} pairs."


def engines(model: ReaderModel, index: Path) -> str:
    """Milliseconds to read eight passages for a question, the engines taking turns."""
    import torch

    from bot.reader.train.network import Network

    base = e5.read(e5.bundled_file())
    tensors = assembled(base, WEIGHTS)
    network = Network(base).eval()
    plain = {n: torch.from_numpy(np.array(v)) for n, v in tensors.items()}
    heads = ("span", "relevance", "nli")
    network.load_state_dict(
        {n if n.startswith(heads) else f"bert.{n}": v for n, v in plain.items()}, strict=False
    )  # fmt: skip
    precise = session(build(tensors, base.layers, base.heads, base.epsilon, FP32))
    question, texts = passages_of(index)
    codes = model._encoded([(question, f"{t.header}\n{t.passage}") for t in texts])
    ids = [torch.tensor([code.ids]) for code in codes]

    def torch_loop() -> None:
        with torch.inference_mode():
            for one in ids:
                network(one, torch.ones_like(one))

    def in_32_bits() -> None:
        model._session, kept = precise, model._session
        try:
            model.read(question, texts)
        finally:
            model._session = kept

    ways: dict[str, Callable[[], object]] = {
        "as it ships: ONNX Runtime, integers": lambda: model.read(question, texts),
        "ONNX Runtime, 32 bits": in_32_bits,
        "torch, 32 bits, one passage after the other": torch_loop,
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(RUNS + 1):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            if turn:
                times[name].append((time.perf_counter() - start) * 1000)
    slowest = statistics.median(times["torch, 32 bits, one passage after the other"])
    tokens = sum(len(code.ids) for code in codes)
    lines = [
        f"| {len(texts)} passages, {tokens:,} tokens | median ms | times as fast as the loop |",
        "| --- | ---: | ---: |",
    ]
    lines += [
        f"| {name} | {statistics.median(taken):.0f} | {slowest / statistics.median(taken):.2f} |"
        for name, taken in times.items()
    ]
    return "\n".join(lines)


def passages_of(index: Path) -> tuple[str, list[Text]]:
    from index.build import NewsIndex
    from index.chunk import context_of
    from index.embed import BundledEmbedder
    from index.retrieve import Query

    question = "Berapa kerugian negara dalam perkara korupsi itu menurut kejaksaan?"
    news = NewsIndex(index, BundledEmbedder(MODELS))
    try:
        found = news.search(Query(question), 8)
    finally:
        news.close()
    return question, [Text(p.chunk.text, context_of(p.article)) for p in found]


def section(index: Path, shared: Path, work: Path, limit: int | None = None) -> str:
    runs, model = Runs(index, work), ReaderModel(MODELS)
    dev, news = work / "dev.jsonl", work / "news.jsonl"
    write_jsonl(dev, [q for q in read_jsonl(shared / "questions/dev.jsonl") if q["corpus"] in ("seed", "detik")])
    write_jsonl(news, news_questions(shared / "corpus"))
    files = {name: shared / "training" / folder / "valid.json" for name, folder in SETS.items()}
    parts: Sequence[str] = [
        "### Development questions", beside(runs, dev),
        "### News questions written for this project, on articles that nothing was trained or calibrated on",
        beside(runs, news), "How sure it has to be, on the same questions:", risks(runs, news),
        "### Reading one passage, balanced", reading(runs, files, limit),
        "### Inference", inferring(model, shared / "training/indonli/val.jsonl"),
        "### Speed", engines(model, index),
    ]  # fmt: skip
    return "\n\n".join(parts)


SETS = {"IDK-MRC": "idk-mrc", "FacQA": "facqa"}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.reader", description=__doc__)
    parser.add_argument("--dir", type=Path, required=True, help="data directory with seed.jsonl and detik.jsonl")
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    parser.add_argument("--limit", type=int, help="read only the first questions of the sets of one passage each")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tanya-reader-") as work:
        print(section(args.dir, args.shared, Path(work), args.limit))


if __name__ == "__main__":
    main()
