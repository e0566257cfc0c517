"""Prompts: numbered, fenced, in the question's language, and never longer than the window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.llm.errors import LlmError
from bot.llm.prompts import Asked, Prompts, Style, Window
from bot.llm.window import tokens_at_most
from bot.question import understand
from index.build import NewsIndex
from index.records import Passage
from index.retrieve import Query
from tests.conftest import MakeArticle, OpenIndex
from tests.llm.conftest import QUESTION

Find = Callable[[str], list[Passage]]


@pytest.fixture
def find(news: NewsIndex) -> Find:
    return lambda text: news.search(Query(text))


def asked(prompts: Prompts, passages: list[Passage], question: str = QUESTION) -> Asked:
    return prompts.ask(understand(question), passages)


def test_passages_are_numbered_with_outlet_and_date(find: Find) -> None:
    """By rank, each in its fence."""
    made = asked(Prompts("chat"), find(QUESTION))
    assert made.prompt.user.startswith("[1] Kabar Nusa, 4 Maret 2026\n~~~\nBanjir di Demak\nBanjir merendam Kabupaten")
    assert "\n~~~\n\n[2] Harian Pesisir, 5 Maret 2026\n~~~\n" in made.prompt.user
    assert made.prompt.user.endswith(f"\n\nPertanyaan: {QUESTION}")
    assert ["kn-1", "hp-1"] == [p.article.id for p in made.passages]


def test_the_prompt_speaks_the_language_of_the_question(find: Find) -> None:
    """Indonesian and English."""
    question = "How many residents of Demak fled the flood?"
    made = asked(Prompts("chat"), find(question), question)
    assert "in English" in made.prompt.system
    assert "4 March 2026" in made.prompt.user


def test_a_completion_prompt_is_one_text_to_continue(find: Find) -> None:
    """For a base model: it stops at the end of the line."""
    made = asked(Prompts("completion"), find(QUESTION))
    assert made.prompt.user.startswith("Teks: Banjir merendam Kabupaten Demak")
    assert made.prompt.user.endswith(f"\nPertanyaan: {QUESTION}\nJawaban singkat:")
    assert ("", ("\n",)) == (made.prompt.system, made.prompt.stop)


def test_a_passage_may_say_question(open_index: OpenIndex, make_article: MakeArticle) -> None:
    """Places inside an article are text."""
    index = open_index()
    index.add([make_article("a", "Demak {question} {passages} banjir.")], sync=False)
    made = asked(Prompts("chat"), index.search(Query("Demak banjir")))
    assert "Demak {question} {passages} banjir." in made.prompt.user


def test_a_folder_replaces_prompts(find: Find, tmp_path: Path) -> None:
    """A file of the same name; the others stay."""
    (tmp_path / "user.id.md").write_text("{question} <- {passages}", "utf-8")
    made = asked(Prompts("chat", folder=tmp_path), find(QUESTION))
    assert made.prompt.user.startswith(f"{QUESTION} <- [1] Kabar Nusa")
    assert "Kamu menjawab" in made.prompt.system


def test_a_prompt_without_a_place_is_an_error(tmp_path: Path) -> None:
    """One line: which file lacks what."""
    (tmp_path / "user.en.md").write_text("{passages}", "utf-8")
    with pytest.raises(LlmError, match=r"user.en.md: got no \{question\}, expected it"):
        Prompts("chat", folder=tmp_path)


def test_what_does_not_fit_is_left_out_most_useful_kept(find: Find) -> None:
    """The reader's quote comes before rank; what is kept is numbered by rank; a passage is cut at a sentence."""
    passages = find(QUESTION)
    narrow = Prompts("chat", Window(context=480, reply=16))
    made = narrow.ask(understand(QUESTION), passages, passages[1:])
    assert ["hp-1"] == [p.article.id for p in made.passages][-1:]
    one = Prompts("chat", Window(passages=1)).ask(understand(QUESTION), passages, passages[1:])
    assert ["hp-1"] == [p.article.id for p in one.passages]
    assert one.prompt.user.startswith("[1] Harian Pesisir")


@pytest.mark.parametrize("context", range(400, 800, 40))
@pytest.mark.parametrize("style", ["chat", "completion"])
def test_a_prompt_never_overflows(find: Find, context: int, style: Style) -> None:
    """Prompt and reply together fit into the window, as counted on the safe side; a wider one holds more."""
    made = asked(Prompts(style, Window(context, reply=16)), find(QUESTION))
    assert tokens_at_most(made.prompt.system + made.prompt.user) + 16 <= context
    assert made.passages or context < 500


@pytest.mark.parametrize(
    ("text", "tokens"), [("", 0), ("Demak", 2), ("1.240 warga", 7), ("banjir besar", 4), ("德马克", 9), ("a\nb", 3)]
)
def test_tokens_are_counted_on_the_safe_side(text: str, tokens: int) -> None:
    """Digits and marks one each, words by three letters, other scripts by the byte."""
    assert tokens == tokens_at_most(text)
