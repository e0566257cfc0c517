"""Passages to sentences, ranked by how well they answer: similarity, shared terms, kind of answer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bot.question import Question
from bot.spans import candidates, names_in
from index.build import NewsIndex
from index.embed import Vector
from index.lexical import query_terms
from index.records import Passage, Span

ALIKE = 4  # letters two spellings of a name share at least: Zelenskyy, Zelenskiy
CONTEXT_WEIGHT = 0.5  # of a term that only the conversation so far has

# Weights of a sentence's score; each part lies in [0, 1]. Set once on news questions.
SIMILARITY, OVERLAP, OVERLAP_AROUND, HAS_KIND, PASSAGE = 1.0, 0.75, 0.75, 0.4, 0.3
SAME_ARTICLE = 0.95  # of its score is what a further quote from an article counts that is quoted already


@dataclass(frozen=True, slots=True)
class Evidence:
    """A quote and how well it answers: `passage.article.text[span.start:span.end]`."""

    passage: Passage
    span: Span
    score: float


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a passage: its offsets in the article, its text, and how well it answers."""

    passage: Passage
    span: Span
    text: str
    score: float
    spans: tuple[Span, ...]  # candidates for the short answer, offsets into `text`


class SentenceRanker:
    """Scores sentences by the vectors and terms of one index; needs no training."""

    def __init__(self, index: NewsIndex) -> None:
        self._index = index

    def names_a_stranger(self, question: Question) -> bool:
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

    def rank(self, question: Question, passages: Sequence[Passage]) -> list[Sentence]:
        """Every sentence of the passages, scored, best first, each text once."""
        weights = self._term_weights(question)
        vector = self._index.retriever.embed(question.search_text)
        vectors = self._index.retriever.sentence_vectors(passages, len(vector))
        # Another process may have removed or changed an article since the search.
        passages = [p for p in passages if p.chunk_id in vectors]
        if not passages:
            return []
        similarity = _scaled([vectors[p.chunk_id] @ vector for p in passages])
        found: dict[str, Sentence] = {}
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


def _scaled(rows: Sequence[Vector]) -> list[Vector]:
    low, high = min(row.min() for row in rows), max(row.max() for row in rows)
    return [(row - low) / max(high - low, 1e-9) for row in rows]


def _scored(question: Question, passage: Passage, similarities: Vector, weights: dict[str, float]) -> list[Sentence]:
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
        sentences.append(Sentence(passage, span, sentence, score, spans))
        before = own
    return sentences


def _share(terms: set[str], weights: dict[str, float]) -> float:
    return sum(weight for term, weight in weights.items() if term in terms)


def merged(sentences: Sequence[Sentence], quotes: int) -> list[Evidence]:
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
