"""What is said to the bot without asking the articles anything: greetings, thanks, questions about itself."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from bot.kind import asked_kind
from index.tokens import normalise_slang
from index.words import lines, word_set

LONGEST = 120  # characters; whoever says more wants something


class Talk(StrEnum):
    """What is said. Where several things are, the later one here is replied to."""

    NOTED = "noted"  # "ok sip", "wkwk", "👍"
    GREETING = "greeting"
    TEST = "test"
    GOODBYE = "goodbye"
    THANKS = "thanks"
    COMPLAINT = "complaint"  # "jawabannya salah"
    ORIGIN = "origin"  # "beritanya dari mana?"
    SELF = "self"  # "siapa kamu?"
    ABLE = "able"  # "kamu bisa apa?"


@dataclass(frozen=True, slots=True)
class SmallTalk:
    """Small talk, and the language it was said in; None where that cannot be told."""

    talk: Talk
    language: str | None = None


def small_talk(text: str) -> SmallTalk | None:
    """What is said where a message is small talk from beginning to end; None for everything else."""
    if len(text) > LONGEST:
        return None
    if not any(char.isalnum() for char in text):
        return _picture(text)
    said: list[SmallTalk] = []
    for part in _PARTS.split(text):
        words = _plain(part).split()
        found = _phrases(words)
        if found is None:
            return None
        said += found or ([SmallTalk(Talk.NOTED)] if words or part.strip() else [])
    return max(said, key=lambda s: (_WEIGHT[s.talk], s.language is not None), default=None)


def without_greeting(question: str) -> str:
    """A question without the greeting before it: "Halo kak, berapa korbannya?" -> "berapa korbannya?"."""
    for mark in _PARTS.finditer(question[:LONGEST]):
        rest = question[mark.end() :].strip()
        said = small_talk(question[: mark.start()])
        if said and said.talk in _BEFORE_A_QUESTION and any(char.isalnum() for char in rest) and not small_talk(rest):
            return without_greeting(rest)
    match = _GREETED.match(question)
    return question[match.end() :] if match and asked_kind(question[match.end() :].split(maxsplit=1)[0]) else question


_PARTS = re.compile(r"[,.!?;\n…]+(?=\s|$)")
_WEIGHT = {talk: n for n, talk in enumerate(Talk)}
_BEFORE_A_QUESTION = (Talk.GREETING, Talk.THANKS, Talk.ABLE)
_VOCATIVES = word_set("vocatives", "bot.words")
_GREETED = re.compile(
    r"^(?:(?:halo|hallo|hai|hi|hello|hey|permisi|(?:mau|numpang|izin) (?:tanya|nanya|bertanya)"
    r"|selamat (?:pagi|siang|sore|malam)"
    rf"|assalamu'?alaikum|tolong|{'|'.join(sorted(_VOCATIVES))})\b[\s,]+)+(?=\S)",
    re.IGNORECASE,
)
_LAUGH = re.compile(r"\b(?:a?(?:wk)+w?|(?:h[aei])+h?|(?:xi)+|(?:ck)+|awokwok\w*|lo+l|lmao|rofl|xd)\b")
_YOU = re.compile(r"\b(?:lu|lo|loe|elu|elo|kau|anda|kmu|km|u)\b")
_TRIPLED, _DOUBLED_END = re.compile(r"([^\W\d])\1{2,}"), re.compile(r"([^\W\d])\1+\b")
_NO_WORD = re.compile(r"[^\w\s]|_")
_SMILE = re.compile(r"\s*(?:[:;=][-']?[()]+\s*)+")


def _picture(text: str) -> SmallTalk | None:
    """Emoji and smileys alone."""
    if "🙏" in text:
        return SmallTalk(Talk.THANKS)
    pictured = any(unicodedata.category(char) in ("So", "Sk") for char in text) or _SMILE.fullmatch(text)
    return SmallTalk(Talk.NOTED) if pictured else None


def _plain(text: str) -> str:
    """A message as it is compared: lower case, no marks, no laughter, no vocatives, one spelling."""
    text = re.sub("['’`]", "", unicodedata.normalize("NFKC", text).lower())
    text = _TRIPLED.sub(r"\1", _LAUGH.sub(" ", _NO_WORD.sub(" ", text)))
    text = normalise_slang(_YOU.sub("kamu", text))
    return " ".join(_DOUBLED_END.sub(r"\1", word) for word in text.split() if word not in _VOCATIVES)


@lru_cache(maxsize=1)
def _known() -> dict[str, SmallTalk]:
    """Every phrase in the form of `_plain`."""
    known = {}
    for line in lines("small_talk", "bot.words"):
        head, _, phrases = line.partition(" = ")
        talk, language = head.split()
        for phrase in phrases.split(","):
            known[_plain(phrase)] = SmallTalk(Talk(talk), None if language == "-" else language)
    return {phrase: what for phrase, what in known.items() if phrase}


def _phrases(words: list[str]) -> list[SmallTalk] | None:
    """The words as known phrases one after another, few of them as can be; None where they are not."""
    known = _known()
    best: list[list[SmallTalk] | None] = [[]] + [None] * len(words)
    for end in range(1, len(words) + 1):
        for start in range(end):
            before, phrase = best[start], known.get(" ".join(words[start:end]))
            if before is not None and phrase and (best[end] is None or len(before) < len(best[end] or [])):
                best[end] = [*before, phrase]
    return best[-1]
