"""The conversation in the terminal: pure of input and output devices."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from bot.answer import Answer, Status
from bot.answerer import Answerer
from bot.citations import checked
from bot.conversation.memory import Conversation, Memory
from bot.explain import explain
from bot.question import LONGEST
from bot.render import render, render_sources
from bot.texts import say
from index.errors import QuestionError


class Chat:
    """One conversation; `respond` takes a line and gives what to show, None to leave.

    With a `memory` it goes on where the last one ended.
    """

    def __init__(
        self, answerer: Answerer, language: str, now: Callable[[], datetime], memory: Memory | None = None
    ) -> None:
        self._answerer = answerer
        self._language = language
        self._now = now
        self._memory = memory
        self._conversation = memory.load() if memory else Conversation()
        self._last: Answer | None = None
        self._commands: dict[str, Callable[[], str | None]] = {
            "/sources": self._sources,
            "/why": self._why,
            "/kenapa": self._why,
            "/new": self._new,
            "/help": lambda: say("help", language),
            "/quit": lambda: None,
        }

    @property
    def commands(self) -> list[str]:
        return list(self._commands)

    @property
    def continues(self) -> str | None:
        """The last question of the conversation that goes on, None for a new one."""
        return self._conversation.turns[-1].question if self._conversation.turns else None

    def respond(self, line: str) -> str | None:
        line = line.strip()
        if line.startswith("/"):
            command = self._commands.get(line.split()[0].lower())
            return command() if command else say("unknown_command", self._language, command=line.split()[0])
        return self._answer(line) if line else ""

    def _answer(self, line: str) -> str:
        try:
            answer = self._answerer.ask(
                line, asked_at=self._now(), history=self._conversation.turns, carried=self._conversation.articles
            )
        except QuestionError:
            return say("no_question", self._language, longest=LONGEST)
        if answer.status is not Status.CHAT:
            self._last = answer
            self._conversation = self._conversation.after(answer)
            if self._memory:
                self._memory.keep(self._conversation)
        return render(answer, self._language)

    def _sources(self) -> str:
        stored = self._answerer.index.store.article
        citations = checked(self._last.citations, stored) if self._last else []
        if self._last is None or not citations:
            return say("no_turn", self._language)
        found = {c.article: a for c in citations if (a := stored(c.article))}
        return render_sources(replace(self._last, citations=tuple(citations)), found, self._language)

    def _why(self) -> str:
        return explain(self._last, self._language) if self._last else say("no_turn", self._language)

    def _new(self) -> str:
        self._conversation, self._last = Conversation(), None
        if self._memory:
            self._memory.forget()
        return say("forgotten", self._language)


def converse(chat: Chat, lines: Iterable[str], show: Callable[[str], None]) -> None:
    """Answer line after line until /quit or the end of the input."""
    for line in lines:
        response = chat.respond(line)
        if response is None:
            return
        if response:
            show(response)
