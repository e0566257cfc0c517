"""Updates that survive a crash: written to disk before Telegram is told that they arrived.

PTB acknowledges an update once it is in the queue, long before it is answered; a bot killed
then loses it. Here the queue writes first, and what was not dealt with comes back at the start.
"""

from __future__ import annotations

import asyncio
import json
import logging

from telegram import Bot, Update

from bot.telegram.state import State

ATTEMPTS = 20  # an update during which the process died so often is given up: it may be the reason

log = logging.getLogger(__name__)


class Inbox(asyncio.Queue[object]):
    """The application's update queue. Everything but updates (PTB's stop signal) just passes."""

    def __init__(self, state: State) -> None:
        super().__init__()
        self._state = state
        self._closed = False

    async def put(self, item: object) -> None:
        if isinstance(item, Update) and not self._state.receive(item.update_id, item.to_json()):
            return  # delivered again; it is here already
        if self._closed and isinstance(item, Update):
            return  # on disk, for the next start
        await super().put(item)

    async def restore(self, bot: Bot) -> int:
        """Queue what an earlier process left undone; gives how many updates that was."""
        waiting = self._state.waiting()
        for update_id, data, attempts in waiting:
            if attempts >= ATTEMPTS:
                log.error("update %d was taken up %d times and never finished; it is dropped", update_id, attempts)
                self._state.done(update_id)
            else:
                await super().put(Update.de_json(json.loads(data), bot))
        return len(waiting)

    def close(self) -> None:
        """Take up nothing more: what waits stays on disk."""
        self._closed = True
        while not self.empty():
            self.get_nowait()
            self.task_done()
