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
from bot.spans import candidates, names_in, wanted_terms, with_head
from index.build import NewsIndex
from index.embed import Vector
from index.lexical import query_terms
from index.records import Passage, Span

PASSAGES = 8  # read for one question
QUOTES = 3  # shown at most
ALIKE = 4  # letters two spellings of a name share at least: Zelenskyy, Zelenskiy
CONTEXT_WEIGHT = 0.5  # of a term that only the conversation so far has

# Weights of a sentence's score; each part lies in [0, 1]. Set once on news questions.
SIMILARITY, OVERLAP, OVERLAP_AROUND, HAS_KIND, PASSAGE = 1.0, 0.75, 0.75, 0.4, 0.3
SAME_ARTICLE = 0.95  # of its score is what a further quote from an article counts that is quoted already
KEPT = 0.55  # share of the best sentence's score from which a further one is quoted

# Weights of a short answer's fit, against a best sentence's 1.0.
NEARLY, READ = 0.75, 6  # sentences at least that share of the best are looked into, at most so many
NEARNESS, WANTED, FULL_NAME, SUPPORT = 0.3, 0.3, 0.1, 0.1
REACH = 30  # characters within which words belong together
SAFE = 0.2  # fit below which a capitalised phrase is more often wrong than right


@dataclass(frozen=True, slots=True)
class Evidence:
    """A quote and how well it answers: `passage.article.text[span.start:span.end]`."""

    passage: Passage
    span: Span
    score: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader found: quotes, best first, and the answer's span inside the first.

    Without evidence, `refusal` says why.
    """

    evidence: tuple[Evidence, ...]
    answer: Span | None = None
    refusal: Refusal | None = None


class Reader(Protocol):
    """Finds the answer to a question in passages, or says that it is not there."""

    def read(self, question: Question, passages: Sequence[Passage]) -> Reading: ...


@dataclass(frozen=True, slots=True)
class _Sentence:
    passage: Passage
    span: Span
    text: str
    score: float
    spans: tuple[Span, ...]  # candidates for the short answer, offsets into `text`


class ExtractiveReader:
    """Ranks the passages' sentences by similarity, shared terms and kind of answer.

    It refuses only for reasons it can name; similarity alone says nothing about whether a
    question can be answered (area under the curve 0.47 to 0.55 on news questions).
    """

    def __init__(self, index: NewsIndex, quotes: int = QUOTES) -> None:
        self._index = index
        self._quotes = quotes

    def read(self, question: Question, passages: Sequence[Passage]) -> Reading:
        passages = passages[:PASSAGES]
        if not passages or (question.language == "id" and not any(p.lexical for p in passages)):
            return Reading((), refusal=Refusal.NOTHING_FOUND)
        if self._names_a_stranger(question):
            return Reading((), refusal=Refusal.NO_SUCH_NAME)
        sentences = self._sentences(question, passages)
        if not sentences:
            return Reading((), refusal=Refusal.NOTHING_FOUND)
        if question.kind in _NEEDED and not any(s.spans for s in sentences):
            return Reading((), refusal=Refusal.NO_SUCH_KIND)
        candidate = _best_candidate(sentences, question)
        first = candidate.sentence if candidate else sentences[0]
        others = [s for s in sentences if s is not first and s.score >= KEPT * sentences[0].score]
        answer = candidate.cut_out(question) if candidate else first.span
        return Reading(tuple(_merge([first, *others], self._quotes)), answer)

    def _names_a_stranger(self, question: Question) -> bool:
        """Whether the question is about a name that no article holds, in any similar spelling.

        Foreign spellings differ too much ("Belarus", "Belarusia") to judge English questions.
        """
        words = [word for name in names_in(question.text) for word in name.split()]
        return question.language == "id" and any(self._is_stranger(word) for word in words)

    def _is_stranger(self, word: str) -> bool:
        if len(word) < ALIKE or not word.isalpha():
            return False
        terms = query_terms(word)
        known = self._index.lexical.document_frequencies(terms)
        return bool(terms) and not known and not self._index.lexical.has_prefix(terms[0][:ALIKE])

    def _sentences(self, question: Question, passages: Sequence[Passage]) -> list[_Sentence]:
        """Every sentence of the passages, scored, best first, each text once."""
        weights = self._term_weights(question)
        vector = self._index.retriever.embed(question.search_text)
        vectors = self._index.retriever.sentence_vectors(passages, len(vector))
        # Another process may have removed or changed an article since the search.
        passages = [p for p in passages if p.chunk_id in vectors]
        if not passages:
            return []
        similarity = _scaled([vectors[p.chunk_id] @ vector for p in passages])
        found: dict[str, _Sentence] = {}
        for passage, similarities in zip(passages, similarity, strict=True):
            for sentence in _scored(question, passage, similarities, weights):
                found.setdefault(" ".join(sentence.text.split()), sentence)
        return sorted(found.values(), key=lambda s: -s.score)

    def _term_weights(self, question: Question) -> dict[str, float]:
        """Each term's share of the question, by inverse document frequency; they sum to 1."""
        own, all_terms = set(query_terms(question.written_out)), query_terms(question.search_text)
        total = self._index.store.chunk_count()
        frequencies = self._index.lexical.document_frequencies(all_terms)
        weights = {
            term: math.log(1 + total / (1 + frequencies.get(term, 0))) * (1.0 if term in own else CONTEXT_WEIGHT)
            for term in all_terms
        }
        whole = sum(weights.values()) or 1.0
        return {term: weight / whole for term, weight in weights.items()}


