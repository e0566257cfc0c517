"""The composition root: the only place that makes objects out of settings."""

from __future__ import annotations

import os
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from bot.answerer import Answerer
from bot.baton import Baton, PassingModel, PassingReader
from bot.conversation.standalone import Rewriter, stand_alone
from bot.llm.cache import Remembering
from bot.llm.circuit import Guarded
from bot.llm.client import Endpoint, HttpModel
from bot.llm.judge import Bound, Rules
from bot.llm.ledger import Ledger
from bot.llm.local import LocalServer, weights_of
from bot.llm.meter import Metered
from bot.llm.model import Model
from bot.llm.prompts import Prompts, Window
from bot.llm.rewrite import ModelRewriter
from bot.llm.support import Inference, SupportCheck
from bot.llm.writer import Prices, Writer
from bot.read import ExtractiveReader, Reader
from bot.reader.combine import Calibration, Risk
from bot.reader.model import ReaderModel
from bot.reader.trained import SpanModel, TrainedReader
from bot.settings import MODELS, Settings, SettingsError
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


def make_answerer(settings: Settings, index: NewsIndex, baton: Baton | None = None) -> Answerer:
    """An answerer over an index; one that several threads use is called with the `baton` in hand."""
    model = PassingReader(reader_model(MODELS), baton) if baton else reader_model(MODELS)
    llm = make_llm(settings, baton)
    return Answerer(
        index, make_reader(settings, index, model), make_writer(settings, llm, model), make_rewriter(settings, llm),
        bullets=settings.answer.max_quotes + 2,
    )  # fmt: skip


@lru_cache(maxsize=1)
def reader_model(cache: Path) -> ReaderModel:
    """The trained model, one for the process: it takes a second to load and 100 MB."""
    return ReaderModel(cache)


def make_reader(settings: Settings, index: NewsIndex, model: SpanModel) -> Reader:
    chosen = settings.answer
    if chosen.reader == "similarity":
        return ExtractiveReader(index, chosen.max_quotes)
    return TrainedReader(index, model, Calibration.load(), Risk(chosen.risk), chosen.max_quotes)


def asks_llm(settings: Settings) -> bool:
    """Whether a language model is wanted."""
    return settings.answer.mode == "llm" or (settings.answer.mode == "auto" and bool(settings.llm.provider))


def make_llm(settings: Settings, baton: Baton | None = None) -> Model | None:
    """The language model that writer and rewriter share, None where none is wanted.

    Raises `SettingsError` for one that cannot be asked as configured.
    """
    if not asks_llm(settings):
        return None
    _check(settings)
    model: Model = _make_model(settings)
    if baton:
        model = PassingModel(model, baton)
    model = Guarded(Metered(model, open_ledger(settings), make_prices(settings).of))
    return Remembering(model, settings.llm.cache) if settings.llm.cache else model


def make_writer(settings: Settings, model: Model | None, inference: Inference | None = None) -> Writer | None:
    """What has a language model word answers, None without one."""
    answer, llm = settings.answer, settings.llm
    if model is None:
        return None
    bound: Bound = "free" if answer.mode == "llm" else "within" if llm.style == "completion" else "same"
    return Writer(
        model,
        make_prompts(settings),
        Rules(SupportCheck(inference), answer.strict, bound),
        deadline=answer.deadline,
        longest=llm.max_tokens,
        prices=make_prices(settings),
    )


def make_rewriter(settings: Settings, model: Model | None) -> Rewriter:
    """What writes follow-ups out: the rules, and before them a language model that can converse."""
    if model is None or settings.llm.style == "completion":
        return stand_alone
    return ModelRewriter(model, make_prompts(settings), deadline=settings.answer.deadline, prices=make_prices(settings))


def make_prompts(settings: Settings) -> Prompts:
    """The shipped prompts, or the user's own; raises `LlmError` for one that lacks a place."""
    llm = settings.llm
    folder = Path(llm.prompts).expanduser() if llm.prompts else None
    return Prompts(llm.style, Window(llm.context_window, llm.max_tokens, llm.passages), folder)


def make_prices(settings: Settings) -> Prices:
    return Prices(settings.llm.price_prompt, settings.llm.price_completion)


def open_ledger(settings: Settings) -> Ledger:
    return Ledger(settings.data_path / "llm-usage.sqlite")


def _check(settings: Settings) -> None:
    llm = settings.llm
    if not llm.provider:
        raise SettingsError("answer.mode: got 'llm' without llm.provider, expected a language model; name it in [llm]")
    if not llm.model:
        raise SettingsError(f"llm.model: got '' for {llm.provider!r}, expected the model's name; set it")
    if llm.max_tokens > llm.context_window // 2:
        raise SettingsError(
            f"llm.max_tokens: got {llm.max_tokens:,} of {llm.context_window:,} tokens of context, expected at most "
            "half; lower it, or raise llm.context_window"
        )
    if llm.prompts and not Path(llm.prompts).expanduser().is_dir():
        raise SettingsError(f"llm.prompts: got {llm.prompts!r}, expected a folder that exists; mend it")


def _make_model(settings: Settings) -> HttpModel:
    """The model behind HTTP; the one in this process is served on loopback first."""
    llm = settings.llm
    name, base_url, key = llm.model, llm.base_url, os.environ.get(llm.key_env, "")
    server = None
    if llm.provider == "llama-cpp":
        weights = weights_of(llm.model, MODELS)
        server = LocalServer(weights, context=llm.context_window)
        name, base_url, key = weights.stem, server.base_url, server.key
    endpoint = Endpoint(
        "ollama" if llm.provider == "ollama" else "openai", name, base_url or _USUAL[llm.provider], key,
        llm.style, llm.context_window, llm.max_tokens, llm.temperature,
    )  # fmt: skip
    return HttpModel(endpoint, timeout=settings.answer.deadline, server=server)


_USUAL = {"openai": "https://api.openai.com/v1", "ollama": "http://localhost:11434"}
