"""Buttons, and the data they carry: at most 64 bytes, naming the answer they belong to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.telegram.texts import say

PER_ROW = 5


class Action(StrEnum):
    """What a button does."""

    GOOD = "g"
    BAD = "b"
    SOURCE = "s"  # number: of the citation; page: of the article, 0 for the one with the quote
    BACK = "k"
    REFINE = "r"  # number: of the suggestion
    ADD = "a"  # `about` is an offer's id
    DECLINE = "d"
    ERASE = "e"  # `about` is a person's id
    KEEP = "n"
    LANGUAGE = "l"  # number: of the language


@dataclass(frozen=True, slots=True)
class Press:
    """The data of one button: an action, what it is about, and up to two numbers."""

    action: Action
    about: int
    number: int = 0
    page: int = 0

    def encode(self) -> str:
        return f"{self.action}:{self.about}:{self.number}:{self.page}"

    @classmethod
    def decode(cls, data: str) -> Press | None:
        """None for what no button of ours carries."""
        try:
            action, *numbers = data.split(":")
            about, number, page = map(int, numbers)
            return cls(Action(action), about, number, page)
        except ValueError:
            return None


def button(label: str, action: Action, about: int, number: int = 0, page: int = 0) -> InlineKeyboardButton:
    return InlineKeyboardButton(label, callback_data=Press(action, about, number, page).encode())


def answer_keyboard(answer_id: int, outlets: Sequence[str], suggestions: Sequence[str]) -> InlineKeyboardMarkup:
    """👍 👎, one button for each source, one for each suggestion."""
    sources = [button(f"[{n}] {_short(outlet)}", Action.SOURCE, answer_id, n) for n, outlet in enumerate(outlets, 1)]
    judge = [button("👍", Action.GOOD, answer_id), button("👎", Action.BAD, answer_id)]
    refine = [button(text, Action.REFINE, answer_id, n) for n, text in enumerate(suggestions)]
    rows = [judge, *_rows(sources, 2), *_rows(refine, 2)]
    return InlineKeyboardMarkup([row for row in rows if row])


def source_keyboard(
    answer_id: int, number: int, page: int, pages: int, link: str | None, language: str
) -> InlineKeyboardMarkup:
    """Leaf through the article, open it, or go back to the answer."""
    leaf = []
    if page > 1:
        leaf.append(button(f"‹ {page - 1}/{pages}", Action.SOURCE, answer_id, number, page - 1))
    if page < pages:
        leaf.append(button(f"{page + 1}/{pages} ›", Action.SOURCE, answer_id, number, page + 1))
    rows = [leaf]
    if link:
        rows.append([InlineKeyboardButton(say("open_article", language), url=link)])
    rows.append([button(say("back", language), Action.BACK, answer_id)])
    return InlineKeyboardMarkup([row for row in rows if row])


def choice(*buttons: InlineKeyboardButton) -> InlineKeyboardMarkup:
    """One row of buttons."""
    return InlineKeyboardMarkup([list(buttons)])


def _rows(buttons: Sequence[InlineKeyboardButton], size: int) -> list[list[InlineKeyboardButton]]:
    return [list(buttons[i : i + size]) for i in range(0, len(buttons), size)]


def _short(name: str, length: int = 18) -> str:
    return name if len(name) <= length else f"{name[: length - 1]}…"
