"""What every command shares: its settings, its filters, and how it fails."""

from __future__ import annotations

import functools
import json
import os
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from bot.assemble import open_index
from bot.settings import Settings, load
from index.build import NewsIndex
from index.errors import TanyaError
from index.records import Filters

FAILED, INTERRUPTED = 1, 130


def common_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command --data-dir, --config and --debug."""
    for option in (
        click.option("--debug", is_flag=True, help="Show the traceback of an error."),
        click.option("--config", type=click.Path(path_type=Path), help="A TOML file; see config/default.toml."),
        click.option("--data-dir", type=click.Path(path_type=Path, file_okay=False), help="Where the index lives."),
    ):
        command = option(command)
    return command


def common(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the common options; it receives the settings they make."""

    @common_options
    @functools.wraps(command)
    def run(data_dir: Path | None, config: Path | None, debug: bool, **options: Any) -> None:
        with errors(debug):
            command(load(config, data_dir=data_dir), **options)

    return run


@contextmanager
def errors(debug: bool) -> Iterator[None]:
    """Every failure as one clear line; the traceback only with --debug."""
    try:
        yield
    except BrokenPipeError:
        # Whoever read the output has left: no complaint, also not when Python flushes at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(FAILED)
    except (TanyaError, OSError, sqlite3.Error, MemoryError, UnicodeEncodeError) as error:
        if debug:
            raise
        complain(_one_line(error))
        sys.exit(FAILED)
    except KeyboardInterrupt:
        click.echo(err=True)
        sys.exit(INTERRUPTED)


def _one_line(error: BaseException) -> str:
    if isinstance(error, TanyaError):
        return str(error)
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}; check that it exists and that you may use it"
    if isinstance(error, UnicodeEncodeError):
        return f"got {error.object[error.start : error.end]!a}, expected UTF-8; check the terminal's encoding"
    return f"{type(error).__name__}: {error}; run it again with --debug to see where"


def complain(message: str) -> None:
    click.echo(f"tanya: {message}", err=True)


@contextmanager
def open_for(settings: Settings) -> Iterator[NewsIndex]:
    index = open_index(settings)
    try:
        yield index
    finally:
        index.close()


def need_articles(index: NewsIndex) -> None:
    if not index.store.counts()["articles"]:
        raise TanyaError(
            f"the index in {index.folder} is empty; add articles with: tanya add FOLDER, or try: tanya chat --samples"
        )


def print_json(data: Any) -> None:
    click.echo(json.dumps(data, ensure_ascii=False, indent=2, default=datetime.isoformat))


_DAY = click.DateTime(["%Y-%m-%d"])


def filtered(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command --since, --until, --outlet and --section; it receives `Filters`."""

    @click.option("--since", type=_DAY, help="Only articles from this day on (YYYY-MM-DD).")
    @click.option("--until", type=_DAY, help="Only articles up to this day (YYYY-MM-DD).")
    @click.option("--outlet", help="Only articles of this outlet.")
    @click.option("--section", help="Only articles of this section.")
    @functools.wraps(command)
    def run(
        *args: Any,
        since: datetime | None,
        until: datetime | None,
        outlet: str | None,
        section: str | None,
        **options: Any,
    ) -> None:
        first, last = _date(since), _date(until)
        if first and last and first > last:
            raise click.UsageError(f"got --since {first} after --until {last}; swap them")
        command(*args, filters=Filters(first, last, outlet, section), **options)

    return run


def _date(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()
