"""Who is served when: one conversation in order, different ones side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from contextvars import ContextVar
from typing import Any

from telegram import Update
from telegram.ext import BaseUpdateProcessor

from bot.telegram.state import State

_current: ContextVar[int] = ContextVar("update_id")

CONCURRENT = 4096  # updates inside at once; all but one of a conversation only wait


class Turns(BaseUpdateProcessor):
    """Processes the updates of one chat (and person, for inline queries) one after the other.

    An update is marked as done when its handler has finished, also by an error that was
    told to the person; one that shutdown cuts off stays in the inbox.
    """

    def __init__(self, state: State) -> None:
        super().__init__(CONCURRENT)
        self._state = state
        self._queues: dict[tuple[int, int], asyncio.Lock] = {}
        self._waiting: dict[tuple[int, int], int] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._closing = False

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        if not isinstance(update, Update):
            await coroutine
            return
        key, task = _conversation(update), asyncio.current_task()
        turn = self._queues.setdefault(key, asyncio.Lock())
        self._waiting[key] = self._waiting.get(key, 0) + 1
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        try:
            async with turn:
                if self._closing:  # it stays in the inbox
                    coroutine.close()  # type: ignore[attr-defined]  # PTB passes a coroutine
                    return
                _current.set(update.update_id)
                await coroutine
            self._state.done(update.update_id)
        finally:
            self._waiting[key] -= 1
            if not self._waiting[key]:
                del self._waiting[key], self._queues[key]

    def begin(self) -> None:
        """Work on the update of this turn begins: should the process die now, it may be the reason."""
        if (update_id := _current.get(None)) is not None:
            if self._closing:  # it stays in the inbox
                raise asyncio.CancelledError
            self._state.take_up(update_id)

    async def settle(self, seconds: float) -> None:
        """Let what has begun finish for at most `seconds`; the rest, and what is late, stays in the inbox."""
        self._closing = True
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=seconds)
            for task in late:
                task.cancel()

    async def initialize(self) -> None:
        """Nothing to prepare."""

    async def shutdown(self) -> None:
        """Nothing to free."""


def _conversation(update: Update) -> tuple[int, int]:
    if update.effective_chat is not None:
        message = update.effective_message
        return update.effective_chat.id, (getattr(message, "message_thread_id", None) or 0) if message else 0
    return (update.effective_user.id if update.effective_user else 0), -1
