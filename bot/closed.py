"""Answer from passages given with the question, without an index of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bot.answer import Answer
from bot.answerer import Answerer, Writing
from bot.read import ExtractiveReader
from index.build import NewsIndex
from index.embed import Embedder
from index.records import Article


def ask_passages(
    text: str, passages: Sequence[str], embedder: Embedder, writer: Writing | None = None, **options: Any
) -> Answer:
    """The answer from these passages alone, cited as the articles `passage-1`, `passage-2`, ...

    `options` are those of `Answerer.ask`. The passages go through the same index, reader and
    quote check as articles do, in a folder that is gone afterwards.
    """
    with TemporaryDirectory(prefix="tanya-") as folder:
        index = NewsIndex(Path(folder), embedder)
        try:
            index.add((Article(f"passage-{n}", "", p) for n, p in enumerate(passages, 1)), sync=False)
            return Answerer(index, ExtractiveReader(index), writer).ask(text, **options)
        finally:
            index.close()
