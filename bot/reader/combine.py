"""What is known of a possible answer, and how likely it is right."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Any

from index.records import Passage, Span

FILE = Path(str(files("bot.reader") / "model" / "calibration.json"))

FEATURES = (
    "margin",  # the span's logit above "no answer here"
    "share",  # the span's probability among the passage's spans
    "relevance",  # logit that the passage answers
    "passage",  # the passage's score in the search
    "sentence",  # the sentence's score in the similarity ranking, 1 for the best
    "kind",  # whether the span is of the kind asked for
    "support",  # further articles in which the same answer was found
)


class Risk(StrEnum):
    """How sure the reader has to be before it answers."""

    CAUTIOUS = "cautious"
    BALANCED = "balanced"
    EAGER = "eager"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A possible answer: its offsets in the passage's article, and its values of `FEATURES`."""

    passage: Passage
    span: Span
    values: tuple[float, ...]

    @property
    def text(self) -> str:
        return self.passage.article.text[self.span.start : self.span.end]


@dataclass(frozen=True, slots=True)
class Logistic:
    """A logistic regression over `FEATURES`."""

    weights: tuple[float, ...]
    bias: float

    def probability(self, values: Sequence[float]) -> float:
        logit = self.bias + sum(w * v for w, v in zip(self.weights, values, strict=True))
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))


@dataclass(frozen=True, slots=True)
class Calibration:
    """Which candidate is likeliest `right`, whether its question is `answerable`, and from when each risk answers.

    They are two questions: of a wrong answer to what an article does tell, and of one to what none tells, the
    scores look different.
    """

    right: Logistic
    answerable: Logistic
    thresholds: Mapping[Risk, float]

    @classmethod
    def load(cls, path: Path = FILE) -> Calibration:
        kept = json.loads(path.read_text("utf-8"))
        return cls(
            _logistic(kept["right"]), _logistic(kept["answerable"]), {risk: kept["thresholds"][risk] for risk in Risk}
        )


def _logistic(kept: Mapping[str, Any]) -> Logistic:
    return Logistic(tuple(kept["weights"][name] for name in FEATURES), kept["bias"])
