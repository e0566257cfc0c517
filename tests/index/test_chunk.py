"""Chunks are runs of whole sentences, of similar size, at exact offsets."""

from __future__ import annotations

import gzip
import json
from itertools import islice, pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.assemble import samples
from index.articles import read_sources
from index.chunk import WORDS, chunk_article, context_of
from index.records import Article, Chunk
from index.sentences import split_sentences
from tests.conftest import MakeArticle
from tests.index.test_sentences import NEWSLIKE

SENTENCE = "Warga desa mengungsi ke balai kecamatan karena banjir."  # eight words


def assert_sound(article: Article, chunks: list[Chunk]) -> None:
    """Offsets are exact, sentences are those of the text, and nothing is lost or doubled."""
    assert [c.text for c in chunks] == [article.text[c.start : c.end] for c in chunks]
    assert split_sentences(article.text) == [s for c in chunks for s in c.sentences]
    assert [(c.sentences[0].start, c.sentences[-1].end) for c in chunks] == [(c.start, c.end) for c in chunks]
    assert all(before.end <= after.start for before, after in pairwise(chunks))
    assert "".join(article.text.split()) == "".join("".join(c.text.split()) for c in chunks)


@given(NEWSLIKE, st.integers(1, 200))
def test_offsets_are_exact_for_any_text(text: str, words: int) -> None:
    """`article.text[c.start:c.end] == c.text`, and chunks cover the text, whatever it holds."""
    article = Article("a", "Judul", text)
    assert_sound(article, chunk_article(article, words))


def test_chunks_are_of_similar_size(make_article: MakeArticle) -> None:
    """No chunk is a leftover: sizes differ from the mean by at most a sentence."""
    for count in range(1, 120):
        article = make_article(text=" ".join([SENTENCE] * count))
        sizes = [len(c.text.split()) for c in chunk_article(article)]
        mean = count * 8 / len(sizes)
        assert all(abs(size - mean) <= 8 for size in sizes), sizes
        assert len(sizes) == max(1, round(count * 8 / WORDS))


@given(st.lists(st.integers(1, 60), min_size=1, max_size=60), st.integers(20, 150))
def test_no_chunk_is_much_longer_than_asked(lengths: list[int], words: int) -> None:
    """A chunk exceeds the size asked for by at most its longest sentence (and half, where few make one chunk)."""
    text = " ".join("Kata" + " kata" * (n - 1) + "." for n in lengths)
    chunks = chunk_article(Article("a", "", text), words)
    assert max(len(c.text.split()) for c in chunks) <= 1.5 * words + max(lengths)


def test_a_short_article_is_one_chunk(make_article: MakeArticle) -> None:
    article = make_article(text=SENTENCE)
    assert [SENTENCE] == [c.text for c in chunk_article(article)]


def test_a_blank_text_has_no_chunks(make_article: MakeArticle) -> None:
    assert [] == chunk_article(make_article(text=" \n "))


def test_context_names_title_and_day(make_article: MakeArticle) -> None:
    """The day stands as Indonesian news writes it; without a date there is only the title."""
    assert "Banjir Demak (4 Maret 2026)" == context_of(make_article(published="2026-03-04T23:30"))
    assert "Banjir Demak" == context_of(make_article(published=None))


def test_sample_articles_are_cut_soundly() -> None:
    for article in read_sources([samples()]):
        assert isinstance(article, Article)
        assert_sound(article, chunk_article(article))


@pytest.mark.parametrize("name", ["seed.jsonl", "detik.jsonl", "click-id.jsonl.gz"])
def test_real_articles_are_cut_soundly(shared: Path, name: str) -> None:
    """Offsets hold on real articles, as published and before any cleaning."""
    path = shared / "corpus" / name
    with gzip.open(path, "rt", encoding="utf-8") if name.endswith(".gz") else path.open(encoding="utf-8") as lines:
        for line in islice(lines, 1_000):
            record = json.loads(line)
            article = Article(record["id"], record["title"], record["text"])
            assert_sound(article, chunk_article(article))
