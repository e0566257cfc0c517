"""Answers, articles and lists as Telegram HTML; `split` cuts what is too long for one message."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bot.answer import Answer, Status
from bot.citations import Citation
from bot.question import Turn
from bot.render import byline, day, digest_heading, nearest, reply, spoken, worded_by
from bot.telegram.html import LONGEST_URL, bold, cut, escape, isolate, label, link, shorten, split
from bot.texts import say
from index.records import Article, Span

PAGE = 1_500  # UTF-16 units of an article on one page: about two screens of a phone
COPIES = 3  # copies that are named
LINE = 200  # units of a question or an answer in a list
CARD_TITLE, CARD_DESCRIPTION = 64, 160  # units shown of an inline result

_UNSAID = " .,:;!?…\"'“”‘’"  # where alone an answer differs from its quote, it says the same


@dataclass(frozen=True, slots=True)
class Page:
    """One page of an article; `page` counts from 1 to `pages`."""

    html: str
    page: int
    pages: int


class Card(NamedTuple):
    """An inline result: what the list of results shows, and the message it becomes."""

    title: str
    description: str
    html: str


def answer_html(answer: Answer, language: str) -> str:
    """The answer in bold, its quotes with outlet, date and link, and how fresh it is; or the refusal.

    Where the answer is the quoted sentence itself, it stands there once, as the quote.
    """
    if answer.status is Status.NOT_IN_ARTICLES:
        return _refusal(answer, language)
    if answer.status is Status.DIGEST:
        bullets = [_quoted(n, citation, "", language) for n, citation in enumerate(answer.citations, 1)]
        return "\n\n".join([bold(label(digest_heading(answer, language))), *bullets, *_foot(answer, language)])
    said = answer.text or ""
    first, *others = answer.citations
    if _bare(said) == _bare(first.quote):
        blocks = [f"<blockquote>{bold(isolate(escape(first.quote)))}</blockquote>\n{_source(1, first, language)}"]
    else:
        blocks = [bold(label(spoken(answer, language))), _quoted(1, first, said, language)]
    blocks += [_quoted(n, citation, said, language) for n, citation in enumerate(others, 2)]
    return "\n\n".join([*blocks, *_foot(answer, language)])


def reply_html(answer: Answer, language: str) -> str:
    """What is said to small talk."""
    return escape(reply(answer, language))


def source_page(article: Article, citation: Citation, page: int | None, language: str) -> Page:
    """A page of an article, the quote in bold.

    Args:
        page: its number from 1, brought into range; None for the page that holds the quote.
    """
    holds = article.text[citation.start : citation.end] == citation.quote
    quote = Span(citation.start, citation.end) if holds else Span(0, 0)
    pieces = cut(article.text, PAGE, whole=quote)
    if page is None:
        page = next((n for n, piece in enumerate(pieces, 1) if piece.end > quote.start), 1)
    page = max(1, min(page, len(pieces)))
    position = f" · {page}/{len(pieces)}" if len(pieces) > 1 else ""
    head = f"{bold(_name(article))}\n{_byline(article, language)}{position}"
    # The text has lines of its own, so nothing beside it can be reordered: no isolates.
    body = [_highlighted(article.text, piece, quote) for piece in pieces[page - 1 : page]]
    return Page("\n\n".join([head, *body]), page, max(1, len(pieces)))


def sources_html(citations: Sequence[Citation], language: str) -> str:
    """The articles quoted in the last answer, under the numbers they have there."""
    if not citations:
        return say("no_turn", language)
    rows = [
        f"[{n}] {link(_name(c), _address(c))}\n{_byline(c, language)}{_copies(c, language)}"
        for n, c in enumerate(citations, 1)
    ]
    return _list("sources", rows, language)


def latest_html(articles: Iterable[Article], language: str) -> str:
    """Articles by title, outlet and date, in the order given."""
    rows = [_row(article, language) for article in articles]
    return _list("latest", rows, language) if rows else say("no_articles", language)


def history_html(turns: Iterable[Turn], language: str) -> str:
    """Questions and short answers of a conversation, in the order given."""
    rows = [
        f"{n}. {label(shorten(turn.question, LINE))}\n"
        f"→ {bold(label(shorten(turn.answer, LINE))) if turn.answer else say('not_in_articles', language)}"
        for n, turn in enumerate(turns, 1)
    ]
    return _list("history", rows, language) if rows else say("no_history", language)


def inline_card(answer: Answer, language: str) -> Card:
    """The answer as a result of inline mode: one message, with its question, for it stands in a chat alone."""
    html = split(f"<i>{label(answer.question.text)}</i>\n\n{answer_html(answer, language)}")[0]
    if answer.status is Status.NOT_IN_ARTICLES:
        reason = say(answer.refusal, language) if answer.refusal else ""
        return Card(say("not_in_articles", language), reason, html)
    first = answer.citations[0]
    source = byline(first.outlet, first.published, language)
    return Card(
        shorten(answer.text or first.quote, CARD_TITLE),
        shorten(f"{source}: {' '.join(first.quote.split())}", CARD_DESCRIPTION),
        html,
    )


def _refusal(answer: Answer, language: str) -> str:
    head = bold(say("not_in_articles", language))
    if answer.refusal:
        head += f"\n{say(answer.refusal, language)}"
    rows = [_row(article, language) for article in nearest(answer)]
    return "\n\n".join([head, "\n".join([say("nearest", language), *rows])] if rows else [head])


def _quoted(number: int, citation: Citation, said: str, language: str) -> str:
    at = citation.quote.find(said)
    answer = Span(at, at + len(said)) if at >= 0 else Span(0, 0)
    quote = isolate(_highlighted(citation.quote, Span(0, len(citation.quote)), answer))
    return f"<blockquote expandable>{quote}</blockquote>\n{_source(number, citation, language)}"


def _source(number: int, citation: Citation, language: str) -> str:
    """Who said it and when, leading to the very passage; the title where there is nothing to open."""
    address = _address(citation)
    source = link(_byline(citation, language), address)
    if address is None:
        source += f" · {_name(citation)}"
    return f"[{number}] {source}{_copies(citation, language)}"


def _copies(citation: Citation, language: str) -> str:
    if not citation.copies:
        return ""
    more = len(citation.copies) - COPIES
    named = ", ".join(citation.copies[:COPIES]) + (f", +{more}" if more > 0 else "")
    return f"\n<i>{label(say('copies', language, copies=named))}</i>"


def _foot(answer: Answer, language: str) -> list[str]:
    """Which outlets answer, if several do, the day of the newest article quoted, and which language model spoke."""
    outlets = dict.fromkeys(label(c.outlet) for c in answer.citations if c.outlet)
    lines = []
    if len(outlets) > 1:
        lines.append(say("outlets", language, count=len(outlets), outlets=", ".join(outlets)))
    if newest := max((c.published for c in answer.citations if c.published), default=None):
        lines.append(say("as_of", language, day=day(newest, language)))
    if voice := worded_by(answer.voice, language):
        lines.append(label(voice))
    foot = "\n".join(lines)
    return [f"<i>{foot}</i>"] if foot else []


def _list(heading: str, rows: list[str], language: str) -> str:
    return "\n\n".join([bold(say(heading, language)), *rows])


def _row(article: Article, language: str) -> str:
    return f"• {link(_name(article), article.url)}\n{_byline(article, language)}"


def _name(of: Article | Citation) -> str:
    return label(of.title) or label(of.id if isinstance(of, Article) else of.article)


def _byline(of: Article | Citation, language: str) -> str:
    return byline(label(of.outlet or ""), of.published, language)


def _address(citation: Citation) -> str | None:
    """The link to the passage, or to its article where that grows too long."""
    passage = citation.link
    return citation.url if passage and len(passage) > LONGEST_URL else passage


def _highlighted(text: str, piece: Span, strong: Span) -> str:
    """`text[piece]` with what it holds of `strong` in bold, each character kept."""
    start, end = (max(piece.start, min(at, piece.end)) for at in (strong.start, strong.end))
    inner = bold(escape(text[start:end])) if start < end else ""
    return f"{escape(text[piece.start : start])}{inner}{escape(text[end : piece.end])}"


def _bare(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip(_UNSAID).casefold()
