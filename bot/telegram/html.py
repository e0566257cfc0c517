"""Telegram's HTML: escaping, text that runs right to left, and messages cut to the size Telegram takes.

https://core.telegram.org/bots/api#html-style
"""

from __future__ import annotations

import html
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

import regex

from index.records import Span
from index.sentences import split_sentences

LIMIT = 4096  # UTF-16 code units in a message, tags not counted
ENTITIES = 100  # styled stretches in a message; Telegram drops the rest
LONGEST_URL = 2_048  # characters; what is longer is no link people could use

_TAG = re.compile(r"<(?P<closing>/?)(?P<name>[a-z-]+)[^<>]*>")
_HTTP = re.compile(r"https?://[^\s<>\"'/?#][^\s<>\"]*", re.IGNORECASE)
_CLUSTER = regex.compile(r"\X")  # what a reader takes for one character: UAX #29
_PARAGRAPH, _LINE, _BLANK = re.compile(r"\n\s*\n"), re.compile(r"\n"), re.compile(r"\s+")
_ENDED = re.compile(r"""[.!?…"”’'»)\]]""")  # not where a sentence was cut for its length

_FSI, _PDI = "\u2068", "\u2069"  # first strong isolate ... pop: UAX #9
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_RIGHT_TO_LEFT = {"R", "AL", "AN", "RLE", "RLO", "RLI"}
_UNSEEN = {"Cc", "Cf", "Zs", "Zl", "Zp"}  # categories
# Hangul fillers, the empty Braille cell, and marks that only change or join what is before them.
_BLANK_LETTERS = "\u115f\u1160\u2800\u3164\uffa0\u034f\ufe0e\ufe0f"


@dataclass(frozen=True, slots=True)
class _Mark:
    """A tag over `text[start:end]`."""

    start: int
    end: int
    opening: str
    name: str


def escape(text: str) -> str:
    """Text that stands in HTML as it is, inside attributes too."""
    return html.escape(text)


def isolate(content: str) -> str:
    """Content that runs right to left in an isolate, in which it cannot reorder what stands beside it."""
    runs_right_to_left = any(unicodedata.bidirectional(c) in _RIGHT_TO_LEFT for c in content)
    return f"{_FSI}{content}{_PDI}" if runs_right_to_left else content


def label(text: str) -> str:
    """A title, a name or a user's words as HTML: one line, without marks that turn the direction."""
    return isolate(escape(" ".join(_BIDI.sub("", text).split())))


def bold(content: str) -> str:
    return f"<b>{content}</b>"


def link(content: str, url: str | None) -> str:
    """HTML content that leads to `url`; the content alone if that is no address on the web."""
    if url is None or len(url) > LONGEST_URL or not url.isprintable() or not _HTTP.fullmatch(url):
        return content
    return f'<a href="{escape(url)}">{content}</a>'


def units(text: str) -> int:
    """UTF-16 code units, in which Telegram counts."""
    return len(text) if text.isascii() else len(text) + sum(c > "\uffff" for c in text)


def plain(markup: str) -> str:
    """What a reader sees of our HTML: for the second try when Telegram cannot parse it."""
    return _parse(markup)[0]


def shorten(text: str, limit: int) -> str:
    """At most `limit` units of `text`, ending in an ellipsis where something was left out."""
    if units(text) <= limit:
        return text
    first = next(iter(cut(text, limit - 1)), Span(0, 0))
    return text[first.start : first.end].rstrip(" .,;:") + "…"


def split(markup: str, limit: int = LIMIT) -> list[str]:
    """Messages of at most `limit` UTF-16 units and 100 entities each, tags closed and reopened.

    Args:
        markup: our own Telegram HTML: well-formed, all text in it escaped.

    The messages' plain text is that of `markup`, but for white space at the cuts. None is blank.
    """
    text, marks = _parse(markup)
    return [_write(text, piece, marks) for piece in _cut(text, limit, None, marks)]


def cut(text: str, limit: int, whole: Span | None = None) -> list[Span]:
    """Where to cut a plain text into pieces of at most `limit` UTF-16 units.

    Cuts at the ends of paragraphs, else of lines, of sentences, of words, as long as a piece gets
    half full, and inside a combined character only where that alone exceeds the limit. `whole` is
    kept in one piece if it fits. Pieces have no white space at their ends, and something to see.
    """
    return _cut(text, limit, whole, ())


