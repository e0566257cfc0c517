"""The gate before every handler: what is meant for the bot, from somebody who may ask."""

from __future__ import annotations

from telegram import Bot, InlineQueryResultsButton, Update
from telegram.ext import ApplicationHandlerStop, ContextTypes

from bot.telegram.addressed import is_addressed
from bot.telegram.desk import Desk, place_of
from bot.telegram.menus import publish_owner_menu
from bot.telegram.outgoing import send
from bot.telegram.texts import say, say_html


class Gate:
    """Lets through what is meant for the bot and comes from somebody who may ask."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def check(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        desk, user, message = self._desk, update.effective_user, update.effective_message
        if user is None or desk.me is None:
            raise ApplicationHandlerStop
        if message is not None and update.callback_query is None and not is_addressed(message, desk.me):
            raise ApplicationHandlerStop
        chat = update.effective_chat.id if update.effective_chat else user.id
        if not desk.access.may_ask(user.id, chat):
            await self._refuse(update, context.bot, chat)
            raise ApplicationHandlerStop

    async def _refuse(self, update: Update, bot: Bot, chat: int) -> None:
        """Say why, and how to be let in; nothing of what was asked is kept."""
        desk, user, message = self._desk, update.effective_user, update.message
        language = desk.language(chat)
        if update.inline_query is not None:
            ask = InlineQueryResultsButton(say("ask_access", language), start_parameter="izin")
            await update.inline_query.answer([], cache_time=0, is_personal=True, button=ask)
        elif update.callback_query is not None:
            await update.callback_query.answer(say("refused", language))
        elif message is not None and user is not None:
            if chat > 0 and desk.access.become_owner(user.id, user.full_name, (message.text or "").split(" ")[-1]):
                await publish_owner_menu(bot, user.id)
                await send(bot, place_of(message), say_html("now_owner", language))
            elif desk.per_person.tell(chat):
                name = user.full_name if chat > 0 else message.chat.title or ""
                await send(bot, place_of(message), self._how_to_enter(chat, name, language))

    def _how_to_enter(self, chat: int, name: str, language: str) -> str:
        code = self._desk.access.pairing_code(chat, name)
        if code is not None:
            return say_html("pairing", language, code=code)
        return say_html("private" if chat > 0 else "private_group", language, id=chat)
