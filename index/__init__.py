"""Articles in, passages out: the index of Tanya Berita. It reads no settings and no environment."""

from index.build import Added, NewsIndex
from index.records import Article, Chunk, Filters, Passage, Span
from index.retrieve import Query

__all__ = ["Added", "Article", "Chunk", "Filters", "NewsIndex", "Passage", "Query", "Span"]
