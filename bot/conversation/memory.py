"""The conversation so far: what the next question may lean on, in mind and in a file."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bot.answer import Answer, Status
from bot.turn import Turn

REMEMBERED = 3  # turns a follow-up can lean on
CARRIED = 10  # articles
LONGEST = 1_200  # characters of a question or an answer; ids of articles as well


@dataclass(frozen=True, slots=True)
class Conversation:
    """The last turns, and the ids of the articles that the last answer quoted."""

    turns: tuple[Turn, ...] = ()
    articles: tuple[str, ...] = ()

    def after(self, answer: Answer) -> Conversation:
        """The conversation with this answer.

        Small talk is no turn of it; a question that stands alone changes the subject.
        """
        if answer.status is Status.CHAT:
            return self
        kept = self.turns if answer.question.context else ()
        turn = Turn(answer.question.text[:LONGEST], (answer.text or "")[:LONGEST])
        quoted = tuple(dict.fromkeys(citation.article for citation in answer.citations))
        # After a refusal the question before is still what is talked about.
        return Conversation((*kept, turn)[-REMEMBERED:], quoted or (self.articles if kept else ()))


class Memory:
    """A conversation in a file that only its owner can read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self) -> Conversation:
        """What was kept; an empty conversation where there is none, or none that can be read."""
        try:
            data = json.loads(self.path.read_text("utf-8"))
            turns = [Turn(str(question)[:LONGEST], str(answer)[:LONGEST]) for question, answer in data["turns"]]
            articles = [str(article)[:LONGEST] for article in data["articles"]]
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return Conversation()
        return Conversation(tuple(turns[-REMEMBERED:]), tuple(articles[:CARRIED]))

    def keep(self, conversation: Conversation) -> None:
        """Replace what was kept, whole or not at all."""
        data = {"turns": [[t.question, t.answer] for t in conversation.turns], "articles": conversation.articles}
        part = self.path.with_name(self.path.name + ".part")
        part.touch(mode=0o600)
        part.write_text(json.dumps(data, ensure_ascii=False), "utf-8")
        part.replace(self.path)

    def forget(self) -> None:
        with suppress(FileNotFoundError):
            self.path.unlink()
