"""Text and marks to claims: the sentences of a reply, each with the passages it cites."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.llm.marks import Event, Mark, Text
from index.sentences import split_sentences


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence a model wrote, and the numbers of the passages it cites, in order."""

    text: str
    passages: tuple[int, ...] = ()


def claims_in(events: Sequence[Event]) -> list[Claim]:
    """The sentences, each once; a mark belongs to the sentence it stands in or right behind."""
    text = "".join(e.text for e in events if isinstance(e, Text))
    spans = split_sentences(text)
    cited: list[dict[int, None]] = [{} for _ in spans]
    at = 0
    for event in events:
        if isinstance(event, Text):
            at += len(event.text)
        elif isinstance(event, Mark) and spans:
            before = [n for n, span in enumerate(spans) if span.start < at]
            cited[before[-1] if before else 0][event.passage] = None
    found: dict[str, Claim] = {}
    for span, passages in zip(spans, cited, strict=True):
        claim = Claim(" ".join(text[span.start : span.end].split()).lstrip("-*•# "), tuple(passages))
        if claim.text:
            found.setdefault(claim.text.casefold(), claim)
    return list(found.values())
