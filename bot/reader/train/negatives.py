"""Passages that rank high for a question and do not answer it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

import bm25s

from bot.reader.train.examples import Example
from index.tokens import tokens

DEPTH = 12  # passages looked at for one question
NEAR_COPY = 0.5  # share of common terms from which a passage may say the same as the right one


@dataclass(frozen=True, slots=True)
class Text:
    """A passage and the line that stands before it."""

    passage: str
    header: str = ""


class Pool:
    """Passages searched by BM25 over Indonesian stems."""

    def __init__(self, texts: Sequence[Text]) -> None:
        self._texts = list({t.passage: t for t in texts}.values())
        terms = [tokens(t.passage) for t in self._texts]
        self._terms = [frozenset(t) for t in terms]
        self._index = bm25s.BM25()
        self._index.index(terms, show_progress=False)

    def search(self, question: str) -> list[tuple[Text, frozenset[str]]]:
        """The best passages with their terms, best first."""
        depth = min(DEPTH, len(self._texts))
        found, _ = self._index.retrieve([tokens(question)], k=depth, show_progress=False)
        return [(self._texts[n], self._terms[n]) for n in found[0]]


def hard_negatives(examples: Sequence[Example], pool: Pool, each: float, rng: random.Random) -> list[Example]:
    """For an answerable question, on average `each` retrieved passages that do not hold its answer."""
    made: list[Example] = []
    for example in examples:
        wanted = int(each + rng.random())
        if example.answer is not None and wanted:
            made += near_misses(example, pool, wanted, rng)
    return made


def near_misses(example: Example, pool: Pool, wanted: int, rng: random.Random) -> list[Example]:
    """The example's question over `wanted` retrieved passages that neither resemble its own nor hold its answer."""
    span = example.answer
    answer = None if span is None else " ".join(tokens(example.passage[span.start : span.end]))
    own = frozenset(tokens(example.passage))
    others = [
        text
        for text, terms in pool.search(example.question)
        if len(own & terms) < NEAR_COPY * min(len(own), len(terms))
        and (answer is None or answer not in " ".join(tokens(text.passage)))
    ]
    # The first ranks are what a retriever shows; drawing among them keeps variety.
    first = others[: 2 * wanted + 1]
    chosen = rng.sample(first, min(wanted, len(first)))
    return [replace(example, passage=t.passage, answer=None, header=t.header) for t in chosen]
