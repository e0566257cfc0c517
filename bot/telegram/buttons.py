"""What happens when a button is pressed. Every button belongs to one stored answer, for good."""

from __future__ import annotations

from telegram import Bot, CallbackQuery, Update
from telegram.ext import ContextTypes

from bot.answer import Answer
from bot.answerer import Answerer
from bot.citations import Citation
from bot.telegram import record
from bot.telegram.asking import Asking, keyboard_of
from bot.telegram.desk import Desk
from bot.telegram.html import split
from bot.telegram.keyboard import Action, Press, source_keyboard
from bot.telegram.outgoing import edit
from bot.telegram.owner import Owner
from bot.telegram.render import Page, answer_html, source_page
from bot.telegram.state import Stored
from bot.telegram.texts import say, say_html
from bot.texts import LANGUAGES


class Buttons:
    """Handles callback queries."""

    def __init__(self, desk: Desk, asking: Asking, owner: Owner) -> None:
        self._desk = desk
        self._asking = asking
        self._owner = owner

    async def on_press(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        query = update.callback_query
        press = Press.decode(query.data or "") if query else None
        if query is None or query.message is None or press is None:
            return
        language = self._desk.language(query.message.chat.id)
        notice: str | None
        match press.action:
            case Action.LANGUAGE:
                notice = await self._language(query, press, context.bot)
            case Action.ERASE | Action.KEEP:
                notice = await self._erase(query, press, context.bot, language)
            case Action.ADD | Action.DECLINE:
                notice = await self._owner.decide(query, press, context.bot, language)
            case _:
                notice = await self._of_answer(query, press, context.bot, language)
        await query.answer(notice)

    async def _of_answer(self, query: CallbackQuery, press: Press, bot: Bot, language: str) -> str | None:
        stored = self._stored(press, query)
        if stored is None:
            return say("gone", language)
        match press.action:
            case Action.GOOD | Action.BAD:
                good = press.action is Action.GOOD
                self._desk.state.set_feedback(stored.id, query.from_user.id, good)
                return say("thanks_good" if good else "thanks_bad", language)
            case Action.REFINE:
                done = await self._asking.refine(bot, stored, press.number, query.from_user.id)
                return None if done else say("gone", language)
            case Action.BACK:
                return await self._back(bot, stored, language)
            case _:
                return await self._source(bot, stored, press, language)

    def _stored(self, press: Press, query: CallbackQuery) -> Stored | None:
        """The answer whose button was pressed; None unless the button hangs on this very answer."""
        state, message = self._desk.state, query.message
        stored = state.answer(press.about)
        if stored is None or message is None or message.chat.id != stored.place.chat:
            return None
        if not stored.messages:  # the process ended before this was written down; the button is the proof
            state.set_messages(stored.id, [message.message_id])
            return state.answer(stored.id)
        return stored if message.message_id in stored.messages else None

    async def _source(self, bot: Bot, stored: Stored, press: Press, language: str) -> str | None:
        """Show a quote inside its article, in place of the answer."""

        def look_up(answerer: Answerer) -> tuple[Citation, Page] | None:
            citation = record.citation_of(stored, press.number, answerer)
            article = answerer.index.store.article(citation.article) if citation else None
            if citation is None or article is None:
                return None
            return citation, source_page(article, citation, press.page or None, language)

        found = await self._desk.worker.run(look_up)
        if found is None:
            return say("source_gone", language)
        citation, page = found
        keyboard = source_keyboard(stored.id, press.number, page.page, page.pages, citation.link, language)
        await edit(bot, stored.place, stored.messages[-1:], page.html, keyboard)
        return None

    async def _back(self, bot: Bot, stored: Stored, language: str) -> str | None:
        answer: Answer | None = await self._desk.worker.run(lambda answerer: record.restored(stored, answerer))
        if answer is None:
            return say("source_gone", language)
        keyboard = keyboard_of(stored.id, answer, stored.data, stored.asked_at, language)
        await edit(bot, stored.place, stored.messages[-1:], split(answer_html(answer, language))[-1], keyboard)
        return None

    async def _language(self, query: CallbackQuery, press: Press, bot: Bot) -> str:
        message = query.message
        chosen = LANGUAGES[press.number % len(LANGUAGES)]
        if message is not None:
            self._desk.state.set_language(message.chat.id, chosen)
            await bot.edit_message_text(say_html("language_set", chosen), message.chat.id, message.message_id)
        return say("language_set", chosen)

    async def _erase(self, query: CallbackQuery, press: Press, bot: Bot, language: str) -> str:
        message, person = query.message, query.from_user.id
        if message is None or person != press.about:
            return say("not_yours", language)
        key = "kept"
        if press.action is Action.ERASE:
            self._desk.erase(person)
            key = "erased"
        await bot.edit_message_text(say_html(key, language), message.chat.id, message.message_id)
        return say(key, language)
