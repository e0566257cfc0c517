"""A predicted answer against the accepted ones: exact match, token F1 and containment.

Twice: as SQuAD's own script does it, so that published figures compare, and with texts
normalised for Indonesian, which is what an answer is worth.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache

from bot.normalise import fold, normalised

Normalise = Callable[[str], str]


def exact_match(answer: str, accepted: Sequence[str], normalise: Normalise) -> float:
    """1.0 where the answer equals an accepted one once both are normalised, else 0.0."""
    return float(normalise(answer) in map(normalise, accepted))


def token_f1(answer: str, accepted: Sequence[str], normalise: Normalise) -> float:
    """F1 of the tokens shared with the accepted answer that shares most (Rajpurkar et al. 2016).

    Two texts without a token are equal, as in SQuAD 2.0; one alone shares nothing.
    """
    tokens = normalise(answer).split()
    return max((_f1(tokens, normalise(gold).split()) for gold in accepted), default=0.0)


def _f1(answer: Sequence[str], gold: Sequence[str]) -> float:
    if not answer or not gold:
        return float(answer == gold)
    shared = sum((Counter(answer) & Counter(gold)).values())
    return 2 * shared / (len(answer) + len(gold))


def contains(answer: str, accepted: Sequence[str]) -> float:
    """1.0 where an accepted answer stands in the answer as whole words, Indonesian normalisation, else 0.0."""
    words = f" {normalised(answer)} "
    return float(any(f" {gold} " in words for gold in map(normalised, accepted) if gold))


def squad_accepted(accepted: Sequence[str]) -> Sequence[str]:
    """What SQuAD's script compares with: answers that are nothing once normalised go; none at all is ""."""
    return [gold for gold in accepted if squad_normalised(gold)] or [""]


_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ENGLISH_ARTICLES = re.compile(r"\b(?:a|an|the)\b")


@lru_cache(maxsize=100_000)
def squad_normalised(text: str) -> str:
    """Lower case without ASCII punctuation and English articles, as in SQuAD's evaluate-v2.0.py."""
    return fold(_ENGLISH_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)))
