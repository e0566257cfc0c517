"""Passages to an answer: the `Reader` protocol, and a reader that needs no training."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.answer import Refusal
from bot.question import Kind, Question
from bot.rank import Evidence, Sentence, SentenceRanker, merged
from bot.spans import wanted_terms, with_head
from index.build import NewsIndex
from index.lexical import query_terms
from index.records import Passage, Span

PASSAGES = 8  # read for one question
QUOTES = 3  # shown at most
KEPT = 0.55  # share of the best sentence's score from which a further one is quoted

# Weights of a short answer's fit, against a best sentence's 1.0.
NEARLY, READ = 0.75, 6  # sentences at least that share of the best are looked into, at most so many
NEARNESS, WANTED, FULL_NAME, SUPPORT = 0.3, 0.3, 0.1, 0.1
REACH = 30  # characters within which words belong together
SAFE = 0.2  # fit below which a capitalised phrase is more often wrong than right


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader found: quotes, best first, and the answer's span inside the first.

    Without evidence, `refusal` says why. `confidence` is higher the surer the reader is; None where
    the first quote's score says so.
    """

    evidence: tuple[Evidence, ...]
    answer: Span | None = None
    refusal: Refusal | None = None
    confidence: float | None = None


class Reader(Protocol):
    """Finds the answer to a question in passages, or says that it is not there."""

    def read(self, question: Question, passages: Sequence[Passage]) -> Reading: ...

    def over(self, index: NewsIndex) -> Reader:
        """The same reader for passages of another index."""
        ...


class ExtractiveReader:
    """Ranks the passages' sentences by similarity, shared terms and kind of answer.

    It refuses only for reasons it can name; similarity alone says nothing about whether a
    question can be answered (area under the curve 0.47 to 0.55 on news questions).
    """

    def __init__(self, index: NewsIndex, quotes: int = QUOTES) -> None:
        self._ranker = SentenceRanker(index)
        self._quotes = quotes

    def over(self, index: NewsIndex) -> ExtractiveReader:
        return ExtractiveReader(index, self._quotes)

    def read(self, question: Question, passages: Sequence[Passage]) -> Reading:
        passages = passages[:PASSAGES]
        if not passages or (question.language == "id" and not any(p.lexical for p in passages)):
            return Reading((), refusal=Refusal.NOTHING_FOUND)
        if self._ranker.names_a_stranger(question):
            return Reading((), refusal=Refusal.NO_SUCH_NAME)
        sentences = self._ranker.rank(question, passages)
        if not sentences:
            return Reading((), refusal=Refusal.NOTHING_FOUND)
        if question.kind in _NEEDED and not any(s.spans for s in sentences):
            return Reading((), refusal=Refusal.NO_SUCH_KIND)
        candidate = _best_candidate(sentences, question)
        first = candidate.sentence if candidate else sentences[0]
        others = [s for s in sentences if s is not first and s.score >= KEPT * sentences[0].score]
        answer = candidate.cut_out(question) if candidate else first.span
        return Reading(tuple(merged([first, *others], self._quotes)), answer)


_NEED_FIT = {Kind.PERSON, Kind.PLACE, Kind.NAME}
_NEEDED = {Kind.DATE, Kind.NUMBER}  # kinds whose absence is certain when no candidate is found


@dataclass(frozen=True, slots=True)
class _Candidate:
    sentence: Sentence
    span: Span
    fit: float

    def cut_out(self, question: Question) -> Span:
        """The answer's offsets in the article: the span where it is safe to cut, else the whole sentence."""
        if question.kind in _NEED_FIT and self.fit < SAFE:
            return self.sentence.span
        span = self.span
        if question.kind in _NEED_FIT:
            span = with_head(self.sentence.text, span, wanted_terms(question.written_out, question.kind))
        start = self.sentence.span.start
        return Span(start + span.start, start + span.end)


def _best_candidate(sentences: Sequence[Sentence], question: Question) -> _Candidate | None:
    """The short answer that fits best, from the sentences that are nearly as good as the best."""
    near = [s for s in sentences if s.spans and s.score >= NEARLY * sentences[0].score][:READ]
    asked = frozenset(query_terms(question.written_out))
    wanted = wanted_terms(question.written_out, question.kind)
    said = Counter(key for s in near for key in {_key(s, span) for span in s.spans})
    fitting = [_Candidate(s, span, _fit(s, span, asked, wanted, said)) for s in near for span in s.spans]
    return max(fitting, key=lambda c: (c.sentence.score / sentences[0].score + c.fit, -c.span.start), default=None)


def _fit(sentence: Sentence, span: Span, asked: frozenset[str], wanted: frozenset[str], said: Counter[str]) -> float:
    """How well a span's surroundings fit the question, beside its sentence."""
    text = sentence.text
    inside = query_terms(text[span.start : span.end])
    before = query_terms(text[max(0, span.start - REACH) : span.start])[-2:]
    after = query_terms(text[span.end : span.end + REACH])[:1]
    return (
        NEARNESS * math.exp(-_distance(text, span, asked) / REACH)
        + WANTED * bool(wanted & {*inside, *before, *after})
        + FULL_NAME * min(1.0, (len(inside) - 1) / 2)
        + SUPPORT * math.log(said[_key(sentence, span)])
    )


def _key(sentence: Sentence, span: Span) -> str:
    return " ".join(query_terms(sentence.text[span.start : span.end]))


def _distance(text: str, span: Span, asked: frozenset[str]) -> float:
    """Mean distance, in characters, of a span to the three nearest words of the question."""
    places = [m.start() for m in _WORD.finditer(text) if asked.intersection(query_terms(m[0]))]
    outside = sorted(
        span.start - p if p < span.start else p - span.end for p in places if not span.start <= p < span.end
    )
    return sum(outside[:3]) / len(outside[:3]) if outside else len(text)


_WORD = re.compile(r"[\w-]+")
