"""Whether a passage carries a claim: facts, words, contradiction; and which sentences of it do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bot.llm.claims import Claim
from bot.llm.facts import Fact, Haystack, facts_in, words_of
from bot.question import Question, language_of
from bot.rank import Evidence
from index.records import Passage, Span
from index.tokens import tokens

COVERED = 0.6  # share of a claim's content words that must stand in what it cites
SPANS = 3  # sentences that carry one claim, at most
SHORT = 4  # content words up to which a claim is read together with its question
CONTRADICTION = 2  # the column of the probabilities

_NOT = re.compile(r"\b(?:tidak|tak|bukan|belum|tanpa|jangan|nggak|not|no|never|without|[a-z]+n['’]t)\b", re.IGNORECASE)


class Inference(Protocol):
    """Natural-language inference."""

    def infer(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """Probabilities of entailment, neutral and contradiction: (premise, statement) pairs -> (n, 3)."""
        ...


@dataclass(frozen=True, slots=True)
class _Sentence:
    passage: Passage
    span: Span
    words: frozenset[str]
    quoted: bool  # by the reader

    @property
    def text(self) -> str:
        return self.passage.article.text[self.span.start : self.span.end]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What of a claim is still to be found."""

    facts: frozenset[Fact]
    words: frozenset[str]
    asked: frozenset[str]

    def worth(self, sentence: _Sentence) -> tuple[int, int, bool, int]:
        """How much of it a sentence holds; facts count before words, then what the reader chose."""
        return (
            len(self.facts) - len(self.without(sentence).facts),
            len(self.words & sentence.words),
            sentence.quoted,
            len(self.asked & sentence.words),
        )

    def without(self, sentence: _Sentence) -> _Wanted:
        facts = frozenset(fact for fact in self.facts if not Haystack(sentence.words).holds(fact))
        return _Wanted(facts, self.words - sentence.words, self.asked)


class SupportCheck:
    """Finds the sentences that carry a claim, or none.

    Every number, day and name of it must occur in the passages it cites (in all of them, if it
    cites none), and most of its other words; the sentences that hold them become its quotes. An
    English claim is held to its facts alone, for its words are not the article's.
    """

    def __init__(self, inference: Inference | None = None) -> None:
        self._inference = inference

    def find(
        self, claim: Claim, passages: Sequence[Passage], question: Question, quoted: Sequence[Evidence] = ()
    ) -> list[Evidence]:
        """What carries the claim, the chief sentence first; nothing if it is not supported.

        Args:
            passages: as numbered in the prompt, from 1.
            quoted: the reader's evidence, preferred where several sentences serve.
        """
        cited = [passages[n - 1] for n in claim.passages] or list(passages)
        english = "en" in (question.language, language_of(claim.text))
        facts = facts_in(claim.text, english=english)
        if not _is_carried(claim.text, facts, cited, english=english):
            return []
        wanted = _Wanted(frozenset(facts), frozenset(tokens(claim.text)), frozenset(tokens(question.written_out)))
        chosen = _chosen(_sentences(cited, quoted), wanted)
        if not chosen or self._is_denied(claim.text, " ".join(s.text for s in chosen), question):
            return []
        return [Evidence(s.passage, s.span, s.passage.score) for s in chosen]

    def _is_denied(self, text: str, premise: str, question: Question) -> bool:
        if denies(text) and not denies(premise):
            return True
        if self._inference is None:
            return False
        statement = f"{question.written_out} {text}" if len(tokens(text)) <= SHORT else text
        return int(self._inference.infer([(premise, statement)])[0].argmax()) == CONTRADICTION


def denies(text: str) -> bool:
    """Whether a text says that something is not so."""
    return bool(_NOT.search(text))


def _is_carried(text: str, facts: Sequence[Fact], cited: Sequence[Passage], *, english: bool) -> bool:
    hay = Haystack.of(cited)
    if not all(map(hay.holds, facts)):
        return False
    words = set(tokens(text))
    return bool(facts) if english else bool(words) and len(words & hay.words) >= COVERED * len(words)


def overlaps(evidence: Evidence, other: Evidence) -> bool:
    """Whether two quotes share text."""
    same = evidence.passage.article.id == other.passage.article.id
    return same and evidence.span.overlaps(other.span)


def _sentences(cited: Sequence[Passage], quoted: Sequence[Evidence]) -> list[_Sentence]:
    return [
        _Sentence(
            p, span, words_of(p.article.text[span.start : span.end]),
            any(overlaps(Evidence(p, span, 0.0), q) for q in quoted),
        )
        for p in cited
        for span in p.chunk.sentences
    ]  # fmt: skip


def _chosen(sentences: Sequence[_Sentence], wanted: _Wanted) -> list[_Sentence]:
    """The fewest sentences that together hold the claim's facts, the one that adds most first."""
    left, chosen = list(sentences), list[_Sentence]()
    while left and len(chosen) < SPANS:
        best = max(left, key=wanted.worth)
        facts, words, *_ = wanted.worth(best)
        if not facts and (chosen or not words):
            break
        chosen.append(best)
        left.remove(best)
        wanted = wanted.without(best)
    return chosen
