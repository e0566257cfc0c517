"""The records that cross the stages: `Article -> Chunk -> Passage`, and the filters of a search."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Article:
    """One published text, cleaned: what is stored, chunked and quoted.

    `text` holds paragraphs separated by newlines. `published` is timezone-aware, or None
    where the source does not say. `outlet` is the publisher's name ("source" in records).
    """

    id: str
    title: str
    text: str
    outlet: str | None = None
    published: datetime | None = None
    url: str | None = None
    author: str | None = None
    section: str | None = None

    @property
    def fingerprint(self) -> str:
        """SHA-256 over every field: two versions of an article differ exactly when this does."""
        published = self.published.isoformat() if self.published else None
        fields = [self.title, self.text, self.outlet, published, self.url, self.author, self.section]
        return hashlib.sha256(json.dumps(fields, ensure_ascii=False).encode()).hexdigest()

    @property
    def text_hash(self) -> str:
        """SHA-256 of the text with white space folded: equal for exact copies."""
        return hashlib.sha256(" ".join(self.text.split()).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of characters, `text[start:end]`."""

    start: int
    end: int

    def overlaps(self, other: Span) -> bool:
        """Whether they share a character."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Chunk:
    """A run of whole sentences of one article: `article.text[start:end] == text`.

    `sentences` are offsets into the article's text, in order, inside `[start, end)`.
    """

    text: str
    start: int
    end: int
    sentences: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Filters:
    """What a search may return; an empty filter admits everything.

    `since` and `until` are inclusive calendar days in the article's own time zone.
    An article without a date fails a date filter. `outlet` and `section` match whole
    names, case-insensitively.
    """

    since: date | None = None
    until: date | None = None
    outlet: str | None = None
    section: str | None = None

    def __bool__(self) -> bool:
        return any((self.since, self.until, self.outlet, self.section))


ANYTHING = Filters()


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk that was retrieved, with its article and scores.

    `score` is the fused score in [0, 1]; `dense` the cosine similarity and `lexical` the
    BM25 score where that side found the chunk. `copies` are ids of other articles that
    carry the same text.
    """

    chunk_id: int
    article: Article
    chunk: Chunk
    score: float
    dense: float | None = None
    lexical: float | None = None
    copies: tuple[str, ...] = field(default=())
