"""The conversation in the terminal: pure of input and output devices."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from bot.answer import Answer, Status
from bot.answerer import Answerer
from bot.citations import checked
from bot.conversation.memory import Conversation, Memory
from bot.explain import explain
from bot.question import LONGEST
from bot.render import render_sources, render_stream
from bot.texts import say
from index.errors import QuestionError


class Chat:
    """One conversation; `respond` takes a line and gives what to show in pieces, None to leave.

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

    def respond(self, line: str) -> Iterator[str] | None:
        line = line.strip()
        if line.startswith("/"):
            command = self._commands.get(line.split()[0].lower())
            said = command() if command else say("unknown_command", self._language, command=line.split()[0])
            return None if said is None else iter([said])
        return self._answer(line) if line else iter([])

    def _answer(self, line: str) -> Iterator[str]:
        answers = self._answerer.stream(
            line, asked_at=self._now(), history=self._conversation.turns, carried=self._conversation.articles
        )
        try:
            yield from render_stream(self._remembered(answers), self._language)
        except QuestionError:
            yield say("no_question", self._language, longest=LONGEST)

    def _remembered(self, answers: Iterable[Answer]) -> Iterator[Answer]:
        """The answers; each is kept in mind before it is shown, so that one which is stopped is."""
        before = self._conversation
        for answer in answers:
            if answer.status is not Status.CHAT:
                self._last = answer
                self._conversation = before.after(answer)
                if self._memory:
                    self._memory.keep(self._conversation)
            yield answer

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


def converse(chat: Chat, lines: Iterable[str], write: Callable[[str], None], *, interruptible: bool = False) -> None:
    """Answer line after line until /quit or the end of the input; a blank line follows each response.

    Where it is `interruptible`, Ctrl-C stops an answer and not the conversation.
    """
    for line in lines:
        pieces = chat.respond(line)
        if pieces is None:
            return
        shown = False
        try:
            for piece in pieces:
                write(piece)
                shown = True
        except KeyboardInterrupt:
            if not interruptible:
                raise
            shown = True
        if shown:
            write("\n\n")
