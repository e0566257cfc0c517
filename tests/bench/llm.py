"""A language model beside the reader alone, follow-ups beside their twins, and what showing a sentence costs.

    python -m tests.bench.llm --dir INDEX [--shared ../shared]

A section of docs/results.md, as Markdown. `INDEX` is a data directory that holds seed.jsonl and
detik.jsonl; the model is Gemma 3 270M (extra `gemma`), which completes texts and was never
trained to converse. `followups.jsonl` holds follow-ups to questions of dev.jsonl and of the
samples: a history and a question, whose twin is the question `of` which it is another wording,
or the `twin` of a follow-up that has its history already.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

from bot.assemble import make_answerer, open_index
from bot.evaluate.compare import compare
from bot.evaluate.figures import ALL
from bot.evaluate.run import PREDICTIONS
from bot.llm.local import GEMMA
from bot.llm.model import End, Model, Prompt
from bot.settings import load
from tests.bench.files import Record, read_jsonl, write_jsonl
from tests.bench.reader import ROOT, Runs, differences
from tests.bench.run import run

TANYA = Path(sys.executable).with_name("tanya")
SAMPLES = ROOT / "bot" / "samples"
FOLLOW_UPS = Path(__file__).with_name("followups.jsonl")
GEMMA_CONFIG = f"""deadline = 60.0
[llm]
provider = "llama-cpp"
model = "{GEMMA}"
style = "completion"
max_tokens = 48
passages = 3
"""


def answered(runs: Runs, testset: Path, work: Path) -> str:
    """The reader alone and with the model in `auto`."""
    alone = runs.evaluated(testset, mode="reader")
    together = runs.evaluated(testset, more=GEMMA_CONFIG, mode="auto")
    (folder,) = work.glob(f"{testset.stem}-*-auto")
    predictions = list(read_jsonl(folder / PREDICTIONS))
    strays = sum(c["article"] not in p["retrieved"] for p in predictions for c in p["citations"])
    voices = together["voices"]
    speakers = ", ".join(f"{name} {count}" for name, count in voices["speakers"].items())
    fallbacks = ", ".join(f"{name} {count}" for name, count in voices["fallbacks"].items())
    return "\n".join([
        *differences(compare(alone, together), "reader", "auto"), "",
        f"Worded by: {speakers}. Fallbacks: {fallbacks}. {voices['removed']} sentences removed; "
        f"{voices['prompt_tokens']:,} tokens of prompts, {voices['completion_tokens']:,} of replies.",
        f"Citations of articles that were not retrieved: {strays}.",
    ])  # fmt: skip


def twins(bases: dict[str, Record]) -> tuple[list[Record], list[Record]]:
    """Follow-ups and the same questions written out, under the same ids."""
    follow_ups, written_out = [], []
    for number, line in enumerate(read_jsonl(FOLLOW_UPS), 1):
        base = bases.get(line["of"])
        if base is None:
            continue
        turns = [{"question": q, "answer": a} for q, a in line.get("history", [])]
        shared = base | {"id": f"followup-{number}"}
        follow_ups.append(
            shared | {"history": turns or base["history"], "question": line.get("question", base["question"])}
        )
        alone = shared | {"question": line.get("twin", base["question"])}
        written_out.append({key: value for key, value in alone.items() if key != "history"})
    return follow_ups, written_out


def beside_their_twins(sets: Sequence[tuple[Runs, dict[str, Record]]], work: Path) -> str:
    """All follow-ups against their twins, question by question."""
    pooled: list[dict[str, Any]] = [{"run": {}, "questions": []}, {"run": {}, "questions": []}]
    for number, (runs, bases) in enumerate(sets):
        for name, records, into in zip(("followups", "twins"), twins(bases), pooled, strict=True):
            testset = work / f"{name}-{number}.jsonl"
            write_jsonl(testset, records)
            measured = runs.evaluated(testset, mode="reader")
            into["run"] = measured["run"]
            into["questions"] += [q | {"question": q["id"], "type": ALL} for q in measured["questions"]]
    written_out, follow_ups = pooled[1], pooled[0]
    return "\n".join(differences(compare(written_out, follow_ups), "written out", "follow-up"))


class Timed:
    """A `Model` that notes when it is asked and when each piece arrives."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.asked = self.last = 0.0

    @property
    def name(self) -> str:
        return self._model.name

    def stream(self, prompt: Prompt, until: float) -> Generator[str | End, None, None]:
        self.asked = time.perf_counter()
        for piece in self._model.stream(prompt, until):
            self.last = time.perf_counter()
            yield piece

    def close(self) -> None:
        self._model.close()


def visible(index: Path, work: Path, questions: Sequence[Record]) -> str:
    """Milliseconds of our own around the model's first sentence: before it is asked, and until it is shown."""
    config = work / "visible.toml"
    config.write_text(f'data_dir = "{index}"\n[answer]\nmode = "llm"\n{GEMMA_CONFIG}', "utf-8")
    settings = load(config)
    before, own, after = [], [], []
    news = open_index(settings)
    answerer = make_answerer(settings, news)
    assert answerer.writer is not None
    model = answerer.writer._model = Timed(answerer.writer._model)
    for record in questions:
        start = time.perf_counter()
        if next(answerer.stream(record["question"])).claims:
            before.append(model.asked - start)
            own.append(model.last - model.asked)
            after.append(time.perf_counter() - model.last)
    answerer.writer.close()
    news.close()
    rows = (("search and reader, before the model is asked", before), ("the model's own, to its first sentence", own),
            ("check of the sentence, until it is shown", after))  # fmt: skip
    lines = [f"| {len(own)} answers | median ms | p95 ms |", "| --- | ---: | ---: |"]
    return "\n".join([*lines, *(f"| {name} | {_ms(taken, 50)} | {_ms(taken, 95)} |" for name, taken in rows)])


def _ms(seconds: Sequence[float], percentile: int) -> str:
    if len(seconds) < 2:
        return "-"
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    return f"{cuts[percentile - 1] * 1000:.0f}"


def section(index: Path, shared: Path, work: Path) -> str:
    dev = work / "dev.jsonl"
    questions = [q for q in read_jsonl(shared / "questions/dev.jsonl") if q["corpus"] in ("seed", "detik")]
    write_jsonl(dev, questions)
    samples = work / "samples"
    run([TANYA, "add", SAMPLES / "articles", "--data-dir", samples])
    sets = [
        (Runs(folder, work), {q["id"]: q for q in records})
        for folder, records in ((index, questions), (samples, list(read_jsonl(SAMPLES / "questions.jsonl"))))
    ]
    parts = [
        "### Development questions", answered(sets[0][0], dev, work),
        "### Follow-ups beside the same questions written out, by rules",
        beside_their_twins(sets, work),
        "### Until the first sentence is shown", '`answer.mode = "llm"`, one question at a time.',
        visible(index, work, questions),
    ]  # fmt: skip
    return "\n\n".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.llm", description=__doc__)
    parser.add_argument("--dir", type=Path, required=True, help="data directory with seed.jsonl and detik.jsonl")
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tanya-llm-") as work:
        print(section(args.dir.resolve(), args.shared, Path(work)))


if __name__ == "__main__":
    main()
