"""An answer and its citations: what every face of the product shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from bot.citations import Citation
from bot.conversation.smalltalk import SmallTalk
from bot.language import language_of
from bot.question import Kind, Question
from bot.voice import READER, Fallback, Voice
from index.records import Passage

__all__ = ["READER", "Answer", "Claim", "Fallback", "Refusal", "Status", "Voice"]


class Status(StrEnum):
    """Abstaining is a state of the answer, not a string."""

    ANSWERED = "answered"
    NOT_IN_ARTICLES = "not_in_articles"
    DIGEST = "digest"  # news was asked for: several quotes, no single answer
    CHAT = "chat"  # small talk: nothing was asked of the articles


class Refusal(StrEnum):
    """Why there is no answer; each is a reason that can be defended."""

    NOTHING_FOUND = "nothing_found"  # no passage shares anything with the question
    NO_SUCH_NAME = "no_such_name"  # a name the question is about occurs in no passage
    NO_SUCH_KIND = "no_such_kind"  # no passage holds the kind of answer asked for
    UNSURE = "unsure"  # no passage answers it surely enough
    QUOTES_FAILED = "quotes_failed"  # the gate let no quote through
    SAYS_NOTHING = "says_nothing"  # "siapa dia?", and nobody was talked about
    MODEL_ABSTAINED = "model_abstained"  # the language model says that it is not there


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence of an answer, and the numbers of the citations it stands on, from 1.

    One without a citation is there only where the configuration wants it; `marked` where it
    also wants that to be said.
    """

    text: str
    citations: tuple[int, ...] = ()
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What was asked, what is answered, and what stands behind it.

    `text` is the short answer, of a digest its quotes one a line, else None; an answered one has
    at least one citation, the first of which holds it. `claims` are its sentences where a
    language model wrote it. `small_talk` is set for a chat alone.
    `voice` counts what the writing out of a follow-up took as well.
    `passages` is everything retrieved, best first. `confidence` is higher the surer the reader
    is, on a scale of its own; `stages` are the milliseconds each stage took, in order.
    """

    question: Question
    status: Status
    text: str | None
    citations: tuple[Citation, ...]
    passages: tuple[Passage, ...]
    refusal: Refusal | None = None
    confidence: float | None = None
    stages: Mapping[str, float] = field(default_factory=dict, compare=False)
    small_talk: SmallTalk | None = None
    claims: tuple[Claim, ...] = ()
    voice: Voice = field(default_factory=Voice)

    @classmethod
    def refused(cls, question: Question, passages: Sequence[Passage], refusal: Refusal) -> Answer:
        return cls(question, Status.NOT_IN_ARTICLES, None, (), tuple(passages), refusal)

    @classmethod
    def chat(cls, text: str, small_talk: SmallTalk) -> Answer:
        question = Question(text, text, Kind.STATEMENT, small_talk.language or language_of(text))
        return cls(question, Status.CHAT, None, (), (), small_talk=small_talk)

    @property
    def retrieved(self) -> list[str]:
        """Ids of the retrieved articles in rank order, each once."""
        return list(dict.fromkeys(p.article.id for p in self.passages))
