"""What a conversation is about: the topic of a question, and who or where its answer named."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.conversation.request import request_of
from bot.kind import Kind, kind_of
from bot.spans import candidates
from bot.turn import Turn
from index.tokens import normalise_slang, tokens

LONGEST_TOPIC = 160  # characters
LONGEST_NAME = 6  # words of an answer that names someone, beyond which it is a sentence

_ASKING = re.compile(
    r"\b(?:apa(?:kah)?|siapa(?:kah)?|kapan(?:kah)?|(?:se)?berapa(?:kah)?|(?:di|ke|dari)\s?mana(?:kah)?|mana|kenapa|mengapa"
    r"|bagaimana(?:kah)?|what|which|who|whom|whose|when|where|why|how(?:\s(?:many|much|long|old|far|big|high|often))?"
    r"|he|she|they|it|did|does|do|is|are|was|were|will|sih|dong|deh|yah?|gan|min|nih|tuh|kok|kan|saja|aja|adalah)\b",
    re.IGNORECASE,
)
# "Berapa magnitudo gempa Padang": what was asked of the event is not what the next question is about.
_MEASURED = re.compile(
    r"\b(?:se)?berapa(?:kah)? (?:(?:jumlah|total|besar|banyak|lama) )?[a-z]+(?= \S+ \S)", re.IGNORECASE
)
_EDGES = re.compile(
    r"^(?:(?:dan|and|terus|lalu|kalau|padahal|tapi|but|so|ada|the|there|soal|regarding|nama|jumlah)\b[\s,]*)+"
    r"|[\s,]*\b(?:di|ke|dari|untuk|oleh|dengan|sama|pada|yang|ada|the|of|in|to|for|jadi|itu|tersebut"
    r"|terjadi|berlangsung|happen(?:ed)?)$",
    re.IGNORECASE,
)
# "LRT Medan rutenya": what was asked of the topic is no part of it; "pengemudinya" by itself is.
_OWNED = re.compile(r"(?:(?P<owner>\b[A-Z][\w-]*) [a-z-]+nya|(?P<noun>\b[a-z-]{3,})nya)$")
_WITH_TOPIC = re.compile(r"(?P<asked>[^?]*\?) \((?P<topic>.*)\)")
_MARKS = re.compile(r"[?!…]+")
_ENDS_A_NAME = re.compile(r"\s*[,(;:.–—]\s*|\s+(?:yang|adalah|dengan|pada|di)\s")
_SEVERAL = re.compile(r",|\b(?:dan|and)\b")


def with_topic(question: str, topic: str) -> str:
    """A question that stands alone: "Kapan itu terjadi? (banjir Demak)"."""
    question = question.rstrip(" ?!.")
    return f"{question[:1].upper()}{question[1:]}? ({topic})"


def topic_of(question: str) -> str:
    """What a question is about: its text without the words that ask, at most 160 characters."""
    question = _WITH_TOPIC.sub(r"\g<topic>, \g<asked>", normalise_slang(question))
    request = request_of(question)
    text = _MARKS.sub(" ", request.subject if request else question)
    text = " ".join(_ASKING.sub(" ", _MEASURED.sub(" ", text)).split()).strip(" ,.:;-")
    while (trimmed := _EDGES.sub("", text).strip(" ,.:;-")) != text:
        text = trimmed
    return shortened(_OWNED.sub(lambda m: m["owner"] or m["noun"], text))


def shortened(text: str, longest: int = LONGEST_TOPIC) -> str:
    """The text cut at a word to `longest` characters."""
    return text if len(text) <= longest else text[: longest + 1].rpartition(" ")[0][:longest] or text[:longest]


def person_of(turns: Sequence[Turn]) -> str | None:
    """The last person named: as the answer to "siapa", else in an answer, else in a question."""
    for turn in reversed(turns):
        if kind_of(turn.question) is Kind.PERSON and (name := named(turn.answer)):
            return name
        for text in (turn.answer, topic_of(turn.question)):
            if found := _full_names(text):
                return found[-1]
    return None


def people_of(turns: Sequence[Turn]) -> str | None:
    """The people of the last answers to "siapa": several of one answer, else one of each of two."""
    names: list[str] = []
    for turn in reversed(turns):
        if kind_of(turn.question) is not Kind.PERSON or not turn.answer:
            continue
        whole = turn.answer.strip(" .")
        if not names and _SEVERAL.search(whole) and len(whole.split()) <= 3 * LONGEST_NAME:
            return whole
        if name := named(turn.answer):
            names.insert(0, name)
    return " dan ".join(dict.fromkeys(names[-2:])) if len(names) > 1 else None


def place_of(turns: Sequence[Turn]) -> str | None:
    """The last place named: as the answer to "di mana", else in a question."""
    for turn in reversed(turns):
        if kind_of(turn.question) is Kind.PLACE and (name := named(turn.answer)):
            return re.sub(r"^(?:di|ke|dari|in|at)\s", "", name, flags=re.IGNORECASE)
        topic = topic_of(turn.question)
        if found := candidates(f"· {topic}"[:LONGEST_TOPIC], Kind.PLACE, ""):
            return f"· {topic}"[found[-1].start : found[-1].end]
    return None


def named(answer: str) -> str | None:
    """The name that a short answer begins with: "AR (37), seorang sopir." -> "AR"."""
    name = _ENDS_A_NAME.split(answer.strip()[:200], maxsplit=1)[0].strip(" .\"'“”")
    return name if name and len(name.split()) <= LONGEST_NAME and tokens(name) else None


def _full_names(text: str) -> list[str]:
    marked = f"· {text}"[:400]  # so that a name at the start does not look like the start of a sentence
    names = [marked[span.start : span.end] for span in candidates(marked, Kind.PERSON, "")]
    return [name for name in names if " " in name]
