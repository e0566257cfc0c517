"""Passages to sentences: the language model writes, and what has no support goes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from bot.answer import READER, Fallback, Refusal, Voice
from bot.llm.errors import LlmError
from bot.llm.judge import Judge, Rules, Written
from bot.llm.model import End, Model, Prompt, Usage
from bot.llm.prompts import Prompts
from bot.llm.window import usage_at_most
from bot.question import Question
from bot.rank import Evidence
from bot.read import Reading
from index.records import Passage

LONGEST = 12  # characters a token of a reply stands for, at most: a server that sends more is stopped

log = logging.getLogger(__name__)


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
class Verdict:
    """How a reply ended.

    Where nothing of it was shown, either it `abstains` or `voice.fallback` says why the reader
    must answer. `beside` is what the reader quotes for the same answer.
    """

    voice: Voice
    beside: tuple[Evidence, ...] = ()
    abstains: bool = False


class Writer:
    """Asks a model and has every sentence of its reply judged.

    Args:
        deadline: seconds for a whole answer.
        longest: tokens of a reply.
    """

    def __init__(
        self,
        model: Model,
        prompts: Prompts,
        rules: Rules,
        *,
        deadline: float = 20.0,
        longest: int = 256,
        prices: Prices = Prices(),
    ) -> None:
        self._model = model
        self._prompts = prompts
        self._rules = rules
        self.deadline = deadline
        self._longest = longest * LONGEST
        self._prices = prices

    @property
    def name(self) -> str:
        """The model's."""
        return self._model.name

    def close(self) -> None:
        self._model.close()

    def stream(
        self,
        question: Question,
        passages: Sequence[Passage],
        reading: Reading,
        until: float,
        stands: Callable[[Sequence[Evidence]], bool],
    ) -> Iterator[Written | Verdict]:
        """Sentences as soon as they may be shown, then the verdict.

        All of it before `until` of `time.monotonic()`, whatever the model does. `stands` says
        whether quotes of evidence are in the stored articles.
        """
        asked = self._prompts.ask(question, passages, [e.passage for e in reading.evidence])
        if not asked.passages:
            log.info("the reader answers instead: no passage fits; raise llm.context_window or lower llm.max_tokens")
            yield Verdict(Voice(fallback=Fallback.FAILED))
            return
        judge = Judge(self._rules, question, asked.passages, reading, stands)
        reply = _Reply(asked.prompt)
        failed: Fallback | None = None
        try:
            with closing(self._model.stream(asked.prompt, until)) as pieces:
                for piece in pieces:
                    if isinstance(piece, End):
                        reply.usage = piece.usage
                        yield from judge.close(whole=not piece.cut)
                        break
                    reply.text += piece
                    yield from judge.feed(piece)
                    if judge.over or len(reply.text) > self._longest:
                        yield from judge.close(whole=False)
                        break
        except LlmError as error:
            log.info("%s: %s", "its answer ends early" if judge.shows else "the reader answers instead", error)
            failed = error.fallback
        yield self._verdict(judge, reply, failed)

    def _verdict(self, judge: Judge, reply: _Reply, failed: Fallback | None) -> Verdict:
        usage = Usage() if failed is Fallback.RESTING else reply.usage or usage_at_most(reply.prompt, reply.text)
        objection = failed or judge.objection
        reason = None if objection is Refusal.MODEL_ABSTAINED else objection
        voice = Voice(
            READER if reason and not judge.shows else self.name,
            fallback=None if judge.shows else reason,
            cut=reason if judge.shows else None,
            removed=judge.removed,
        )
        log.info(
            "%s: %s, %d sentences kept, %d removed",
            self.name, objection or "answered", len(judge.shown), judge.removed,
        )  # fmt: skip
        return Verdict(
            self._prices.paid(voice, usage), tuple(judge.beside()), abstains=objection is Refusal.MODEL_ABSTAINED
        )


@dataclass(slots=True)
class _Reply:
    """What came of a prompt so far, and what it took, where the model says."""

    prompt: Prompt
    text: str = ""
    usage: Usage | None = None
