"""An answer and its citations: what every face of the product shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from bot.citations import Citation
from bot.conversation.smalltalk import SmallTalk
from bot.language import language_of
from bot.question import Kind, Question
from index.records import Passage


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


class Fallback(StrEnum):
    """Why the reader answered though a language model was asked, or why that was stopped."""

    SLOW = "slow"  # not finished within the deadline
    FAILED = "failed"  # refused, cut off, garbage
    RESTING = "resting"  # left alone after several failures
    EMPTY = "empty"
    REPEATS = "repeats"  # the same over and over
    WRONG_LANGUAGE = "wrong_language"
    UNSUPPORTED = "unsupported"  # too little of it stands in the passages
    UNFINISHED = "unfinished"  # stopped by who asked, or still being written
    DISAGREES = "disagrees"  # it stands there, but not where the reader finds the answer


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence of an answer, and the numbers of the citations it stands on, from 1.

    One without a citation is there only where the configuration wants it; `marked` where it
    also wants that to be said.
    """

    text: str
    citations: tuple[int, ...] = ()
    marked: bool = False


READER = "reader"


@dataclass(frozen=True, slots=True)
class Voice:
    """Who worded an answer and what it took.

    `speaker` is "reader" or the name of a language model; `cut` is why it was stopped after some
    of its sentences stood; `removed` counts the sentences that were taken out for want of
    support. Tokens are what was asked for in vain as well; `cost` is
    in the currency of the configured prices, None without prices.
    """

    speaker: str = READER
    fallback: Fallback | None = None
    cut: Fallback | None = None
    removed: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    estimated: bool = False
    cost: float | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What was asked, what is answered, and what stands behind it.

    `text` is the short answer, of a digest its quotes one a line, else None; an answered one has
    at least one citation, the first of which holds it. `claims` are its sentences where a
    language model wrote it. `small_talk` is set for a chat alone.
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
    voice: Voice = Voice()

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
