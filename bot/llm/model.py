"""The `Model` protocol: a prompt to a stream of text, within a deadline."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model is given. A completion model gets `user` alone, and stops where `stop` begins."""

    system: str
    user: str
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens that were paid for; `estimated` where the server does not count them."""

    prompt: int = 0
    completion: int = 0
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class End:
    """The end of a whole reply; `cut` where the model had more to say than it may."""

    usage: Usage
    cut: bool = False


class Model(Protocol):
    """A language model."""

    @property
    def name(self) -> str:
        """What an answer calls it."""
        ...

    def stream(self, prompt: Prompt, until: float) -> Generator[str | End, None, None]:
        """Pieces of the reply as they come, then its `End`.

        Raises `LlmError`; no later than `until`, a moment of `time.monotonic()`.
        Closing the iterator abandons the call.
        """
        ...

    def close(self) -> None:
        """Leave nothing open; it is not asked afterwards."""
        ...


class Around:
    """A `Model` around another: who wraps it says what `stream` does, the rest is the other's."""

    def __init__(self, model: Model) -> None:
        self._model = model

    @property
    def name(self) -> str:
        return self._model.name

    def close(self) -> None:
        self._model.close()
