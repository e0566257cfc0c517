"""The language of a question."""

from __future__ import annotations

import re

from index.words import word_set

_ENGLISH = word_set("english", "bot.words")
_INDONESIAN = word_set("indonesian", "bot.words")


def language_of(text: str) -> str:
    """ "en" or "id", by the function words; Indonesian when in doubt."""
    words = set(re.findall(r"[a-z]+", text.lower()))
    return "en" if len(words & _ENGLISH) > len(words & _INDONESIAN) else "id"
