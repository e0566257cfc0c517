"""What owners may do in the chat: let people in, add articles, see how the bot is doing."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from telegram import Bot, CallbackQuery, Message, Update
from telegram.ext import ContextTypes

from bot import __version__
from bot.assemble import open_ledger
from bot.render import spent
from bot.telegram.desk import Desk, place_of
from bot.telegram.fetch import fetch_page
from bot.telegram.html import escape, shorten
from bot.telegram.keyboard import Action, Press, button, choice
from bot.telegram.outgoing import Typing, send
from bot.telegram.state import Party, Place, Standing
from bot.telegram.texts import say, say_html
from index.errors import TanyaError

SHOWN = 20  # answers with feedback that /umpanbalik lists
ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)

Handler = Callable[[Message, str, Bot, str], Awaitable[None]]


class Owner:
    """Commands and offers for owners only."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.commands: dict[str, Handler] = {
            "status": self._status,
            "tambah": self._add,
            "pengguna": self._users,
            "izinkan": self._allow,
            "blokir": self._block,
            "umpanbalik": self._feedback,
        }

    async def on_command(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """An owner's command; anybody else is told that it is one."""
        message = update.effective_message
        if message is None or message.from_user is None or not message.text:
            return
        language = self._desk.language(message.chat.id)
        if not self._desk.access.is_owner(message.from_user.id):
            await send(context.bot, place_of(message), say_html("owner_only", language))
            return
        name = message.text.split()[0].removeprefix("/").split("@")[0].lower()
        await self.commands[name](message, " ".join(context.args or []), context.bot, language)

    # -- articles ------------------------------------------------------------------------

    async def offer(self, message: Message, content: str, bot: Bot, language: str) -> None:
        """Ask whether a forwarded text or a link becomes an article."""
        person = message.from_user.id if message.from_user else 0
        offer = self._desk.state.put_offer(message.chat.id, person, content)
        keyboard = choice(
            button(say("offer_yes", language), Action.ADD, offer),
            button(say("offer_no", language), Action.DECLINE, offer),
        )
        await send(bot, place_of(message), say_html("offer", language), keyboard=keyboard, reply_to=message.message_id)

    async def decide(self, query: CallbackQuery, press: Press, bot: Bot, language: str) -> str | None:
        """The owner's answer to an offer."""
        message = query.message
        if message is None or not self._desk.access.is_owner(query.from_user.id):
            return say("owner_only", language)
        content = self._desk.state.take_offer(press.about, query.from_user.id)
        if content is None:
            return say("offer_gone", language)
        text = say_html("declined", language)
        if press.action is Action.ADD:
            text = await self._added(content, Place(message.chat.id), bot, language)
        await bot.edit_message_text(text, message.chat.id, message.message_id, parse_mode="HTML")
        return None

    async def _add(self, message: Message, argument: str, bot: Bot, language: str) -> None:
        place = place_of(message)
        if not ADDRESS.fullmatch(argument):
            await send(bot, place, say_html("which_url", language))
            return
        await send(bot, place, await self._added(argument, place, bot, language), reply_to=message.message_id)

    async def _added(self, content: str, place: Place, bot: Bot, language: str) -> str:
        """Add a link's page or a text; gives what to say."""
        try:
            async with Typing(bot, place):
                if ADDRESS.fullmatch(content):
                    page = await fetch_page(content, private=self._desk.settings.telegram.private_addresses)
                    outcome = await self._desk.add(page, content)
                else:
                    outcome = await self._desk.add(content.encode())
        except TanyaError as error:
            return say_html("not_added", language, reason=error)
        if outcome.reason:
            return say_html("not_added", language, reason=outcome.reason)
        return say_html("unchanged" if outcome.unchanged else "added", language, title=outcome.title)

    # -- people --------------------------------------------------------------------------

    def _everybody(self) -> list[Party]:
        """Whoever has a standing, by the configuration or by an owner's word."""
        options = self._desk.settings.telegram
        listed = dict.fromkeys((*options.users, *options.groups), Standing.ALLOWED)
        listed |= dict.fromkeys(options.owners, Standing.OWNER)
        known = {party.id: party for party in self._desk.state.parties()}
        named = [Party(i, known[i].name if i in known else "", standing, None) for i, standing in listed.items()]
        return [*named, *(party for party in known.values() if party.id not in listed)]

    async def _users(self, message: Message, _: str, bot: Bot, language: str) -> None:
        lines = "\n".join(f"{p.standing} · {p.name or '–'} · {p.id}" for p in self._everybody())
        access = self._desk.settings.telegram.access
        await send(bot, place_of(message), say_html("users", language, access=access, lines=lines))

    async def _allow(self, message: Message, argument: str, bot: Bot, language: str) -> None:
        party = await self._party(message, argument, bot, language)
        if party is None:
            return
        if not self._desk.access.is_owner(party.id):
            self._desk.access.allow(party)
        await send(bot, place_of(message), say_html("allowed", language, who=_who(party)))
        if party.standing is Standing.STRANGER and party.name:  # it asked: it is waiting for this
            await send(bot, Place(party.id), say_html("let_in", self._desk.language(party.id)))

    async def _block(self, message: Message, argument: str, bot: Bot, language: str) -> None:
        party = await self._party(message, argument, bot, language)
        if party is None:
            return
        if self._desk.access.is_owner(party.id):
            await send(bot, place_of(message), say_html("owner_stays", language))
            return
        self._desk.access.block(party)
        await send(bot, place_of(message), say_html("blocked", language, who=_who(party)))

    async def _party(self, message: Message, argument: str, bot: Bot, language: str) -> Party | None:
        party = self._desk.access.find(argument) if argument else None
        if party is None:
            await send(bot, place_of(message), say_html("unknown_party" if argument else "whom", language))
        return party

    # -- how it is doing -----------------------------------------------------------------

    async def _status(self, message: Message, _: str, bot: Bot, language: str) -> None:
        articles = await self._desk.worker.run(lambda answerer: answerer.index.store.counts())
        counts = self._desk.state.counts()
        inside = [p.id for p in self._everybody() if p.standing in (Standing.ALLOWED, Standing.OWNER)]
        text = say_html(
            "status", language, version=__version__, access=self._desk.settings.telegram.access,
            articles=articles["articles"], copies=articles["articles"] - articles["texts"],
            people=sum(i > 0 for i in inside), groups=sum(i < 0 for i in inside),
            answers=counts["answers"], refused=counts["refused"],
            waiting=counts["waiting"] - 1,  # without this command itself
        )  # fmt: skip
        taken = [
            say_html("spent", language, total=spent(total, language))
            for total in open_ledger(self._desk.settings).this_month()
        ]
        await send(bot, place_of(message), "\n".join([text, *taken]))

    async def _feedback(self, message: Message, _: str, bot: Bot, language: str) -> None:
        judged = self._desk.state.feedback()[:SHOWN]
        lines = [
            f"{'👍' * bool(good)}{'👎' * bool(bad)} {escape(shorten(stored.question, 200))} → "
            f"{escape(shorten(stored.text or '–', 200))}"
            for stored, good, bad in judged
        ]
        await send(bot, place_of(message), "\n\n".join(lines) or say_html("no_feedback", language))


def _who(party: Party) -> str:
    return f"{party.name} ({party.id})" if party.name else str(party.id)
