"""The conversation is kept, bounded, and goes on in the next chat."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.answerer import Answerer
from bot.chat import Chat
from bot.conversation.memory import REMEMBERED, Conversation, Memory
from bot.turn import Turn
from tests.bot.conftest import said

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
FIRST = "Berapa magnitudo gempa Padang?"


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return Memory(tmp_path / "conversation.json")


def test_what_is_kept_is_read_back(memory: Memory) -> None:
    conversation = Conversation((Turn("Berapa?\n“é”", ""), Turn("Kapan?", "9/3")), ("kn-1",))
    memory.keep(conversation)
    assert conversation == memory.load()
    assert 0o600 == memory.path.stat().st_mode & 0o777
    memory.forget()
    memory.forget()
    assert Conversation() == memory.load()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"turns": 1}', '{"turns": [[1]], "articles": []}', "\0", "[" * 9_999])
def test_a_broken_file_is_an_empty_conversation(memory: Memory, text: str) -> None:
    memory.path.write_text(text)
    assert Conversation() == memory.load()


def test_a_conversation_goes_on_after_a_restart(answerer: Answerer, memory: Memory) -> None:
    """The second chat knows what the first was about; /new forgets it for good."""
    said(Chat(answerer, "id", lambda: NOW, memory), FIRST)
    second = Chat(answerer, "id", lambda: NOW, memory)
    assert FIRST == second.continues
    said(second, "makasih gan")
    assert "9/3/2026" in said(second, "Kapan itu terjadi?")
    said(second, "/new")
    assert not memory.path.exists()
    assert Chat(answerer, "id", lambda: NOW, memory).continues is None


def test_a_conversation_stays_short(answerer: Answerer) -> None:
    """However long one asks on, three turns are remembered; small talk is none, a refusal is one."""
    conversation = Conversation()
    for text in [FIRST, "Kapan itu terjadi?", "wkwk", "Di mana pusatnya?", "terus kenapa?", "siapa korbannya?"]:
        answer = answerer.ask(text, asked_at=NOW, history=conversation.turns, carried=conversation.articles)
        conversation = conversation.after(answer)
    assert REMEMBERED == len(conversation.turns)
    assert "siapa korbannya?" == conversation.turns[-1].question
    assert "wkwk" not in [turn.question for turn in conversation.turns]


def test_why_tells_how_a_question_was_understood(answerer: Answerer) -> None:
    """In both spellings of the command, after an answer, a refusal and before anything."""
    chat = Chat(answerer, "id", lambda: NOW)
    assert "Belum ada jawaban" in said(chat, "/why")
    said(chat, FIRST)
    said(chat, "Kapan itu terjadi?")
    said(chat, "makasih")
    why = said(chat, "/kenapa")
    assert why == said(chat, "/why")
    assert "Kapan itu terjadi? (gempa Padang)" in " ".join(why.split())
    assert "waktu" in why
    assert "Gempa Magnitudo 5,8" in why
    said(chat, "/new")
    said(chat, "siapa dia?")
    assert "belum jelas" in " ".join(said(chat, "/why").split())
    said(chat, "berita hari ini")
    assert "ringkasan berita" in said(chat, "/why")
