"""What a sentence claims that can be looked up: its numbers, dates and names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.normalise import SWAPPED, normalised
from index.chunk import MONTHS
from index.records import Passage
from index.tokens import STOPWORDS, tokens
from index.words import word_set

ALIKE = 4  # letters that an English and an Indonesian spelling of a name share at least: Ukraine, Ukraina

_DAY = re.compile(rf"\b\d{{1,2}} (?:{'|'.join(MONTHS).lower()})\b")
_BOUNDARY = re.compile(r"[,;:.!?]\s+|[\n()\[\]\"“”]")
_NAME = re.compile(r"(?<![\w’'])[^\W\d_a-zß-öø-ÿ][\w’'-]*")
_ENGLISH_ENDING = re.compile(r"[A-Z][a-z]{2,}(?:ed|ing|ly|tion|ment)")
_COMMON = STOPWORDS | word_set("not_names", "bot.words") | word_set("indonesian", "bot.words")
_ENGLISH = word_set("english", "bot.words") | word_set("english_capitals", "bot.words")
_ENGLISH_WORDS = {
    "million": "juta", "billion": "miliar", "trillion": "triliun", "thousand": "ribu", "percent": "persen",
    "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
    "ten": "10", "eleven": "11", "twelve": "12",
}  # fmt: skip
_ENGLISH_WORD = re.compile(rf"\b(?:{'|'.join(_ENGLISH_WORDS)})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Haystack:
    """The words of passages as facts are looked up in them."""

    words: frozenset[str]

    @classmethod
    def of(cls, passages: Sequence[Passage]) -> Haystack:
        """Text, title, outlet and date: what a model was given."""
        return cls(frozenset[str]().union(*(words_of(_given(passage)) for passage in passages)))

    def holds(self, fact: Fact) -> bool:
        """Whether one of the fact's spellings occurs."""
        if fact.spellings & self.words:
            return True
        return fact.foreign and any(word[:ALIKE] in self._beginnings for word in fact.spellings if len(word) >= ALIKE)

    @property
    def _beginnings(self) -> frozenset[str]:
        return frozenset(word[:ALIKE] for word in self.words)


@dataclass(frozen=True, slots=True)
class Fact:
    """A number, a day or a word of a name, in every spelling that stands for it.

    A `foreign` name may be spelt otherwise in an article in another language.
    """

    spellings: frozenset[str]
    foreign: bool = False


def _given(passage: Passage) -> str:
    article = passage.article
    published = article.published
    day = f"{published.day} {MONTHS[published.month - 1]} {published.year}" if published else ""
    return f"{article.title}\n{passage.chunk.text}\n{article.outlet or ''}\n{day}"


def words_of(text: str) -> frozenset[str]:
    """The words of a text as facts are compared: amounts in digits, days as one ("5 september"), stems as well."""
    clauses = [normalised(clause) for clause in _clauses(text)]
    words = (word for clause in clauses for word in (*clause.split(), *_DAY.findall(clause)))
    return frozenset(words) | frozenset(tokens(text))


def _clauses(text: str) -> list[str]:
    """The text in pieces between which no number goes on: "Rp1,5 juta, dua puluh rumah" holds two."""
    return _BOUNDARY.split(text)


def facts_in(text: str, *, english: bool) -> list[Fact]:
    """The numbers, days and names of a sentence, each once."""
    return list(dict.fromkeys([*_numbers(text, english), *_names(text, english)]))


def _numbers(text: str, english: bool) -> list[Fact]:
    if not english:
        return [Fact(frozenset({number})) for number in _numbers_of(text)]
    text = _ENGLISH_WORD.sub(lambda match: _ENGLISH_WORDS[match[0].lower()], text)
    swapped, plain = _numbers_of(text.translate(SWAPPED)), _numbers_of(text)  # "1,240.5" is 1.240,5
    alike = len(swapped) == len(plain)
    return [Fact(frozenset(spellings)) for spellings in zip(swapped, plain if alike else swapped, strict=True)]


def _numbers_of(text: str) -> list[str]:
    """Days and numbers, each in one spelling."""
    clauses = [normalised(clause) for clause in _clauses(text)]
    return [
        found
        for clause in clauses
        for found in (*_DAY.findall(clause), *(word for word in clause.split() if any(map(str.isdigit, word))))
    ]


def _names(text: str, english: bool) -> list[Fact]:
    """Every capitalised word; the first of the sentence unless it is known as a common one.

    An unknown one that is no name costs a true sentence; a name that is missed would let a false one pass.
    """
    found = []
    for match in _NAME.finditer(text):
        word = match[0].strip("'’-")
        opens = not any(map(str.isalnum, text[: match.start()]))
        if word.lower() in (_ENGLISH if english else _COMMON) or (opens and _is_common(word)):
            continue
        parts = [part for part in re.split(r"[-’']", word.lower()) if len(part) > 1]
        found += [Fact(frozenset({part, *tokens(part)}), foreign=english) for part in parts]
    return found


def _is_common(word: str) -> bool:
    lower = word.lower()
    return lower in _COMMON or lower in _ENGLISH or bool(_ENGLISH_ENDING.fullmatch(word))
