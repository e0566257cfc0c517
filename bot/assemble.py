"""The composition root: the only place that makes objects out of settings."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from bot.answerer import Answerer
from bot.read import ExtractiveReader, Reader
from bot.reader.combine import Calibration, Risk
from bot.reader.model import ReaderModel
from bot.reader.trained import TrainedReader
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
    return Answerer(index, make_reader(settings, index), bullets=settings.answer.max_quotes + 2)


def make_reader(settings: Settings, index: NewsIndex) -> Reader:
    chosen = settings.answer
    if chosen.reader == "similarity":
        return ExtractiveReader(index, chosen.max_quotes)
    return TrainedReader(index, ReaderModel(MODELS), Calibration.load(), Risk(chosen.risk), chosen.max_quotes)
