"""What a question asks for: its language, the kind of answer, the days it speaks of, its subject."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from index.dates import parse_date
from index.errors import QuestionError
from index.records import ANYTHING, Filters
from index.tokens import normalise_slang, tokens
from index.words import word_set

LONGEST = 1_000  # characters
# A question with "dia" or "itu" that says more than this names its subject itself;
LEANING_TERMS, LEANING_NAMES = 6, 2
BARE_TERMS = 2  # one without such words leans on the conversation if it says no more than this.


class Kind(StrEnum):
    """The kind of answer a question asks for."""

    PERSON = "person"
    DATE = "date"
    NUMBER = "number"
    PLACE = "place"
    REASON = "reason"
    NAME = "name"  # "film apa", "klub mana": something with a name, or at least a phrase
    STATEMENT = "statement"  # "bagaimana", "apakah": a sentence


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier question of a conversation, and what was answered ("" for a refusal)."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question as understood.

    `written_out` is the text with chat abbreviations replaced; `context` the turns it
    leans on, empty where it stands alone; `days` the first and last day it speaks of.
    """

    text: str
    written_out: str
    kind: Kind
    language: str
    asked_at: datetime | None = None
    context: tuple[Turn, ...] = ()
    days: tuple[date, date] | None = None
    filters: Filters = ANYTHING

    @property
    def search_text(self) -> str:
        """The question with the subject it leans on in front: what is searched for."""
        turns = [f"{turn.question} {turn.answer}" for turn in self.context]
        return " ".join([*turns, self.written_out])


def _words(*patterns: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(patterns)})\b")


# The first pattern that fits decides, so the narrower kinds come first.
_KINDS = (
    (Kind.DATE, _words(
        r"kapan\w*", "when", "(tanggal|tahun|bulan|hari|pukul|jam) (berapa|apa)",
        "(what|which) (date|day|year|month|time)", "sejak (tahun )?berapa",
    )),
    (Kind.REASON, _words(
        "kenapa", "mengapa", "why", r"alasan\w*", r"penyebab\w*", "sebabnya", "apa sebab", "untuk apa", "buat apa",
        "apa (dasar|tujuan|motif)", "dalam rangka apa", "(karena|gara-gara) apa", "reason", "purpose", "what caused",
    )),
    (Kind.NUMBER, _words(
        r"berapa\w*", "seberapa", "how (many|much|long|old|far|big|tall|high|large|often)",
        "(what|which) (percentage|number|share)",
    )),
    (Kind.PERSON, _words(r"siapa\w*", "who", "whom", "whose")),
    (Kind.PLACE, _words(
        "(di|ke|dari) ?mana", r"letak\w*", r"mana (lokasi|tempat)\w*", "where",
        "(kota|negara|provinsi|kabupaten|kecamatan|kelurahan|desa|nagari) (apa|mana)",
        "(daerah|pulau|wilayah|lokasi|tempat|warga) (apa|mana)",
        "(what|which) (country|city|province|town|village|place)",
    )),
    (Kind.STATEMENT, _words(
        r"bagaimana\w*", "how", "benarkah", "benar", r"(?<![a-z] )apa(kah)? (?=yang\b)", r"^apakah (?!nama\b)",
        r"apa (kata|sikap|tanggapan|respons|isi|hasil|dampak|akibat)\w*",
        "what (is|are|was|were|did|does|do|has|had)",
    )),
)  # fmt: skip
# Formal question words: "siapakah" asks what "siapa" asks, but "apakah" alone asks for yes or no.
_KAH = re.compile(r"\b(apa(?= nama)|(?<=\w )apa|mana|berapa|siapa|kapan|bagaimana|(di|ke|dari)mana)kah\b")
_ENGLISH = word_set("english", "bot.words")
_INDONESIAN = word_set("indonesian", "bot.words")
_LEANING = re.compile(
    r"\b(dia|ia|beliau|mereka|itu|tersebut|tadi|begitu|di ?sana|di ?situ|[a-z]{3,}nya"
    r"|he|she|they|him|her|his|their|them|it|that|those)\b"
    r"|^(kalau|kalo|terus|lalu|trus|dan|and|what about|how about|selain)\b",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?<!^)\b[A-Z][\w-]+")


def understand(
    text: str,
    *,
    asked_at: datetime | None = None,
    history: Sequence[Turn] = (),
    follow_up: bool | None = None,
    filters: Filters = ANYTHING,
) -> Question:
    """Read a question; raises `QuestionError` when there is nothing to answer.

    `follow_up` says whether it leans on `history`; None lets the question itself tell.
    """
    text = " ".join(text.replace("\0", " ").split())
    if not any(char.isalnum() for char in text):
        raise QuestionError(f"got {text[:40]!r}, expected a question; ask in words")
    if len(text) > LONGEST:
        raise QuestionError(f"got a question of {len(text):,} characters, expected at most {LONGEST:,}; shorten it")
    leans = leans_on_history(text) if follow_up is None else follow_up
    written_out = normalise_slang(text)
    return Question(
        text, written_out, kind_of(written_out), language_of(text), asked_at,
        tuple(history) if leans else (), days_of(written_out, asked_at), filters,
    )  # fmt: skip


def kind_of(text: str) -> Kind:
    """The kind of answer asked for, told by its question words."""
    lower = _KAH.sub(r"\1", text.lower())
    return next((kind for kind, pattern in _KINDS if pattern.search(lower)), Kind.NAME)


def language_of(text: str) -> str:
    """ "en" or "id", by the function words; Indonesian when in doubt."""
    words = set(re.findall(r"[a-z]+", text.lower()))
    return "en" if len(words & _ENGLISH) > len(words & _INDONESIAN) else "id"


def leans_on_history(text: str) -> bool:
    """Whether a question refers to something said before rather than naming it."""
    content, names = len(set(tokens(text))), len(_NAME.findall(text))
    if _LEANING.search(text):
        return content <= LEANING_TERMS and names <= LEANING_NAMES
    return content <= BARE_TERMS and not names


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
