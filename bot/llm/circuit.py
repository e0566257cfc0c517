"""A circuit breaker: a model that keeps failing is left alone for a while."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator

from bot.llm.errors import LlmError, LlmResting
from bot.llm.model import Around, End, Model, Prompt

FAILURES = 5  # in a row, which open the circuit
COOL_DOWN = 60.0  # seconds until one call is tried again


class Guarded(Around):
    """A `Model` that is not asked for a while once it failed several times in a row.

    After the cool-down one call is let through: it closes the circuit or opens it again.
    """

    def __init__(
        self,
        model: Model,
        failures: int = FAILURES,
        cool_down: float = COOL_DOWN,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(model)
        self._failures = failures
        self._cool_down = cool_down
        self._clock = clock
        self._failed = 0
        self._rests_until = float("-inf")

    def stream(self, prompt: Prompt, until: float) -> Generator[str | End, None, None]:
        """Raises `LlmResting` at once while the circuit is open."""
        left = self._rests_until - self._clock()
        if left > 0:
            raise LlmResting(f"{self.name}: got {self._failed} failures in a row; it is asked again in {left:.0f} s")
        try:
            yield from self._model.stream(prompt, until)
        except LlmError:
            self._failed += 1
            if self._failed >= self._failures:
                self._rests_until = self._clock() + self._cool_down
            raise
        self._failed = 0
