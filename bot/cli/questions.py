"""Commands that keep test sets right: questions check, questions new."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from bot.cli.common import FAILED, common, common_options, open_for
from bot.settings import Settings
from bot.texts import say


@click.group()
@common_options
@click.pass_context
def questions(context: click.Context, /, **options: Any) -> None:
    """Check a test set, or write one.

    \b
    Examples:
      tanya questions check questions.jsonl
      tanya questions new kn-2026-03-04-banjir-demak >> questions.jsonl
    """
    given = {name: value for name, value in options.items() if value}
    context.default_map = dict.fromkeys(("check", "new"), given)


@questions.command()
@click.argument("file", type=click.Path(path_type=Path))
@common
def check(settings: Settings, file: Path) -> None:
    """Say what is wrong in a test set: schema, quotes, duplicates, answers.

    Whether a quote stands in its article is looked up in the index. A doubt (an answer that
    does not occur in its evidence) is for a person to settle and is no failure.

    \b
    Example:
      tanya questions check questions.jsonl
    """
    from bot.evaluate.check import check_questions

    with open_for(settings) as index:
        checked = check_questions(file, index)
    for finding in checked.findings:
        click.echo(f"{finding.where}: {'doubt: ' if finding.is_doubt else ''}{finding.what}")
    wrong = sum(not finding.is_doubt for finding in checked.findings)
    click.echo(f"{len(checked.cases)} questions, {wrong} wrong, {len(checked.findings) - wrong} to look at")
    if not checked.is_good:
        sys.exit(FAILED)


@questions.command()
@click.argument("articles", nargs=-1, required=True, metavar="ARTICLE...")
@common
def new(settings: Settings, articles: tuple[str, ...]) -> None:
    """Write questions on articles, one JSON record a line on standard output.

    Shows the sentences of each article, asks for question, evidence and answer, checks them,
    and keeps what is said yes to. Nothing is made up.

    \b
    Example:
      tanya questions new kn-2026-03-04-banjir-demak >> questions.jsonl
    """
    from bot.evaluate.write import write_questions

    with open_for(settings) as index:
        found = [index.get(article) for article in articles]
        written = 0
        for record in write_questions(found, settings.language):
            click.echo(json.dumps(record, ensure_ascii=False))
            written += 1
    click.echo(say("write_written", settings.language, count=written), err=True)
