"""Logits to answer spans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.records import Span

LONGEST = 40  # tokens of an answer
KEPT = 3  # spans of one passage that are considered further


@dataclass(frozen=True, slots=True)
class Found:
    """A possible answer: offsets into the passage, and what the span head says of it.

    `margin` is its logit above that of "no answer here"; `share` its probability among the
    passage's spans, "no answer" not counted.
    """

    span: Span
    margin: float
    share: float


def decode(logits: NDArray[np.float32], offsets: Sequence[Span | None]) -> list[Found]:
    """The best spans of one passage, best first, none inside another.

    `logits` has shape (length, 2): first and last token. The first row stands for "no answer";
    `offsets` are each token's characters, None for a token that no answer may hold.
    """
    usable = np.array([n for n, offset in enumerate(offsets) if offset is not None], np.int64)
    if not len(usable):
        return []
    start, end = logits[usable, 0], logits[usable, 1]
    near = np.arange(len(usable))
    firsts, lasts = np.nonzero((near[None, :] >= near[:, None]) & (near[None, :] < near[:, None] + LONGEST))
    scores = start[firsts] + end[lasts]
    best = float(scores.max())
    total = best + float(np.log(np.exp(scores - best).sum()))
    none = float(logits[0].sum())
    found: list[Found] = []
    for at in np.argsort(scores)[::-1][: 40 * KEPT]:
        score = float(scores[at])
        span = _covered(offsets, int(usable[firsts[at]]), int(usable[lasts[at]]))
        if span is not None and not any(span.overlaps(other.span) for other in found):
            found.append(Found(span, score - none, float(np.exp(score - total))))
        if len(found) == KEPT:
            break
    return found


def _covered(offsets: Sequence[Span | None], first: int, last: int) -> Span | None:
    a, b = offsets[first], offsets[last]
    return Span(a.start, b.end) if a is not None and b is not None and a.start < b.end else None
