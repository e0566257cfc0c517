"""Indonesian words for the lexical index: stems, numbers and dates in one written form."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

import snowballstemmer

from index.words import lines, word_set

_TOKEN = re.compile(
    r"(?P<date>\b\d{1,2}/\d{1,2}/\d{4}\b)"
    r"|(?P<number>\d+(?:[.,]\d+)*)(?=$|\W|[a-z])"
    r"|(?P<currency>rp|idr|usd)(?=\d)"  # "Rp5.000": the amount is a number of its own
    r"|(?P<word>[^\W_]+(?:['’][^\W_]+)*(?:-[^\W_]+)*)",
    re.UNICODE,
)
_DOUBLED = re.compile(r"[a-z]{4,}2")  # "malem2" for "malam-malam"
_THOUSANDS = re.compile(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?")

STOPWORDS = word_set("stopwords")

# "yg" -> "yang": what people type in chats, and what it stands for.
SLANG = {
    short: written
    for written, _, shorts in (line.partition(" = ") for line in lines("slang"))
    for short in shorts.split()
}

_stemmer = snowballstemmer.stemmer("indonesian")


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """Snowball Indonesian stem of a lower-case word (it also takes off -nya, -lah, -kah)."""
    return str(_stemmer.stemWord(word))


def normalise_slang(question: str) -> str:
    """A question with chat abbreviations written out: "brp yg ikut" -> "berapa yang ikut"."""
    return re.sub(r"[^\W_]+(?:-[^\W_]+)*", lambda m: _written_out(m[0]), question)


def _written_out(word: str) -> str:
    if word.isupper() and len(word) > 1:
        return word  # an acronym: RS, KPK
    lower = word.lower()
    if lower in SLANG:
        return SLANG[lower]
    if _DOUBLED.fullmatch(lower):
        return SLANG.get(lower[:-1], word[:-1])
    return word


def tokens(text: str) -> list[str]:
    """Index terms of a text or question, in order, stopwords left out.

    Numbers lose their thousands separators (1.500 -> 1500), a date in digits becomes one
    term in ISO form, doubled words are counted once (negara-negara -> negara).
    """
    return list(_terms(unicodedata.normalize("NFKC", text).lower()))


def _terms(text: str) -> Iterator[str]:
    for match in _TOKEN.finditer(text):
        if match["date"]:
            day, month, year = match["date"].split("/")
            yield f"{year}-{int(month):02d}-{int(day):02d}"
        elif match["currency"]:
            yield match["currency"]
        elif match["number"]:
            yield plain_number(match["number"])
        else:
            yield from _word_terms(match["word"])


def _word_terms(word: str) -> Iterator[str]:
    parts = re.split(r"['’-]", word)
    stems = [stem(part) for part in parts if part not in STOPWORDS]
    yield from dict.fromkeys(s for s in stems if s)


def plain_number(number: str) -> str:
    """A number without thousands separators and with a decimal point: 1.240,5 -> 1240.5."""
    if _THOUSANDS.fullmatch(number):
        number = number.replace(".", "")
    return number.replace(",", ".")