_NEED_FIT = {Kind.PERSON, Kind.PLACE, Kind.NAME}
_NEEDED = {Kind.DATE, Kind.NUMBER}  # kinds whose absence is certain when no candidate is found


def _scaled(rows: Sequence[Vector]) -> list[Vector]:
    low, high = min(row.min() for row in rows), max(row.max() for row in rows)
    return [(row - low) / max(high - low, 1e-9) for row in rows]


def _scored(question: Question, passage: Passage, similarities: Vector, weights: dict[str, float]) -> list[_Sentence]:
    text = passage.article.text
    title = set(query_terms(passage.article.title))
    before: set[str] = set()
    sentences = []
    for span, similarity in zip(passage.chunk.sentences, similarities, strict=True):
        sentence = text[span.start : span.end]
        own = set(query_terms(sentence))
        spans = tuple(candidates(sentence, question.kind, question.written_out))
        score = (
            SIMILARITY * float(similarity)
            + OVERLAP * _share(own, weights)
            + OVERLAP_AROUND * _share(own | before | title, weights)
            + HAS_KIND * bool(spans)
            + PASSAGE * passage.score
        )
        sentences.append(_Sentence(passage, span, sentence, score, spans))
        before = own
    return sentences


def _share(terms: set[str], weights: dict[str, float]) -> float:
    return sum(weight for term, weight in weights.items() if term in terms)


def _merge(sentences: Sequence[_Sentence], quotes: int) -> list[Evidence]:
    """The first quotes, neighbouring sentences of one article joined into one.

    What another article says comes before what a quoted one says besides.
    """
    merged: list[Evidence] = []
    waiting = [Evidence(s.passage, s.span, s.score) for s in sentences]
    while waiting:
        new = _next(waiting, merged)
        near = next((n for n, old in enumerate(merged) if _adjoin(old, new)), None)
        if near is not None:
            merged[near] = _joined(merged[near], new)
        elif len(merged) < quotes:
            merged.append(new)
        else:
            break
        waiting.remove(new)
    return merged


def _next(waiting: Sequence[Evidence], merged: Sequence[Evidence]) -> Evidence:
    if not merged:
        return waiting[0]
    quoted = {e.passage.article.id for e in merged}
    return max(waiting, key=lambda e: e.score * (SAME_ARTICLE if e.passage.article.id in quoted else 1.0))


def _joined(a: Evidence, b: Evidence) -> Evidence:
    span = Span(min(a.span.start, b.span.start), max(a.span.end, b.span.end))
    return Evidence(a.passage, span, a.score)


def _adjoin(a: Evidence, b: Evidence) -> bool:
    if a.passage.article.id != b.passage.article.id:
        return False
    between = sorted((a.span.start, a.span.end, b.span.start, b.span.end))[1:3]
    text = a.passage.article.text
    apart = a.span.end <= b.span.start or b.span.end <= a.span.start
    return apart and "\n" not in text[between[0] : between[1]] and not text[between[0] : between[1]].strip()


@dataclass(frozen=True, slots=True)
class _Candidate:
    sentence: _Sentence
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


def _best_candidate(sentences: Sequence[_Sentence], question: Question) -> _Candidate | None:
    """The short answer that fits best, from the sentences that are nearly as good as the best."""
    near = [s for s in sentences if s.spans and s.score >= NEARLY * sentences[0].score][:READ]
    asked = frozenset(query_terms(question.written_out))
    wanted = wanted_terms(question.written_out, question.kind)
    said = Counter(key for s in near for key in {_key(s, span) for span in s.spans})
    fitting = [_Candidate(s, span, _fit(s, span, asked, wanted, said)) for s in near for span in s.spans]
    return max(fitting, key=lambda c: (c.sentence.score / sentences[0].score + c.fit, -c.span.start), default=None)


def _fit(sentence: _Sentence, span: Span, asked: frozenset[str], wanted: frozenset[str], said: Counter[str]) -> float:
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


def _key(sentence: _Sentence, span: Span) -> str:
    return " ".join(query_terms(sentence.text[span.start : span.end]))


def _distance(text: str, span: Span, asked: frozenset[str]) -> float:
    """Mean distance, in characters, of a span to the three nearest words of the question."""
    places = [m.start() for m in _WORD.finditer(text) if asked.intersection(query_terms(m[0]))]
    outside = sorted(
        span.start - p if p < span.start else p - span.end for p in places if not span.start <= p < span.end
    )
    return sum(outside[:3]) / len(outside[:3]) if outside else len(text)


_WORD = re.compile(r"[\w-]+")
