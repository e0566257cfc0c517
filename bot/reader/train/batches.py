"""Examples as token ids, in batches of about equal length."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.reader.train.examples import Example, Pair

LONGEST = 256  # tokens of question and passage together
PAD = 1
IGNORED = -100  # a target that no loss looks at

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Item:
    """One sequence: token ids; start and end token of the answer (0 for none), or the label of a pair."""

    ids: Ints
    start: int = IGNORED
    end: int = IGNORED
    label: int = IGNORED


@dataclass(frozen=True, slots=True)
class Batch:
    """Sequences of one task, padded: `ids` and `mask` of shape (n, length), targets of shape (n,)."""

    ids: Ints
    mask: Ints
    start: Ints
    end: Ints
    label: Ints

    @property
    def reads(self) -> bool:
        """Whether these are questions, not pairs."""
        return bool((self.start != IGNORED).any())


def encoded(tokenizer: Any, examples: Sequence[Example]) -> list[Item]:
    """The examples as items; one whose answer lies beyond `LONGEST` is left out."""
    texts = [(e.question, f"{e.header}\n{e.passage}" if e.header else e.passage) for e in examples]
    items = (_item(code, example) for code, example in zip(tokenizer.encode_batch(texts), examples, strict=True))
    return [item for item in items if item is not None]


def _item(code: Any, example: Example) -> Item | None:
    ids = np.asarray(code.ids[:LONGEST], np.int64)
    if example.answer is None:
        return Item(ids, 0, 0)
    shift = len(example.header) + 1 if example.header else 0
    start, end = example.answer.start + shift, example.answer.end + shift
    inside = [
        n
        for n, ((a, b), sequence) in enumerate(zip(code.offsets, code.sequence_ids, strict=True))
        if sequence == 1 and a < end and b > start and b > a
    ]
    if not inside or inside[-1] >= LONGEST:
        return None
    return Item(ids, inside[0], inside[-1])


def encoded_pairs(tokenizer: Any, pairs: Sequence[Pair]) -> list[Item]:
    codes = tokenizer.encode_batch([(p.premise, p.statement) for p in pairs])
    return [Item(np.asarray(c.ids[:LONGEST], np.int64), label=p.label) for c, p in zip(codes, pairs, strict=True)]


def batches(items: Sequence[Item], tokens: int, rng: random.Random) -> list[Batch]:
    """The items in batches of at most `tokens` tokens, padding included; of each batch one task and similar lengths."""
    keys = [(item.label != IGNORED, len(item.ids) + rng.random() * 12) for item in items]
    made: list[Batch] = []
    waiting: list[Item] = []
    for n in sorted(range(len(items)), key=keys.__getitem__):
        item = items[n]
        longest = max(len(item.ids), *(len(i.ids) for i in waiting)) if waiting else len(item.ids)
        if waiting and (longest * (len(waiting) + 1) > tokens or waiting[0].label * item.label < 0):
            made.append(collate(waiting))
            waiting = []
        waiting.append(item)
    if waiting:
        made.append(collate(waiting))
    rng.shuffle(made)
    return made


def collate(items: Sequence[Item]) -> Batch:
    ids = np.full((len(items), max(len(i.ids) for i in items)), PAD, np.int64)
    for row, item in enumerate(items):
        ids[row, : len(item.ids)] = item.ids
    start, end, label = (np.asarray(t) for t in zip(*((i.start, i.end, i.label) for i in items), strict=True))
    lengths = np.asarray([len(i.ids) for i in items])
    return Batch(ids, (np.arange(ids.shape[1]) < lengths[:, None]).astype(np.int64), start, end, label)


def epochs(items: Sequence[Item], tokens: int, seed: int) -> Iterator[Batch]:
    """Batches without end; every pass over the items in a new order."""
    epoch = 0
    while True:
        yield from batches(items, tokens, random.Random(f"{seed}-{epoch}"))
        epoch += 1
