"""A run: a folder with the predictions made so far, and with the figures once all are made."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.answer_file import answer_record
from bot.answerer import Answerer, Stopwatch
from bot.evaluate.predictions import Prediction, read_predictions, to_prediction
from bot.evaluate.testset import Case, Mode
from bot.question import understand
from index.errors import IndexStateError, ModelError, QuestionError

PREDICTIONS, METRICS, REPORT = "predictions.jsonl", "metrics.json", "report.html"
_UNFINISHED = "unfinished.json"  # what an interrupted run was of

Identity = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The files of one run.

    While it is unfinished, `unfinished.json` holds its identity: what must be the same for
    its predictions to be continued. Afterwards `metrics.json` does.
    """

    folder: Path

    @property
    def predictions(self) -> Path:
        return self.folder / PREDICTIONS

    def begin(self, identity: Identity, *, resume: bool) -> dict[str, Prediction]:
        """Make the folder ready; gives the predictions to continue from.

        Raises `QuestionError` where an unfinished run lies there and is not to be resumed, and
        where it was of something else.
        """
        marker = self.folder / _UNFINISHED
        earlier = self._identity()
        if resume and earlier is not None:
            changed = [name for name in identity if earlier.get(name) != identity[name]]
            if changed:
                raise QuestionError(
                    f"{self.folder}: got another {' and '.join(changed)} than the run to resume had, expected "
                    "the same; run it anew into another --out"
                )
        elif marker.exists():
            raise QuestionError(
                f"{self.folder}: got an unfinished run, expected none; continue it with --resume, or name another --out"
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        continued = self._continued() if resume and earlier is not None else {}
        _write_whole(marker, json.dumps(dict(identity)))
        if not continued:
            self.predictions.write_bytes(b"")
        (self.folder / METRICS).unlink(missing_ok=True)
        return continued

    def _identity(self) -> Mapping[str, Any] | None:
        for path, key in ((self.folder / _UNFINISHED, None), (self.folder / METRICS, "identity")):
            if path.exists():
                data = _load(path)
                return data if key is None else data.get("run", {}).get(key, {})
        return None

    def _continued(self) -> dict[str, Prediction]:
        """What was predicted, after cutting off a line that a kill left half-written."""
        if not self.predictions.exists():
            return {}
        whole = self.predictions.read_bytes()
        end = whole.rfind(b"\n") + 1
        if end < len(whole):
            with self.predictions.open("r+b") as file:
                file.truncate(end)
        return read_predictions(self.predictions)

    def append(self, lines: Iterable[Mapping[str, Any]]) -> Iterator[Prediction]:
        """Write each prediction as it is made, and give it."""
        with self.predictions.open("a", encoding="utf-8") as file:
            for line in lines:
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
                file.flush()
                yield to_prediction(line)

    def finish(self, metrics: Mapping[str, Any]) -> None:
        """Write the figures; from now on the run is whole."""
        _write_whole(self.folder / METRICS, json.dumps(metrics, ensure_ascii=False, indent=1) + "\n")
        (self.folder / _UNFINISHED).unlink(missing_ok=True)


def read_metrics(run: Path) -> dict[str, Any]:
    """The figures of a finished run, from its folder or its metrics.json; raises `QuestionError`."""
    path = run / METRICS if run.is_dir() else run
    if not path.exists():
        unfinished = (run / _UNFINISHED).exists()
        raise QuestionError(
            f"{run}: got {'an unfinished run' if unfinished else 'no metrics.json'}, expected the folder of a run; "
            f"{'finish it with tanya eval --resume' if unfinished else 'make it with tanya eval --out'}"
        )
    data = _load(path)
    if not {"run", "metrics", "questions"} <= data.keys():
        raise QuestionError(f"{path}: got no figures of a run, expected what tanya eval writes; run it again")
    return data


def _load(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise QuestionError(f"{path}: got {error}, expected JSON that tanya eval wrote; run it again") from None
    if not isinstance(data, dict):
        raise QuestionError(f"{path}: got {type(data).__name__}, expected what tanya eval writes; run it again")
    return data


def _write_whole(path: Path, text: str) -> None:
    """The file is there whole or as it was."""
    part = path.with_name(path.name + ".part")
    part.write_text(text, "utf-8")
    part.replace(path)


# -- predicting ------------------------------------------------------------------------------


def predict(answerer: Answerer, case: Case, mode: Mode) -> dict[str, Any]:
    """The prediction for one case, as a line of predictions.jsonl; a question that fails says why in `error`.

    What is wrong with the index or the model is not the question's fault and is raised.
    """
    start = time.perf_counter()
    try:
        if mode is Mode.RETRIEVAL:
            return _retrieved(answerer, case)
        return answer_record(answerer, case.record)
    except (IndexStateError, ModelError, OSError, MemoryError):
        raise
    except Exception as error:
        reason = str(error) if isinstance(error, QuestionError) else f"{type(error).__name__}: {error}"
        return {
            "id": case.id, "answer": None, "refused": False, "citations": [], "retrieved": [],
            "latency_ms": round((time.perf_counter() - start) * 1000, 1), "error": reason,
        }  # fmt: skip


def _retrieved(answerer: Answerer, case: Case) -> dict[str, Any]:
    watch = Stopwatch()
    record = case.record
    question = understand(
        record.question, asked_at=record.asked_at, history=record.history, follow_up=bool(record.history)
    )
    watch.lap("understand")
    passages = answerer.retrieve(question, watch)
    stages = {stage: round(milliseconds, 2) for stage, milliseconds in watch.stages.items()}
    return {
        "id": case.id, "answer": None, "refused": False, "citations": [],
        "retrieved": list(dict.fromkeys(p.article.id for p in passages)),
        "latency_ms": round(sum(watch.stages.values()), 1), "stages": stages,
    }  # fmt: skip
