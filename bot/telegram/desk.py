"""What every handler works with: settings, memory, access, and the worker that owns the index."""

from __future__ import annotations

import asyncio
import io
import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

from telegram import Message, User

from bot.answerer import Answerer
from bot.assemble import asks_llm, make_answerer, open_index
from bot.baton import Baton
from bot.settings import Settings
from bot.telegram.access import Access
from bot.telegram.limits import Limiter
from bot.telegram.state import Place, State
from index.articles import STDIN, read_sources
from index.records import Article

COMPUTING, AWAITING = 2, 8  # threads: enough to keep the cores busy, or a language model's server

T = TypeVar("T")


class Busy(Exception):
    """More is waiting than can be answered soon."""


class Worker:
    """A few threads that take turns at the index; everything that reads articles runs there.

    A turn is passed on while the trained model computes, which uses every core, or a language
    model is awaited, which uses none.
    """

    def __init__(self, settings: Settings, begin: Callable[[], None]) -> None:
        threads = AWAITING if asks_llm(settings) else COMPUTING
        self._settings = settings
        self._begin = begin  # called before each task
        self._bound = settings.telegram.waiting
        self._turn = asyncio.Semaphore(threads)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="answering")
        self._baton = Baton()
        self._answerer: Answerer | None = None
        self.waiting = 0

    async def run(self, task: Callable[[Answerer], T], *, bounded: bool = False) -> T:
        """The result of `task`; raises `Busy` when bounded and too much is waiting."""
        if bounded and self.waiting >= self._bound:
            raise Busy
        self.waiting += 1
        try:
            async with self._turn:
                self._begin()
                return await asyncio.get_running_loop().run_in_executor(self._pool, self._holding_baton, task)
        finally:
            self.waiting -= 1

    async def open(self) -> None:
        """Open the index and warm the model up, so that the first person does not wait for it."""
        await self.run(lambda answerer: answerer.index.retriever.embed("siap"))

    async def close(self) -> None:
        if self._answerer is not None:
            await self.run(lambda answerer: answerer.index.close())
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _holding_baton(self, task: Callable[[Answerer], T]) -> T:
        with self._baton:
            return task(self._opened())

    def _opened(self) -> Answerer:
        if self._answerer is None:
            self._answerer = make_answerer(self._settings, open_index(self._settings), self._baton)
        return self._answerer


@dataclass(slots=True)
class Desk:
    """Everything a handler needs."""

    settings: Settings
    state: State
    access: Access
    worker: Worker
    per_person: Limiter
    per_group: Limiter
    me: User | None = None
    erased: bool = True  # something deleted may still lie on disk; at the start, what an earlier process left

    def language(self, chat: int) -> str:
        """What is spoken in a chat: as chosen there, else as configured."""
        party = self.state.party(chat)
        return (party and party.language) or self.settings.language

    def erase(self, person: int) -> None:
        """Delete everything about a person; `tidy` soon takes the last bytes off the disk."""
        self.state.erase(person)
        self.erased = True

    def tidy(self) -> None:
        """Delete what is older than allowed; leave nothing deleted on disk."""
        if self.state.expire(self.settings.telegram.retention_days):
            self.erased = True
        if self.erased:
            self.erased = not self.state.compact()

    async def add(self, content: bytes, url: str | None = None) -> Outcome:
        """Add a page or a bare article, in a process of its own: embedding must keep nobody waiting."""
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            return await asyncio.get_running_loop().run_in_executor(pool, _add, self.settings, content, url)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of adding one article."""

    title: str = ""
    unchanged: bool = False
    reason: str = ""  # why it was rejected


def _add(settings: Settings, content: bytes, url: str | None) -> Outcome:
    item = next(read_sources([STDIN], io.BytesIO(content)), None)
    if not isinstance(item, Article):
        return Outcome(reason=item.reason if item else "it is empty")
    article = replace(item, url=item.url or url)
    index = open_index(settings)
    try:
        added = index.add([article])
    finally:
        index.close()
    return Outcome(article.title or article.id, unchanged=bool(added.unchanged))


def place_of(message: Message) -> Place:
    """The conversation a message belongs to."""
    topic = message.message_thread_id if message.is_topic_message else 0
    return Place(message.chat.id, topic or 0)
