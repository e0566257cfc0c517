"""A Bot API server for each test, and the bot as a process beside it."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from index.build import NewsIndex
from tests.telegram.driver import ServedBot
from tests.telegram.second_server import SecondServer
from tests.telegram.server import BotApi
from tests.telegram.world import Person


@pytest.fixture
def bot_api() -> Iterator[BotApi]:
    """Strict: a test fails when the bot sent something that Telegram would not take as meant."""
    api = BotApi.start()
    yield api
    api.stop()
    assert [] == api.problems


@pytest.fixture
def news(sample_index: NewsIndex, tmp_path: Path) -> Path:
    """A data directory with the sample articles under the real model; the test's own copy."""
    return Path(shutil.copytree(sample_index.folder, tmp_path / "news"))


@pytest.fixture(scope="module")
def reader() -> str:
    """Who finds the answers: the lighter one, except in modules in which it matters."""
    return "similarity"


Served = Callable[..., ServedBot]


@pytest.fixture
def served(bot_api: BotApi, tmp_path: Path, reader: str) -> Iterator[Served]:
    """`served(data_dir=news, config={...}, ...)`: the bot, started; see `ServedBot`. On `bot_api` unless told."""
    bots: list[ServedBot] = []

    def factory(
        api: BotApi | SecondServer = bot_api, *, wait: bool = True, config: Mapping[str, Any] | None = None, **rest: Any
    ) -> ServedBot:
        config = {"answer": {"reader": reader}, **(config or {})}
        bots.append(ServedBot(api, tmp_path / f"served-{len(bots)}", config=config, **rest))
        return bots[-1].start(wait=wait)

    yield factory
    for bot in bots:
        bot.close()


@pytest.fixture
def second_server() -> Iterator[SecondServer]:
    """An independent server in JavaScript, installed from npm at first use."""
    server = SecondServer.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def api() -> Iterator[BotApi]:
    """One server for all tests of a module, with `open_bot` on it."""
    server = BotApi.start()
    yield server
    server.stop()
    assert [] == server.problems


@pytest.fixture(scope="module")
def open_bot(
    api: BotApi, sample_index: NewsIndex, tmp_path_factory: pytest.TempPathFactory, reader: str
) -> Iterator[ServedBot]:
    """A bot that answers everybody from the sample articles, for all tests of a module."""
    folder = tmp_path_factory.mktemp("open")
    data = Path(shutil.copytree(sample_index.folder, folder / "news"))
    settings = {"access": "open", "questions_per_minute": 1_000, "group_questions_per_minute": 1_000}
    bot = ServedBot(api, folder, data_dir=data, config={"telegram": settings, "answer": {"reader": reader}}).start()
    yield bot
    bot.close()


_ids = itertools.count(1_001)


@pytest.fixture
def ani(open_bot: ServedBot) -> Person:  # noqa: ARG001  # nobody answers without it
    """Somebody who has never asked before."""
    return Person(next(_ids), "Ani")


@pytest.fixture
def budi(open_bot: ServedBot) -> Person:  # noqa: ARG001
    """Somebody else."""
    return Person(next(_ids), "Budi")
