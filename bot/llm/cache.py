"""Replies a model gave before: the same prompt is not paid for twice.

In memory and bounded, not on disk: a question is something a person wrote, and the promise
that `/hapus` leaves no byte of it anywhere is worth more than what a restart costs.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Generator
from hashlib import sha256

from bot.llm.model import Around, End, Model, Prompt, Usage


class Remembering(Around):
    """A `Model` that gives a reply again where the very same prompt was answered before.

    The prompt holds the question, the conversation it leans on and the passages found, so it
    differs whenever the question, the filters or the articles that matter do. Only whole
    replies are kept, and what is kept is the model's words: the check against the articles
    as they are now comes after.

    Args:
        size: replies kept, the least recently used go first.
    """

    def __init__(self, model: Model, size: int) -> None:
        super().__init__(model)
        self._size = size
        self._replies: OrderedDict[bytes, tuple[str, bool]] = OrderedDict()

    def stream(self, prompt: Prompt, until: float) -> Generator[str | End, None, None]:
        key = sha256(repr((self.name, prompt)).encode("utf-8", "surrogatepass")).digest()
        if key in self._replies:
            self._replies.move_to_end(key)
            text, cut = self._replies[key]
            yield text
            yield End(Usage(), cut)
            return
        said: list[str] = []
        for piece in self._model.stream(prompt, until):
            if isinstance(piece, End):
                self._keep(key, "".join(said), piece.cut)
            else:
                said.append(piece)
            yield piece

    def _keep(self, key: bytes, text: str, cut: bool) -> None:
        self._replies[key] = (text, cut)
        while len(self._replies) > self._size:
            self._replies.popitem(last=False)
