"""Who worded something, a language model or not, and what it took."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


class Fallback(StrEnum):
    """Why a language model was stopped or asked in vain: the reader answered, or the rules wrote a follow-up out."""

    SLOW = "slow"  # not finished within the deadline
    FAILED = "failed"  # refused, cut off, garbage
    RESTING = "resting"  # left alone after several failures
    EMPTY = "empty"
    REPEATS = "repeats"  # the same over and over
    WRONG_LANGUAGE = "wrong_language"
    UNSUPPORTED = "unsupported"  # too little of it stands in the passages
    UNFINISHED = "unfinished"  # stopped by who asked, or still being written
    DISAGREES = "disagrees"  # it stands there, but not where the reader finds the answer
    UNFAITHFUL = "unfaithful"  # a follow-up that came back as another question, or as none


READER = "reader"
RULES = "rules"


@dataclass(frozen=True, slots=True)
class Voice:
    """Who worded an answer or a rewritten question, and what it took.

    `speaker` is "reader" or "rules", or the name of a language model; `cut` is why it was stopped
    after some of its sentences stood; `removed` counts the sentences that were taken out for want
    of support. Tokens are what was asked for in vain as well; `cost` is in the currency of the
    configured prices, None without prices.
    """

    speaker: str = READER
    fallback: Fallback | None = None
    cut: Fallback | None = None
    removed: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    estimated: bool = False
    cost: float | None = None

    def paying(self, other: Voice) -> Voice:
        """The same voice with what another took on top."""
        costs = [voice.cost for voice in (self, other) if voice.cost is not None]
        return replace(
            self,
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
            estimated=self.estimated or other.estimated,
            cost=round(sum(costs), 8) if costs else None,
        )
