"""Predictions as `tanya answer-file` writes them, from any system."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.answer_file import good_lines
from index.errors import QuestionError


@dataclass(frozen=True, slots=True)
class Cited:
    """One citation of a predicted answer."""

    article: str
    quote: str


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a system said to one question.

    `answer` is None for a refusal and for a failure; `error` says why there is nothing.
    `retrieved` are article ids in rank order. `confidence` is higher the surer, on any scale.
    Times are in milliseconds. `voice` is who worded it and what
    that took, as `tanya answer-file` writes it.
    """

    id: str
    answer: str | None
    citations: tuple[Cited, ...] = ()
    retrieved: tuple[str, ...] = ()
    latency_ms: float | None = None
    confidence: float | None = None
    stages: Mapping[str, float] = field(default_factory=dict)
    voice: Mapping[str, Any] = field(default_factory=dict)
    error: str | None = None

    @property
    def failed(self) -> bool:
        return self.error is not None

    @property
    def refused(self) -> bool:
        return self.answer is None and not self.failed


MISSING = "no prediction"


def read_predictions(path: Path) -> dict[str, Prediction]:
    """Predictions by id; raises `QuestionError` with file and line for the first that is wrong."""
    found: dict[str, Prediction] = {}
    for line in good_lines(path):
        try:
            prediction = to_prediction(line.data)
        except QuestionError as error:
            raise QuestionError(f"{line.where}: {error}") from None
        if prediction.id in found:
            raise QuestionError(f"{line.where}: got the id {prediction.id!r} again, expected each once; remove one")
        found[prediction.id] = prediction
    return found


def to_prediction(data: Mapping[str, Any]) -> Prediction:
    """The prediction in an object; only `id` and `answer` (or `refused`, or `error`) must be there.

    An empty answer is a refusal. Raises `QuestionError` with the field that is wrong.
    """
    identifier, answer = data.get("id"), _optional(data, "answer", str)
    if not isinstance(identifier, str | int) or isinstance(identifier, bool):
        raise QuestionError(f"id: got {identifier!r:.60}, expected the id of a question")
    error = _optional(data, "error", str)
    if not {"answer", "refused", "error"} & data.keys():
        raise QuestionError("got no answer, expected answer as text, or refused as true")
    refused = _optional(data, "refused", bool) or error is not None
    return Prediction(
        str(identifier), None if refused else (answer or "").strip() or None, _citations(data.get("citations")),
        _retrieved(data.get("retrieved")), _number(data, "latency_ms"), _number(data, "confidence"),
        _stages(data.get("stages")), _optional(data, "voice", dict) or {}, error,
    )  # fmt: skip


_KINDS = {str: "text", bool: "true or false", dict: "an object"}


def _optional(data: Mapping[str, Any], field: str, kind: type) -> Any:
    value = data.get(field)
    if value is not None and not isinstance(value, kind):
        raise QuestionError(f"{field}: got {value!r:.60}, expected {_KINDS[kind]}")
    return value


def _number(data: Mapping[str, Any], field: str) -> float | None:
    value = data.get(field)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        raise QuestionError(f"{field}: got {value!r:.60}, expected a number")
    return float(value)


def _citations(values: Any) -> tuple[Cited, ...]:
    if values is None:
        return ()
    if not isinstance(values, list) or not all(
        isinstance(v, dict) and isinstance(v.get("article"), str) and isinstance(v.get("quote"), str) for v in values
    ):
        raise QuestionError(f"citations: got {values!r:.60}, expected a list of objects with article and quote")
    return tuple(Cited(v["article"], v["quote"]) for v in values)


def _retrieved(values: Sequence[Any] | None) -> tuple[str, ...]:
    if values is None:
        return ()
    if not isinstance(values, list) or not all(isinstance(v, str) for v in values):
        raise QuestionError(f"retrieved: got {values!r:.60}, expected a list of article ids")
    return tuple(dict.fromkeys(values))


def _stages(value: Any) -> dict[str, float]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise QuestionError(f"stages: got {value!r:.60}, expected an object of milliseconds")
    return {stage: _number(value, stage) or 0.0 for stage in value}
