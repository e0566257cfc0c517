"""News that was asked for as such: a few articles, each with a sentence of its own."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime

from bot.citations import Citation, cite
from bot.question import Question
from index.build import NewsIndex
from index.lexical import query_terms
from index.records import Article, Filters, Passage, Span
from index.retrieve import Query
from index.sentences import split_sentences
from index.tokens import tokens

BULLETS = 5  # articles at most
DEPTH = 30  # passages, or newest articles, looked at
ABOUT = 0.5  # share of the subject, by inverse document frequency, that a passage on it holds at least
ALIKE = 0.6  # Jaccard overlap of terms from which two leads tell the same
_DATELINE = re.compile(r"[A-ZÀ-Þ][^.!?]{2,70}? [-–—] (?=[“\"A-Z])")  # "PADANG, Lentera Sumatra - "

_Found = tuple[Article, Span | None, tuple[str, ...]]  # an article, what it says, its copies


class Digest:
    """Picks articles and quotes for a request from one index."""

    def __init__(self, index: NewsIndex, bullets: int = BULLETS) -> None:
        self._index = index
        self._bullets = bullets

    def quotes(self, question: Question) -> tuple[list[Citation], list[Passage]]:
        """The proposed quotes, and the passages retrieved: best first, or newest first where days were asked for."""
        request = question.request
        within = _within(question)
        if request is None or within is None:
            return [], []
        if request.subject:
            passages, found = self._on(request.subject, within)
        else:
            passages, found = [], [(a, _lead(a), ()) for a in self._newest(within, question.asked_at)]
        found = [(a, span, copies) for a, span, copies in found if _published_by(a, question.asked_at)]
        if request.newest or question.days is not None:
            found.sort(key=lambda each: each[0].published.timestamp() if each[0].published else 0.0, reverse=True)
        different = _different((cite(a, s.start, s.end, copies) for a, s, copies in found if s), self._bullets)
        return different, passages

    def _on(self, subject: str, within: Filters) -> tuple[list[Passage], list[_Found]]:
        """The passages near a subject, and a sentence for each article that is on it."""
        passages = self._index.search(Query(subject, within), DEPTH)
        weights = self._weights(subject)
        found: dict[str, _Found] = {}
        for passage in passages:
            article = passage.article
            held = {*query_terms(article.title), *query_terms(passage.chunk.text)}
            if article.id not in found and sum(w for term, w in weights.items() if term in held) >= ABOUT:
                found[article.id] = article, _telling(passage, weights), passage.copies
        return passages, list(found.values())

    def _weights(self, subject: str) -> dict[str, float]:
        """Each term's share of the subject; a term that no article holds counts most of all."""
        terms, total = query_terms(subject), self._index.store.chunk_count()
        known = self._index.lexical.document_frequencies(terms)
        weights = {term: math.log(1 + total / (1 + known.get(term, 0))) for term in terms}
        whole = sum(weights.values()) or 1.0
        return {term: weight / whole for term, weight in weights.items()}

    def _newest(self, within: Filters, asked_at: datetime | None) -> list[Article]:
        if asked_at is not None:
            within = replace(within, until=min(within.until or date.max, asked_at.date()))
        listed = [entry.id for entry in self._index.store.listed(within) if entry.published][:DEPTH]
        articles = self._index.store.articles(listed)
        return [articles[key] for key in listed if key in articles]


def _within(question: Question) -> Filters | None:
    """The filters, narrowed to the days asked for; None where nothing can be in both."""
    filters, days = question.filters, question.days
    if days is None or (question.request is not None and question.request.newest):
        return filters
    since = max(filters.since or date.min, days[0])
    until = min(filters.until or date.max, days[1])
    return None if since > until else replace(filters, since=since, until=until)


def _published_by(article: Article, asked_at: datetime | None) -> bool:
    """Whether the article was there on the day of asking."""
    return asked_at is None or article.published is None or article.published.date() <= asked_at.date()


def _telling(passage: Passage, weights: dict[str, float]) -> Span | None:
    """The lead where title or lead name the subject, else the sentence of the passage that says most of it."""
    article, lead = passage.article, _lead(passage.article)
    if lead and weights.keys() & {*query_terms(article.title), *query_terms(article.text[lead.start : lead.end])}:
        return lead
    shares = [
        (sum(w for term, w in weights.items() if term in query_terms(article.text[s.start : s.end])), -s.start, s)
        for s in passage.chunk.sentences
    ]
    return max(shares)[2] if shares else lead


def _lead(article: Article) -> Span | None:
    """The first sentence, without the dateline."""
    first = next(iter(split_sentences(article.text)), None)
    if first is None:
        return None
    dateline = _DATELINE.match(article.text, first.start, first.end)
    return Span(dateline.end() if dateline else first.start, first.end)


def _different(citations: Iterable[Citation], limit: int) -> list[Citation]:
    """The first citations, of those that tell the same only the first."""
    kept: list[tuple[Citation, frozenset[str]]] = []
    for citation in citations:
        terms = frozenset(tokens(citation.quote))
        if terms and all(len(terms & other) < ALIKE * len(terms | other) for _, other in kept):
            kept.append((citation, terms))
        if len(kept) == limit:
            break
    return [citation for citation, _ in kept]
