"""What a question asks for: its language, the kind of answer, the days it speaks of, its subject."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from bot.conversation.request import Request, request_of
from bot.conversation.smalltalk import without_greeting
from bot.conversation.standalone import Rewrite, Rewriter, leans_on_history, request_leans, stand_alone
from bot.kind import Kind, kind_of
from bot.language import language_of
from bot.turn import Turn
from index.dates import parse_date
from index.errors import QuestionError
from index.records import ANYTHING, Filters
from index.tokens import normalise_slang

__all__ = ["LONGEST", "Kind", "Question", "Turn", "days_of", "kind_of", "language_of", "leans_on_history", "understand"]

LONGEST = 1_000  # characters


@dataclass(frozen=True, slots=True)
class Question:
    """A question as understood.

    `written_out` is the text with chat abbreviations replaced; `context` the turns it
    leans on, empty where it stands alone; `days` the first and last day it speaks of;
    `rewrite` how a follow-up was written out, None where there was nothing to fill in;
    `request` what news it asks for, None for a question.
    """

    text: str
    written_out: str
    kind: Kind
    language: str
    asked_at: datetime | None = None
    context: tuple[Turn, ...] = ()
    days: tuple[date, date] | None = None
    filters: Filters = ANYTHING
    rewrite: Rewrite | None = None
    request: Request | None = None

    @property
    def standalone(self) -> str:
        """The question as one who did not follow the conversation would have to be asked it."""
        return self.rewrite.text if self.rewrite else self.written_out

    @property
    def search_text(self) -> str:
        """What is searched for."""
        return self.standalone


def understand(
    text: str,
    *,
    asked_at: datetime | None = None,
    history: Sequence[Turn] = (),
    follow_up: bool | None = None,
    filters: Filters = ANYTHING,
    rewriter: Rewriter = stand_alone,
) -> Question:
    """Read a question; raises `QuestionError` when there is nothing to answer.

    `follow_up` says whether it leans on `history`; None lets the question itself tell.
    """
    text = " ".join(text.replace("\0", " ").split())
    if not any(char.isalnum() for char in text):
        raise QuestionError(f"got {text[:40]!r}, expected a question; ask in words")
    if len(text) > LONGEST:
        raise QuestionError(f"got a question of {len(text):,} characters, expected at most {LONGEST:,}; shorten it")
    asked = without_greeting(text)
    written_out = normalise_slang(asked)
    request = request_of(written_out)
    if follow_up is None:
        follow_up = request_leans(written_out, request) if request else leans_on_history(asked)
    context = tuple(history) if follow_up else ()
    rewrite = rewriter(asked, context) if context else None
    return Question(
        text, written_out, _kind(written_out, rewrite), language_of(text), asked_at,
        context, days_of(written_out, asked_at), filters, rewrite, _request(request, rewrite),
    )  # fmt: skip


def _request(request: Request | None, rewrite: Rewrite | None) -> Request | None:
    """The request with its subject filled in; "kalau soal X?" after a request is one, too."""
    if rewrite is None:
        return request
    if request is None:
        return request_of(rewrite.text) if rewrite.asks_as_before else None
    topic = next((resolved.meant for resolved in rewrite.resolved if not resolved.said), None)
    written = request_of(rewrite.text)
    return replace(request, subject=topic or (written.subject if written else rewrite.text))


def _kind(written_out: str, rewrite: Rewrite | None) -> Kind:
    """What the question's own words ask for; "kalau X?" asks what the question before asked."""
    return kind_of(rewrite.text) if rewrite and rewrite.asks_as_before else kind_of(written_out)


_RELATIVE: tuple[tuple[str, int, int], ...] = (  # pattern, first and last day from the day of asking
    (r"(hari|pagi|siang|sore|malam) ini|tadi (pagi|siang|sore|malam)|today|tonight|this (morning|evening)", 0, 0),
    (r"kemarin lusa|dua hari (yang )?lalu|two days ago|day before yesterday", -2, -2),
    (r"kemarin|semalam|tadi malam|yesterday|last night", -1, 0),
    (r"(pekan|minggu) (lalu|kemarin)|seminggu (yang )?lalu|last week|a week ago", -14, -4),
    (r"(pekan|minggu) ini|this week|akhir-akhir ini|belakangan ini", -7, 0),
    (r"bulan (lalu|kemarin)|last month", -62, -21),
    (r"bulan ini|this month", -31, 0),
    (r"terbaru|terkini|sekarang|saat ini|latest|currently|right now|\bnow\b", -7, 0),
)  # fmt: skip
_WRITTEN_DATE = re.compile(r"\b\d{1,2} [A-Za-z]{3,9} \d{4}\b|\b\d{1,2}/\d{1,2}/\d{4}\b")


def days_of(text: str, asked_at: datetime | None) -> tuple[date, date] | None:
    """First and last day a question speaks of: a written date (and the day after), or a relative one."""
    for written in _WRITTEN_DATE.finditer(text):
        if (day := parse_date(written[0])) is not None:
            return day.date(), day.date() + timedelta(days=1)
    if asked_at is None:
        return None
    today = asked_at.date()
    for pattern, first, last in _RELATIVE:
        if re.search(pattern, text, re.IGNORECASE):
            try:
                return today + timedelta(days=first), today + timedelta(days=last)
            except OverflowError:  # beyond the calendar
                return None
    return None
