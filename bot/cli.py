"""The `tanya` command: articles in, questions answered."""

from __future__ import annotations

import functools
import json
import os
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from bot import __version__
from bot.answer_file import answer_record, read_questions
from bot.assemble import make_answerer, open_index, samples
from bot.chat import Chat, converse
from bot.progress import progress_bar
from bot.render import as_json, day, render
from bot.settings import Settings, load
from bot.texts import say
from index.articles import count_bytes, read_sources
from index.build import Added, NewsIndex
from index.doctor import diagnose, repair
from index.errors import QuestionError, TanyaError
from index.records import Article, Filters

FAILED, INTERRUPTED = 1, 130
_TITLE = 60  # characters of a title in a list


def common(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command --data-dir, --config and --debug; it receives the settings they make."""

    @click.option("--data-dir", type=click.Path(path_type=Path, file_okay=False), help="Where the index lives.")
    @click.option("--config", type=click.Path(path_type=Path), help="A TOML file; see config/default.toml.")
    @click.option("--debug", is_flag=True, help="Show the traceback of an error.")
    @functools.wraps(command)
    def run(data_dir: Path | None, config: Path | None, debug: bool, **options: Any) -> None:
        with _errors(debug):
            command(load(config, data_dir=data_dir), **options)

    return run


@contextmanager
def _errors(debug: bool) -> Iterator[None]:
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
        _complain(_one_line(error))
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


def _complain(message: str) -> None:
    click.echo(f"tanya: {message}", err=True)


@contextmanager
def _index(settings: Settings) -> Iterator[NewsIndex]:
    index = open_index(settings)
    try:
        yield index
    finally:
        index.close()


def _json(data: Any) -> None:
    click.echo(json.dumps(data, ensure_ascii=False, indent=2, default=datetime.isoformat))


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="tanya")
def main() -> None:
    """Answers from news articles, each with the passage it stands on."""


@main.command()
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.option("--json", "as_data", is_flag=True, help="Print the summary as JSON.")
@common
def add(settings: Settings, sources: tuple[str, ...], as_data: bool) -> None:
    """Add articles, or update those that changed.

    SOURCE is a file (.txt .md .html .jsonl .jsonl.gz .csv), a folder, or - for standard
    input. Adding the same source again costs next to nothing and continues a run that was
    interrupted.

    \b
    Examples:
      tanya add articles/
      tanya add archive.jsonl.gz today.html
      cat article.txt | tanya add -
    """
    with _index(settings) as index:
        added = _add(index, sources)
    if as_data:
        _json({**asdict(added), "rejected": [asdict(r) for r in added.rejected]})
    else:
        _summary(added)
    if added.rejected:
        sys.exit(FAILED)


def _add(index: NewsIndex, sources: Iterable[str | Path]) -> Added:
    sources = list(sources)
    with progress_bar("Adding", count_bytes(sources)) as bar:
        items = read_sources(sources, sys.stdin.buffer, on_bytes=bar.advance)
        return index.add(items, progress=lambda added: bar.count(added.seen))


def _summary(added: Added) -> None:
    click.echo(
        f"{added.new} new, {added.changed} changed, {added.unchanged} unchanged, "
        f"{added.copies} copies, {len(added.rejected)} failed"
    )
    for rejected in added.rejected:
        click.echo(f"  {rejected.where}: {rejected.reason}", err=True)


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


@main.command()
@click.argument("question", nargs=-1, required=True)
@filtered
@click.option("--top", type=click.IntRange(1, 10), help="Show at most this many quotes.")
@click.option("--json", "as_data", is_flag=True, help="Print the answer, quotes and passages as JSON.")
@common
def ask(settings: Settings, question: tuple[str, ...], filters: Filters, top: int | None, as_data: bool) -> None:
    """Answer one question.

    \b
    Examples:
      tanya ask "Berapa pengungsi banjir Demak?"
      tanya ask --since 2026-03-01 --outlet "Kabar Nusantara" "Kenapa harga cabai naik?"
      tanya ask --json "Siapa tersangkanya?"
    """
    if top is not None:
        settings = settings.model_copy(update={"answer": settings.answer.model_copy(update={"max_quotes": top})})
    with _index(settings) as index:
        _need_articles(index)
        answerer = make_answerer(settings, index)
        started = time.perf_counter()
        answer = answerer.ask(" ".join(question), asked_at=_now(), filters=filters)
        latency = (time.perf_counter() - started) * 1000
    if as_data:
        _json(as_json(answer, latency))
    else:
        click.echo(render(answer, settings.language))


def _now() -> datetime:
    return datetime.now().astimezone()


def _need_articles(index: NewsIndex) -> None:
    if not index.store.counts()["articles"]:
        raise TanyaError(
            f"the index in {index.folder} is empty; add articles with: tanya add FOLDER, or try: tanya chat --samples"
        )


@main.command()
@click.option("--samples", "with_samples", is_flag=True, help="Add the sample articles first if the index is empty.")
@common
def chat(settings: Settings, with_samples: bool) -> None:
    """Ask question after question; a follow-up may refer to the one before.

    Without a terminal it answers the questions on standard input, one a line.

    \b
    Examples:
      tanya chat --samples
      printf 'Berapa pengungsi banjir Demak?\\nKapan itu?\\n' | tanya chat
    """
    with _index(settings) as index:
        if with_samples and not index.store.counts()["articles"]:
            files = sorted(samples().iterdir())
            click.echo(say("preparing", settings.language, articles=len(files)), err=True)
            _add(index, files)
        _need_articles(index)
        conversation = Chat(make_answerer(settings, index), settings.language, _now)
        if sys.stdin.isatty():
            articles = index.store.counts()["articles"]
            click.echo(say("welcome", settings.language, articles=articles) + "\n")
            converse(conversation, _typed(settings, conversation.commands), lambda text: click.echo(f"\n{text}\n"))
        else:
            converse(conversation, _piped(), lambda text: click.echo(f"{text}\n"))


def _typed(settings: Settings, commands: list[str]) -> Iterator[str]:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import WordCompleter
    from prompt_toolkit.history import FileHistory

    session: PromptSession[str] = PromptSession(
        history=FileHistory(str(settings.data_path / "chat-history")),
        completer=WordCompleter(commands, sentence=True),
        complete_while_typing=False,
    )
    while True:
        try:
            yield session.prompt("> ")
        except (EOFError, KeyboardInterrupt):
            return


def _piped() -> Iterator[str]:
    for raw in sys.stdin.buffer:
        line = raw.decode("utf-8", "replace").strip("\ufeff \t\r\n")
        if line:
            click.echo(f"> {line}")
            yield line


@main.command(name="list")
@filtered
@click.option("--json", "as_data", is_flag=True, help="Print the list as JSON.")
@common
def list_articles(settings: Settings, filters: Filters, as_data: bool) -> None:
    """List the articles, newest first.

    \b
    Example:
      tanya list --since 2026-03-01 --outlet "Harian Pesisir"
    """
    with _index(settings) as index:
        listed = index.store.listed(filters)
    if as_data:
        _json([asdict(entry) for entry in listed])
        return
    for entry in listed:
        when = f"{entry.published:%Y-%m-%d}" if entry.published else "-" * 10
        notes = [f"version {entry.version}"] * (entry.version > 1) + [f"{entry.copies} copies"] * (entry.copies > 0)
        title = entry.title if len(entry.title) <= _TITLE else entry.title[: _TITLE - 1] + "…"
        click.echo("  ".join([when, entry.id, entry.outlet or "-", title, *notes]))


@main.command()
@click.argument("article_id", metavar="ID")
@click.option("--json", "as_data", is_flag=True, help="Print the article as JSON.")
@common
def show(settings: Settings, article_id: str, as_data: bool) -> None:
    """Print one article as it is stored and quoted.

    \b
    Example:
      tanya show kn-2026-03-04-banjir-demak
    """
    with _index(settings) as index:
        article = index.get(article_id)
        versions = index.store.versions(article_id)
    if as_data:
        _json(
            {**asdict(article), "versions": [dict(zip(("number", "title", "added"), v, strict=True)) for v in versions]}
        )
        return
    click.echo(click.style(article.title, bold=True))
    click.echo(_details(article, settings.language))
    if len(versions) > 1:
        click.echo(f"version {len(versions)}; earlier ones were added {', '.join(v[2][:10] for v in versions[:-1])}")
    click.echo(f"\n{article.text}")


def _details(article: Article, language: str) -> str:
    fields = (article.outlet, article.author, day(article.published, language), article.section, article.url)
    return " · ".join(filter(None, fields))


@main.command()
@click.argument("article_id", metavar="ID")
@common
def remove(settings: Settings, article_id: str) -> None:
    """Remove an article and all its versions from the index.

    \b
    Example:
      tanya remove kn-2026-03-04-banjir-demak
    """
    with _index(settings) as index:
        index.remove(article_id)
    click.echo(f"removed {article_id}")


@main.command()
@click.option("--json", "as_data", is_flag=True, help="Print it as JSON.")
@common
def status(settings: Settings, as_data: bool) -> None:
    """Say what the index holds and how large it is.

    \b
    Example:
      tanya status --json
    """
    with _index(settings) as index:
        data = {
            "data_dir": str(index.folder),
            **index.store.counts(),
            "megabytes": round(_bytes(index.folder) / 1e6, 1),
            "embedding_model": index.store.meta("model"),
            "outlets": dict(index.store.outlets()),
        }
    if as_data:
        _json(data)
        return
    outlets = data.pop("outlets")
    for key, value in data.items():
        click.echo(f"{key.replace('_', ' ') + ':':17}{value}")
    for outlet, articles in outlets.items():  # type: ignore[union-attr]  # a dict, see above
        click.echo(f"  {articles:6}  {outlet or '(no outlet)'}")


def _bytes(folder: Path) -> int:
    parts = [folder / "index.sqlite", *(folder / "chroma").rglob("*")]
    return sum(part.stat().st_size for part in parts if part.is_file())


@main.command()
@click.option("--fix", is_flag=True, help="Repair what is found.")
@click.option("--json", "as_data", is_flag=True, help="Print the findings as JSON.")
@common
def doctor(settings: Settings, fix: bool, as_data: bool) -> None:
    """Compare the articles with Chroma and the lexical index; say every disagreement.

    \b
    Examples:
      tanya doctor
      tanya doctor --fix
    """
    with _index(settings) as index:
        findings = diagnose(index)
        if as_data:
            _json([asdict(f) for f in findings])
        else:
            for finding in findings:
                click.echo(f"{finding.part}: {finding.count} {finding.problem}")
        mended = bool(findings and fix)
        if mended:
            repair(index, findings)
            findings = diagnose(index)
            click.echo(
                "repaired" if not findings else "not everything could be repaired", err=as_data or bool(findings)
            )
    if not findings and not as_data and not mended:
        click.echo("the store, Chroma and the lexical index agree")
    if findings:
        if not fix and not as_data:
            click.echo("repair it with: tanya doctor --fix", err=True)
        sys.exit(FAILED)


@main.command()
@click.option("--embed", is_flag=True, help="Cut and embed every article again (after a change of model).")
@common
def rebuild(settings: Settings, embed: bool) -> None:
    """Build Chroma and the lexical index again from the stored articles and vectors.

    \b
    Examples:
      tanya rebuild
      tanya rebuild --embed
    """
    with _index(settings) as index:
        chunks = index.store.counts()["chunks"]
        with progress_bar("Rebuilding", chunks * (2 if embed else 1)) as bar:
            index.rebuild(embed=embed, progress=bar.advance)
    click.echo(f"rebuilt {chunks} chunks")


@main.command(name="answer-file")
@click.argument("questions", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="Where the predictions go.")
@common
def answer_file(settings: Settings, questions: Path, out: Path) -> None:
    """Answer every question of a JSONL file, one prediction a line.

    A record with "history" is answered as a follow-up; one with "passages" from these alone.

    \b
    Example:
      tanya answer-file questions.jsonl --out predictions.jsonl
    """
    records = list(read_questions(questions))
    failed = 0
    part = out.with_name(out.name + ".part")
    with _index(settings) as index, part.open("w", encoding="utf-8") as file:
        answerer = make_answerer(settings, index)
        with progress_bar("Answering", len(records)) as bar:
            for record in records:
                try:
                    if isinstance(record, QuestionError):
                        raise record
                    file.write(json.dumps(answer_record(answerer, record), ensure_ascii=False) + "\n")
                except QuestionError as error:
                    failed += 1
                    _complain(str(error))
                bar.advance(1)
    part.replace(out)
    click.echo(f"{len(records) - failed} answered, {failed} failed; predictions in {out}")
    if failed:
        sys.exit(FAILED)
