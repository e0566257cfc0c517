"""Sending to Telegram so that it arrives: limits kept, faults outlasted, bad markup no loss."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from telegram import Bot, InlineKeyboardMarkup, LinkPreviewOptions, Message, ReplyParameters
from telegram.constants import ParseMode
from telegram.error import BadRequest, NetworkError, RetryAfter
from telegram.ext import AIORateLimiter

from bot.telegram.html import plain, split
from bot.telegram.state import Place

TRIES = 8  # of one request
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 20.0  # seconds before trying again after a fault, doubled each time
IMPATIENT = ("sendChatAction", "getMe")
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)

log = logging.getLogger(__name__)

Request = Callable[..., Coroutine[Any, Any, Any]]


class PatientLimiter(AIORateLimiter):
    """Telegram's limits, and patience: a refused or failed request is tried again.

    After a 429 only that chat waits; `AIORateLimiter` alone gives up at once or holds every
    chat back. A chat action is worth no waiting, and whoever starts the bot wants to know soon.
    """

    def __init__(self) -> None:
        super().__init__()
        self._not_before: dict[object, float] = {}

    async def process_request(
        self,
        callback: Request,
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: int | None,
    ) -> Any:
        if endpoint in IMPATIENT:
            return await callback(*args, **kwargs)
        clock = asyncio.get_running_loop().time
        chat, pause = data.get("chat_id"), FIRST_PAUSE
        for attempt in range(1, TRIES + 1):
            await asyncio.sleep(max(0.0, self._not_before.get(chat, 0.0) - clock()))
            try:
                return await super().process_request(callback, args, kwargs, endpoint, data, rate_limit_args)
            except RetryAfter as error:
                if attempt == TRIES:
                    raise
                self._not_before[chat] = clock() + _seconds(error) + 0.1
            except BadRequest:
                raise
            except NetworkError:
                if attempt == TRIES:
                    raise
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
        raise AssertionError("unreachable")


def _seconds(error: RetryAfter) -> float:
    after = error.retry_after
    return float(after) if isinstance(after, int | float) else after.total_seconds()


async def send(
    bot: Bot,
    place: Place,
    html: str,
    *,
    keyboard: InlineKeyboardMarkup | None = None,
    reply_to: int | None = None,
) -> list[Message]:
    """Send HTML of any length as one or more messages; the last one carries the keyboard."""
    parts = split(html)
    sent = []
    for number, part in enumerate(parts, 1):
        options: dict[str, Any] = {
            "message_thread_id": place.topic or None,
            "reply_markup": keyboard if number == len(parts) else None,
            "link_preview_options": NO_PREVIEW,
            "reply_parameters": ReplyParameters(reply_to, allow_sending_without_reply=True) if reply_to else None,
        }
        try:
            message = await bot.send_message(place.chat, part, parse_mode=ParseMode.HTML, **options)
        except BadRequest as error:
            if not _is_markup(error):
                raise
            log.error("Telegram could not parse a message; it is sent as plain text")
            message = await bot.send_message(place.chat, plain(part), **options)
        sent.append(message)
        reply_to = None
    return sent


async def edit(
    bot: Bot, place: Place, messages: Sequence[int], html: str, keyboard: InlineKeyboardMarkup | None
) -> list[int]:
    """Make these messages read `html`, sending or deleting what is too few or too many; gives their ids."""
    parts = split(html)
    kept = []
    for number, part in enumerate(parts, 1):
        markup = keyboard if number == len(parts) else None
        if number <= len(messages):
            kept.append(await _edit_one(bot, place, messages[number - 1], part, markup))
        else:
            kept.append((await send(bot, place, part, keyboard=markup))[0].message_id)
    for surplus in messages[len(parts) :]:
        try:
            await bot.delete_message(place.chat, surplus)
        except BadRequest:
            log.info("a message that is no longer needed could not be deleted")
    return kept


async def _edit_one(bot: Bot, place: Place, message: int, html: str, keyboard: InlineKeyboardMarkup | None) -> int:
    options: dict[str, Any] = {"reply_markup": keyboard, "link_preview_options": NO_PREVIEW}
    try:
        await bot.edit_message_text(html, place.chat, message, parse_mode=ParseMode.HTML, **options)
    except BadRequest as error:
        if "not modified" in error.message.lower():
            return message
        bare = _without_links(keyboard)
        if bare != keyboard and "url" in error.message.lower():  # "http://intranet/x" is none to Telegram
            return await _edit_one(bot, place, message, html, bare)
        if not _is_markup(error):  # deleted meanwhile, or too old to be edited
            return (await send(bot, place, html, keyboard=keyboard))[0].message_id
        await bot.edit_message_text(plain(html), place.chat, message, **options)
    return message


def _without_links(keyboard: InlineKeyboardMarkup | None) -> InlineKeyboardMarkup | None:
    rows = [[key for key in row if key.url is None] for row in keyboard.inline_keyboard] if keyboard else []
    return InlineKeyboardMarkup(kept) if (kept := [row for row in rows if row]) else None


def _is_markup(error: BadRequest) -> bool:
    return "parse entities" in error.message.lower()


class Typing:
    """Shows "typing ..." in a chat while the body runs."""

    EVERY = 4.0  # seconds; Telegram shows it for five

    def __init__(self, bot: Bot, place: Place) -> None:
        self._bot = bot
        self._place = place
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> None:
        self._task = asyncio.create_task(self._keep_typing())

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _keep_typing(self) -> None:
        while True:
            try:
                await self._bot.send_chat_action(
                    self._place.chat, "typing", message_thread_id=self._place.topic or None
                )
            except Exception:  # a comfort, never a reason to fail
                log.debug("the chat action could not be sent")
            await asyncio.sleep(self.EVERY)
