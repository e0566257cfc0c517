"""Mix two rankings into one: min-max normalised scores, weighted."""

from __future__ import annotations

from collections.abc import Mapping

# Half and half: on news questions neither side was better at any other weight from 0.4 to 0.6.
DENSE_WEIGHT = 0.5


def fuse(dense: Mapping[int, float], lexical: Mapping[int, float], weight: float = DENSE_WEIGHT) -> dict[int, float]:
    """`weight` x dense + (1 - weight) x lexical per item, each scaled to [0, 1].

    Dense scores are scaled from the worst to the best of the candidates; lexical ones by
    the best alone, since no shared term at all is a true zero (Bruch et al. 2023, "An
    Analysis of Fusion Functions for Hybrid Retrieval"). Every candidate needs a dense score.
    """
    low, high = min(dense.values(), default=0.0), max(dense.values(), default=0.0)
    best = max(lexical.values(), default=0.0)
    return {
        item: weight * _share(score - low, high - low) + (1 - weight) * _share(lexical.get(item, 0.0), best)
        for item, score in dense.items()
    }


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else 0.0
