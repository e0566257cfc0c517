"""A baton: threads that share what only one may use at a time, and pass it on while they wait."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from threading import Lock
from types import TracebackType

from bot.llm.model import Around, End, Model, Prompt
from bot.reader.model import Judged, ReaderModel, Text
from bot.reader.weights import Floats


class Baton:
    """Whoever holds it may use the index: `with baton:`."""

    def __init__(self) -> None:
        self._lock = Lock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._lock.release()

    @contextmanager
    def passed_on(self) -> Iterator[None]:
        """For what takes long and uses nothing that is shared."""
        self._lock.release()
        try:
            yield
        finally:
            self._lock.acquire()


class PassingReader:
    """A `ReaderModel` that computes without the baton."""

    def __init__(self, model: ReaderModel, baton: Baton) -> None:
        self._model = model
        self._baton = baton

    def read(self, question: str, texts: Sequence[Text]) -> list[Judged]:
        with self._baton.passed_on():
            return self._model.read(question, texts)

    def infer(self, pairs: Sequence[tuple[str, str]]) -> Floats:
        with self._baton.passed_on():
            return self._model.infer(pairs)


class PassingModel(Around):
    """A `Model` that is waited for without the baton."""

    def __init__(self, model: Model, baton: Baton) -> None:
        super().__init__(model)
        self._baton = baton

    def stream(self, prompt: Prompt, until: float) -> Generator[str | End, None, None]:
        with closing(self._model.stream(prompt, until)) as pieces:
            while True:
                with self._baton.passed_on():
                    piece = next(pieces, None)
                if piece is None:
                    return
                yield piece
