"""Cut an article into chunks of whole sentences."""

from __future__ import annotations

from collections.abc import Sequence

from index.records import Article, Chunk, Span
from index.sentences import split_sentences

WORDS = 110  # of a chunk, on average; measured best among 60 to 200 on news questions

MONTHS = (
    "Januari", "Februari", "Maret", "April", "Mei", "Juni",
    "Juli", "Agustus", "September", "Oktober", "November", "Desember",
)  # fmt: skip


def chunk_article(article: Article, words: int = WORDS) -> list[Chunk]:
    """Chunks of about `words` words, ending at sentence ends, of roughly equal length.

    `article.text[chunk.start:chunk.end] == chunk.text` holds for each.
    """
    sentences = split_sentences(article.text)
    counts = [len(article.text[s.start : s.end].split()) for s in sentences]
    pieces = max(1, round(sum(counts) / words))
    return [_chunk(article.text, group) for group in _balance(sentences, counts, sum(counts) / pieces)]


def _balance(sentences: Sequence[Span], counts: Sequence[int], target: float) -> list[list[Span]]:
    groups: list[list[Span]] = []
    seen = 0.0
    for sentence, count in zip(sentences, counts, strict=True):
        # A sentence belongs to the group its middle word falls into.
        group = int((seen + count / 2) / target)
        if groups and group < len(groups):
            groups[-1].append(sentence)
        else:
            groups.append([sentence])
        seen += count
    return groups


def _chunk(text: str, sentences: Sequence[Span]) -> Chunk:
    start, end = sentences[0].start, sentences[-1].end
    return Chunk(text[start:end], start, end, tuple(sentences))


def context_of(article: Article) -> str:
    """What stands before a chunk when it is embedded: title and date, one line."""
    if article.published is None:
        return article.title
    day = article.published
    return f"{article.title} ({day.day} {MONTHS[day.month - 1]} {day.year})"
