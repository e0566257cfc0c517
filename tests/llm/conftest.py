"""What the tests of the language model share: a small index, a scripted model, a scripted server."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Any

import pytest

from bot.answerer import Answerer
from bot.llm.client import Endpoint, HttpModel, Provider
from bot.llm.errors import LlmError
from bot.llm.judge import Bound, Rules, Strictness
from bot.llm.model import End, Model, Prompt, Usage
from bot.llm.prompts import Prompts, Style
from bot.llm.support import SupportCheck
from bot.llm.writer import Writer
from bot.read import ExtractiveReader
from index.build import NewsIndex
from index.records import Article
from tests.conftest import MakeArticle, OpenIndex
from tests.llm.server import ScriptedServer

FLOOD = (
    "Banjir merendam Kabupaten Demak pada Rabu (4/3/2026). Sebanyak 1.240 warga mengungsi ke balai desa. "
    "Bupati Demak Eisti'anah meninjau lokasi. Kerugian ditaksir Rp1,5 miliar. Tidak ada korban jiwa."
)
QUAKE = (
    "Gempa bermagnitudo 5,8 mengguncang Padang, Sumatera Barat, pada Kamis (5/3/2026). "
    "Kepala BPBD Rudi Hartono mengatakan 26 rumah rusak."
)
QUESTION = "Berapa warga Demak yang mengungsi?"


def splits(reply: str) -> Iterator[list[str]]:
    """The reply in two at every place, and character by character."""
    yield from ([reply[:cut], reply[cut:]] for cut in range(1, len(reply)))
    yield list(reply)


class ScriptedModel:
    """A `Model` that says what it is told to, piece by piece, and remembers what it was asked."""

    def __init__(self, *replies: str | LlmError, pieces: int = 7, usage: Usage = Usage(100, 20)) -> None:
        self.name = "scripted"
        self.asked: list[Prompt] = []
        self._replies = list(replies)
        self._pieces = pieces
        self._usage = usage

    def stream(self, prompt: Prompt, until: float) -> Generator[str | End, None, None]:  # noqa: ARG002  # it is never late
        self.asked.append(prompt)
        reply = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
        if isinstance(reply, LlmError):
            raise reply
        for at in range(0, len(reply), self._pieces):
            yield reply[at : at + self._pieces]
        yield End(self._usage)

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def articles(make_article: MakeArticle) -> list[Article]:
    return [
        make_article("kn-1", FLOOD, title="Banjir di Demak", outlet="Kabar Nusa"),
        make_article("hp-1", QUAKE, title="Gempa Padang", outlet="Harian Pesisir", published="2026-03-05"),
    ]


@pytest.fixture
def news(open_index: OpenIndex, articles: Sequence[Article]) -> NewsIndex:
    index = open_index()
    index.add(articles, sync=False)
    return index


MakeAnswerer = Callable[..., Answerer]


@pytest.fixture
def answerer_with(news: NewsIndex) -> MakeAnswerer:
    """`answerer_with(model, **options of Rules and Writer)`: over the small index."""

    def make(
        model: Model,
        *,
        check: SupportCheck = SupportCheck(),
        strict: Strictness = "strict",
        bound: Bound = "same",
        **options: Any,
    ) -> Answerer:
        writer = Writer(model, Prompts("chat"), Rules(check, strict, bound), **options)
        return Answerer(news, ExtractiveReader(news), writer)

    return make


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    running = ScriptedServer()
    yield running
    running.close()


OpenModel = Callable[..., HttpModel]

PACKAGES = {"openai": "llama_index.llms.openai_like", "ollama": "llama_index.llms.ollama"}
Wire = tuple[Provider, Style]
WIRES: list[Wire] = [("openai", "chat"), ("openai", "completion"), ("ollama", "chat"), ("ollama", "completion")]


@pytest.fixture(params=WIRES, ids="-".join)
def wire(request: pytest.FixtureRequest) -> Wire:
    """A provider and a style: what asks for it runs over all four."""
    found: Wire = request.param
    pytest.importorskip(PACKAGES[found[0]], reason="the extra tanya-berita[llm] is not installed")
    return found


@pytest.fixture
def http_model(server: ScriptedServer, wire: Wire) -> Iterator[OpenModel]:
    """`http_model(timeout=20.0, **fields of Endpoint)`: a client of the scripted server, over the wire."""
    provider, style = wire
    opened: list[HttpModel] = []

    def make(*, timeout: float = 20.0, **options: Any) -> HttpModel:
        url = server.address if provider == "ollama" else server.url
        fields = {"key": "sk-secret-123456", "style": style} | options
        opened.append(HttpModel(Endpoint(provider, "scripted", url, **fields), timeout=timeout))
        return opened[-1]

    yield make
    for model in opened:
        model.close()
