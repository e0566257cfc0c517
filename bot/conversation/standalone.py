"""A follow-up written out as a question that stands alone, by rules."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bot.conversation.focus import named, people_of, person_of, place_of, shortened, topic_of, with_topic
from bot.conversation.request import Request, request_of
from bot.kind import Kind, asked_kind, kind_of
from bot.turn import Turn
from bot.voice import RULES, Voice
from index.tokens import normalise_slang, tokens
from index.words import word_set

LONGEST_ALONE = 1_000  # characters
TURNS = 3  # looked back at
LONGEST_SAID = 300  # characters of an earlier question or answer that are looked at
# A question with "dia" or "itu" that says more than this names its subject itself;
LEANING_TERMS, LEANING_NAMES = 6, 2
LONGEST_LEANING = 12  # with "dia" it may say a good deal more;
BARE_TERMS = 2  # one without such words leans on the conversation if it says no more than this.


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a follow-up leaves open, and what it stands for: "dia", "Endang Sukmawati"; "" for its topic."""

    said: str
    meant: str


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A follow-up written out: the question by itself, and what the rules filled in.

    `asks_as_before`: its own words do not say what kind of answer is asked for ("kalau X?").
    `voice` is who wrote it out.
    """

    text: str
    resolved: tuple[Resolved, ...]
    asks_as_before: bool = False
    voice: Voice = field(default_factory=lambda: Voice(RULES))


class Rewriter(Protocol):
    """Writes a follow-up out as a question that stands alone; None where it does already."""

    def __call__(self, text: str, history: Sequence[Turn]) -> Rewrite | None: ...


# Who and where: only the conversation can say, unless the question named them before.
_WHO = re.compile(
    r"\b(?:dia|ia|beliau|mereka|(?:di|ke|dari) ?(?:sana|situ)|he|she|they|him|her|his|their|them"
    r"|there(?! (?:is|are|was|were)\b))\b",
    re.IGNORECASE,
)
_WHAT = re.compile(
    r"\b(?:itu|tersebut|tadi|begitu|it|that|those)\b|^(?:kalau|kalo|what about|how about|selain|bagaimana dengan)\b",
    re.IGNORECASE,
)
_OPENING = re.compile(r"^(?:(?:terus|trus|lalu|nah|oh|dan|and|so|then|padahal)\b[\s,]*)+", re.IGNORECASE)
_CLITIC = re.compile(r"\b(?P<noun>[A-Za-z][a-z-]{2,})nya\b")
_NAME = re.compile(r"(?<!^)\b[A-Z][\w-]+")
_NAMED_BEFORE = re.compile(
    r"(?P<place>\b(?:di|ke|dari|pada|bagi|menurut|in|at|from)\s)?(?P<name>\b[A-Z][\w-]*\b)(?! (?:mana|apa)\b)"
)
_POINTED_AT = re.compile(r"(?<=\w )\b[A-Z][\w-]+ (?:itu|tersebut|tadi)\b")  # "banjir Demak itu" names the flood
_PLACE_ALONE = re.compile(r"^(?i:di|ke|dari|in|at)\s[A-Z][\w-]*(?:\s[A-Z][\w-]*){0,3}[\s?!.]*$")
_MORE = re.compile(r"\b(?:lain|lainnya|lagi|[a-z]{3,}nya|more|other|else)\b", re.IGNORECASE)
_NOT_POSSESSIVE = word_set("not_possessive", "bot.words")
_OF_PEOPLE = word_set("of_people", "bot.words")


def leans_on_history(text: str) -> bool:
    """Whether a question refers to something said before rather than naming it."""
    opened = _OPENING.sub("", text)
    if _PLACE_ALONE.match(opened):
        return True
    content = len({term for word in opened.split() if word.lower() not in _NOT_POSSESSIVE for term in tokens(word)})
    names = len(_NAME.findall(opened))
    if (who := _WHO.search(opened)) and not _named_before(opened, who.start()):
        return content <= LONGEST_LEANING and names <= LEANING_NAMES
    if _WHAT.search(_POINTED_AT.sub("", opened)) or _owned_outside(opened):
        return content <= LEANING_TERMS and names <= LEANING_NAMES
    return not names and content <= (BARE_TERMS if opened == text else LEANING_TERMS)


def request_leans(text: str, request: Request) -> bool:
    """Whether a request is for more of what was talked about: "ada berita lain soal itu?"."""
    said = request.subject
    return bool(_MORE.search(text)) if not said else bool(_WHO.search(said) or _WHAT.search(said))


def says_nothing(text: str) -> bool:
    """Whether a question names nothing at all: "siapa dia?", "terus kapan?"."""
    return not tokens(without_references(text))


def without_references(text: str) -> str:
    """What a question says by itself: "terus siapa bupati di sana?" -> "siapa bupati"."""
    return _OPENING.sub("", _WHAT.sub(" ", _WHO.sub(" ", text)))


def _named_before(text: str, end: int) -> bool:
    """Whether a name, other than of a place where something happens, stands in `text[:end]`."""
    found = [m for m in _NAMED_BEFORE.finditer(text, 0, end) if m.start() > 0 or m["name"].isupper()]
    return any(m["place"] is None for m in found)


def _owned_outside(text: str) -> str | None:
    """The noun whose -nya ("korbannya") refers to something before the question, if there is one."""
    for clitic in _CLITIC.finditer(text):
        # "LRT Medan rutenya" says itself whose.
        if clitic[0].lower() not in _NOT_POSSESSIVE and not _named_before(text, clitic.start()):
            return clitic["noun"]
    return None


def stand_alone(text: str, history: Sequence[Turn]) -> Rewrite | None:
    """The default `Rewriter`: carries the topic, resolves who and where, lets "kalau X?" change one thing.

    What comes back is at most 1,000 characters, or the question's own length where that is more.
    """
    turns = recent(history)
    own = " ".join(normalise_slang(text).split())
    if not turns or not own or _names_its_subject(own):
        return None
    alone = _each_alone(turns)
    return _changed(own, alone[-1].question) or _carried(own, alone)


def recent(history: Sequence[Turn]) -> list[Turn]:
    """The last turns that say something, at most 300 characters of each question and answer."""
    said = [(shortened(" ".join(turn.question.split()), LONGEST_SAID), _said(turn.answer)) for turn in history[-TURNS:]]
    return [Turn(question, answer) for question, answer in said if tokens(question)]


def _said(answer: str) -> str:
    """An answer as far as "dia" may mean somebody in it: nobody in a digest, which is several lines."""
    return "" if "\n" in answer.strip() else shortened(answer.strip(), LONGEST_SAID)


def _names_its_subject(own: str) -> bool:
    return bool(_NAME.search(own)) and not leans_on_history(own)


def _each_alone(turns: Sequence[Turn]) -> list[Turn]:
    """The turns with each question written out."""
    alone: list[Turn] = []
    for turn in turns:
        rewrite = stand_alone(turn.question, alone) if leans_on_history(turn.question) else None
        alone.append(Turn(rewrite.text if rewrite else normalise_slang(turn.question), turn.answer))
    return alone


# -- the topic is carried --------------------------------------------------------------------

_ONE = re.compile(r"\b(?:dia|ia|beliau|he|she|him)\b", re.IGNORECASE)
_ONES = re.compile(r"\b(?:his|her)(?=\s\w)", re.IGNORECASE)
_MANY = re.compile(r"\b(?:mereka|they|them)\b", re.IGNORECASE)
_THERE = re.compile(r"\bdi ?(?:sana|situ)\b", re.IGNORECASE)
_THERE_EN = re.compile(r"\bthere\b(?! (?:is|are|was|were)\b)", re.IGNORECASE)
_REFERENCES = (
    (_ONE, person_of, "{}"),
    (_ONES, person_of, "{}'s"),
    (_MANY, people_of, "{}"),
    (_THERE, place_of, "di {}"),
    (_THERE_EN, place_of, "in {}"),
)


def _carried(own: str, alone: Sequence[Turn]) -> Rewrite | None:
    """The question with what it refers to filled in and its topic behind, in brackets."""
    text, resolved = _OPENING.sub("", own), []
    for pattern, find, form in _REFERENCES:
        found = pattern.search(text)
        if found and (meant := find(alone)):
            text = f"{text[: found.start()]}{form.format(meant)}{text[found.end() :]}"
            resolved.append(Resolved(found[0], meant))
    noun, owner = _owned_outside(text), named(alone[-1].answer)
    if not resolved and owner and noun and noun.lower() in _OF_PEOPLE and kind_of(alone[-1].question) is Kind.PERSON:
        text = text.replace(f"{noun}nya", f"{noun} {owner}", 1)
        resolved.append(Resolved(f"{noun}nya", owner))
    if topic := _topic(alone, text):
        text = with_topic(text, topic)
        resolved.append(Resolved("", topic))
    return Rewrite(text, tuple(resolved)) if resolved else None


def _topic(alone: Sequence[Turn], text: str) -> str:
    """What the conversation is about, unless the question says all of it; bounded so that the whole is."""
    topic = shortened(topic_of(alone[-1].question), max(0, LONGEST_ALONE - len(with_topic(text, ""))))
    return "" if set(tokens(topic)) <= set(tokens(text)) else topic


# -- "kalau X?" changes one thing ------------------------------------------------------------

_CHANGE = re.compile(
    r"^(?:kalau|kalo|bagaimana (?:dengan|kalau)|what about|how about|selain)\s+(?P<new>.+?)(?:\s+bagaimana)?[\s?!.]*$",
    re.IGNORECASE,
)
_BARE = re.compile(r"^(?P<new>(?:(?i:di|ke|dari|in|at|untuk)\s)?[A-Z][\w-]*(?:\s[A-Z][\w-]*){0,3})[\s?!.]*$")
_PREPOSITION = re.compile(r"^(?:di|ke|dari|in|at|untuk|soal|tentang|the|for)\s+", re.IGNORECASE)
_NAMES = re.compile(r"(?<!^)\b[A-Z][\w-]*(?:\s[A-Z0-9][\w-]*)*")
_ASKS = r"siapa|berapa|apa|kapan|mana|kenapa|mengapa|bagaimana|how (?:many|much)|what|which|who|when|where|why"
# "Berapa [korban meninggal] akibat ...", "Berapa [pengungsi] banjir Demak": what is asked for.
_HEAD = re.compile(
    rf"^(?P<asks>(?i:{_ASKS}))\s+(?P<head>[a-z-]+(?:\s[a-z-]+)?(?=\s(?:akibat|di|ke|dari|dalam|pada|karena|oleh|untuk|in|of"
    r"|for|from)\s)|[a-z-]+(?=\s(?:[a-z-]+\s)?[A-Z]))"
)
_ASKED = re.compile(rf"\b(?:{_ASKS})\b", re.IGNORECASE)
NAME_WORDS = 3  # a longer change is a description, not a name


def _changed(own: str, before: str) -> Rewrite | None:
    """The question before with a name of it, or what it asks for, replaced; None where nothing fits."""
    asked = _OPENING.sub("", own)
    match = _CHANGE.match(asked) or _BARE.match(asked)
    if match is None or asked_kind(match["new"]) is not None or _WHAT.search(match["new"]) or _WHO.search(match["new"]):
        return None
    new = _PREPOSITION.sub("", match["new"])
    if request := request_of(before):
        return Rewrite(f"berita soal {new}", (Resolved(request.subject, new),), asks_as_before=True)
    names = list(_NAMES.finditer(before))
    is_name = len(new.split()) <= NAME_WORDS and (new[0].isupper() or " " not in new)
    if names and is_name and not _owned_outside(new):
        old = names[-1]
        return _replaced(before, old.start() + _kept_front(old[0], new), old.end(), new)
    if head := _HEAD.match(before):
        return _replaced(before, head.start("head"), head.end("head"), _CLITIC.sub(r"\g<noun>", new))
    asks = _ASKED.search(before)
    topic = topic_of(before)
    text = with_topic(f"{asks[0]} {new}", topic) if asks and topic else ""
    return Rewrite(text, (Resolved("", topic),), asks_as_before=True) if text else None


def _kept_front(old: str, new: str) -> int:
    """Characters of a name that stay: the acronym of "LRT Medan" where one word replaces it."""
    first = old.split(maxsplit=1)[0]
    return len(first) + 1 if " " in old and first.isupper() and len(first) > 1 and " " not in new else 0


def _replaced(before: str, start: int, end: int, new: str) -> Rewrite | None:
    text = shortened(f"{before[:start]}{new}{before[end:]}", LONGEST_ALONE)
    return Rewrite(text, (Resolved(before[start:end], new),), asks_as_before=True)
