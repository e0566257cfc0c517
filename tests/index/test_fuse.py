"""Two rankings become one, and neither side is drowned by the other's scale."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.fuse import fuse

SCORES = st.dictionaries(st.integers(0, 30), st.floats(-1, 1), max_size=20)
POSITIVE = st.dictionaries(st.integers(0, 30), st.floats(0, 50), max_size=20)


def ranked(scores: dict[int, float]) -> list[int]:
    return sorted(scores, key=lambda item: (-scores[item], item))


def test_best_on_both_sides_scores_one() -> None:
    assert {1: 1.0, 2: 0.25, 3: 0.0} == pytest.approx(fuse({1: 0.9, 2: 0.85, 3: 0.8}, {1: 12.0}))


def test_what_the_lexical_side_did_not_find_is_a_true_zero() -> None:
    """The worst lexical hit is worth more than no shared term at all."""
    scores = fuse({1: 0.8, 2: 0.8}, {1: 2.0})
    assert scores[1] > scores[2]


def test_one_candidate() -> None:
    """A lone candidate, or candidates that all score the same, divide by nothing."""
    assert {7: 0.0} == fuse({7: 0.8}, {})
    assert {7: 0.5} == fuse({7: 0.8}, {7: 3.0})
    assert {} == fuse({}, {})


@given(SCORES, POSITIVE, st.floats(0, 1))
def test_fused_scores_are_shares(dense: dict[int, float], lexical: dict[int, float], weight: float) -> None:
    """Every candidate, and no other, has a score in [0, 1]."""
    fused = fuse(dense, lexical, weight)
    assert dense.keys() == fused.keys()
    assert all(0 <= score <= 1 + 1e-9 for score in fused.values())


@given(SCORES)
def test_one_side_alone_keeps_its_order(dense: dict[int, float]) -> None:
    """Without lexical hits the order is the dense one, and never the other way round."""
    fused = fuse(dense, {})
    order = [dense[item] for item in ranked(fused)]
    assert all(fused[a] >= fused[b] for a in dense for b in dense if dense[a] > dense[b])
    assert order == pytest.approx(sorted(dense.values(), reverse=True))


@given(SCORES, POSITIVE)
def test_better_on_both_sides_is_never_ranked_lower(dense: dict[int, float], lexical: dict[int, float]) -> None:
    """Fusion respects dominance."""
    fused = fuse(dense, lexical)
    for (a, above), (b, below) in permutations(dense.items(), 2):
        if above >= below and lexical.get(a, 0.0) >= lexical.get(b, 0.0):
            assert fused[a] >= fused[b]


@given(SCORES, POSITIVE, st.sampled_from([0.25, 2.0, 8.0]))
def test_scale_does_not_matter(dense: dict[int, float], lexical: dict[int, float], factor: float) -> None:
    """BM25 has no fixed range: multiplying it changes nothing."""
    scaled = fuse(dense, {item: score * factor for item, score in lexical.items()})
    assert fuse(dense, lexical) == pytest.approx(scaled)
