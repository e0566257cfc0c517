"""A reply as it comes to sentences that may be shown: the rules a language model is held to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.answer import Fallback, Refusal
from bot.llm.claims import Claim, ClaimParser
from bot.llm.marks import MarkParser
from bot.llm.support import SupportCheck, overlaps
from bot.normalise import normalised
from bot.question import Question, language_of
from bot.rank import Evidence
from bot.read import Reading
from index.records import Passage
from index.tokens import tokens
from index.words import word_set

LEAST = 0.5  # share of a reply's sentences that must have support for the rest to be worth showing
UNITS = frozenset({"rp", "usd", "persen"})  # of amounts, as `normalised` writes them
LATIN = 0.5  # share of a reply's letters that are of the script that questions are written in

Strictness = Literal["strict", "mark", "off"]
# "free": whatever has support. "same": word, shorten or extend the reader's answer, but not replace it.
# "within": only shorten it; a base model that goes on says more of the question, not more of the answer.
Bound = Literal["free", "same", "within"]
Objection = Fallback | Literal[Refusal.MODEL_ABSTAINED]

_ABOUT = r"(?:artikel|teks|berita|kutipan|passages?|articles?|texts?)"
_ABSTAINS = re.compile(  # not "Tidak ada korban jiwa", which is an answer
    r"\A\W*(?:(?:maaf|sorry)\W+)?(?:"
    rf"tidak (?:ada|\w+kan|diketahui|tersedia|tercantum) (?:di|dalam|pada|oleh) (?:\w+ )?{_ABOUT}"
    r"|tidak (?:ada|\w+kan|diketahui|tersedia|tercantum)\W*\Z|tidak ada (?:informasi|keterangan|jawaban|penjelasan)"
    r"|(?:jawaban|informasi|keterangan)\w*(?: \w+){0,4} tidak (?:ada|ditemukan|tersedia|disebutkan)"
    rf"|{_ABOUT}\w*(?: \w+){{0,4}} (?:tidak|do not|does not) (?:me|state|say|mention|contain|hold|answer)"
    rf"|not (?:in|mentioned in|stated in|found in) (?:the |any )?{_ABOUT}|there is no (?:information|mention|answer)"
    r"|no (?:information|answer)\b)",
    re.IGNORECASE,
)
_INDONESIAN = word_set("indonesian", "bot.words")


@dataclass(frozen=True, slots=True)
class Written:
    """A claim and the evidence it stands on; without any it is `marked` where that is to be said."""

    claim: Claim
    evidence: tuple[Evidence, ...]
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    """What a reply has to satisfy: support, how strictly, and how far it may leave the reader's answer."""

    check: SupportCheck
    strict: Strictness = "strict"
    bound: Bound = "same"


