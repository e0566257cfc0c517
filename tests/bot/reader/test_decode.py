"""Logits to spans: the best pair of a first and a last token, never one inside another."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.reader.decode import KEPT, LONGEST, decode
from index.records import Span

WORDS = [
    None,
    None,
    Span(0, 3),
    Span(4, 8),
    Span(9, 12),
    Span(13, 20),
]  # two tokens of the question, four of the passage


def logits(start: list[float], end: list[float]) -> np.ndarray:
    return np.array([start, end], np.float32).T


def test_the_best_pair_wins_and_is_measured_against_no_answer() -> None:
    found = decode(logits([1, 9, 0, 5, 0, 0], [1, 9, 0, 0, 4, 0]), WORDS)
    assert Span(4, 12) == found[0].span
    assert 5 + 4 - (1 + 1) == pytest.approx(found[0].margin)


def test_an_answer_does_not_end_before_it_begins() -> None:
    """The highest first token comes after the highest last one; they make no answer together."""
    found = decode(logits([0, 0, 0, 0, 0, 5], [0, 0, 5, 0, 0, 0]), WORDS)
    assert {Span(0, 3), Span(13, 20)} == {f.span for f in found[:2]} or found[0].span in (Span(13, 20), Span(0, 20))
    assert all(f.span.start < f.span.end for f in found)


def test_a_passage_without_tokens_has_no_answer() -> None:
    assert [] == decode(logits([3, 1], [3, 1]), [None, None])


@given(st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_finds_what_looking_at_every_pair_finds(tokens: int, seed: int) -> None:
    values = np.random.default_rng(seed).normal(0, 3, (tokens + 1, 2)).astype(np.float32)
    offsets = [None, *(Span(3 * n, 3 * n + 2) for n in range(tokens))]
    pairs = [(i, j) for i in range(1, tokens + 1) for j in range(i, min(i + LONGEST, tokens + 1))]
    best = max(float(values[i, 0] + values[j, 1]) for i, j in pairs)
    found = decode(values, offsets)
    assert best - float(values[0].sum()) == pytest.approx(found[0].margin, abs=1e-4)
    assert 1 <= len(found) <= KEPT
    assert sorted(found, key=lambda f: -f.margin) == found
    assert 0 < sum(f.share for f in found) <= 1 + 1e-5
    for one in found:
        assert not any(o is not one and o.span.start < one.span.end and one.span.start < o.span.end for o in found)
