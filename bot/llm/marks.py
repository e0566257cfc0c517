"""Citation marks in a stream of text: `[1]`, `[1, 2]`, `[1][2]`, `【1】`, `(1)`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

BLANKS = 8  # white space before a mark that goes with it, at most
LONGEST = 60  # characters inside a mark's brackets, at most
FENCE = 3  # backticks that open code of several lines

_WORD = r"(?:artikel|kutipan|sumber|article|passage|source|no\.?|nomor)?"
_LIST = rf"\s?{_WORD}\s?[0-9]{{1,4}}(?:\s?[,;&-]\s?{_WORD}\s?[0-9]{{1,4}})*\s?"
_MARK = re.compile(
    rf"\s{{0,{BLANKS}}}(?:\[(?=[^\]]{{1,{LONGEST}}}\])\^?(?P<square>{_LIST})\]"
    rf"|【(?=[^】]{{1,{LONGEST}}}】)(?P<lenticular>{_LIST})(?:†[^】]*)?】"
    r"|\((?P<round>[0-9]{1,2})\))",
    re.IGNORECASE,
)
# What may still become a mark: nothing of it is given out yet.
_PARTIAL = re.compile(
    rf"\s{{0,{BLANKS}}}(?:\[[0-9a-z\s.,;&^-]{{0,{LONGEST}}}|【[^】]{{0,{LONGEST}}}|\([0-9]{{0,2}})?\Z", re.IGNORECASE
)
_PLAIN = re.compile(r"[^\s\[(【`]+|.", re.DOTALL)
_TICKS = re.compile(r"`+")
_NUMBERS = re.compile(r"([0-9]+)(?:\s?-[^0-9]*([0-9]+))?")


@dataclass(frozen=True, slots=True)
class Text:
    """Text to show, which is never taken back."""

    text: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A citation: `passage` is its number in the prompt, `number` counts from 1 as passages first appear."""

    number: int
    passage: int


Event = Text | Mark


class MarkParser:
    """Turns pieces of a reply into text and marks, the same however it is cut into pieces.

    White space before a mark goes with it. Numbers of no passage are dropped, `(5)` excepted,
    which is text then. Code, between backticks, is left alone.

    Args:
        passages: how many there are; known numbers are 1 to this.
    """

    def __init__(self, passages: int) -> None:
        self._passages = passages
        self._held = ""
        self._code = 0  # backticks that opened the code we are in
        self._order: list[int] = []

    def feed(self, piece: str) -> list[Event]:
        """What is certain by now."""
        self._held += piece
        return self._drain(final=False)

    def close(self) -> list[Event]:
        """What was held back; nothing follows."""
        return self._drain(final=True)

    def _drain(self, *, final: bool) -> list[Event]:
        events: list[Event] = []
        at = 0
        while at < len(self._held) and (step := self._step(at, final)) is not None:
            at, found = step
            events += found
        self._held = self._held[at:]
        return events

    def _step(self, at: int, final: bool) -> tuple[int, list[Event]] | None:
        """Where the next piece ends and what it is, None while that depends on what follows."""
        held = self._held
        if ticks := _TICKS.match(held, at):
            if ticks.end() == len(held) and not final:
                return None
            self._toggle(len(ticks[0]))
            return ticks.end(), [Text(ticks[0])]
        if self._code:
            end = self._end_of_code(at)
            return end, [Text(held[at:end])]
        if (mark := _MARK.match(held, at)) and (marks := self._marks(mark)) is not None:
            return mark.end(), marks
        if not mark and not final and _PARTIAL.match(held, at):
            return None
        end = _end(_PLAIN, held, at)
        return end, [Text(held[at:end])]

    def _end_of_code(self, at: int) -> int:
        """To the next backtick; code of one line ends with it."""
        tick, line = self._held.find("`", at), self._held.find("\n", at)
        end = tick if tick >= 0 else len(self._held)
        if self._code < FENCE and at <= line < end:
            self._code = 0
            return line + 1
        return end

    def _toggle(self, ticks: int) -> None:
        if not self._code:
            self._code = ticks
        elif ticks == self._code or ticks > self._code >= FENCE:
            self._code = 0

    def _marks(self, match: re.Match[str]) -> list[Event] | None:
        """The marks of known passages, each once; None for a number in round brackets that is none."""
        listed = match["square"] or match["lenticular"] or match["round"]
        known = [n for n in _numbers(listed) if 1 <= n <= self._passages]
        if match["round"] and not known:
            return None
        return [Mark(self._number(n), n) for n in dict.fromkeys(known)]

    def _number(self, passage: int) -> int:
        if passage not in self._order:
            self._order.append(passage)
        return self._order.index(passage) + 1


def _numbers(listed: str) -> Iterator[int]:
    for match in _NUMBERS.finditer(listed):
        first, last = int(match[1]), int(match[2] or match[1])
        yield from range(first, last + 1) if first <= last else (first, last)


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at + 1
