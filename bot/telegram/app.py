"""The application: handlers in their order, the gate before them, and its life from start to stop."""

from __future__ import annotations

import asyncio
import logging
import secrets
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from filelock import FileLock, Timeout
from telegram import (
    Update,
)
from telegram.error import Conflict, Forbidden, InvalidToken, NetworkError, TelegramError
from telegram.ext import (
    Application,
    ApplicationBuilder,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    InlineQueryHandler,
    MessageHandler,
    TypeHandler,
    filters,
)
from telegram.request import HTTPXRequest

from bot.settings import Settings
from bot.telegram.access import Access
from bot.telegram.asking import Asking
from bot.telegram.buttons import Buttons
from bot.telegram.desk import Desk, Worker, place_of
from bot.telegram.gate import Gate
from bot.telegram.inbox import Inbox
from bot.telegram.limits import Limiter
from bot.telegram.menus import publish_menus
from bot.telegram.outgoing import PatientLimiter, send
from bot.telegram.owner import Owner
from bot.telegram.people import People
from bot.telegram.state import State
from bot.telegram.texts import say, say_html
from bot.telegram.turns import Turns
from index.errors import TanyaError

UPDATES = ["message", "edited_message", "callback_query", "inline_query"]
SETTLE = 6.0  # seconds that answers under way have to finish when the bot stops
TIDY = 5.0  # seconds between looks for something to erase

log = logging.getLogger(__name__)

App = Application[Any, Any, Any, Any, Any, Any]


class ServeError(TanyaError):
    """The bot cannot run: a refused token, no connection, a second bot."""


@dataclass(frozen=True, slots=True)
class Connection:
    """How Telegram is reached. `webhook` is the public URL, None for polling; `secret` goes with it."""

    token: str
    base_url: str = "https://api.telegram.org/bot"
    webhook: str | None = None
    listen: str = "127.0.0.1"
    port: int = 8443
    secret: str = ""


async def serve(settings: Settings, connection: Connection) -> None:
    """Run the bot until SIGINT or SIGTERM; raises `TanyaError` when it cannot start."""
    folder = settings.data_path
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / "serving.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise ServeError(
            f"{folder}: got a bot that runs already, expected none; stop it, or use another data_dir"
        ) from None
    state = State(folder / "telegram.sqlite")
    try:
        await _serve(settings, connection, state)
    except InvalidToken:
        raise ServeError("got a token that Telegram refuses; take the one @BotFather gave you") from None
    except NetworkError as error:
        raise ServeError(f"got no answer from Telegram ({type(error).__name__}); check the connection") from None
    finally:
        state.close()
        lock.release()


async def _serve(settings: Settings, connection: Connection, state: State) -> None:
    stop, refused = asyncio.Event(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    options = settings.telegram
    inbox, turns = Inbox(state), Turns(state)
    access, worker = Access(state, options), Worker(settings, turns.begin)
    desk = Desk(
        settings, state, access, worker,
        Limiter(options.questions_per_minute), Limiter(options.group_questions_per_minute),
    )  # fmt: skip

    def give_up() -> None:
        refused.set()
        stop.set()

    application = build(desk, connection, inbox, turns, give_up)
    try:
        async with application:  # which asks Telegram about the token; only then is loading the model worth it
            await worker.open()
            desk.me = application.bot.bot
            await publish_menus(application.bot, access.owners)
            left = await inbox.restore(application.bot)
            if access.owner_code:
                print(f"This bot has no owner yet. Send it: /start {access.owner_code}", flush=True)
            print(f"@{desk.me.username} is ready ({left} messages were waiting). Stop it with Ctrl-C.", flush=True)
            await application.start()
            tidying = asyncio.create_task(_keep_tidy(desk))
            await _listen(application, connection)
            await stop.wait()
            tidying.cancel()
            with suppress(InvalidToken):  # said below
                await application.updater.stop()  # type: ignore[union-attr]  # built with one
            inbox.close()
            await turns.settle(SETTLE)
            await application.stop()
        if refused.is_set():
            raise InvalidToken
    finally:
        await worker.close()


class Polling(HTTPXRequest):
    """The connection that polls. Telegram refusing the token ends polling, which PTB tells nobody but the log."""

    def __init__(self, refused: Callable[[], None]) -> None:
        super().__init__(connection_pool_size=1)
        self._refused = refused

    async def do_request(self, *args: Any, **options: Any) -> tuple[int, bytes]:
        status, body = await super().do_request(*args, **options)
        if status == HTTPStatus.UNAUTHORIZED:
            self._refused()
        return status, body


def build(desk: Desk, connection: Connection, inbox: Inbox, turns: Turns, refused: Callable[[], None]) -> App:
    """The application with every handler, not yet running."""
    application = (
        ApplicationBuilder()
        .token(connection.token)
        .base_url(connection.base_url)
        .get_updates_request(Polling(refused))
        .update_queue(inbox)
        .concurrent_updates(turns)
        .rate_limiter(PatientLimiter())
        .build()
    )
    asking, owner = Asking(desk), Owner(desk)
    people = People(desk, asking, owner)
    text = (filters.TEXT | filters.CAPTION) & ~filters.COMMAND
    application.add_handler(TypeHandler(Update, Gate(desk).check), group=-1)
    application.add_handlers(
        [
            CommandHandler("tanya", asking.on_command),
            CommandHandler(list(people.commands), people.on_command),
            CommandHandler(list(owner.commands), owner.on_command),
            CallbackQueryHandler(Buttons(desk, asking, owner).on_press),
            InlineQueryHandler(asking.on_inline),
            MessageHandler(filters.COMMAND, people.on_unknown_command),
            MessageHandler(text, people.on_text),
            MessageHandler(~filters.StatusUpdate.ALL, people.on_other),
        ]
    )
    application.add_error_handler(Apology(desk).on_error)
    return application


class Apology:
    """An error: the person gets an id, the log the trace under that id."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def on_error(self, update: object, context: ContextTypes.DEFAULT_TYPE) -> None:
        if isinstance(context.error, Forbidden):
            log.info("a chat blocked the bot or removed it")
            return
        error_id = secrets.token_hex(4)
        log.error("error %s", error_id, exc_info=context.error)
        if not isinstance(update, Update):
            return
        with suppress(TelegramError):
            if update.callback_query is not None:
                language = self._desk.language(update.callback_query.from_user.id)
                await update.callback_query.answer(say("failed", language, id=error_id), show_alert=True)
            elif update.effective_message is not None:
                place = place_of(update.effective_message)
                await send(context.bot, place, say_html("failed", self._desk.language(place.chat), id=error_id))


async def _listen(application: App, connection: Connection) -> None:
    updater = application.updater
    assert updater is not None  # built with one
    if connection.webhook is None:
        await updater.start_polling(allowed_updates=UPDATES, error_callback=_polling_failed)
        return
    path = connection.webhook.split("://", 1)[-1].partition("/")[2]
    await updater.start_webhook(
        connection.listen, connection.port, path,
        webhook_url=connection.webhook, secret_token=connection.secret, allowed_updates=UPDATES,
    )  # fmt: skip


def _polling_failed(error: TelegramError) -> None:
    if isinstance(error, Conflict):
        log.error("another process polls with this token, or it has a webhook; stop the other one")
    else:
        log.warning("Telegram cannot be reached (%s); trying again", type(error).__name__)


async def _keep_tidy(desk: Desk) -> None:
    while True:
        await asyncio.sleep(TIDY)
        try:
            desk.tidy()
        except Exception:  # whatever it is, the bot goes on answering, and it is tried again
            log.exception("tidying failed")
