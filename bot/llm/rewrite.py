"""A follow-up to a question that stands alone, by a language model that is believed only so far."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from bot.conversation.request import request_of
from bot.conversation.standalone import (
    LONGEST_ALONE,
    Rewrite,
    leans_on_history,
    recent,
    stand_alone,
    without_references,
)
from bot.kind import Kind, kind_of
from bot.language import language_of
from bot.llm.errors import LlmError
from bot.llm.facts import words_of
from bot.llm.model import End, Model, Prompt, Usage
from bot.llm.prompts import Prompts
from bot.llm.support import denies
from bot.llm.window import usage_at_most
from bot.llm.writer import Prices
from bot.turn import Turn
from bot.voice import RULES, Fallback, Voice
from index.sentences import split_sentences
from index.tokens import STOPWORDS, normalise_slang, tokens
from index.words import word_set

SHARE = 0.25  # of the time for an answer: the articles are still to be searched, read and put into words
LONGEST_REPLY = 4 * LONGEST_ALONE  # characters, thoughts included: a server that sends more is stopped

log = logging.getLogger(__name__)

_LINKING = STOPWORDS.union(*map(tokens, word_set("linking", "bot.words") | word_set("english", "bot.words")))
_LABEL = re.compile(r"\A(?:pertanyaan|question)\s*:\s*", re.IGNORECASE)
_YES_OR_NO = re.compile(r"\Aapakah\s", re.IGNORECASE)  # "ada korban?" asks what "apakah ada korban?" asks


class ModelRewriter:
    """A `Rewriter` that asks a model wherever the rules find something to fill in, and falls back to them.

    Args:
        deadline: seconds for a whole answer, of which a quarter may go by here.
    """

    def __init__(self, model: Model, prompts: Prompts, *, deadline: float = 20.0, prices: Prices = Prices()) -> None:
        self._model = model
        self._prompts = prompts
        self._patience = SHARE * deadline
        self._prices = prices

    def __call__(self, text: str, history: Sequence[Turn]) -> Rewrite | None:
        ruled = stand_alone(text, history)
        own = " ".join(normalise_slang(text).split())
        # What asks for news is read by the rules' own grammar.
        if ruled is None or request_of(own) or request_of(ruled.text):
            return ruled
        follow_up = _FollowUp(own, tuple(recent(history)), ruled)
        prompt = self._prompts.follow_up(own, follow_up.turns, follow_up.language)
        return self._asked(prompt, follow_up) if prompt else ruled

    def _asked(self, prompt: Prompt, follow_up: _FollowUp) -> Rewrite:
        try:
            reply, usage = self._reply(prompt)
        except LlmError as error:
            log.info("the rules write the follow-up out instead: %s", error)
            usage = Usage() if error.fallback is Fallback.RESTING else usage_at_most(prompt, "")
            return self._by_rules(follow_up, error.fallback, usage)
        line = _line(reply)
        if (why := follow_up.wrong_with(line)) is not None:
            return self._by_rules(follow_up, why, usage)
        voice = self._prices.paid(Voice(self._model.name), usage)
        return Rewrite(line, (), follow_up.ruled.asks_as_before, voice)

    def _reply(self, prompt: Prompt) -> tuple[str, Usage]:
        said = ""
        with closing(self._model.stream(prompt, time.monotonic() + self._patience)) as pieces:
            for piece in pieces:
                if isinstance(piece, End):
                    return said, piece.usage
                said += piece
                if len(said) > LONGEST_REPLY:
                    break
        return said, usage_at_most(prompt, said)

    def _by_rules(self, follow_up: _FollowUp, why: Fallback, usage: Usage) -> Rewrite:
        return replace(follow_up.ruled, voice=self._prices.paid(Voice(RULES, why), usage))


@dataclass(frozen=True, slots=True)
class _FollowUp:
    """A follow-up with its slang written out, the turns it leans on, and what the rules make of it."""

    own: str
    turns: tuple[Turn, ...]
    ruled: Rewrite

    @property
    def language(self) -> str:
        """The follow-up's; one that asks as before ("Kudus?") speaks as the question before."""
        return language_of(self._asking)

    def wrong_with(self, line: str) -> Fallback | None:
        """Why a line is not to be believed; None for one that is."""
        if not line:
            return Fallback.EMPTY
        if language_of(line) != self.language:
            return Fallback.WRONG_LANGUAGE
        return None if _is_one_question(line) and self._is_faithful(line) else Fallback.UNFAITHFUL

    def _is_faithful(self, line: str) -> bool:
        """Whether a line stands alone, keeps what the follow-up says and asks, and adds only what was talked about."""
        said = f"{self.own}\n" + "\n".join(f"{normalise_slang(t.question)}\n{t.answer}" for t in self.turns)
        filled_in = _content(self.ruled.text) - _content(self.own)
        return (
            _content(line) <= words_of(said)
            and _content(without_references(self.own)) <= _content(line)
            and (not filled_in or bool(filled_in & _content(line)))
            and _kind(line) is _kind(self._asking)
            and denies(line) is denies(self.ruled.text)
            and not leans_on_history(line)
        )

    @property
    def _asking(self) -> str:
        return self.ruled.text if self.ruled.asks_as_before else self.own


def _line(reply: str) -> str:
    """The reply, its slang written out, without a reasoning model's thoughts, a label and quotation marks."""
    said = reply.rpartition("</think>")[2].strip()
    return normalise_slang(_LABEL.sub("", said).strip('"“”*` '))


def _is_one_question(text: str) -> bool:
    return (
        len(text) <= LONGEST_ALONE
        and text.isprintable()
        and len(split_sentences(text)) == 1
        and text.find("?") == len(text) - 1
        and request_of(text) is None
    )


def _content(text: str) -> frozenset[str]:
    """Content words, and numbers in one spelling."""
    numbers = (word for word in words_of(text) if any(map(str.isdigit, word)))
    return frozenset(numbers) | (frozenset(tokens(text)) - _LINKING)


def _kind(text: str) -> Kind:
    return kind_of(_YES_OR_NO.sub("", text))
