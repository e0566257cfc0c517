"""Commands that answer: ask, chat, answer-file."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import click

from bot.answer_file import answer_record, read_questions
from bot.assemble import make_answerer, samples
from bot.chat import Chat, converse
from bot.cli.articles import add_sources
from bot.cli.common import FAILED, common, complain, filtered, need_articles, open_for, print_json
from bot.conversation.focus import shortened
from bot.conversation.memory import Memory
from bot.progress import progress_bar
from bot.render import WIDTH, as_json, render_stream
from bot.settings import Settings
from bot.texts import say
from index.errors import QuestionError
from index.records import Filters


@click.command()
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
    with open_for(settings) as index:
        need_articles(index)
        answerer = make_answerer(settings, index)
        asked, now = " ".join(question), _now()
        if as_data:
            started = time.perf_counter()
            answer = answerer.ask(asked, asked_at=now, filters=filters)
            print_json(as_json(answer, (time.perf_counter() - started) * 1000))
        else:
            for piece in render_stream(answerer.stream(asked, asked_at=now, filters=filters), settings.language):
                _write(piece)
            click.echo()


def _now() -> datetime:
    return datetime.now().astimezone()


@click.command()
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
    with open_for(settings) as index:
        if with_samples and not index.store.counts()["articles"]:
            files = sorted(samples().iterdir())
            click.echo(say("preparing", settings.language, articles=len(files)), err=True)
            add_sources(index, files)
        need_articles(index)
        answerer, on_terminal = make_answerer(settings, index), sys.stdin.isatty()
        memory = Memory(index.folder / "conversation.json") if on_terminal else None
        conversation = Chat(answerer, settings.language, _now, memory)
        if on_terminal:
            articles = index.store.counts()["articles"]
            click.echo(say("welcome", settings.language, articles=articles))
            if conversation.continues:
                question = shortened(conversation.continues, WIDTH // 2)
                click.echo(say("continued", settings.language, question=question))
            click.echo()
            converse(conversation, _typed(settings, conversation.commands), _write, interruptible=True)
        else:
            converse(conversation, _piped(), _write)


def _write(piece: str) -> None:
    click.echo(piece, nl=False)


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
            line = session.prompt("> ")
        except (EOFError, KeyboardInterrupt):
            return
        if line.strip():
            click.echo()
            yield line


def _piped() -> Iterator[str]:
    for raw in sys.stdin.buffer:
        line = raw.decode("utf-8", "replace").strip("\ufeff \t\r\n")
        if line:
            click.echo(f"> {line}")
            yield line


@click.command(name="answer-file")
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
    with open_for(settings) as index, part.open("w", encoding="utf-8") as file:
        answerer = make_answerer(settings, index)
        with progress_bar("Answering", len(records)) as bar:
            for record in records:
                try:
                    if isinstance(record, QuestionError):
                        raise record
                    file.write(json.dumps(answer_record(answerer, record), ensure_ascii=False) + "\n")
                except QuestionError as error:
                    failed += 1
                    complain(str(error))
                bar.advance(1)
    part.replace(out)
    click.echo(f"{len(records) - failed} answered, {failed} failed; predictions in {out}")
    if failed:
        sys.exit(FAILED)
