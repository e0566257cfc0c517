"""The conversation in the terminal: pure of input and output devices."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from bot.answer import Answer
from bot.answerer import Answerer
from bot.citations import checked
from bot.question import LONGEST, Turn
from bot.render import render, render_sources
from bot.texts import say
from index.errors import QuestionError

REMEMBERED = 3  # turns a follow-up can lean on


class Chat:
    """One conversation; `respond` takes a line and gives what to show, None to leave."""

    def __init__(self, answerer: Answerer, language: str, now: Callable[[], datetime]) -> None:
        self._answerer = answerer
        self._language = language
        self._now = now
        self._history: list[Turn] = []
        self._last: Answer | None = None
        self._commands: dict[str, Callable[[], str | None]] = {
            "/sources": self._sources,
            "/new": self._new,
            "/help": lambda: say("help", language),
            "/quit": lambda: None,
        }

    @property
    def commands(self) -> list[str]:
        return list(self._commands)

    def respond(self, line: str) -> str | None:
        line = line.strip()
        if line.startswith("/"):
            command = self._commands.get(line.split()[0].lower())
            return command() if command else say("unknown_command", self._language, command=line.split()[0])
        return self._answer(line) if line else ""

    def _answer(self, line: str) -> str:
        try:
            answer = self._answerer.ask(line, asked_at=self._now(), history=self._history)
        except QuestionError:
            return say("no_question", self._language, longest=LONGEST)
        self._last = answer
        # A question that stands alone changes the subject: what came before no longer matters.
        kept = self._history if answer.question.context else []
        self._history = [*kept, Turn(line, answer.text or "")][-REMEMBERED:]
        return render(answer, self._language)

    def _sources(self) -> str:
        stored = self._answerer.index.store.article
        citations = checked(self._last.citations, stored) if self._last else []
        if self._last is None or not citations:
            return say("no_turn", self._language)
        found = {c.article: a for c in citations if (a := stored(c.article))}
        return render_sources(replace(self._last, citations=tuple(citations)), found, self._language)

    def _new(self) -> str:
        self._history, self._last = [], None
        return say("forgotten", self._language)


def converse(chat: Chat, lines: Iterable[str], show: Callable[[str], None]) -> None:
    """Answer line after line until /quit or the end of the input."""
    for line in lines:
        response = chat.respond(line)
        if response is None:
            return
        if response:
            show(response)
