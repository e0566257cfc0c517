"""The conversation: what is asked and answered line by line, piped and on a terminal."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.answerer import Answerer
from bot.chat import Chat, converse
from bot.read import ExtractiveReader
from bot.render import render
from bot.texts import say
from index.build import NewsIndex
from tests.bot.conftest import OpenTerminal, Tanya, plain, said

FIRST = "Berapa magnitudo gempa Padang?"
FOLLOW_UP = "Kapan itu terjadi?"
NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
QUAKE = {"kn-2026-03-09-gempa-padang", "ls-gempa-padang", "ls-2026-03-11-tenda-sekolah-painan"}


def articles(answer: str, index: NewsIndex) -> set[str]:
    """The articles whose titles an answer shows, however it is wrapped; ids without a hash."""
    words = " ".join(answer.split())
    return {re.sub("-[0-9a-f]{8}$", "", e.id) for e in index.store.listed() if e.title in words}


def turns(transcript: str) -> dict[str, str]:
    """What was shown after each line, by the line with its number: "1 Berapa ...?"."""
    _, *blocks = re.split(r"^> ", transcript, flags=re.MULTILINE)
    return {f"{n} {(parts := block.partition(chr(10)))[0]}": parts[2].strip() for n, block in enumerate(blocks, 1)}


def test_a_whole_conversation(tanya_samples: Tanya, sample_index: NewsIndex) -> None:
    """Questions, a follow-up, every command and a misspelt one; status 0; nothing after /quit."""
    lines = [FIRST, FOLLOW_UP, "/sources", "/help", "/sumber", "/new", "/sources", FOLLOW_UP, "/quit", "Siapa?"]
    outcome = tanya_samples("chat", stdin="\n".join(lines) + "\n")
    assert (0, "") == (outcome.code, outcome.err)
    shown = turns(outcome.out)
    assert [f"{n} {line}" for n, line in enumerate(lines[:-1], 1)] == list(shown)

    answer, follow_up, sources, help_text, unknown, new, no_sources, alone, leave = shown.values()
    assert "5,8" in answer.split("\n\n")[0]
    assert "Senin" in follow_up.split("\n\n")[0]
    assert articles(follow_up, sample_index) <= QUAKE
    assert sources.startswith("[1] ")
    assert articles(sources, sample_index) <= QUAKE
    assert say("help", "id") == help_text
    assert say("unknown_command", "id", command="/sumber") == unknown
    assert say("forgotten", "id") == new
    assert say("no_turn", "id") == no_sources
    assert not articles(alone.split("\n\n")[1], sample_index) <= QUAKE
    assert "" == leave


@pytest.mark.usefixtures("quick_reader")  # which is the answerer's
def test_the_transcript_is_what_the_answerer_says(tanya_samples: Tanya, answerer: Answerer) -> None:
    """Every line is echoed after a prompt and followed by its answer and a blank line."""
    questions = [FIRST, "Siapa tersangka kebakaran Pasar Antasan Baru?", "Kapan LRT Medan mulai beroperasi?"]
    outcome = tanya_samples("chat", stdin="\n\n".join(questions))
    expected = [f"> {q}\n{plain(render(answerer.ask(q, asked_at=NOW), 'id'))}\n\n" for q in questions]
    assert "".join(expected) == outcome.out


@pytest.fixture
def chat(answerer: Answerer) -> Chat:
    return Chat(answerer, "id", lambda: NOW)


def test_a_follow_up_is_about_the_event_before(chat: Chat, sample_index: NewsIndex) -> None:
    """Also when the question between was a follow-up itself."""
    said(chat, FIRST)
    said(chat, FOLLOW_UP)
    assert articles(said(chat, "Siapa saja korbannya?"), sample_index) <= QUAKE


def test_a_new_subject_replaces_the_old(chat: Chat, sample_index: NewsIndex) -> None:
    """A question that stands alone is what the next one leans on."""
    said(chat, FIRST)
    said(chat, "Siapa tersangka kebakaran Pasar Antasan Baru?")
    answer = said(chat, "Ancaman hukumannya berapa lama?")
    assert {"sk-2026-03-26-tersangka-kebakaran-pasar"} == articles(answer.split("\n\n")[1], sample_index)


@pytest.mark.parametrize("line", ["???", "a" * 1_001, "…"], ids=["no words", "too long", "a mark"])
def test_what_is_no_question_ends_nothing(chat: Chat, line: str) -> None:
    """It is answered in one line, and the conversation still knows what it was about."""
    said(chat, FIRST)
    response = said(chat, line)
    assert response
    assert "\n" not in response
    assert "5,8" in said(chat, FIRST)


def test_what_is_no_question_is_told_in_the_askers_language(answerer: Answerer) -> None:
    """Errors for the operator are English; what a person asking reads is not."""
    indonesian, english = (said(Chat(answerer, language, lambda: NOW), "???") for language in ("id", "en"))
    assert indonesian != english


@pytest.mark.parametrize("line", ["/", "/SOURCES", "/quit now", "  /help  ", "/ sources", "//", "/{x}", "/%s"])
def test_commands_in_any_shape_are_no_crash(chat: Chat, line: str) -> None:
    """Whatever begins with a slash is a command, known or not."""
    response = chat.respond(line)
    assert response is None or "".join(response)
    assert (response is None) == line.startswith("/quit")


def test_sources_survive_a_removed_article(
    open_index: Callable[..., NewsIndex], make_article: Callable[..., object]
) -> None:
    """What another process removed since the answer is left out, not a crash."""
    index = open_index()
    index.add([make_article("kn-1")], sync=False)
    chat = Chat(Answerer(index, ExtractiveReader(index)), "id", lambda: NOW)
    assert "1.240" in said(chat, "Berapa warga Demak yang mengungsi?")
    index.remove("kn-1")
    assert say("no_turn", "id") == said(chat, "/sources")


def test_conversing_ends_with_the_input(chat: Chat) -> None:
    """/quit leaves, and so does the end of the input; blank lines are passed over."""
    shown: list[str] = []
    converse(chat, ["", "/help", "/quit", "/help"], shown.append)
    converse(chat, ["/new"], shown.append)
    assert [say("help", "id"), "\n\n", say("forgotten", "id"), "\n\n"] == shown


def test_broken_bytes_on_standard_input_are_no_crash(tanya_samples: Tanya) -> None:
    """Another encoding, NULs and Windows line ends."""
    outcome = tanya_samples("chat", stdin=b"\xff\xfe korban\r\n\0\r\nBerapa magnitudo gempa Padang?\r\n/quit\r\n")
    assert 0 == outcome.code
    assert "5,8" in outcome.out


def test_a_mark_at_the_start_of_a_file_is_not_part_of_it(tanya_samples: Tanya) -> None:
    """Windows editors put a byte order mark before the first line."""
    outcome = tanya_samples("chat", stdin="\ufeff/quit\nSiapa?\n")
    assert (0, 1) == (outcome.code, outcome.out.count("> "))


# -- on a terminal -------------------------------------------------------------------------------


def test_arrow_up_recalls_the_question_before(terminal: OpenTerminal, sample_copy: Path) -> None:
    """Within a conversation, and in the next one from the file in the data directory."""
    screen = terminal("chat", "--data-dir", sample_copy)
    screen.wait_for_prompt(1)
    screen.press(FIRST + "\r")
    screen.wait_for_prompt(2)
    screen.press("\x1b[A\r")
    screen.wait_for_prompt(3)
    assert 2 == screen.text.count("[1] “")
    screen.press("/quit\r")
    assert 0 == screen.leave()
    [history] = [p for p in sample_copy.iterdir() if "history" in p.name]
    assert FIRST in history.read_text("utf-8")

    again = terminal("chat", "--data-dir", sample_copy)
    again.wait_for_prompt(1)
    again.press("\x1b[A\x1b[A\r")
    again.wait_for_prompt(2)
    assert "[1] “" in again.text
    again.press("\x04")
    assert 0 == again.leave()
    assert "\x1b[1m" in again.raw
    assert "Traceback" not in again.text


@pytest.mark.parametrize("key", ["\x03", "\x04"], ids=["Ctrl-C", "Ctrl-D"])
def test_the_terminal_is_left_cleanly(terminal: OpenTerminal, sample_copy: Path, key: str) -> None:
    """Status 0 and not a word about it."""
    screen = terminal("chat", "--data-dir", sample_copy)
    screen.wait_for_prompt(1)
    screen.press(key)
    assert 0 == screen.leave()
    assert "Traceback" not in screen.text
    assert "tanya:" not in screen.text
