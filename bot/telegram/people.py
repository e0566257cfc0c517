"""Commands for everybody, and what the bot says to messages that are no question."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from telegram import Bot, Message, Update
from telegram.ext import ContextTypes

from bot.question import LONGEST, Turn
from bot.telegram import record
from bot.telegram.addressed import asked_text
from bot.telegram.asking import Asking
from bot.telegram.desk import Desk, place_of
from bot.telegram.keyboard import Action, button, choice
from bot.telegram.outgoing import send
from bot.telegram.owner import ADDRESS, Owner
from bot.telegram.render import history_html, latest_html, sources_html
from bot.telegram.texts import say, say_html
from bot.texts import LANGUAGES

LISTED = 10  # articles of /terbaru, questions of /riwayat

Handler = Callable[[Message, Bot, str], Awaitable[None]]


class People:
    """Commands for everybody."""

    def __init__(self, desk: Desk, asking: Asking, owner: Owner) -> None:
        self._desk = desk
        self._asking = asking
        self._owner = owner
        self.commands: dict[str, Handler] = {
            "start": self._start,
            "sumber": self._sources,
            "baru": self._new,
            "riwayat": self._history,
            "terbaru": self._latest,
            "bahasa": self._language,
            "bantuan": self._help,
            "help": self._help,
            "privasi": self._privacy,
            "hapus": self._erase,
        }

    async def on_command(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        message = update.message
        if message is None or not message.text:
            return
        name = message.text.split()[0].removeprefix("/").split("@")[0].lower()
        await self.commands[name](message, context.bot, self._desk.language(message.chat.id))

    async def on_text(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """A text: a question, unless an owner passes on something that could become an article."""
        message = update.effective_message
        if message is None or message.from_user is None:
            return
        text = asked_text(message, self._desk.me)
        is_article = ADDRESS.fullmatch(text) or (message.forward_origin is not None and len(text) > LONGEST // 4)
        if is_article and update.message is not None and self._desk.access.is_owner(message.from_user.id):
            content = text if ADDRESS.fullmatch(text) else message.text or message.caption or ""
            await self._owner.offer(message, content, context.bot, self._desk.language(message.chat.id))
        else:
            await self._asking.on_text(update, context)

    async def on_other(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """A voice message, a sticker, a picture: say what can be done instead."""
        if update.message is not None:
            await self._send(update.message, context.bot, "only_text")

    async def on_unknown_command(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        if update.message is not None and update.message.chat.type == "private":
            await self._send(update.message, context.bot, "unknown_command")

    async def _start(self, message: Message, bot: Bot, language: str) -> None:
        counts = await self._desk.worker.run(lambda answerer: answerer.index.store.counts())
        key = "start" if counts["articles"] else "no_articles"
        await send(bot, place_of(message), say_html(key, language, articles=counts["articles"]))

    async def _help(self, message: Message, bot: Bot, language: str) -> None:
        text = say_html("help", language, username=self._desk.me.username if self._desk.me else "")
        if message.from_user and self._desk.access.is_owner(message.from_user.id):
            text += "\n\n" + say_html("owner_help", language)
        await send(bot, place_of(message), text)

    async def _sources(self, message: Message, bot: Bot, language: str) -> None:
        stored = self._desk.state.last_answer(place_of(message))
        if stored is None:
            await self._send(message, bot, "no_answer_yet")
            return
        answer = await self._desk.worker.run(lambda answerer: record.restored(stored, answerer))
        if answer is None:
            await self._send(message, bot, "source_gone")
        elif not answer.citations:
            await self._send(message, bot, "no_sources")
        else:
            await send(bot, place_of(message), sources_html(answer.citations, language))

    async def _new(self, message: Message, bot: Bot, language: str) -> None:
        self._desk.state.forget(place_of(message))
        await send(bot, place_of(message), say_html("forgotten", language))

    async def _history(self, message: Message, bot: Bot, language: str) -> None:
        stored = self._desk.state.conversation(place_of(message), LISTED)
        turns = [Turn(one.question, one.text or "") for one in reversed(stored)]
        await send(bot, place_of(message), history_html(turns, language))

    async def _latest(self, message: Message, bot: Bot, language: str) -> None:
        articles = await self._desk.worker.run(
            lambda answerer: [answerer.index.get(entry.id) for entry in answerer.index.store.listed()[:LISTED]]
        )
        await send(bot, place_of(message), latest_html(articles, language))

    async def _language(self, message: Message, bot: Bot, language: str) -> None:
        names = ("Indonesia", "English")
        buttons = [button(name, Action.LANGUAGE, 0, n) for n, name in enumerate(names[: len(LANGUAGES)])]
        await send(bot, place_of(message), say_html("language", language), keyboard=choice(*buttons))

    async def _privacy(self, message: Message, bot: Bot, language: str) -> None:
        days = self._desk.settings.telegram.retention_days
        await send(bot, place_of(message), say_html("privacy", language, days=days))

    async def _erase(self, message: Message, bot: Bot, language: str) -> None:
        person = message.from_user.id if message.from_user else 0
        keyboard = choice(
            button(say("erase_yes", language), Action.ERASE, person),
            button(say("erase_no", language), Action.KEEP, person),
        )
        await send(bot, place_of(message), say_html("erase_question", language), keyboard=keyboard)

    async def _send(self, message: Message, bot: Bot, key: str) -> None:
        await send(bot, place_of(message), say_html(key, self._desk.language(message.chat.id)))
