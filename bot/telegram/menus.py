"""The command menus: what Telegram shows behind the slash."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from contextlib import suppress

from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
)
from telegram.error import BadRequest, TelegramError

from bot.texts import LANGUAGES

log = logging.getLogger(__name__)

_MENUS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "private": (
        ("start", "Perkenalan", "What this bot does"),
        ("tanya", "Ajukan pertanyaan", "Ask a question"),
        ("sumber", "Kutipan jawaban terakhir", "Quotes of the last answer"),
        ("riwayat", "Pertanyaan sebelumnya", "Earlier questions"),
        ("baru", "Mulai percakapan baru", "Begin a new conversation"),
        ("terbaru", "Artikel terbaru", "Newest articles"),
        ("bahasa", "Pilih bahasa", "Choose a language"),
        ("bantuan", "Bantuan", "Help"),
        ("privasi", "Apa yang disimpan", "What is stored"),
        ("hapus", "Hapus semua data saya", "Delete everything about me"),
    ),
    "group": (
        ("tanya", "Ajukan pertanyaan", "Ask a question"),
        ("sumber", "Kutipan jawaban terakhir", "Quotes of the last answer"),
        ("baru", "Mulai percakapan baru", "Begin a new conversation"),
        ("terbaru", "Artikel terbaru", "Newest articles"),
        ("bantuan", "Bantuan", "Help"),
    ),
    "owner": (
        ("status", "Keadaan bot", "How the bot is doing"),
        ("tambah", "Tambah artikel dari alamat", "Add an article by its address"),
        ("pengguna", "Siapa yang boleh bertanya", "Who may ask"),
        ("izinkan", "Beri izin", "Let somebody in"),
        ("blokir", "Cabut izin", "Shut somebody out"),
        ("umpanbalik", "Penilaian terakhir", "Latest feedback"),
    ),
}


def menu(kind: str, language: str) -> list[tuple[str, str]]:
    """(command, description) of the "private", "group" or "owner" menu."""
    position = 1 + LANGUAGES.index(language)
    return [(entry[0], entry[position]) for entry in _MENUS[kind]]


async def publish_menus(bot: Bot, owners: Iterable[int]) -> None:
    """The command menus: private and group, in every language, and the owners' own."""
    scopes = {"private": BotCommandScopeAllPrivateChats(), "group": BotCommandScopeAllGroupChats()}
    try:
        for kind, scope in scopes.items():
            for language in LANGUAGES:
                commands = [BotCommand(*entry) for entry in menu(kind, language)]
                # Without a language code it is what speakers of every other language see.
                await bot.set_my_commands(commands, scope, language_code=None if language == "id" else language)
        for owner in owners:
            await publish_owner_menu(bot, owner)
    except TelegramError as error:
        log.warning("the command menu could not be set (%s)", type(error).__name__)


async def publish_owner_menu(bot: Bot, owner: int) -> None:
    """The menu of one owner: everybody's commands and the owners'."""
    for language in LANGUAGES:
        commands = [BotCommand(*entry) for kind in ("private", "owner") for entry in menu(kind, language)]
        with suppress(BadRequest):  # an owner who never wrote to the bot
            await bot.set_my_commands(
                commands, BotCommandScopeChat(owner), language_code=None if language == "id" else language
            )
