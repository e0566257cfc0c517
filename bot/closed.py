"""Answer from passages given with the question, without an index of one's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bot.answer import Answer
from bot.answerer import Answerer
from bot.read import ExtractiveReader
from index.build import NewsIndex
from index.embed import Embedder
from index.records import Article


def untrained(index: NewsIndex) -> Answerer:
    return Answerer(index, ExtractiveReader(index))


def ask_passages(
    text: str,
    passages: Sequence[str],
    embedder: Embedder,
    over: Callable[[NewsIndex], Answerer] = untrained,
    **options: Any,
) -> Answer:
    """The answer from these passages alone, cited as the articles `passage-1`, `passage-2`, ...

    `over` makes what answers from an index; `options` are those of `Answerer.ask`. The passages
    go through the same index, reader and quote check as articles do, in a folder that is gone
    afterwards.
    """
    with TemporaryDirectory(prefix="tanya-") as folder:
        index = NewsIndex(Path(folder), embedder)
        try:
            index.add((Article(f"passage-{n}", "", p) for n, p in enumerate(passages, 1)), sync=False)
            return over(index).ask(text, **options)
        finally:
            index.close()
