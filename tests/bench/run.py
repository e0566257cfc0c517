"""`make bench`: our numbers next to the llama-index starter's, in one run, into docs/results.md.

    python -m tests.bench.run [--quick] [--shared ../shared] [--out docs/results.md]

Every measurement is a process of its own, one after the other, with the same environment.
A step that fails is written down with its reason and the others go on; the exit status is
then 1. Without `--shared` the questions and articles that ship with the package are used.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from bot.evaluate.compare import compare
from bot.evaluate.run import PREDICTIONS, read_metrics
from bot.normalise import fold
from bot.settings import MODELS
from index.errors import TanyaError
from tests.bench import lexical
from tests.bench.files import Record, raw_records, read_jsonl, write_jsonl
from tests.bench.tables import report

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "bot" / "samples"
READING = {"IDK-MRC": "idk-mrc", "FacQA": "facqa"}  # validation sets that are read, by their folder


class StepError(Exception):
    """A measurement that could not be taken; its text is the reason, in one line."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured, and how often."""

    articles: Sequence[Record]
    questions: Sequence[Record]
    first: int  # articles added beforehand, so that models are exported and files are warm
    growth_chunks: int
    growth_runs: int
    cold_runs: int
    corpus_name: str
    is_partial: bool  # not what the numbers to reach are defined on
    reading: Mapping[str, Path]  # SQuAD files by name, each question about its own passage
    limit: int | None = None  # questions of each of these


@dataclass(slots=True)
class Bench:
    """The folder everything happens in, the steps' results, and what went wrong."""

    work: Path
    plan: Plan
    results: dict[str, Any] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    loads: dict[str, float] = field(default_factory=dict)

    def step(self, name: str, work: Callable[[], Any]) -> None:
        """Take one measurement; a failure is recorded, never hidden."""
        print(f"{datetime.now():%H:%M:%S} {name} ...", file=sys.stderr, flush=True)
        self.loads[name] = os.getloadavg()[0]
        try:
            self.results[name] = work()
        except (StepError, TanyaError, OSError, ValueError, KeyError) as error:
            self.failures[name] = f"{type(error).__name__}: {error}" if not isinstance(error, StepError) else str(error)
            print(f"  failed: {self.failures[name]}", file=sys.stderr, flush=True)

    # -- the two systems ---------------------------------------------------------------------

    def ours(self, *arguments: str | Path) -> str:
        tanya = Path(sys.executable).with_name("tanya")
        return run([tanya, *arguments, "--data-dir", self.work / "ours"])

    def starter(self, *arguments: str | Path) -> str:
        command = [sys.executable, "-m", "tests.bench.starter", *arguments]
        return run([*command, "--dir", self.work / "starter", "--models", self.work / "models"])

    # -- the measurements ----------------------------------------------------------------------

    def add_ours(self) -> dict[str, float]:
        return self._add(self.ours)

    def add_starter(self) -> dict[str, float]:
        return self._add(self.starter)

    def _add(self, system: Callable[..., str]) -> dict[str, float]:
        """Articles per second of the whole process, after a first few have warmed it up."""
        system("add", self.work / "first.jsonl")
        start = time.perf_counter()
        system("add", self.work / "articles.jsonl")
        seconds = time.perf_counter() - start
        articles = len(self.plan.articles) - self.plan.first
        return {"articles": articles, "seconds": seconds, "articles/s": articles / seconds}

    def growth(self) -> Any:
        command: list[str | Path] = [
            sys.executable, "-m", "tests.bench.growth", "--dir", self.work / "growth",
            "--models", MODELS,
            "--chunks", str(self.plan.growth_chunks), "--runs", str(self.plan.growth_runs),
        ]  # fmt: skip
        return last_json(run(command))

    def cold(self) -> dict[str, list[float]]:
        """Seconds from the shell's prompt to the answer, the two taking turns."""
        question = self.plan.questions[0]["question"]
        times: dict[str, list[float]] = {"ours": [], "starter": []}
        for turn in range(self.plan.cold_runs + 1):
            for name, system in (("ours", self.ours), ("starter", self.starter)):
                start = time.perf_counter()
                system("ask", question)
                if turn:  # the first of each fills the file cache
                    times[name].append(time.perf_counter() - start)
        return times

    def answers_ours(self) -> dict[str, Any]:
        return self._evaluated("run-ours", self.work / "questions.jsonl")

    def answers_starter(self) -> dict[str, Any]:
        out = self.work / "starter.jsonl"
        self.starter("answer", self.work / "questions.jsonl", "--out", out)
        return self._evaluated("run-starter", self.work / "questions.jsonl", "--predictions", out)

    def samples(self) -> dict[str, Any]:
        """The questions that ship with the package, over an index of the sample articles."""
        tanya, data = Path(sys.executable).with_name("tanya"), self.work / "samples"
        run([tanya, "add", SAMPLES / "articles", "--data-dir", data])
        out = self.work / "run-samples"
        run([tanya, "eval", SAMPLES / "questions.jsonl", "--out", out, "--data-dir", data])
        return read_metrics(out)

    def reading(self, file: Path) -> dict[str, Any]:
        limit = ["--limit", str(self.plan.limit)] if self.plan.limit else []
        return self._evaluated(f"run-{file.parent.name}", file, *limit)

    def _evaluated(self, name: str, testset: Path, *options: str | Path) -> dict[str, Any]:
        self.ours("eval", testset, "--out", self.work / name, *options)
        return read_metrics(self.work / name)

    def beside(self) -> Any:
        """The starter against ours, question by question."""
        return compare(self.results["answers, starter"], self.results["answers, ours"])

    def verbatim_as_published(self) -> float | None:
        """Share of our quotes that stand in their article as it was published, before cleaning; white space aside."""
        published = {a["id"]: fold(f"{a.get('title') or ''}\n{a['text']}") for a in self.plan.articles}
        quotes = [c for p in read_jsonl(self.work / "run-ours" / PREDICTIONS) for c in p["citations"]]
        return sum(fold(c["quote"]) in published[c["article"]] for c in quotes) / len(quotes) if quotes else None

    def trained_reader(self) -> str:
        limit = ["--limit", str(self.plan.limit)] if self.plan.limit else []
        return run([sys.executable, "-m", "tests.bench.reader", "--dir", self.work / "ours", *limit])

    def language_model(self) -> str:
        return run([sys.executable, "-m", "tests.bench.llm", "--dir", self.work / "ours"])

    def lexical_engines(self) -> str:
        return lexical.table(
            lexical.compare([self.work / "first.jsonl", self.work / "articles.jsonl"], self.plan.questions)
        )

    def all(self) -> None:
        write_jsonl(self.work / "first.jsonl", self.plan.articles[: self.plan.first])
        write_jsonl(self.work / "articles.jsonl", self.plan.articles[self.plan.first :])
        write_jsonl(self.work / "questions.jsonl", self.plan.questions)
        self.step("adding, ours", self.add_ours)
        self.step("adding, starter", self.add_starter)
        self.step("cold question", self.cold)
        self.step("answers, ours", self.answers_ours)
        self.step("answers, starter", self.answers_starter)
        self.step("ours beside the starter", self.beside)
        self.step("quotes as published", self.verbatim_as_published)
        self.step("sample questions", self.samples)
        for name, file in self.plan.reading.items():
            self.step(f"reading, {name}", partial(self.reading, file))
        self.step("a large index", self.growth)
        self.step("the trained reader", self.trained_reader)
        self.step("a language model", self.language_model)
        self.step("lexical engines", self.lexical_engines)
        self.step("telegram", lambda: run([sys.executable, "-m", "tests.bench.telegram"]))


