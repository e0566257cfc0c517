"""Question to passages: dense and lexical candidates, fused, copies counted once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from index.embed import Embedder, Vector
from index.fuse import fuse
from index.lexical import LexicalIndex
from index.records import ANYTHING, Article, Filters, Passage
from index.store import Store
from index.vectors import EXACT, VectorIndex

CANDIDATES = 100  # from each side
FRESHNESS = 0.15  # added to the score (at most 1) of what was published on the days asked for
CARRIED = 0.15  # added to the score of what the conversation has quoted
NEAR_COPY = 0.85  # Jaccard overlap of terms from which two chunks tell the same text


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched for: a self-contained question, what may be found, and what is preferred.

    `days` are the first and last day the question speaks of ("kemarin"): articles of those
    days are preferred, others not excluded. `carried` are ids of articles that the conversation
    is about: they take part even if nothing in the text finds them.
    """

    text: str
    filters: Filters = ANYTHING
    days: tuple[date, date] | None = None
    carried: tuple[str, ...] = ()


class Retriever:
    """Searches one index."""

    def __init__(self, store: Store, vectors: VectorIndex, lexical: LexicalIndex, embedder: Embedder) -> None:
        self._store = store
        self._vectors = vectors
        self._lexical = lexical
        # The reader asks for the vector of the question that was just searched for.
        self.embed = lru_cache(maxsize=16)(embedder.embed_query)

    def search(self, query: Query, limit: int = 10) -> list[Passage]:
        """The best passages, best first; every text once, whoever carries it."""
        vector = self.embed(query.text)
        with self._store.snapshot():
            dense, lexical = self._candidates(query, vector)
            scores = fuse(dense, lexical)
            passages = self._passages(query, scores, dense, lexical)
            terms = self._lexical.terms([p.chunk_id for p in passages])
        return _collapse(passages, terms, limit)

    def sentence_vectors(self, passages: Sequence[Passage], dimension: int) -> dict[int, Vector]:
        """Chunk id -> the vectors of its sentences, shape (n, d)."""
        return self._store.sentence_vectors([p.chunk_id for p in passages], dimension)

    def _candidates(self, query: Query, vector: Vector) -> tuple[dict[int, float], dict[int, float]]:
        if query.filters:
            admitted = self._store.admitted_chunks(query.filters, EXACT + 1)
            if len(admitted) <= EXACT:
                return dict(self._vectors.exact(vector, admitted)), self._lexical.score(query.text, admitted)
        # A wide filter lets many through: search everything, deeper, and drop the rest.
        depth = CANDIDATES * 5 if query.filters else CANDIDATES
        dense = dict(self._vectors.search(vector, depth))
        lexical = dict(self._lexical.search(query.text, depth))
        carried = self._store.chunks_of(query.carried)
        lexical.update(self._lexical.score(query.text, carried))
        others = dict.fromkeys([*lexical, *carried])
        dense.update(self._vectors.exact(vector, [i for i in others if i not in dense]))
        return dense, {i: score for i, score in lexical.items() if i in dense}

    def _passages(
        self, query: Query, scores: dict[int, float], dense: dict[int, float], lexical: dict[int, float]
    ) -> list[Passage]:
        ranked = sorted(scores, key=lambda i: (-scores[i], i))[: 2 * CANDIDATES]
        text_ids = self._store.text_ids(ranked)
        carriers = self._store.carriers(sorted(set(text_ids.values())), query.filters)
        chunks = self._store.chunks([i for i in ranked if text_ids.get(i) in carriers])
        articles = self._store.articles([carriers[text_id][0] for text_id, _ in chunks.values()])
        passages = []
        for chunk_id, (text_id, chunk) in chunks.items():
            first, *copies = carriers[text_id]
            article = articles[first]
            score = scores[chunk_id] + _freshness(article, query.days)
            score += CARRIED * any(carrier in query.carried for carrier in carriers[text_id])
            passages.append(
                Passage(chunk_id, article, chunk, score, dense[chunk_id], lexical.get(chunk_id), tuple(copies))
            )
        return sorted(passages, key=lambda p: (-p.score, p.chunk_id))


def _freshness(article: Article, days: tuple[date, date] | None) -> float:
    if days is None or article.published is None:
        return 0.0
    return FRESHNESS if days[0] <= article.published.date() <= days[1] else 0.0


def _collapse(passages: Sequence[Passage], terms: Mapping[int, frozenset[str]], limit: int) -> list[Passage]:
    """The passages with near-copies of an earlier one folded into it."""
    kept: list[Passage] = []
    for rank, passage in enumerate(passages):
        if len(kept) >= limit and rank >= 2 * limit:
            break
        own = terms[passage.chunk_id]
        twin = next((n for n, other in enumerate(kept) if _jaccard(own, terms[other.chunk_id]) >= NEAR_COPY), None)
        if twin is None:
            kept.append(passage)
        else:
            kept[twin] = _with_copy(kept[twin], passage)
    return kept[:limit]


def _with_copy(passage: Passage, copy: Passage) -> Passage:
    others = [i for i in (copy.article.id, *copy.copies) if i != passage.article.id]
    return replace(passage, copies=tuple(dict.fromkeys((*passage.copies, *others))))


def _jaccard(a: frozenset[str], b: frozenset[str]) -> float:
    shared = len(a & b)
    return shared / (len(a) + len(b) - shared) if shared else 0.0
