"""Questions: in private, in groups, edited, as replies, from a button, inline."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from telegram import (
    Bot,
    InlineKeyboardMarkup,
    InlineQuery,
    InlineQueryResultArticle,
    InputTextMessageContent,
    Message,
    Update,
)
from telegram.constants import ParseMode
from telegram.error import BadRequest
from telegram.ext import ContextTypes

from bot.answer import Answer, Status
from bot.answerer import Answerer
from bot.question import LONGEST, Turn
from bot.telegram import record
from bot.telegram.addressed import asked_text
from bot.telegram.desk import Busy, Desk, place_of
from bot.telegram.html import split
from bot.telegram.keyboard import answer_keyboard
from bot.telegram.outgoing import NO_PREVIEW, Typing, edit, send
from bot.telegram.render import answer_html, inline_card, reply_html
from bot.telegram.state import Place, Stored
from bot.telegram.texts import say_html
from index.errors import QuestionError
from index.records import ANYTHING, Filters

INLINE_WORDS = 2  # an inline question of fewer words is still being typed

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """One question, wherever it came from.

    `message` holds it, 0 if none does; in a group the answer replies to `reply_to`. `about` is
    the answer it may lean on, with its `history` of turns; `leans` whether it does (None lets
    the question tell). `replaces` is the answer it takes the place of, after an edit.
    """

    text: str
    place: Place
    person: int
    message: int
    at: datetime
    reply_to: int | None = None
    about: Stored | None = None
    history: tuple[Turn, ...] = ()
    leans: bool | None = None
    replaces: Stored | None = None
    filters: Filters = ANYTHING


class Asking:
    """Answers questions and keeps what was answered."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def on_text(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """A message addressed to the bot, new or edited."""
        message = update.effective_message
        if message is None or message.from_user is None:
            return
        text = asked_text(message, self._desk.me)
        if update.edited_message is not None:
            await self._again(context.bot, message, text)
        else:
            await self._first(context.bot, message, text)

    async def on_command(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """/tanya QUESTION; without one, the message it replies to is the question."""
        message = update.effective_message
        if message is None or message.from_user is None:
            return
        text = " ".join(context.args or [])
        if not text and message.reply_to_message is not None:
            text = message.reply_to_message.text or message.reply_to_message.caption or ""
        if text and update.edited_message is not None:
            await self._again(context.bot, message, text)
        elif text:
            await self._first(context.bot, message, text)
        else:
            await send(context.bot, place_of(message), say_html("ask_how", self._desk.language(message.chat.id)))

    async def answer(self, bot: Bot, asked: Asked) -> None:
        """Answer, and keep the answer; whatever hinders it is said in one line."""
        desk, place = self._desk, asked.place
        language = desk.language(place.chat)
        seconds = max(desk.per_person.wait(asked.person), desk.per_group.wait(place.chat) if place.chat < 0 else 0.0)
        if seconds:
            if desk.per_person.tell(asked.person):
                await self._say(bot, asked, say_html("too_fast", language, seconds=int(seconds) + 1))
            return
        try:
            async with Typing(bot, place):
                answer = await desk.worker.run(lambda answerer: self._ask(answerer, asked), bounded=True)
        except Busy:
            await self._say(bot, asked, say_html("busy", language))
        except QuestionError:
            key = "too_long" if len(asked.text) > LONGEST else "no_question"
            await self._say(bot, asked, say_html(key, language, length=len(asked.text), longest=LONGEST))
        else:
            if answer.status is Status.CHAT:
                await self._chat(bot, asked, reply_html(answer, language))
                return
            if not answer.passages and not await desk.worker.run(lambda answerer: answerer.index.store.chunk_count()):
                await self._say(bot, asked, say_html("no_articles", language))
                return
            await self._show(bot, asked, answer, language)

    async def on_inline(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """`@bot question` in any chat: one card that becomes the answer with its quotes."""
        query = update.inline_query
        if query is None:
            return
        text, person = query.query.strip(), query.from_user.id
        if len(text.split()) < INLINE_WORDS or self._desk.per_person.wait(person):
            await _offer(query, [])
            return
        language = self._desk.language(person)
        asked = Asked(text, Place(person), person, 0, datetime.now().astimezone(), leans=False)
        try:
            answer = await self._desk.worker.run(lambda answerer: self._ask(answerer, asked), bounded=True)
        except (Busy, QuestionError):
            await _offer(query, [])
            return
        if answer.status is Status.CHAT:
            await _offer(query, [])
            return
        title, description, html = inline_card(answer, language)
        content = InputTextMessageContent(split(html)[0], ParseMode.HTML, link_preview_options=NO_PREVIEW)
        await _offer(query, [InlineQueryResultArticle("1", title, content, description=description)])

    async def refine(self, bot: Bot, stored: Stored, number: int, person: int) -> bool:
        """Ask a stored question again with one of its suggestions; False if there is no such one."""
        found = record.suggestions(stored.data, stored.asked_at, self._desk.language(stored.place.chat))
        if not 0 <= number < len(found):
            return False
        at = datetime.fromtimestamp(stored.asked_at).astimezone()
        asked = Asked(
            stored.question, stored.place, person, 0, at,
            reply_to=stored.message if stored.place.chat < 0 else None, filters=found[number].filters,
        )  # fmt: skip
        await self.answer(bot, self._leaning(asked, stored.previous))
        return True

    def _asked(self, message: Message, text: str) -> Asked:
        desk, place = self._desk, place_of(message)
        person = message.from_user.id if message.from_user else 0
        reply_to = message.message_id if place.chat < 0 else None  # in private that is plain
        asked = Asked(text, place, person, message.message_id, message.date.astimezone(), reply_to)
        replied = message.reply_to_message
        if replied is not None and (about := desk.state.answer_in(place.chat, replied.message_id)) is not None:
            return replace(self._leaning(asked, about.id), leans=True)
        last = desk.state.last_answer(place)
        return self._leaning(asked, last.id if last else None)

    def _leaning(self, asked: Asked, answer_id: int | None) -> Asked:
        """The question with the answer it may lean on."""
        state = self._desk.state
        about = None if answer_id is None else state.answer(answer_id)
        return replace(asked, about=about, history=tuple(state.history(answer_id)))

    async def _first(self, bot: Bot, message: Message, text: str) -> None:
        """A new question; one that comes again after a crash is not answered twice."""
        old = self._desk.state.answer_to(message.chat.id, message.message_id)
        if old is None or not old.messages:
            await self.answer(bot, replace(self._asked(message, text), replaces=old))

    async def _again(self, bot: Bot, message: Message, text: str) -> None:
        """An edited question: its answer is edited, too."""
        old = self._desk.state.answer_to(message.chat.id, message.message_id)
        if old is None:
            await self.answer(bot, self._asked(message, text))
        elif old.question != " ".join(text.split()):  # else something besides the text changed
            asked = replace(self._asked(message, text), leans=None, replaces=old)
            await self.answer(bot, self._leaning(asked, old.previous))

    def _ask(self, answerer: Answerer, asked: Asked) -> Answer:
        return answerer.ask(
            asked.text,
            asked_at=asked.at,
            history=asked.history,
            follow_up=asked.leans,
            filters=asked.filters,
            carried=[citation[0] for citation in asked.about.data["citations"]] if asked.about else (),
        )

    async def _show(self, bot: Bot, asked: Asked, answer: Answer, language: str) -> None:
        """Keep the answer, then send it: its buttons name it."""
        state, data = self._desk.state, record.to_data(answer)
        previous = asked.about.id if asked.about and answer.question.context else None
        at = asked.at.timestamp()
        answer_id = state.put_answer(
            asked.place, asked.person, asked.message, at, answer.question.text, answer.text, data, previous
        )
        keyboard = keyboard_of(answer_id, answer, data, at, language)
        html = answer_html(answer, language)
        if asked.replaces is not None and asked.replaces.messages:
            messages = await edit(bot, asked.place, asked.replaces.messages, html, keyboard)
        else:
            sent = await send(bot, asked.place, html, keyboard=keyboard, reply_to=asked.reply_to)
            messages = [message.message_id for message in sent]
        state.set_messages(answer_id, messages)
        if asked.replaces is not None:
            state.replace_answer(asked.replaces.id, answer_id)

    async def _chat(self, bot: Bot, asked: Asked, html: str) -> None:
        """Reply to small talk, which is no turn of the conversation; an edit takes back what it was before."""
        old = asked.replaces
        if old is not None and old.messages:
            await edit(bot, asked.place, old.messages, html, None)
        else:
            await self._say(bot, asked, html)
        if old is not None:
            self._desk.state.drop_answer(old.id)

    async def _say(self, bot: Bot, asked: Asked, html: str) -> None:
        await send(bot, asked.place, html, reply_to=asked.reply_to)


def keyboard_of(
    answer_id: int, answer: Answer, data: dict[str, Any], asked_at: float, language: str
) -> InlineKeyboardMarkup:
    """The buttons under an answer."""
    outlets = [citation.outlet or citation.title or citation.article for citation in answer.citations]
    suggested = [suggestion.label for suggestion in record.suggestions(data, asked_at, language)]
    return answer_keyboard(answer_id, outlets, suggested)


async def _offer(query: InlineQuery, results: list[InlineQueryResultArticle]) -> None:
    try:
        await query.answer(results, cache_time=0, is_personal=True)
    except BadRequest:  # typed on meanwhile: Telegram wants no answer to an old query any more
        log.debug("an inline query was answered too late")
