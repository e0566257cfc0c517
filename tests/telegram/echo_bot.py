"""The smallest bot there is, to prove the harness with: it says again what it is told.

Usage: python -m tests.telegram.echo_bot --base-url URL [--webhook URL --secret TEXT]
"""

from __future__ import annotations

import argparse
import html
import os
from urllib.parse import urlsplit

from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InputTextMessageContent,
    LinkPreviewOptions,
    Update,
)
from telegram.constants import ChatAction
from telegram.error import TelegramError
from telegram.ext import (
    AIORateLimiter,
    Application,
    CallbackQueryHandler,
    ContextTypes,
    InlineQueryHandler,
    MessageHandler,
    filters,
)

KEYBOARD = InlineKeyboardMarkup([[InlineKeyboardButton("Lagi", callback_data="again")]])


async def echo(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
    message = update.effective_message
    assert message is not None
    await context.bot.send_chat_action(
        message.chat.id,
        ChatAction.TYPING,
        message_thread_id=message.message_thread_id if message.is_topic_message else None,
    )
    await message.reply_html(
        f"<b>{html.escape(message.text or 'bukan teks')}</b>",
        reply_markup=KEYBOARD,
        do_quote=True,
        link_preview_options=LinkPreviewOptions(is_disabled=True),
    )


async def press(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
    query = update.callback_query
    assert query is not None
    await query.answer()
    await query.edit_message_text("<i>lagi</i>", "HTML", reply_markup=KEYBOARD)


async def inline(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
    query = update.inline_query
    assert query is not None
    content = InputTextMessageContent(f"<b>{html.escape(query.query)}</b>", "HTML")
    await query.answer([InlineQueryResultArticle("1", "Jawaban", content, reply_markup=KEYBOARD)], cache_time=0)


async def failed(_: object, context: ContextTypes.DEFAULT_TYPE) -> None:
    print("failed:", context.error, flush=True)


async def prepare(application: Application) -> None:
    try:
        await application.bot.set_my_commands([("tanya", "Ajukan pertanyaan")], language_code="id")
    except TelegramError as error:
        print("no menu:", error, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--base-url")
    parser.add_argument("--webhook")
    parser.add_argument("--secret")
    given, _ = parser.parse_known_args()
    limiter = AIORateLimiter(max_retries=5)
    builder = Application.builder().token(os.environ["TELEGRAM_BOT_TOKEN"]).base_url(given.base_url)
    application = builder.rate_limiter(limiter).post_init(prepare).build()
    application.add_handler(MessageHandler(filters.ALL, echo))
    application.add_handler(CallbackQueryHandler(press))
    application.add_handler(InlineQueryHandler(inline))
    application.add_error_handler(failed)
    if given.webhook is None:
        application.run_polling(poll_interval=0.0, timeout=10, allowed_updates=Update.ALL_TYPES)
        return
    at = urlsplit(given.webhook)
    application.run_webhook(
        at.hostname or "", at.port or 80, at.path, webhook_url=given.webhook, secret_token=given.secret
    )


if __name__ == "__main__":
    main()
