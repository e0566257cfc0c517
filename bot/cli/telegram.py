"""Commands around the Telegram bot: serve, feedback export."""

from __future__ import annotations

import asyncio
import json
import os
import re
import secrets
from dataclasses import replace
from pathlib import Path

import click

from bot.cli.common import common
from bot.settings import Settings, SettingsError

FORM = re.compile(r"\d+:[\w-]+", re.ASCII)
TOKEN, SECRET = "TELEGRAM_BOT_TOKEN", "TELEGRAM_WEBHOOK_SECRET"


@click.command()
@click.option("--webhook", metavar="URL", help="Receive updates at this public URL instead of polling.")
@click.option("--listen", default="127.0.0.1", show_default=True, help="Where the webhook's server listens.")
@click.option("--port", default=8443, show_default=True, type=click.IntRange(1, 65_535), help="Its port.")
@click.option("--base-url", metavar="URL", help="A self-hosted Bot API server, up to and including /bot.")
@click.option(
    "--log-level", default="info", show_default=True, help="What is logged to standard error.",
    type=click.Choice(["debug", "info", "warning", "error"]),
)  # fmt: skip
@common
def serve(
    settings: Settings, webhook: str | None, listen: str, port: int, base_url: str | None, log_level: str
) -> None:
    """Run the Telegram bot.

    The token comes from TELEGRAM_BOT_TOKEN, or from the file that telegram.token_file names.

    \b
    Examples:
      TELEGRAM_BOT_TOKEN=... tanya serve
      tanya serve --webhook https://bot.example.com/tanya --port 8443
    """
    token = _token(settings)
    secret = os.environ.get(SECRET) or secrets.token_urlsafe(32)

    from bot.telegram import logs
    from bot.telegram.app import Connection
    from bot.telegram.app import serve as run

    logs.set_up(log_level, (token, secret))
    connection = Connection(token, webhook=webhook, listen=listen, port=port, secret=secret)
    if base_url:
        connection = replace(connection, base_url=base_url.rstrip("/"))
    asyncio.run(run(settings, connection))


def _token(settings: Settings) -> str:
    token, path = os.environ.get(TOKEN, "").strip(), settings.telegram.token_file
    if not token and path:
        token = Path(path).expanduser().read_text("utf-8").strip()
    if not token:
        raise SettingsError(
            f"got no bot token, expected one in {TOKEN} or in the file that telegram.token_file names; "
            "get one from @BotFather in Telegram"
        )
    if not FORM.fullmatch(token):
        raise SettingsError("got a bot token of another form, expected digits:letters; copy it anew from @BotFather")
    return token


@click.group()
def feedback() -> None:
    """What people thought of the answers they got in Telegram."""


@feedback.command()
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file, not the screen.")
@common
def export(settings: Settings, out: Path | None) -> None:
    """Turn 👍 and 👎 into a test set, one question a line.

    An answer with more 👍 than 👎 becomes the gold answer, its quotes the evidence. Any other
    question is written with "rejected" and without an answer: `tanya questions check` lists
    those that still need one.

    \b
    Example:
      tanya feedback export --out questions.jsonl
    """
    from bot.telegram.export import records

    lines = [json.dumps(record, ensure_ascii=False) + "\n" for record in records(settings.data_path)]
    if out is None:
        click.echo("".join(lines), nl=False)
    else:
        out.write_text("".join(lines), "utf-8")
        click.echo(f"{len(lines)} questions written to {out}")