def run(command: Sequence[str | Path]) -> str:
    """A command's standard output; raises `StepError` with its last words."""
    environment = os.environ | {
        "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "ANONYMIZED_TELEMETRY": "False", "NO_COLOR": "1",
    }  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip() or "nothing said").splitlines()[-1]
        raise StepError(f"`{shlex.join(map(str, command[:4]))} ...` exited with {done.returncode}: {said[:300]}")
    return done.stdout


def last_json(output: str) -> Any:
    """The JSON on the last line of what a command printed."""
    try:
        return json.loads(output.strip().splitlines()[-1])
    except (IndexError, ValueError):
        raise StepError(f"got {output[-80:]!r}, expected JSON on the last line") from None


# -- what is measured ------------------------------------------------------------------------


def make_plan(shared: Path, *, quick: bool) -> Plan:
    """The development questions over seed and detik where `shared` has them, else the samples."""
    corpora = [shared / "corpus" / name for name in ("seed.jsonl", "detik.jsonl")]
    if all(corpus.exists() for corpus in corpora):
        name = "questions/dev.jsonl over seed.jsonl and detik.jsonl"
        questions = [q for q in read_jsonl(shared / "questions" / "dev.jsonl") if q["corpus"] in ("seed", "detik")]
        articles, first, is_partial = list(raw_records(corpora)), 2, False
    else:
        name = "the sample questions over the sample articles"
        questions = list(read_jsonl(SAMPLES / "questions.jsonl"))
        articles, first, is_partial = list(raw_records(sorted((SAMPLES / "articles").iterdir()))), 2, True
    files = {name: shared / "training" / folder / "valid.json" for name, folder in READING.items()}
    reading = {name: file for name, file in files.items() if file.exists()}
    if quick:
        articles = _evidence_first(articles, questions)[:100]
        here = {article["id"] for article in articles}
        questions = [q for q in questions if all(e["article"] in here for e in q["evidence"])][::4]
        return Plan(articles, questions, first, 2_000, 3, 1, f"a part of {name}", True, reading, limit=20)
    return Plan(articles, questions, first, 20_000, 9, 5, name, is_partial, reading)


def _evidence_first(articles: Sequence[Record], questions: Sequence[Record]) -> list[Record]:
    gold = {e["article"] for q in questions for e in q["evidence"]}
    return sorted(articles, key=lambda article: article["id"] not in gold)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.run", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, to try it out; writes no results by default")
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    parser.add_argument("--out", type=Path, help="default: docs/results.md; with --quick: standard output")
    parser.add_argument("--work", type=Path, help="keep the indexes and predictions in this new folder")
    args = parser.parse_args()
    plan = make_plan(args.shared, quick=args.quick)
    with tempfile.TemporaryDirectory(prefix="tanya-bench-") as temporary:
        work = args.work or Path(temporary)
        work.mkdir(parents=True, exist_ok=True)
        if any(work.iterdir()):
            parser.error(f"--work {work}: got a folder with something in it, expected an empty or a new one")
        bench = Bench(work.resolve(), plan)
        bench.all()
    text = report(bench, shlex.join(["python", "-m", "tests.bench.run", *sys.argv[1:]]))
    if args.out or not args.quick:
        out = args.out or ROOT / "docs" / "results.md"
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, "utf-8")
        print(f"wrote {out}")
    else:
        print(text)
    if bench.failures:
        sys.exit(1)


if __name__ == "__main__":
    main()
