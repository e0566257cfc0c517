"""One exchange of a conversation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier question of a conversation, and what was answered ("" for a refusal)."""

    question: str
    answer: str
