"""The `tanya` command: articles in, questions answered."""

from __future__ import annotations

import click

from bot import __version__
from bot.cli.answers import answer_file, ask, chat
from bot.cli.articles import add, doctor, list_articles, rebuild, remove, show, status
from bot.cli.comparison import compare
from bot.cli.evaluation import evaluate
from bot.cli.questions import questions
from bot.cli.telegram import feedback, serve


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="tanya")
def main() -> None:
    """Answers from news articles, each with the passage it stands on."""


COMMANDS = (
    add, answer_file, ask, chat, compare, doctor, evaluate, feedback, list_articles, questions, rebuild, remove, serve,
    show, status,
)  # fmt: skip
for command in COMMANDS:
    main.add_command(command)
