"""What can go wrong between here and a language model, as one tree.

LlmError (a TanyaError)
├── LlmSlow      it did not finish within the deadline
├── LlmFailed    the server or the library failed: refused, cut off, garbage
└── LlmResting   it failed so often lately that it is left alone for a while
"""

from __future__ import annotations

from typing import ClassVar

from bot.voice import Fallback
from index.errors import TanyaError


class LlmError(TanyaError):
    """A language model that gave no usable answer; the reader answers instead, and `fallback` says why."""

    fallback: ClassVar[Fallback] = Fallback.FAILED


class LlmSlow(LlmError):
    """It did not finish within the deadline."""

    fallback = Fallback.SLOW


class LlmFailed(LlmError):
    """Its server or its library failed."""


class LlmResting(LlmError):
    """It failed so often that it is not asked for a while."""

    fallback = Fallback.RESTING
