"""What a run comes to, as plain data: metrics.json, and the cases of the report."""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.evaluate.bootstrap import RESAMPLES
from bot.evaluate.corpus import Corpus
from bot.evaluate.figures import curves, figures, latencies
from bot.evaluate.machine import git_commit, machine, peak_memory_mb, versions
from bot.evaluate.measure import DEPTH, Judged, judge
from bot.evaluate.predictions import Prediction
from bot.evaluate.testset import Mode, TestSet
from index.build import NewsIndex

_SUMS = ("removed", "prompt_tokens", "completion_tokens", "cost")
_SCORES = {"em": "EM", "f1": "F1", "contains": "contains"}


@dataclass(frozen=True, slots=True)
class Result:
    """`metrics` as metrics.json has it, `cases` as the report wants them."""

    metrics: dict[str, Any]
    cases: list[dict[str, Any]]

    @property
    def failed(self) -> list[dict[str, Any]]:
        return [case for case in self.cases if case["outcome"] == "failed"]


def evaluate(
    testset: TestSet,
    predictions: Mapping[str, Prediction],
    index: NewsIndex,
    mode: Mode,
    *,
    seed: int,
    about: Mapping[str, Any],
) -> Result:
    """Judge the predictions and sum them up; `about` is added to what is recorded of the run."""
    corpus = Corpus.of_index(index, testset.cases, predictions.values())
    judged = judge(testset.cases, predictions, corpus, mode)
    metrics = {
        "run": _about(testset, mode, seed) | dict(about),
        "metrics": figures(judged, seed=seed),
        "curves": curves(judged),
        "stages": latencies(judged, seed=seed),
        "voices": voices(predictions.values()),
        "questions": [measured(j) for j in judged],
    }
    return Result(metrics, _cases(judged, index))


def _about(testset: TestSet, mode: Mode, seed: int) -> dict[str, Any]:
    return {
        "testset": testset.name,
        "testset_fingerprint": testset.fingerprint,
        "questions": len(testset.cases),
        "mode": mode.value,
        "date": datetime.now().astimezone().isoformat(timespec="seconds"),
        "seed": seed,
        "interval": f"95% percentile bootstrap over questions, {RESAMPLES:,} resamples",
        "git_commit": git_commit(),
        "machine": machine(),
        "python": sys.version.split()[0],
        "versions": versions(),
        "peak_memory_mb": peak_memory_mb(),
    }


def voices(predictions: Iterable[Prediction]) -> dict[str, Any]:
    """Who worded how many answers, why the reader had to or a model was stopped, and what it took in all."""
    said = [p.voice for p in predictions if p.voice]
    return {
        "speakers": dict(Counter(str(v.get("speaker")) for v in said)),
        "fallbacks": dict(Counter(str(v["fallback"]) for v in said if v.get("fallback"))),
        "cut": dict(Counter(str(v["cut"]) for v in said if v.get("cut"))),
        **{
            key: sum(v.get(key) or 0 for v in said) for key in ("removed", "prompt_tokens", "completion_tokens", "cost")
        },
    }


def measured(judged: Judged) -> dict[str, Any]:
    """One question's part in every metric: enough to compare two runs question by question."""
    confidence = judged.prediction.confidence
    return {
        "id": judged.case.id,
        "question": judged.case.record.question,
        "type": judged.case.type,
        "outcome": judged.outcome.value,
        "answer": judged.prediction.answer,
        "confidence": confidence if confidence is None or math.isfinite(confidence) else None,
        "latency_ms": judged.prediction.latency_ms,
        "parts": {metric: list(part) for metric, part in judged.parts.items()},
    }


def _cases(judged: Sequence[Judged], index: NewsIndex) -> list[dict[str, Any]]:
    shown = {i for j in judged for i in j.prediction.retrieved[:DEPTH]}
    shown |= {c.article for j in judged for c in j.prediction.citations}
    bylines = {i: (a.title, a.outlet) for i, a in index.store.articles(sorted(shown)).items()}
    return [_case(j, {} if j.case.record.passages else bylines) for j in judged]


def _case(judged: Judged, bylines: Mapping[str, tuple[str, str | None]]) -> dict[str, Any]:
    case, prediction = judged.case, judged.prediction
    nothing = ("", None)
    return {
        "id": case.id,
        "question": case.record.question,
        "type": case.type,
        "lang": case.lang,
        "answerable": case.answerable,
        "answers": list(case.answers),
        "evidence": [{"article": e.article, "quote": e.quote} for e in case.evidence],
        "history": [{"question": t.question, "answer": t.answer} for t in case.record.history],
        "answer": prediction.answer,
        "refused": prediction.refused,
        "citations": [
            {
                "article": c.article, "title": bylines.get(c.article, nothing)[0],
                "outlet": bylines.get(c.article, nothing)[1], "quote": c.quote, "supported": supported,
            }
            for c, supported in zip(prediction.citations, judged.supported, strict=False)
        ],
        "retrieved": [
            {"article": i, "title": bylines.get(i, nothing)[0], "relevant": relevant}
            for i, relevant in zip(prediction.retrieved, judged.relevant, strict=False)
        ],
        "outcome": judged.outcome.value,
        "flags": list(judged.flags),
        "scores": {key: judged.parts[metric][0] for key, metric in _SCORES.items() if metric in judged.parts},
        "latency_ms": prediction.latency_ms,
        "error": prediction.error,
    }  # fmt: skip
