"""What fits into a model's context window, counted in tokens on the safe side."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.llm.model import Prompt, Usage
from index.records import Passage

LETTERS = 3  # of a word in Latin script that a token holds at least, on average
_PIECE = re.compile(r"[^\W\d_]+|.", re.DOTALL)


def tokens_at_most(text: str) -> int:
    """An upper estimate of a text's tokens for the usual vocabularies (32,000 and more).

    Digits and marks count as one each, words by the three letters, other scripts by the byte;
    on Indonesian news Gemma needs about four fifths of it.
    """
    return sum(_tokens(match[0]) for match in _PIECE.finditer(text))


def usage_at_most(prompt: Prompt, said: str) -> Usage:
    """What a call took at most, where no server counts it."""
    return Usage(tokens_at_most(prompt.system + prompt.user), tokens_at_most(said), estimated=True)


def _tokens(piece: str) -> int:
    if piece == " ":
        return 0  # a word's token begins with it
    if piece.isascii():
        return -(-len(piece) // LETTERS)
    return len(piece.encode("utf-8", "surrogatepass"))


def shortened(passage: Passage, tokens: int) -> str:
    """The passage's first whole sentences that fit, "" if not even one does."""
    text, start = passage.article.text, passage.chunk.start
    fitting = ""
    for sentence in passage.chunk.sentences:
        longer = text[start : sentence.end]
        if tokens_at_most(longer) > tokens:
            break
        fitting = longer
    return fitting


def useful_first(passages: Sequence[Passage], quoted: Sequence[Passage]) -> list[Passage]:
    """The passages the reader quotes, then the others in rank order."""
    first = {passage.chunk_id for passage in quoted}
    return sorted(passages, key=lambda p: p.chunk_id not in first)
