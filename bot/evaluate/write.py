"""Questions written by a person, sentence by sentence checked; nothing is made up here."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import click

from bot.answer_file import Line
from bot.evaluate.check import check_case
from bot.evaluate.corpus import Corpus
from bot.evaluate.formats import to_case
from bot.question import Kind, understand
from bot.texts import say
from index.errors import QuestionError
from index.records import Article
from index.sentences import split_sentences

_TYPES = {Kind.NUMBER: "number", Kind.REASON: "reason", Kind.DATE: "temporal"}


def write_questions(articles: Sequence[Article], language: str) -> Iterator[dict[str, Any]]:
    """The questions a person writes on these articles and says yes to; ends where the input ends."""
    try:
        for article in articles:
            sentences = _show(article)
            while question := _ask("write_question", language):
                record = _written(question, article, sentences, language)
                if record is not None and _is_wanted(record, article, language):
                    yield record
    except click.Abort:
        click.echo(err=True)


def _show(article: Article) -> list[str]:
    """Print the article with its sentences numbered; gives these."""
    click.echo(f"\n{click.style(article.title or article.id, bold=True)} ({article.id})\n", err=True)
    sentences = [article.text[s.start : s.end] for s in split_sentences(article.text)]
    for number, sentence in enumerate(sentences, 1):
        click.echo(f"{number:4}  {' '.join(sentence.split())}", err=True)
    click.echo(err=True)
    return sentences


def _ask(key: str, language: str, default: str = "") -> str:
    return str(click.prompt(say(key, language), default=default, show_default=bool(default), err=True)).strip()


def _written(question: str, article: Article, sentences: Sequence[str], language: str) -> dict[str, Any] | None:
    try:
        understood = understand(question)
    except QuestionError as error:
        click.echo(str(error), err=True)
        return None
    quotes = _quotes(sentences, language)
    answers: list[str] = []
    while quotes and not answers:
        answers = [part.strip() for part in _ask("write_answers", language).split("|") if part.strip()]
    kind = _TYPES.get(understood.kind, "factoid") if answers else "unanswerable"
    return {
        "id": f"q-{hashlib.sha256(f'{article.id} {question}'.encode()).hexdigest()[:8]}",
        "question": question,
        "lang": understood.language,
        "type": _ask("write_type", language, kind),
        "answerable": bool(answers),
        "answers": answers,
        "evidence": [{"article": article.id, "quote": quote} for quote in quotes],
    }


def _quotes(sentences: Sequence[str], language: str) -> list[str]:
    """The sentences whose numbers are given; none for a question the article does not answer."""
    while True:
        chosen = _ask("write_evidence", language).replace(",", " ").split()
        wrong = next((n for n in chosen if not (n.isdecimal() and 1 <= int(n) <= len(sentences))), None)
        if wrong is None:
            return [sentences[int(n) - 1] for n in dict.fromkeys(chosen)]
        click.echo(say("write_no_sentence", language, number=wrong, last=len(sentences)), err=True)


def _is_wanted(record: dict[str, Any], article: Article, language: str) -> bool:
    """Whether the person keeps the record, having seen what may be wrong with it."""
    case = to_case(Line(record["id"], 1, record))
    for finding in check_case(case, Corpus.of([article])):
        click.echo(f"  ! {finding.what}", err=True)
    return click.confirm(say("write_keep", language), err=True)
