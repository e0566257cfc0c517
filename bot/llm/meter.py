"""A meter: whatever a model is asked, and by whom, is counted where it is paid for."""

from __future__ import annotations

from collections.abc import Callable, Generator

from bot.llm.ledger import Ledger
from bot.llm.model import Around, End, Model, Prompt, Usage
from bot.llm.window import usage_at_most


class Metered(Around):
    """A `Model` whose calls go into a ledger, those that fail or are abandoned as well.

    It stands inside what spares a call (`Remembering`, `Guarded`), so that only real ones count.

    Args:
        cost: of a call, None where no price is known.
    """

    def __init__(self, model: Model, ledger: Ledger, cost: Callable[[Usage], float | None]) -> None:
        super().__init__(model)
        self._ledger = ledger
        self._cost = cost

    def stream(self, prompt: Prompt, until: float) -> Generator[str | End, None, None]:
        said: list[str] = []
        usage = None
        try:
            for piece in self._model.stream(prompt, until):
                if isinstance(piece, End):
                    usage = piece.usage
                else:
                    said.append(piece)
                yield piece
        finally:
            usage = usage or usage_at_most(prompt, "".join(said))
            self._ledger.add(self.name, usage, self._cost(usage))
