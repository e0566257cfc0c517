"""Where Indonesian sentences end, as character offsets."""

from __future__ import annotations

import re
from collections.abc import Iterator

from index.records import Span
from index.words import word_set

LONGEST_ABBREVIATION = 32  # characters looked at before a full stop
LONGEST = 1_000  # characters; a "sentence" beyond this is a list or a table, cut at a comma or space

ABBREVIATIONS = word_set("abbreviations")  # compared without case

# End marks, closing quotes or brackets, then space and something a sentence can start with;
# or, where the space was lost in scraping, a lower-case word glued to a capitalised one.
_CANDIDATE = re.compile(
    r"""(?<![.!?…])(?P<mark>[.!?…]++)["”’'»)\]]*+(?:(?P<space>\s+)(?=["“‘'«(\[]?[A-Z0-9À-ÖØ-Þ])"""
    r"""|(?<=[a-z]{3}[.!?])(?=[A-Z][a-z]+\s))"""
)
_LAST_WORD = re.compile(r"[^\s(\[\"“‘']+$")
_INITIALS = re.compile(r"(?:[A-Z]\.)*[A-Z]")
_LINE = re.compile(r"[^\n]+")
_SOFT_BREAK = re.compile(r"[;,:]\s|\s")


def split_sentences(text: str, start: int = 0, end: int | None = None) -> list[Span]:
    """Offsets of the sentences of `text[start:end]`, without surrounding white space.

    A line break always ends a sentence. Everything but white space is covered, in order.
    """
    return [
        piece
        for line in _LINE.finditer(text, start, len(text) if end is None else end)
        for sentence in _sentences_of_line(text, line.start(), line.end())
        for piece in _cut(text, sentence)
    ]


def _sentences_of_line(text: str, start: int, end: int) -> Iterator[Span]:
    at = start
    for candidate in _CANDIDATE.finditer(text, start, end):
        if _ends_sentence(text, at, candidate):
            yield from _stripped(text, at, candidate.end())
            at = candidate.end()
    yield from _stripped(text, at, end)


def _ends_sentence(text: str, start: int, candidate: re.Match[str]) -> bool:
    if candidate["mark"] != ".":
        return True
    before = candidate.start()
    if before > start and text[before - 1] in "\"'":
        return True  # a quoted word
    word = _LAST_WORD.search(text, max(start, before - LONGEST_ABBREVIATION), before)
    if word is None:
        return False
    return word[0].lower() not in ABBREVIATIONS and not _INITIALS.fullmatch(word[0])


def _stripped(text: str, start: int, end: int) -> Iterator[Span]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        yield Span(start, end)


def _cut(text: str, span: Span) -> Iterator[Span]:
    start = span.start
    while span.end - start > LONGEST:
        breaks = [m.end() for m in _SOFT_BREAK.finditer(text, start + LONGEST // 2, start + LONGEST)]
        cut = breaks[-1] if breaks else start + LONGEST
        yield from _stripped(text, start, cut)
        start = cut
    yield from _stripped(text, start, span.end)