class Judge:
    """Holds one reply against the passages it was written from, a sentence at a time.

    Nothing is shown until the reply as far as it goes is an answer: it has support, is in the
    language of the question and agrees with the reader, and no continuation could change that.
    From then on a sentence is shown as soon as it is found to have support, and none is taken
    back; a reply that goes wrong then is `over`, and what was shown stands. It makes no
    difference in which pieces the reply comes.

    Args:
        passages: as numbered in the prompt, from 1.
        stands: whether quotes of the evidence are in the stored articles.
    """

    def __init__(
        self,
        rules: Rules,
        question: Question,
        passages: Sequence[Passage],
        reading: Reading,
        stands: Callable[[Sequence[Evidence]], bool],
    ) -> None:
        self.shown: list[Written] = []
        self.shows = False  # whether the reply is an answer
        self.objection: Objection | None = None  # why it was `over`, or why nothing is shown
        self._rules = rules
        self._question = question
        self._passages = passages
        self._reading = reading
        self._stands = stands
        self._thoughts = ThoughtFilter()
        self._marks = MarkParser(len(passages))
        self._claims = ClaimParser()
        self._heard = 0  # sentences, repeated ones included
        self._written: dict[str, Written] = {}  # by the sentence without case
        self._given = 0  # how many of them are settled

    @property
    def over(self) -> bool:
        """Whether what follows is not worth hearing."""
        return self.shows and self.objection is not None

    @property
    def removed(self) -> int:
        """Sentences that are not shown for want of support."""
        if self.shows and self._rules.strict != "strict":
            return 0
        return sum(not w.evidence for w in self._written.values())

    def feed(self, piece: str) -> list[Written]:
        """The sentences that may be shown by now."""
        return self._judged(self._claims.feed(self._marks.feed(self._thoughts.feed(piece))))

    def close(self, *, whole: bool = True) -> list[Written]:
        """The rest; a last sentence of a reply that is not `whole` was cut off, and goes."""
        events = self._marks.feed(self._thoughts.close()) + self._marks.close()
        claims = self._claims.feed(events)
        shown = self._judged([*claims, *self._claims.close()] if whole else claims)
        if self.shows:
            return shown
        self.objection = self._objects(final=True)
        return [] if self.objection else self._let_out()

    def beside(self) -> list[Evidence]:
        """The reader's quotes for the same answer that those of the shown sentences do not overlap."""
        if self._rules.bound == "free":
            return []
        taken = [e for w in self.shown for e in w.evidence]
        return [q for q in self._reading.evidence if not any(overlaps(q, e) for e in taken) and self._stands([q])]

    def _judged(self, claims: Iterable[Claim]) -> list[Written]:
        out: list[Written] = []
        for claim in claims:
            if self.over:
                break
            self._heard += 1
            if (said := claim.text.casefold()) not in self._written:
                self._written[said] = self._supported(claim)
            objection = self._objects(final=False)
            if self.shows:
                self.objection = objection
            if objection is None:
                out += self._let_out()
        return out

    def _supported(self, claim: Claim) -> Written:
        found = self._rules.check.find(claim, self._passages, self._question, self._reading.evidence)
        evidence = tuple(found) if self._stands(found) else ()
        return Written(claim, evidence, marked=self._rules.strict == "mark" and not evidence)

    def _let_out(self) -> list[Written]:
        self.shows = True
        new = list(self._written.values())[self._given :]
        self._given = len(self._written)
        out = [w for w in new if w.evidence or self._rules.strict != "strict"]
        self.shown += out
        return out

    def _objects(self, *, final: bool) -> Objection | None:
        """What speaks against the reply as far as it goes; if not `final`, more may follow."""
        written = list(self._written.values())
        said = " ".join(w.claim.text for w in written)
        supported = [w for w in written if w.evidence]
        if not written:
            return Fallback.EMPTY
        if _ABSTAINS.search(said):
            return Refusal.MODEL_ABSTAINED
        if _speaks_otherwise(said, self._question.language):
            return Fallback.WRONG_LANGUAGE
        if len(written) < LEAST * self._heard:
            return Fallback.REPEATS
        if not supported or (self._rules.strict != "off" and len(supported) < LEAST * len(written)):
            return Fallback.UNSUPPORTED
        return None if self._agrees(supported, final=final) else Fallback.DISAGREES

    def _agrees(self, supported: Sequence[Written], *, final: bool) -> bool:
        """Whether a model words, shortens or extends what the reader found, rather than replacing it.

        It stands on the reader's first quote, and one answer has all content words of the other, the
        reader's where the model must stay within; an English answer shares too few of them with an
        article to be held to the second. A shorter answer may still come to say something else, so
        whether it only shortens shows at the end; an amount without its unit is another amount.
        """
        bound, first = self._rules.bound, self._reading.evidence[0]
        if bound == "free":
            return True
        if not any(overlaps(e, first) for w in supported for e in w.evidence):
            return False
        if self._question.language == "en":
            return bound != "within"
        span = self._reading.answer or first.span
        found = first.passage.article.text[span.start : span.end]
        said = " ".join(w.claim.text for w in supported)
        shortens = _words(said) <= _words(found) and _units(said) == _units(found)
        return (final and shortens) or (bound == "same" and _words(found) <= _words(said))


class ThoughtFilter:
    """Holds back what a reasoning model mutters in <think> before it answers."""

    OPENS, CLOSES = "<think>", "</think>"

    def __init__(self) -> None:
        self._held = ""
        self._through = False

    def feed(self, piece: str) -> str:
        """What is no thought."""
        if self._through:
            return piece
        self._held += piece
        said = self._held.lstrip()
        if len(said) < len(self.OPENS) and self.OPENS.startswith(said):
            return ""
        if said.startswith(self.OPENS):
            _, closed, said = said.partition(self.CLOSES)
            if not closed:
                return ""
        self._through = True
        return said

    def close(self) -> str:
        """What was held back and is none; nothing follows."""
        thinks = self._through or self._held.lstrip().startswith(self.OPENS)
        return "" if thinks else self._held


def _words(text: str) -> set[str]:
    return set(tokens(text))


def _units(text: str) -> frozenset[str]:
    return UNITS.intersection(normalised(text).split())


def _speaks_otherwise(text: str, language: str) -> bool:
    """Whether a reply is plainly in another language than the question."""
    letters = [char for char in text if char.isalpha()]
    if sum(char < "\u0250" for char in letters) < LATIN * len(letters):
        return True
    words = set(re.findall(r"[a-z]+", text.lower()))
    if language == "id":
        return language_of(text) == "en"
    return language_of(text) == "id" and bool(words & _INDONESIAN)
