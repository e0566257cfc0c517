"""Text and marks to claims: the sentences of a reply, each with the passages it cites."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bot.llm.marks import Event, Mark, Text
from index.records import Span
from index.sentences import split_sentences

_BULLET = re.compile(r"\A(?:[-*•#]+ +)+|\*\*|__")
_ORDINAL = re.compile(r"\A\d{1,2}\.\Z")  # "1." of a list


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence a model wrote, and the numbers of the passages it cites, in order."""

    text: str
    passages: tuple[int, ...] = ()


class ClaimParser:
    """Turns events into claims, each as soon as nothing that follows can change it.

    A mark belongs to the sentence it stands in or right behind, so a sentence waits for the next
    one to begin. Repeated sentences are claims again; Markdown's bullets and emphasis are no part
    of one, and what holds no letter or digit is none.
    """

    def __init__(self) -> None:
        self.text = ""  # everything so far, without the marks
        self._from = 0  # where the first sentence that may still change begins
        self._marks: list[tuple[int, int]] = []  # how much text stood before it, passage

    def feed(self, events: Iterable[Event]) -> list[Claim]:
        """The claims that are certain by now."""
        for event in events:
            if isinstance(event, Mark):
                self._marks.append((len(self.text), event.passage))
            elif isinstance(event, Text):
                self.text += event.text
        return self._claims(last=False)

    def close(self) -> list[Claim]:
        """The claim that was held back; nothing follows."""
        return self._claims(last=True)

    def _claims(self, *, last: bool) -> list[Claim]:
        spans = split_sentences(self.text, self._from)
        certain = spans if last else spans[:-1]
        follows = [*(span.start for span in spans[1:]), len(self.text)]
        claims = [self._claim(span, end) for span, end in zip(certain, follows, strict=False)]
        if certain:
            self._from = follows[len(certain) - 1]
        return [claim for claim in claims if any(map(str.isalnum, claim.text))]

    def _claim(self, span: Span, end: int) -> Claim:
        """A sentence and the marks up to where the next one begins."""
        text = " ".join(_BULLET.sub("", self.text[span.start : span.end]).split())
        if _ORDINAL.match(text) and end < len(self.text):
            return Claim("")
        cited = dict.fromkeys(passage for at, passage in self._marks if at <= end)
        self._marks = [(at, passage) for at, passage in self._marks if at > end]
        return Claim(text, tuple(cited))
