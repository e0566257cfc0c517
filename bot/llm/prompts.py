"""Prompts: Markdown files in Indonesian and English, which a folder of the user's own may replace."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Literal

from bot.llm.errors import LlmError
from bot.llm.model import Prompt
from bot.llm.window import shortened, tokens_at_most, useful_first
from bot.question import Question, Turn
from bot.render import day
from index.records import Article, Passage

Style = Literal["chat", "completion"]

LABEL = 80  # characters of an outlet's name in a prompt
MARGIN = 32  # tokens that a chat template adds
PLACES: dict[str, tuple[str, ...]] = {
    "system": (),
    "user": ("{passages}", "{question}"),
    "complete": ("{passages}", "{question}"),
    "rewrite": ("{conversation}", "{question}"),
}
_ANSWERING = {"chat": ("system", "user"), "completion": ("complete",)}
_SPEAKERS = {"id": ("Pertanyaan", "Jawaban"), "en": ("Question", "Answer")}


@dataclass(frozen=True, slots=True)
class Window:
    """What a prompt may take: tokens of context and of the reply, and passages."""

    context: int = 4_096
    reply: int = 256
    passages: int = 6


@dataclass(frozen=True, slots=True)
class Asked:
    """A prompt and the passages in it: number n is `passages[n - 1]`."""

    prompt: Prompt
    passages: tuple[Passage, ...]


class Prompts:
    """Writes prompts in the language of the question.

    Args:
        folder: holds files that replace the shipped ones of the same name, such as `system.id.md`.

    Raises `LlmError` for a file that lacks a place for what belongs into it.
    """

    def __init__(self, style: Style, window: Window = Window(), folder: Path | None = None) -> None:
        self._style = style
        self._window = window
        self._texts = {
            (name, language): _text(name, language, folder)
            for name in (*_ANSWERING[style], "rewrite")
            for language in ("id", "en")
        }

    def ask(self, question: Question, passages: Sequence[Passage], quoted: Sequence[Passage] = ()) -> Asked:
        """The question with the passages that fit, most useful first, numbered by rank.

        Args:
            quoted: the passages that the reader quotes, which are kept before others.
        """
        text = _with_context(question)
        left = self._room(text, question.language)
        kept: dict[int, str] = {}
        for passage in useful_first(passages, quoted)[: self._window.passages]:
            block = self._block(passage, question.language, left)
            if block:
                kept[passage.chunk_id] = block
                left -= tokens_at_most(block)
        chosen = tuple(p for p in passages if p.chunk_id in kept)
        return Asked(self._filled(text, [kept[p.chunk_id] for p in chosen], question.language), chosen)

    def follow_up(self, text: str, turns: Sequence[Turn], language: str) -> Prompt | None:
        """What asks for a question that stands alone, conversation and follow-up fenced; None where it does not fit."""
        asks, answers = _SPEAKERS[language]
        said = [line for t in turns for line in (f"{asks}: {t.question}", f"{answers}: {t.answer}" if t.answer else "")]
        conversation = "\n".join(" ".join(line.split()) for line in said if line)
        fence = _fence((conversation, text))
        user = _fill(
            self._texts["rewrite", language],
            conversation=f"{fence}\n{conversation}\n{fence}",
            question=f"{fence}\n{text}\n{fence}",
        )
        fits = tokens_at_most(user) + MARGIN + self._window.reply <= self._window.context
        return Prompt("", user.strip()) if fits else None

    def _room(self, text: str, language: str) -> int:
        """Tokens left for passages."""
        fixed = tokens_at_most("".join(self._texts[name, language] for name in _ANSWERING[self._style]))
        return self._window.context - self._window.reply - MARGIN - fixed - tokens_at_most(text)

    def _block(self, passage: Passage, language: str, left: int) -> str:
        head = f"{_byline(passage.article, language)}\n{passage.article.title}\n"
        room = left - tokens_at_most(head) - MARGIN  # for its number and its fence
        text = shortened(passage, room)
        if not text:
            return ""
        return text if self._style == "completion" else head + text

    def _filled(self, question: str, blocks: Sequence[str], language: str) -> Prompt:
        if self._style == "completion":
            passages = "\n".join(" ".join(block.split()) for block in blocks)
            user = _fill(self._texts["complete", language], passages=passages, question=question)
            return Prompt("", user.rstrip(), stop=("\n",))
        fence = _fence(blocks)
        numbered = (f"[{n}] {_fenced(block, fence)}" for n, block in enumerate(blocks, 1))
        user = _fill(self._texts["user", language], passages="\n\n".join(numbered), question=question)
        return Prompt(self._texts["system", language].strip(), user.strip())


def _text(name: str, language: str, folder: Path | None) -> str:
    path = files(__package__) / "prompts" / f"{name}.{language}.md"
    if folder and (folder / path.name).exists():
        path = folder / path.name
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LlmError(f"{path}: got {error}, expected a prompt in UTF-8; mend it") from None
    if missing := [place for place in PLACES[name] if place not in text]:
        raise LlmError(f"{path}: got no {missing[0]}, expected it where the {missing[0][1:-1]} belong; add it")
    return text


def _fill(text: str, **values: str) -> str:
    """The places filled in, each {name} with its value; what a value holds is not looked at again."""
    return re.sub(r"\{(\w+)\}", lambda place: values.get(place[1], place[0]), text)


def _with_context(question: Question) -> str:
    """The question, after the turns it leans on."""
    return question.search_text if question.context else question.text


def _byline(article: Article, language: str) -> str:
    outlet = " ".join((article.outlet or "").split())[:LABEL].translate(_NO_BRACKETS)
    return ", ".join(filter(None, (outlet, day(article.published, language))))


_NO_BRACKETS = str.maketrans("[]", "()")


def _fence(blocks: Sequence[str]) -> str:
    """Tildes that no passage holds: nothing inside an article can end its block."""
    fence = "~~~"
    while any(fence in block for block in blocks):
        fence += "~"
    return fence


def _fenced(block: str, fence: str) -> str:
    byline, _, text = block.partition("\n")
    return f"{byline}\n{fence}\n{text}\n{fence}"
