"""A Bot API server on loopback that tests talk to as the people, groups and faults around the bot.

>>> api = BotApi.start()
>>> sari = Person(11)
>>> question = api.send_message(sari.chat, sari, "/tanya siapa wali kota?")
>>> answer = api.wait_for_reply(sari.chat, to=question)
>>> api.press(answer, answer.data("1"), sari)

What the bot polls or is posted are real HTTP exchanges with `lo-bot-api-emulator`.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import threading
import time
from collections.abc import Callable, Collection, Coroutine
from dataclasses import replace
from typing import Any, TypeVar

from aiohttp import web

from tests.telegram.emulator import Emulator
from tests.telegram.faults import Call, Fault, Kind
from tests.telegram.world import BOT, Chat, Json, Message, Person, message_payload, text_fields, without_none

TOKEN = f"{BOT.id}:AAtoken_of_the_tests_0123456789abcdef"
REDELIVER = 0.1  # seconds between two attempts to post what a webhook did not take
T = TypeVar("T")


class BotApi:
    """Made by `start`; `stop` ends it.

    Every method that sends something returns at once when the bot polls, and after the bot
    took it (or refused it) when it has set a webhook.
    """

    def __init__(self, *, strict: bool) -> None:
        self.token = TOKEN
        self._emulator = Emulator(TOKEN, strict=strict)
        self._numbers = itertools.count(1)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="bot-api", daemon=True)
        self._runner = web.AppRunner(self._emulator.app(), access_log=None, shutdown_timeout=0.1)
        self.url = ""

    @classmethod
    def start(cls, *, strict: bool = True) -> BotApi:
        """Listen on a free port; unless `strict`, texts are not held against Telegram's HTML."""
        api = cls(strict=strict)
        api._thread.start()
        api._run(api._serve())
        return api

    async def _serve(self) -> None:
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        self._redelivery = asyncio.create_task(self._redeliver())

    async def _redeliver(self) -> None:
        """As Telegram does, and the emulator does not."""
        while True:
            await asyncio.sleep(REDELIVER)
            await self._emulator.deliver_updates(token=self.token)

    def stop(self) -> None:
        async def end() -> None:
            self._redelivery.cancel()
            await asyncio.gather(self._redelivery, return_exceptions=True)
            await self._runner.cleanup()

        self._run(end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    @property
    def base_url(self) -> str:
        """What python-telegram-bot calls `base_url`."""
        return f"{self.url}/bot"

    # -- what people do ------------------------------------------------------------------------

    def send_message(
        self,
        chat: Chat,
        user: Person,
        text: str,
        *,
        topic: int | None = None,
        reply_to: Message | None = None,
        entities: list[Json] | None = None,
    ) -> Message:
        """Write a text; commands, mentions and links in it are marked unless `entities` are given."""
        return self._post(chat, user, text_fields(text, entities), topic, reply_to)

    def edit_message(self, message: Message, text: str) -> Message:
        content = {**text_fields(text), "edit_date": int(time.time())}
        payload = {k: v for k, v in message.payload.items() if k != "entities"} | content
        edited = replace(message, payload=payload, changed_at=time.monotonic())

        async def edit() -> Message:
            return await self._enqueue(edited, "edited_message")

        return self._run(edit())

    def forward(self, chat: Chat, user: Person, text: str, *, origin: Person | Chat | str = "Kabar Nusa") -> Message:
        """Forward a text of a person, a chat (as from a channel), or somebody who hides behind a name."""
        moment = int(time.time()) - 3600
        match origin:
            case Person():
                source: Json = {"type": "user", "sender_user": origin.payload}
            case Chat():
                source = {"type": "channel", "chat": origin.payload | {"type": "channel"}, "message_id": 5}
            case name:
                source = {"type": "hidden_user", "sender_user_name": name}
        return self._post(chat, user, {**text_fields(text), "forward_origin": source | {"date": moment}})

    def voice(self, chat: Chat, user: Person, *, topic: int | None = None) -> Message:
        return self._post(chat, user, {"voice": _file("voice") | {"duration": 3}}, topic)

    def sticker(self, chat: Chat, user: Person, *, topic: int | None = None) -> Message:
        kind = {"width": 512, "height": 512, "is_animated": False, "is_video": False, "type": "regular", "emoji": "👍"}
        return self._post(chat, user, {"sticker": _file("sticker") | kind}, topic)

    def photo(self, chat: Chat, user: Person, *, caption: str | None = None, topic: int | None = None) -> Message:
        content = without_none(photo=[_file("photo") | {"width": 90, "height": 60}], caption=caption)
        return self._post(chat, user, content, topic)

    def press(self, message: Message, data: str, user: Person, *, forged: bool = False) -> str:
        """Press the button with this callback data (`forged`: there need be none); gives the query's id."""
        there = [button.get("callback_data") for button in message.buttons]
        assert forged or data in there, f"no button {data!r} on {message.text!r}"
        number = str(next(self._numbers))
        query = {"id": number, "from": user.payload, "chat_instance": str(-(message.chat.id**2) - 1), "data": data}
        where = (
            {"inline_message_id": message.inline_id} if message.inline_id else {"message": self.now(message).payload}
        )
        self._emulator.queries.add(number)
        self.update({"callback_query": query | where})
        return number

    def inline(self, user: Person, query: str, *, offset: str = "") -> str:
        """Type `@bot query` somewhere; gives the id of the inline query."""
        number = str(next(self._numbers))
        self._emulator.queries.add(number)
        asked = {"id": number, "from": user.payload, "query": query, "offset": offset, "chat_type": "sender"}
        self.update({"inline_query": asked})
        return number

    def choose(self, result: Json, user: Person) -> Message:
        """Send a result of an inline query; gives the inline message, which the bot may edit."""

        async def post() -> Message:
            message = self._emulator.show_inline(result, user)
            chosen = {"result_id": result["id"], "from": user.payload, "query": ""}
            chosen["inline_message_id"] = message.inline_id
            await self._emulator.enqueue_update({"chosen_inline_result": chosen}, token=self.token)
            return message

        return self._run(post())

    def update(self, update: Json) -> int:
        """Queue any update as it is; gives its id."""
        return self._run(self._emulator.enqueue_update(update, token=self.token))

    def meet(self, chat: Chat, topic: int | None = None) -> None:
        """Let the bot be in a chat (and know a topic) although nobody has said anything there."""
        self._emulator.chats[chat.id] = chat
        if topic is not None:
            self._emulator.topics.add((chat.id, topic))

    def _post(
        self, chat: Chat, user: Person, content: Json, topic: int | None = None, reply_to: Message | None = None
    ) -> Message:
        async def post() -> Message:
            self.meet(chat, topic)
            number, now = self._emulator.new_id(), time.monotonic()
            payload = message_payload(number, chat, user, content, topic=topic, reply_to=reply_to)
            return await self._enqueue(Message(number, chat, payload, at=now, changed_at=now), "message")

        return self._run(post())

    async def _enqueue(self, message: Message, kind: str) -> Message:
        self._emulator.shown[message.chat.id, message.id] = message
        update_id = await self._emulator.enqueue_update({kind: message.payload}, token=self.token)
        message = replace(message, update_id=update_id)
        self._emulator.shown[message.chat.id, message.id] = message
        return message

    # -- what can be seen ----------------------------------------------------------------------

    def messages(self, chat: Chat, *, topic: int | None = None) -> list[Message]:
        """What stands in a chat now, edits made and deleted messages gone, oldest first."""
        shown = [m for m in list(self._emulator.shown.values()) if m.chat.id == chat.id and m.inline_id is None]
        return sorted((m for m in shown if topic in (None, m.topic)), key=lambda m: m.id)

    def replies(self, chat: Chat, *, topic: int | None = None, to: Message | None = None) -> list[Message]:
        """The bot's messages among them; with `to`, those that reply to it."""
        return [m for m in self.messages(chat, topic=topic) if m.by_bot and (to is None or m.reply_to == to.id)]

    def now(self, message: Message) -> Message:
        """The same message as it looks now."""
        return self._emulator.shown[0 if message.inline_id else message.chat.id, message.id]

    def results(self, query_id: str) -> list[Json] | None:
        """What an inline query was answered with; None before it was."""
        return self._emulator.results.get(query_id)

    def calls(self, *methods: str) -> list[Call]:
        """Every call in order of arrival, of these methods; of none given: all but getUpdates."""
        return [c for c in list(self._emulator.calls) if (c.method in methods if methods else c.method != "getUpdates")]

    def commands(self, scope: str = "default", language: str = "") -> list[str]:
        """The command menu of a scope and language."""
        return [command["command"] for command in self._emulator.commands.get((scope, language), [])]

    @property
    def problems(self) -> list[str]:
        """What the bot sent and never may: invalid HTML, another parse mode, too long callback data."""
        return list(self._emulator.problems)

    @property
    def pending(self) -> int:
        """Updates that the bot has not acknowledged."""
        return int(self._emulator._update_queues.info(self.token)["pending_update_count"])

    def wait_for(self, predicate: Callable[[], T], timeout: float = 60.0) -> T:
        """Wait until `predicate()` is true, looked at after every call; gives its value."""
        deadline = time.monotonic() + timeout
        while not (value := predicate()):
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {timeout:g} s; the last calls were:\n{self.story()}")
            with self._emulator.changed:
                self._emulator.changed.wait(0.05)  # not longer: a call may have ended since we looked
        return value

    def wait_for_reply(self, chat: Chat, *, to: Message | None = None, timeout: float = 60.0) -> Message:
        """The bot's newest message in a chat that is newer than `to`; waits for it."""

        def newer() -> list[Message]:
            return [m for m in self.replies(chat) if to is None or m.id > to.id]

        return self.wait_for(newer, timeout)[-1]

    def story(self, last: int = 12) -> str:
        """The last calls, a line each."""
        calls = self._emulator.calls[-last:]
        return "\n".join(f"#{c.number} {c.method} {c.status} {c.fault or ''} {str(c.parameters)[:160]}" for c in calls)

    # -- what goes wrong -----------------------------------------------------------------------

    def fault(
        self,
        kind: Kind,
        *methods: str,
        nth: Collection[int] = (),
        share: float = 1.0,
        chat: Chat | None = None,
        times: int | None = None,
        seed: int = 0,
        retry_after: float = 1,
        status: int = 500,
        seconds: float = 1.0,
    ) -> Fault:
        """Let calls of these methods go wrong from now on; the first rule that strikes decides.

        Args:
            kind: "retry_after" (429), "status" (500, 502), "drop_before" and "drop_after" (the
                connection, before or after the effect), "slow", "parse" and "not_modified" (400),
                "blocked" (403).
            nth: which of the calls, counted from 1; else a share of them.
            share: from 0 to 1, drawn with `seed`.
            times: at most so many.
            retry_after: seconds; earlier calls to the same chat are refused again, and marked `early`.
            status: of "status".
            seconds: that "slow" takes.
        """
        assert methods, "say which methods go wrong"
        limit = None if chat is None else chat.id
        rule = Fault(
            kind, frozenset(methods), nth, share, limit, times, retry_after, status, seconds, random.Random(seed)
        )
        self._emulator.faults.append(rule)
        return rule

    def clear_faults(self) -> None:
        self._emulator.faults.clear()


def _file(name: str) -> Json:
    return {"file_id": f"tests-{name}", "file_unique_id": f"tests-{name}-unique", "file_size": 100}
