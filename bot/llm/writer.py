"""Passages to a draft: the language model writes, and what has no support goes."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from bot.answer import Fallback, Voice
from bot.llm.claims import Claim, claims_in
from bot.llm.errors import LlmError, LlmResting
from bot.llm.marks import Event, MarkParser, Text
from bot.llm.model import End, Model, Prompt, Usage
from bot.llm.prompts import Asked, Prompts
from bot.llm.support import SupportCheck, overlaps
from bot.llm.window import tokens_at_most
from bot.question import Question, language_of
from bot.rank import Evidence
from bot.read import Reading
from index.records import Passage
from index.sentences import split_sentences
from index.tokens import tokens
from index.words import word_set

LEAST = 0.5  # share of a reply's sentences that must have support for the rest to be worth showing
LONGEST = 12  # characters a token of a reply stands for, at most: a server that sends more is stopped
LATIN = 0.5  # share of a reply's letters that are of the script that questions are written in

Strictness = Literal["strict", "mark", "off"]
# "free": whatever has support. "same": word, shorten or extend the reader's answer, but not replace it.
# "within": only shorten it; a base model that goes on says more of the question, not more of the answer.
Bound = Literal["free", "same", "within"]
log = logging.getLogger(__name__)

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
_THOUGHT = re.compile(r"\A\s*<think>.*?(?:</think>|\Z)", re.DOTALL)
_INDONESIAN = word_set("indonesian", "bot.words")


@dataclass(frozen=True, slots=True)
class Prices:
    """What a million tokens cost, in any currency; zero where nothing is paid."""

    prompt: float = 0.0
    completion: float = 0.0

    def of(self, usage: Usage) -> float | None:
        """The cost of a call, None where no price is known."""
        if not self.prompt and not self.completion:
            return None
        return round((usage.prompt * self.prompt + usage.completion * self.completion) / 1e6, 8)

    def paid(self, voice: Voice, usage: Usage) -> Voice:
        """The voice with a call's tokens and what they cost."""
        return replace(
            voice, prompt_tokens=usage.prompt, completion_tokens=usage.completion, estimated=usage.estimated,
            cost=self.of(usage),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Written:
    """A claim and the evidence it stands on; without any it is `marked` where that is to be said."""

    claim: Claim
    evidence: tuple[Evidence, ...]
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """What a model made of the passages.

    Either `written` holds what may be shown, or `abstains` is set, or `voice.fallback` says why
    the reader must answer. `beside` is what the reader quotes for the same answer.
    """

    voice: Voice
    written: tuple[Written, ...] = ()
    beside: tuple[Evidence, ...] = ()
    abstains: bool = False


class Writer:
    """Asks a model and checks every sentence of its reply.

    Args:
        check: finds the support of a sentence.
        bound: how far a reply may leave what the reader finds.
    """

    def __init__(
        self,
        model: Model,
        prompts: Prompts,
        check: SupportCheck,
        *,
        deadline: float = 20.0,
        longest: int = 256,
        strict: Strictness = "strict",
        bound: Bound = "same",
        prices: Prices = Prices(),
    ) -> None:
        self._model = model
        self._prompts = prompts
        self._check = check
        self.deadline = deadline
        self._longest = longest * LONGEST
        self._strict = strict
        self._bound = bound
        self._prices = prices

    def close(self) -> None:
        self._model.close()

    def write(self, question: Question, passages: Sequence[Passage], reading: Reading, until: float) -> Draft:
        """A draft, before `until` of `time.monotonic()` whatever the model does."""
        asked = self._prompts.ask(question, passages, [e.passage for e in reading.evidence])
        if not asked.passages:
            log.info("the reader answers instead: no passage fits; raise llm.context_window or lower llm.max_tokens")
            return Draft(self._voice(Fallback.FAILED))
        usage = Usage(tokens_at_most(asked.prompt.system + asked.prompt.user), 0, estimated=True)
        try:
            text, usage = self._reply(asked.prompt, until)
        except LlmError as error:
            log.info("the reader answers instead: %s", error)
            return Draft(self._voice(error.fallback, Usage() if isinstance(error, LlmResting) else usage))
        draft = self._judged(text, asked, question, reading)
        log.info(
            "%s: %s, %d sentences kept, %d removed", self._model.name, draft.voice.fallback or "answered",
            len(draft.written), draft.voice.removed,
        )  # fmt: skip
        return replace(draft, voice=self._paid(draft.voice, usage))

    def _reply(self, prompt: Prompt, until: float) -> tuple[str, Usage]:
        said: list[str] = []
        length = 0
        for piece in self._model.stream(prompt, until):
            if isinstance(piece, End):
                return "".join(said) if not piece.cut else _whole_sentences("".join(said)), piece.usage
            said.append(piece)
            length += len(piece)
            if length > self._longest:
                break
        text = "".join(said)
        estimate = Usage(tokens_at_most(prompt.system + prompt.user), tokens_at_most(text), estimated=True)
        return _whole_sentences(text), estimate

    def _judged(self, text: str, asked: Asked, question: Question, reading: Reading) -> Draft:
        events = _events(_THOUGHT.sub("", text).strip(), asked)
        said = "".join(e.text for e in events if isinstance(e, Text))
        if not any(map(str.isalnum, said)):
            return Draft(self._voice(Fallback.EMPTY))
        if _ABSTAINS.search(said):
            return Draft(self._voice(), abstains=True)
        if _speaks_otherwise(said, question.language):
            return Draft(self._voice(Fallback.WRONG_LANGUAGE))
        claims = claims_in(events)
        if len(claims) < LEAST * len(split_sentences(said)):
            return Draft(self._voice(Fallback.REPEATS))
        return self._kept([self._written(claim, asked, question, reading) for claim in claims], question, reading)

    def _written(self, claim: Claim, asked: Asked, question: Question, reading: Reading) -> Written:
        return Written(claim, tuple(self._check.find(claim, asked.passages, question, reading.evidence)))

    def _kept(self, written: Sequence[Written], question: Question, reading: Reading) -> Draft:
        supported = tuple(w for w in written if w.evidence)
        removed = len(written) - len(supported)
        if self._strict != "off" and (not supported or len(supported) < LEAST * len(written)):
            return Draft(replace(self._voice(Fallback.UNSUPPORTED), removed=removed))
        beside = _beside(supported, reading) if self._bound != "free" else ()
        if self._bound != "free" and not _agrees(supported, question, reading, self._bound):
            return Draft(replace(self._voice(Fallback.DISAGREES), removed=removed))
        if self._strict == "strict":
            return Draft(replace(self._voice(), removed=removed), supported, beside)
        marked = (replace(w, marked=self._strict == "mark" and not w.evidence) for w in written)
        return Draft(self._voice(), tuple(marked), beside)

    def _voice(self, fallback: Fallback | None = None, usage: Usage = Usage()) -> Voice:
        return self._paid(Voice(self._model.name if fallback is None else "reader", fallback), usage)

    def _paid(self, voice: Voice, usage: Usage) -> Voice:
        return self._prices.paid(voice, usage)


def _events(text: str, asked: Asked) -> list[Event]:
    parser = MarkParser(len(asked.passages))
    return [*parser.feed(text), *parser.close()]


def _beside(written: Sequence[Written], reading: Reading) -> tuple[Evidence, ...]:
    """The reader's quotes that the model's do not overlap."""
    taken = [e for w in written for e in w.evidence]
    return tuple(q for q in reading.evidence if not any(overlaps(q, e) for e in taken))


def _agrees(written: Sequence[Written], question: Question, reading: Reading, bound: Bound) -> bool:
    """Whether a model words, shortens or extends what the reader found, rather than replacing it.

    It stands on the reader's first quote, and one answer has all content words of the other, the
    reader's where the model must stay within; an English answer shares too few of them with an
    article to be held to the second.
    """
    first = reading.evidence[0]
    if not any(overlaps(e, first) for w in written for e in w.evidence):
        return False
    span = reading.answer or first.span
    found = set(tokens(first.passage.article.text[span.start : span.end]))
    said = {word for w in written for word in tokens(w.claim.text)}
    if question.language == "en":
        return bound != "within"
    return said <= found or (found <= said and bound == "same")


def _whole_sentences(text: str) -> str:
    """What was cut off, without its last, unfinished sentence."""
    spans = split_sentences(text)
    return text[: spans[-1].start] if spans else ""


def _speaks_otherwise(text: str, language: str) -> bool:
    """Whether a reply is plainly in another language than the question."""
    letters = [char for char in text if char.isalpha()]
    if sum(char < "\u0250" for char in letters) < LATIN * len(letters):
        return True
    words = set(re.findall(r"[a-z]+", text.lower()))
    if language == "id":
        return language_of(text) == "en"
    return language_of(text) == "id" and bool(words & _INDONESIAN)