def _cut(text: str, limit: int, whole: Span | None, marks: Sequence[_Mark]) -> list[Span]:
    edges = _edges(text, limit)
    sizes = [0, *accumulate(units(text[a:b]) for a, b in pairwise(edges))]
    breaks = _breaks(text, set(edges))
    pieces, at = [], 0
    while (at := _skip_blanks(text, edges, at)) < len(edges) - 1:
        furthest = edges[max(at + 1, bisect_right(sizes, sizes[at] + limit) - 1)]
        furthest = _before_too_many(marks, edges[at], furthest)
        end = len(text) if furthest == len(text) else _break(breaks, edges[at], furthest)
        if whole and whole.start < end < whole.end and units(text[whole.start : whole.end]) <= limit:
            end = whole.start if edges[at] < whole.start else whole.end
        to = max(at + 1, bisect_right(edges, end) - 1)
        pieces.append(Span(edges[at], _without_blanks(text, edges, to)))
        at = to
    return [piece for piece in pieces if _is_seen(text[piece.start : piece.end])]


def _edges(text: str, limit: int) -> list[int]:
    """Offsets where `text` may be cut: between clusters, and between the characters of an oversized one."""
    edges = [0]
    for cluster in _CLUSTER.finditer(text):
        start, end = cluster.span()
        is_oversized = 2 * (end - start) > limit and units(text[start:end]) > limit
        edges += range(start + 1, end + 1) if is_oversized else [end]
    return edges


def _breaks(text: str, edges: set[int]) -> list[list[int]]:
    """Good places for a cut, the best kind first."""
    kinds = [[m.start() for m in pattern.finditer(text)] for pattern in (_PARAGRAPH, _LINE, _BLANK)]
    kinds.insert(2, [s.end for s in split_sentences(text) if _ENDED.match(text, s.end - 1)])
    return [[place for place in kind if place in edges] for kind in kinds]


def _break(breaks: list[list[int]], start: int, furthest: int) -> int:
    middle = start + (furthest - start) // 2
    for least in (middle, start):  # rather a short piece than a cut through a word
        for places in breaks:
            last = bisect_right(places, furthest) - 1
            if last >= 0 and places[last] > least:
                return places[last]
    return furthest


def _before_too_many(marks: Sequence[_Mark], start: int, furthest: int) -> int:
    """Where a piece from `start` has to end to hold no more than 100 marks."""
    here = [mark for mark in marks if mark.end > start]
    return furthest if len(here) <= ENTITIES else max(start, min(furthest, here[ENTITIES].start))


def _skip_blanks(text: str, edges: list[int], at: int) -> int:
    # By clusters: a combining mark on a space keeps its space.
    while at < len(edges) - 1 and text[edges[at] : edges[at + 1]].isspace():
        at += 1
    return at


def _without_blanks(text: str, edges: list[int], to: int) -> int:
    while to > 0 and text[edges[to - 1] : edges[to]].isspace():
        to -= 1
    return edges[to]


def _is_seen(text: str) -> bool:
    return any(unicodedata.category(c) not in _UNSEEN and c not in _BLANK_LETTERS for c in text)


def _parse(markup: str) -> tuple[str, list[_Mark]]:
    """The plain text and what is marked in it, in the order in which the tags open."""
    text, at, length = [], 0, 0
    marks: list[_Mark] = []
    unclosed: list[int] = []
    for tag in _TAG.finditer(markup):
        text.append(html.unescape(markup[at : tag.start()]))
        at, length = tag.end(), length + len(text[-1])
        if tag["closing"]:
            opened = unclosed.pop()
            marks[opened] = replace(marks[opened], end=length)
        else:
            unclosed.append(len(marks))
            marks.append(_Mark(length, length, tag[0], tag["name"]))
    text.append(html.unescape(markup[at:]))
    return "".join(text), [mark for mark in marks if mark.start < mark.end]


def _write(text: str, piece: Span, marks: Sequence[_Mark]) -> str:
    """`text[piece]` as HTML, under the marks that reach into it."""
    written: list[str] = []
    unclosed: list[_Mark] = []
    at = piece.start

    def close(until: int) -> None:
        nonlocal at
        while unclosed and min(unclosed[-1].end, piece.end) <= until:
            mark = unclosed.pop()
            end = min(mark.end, piece.end)
            written.extend((escape(text[at:end]), f"</{mark.name}>"))
            at = end

    for mark in marks:
        if mark.end <= piece.start or mark.start >= piece.end:
            continue
        start = max(mark.start, piece.start)
        close(start)
        written.extend((escape(text[at:start]), mark.opening))
        unclosed.append(mark)
        at = start
    close(piece.end)
    written.append(escape(text[at : piece.end]))
    return "".join(written)
