"""The composition root: the only place that makes objects out of settings."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from bot.answerer import Answerer
from bot.read import ExtractiveReader
from bot.settings import MODELS, Settings
from index.build import NewsIndex
from index.embed import BUNDLED, BundledEmbedder, Embedder, Prefixes, SentenceTransformerEmbedder


def samples() -> Path:
    """The folder of sample articles that ships with the package."""
    return Path(str(files("bot") / "samples" / "articles"))


def make_embedder(settings: Settings) -> Embedder:
    chosen = settings.embedding
    if chosen.model == BUNDLED:
        return BundledEmbedder(MODELS)
    prefixes = Prefixes(chosen.query_prefix, chosen.passage_prefix)
    return SentenceTransformerEmbedder(chosen.model, prefixes, local_files_only=not chosen.allow_download)


def open_index(settings: Settings) -> NewsIndex:
    return NewsIndex(settings.data_path, make_embedder(settings))


def make_answerer(settings: Settings, index: NewsIndex) -> Answerer:
    quotes = settings.answer.max_quotes
    return Answerer(index, ExtractiveReader(index, quotes), bullets=quotes + 2)
